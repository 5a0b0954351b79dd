//! Follows an operation to its end, through broken connections, and says how it went.

use std::time::{Duration, Instant};

use observatory_proto::{
    google::longrunning::Operation,
    operations::{OperationMetadata, OperationState, WatchOperationRequest, WatchOperationResponse},
};
use prost::Message;

use crate::{
    Context,
    error::{CliError, Result},
    output::{Output, cell},
    progress::{Progress, outcomes},
    words,
};

/// The kind of a run of the whole pipeline.
pub const PIPELINE: &str = "gateway.run_pipeline";
/// The server sends a heartbeat every ten seconds; after this long the stream counts as dead.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long a broken connection is tried again.
const GIVE_UP: Duration = Duration::from_secs(90);

/// The id of an operation, with or without `operations/` before it.
pub fn operation_id(name: &str) -> &str {
    name.strip_prefix("operations/").unwrap_or(name)
}

/// The metadata of an operation; all zero where there is none.
///
/// # Errors
/// Where it is of another type than the contract says.
pub fn metadata(operation: &Operation) -> Result<OperationMetadata> {
    let Some(any) = &operation.metadata else { return Ok(OperationMetadata::default()) };
    OperationMetadata::decode(any.value.as_slice())
        .map_err(|error| CliError::Internal(format!("{}: the metadata can't be read: {error}", operation.name)))
}

/// A state as one lower-case word.
pub fn state_name(state: OperationState) -> String {
    state.as_str_name().trim_start_matches("OPERATION_STATE_").to_lowercase()
}

/// A kind in one word: `clean` for `cleaner.batch_clean_jobs`.
pub fn short_kind(kind: &str) -> &str {
    match kind {
        "cleaner.batch_clean_jobs" => "clean",
        "extractor.batch_extract_skills" => "extract",
        "scraper.scrape_portal" => "scrape",
        PIPELINE => "run",
        other => other,
    }
}

