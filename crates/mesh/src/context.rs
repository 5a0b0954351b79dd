//! What a call carries along: its id, its deadline and its trace.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue};

/// The id of a request, in and out.
pub const REQUEST_ID: &str = "x-request-id";
const TRACEPARENT: &str = "traceparent";
const GRPC_TIMEOUT: &str = "grpc-timeout";
const MAX_REQUEST_ID: usize = 128;
/// tonic keeps the caller's timeout too, but answers CANCELLED: ours must be first,
/// by more than the timer's millisecond.
const HEAD_START: Duration = Duration::from_millis(2);

tokio::task_local! {
    static CURRENT: CallContext;
}

/// What a call carries along. Handlers find it by [`CallContext::current`] or in
/// the request's extensions; channels to peers send it on by themselves.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// The caller's id of the request, or a fresh one.
    pub request_id: String,
    /// When the answer is of no use any more.
    pub deadline: Option<Instant>,
    pub(crate) traceparent: Option<HeaderValue>,
}

impl CallContext {
    /// A context for work that no call started, such as a queued task.
    pub fn new(request_id: impl Into<String>) -> Self {
        Self { request_id: request_id.into(), deadline: None, traceparent: None }
    }

    /// The context of the call being handled.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Time until the deadline; zero when it has passed.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Runs a future in this context. Spawned tasks don't inherit it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    pub(crate) fn sync_scope<T>(&self, f: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), f)
    }

    /// Reads the headers of a call. `timeout` is the server's own limit.
    pub(crate) fn from_headers(headers: &HeaderMap, arrived: Instant, timeout: Option<Duration>) -> Self {
        let callers = headers.get(GRPC_TIMEOUT).and_then(|value| parse_timeout(value.to_str().ok()?));
        let callers = callers.map(|timeout| timeout.saturating_sub(HEAD_START));
        let shortest = callers.into_iter().chain(timeout).min();
        Self {
            request_id: request_id(headers).unwrap_or_else(|| ulid::Ulid::new().to_string()),
            deadline: shortest.and_then(|timeout| arrived.checked_add(timeout)),
            traceparent: headers.get(TRACEPARENT).cloned(),
        }
    }

    /// Writes the headers of a call to a peer; what is there already stays.
    pub(crate) fn write_headers(&self, headers: &mut HeaderMap) {
        if let (false, Ok(id)) = (headers.contains_key(REQUEST_ID), HeaderValue::from_str(&self.request_id)) {
            headers.insert(REQUEST_ID, id);
        }
        if let (false, Some(parent)) = (headers.contains_key(TRACEPARENT), &self.traceparent) {
            headers.insert(TRACEPARENT, parent.clone());
        }
        let own = headers.get(GRPC_TIMEOUT).and_then(|value| parse_timeout(value.to_str().ok()?));
        if let Some(timeout) = own.into_iter().chain(self.remaining()).min() {
            headers.insert(GRPC_TIMEOUT, format_timeout(timeout));
        }
    }
}

/// A caller's request id, if it is fit for logs and headers.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let fit = !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.bytes().all(|byte| byte.is_ascii_graphic());
    fit.then(|| id.to_string())
}

/// `grpc-timeout`: up to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

fn format_timeout(timeout: Duration) -> HeaderValue {
    let millis = timeout.as_millis();
    let text =
        if millis < 100_000_000 { format!("{millis}m") } else { format!("{}S", timeout.as_secs().min(99_999_999)) };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("0m"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| ((*k).parse().unwrap(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn the_shorter_deadline_wins() {
        let context = CallContext::from_headers(
            &headers(&[("grpc-timeout", "5S")]),
            Instant::now(),
            Some(Duration::from_secs(1)),
        );
        assert!(context.remaining().unwrap() <= Duration::from_secs(1));
        let context = CallContext::from_headers(
            &headers(&[("grpc-timeout", "5m")]),
            Instant::now(),
            Some(Duration::from_secs(1)),
        );
        assert!(context.remaining().unwrap() <= Duration::from_millis(5));
    }

    #[test]
    fn timeouts_follow_the_grpc_grammar() {
        assert_eq!(parse_timeout("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(parse_timeout("7u"), Some(Duration::from_micros(7)));
        for wrong in ["", "S", "1", "123456789S", "+1S", "1é", "1s"] {
            assert_eq!(parse_timeout(wrong), None, "{wrong}");
        }
        assert_eq!(format_timeout(Duration::from_millis(1500)), "1500m");
        assert_eq!(format_timeout(Duration::from_secs(1_000_000)), "1000000S");
    }

    #[test]
    fn an_unfit_request_id_is_replaced() {
        let context = CallContext::from_headers(&headers(&[("x-request-id", "a b")]), Instant::now(), None);
        assert_eq!(context.request_id.len(), 26);
        let context = CallContext::from_headers(&headers(&[("x-request-id", "abc")]), Instant::now(), None);
        assert_eq!(context.request_id, "abc");
    }

    #[test]
    fn a_call_to_a_peer_carries_the_rest_of_the_deadline() {
        let context =
            CallContext::from_headers(&headers(&[("grpc-timeout", "2S"), ("x-request-id", "r")]), Instant::now(), None);
        let mut out = headers(&[("grpc-timeout", "9S")]);
        context.write_headers(&mut out);
        let timeout = parse_timeout(out["grpc-timeout"].to_str().unwrap()).unwrap();
        assert!(timeout <= Duration::from_secs(2));
        assert_eq!(out["x-request-id"], "r");
    }
}
