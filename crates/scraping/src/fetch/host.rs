//! One host: its queue, pace, pauses, breaker, robots.txt and idle connections.

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

use super::{
    breaker::{self, Breaker},
    clock::Clock,
    error::FetchError,
    gate::{Gate, Permit},
    robots::Robots,
    state::{HostState, LONGEST_TTL, RobotsState},
    throttle::{self, Throttle},
    wire::{Connection, KEEP_ALIVE},
};

/// What all hosts have in common.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub throttle: throttle::Policy,
    pub breaker: breaker::Policy,
    pub concurrency: usize,
    pub product: String,
    pub clock: Clock,
}

/// A lock that a panic elsewhere doesn't spoil: the state is only numbers.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Longer than any process runs.
const FOREVER: TimeDelta = TimeDelta::days(36_500);

/// One host. Ports 80 and 443 are the same host; other ports are hosts of their own.
pub(crate) struct Host {
    pub key: String,
    policy: Arc<Policy>,
    /// First come, first served.
    permits: Semaphore,
    /// Who waits for the right moment to start; the others queue behind.
    door: tokio::sync::Mutex<()>,
    moments: Mutex<Moments>,
    refusal_changed: Notify,
    /// For http and https.
    pub robots: [RobotsSlot; 2],
    /// Whether the operator's robots.txt stands in for the host's own.
    overridden: bool,
    idle: Mutex<Vec<Connection>>,
}

struct Moments {
    throttle: Throttle,
    breaker: Breaker,
}

/// How a request ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    /// From sending to the head of the answer, or to the failure.
    pub latency: Duration,
    /// None where no answer came.
    pub status: Option<u16>,
    /// Whether the host is in trouble.
    pub failed: bool,
    /// Whether the host shall be paused: it asked for it, or the request will be tried again.
    pub pause: bool,
    /// What `Retry-After` said.
    pub retry_after: Option<Duration>,
}

/// A started request; frees its place when it is dropped.
pub(crate) struct Slot<'a> {
    host: &'a Host,
    _place: SemaphorePermit<'a>,
    _gate: Option<Permit>,
    started: Instant,
    probe: bool,
}

impl Host {
    pub(crate) fn new(key: String, policy: Arc<Policy>, robots_override: Option<&str>) -> Self {
        let host = Self {
            key,
            permits: Semaphore::new(policy.concurrency),
            door: tokio::sync::Mutex::new(()),
            moments: Mutex::new(Moments { throttle: Throttle::new(&policy.throttle), breaker: Breaker::default() }),
            refusal_changed: Notify::new(),
            robots: [RobotsSlot::default(), RobotsSlot::default()],
            overridden: robots_override.is_some(),
            idle: Mutex::new(Vec::new()),
            policy,
        };
        if let Some(text) = robots_override {
            let now = host.policy.clock.now();
            let state = RobotsState::had(0, Some(text.to_string()), None, now);
            for secure in [false, true] {
                host.set_robots(secure, RobotsState { expires_at: now + FOREVER, ..state.clone() });
            }
        }
        host
    }

