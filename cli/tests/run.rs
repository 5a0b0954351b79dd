//! `run` and `events` as a script sees them, against a mesh that answers by the book.
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader},
    pin::Pin,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
};

use futures::{Stream, StreamExt};
use observatory_proto::{
    google::longrunning::Operation,
    pipeline::{
        PlanPipelineRequest, PlanPipelineResponse, PlannedScrape, PlannedStage, RunPipelineRequest, Stage,
        WatchEventsRequest, WatchEventsResponse,
        pipeline_service_server::{PipelineService, PipelineServiceServer},
    },
};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

#[derive(Clone, Default)]
struct Mesh {
    asked: Arc<Mutex<Vec<RunPipelineRequest>>>,
}

#[tonic::async_trait]
impl PipelineService for Mesh {
    async fn run_pipeline(&self, request: Request<RunPipelineRequest>) -> Result<Response<Operation>, Status> {
        self.asked.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Operation { name: "operations/01JD".into(), ..Default::default() }))
    }

    async fn plan_pipeline(&self, _: Request<PlanPipelineRequest>) -> Result<Response<PlanPipelineResponse>, Status> {
        let scrape = PlannedScrape { portal: "occ".into(), country: "MX".into() };
        let scrape = PlannedStage { stage: Stage::Scrape.into(), missing: String::new(), scrapes: vec![scrape] };
        let embed = PlannedStage { stage: Stage::Embed.into(), missing: "no model".into(), scrapes: Vec::new() };
        Ok(Response::new(PlanPipelineResponse { stages: vec![scrape, embed] }))
    }

    type WatchEventsStream = Pin<Box<dyn Stream<Item = Result<WatchEventsResponse, Status>> + Send>>;

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let kinds = ["heartbeat".to_owned()].into_iter().chain(request.into_inner().kinds);
        let events: Vec<_> =
            kinds.map(|kind| Ok(WatchEventsResponse { kind, count: 3, ..Default::default() })).collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(events).chain(tokio_stream::pending()))))
    }
}

async fn serve() -> (Mesh, String) {
    let (mesh, listener) = (Mesh::default(), tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder().add_service(PipelineServiceServer::new(mesh.clone()));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (mesh, url)
}

fn command(url: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_observatory"));
    command.args(args).env("OBSERVATORY_SERVER", url).env("LC_ALL", "C");
    command
}

async fn observatory(url: &str, args: &[&str]) -> Output {
    let mut command = command(url, args);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_started_and_what_is_missing() {
    let (mesh, url) = serve().await;
    let output = observatory(&url, &["run", "--dry-run", "--lang", "es"]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(words(&output.stdout), "scrape: se haría\n  occ en MX\nembed: falta: no model\n");
    assert!(mesh.asked.lock().unwrap().is_empty(), "nothing was started");
}

#[tokio::test(flavor = "multi_thread")]
async fn options_reach_the_request_with_an_id_of_their_own() {
    let (mesh, url) = serve().await;
    let args = "run --stage extract --stage scrape --country mexico --portal occ --query rust --max-jobs 9 --no-wait";
    let output = observatory(&url, &args.split(' ').collect::<Vec<_>>()).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(words(&output.stdout).contains("01JD"));
    let asked = mesh.asked.lock().unwrap().remove(0);
    let expected = RunPipelineRequest {
        stages: vec![Stage::Extract.into(), Stage::Scrape.into()],
        country: "MX".into(),
        portals: vec!["occ".into()],
        query: "rust".into(),
        max_jobs: 9,
        request_id: asked.request_id.clone(),
        ..Default::default()
    };
    assert_eq!(asked, expected);
    assert!(!asked.request_id.is_empty());
    assert_eq!(observatory(&url, &["run", "--stage", "nonsense"]).await.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_as_lines_of_json_without_heartbeats() {
    let (_mesh, url) = serve().await;
    let mut child = command(&url, &["--json", "events", "--kind", "jobs_scraped", "--kind", "jobs_cleaned"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = tokio::task::spawn_blocking(move || lines.take(2).map(Result::unwrap).collect::<Vec<_>>());
    let lines = tokio::time::timeout(std::time::Duration::from_secs(20), lines).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let kinds = lines.unwrap().unwrap().into_iter().map(|line| {
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(event["count"], 3);
        event["kind"].as_str().unwrap().to_owned()
    });
    assert_eq!(kinds.collect::<Vec<_>>(), ["jobs_scraped", "jobs_cleaned"]);
}
