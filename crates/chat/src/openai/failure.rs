//! What a server's refusals and failures mean.

use std::{
    error::Error as _,
    time::{Duration, SystemTime},
};

use reqwest::{Response, header};
use serde_json::Value;

use super::Secret;
use crate::ChatError;

/// The server's words are cut to this many characters.
const LONGEST: usize = 300;

/// Turns failures into errors that don't show the key.
#[derive(Debug)]
pub(super) struct Failures {
    pub(super) key: Option<Secret>,
}

impl Failures {
    pub(super) fn of_transport(&self, error: reqwest::Error) -> ChatError {
        let error = error.without_url();
        // The last cause says it best: "connection refused".
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            message = deeper.to_string();
            cause = deeper.source();
        }
        let message = self.clean(&message);
        if error.is_timeout() { ChatError::Timeout(message) } else { ChatError::Unavailable(message) }
    }

    pub(super) async fn of_response(&self, response: Response) -> ChatError {
        let status = response.status().as_u16();
        let retry_after =
            response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).and_then(after);
        // A server that doesn't end its excuse isn't waited for.
        let body = tokio::time::timeout(Duration::from_secs(5), response.text()).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        self.of_status(status, retry_after, &body)
    }

    fn of_status(&self, status: u16, retry_after: Option<Duration>, body: &str) -> ChatError {
        let (message, code) = words(&serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())));
        let message = self.clean(&message);
        match status {
            // No patience helps against an empty account.
            429 if code == "insufficient_quota" => ChatError::Refused { status, message },
            429 => ChatError::RateLimited { retry_after, message },
            503 if retry_after.is_some() => ChatError::RateLimited { retry_after, message },
            408 | 425 | 500.. => ChatError::Unavailable(format!("its server answers {status}: {message}")),
            413 => ChatError::TooLong(message),
            400 | 422 if is_too_long(&code, &message) => ChatError::TooLong(message),
            _ => ChatError::Refused { status, message },
        }
    }

    /// An error that a server tells in the middle of a stream.
    pub(super) fn of_event(&self, error: &Value) -> ChatError {
        let (message, code) = words(error);
        let message = self.clean(&message);
        match error["code"].as_u64().and_then(|status| u16::try_from(status).ok()) {
            _ if is_too_long(&code, &message) => ChatError::TooLong(message),
            Some(status @ (400..=407 | 409..=424 | 426..=428)) => ChatError::Refused { status, message },
            _ => ChatError::Unavailable(message),
        }
    }

    /// Without the key, without control characters, not too long.
    pub(super) fn clean(&self, text: &str) -> String {
        let text = match &self.key {
            Some(key) if !key.expose().is_empty() => text.replace(key.expose(), "[secret]"),
            _ => text.to_owned(),
        };
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect::<String>().trim().to_owned()
    }
}

fn is_too_long(code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    code == "context_length_exceeded"
        || code == "exceed_context_size_error"
        || (message.contains("context") && ["exceed", "maximum", "too long"].iter().any(|word| message.contains(word)))
}

/// Message and code of an error as servers write it: `{"error": {"message", "code", "type"}}`, or less.
fn words(body: &Value) -> (String, String) {
    let error = body.get("error").unwrap_or(body);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let message = text(&error["message"]).or_else(|| text(&error["detail"])).or_else(|| text(error));
    let code = text(&error["code"]).or_else(|| text(&error["type"]));
    (message.unwrap_or_else(|| error.to_string()), code.unwrap_or_default())
}

/// Seconds, or a date.
fn after(value: &str) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_say_no_is_told_apart_and_no_message_shows_the_key() {
        let failures = Failures { key: Some(Secret::new("sk-very-secret")) };
        let of = |status, body: &str| failures.of_status(status, None, body);
        assert_eq!(
            of(401, r#"{"error":{"message":"Incorrect API key provided: sk-very-secret","code":"invalid_api_key"}}"#),
            ChatError::Refused { status: 401, message: "Incorrect API key provided: [secret]".into() }
        );
        let quota = of(429, r#"{"error":{"message":"pay","code":"insufficient_quota"}}"#);
        assert_eq!(quota, ChatError::Refused { status: 429, message: "pay".into() });
        assert_eq!(of(429, "slow down"), ChatError::RateLimited { retry_after: None, message: "slow down".into() });
        assert!(matches!(of(502, "<html>bad gateway"), ChatError::Unavailable(_)));
        let long = r#"{"error":{"message":"This model's maximum context length is 8192 tokens"}}"#;
        assert!(matches!(of(400, long), ChatError::TooLong(_)));
        let context = r#"{"error":{"message":"x","type":"exceed_context_size_error","code":400}}"#;
        assert!(matches!(of(400, context), ChatError::TooLong(_)));
        assert!(
            matches!(of(404, r#"{"detail":"no such model"}"#), ChatError::Refused { status: 404, message } if message == "no such model")
        );
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        assert!(after(&date).is_some_and(|wait| wait > Duration::from_secs(50)), "{date}");
        assert_eq!(after("soon"), None);
    }
}
