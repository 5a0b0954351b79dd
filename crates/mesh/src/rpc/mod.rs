//! What happens to every call before and after its handler: request id, span,
//! load shedding, deadline, panics, one form of errors, metrics.

mod body;
mod call;
mod method;
mod status;

use std::{
    any::Any,
    convert::Infallible,
    panic::AssertUnwindSafe,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use http::{HeaderValue, Request, Response};
use observatory_proto::{Error, Reason};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body, service::Routes};
use tower::ServiceExt;
use tracing::Instrument;

use self::{
    body::CallBody,
    call::Call,
    method::{Kind, Method},
};
use crate::{
    config::{Limits, seconds},
    context::{CallContext, REQUEST_ID},
    serve::Arrived,
    telemetry,
};

pub(crate) use self::method::is_unary;

/// Serves the routes of a service.
#[derive(Debug, Clone)]
pub struct Rpc {
    routes: Routes,
    limits: Limits,
    unary: Arc<Semaphore>,
    streaming: Arc<Semaphore>,
    drain: CancellationToken,
}

impl Rpc {
    pub fn new(routes: Routes, limits: Limits, drain: CancellationToken) -> Self {
        Self {
            routes: routes.prepare(),
            limits,
            unary: Arc::new(Semaphore::new(limits.max_concurrent_requests)),
            streaming: Arc::new(Semaphore::new(limits.max_concurrent_streaming_requests)),
            drain,
        }
    }

    async fn answer(self, request: Request<Body>, call: Call, context: CallContext) -> Response<Body> {
        let method = call.method();
        let mut response = match self.admit(method) {
            Ok(permit) => {
                let response = self.handle(request, method, &context).await;
                self.finish(response, call, &context, permit)
            }
            Err(status) => call.refuse(status),
        };
        if let Ok(id) = HeaderValue::from_str(&context.request_id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    /// Takes a place, or says at once that there is none: nothing waits.
    fn admit(&self, method: &Method) -> Result<Option<OwnedSemaphorePermit>, Status> {
        if method.internal {
            return Ok(None);
        }
        let places = if method.kind == Kind::Unary { &self.unary } else { &self.streaming };
        places.clone().try_acquire_owned().map(Some).map_err(|_| {
            let mut error = Error::new(Reason::Overloaded, "this server has all the calls it can handle, try again");
            error.retry_after = Some(Duration::from_secs(1));
            error.into()
        })
    }

    /// Runs the handler until it answers, panics or the deadline passes.
    async fn handle(&self, mut request: Request<Body>, method: &Method, context: &CallContext) -> Response<Body> {
        request.extensions_mut().insert(context.clone());
        let handler = AssertUnwindSafe(self.routes.clone().oneshot(request)).catch_unwind();
        let handler = context.clone().scope(handler);
        let outcome = match context.deadline {
            Some(deadline) => match tokio::time::timeout_at(deadline.into(), handler).await {
                Ok(outcome) => outcome,
                Err(_) => return status::deadline_exceeded().into_http(),
            },
            None => handler.await,
        };
        match outcome {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(panic) => {
                tracing::error!(method = method.path, panic = panic_text(panic.as_ref()), "handler panicked");
                status::panicked().into_http()
            }
        }
    }

    /// An answer whose status is in its headers is over; else the body watches for it.
    fn finish(
        &self,
        mut response: Response<Body>,
        call: Call,
        context: &CallContext,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Response<Body> {
        if let Some(status) = Status::from_header_map(response.headers()) {
            let status = status::normalize(status, call.path());
            status::write(&status, response.headers_mut());
            call.end(&status);
            return response;
        }
        let drain = (call.method().kind == Kind::ServerStreaming).then(|| self.drain.clone());
        response.map(|inner| Body::new(CallBody::new(inner, call, context.clone(), drain, permit)))
    }
}

impl tower::Service<Request<Body>> for Rpc {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let path = request.uri().path();
        let method = Method::find(path);
        let timeout = (method.kind == Kind::Unary).then(|| seconds(self.limits.request_timeout_seconds));
        let arrived = request.extensions().get().map_or_else(Instant::now, |Arrived(at)| *at);
        let context = CallContext::from_headers(request.headers(), arrived, timeout);
        let span = call::span(method, &context.request_id);
        telemetry::follow(&span, request.headers());
        let call = Call::start(method, path, span.clone());
        self.clone().answer(request, call, context).map(Ok).instrument(span).boxed()
    }
}

/// The message of a panic.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
