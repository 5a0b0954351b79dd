//! ClusterService: nothing makes clusters yet.

use futures::stream::BoxStream;
use observatory_proto::{
    Error,
    clusters::{
        Clustering, CompareClusteringsRequest, CompareClusteringsResponse, GetClusterMapRequest, GetClusterMapResponse,
        GetClusteringRequest, ListClusteringsRequest, ListClusteringsResponse, ListClustersRequest,
        ListClustersResponse, cluster_service_server::ClusterService,
    },
};
use tonic::{Request, Response, Status};

/// Says that clusters are missing.
#[derive(Debug, Clone, Copy)]
pub struct Clusters;

fn missing() -> Status {
    Error::capability_missing(
        "clustering",
        "this version makes no clusters of skills; GetSkill and ListCoOccurringSkills say which skills occur together",
    )
    .into()
}

#[tonic::async_trait]
impl ClusterService for Clusters {
    async fn list_clusters(&self, _: Request<ListClustersRequest>) -> Result<Response<ListClustersResponse>, Status> {
        Err(missing())
    }

    async fn list_clusterings(
        &self,
        _: Request<ListClusteringsRequest>,
    ) -> Result<Response<ListClusteringsResponse>, Status> {
        Err(missing())
    }

    async fn get_clustering(&self, _: Request<GetClusteringRequest>) -> Result<Response<Clustering>, Status> {
        Err(missing())
    }

    type GetClusterMapStream = BoxStream<'static, Result<GetClusterMapResponse, Status>>;

    async fn get_cluster_map(
        &self,
        _: Request<GetClusterMapRequest>,
    ) -> Result<Response<Self::GetClusterMapStream>, Status> {
        Err(missing())
    }

    async fn compare_clusterings(
        &self,
        _: Request<CompareClusteringsRequest>,
    ) -> Result<Response<CompareClusteringsResponse>, Status> {
        Err(missing())
    }
}
