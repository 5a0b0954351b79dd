//! The whole pipeline as one operation over the whole mesh, from a portal to skills, and what is told of it live.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use futures::StreamExt;
use observatory_portal::Options as PortalOptions;
use observatory_proto::pipeline::{
    RunPipelineResponse, WatchEventsRequest, pipeline_service_client::PipelineServiceClient,
};
use observatory_tests::{Demo, Failure, Mesh, count, response, watch};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Kind, count and operation of an event, however it came.
type Told = (String, i64, String);

/// Reads events until that operation has ended.
async fn until_end(events: &mut UnboundedReceiver<Told>, id: &str) -> Vec<Told> {
    let mut all = Vec::new();
    let reading = async {
        while let Some(event) = events.recv().await {
            let end = event.0 == "operation_ended" && event.2 == id;
            all.push(event);
            if end {
                return;
            }
        }
        panic!("the stream ended: {all:?}");
    };
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the end is told");
    all
}

async fn next(events: &mut UnboundedReceiver<Told>) -> Told {
    tokio::time::timeout(Duration::from_secs(20), events.recv()).await.expect("an event").unwrap()
}

/// Events by gRPC and by REST, from now on: both have told of their first heartbeat.
async fn watchers(mesh: &Mesh) -> [UnboundedReceiver<Told>; 2] {
    let clients = mesh.clients();
    let (told, mut by_grpc) = unbounded_channel();
    let mut service = PipelineServiceClient::new(clients.grpc.clone());
    tokio::spawn(async move {
        let mut events = service.watch_events(WatchEventsRequest::default()).await.unwrap().into_inner();
        while let Some(Ok(event)) = events.next().await {
            let _ = told.send((event.kind, i64::from(event.count), event.operation_id));
        }
    });
    let ((lines, mut read), (told, mut by_rest)) = (unbounded_channel(), unbounded_channel());
    tokio::spawn(async move { clients.rest.lines("/api/events:watch", lines).await });
    tokio::spawn(async move {
        while let Some(line) = read.recv().await {
            let line: Value = line;
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            let _ = told.send((text("kind"), line["count"].as_i64().unwrap_or_default(), text("operation_id")));
        }
    });
    for events in [&mut by_grpc, &mut by_rest] {
        assert_eq!(next(events).await.0, "heartbeat");
    }
    [by_grpc, by_rest]
}

#[tokio::test(flavor = "multi_thread")]
async fn ads_of_a_portal_end_with_skills_and_every_stage_is_told_live() {
    let demo = Demo::start(Mesh::builder(), PortalOptions::default()).await;
    let (mesh, clients) = (&demo.mesh, demo.mesh.clients());
    let mut watchers = watchers(mesh).await;
    let request = json!({"portals": ["demo-computrabajo", "demo-elempleo"], "country": "CO", "request_id": "demo"});
    let started = clients.rest.post("/api/pipeline:run", request.clone()).await.unwrap().ok();
    assert_eq!(clients.rest.post("/api/pipeline:run", request).await.unwrap().ok()["name"], started["name"]);
    let id = started["name"].as_str().unwrap().trim_start_matches("operations/").to_owned();
    let watched = watch::to_the_end(&clients, &id).await.succeeded();
    let told: RunPipelineResponse = response(&watched);
    println!("{told:?}");

    let mut stages: Vec<&str> = watched.states.iter().map(|state| state.stage.as_str()).collect();
    stages.dedup();
    let known: Vec<&str> =
        stages.iter().copied().filter(|stage| ["scrape", "clean", "extract"].contains(stage)).collect();
    assert_eq!(known, ["scrape", "clean", "extract"], "{stages:?}");
    assert!(watched.states.windows(2).all(|pair| pair[0].progress_percent <= pair[1].progress_percent));
    assert_eq!(count(&watched.metadata, "scraped"), told.scraped);

    let shelved: u64 = demo.portal.ads().iter().filter(|(_, country, _)| country == "CO").map(|(_, _, ads)| ads).sum();
    assert_eq!(told.scraped as u64, shelved, "all of Colombia's ads");
    for (figure, sql) in [
        (told.scraped, "SELECT count(*) FROM raw_jobs"),
        (told.scraped, "SELECT count(*) FROM raw_jobs WHERE country = 'CO' AND portal LIKE 'demo-%'"),
        (told.cleaned, "SELECT count(*) FROM cleaned_jobs WHERE is_usable"),
        (told.rejected, "SELECT count(*) FROM cleaned_jobs WHERE NOT is_usable"),
        (told.extracted, "SELECT count(*) FROM raw_jobs WHERE extraction_status = 'completed'"),
        (told.cleaned, "SELECT count(DISTINCT job_id) FROM named_skills"),
    ] {
        assert_eq!(i64::from(figure), mesh.count(sql).await, "{sql}: {told:?}");
    }
    assert!(told.cleaned > 30 && told.failed == 0, "{told:?}");
    every_stage_is_an_operation(mesh, &told).await;

    for events in &mut watchers {
        let events = until_end(events, &id).await;
        let sum = |kind: &str| events.iter().filter(|event| event.0 == kind).map(|event| event.1).sum::<i64>();
        assert_eq!(sum("jobs_scraped"), i64::from(told.scraped), "{events:?}");
        assert_eq!(sum("jobs_cleaned"), i64::from(told.cleaned), "{events:?}");
        assert_eq!(sum("skills_extracted"), i64::from(told.extracted), "{events:?}");
        let entered = events.iter().filter(|event| event.0 == "pipeline_stage" && event.2 == id).count();
        assert_eq!(entered as i32, told.stages_done, "{events:?}");
        let ends = events.iter().filter(|event| event.0 == "operation_ended").count();
        assert_eq!(ends, told.stage_operations.len() + 1, "{events:?}");
    }
    demo.stop().await;
}

