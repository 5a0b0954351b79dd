//! Workers: every replica of a service runs some slots per kind of operation,
//! all on one consumer group.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use fred::prelude::*;
use observatory_proto::{Error, Reason};
use rand::Rng;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{
    Item, Operations, Outcome, Run, Task, TaskError,
    redis::{GROUP, into_error, now_ms},
    scripts,
    steps::Reporter,
};

/// How workers work.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Batches that run at once, per kind and process; 2.
    pub slots: usize,
    /// Tries before a task is a dead letter; 5.
    pub max_attempts: u32,
    /// Tries while a dependency is away, which is no fault of the task; 200, about
    /// fifty minutes at the longest delay.
    pub max_outage_attempts: u32,
    /// Longest time one batch may run; 10 min.
    pub timeout: Duration,
    /// First delay before a retry; doubles each time, full jitter; 500 ms.
    pub backoff: Duration,
    /// Longest delay before a retry; 30 s.
    pub max_backoff: Duration,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self {
            slots: 2,
            max_attempts: 5,
            max_outage_attempts: 200,
            timeout: Duration::from_secs(600),
            backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(30),
        }
    }
}

/// Runs the tasks of some kinds of operations.
pub struct Worker {
    operations: Operations,
    options: WorkerOptions,
    tasks: Vec<Arc<dyn Task>>,
}

impl Worker {
    /// A worker without tasks.
    pub fn new(operations: Operations, options: WorkerOptions) -> Self {
        Self { operations, options, tasks: Vec::new() }
    }

    /// Adds a kind of operation.
    #[must_use]
    pub fn with(mut self, task: impl Task) -> Self {
        self.tasks.push(Arc::new(task));
        self
    }

    /// Works until `stop` fires; batches that run then are finished first.
    pub async fn run(self, stop: CancellationToken) {
        let mut slots = tokio::task::JoinSet::new();
        let kinds = self.tasks.iter().map(|task| task.kind().to_string()).collect();
        let responses = self.tasks.iter().map(|task| (task.kind().to_string(), task.response_type())).collect();
        slots.spawn(crate::recover::run(self.operations.clone(), kinds, responses, stop.clone()));
        for task in &self.tasks {
            for _ in 0..self.options.slots {
                let slot = Slot {
                    operations: self.operations.clone(),
                    reader: self.operations.redis().clone_new(),
                    task: task.clone(),
                    options: self.options.clone(),
                    consumer: new_consumer(),
                    known: HashMap::new(),
                };
                slots.spawn(slot.run(stop.clone()));
            }
        }
        while slots.join_next().await.is_some() {}
    }
}

/// A delivered task.
struct Delivery {
    entry: String,
    operation: String,
    item: Item,
    /// Deliveries of this entry before, to workers that died.
    before: u32,
}

enum Verdict {
    Done(String),
    Failed(TaskError),
    Drop,
}

struct Slot {
    operations: Operations,
    /// A connection of its own: a blocking read holds up whatever else is on it.
    reader: Client,
    task: Arc<dyn Task>,
    options: WorkerOptions,
    consumer: String,
    /// Requests of the operations seen last.
    known: HashMap<String, Arc<[u8]>>,
}

impl Slot {
    async fn run(mut self, stop: CancellationToken) {
        self.reader.connect();
        let mut lease = self.keep_lease();
        let mut housekeeping = Instant::now();
        while !stop.is_cancelled() {
            if let Err(error) = self.turn(&mut housekeeping, &stop).await {
                tracing::warn!(kind = self.task.kind(), %error, "the queue is not available");
                let pause = tokio::time::sleep(Duration::from_millis(500));
                tokio::select! { () = pause => {}, () = stop.cancelled() => {} }
                // Tasks may have been delivered that this slot never saw, or could not
                // acknowledge. Under a new name it is nobody's any more: they are taken over.
                lease.abort();
                self.consumer = new_consumer();
                lease = self.keep_lease();
            }
        }
        lease.abort();
        let _: Result<i64, _> = self.operations.redis().del(self.lease_key()).await;
        let _ = self.reader.quit().await;
    }

    fn keep_lease(&self) -> tokio::task::JoinHandle<()> {
        tokio::spawn(keep_lease(self.operations.clone(), self.lease_key()))
    }

    async fn turn(&mut self, housekeeping: &mut Instant, stop: &CancellationToken) -> Result<(), Error> {
        let mut deliveries = Vec::new();
        if housekeeping.elapsed() >= self.operations.inner.options.lease / 5 {
            self.ensure_lease_and_group().await?;
            self.queue_due().await?;
            deliveries = self.adopt().await?;
            *housekeeping = Instant::now();
        }
        if deliveries.is_empty() {
            deliveries = self.read(stop).await?;
        }
        if deliveries.is_empty() {
            return Ok(());
        }
        self.work(deliveries, stop).await
    }

