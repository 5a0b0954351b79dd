//! Channels to other services.

use std::{
    error::Error as _,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response, request::Parts};
use http_body_util::{BodyExt, Full};
use tonic::{
    Status,
    body::Body,
    transport::{Channel, Endpoint, Error as TransportError},
};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tower::ServiceExt;

use crate::{config::Config, context::CallContext, rpc::is_unary, telemetry};

const RETRIES: u32 = 2;
const BACKOFF: Duration = Duration::from_millis(50);
const UNAVAILABLE: &str = "14";

/// Why there is no channel to a peer.
#[derive(Debug, thiserror::Error)]
pub enum PeerError {
    /// No URL is configured.
    #[error("no URL is configured for the peer `{0}`: set peers.{0} (OBSERVATORY_PEERS__...)")]
    Missing(String),
    /// The URL is none.
    #[error("the URL of the peer `{name}` can't be used: {error}")]
    Url {
        /// The peer.
        name: String,
        /// What is wrong.
        error: TransportError,
    },
}

/// A channel to the replicas of another service, for any generated client:
/// `ExtractorServiceClient::new(config.peer("extractor")?)`.
///
/// It connects when first used, and sends on the request id, the trace and what is
/// left of the deadline of the call being handled. Unary calls that end UNAVAILABLE
/// are made again, twice at most, with jitter; such a call may then run twice, so
/// methods that start something take a `request_id`.
#[derive(Debug, Clone)]
pub struct Peer {
    channel: Channel,
}

impl<O> Config<O> {
    /// The channel to a peer. Needs a Tokio runtime.
    ///
    /// # Errors
    /// Where `peers.<name>` is missing or no URL.
    pub fn peer(&self, name: &str) -> Result<Peer, PeerError> {
        let urls = self.peers.get(name).ok_or_else(|| PeerError::Missing(name.to_string()))?;
        let endpoints: Result<Vec<_>, _> = urls.split(',').map(|url| endpoint(url.trim())).collect();
        let endpoints = endpoints.map_err(|error| PeerError::Url { name: name.to_string(), error })?;
        Ok(Peer {
            channel: match endpoints.as_slice() {
                [one] => one.connect_lazy(),
                _ => Channel::balance_list(endpoints.into_iter()),
            },
        })
    }

    /// The channel to a peer that a mesh may lack.
    ///
    /// # Errors
    /// Where `peers.<name>` is no URL.
    pub fn optional_peer(&self, name: &str) -> Result<Option<Peer>, PeerError> {
        self.peers.contains_key(name).then(|| self.peer(name)).transpose()
    }
}

fn endpoint(url: &str) -> Result<Endpoint, TransportError> {
    Ok(Endpoint::from_shared(url.to_string())?
        .connect_timeout(Duration::from_secs(2))
        .tcp_nodelay(true)
        .http2_keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(5))
        .keep_alive_while_idle(true)
        .http2_adaptive_window(true))
}

impl Peer {
    /// A check for [`Scope::dependency_optional`](crate::Scope::dependency_optional):
    /// asks the peer for its health.
    pub fn health_check(&self) -> impl Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync + 'static {
        let client = HealthClient::new(self.channel.clone());
        move || {
            let mut client = client.clone();
            Box::pin(async move {
                let answer = client.check(HealthCheckRequest::default()).await;
                let status = answer.map_err(|status| status.message().to_string())?.into_inner().status();
                if status == ServingStatus::Serving { Ok(()) } else { Err(status.as_str_name().to_string()) }
            })
        }
    }
}

impl tower::Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = TransportError;
    type Future = BoxFuture<'static, Result<Response<Body>, TransportError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let channel = self.channel.clone();
        let context = CallContext::current();
        telemetry::write_headers(request.headers_mut());
        Box::pin(async move {
            if !is_unary(request.uri().path()) {
                write_context(&mut request, context.as_ref());
                return channel.oneshot(request).await;
            }
            let (parts, body) = request.into_parts();
            match body.collect().await {
                Ok(body) => call_unary(channel, &parts, body.to_bytes(), context.as_ref()).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

async fn call_unary(
    channel: Channel,
    parts: &Parts,
    body: Bytes,
    context: Option<&CallContext>,
) -> Result<Response<Body>, TransportError> {
    let mut attempt = 0;
    loop {
        let mut request = Request::from_parts(parts.clone(), Body::new(Full::new(body.clone())));
        write_context(&mut request, context);
        let outcome = channel.clone().oneshot(request).await;
        let pause = BACKOFF * 2u32.pow(attempt);
        let in_time = context.and_then(CallContext::remaining).is_none_or(|remaining| remaining > pause);
        if attempt == RETRIES || !in_time || !is_unavailable(&outcome) {
            return outcome;
        }
        attempt += 1;
        tokio::time::sleep(pause.mul_f64(rand::random())).await;
    }
}

fn write_context(request: &mut Request<Body>, context: Option<&CallContext>) {
    if let Some(context) = context {
        context.write_headers(request.headers_mut());
    }
}

fn is_unavailable(outcome: &Result<Response<Body>, TransportError>) -> bool {
    match outcome {
        Ok(response) => response.headers().get(Status::GRPC_STATUS).is_some_and(|code| code == UNAVAILABLE),
        Err(error) => {
            let mut source = error.source();
            while let Some(error) = source {
                if error.is::<tonic::TimeoutExpired>() {
                    return false;
                }
                source = error.source();
            }
            true
        }
    }
}
