//! A dependency that is away: health says so, calls say so or work without it, and all comes
//! back by itself.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use observatory_tests::{Clients, Failure, Mesh, ads, eventually, watch};
use serde_json::json;
use tonic::Code;

const LIMIT: Duration = Duration::from_secs(30);

async fn health(mesh: &Mesh, service: &str) -> String {
    let address = mesh.service(service).listen.to_string();
    let output = mesh.grpcurl_at(&address, &[], &["grpc.health.v1.Health/Check"]).await;
    output.json()["status"].as_str().unwrap().to_owned()
}

async fn becomes(mesh: &Mesh, wanted: &str) {
    for service in ["gateway", "cleaner", "extractor", "clusterer"] {
        eventually(LIMIT, &format!("{service} is {wanted}"), || async { health(mesh, service).await == wanted }).await;
    }
}

fn direct(mesh: &Mesh, service: &str) -> Clients {
    Clients::new(&mesh.service(service).url())
}

/// A call without Envoy either works or names the dependency.
async fn names(clients: &Clients, method: &str, request: serde_json::Value, dependency: &str) {
    let status = clients.grpc(method, request).await.unwrap_err();
    let failure = Failure::from(&status);
    assert_eq!((status.code(), failure.reason.as_str()), (Code::Unavailable, "DEPENDENCY_UNAVAILABLE"), "{failure:?}");
    assert_eq!(failure.metadata["dependency"], dependency, "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_reading_works_and_a_start_is_kept_until_it_is_back() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    ads::import(&clients, ads::invented(1, 60)).await;
    mesh.redis.process.kill9().await;
    becomes(&mesh, "NOT_SERVING").await;

    let (gateway, cleaner) = (direct(&mesh, "gateway"), direct(&mesh, "cleaner"));
    let jobs = gateway.grpc("observatory.jobs.v1.JobService/ListJobs", json!({})).await.unwrap();
    assert_eq!(jobs[0]["total"], 60);
    gateway.grpc("observatory.stats.v1.StatsService/GetStats", json!({})).await.unwrap();
    let started = cleaner.grpc("observatory.cleaner.v1.CleanerService/BatchCleanJobs", json!({})).await.unwrap();
    let name = started[0]["name"].clone();
    names(&gateway, "google.longrunning.Operations/GetOperation", json!({"name": name}), "redis").await;

    mesh.redis.restart().await.unwrap();
    becomes(&mesh, "SERVING").await;
    mesh.wait_until_ready().await.unwrap();
    let id = name.as_str().unwrap().trim_start_matches("operations/");
    let watched = watch::to_the_end(&mesh.clients(), id).await.succeeded();
    assert_eq!(watched.metadata.completed, 60);
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_callers_are_told_and_what_needs_none_works() {
    let mesh = Mesh::start().await.unwrap();
    let text = json!({"title": "Desarrollador", "text": "Experiencia con Python y PostgreSQL en Bogotá."});
    // The extractor reads ESCO's labels from Postgres once.
    let extractor = direct(&mesh, "extractor");
    extractor.grpc("observatory.extractor.v1.ExtractorService/ExtractSkills", text.clone()).await.unwrap();
    mesh.postgres.process.kill9().await;
    becomes(&mesh, "NOT_SERVING").await;

    let (gateway, cleaner) = (direct(&mesh, "gateway"), direct(&mesh, "cleaner"));
    cleaner.grpc("observatory.cleaner.v1.CleanerService/CleanText", text.clone()).await.unwrap();
    extractor.grpc("observatory.extractor.v1.ExtractorService/ExtractSkills", text).await.unwrap();
    names(&gateway, "observatory.jobs.v1.JobService/ListJobs", json!({}), "postgres").await;
    names(&cleaner, "observatory.cleaner.v1.CleanerService/BatchCleanJobs", json!({}), "postgres").await;
    names(&cleaner, "observatory.cleaner.v1.CleanerService/CleanJobs", json!({}), "postgres").await;

    mesh.postgres.restart(&mesh.dir).await.unwrap();
    becomes(&mesh, "SERVING").await;
    mesh.wait_until_ready().await.unwrap();
    ads::process_sample(&mesh).await;
    mesh.stop().await;
}
