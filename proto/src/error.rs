//! One error model for all services: a reason, a sentence, and details. It maps
//! to gRPC in one place and comes back as the same type at the client.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

pub use crate::observatory::common::v1::ErrorReason as Reason;

/// `google.rpc.ErrorInfo.domain` of every error.
pub const DOMAIN: &str = "observatory";

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field, such as `job_ids[3]`.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// An error as every caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What went wrong, for machines.
    pub reason: Reason,
    /// What went wrong and what to do, for people.
    pub message: String,
    /// Fields at fault.
    pub fields: Vec<FieldViolation>,
    /// More facts, such as `capability` or `dependency`.
    pub metadata: HashMap<String, String>,
    /// Resource type and name that the error is about.
    pub resource: Option<(String, String)>,
    /// When trying again makes sense.
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    /// An error with a reason and a sentence.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            fields: Vec::new(),
            metadata: HashMap::new(),
            resource: None,
            retry_after: None,
        }
    }

    /// One field breaks its rule.
    pub fn invalid_field(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::invalid_fields([FieldViolation { field: field.into(), description: description.into() }])
    }

    /// Several fields break their rules.
    pub fn invalid_fields(fields: impl IntoIterator<Item = FieldViolation>) -> Self {
        let fields: Vec<_> = fields.into_iter().collect();
        let message: Vec<_> = fields.iter().map(|v| format!("{}: {}", v.field, v.description)).collect();
        Self { fields, ..Self::new(Reason::FieldInvalid, message.join("; ")) }
    }

    /// A stored thing that isn't there. `kind` such as `job`.
    pub fn not_found(reason: Reason, kind: &str, name: &str) -> Self {
        let mut error = Self::new(reason, format!("there is no {kind} {name:?}"));
        error.resource = Some((format!("observatory/{kind}"), name.to_string()));
        error
    }

    /// A part of the contract that this server can't do (yet).
    pub fn capability_missing(capability: &str, message: impl Into<String>) -> Self {
        Self::new(Reason::CapabilityMissing, message).with("capability", capability)
    }

    /// Postgres, Redis or a peer doesn't answer.
    pub fn unavailable(dependency: &str, message: impl std::fmt::Display) -> Self {
        let mut error = Self::new(Reason::DependencyUnavailable, format!("{dependency} is not available: {message}"))
            .with("dependency", dependency);
        error.retry_after = Some(Duration::from_secs(1));
        error
    }

    /// A fault of ours. The message must not hold secrets.
    pub fn internal(message: impl std::fmt::Display) -> Self {
        Self::new(Reason::Internal, message.to_string())
    }

    /// Adds a fact to `ErrorInfo.metadata`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.metadata.insert(key.to_string(), value.into());
        self
    }

    /// Adds a field violation.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.fields.push(FieldViolation { field: field.into(), description: description.into() });
        self
    }

    /// The reason without its prefix, as `ErrorInfo.reason` carries it.
    pub fn reason_name(&self) -> &'static str {
        self.reason.as_str_name().trim_start_matches("ERROR_REASON_")
    }

    /// The gRPC code that goes with a reason.
    pub fn code(&self) -> Code {
        match self.reason {
            Reason::Unspecified | Reason::Internal => Code::Internal,
            Reason::FieldInvalid | Reason::MessageMalformed | Reason::PageTokenInvalid => Code::InvalidArgument,
            Reason::MessageTooLarge => Code::ResourceExhausted,
            Reason::RequestIdReused | Reason::ScheduleExists => Code::AlreadyExists,
            Reason::JobNotFound
            | Reason::SkillNotFound
            | Reason::OperationNotFound
            | Reason::ScheduleNotFound
            | Reason::SpiderNotFound
            | Reason::ModelNotFound
            | Reason::SameMeaningNotFound
            | Reason::ClusteringNotFound
            | Reason::PageGone => Code::NotFound,
            Reason::OperationState
            | Reason::SpiderOff
            | Reason::SpiderBroken
            | Reason::ModelRefused
            | Reason::PageUnreadable => Code::FailedPrecondition,
            Reason::AddressForbidden | Reason::RobotsDisallowed | Reason::PageLoginWall | Reason::PageCaptcha => {
                Code::PermissionDenied
            }
            Reason::CapabilityMissing | Reason::MethodNotFound => Code::Unimplemented,
            Reason::DependencyUnavailable
            | Reason::ModelUnavailable
            | Reason::ShuttingDown
            | Reason::HostUnavailable
            | Reason::PageFailed => Code::Unavailable,
            Reason::Overloaded | Reason::ModelBudgetSpent => Code::ResourceExhausted,
            Reason::DeadlineExceeded => Code::DeadlineExceeded,
            Reason::Cancelled => Code::Cancelled,
            Reason::OperationFailed | Reason::ModelAnswerMalformed => Code::Aborted,
        }
    }

    /// Reads the error out of a status, also one that another implementation made.
    pub fn from_status(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let reason = info
            .and_then(|info| Reason::from_str_name(&format!("ERROR_REASON_{}", info.reason)))
            .unwrap_or_else(|| reason_of(status.code()));
        let mut error = Self::new(reason, status.message());
        error.metadata = info.map(|info| info.metadata.clone()).unwrap_or_default();
        error.retry_after = details.retry_info().and_then(|retry| retry.retry_delay);
        error.resource = details.resource_info().map(|info| (info.resource_type.clone(), info.resource_name.clone()));
        for violation in details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default() {
            error = error.with_field(violation.field, violation.description);
        }
        error
    }
}

