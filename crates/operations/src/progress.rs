//! The state of an operation: read from Redis, kept in the journal, shown as
//! `google.longrunning.Operation`.

use std::collections::{BTreeMap, HashMap};

use fred::types::Value;
use observatory_proto::{Error, Reason, google::longrunning, google::rpc, operations as pb};
use prost::Message;
use prost_reflect::{DynamicMessage, Kind, Value as Field};
use serde::{Deserialize, Serialize};

use crate::{redis::now_ms, steps::Steps};

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted; nothing has run yet.
    Pending,
    /// Tasks are running.
    Running,
    /// Cancelled; tasks in flight are stopping.
    Cancelling,
    /// Ended; at least one task completed, or there was nothing to do.
    Succeeded,
    /// Ended; every task failed.
    Failed,
    /// Ended by a cancellation.
    Cancelled,
}

impl State {
    /// True where nothing more will happen.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// As Redis and the journal spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Running, Self::Cancelling, Self::Succeeded, Self::Failed, Self::Cancelled]
            .into_iter()
            .find(|state| state.as_str() == text)
    }

    fn to_proto(self) -> pb::OperationState {
        match self {
            Self::Pending => pb::OperationState::Pending,
            Self::Running => pb::OperationState::Running,
            Self::Cancelling => pb::OperationState::Cancelling,
            Self::Succeeded => pb::OperationState::Succeeded,
            Self::Failed => pb::OperationState::Failed,
            Self::Cancelled => pb::OperationState::Cancelled,
        }
    }
}

/// A task that failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The task's key.
    pub item: String,
    /// Why, for people.
    pub message: String,
    /// Why, for machines.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
}

/// The state of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// ULID.
    pub operation_id: String,
    /// Such as `cleaner.batch_clean_jobs`.
    pub kind: String,
    /// Full name of the response message.
    pub response_type: String,
    /// Where it stands.
    pub state: State,
    /// Tasks in all.
    pub total: i32,
    /// Tasks done.
    pub completed: i32,
    /// Tasks that failed for good.
    pub failed: i32,
    /// Tasks dropped by a cancellation.
    pub skipped: i32,
    /// Deliveries beyond the first.
    pub redeliveries: i32,
    /// Done tasks by outcome.
    pub outcomes: BTreeMap<String, i32>,
    /// What done tasks summed up, such as tokens.
    #[serde(default)]
    pub sums: BTreeMap<String, i64>,
    /// Counts the changes.
    pub sequence: i64,
    /// When it was accepted; all times in milliseconds since 1970.
    pub create_ms: i64,
    /// When its first task started.
    pub start_ms: Option<i64>,
    /// When anything last changed.
    pub update_ms: i64,
    /// When it ended.
    pub end_ms: Option<i64>,
    /// The first failures.
    pub failures: Vec<Failure>,
    /// How far its task is inside, where the task says so.
    #[serde(default)]
    pub steps: Option<Steps>,
    /// Why its last failed task failed.
    #[serde(default)]
    pub error: Option<String>,
    /// Tasks to queue, and tasks queued: differ while queueing goes on.
    #[serde(default)]
    pub(crate) queued: i32,
    #[serde(default)]
    pub(crate) enqueued: i32,
}

impl Progress {
    /// A new operation with nothing done.
    pub(crate) fn new(operation_id: &str, kind: &str, response_type: &str, total: i32, create_ms: i64) -> Self {
        let empty = total == 0;
        Self {
            operation_id: operation_id.into(),
            kind: kind.into(),
            response_type: response_type.into(),
            state: if empty { State::Succeeded } else { State::Pending },
            total,
            completed: 0,
            failed: 0,
            skipped: 0,
            redeliveries: 0,
            outcomes: BTreeMap::new(),
            sums: BTreeMap::new(),
            sequence: 1,
            create_ms,
            start_ms: None,
            update_ms: create_ms,
            end_ms: empty.then_some(create_ms),
            failures: Vec::new(),
            steps: None,
            error: None,
            queued: total,
            enqueued: 0,
        }
    }

