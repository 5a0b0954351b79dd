//! What a queued task does: extract the skills of one stored ad.

use std::sync::Arc;

use async_trait::async_trait;
use observatory_operations::{Backend, Item, Outcome, Run, Task, TaskError, kinds};
use uuid::Uuid;

use crate::{jobs, loaded::Library};

/// Kind of the operation; also its queue.
pub const KIND: &str = "extractor.batch_extract_skills";
/// The response of the operation.
pub const RESPONSE: &str = "observatory.extractor.v1.BatchExtractSkillsResponse";

/// Extracts skills; a task's key is the ad's id.
pub struct ExtractTask {
    /// Where ads are.
    pub backend: Backend,
    /// The extractor in use.
    pub library: Arc<Library>,
}

#[async_trait]
impl Task for ExtractTask {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn response_type(&self) -> &'static str {
        RESPONSE
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let ids: Vec<Uuid> = items.iter().filter_map(|item| item.key.parse().ok()).collect();
        let loaded = self.library.latest().await?;
        let result = jobs::extract_jobs(&self.backend.db, loaded, &ids, &run.operation_id).await?;
        self.backend.operations.data_changed().await;
        let extracted = result.extracted.len() as i32;
        self.backend.operations.announce(kinds::SKILLS_EXTRACTED, extracted, &run.operation_id);
        Ok(items
            .iter()
            .map(|item| {
                let extracted = item.key.parse().is_ok_and(|id: Uuid| result.extracted.contains(&id));
                Ok(if extracted { "extracted" } else { "passed_over" }.to_string())
            })
            .collect())
    }
}