    /// Waits for a turn. Fails at once where the breaker is open or a pause outlasts `max_wait`, also while waiting.
    /// `None` says that `obeyed` ran out meanwhile: what allowed the request has to be asked for anew.
    pub(crate) async fn enter(
        &self,
        max_wait: Duration,
        gate: Option<&dyn Gate>,
        obeyed: Option<&RobotsSlot>,
    ) -> Result<Option<Slot<'_>>, FetchError> {
        let mut turn = pin!(self.turn(gate, obeyed));
        loop {
            let changed = self.refusal_changed.notified();
            self.refusal(max_wait)?;
            tokio::select! {
                biased;
                slot = &mut turn => return slot,
                () = changed => {}
            }
        }
    }

    fn refusal(&self, max_wait: Duration) -> Result<(), FetchError> {
        let now = Instant::now();
        let moments = lock(&self.moments);
        if let Some(until) = moments.breaker.refuses(now) {
            return Err(self.breaker_open(until));
        }
        match moments.throttle.paused_until(now) {
            Some(until) if until - now > max_wait => {
                Err(FetchError::HostPaused { host: self.key.clone(), until: self.policy.clock.wall(until) })
            }
            _ => Ok(()),
        }
    }

    fn breaker_open(&self, until: Instant) -> FetchError {
        FetchError::BreakerOpen { host: self.key.clone(), until: self.policy.clock.wall(until) }
    }

    async fn turn(&self, gate: Option<&dyn Gate>, obeyed: Option<&RobotsSlot>) -> Result<Option<Slot<'_>>, FetchError> {
        let gone = |_| FetchError::Cancelled("the fetcher is closed".into());
        let place = self.permits.acquire().await.map_err(gone)?;
        let _door = self.door.lock().await;
        let gate = match gate {
            Some(gate) => Some(gate.enter(&self.key).await?),
            None => None,
        };
        loop {
            let now = Instant::now();
            let start = {
                let mut moments = lock(&self.moments);
                if let Some(until) = moments.breaker.refuses(now) {
                    return Err(self.breaker_open(until));
                }
                match moments.throttle.next_start(&self.policy.throttle) {
                    Some(start) if start > now => start,
                    _ => {
                        // Rules that were asked for just before are good for the next turn, however soon they run out.
                        let spacing = moments.throttle.spacing(&self.policy.throttle);
                        if obeyed.is_some_and(|rules| rules.ran_out(now, spacing)) {
                            return Ok(None);
                        }
                        moments.throttle.started(now);
                        let probe = moments.breaker.pass();
                        return Ok(Some(Slot { host: self, _place: place, _gate: gate, started: now, probe }));
                    }
                }
            };
            sleep_until(start).await;
        }
    }

    /// An idle connection that is still open.
    pub(crate) async fn idle_connection(&self, secure: bool) -> Option<Connection> {
        loop {
            let mut connection = {
                let mut idle = lock(&self.idle);
                let at = idle.iter().rposition(|connection| connection.secure == secure)?;
                idle.swap_remove(at)
            };
            if connection.idle_since.elapsed() < KEEP_ALIVE && connection.is_ready().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request.
    pub(crate) async fn keep(&self, mut connection: Connection) {
        if connection.is_ready().await {
            connection.idle_since = Instant::now();
            let mut idle = lock(&self.idle);
            if idle.len() < self.policy.concurrency {
                idle.push(connection);
            }
        }
    }

    /// Closes connections that were idle for long.
    pub(crate) fn close_idle(&self) {
        lock(&self.idle).retain(|connection| connection.idle_since.elapsed() < KEEP_ALIVE);
    }

    /// Whether forgetting it now would change nothing for the host.
    pub(crate) fn is_quiet(&self, now: Instant) -> bool {
        let moments = lock(&self.moments);
        moments.throttle.is_quiet(&self.policy.throttle, now) && moments.breaker.open_until().is_none()
    }

    /// Takes over what is known of one of its robots.txt. `None` says that nothing may be asked.
    pub(crate) fn set_robots(&self, secure: bool, state: RobotsState) -> Option<Arc<Robots>> {
        let slot = &self.robots[usize::from(secure)];
        let now = self.policy.clock.now();
        let rules = state.text(now).map(|text| Arc::new(Robots::parse(text.as_bytes(), &self.policy.product)));
        let fresh_until = self.policy.clock.instant(state.expires_at);
        *lock(&slot.known) = Some(Known { fresh_until, rules: rules.clone(), state });

        let delays = self.robots.iter().filter_map(|slot| lock(&slot.known).as_ref()?.rules.as_ref()?.crawl_delay);
        let longest = delays.max().unwrap_or_default();
        lock(&self.moments).throttle.set_crawl_delay(&self.policy.throttle, longest);
        rules
    }

    /// Asks it no faster than this.
    pub(crate) fn slow_down(&self, delay: Duration) {
        lock(&self.moments).throttle.set_floor(delay);
    }

    /// A copy for a store.
    pub(crate) fn state(&self) -> HostState {
        let now = Instant::now();
        // An override belongs to the configuration, not to what the host said.
        let robots = |slot: &RobotsSlot| if self.overridden { None } else { slot.state() };
        let (robots_http, robots_https) = (robots(&self.robots[0]), robots(&self.robots[1]));
        let wall = |instant| self.policy.clock.wall(instant);
        let moments = lock(&self.moments);
        HostState {
            delay_seconds: Some(moments.throttle.delay().as_secs_f64()),
            paused_until: moments.throttle.paused_until(now).map(wall),
            breaker_open_until: moments.breaker.open_until().map(wall),
            breaker_openings: moments.breaker.openings(),
            robots_http,
            robots_https,
        }
    }

    /// Takes over what a store remembers.
    pub(crate) fn restore(&self, state: HostState) {
        let instant = |at| self.policy.clock.instant(at);
        {
            let mut moments = lock(&self.moments);
            let delay = state.delay_seconds.and_then(|delay| Duration::try_from_secs_f64(delay).ok());
            let delay = delay.unwrap_or(moments.throttle.delay());
            moments.throttle.restore(&self.policy.throttle, delay, state.paused_until.map(instant));
            // Another machine's clock may be wrong; no bound may be longer than it could have been here.
            let latest = Instant::now() + self.policy.breaker.longest;
            let open_until = state.breaker_open_until.map(|at| instant(at).min(latest));
            moments.breaker = Breaker::restored(state.breaker_openings, open_until);
        }
        for (secure, robots) in [(false, state.robots_http), (true, state.robots_https)] {
            if let Some(mut robots) = robots.filter(|_| !self.overridden) {
                robots.expires_at = robots.expires_at.min(self.policy.clock.now() + LONGEST_TTL);
                self.set_robots(secure, robots);
            }
        }
    }
}

impl Slot<'_> {
    /// Tells how the request ended. `true` says that the host was paused or its breaker moved.
    pub(crate) fn finish(mut self, report: Report) -> bool {
        let now = Instant::now();
        let policy = &self.host.policy;
        let mut moments = lock(&self.host.moments);
        moments.throttle.observed(&policy.throttle, report.latency, report.status);
        let mut moved = if report.failed {
            moments.breaker.failed(self.probe, now, policy.breaker)
        } else {
            moments.breaker.succeeded()
        };
        if moved {
            let open = moments.breaker.open_until().is_some();
            tracing::warn!(host = self.host.key, open, "circuit breaker moved");
        }
        if report.pause {
            let until = moments.throttle.pause(&policy.throttle, now, self.started, report.retry_after);
            let until = policy.clock.wall(until);
            tracing::info!(host = self.host.key, %until, status = report.status, "host is paused");
            moved = true;
        } else if report.status.is_some_and(|status| status < 400) {
            moments.throttle.relax();
        }
        drop(moments);
        // A probe whose failure re-opened the breaker has nothing left to give back, and nobody else can probe before.
        self.probe = false;
        if moved {
            self.host.refusal_changed.notify_waiters();
        }
        moved
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.probe {
            lock(&self.host.moments).breaker.abandon();
        }
    }
}