    /// Fields of the hash in Redis, `request` beside them.
    pub(crate) fn to_fields(&self, request: &[u8]) -> Vec<Value> {
        let mut fields: Vec<Value> = vec![
            "kind".into(),
            self.kind.as_str().into(),
            "response_type".into(),
            self.response_type.as_str().into(),
            "state".into(),
            self.state.as_str().into(),
            "request".into(),
            Value::Bytes(request.to_vec().into()),
        ];
        let numbers = [
            ("total", self.total.into()),
            ("queued", self.queued.into()),
            ("enqueued", self.enqueued.into()),
            ("completed", self.completed.into()),
            ("failed", self.failed.into()),
            ("skipped", self.skipped.into()),
            ("redeliveries", self.redeliveries.into()),
            ("sequence", self.sequence),
            ("create_ms", self.create_ms),
            ("update_ms", self.update_ms),
        ];
        fields.extend(numbers.into_iter().flat_map(|(name, n)| [Value::from(name), Value::from(n)]));
        if let Some(end_ms) = self.end_ms {
            fields.extend(["end_ms".into(), Value::from(end_ms)]);
        }
        for (outcome, n) in &self.outcomes {
            fields.extend([Value::from(format!("o:{outcome}")), Value::from(*n)]);
        }
        for (name, n) in &self.sums {
            fields.extend([Value::from(format!("t:{name}")), Value::from(*n)]);
        }
        fields
    }

