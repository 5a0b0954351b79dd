//! Why a page was not fetched.

use std::time::Duration;

use chrono::{DateTime, Utc};
use thiserror::Error;
use url::Url;

use crate::page::Page;

/// The part of a request that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Looking up the name.
    Resolve,
    /// TCP and TLS.
    Connect,
    /// From sending the request to the head of the answer.
    FirstByte,
    /// The whole exchange, body included.
    Total,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Resolve => "the look-up of its name",
            Self::Connect => "the connection",
            Self::FirstByte => "the first byte of the answer",
            Self::Total => "the whole answer",
        })
    }
}

/// What grew too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Status line and headers.
    Headers,
    /// The body as sent.
    Wire,
    /// The body after decompression.
    Decompressed,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Headers => "the head of the answer",
            Self::Wire => "the body on the wire",
            Self::Decompressed => "the decompressed body",
        })
    }
}

/// Why a page was not fetched.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The name or one of its addresses isn't public. Nothing was sent.
    #[error("{host} must not be asked: {reason}; only public addresses and the origins in `allow` are")]
    ForbiddenAddress {
        /// Host of the URL.
        host: String,
        /// Such as `127.0.0.1 is loopback`.
        reason: String,
    },
    /// The URL itself can't be asked for. Nothing was sent.
    #[error("{url} must not be asked for: {reason}")]
    ForbiddenUrl {
        /// As given, without user name and password.
        url: String,
        /// What about it.
        reason: String,
    },
    /// A header or body that a request must not have.
    #[error("the request can't be sent: {0}")]
    Request(String),
    /// The operator's contact is unknown, and the host is public.
    #[error("{host} is a public host: set `contact` to a URL or mail address where its operator can reach you")]
    NoContact {
        /// Host of the URL.
        host: String,
    },
    /// robots.txt forbids this page.
    #[error("robots.txt of {host} disallows {path}")]
    RobotsDisallowed {
        /// Host of the URL.
        host: String,
        /// Path and query.
        path: String,
    },
    /// robots.txt can't be had, so nothing may be asked (RFC 9309, 2.3.1.4).
    #[error("robots.txt of {host} can't be had ({reason}), so nothing there may be asked; next try at {retry_at}")]
    RobotsUnavailable {
        /// Host of the URL.
        host: String,
        /// What came instead.
        reason: String,
        /// When it is asked for again.
        retry_at: DateTime<Utc>,
    },
    /// The host asked for a pause that outlasts the caller's `max_wait`.
    #[error("{host} is paused until {until}: it asked for fewer requests")]
    HostPaused {
        /// Host of the URL.
        host: String,
        /// End of the pause.
        until: DateTime<Utc>,
    },
    /// The host failed too often in a row.
    #[error("{host} failed too often; it is left alone until {until}")]
    BreakerOpen {
        /// Host of the URL.
        host: String,
        /// When one request may probe it.
        until: DateTime<Utc>,
    },
    /// Neither 2xx nor a redirect nor an expected 304.
    #[error("the answer is HTTP {status}")]
    Status {
        /// HTTP status.
        status: u16,
        /// What was served with it, where that was small and of a wanted type: login walls and captchas are known by it.
        page: Option<Box<Page>>,
    },
    /// More than the limit.
    #[error("{part} is larger than {limit} bytes")]
    TooLarge {
        /// What.
        part: Part,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Not a type that the caller wants. The body wasn't read.
    #[error("the content type is `{0}`, which isn't wanted")]
    ContentType(String),
    /// `Content-Encoding` is unknown or applied more than once. The body wasn't read.
    #[error("the content encoding is `{0}`: only one of gzip, deflate, br and zstd is taken")]
    ContentEncoding(String),
    /// Too slow.
    #[error("{stage} took longer than {:.1} s", .limit.as_secs_f64())]
    Timeout {
        /// Which part.
        stage: Stage,
        /// The limit.
        limit: Duration,
    },
    /// More redirects than allowed.
    #[error("more than {0} redirects")]
    TooManyRedirects(usize),
    /// A redirect to an address that was already asked in this chain.
    #[error("the redirects come back to {0}")]
    RedirectLoop(Url),
    /// The name has no address.
    #[error("{host} has no address: {reason}")]
    Dns {
        /// Host of the URL.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// No connection, or TLS refused.
    #[error("{host} can't be connected to: {reason}")]
    Connect {
        /// Host of the URL.
        host: String,
        /// What the system said.
        reason: String,
    },
    /// The answer broke off or can't be read.
    #[error("the answer broke off or can't be read: {0}")]
    Body(String),
    /// The gate or the caller gave up.
    #[error("cancelled: {0}")]
    Cancelled(String),
}

impl FetchError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RobotsUnavailable { .. }
            | Self::HostPaused { .. }
            | Self::BreakerOpen { .. }
            | Self::Timeout { .. }
            | Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Body(_)
            | Self::Cancelled(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::ForbiddenAddress { .. }
            | Self::ForbiddenUrl { .. }
            | Self::Request(_)
            | Self::NoContact { .. }
            | Self::RobotsDisallowed { .. }
            | Self::TooLarge { .. }
            | Self::ContentType(_)
            | Self::ContentEncoding(_)
            | Self::TooManyRedirects(_)
            | Self::RedirectLoop(_) => false,
        }
    }

    /// A short stable name, for counters and reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ForbiddenAddress { .. } => "forbidden_address",
            Self::ForbiddenUrl { .. } => "forbidden_url",
            Self::Request(_) => "bad_request",
            Self::NoContact { .. } => "no_contact",
            Self::RobotsDisallowed { .. } => "robots_disallowed",
            Self::RobotsUnavailable { .. } => "robots_unavailable",
            Self::HostPaused { .. } => "host_paused",
            Self::BreakerOpen { .. } => "breaker_open",
            Self::Status { .. } => "status",
            Self::TooLarge { .. } => "too_large",
            Self::ContentType(_) => "content_type",
            Self::ContentEncoding(_) => "content_encoding",
            Self::Timeout { .. } => "timeout",
            Self::TooManyRedirects(_) => "too_many_redirects",
            Self::RedirectLoop(_) => "redirect_loop",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Body(_) => "body",
            Self::Cancelled(_) => "cancelled",
        }
    }

    /// Whether the fetcher itself tries again.
    pub(crate) fn is_retried(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 429 | 502 | 503 | 504),
            Self::Timeout { .. } | Self::Connect { .. } | Self::Body(_) => true,
            _ => false,
        }
    }

    /// Whether it tells that the host is in trouble, which the breaker counts.
    pub(crate) fn is_host_failure(&self) -> bool {
        match self {
            Self::Status { status, .. } => *status >= 500,
            Self::Timeout { .. } | Self::Connect { .. } | Self::Dns { .. } | Self::Body(_) => true,
            _ => false,
        }
    }
}