/// What is known of one robots.txt, and who asks for it.
#[derive(Default)]
pub(crate) struct RobotsSlot {
    known: Mutex<Option<Known>>,
    /// Held by the one request that fetches it.
    pub fetching: tokio::sync::Mutex<()>,
}

struct Known {
    fresh_until: Instant,
    /// None where nothing may be asked.
    rules: Option<Arc<Robots>>,
    state: RobotsState,
}

/// What is known of a robots.txt now.
pub(crate) enum Verdict {
    /// Obey these.
    Rules(Arc<Robots>),
    /// Nothing may be asked; says why, and when to ask for the file again.
    Nothing(Box<RobotsState>),
    /// It must be asked for first.
    Unknown,
}

impl RobotsSlot {
    /// What to obey, if that is still fresh.
    pub(crate) fn verdict(&self) -> Verdict {
        match &*lock(&self.known) {
            Some(known) if Instant::now() < known.fresh_until => match &known.rules {
                Some(rules) => Verdict::Rules(rules.clone()),
                None => Verdict::Nothing(Box::new(known.state.clone())),
            },
            _ => Verdict::Unknown,
        }
    }

    /// Whether what is known was no longer fresh so long ago.
    fn ran_out(&self, now: Instant, ago: Duration) -> bool {
        lock(&self.known).as_ref().is_some_and(|known| known.fresh_until + ago < now)
    }

    /// What was known, fresh or not.
    pub(crate) fn state(&self) -> Option<RobotsState> {
        lock(&self.known).as_ref().map(|known| known.state.clone())
    }

    /// The rules as known now, if they aren't these.
    pub(crate) fn changed_from(&self, rules: &Arc<Robots>) -> Option<Arc<Robots>> {
        let known = lock(&self.known);
        let now = known.as_ref()?.rules.as_ref()?;
        (!Arc::ptr_eq(now, rules)).then(|| now.clone())
    }
}

#[cfg(test)]
mod tests;
