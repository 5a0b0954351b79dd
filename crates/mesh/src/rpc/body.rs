//! The body of an answer, watched to its end.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::{sync::OwnedSemaphorePermit, time::Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Status, body::Body};

use super::{call::Call, panic_text, status};
use crate::context::CallContext;

/// Passes an answer on, normalises its status, and ends it at the deadline, at a
/// drain and when the handler's stream panics.
pub struct CallBody {
    inner: Body,
    call: Option<Call>,
    context: CallContext,
    deadline: Option<Pin<Box<Sleep>>>,
    drain: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl CallBody {
    pub fn new(
        inner: Body,
        call: Call,
        context: CallContext,
        drain: Option<CancellationToken>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let deadline = context.deadline.map(|deadline| Box::pin(tokio::time::sleep_until(deadline.into())));
        let drain = drain.map(|drain| Box::pin(drain.cancelled_owned()));
        Self { inner, call: Some(call), context, deadline, drain, permit }
    }

    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let _entered = self.call.as_ref().map(|call| call.span().enter());
        let polled =
            catch_unwind(AssertUnwindSafe(|| self.context.sync_scope(|| Pin::new(&mut self.inner).poll_frame(cx))));
        polled.unwrap_or_else(|panic| {
            tracing::error!(panic = panic_text(panic.as_ref()), "stream panicked");
            Poll::Ready(Some(Err(status::panicked())))
        })
    }

    /// Why the stream has to end now, if it has to.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        if self.deadline.as_mut().is_some_and(|deadline| deadline.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(status::deadline_exceeded());
        }
        if self.drain.as_mut().is_some_and(|drain| drain.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(status::shutting_down());
        }
        Poll::Pending
    }

    /// Ends the call; the trailers' other entries stay.
    fn end(&mut self, status: Status, mut trailers: HeaderMap) -> Frame<Bytes> {
        self.permit = None;
        let path = self.call.as_ref().map(Call::path).unwrap_or_default();
        let status = status::normalize(status, path);
        status::write(&status, &mut trailers);
        if let Some(call) = self.call.take() {
            call.end(&status);
        }
        Frame::trailers(trailers)
    }
}

impl HttpBody for CallBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        if this.call.is_none() {
            return Poll::Ready(None);
        }
        let polled = match this.poll_inner(cx) {
            Poll::Ready(polled) => polled,
            Poll::Pending => {
                let status = ready!(this.poll_end(cx));
                // The handler's stream is of no use any more.
                this.inner = Body::empty();
                Some(Err(status))
            }
        };
        let frame = match polled {
            Some(Ok(frame)) => match frame.into_trailers() {
                Ok(trailers) => {
                    let status = Status::from_header_map(&trailers).unwrap_or_else(|| Status::ok(""));
                    this.end(status, trailers)
                }
                Err(data) => data,
            },
            Some(Err(status)) => this.end(status, HeaderMap::new()),
            None => {
                this.end(Status::ok(""), HeaderMap::new());
                return Poll::Ready(None);
            }
        };
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.call.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