async fn every_stage_is_an_operation(mesh: &Mesh, told: &RunPipelineResponse) {
    let mut kinds = Vec::new();
    for name in &told.stage_operations {
        let operation = mesh.clients().rest.get(&format!("/v1/{name}")).await.unwrap().ok();
        assert_eq!(operation["done"], true, "{operation}");
        kinds.push(operation["metadata"]["kind"].as_str().unwrap().to_owned());
    }
    let first = ["scraper.scrape_portal", "scraper.scrape_portal", "cleaner.batch_clean_jobs"];
    assert_eq!(kinds[..4], [&first[..], &["extractor.batch_extract_skills"]].concat(), "{kinds:?}");
    let skipped = &told.skipped_stages;
    assert_eq!(kinds.len() - 1 + skipped.len(), 6, "each of the six stages ran or says why not: {skipped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_whose_scraper_dies_goes_on_and_one_that_can_not_scrape_says_so() {
    let demo = Demo::start(Mesh::builder(), PortalOptions { synthetic: Some(300), ..PortalOptions::default() }).await;
    let (mesh, clients) = (&demo.mesh, demo.mesh.clients());
    let rest = &clients.rest;
    let request = json!({"portals": ["demo-elempleo"], "country": "CO", "stages": ["STAGE_SCRAPE", "STAGE_CLEAN"],
                         "max_jobs": 100_000, "max_pages": 10_000});
    let started = rest.post("/api/pipeline:run", request).await.unwrap().ok();
    let id = started["name"].as_str().unwrap().trim_start_matches("operations/").to_owned();
    let watcher = {
        let (clients, id) = (mesh.clients(), id.clone());
        tokio::spawn(async move { watch::to_the_end(&clients, &id).await.succeeded() })
    };
    observatory_tests::eventually(Duration::from_secs(20), "it scrapes", || async { demo.portal.served() > 40 }).await;
    mesh.service("scraper").process.kill9().await;
    mesh.service("scraper").restart().await.unwrap();
    let told: RunPipelineResponse = response(&watcher.await.unwrap());
    assert_eq!(
        (told.scraped, told.cleaned + told.rejected, told.failed, told.stages_done),
        (300, 300, 0, 2),
        "{told:?}"
    );
    assert_eq!(told.stage_operations.len(), 2, "no stage twice: {told:?}");

    let plan = rest.get("/api/pipeline:plan?portals=demo-bumeran&stages=STAGE_SCRAPE").await.unwrap().ok();
    let scrapes = plan["stages"][0]["scrapes"].as_array().unwrap();
    let countries: Vec<&str> = scrapes.iter().map(|scrape| scrape["country"].as_str().unwrap()).collect();
    assert_eq!(countries, ["AR", "MX"]);
    let started = rest.post("/api/pipeline:run", json!({"portals": ["linkedin"], "country": "CO"})).await.unwrap().ok();
    let id = started["name"].as_str().unwrap().trim_start_matches("operations/").to_owned();
    watch::to_the_end(&clients, &id).await;
    let operation = rest.get(&format!("/v1/operations/{id}")).await.unwrap().ok();
    let message = operation["error"]["message"].as_str().unwrap();
    assert!(message.contains("linkedin is off"), "{operation}");
    let failure = Failure::from_json(&operation["error"]);
    assert!(!failure.reason.is_empty(), "{failure:?}");
    demo.stop().await;
}
