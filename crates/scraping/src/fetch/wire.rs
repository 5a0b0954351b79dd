//! Connections: opened to checked addresses only, kept alive, spoken to in HTTP/1.1.
//!
//! A connection is driven by the task that uses it, so a request costs no task and no switch between threads.
//! HTTP/2 would gain nothing: a host gets few requests at a time.

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use super::{
    error::{FetchError, Part, Stage},
    options::{Limits, seconds},
    resolve::{Resolve, checked_addresses},
};

/// Headers of one answer, at most.
const MAX_HEADERS: usize = 200;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}
type Io = TokioIo<Box<dyn Stream>>;

/// Opens connections.
pub(crate) struct Connector {
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) tls: Arc<ClientConfig>,
}

/// TLS with the roots that browsers trust.
pub(crate) fn web_tls() -> Result<Arc<ClientConfig>, rustls::Error> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    tls(roots)
}

/// TLS settings with roots of one's own, for [`Builder::tls`](super::Builder::tls).
///
/// # Errors
/// Where the cryptography lacks what TLS needs.
pub fn tls(roots: RootCertStore) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl Connector {
    /// A new connection to the URL's host: looked up, checked and connected to within the time for that.
    pub(crate) async fn open(&self, url: &Url, allowed: bool, limits: &Limits) -> Result<Connection, FetchError> {
        let Some(host) = url.host().map(|host| host.to_owned()) else {
            return Err(FetchError::ForbiddenUrl { url: url.to_string(), reason: "it has no host".into() });
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let limit = seconds(limits.connect_seconds);
        let deadline = Instant::now() + limit;
        let late = |stage| move |_| FetchError::Timeout { stage, limit };
        let failed =
            |error: &dyn std::fmt::Display| FetchError::Connect { host: host.to_string(), reason: error.to_string() };

        let lookup = checked_addresses(self.resolver.as_ref(), &host, port, allowed);
        let addresses = timeout_at(deadline, lookup).await.map_err(late(Stage::Resolve))??;

        let mut stream = Err(io::Error::other("no address"));
        for (tried, address) in addresses.iter().enumerate() {
            // Each address gets its share of what time is left.
            let now = Instant::now();
            let share = deadline.saturating_duration_since(now) / u32::try_from(addresses.len() - tried).unwrap_or(1);
            stream = match timeout_at(now + share, TcpStream::connect(address)).await {
                Ok(connected) => connected,
                Err(_) => Err(io::ErrorKind::TimedOut.into()),
            };
            if stream.is_ok() {
                break;
            }
        }
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(FetchError::Timeout { stage: Stage::Connect, limit });
            }
            Err(error) => return Err(failed(&error)),
        };
        stream.set_nodelay(true).map_err(|error| failed(&error))?;

        let stream: Box<dyn Stream> = if url.scheme() == "https" {
            let name = match &host {
                Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|error| failed(&error))?,
                Host::Ipv4(ip) => ServerName::IpAddress(std::net::IpAddr::V4(*ip).into()),
                Host::Ipv6(ip) => ServerName::IpAddress(std::net::IpAddr::V6(*ip).into()),
            };
            let handshake = TlsConnector::from(self.tls.clone()).connect(name, stream);
            let secured = timeout_at(deadline, handshake).await.map_err(late(Stage::Connect))?;
            Box::new(secured.map_err(|error| failed(&error))?)
        } else {
            Box::new(stream)
        };
        Connection::new(stream, url.scheme() == "https", limits).await.map_err(|error| failed(&error))
    }
}

/// A connection and the future that drives it.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<http1::Connection<Io, Full<Bytes>>>>,
    closed: bool,
    pub(crate) secure: bool,
    pub(crate) idle_since: Instant,
}

impl Connection {
    async fn new(stream: Box<dyn Stream>, secure: bool, limits: &Limits) -> hyper::Result<Self> {
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(limits.max_header_bytes)
            .max_headers(MAX_HEADERS)
            // The web as it is.
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Self { sender, driver: Box::pin(driver), closed: false, secure, idle_since: Instant::now() })
    }

    /// Drives the connection until the future is done.
    async fn drive<F: Future>(
        driver: &mut Pin<Box<http1::Connection<Io, Full<Bytes>>>>,
        closed: &mut bool,
        done: F,
    ) -> F::Output {
        let mut done = pin!(done);
        poll_fn(|cx| {
            if !*closed {
                // How it ended is told to whoever waits for an answer.
                *closed = driver.as_mut().poll(cx).is_ready();
            }
            done.as_mut().poll(cx)
        })
        .await
    }

    /// Sends a request and waits for the head of the answer.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        let answer = self.sender.send_request(request);
        Self::drive(&mut self.driver, &mut self.closed, answer).await
    }

    /// Reads a body up to a limit; `Ok(false)` says that there is more.
    pub(crate) async fn read(&mut self, body: &mut Incoming, into: &mut Vec<u8>, limit: usize) -> hyper::Result<bool> {
        while let Some(frame) = Self::drive(&mut self.driver, &mut self.closed, body.frame()).await {
            if let Ok(data) = frame?.into_data() {
                let room = limit - into.len();
                if data.len() > room {
                    into.extend_from_slice(&data[..room]);
                    return Ok(false);
                }
                into.extend_from_slice(&data);
            }
        }
        Ok(true)
    }

    /// Whether it is open and can take a request.
    pub(crate) async fn is_ready(&mut self) -> bool {
        Self::drive(&mut self.driver, &mut self.closed, poll_fn(|_| Poll::Ready(()))).await;
        !self.closed && self.sender.is_ready()
    }
}

/// The error that a failed exchange stands for.
pub(crate) fn failure(error: &hyper::Error, limits: &Limits) -> FetchError {
    // hyper tells this by its words only.
    if error.to_string().contains("head is too large") {
        return FetchError::TooLarge { part: Part::Headers, limit: limits.max_header_bytes };
    }
    let cause = std::error::Error::source(error).map(|cause| format!(" ({cause})")).unwrap_or_default();
    FetchError::Body(format!("{error}{cause}"))
}

/// Idle connections are closed after this.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(30);
