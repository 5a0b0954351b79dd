//! Starting, reading and stopping operations.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use fred::prelude::*;
use observatory_proto::{Error, Reason};
use observatory_store::{into_error as db_error, journal};
use prost::Message;
use sea_orm::DatabaseConnection;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use ulid::Ulid;

use crate::{
    events::{self, Event, kinds},
    progress::{Failure, Progress, State},
    redis::{GROUP, Keys, Options, into_error, now_ms},
    scripts::{self, Scripts},
    steps::Steps,
    watch::Notifier,
};

/// Tasks queued by one script call: Redis serves nobody else meanwhile.
const CHUNK: usize = 1_000;

/// A new operation.
#[derive(Debug, Clone)]
pub struct Submit {
    /// Kind of the operation; also its queue.
    pub kind: &'static str,
    /// Full name of its response message.
    pub response_type: &'static str,
    /// The encoded request, as tasks will see it.
    pub request: Vec<u8>,
    /// The caller's idempotency key; empty for none.
    pub request_id: String,
    /// One unique key per task.
    pub task_keys: Vec<String>,
}

impl Submit {
    /// One task per id, with the request as tasks will see it.
    pub fn new<M: Message>(
        kind: &'static str,
        response_type: &'static str,
        request: &M,
        request_id: &str,
        ids: impl IntoIterator<Item = impl ToString>,
    ) -> Self {
        Self {
            kind,
            response_type,
            request: request.encode_to_vec(),
            request_id: request_id.to_string(),
            task_keys: ids.into_iter().map(|id| id.to_string()).collect(),
        }
    }
}

/// What [`Operations::submit`] did.
#[derive(Debug, Clone)]
pub struct Submitted {
    /// The operation, new or from an earlier call with the same `request_id`.
    pub progress: Progress,
    /// True where it is from an earlier call.
    pub repeated: bool,
}

/// A page of operations.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// Newest first.
    pub operations: Vec<Progress>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<(DateTime<Utc>, String)>,
}

/// Handle on all operations; cheap to clone.
#[derive(Clone)]
pub struct Operations {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub redis: Client,
    pub db: DatabaseConnection,
    pub keys: Keys,
    pub options: Options,
    pub scripts: Scripts,
    pub notifier: Notifier,
    pub announcer: mpsc::Sender<Event>,
}

impl Operations {
    /// On a connection from [`crate::connect`].
    pub fn new(redis: Client, db: DatabaseConnection, options: Options) -> Self {
        let keys = Keys::new(&options.prefix);
        let notifier = Notifier::new(&redis, &keys);
        let announcer = events::announcer(redis.clone(), keys.live());
        Self { inner: Arc::new(Inner { redis, db, keys, options, scripts: Scripts::new(), notifier, announcer }) }
    }

    /// The connection to Redis.
    pub fn redis(&self) -> &Client {
        &self.inner.redis
    }

    /// Answers whether Redis does.
    ///
    /// # Errors
    /// Why it doesn't, in a sentence.
    pub async fn ping(&self) -> Result<(), String> {
        self.inner.redis.ping::<()>(None).await.map_err(|error| error.to_string())
    }

    /// Says that stored data changed, so that nobody shows cached figures.
    pub async fn data_changed(&self) {
        let key = format!("{}:data_version", self.inner.options.prefix);
        if let Err(error) = self.inner.redis.incr::<i64, _>(key).await {
            tracing::warn!(%error, "cached figures may be shown for up to five minutes");
        }
    }

    /// A number that goes up whenever stored data changes; none where Redis can't say.
    pub async fn data_version(&self) -> Option<i64> {
        let key = format!("{}:data_version", self.inner.options.prefix);
        let version = self.inner.redis.get::<Option<i64>, _>(key).await.ok()?;
        Some(version.unwrap_or(0))
    }

