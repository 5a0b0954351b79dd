//! PipelineService: stages are started one by one yet.

use futures::stream::BoxStream;
use observatory_proto::{
    Error,
    google::longrunning::Operation,
    pipeline::{RunPipelineRequest, WatchEventsRequest, WatchEventsResponse, pipeline_service_server::PipelineService},
};
use tonic::{Request, Response, Status};

/// Says that runs of the whole pipeline are missing.
#[derive(Debug, Clone, Copy)]
pub struct Pipelines;

fn missing() -> Status {
    Error::capability_missing("pipeline", "this version doesn't run all stages at once; import ads, then start BatchCleanJobs and BatchExtractSkills, and follow each by WatchOperation").into()
}

#[tonic::async_trait]
impl PipelineService for Pipelines {
    async fn run_pipeline(&self, _: Request<RunPipelineRequest>) -> Result<Response<Operation>, Status> {
        Err(missing())
    }

    type WatchEventsStream = BoxStream<'static, Result<WatchEventsResponse, Status>>;

    async fn watch_events(&self, _: Request<WatchEventsRequest>) -> Result<Response<Self::WatchEventsStream>, Status> {
        Err(missing())
    }
}
