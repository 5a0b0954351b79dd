//! A server that answers as it is told, and counts.

#![allow(dead_code, clippy::unwrap_used)]

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use observatory_scraping::{
    Method, PageKind, PageRequest,
    fetch::{FetchError, FetchOptions, Fetched, Fetcher, PaceOptions, Wanted},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A request as it came in.
#[derive(Debug, Clone)]
pub struct Seen {
    pub at: Instant,
    pub method: String,
    pub path: String,
    /// Head and body, as text.
    pub text: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What to write; the connection stays open afterwards unless `close`.
pub struct Reply {
    pub bytes: Vec<u8>,
    /// Before the first byte.
    pub delay: Duration,
    /// Between the bytes behind the head, one by one.
    pub drip: Option<Duration>,
    pub close: bool,
}

pub fn raw(bytes: impl Into<Vec<u8>>) -> Reply {
    Reply { bytes: bytes.into(), delay: Duration::ZERO, drip: None, close: false }
}

pub fn reply(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Reply {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    raw(bytes)
}

pub fn html(body: impl AsRef<[u8]>) -> Reply {
    reply(200, "Content-Type: text/html\r\n", body)
}

pub fn redirect(to: &str) -> Reply {
    reply(302, &format!("Location: {to}\r\n"), "")
}

impl Reply {
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub fn dripping(mut self, pause: Duration) -> Self {
        self.drip = Some(pause);
        self
    }

    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }
}

type Answer = dyn Fn(&Seen) -> Reply + Send + Sync;

#[derive(Clone)]
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    pub connections: Arc<AtomicUsize>,
    pub most_in_flight: Arc<AtomicUsize>,
}

impl Server {
    /// Robots.txt is answered with 404 unless the closure answers it.
    pub async fn start(answer: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            seen: Arc::default(),
            connections: Arc::default(),
            most_in_flight: Arc::default(),
        };
        let answer: Arc<Answer> = Arc::new(move |seen| match answer(seen) {
            Some(reply) => reply,
            None => reply(404, "Content-Type: text/html\r\n", "nothing here"),
        });
        let this = server.clone();
        let in_flight = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                this.connections.fetch_add(1, SeqCst);
                tokio::spawn(this.clone().serve(stream, answer.clone(), in_flight.clone()));
            }
        });
        server
    }

    async fn serve(self, mut stream: TcpStream, answer: Arc<Answer>, in_flight: Arc<AtomicUsize>) {
        stream.set_nodelay(true).unwrap();
        let mut buffer = Vec::new();
        while let Some(seen) = read_request(&mut stream, &mut buffer).await {
            let now = in_flight.fetch_add(1, SeqCst) + 1;
            self.most_in_flight.fetch_max(now, SeqCst);
            self.seen.lock().unwrap().push(seen.clone());
            let reply = answer(&seen);
            let written = write_reply(&mut stream, &reply).await;
            in_flight.fetch_sub(1, SeqCst);
            if written.is_err() || reply.close {
                return;
            }
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Paths of all requests so far.
    pub fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// Without waiting, for this server only.
    pub fn options(&self) -> FetchOptions {
        FetchOptions {
            allow: vec![self.host().parse().unwrap()],
            pace: PaceOptions::flat_out(),
            backoff_seconds: 0.02,
            robots_min_ttl_seconds: 0.0,
            ..FetchOptions::default()
        }
    }

    pub fn fetcher(&self) -> Fetcher {
        Fetcher::new(self.options()).unwrap()
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            let whole = end + 4 + length.unwrap_or(0);
            if buffer.len() >= whole {
                let text = String::from_utf8_lossy(&buffer[..whole]).into_owned();
                buffer.drain(..whole);
                let mut words = head.split(' ').map(str::to_string);
                let (method, path) = (words.next()?, words.next()?);
                return Some(Seen { at: Instant::now(), method, path, text });
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

async fn write_reply(stream: &mut TcpStream, reply: &Reply) -> std::io::Result<()> {
    tokio::time::sleep(reply.delay).await;
    let Some(pause) = reply.drip else { return stream.write_all(&reply.bytes).await };
    let head = reply.bytes.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
    stream.write_all(&reply.bytes[..head]).await?;
    for byte in &reply.bytes[head..] {
        tokio::time::sleep(pause).await;
        stream.write_all(&[*byte]).await?;
    }
    Ok(())
}

pub fn request(url: &str) -> PageRequest {
    PageRequest {
        kind: PageKind::Listing,
        method: Method::Get,
        url: url.parse().unwrap(),
        headers: Default::default(),
        body: None,
        number: 0,
        card: None,
    }
}

pub async fn fetch(fetcher: &Fetcher, url: &str) -> Result<Fetched, FetchError> {
    fetcher.fetch(&request(url), &Wanted::default()).await
}

/// The body of the page, or the kind of the error.
pub async fn outcome(fetcher: &Fetcher, url: &str) -> String {
    match fetch(fetcher, url).await {
        Ok(Fetched::Page(page)) => page.text().into_owned(),
        Ok(Fetched::NotModified(_)) => "not modified".into(),
        Err(FetchError::Status { status, .. }) => format!("status {status}"),
        Err(error) => error.kind().into(),
    }
}

pub type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
