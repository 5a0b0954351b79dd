//! `observatory.embedder.v1.EmbedderService`: says what is missing.

use observatory_proto::{
    Error,
    embedder::{
        BatchEmbedSkillsRequest, BatchFindSameMeaningRequest, EmbedTextsRequest, EmbedTextsResponse,
        LinkToTaxonomyRequest, LinkToTaxonomyResponse, ListSameMeaningRequest, ListSameMeaningResponse,
        ReviewSameMeaningRequest, ReviewSameMeaningResponse, SearchSimilarSkillsRequest, SearchSimilarSkillsResponse,
        StreamEmbedTextsRequest, StreamEmbedTextsResponse, embedder_service_server::EmbedderService,
    },
    google::longrunning::Operation,
};
use tonic::{Request, Response, Status, Streaming};

/// The service.
pub struct Grpc;

fn missing() -> Status {
    Error::capability_missing(
        "embeddings",
        "no embedding model is loaded yet; SearchConcepts finds concepts by their labels",
    )
    .into()
}

#[tonic::async_trait]
impl EmbedderService for Grpc {
    type StreamEmbedTextsStream = tonic::codegen::tokio_stream::Empty<Result<StreamEmbedTextsResponse, Status>>;

    async fn stream_embed_texts(
        &self,
        _: Request<Streaming<StreamEmbedTextsRequest>>,
    ) -> Result<Response<Self::StreamEmbedTextsStream>, Status> {
        Err(missing())
    }

    async fn embed_texts(&self, _: Request<EmbedTextsRequest>) -> Result<Response<EmbedTextsResponse>, Status> {
        Err(missing())
    }

    async fn batch_embed_skills(&self, _: Request<BatchEmbedSkillsRequest>) -> Result<Response<Operation>, Status> {
        Err(missing())
    }

    async fn search_similar_skills(
        &self,
        _: Request<SearchSimilarSkillsRequest>,
    ) -> Result<Response<SearchSimilarSkillsResponse>, Status> {
        Err(missing())
    }

    async fn link_to_taxonomy(
        &self,
        _: Request<LinkToTaxonomyRequest>,
    ) -> Result<Response<LinkToTaxonomyResponse>, Status> {
        Err(missing())
    }

    async fn batch_find_same_meaning(
        &self,
        _: Request<BatchFindSameMeaningRequest>,
    ) -> Result<Response<Operation>, Status> {
        Err(missing())
    }

    async fn list_same_meaning(
        &self,
        _: Request<ListSameMeaningRequest>,
    ) -> Result<Response<ListSameMeaningResponse>, Status> {
        Err(missing())
    }

    async fn review_same_meaning(
        &self,
        _: Request<ReviewSameMeaningRequest>,
    ) -> Result<Response<ReviewSameMeaningResponse>, Status> {
        Err(missing())
    }
}
