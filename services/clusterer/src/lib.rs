//! The Clusterer: maps of skills. The contract is served; the
//! capability behind it is still missing, and every call says so.

mod grpc;

use observatory_mesh::{Config, NoOptions, Scope, Service, ServiceInfo, server};
use observatory_proto::clusterer::clusterer_service_server::ClustererServiceServer;

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "clusterer",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50056,
    about: "Clusters skills by UMAP and HDBSCAN",
};

/// Hands the service over.
///
/// # Errors
/// None yet.
pub async fn build(config: Config<NoOptions>, _scope: Scope) -> anyhow::Result<Service> {
    Ok(Service::new().add(server!(ClustererServiceServer, grpc::Grpc, config.limits)))
}
