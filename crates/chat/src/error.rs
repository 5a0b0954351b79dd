//! Why a model gave no answer.

use std::time::Duration;

/// Why a model gave no answer. No message holds a key or a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChatError {
    /// The server can't be reached, broke off, or failed by itself; or the breaker is open.
    #[error("the model is unavailable: {0}")]
    Unavailable(String),
    /// It took too long; says what did.
    #[error("the model took too long: {0}")]
    Timeout(String),
    /// The server asks for fewer requests.
    #[error("the model's server asks for fewer requests: {message}")]
    RateLimited {
        /// When to come again, where it says so.
        retry_after: Option<Duration>,
        /// Its words.
        message: String,
    },
    /// The server refuses what it was asked: the key, the model's name, or the request.
    #[error("the model's server refuses the request ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// What came back is not the protocol.
    #[error("the model's server does not speak the protocol: {0}")]
    Malformed(String),
    /// The caller wants it no more.
    #[error("cancelled")]
    Cancelled,
    /// The day's tokens are used up.
    #[error(
        "the budget of {limit} tokens a day is spent ({used} used): wait for the next day (UTC) or raise the budget"
    )]
    BudgetSpent {
        /// Tokens used today.
        used: u64,
        /// Tokens that may be used a day.
        limit: u64,
    },
    /// The question and room for the answer are longer than the model can read.
    #[error("the question is longer than the model can read: {0}")]
    TooLong(String),
}

impl ChatError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout(_) | Self::RateLimited { .. } | Self::Malformed(_))
    }
}
