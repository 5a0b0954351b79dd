//! What a queued task does: enhance one stored ad.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use observatory_enhancement::{Ad, Task as What};
use observatory_operations::{Item, Outcome, Run, Task, TaskError, kinds, with_sums};
use observatory_proto::{common::Pipeline, llm::BatchEnhanceJobsRequest};
use observatory_store::{effects, enhancement, extraction, into_error};
use sea_orm::{DbErr, TransactionSession, TransactionTrait};
use uuid::Uuid;

use crate::{
    convert,
    enhance::{Asking, Llm, Made},
    error::to_task_error,
};

/// Kind of the operation; also its queue.
pub const KIND: &str = "llm.batch_enhance_jobs";
/// The response of the operation.
pub const RESPONSE: &str = "observatory.llm.v1.BatchEnhanceJobsResponse";

/// Enhances ads; a task's key is the ad's id.
pub struct EnhanceTask {
    /// What it takes.
    pub llm: Arc<Llm>,
}

/// What a request means.
pub fn what(pipeline: Pipeline) -> What {
    if pipeline == Pipeline::B { What::Extract } else { What::Hybrid }
}

#[async_trait]
impl Task for EnhanceTask {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn response_type(&self) -> &'static str {
        RESPONSE
    }

    /// One answer takes seconds: each ad is queued, and taken over, by itself.
    fn batch_size(&self) -> usize {
        1
    }

    /// The model's limits bound it.
    fn timeout(&self, _: std::time::Duration) -> Option<std::time::Duration> {
        None
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let request: BatchEnhanceJobsRequest = run.request()?;
        Ok(join_all(items.iter().map(|item| self.enhance(run, &request, item))).await)
    }
}

impl EnhanceTask {
    async fn enhance(&self, run: &Run, request: &BatchEnhanceJobsRequest, item: &Item) -> Outcome {
        let db = &self.llm.backend.db;
        let id: Uuid = item.key.parse().unwrap_or_default();
        let Some(stored) = extraction::read(db, &[id]).await.map_err(into_error)?.into_iter().next() else {
            return Ok("passed_over".to_owned());
        };
        let model = self.llm.models.get(&request.model)?;
        let ad = Ad::from_combined(stored.combined_text);
        let (task, cancel) = (what(request.pipeline()), &run.cancelled);
        let asking = Asking { task, model, skip_cache: request.again && item.attempt == 1, cancel };
        let made = match self.llm.enhance(&ad, None, &asking, None).await {
            Ok(made) => made,
            Err(_) if cancel.is_cancelled() => return Err(run.interruption()),
            Err(error) => return Err(to_task_error(error)),
        };
        let row = convert::row(&made, id, task, &model.name, &run.operation_id);
        let outcome = outcome(&made);
        let stored = store(db, &row, &item.key, &outcome, &run.operation_id).await.map_err(into_error)?;
        self.llm.backend.operations.data_changed().await;
        self.llm.backend.operations.announce(kinds::SKILLS_ENHANCED, 1, &run.operation_id);
        Ok(stored.unwrap_or(outcome))
    }
}

/// `enhanced`, and what the operation sums up.
fn outcome(made: &Made) -> String {
    let usage = made.enhanced.usage;
    let tokens = i64::from(usage.prompt_tokens) + i64::from(usage.completion_tokens);
    with_sums(
        "enhanced",
        &[
            ("tokens_used", tokens),
            ("ungrounded", made.enhanced.ungrounded as i64),
            ("cached", i64::from(made.cached)),
            ("cost_usd_micros", (usage.cost_usd * 1e6).ceil() as i64),
        ],
    )
}

/// Writes a result once an operation; the outcome of an earlier delivery, where that has written it.
async fn store<C: TransactionTrait>(
    db: &C,
    row: &enhancement::Enhanced,
    key: &str,
    outcome: &str,
    operation_id: &str,
) -> Result<Option<String>, DbErr>
where
    <C as TransactionTrait>::Transaction: sea_orm::ConnectionTrait,
{
    let txn = db.begin().await?;
    let mut before = effects::claim(&txn, operation_id, &[(key.to_owned(), outcome.to_owned())]).await?;
    let before = before.remove(key);
    if before.is_none() {
        enhancement::write(&txn, row).await?;
    }
    txn.commit().await?;
    Ok(before)
}
