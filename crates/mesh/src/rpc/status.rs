//! One form of errors: a status that leaves without details gets them here.

use http::HeaderMap;
use observatory_proto::{
    Error, Reason,
    error::{DOMAIN, reason_of},
};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

const TOO_LARGE: &str = "message length too large";
const COMPRESSION: &str = "Content is compressed";

/// What tonic says when the bytes of a request are no message.
const MALFORMED: [&str; 4] = [
    "protocol error: received message",
    "Unexpected EOF decoding stream",
    "Missing request message",
    "Error decompressing",
];

/// Gives a bare status its details; one with details stays as it is.
pub fn normalize(status: Status, path: &str) -> Status {
    if status.code() == Code::Ok || !status.details().is_empty() {
        return status;
    }
    let text = status.message();
    match status.code() {
        Code::OutOfRange | Code::ResourceExhausted if text.contains(TOO_LARGE) => {
            Error::new(Reason::MessageTooLarge, text.trim_start_matches("Error, ")).into()
        }
        Code::Unimplemented if text.starts_with(COMPRESSION) => Error::capability_missing("compression", text).into(),
        Code::Unimplemented => {
            Error::new(Reason::MethodNotFound, format!("there is no method {path} on this server")).into()
        }
        Code::Internal if MALFORMED.iter().any(|malformed| text.contains(malformed)) => {
            Error::new(Reason::MessageMalformed, format!("the request can't be decoded: {text}")).into()
        }
        Code::Internal | Code::Unknown | Code::DataLoss => {
            tracing::error!(error = text, "internal error");
            Error::internal("something went wrong on this server; its log has the details").into()
        }
        code => with_reason(code, text),
    }
}

/// Keeps code and message.
fn with_reason(code: Code, text: &str) -> Status {
    let error = Error::new(reason_of(code), text);
    let mut details = ErrorDetails::new();
    details.set_error_info(error.reason_name(), DOMAIN, error.metadata);
    Status::with_error_details(code, text, details)
}

/// Puts a status into headers or trailers, in place of the one that is there.
pub fn write(status: &Status, headers: &mut HeaderMap) {
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        headers.remove(name);
    }
    if status.add_header(headers).is_err() {
        headers.insert("grpc-status", http::HeaderValue::from_static("13"));
    }
}

pub fn deadline_exceeded() -> Status {
    Error::new(Reason::DeadlineExceeded, "there was no time left to answer").into()
}

pub fn panicked() -> Status {
    Error::internal("something went wrong on this server; its log has the details").into()
}

pub fn shutting_down() -> Status {
    let mut error = Error::new(Reason::ShuttingDown, "this server is shutting down, call again");
    error.retry_after = Some(std::time::Duration::from_secs(1));
    error.into()
}
