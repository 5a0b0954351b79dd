//! The scraper: ads from job portals, by spiders that are data.

mod ad;
pub mod config;
mod gate;
mod grpc;
mod hosts;
mod jobs;
mod spiders;
mod tried;
mod worker;

use std::sync::Arc;

use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, Worker};
use observatory_proto::scraper::scraper_service_server::ScraperServiceServer;

use crate::{config::Options, gate::Hosts, grpc::Grpc, worker::ScrapeTask};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "scraper",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50051,
    about: "Scrapes job portals politely",
};

/// Opens what the service needs, starts its workers, and hands it over.
///
/// # Errors
/// Where a URL in the configuration can't be parsed.
pub async fn build(config: Config<Options>, scope: Scope) -> anyhow::Result<Service> {
    let options = Arc::new(config.service.clone());
    let backend = Backend::open(&config.database_url, &config.redis_url, &options.backend).await?;
    backend.register_health(|name, check| scope.dependency(name, check));

    let hosts = Hosts::new(backend.operations.clone(), backend.db.clone(), &options.backend);
    let fetcher = hosts::fetcher(&options, &hosts, &backend, &scope)?;
    for problem in spiders::load(&options).problems() {
        tracing::warn!(%problem, "a description of a portal can't be used");
    }
    let task = ScrapeTask { backend: backend.clone(), fetcher: fetcher.clone(), options: options.clone() };
    let worker = Worker::new(backend.operations.clone(), options.backend.worker_options()).with(task);
    let drain = scope.drain();
    scope.spawn("workers", async move {
        worker.run(drain).await;
        Ok(())
    });
    Ok(Service::new().add(server!(ScraperServiceServer, Grpc { backend, fetcher, options }, config.limits)))
}
