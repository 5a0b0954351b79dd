//! A circuit breaker: a server that fails again and again is left alone for a while.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct Breaker {
    /// Failures in a row that open it.
    threshold: u32,
    /// How long it stays open before one request may try.
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Set while it is open: when the next request may try.
    opens_at: Option<Instant>,
}

impl Breaker {
    pub(crate) fn new(threshold: u32, pause: Duration) -> Self {
        Self { threshold, pause, state: Mutex::default() }
    }

    /// Lets a request pass, or says how long it would have to wait. While it is open, one request at a time passes,
    /// after the pause; that one has the next pause for its time.
    pub(crate) fn pass(&self) -> Result<(), Duration> {
        let mut state = self.state();
        if let Some(opens_at) = state.opens_at {
            let now = Instant::now();
            if now < opens_at {
                return Err(opens_at - now);
            }
            state.opens_at = Some(now + self.pause);
        }
        Ok(())
    }

    /// Whether it is open, and for how long still.
    pub(crate) fn open_for(&self) -> Option<Duration> {
        self.state().opens_at.map(|at| at.saturating_duration_since(Instant::now()))
    }

    pub(crate) fn succeeded(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn failed(&self) {
        let mut state = self.state();
        state.failures += 1;
        if state.failures >= self.threshold {
            state.opens_at = Some(Instant::now() + self.pause);
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn opens_after_failures_in_a_row_and_lets_one_try_after_the_pause() {
        let breaker = Breaker::new(3, Duration::from_secs(10));
        breaker.failed();
        breaker.failed();
        breaker.succeeded();
        breaker.failed();
        breaker.failed();
        assert_eq!(breaker.pass(), Ok(()), "a success between counts anew");
        breaker.failed();
        assert_eq!(breaker.pass(), Err(Duration::from_secs(10)));

        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(breaker.pass(), Ok(()), "one may try");
        assert!(breaker.pass().is_err(), "and only one");
        breaker.failed();
        assert!(breaker.pass().is_err());

        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(breaker.pass(), Ok(()));
        breaker.succeeded();
        assert_eq!((breaker.pass(), breaker.pass(), breaker.open_for()), (Ok(()), Ok(()), None));
    }
}
