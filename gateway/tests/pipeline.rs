//! Pipelines over real tonic, Redis and Postgres: through deaths, cancellations, failures and gaps.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{
    Gateway, ad, refused,
    stages::{CLEAN, ENHANCE, EXTRACT, SCRAPE, Stages},
};
use futures::StreamExt;
use observatory_gateway::pipeline::KIND;
use observatory_mesh::{Config, Reason};
use observatory_operations::{
    Progress, State,
    fred::{cmd, prelude::*},
};
use observatory_proto::{
    google::longrunning::operation::Result as End,
    operations::{OperationState, RetryOperationRequest, operation_service_client::OperationServiceClient},
    pipeline::{
        PlanPipelineRequest, RunPipelineRequest, RunPipelineResponse, Stage,
        pipeline_service_client::PipelineServiceClient,
    },
    scraper::ScrapePortalRequest,
};
use observatory_testkit::Kit;
use prost::Message;

const ALL: &[&str] = &["scraper", "cleaner", "extractor", "llm"];
const TWO: &[&str] = &["cleaner", "extractor"];
const KINDS: [(&str, &str); 4] = [("scrape", SCRAPE), ("clean", CLEAN), ("extract", EXTRACT), ("enhance", ENHANCE)];

async fn start(stages: &Stages, request: RunPipelineRequest) -> String {
    stages.pipeline(&stages.backend, ALL).start(&request).await.unwrap().operation_id
}

fn response(progress: &Progress) -> RunPipelineResponse {
    let Some(End::Response(response)) = progress.to_operation().result else { panic!("{progress:?}") };
    RunPipelineResponse::decode(response.value.as_slice()).unwrap()
}

fn names(operations: &[Progress]) -> Vec<String> {
    operations.iter().map(|operation| format!("operations/{}", operation.operation_id)).collect()
}

fn of_stages(stages: &[Stage]) -> RunPipelineRequest {
    RunPipelineRequest { stages: stages.iter().map(|stage| (*stage).into()).collect(), ..Default::default() }
}

