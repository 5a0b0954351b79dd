//! What a queued task does: enhance one stored ad.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::join_all;
use observatory_enhancement::{Ad, Task as What};
use observatory_operations::{Item, Outcome, Run, Task, TaskError, with_sums};
use observatory_proto::{common::Pipeline, llm::BatchEnhanceJobsRequest};
use uuid::Uuid;

use crate::{
    convert,
    desk::Finished,
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
        let id: Uuid = item.key.parse().unwrap_or_default();
        let Some(stored) = self.llm.desk.ads.call(id).await? else {
            return Ok("passed_over".to_owned());
        };
        let model = self.llm.models.get(&request.model)?;
        let ad = Ad::from_combined(stored);
        let (task, cancel) = (what(request.pipeline()), &run.cancelled);
        let asking = Asking { task, model, skip_cache: request.again && item.attempt == 1, in_batch: true, cancel };
        let made = match self.llm.enhance(&ad, None, &asking, None).await {
            Ok(made) => made,
            Err(_) if cancel.is_cancelled() => return Err(run.interruption()),
            Err(error) => return Err(to_task_error(error)),
        };
        let row = convert::row(&made, id, task, &model.name, &run.operation_id);
        let result = Finished { key: item.key.clone(), outcome: outcome(&made), row, answer: made.answer };
        Ok(self.llm.desk.results.call(result).await?)
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