    /// Reads the hash in Redis; `None` where there is none.
    pub(crate) fn from_fields(operation_id: &str, fields: &HashMap<String, Value>) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(Value::as_string);
        let number = |name: &str| fields.get(name).and_then(Value::as_i64);
        let count = |name: &str| number(name).unwrap_or(0) as i32;
        let by = |prefix: &'static str| {
            fields
                .iter()
                .filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?.to_string(), value.as_i64()?)))
        };
        Some(Self {
            operation_id: operation_id.into(),
            kind: text("kind")?,
            response_type: text("response_type")?,
            state: State::parse(&text("state")?)?,
            total: count("total"),
            completed: count("completed"),
            failed: count("failed"),
            skipped: count("skipped"),
            redeliveries: count("redeliveries"),
            outcomes: by("o:").map(|(name, n)| (name, n as i32)).collect(),
            sums: by("t:").collect(),
            sequence: number("sequence")?,
            create_ms: number("create_ms")?,
            start_ms: number("start_ms"),
            update_ms: number("update_ms")?,
            end_ms: number("end_ms"),
            failures: Vec::new(),
            steps: Steps::from_fields(fields),
            error: text("error"),
            queued: count("queued"),
            enqueued: count("enqueued"),
        })
    }

    /// Counts a done task's outcome, as the commit script does.
    pub(crate) fn add(&mut self, outcome: &str) {
        let mut words = outcome.split(' ');
        *self.outcomes.entry(words.next().unwrap_or_default().to_string()).or_insert(0) += 1;
        for (name, n) in words.filter_map(|word| word.split_once('=')) {
            *self.sums.entry(name.to_string()).or_insert(0) += n.parse().unwrap_or(0);
        }
    }

    fn done(&self) -> i32 {
        self.completed + self.failed + self.skipped
    }

    /// Items in all, done, failed and dropped: the steps inside its task, where it tells of them.
    fn items(&self) -> (i32, i32, i32, i32) {
        match &self.steps {
            Some(steps) if self.state == State::Cancelled => {
                (steps.total, steps.completed, steps.failed, (steps.total - steps.completed - steps.failed).max(0))
            }
            Some(steps) => (steps.total, steps.completed, steps.failed, 0),
            None => (self.total, self.completed, self.failed, self.skipped),
        }
    }

    /// Items per second since the first one started.
    pub fn items_per_second(&self) -> f64 {
        let Some(start) = self.start_ms else { return 0.0 };
        let seconds = (self.end_ms.unwrap_or_else(now_ms) - start) as f64 / 1000.0;
        let (_, completed, failed, _) = self.items();
        if seconds > 0.0 { f64::from(completed + failed) / seconds } else { 0.0 }
    }

    /// 0 to 100.
    fn percent(&self) -> f64 {
        match &self.steps {
            Some(_) if self.state == State::Succeeded => 100.0,
            Some(steps) => steps.percent.clamp(0.0, 100.0),
            None if self.total == 0 => 100.0,
            None => 100.0 * f64::from(self.done()) / f64::from(self.total),
        }
    }

    /// The typed metadata of the operation.
    pub fn to_metadata(&self) -> pb::OperationMetadata {
        let rate = self.items_per_second();
        let (total, completed, failed, skipped) = self.items();
        let left = f64::from(total - completed - failed - skipped);
        let (stage, counts) = match &self.steps {
            Some(steps) => (steps.stage.clone(), steps.counts.clone()),
            None => {
                let sums = self.sums.iter().map(|(name, n)| (name.clone(), i32::try_from(*n).unwrap_or(i32::MAX)));
                (self.kind.split('.').next().unwrap_or_default().to_string(), sums.collect())
            }
        };
        pb::OperationMetadata {
            kind: self.kind.clone(),
            state: self.state.to_proto().into(),
            total,
            completed,
            failed,
            skipped,
            outcomes: if self.steps.is_some() {
                Default::default()
            } else {
                self.outcomes.clone().into_iter().collect()
            },
            // A zero in a map is sent as a key without a value, and Envoy's transcoder crashes on such an entry.
            counts: counts.into_iter().filter(|(_, n)| *n != 0).collect(),
            stage,
            items_per_second: rate,
            eta_seconds: if rate > 0.0 && !self.state.is_terminal() { left / rate } else { 0.0 },
            progress_percent: self.percent(),
            failures: self.failures.iter().map(Failure::to_proto).collect(),
            create_time: Some(timestamp(self.create_ms)),
            start_time: self.start_ms.map(timestamp),
            update_time: Some(timestamp(self.update_ms)),
            end_time: self.end_ms.map(timestamp),
            sequence: self.sequence,
            redeliveries: self.redeliveries,
        }
    }

    /// The operation as `google.longrunning` shows it.
    pub fn to_operation(&self) -> longrunning::Operation {
        use longrunning::operation::Result as Outcome;
        let result = match self.state {
            State::Pending | State::Running | State::Cancelling => None,
            State::Succeeded => Some(Outcome::Response(self.response())),
            State::Failed => Some(Outcome::Error(self.error(Reason::OperationFailed))),
            State::Cancelled => Some(Outcome::Error(self.error(Reason::Cancelled))),
        };
        longrunning::Operation {
            name: format!("operations/{}", self.operation_id),
            metadata: Some(any("observatory.operations.v1.OperationMetadata", self.to_metadata().encode_to_vec())),
            done: self.state.is_terminal(),
            result,
        }
    }

    /// The response message, its counts filled in by name.
    fn response(&self) -> prost_types::Any {
        let Some(descriptor) = observatory_proto::DESCRIPTOR_POOL.get_message_by_name(&self.response_type) else {
            return any("google.protobuf.Empty", Vec::new());
        };
        let mut message = DynamicMessage::new(descriptor.clone());
        for field in descriptor.fields().filter(|field| !field.is_list()) {
            let counts = self.steps.as_ref().map_or(&self.outcomes, |steps| &steps.counts);
            let count = match (field.name(), counts.get(field.name())) {
                (_, Some(count)) => i64::from(*count),
                ("failed", None) => i64::from(self.items().2),
                (name, None) => self.sums.get(name).copied().unwrap_or(0),
            };
            match field.kind() {
                Kind::Int32 => message.set_field(&field, Field::I32(i32::try_from(count).unwrap_or(i32::MAX))),
                Kind::Int64 => message.set_field(&field, Field::I64(count)),
                _ => {}
            }
        }
        for (name, list) in self.steps.iter().flat_map(|steps| &steps.lists) {
            let field = descriptor.get_field_by_name(name);
            let Some(field) = field.filter(|field| matches!(field.kind(), Kind::String)) else { continue };
            if field.is_list() {
                message.set_field(&field, Field::List(list.iter().cloned().map(Field::String).collect()));
            } else if let Some(first) = list.first() {
                message.set_field(&field, Field::String(first.clone()));
            }
        }
        any(&self.response_type, message.encode_to_vec())
    }

    fn error(&self, reason: Reason) -> rpc::Status {
        let (total, completed, ..) = self.items();
        let message = match (reason, self.failures.first()) {
            (Reason::Cancelled, _) => format!("cancelled after {completed} of {total} tasks"),
            (_, _) if self.steps.is_some() || self.total == 1 => {
                self.error.clone().unwrap_or_else(|| "its task failed".to_string())
            }
            (_, Some(first)) => format!("all {} tasks failed; the first: {}", self.failed, first.message),
            (_, None) => format!("all {} tasks failed", self.failed),
        };
        let status = tonic::Status::from(Error::new(reason, message));
        let details = rpc::Status::decode(status.details()).unwrap_or_default().details;
        rpc::Status { code: status.code() as i32, message: status.message().to_string(), details }
    }
}