    /// Starts an operation: journals it, queues its tasks, and returns at once.
    /// If Redis is away the operation is still accepted; it is queued from the
    /// journal as soon as Redis is back.
    ///
    /// # Errors
    /// [`Reason::RequestIdReused`] where the `request_id` belongs to a different
    /// request; UNAVAILABLE where Postgres is away: then nothing was started.
    pub async fn submit(&self, submit: Submit) -> Result<Submitted, Error> {
        if submit.request_id.contains('\0') {
            return Err(Error::invalid_field("request_id", "must not hold NUL characters"));
        }
        let id = Ulid::new().to_string();
        let row = journal::NewOperation {
            operation_id: id.clone(),
            kind: submit.kind.into(),
            request_hash: Sha256::digest(&submit.request).to_vec(),
            request: submit.request,
            request_id: (!submit.request_id.is_empty()).then_some(submit.request_id),
            task_keys: submit.task_keys,
        };
        if let Some(earlier) = journal::insert(&self.inner.db, &row).await.map_err(db_error)? {
            if earlier.request_hash != row.request_hash {
                return Err(Error::new(
                    Reason::RequestIdReused,
                    "request_id was used for a different request; use a new one",
                )
                .with_field("request_id", "used before with different content")
                .with("operation", format!("operations/{}", earlier.operation_id)));
            }
            return Ok(Submitted { progress: self.live_or_journal(earlier).await?, repeated: true });
        }
        let progress = Progress::new(&id, submit.kind, submit.response_type, row.task_keys.len() as i32, now_ms());
        // Told before anybody can end it.
        let started = Event::new(kinds::OPERATION_STARTED, progress.total, &id).about(submit.kind);
        events::publish(&self.inner.redis, &self.inner.keys.live(), &started).await;
        if let Err(error) = self.enqueue(&progress, &row.request, &row.task_keys).await {
            tracing::warn!(operation = id, %error, "accepted but not queued yet; the journal has it");
        } else if progress.state.is_terminal() {
            self.end(&progress).await?;
        }
        Ok(Submitted { progress, repeated: false })
    }

    /// Creates the operation in Redis and queues its tasks.
    pub(crate) async fn enqueue(&self, progress: &Progress, request: &[u8], keys: &[String]) -> Result<(), Error> {
        let id = &progress.operation_id;
        let names = [self.inner.keys.operation(id), self.inner.keys.stream(&progress.kind)];
        let mut fields = progress.to_fields(request);
        let mut offset = 0;
        loop {
            let chunk = &keys[offset..keys.len().min(offset + CHUNK)];
            let mut args: Vec<Value> = vec![id.as_str().into(), (offset as i64).into(), (fields.len() as i64).into()];
            args.append(&mut fields);
            args.extend(chunk.iter().map(|key| Value::from(key.as_str())));
            let enqueued: i64 =
                scripts::run(&self.inner.redis, &self.inner.scripts.enqueue, names.to_vec(), args).await?;
            if enqueued != (offset + chunk.len()) as i64 {
                return Ok(()); // somebody else queues it, or it was cancelled
            }
            offset += chunk.len();
            if offset == keys.len() {
                break;
            }
        }
        if progress.state.is_terminal() {
            let keep = self.inner.options.keep.as_secs() as i64;
            let _: () = self.inner.redis.expire(&names[0], keep, None).await.map_err(into_error)?;
        }
        Ok(())
    }

    /// Reads an operation.
    ///
    /// # Errors
    /// [`Reason::OperationNotFound`].
    pub async fn get(&self, operation_id: &str) -> Result<Progress, Error> {
        let id = parse_id(operation_id)?;
        match self.live(&id).await {
            Ok(Some(progress)) => Ok(progress),
            Ok(None) => self.journaled(&id).await,
            Err(error) => match self.journaled(&id).await {
                Ok(progress) if progress.state.is_terminal() => Ok(progress),
                _ => Err(error),
            },
        }
    }

    /// The operation in Redis.
    pub(crate) async fn live(&self, id: &str) -> Result<Option<Progress>, Error> {
        let inner = &self.inner;
        let fields: HashMap<String, Value> = inner.redis.hgetall(inner.keys.operation(id)).await.map_err(into_error)?;
        let Some(mut progress) = Progress::from_fields(id, &fields) else { return Ok(None) };
        if progress.failed > 0 || progress.steps.as_ref().is_some_and(Steps::any_failed) {
            progress.failures =
                self.failures_page(id, "-", 10).await?.into_iter().map(|(_, failure)| failure).collect();
        }
        Ok(Some(progress))
    }

    async fn journaled(&self, id: &str) -> Result<Progress, Error> {
        let row = journal::get(&self.inner.db, id).await.map_err(db_error)?.ok_or_else(|| not_found(id))?;
        Ok(progress_of(&row))
    }

    async fn live_or_journal(&self, row: journal::JournalRow) -> Result<Progress, Error> {
        Ok(self.live(&row.operation_id).await?.unwrap_or_else(|| progress_of(&row)))
    }

