//! The fetcher that the rest of the program sees.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{
        ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, USER_AGENT,
    },
};
use rustc_hash::FxHashMap;
use rustls::ClientConfig;
use thiserror::Error;
use tokio::time::Instant;
use url::Url;

use super::{
    address::{self, check_url},
    breaker,
    clock::Clock,
    content::Accept,
    encoding,
    error::FetchError,
    exchange::{Answer, Ask, Purpose},
    gate::Gate,
    host::{self, Host, lock},
    options::{FetchOptions, PaceOptions, seconds},
    resolve::{Resolve, SystemResolver},
    robots::Robots,
    state::HostState,
    throttle,
    wire::{Connector, KEEP_ALIVE, web_tls},
};
use crate::{page::Page, request};

/// What a caller wants of one page.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Kinds of content.
    pub accept: Accept,
    /// Of the page as it was last time.
    pub validators: Validators,
    /// A pause that the host asked for is waited out up to this long, else `HostPaused` comes back.
    pub max_wait: Duration,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { accept: Accept::ANY, validators: Validators::default(), max_wait: Duration::from_secs(60) }
    }
}

/// What a server tells apart the versions of a page by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// The header `ETag`.
    pub etag: Option<String>,
    /// The header `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What came of a request.
#[derive(Debug)]
pub enum Fetched {
    /// The page.
    Page(Page),
    /// It is as it was; the validators to ask with next time.
    NotModified(Validators),
}

/// The fetcher can't be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// All that is wrong with the options.
    #[error("the options of the fetcher are wrong: {}", .0.join("; "))]
    Options(Vec<String>),
    /// TLS can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] rustls::Error),
}

/// What the fetcher has done so far.
#[derive(Debug, Default)]
pub struct Counters {
    /// Requests sent, robots.txt and redirects included.
    pub requests: AtomicU64,
    /// Bodies as sent, in bytes.
    pub wire_bytes: AtomicU64,
    /// Bodies after decompression, in bytes.
    pub body_bytes: AtomicU64,
    /// Time that requests waited for their turn, in microseconds.
    pub waited_micros: AtomicU64,
    /// Requests that were tried again.
    pub retries: AtomicU64,
}

type OnChange = dyn Fn(&str, HostState) + Send + Sync;

/// Puts a fetcher together.
pub struct Builder {
    options: FetchOptions,
    resolver: Arc<dyn Resolve>,
    gate: Option<Arc<dyn Gate>>,
    on_change: Option<Box<OnChange>>,
    tls: Option<Arc<ClientConfig>>,
}

impl Builder {
    /// Another resolver than the system's.
    pub fn resolver(mut self, resolver: impl Resolve + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Who else must agree before a host is spoken to.
    pub fn gate(mut self, gate: impl Gate + 'static) -> Self {
        self.gate = Some(Arc::new(gate));
        self
    }

    /// Is called with the host's key when its robots.txt was fetched, it was paused, or its breaker moved. Must not block.
    pub fn on_change(mut self, observer: impl Fn(&str, HostState) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Box::new(observer));
        self
    }

    /// Other TLS settings than those of the web, such as roots of one's own ([`super::tls`]).
    pub fn tls(mut self, config: Arc<ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// # Errors
    /// Where the options have problems.
    pub fn build(self) -> Result<Fetcher, BuildError> {
        let Self { options, resolver, gate, on_change, tls } = self;
        let mut problems = options.problems();
        let user_agent = HeaderValue::from_str(&options.user_agent());
        let user_agent = user_agent.map_err(|_| problems.push("contact isn't ASCII".into()));
        let Ok(user_agent) = user_agent else { return Err(BuildError::Options(problems)) };
        if !problems.is_empty() {
            return Err(BuildError::Options(problems));
        }
        let tls = match tls {
            Some(tls) => tls,
            None => web_tls()?,
        };
        for host in options.robots_override.keys() {
            tracing::warn!(host, "robots.txt of this host is overridden by configuration");
        }
        let policy = |pace: &PaceOptions, concurrency: usize| host::Policy {
            throttle: throttle::Policy::new(&options, pace),
            breaker: breaker::Policy {
                failures: options.breaker_failures,
                first: seconds(options.breaker_seconds),
                longest: seconds(options.breaker_max_seconds),
            },
            concurrency,
            product: options.product.clone(),
            clock: Clock::new(),
        };
        Ok(Fetcher(Arc::new(Inner {
            policy: Arc::new(policy(&options.pace, options.concurrency)),
            allowed_policy: Arc::new(policy(
                options.allow_pace.as_ref().unwrap_or(&options.pace),
                options.allow_concurrency.unwrap_or(options.concurrency),
            )),
            connector: Connector { resolver, tls },
            gate,
            on_change,
            user_agent,
            counters: Counters::default(),
            hosts: Mutex::new(FxHashMap::default()),
            sweeping: AtomicBool::new(false),
            options,
        })))
    }
}

/// Fetches pages; cheap to clone, all clones share what is known of the hosts.
#[derive(Clone)]
pub struct Fetcher(Arc<Inner>);

pub(crate) struct Inner {
    pub options: FetchOptions,
    pub policy: Arc<host::Policy>,
    /// Of the origins in `allow`.
    allowed_policy: Arc<host::Policy>,
    pub connector: Connector,
    pub gate: Option<Arc<dyn Gate>>,
    on_change: Option<Box<OnChange>>,
    pub user_agent: HeaderValue,
    pub counters: Counters,
    hosts: Mutex<FxHashMap<String, Entry>>,
    sweeping: AtomicBool,
}

struct Entry {
    host: Arc<Host>,
    used: Instant,
}

impl Fetcher {
    /// A fetcher with the system's resolver, without gate and observer.
    ///
    /// # Errors
    /// Where the options have problems.
    pub fn new(options: FetchOptions) -> Result<Self, BuildError> {
        Self::builder(options).build()
    }