impl Failure {
    /// As the contract shows it.
    pub fn to_proto(&self) -> pb::OperationFailure {
        pb::OperationFailure {
            item: self.item.clone(),
            message: self.message.clone(),
            reason: self.reason.clone(),
            attempts: self.attempts as i32,
            failure_time: Some(timestamp(self.time_ms)),
        }
    }
}

fn any(type_name: &str, value: Vec<u8>) -> prost_types::Any {
    prost_types::Any { type_url: format!("type.googleapis.com/{type_name}"), value }
}

fn timestamp(ms: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: ms.div_euclid(1000), nanos: (ms.rem_euclid(1000) * 1_000_000) as i32 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use observatory_proto::{
        cleaner::BatchCleanJobsResponse, llm::BatchEnhanceJobsResponse, pipeline::RunPipelineResponse,
    };

    fn progress() -> Progress {
        let mut progress = Progress::new(
            "01J",
            "cleaner.batch_clean_jobs",
            "observatory.cleaner.v1.BatchCleanJobsResponse",
            10,
            1_000,
        );
        progress.completed = 9;
        progress.failed = 1;
        progress.outcomes = BTreeMap::from([("cleaned".into(), 6), ("rejected".into(), 3)]);
        progress
    }

    #[test]
    fn the_response_is_filled_from_the_counts() {
        let mut progress = progress();
        progress.state = State::Succeeded;
        let operation = progress.to_operation();
        let Some(longrunning::operation::Result::Response(response)) = operation.result else { panic!("no response") };
        let response = BatchCleanJobsResponse::decode(response.value.as_slice()).expect("the named type");
        assert_eq!((response.cleaned, response.rejected, response.failed), (6, 3, 1));
        assert!(operation.done);
    }

    #[test]
    fn what_tasks_sum_up_fills_the_response_too() {
        let mut progress = progress();
        progress.state = State::Succeeded;
        progress.response_type = "observatory.llm.v1.BatchEnhanceJobsResponse".into();
        for outcome in ["enhanced tokens_used=3000000000 ungrounded=2", "enhanced tokens_used=5", "passed_over"] {
            progress.add(outcome);
        }
        let operation = progress.to_operation();
        let Some(longrunning::operation::Result::Response(response)) = operation.result else { panic!("no response") };
        let response = BatchEnhanceJobsResponse::decode(response.value.as_slice()).expect("the named type");
        assert_eq!((response.enhanced, response.ungrounded, response.passed_over), (2, 2, 1));
        assert_eq!((response.tokens_used, response.failed), (3_000_000_005, 1));
        assert_eq!(progress.to_metadata().counts["tokens_used"], i32::MAX);
    }

    #[test]
    fn lists_fill_the_repeated_fields_of_the_response() {
        let mut progress = progress();
        progress.response_type = "observatory.pipeline.v1.RunPipelineResponse".into();
        progress.state = State::Succeeded;
        let names = vec!["operations/a".to_string(), "operations/b".to_string()];
        progress.steps = Some(Steps {
            counts: BTreeMap::from([("cleaned".into(), 7)]),
            lists: BTreeMap::from([("stage_operations".into(), names.clone()), ("no_such_field".into(), Vec::new())]),
            ..Steps::default()
        });
        let Some(longrunning::operation::Result::Response(response)) = progress.to_operation().result else {
            panic!("no response")
        };
        let response = RunPipelineResponse::decode(response.value.as_slice()).expect("the named type");
        assert_eq!((response.stage_operations, response.cleaned), (names, 7));
    }

    #[test]
    fn a_cancelled_operation_ends_with_the_code_cancelled_and_a_reason() {
        let mut progress = progress();
        progress.state = State::Cancelled;
        let Some(longrunning::operation::Result::Error(error)) = progress.to_operation().result else {
            panic!("no error")
        };
        assert_eq!(error.code, tonic::Code::Cancelled as i32);
        assert!(error.details.iter().any(|detail| detail.type_url.ends_with("google.rpc.ErrorInfo")));
    }

    #[test]
    fn the_hash_in_redis_reads_back_as_written() {
        let progress = progress();
        let fields = progress.to_fields(b"request");
        let map = fields.chunks(2).map(|pair| (pair[0].as_string().expect("a name"), pair[1].clone())).collect();
        assert_eq!(Progress::from_fields("01J", &map), Some(progress));
    }

    #[test]
    fn nothing_to_do_has_ended_at_once() {
        let operation = Progress::new("01J", "k", "google.protobuf.Empty", 0, 5).to_operation();
        assert!(operation.done);
    }
}
