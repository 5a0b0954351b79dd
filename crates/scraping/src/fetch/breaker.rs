//! A circuit breaker: a host that fails again and again is left alone for a while.

use std::time::Duration;

use tokio::time::Instant;

/// When to open, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Policy {
    pub failures: u32,
    pub first: Duration,
    pub longest: Duration,
}

/// Closed while `open_until` is none; open until then; half-open after it, when one probe may pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct Breaker {
    failures: u32,
    /// How often it has opened since the host last answered.
    openings: u32,
    open_until: Option<Instant>,
    probing: bool,
}

impl Breaker {
    /// Open already when the process starts.
    pub(crate) fn restored(openings: u32, open_until: Option<Instant>) -> Self {
        Self { openings, open_until, ..Self::default() }
    }

    pub(crate) fn openings(&self) -> u32 {
        self.openings
    }

    pub(crate) fn open_until(&self) -> Option<Instant> {
        self.open_until
    }

    /// Until when a request must not be sent; `None` lets it pass, if it asks with `pass`.
    pub(crate) fn refuses(&self, now: Instant) -> Option<Instant> {
        let until = self.open_until?;
        (self.probing || now < until).then_some(until.max(now))
    }

    /// Lets a request pass that isn't refused. `true` says that it is the probe.
    pub(crate) fn pass(&mut self) -> bool {
        self.probing = self.open_until.is_some();
        self.probing
    }

    /// The probe ended without a result.
    pub(crate) fn abandon(&mut self) {
        self.probing = false;
    }

    /// A request succeeded. `true` says that the breaker closed.
    pub(crate) fn succeeded(&mut self) -> bool {
        let closed = self.open_until.is_some();
        *self = Self::default();
        closed
    }

    /// A request failed. `true` says that the breaker opened.
    pub(crate) fn failed(&mut self, probe: bool, now: Instant, policy: Policy) -> bool {
        self.failures = self.failures.saturating_add(1);
        // Requests that were under way when it opened tell nothing new.
        let opens = if self.open_until.is_some() { probe } else { self.failures >= policy.failures };
        if opens {
            let pause = policy.first.saturating_mul(1 << self.openings.min(16)).min(policy.longest);
            self.open_until = Some(now + pause);
            self.openings += 1;
            self.probing = false;
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Policy = Policy { failures: 3, first: Duration::from_secs(60), longest: Duration::from_secs(200) };

    fn fail(breaker: &mut Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            let probe = breaker.pass();
            breaker.failed(probe, now, POLICY);
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_only() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        fail(&mut breaker, 2, now);
        assert!(!breaker.succeeded());
        fail(&mut breaker, 2, now);
        assert_eq!(breaker.refuses(now), None);
        fail(&mut breaker, 1, now);
        assert_eq!(breaker.refuses(now), Some(now + POLICY.first));
    }

    #[test]
    fn lets_one_probe_pass_and_closes_on_its_success() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        fail(&mut breaker, 3, now);
        let later = now + Duration::from_secs(61);
        assert_eq!(breaker.refuses(later), None);
        assert!(breaker.pass());
        assert_eq!(breaker.refuses(later), Some(later), "a second request beside the probe");
        assert!(breaker.succeeded());
        assert_eq!(breaker.refuses(later), None);
        assert!(!breaker.pass());
    }

    #[test]
    fn a_probe_that_was_dropped_makes_room_for_another() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        fail(&mut breaker, 3, now);
        let later = now + Duration::from_secs(61);
        assert!(breaker.pass());
        breaker.abandon();
        assert_eq!(breaker.refuses(later), None);
    }

    #[test]
    fn doubles_the_pause_with_each_failed_probe_up_to_its_limit() {
        let mut now = Instant::now();
        let mut breaker = Breaker::default();
        fail(&mut breaker, 3, now);
        for expected in [60, 120, 200, 200] {
            let until = breaker.refuses(now).unwrap();
            assert_eq!(until - now, Duration::from_secs(expected));
            now = until;
            fail(&mut breaker, 1, now);
        }
    }

    #[test]
    fn stragglers_do_not_prolong_the_pause() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        fail(&mut breaker, 3, now);
        let until = breaker.refuses(now);
        assert!(!breaker.failed(false, now + Duration::from_secs(30), POLICY));
        assert_eq!(breaker.refuses(now), until);
    }
}
