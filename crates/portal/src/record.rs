//! Remembers requests and judges them by what the server said before.
//!
//! A client (an address) breaks the rules where it asks for what the robots.txt that it got
//! last forbids, asks for anything before it got one, goes on with one that is out of date,
//! asks again before a `Retry-After` is over, or has more requests under way than allowed.
//! What may have been under way when the rule reached it is let pass ([`GRACE`]).

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// Requests this soon after a rule was sent may have been under way already.
pub const GRACE: Duration = Duration::from_millis(250);
/// How late the end of a request that its client gave up may be noticed.
const NOTICE: Duration = Duration::from_millis(100);

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Since the server started.
    pub at: Duration,
    /// Such as `GET`.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Who asked.
    pub client: IpAddr,
    /// The header `User-Agent`, or empty.
    pub user_agent: String,
    /// Requests of this client that were under way, this one included.
    pub in_flight: u32,
}

/// What a client did against the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// Asked for what the last robots.txt forbids.
    Disallowed {
        /// Path and query.
        path: String,
    },
    /// Asked before it had any robots.txt.
    WithoutRobots {
        /// Path and query.
        path: String,
    },
    /// Went on with a robots.txt older than its `max-age`.
    StaleRobots {
        /// Path and query.
        path: String,
        /// Since it was sent.
        age: Duration,
    },
    /// Asked before a `Retry-After` was over.
    TooSoon {
        /// Path and query.
        path: String,
        /// What was left of it.
        early: Duration,
    },
    /// More under way than allowed.
    TooManyInFlight {
        /// Path and query of the one too many.
        path: String,
        /// How many.
        in_flight: u32,
    },
}

/// The robots.txt that a client has.
#[derive(Debug, Clone)]
struct Robots {
    sent: Instant,
    disallowed: Vec<&'static str>,
    max_age: Option<Duration>,
}

#[derive(Debug, Default)]
struct Client {
    in_flight: u32,
    aborted: u32,
    /// The last two: the older one holds during the newer one's grace.
    robots: Vec<Robots>,
    /// When a `Retry-After` was sent, and until when it holds.
    wait: Option<(Instant, Instant)>,
}

#[derive(Debug, Default)]
struct Inner {
    clients: HashMap<IpAddr, Client>,
    requests: Vec<Request>,
    violations: Vec<Violation>,
}

/// Remembers and judges.
#[derive(Debug)]
pub struct Recorder {
    start: Instant,
    max_in_flight: u32,
    unsettled: AtomicU32,
    inner: Mutex<Inner>,
}

