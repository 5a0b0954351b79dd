//! Extractor: finds the skills that a job ad names, with their places in the text.

pub mod config;
mod grpc;
mod jobs;
mod loaded;
mod worker;

use std::{sync::Arc, time::Duration};

use observatory_extraction::taxonomy::Taxonomy;
use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, Worker};
use observatory_proto::extractor::extractor_service_server::ExtractorServiceServer;

use crate::{config::Options, grpc::Grpc, loaded::Library, worker::ExtractTask};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "extractor",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50053,
    about: "Finds skills in job ads by taxonomy, ESCO and patterns",
};

/// Opens what the service needs, starts its workers, and hands it over.
///
/// # Errors
/// Where a URL in the configuration can't be parsed, or the taxonomy is invalid.
pub async fn build(config: Config<Options>, scope: Scope) -> anyhow::Result<Service> {
    let options = &config.service.backend;
    let backend = Backend::open(&config.database_url, &config.redis_url, options).await?;
    backend.register_health(|name, check| scope.dependency(name, check));

    let library = Arc::new(Library::new(Taxonomy::embedded()?, backend.db.clone()));
    let worker = Worker::new(backend.operations.clone(), options.worker_options())
        .with(ExtractTask { backend: backend.clone(), library: library.clone() });
    let drain = scope.drain();
    scope.spawn("workers", async move {
        worker.run(drain).await;
        Ok(())
    });
    scope.spawn("taxonomy", prepare(library.clone()));
    Ok(Service::new().add(server!(ExtractorServiceServer, Grpc { backend, library }, config.limits)))
}

/// Publishes the taxonomy and builds the extractor before the first request asks for it.
async fn prepare(library: Arc<Library>) -> anyhow::Result<()> {
    loop {
        let ready = async {
            library.publish().await?;
            library.latest().await.map(|_| ())
        };
        match ready.await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::warn!(%error, "the taxonomy is not published yet"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