/// Follows an operation until it is done, showing its progress. Ctrl-C leaves it running
/// and says how to come back.
///
/// # Errors
/// [`CliError::Interrupted`] after Ctrl-C; what the server says; a connection that stays broken.
pub async fn follow(context: &Context, id: &str, name: &str) -> Result<Operation> {
    let ended = tokio::select! {
        ended = to_end(context, id, name) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    ended.unwrap_or_else(|| {
        context.out.note(words::detached(context.out.lang, id));
        Err(CliError::Interrupted)
    })
}

/// As [`follow`], leaving Ctrl-C to the caller.
///
/// # Errors
/// As [`follow`].
pub async fn to_end(context: &Context, id: &str, name: &str) -> Result<Operation> {
    let mut progress = Progress::new(&context.out, name);
    stream(context, id, &mut progress, |_| Ok(())).await
}

/// Follows an operation and hands every message to `each`; reconnects where the stream breaks.
///
/// # Errors
/// As [`follow`], and what `each` says.
pub async fn stream(
    context: &Context,
    id: &str,
    progress: &mut Progress<'_>,
    mut each: impl FnMut(&WatchOperationResponse) -> Result<()>,
) -> Result<Operation> {
    let mut after_sequence = 0;
    let mut alive = Instant::now();
    let mut pause = Duration::from_millis(250);
    loop {
        let before = alive;
        let broken = match watch_once(context, id, &mut after_sequence, &mut alive, progress, &mut each).await {
            Ok(Some(operation)) => return Ok(operation),
            Ok(None) => "the stream ended".to_owned(),
            Err(error) if error.is_transient() && alive.elapsed() < GIVE_UP => error.to_string(),
            Err(error) => return Err(error),
        };
        if alive.elapsed() >= GIVE_UP {
            return Err(CliError::Unreachable { server: context.client.server().to_owned(), why: broken });
        }
        pause = if alive > before { Duration::from_millis(250) } else { (pause * 2).min(Duration::from_secs(5)) };
        progress.note(&words::reconnecting(context.out.lang, broken));
        tokio::time::sleep(pause).await;
    }
}

/// One connection; `None` where it ended although the operation isn't done.
async fn watch_once(
    context: &Context,
    id: &str,
    after_sequence: &mut i64,
    alive: &mut Instant,
    progress: &mut Progress<'_>,
    each: &mut impl FnMut(&WatchOperationResponse) -> Result<()>,
) -> Result<Option<Operation>> {
    let request = WatchOperationRequest { operation_id: id.to_owned(), after_sequence: *after_sequence };
    let client = &context.client;
    let mut service = client.operation_service();
    let silent = || CliError::Unreachable { server: client.server().to_owned(), why: "no heartbeat".into() };
    let opened = tokio::time::timeout(SILENCE, client.call(service.watch_operation(request)));
    let mut stream = opened.await.map_err(|_| silent())??;
    loop {
        let next = tokio::time::timeout(SILENCE, stream.message()).await.map_err(|_| silent())?;
        let Some(response) = next.map_err(|status| client.error(&status))? else { return Ok(None) };
        *alive = Instant::now();
        *after_sequence = response.sequence.max(*after_sequence);
        each(&response)?;
        if let Some(operation) = response.operation {
            progress.operation(&metadata(&operation)?);
            if operation.done {
                return Ok(Some(operation));
            }
        }
    }
}

/// Prints how an operation went.
///
/// # Errors
/// [`CliError::Failed`] where it, or an item of it, failed or was cancelled.
pub fn summarize(out: &Output, operation: &Operation) -> Result<()> {
    let metadata = metadata(operation)?;
    if out.json {
        out.message(operation)?;
    } else {
        print_summary(out, operation, &metadata);
    }
    outcome(operation)
}

/// Whether all went well.
///
/// # Errors
/// [`CliError::Failed`] where the operation, or an item of it, failed or was cancelled.
pub fn outcome(operation: &Operation) -> Result<()> {
    let metadata = metadata(operation)?;
    let bad = matches!(metadata.state(), OperationState::Failed | OperationState::Cancelled);
    let inside = metadata.counts.get("failed").is_some_and(|failed| *failed > 0);
    if operation.done && (bad || inside || metadata.failed > 0) { Err(CliError::Failed) } else { Ok(()) }
}

/// Says in words how an operation went.
pub fn print_summary(out: &Output, operation: &Operation, metadata: &OperationMetadata) {
    let lang = out.lang;
    let id = operation_id(&operation.name);
    let kind = short_kind(&metadata.kind);
    if metadata.total == 0 && metadata.state() == OperationState::Succeeded {
        return out.line(words::nothing_to_do(lang, kind));
    }
    let done = outcomes(metadata, lang);
    let done = if done.is_empty() { lang.number(metadata.completed) } else { done.join(", ") };
    let mut time = lang.seconds(run_seconds(metadata));
    if metadata.items_per_second > 0.0 {
        time.push_str(&format!(" ({}/s)", lang.decimal(metadata.items_per_second, 0)));
    }
    out.line(words::finished(lang, out.bold(kind), state_name(metadata.state()), done, time));
    if let Some(observatory_proto::google::longrunning::operation::Result::Error(status)) = &operation.result {
        out.line(format!("  {}", cell(&status.message, 200)));
    }
    for failure in metadata.failures.iter().take(5) {
        out.line(format!("  {} [{}] {}", failure.item, failure.reason, cell(&failure.message, 120)));
    }
    let more = i64::from(metadata.failed) - 5;
    if more > 0 {
        out.line(format!("  {}", words::failures_more(lang, lang.number(more), id)));
    }
}

/// Seconds from the first item (or acceptance) to the end.
fn run_seconds(metadata: &OperationMetadata) -> f64 {
    let seconds = |time: &prost_types::Timestamp| time.seconds as f64 + f64::from(time.nanos) / 1e9;
    let start = metadata.start_time.as_ref().or(metadata.create_time.as_ref());
    match (start, metadata.end_time.as_ref().or(metadata.update_time.as_ref())) {
        (Some(start), Some(end)) => (seconds(end) - seconds(start)).max(0.0),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_with_or_without_their_prefix() {
        assert_eq!(operation_id("operations/01J"), "01J");
        assert_eq!(operation_id("01J"), "01J");
    }

    #[test]
    fn states_read_as_one_word() {
        assert_eq!(state_name(OperationState::Succeeded), "succeeded");
    }
}
