//! What a long task says of its progress inside: a crawl of its pages, a clustering of its stages.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use fred::types::Value;
use observatory_proto::Error;
use serde::{Deserialize, Serialize};

use crate::{
    Operations, Run, TaskError,
    redis::{GROUP, now_ms},
    scripts,
};

/// How far a task is inside. All values are absolute.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// What is being done, such as `scrape`.
    pub stage: String,
    /// Steps known so far.
    pub total: i32,
    /// Steps done.
    pub completed: i32,
    /// Steps that failed.
    pub failed: i32,
    /// 0 to 100; shown so that it never goes back.
    pub percent: f64,
    /// What else was counted; also fills the response by field name.
    pub counts: BTreeMap<String, i32>,
    /// Lists that fill the response's string fields by field name; a field that isn't repeated takes the first.
    #[serde(default)]
    pub lists: BTreeMap<String, Vec<String>>,
}

/// A step that failed, listed among the failures of the operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFailure {
    /// Such as the address of a page.
    pub item: String,
    /// Why, for people.
    pub message: String,
    /// Why, for machines: an `ErrorReason` without its prefix.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl Steps {
    /// True where a step failed, or something inside one.
    pub(crate) fn any_failed(&self) -> bool {
        self.failed > 0 || self.counts.get("failed").is_some_and(|failed| *failed > 0)
    }

    /// Reads them from the operation's hash in Redis.
    pub(crate) fn from_fields(fields: &HashMap<String, Value>) -> Option<Self> {
        let number = |name: &str| fields.get(name).and_then(Value::as_i64).unwrap_or(0) as i32;
        let counts = fields
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("c:")?.to_string(), value.as_i64()? as i32)))
            .collect();
        let lists = fields
            .iter()
            .filter_map(|(name, value)| {
                Some((name.strip_prefix("l:")?.to_string(), serde_json::from_str(&value.as_string()?).ok()?))
            })
            .collect();
        Some(Self {
            stage: fields.get("s:stage")?.as_string()?,
            total: number("s:total"),
            completed: number("s:completed"),
            failed: number("s:failed"),
            percent: fields.get("s:percent").and_then(Value::as_f64).unwrap_or(0.0),
            counts,
            lists,
        })
    }
}

/// The way from a running task to its operation.
#[derive(Clone)]
pub(crate) struct Reporter {
    pub operations: Operations,
    pub kind: &'static str,
    pub consumer: String,
    /// Task key and stream entry of each task that runs.
    pub entries: Arc<[(String, String)]>,
}

impl std::fmt::Debug for Reporter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporter").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Run {
    /// Says how far the task `key` is inside, and which steps failed since the last call.
    /// `forget` drops the failures that were told before: a task that starts anew tells all of its own.
    /// Where another worker has taken the task over, [`Run::cancelled`] fires.
    ///
    /// # Errors
    /// UNAVAILABLE where Redis is away; the next call makes up for it.
    pub async fn report(
        &self,
        key: &str,
        steps: &Steps,
        failures: &[StepFailure],
        forget: bool,
    ) -> Result<(), TaskError> {
        let Reporter { operations, kind, consumer, entries } = &self.reporter;
        let Some((_, entry)) = entries.iter().find(|(task, _)| task == key) else { return Ok(()) };
        let (id, keys) = (self.operation_id.as_str(), &operations.inner.keys);
        let mut args: Vec<Value> = vec![
            id.into(),
            GROUP.into(),
            consumer.as_str().into(),
            entry.as_str().into(),
            key.into(),
            now_ms().into(),
            keys.channel().into(),
            steps.stage.as_str().into(),
            steps.total.into(),
            steps.completed.into(),
            steps.failed.into(),
            steps.percent.into(),
            i64::from(forget).into(),
            ((steps.counts.len() + steps.lists.len()) as i64).into(),
        ];
        args.extend(steps.counts.iter().flat_map(|(name, n)| [Value::from(format!("c:{name}")), Value::from(*n)]));
        for (name, list) in &steps.lists {
            let list = serde_json::to_string(list).map_err(Error::internal)?;
            args.extend([Value::from(format!("l:{name}")), Value::from(list)]);
        }
        for failure in failures {
            args.extend([failure.item.as_str().into(), failure.message.as_str().into()]);
            args.extend([failure.reason.as_str().into(), Value::from(i64::from(failure.attempts))]);
        }
        let names = vec![keys.operation(id), keys.stream(kind), keys.dead(id)];
        let heard: Result<i64, Error> =
            scripts::run(&operations.inner.redis, &operations.inner.scripts.report, names, args).await;
        if heard? == 0 {
            self.cancelled.cancel();
        }
        Ok(())
    }
}
