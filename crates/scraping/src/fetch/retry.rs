//! How long a host wants to be left alone.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use http::{HeaderMap, header::RETRY_AFTER};

/// What the header `Retry-After` asks for: seconds or an HTTP date (RFC 9110, 10.2.3). A past date is no wait.
pub(crate) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long time, not none.
        return Some(Duration::from_secs(text.parse().unwrap_or(u32::MAX.into())));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::from(now)).unwrap_or_default())
}

/// Exponential back-off with jitter: `base` doubled with each strike, times 0.5 to 1.5.
pub(crate) fn backoff(base: Duration, strikes: u32, most: Duration) -> Duration {
    let exponent = strikes.saturating_sub(1).min(20);
    let pause = base.saturating_mul(1 << exponent).min(most);
    pause.mul_f64(rand::random_range(0.5..1.5)).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers, "2026-11-06T08:49:37Z".parse().unwrap())
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_dates() {
        for (value, expected) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(u32::MAX.into())),
            ("Fri, 06 Nov 2026 08:51:37 GMT", Some(120)),
            ("Friday, 06-Nov-26 08:51:37 GMT", Some(120)),
            ("Fri Nov  6 08:51:37 2026", Some(120)),
            ("Fri, 06 Nov 2020 08:51:37 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(asked(value), expected.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), Utc::now()), None);
    }

    #[test]
    fn backoff_doubles_within_its_jitter_and_its_cap() {
        let (base, most) = (Duration::from_secs(5), Duration::from_secs(600));
        for _ in 0..200 {
            for (strikes, expected) in [(1, 5.0), (2, 10.0), (5, 80.0)] {
                let pause = backoff(base, strikes, most).as_secs_f64();
                assert!((0.5 * expected..1.5 * expected).contains(&pause), "{strikes}: {pause}");
            }
            assert!(backoff(base, u32::MAX, most) <= most);
        }
    }
}
