//! What a service implements to add a kind of operation.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use observatory_proto::{Error, Reason};
use tokio_util::sync::CancellationToken;

use crate::steps::Reporter;

/// One task of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its key, such as a job id; unique in the operation.
    pub key: String,
    /// How often it was started, this time included.
    pub attempt: u32,
}

/// How a task went: the name of the count it belongs to, such as `cleaned`; behind it what is summed
/// up, such as `enhanced tokens_used=512` (see [`with_sums`]).
pub type Outcome = Result<String, TaskError>;

/// An outcome that also adds to sums, which fill the response and the metadata's counts by name.
pub fn with_sums(outcome: &str, sums: &[(&str, i64)]) -> String {
    let sums = sums.iter().filter(|(_, n)| *n > 0).map(|(name, n)| format!(" {name}={n}"));
    std::iter::once(outcome.to_string()).chain(sums).collect()
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TaskError {
    /// For machines.
    pub reason: Reason,
    /// For people.
    pub message: String,
    /// False where trying again can't help.
    pub retryable: bool,
}

impl TaskError {
    /// A failure that trying again won't mend.
    pub fn permanent(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), retryable: false }
    }

    /// A failure that may be over a moment later.
    pub fn transient(message: impl Into<String>) -> Self {
        Self { reason: Reason::DependencyUnavailable, message: message.into(), retryable: true }
    }
}

impl From<Error> for TaskError {
    fn from(error: Error) -> Self {
        let retryable = matches!(
            error.reason,
            Reason::DependencyUnavailable
                | Reason::Overloaded
                | Reason::DeadlineExceeded
                | Reason::Internal
                | Reason::ShuttingDown
        );
        Self { reason: error.reason, message: error.message, retryable }
    }
}

/// What a running task knows of its operation.
#[derive(Debug, Clone)]
pub struct Run {
    /// ULID.
    pub operation_id: String,
    /// The encoded request of the operation.
    pub request: Arc<[u8]>,
    /// Fires when the operation is cancelled or the process stops: stop at the next safe point.
    pub cancelled: CancellationToken,
    /// Fires when the process stops.
    pub(crate) stop: CancellationToken,
    /// Who hears of the progress inside a task.
    pub(crate) reporter: Reporter,
}

impl Run {
    /// The operation's request.
    ///
    /// # Errors
    /// When the journal holds something else: a fault of ours, never retried.
    pub fn request<M: prost::Message + Default>(&self) -> Result<M, TaskError> {
        M::decode(self.request.as_ref())
            .map_err(|error| TaskError::permanent(Reason::Internal, format!("the stored request is broken: {error}")))
    }

    /// What a task answers that stopped because [`Run::cancelled`] fired: dropped where the
    /// operation was cancelled, queued again where only this process stops.
    pub fn interruption(&self) -> TaskError {
        if self.stop.is_cancelled() {
            TaskError { reason: Reason::ShuttingDown, message: "the process stops".into(), retryable: true }
        } else {
            TaskError::permanent(Reason::Cancelled, "the operation was cancelled")
        }
    }
}

/// A kind of operation.
#[async_trait]
pub trait Task: Send + Sync + 'static {
    /// Its name, such as `cleaner.batch_clean_jobs`; also the name of its queue.
    fn kind(&self) -> &'static str;

    /// Full name of its response message. The message's integer fields are filled
    /// from the counts and sums of the same name (`failed` included).
    fn response_type(&self) -> &'static str;

    /// Most tasks that [`Task::run`] takes at once.
    fn batch_size(&self) -> usize {
        64
    }

    /// Longest time one batch may run; `None` for tasks that bound their own time.
    /// By default what the worker's options say.
    fn timeout(&self, default: Duration) -> Option<Duration> {
        Some(default)
    }

    /// Runs some tasks of one operation and says how each went, in order. An
    /// error here counts for all of them; they are then tried one by one.
    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError>;
}
