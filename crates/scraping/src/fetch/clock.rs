//! Time as the runtime sees it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

/// Turns the runtime's instants into wall-clock time and back, so that both stand still together in tests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    instant: Instant,
    wall: DateTime<Utc>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { instant: Instant::now(), wall: Utc::now() }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.wall(Instant::now())
    }

    pub(crate) fn wall(&self, at: Instant) -> DateTime<Utc> {
        self.wall + at.saturating_duration_since(self.instant)
    }

    /// The past becomes now.
    pub(crate) fn instant(&self, at: DateTime<Utc>) -> Instant {
        Instant::now() + until(self.now(), at)
    }
}

/// How long from one time to another; zero where it has passed.
pub(crate) fn until(now: DateTime<Utc>, then: DateTime<Utc>) -> Duration {
    (then - now).to_std().unwrap_or_default()
}
