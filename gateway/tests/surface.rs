//! What the gateway says where it can't, and how it is reached without Envoy.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, refused};
use http_body_util::{BodyExt, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use observatory_mesh::Reason;
use observatory_proto::clusters::{ListClustersRequest, cluster_service_client::ClusterServiceClient};

#[tokio::test]
async fn clusters_that_nobody_has_made_are_not_found_and_it_says_what_makes_them() {
    let gateway = Gateway::start().await;
    let listed = ClusterServiceClient::new(gateway.channel()).list_clusters(ListClustersRequest::default()).await;
    let error = refused(listed);
    assert_eq!(error.reason, Reason::ClusteringNotFound);
    assert!(error.message.contains("observatory cluster"), "{}", error.message);
}

#[tokio::test]
async fn browsers_reach_it_over_http_1() {
    let gateway = Gateway::start().await;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<bytes::Bytes>>();
    let page = http::Request::get(gateway.running.url()).body(Full::default()).unwrap();
    let page = client.request(page).await.unwrap();
    assert_eq!(page.status(), 200);
    let text = page.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains("/api/jobs"));

    // An empty message in gRPC-web's frame.
    let call = http::Request::post(format!("{}/observatory.stats.v1.StatsService/GetStats", gateway.running.url()))
        .header("content-type", "application/grpc-web+proto")
        .body(Full::from(vec![0, 0, 0, 0, 0]))
        .unwrap();
    let answer = client.request(call).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/grpc-web+proto");
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("grpc-status:0"), "{body:?}");
}