    /// Lists operations, newest first. Empty `kind` or `states` mean all.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres is away.
    pub async fn list(
        &self,
        kind: &str,
        states: &[State],
        after: Option<(DateTime<Utc>, String)>,
        limit: usize,
    ) -> Result<ListPage, Error> {
        // What still runs is `pending` in the journal, so the live states are told apart here.
        let journal_states: Vec<String> = if states.is_empty() {
            Vec::new()
        } else {
            let open = states.iter().any(|state| !state.is_terminal());
            let open = open.then_some(["pending", "cancelling"]).into_iter().flatten();
            states.iter().map(|state| state.as_str()).chain(open).map(str::to_string).collect()
        };
        let mut rows =
            journal::list(&self.inner.db, kind, &journal_states, after, limit as u64 + 1).await.map_err(db_error)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| (row.create_time, row.operation_id.clone()));
        let mut operations = Vec::with_capacity(rows.len());
        for row in rows {
            let progress = if row.end_time.is_some() { progress_of(&row) } else { self.live_or_journal(row).await? };
            if states.is_empty() || states.contains(&progress.state) {
                operations.push(progress);
            }
        }
        Ok(ListPage { operations, next })
    }

    /// Cancels an operation, and those that it started (their `request_id` begins with its id and `/`).
    /// Queued tasks are dropped at once; running ones stop at their next safe point. An ended operation
    /// stays as it is.
    ///
    /// # Errors
    /// [`Reason::OperationNotFound`].
    pub async fn cancel(&self, operation_id: &str) -> Result<Progress, Error> {
        let progress = self.cancel_one(parse_id(operation_id)?).await?;
        if matches!(progress.state, State::Cancelling | State::Cancelled) {
            for row in self.started_by(&progress.operation_id).await? {
                if row.end_time.is_none() {
                    self.cancel_one(row.operation_id).await?;
                }
            }
        }
        Ok(progress)
    }

    async fn started_by(&self, id: &str) -> Result<Vec<journal::JournalRow>, Error> {
        journal::started_by(&self.inner.db, id).await.map_err(db_error)
    }

    async fn cancel_one(&self, id: String) -> Result<Progress, Error> {
        let row = journal::get(&self.inner.db, &id).await.map_err(db_error)?.ok_or_else(|| not_found(&id))?;
        journal::mark_cancelling(&self.inner.db, &id).await.map_err(db_error)?;
        let inner = &self.inner;
        let names = vec![inner.keys.operation(&id), inner.keys.stream(&row.kind), inner.keys.delayed(&row.kind)];
        let args = vec![
            id.as_str().into(),
            GROUP.into(),
            now_ms().into(),
            inner.keys.channel().into(),
            (inner.options.keep.as_secs() as i64).into(),
        ];
        let _: Vec<String> = scripts::run(&inner.redis, &inner.scripts.cancel, names, args).await?;
        let progress = self.get(&id).await?;
        if progress.state.is_terminal() && row.end_time.is_none() {
            self.end(&progress).await?;
        }
        Ok(progress)
    }

    /// Queues the failed tasks of an ended operation again. One that started other operations goes on
    /// where it failed: those of them that failed are retried too.
    ///
    /// # Errors
    /// [`Reason::OperationState`] while it runs, or where nothing failed or the
    /// failures are no longer kept; and where only items of operations that it started failed.
    pub async fn retry(&self, operation_id: &str) -> Result<Progress, Error> {
        let progress = self.get(operation_id).await?;
        let id = &progress.operation_id;
        if progress.state.is_terminal() {
            let started = self.started_by(id).await?;
            if !started.is_empty() && progress.state != State::Failed {
                let why = format!("it {}; retry the operations that its failures name", progress.state.as_str());
                return Err(not_retried(id, &why));
            }
            for row in started.into_iter().filter(|row| row.state == State::Failed.as_str()) {
                match self.retry_one(self.get(&row.operation_id).await?).await {
                    Err(error) if error.reason != Reason::OperationState => return Err(error),
                    _ => {}
                }
            }
        }
        self.retry_one(progress).await
    }

    async fn retry_one(&self, progress: Progress) -> Result<Progress, Error> {
        let id = progress.operation_id.clone();
        let inner = &self.inner;
        if progress.state.is_terminal() {
            journal::reopen(&inner.db, &id).await.map_err(db_error)?;
        }
        let names = vec![inner.keys.operation(&id), inner.keys.stream(&progress.kind), inner.keys.dead(&id)];
        let args = vec![id.as_str().into(), now_ms().into(), inner.keys.channel().into()];
        let queued: i64 = scripts::run(&inner.redis, &inner.scripts.retry, names, args).await?;
        if queued > 0 {
            return self.get(&id).await;
        }
        if progress.state.is_terminal() {
            self.journal_end(&progress).await?;
        }
        let why = match queued {
            -2 => "it still runs",
            -1 => "its failures are no longer kept; start a new operation",
            _ => "none of its tasks failed",
        };
        Err(not_retried(&id, why))
    }

    /// Forgets an ended operation; the results of its tasks stay.
    ///
    /// # Errors
    /// [`Reason::OperationState`] while it runs.
    pub async fn delete(&self, operation_id: &str) -> Result<(), Error> {
        let progress = self.get(operation_id).await?;
        if !progress.state.is_terminal() {
            let message = format!("operation {} still runs; cancel it first", progress.operation_id);
            return Err(Error::new(Reason::OperationState, message));
        }
        journal::delete(&self.inner.db, &progress.operation_id).await.map_err(db_error)?;
        self.purge(&progress.operation_id, &progress.kind).await
    }

    /// Removes all traces of an operation from Redis.
    pub(crate) async fn purge(&self, id: &str, kind: &str) -> Result<(), Error> {
        let keys = &self.inner.keys;
        let names = vec![keys.operation(id), keys.stream(kind), keys.delayed(kind)];
        let args = vec![id.into(), GROUP.into()];
        let _: i64 = scripts::run(&self.inner.redis, &self.inner.scripts.purge, names, args).await?;
        Ok(())
    }

    /// Tasks that failed for good, oldest first, from `after` (exclusive, empty
    /// for the start); each with the position to go on from.
    ///
    /// # Errors
    /// [`Reason::OperationNotFound`].
    pub async fn failures(
        &self,
        operation_id: &str,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, Failure)>, Error> {
        let progress = self.get(operation_id).await?;
        let start = if after.is_empty() { "-".to_string() } else { format!("({after}") };
        let page = self.failures_page(&progress.operation_id, &start, limit).await?;
        if page.is_empty() && after.is_empty() {
            // No longer in Redis: the journal keeps the first ones.
            return Ok(progress.failures.into_iter().map(|failure| (String::new(), failure)).collect());
        }
        Ok(page)
    }

    async fn failures_page(&self, id: &str, start: &str, limit: usize) -> Result<Vec<(String, Failure)>, Error> {
        let entries: Vec<(String, HashMap<String, String>)> = self
            .inner
            .redis
            .xrange_values(self.inner.keys.dead(id), start, "+", Some(limit as u64))
            .await
            .map_err(into_error)?;
        Ok(entries
            .into_iter()
            .map(|(position, mut fields)| {
                let mut take = |name: &str| fields.remove(name).unwrap_or_default();
                let failure = Failure {
                    item: take("k"),
                    message: take("m"),
                    reason: take("r"),
                    attempts: take("a").parse().unwrap_or(0),
                    time_ms: take("t").parse().unwrap_or(0),
                };
                (position, failure)
            })
            .collect())
    }

    /// Writes the end of an operation into the journal, and tells of it: once, however many
    /// processes saw it end.
    pub(crate) async fn end(&self, progress: &Progress) -> Result<(), Error> {
        if self.journal_end(progress).await? {
            let subject = format!("{} {}", progress.kind, progress.state.as_str());
            let items = progress.to_metadata().completed;
            self.announce_event(Event::new(kinds::OPERATION_ENDED, items, &progress.operation_id).about(&subject));
        }
        Ok(())
    }

    /// Writes the end of an operation into the journal; true where it is the first to do so.
    pub(crate) async fn journal_end(&self, progress: &Progress) -> Result<bool, Error> {
        let snapshot = serde_json::to_value(progress).map_err(Error::internal)?;
        journal::finish(&self.inner.db, &progress.operation_id, progress.state.as_str(), snapshot)
            .await
            .map_err(db_error)
    }
}

/// Accepts `operations/<ulid>` and `<ulid>`.
pub(crate) fn parse_id(name: &str) -> Result<String, Error> {
    let id = name.strip_prefix("operations/").unwrap_or(name);
    Ulid::from_string(id).map(|ulid| ulid.to_string()).map_err(|_| not_found(id))
}

fn not_retried(id: &str, why: &str) -> Error {
    Error::new(Reason::OperationState, format!("operation {id} can't be retried: {why}"))
}

fn not_found(id: &str) -> Error {
    Error::not_found(Reason::OperationNotFound, "operation", id)
}

/// What the journal alone tells.
pub(crate) fn progress_of(row: &journal::JournalRow) -> Progress {
    if let Some(snapshot) = &row.snapshot
        && let Ok(progress) = serde_json::from_value(snapshot.clone())
    {
        return progress;
    }
    let mut progress = Progress::new(
        &row.operation_id,
        &row.kind,
        "google.protobuf.Empty",
        row.total,
        row.create_time.timestamp_millis(),
    );
    progress.state = State::parse(&row.state).unwrap_or(State::Pending);
    progress
}
