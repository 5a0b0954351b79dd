//! What ends a command early, and the exit code that goes with it.

use observatory_proto::Reason;
use tonic::{Code, Status};

/// Every way in which a command ends other than well.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Options that clap can't judge by itself.
    #[error("{0}")]
    Usage(String),
    /// A file that can't be read, or isn't what it should be.
    #[error("{0}")]
    Input(String),
    /// Nothing listens at the server's address, or the connection broke.
    #[error("{why} ({server})")]
    Unreachable {
        /// Where the server should be.
        server: String,
        /// What the transport said.
        why: String,
    },
    /// The server refused, with its reason.
    #[error("{0}")]
    Server(#[source] Box<observatory_proto::Error>),
    /// The local stack could not be started or stopped.
    #[error("{0}")]
    Stack(String),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
    /// It ran, the result is printed, and something in it failed.
    #[error("something failed; see above")]
    Failed,
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
}

/// This crate's result.
pub type Result<T, E = CliError> = std::result::Result<T, E>;

impl CliError {
    /// Reads a gRPC status: the server's own error, or a connection that failed.
    pub fn from_status(server: &str, status: &Status) -> Self {
        // tonic reports its own timeout as CANCELLED; the word for it is another.
        if status.code() == Code::Cancelled && status.message() == "Timeout expired" {
            let error = observatory_proto::Error::new(Reason::DeadlineExceeded, "no answer in time (--timeout)");
            return Self::Server(Box::new(error));
        }
        // A status that came over the wire has no cause on this side.
        if std::error::Error::source(status).is_some() {
            return Self::Unreachable { server: server.to_owned(), why: deepest(status) };
        }
        let error = observatory_proto::Error::from_status(status);
        Self::Server(Box::new(error))
    }

    /// The process's exit code; `observatory --help` lists them.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Input(_) => 64,
            Self::Unreachable { .. } | Self::Stack(_) => 69,
            Self::Server(error) => exit_code_of(error.reason),
            Self::Internal(_) => 70,
            Self::Failed => 1,
            Self::Interrupted => 130,
        }
    }

    /// True where trying again can help: the connection or a dependency failed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Server(error) => {
                matches!(error.reason, Reason::DependencyUnavailable | Reason::ShuttingDown | Reason::Overloaded)
            }
            _ => false,
        }
    }
}

fn exit_code_of(reason: Reason) -> u8 {
    match reason {
        Reason::FieldInvalid | Reason::PageTokenInvalid => 2,
        Reason::JobNotFound
        | Reason::SkillNotFound
        | Reason::OperationNotFound
        | Reason::ScheduleNotFound
        | Reason::ScheduleExists
        | Reason::SpiderNotFound
        | Reason::SpiderOff
        | Reason::SpiderBroken
        | Reason::AddressForbidden
        | Reason::RobotsDisallowed
        | Reason::HostUnavailable
        | Reason::PageGone
        | Reason::PageLoginWall
        | Reason::PageCaptcha
        | Reason::PageFailed
        | Reason::PageUnreadable
        | Reason::ModelNotFound
        | Reason::ModelAnswerMalformed
        | Reason::ModelRefused
        | Reason::SameMeaningNotFound
        | Reason::ClusteringNotFound
        | Reason::OperationState
        | Reason::OperationFailed
        | Reason::RequestIdReused
        | Reason::Cancelled => 1,
        Reason::MessageTooLarge => 64,
        Reason::CapabilityMissing
        | Reason::MethodNotFound
        | Reason::DependencyUnavailable
        | Reason::ModelUnavailable
        | Reason::ModelBudgetSpent
        | Reason::ShuttingDown
        | Reason::Overloaded
        | Reason::DeadlineExceeded => 69,
        Reason::Unspecified | Reason::MessageMalformed | Reason::Internal => 70,
    }
}

/// The innermost cause: "Connection refused (os error 111)" rather than "transport error".
fn deepest(status: &Status) -> String {
    let mut cause: &dyn std::error::Error = status;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_reason_decides_the_exit_code() {
        let not_found = observatory_proto::Error::not_found(Reason::JobNotFound, "job", "x");
        let error = CliError::from_status("http://x", &Status::from(not_found));
        assert_eq!(error.exit_code(), 1);
        assert!(!error.is_transient());
        let error =
            CliError::from_status("http://x", &Status::from(observatory_proto::Error::unavailable("redis", "no")));
        assert_eq!(error.exit_code(), 69);
        assert!(error.is_transient());
    }

    #[test]
    fn a_client_side_timeout_is_called_by_its_name() {
        let error = CliError::from_status("http://x", &Status::cancelled("Timeout expired"));
        assert!(error.to_string().contains("--timeout"));
        assert_eq!(error.exit_code(), 69);
    }
}
