//! An error, however it was told.

use std::collections::BTreeMap;

use serde_json::Value;
use tonic::Status;
use tonic_types::StatusExt;

/// What callers may rely on in an error, read from its details and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failure {
    /// gRPC code.
    pub code: i32,
    /// `ErrorInfo.reason`; empty where there is no such detail.
    pub reason: String,
    /// `ErrorInfo.domain`.
    pub domain: String,
    /// `ErrorInfo.metadata`.
    pub metadata: BTreeMap<String, String>,
    /// Fields of `BadRequest`.
    pub fields: Vec<String>,
    /// For people.
    pub message: String,
}

impl From<&Status> for Failure {
    fn from(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().cloned();
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        Self {
            code: status.code().into(),
            reason: info.as_ref().map(|info| info.reason.clone()).unwrap_or_default(),
            domain: info.as_ref().map(|info| info.domain.clone()).unwrap_or_default(),
            metadata: info.map(|info| info.metadata.into_iter().collect()).unwrap_or_default(),
            fields: violations.into_iter().map(|violation| violation.field).collect(),
            message: status.message().to_owned(),
        }
    }
}

impl Failure {
    /// From a `google.rpc.Status` as JSON: what REST answers, and what the CLI prints.
    pub fn from_json(status: &Value) -> Self {
        let details = status["details"].as_array().cloned().unwrap_or_default();
        let detail = |name: &str| {
            let kind = format!("type.googleapis.com/google.rpc.{name}");
            details.iter().find(|detail| detail["@type"] == kind.as_str()).cloned().unwrap_or_default()
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (info, bad) = (detail("ErrorInfo"), detail("BadRequest"));
        let metadata = info["metadata"].as_object().cloned().unwrap_or_default();
        let violations = bad["field_violations"].as_array().or(bad["fieldViolations"].as_array()).cloned();
        Self {
            code: status["code"].as_i64().unwrap_or(-1) as i32,
            reason: text(&info["reason"]),
            domain: text(&info["domain"]),
            metadata: metadata.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
            fields: violations.unwrap_or_default().iter().map(|violation| text(&violation["field"])).collect(),
            message: text(&status["message"]),
        }
    }
}
