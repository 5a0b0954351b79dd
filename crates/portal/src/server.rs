//! Listening, and taking requests to [`Site`] or to the hostile side.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use crate::{
    Behaviour, Error, MAX_SYNTHETIC, Options, ads,
    body::Body,
    catalogue::Catalogue,
    dates, hostile,
    record::{Recorder, Request, Violation},
    site::{Ask, Site},
    sitemap,
};

/// Largest body of a request, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// What a listener knows.
#[derive(Debug)]
pub struct Host {
    pub site: Site,
    pub behaviour: Option<Behaviour>,
    pub recorder: Option<Arc<Recorder>>,
    /// Requests so far.
    pub served: AtomicU64,
    /// Requests for robots.txt so far.
    pub robots_served: AtomicU64,
    address: SocketAddr,
    origin: String,
}

impl Host {
    /// Tells the recorder of a robots.txt that is sent.
    pub fn robots_sent(&self, client: IpAddr, disallowed: &[&'static str], max_age: Option<Duration>) {
        if let Some(recorder) = &self.recorder {
            recorder.robots(client, disallowed, max_age);
        }
    }
}

/// The portal.
#[derive(Debug)]
pub struct Portal;

impl Portal {
    /// Starts it on the current runtime.
    ///
    /// # Errors
    /// A file that can't be read, an address that can't be had, an option out of bounds.
    pub async fn start(options: Options) -> Result<Running, Error> {
        let address = options.address;
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback(address));
        }
        options.faults.check()?;
        if let Some(n) = options.synthetic.filter(|n| !(1..=MAX_SYNTHETIC).contains(n)) {
            return Err(Error::Option {
                option: "synthetic",
                problem: format!("{n} is not from 1 to {MAX_SYNTHETIC}"),
            });
        }
        let ads = ads::read(options.ads.as_deref())?;
        let today = dates::now(options.today).date();
        let catalogue = Catalogue::new(ads, options.synthetic, options.seed, today);
        let bind = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let recorded = options.record || options.hostile.is_some() || options.max_in_flight.is_some();
        let host = Arc::new(Host {
            site: Site::new(catalogue, &options),
            behaviour: options.hostile,
            recorder: recorded.then(|| Recorder::new(options.max_in_flight)),
            served: AtomicU64::new(0),
            robots_served: AtomicU64::new(0),
            address,
            origin: format!("http://{address}"),
        });
        let task = tokio::spawn(accept(listener, host.clone()));
        Ok(Running { host, task })
    }
}

/// A portal that runs; it ends where this is dropped.
#[derive(Debug)]
pub struct Running {
    host: Arc<Host>,
    task: JoinHandle<()>,
}

impl Running {
    /// Such as `http://127.0.0.1:8099`.
    pub fn origin(&self) -> &str {
        &self.host.origin
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.host.address
    }

    /// What it does to its clients.
    pub fn behaviour(&self) -> Option<Behaviour> {
        self.host.behaviour
    }

    /// How many requests arrived.
    pub fn served(&self) -> u64 {
        self.host.served.load(Ordering::Relaxed)
    }

    /// How many ads each portal serves in each country.
    pub fn ads(&self) -> Vec<(crate::catalogue::Board, String, u64)> {
        let shelves = self.host.site.catalogue.shelves();
        shelves.iter().map(|shelf| (shelf.board, shelf.country.clone(), shelf.len)).collect()
    }

    /// The requests, where [`Options::record`] is set.
    pub fn requests(&self) -> Vec<Request> {
        self.host.recorder.as_ref().map(|recorder| recorder.requests()).unwrap_or_default()
    }

    /// What clients did against the rules, where [`Options::record`] is set.
    pub async fn violations(&self) -> Vec<Violation> {
        match &self.host.recorder {
            Some(recorder) => recorder.violations().await,
            None => Vec::new(),
        }
    }

    /// Closes the listener and all connections.
    pub async fn stop(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, host: Arc<Host>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => { connections.spawn(serve(stream, peer, host.clone())); }
                // Too many open files, as a rule: it passes.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, host: Arc<Host>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let host = host.clone();
        async move { Ok::<_, Infallible>(answer(&host, peer.ip(), request).await) }
    });
    // A connection that breaks is the client's affair.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(host: &Host, client: IpAddr, request: http::Request<Incoming>) -> Response<Body> {
    host.served.fetch_add(1, Ordering::Relaxed);
    let (head, body) = request.into_parts();
    let whole = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let in_flight = host.recorder.as_ref().map(|recorder| {
        let agent = head.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        recorder.begin(client, head.method.as_str(), whole, agent)
    });
    let response = match head.method {
        Method::GET | Method::HEAD | Method::POST => {
            let body = match Limited::new(body, MAX_BODY).collect().await {
                Ok(body) => body.to_bytes(),
                Err(_) => return status(StatusCode::PAYLOAD_TOO_LARGE).map(|body| body.track(in_flight)),
            };
            let path = percent_encoding::percent_decode_str(head.uri.path()).decode_utf8_lossy();
            let origin = origin(&head.headers, host);
            let ask = Ask {
                post: head.method == Method::POST,
                path: &path,
                query: head.uri.query().unwrap_or_default(),
                headers: &head.headers,
                body: &body,
                origin: &origin,
            };
            page(host, client, &ask).await
        }
        _ => status(StatusCode::METHOD_NOT_ALLOWED),
    };
    if let (Some(recorder), Some(until)) = (&host.recorder, retry_after(&response)) {
        recorder.wait(client, until);
    }
    response.map(|body| body.track(in_flight))
}

async fn page(host: &Host, client: IpAddr, ask: &Ask<'_>) -> Response<Body> {
    if let Some(behaviour) = host.behaviour
        && let Some(response) = hostile::answer(host, behaviour, client, ask).await
    {
        return response;
    }
    let delay = host.site.delay(ask);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if ask.path == "/robots.txt" {
        host.robots_sent(client, &sitemap::DISALLOWED, None);
    }
    host.site.answer(ask)
}

/// An answer without a body.
pub fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::from(""));
    *response.status_mut() = status;
    response
}

/// The origin by which the client knows this server: links lead back to it.
fn origin(headers: &HeaderMap, host: &Host) -> String {
    let named = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
    named.filter(plain).map_or_else(|| host.origin.clone(), |name| format!("http://{name}"))
}

/// Until when a client was told to wait.
fn retry_after(response: &Response<Body>) -> Option<Instant> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (dates::parse_http(text)? - chrono::Utc::now().naive_utc()).to_std().ok()?,
    };
    Some(Instant::now() + wait)
}
