//! Starting a batch of 100 through Envoy, by gRPC and by REST, and what a caller waits for it.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Instant,
};

use anyhow::{Context, Result};
use observatory_bench::{
    inputs, latency, median, ms,
    report::Report,
    rest::Rest,
    stack::{Mesh, ended},
};
use observatory_proto::cleaner::{BatchCleanJobsRequest, cleaner_service_client::CleanerServiceClient};
use serde_json::json;
use tonic::transport::{Channel, Endpoint};

/// Envoy lets each client start ten batches a minute: so many clients, so many calls of each.
const CLIENTS: u8 = 25;
const CALLS: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let ads = inputs::ads()?;
    let mesh = Mesh::start().await?;
    mesh.observatory(&["import".as_ref(), ads.files[0].as_path()])?;
    let ids = job_ids(&mesh).await?;

    let channel = mesh.channel().await?;
    let idle = grpc(&mesh, &ids, 1, Some(&channel)).await?;
    let rest = rest(&mesh, &ids, &channel).await?;
    let busy = grpc(&mesh, &ids, 2, None).await?;
    let sync = mesh.databases.sync_ms()?;
    mesh.stop().await;

    let mut report = Report::new("Submit: 100 ads to clean, through Envoy");
    report.table(
        ["call", "median / p95 ms", "goal: median"],
        &[
            ["gRPC BatchCleanJobs, idle workers".into(), latency(&idle), "5.00".into()],
            ["gRPC BatchCleanJobs, one after the other, workers busy".into(), latency(&busy), "-".into()],
            ["REST POST /api/jobs/clean/batch, idle workers".into(), latency(&rest), "-".into()],
        ],
    );
    report.say(format!(
        "{} calls each of {} job ids, on kept connections, from {CLIENTS} addresses (127.0.x.y) because Envoy lets each client start \
         ten batches a minute; the first call of each connection is not counted. Idle: each operation has ended before the next call.",
        idle.len(),
        ids.len(),
    ));
    report.say(format!(
        "Limit: an accepted operation is on the disk before the answer: one write that waits for this disk takes {sync:.2} ms \
         (median), {:.0} % of the call. The rest is two hops over loopback through Envoy, a query that the ids exist, the row \
         itself and one script of Redis.",
        100.0 * sync / median(&idle),
    ));
    report.finish()
}

async fn job_ids(mesh: &Mesh) -> Result<Vec<String>> {
    let (page, _) = Rest::new(&mesh.url(), None).get("/api/jobs?limit=100").await?;
    let jobs = page["jobs"].as_array().context("no list of jobs")?;
    Ok(jobs.iter().filter_map(|job| job["job_id"].as_str().map(str::to_owned)).collect())
}

fn source(network: u8, client: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, network, client + 1).into()
}

/// Times of the calls; with a channel to ask on, each operation ends before the next starts.
async fn grpc(mesh: &Mesh, ids: &[String], network: u8, wait: Option<&Channel>) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for client in 0..CLIENTS {
        let endpoint =
            Endpoint::from_shared(mesh.url())?.local_address(Some(source(network, client))).tcp_nodelay(true);
        let mut cleaner = CleanerServiceClient::new(endpoint.connect().await?);
        for call in 0..=CALLS {
            let request = BatchCleanJobsRequest { job_ids: ids.to_vec(), ..Default::default() };
            let begun = Instant::now();
            let operation = cleaner.batch_clean_jobs(request).await?.into_inner();
            if call > 0 {
                times.push(ms(begun.elapsed()));
            }
            if let Some(channel) = wait {
                ended(channel, &operation.name).await?;
            }
        }
    }
    Ok(times)
}

async fn rest(mesh: &Mesh, ids: &[String], channel: &Channel) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for client in 0..CLIENTS {
        let rest = Rest::new(&mesh.url(), Some(source(3, client)));
        for call in 0..=CALLS {
            let (started, took) = rest.post("/api/jobs/clean/batch", &json!({"job_ids": ids})).await?;
            if call > 0 {
                times.push(ms(took));
            }
            let task = started["task_id"].as_str().context("no task_id")?;
            ended(channel, &format!("operations/{}", task.trim_start_matches("operations/"))).await?;
        }
    }
    Ok(times)
}