/// The reason for a bare status: one that no part of the observatory made.
pub fn reason_of(code: Code) -> Reason {
    match code {
        Code::InvalidArgument | Code::OutOfRange => Reason::FieldInvalid,
        Code::NotFound | Code::Unimplemented => Reason::MethodNotFound,
        Code::Unavailable => Reason::DependencyUnavailable,
        Code::ResourceExhausted => Reason::Overloaded,
        Code::DeadlineExceeded => Reason::DeadlineExceeded,
        Code::Cancelled => Reason::Cancelled,
        Code::AlreadyExists => Reason::RequestIdReused,
        Code::FailedPrecondition => Reason::OperationState,
        Code::Aborted => Reason::OperationFailed,
        Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss | Code::PermissionDenied | Code::Unauthenticated => {
            Reason::Internal
        }
    }
}

/// Longest text in a status: it travels in a header, and callers' own words may stand in it.
const MAX_TEXT: usize = 500;
/// A status names at most so many fields.
const MAX_FIELDS: usize = 20;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        let mut details = ErrorDetails::new();
        details.set_error_info(error.reason_name(), DOMAIN, error.metadata.clone());
        for violation in error.fields.iter().take(MAX_FIELDS) {
            details.add_bad_request_violation(shortened(&violation.field), shortened(&violation.description));
        }
        if let Some((kind, name)) = &error.resource {
            details.set_resource_info(kind, shortened(name), "", "");
        }
        if let Some(delay) = error.retry_after {
            details.set_retry_info(Some(delay));
        }
        Status::with_error_details(error.code(), shortened(&error.message), details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_wire() {
        let mut error = Error::not_found(Reason::JobNotFound, "job", "42").with("hint", "x").with_field("job_id", "no");
        error.retry_after = Some(Duration::from_secs(3));
        let status = Status::from(error.clone());
        assert_eq!(status.code(), Code::NotFound);
        assert_eq!(Error::from_status(&status), error);
    }

    #[test]
    fn a_callers_long_words_do_not_break_the_header() {
        let name = "ñ".repeat(2 << 20);
        let error = Error::not_found(Reason::OperationNotFound, "operation", &name);
        let error = (0..1000).fold(error, |error, i| error.with_field(format!("job_ids[{i}]"), name.clone()));
        let status = Status::from(error);
        let bytes = status.message().len() + status.details().len();
        assert!(bytes < 32 << 10, "{bytes} bytes");
    }

    #[test]
    fn a_foreign_status_still_gets_a_reason() {
        assert_eq!(Error::from_status(&Status::unavailable("connect")).reason, Reason::DependencyUnavailable);
    }
}
