//! Health, reflection, drain, metrics, gRPC-web, peers.
#![allow(clippy::unwrap_used)]

mod support;

use std::{sync::atomic::Ordering, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use observatory_mesh::{RunError, Running, Service};
use observatory_proto::{
    cleaner::cleaner_service_client::CleanerServiceClient,
    operations::{WatchOperationRequest, operation_service_client::OperationServiceClient},
};
use prost::Message;
use support::*;
use tonic::{Code, Request};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

async fn status_of(running: &Running, service: &str) -> ServingStatus {
    let mut client = HealthClient::new(channel(running).await);
    client.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner().status()
}

async fn becomes(running: &Running, service: &str, wanted: ServingStatus) {
    for _ in 0..100 {
        if status_of(running, service).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{service:?} never became {wanted:?}");
}

async fn get(url: String) -> (http::StatusCode, String) {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(http::Request::get(url).body(Full::<Bytes>::default()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn health_follows_required_dependencies() {
    let tested = tested();
    let running = start_with(tested.clone(), config()).await;
    let page = format!("http://{}/health", running.metrics_address().unwrap());
    for service in ["", "observatory.cleaner.v1.CleanerService"] {
        becomes(&running, service, ServingStatus::Serving).await;
    }
    let (status, body) = get(page.clone()).await;
    assert_eq!(status, 200);
    assert!(body.contains(r#""llm":{"status":"NOT_SERVING","required":false,"error":"no such peer"}"#), "{body}");

    tested.well.store(false, Ordering::SeqCst);
    for service in ["", "observatory.cleaner.v1.CleanerService"] {
        becomes(&running, service, ServingStatus::NotServing).await;
    }
    assert_eq!(get(page).await.0, 503);
    tested.well.store(true, Ordering::SeqCst);
    becomes(&running, "", ServingStatus::Serving).await;
}

#[tokio::test]
async fn a_drain_is_announced_and_lets_calls_finish() {
    let mut config = config();
    config.drain_notice_seconds = 0.3;
    let running = start_with(tested(), config).await;
    becomes(&running, "", ServingStatus::Serving).await;
    let address = running.address();
    let mut health = HealthClient::new(channel(&running).await);
    let mut calls = client(&running).await;
    let slow = tokio::spawn(async move { calls.clean_text(text("slow")).await });
    let request = WatchOperationRequest { operation_id: "pending".into(), ..Default::default() };
    let mut watcher = OperationServiceClient::new(channel(&running).await);
    let mut stream = watcher.watch_operation(request).await.unwrap().into_inner();
    stream.message().await.unwrap().expect("the first");
    tokio::time::sleep(Duration::from_millis(50)).await;

    let ending = tokio::spawn(running.shutdown());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let status = health.check(HealthCheckRequest::default()).await.unwrap().into_inner().status();
    assert_eq!(status, ServingStatus::NotServing, "while it still answers");

    slow.await.unwrap().expect("the running call finishes");
    let status = stream.message().await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "SHUTTING_DOWN"));
    drop((health, watcher, stream));
    tokio::time::timeout(Duration::from_secs(3), ending).await.expect("it ends soon").unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "the port is free");
}

#[tokio::test]
async fn background_work_that_fails_ends_the_service() {
    for panics in [false, true] {
        let running = observatory_mesh::spawn(INFO, config(), async move |_, scope| {
            scope.spawn("worker", async move {
                assert!(!panics, "the worker fell over");
                anyhow::bail!("the worker fell over")
            });
            Ok(Service::new())
        });
        let ended = running.await.unwrap().run_until(std::future::pending()).await;
        assert!(matches!(&ended, Err(RunError::Task(error)) if error.contains("fell over")), "{ended:?}");
    }
}

#[tokio::test]
async fn background_work_is_told_to_drain() {
    let running = observatory_mesh::spawn(INFO, config(), async |_, scope| {
        let drain = scope.drain();
        scope.spawn("worker", async move {
            drain.cancelled().await;
            Ok(())
        });
        Ok(Service::new())
    });
    running.await.unwrap().shutdown().await.unwrap();
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let running = start().await;
    let mut config = config();
    config.listen = running.address();
    let error = observatory_mesh::spawn(INFO, config, async |_, _| Ok(Service::new())).await.unwrap_err();
    assert!(error.to_string().contains(&running.address().to_string()), "{error}");
}

#[tokio::test]
async fn reflection_lists_own_services_and_knows_all_types() {
    use tonic_reflection::pb::{v1, v1alpha};
    let running = start().await;
    let expected = [
        "grpc.health.v1.Health",
        "observatory.cleaner.v1.CleanerService",
        "observatory.operations.v1.OperationService",
    ];

    use v1::server_reflection_request::MessageRequest as Ask;
    use v1::server_reflection_response::MessageResponse as Answer;
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel(&running).await);
    let asks = [Ask::ListServices(String::new()), Ask::FileContainingSymbol("google.longrunning.Operation".into())]
        .map(|ask| v1::ServerReflectionRequest { message_request: Some(ask), ..Default::default() });
    let mut answers = client.server_reflection_info(futures::stream::iter(asks)).await.unwrap().into_inner();
    let Some(Answer::ListServicesResponse(list)) = answers.message().await.unwrap().unwrap().message_response else {
        panic!("no list")
    };
    let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
    names.sort();
    assert_eq!(names, expected);
    let file = answers.message().await.unwrap().unwrap().message_response;
    assert!(matches!(file, Some(Answer::FileDescriptorResponse(_))), "{file:?}");

    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel(&running).await);
    let ask = v1alpha::server_reflection_request::MessageRequest::ListServices(String::new());
    let ask = v1alpha::ServerReflectionRequest { message_request: Some(ask), ..Default::default() };
    let mut answers = client.server_reflection_info(futures::stream::iter([ask])).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("no list")
    };
    assert_eq!(list.service.len(), expected.len());
}

#[tokio::test]
async fn calls_are_counted() {
    let running = start().await;
    client(&running).await.clean_text(text("x")).await.unwrap();
    let (_, page) = get(format!("http://{}/metrics", running.metrics_address().unwrap())).await;
    let line =
        r#"grpc_server_requests_total{service="observatory.cleaner.v1.CleanerService",method="CleanText",code="OK"}"#;
    assert!(page.contains(line), "{page}");
    assert!(page.contains("grpc_server_request_seconds_bucket") && page.contains("process_resident_memory_bytes"));
}

#[tokio::test]
async fn a_request_id_is_kept_or_made() {
    let running = start().await;
    let mut client = client(&running).await;
    let mut request = Request::new(text("context"));
    request.metadata_mut().insert("x-request-id", "mine".parse().unwrap());
    let answer = client.clean_text(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "mine");
    assert_eq!(answer.get_ref().title_cleaned, "mine");
    let status = client.clean_text(text("typed")).await.unwrap_err();
    assert_eq!(status.metadata().get("x-request-id").unwrap().len(), 26);
}

#[tokio::test]
async fn grpc_web_and_pages_share_the_port() {
    let running = start().await;
    let (status, page) = get(format!("{}/", running.url())).await;
    assert_eq!((status.as_u16(), page.as_str()), (200, "a page"));

    for (title, expected) in [("x", "grpc-status:0"), ("typed", "5")] {
        let message = text(title).encode_to_vec();
        let mut body = vec![0];
        body.extend((message.len() as u32).to_be_bytes());
        body.extend(message);
        let request = http::Request::post(format!("{}/observatory.cleaner.v1.CleanerService/CleanText", running.url()))
            .header("content-type", "application/grpc-web+proto")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
        assert_eq!((response.version(), response.status().as_u16()), (http::Version::HTTP_11, 200));
        let header = response.headers().get("grpc-status").map(|value| value.to_str().unwrap().to_string());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8_lossy(&body).into_owned();
        assert!(header.as_deref() == Some(expected) || body.contains(expected), "{header:?} {body:?}");
    }
}

#[tokio::test]
async fn a_peer_gets_request_id_and_deadline_and_unavailable_is_tried_again() {
    let tested = tested();
    let running = start_with(tested.clone(), config()).await;
    let mut config = config();
    config.peers.insert("cleaner".into(), running.url());
    let mut peer = CleanerServiceClient::new(config.peer("cleaner").unwrap());

    peer.clean_text(text("flaky")).await.expect("the third attempt works");
    assert_eq!(tested.calls.load(Ordering::SeqCst), 3);

    let context = observatory_mesh::CallContext::new("from-afar");
    let answer = context.scope(peer.clean_text(text("context"))).await.unwrap().into_inner();
    assert_eq!(answer.title_cleaned, "from-afar");

    let status = peer.clean_text(text("typed")).await.unwrap_err();
    assert_eq!((status.code(), tested.calls.load(Ordering::SeqCst)), (Code::NotFound, 5), "not tried again");

    becomes(&running, "", ServingStatus::Serving).await;
    config.peer("cleaner").unwrap().health_check()().await.expect("it serves");
    assert!(config.peer("llm").unwrap_err().to_string().contains("peers.llm"));
}

#[tokio::test]
async fn replicas_share_calls_and_a_lost_peer_is_unavailable() {
    let (one, two) = (tested(), tested());
    let running = (start_with(one.clone(), config()).await, start_with(two.clone(), config()).await);
    let mut config = config();
    config.peers.insert("cleaner".into(), format!("{}, {}", running.0.url(), running.1.url()));
    config.peers.insert("lost".into(), "http://127.0.0.1:1".into());
    let mut peer = CleanerServiceClient::new(config.peer("cleaner").unwrap());
    for _ in 0..40 {
        peer.clean_text(text("x")).await.unwrap();
    }
    let counts = (one.calls.load(Ordering::SeqCst), two.calls.load(Ordering::SeqCst));
    assert!(counts.0 > 0 && counts.1 > 0 && counts.0 + counts.1 == 40, "{counts:?}");

    let mut lost = CleanerServiceClient::new(config.peer("lost").unwrap());
    assert_eq!(lost.clean_text(text("x")).await.unwrap_err().code(), Code::Unavailable);
}

#[tokio::test]
async fn only_configured_origins_may_read_answers() {
    let mut config = config();
    config.cors_origins = vec!["https://good.example".into()];
    let running = start_with(tested(), config).await;
    for (origin, allowed) in [("https://good.example", true), ("https://evil.example", false)] {
        let request =
            http::Request::options(format!("{}/observatory.cleaner.v1.CleanerService/CleanText", running.url()))
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type,x-grpc-web")
                .body(Full::<Bytes>::default())
                .unwrap();
        let response = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
        let answer = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(answer, allowed.then_some(origin));
    }
}
