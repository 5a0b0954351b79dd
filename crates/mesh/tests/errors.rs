//! One form of errors, whoever makes them.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use observatory_mesh::{Error, Running};
use observatory_proto::cleaner::CleanTextRequest;
use observatory_proto::operations::{WatchOperationRequest, operation_service_client::OperationServiceClient};
use support::*;
use tonic::{Code, Status};

const CLEAN_TEXT: &str = "/observatory.cleaner.v1.CleanerService/CleanText";

/// Sends bytes as they are, and returns the status.
async fn raw(running: &Running, path: &str, body: &[u8], headers: &[(&str, &str)]) -> Status {
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let mut request =
        http::Request::post(format!("{}{path}", running.url())).header("content-type", "application/grpc");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client.request(request.body(Full::new(bytes::Bytes::copy_from_slice(body))).unwrap()).await.unwrap();
    if let Some(status) = Status::from_header_map(response.headers()) {
        return status;
    }
    let body = response.into_body().collect().await.unwrap();
    Status::from_header_map(body.trailers().expect("a status")).expect("a status")
}

fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend((message.len() as u32).to_be_bytes());
    frame.extend(message);
    frame
}

#[tokio::test]
async fn a_broken_rule_names_its_field() {
    let running = start().await;
    let status = client(&running).await.clean_text(CleanTextRequest::default()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
    assert_eq!(Error::from_status(&status).fields[0].field, "text");
}

#[tokio::test]
async fn an_oversize_message_is_refused() {
    let mut config = config();
    config.limits.max_message_bytes = 1000;
    let running = start_with(tested(), config).await;
    let mut request = text("x");
    request.text = "x".repeat(2000);
    let status = client(&running).await.clean_text(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"), "{status:?}");
    client(&running).await.clean_text(text("x")).await.expect("a small one passes");
}

#[tokio::test]
async fn unknown_methods_and_services_say_so() {
    let running = start().await;
    for path in ["/observatory.cleaner.v1.CleanerService/Nope", "/no.such.Service/Nope", "/nope"] {
        let status = raw(&running, path, &frame(b""), &[]).await;
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "METHOD_NOT_FOUND"), "{path}");
        assert!(status.message().contains(path), "{}", status.message());
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_the_callers_fault() {
    let running = start().await;
    let not_utf8 = frame(&[0x1a, 2, 0xff, 0xfe]);
    let garbage = frame(&[0xff; 9]);
    let bad_flag = [9, 0, 0, 0, 1, 0];
    let cut = [0, 0, 0, 0, 9, 1];
    let not_gzip = [1, 0, 0, 0, 2, 7, 7];
    for (name, body) in
        [("utf8", &not_utf8[..]), ("garbage", &garbage), ("flag", &bad_flag), ("cut", &cut), ("empty", b"")]
    {
        let status = raw(&running, CLEAN_TEXT, body, &[]).await;
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::InvalidArgument, "MESSAGE_MALFORMED"),
            "{name}: {status:?}"
        );
    }
    let status = raw(&running, CLEAN_TEXT, &not_gzip, &[("grpc-encoding", "gzip")]).await;
    assert_eq!(reason(&status), "MESSAGE_MALFORMED", "{status:?}");
    let status = raw(&running, CLEAN_TEXT, &not_gzip, &[("grpc-encoding", "br")]).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unimplemented, "CAPABILITY_MISSING"), "{status:?}");
}

#[tokio::test]
async fn the_callers_deadline_is_kept() {
    let running = start().await;
    let body = frame(&prost::Message::encode_to_vec(&text("slow")));
    // Often, as tonic's own timer runs beside ours and would answer CANCELLED.
    for timeout in ["100m", "30000u", "3m", "1m", "0S"].repeat(6) {
        // Raw, without the client's own timer, which would answer first.
        let status = raw(&running, CLEAN_TEXT, &body, &[("grpc-timeout", timeout)]).await;
        let got = (status.code(), reason(&status));
        assert_eq!(got, (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_string()), "{timeout}");
    }
}

#[tokio::test]
async fn the_servers_own_limit_is_a_deadline_for_unary_calls_only() {
    let mut config = config();
    config.limits.request_timeout_seconds = 0.1;
    let running = start_with(tested(), config).await;
    let status = client(&running).await.clean_text(text("slow")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));

    let mut watch = watch(&running, "pending").await;
    watch.message().await.unwrap().expect("the first");
    let still = tokio::time::timeout(Duration::from_millis(300), watch.message()).await;
    assert!(still.is_err(), "a stream goes on: {still:?}");
}

async fn watch(
    running: &Running,
    what: &str,
) -> tonic::Streaming<observatory_proto::operations::WatchOperationResponse> {
    let request = WatchOperationRequest { operation_id: what.into(), ..Default::default() };
    OperationServiceClient::new(channel(running).await).watch_operation(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_stream_ends_at_the_callers_deadline() {
    let running = start().await;
    let request = WatchOperationRequest { operation_id: "pending".into(), ..Default::default() };
    let body = frame(&prost::Message::encode_to_vec(&request));
    let path = "/observatory.operations.v1.OperationService/WatchOperation";
    let status = raw(&running, path, &body, &[("grpc-timeout", "200m")]).await;
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
}

#[tokio::test]
async fn one_call_too_many_is_refused_at_once() {
    let mut config = config();
    config.limits.max_concurrent_requests = 2;
    let running = start_with(tested(), config).await;
    let mut client = client(&running).await;
    let busy: Vec<_> = (0..2)
        .map(|_| {
            let mut client = client.clone();
            tokio::spawn(async move { client.clean_text(text("slow")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let asked = std::time::Instant::now();
    let status = client.clean_text(text("x")).await.unwrap_err();
    assert!(asked.elapsed() < Duration::from_millis(200));
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    assert!(Error::from_status(&status).retry_after.is_some());
    let mut health = tonic_health::pb::health_client::HealthClient::new(channel(&running).await);
    health.check(tonic_health::pb::HealthCheckRequest::default()).await.expect("health is never shed");
    for call in busy {
        call.await.unwrap().expect("those inside finish");
    }
    client.clean_text(text("x")).await.expect("there is a place again");
}

#[tokio::test]
async fn a_panic_is_internal_and_the_server_lives_on() {
    let running = start().await;
    let mut client = client(&running).await;
    let status = client.clean_text(text("panic")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "INTERNAL"));
    assert!(!status.message().contains("secret"), "{}", status.message());
    client.clean_text(text("x")).await.expect("the same connection works");

    let mut stream = watch(&running, "panic").await;
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Internal, "INTERNAL"));
}

#[tokio::test]
async fn bare_statuses_get_a_reason_and_keep_no_secrets() {
    let running = start().await;
    let mut client = client(&running).await;
    let status = client.clean_text(text("bare")).await.unwrap_err();
    assert_eq!(reason(&status), "INTERNAL");
    assert!(!status.message().contains("hunter2"));
    let status = client.clean_text(text("conflict")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::AlreadyExists, "it is there"));
    assert!(!reason(&status).is_empty());
    let status = client.clean_text(text("typed")).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "JOB_NOT_FOUND"));
    let mut stream = watch(&running, "fails").await;
    stream.message().await.unwrap().expect("the first");
    assert_eq!(reason(&stream.message().await.unwrap_err()), "INTERNAL", "in trailers too");
}