    async fn ensure_lease_and_group(&self) -> Result<(), Error> {
        set_lease(&self.operations, &self.lease_key()).await?;
        let stream = self.operations.inner.keys.stream(self.task.kind());
        let made: Result<(), _> = self.operations.redis().xgroup_create(stream, GROUP, "0", true).await;
        match made {
            Err(error) if !error.details().starts_with("BUSYGROUP") => Err(into_error(error)),
            _ => Ok(()),
        }
    }

    fn lease_key(&self) -> String {
        format!("{}{}", self.operations.inner.keys.leases(self.task.kind()), self.consumer)
    }

    async fn queue_due(&self) -> Result<(), Error> {
        let inner = &self.operations.inner;
        let names = vec![inner.keys.delayed(self.task.kind()), inner.keys.stream(self.task.kind())];
        let _: i64 = scripts::run(&inner.redis, &inner.scripts.due, names, vec![now_ms().into(), 1_000.into()]).await?;
        Ok(())
    }

    async fn adopt(&self) -> Result<Vec<Delivery>, Error> {
        let inner = &self.operations.inner;
        let args = vec![
            GROUP.into(),
            self.consumer.as_str().into(),
            inner.keys.leases(self.task.kind()).into(),
            (self.task.batch_size() as i64).into(),
            inner.keys.operations().into(),
        ];
        let names = vec![inner.keys.stream(self.task.kind())];
        let adopted: Vec<(String, u32, HashMap<String, String>)> =
            match scripts::run::<Value, _>(&inner.redis, &inner.scripts.adopt, names, args).await?.convert() {
                Ok(adopted) => adopted,
                Err(error) => return Err(into_error(error)),
            };
        if !adopted.is_empty() {
            tracing::info!(kind = self.task.kind(), tasks = adopted.len(), "took over the tasks of a silent worker");
        }
        Ok(adopted.into_iter().map(|(entry, before, fields)| delivery(entry, fields, before)).collect())
    }

    async fn read(&self, stop: &CancellationToken) -> Result<Vec<Delivery>, Error> {
        type Entries = Vec<(String, HashMap<String, String>)>;
        let block = (self.operations.inner.options.lease / 5).as_millis() as u64;
        let stream = self.operations.inner.keys.stream(self.task.kind());
        let reading = self.reader.xreadgroup::<Value, _, _, _, _>(
            GROUP,
            self.consumer.as_str(),
            Some(self.task.batch_size() as u64),
            Some(block),
            false,
            stream.as_str(),
            ">",
        );
        let read = tokio::select! {
            // A read that is given up may still take tasks in Redis: they are taken over when the lease ends.
            () = stop.cancelled() => return Ok(Vec::new()),
            read = reading => read,
        };
        let read = match read {
            Ok(Value::Null) => return Ok(Vec::new()),
            Ok(read) => read,
            Err(error) if error.details().starts_with("NOGROUP") => {
                self.ensure_lease_and_group().await?;
                return Ok(Vec::new());
            }
            Err(error) => return Err(into_error(error)),
        };
        let mut read: HashMap<String, Entries> = read.into_xread_response().map_err(into_error)?;
        let entries = read.remove(&stream).unwrap_or_default();
        Ok(entries.into_iter().map(|(entry, fields)| delivery(entry, fields, 0)).collect())
    }

    async fn work(&mut self, deliveries: Vec<Delivery>, stop: &CancellationToken) -> Result<(), Error> {
        let mut groups: Vec<(String, Vec<Delivery>)> = Vec::new();
        for delivery in deliveries {
            match groups.iter_mut().find(|(operation, _)| *operation == delivery.operation) {
                Some((_, group)) => group.push(delivery),
                None => groups.push((delivery.operation.clone(), vec![delivery])),
            }
        }
        for (operation, group) in groups {
            let verdicts = self.judge(&operation, &group, stop).await?;
            self.commit(&operation, group.into_iter().zip(verdicts).collect()).await?;
        }
        Ok(())
    }

