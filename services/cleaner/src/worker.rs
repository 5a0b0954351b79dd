//! What a queued task does: clean one stored ad.

use std::sync::Arc;

use async_trait::async_trait;
use observatory_operations::{Backend, Item, Outcome, Run, Task, TaskError, kinds};
use observatory_proto::Reason;
use uuid::Uuid;

use crate::{clean::Limits, jobs};

/// Kind of the operation; also its queue.
pub const KIND: &str = "cleaner.batch_clean_jobs";
/// The response of the operation.
pub const RESPONSE: &str = "observatory.cleaner.v1.BatchCleanJobsResponse";

/// Cleans ads; a task's key is the ad's id.
pub struct CleanTask {
    /// Where ads are.
    pub backend: Backend,
    /// When an ad is usable.
    pub limits: Arc<Limits>,
}

#[async_trait]
impl Task for CleanTask {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn response_type(&self) -> &'static str {
        RESPONSE
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let ids: Vec<Uuid> = items.iter().filter_map(|item| item.key.parse().ok()).collect();
        let verdicts = jobs::clean_jobs(&self.backend.db, &self.limits, &ids, Some(&run.operation_id)).await?;
        self.backend.operations.data_changed().await;
        let cleaned = verdicts.values().filter(|reason| reason.is_none()).count();
        self.backend.operations.announce(kinds::JOBS_CLEANED, cleaned as i32, &run.operation_id);
        Ok(items
            .iter()
            .map(|item| match item.key.parse().ok().and_then(|id: Uuid| verdicts.get(&id)) {
                Some(None) => Ok("cleaned".to_string()),
                Some(Some(_)) => Ok("rejected".to_string()),
                None => Err(TaskError::permanent(Reason::JobNotFound, "the ad is no longer stored")),
            })
            .collect())
    }
}
