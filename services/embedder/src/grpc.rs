//! `observatory.embedder.v1.EmbedderService`: contract to domain and back.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream::BoxStream};
use observatory_embedding::{Batcher, EmbedError, Embedded, Role};
use observatory_proto::{
    Error,
    embedder::{
        BatchEmbedSkillsRequest, BatchFindSameMeaningRequest, EmbedTextsRequest, EmbedTextsResponse, Embedding,
        LinkToTaxonomyRequest, LinkToTaxonomyResponse, ListSameMeaningRequest, ListSameMeaningResponse,
        ReviewSameMeaningRequest, ReviewSameMeaningResponse, SearchSimilarSkillsRequest, SearchSimilarSkillsResponse,
        StreamEmbedTextsRequest, StreamEmbedTextsResponse, TextRole, embedder_service_server::EmbedderService,
    },
    google::longrunning::Operation,
};
use tonic::{Code, Request, Response, Status, Streaming};

use crate::{errors::to_error, meaning::Meaning};

/// Texts of one stream that are embedded at once. The next one is read when the first of them is answered.
const STREAM_WINDOW: usize = 128;
/// How long a stream waits before it tries a full queue again.
const FULL_QUEUE_PAUSE: Duration = Duration::from_millis(20);

/// The service.
pub struct Grpc {
    /// What is about meaning.
    pub meaning: Meaning,
    /// The way to vectors, or why there is none.
    pub embeddings: Result<Arc<Batcher>, Missing>,
}

/// Why there is no embedding model.
pub struct Missing(pub String);

impl Grpc {
    fn embeddings(&self) -> Result<&Arc<Batcher>, Error> {
        self.embeddings.as_ref().map_err(|Missing(reason)| {
            Error::capability_missing(
                "embeddings",
                format!("no embedding model is loaded: {reason}; then start the embedder again"),
            )
        })
    }
}

#[tonic::async_trait]
impl EmbedderService for Grpc {
    type StreamEmbedTextsStream = BoxStream<'static, Result<StreamEmbedTextsResponse, Status>>;

    async fn stream_embed_texts(
        &self,
        requests: Request<Streaming<StreamEmbedTextsRequest>>,
    ) -> Result<Response<Self::StreamEmbedTextsStream>, Status> {
        let batcher = self.embeddings()?.clone();
        let answers = requests.into_inner().enumerate().map(move |(index, request)| {
            let batcher = batcher.clone();
            async move {
                let answer = match request {
                    Ok(request) => embed_patiently(&batcher, &request).await.map_err(|error| to_error(error, "text")),
                    // A message that breaks the contract; other failures are the stream's and have no index.
                    Err(status) if status.code() == Code::InvalidArgument => Err(Error::from_status(&status)),
                    Err(status) => return Err(status),
                };
                let embedded = answer.map_err(|error| error.with("index", index.to_string()))?;
                Ok(StreamEmbedTextsResponse { embedding: Some(embedding(&embedded)) })
            }
        });
        // The first error ends the stream: answers are told apart by their order alone.
        let answers = answers.buffered(STREAM_WINDOW).scan(false, |failed, answer: Result<_, Status>| {
            let after_failure = std::mem::replace(failed, answer.is_err());
            std::future::ready((!after_failure).then_some(answer))
        });
        Ok(Response::new(answers.boxed()))
    }

    async fn embed_texts(&self, request: Request<EmbedTextsRequest>) -> Result<Response<EmbedTextsResponse>, Status> {
        let request = request.into_inner();
        let batcher = self.embeddings()?;
        if request.corrected {
            return Ok(Response::new(self.meaning.embed_corrected(&request.texts).await?));
        }
        let vectors =
            batcher.embed(&request.texts, role(request.role())).await.map_err(|error| to_error(error, "texts"))?;
        let manifest = batcher.manifest();
        Ok(Response::new(EmbedTextsResponse {
            truncated: vectors.iter().filter(|vector| vector.truncated).count() as i32,
            embeddings: vectors.iter().map(|vector| embedding(vector)).collect(),
            model_name: manifest.name.clone(),
            model_version: manifest.version.clone(),
            dimension: manifest.dimension as i32,
        }))
    }

    async fn batch_embed_skills(
        &self,
        request: Request<BatchEmbedSkillsRequest>,
    ) -> Result<Response<Operation>, Status> {
        Ok(Response::new(self.meaning.batch_embed_skills(request.into_inner()).await?))
    }

    async fn search_similar_skills(
        &self,
        request: Request<SearchSimilarSkillsRequest>,
    ) -> Result<Response<SearchSimilarSkillsResponse>, Status> {
        Ok(Response::new(self.meaning.search_similar_skills(request.into_inner()).await?))
    }

    async fn link_to_taxonomy(
        &self,
        request: Request<LinkToTaxonomyRequest>,
    ) -> Result<Response<LinkToTaxonomyResponse>, Status> {
        Ok(Response::new(self.meaning.link_to_taxonomy(request.into_inner()).await?))
    }

    async fn batch_find_same_meaning(
        &self,
        request: Request<BatchFindSameMeaningRequest>,
    ) -> Result<Response<Operation>, Status> {
        Ok(Response::new(self.meaning.batch_find_same_meaning(request.into_inner()).await?))
    }

    async fn list_same_meaning(
        &self,
        request: Request<ListSameMeaningRequest>,
    ) -> Result<Response<ListSameMeaningResponse>, Status> {
        Ok(Response::new(self.meaning.list_same_meaning(request.into_inner()).await?))
    }

    async fn review_same_meaning(
        &self,
        request: Request<ReviewSameMeaningRequest>,
    ) -> Result<Response<ReviewSameMeaningResponse>, Status> {
        Ok(Response::new(self.meaning.review_same_meaning(request.into_inner()).await?))
    }
}

/// Embeds a text of a stream. A stream has its own back-pressure, so that a full queue makes it wait.
async fn embed_patiently(batcher: &Batcher, request: &StreamEmbedTextsRequest) -> Result<Arc<Embedded>, EmbedError> {
    loop {
        match batcher.embed(&[&request.text], role(request.role())).await {
            Ok(mut vectors) => {
                let none = || EmbedError::Text { index: 0, reason: "it was not answered".into() };
                return vectors.pop().ok_or_else(none);
            }
            Err(EmbedError::Overloaded { .. }) => tokio::time::sleep(FULL_QUEUE_PAUSE).await,
            Err(error) => return Err(error),
        }
    }
}

fn role(role: TextRole) -> Role {
    match role {
        TextRole::Query => Role::Query,
        TextRole::Unspecified | TextRole::Passage => Role::Passage,
    }
}

fn embedding(embedded: &Embedded) -> Embedding {
    Embedding { values: embedded.values.clone() }
}
