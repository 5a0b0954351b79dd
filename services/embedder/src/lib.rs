//! The Embedder: vectors of texts, and what is near them.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod config;
pub mod correction;
mod errors;
mod grpc;
pub mod link;
mod meaning;
pub mod same_meaning;
pub mod similar;
pub mod vectors;
mod worker;

use std::{sync::Arc, time::Duration};

use observatory_embedding::{Batcher, Model, OpenError};
use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, Worker};
use observatory_proto::{Error, embedder::embedder_service_server::EmbedderServiceServer};
use tokio::time::Instant;

use crate::{
    config::Options,
    grpc::{Grpc, Missing},
    meaning::Meaning,
    similar::Counts,
    vectors::Vectors,
    worker::{EmbedTask, SameMeaningTask},
};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "embedder",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50055,
    about: "Embeds texts and searches by meaning",
};

/// How often the version of the data is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Counting which ads name which skill may take this share of the time: one part in so many.
const SHARE: u32 = 20;

/// Opens what the service needs, warms the model up, and hands it over. Without a usable model the service starts all
/// the same, and what needs one answers what is missing.
///
/// # Errors
/// Where a URL in the configuration can't be parsed, or a warmed-up model fails.
pub async fn build(config: Config<Options>, scope: Scope) -> anyhow::Result<Service> {
    let backend = Backend::open(&config.database_url, &config.redis_url, &config.service.backend).await?;
    backend.register_health(|name, check| scope.dependency(name, check));
    let options = config.service;
    let worker_options = options.backend.worker_options();
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
    let vectors = embeddings.as_ref().ok().map(|batcher| Arc::new(Vectors::new(batcher.clone(), backend.db.clone())));
    let meaning = Meaning::new(backend.clone(), vectors.clone());

    let embed = EmbedTask { backend: backend.clone(), vectors: vectors.clone(), counts: meaning.counts.clone() };
    let find = SameMeaningTask { backend: backend.clone(), vectors };
    let worker = Worker::new(backend.operations.clone(), worker_options).with(embed).with(find);
    let drain = scope.drain();
    scope.spawn("workers", async move {
        worker.run(drain).await;
        Ok(())
    });
    let (drain, counts) = (scope.drain(), meaning.counts.clone());
    scope.spawn("usage", async move {
        tokio::select! {
            () = drain.cancelled() => {}
            () = follow(&backend, &counts) => {}
        }
        Ok(())
    });
    Ok(Service::new().add(server!(EmbedderServiceServer, Grpc { meaning, embeddings }, config.limits)))
}

fn open(options: &Options) -> Result<Batcher, OpenError> {
    let model = Model::open(&options.model_dir, &options.onnxruntime, options.model_options())?;
    Batcher::start(model, options.batcher_options())
}

/// What is answered where no model is configured.
pub(crate) fn no_model() -> Error {
    let why = "no embedding model is loaded: run scripts/models.sh, or set model_dir, and start the embedder again";
    Error::capability_missing("embeddings", why)
}

/// Counts anew which ads name which skill, at the start and whenever data changed.
async fn follow(backend: &Backend, counts: &Counts) {
    let (mut counted, mut failing) = (None, false);
    loop {
        let version = backend.operations.data_version().await;
        let mut pause = LOOK;
        if version.is_some() && version != counted {
            let started = Instant::now();
            match observatory_store::embeddings::refresh(&backend.db).await {
                Ok(()) => {
                    counted = version;
                    counts.forget();
                }
                Err(error) if !failing => tracing::warn!(%error, "the skills' ads are not counted yet"),
                Err(_) => {}
            }
            failing = version != counted;
            pause = pause.max(started.elapsed() * SHARE);
        }
        tokio::time::sleep(pause).await;
    }
}