    /// Runs what still has to run.
    async fn judge(
        &mut self,
        operation: &str,
        group: &[Delivery],
        stop: &CancellationToken,
    ) -> Result<Vec<Verdict>, Error> {
        let (state, request) = self.begin(operation).await?;
        if state != "running" {
            return Ok(group.iter().map(|_| Verdict::Drop).collect());
        }
        let cancelled = CancellationToken::new();
        let reporter = Reporter {
            operations: self.operations.clone(),
            kind: self.task.kind(),
            consumer: self.consumer.clone(),
            entries: group.iter().map(|delivery| (delivery.item.key.clone(), delivery.entry.clone())).collect(),
        };
        let run = Run {
            operation_id: operation.to_string(),
            request,
            cancelled: cancelled.clone(),
            stop: stop.clone(),
            reporter,
        };
        let guard =
            tokio::spawn(watch_for_cancel(self.operations.clone(), operation.to_string(), cancelled, stop.clone()));
        let verdicts = self.run_all(&run, group).await;
        guard.abort();
        Ok(verdicts)
    }

    async fn begin(&mut self, operation: &str) -> Result<(String, Arc<[u8]>), Error> {
        let inner = &self.operations.inner;
        let known = self.known.get(operation).cloned();
        let args =
            vec![operation.into(), now_ms().into(), inner.keys.channel().into(), i64::from(known.is_none()).into()];
        let names = vec![inner.keys.operation(operation)];
        let (state, request): (String, bytes::Bytes) =
            scripts::run::<Value, _>(&inner.redis, &inner.scripts.begin, names, args)
                .await?
                .convert()
                .map_err(into_error)?;
        let request = known.unwrap_or_else(|| Arc::from(request.as_ref()));
        if self.known.len() >= 64 {
            self.known.clear();
        }
        self.known.insert(operation.to_string(), request.clone());
        Ok((state, request))
    }

    async fn run_all(&self, run: &Run, group: &[Delivery]) -> Vec<Verdict> {
        let limit = self.options.max_attempts;
        let (poison, healthy): (Vec<_>, Vec<_>) = group.iter().partition(|delivery| delivery.before >= limit);
        let items: Vec<Item> = healthy.iter().map(|delivery| delivery.item.clone()).collect();
        let mut outcomes = self.run_batch(run, &items).await.into_iter();
        let poison: HashSet<&str> = poison.iter().map(|delivery| delivery.entry.as_str()).collect();
        group
            .iter()
            .map(|delivery| {
                if poison.contains(delivery.entry.as_str()) {
                    let message = format!("{} workers died while running it", delivery.before);
                    return Verdict::Failed(TaskError::permanent(Reason::Internal, message));
                }
                match outcomes.next() {
                    Some(Ok(outcome)) => Verdict::Done(outcome),
                    Some(Err(error)) => Verdict::Failed(error),
                    None => Verdict::Drop,
                }
            })
            .collect()
    }

    /// Runs a batch; if it fails as a whole, runs its tasks one by one, so that
    /// one bad task doesn't fail its neighbours.
    async fn run_batch(&self, run: &Run, items: &[Item]) -> Vec<Outcome> {
        if items.is_empty() {
            return Vec::new();
        }
        match self.run_guarded(run, items).await {
            Ok(outcomes) if outcomes.len() == items.len() => outcomes,
            Ok(outcomes) => {
                let message = format!("the task answered {} outcomes for {} items", outcomes.len(), items.len());
                items.iter().map(|_| Err(TaskError::permanent(Reason::Internal, message.clone()))).collect()
            }
            // Neighbours are not to blame for a dependency that is away.
            Err(error) if items.len() == 1 || error.reason == Reason::DependencyUnavailable => {
                items.iter().map(|_| Err(error.clone())).collect()
            }
            Err(_) => {
                let mut outcomes = Vec::with_capacity(items.len());
                for item in items {
                    outcomes.extend(Box::pin(self.run_batch(run, std::slice::from_ref(item))).await);
                }
                outcomes
            }
        }
    }

