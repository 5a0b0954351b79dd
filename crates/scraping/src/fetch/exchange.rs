//! One request and its answer, without waiting for a turn.

use std::{sync::atomic::Ordering::Relaxed, time::Duration};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST},
};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::{
    content::Accept,
    encoding::{self, Encoding},
    error::{FetchError, Part, Stage},
    fetcher::Inner,
    host::Host,
    options::seconds,
    robots,
    wire::{self, Connection},
};

/// Of the body of an error as much is read.
const ERROR_BODY_BYTES: usize = 64 << 10;

/// A request for one URL.
pub(crate) struct Ask {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub purpose: Purpose,
    pub max_wait: Duration,
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A page of these kinds.
    Page(Accept),
    /// robots.txt: of any type, and cut at its limit.
    Robots,
}

/// What came back.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Decompressed; empty for redirects, and for errors whose body can't be shown.
    pub body: Vec<u8>,
    /// To the head of the answer.
    pub latency: Duration,
    /// To its end.
    pub elapsed: Duration,
}

impl Answer {
    pub(crate) fn content_type(&self) -> String {
        content_type(&self.headers)
    }
}

fn content_type(headers: &HeaderMap) -> String {
    headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// Deadlines of an exchange.
struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    fn late(&self) -> FetchError {
        FetchError::Timeout { stage: Stage::Total, limit: self.limit }
    }
}

impl Inner {
    /// Sends the request over a connection of the host and reads the answer, within all limits.
    pub(crate) async fn exchange(&self, host: &Host, ask: &Ask, allowed: bool) -> Result<Answer, FetchError> {
        let limits = &self.options.limits;
        let limit = seconds(limits.total_seconds);
        let total = Deadline { at: Instant::now() + limit, limit };

        let (mut connection, response, sent) = self.send(host, ask, allowed, &total).await?;
        let latency = sent.elapsed();
        let (head, mut body) = response.into_parts();
        let mut answer =
            Answer { status: head.status, headers: head.headers, body: Vec::new(), latency, elapsed: latency };

        if answer.status.is_success() {
            let (wire, complete) = self.read_page(&mut connection, &mut body, ask, &answer.headers, &total).await?;
            if complete {
                host.keep(connection).await;
            }
            answer.body = self.decoded(ask, &answer.headers, wire)?;
        } else if let Ok(Ok((wire, true))) =
            timeout_at(total.at, read_all(&mut connection, &mut body, ERROR_BODY_BYTES)).await
        {
            self.counters.wire_bytes.fetch_add(wire.len() as u64, Relaxed);
            host.keep(connection).await;
            let encoding = Encoding::of(&answer.headers);
            answer.body = encoding.and_then(|it| it.decode(wire, limits.max_body_bytes)).unwrap_or_default();
        }
        self.counters.body_bytes.fetch_add(answer.body.len() as u64, Relaxed);
        answer.elapsed = sent.elapsed();
        Ok(answer)
    }

    async fn send(
        &self,
        host: &Host,
        ask: &Ask,
        allowed: bool,
        total: &Deadline,
    ) -> Result<(Connection, http::Response<Incoming>, Instant), FetchError> {
        let limits = &self.options.limits;
        let mut idle = host.idle_connection(ask.url.scheme() == "https").await;
        loop {
            let reused = idle.is_some();
            let mut connection = match idle.take() {
                Some(connection) => connection,
                None => {
                    let open = self.connector.open(&ask.url, allowed, limits);
                    timeout_at(total.at, open).await.map_err(|_| total.late())??
                }
            };
            let request = request(ask)?;
            self.counters.requests.fetch_add(1, Relaxed);
            let sent = Instant::now();
            let limit = seconds(limits.first_byte_seconds);
            match timeout_at(total.at.min(sent + limit), connection.send(request)).await {
                Ok(Ok(response)) => return Ok((connection, response, sent)),
                // It closed before anything was written, so nothing is asked twice.
                Ok(Err(error)) if reused && error.is_canceled() => {}
                Ok(Err(error)) => return Err(wire::failure(&error, limits)),
                Err(_) if Instant::now() >= total.at => return Err(total.late()),
                Err(_) => return Err(FetchError::Timeout { stage: Stage::FirstByte, limit }),
            }
        }
    }

    /// The body on the wire, and whether it was read to its end.
    async fn read_page(
        &self,
        connection: &mut Connection,
        body: &mut Incoming,
        ask: &Ask,
        headers: &HeaderMap,
        total: &Deadline,
    ) -> Result<(Vec<u8>, bool), FetchError> {
        let limits = &self.options.limits;
        let (limit, cut) = match ask.purpose {
            Purpose::Robots => (robots::MAX_BYTES, true),
            Purpose::Page(_) => (limits.max_wire_bytes, false),
        };
        if let Purpose::Page(accept) = ask.purpose {
            let content_type = content_type(headers);
            if !accept.wants(&content_type) {
                return Err(FetchError::ContentType(content_type.chars().take(200).collect()));
            }
        }
        Encoding::of(headers)?;
        let too_large = FetchError::TooLarge { part: Part::Wire, limit };
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if !cut && length.is_some_and(|length| length > limit) {
            return Err(too_large);
        }
        let read = timeout_at(total.at, read_all(connection, body, limit)).await.map_err(|_| total.late())?;
        let (wire, complete) = read.map_err(|error| wire::failure(&error, limits))?;
        self.counters.wire_bytes.fetch_add(wire.len() as u64, Relaxed);
        if !complete && !cut {
            return Err(too_large);
        }
        Ok((wire, complete))
    }

    fn decoded(&self, ask: &Ask, headers: &HeaderMap, wire: Vec<u8>) -> Result<Vec<u8>, FetchError> {
        let limit = self.options.limits.max_body_bytes;
        let encoding = Encoding::of(headers)?;
        // A sitemap that is itself a gzip file. One that was compressed for the way too stays as it is.
        let file = matches!(ask.purpose, Purpose::Page(accept) if accept.xml) && ask.url.path().ends_with(".gz");
        if file && encoding == Encoding::Identity && encoding::is_gzip(&wire) {
            return encoding::gunzip(&wire, limit);
        }
        encoding.decode(wire, limit)
    }
}

async fn read_all(connection: &mut Connection, body: &mut Incoming, limit: usize) -> hyper::Result<(Vec<u8>, bool)> {
    let mut wire = Vec::new();
    let complete = connection.read(body, &mut wire, limit).await?;
    Ok((wire, complete))
}

fn request(ask: &Ask) -> Result<Request<Full<Bytes>>, FetchError> {
    let wrong = |error: &dyn std::fmt::Display| FetchError::Request(error.to_string());
    let target = &ask.url[Position::BeforePath..Position::AfterQuery];
    let host =
        HeaderValue::from_str(&ask.url[Position::BeforeHost..Position::AfterPort]).map_err(|error| wrong(&error))?;
    let mut request = Request::new(Full::new(ask.body.clone()));
    *request.method_mut() = ask.method.clone();
    *request.uri_mut() = Uri::try_from(target).map_err(|error| wrong(&error))?;
    *request.headers_mut() = ask.headers.clone();
    request.headers_mut().insert(HOST, host);
    Ok(request)
}
