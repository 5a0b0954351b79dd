//! The Clusterer: maps of skills, by UMAP and HDBSCAN, with names, scores and a history.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cluster;
pub mod config;
mod grpc;
mod labels;
mod settings;
mod worker;

use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, Worker};
use observatory_proto::clusterer::clusterer_service_server::ClustererServiceServer;

use crate::{config::Options, grpc::Grpc, worker::ClusterTask};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "clusterer",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50056,
    about: "Clusters skills by UMAP and HDBSCAN",
};

/// Opens what the service needs, starts its workers, and hands it over.
///
/// # Errors
/// Where a URL in the configuration can't be parsed.
pub async fn build(config: Config<Options>, scope: Scope) -> anyhow::Result<Service> {
    let backend = Backend::open(&config.database_url, &config.redis_url, &config.service.backend).await?;
    backend.register_health(|name, check| scope.dependency(name, check));
    let task = ClusterTask {
        backend: backend.clone(),
        embedder: config.optional_peer("embedder")?,
        max_points: config.service.max_points,
    };
    let worker = Worker::new(backend.operations.clone(), config.service.backend.worker_options()).with(task);
    let drain = scope.drain();
    scope.spawn("workers", async move {
        worker.run(drain).await;
        Ok(())
    });
    Ok(Service::new().add(server!(ClustererServiceServer, Grpc { backend }, config.limits)))
}
