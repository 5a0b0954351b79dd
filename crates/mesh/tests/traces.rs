//! Traces reach a collector, as part of the caller's trace.
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::{Router, body::Bytes, http::Uri, response::IntoResponse};
use observatory_proto::cleaner::{CleanTextRequest, cleaner_service_client::CleanerServiceClient};
use tokio::sync::mpsc;

/// The caller's trace, as W3C Trace Context writes it.
const TRACE_ID: [u8; 16] =
    [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c];
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A collector that passes on what it is sent.
async fn collector() -> (String, mpsc::UnboundedReceiver<(String, Bytes)>) {
    let (sent, received) = mpsc::unbounded_channel();
    let router = Router::new().fallback(async move |uri: Uri, body: Bytes| {
        let _ = sent.send((uri.path().to_string(), body));
        // An empty ExportTraceServiceResponse: uncompressed, no bytes.
        ([("content-type", "application/grpc"), ("grpc-status", "0")], [0_u8; 5].as_slice()).into_response()
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

/// The smallest service, and its address.
fn minimal(collector: &str) -> (Child, String) {
    let target: PathBuf = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().into();
    let mut child = Command::new(target.join("examples/minimal"))
        .env_clear()
        .args(["--listen", "127.0.0.1:0", "--set", &format!("otlp_endpoint={collector}")])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the example is built");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("listening")).expect("it listens");
    std::thread::spawn(move || lines.for_each(drop)); // or its log would block, or break
    let address = line.split("address=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    (child, format!("http://{address}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_traced_to_the_collector_under_its_callers_trace() {
    let (collector, mut received) = collector().await;
    let (mut child, url) = tokio::task::spawn_blocking(move || minimal(&collector)).await.unwrap();
    let mut client = CleanerServiceClient::connect(url).await.unwrap();
    let mut request = tonic::Request::new(CleanTextRequest { text: "x".into(), ..Default::default() });
    request.metadata_mut().insert("traceparent", TRACEPARENT.parse().unwrap());
    client.clean_text(request).await.expect_err("the smallest service has no methods");

    // The end of the process sends what is left.
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let found = tokio::time::timeout(Duration::from_secs(20), async {
        while let Some((path, body)) = received.recv().await {
            if body.windows(16).any(|bytes| bytes == TRACE_ID) {
                return Some(path);
            }
        }
        None
    });
    let path = found.await.expect("traces arrive").expect("with the caller's trace");
    assert_eq!(path, "/opentelemetry.proto.collector.trace.v1.TraceService/Export");
    child.wait().unwrap();
}
