//! What went wrong with a model, as callers and operations see it.

use observatory_chat::ChatError;
use observatory_enhancement::AskError;
use observatory_operations::TaskError;
use observatory_proto::{Error, Reason};

/// A model's failure as callers see it.
pub fn to_error(model: &str, error: &AskError) -> Error {
    let reason = match error {
        AskError::Malformed { .. } => Reason::ModelAnswerMalformed,
        AskError::Chat(error) => match error {
            ChatError::Unavailable(_) | ChatError::Timeout(_) | ChatError::RateLimited { .. } => {
                Reason::ModelUnavailable
            }
            ChatError::Malformed(_) => Reason::ModelUnavailable,
            ChatError::Refused { .. } | ChatError::TooLong(_) => Reason::ModelRefused,
            ChatError::Cancelled => Reason::Cancelled,
            ChatError::BudgetSpent { .. } => Reason::ModelBudgetSpent,
        },
    };
    let mut out = Error::new(reason, format!("{model}: {error}")).with("model", model);
    if let AskError::Chat(ChatError::RateLimited { retry_after, .. }) = error {
        out.retry_after = *retry_after;
    }
    out
}

/// As an operation sees it: tried again where that may help.
pub fn to_task_error(error: Error) -> TaskError {
    let retryable = error.reason == Reason::ModelUnavailable;
    let task = TaskError::from(error);
    TaskError { retryable: task.retryable || retryable, ..task }
}
