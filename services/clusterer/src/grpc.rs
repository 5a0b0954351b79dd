//! `observatory.clusterer.v1.ClustererService`: contract to domain and back.

use observatory_operations::{Backend, Submit};
use observatory_proto::{
    Error,
    clusterer::{ClusterSkillsRequest, clusterer_service_server::ClustererService},
    google::longrunning::Operation,
};
use observatory_store::{clusters, into_error};
use tonic::{Request, Response, Status};

use crate::{
    settings::Settings,
    worker::{ClusterTask, enough},
};

/// The service.
pub struct Grpc {
    /// Where skills are, and operations.
    pub backend: Backend,
}

impl Grpc {
    async fn start(&self, request: ClusterSkillsRequest) -> Result<Operation, Error> {
        let settings = Settings::of(request.clone())?;
        let needed = settings.min_cluster_size() as u64;
        let (country, least) = (&settings.request.country, i64::from(settings.request.min_mentions));
        let found =
            clusters::count(&self.backend.db, settings.unit(), settings.pipeline(), country, least, needed).await;
        enough(found.map_err(into_error)?, &settings)?;
        let (kind, response) = (ClusterTask::KIND, ClusterTask::RESPONSE);
        let submit = Submit::new(kind, response, &request, &request.request_id, [ClusterTask::KEY]);
        Ok(self.backend.operations.submit(submit).await?.progress.to_operation())
    }
}

#[tonic::async_trait]
impl ClustererService for Grpc {
    async fn cluster_skills(&self, request: Request<ClusterSkillsRequest>) -> Result<Response<Operation>, Status> {
        Ok(Response::new(self.start(request.into_inner()).await?))
    }
}
