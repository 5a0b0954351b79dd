//! Bodies of answers: whole, or made while they are sent.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::Stream;
use http_body::{Frame, SizeHint};

use crate::record::InFlight;

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

enum Content {
    Whole(Bytes),
    Chunks(Chunks),
    Over,
}

/// A body, which tells the recorder when it is sent.
pub struct Body {
    content: Content,
    in_flight: Option<InFlight>,
}

impl Body {
    /// Made while it is sent.
    pub fn chunks(chunks: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Self {
        Self { content: Content::Chunks(Box::pin(chunks)), in_flight: None }
    }

    /// Counts the request as under way until the body is sent.
    pub fn track(mut self, in_flight: Option<InFlight>) -> Self {
        self.in_flight = in_flight;
        if self.is_over() {
            self.finish();
        }
        self
    }

    fn is_over(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Chunks(_) => false,
            Content::Over => true,
        }
    }

    fn finish(&mut self) {
        self.content = Content::Over;
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.finish();
        }
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        Self { content: Content::Whole(bytes.into()), in_flight: None }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = match &mut self.content {
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.finish();
                (!bytes.is_empty()).then_some(Ok(bytes))
            }
            Content::Chunks(chunks) => match chunks.as_mut().poll_next(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(chunk) => {
                    if !matches!(chunk, Some(Ok(_))) {
                        self.finish();
                    }
                    chunk
                }
            },
            Content::Over => None,
        };
        Poll::Ready(chunk.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Chunks(_) => SizeHint::default(),
            Content::Over => SizeHint::with_exact(0),
        }
    }
}