impl Recorder {
    /// Nothing seen yet.
    pub fn new(max_in_flight: Option<u32>) -> Arc<Self> {
        Arc::new(Self {
            start: Instant::now(),
            max_in_flight: max_in_flight.unwrap_or(u32::MAX),
            unsettled: AtomicU32::new(0),
            inner: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request arrives.
    pub fn begin(self: &Arc<Self>, client: IpAddr, method: &str, path: &str, user_agent: &str) -> InFlight {
        let now = Instant::now();
        let mut guard = self.lock();
        let inner = &mut *guard;
        let state = inner.clients.entry(client).or_default();
        state.in_flight += 1;
        let (in_flight, aborted) = (state.in_flight, state.aborted);
        inner.violations.extend(judge(state, path, now));
        inner.requests.push(Request {
            at: now - self.start,
            method: method.to_owned(),
            path: path.to_owned(),
            client,
            user_agent: user_agent.to_owned(),
            in_flight,
        });
        drop(guard);
        if in_flight > self.max_in_flight {
            self.settle(client, path.to_owned(), in_flight, aborted);
        }
        InFlight { recorder: self.clone(), client, finished: false }
    }

    /// Counts one request too many unless as many turn out to have been given up.
    fn settle(self: &Arc<Self>, client: IpAddr, path: String, in_flight: u32, aborted: u32) {
        let recorder = self.clone();
        self.unsettled.fetch_add(1, Ordering::AcqRel);
        tokio::spawn(async move {
            tokio::time::sleep(NOTICE).await;
            let mut inner = recorder.lock();
            let given_up = inner.clients.get(&client).map_or(0, |state| state.aborted - aborted);
            if in_flight - given_up.min(in_flight) > recorder.max_in_flight {
                inner.violations.push(Violation::TooManyInFlight { path, in_flight });
            }
            drop(inner);
            recorder.unsettled.fetch_sub(1, Ordering::AcqRel);
        });
    }

    /// A client gets a robots.txt.
    pub fn robots(&self, client: IpAddr, disallowed: &[&'static str], max_age: Option<Duration>) {
        let mut inner = self.lock();
        let robots = &mut inner.clients.entry(client).or_default().robots;
        robots.push(Robots { sent: Instant::now(), disallowed: disallowed.to_vec(), max_age });
        if robots.len() > 2 {
            robots.remove(0);
        }
    }

    /// A client is told to wait.
    pub fn wait(&self, client: IpAddr, until: Instant) {
        let mut inner = self.lock();
        let wait = &mut inner.clients.entry(client).or_default().wait;
        if wait.is_none_or(|(_, other)| other < until) {
            // While it waits already, what comes now is not under way by accident.
            let sent = wait.filter(|(_, other)| *other > Instant::now()).map_or_else(Instant::now, |(sent, _)| sent);
            *wait = Some((sent, until));
        }
    }

    /// All requests.
    pub fn requests(&self) -> Vec<Request> {
        self.lock().requests.clone()
    }

    /// All violations, once those in doubt are settled.
    pub async fn violations(&self) -> Vec<Violation> {
        while self.unsettled.load(Ordering::Acquire) > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.lock().violations.clone()
    }
}

fn judge(client: &Client, path: &str, now: Instant) -> Option<Violation> {
    let path_of = || path.to_owned();
    if let Some((sent, until)) = client.wait
        && now > sent + GRACE
        && now < until
    {
        return Some(Violation::TooSoon { path: path_of(), early: until - now });
    }
    if path.starts_with("/robots.txt") {
        return None;
    }
    let Some(robots) = client.robots.last() else { return Some(Violation::WithoutRobots { path: path_of() }) };
    let forbids = |robots: &Robots| robots.disallowed.iter().any(|prefix| path.starts_with(prefix));
    let held = client.robots.iter().filter(|other| other.sent == robots.sent || now < robots.sent + GRACE);
    if held.clone().all(forbids) {
        return Some(Violation::Disallowed { path: path_of() });
    }
    let age = now - robots.sent;
    robots.max_age.is_some_and(|max_age| age > max_age + GRACE).then(|| Violation::StaleRobots { path: path_of(), age })
}

/// A request under way; dropped without [`InFlight::finish`], its client gave it up.
#[derive(Debug)]
pub struct InFlight {
    recorder: Arc<Recorder>,
    client: IpAddr,
    finished: bool,
}

impl InFlight {
    /// The answer is sent.
    pub fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut inner = self.recorder.lock();
        if let Some(client) = inner.clients.get_mut(&self.client) {
            client.in_flight -= 1;
            client.aborted += u32::from(!self.finished);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn begin(recorder: &Arc<Recorder>, path: &str) -> InFlight {
        recorder.begin(CLIENT, "GET", path, "")
    }

    #[tokio::test]
    async fn requests_that_were_given_up_do_not_count_as_under_way() {
        let recorder = Recorder::new(Some(1));
        recorder.robots(CLIENT, &[], None);
        let first = begin(&recorder, "/a");
        let second = begin(&recorder, "/b");
        drop(first);
        assert!(recorder.violations().await.is_empty());
        let third = begin(&recorder, "/c");
        second.finish();
        let expected = Violation::TooManyInFlight { path: "/c".into(), in_flight: 2 };
        assert_eq!(recorder.violations().await, [expected]);
        third.finish();
        assert_eq!(recorder.requests().len(), 3);
    }

    #[tokio::test]
    async fn what_robots_and_retry_after_forbid_is_seen_after_the_grace() {
        let recorder = Recorder::new(None);
        begin(&recorder, "/before").finish();
        begin(&recorder, "/robots.txt").finish();
        recorder.robots(CLIENT, &["/x"], None);
        begin(&recorder, "/y").finish();
        begin(&recorder, "/x/1").finish();
        recorder.robots(CLIENT, &["/y"], Some(Duration::ZERO));
        begin(&recorder, "/y").finish();
        recorder.wait(CLIENT, Instant::now() + Duration::from_millis(400));
        tokio::time::sleep(GRACE + Duration::from_millis(20)).await;
        begin(&recorder, "/soon").finish();
        tokio::time::sleep(Duration::from_millis(200)).await;
        begin(&recorder, "/y").finish();
        begin(&recorder, "/z").finish();
        let kinds: Vec<_> = recorder.violations().await.iter().map(|v| format!("{v:?}")).collect();
        let expected =
            ["WithoutRobots", "Disallowed { path: \"/x/1\"", "TooSoon", "Disallowed { path: \"/y\"", "StaleRobots"];
        assert_eq!(kinds.len(), expected.len(), "{kinds:?}");
        assert!(kinds.iter().zip(expected).all(|(kind, start)| kind.starts_with(start)), "{kinds:?}");
    }
}
