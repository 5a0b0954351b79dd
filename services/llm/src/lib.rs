//! LLM: pipeline B and the hybrid. Asks a language model about ads, and keeps of its answers what the ads hold.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod budget;
pub mod config;
mod convert;
mod desk;
mod enhance;
mod error;
mod group;
mod grpc;
mod links;
mod models;
mod pipeline_a;
mod worker;

use std::sync::Arc;

use observatory_enhancement::{Enhancer, Prompts, Settings};
use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, Worker, WorkerOptions};
use observatory_proto::llm::llm_service_server::LlmServiceServer;

use crate::{
    config::Options, desk::Desk, enhance::Llm, grpc::Grpc, links::Links, models::Models, pipeline_a::Extractor,
};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "llm",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50054,
    about: "Asks language models for the skills of job ads",
};

/// Opens what the service needs, starts its workers, and hands it over.
///
/// # Errors
/// Where a URL in the configuration can't be parsed, or a model can't be opened.
pub async fn build(config: Config<Options>, scope: Scope) -> anyhow::Result<Service> {
    let options = &config.service;
    let backend = Backend::open(&config.database_url, &config.redis_url, &options.backend).await?;
    backend.register_health(|name, check| scope.dependency(name, check));

    let models = Models::open(options, &backend.db)?;
    let llm = Arc::new(Llm {
        backend: backend.clone(),
        enhancer: Enhancer::new(Prompts::shipped()?, Settings::default()),
        extractor: Extractor(config.optional_peer("extractor")?),
        links: Links::new(config.optional_peer("embedder")?),
        models,
        desk: Desk::new(&backend),
    });
    // While some ads wait for their model, others are read and written.
    let slots = if options.backend.workers == 0 { 0 } else { 3 * llm.models.concurrency() };
    let worker = Worker::new(backend.operations.clone(), WorkerOptions { slots, ..options.backend.worker_options() })
        .with(worker::EnhanceTask { llm: llm.clone() });
    let drain = scope.drain();
    scope.spawn("workers", async move {
        worker.run(drain).await;
        Ok(())
    });
    let (drain, charging) = (scope.drain(), llm.clone());
    scope.spawn("usage", async move {
        charging.models.usage().follow(drain).await;
        Ok(())
    });
    Ok(Service::new().add(server!(LlmServiceServer, Grpc { llm }, config.limits)))
}