async fn ended(stages: &Stages, id: &str) -> Progress {
    stages.until(id, "it ends", |progress| progress.state.is_terminal()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_takes_it_over_goes_on_with_the_stages_that_run() {
    let stages = Stages::start().await;
    let id = start(&stages, RunPipelineRequest::default()).await;
    let mut replica = stages.replica(ALL).await;
    for (n, (stage, kind)) in KINDS.into_iter().enumerate() {
        let inside = |progress: &Progress| progress.steps.as_ref().is_some_and(|steps| steps.stage == stage);
        let told = stages.until(&id, stage, inside).await;
        assert_eq!(told.steps.unwrap().counts["stages_done"], n as i32);
        // Asked for by the end of its request_id; the scrapes are three.
        let label = if kind == SCRAPE { "/scrape/occ/CO" } else { stage };
        let before = stages.world.starts_of(label);
        replica.kill();
        replica = stages.replica(ALL).await;
        stages.until(&id, "asked for again", |_| stages.world.starts_of(label) > before).await;
        stages.world.open(kind);
    }
    let done = ended(&stages, &id).await;
    assert_eq!(done.state, State::Succeeded, "{done:?}");
    let counts = [SCRAPE, CLEAN, EXTRACT, ENHANCE, KIND].map(|kind| stages.of_kind(kind));
    let counts: Vec<_> = futures::future::join_all(counts).await.iter().map(Vec::len).collect();
    assert_eq!(counts, [3, 1, 1, 1, 1], "no stage twice");
    assert!(stages.world.starts_of("/clean") >= 2);

    let response = response(&done);
    assert_eq!((response.scraped, response.cleaned, response.extracted, response.enhanced), (15, 3, 2, 1));
    assert_eq!((response.stages_done, response.failed, response.stage_operations.len()), (4, 0, 6));
    let last = [stages.of_kind(CLEAN).await, stages.of_kind(EXTRACT).await, stages.of_kind(ENHANCE).await];
    assert_eq!(response.stage_operations[3..], names(&last.concat()), "in the order of the stages");
    let skipped: Vec<_> = response.skipped_stages.iter().map(|why| why.split(':').next().unwrap()).collect();
    assert_eq!(skipped, ["embed", "cluster"]);
    replica.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_outlives_the_loss_of_redis() {
    let stages = Stages::start().await;
    let _replica = stages.replica(TWO).await;
    let id = start(&stages, RunPipelineRequest::default()).await;
    stages.until(&id, "clean runs", |progress| progress.steps.is_some()).await;
    let redis = stages.backend.operations.redis();
    let pattern = format!("{}:*", stages.kit.redis_prefix());
    let keys: Vec<String> = redis.custom(cmd!("KEYS"), vec![pattern]).await.unwrap();
    let _: i64 = redis.del(keys).await.unwrap();
    stages.world.open(CLEAN);
    stages.world.open(EXTRACT);
    let done = ended(&stages, &id).await;
    assert_eq!((done.state, response(&done).cleaned), (State::Succeeded, 3), "{done:?}");
    assert_eq!((stages.of_kind(CLEAN).await.len(), stages.of_kind(EXTRACT).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn its_progress_names_the_stage_and_never_goes_back() {
    let stages = Stages::start().await;
    let _replica = stages.replica(ALL).await;
    let id = start(&stages, RunPipelineRequest { country: "MX".into(), ..Default::default() }).await;
    let mut states = std::pin::pin!(stages.backend.operations.watch(&id, 0).await.unwrap());
    let (mut percent, mut seen) = (0.0, Vec::new());
    while let Some(state) = states.next().await {
        let metadata = state.unwrap().progress.to_metadata();
        assert!(metadata.progress_percent >= percent, "{metadata:?}");
        percent = metadata.progress_percent;
        if let Some((stage, kind)) = KINDS.into_iter().find(|(stage, _)| *stage == metadata.stage) {
            if metadata.stage == "scrape" && metadata.counts.get("scraped") == Some(&5) && !seen.contains(&stage) {
                assert_eq!((metadata.counts["pages"], percent), (4, 12.5), "half of one of four stages");
            }
            if !seen.contains(&stage) && (stage != "scrape" || metadata.counts.contains_key("scraped")) {
                seen.push(stage);
                stages.world.open(kind);
            }
        }
    }
    assert_eq!(seen, ["scrape", "clean", "extract", "enhance"]);
    assert_eq!(percent, 100.0);
    assert_eq!(stages.of_kind(SCRAPE).await.len(), 1, "only occ covers MX");
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_it_cancels_the_stage_and_starts_no_other() {
    let stages = Stages::start().await;
    let replica = stages.replica(TWO).await;
    let id = start(&stages, RunPipelineRequest::default()).await;
    stages.until(&id, "clean runs", |progress| progress.steps.is_some()).await;
    stages.backend.operations.cancel(&id).await.unwrap();
    assert_eq!(ended(&stages, &id).await.state, State::Cancelled);
    let clean = &stages.of_kind(CLEAN).await[0];
    assert_eq!(ended(&stages, &clean.operation_id).await.state, State::Cancelled);

    // Where nobody is there to pass it on, too.
    let id = start(&stages, RunPipelineRequest::default()).await;
    stages.until(&id, "clean runs", |progress| progress.steps.is_some()).await;
    replica.kill();
    stages.backend.operations.cancel(&id).await.unwrap();
    let clean = &stages.of_kind(CLEAN).await[0];
    assert_eq!(ended(&stages, &clean.operation_id).await.state, State::Cancelled);
    let _next = stages.replica(TWO).await;
    assert_eq!(ended(&stages, &id).await.state, State::Cancelled);
    assert_eq!(stages.world.starts_of("/clean"), 2, "one for each of the two pipelines");
    assert_eq!(stages.of_kind(EXTRACT).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_passed_over_unless_it_was_asked_for() {
    let stages = Stages::start().await;
    let _replica = stages.replica(TWO).await;
    stages.world.open(CLEAN);
    stages.world.open(EXTRACT);
    let done = ended(&stages, &start(&stages, RunPipelineRequest::default()).await).await;
    let skipped = response(&done).skipped_stages;
    let names: Vec<_> = skipped.iter().map(|why| why.split(':').next().unwrap()).collect();
    assert_eq!(names, ["scrape", "enhance", "embed", "cluster"]);
    assert!(skipped[0].contains("peers.scraper"), "{skipped:?}");

    let starts = stages.world.starts.lock().unwrap().len();
    for stage in [Stage::Scrape, Stage::Embed, Stage::Cluster] {
        let done = ended(&stages, &start(&stages, of_stages(&[Stage::Clean, stage])).await).await;
        assert_eq!(done.state, State::Failed);
        let failure = &done.to_metadata().failures[0];
        assert_eq!(failure.reason, "CAPABILITY_MISSING", "{failure:?}");
        assert!(failure.message.contains(&format!("the stage {} can't run", stage.as_str_name()[6..].to_lowercase())));
    }
    assert_eq!(stages.world.starts.lock().unwrap().len(), starts, "nothing was started for them");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_fails_ends_it_and_a_retry_goes_on_from_there() {
    let stages = Stages::start().await;
    let _replica = stages.replica(TWO).await;
    stages.world.open(CLEAN);
    stages.world.open(EXTRACT);
    stages.world.bad.lock().unwrap().insert(CLEAN, vec!["a", "b", "c"]);
    let id = start(&stages, RunPipelineRequest::default()).await;
    let failed = ended(&stages, &id).await;
    let Some(End::Error(error)) = failed.to_operation().result else { panic!("{failed:?}") };
    let clean = names(&stages.of_kind(CLEAN).await).remove(0);
    assert!(error.message.contains("stage clean failed") && error.message.contains(&clean), "{}", error.message);
    assert!(error.message.contains("a hole"), "{}", error.message);
    let first = failed.to_metadata().failures.remove(0);
    assert_eq!((first.item.as_str(), first.reason.as_str()), (clean.as_str(), "JOB_NOT_FOUND"));
    assert_eq!(stages.of_kind(EXTRACT).await.len(), 0, "later stages don't run");

    stages.world.bad.lock().unwrap().clear();
    stages.backend.operations.retry(&id).await.unwrap();
    let done = ended(&stages, &id).await;
    assert_eq!((done.state, response(&done).cleaned, response(&done).extracted), (State::Succeeded, 3, 2));
    assert_eq!((done.to_metadata().failed, response(&done).failed), (0, 0), "{done:?}");
    assert_eq!((stages.of_kind(CLEAN).await.len(), stages.of_kind(EXTRACT).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_with_some_failures_goes_on_and_tells_of_them() {
    let stages = Stages::start().await;
    let _replica = stages.replica(ALL).await;
    for (_, kind) in KINDS {
        stages.world.open(kind);
    }
    stages.world.bad.lock().unwrap().insert(CLEAN, vec!["b"]);
    stages.world.bad.lock().unwrap().insert(SCRAPE, vec!["MX"]);
    let id = start(&stages, RunPipelineRequest::default()).await;
    let done = ended(&stages, &id).await;
    assert_eq!((done.state, response(&done).failed), (State::Succeeded, 2), "{done:?}");
    let metadata = done.to_metadata();
    assert_eq!((metadata.total, metadata.completed, metadata.failed), (6, 5, 1), "one of three scrapes failed");
    let clean = names(&stages.of_kind(CLEAN).await).remove(0);
    let failure = metadata.failures.iter().find(|failure| failure.item == clean).unwrap();
    assert!(failure.message.contains("1 of 3 items failed") && failure.message.contains("a hole"), "{failure:?}");
    assert!(metadata.failures.iter().any(|failure| failure.message.starts_with("scrape/occ/MX")));
    let refused = stages.backend.operations.retry(&id).await.unwrap_err();
    assert_eq!(refused.reason, Reason::OperationState);
    assert!(refused.message.contains("retry the operations that its failures name"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_portals_reaches_the_scraper() {
    let stages = Stages::start().await;
    let _replica = stages.replica(ALL).await;
    stages.world.open(SCRAPE);
    let request = RunPipelineRequest {
        portals: vec!["occ".into()],
        country: "CO".into(),
        query: "rust".into(),
        max_jobs: 7,
        max_pages: 2,
        ..of_stages(&[Stage::Scrape])
    };
    let id = start(&stages, request).await;
    assert_eq!(ended(&stages, &id).await.state, State::Succeeded);
    let asked = stages.world.scrapes.lock().unwrap().clone();
    let expected = ScrapePortalRequest {
        portal: "occ".into(),
        country: "CO".into(),
        query: "rust".into(),
        max_jobs: 7,
        max_pages: 2,
        full: false,
        request_id: format!("{id}/scrape/occ/CO"),
    };
    assert_eq!(asked, [expected]);

    for (portal, reason) in [("off", "SPIDER_OFF"), ("nowhere", "SPIDER_NOT_FOUND")] {
        let request = RunPipelineRequest { portals: vec![portal.into()], ..Default::default() };
        let failed = ended(&stages, &start(&stages, request).await).await;
        assert_eq!((failed.state, failed.failures[0].reason.as_str()), (State::Failed, reason));
    }
}

/// A gateway whose cleaner and extractor are the real ones.
async fn with_real_services() -> (Gateway, Vec<observatory_mesh::Running>) {
    let kit = Kit::start().await;
    let mut cleaner = Config::local(&observatory_cleaner::SERVICE);
    let mut extractor = Config::local(&observatory_extractor::SERVICE);
    (cleaner.database_url, cleaner.redis_url) = (kit.database_url(), kit.redis_url());
    (extractor.database_url, extractor.redis_url) = (kit.database_url(), kit.redis_url());
    let cleaner_options: &mut observatory_cleaner::config::Options = &mut cleaner.service;
    cleaner_options.backend = kit.backend_options();
    let extractor_options: &mut observatory_extractor::config::Options = &mut extractor.service;
    extractor_options.backend = kit.backend_options();
    let cleaner =
        observatory_mesh::spawn(observatory_cleaner::SERVICE, cleaner, observatory_cleaner::build).await.unwrap();
    let extractor =
        observatory_mesh::spawn(observatory_extractor::SERVICE, extractor, observatory_extractor::build).await.unwrap();
    let urls = [("cleaner", cleaner.url()), ("extractor", extractor.url())];
    (Gateway::start_behind(kit, &urls).await, vec![cleaner, extractor])
}

async fn run(gateway: &Gateway, request: RunPipelineRequest) -> RunPipelineResponse {
    let mut client = PipelineServiceClient::new(gateway.channel());
    let operation = client.run_pipeline(request).await.unwrap().into_inner();
    let engine = gateway.kit.backend().await.operations;
    let done = engine.wait(&operation.name, Duration::from_secs(60)).await.unwrap();
    assert_eq!(done.to_metadata().state(), OperationState::Succeeded, "{done:?}");
    response(&done)
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_ads_get_their_skills_by_the_real_cleaner_and_extractor() {
    let (gateway, _services) = with_real_services().await;
    let request = of_stages(&[Stage::Extract, Stage::Clean]);
    let nothing = run(&gateway, request.clone()).await;
    assert_eq!((nothing.stages_done, nothing.cleaned, nothing.stage_operations.len()), (2, 0, 2), "{nothing:?}");

    let text = "Buscamos una persona que desarrolle servicios en Python y Java con bases de datos PostgreSQL. \
                Requisitos: tres años de experiencia, conocimientos de Docker y Kubernetes, y trabajo en equipo. \
                La persona trabajará con el equipo de producto, revisará el código de sus colegas, escribirá \
                pruebas automáticas y participará en el diseño de la arquitectura de los sistemas de la empresa. \
                Ofrecemos contrato indefinido, horario flexible y crecimiento dentro de la empresa en Bogotá.";
    let ads = (0..3).map(|n| observatory_proto::jobs::ImportJobsRequest {
        description: format!("{text} Vacante número {n} del área {}.", ["datos", "pagos", "logística"][n]),
        company: format!("Empresa {n}"),
        ..ad(&format!("Desarrollador {n}"), "")
    });
    assert_eq!(gateway.import(ads.collect()).await.imported, 3);
    let elsewhere = run(&gateway, RunPipelineRequest { country: "MX".into(), ..request.clone() }).await;
    assert_eq!(elsewhere.cleaned + elsewhere.rejected, 0, "the country is passed on");
    let done = run(&gateway, request.clone()).await;
    assert_eq!(done.cleaned + done.rejected, 3, "{done:?}");
    assert!(done.extracted > 0 && done.extracted == done.cleaned, "{done:?}");

    let repeated = RunPipelineRequest { request_id: "nightly".into(), ..request };
    let mut client = PipelineServiceClient::new(gateway.channel());
    let one = client.run_pipeline(repeated.clone()).await.unwrap().into_inner().name;
    assert_eq!(client.run_pipeline(repeated).await.unwrap().into_inner().name, one);
    let retry = RetryOperationRequest { operation_id: one.trim_start_matches("operations/").into() };
    gateway.kit.backend().await.operations.wait(&one, Duration::from_secs(30)).await.unwrap();
    let refused = refused(OperationServiceClient::new(gateway.channel()).retry_operation(retry).await);
    assert_eq!(refused.reason, Reason::OperationState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_what_would_be_started_and_starts_nothing() {
    let stages = Stages::start().await;
    let urls: Vec<_> = ALL.iter().map(|name| (*name, stages.running.url())).collect();
    let gateway = Gateway::start_behind(Kit::start().await, &urls).await;
    let mut client = PipelineServiceClient::new(gateway.channel());
    let plan = client.plan_pipeline(PlanPipelineRequest { country: "CO".into(), ..Default::default() }).await.unwrap();
    let plan = plan.into_inner().stages;
    let scrapes: Vec<_> = plan[0].scrapes.iter().map(|s| format!("{}/{}", s.portal, s.country)).collect();
    assert_eq!(scrapes, ["elempleo/CO", "occ/CO"]);
    let missing: Vec<_> = plan.iter().filter(|stage| !stage.missing.is_empty()).map(|stage| stage.stage()).collect();
    assert_eq!(missing, [Stage::Embed, Stage::Cluster]);
    assert!(stages.world.starts.lock().unwrap().is_empty());

    let wrong =
        PlanPipelineRequest { portals: vec!["occ".into()], stages: vec![Stage::Clean.into()], ..Default::default() };
    assert_eq!(refused(client.plan_pipeline(wrong).await).fields[0].field, "portals");
}
