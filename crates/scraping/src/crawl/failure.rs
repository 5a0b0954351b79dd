//! Why a page gave no ads, in the words of the contract.

use chrono::{DateTime, Utc};

use crate::{fetch::FetchError, read::ReadError};

/// Why a page failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// An `ErrorReason` without its prefix.
    pub reason: &'static str,
    /// For people.
    pub message: String,
}

/// What to do about a page that wasn't fetched.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The page failed.
    Page(Failure),
    /// The whole host has to be left alone until then.
    Host(DateTime<Utc>, String),
}

impl Failure {
    /// Whether the portal shut the door: more requests would only annoy it.
    pub fn is_wall(&self) -> bool {
        matches!(self.reason, "PAGE_LOGIN_WALL" | "PAGE_CAPTCHA")
    }

    pub(super) fn new(reason: &'static str, message: impl ToString) -> Self {
        Self { reason, message: message.to_string() }
    }
}

impl From<&ReadError> for Failure {
    fn from(error: &ReadError) -> Self {
        let reason = match error {
            ReadError::NotFound | ReadError::SoftNotFound { .. } => "PAGE_GONE",
            ReadError::LoginWall { .. } => "PAGE_LOGIN_WALL",
            ReadError::Captcha { .. } => "PAGE_CAPTCHA",
            ReadError::Refused { .. } => "PAGE_FAILED",
            _ => "PAGE_UNREADABLE",
        };
        Self::new(reason, error)
    }
}

impl From<FetchError> for Trouble {
    fn from(error: FetchError) -> Self {
        match &error {
            FetchError::HostPaused { until, .. } | FetchError::BreakerOpen { until, .. } => {
                Self::Host(*until, error.to_string())
            }
            FetchError::RobotsUnavailable { retry_at, .. } => Self::Host(*retry_at, error.to_string()),
            _ => Self::Page(Failure::new(reason(&error), &error)),
        }
    }
}

fn reason(error: &FetchError) -> &'static str {
    match error {
        FetchError::ForbiddenAddress { .. } | FetchError::ForbiddenUrl { .. } => "ADDRESS_FORBIDDEN",
        FetchError::RobotsDisallowed { .. } => "ROBOTS_DISALLOWED",
        FetchError::Status { status: 404 | 410, .. } => "PAGE_GONE",
        FetchError::Status { status: 401, .. } => "PAGE_LOGIN_WALL",
        FetchError::ContentType(_) | FetchError::ContentEncoding(_) => "PAGE_UNREADABLE",
        _ => "PAGE_FAILED",
    }
}
