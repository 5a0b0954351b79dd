//! Extractor: finds the skills that a job ad names, with their places in the text.

pub mod config;
mod enhanced;
mod grpc;
mod jobs;
mod loaded;
mod worker;

use std::{sync::Arc, time::Duration};

use observatory_extraction::{tagger::Tagger, taxonomy::Taxonomy};
use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, Worker};
use observatory_proto::{Error, extractor::extractor_service_server::ExtractorServiceServer};

use crate::{
    config::Options,
    enhanced::Llm,
    grpc::Grpc,
    loaded::{FRESH, Library},
    worker::ExtractTask,
};

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

    let library = Arc::new(Library::new(Taxonomy::embedded()?, tagger(&config.service)?, backend.db.clone()));
    let worker = Worker::new(backend.operations.clone(), options.worker_options())
        .with(ExtractTask { backend: backend.clone(), library: library.clone() });
    let drain = scope.drain();
    scope.spawn("workers", async move {
        worker.run(drain).await;
        Ok(())
    });
    let (drain, following) = (scope.drain(), library.clone());
    scope.spawn("taxonomy", async move {
        tokio::select! {
            () = drain.cancelled() => {}
            () = follow(&following) => {}
        }
        Ok(())
    });
    let llm = Llm(config.optional_peer("llm")?);
    Ok(Service::new().add(server!(ExtractorServiceServer, Grpc { backend, library, llm }, config.limits)))
}

/// The NER model, where one is configured.
#[cfg(feature = "ner")]
fn tagger(options: &Options) -> anyhow::Result<Option<Arc<dyn Tagger>>> {
    use observatory_extraction::ner::{NerModel, NerTagger};
    if options.ner_model.is_empty() {
        return Ok(None);
    }
    let model = NerModel::open(options.ner_model.as_ref())?;
    Ok(Some(Arc::new(NerTagger { model, label: "KNOWLEDGE".into(), min_score: options.ner_min_score })))
}

/// This build has none; the configuration's check says so to who asks for one.
#[cfg(not(feature = "ner"))]
fn tagger(_: &Options) -> anyhow::Result<Option<Arc<dyn Tagger>>> {
    Ok(None)
}

/// Builds the extractor before a request asks for it, and publishes its concepts: at the start, and
/// whenever an import or a review changes them.
async fn follow(library: &Library) {
    let mut published = String::new();
    let mut failing = false;
    loop {
        let step = async {
            let loaded = library.latest().await?;
            if loaded.taxonomy_version != published {
                library.publish(&loaded).await?;
                published.clone_from(&loaded.taxonomy_version);
            }
            Ok::<(), Error>(())
        };
        let outcome = step.await;
        if let (Err(error), false) = (&outcome, failing) {
            tracing::warn!(%error, "the taxonomy is not published yet");
        }
        failing = outcome.is_err();
        tokio::time::sleep(if failing { Duration::from_secs(1) } else { FRESH }).await;
    }
}
