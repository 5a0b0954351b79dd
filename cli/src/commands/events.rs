//! `events`: what happens in the mesh, live.

use std::time::Duration;

use clap::Args;
use observatory_proto::pipeline::{WatchEventsRequest, WatchEventsResponse};

use crate::{
    Context,
    error::{CliError, Result},
    output::Output,
    watch::SILENCE,
    words,
};

/// Options of `events`.
#[derive(Debug, Args)]
#[command(
    after_help = "Kinds: jobs_scraped, jobs_imported, jobs_cleaned, skills_extracted, operation_started,\noperation_ended, pipeline_stage, schedule_fired.\n\nExamples:\n  observatory events\n  observatory events --kind jobs_scraped --kind jobs_cleaned\n  observatory --json events | jq .kind"
)]
pub struct EventsArgs {
    /// Only this kind; may be repeated [default: all]
    #[arg(long)]
    pub kind: Vec<String>,
}

/// Runs `events`, until Ctrl-C.
///
/// # Errors
/// What the server says; a connection that can't be had. One that breaks is made again.
pub async fn run(context: &Context, args: EventsArgs) -> Result<()> {
    tokio::select! {
        ended = follow(context, &args.kind) => ended,
        _ = tokio::signal::ctrl_c() => Err(CliError::Interrupted),
    }
}

async fn follow(context: &Context, kinds: &[String]) -> Result<()> {
    let mut heard = false;
    let mut pause = Duration::from_millis(250);
    loop {
        let mut alive = false;
        let ended = watch_once(context, kinds, &mut alive).await;
        heard |= alive;
        let why = match ended {
            Ok(()) => "the stream ended".to_owned(),
            Err(error) if heard && error.is_transient() => error.to_string(),
            Err(error) => return Err(error),
        };
        context.out.note(words::reconnecting(context.out.lang, why));
        pause = if alive { Duration::from_millis(250) } else { (pause * 2).min(Duration::from_secs(5)) };
        tokio::time::sleep(pause).await;
    }
}

/// One connection; `alive` once something came.
async fn watch_once(context: &Context, kinds: &[String], alive: &mut bool) -> Result<()> {
    let client = &context.client;
    let silent = || CliError::Unreachable { server: client.server().to_owned(), why: "no heartbeat".into() };
    let mut service = client.pipeline();
    let opening = client.call(service.watch_events(WatchEventsRequest { kinds: kinds.to_vec() }));
    let mut stream = tokio::time::timeout(SILENCE, opening).await.map_err(|_| silent())??;
    loop {
        let next = tokio::time::timeout(SILENCE, stream.message()).await.map_err(|_| silent())?;
        let Some(event) = next.map_err(|status| client.error(&status))? else { return Ok(()) };
        *alive = true;
        show(&context.out, &event)?;
    }
}

fn show(out: &Output, event: &WatchEventsResponse) -> Result<()> {
    match event.kind.as_str() {
        "heartbeat" => {}
        _ if out.json => out.stream_message(event)?,
        "missed" => out.note(words::events_missed(out.lang, out.lang.number(event.count))),
        _ => out.line(line(event, &out.lang.number(event.count))),
    }
    Ok(())
}

/// `14:05:09  jobs_cleaned       64  01JD...`, and what it is about.
fn line(event: &WatchEventsResponse, count: &str) -> String {
    let time = event.event_time.as_ref().map(ToString::to_string).unwrap_or_default();
    let time = time.get(11..19).unwrap_or("-");
    let about = [event.operation_id.as_str(), event.subject.as_str()];
    let about = about.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("  ");
    format!("{time}  {:<18} {count:>8}  {about}", event.kind).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_with_its_time_of_day() {
        let event = WatchEventsResponse {
            kind: "operation_ended".into(),
            count: 64,
            operation_id: "01JD".into(),
            event_time: Some(prost_types::Timestamp { seconds: 1_700_000_000, nanos: 0 }),
            subject: "cleaner.batch_clean_jobs succeeded".into(),
        };
        let expected = "22:13:20  operation_ended          64  01JD  cleaner.batch_clean_jobs succeeded";
        assert_eq!(line(&event, "64"), expected);
    }
}