    async fn run_guarded(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let (task, run, items) = (self.task.clone(), run.clone(), items.to_vec());
        let mut running = tokio::spawn(async move { task.run(&run, &items).await });
        let limit = self.task.timeout(self.options.timeout).unwrap_or(Duration::MAX);
        match tokio::time::timeout(limit, &mut running).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => {
                tracing::error!(kind = self.task.kind(), %panic, "a task panicked");
                Err(TaskError { reason: Reason::Internal, message: "the task panicked".into(), retryable: true })
            }
            Err(_) => {
                running.abort();
                let message = format!("not done after {} s", limit.as_secs());
                Err(TaskError { reason: Reason::DeadlineExceeded, message, retryable: true })
            }
        }
    }

    async fn commit(&self, operation: &str, judged: Vec<(Delivery, Verdict)>) -> Result<(), Error> {
        let inner = &self.operations.inner;
        let mut args: Vec<Value> = vec![
            GROUP.into(),
            self.consumer.as_str().into(),
            now_ms().into(),
            inner.keys.channel().into(),
            (inner.options.keep.as_secs() as i64).into(),
            inner.keys.operations().into(),
        ];
        for (delivery, verdict) in judged {
            let attempt = delivery.item.attempt;
            // A stop is no try: the task goes on as it was.
            let stopped = matches!(&verdict, Verdict::Failed(error) if error.reason == Reason::ShuttingDown);
            let (word, a, b) = self.phrase(verdict, attempt + delivery.before);
            let attempt = if stopped { attempt.saturating_sub(1) } else { attempt };
            args.extend([
                delivery.entry.into(),
                operation.into(),
                delivery.item.key.into(),
                i64::from(attempt).into(),
                word.into(),
                a,
                b.into(),
            ]);
        }
        let names = vec![inner.keys.stream(self.task.kind()), inner.keys.delayed(self.task.kind())];
        let result: Vec<String> = scripts::run::<Value, _>(&inner.redis, &inner.scripts.commit, names, args)
            .await?
            .convert()
            .map_err(into_error)?;
        if result.first().is_some_and(|fenced| fenced != "0") {
            tracing::warn!(kind = self.task.kind(), tasks = result[0], "another worker had taken these tasks over");
        }
        for ended in result.iter().skip(1) {
            // What fails here is mended by the recovery loop.
            if let Ok(Some(progress)) = self.operations.live(ended).await {
                tracing::info!(
                    operation = ended,
                    state = progress.state.as_str(),
                    completed = progress.completed,
                    failed = progress.failed,
                    "operation ended"
                );
                let _ = self.operations.end(&progress).await;
            }
        }
        Ok(())
    }

    /// A verdict as the commit script reads it.
    fn phrase(&self, verdict: Verdict, tries: u32) -> (&'static str, Value, &'static str) {
        match verdict {
            Verdict::Done(outcome) => ("done", outcome.into(), ""),
            Verdict::Drop => ("drop", "".into(), ""),
            Verdict::Failed(error) if error.reason == Reason::Cancelled => ("drop", "".into(), ""),
            Verdict::Failed(error) if error.reason == Reason::ShuttingDown => ("retry", now_ms().into(), ""),
            Verdict::Failed(error) if error.retryable && tries < self.limit(&error) => {
                ("retry", (now_ms() + self.delay(tries).as_millis() as i64).into(), "")
            }
            Verdict::Failed(error) => {
                let reason = error.reason.as_str_name().trim_start_matches("ERROR_REASON_");
                ("dead", error.message.into(), reason)
            }
        }
    }

    fn limit(&self, error: &TaskError) -> u32 {
        match error.reason {
            Reason::DependencyUnavailable => self.options.max_outage_attempts.max(self.options.max_attempts),
            _ => self.options.max_attempts,
        }
    }

    /// Exponential backoff with full jitter.
    fn delay(&self, tries: u32) -> Duration {
        let longest = self.options.backoff.saturating_mul(1 << tries.saturating_sub(1).min(16));
        rand::rng().random_range(Duration::ZERO..=longest.min(self.options.max_backoff))
    }
}

fn delivery(entry: String, mut fields: HashMap<String, String>, before: u32) -> Delivery {
    Delivery {
        entry,
        operation: fields.remove("o").unwrap_or_default(),
        item: Item {
            key: fields.remove("k").unwrap_or_default(),
            attempt: fields.remove("a").and_then(|a| a.parse().ok()).unwrap_or(1),
        },
        before,
    }
}

/// New at each start: what an earlier process held is taken over, not resumed.
fn new_consumer() -> String {
    Ulid::new().to_string()
}

async fn set_lease(operations: &Operations, key: &str) -> Result<(), Error> {
    let lease = operations.inner.options.lease.as_millis() as i64;
    operations.redis().set(key, 1, Some(Expiration::PX(lease)), None, false).await.map_err(into_error)
}

/// Says "alive" until it is aborted.
async fn keep_lease(operations: Operations, key: String) {
    loop {
        if let Err(error) = set_lease(&operations, &key).await {
            tracing::debug!(%error, "the lease could not be renewed");
        }
        tokio::time::sleep(operations.inner.options.lease / 4).await;
    }
}

/// Fires the token when the operation is cancelled or the process stops.
async fn watch_for_cancel(operations: Operations, id: String, cancelled: CancellationToken, stop: CancellationToken) {
    let key = operations.inner.keys.operation(&id);
    loop {
        let pause = tokio::time::sleep(Duration::from_millis(250));
        tokio::select! { () = pause => {}, () = stop.cancelled() => break }
        let state: Result<Option<String>, _> = operations.redis().hget(&key, "state").await;
        if matches!(state, Ok(state) if state.as_deref() != Some("running")) {
            break;
        }
    }
    cancelled.cancel();
}
