//! The pace of requests to one host, by the rules of Scrapy's AutoThrottle
//! (<https://docs.scrapy.org/en/latest/topics/autothrottle.html>), and its pauses.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    options::{FetchOptions, PaceOptions, seconds},
    retry,
};

/// Bounds and targets, in the types that are reckoned with.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    start: Duration,
    min: Duration,
    max: Duration,
    target_concurrency: f64,
    adapt: bool,
    max_crawl_delay: Duration,
    backoff: Duration,
    max_pause: Duration,
}

impl Policy {
    pub(crate) fn new(options: &FetchOptions, pace: &PaceOptions) -> Self {
        let PaceOptions { target_concurrency, adapt, .. } = *pace;
        Self {
            start: seconds(pace.start_delay_seconds).max(seconds(pace.min_delay_seconds)),
            min: seconds(pace.min_delay_seconds),
            max: seconds(pace.max_delay_seconds),
            target_concurrency,
            adapt,
            max_crawl_delay: seconds(pace.max_crawl_delay_seconds),
            backoff: seconds(options.backoff_seconds),
            max_pause: seconds(options.max_pause_seconds),
        }
    }
}

/// When the next request may start.
#[derive(Debug)]
pub(crate) struct Throttle {
    delay: Duration,
    crawl_delay: Duration,
    /// What the caller asks for.
    floor: Duration,
    last_start: Option<Instant>,
    /// Drawn anew with each request, 0.5 to 1.5, so that requests don't come like a clock's strokes.
    jitter: f64,
    paused_until: Option<Instant>,
    /// When the last pause was imposed.
    paused_at: Option<Instant>,
    /// Pauses since the host last answered well.
    strikes: u32,
}

impl Throttle {
    pub(crate) fn new(policy: &Policy) -> Self {
        Self {
            delay: policy.start,
            crawl_delay: Duration::ZERO,
            floor: Duration::ZERO,
            last_start: None,
            jitter: 1.0,
            paused_until: None,
            paused_at: None,
            strikes: 0,
        }
    }

    pub(crate) fn delay(&self) -> Duration {
        self.delay
    }

    /// After a restart: the delay that was found, and a start that is taken to be just over.
    pub(crate) fn restore(&mut self, policy: &Policy, delay: Duration, paused_until: Option<Instant>) {
        self.delay = delay.clamp(policy.min, policy.max);
        self.last_start = Some(Instant::now());
        self.paused_until = paused_until.map(|until| until.min(Instant::now() + policy.max_pause));
    }

    /// What robots.txt asks for; it raises the shortest delay.
    pub(crate) fn set_crawl_delay(&mut self, policy: &Policy, asked: Duration) {
        self.crawl_delay = asked.min(policy.max_crawl_delay);
    }

    /// What the caller asks for; it raises the shortest delay too.
    pub(crate) fn set_floor(&mut self, floor: Duration) {
        self.floor = floor;
    }

    /// When the next request may start; may have passed.
    pub(crate) fn next_start(&self, policy: &Policy) -> Option<Instant> {
        let spaced = self.last_start.map(|last| last + self.spacing(policy));
        spaced.max(self.paused_until)
    }

    /// Time from one start to the next.
    pub(crate) fn spacing(&self, policy: &Policy) -> Duration {
        self.delay.mul_f64(self.jitter).max(policy.min).max(self.crawl_delay).max(self.floor)
    }

    /// A request starts.
    pub(crate) fn started(&mut self, now: Instant) {
        self.last_start = Some(now);
        if !self.delay.is_zero() {
            self.jitter = rand::random_range(0.5..1.5);
        }
    }

    /// An answer came after `latency`, or none did. Only a 200 may lower the delay: errors are often quicker than pages.
    pub(crate) fn observed(&mut self, policy: &Policy, latency: Duration, status: Option<u16>) {
        if !policy.adapt {
            return;
        }
        let target = latency.div_f64(policy.target_concurrency);
        let new = target.max((self.delay + target) / 2).clamp(policy.min, policy.max);
        if status == Some(200) || new > self.delay {
            self.delay = new;
        }
    }

    /// The host answered well.
    pub(crate) fn relax(&mut self) {
        self.strikes = 0;
    }

    /// Pauses the whole host: as long as it asked for, or ever longer. `started` is when the failed request began;
    /// those that were under way together count once.
    pub(crate) fn pause(
        &mut self,
        policy: &Policy,
        now: Instant,
        started: Instant,
        asked: Option<Duration>,
    ) -> Instant {
        if self.paused_at.is_none_or(|at| started >= at) {
            self.strikes = self.strikes.saturating_add(1);
            self.paused_at = Some(now);
        }
        let pause = match asked {
            Some(asked) if !asked.is_zero() => asked.min(policy.max_pause),
            _ => retry::backoff(policy.backoff, self.strikes, policy.max_pause),
        };
        let until = self.paused_until.map_or(now + pause, |already| already.max(now + pause));
        self.paused_until = Some(until);
        until
    }

    /// End of a pause that isn't over.
    pub(crate) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    /// Whether forgetting it now would change nothing for the host.
    pub(crate) fn is_quiet(&self, policy: &Policy, now: Instant) -> bool {
        let rested = |last: Instant| now >= last + policy.max.max(self.crawl_delay);
        self.paused_until(now).is_none() && self.last_start.is_none_or(rested)
    }
}

#[cfg(test)]
mod tests;
