//! The listener's end of a service: HTTP/2, gRPC-web, CORS, pages.

use std::{
    convert::Infallible,
    future::Future,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response, header};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    body::Body,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::pb::health_server::{Health, HealthServer};
use tower::{Layer, ServiceExt, util::BoxCloneSyncService};
use tower_http::cors::{AllowHeaders, AllowMethods, CorsLayer};

use crate::{config::Limits, reflection, rpc::Rpc, service::Service};

const MAX_HEADER_LIST: u32 = 32 << 10;
const CORS_MAX_AGE: Duration = Duration::from_secs(3600);
/// What a page may read of an answer.
const EXPOSED: [&str; 5] = ["grpc-status", "grpc-message", "grpc-status-details-bin", "grpc-encoding", "x-request-id"];

/// What serving depends on.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    pub limits: Limits,
    pub cors_origins: Vec<String>,
}

type Grpc = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Puts a service together; the future serves it until `drain` and its calls are over.
pub fn serve<H: Health>(
    listener: TcpListener,
    service: Service,
    health: HealthServer<H>,
    options: &ServeOptions,
    drain: CancellationToken,
) -> Result<impl Future<Output = Result<(), String>> + Send + 'static, String> {
    let listed: Vec<String> = service.names.iter().chain(&service.listed).cloned().collect();
    let routes = reflection::add(service.routes.add_service(health), &listed).map_err(|e| e.to_string())?;
    let rpc = Rpc::new(routes, options.limits, drain.clone());
    let http1 = service.grpc_web || service.http.is_some();
    let grpc = if service.grpc_web {
        BoxCloneSyncService::new(tonic_web::GrpcWebLayer::new().layer(rpc))
    } else {
        BoxCloneSyncService::new(rpc)
    };
    let front = cors(&options.cors_origins).layer(Front { grpc, http: service.http });
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let server = Server::builder()
        .accept_http1(http1)
        .http2_keepalive_interval(Some(Duration::from_secs(20)))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
        .http2_max_header_list_size(MAX_HEADER_LIST)
        .http2_adaptive_window(Some(true))
        .max_concurrent_streams(options.limits.max_concurrent_streams_per_connection);
    Ok(async move {
        let served = server.serve_with_incoming_shutdown(front, incoming, drain.cancelled_owned()).await;
        served.map_err(|error| error.to_string())
    })
}

/// Without origins, no page of another origin may read an answer.
fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<_> = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED.map(HeaderName::from_static))
        .max_age(CORS_MAX_AGE)
}

/// When a request arrived.
#[derive(Debug, Clone, Copy)]
pub struct Arrived(pub Instant);

/// gRPC to the calls, all else to the pages.
#[derive(Clone)]
struct Front {
    grpc: Grpc,
    http: Option<axum::Router>,
}

impl tower::Service<Request<Body>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // Here, and not when the call is first polled: by then tonic's own timer runs.
        request.extensions_mut().insert(Arrived(Instant::now()));
        match &self.http {
            Some(pages) if !is_grpc(&request) => {
                let answer = pages.clone().oneshot(request);
                Box::pin(async move { Ok(answer.await?.map(Body::new)) })
            }
            _ => Box::pin(self.grpc.clone().oneshot(request)),
        }
    }
}

fn is_grpc<B>(request: &Request<B>) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}
