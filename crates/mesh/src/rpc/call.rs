//! What is recorded about a call: one log line, and metrics.

use std::time::Instant;

use http::Response;
use metrics::{counter, gauge, histogram};
use tonic::{Code, Status, body::Body};
use tracing::{Span, field};

use super::{method::Method, status};

/// The span of a call.
pub fn span(method: &Method, request_id: &str) -> Span {
    tracing::info_span!(
        "rpc",
        otel.name = method.path,
        otel.kind = "server",
        service = method.service,
        method = method.name,
        request_id,
        code = field::Empty,
    )
}

/// A call in flight. Dropped without an end, its caller has gone away.
#[derive(Debug)]
pub struct Call {
    method: &'static Method,
    path: String,
    span: Span,
    started: Instant,
    ended: bool,
}

impl Call {
    pub fn start(method: &'static Method, path: &str, span: Span) -> Self {
        gauge!("grpc_server_in_flight", "service" => method.service, "method" => method.name).increment(1.0);
        Self { method, path: path.to_string(), span, started: Instant::now(), ended: false }
    }

    pub fn method(&self) -> &'static Method {
        self.method
    }

    /// The path as it was asked for.
    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn span(&self) -> &Span {
        &self.span
    }

    /// Ends the call before its handler saw it.
    pub fn refuse(self, status: Status) -> Response<Body> {
        let status = status::normalize(status, &self.path);
        self.end(&status);
        status.into_http()
    }

    /// Records the outcome.
    pub fn end(mut self, status: &Status) {
        self.ended = true;
        self.record(status.code(), status.message());
    }

    fn record(&self, code: Code, message: &str) {
        let elapsed = self.started.elapsed();
        let (service, method, code_name) = (self.method.service, self.method.name, code_name(code));
        gauge!("grpc_server_in_flight", "service" => service, "method" => method).decrement(1.0);
        counter!("grpc_server_requests_total", "service" => service, "method" => method, "code" => code_name)
            .increment(1);
        histogram!("grpc_server_request_seconds", "service" => service, "method" => method)
            .record(elapsed.as_secs_f64());

        self.span.record("code", code_name);
        let ms = elapsed.as_secs_f64() * 1000.0;
        let _entered = self.span.enter();
        match code {
            _ if self.method.internal => tracing::debug!(code = code_name, ms, "call ended"),
            Code::Ok => tracing::info!(code = code_name, ms, "call ended"),
            Code::Internal | Code::Unknown | Code::DataLoss => {
                tracing::error!(code = code_name, ms, error = message, "call ended");
            }
            Code::Unavailable => tracing::warn!(code = code_name, ms, error = message, "call ended"),
            _ => tracing::info!(code = code_name, ms, error = message, "call ended"),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.record(Code::Cancelled, "the caller went away");
        }
    }
}

fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
