//! `observatory.llm.v1.LlmService`: says what is missing.

use observatory_proto::{
    Error,
    google::longrunning::Operation,
    llm::{
        BatchEnhanceJobsRequest, EnhanceSkillsRequest, EnhanceSkillsResponse, ExtractSkillsRequest,
        ExtractSkillsResponse, ListModelsRequest, ListModelsResponse, StreamExtractSkillsRequest,
        StreamExtractSkillsResponse, llm_service_server::LlmService,
    },
};
use tonic::{Request, Response, Status};

/// The service.
pub struct Grpc;

fn missing() -> Status {
    Error::capability_missing(
        "llm",
        "no language model is connected yet; the extractor's pipeline A finds skills without one",
    )
    .into()
}

#[tonic::async_trait]
impl LlmService for Grpc {
    type StreamExtractSkillsStream = tonic::codegen::tokio_stream::Empty<Result<StreamExtractSkillsResponse, Status>>;

    async fn stream_extract_skills(
        &self,
        _: Request<StreamExtractSkillsRequest>,
    ) -> Result<Response<Self::StreamExtractSkillsStream>, Status> {
        Err(missing())
    }

    async fn list_models(&self, _: Request<ListModelsRequest>) -> Result<Response<ListModelsResponse>, Status> {
        Err(missing())
    }

    async fn extract_skills(
        &self,
        _: Request<ExtractSkillsRequest>,
    ) -> Result<Response<ExtractSkillsResponse>, Status> {
        Err(missing())
    }

    async fn enhance_skills(
        &self,
        _: Request<EnhanceSkillsRequest>,
    ) -> Result<Response<EnhanceSkillsResponse>, Status> {
        Err(missing())
    }

    async fn batch_enhance_jobs(&self, _: Request<BatchEnhanceJobsRequest>) -> Result<Response<Operation>, Status> {
        Err(missing())
    }
}
