//! Keeps Redis and the journal in step: what Redis lost is queued again, what
//! ended there is written down, what is old is forgotten.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use fred::prelude::*;
use observatory_proto::Error;
use observatory_store::{effects, into_error as db_error, journal};
use tokio_util::sync::CancellationToken;

use crate::{
    Operations, Progress, State,
    redis::{into_error, now_ms},
};

/// The journal keeps ended operations this long.
const KEEP_DAYS: i64 = 30;
/// How often old operations are forgotten.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3600);
/// A submitter that queues tasks is never silent for so long.
const STALLED_MS: i64 = 10_000;

/// Runs until `stop` fires.
pub(crate) async fn run(
    operations: Operations,
    kinds: Vec<String>,
    responses: HashMap<String, &'static str>,
    stop: CancellationToken,
) {
    let mut suspects = HashSet::new();
    let mut pruned: Option<Instant> = None;
    loop {
        if let Err(error) = round(&operations, &kinds, &responses, &mut suspects).await {
            tracing::warn!(%error, "recovery has to wait");
        }
        if pruned.is_none_or(|at| at.elapsed() >= PRUNE_INTERVAL) {
            match journal::prune(&operations.inner.db, chrono::Utc::now() - chrono::Duration::days(KEEP_DAYS)).await {
                Ok(_) => pruned = Some(Instant::now()),
                Err(error) => tracing::warn!(%error, "old operations could not be forgotten"),
            }
        }
        let pause = tokio::time::sleep(operations.inner.options.lease);
        tokio::select! { () = pause => {}, () = stop.cancelled() => return }
    }
}

/// One look at every open operation. `suspects` are those that the last look
/// found missing: a submitter may be between journal and queue, so only what is
/// missing twice is recovered.
async fn round(
    operations: &Operations,
    kinds: &[String],
    responses: &HashMap<String, &'static str>,
    suspects: &mut HashSet<String>,
) -> Result<(), Error> {
    let db = &operations.inner.db;
    let mut missing = HashSet::new();
    for row in journal::open(db, kinds).await.map_err(db_error)? {
        match operations.live(&row.operation_id).await? {
            Some(progress) if progress.state.is_terminal() => operations.end(&progress).await?,
            Some(progress) if !stalled(&progress) => {}
            _ if suspects.contains(&row.operation_id) => recover(operations, &row, responses).await?,
            _ => {
                missing.insert(row.operation_id);
            }
        }
    }
    *suspects = missing;
    Ok(())
}

fn stalled(progress: &Progress) -> bool {
    progress.enqueued < progress.queued && now_ms() - progress.update_ms > STALLED_MS
}

/// Builds an operation in Redis again from the journal and the effect keys.
async fn recover(
    operations: &Operations,
    row: &journal::JournalRow,
    responses: &HashMap<String, &'static str>,
) -> Result<(), Error> {
    let inner = &operations.inner;
    let id = &row.operation_id;
    let lock = inner.keys.lock(id);
    let held: Option<String> = inner
        .redis
        .set(&lock, 1, Some(Expiration::PX(60_000)), Some(SetOptions::NX), false)
        .await
        .map_err(into_error)?;
    if held.is_none() {
        return Ok(());
    }
    operations.purge(id, &row.kind).await?;
    let keys = journal::task_keys(&inner.db, id).await.map_err(db_error)?;
    let committed = effects::committed(&inner.db, id).await.map_err(db_error)?;
    let pending: Vec<String> = keys.into_iter().filter(|key| !committed.contains_key(key)).collect();

    let response_type = responses.get(&row.kind).copied().unwrap_or("google.protobuf.Empty");
    let mut progress = Progress::new(id, &row.kind, response_type, row.total, row.create_time.timestamp_millis());
    progress.completed = committed.len() as i32;
    committed.values().for_each(|outcome| progress.add(outcome));
    progress.queued = pending.len() as i32;
    // Beyond any sequence that a watcher may have seen.
    progress.sequence = now_ms();
    progress.update_ms = now_ms();
    if row.state == "cancelling" {
        progress.skipped = progress.queued;
        progress.queued = 0;
        progress.state = if progress.skipped > 0 { State::Cancelled } else { State::Succeeded };
        progress.end_ms = Some(now_ms());
    } else if pending.is_empty() {
        progress.state = State::Succeeded;
        progress.end_ms = Some(now_ms());
    }
    let pending = if progress.state.is_terminal() { Vec::new() } else { pending };
    tracing::warn!(
        operation = id,
        completed = progress.completed,
        pending = pending.len(),
        "queued again from the journal"
    );
    operations.enqueue(&progress, &row.request, &pending).await?;
    if progress.state.is_terminal() {
        operations.end(&progress).await?;
    }
    let _: () = inner.redis.del(&lock).await.map_err(into_error)?;
    Ok(())
}
