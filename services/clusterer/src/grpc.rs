//! `observatory.clusterer.v1.ClustererService`: says what is missing.

use observatory_proto::{
    Error,
    clusterer::{ClusterSkillsRequest, clusterer_service_server::ClustererService},
    google::longrunning::Operation,
};
use tonic::{Request, Response, Status};

/// The service.
pub struct Grpc;

fn missing() -> Status {
    Error::capability_missing(
        "clustering",
        "skills can't be clustered yet; ListSkills and ListCoOccurringSkills show which go together",
    )
    .into()
}

#[tonic::async_trait]
impl ClustererService for Grpc {
    async fn cluster_skills(&self, _: Request<ClusterSkillsRequest>) -> Result<Response<Operation>, Status> {
        Err(missing())
    }
}
