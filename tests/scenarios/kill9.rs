//! `kill -9` of whatever runs, in the middle of a batch: everything is done, nothing twice,
//! and a watcher who resumes sees the end.

#![allow(clippy::unwrap_used)]

use std::{future::Future, sync::Arc, time::Duration};

use observatory_tests::{Clients, Mesh, MeshBuilder, ads, eventually, watch};
use rand::Rng;
use serde_json::json;
use tokio::sync::Mutex;

const ADS: usize = 5_000;

/// Two batches at once would only measure each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A dead worker is noticed after a second rather than five.
fn mesh() -> MeshBuilder {
    Mesh::builder().replicas("cleaner", 3).env("cleaner", "OBSERVATORY_SERVICE__LEASE_SECONDS", "1")
}

/// Starts cleaning `count` new ads; once a random part is done, calls `disaster`; returns what
/// a watcher saw who was there from the first to the last moment.
async fn clean_through<F, R>(mesh: &Mesh, clients: &Clients, count: usize, disaster: F) -> watch::Watched
where
    F: FnOnce() -> R,
    R: Future<Output = ()>,
{
    let seed = rand::rng().random();
    println!("ads of seed {seed}");
    ads::import(clients, ads::invented(seed, count)).await;
    let started = clients.rest.post("/api/jobs/clean/batch", json!({})).await.unwrap().ok();
    assert_eq!(started["total"], count as i64);
    let id = started["task_id"].as_str().unwrap().to_owned();

    let moment = rand::rng().random_range(count / 20..count * 2 / 3) as i32;
    println!("at {moment} of {count}");
    let watched = watch::through(mesh.clients(), &id, moment, disaster).await.succeeded();
    everything_is_done_once(mesh, &watched, count).await;
    watched
}

async fn everything_is_done_once(mesh: &Mesh, watched: &watch::Watched, count: usize) {
    let (end, count) = (&watched.metadata, count as i32);
    assert_eq!((end.total, end.completed, end.failed, end.skipped), (count, count, 0, 0), "{end:?}");
    assert_eq!(end.outcomes.values().sum::<i32>(), count);
    assert_eq!(end.outcomes["cleaned"], count, "no invented ad is like another: {:?}", end.outcomes);
    assert_eq!(mesh.count("SELECT count(*) FROM raw_jobs WHERE NOT is_processed").await, 0);
    let id = watched.operation.name.trim_start_matches("operations/");
    let effects = format!("SELECT count(*) FROM task_effects WHERE operation_id = '{id}'");
    assert_eq!(mesh.count(&effects).await, i64::from(count), "one effect per ad");
    let all = mesh.count("SELECT count(*) FROM raw_jobs").await;
    assert_eq!(mesh.count("SELECT count(*) FROM cleaned_jobs").await, all, "one row per ad");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_cleaners_leave_nothing_undone_and_do_nothing_twice() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mesh = mesh().start().await.unwrap();
    let clients = mesh.clients();
    let mut redeliveries = 0;
    for round in 0..3 {
        let victim = &mesh.services["cleaner"][round];
        let count = if round == 0 { ADS } else { 1_500 };
        let watched = clean_through(&mesh, &clients, count, || async {
            victim.process.kill9().await;
        })
        .await;
        assert_eq!(watched.resumed, 0, "a watcher does not notice");
        assert!(watched.states.windows(2).all(|pair| pair[0].completed <= pair[1].completed));
        redeliveries += watched.metadata.redeliveries;
        victim.restart().await.unwrap();
    }
    assert!(redeliveries > 0, "what the dead ones had in hand was delivered again");
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_redis_comes_back_and_the_batch_goes_on() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mesh = mesh().start().await.unwrap();
    let clients = mesh.clients();
    for _ in 0..2 {
        clean_through(&mesh, &clients, 1_500, || async {
            mesh.redis.process.kill9().await;
            mesh.redis.restart().await.unwrap();
        })
        .await;
        mesh.wait_until_ready().await.unwrap();
    }
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_lost_everything_gets_the_batch_back_from_the_journal() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mesh = mesh().start().await.unwrap();
    let clients = mesh.clients();
    clean_through(&mesh, &clients, 1_500, || async {
        mesh.redis.process.kill9().await;
        std::fs::remove_dir_all(mesh.dir.join("redis/appendonlydir")).unwrap();
        mesh.redis.restart().await.unwrap();
    })
    .await;
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_comes_back_and_the_batch_goes_on() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mesh = mesh().start().await.unwrap();
    let clients = mesh.clients();
    for _ in 0..2 {
        clean_through(&mesh, &clients, 1_500, || async {
            mesh.postgres.crash_and_restart(&mesh.dir).await.unwrap();
        })
        .await;
        mesh.wait_until_ready().await.unwrap();
    }
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_outlives_the_gateway_and_envoy() {
    let _one = ONE_AT_A_TIME.lock().await;
    let mesh = Arc::new(mesh().start().await.unwrap());
    let clients = mesh.clients();
    let gateway = mesh.service("gateway").clone();
    let watched = clean_through(&mesh, &clients, 1_500, || async {
        gateway.process.kill9().await;
        gateway.restart().await.unwrap();
    })
    .await;
    assert!(watched.resumed > 0);
    // Resumed after the last sequence seen: no state came twice.
    assert!(watched.states.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));

    let watched = clean_through(&mesh, &clients, 1_500, || async {
        mesh.envoy.process.kill9().await;
        mesh.restart_envoy().await.unwrap();
    })
    .await;
    assert!(watched.resumed > 0);
    assert!(watched.states.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    let rest = mesh.clients().rest;
    eventually(Duration::from_secs(10), "all surfaces answer again", || async {
        rest.get("/api/stats").await.is_ok_and(|answer| answer.status == 200)
    })
    .await;
    Arc::into_inner(mesh).unwrap().stop().await;
}
