//! What is worth remembering of a host over a restart.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// What is known of a host, to be stored and given back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostState {
    /// The delay that was found, in seconds.
    pub delay_seconds: Option<f64>,
    /// End of a pause that the host asked for.
    pub paused_until: Option<DateTime<Utc>>,
    /// While the breaker is open: when a probe may pass.
    pub breaker_open_until: Option<DateTime<Utc>>,
    /// How often the breaker opened since the host last answered.
    pub breaker_openings: u32,
    /// Its robots.txt over http.
    pub robots_http: Option<RobotsState>,
    /// Its robots.txt over https.
    pub robots_https: Option<RobotsState>,
}

/// What is known of one robots.txt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RobotsState {
    /// The file; none where the host says that it has none, and where it never could be had.
    #[serde(default)]
    pub body: Option<String>,
    /// HTTP status of the last answer; 0 where there was none.
    pub status: u16,
    /// When it was last had, or known not to exist.
    #[serde(default)]
    pub fetched_at: Option<DateTime<Utc>>,
    /// When it is asked for again.
    pub expires_at: DateTime<Utc>,
    /// Since when it can't be had.
    #[serde(default)]
    pub unreachable_since: Option<DateTime<Utc>>,
    /// Why not.
    #[serde(default)]
    pub problem: Option<String>,
}

/// After this time without robots.txt, a host counts as one that has none (RFC 9309, 2.3.1.4).
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::days(30);
/// A robots.txt isn't used longer than this without asking again (RFC 9309, 2.4).
pub(crate) const LONGEST_TTL: TimeDelta = TimeDelta::days(1);
/// How soon and how late a robots.txt that can't be had is asked for again.
const RETRY: (TimeDelta, TimeDelta) = (TimeDelta::minutes(1), TimeDelta::hours(1));

impl RobotsState {
    /// It was had, or the host said with a 4xx that there is none.
    pub(crate) fn had(status: u16, body: Option<String>, ttl: Option<TimeDelta>, now: DateTime<Utc>) -> Self {
        let ttl = ttl.unwrap_or(LONGEST_TTL).min(LONGEST_TTL);
        Self { body, status, fetched_at: Some(now), expires_at: now + ttl, unreachable_since: None, problem: None }
    }

    /// It couldn't be had; what was known before stays. The time to the next try grows with the time that it is away.
    pub(crate) fn missed(before: Option<&Self>, status: u16, problem: String, now: DateTime<Utc>) -> Self {
        let since = before.and_then(|state| state.unreachable_since).unwrap_or(now);
        Self {
            body: before.and_then(|state| state.body.clone()),
            status,
            fetched_at: before.and_then(|state| state.fetched_at),
            expires_at: now + ((now - since) / 2).clamp(RETRY.0, RETRY.1),
            unreachable_since: Some(since),
            problem: Some(problem),
        }
    }

    /// The file to obey; none where nothing may be asked.
    pub(crate) fn text(&self, now: DateTime<Utc>) -> Option<&str> {
        let given_up = self.unreachable_since.is_some_and(|since| now - since >= GIVEN_UP_AFTER);
        (self.fetched_at.is_some() || given_up).then(|| self.body.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_is_the_longest_life() {
        let now = at("2026-11-01T00:00:00Z");
        for (ttl, expected) in [(None, 86_400), (Some(TimeDelta::days(9)), 86_400), (Some(TimeDelta::minutes(5)), 300)]
        {
            let state = RobotsState::had(200, None, ttl, now);
            assert_eq!((state.expires_at - now).num_seconds(), expected);
        }
    }

    #[test]
    fn what_was_had_stays_in_use_while_it_cannot_be_had_anew() {
        let now = at("2026-11-01T00:00:00Z");
        let had = RobotsState::had(200, Some("Disallow: /x".into()), None, now);
        let missed = RobotsState::missed(Some(&had), 503, "HTTP 503".into(), now + TimeDelta::days(2));
        assert_eq!(missed.text(now + TimeDelta::days(50)), Some("Disallow: /x"));
    }

    #[test]
    fn what_was_never_had_forbids_everything_for_thirty_days() {
        let start = at("2026-11-01T00:00:00Z");
        let mut state = RobotsState::missed(None, 0, "refused".into(), start);
        assert_eq!(state.text(start), None);
        assert_eq!(state.expires_at - start, TimeDelta::minutes(1));
        let later = start + TimeDelta::days(29);
        state = RobotsState::missed(Some(&state), 0, "refused".into(), later);
        assert_eq!((state.text(later), state.expires_at - later), (None, TimeDelta::hours(1)));
        assert_eq!(state.text(start + TimeDelta::days(30)), Some(""));
    }

    #[test]
    fn states_survive_json() {
        let now = at("2026-11-01T00:00:00Z");
        let state = HostState {
            delay_seconds: Some(2.5),
            robots_https: Some(RobotsState::missed(None, 0, "refused".into(), now)),
            ..HostState::default()
        };
        assert_eq!(serde_json::from_str::<HostState>(&serde_json::to_string(&state).unwrap()).unwrap(), state);
        assert_eq!(serde_json::from_str::<HostState>("{}").unwrap(), HostState::default());
    }
}
