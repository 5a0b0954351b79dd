//! A server that does to a client what servers can do.
//!
//! Each listener is a host of its own, with one [`Behaviour`]. On each, every listing
//! (`/trabajo-de-...`, `/hostile/links`) goes on without end, and its cards lead to the
//! traps below, most of them to ordinary ads. Beside what a listing links to:
//! `/hostile/redirect?to=URL`.
//!
//! | path `/hostile/...` | what happens |
//! |---|---|
//! | `ok`, `a`, `b`, `private` | an ad; `private` is always forbidden, `a` and `b` in turn where robots flip |
//! | `429`, `503-retry-after` | that status with `Retry-After: 1` (or the date) at the first visit, then an ad |
//! | `drip` | one byte a second |
//! | `slow` | headers only after a minute |
//! | `loop` | redirects to itself under ever new addresses |
//! | `redirect` | to `to`, or to a metadata address |
//! | `huge` | a body without end |
//! | `bomb.gz`, `bomb.br`, `bomb.zst` | a small body that unpacks to many GiB |
//! | `links` | a listing without end |
//! | `wrong-type` | an image |
//! | `cut` | the connection ends in the middle of the body |
//! | `latin1`, `broken`, `gone` | an ad in Windows-1252 that doesn't say so; broken HTML; a soft 404 |
//! | `big-header` | a header of 300 kB |

mod bombs;
mod traps;

use std::{
    net::IpAddr,
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use http::{HeaderValue, Response, StatusCode, header};

use crate::{
    Error, Options,
    body::Body,
    dates,
    record::Violation,
    server::{Host, Portal, Running, status},
    site::Ask,
};

/// What robots.txt forbids on every hostile host.
const PRIVATE: &str = "/hostile/private";
/// How long a flipping robots.txt holds.
pub const FLIP_MAX_AGE: Duration = Duration::from_secs(1);
/// Under [`Behaviour::Throttle`], every so many requests one is refused.
const THROTTLE_EVERY: u64 = 200;

/// What a hostile host does beside its traps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Behaviour {
    /// Nothing more.
    Traps,
    /// robots.txt forbids `/hostile/a` and `/hostile/b` in turn, and holds one second.
    RobotsFlip,
    /// robots.txt answers 503: nothing may be asked for.
    RobotsUnavailable,
    /// robots.txt answers 404: everything may be asked for.
    RobotsMissing,
    /// robots.txt is 700 KiB long; the rule that counts stands first.
    RobotsHuge,
    /// robots.txt redirects without end: counts as missing.
    RobotsLoop,
    /// One request in 200 is refused with 429 and `Retry-After: 1`, in turn as seconds and as a date.
    Throttle,
    /// Takes requests and never answers.
    Silent,
}

impl Behaviour {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Traps,
        Self::RobotsFlip,
        Self::RobotsUnavailable,
        Self::RobotsMissing,
        Self::RobotsHuge,
        Self::RobotsLoop,
        Self::Throttle,
        Self::Silent,
    ];
}

/// One listener for each [`Behaviour`].
#[derive(Debug)]
pub struct Hostile {
    hosts: Vec<Running>,
}

impl Hostile {
    /// Starts them; `options.address`'s port is the first's, the others' follow it (0: free ones).
    ///
    /// # Errors
    /// As [`Portal::start`].
    pub async fn start(options: Options) -> Result<Self, Error> {
        let mut hosts = Vec::new();
        for (i, behaviour) in Behaviour::ALL.into_iter().enumerate() {
            let mut options = Options { hostile: Some(behaviour), ..options.clone() };
            if options.address.port() != 0 {
                options.address.set_port(options.address.port().saturating_add(i as u16));
            }
            hosts.push(Portal::start(options).await?);
        }
        Ok(Self { hosts })
    }

    /// All hosts.
    pub fn hosts(&self) -> &[Running] {
        &self.hosts
    }

    /// The host with a behaviour.
    pub fn host(&self, behaviour: Behaviour) -> Option<&Running> {
        self.hosts.iter().find(|host| host.behaviour() == Some(behaviour))
    }

