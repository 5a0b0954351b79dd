//! What happens live, as callers watch it: by gRPC, by gRPC-web, to the end of the server.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::{Gateway, ad, refused};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use observatory_mesh::Reason;
use observatory_operations::{Event, fred::prelude::*, kinds};
use observatory_proto::pipeline::{
    RunPipelineRequest, WatchEventsRequest, WatchEventsResponse, pipeline_service_client::PipelineServiceClient,
};
use prost::Message;
use tonic::Streaming;

async fn watch(gateway: &Gateway, kinds: &[&str]) -> Streaming<WatchEventsResponse> {
    let kinds = kinds.iter().map(ToString::to_string).collect();
    let mut client = PipelineServiceClient::new(gateway.channel());
    let mut stream = client.watch_events(WatchEventsRequest { kinds }).await.unwrap().into_inner();
    assert_eq!(stream.message().await.unwrap().unwrap().kind, "heartbeat", "it listens from now on");
    stream
}

async fn next(stream: &mut Streaming<WatchEventsResponse>) -> WatchEventsResponse {
    tokio::time::timeout(Duration::from_secs(10), stream.message()).await.unwrap().unwrap().unwrap()
}

/// The process's subscription may be a moment younger than the first watcher.
async fn subscribed(gateway: &Gateway) {
    let (mut stream, operations) = (watch(gateway, &["test"]).await, gateway.kit.backend().await.operations);
    loop {
        operations.announce("test", 1, "");
        if tokio::time::timeout(Duration::from_millis(200), stream.message()).await.is_ok() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_and_an_operation_are_told_to_those_who_asked_for_such() {
    let gateway = Gateway::start().await;
    subscribed(&gateway).await;
    let mut imports = watch(&gateway, &["jobs_imported"]).await;
    let mut operations = watch(&gateway, &["operation_started", "operation_ended"]).await;
    gateway.import((0..700).map(|i| ad(&format!("Ad {i}"), "")).collect()).await;
    let (first, second) = (next(&mut imports).await, next(&mut imports).await);
    assert_eq!((first.kind.as_str(), first.count, second.count), ("jobs_imported", 500, 200));
    assert!(first.event_time.unwrap().seconds > 1_700_000_000);

    let mut client = PipelineServiceClient::new(gateway.channel());
    let stages = vec![observatory_proto::pipeline::Stage::Cluster.into()];
    let run = client.run_pipeline(RunPipelineRequest { stages, ..Default::default() }).await.unwrap().into_inner();
    let (started, ended) = (next(&mut operations).await, next(&mut operations).await);
    assert_eq!(
        (started.subject.as_str(), ended.subject.as_str()),
        ("gateway.run_pipeline", "gateway.run_pipeline failed")
    );
    assert_eq!(format!("operations/{}", ended.operation_id), run.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_watches_by_grpc_web() {
    let gateway = Gateway::start().await;
    subscribed(&gateway).await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let url = format!("{}/observatory.pipeline.v1.PipelineService/WatchEvents", gateway.running.url());
    let call = http::Request::post(url)
        .header("content-type", "application/grpc-web+proto")
        .body(Full::from(vec![0, 0, 0, 0, 0]))
        .unwrap();
    let mut body = client.request(call).await.unwrap().into_body();
    let mut read = async || {
        let frame = tokio::time::timeout(Duration::from_secs(10), body.frame()).await.unwrap().unwrap().unwrap();
        let data = frame.into_data().unwrap();
        WatchEventsResponse::decode(&data[5..]).unwrap()
    };
    assert_eq!(read().await.kind, "heartbeat");
    let operations = gateway.kit.backend().await.operations;
    while !operations.redis().is_connected() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    operations.announce_event(Event::new(kinds::SCHEDULE_FIRED, 1, "01J").about("nightly"));
    let event = read().await;
    assert_eq!(
        (event.kind.as_str(), event.operation_id.as_str(), event.subject.as_str()),
        ("schedule_fired", "01J", "nightly")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn watchers_are_sent_away_when_the_server_stops() {
    let gateway = Gateway::start().await;
    let mut stream = watch(&gateway, &[]).await;
    let stopping = tokio::spawn(gateway.running.shutdown());
    let end = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            if let Err(status) = stream.message().await {
                break status;
            }
        }
    });
    assert_eq!(refused::<()>(Err(end.await.unwrap())).reason, Reason::ShuttingDown);
    drop(stream);
    stopping.await.unwrap().unwrap();
}