    /// A fetcher with parts of one's own.
    pub fn builder(options: FetchOptions) -> Builder {
        Builder { options, resolver: Arc::new(SystemResolver), gate: None, on_change: None, tls: None }
    }

    /// Fetches a page. May be dropped at any time: its place in the host's queue is then free.
    ///
    /// # Errors
    /// See [`FetchError`]; an answer that is neither 2xx nor an expected 304 is `Status`.
    pub async fn fetch(&self, request: &request::PageRequest, wanted: &Wanted) -> Result<Fetched, FetchError> {
        let inner = &*self.0;
        self.sweep();
        let mut url = request.url.clone();
        url.set_fragment(None);
        let ask = Ask {
            method: match request.method {
                request::Method::Get => Method::GET,
                request::Method::Post => Method::POST,
            },
            url,
            headers: inner.headers(request, wanted)?,
            body: request.body.clone().map(Bytes::from).unwrap_or_default(),
            purpose: Purpose::Page(wanted.accept),
            max_wait: wanted.max_wait,
        };
        let (url, answer) = inner.follow(ask).await?;
        inner.fetched(url, answer, wanted)
    }

    /// The robots.txt that holds for a URL, such as for its sitemaps; fetched where it isn't known.
    ///
    /// # Errors
    /// As for `fetch`.
    pub async fn robots(&self, url: &Url) -> Result<Arc<Robots>, FetchError> {
        check_url(url, &self.0.options.allow)?;
        let host = self.0.host(url);
        self.0.robots(&host, url, Wanted::default().max_wait).await
    }

    /// Asks the host of a URL no faster than one request in `delay`. Origins in `allow` with a pace of their own keep it.
    pub fn slow_down(&self, url: &Url, delay: Duration) {
        let host = self.0.host(url);
        if self.0.options.allow_pace.is_none() || !self.0.is_allowed(&host.key) {
            host.slow_down(delay);
        }
    }

    /// Takes over what a store remembers of a host, by the key that `on_change` gave.
    pub fn restore(&self, host: &str, state: HostState) {
        self.0.host_by_key(host.to_string()).restore(state);
    }

    /// What is known of a host, if it is.
    pub fn state(&self, host: &str) -> Option<HostState> {
        Some(lock(&self.0.hosts).get(host)?.host.state())
    }

    /// What the fetcher has done so far.
    pub fn counters(&self) -> &Counters {
        &self.0.counters
    }

    /// Hosts remembered.
    pub fn hosts(&self) -> usize {
        lock(&self.0.hosts).len()
    }

    /// Closes idle connections from time to time, as long as there is a fetcher.
    fn sweep(&self) {
        if self.0.sweeping.load(Relaxed) || self.0.sweeping.swap(true, Relaxed) {
            return;
        }
        let inner = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(KEEP_ALIVE / 2).await;
                let Some(inner) = inner.upgrade() else { return };
                let hosts: Vec<_> = lock(&inner.hosts).values().map(|entry| entry.host.clone()).collect();
                hosts.iter().for_each(|host| host.close_idle());
            }
        });
    }
}

impl Inner {
    /// The host of a URL, remembered from now on.
    pub(crate) fn host(&self, url: &Url) -> Arc<Host> {
        let name = address::without_root_dot(url.host_str().unwrap_or_default());
        self.host_by_key(match url.port() {
            None | Some(80 | 443) => name.to_string(),
            Some(port) => format!("{name}:{port}"),
        })
    }