    /// How many requests arrived at all of them.
    pub fn served(&self) -> u64 {
        self.hosts.iter().map(Running::served).sum()
    }

    /// What clients did against the rules, anywhere.
    pub async fn violations(&self) -> Vec<(Behaviour, Violation)> {
        let mut all = Vec::new();
        for host in &self.hosts {
            let behaviour = host.behaviour().unwrap_or(Behaviour::Traps);
            all.extend(host.violations().await.into_iter().map(|violation| (behaviour, violation)));
        }
        all
    }

    /// Stops them all.
    pub async fn stop(self) {
        for host in self.hosts {
            host.stop().await;
        }
    }
}

/// The hostile answer to a request, or none where the portal answers as always.
pub async fn answer(host: &Host, behaviour: Behaviour, client: IpAddr, ask: &Ask<'_>) -> Option<Response<Body>> {
    if behaviour == Behaviour::Silent {
        std::future::pending::<()>().await;
    }
    if ask.path.starts_with("/robots.txt") {
        return Some(robots(host, behaviour, client));
    }
    let served = host.served.load(Ordering::Relaxed);
    if behaviour == Behaviour::Throttle && served.is_multiple_of(THROTTLE_EVERY) {
        return Some(too_many(served / THROTTLE_EVERY));
    }
    traps::answer(host, ask).await
}

fn robots(host: &Host, behaviour: Behaviour, client: IpAddr) -> Response<Body> {
    let fetched = host.robots_served.fetch_add(1, Ordering::Relaxed);
    let sent = |disallowed: &[&'static str], max_age| host.robots_sent(client, disallowed, max_age);
    match behaviour {
        Behaviour::RobotsFlip => {
            let turn = if fetched.is_multiple_of(2) { "/hostile/a" } else { "/hostile/b" };
            sent(&[PRIVATE, turn], Some(FLIP_MAX_AGE));
            let mut response = rules(&[PRIVATE, turn], "");
            let holds = format!("max-age={}", FLIP_MAX_AGE.as_secs());
            response
                .headers_mut()
                .extend(HeaderValue::try_from(holds).ok().map(|value| (header::CACHE_CONTROL, value)));
            response
        }
        Behaviour::RobotsUnavailable => {
            sent(&["/"], None);
            status(StatusCode::SERVICE_UNAVAILABLE)
        }
        Behaviour::RobotsMissing => {
            sent(&[], None);
            status(StatusCode::NOT_FOUND)
        }
        Behaviour::RobotsHuge => {
            sent(&[PRIVATE], None);
            rules(&[PRIVATE], &"# relleno\n".repeat(70 * 1024))
        }
        Behaviour::RobotsLoop => {
            sent(&[], None);
            redirect(&format!("/robots.txt?n={fetched}"))
        }
        Behaviour::Traps | Behaviour::Throttle | Behaviour::Silent => {
            sent(&[PRIVATE], None);
            rules(&[PRIVATE], "")
        }
    }
}

fn rules(disallowed: &[&str], filler: &str) -> Response<Body> {
    let mut text = String::from("User-agent: *\n");
    disallowed.iter().for_each(|path| text.extend(["Disallow: ", path, "\n"]));
    text.push_str(filler);
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// 429, and a wait of a second or, every other time, until a date two seconds ahead at most.
fn too_many(n: u64) -> Response<Body> {
    let mut response = status(StatusCode::TOO_MANY_REQUESTS);
    let until = dates::http(chrono::Utc::now().naive_utc() + chrono::TimeDelta::seconds(2));
    let wait = if n.is_multiple_of(2) { HeaderValue::try_from(until).ok() } else { None };
    response.headers_mut().insert(header::RETRY_AFTER, wait.unwrap_or(HeaderValue::from_static("1")));
    response
}

fn redirect(to: &str) -> Response<Body> {
    let mut response = status(StatusCode::FOUND);
    response.headers_mut().extend(HeaderValue::try_from(to).ok().map(|value| (header::LOCATION, value)));
    response
}

/// A body that never comes.
async fn late(seconds: u64) {
    tokio::time::sleep_until((Instant::now() + Duration::from_secs(seconds)).into()).await;
}
