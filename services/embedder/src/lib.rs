//! The Embedder: vectors of texts, and what is near them.

pub mod config;
mod errors;
mod grpc;

use std::sync::Arc;

use observatory_embedding::{Batcher, Model, OpenError};
use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::Backend;
use observatory_proto::embedder::embedder_service_server::EmbedderServiceServer;

use crate::{
    config::Options,
    grpc::{Grpc, Missing},
};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "embedder",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50055,
    about: "Embeds texts and searches by meaning",
};

/// Opens what the service needs, warms the model up, and hands it over. Without a usable model the service starts all
/// the same, and what needs one answers what is missing.
///
/// # Errors
/// Where a URL in the configuration can't be parsed, or a warmed-up model fails.
pub async fn build(config: Config<Options>, scope: Scope) -> anyhow::Result<Service> {
    let backend = Backend::open(&config.database_url, &config.redis_url, &config.service.backend).await?;
    backend.register_health(|name, check| scope.dependency(name, check));
    let options = config.service;
    let opened = tokio::task::spawn_blocking(move || open(&options)).await?;
    let embeddings = match opened {
        Ok(batcher) => {
            let batcher = Arc::new(batcher);
            let warming = batcher.clone();
            tokio::task::spawn_blocking(move || warming.warm_up()).await??;
            let manifest = batcher.manifest();
            tracing::info!(model = manifest.name, version = manifest.version, "the embedding model is ready");
            Ok(batcher)
        }
        Err(error) => {
            tracing::error!(%error, "there is no embedding model; calls that need one are refused");
            Err(Missing(error.to_string()))
        }
    };
    Ok(Service::new().add(server!(EmbedderServiceServer, Grpc { backend, embeddings }, config.limits)))
}

fn open(options: &Options) -> Result<Batcher, OpenError> {
    let model = Model::open(&options.model_dir, &options.onnxruntime, options.model_options())?;
    Batcher::start(model, options.batcher_options())
}
