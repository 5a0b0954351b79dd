//! What a service crate hands over to be served.

use std::convert::Infallible;

use axum::response::IntoResponse;
use http::Request;
use tonic::{body::Body, server::NamedService, service::Routes};

/// What identifies a service.
#[derive(Debug, Clone, Copy)]
pub struct ServiceInfo {
    /// Its name, such as `cleaner`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The port it serves gRPC on by default.
    pub default_port: u16,
    /// One line about it, for `--help`.
    pub about: &'static str,
}

/// What a process serves.
#[derive(Debug, Default)]
pub struct Service {
    pub(crate) routes: Routes,
    pub(crate) names: Vec<String>,
    pub(crate) listed: Vec<String>,
    pub(crate) grpc_web: bool,
    pub(crate) http: Option<axum::Router>,
}

impl Service {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves a gRPC service, made by [`server!`](crate::server).
    #[must_use]
    #[allow(clippy::should_implement_trait)]
    pub fn add<S>(mut self, server: Server<S>) -> Self
    where
        S: tower::Service<Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME.to_string());
        self.routes = self.routes.add_service(server.0);
        self
    }

    /// Lists services of other processes in reflection too: callers reach them at
    /// the same address, through Envoy.
    #[must_use]
    pub fn list_in_reflection(mut self, names: &[&str]) -> Self {
        self.listed.extend(names.iter().map(|name| name.to_string()));
        self
    }

    /// Also answers gRPC-web, over HTTP/1.1 and HTTP/2.
    #[must_use]
    pub fn grpc_web(mut self) -> Self {
        self.grpc_web = true;
        self
    }

    /// Answers all requests that are no gRPC, such as a web page's.
    #[must_use]
    pub fn http(mut self, router: axum::Router) -> Self {
        self.http = Some(router);
        self
    }
}

/// A generated server with its limits set. Only [`server!`](crate::server) makes
/// one, so that no server goes without.
#[derive(Debug, Clone)]
pub struct Server<S>(S);

impl<S> Server<S> {
    #[doc(hidden)]
    pub fn limited(server: S) -> Self {
        Self(server)
    }
}

/// `server!(CleanerServiceServer, grpc, config.limits)`: the generated server for
/// an implementation, with the message limit and compression set.
#[macro_export]
macro_rules! server {
    ($($server:ident)::+, $implementation:expr, $limits:expr) => {
        $crate::Server::limited(
            $($server)::+::new($implementation)
                .max_decoding_message_size($limits.max_message_bytes)
                .accept_compressed($crate::tonic::codec::CompressionEncoding::Gzip)
                .send_compressed($crate::tonic::codec::CompressionEncoding::Gzip),
        )
    };
}
