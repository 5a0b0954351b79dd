//! The cleaner: what a reader sees of an ad, and whether the ad can be used.

pub mod clean;
pub mod config;
pub mod duplicate;
mod fold;
mod grpc;
pub mod html;
mod jobs;
pub mod language;
pub mod spam;
mod worker;

use std::sync::Arc;

use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, Worker};
use observatory_proto::cleaner::cleaner_service_server::CleanerServiceServer;

use crate::{clean::Limits, config::Options, grpc::Grpc, worker::CleanTask};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "cleaner",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50052,
    about: "Cleans job ads: HTML to text, language, spam, repeats",
};

/// Opens what the service needs, starts its workers, and hands it over.
///
/// # Errors
/// Where a URL in the configuration can't be parsed.
pub async fn build(config: Config<Options>, scope: Scope) -> anyhow::Result<Service> {
    let options = &config.service.backend;
    let backend = Backend::open(&config.database_url, &config.redis_url, options).await?;
    backend.register_health(|name, check| scope.dependency(name, check));

    let limits = Arc::new(Limits::default());
    let worker = Worker::new(backend.operations.clone(), options.worker_options())
        .with(CleanTask { backend: backend.clone(), limits: limits.clone() });
    let drain = scope.drain();
    scope.spawn("workers", async move {
        worker.run(drain).await;
        Ok(())
    });
    Ok(Service::new().add(server!(CleanerServiceServer, Grpc { backend, limits }, config.limits)))
}
