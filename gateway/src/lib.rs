//! The gateway: what people query. Ads, skills, statistics and the taxonomy,
//! over gRPC and gRPC-web, also where there is no Envoy.

pub mod cache;
pub mod config;
pub mod grpc;
pub mod import;
pub mod interval;
pub mod launch;
mod page;
pub mod pipeline;
pub mod schedules;

use std::{sync::Arc, time::Duration};

use observatory_mesh::{Config, Scope, Service, ServiceInfo, server};
use observatory_operations::{Backend, BackendOptions, Worker, WorkerOptions};
use observatory_proto::{
    cleaner::cleaner_service_server, clusterer::clusterer_service_server,
    clusters::cluster_service_server::ClusterServiceServer, embedder::embedder_service_server,
    extractor::extractor_service_server, google::longrunning::operations_server::OperationsServer,
    jobs::job_service_server::JobServiceServer, llm::llm_service_server,
    operations::operation_service_server::OperationServiceServer,
    pipeline::pipeline_service_server::PipelineServiceServer,
    schedules::schedule_service_server::ScheduleServiceServer, scraper::scraper_service_server,
    skills::skill_service_server::SkillServiceServer, stats::stats_service_server::StatsServiceServer,
    tasks::task_service_server::TaskServiceServer, taxonomy::taxonomy_service_server::TaxonomyServiceServer,
};

use crate::{
    cache::Cache,
    launch::Launcher,
    pipeline::{Pipeline, Services},
    schedules::{Firing, Timing},
};

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "gateway",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50050,
    about: "Answers queries about ads, skills, statistics and the taxonomy",
};

/// Puts the service together.
///
/// # Errors
/// When the URL of Postgres or Redis can't be parsed.
pub async fn build(config: Config<config::Options>, scope: Scope) -> anyhow::Result<Service> {
    let options = &config.service;
    let settings = BackendOptions {
        database_connections: options.database_connections,
        redis_prefix: options.redis_prefix.clone(),
        ..BackendOptions::default()
    };
    let backend = Backend::open(&config.database_url, &config.redis_url, &settings).await?;
    backend.register_health(|name, check| scope.dependency(name, check));
    let Backend { db, operations: engine } = backend;
    let cache = Cache::new(engine.redis().clone(), &options.redis_prefix);

    let jobs = grpc::Jobs::new(db.clone(), cache.clone(), engine.clone());
    let skills = grpc::Skills::new(db.clone());
    let clusters = db.clone();
    let stats = grpc::Stats::new(db.clone(), cache.clone(), options.stats_cache_seconds);
    let taxonomy = grpc::Taxonomy::new(db.clone(), cache);
    let operations = grpc::OperationsApi::new(engine.clone());
    let starters = grpc::Starters {
        cleaner: config.peer("cleaner")?,
        extractor: config.peer("extractor")?,
        clusterer: config.peer("clusterer")?,
        scraper: config.peer("scraper")?,
    };
    let tasks = grpc::Tasks::new(engine.clone(), starters);
    let pipeline = Pipeline::new(engine.clone(), Services::of(&config)?);
    let worker = Worker::new(engine.clone(), WorkerOptions { slots: options.pipelines, ..WorkerOptions::default() })
        .with(pipeline.clone());
    let drain = scope.drain();
    scope.spawn("pipelines", async move {
        worker.run(drain).await;
        Ok(())
    });
    let pipelines = grpc::Pipelines::new(pipeline);
    let launcher = Launcher::new(&config)?.with_local("gateway.run_pipeline", Arc::new(pipelines.clone()));
    let launcher = Arc::new(launcher);
    if options.schedules {
        let poll = Duration::from_secs_f64(options.schedules_poll_seconds);
        let firing =
            Firing::new(db.clone(), launcher.clone(), Timing { poll, ..Timing::default() }).with_events(engine);
        let run = firing.run(scope.drain());
        scope.spawn("schedules", async move {
            run.await;
            Ok(())
        });
    }
    let schedules = grpc::Schedules::new(db, launcher);
    Ok(Service::new()
        .add(server!(JobServiceServer, jobs, config.limits))
        .add(server!(SkillServiceServer, skills, config.limits))
        .add(server!(StatsServiceServer, stats, config.limits))
        .add(server!(TaxonomyServiceServer, taxonomy, config.limits))
        .add(server!(ClusterServiceServer, grpc::Clusters::new(clusters), config.limits))
        .add(server!(ScheduleServiceServer, schedules, config.limits))
        .add(server!(PipelineServiceServer, pipelines, config.limits))
        .add(server!(OperationsServer, operations.clone(), config.limits))
        .add(server!(OperationServiceServer, operations, config.limits))
        .add(server!(TaskServiceServer, tasks, config.limits))
        .list_in_reflection(&[
            cleaner_service_server::SERVICE_NAME,
            clusterer_service_server::SERVICE_NAME,
            embedder_service_server::SERVICE_NAME,
            extractor_service_server::SERVICE_NAME,
            llm_service_server::SERVICE_NAME,
            scraper_service_server::SERVICE_NAME,
        ])
        .grpc_web()
        .http(page::router(&config.service.page_dir)))
}
