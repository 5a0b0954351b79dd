//! Starting the operations of claimed runs, again where that may help.

use chrono::TimeDelta;
use observatory_operations::{Event, kinds};
use observatory_proto::{Error, Reason, google::longrunning::Operation};
use observatory_store::{
    into_error,
    schedules::{self, Run},
    sea_orm::DatabaseConnection,
};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Firing, Timing};
use crate::launch::Launcher;

/// Tries before a run has failed: over about 18 minutes.
const ATTEMPTS: i32 = 12;
/// The longest pause between two of them, in seconds.
const LONGEST_PAUSE: i64 = 300;

/// Starts the operation of a run, once per `request_id`.
#[tonic::async_trait]
pub trait Launch: Send + Sync {
    /// Starts it.
    async fn launch(&self, kind: &str, request: &Json, request_id: &str) -> Result<Operation, Error>;
}

#[tonic::async_trait]
impl Launch for Launcher {
    async fn launch(&self, kind: &str, request: &Json, request_id: &str) -> Result<Operation, Error> {
        self.start(kind, request, request_id).await
    }
}

impl Firing {
    /// Starts a run that this replica took, and records how that went. Where even that fails, the
    /// run is taken again when its lease ends.
    pub(super) async fn start(&self, run: &Run) {
        let launched = self.launch.launch(&run.operation_kind, &run.request, &run.request_id).await;
        let recorded = match launched {
            Ok(operation) => {
                let id = operation_id(&operation);
                if let Some(events) = &self.events {
                    events.announce_event(Event::new(kinds::SCHEDULE_FIRED, 1, id).about(&run.schedule_id));
                }
                schedules::started(&self.db, run, id).await.map_err(into_error)
            }
            Err(error) => self.not_started(run, &error).await,
        };
        if let Err(error) = recorded {
            tracing::warn!(run = run.request_id, %error, "can't record a run; it will be taken again");
        }
    }

    async fn not_started(&self, run: &Run, error: &Error) -> Result<(), Error> {
        let again = if may_pass(error.reason) && run.attempts < ATTEMPTS {
            Some(self.now().await? + pause(run.attempts))
        } else {
            None
        };
        tracing::warn!(run = run.request_id, %error, again = again.map(tracing::field::display), "not started");
        schedules::not_started(&self.db, run, &sentence(error), again).await.map_err(into_error)
    }
}

/// Fires a schedule now, whatever its times; with a `request_id` of before, it is the operation of then.
///
/// # Errors
/// [`Reason::ScheduleNotFound`]; why its operation can't be started, which its history tells too.
pub async fn run_by_hand(
    db: &DatabaseConnection,
    launch: &dyn Launch,
    schedule_id: &str,
    request_id: &str,
) -> Result<Operation, Error> {
    let unique = if request_id.is_empty() { Uuid::new_v4().to_string() } else { request_id.to_string() };
    // Hashed, so that the caller's id and ours fit together into the length that a request_id may have.
    let hash = Sha256::digest(unique);
    let key: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let key = format!("schedule/{schedule_id}/by-hand/{key}");
    let lease = Timing::default().lease;
    let run = schedules::claim_by_hand(db, schedule_id, &key, lease).await.map_err(into_error)?;
    let run = run.ok_or_else(|| Error::not_found(Reason::ScheduleNotFound, "schedule", schedule_id))?;
    match launch.launch(&run.operation_kind, &run.request, &run.request_id).await {
        Ok(operation) => {
            schedules::started(db, &run, operation_id(&operation)).await.map_err(into_error)?;
            Ok(operation)
        }
        Err(error) => {
            // Who asked is told, and may ask again: nobody else tries.
            schedules::not_started(db, &run, &sentence(&error), None).await.map_err(into_error)?;
            Err(error)
        }
    }
}

fn operation_id(operation: &Operation) -> &str {
    operation.name.trim_start_matches("operations/")
}

fn sentence(error: &Error) -> String {
    format!("[{}] {}", error.reason_name(), error.message)
}

/// True where trying again may help.
fn may_pass(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::DependencyUnavailable
            | Reason::Overloaded
            | Reason::DeadlineExceeded
            | Reason::ShuttingDown
            | Reason::Cancelled
            | Reason::Internal
    )
}

/// 1, 2, 4 ... seconds.
fn pause(attempts: i32) -> TimeDelta {
    let doubled = 1i64 << attempts.saturating_sub(1).clamp(0, 30);
    TimeDelta::seconds(doubled.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_are_spread_over_about_18_minutes() {
        let pauses: Vec<_> = (1..ATTEMPTS).map(|attempts| pause(attempts).num_seconds()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(pauses.iter().sum::<i64>(), 1111);
    }
}
