//! Operations as callers handle them: cancel, repeat, delete, list, and wait in silence.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use futures::StreamExt;
use observatory_proto::operations::{
    OperationState, WatchOperationRequest, operation_service_client::OperationServiceClient,
};
use observatory_tests::{Clients, Failure, Mesh, ads, eventually, watch};
use serde_json::{Value, json};

const START: &str = "observatory.cleaner.v1.CleanerService/BatchCleanJobs";

async fn start(clients: &Clients, request: Value) -> String {
    let operation = clients.grpc(START, request).await.unwrap().remove(0);
    operation["name"].as_str().unwrap().trim_start_matches("operations/").to_owned()
}

async fn batch(clients: &Clients, id: &str) -> Value {
    clients.rest.get(&format!("/api/batches/{id}")).await.unwrap().ok()
}

/// Ids of the operations that a filter leaves, in the order of the answer.
async fn listed(clients: &Clients, filter: &str) -> Vec<String> {
    let answer = clients.rest.get(&format!("/v1/operations?filter={filter}")).await.unwrap().ok();
    let names = answer["operations"].as_array().unwrap().iter().map(|operation| operation["name"].as_str().unwrap());
    names.map(|name| name.trim_start_matches("operations/").to_owned()).collect()
}

async fn runs(clients: &Clients, id: &str) {
    eventually(Duration::from_secs(20), "it runs", || async { batch(clients, id).await["completed"] != 0 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_stops_a_batch_with_exact_counts() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    ads::import(&clients, ads::invented(2, 3_000)).await;
    let by_rest = start(&clients, json!({})).await;
    runs(&clients, &by_rest).await;
    let asked = Instant::now();
    let answer = clients.rest.post(&format!("/v1/operations/{by_rest}:cancel"), json!({})).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let watched = watch::to_the_end(&clients, &by_rest).await;
    assert!(asked.elapsed() < Duration::from_secs(10), "took {:?}", asked.elapsed());
    let end = &watched.metadata;
    assert_eq!((end.state(), end.completed + end.skipped), (OperationState::Cancelled, 3_000));
    assert!(end.skipped > 0);
    assert_eq!(mesh.count("SELECT count(*) FROM cleaned_jobs").await, i64::from(end.completed));
    let task = clients.rest.get(&format!("/api/tasks/{by_rest}")).await.unwrap().ok();
    assert_eq!((&task["status"], &task["error"]), (&json!("FAILURE"), &json!("cancelled")));

    let by_grpc = start(&clients, json!({})).await;
    let name = json!({"name": format!("operations/{by_grpc}")});
    clients.grpc("google.longrunning.Operations/CancelOperation", name.clone()).await.unwrap();
    let watched = watch::to_the_end(&clients, &by_grpc).await;
    assert_eq!(watched.metadata.state(), OperationState::Cancelled);
    // Another time changes nothing.
    clients.grpc("google.longrunning.Operations/CancelOperation", name).await.unwrap();
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_repeated_listed_and_deleted_by_their_names() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    ads::import(&clients, ads::invented(3, 40)).await;

    let request = json!({"request_id": "nightly-1"});
    let id = start(&clients, request.clone()).await;
    assert_eq!(start(&clients, request).await, id);
    let rest = clients.rest.post("/api/jobs/clean/batch", json!({"request_id": "nightly-1"})).await.unwrap().ok();
    assert_eq!(rest["task_id"], json!(id), "the same start by another surface");
    let reused =
        clients.rest.post("/api/jobs/clean/batch", json!({"request_id": "nightly-1", "limit": 3})).await.unwrap();
    let failure = Failure::from_json(&reused.json());
    assert_eq!((reused.status, failure.reason.as_str()), (409, "REQUEST_ID_REUSED"), "{failure:?}");
    watch::to_the_end(&clients, &id).await.succeeded();

    let other = clients.rest.post("/api/extract/batch", json!({})).await.unwrap().ok()["task_id"].clone();
    watch::to_the_end(&clients, other.as_str().unwrap()).await.succeeded();
    let other = other.as_str().unwrap().to_owned();
    assert_eq!(listed(&clients, "").await, [other.clone(), id.clone()], "newest first");
    assert_eq!(listed(&clients, "kind%3D%22cleaner.batch_clean_jobs%22").await, std::slice::from_ref(&id));
    assert_eq!(
        listed(&clients, "kind%3D%22extractor.batch_extract_skills%22%20AND%20state%3D%22succeeded%22").await,
        [other]
    );
    assert!(listed(&clients, "state%3D%22running%22").await.is_empty());
    let wrong = clients.rest.get("/v1/operations?filter=age%3D3").await.unwrap();
    assert_eq!((wrong.status, Failure::from_json(&wrong.json()).fields), (400, vec!["filter".to_owned()]));

    let path = format!("/v1/operations/{id}");
    assert_eq!(clients.rest.delete(&path).await.unwrap().status, 200);
    assert_eq!(clients.rest.get(&path).await.unwrap().status, 404);
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_batch_sends_heartbeats_and_goes_on_by_whoever_is_there() {
    let mesh = Mesh::builder()
        .replicas("cleaner", 2)
        .env("cleaner", "OBSERVATORY_SERVICE__LEASE_SECONDS", "1")
        .start()
        .await
        .unwrap();
    let clients = mesh.clients();
    ads::import(&clients, ads::invented(4, 2_500)).await;
    let id = start(&clients, json!({})).await;
    runs(&clients, &id).await;
    let cleaners = &mesh.services["cleaner"];
    cleaners.iter().for_each(|cleaner| cleaner.process.pause());

    // While it runs it can't be forgotten.
    let answer = clients.rest.delete(&format!("/v1/operations/{id}")).await.unwrap();
    assert_eq!(Failure::from_json(&answer.json()).reason, "OPERATION_STATE", "{}", answer.text);

    let mut service = OperationServiceClient::new(clients.grpc.clone());
    let request = WatchOperationRequest { operation_id: id.clone(), after_sequence: 0 };
    let mut stream = service.watch_operation(request).await.unwrap().into_inner();
    let heartbeat = async { while !stream.next().await.unwrap().unwrap().heartbeat {} };
    assert!(tokio::time::timeout(Duration::from_secs(15), heartbeat).await.is_ok(), "silence for 15 s");

    cleaners[1].process.resume();
    let watched = watch::to_the_end(&clients, &id).await.succeeded();
    assert_eq!((watched.metadata.completed, watched.metadata.failed), (2_500, 0));
    assert!(watched.metadata.redeliveries > 0, "the paused one's tasks were taken over");

    // The one that comes back late commits nothing.
    cleaners[0].process.resume();
    mesh.wait_until_ready().await.unwrap();
    let end = batch(&clients, &id).await;
    assert_eq!((&end["completed"], &end["failed"]), (&json!(2_500), &json!(0)));
    assert_eq!(mesh.count("SELECT count(*) FROM cleaned_jobs").await, 2_500);
    mesh.stop().await;
}