    fn host_by_key(&self, key: String) -> Arc<Host> {
        let now = Instant::now();
        let mut hosts = lock(&self.hosts);
        if let Some(entry) = hosts.get_mut(&key) {
            entry.used = now;
            return entry.host.clone();
        }
        if hosts.len() >= self.options.max_hosts {
            forget_idle(&mut hosts, now);
        }
        let robots_override = self.options.robots_override.get(&key).map(String::as_str);
        let policy = if self.is_allowed(&key) { &self.allowed_policy } else { &self.policy };
        let host = Arc::new(Host::new(key.clone(), policy.clone(), robots_override));
        hosts.insert(key, Entry { host: host.clone(), used: now });
        host
    }

    /// Whether the host is an origin in `allow`.
    fn is_allowed(&self, key: &str) -> bool {
        let (name, port) = key.rsplit_once(':').and_then(|(name, port)| Some((name, port.parse().ok()?))).unzip();
        let name = name.unwrap_or(key);
        self.options.allow.iter().any(|origin| {
            origin.host == name && port.map_or(matches!(origin.port, 80 | 443), |port: u16| port == origin.port)
        })
    }

    /// Tells the observer.
    pub(crate) fn changed(&self, host: &Host) {
        if let Some(observer) = &self.on_change {
            observer(&host.key, host.state());
        }
    }

    fn headers(&self, request: &request::PageRequest, wanted: &Wanted) -> Result<HeaderMap, FetchError> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static(wanted.accept.header()));
        headers.insert(ACCEPT_ENCODING, encoding::ACCEPTED);
        if let Some(body) = &request.body {
            let json = body.trim_start().starts_with(['{', '[']);
            let form = if json { "application/json" } else { "application/x-www-form-urlencoded" };
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(form));
        }
        for (name, value) in &request.headers {
            let wrong = |what: &str| FetchError::Request(format!("header `{name}` {what}"));
            let name = HeaderName::try_from(name).map_err(|_| wrong("isn't a name of a header"))?;
            if is_own(&name) {
                return Err(wrong("is the fetcher's own: take it out of the spider"));
            }
            headers.insert(name, HeaderValue::from_str(value).map_err(|_| wrong("has a value that can't be sent"))?);
        }
        for (name, value) in
            [(IF_NONE_MATCH, &wanted.validators.etag), (IF_MODIFIED_SINCE, &wanted.validators.last_modified)]
        {
            if let Some(value) = value.as_ref().and_then(|value| HeaderValue::from_str(value).ok()) {
                headers.insert(name, value);
            }
        }
        Ok(headers)
    }

    fn fetched(&self, url: Url, answer: Answer, wanted: &Wanted) -> Result<Fetched, FetchError> {
        let text = |name: HeaderName| Some(answer.headers.get(name)?.to_str().ok()?.to_string());
        let (etag, last_modified) = (text(ETAG), text(LAST_MODIFIED));
        if answer.status == 304 && wanted.validators != Validators::default() {
            return Ok(Fetched::NotModified(Validators {
                etag: etag.or_else(|| wanted.validators.etag.clone()),
                last_modified: last_modified.or_else(|| wanted.validators.last_modified.clone()),
            }));
        }
        let page = Page {
            url,
            status: answer.status.as_u16(),
            content_type: answer.content_type(),
            fetched_at: self.policy.clock.now(),
            elapsed: answer.elapsed,
            etag,
            last_modified,
            body: answer.body,
        };
        if answer.status.is_success() {
            return Ok(Fetched::Page(page));
        }
        let shown = !page.body.is_empty() && wanted.accept.wants(&page.content_type);
        Err(FetchError::Status { status: page.status, page: shown.then(|| Box::new(page)) })
    }
}

/// Makes room: of the hosts that nobody uses and that would notice nothing, the eighth that was idle longest.
fn forget_idle(hosts: &mut FxHashMap<String, Entry>, now: Instant) {
    let idle = |entry: &Entry| Arc::strong_count(&entry.host) == 1 && entry.host.is_quiet(now);
    let mut used: Vec<Instant> = hosts.values().filter(|entry| idle(entry)).map(|entry| entry.used).collect();
    used.sort_unstable();
    if let Some(bar) = used.get((hosts.len() / 8).min(used.len().saturating_sub(1))).copied() {
        hosts.retain(|_, entry| entry.used > bar || !idle(entry));
    }
}

/// Headers that a spider must not set: they are the connection's, or would make the crawler look like another.
fn is_own(name: &HeaderName) -> bool {
    let name = name.as_str();
    let of_connection =
        ["host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect"];
    of_connection.contains(&name)
        || ["user-agent", "accept-encoding", "from", "forwarded", "via", "x-real-ip"].contains(&name)
        || name.starts_with("proxy-")
        || name.starts_with("x-forwarded-")
}
