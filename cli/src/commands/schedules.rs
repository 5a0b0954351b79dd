//! `schedules`: what runs by itself, and what it did.

use chrono::{DateTime, Local, TimeZone, Utc};
use chrono_tz::Tz;
use clap::{Args, Subcommand, ValueEnum};
use observatory_proto::schedules::{
    CreateScheduleRequest, DeleteScheduleRequest, GetScheduleRequest, ListScheduleRunsRequest, ListSchedulesRequest,
    MissedTicks, PauseScheduleRequest, PreviewScheduleRequest, RunScheduleRequest, Schedule, ScheduleRunState,
    UpdateScheduleRequest,
};
use prost_reflect::{DynamicMessage, ReflectMessage};
use prost_types::{FieldMask, Struct, Timestamp};
use serde_json::Value as Json;

use super::pipeline::{finish, request_id};
use crate::{
    Context,
    error::{CliError, Result},
    output::{Output, Table, cell, printable, to_json},
    words::{self, Lang},
};

/// The commands of `schedules`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  observatory schedules list
  observatory schedules next '0 3 * * MON-FRI' --zone America/Bogota
  observatory schedules create extract-mexico --cron '30 2 * * *' --zone America/Mexico_City \\
      --kind extractor.batch_extract_skills --request '{\"country\": \"MX\", \"limit\": 1000}'
  observatory schedules update nightly-extraction --cron '0 4 * * *'
  observatory schedules pause weekly-clustering
  observatory schedules run nightly-extraction
  observatory schedules history nightly-extraction")]
pub enum SchedulesCommand {
    /// List all schedules
    List,
    /// Show one, with its next times
    Show(NameArg),
    /// Add one
    Create(CreateArgs),
    /// Change some of one; what isn't named stays
    Update(UpdateArgs),
    /// Stop one from firing
    Pause(NameArg),
    /// Let one fire again; the times that passed meanwhile are not made up for
    Resume(NameArg),
    /// Fire one now, and watch
    Run(RunArgs),
    /// Remove one, and its history
    Delete(NameArg),
    /// List what one did, newest first
    History(HistoryArgs),
    /// Say when a cron expression would fire
    Next(NextArgs),
}

/// One schedule.
#[derive(Debug, Args)]
pub struct NameArg {
    /// Name of the schedule
    pub name: String,
}

/// Options of `create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Name of the new schedule: lower-case letters, digits, hyphens
    pub name: String,
    /// When: minute, hour, day of the month, month, day of the week, such as '0 3 * * SUN'; or @daily
    #[arg(long)]
    pub cron: String,
    /// What: kind of the operation, such as extractor.batch_extract_skills
    #[arg(long)]
    pub kind: String,
    /// The rest.
    #[command(flatten)]
    pub rest: Rest,
}

/// Options of `update`.
#[derive(Debug, Args)]
pub struct UpdateArgs {
    /// Name of the schedule
    pub name: String,
    /// When: minute, hour, day of the month, month, day of the week, such as '0 3 * * SUN'; or @daily
    #[arg(long)]
    pub cron: Option<String>,
    /// What: kind of the operation, such as extractor.batch_extract_skills
    #[arg(long)]
    pub kind: Option<String>,
    /// The rest.
    #[command(flatten)]
    pub rest: Rest,
}

/// What `create` and `update` both take.
#[derive(Debug, Args)]
pub struct Rest {
    /// Time zone, such as America/Bogota [default: UTC]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// The operation's request as a JSON object, such as '{"limit": 500}' [default: {}]
    #[arg(long, value_name = "JSON", value_parser = request)]
    pub request: Option<Struct>,
    /// What becomes of times that passed while nothing ran [default: run-once]
    #[arg(long, value_enum)]
    pub missed: Option<MissedName>,
    /// What it is for, in a sentence
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Whether it is stopped from firing
    #[arg(long, value_name = "YES", num_args = 0..=1, default_missing_value = "true")]
    pub paused: Option<bool>,
}

/// What becomes of missed times.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum MissedName {
    /// One run makes up for all, if the newest is a day old at most, or half of its period
    RunOnce,
    /// They are only recorded
    Skip,
}

/// Options of `run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Name of the schedule
    pub name: String,
    /// Return at once
    #[arg(long)]
    pub no_wait: bool,
}

/// Options of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Name of the schedule
    pub name: String,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// Options of `next`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  observatory schedules next '0 */6 * * *' --zone America/Bogota --count 10")]
pub struct NextArgs {
    /// The cron expression
    pub cron: String,
    /// Its time zone
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// So many times
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub count: i32,
}

/// Reads `--request`.
fn request(text: &str) -> std::result::Result<Struct, String> {
    let wrong = |why: String| format!("a JSON object is needed, such as {{\"limit\": 500}}: {why}");
    let json: Json = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let message = DynamicMessage::deserialize(Struct::default().descriptor(), json);
    message
        .and_then(|message| message.transcode_to().map_err(serde::de::Error::custom))
        .map_err(|error: serde_json::Error| wrong(error.to_string()))
}

/// A request as a person writes it: a struct's numbers are all floats, and 500.0 reads as a mistake.
fn request_text(request: &Struct) -> Result<String> {
    Ok(whole_numbers(serde_json::from_str(&to_json(request, false)?).unwrap_or_default()).to_string())
}

fn whole_numbers(json: Json) -> Json {
    match json {
        Json::Number(number) => match number.as_f64() {
            // Up to 2^53 a float holds every whole number exactly.
            Some(x) if x.fract() == 0.0 && x.abs() < 9e15 => Json::from(x as i64),
            _ => Json::Number(number),
        },
        Json::Array(items) => items.into_iter().map(whole_numbers).collect(),
        Json::Object(fields) => fields.into_iter().map(|(name, value)| (name, whole_numbers(value))).collect(),
        other => other,
    }
}

/// The schedule that the options describe, and the fields that they name.
fn described(name: String, cron: Option<String>, kind: Option<String>, rest: Rest) -> (Schedule, FieldMask) {
    let named = [
        ("cron", cron.is_some()),
        ("operation_kind", kind.is_some()),
        ("time_zone", rest.zone.is_some()),
        ("request", rest.request.is_some()),
        ("missed_ticks", rest.missed.is_some()),
        ("description", rest.description.is_some()),
        ("paused", rest.paused.is_some()),
    ];
    let paths = named.into_iter().filter(|(_, named)| *named).map(|(path, _)| path.to_owned()).collect();
    let missed = rest.missed.map_or(MissedTicks::Unspecified, |missed| match missed {
        MissedName::RunOnce => MissedTicks::RunOnce,
        MissedName::Skip => MissedTicks::Skip,
    });
    let schedule = Schedule {
        schedule_id: name,
        cron: cron.unwrap_or_default(),
        time_zone: rest.zone.unwrap_or_default(),
        operation_kind: kind.unwrap_or_default(),
        request: rest.request,
        paused: rest.paused.unwrap_or_default(),
        missed_ticks: missed.into(),
        description: rest.description.unwrap_or_default(),
        ..Default::default()
    };
    (schedule, FieldMask { paths })
}

/// Runs a command of `schedules`.
///
/// # Errors
/// What the server says.
pub async fn run(context: &Context, command: SchedulesCommand) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    match command {
        SchedulesCommand::List => list(context).await,
        SchedulesCommand::Show(NameArg { name }) => {
            let request = GetScheduleRequest { schedule_id: name };
            show(out, &client.call(client.schedules().get_schedule(client.request(request))).await?)
        }
        SchedulesCommand::Create(CreateArgs { name, cron, kind, rest }) => {
            let (schedule, _) = described(name, Some(cron), Some(kind), rest);
            let request = CreateScheduleRequest { schedule: Some(schedule) };
            show(out, &client.call(client.schedules().create_schedule(client.request(request))).await?)
        }
        SchedulesCommand::Update(UpdateArgs { name, cron, kind, rest }) => {
            update(context, name, cron, kind, rest).await
        }
        SchedulesCommand::Pause(NameArg { name }) => pause(context, name, true).await,
        SchedulesCommand::Resume(NameArg { name }) => pause(context, name, false).await,
        SchedulesCommand::Run(args) => run_now(context, args).await,
        SchedulesCommand::Delete(NameArg { name }) => {
            let request = DeleteScheduleRequest { schedule_id: name.clone() };
            client.call(client.schedules().delete_schedule(client.request(request))).await?;
            out.line(if out.json { "{}".to_owned() } else { words::schedule_deleted(out.lang, name) });
            Ok(())
        }
        SchedulesCommand::History(args) => history(context, args).await,
        SchedulesCommand::Next(args) => next(context, args).await,
    }
}

async fn list(context: &Context) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = client.request(ListSchedulesRequest {});
    let response = client.call(client.schedules().list_schedules(request)).await?;
    if out.json {
        return out.message(&response);
    }
    if response.schedules.is_empty() {
        out.line(words::no_schedules(lang));
        return Ok(());
    }
    let mut table = Table::new([
        words::schedule(lang),
        "cron".to_owned(),
        words::time_zone(lang),
        words::next_time(lang),
        words::local_time(lang),
        words::last_time(lang),
        words::kind(lang),
    ]);
    for schedule in &response.schedules {
        let (next, local) = match schedule.next_run_times.first() {
            Some(time) => (in_zone(time, &schedule.time_zone), local(time)),
            None => (words::paused(lang), String::new()),
        };
        let last = schedule.last_tick_time.as_ref().map(|time| in_zone(time, &schedule.time_zone));
        table.row([
            schedule.schedule_id.clone(),
            schedule.cron.clone(),
            schedule.time_zone.clone(),
            next,
            local,
            last.unwrap_or_else(|| "-".to_owned()),
            cell(&schedule.operation_kind, 40),
        ]);
    }
    table.print(out);
    Ok(())
}

fn show(out: &Output, schedule: &Schedule) -> Result<()> {
    if out.json {
        return out.message(schedule);
    }
    let lang = out.lang;
    out.line(out.bold(&schedule.schedule_id));
    if !schedule.description.is_empty() {
        out.line(printable(&schedule.description));
    }
    let request = schedule.request.as_ref().map(request_text).transpose()?.unwrap_or_default();
    let missed = match schedule.missed_ticks() {
        MissedTicks::Skip => words::missed_skip(lang),
        MissedTicks::Unspecified | MissedTicks::RunOnce => words::missed_run_once(lang),
    };
    let mut table = Table::new([String::new(), String::new()]);
    table.row([words::cron(lang), format!("{} ({})", schedule.cron, schedule.time_zone)]);
    table.row([words::kind(lang), schedule.operation_kind.clone()]);
    table.row([words::request(lang), printable(&request)]);
    table.row([words::missed(lang), missed]);
    if schedule.paused {
        table.row([words::state(lang), words::paused(lang)]);
    }
    if let Some(last) = &schedule.last_tick_time {
        table.row([words::last_time(lang), in_zone(last, &schedule.time_zone)]);
    }
    for (i, operation) in schedule.recent_operations.iter().enumerate() {
        table.row([if i == 0 { words::operations(lang) } else { String::new() }, printable(operation)]);
    }
    table.print(out);
    if !schedule.next_run_times.is_empty() {
        out.line("");
        times(out, &schedule.next_run_times, &schedule.time_zone);
    }
    Ok(())
}

async fn update(context: &Context, name: String, cron: Option<String>, kind: Option<String>, rest: Rest) -> Result<()> {
    let (schedule, mask) = described(name, cron, kind, rest);
    if mask.paths.is_empty() {
        return Err(CliError::Usage(words::nothing_named(context.out.lang)));
    }
    let client = &context.client;
    let request = UpdateScheduleRequest { schedule: Some(schedule), update_mask: Some(mask) };
    show(&context.out, &client.call(client.schedules().update_schedule(client.request(request))).await?)
}

async fn pause(context: &Context, name: String, paused: bool) -> Result<()> {
    let client = &context.client;
    let request = PauseScheduleRequest { schedule_id: name, paused };
    show(&context.out, &client.call(client.schedules().pause_schedule(client.request(request))).await?)
}

async fn run_now(context: &Context, args: RunArgs) -> Result<()> {
    let client = &context.client;
    let request = RunScheduleRequest { schedule_id: args.name.clone(), request_id: request_id(context) };
    let operation = client.call_again(|| {
        let (mut service, request) = (client.schedules(), client.request(request.clone()));
        async move { service.run_schedule(request).await }
    });
    finish(context, operation.await?, &args.name, args.no_wait).await
}

async fn history(context: &Context, args: HistoryArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = GetScheduleRequest { schedule_id: args.name.clone() };
    let zone = client.call(client.schedules().get_schedule(client.request(request))).await?.time_zone;
    let request =
        ListScheduleRunsRequest { schedule_id: args.name, page_size: args.limit, page_token: args.page_token };
    let response = client.call(client.schedules().list_schedule_runs(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.runs.is_empty() {
        out.line(words::no_runs(lang));
        return Ok(());
    }
    let mut table = Table::new([
        words::due(lang, &zone),
        words::local_time(lang),
        words::state(lang),
        words::by_hand(lang),
        words::operation(lang),
        words::why(lang),
    ]);
    for run in &response.runs {
        let due = run.tick_time.as_ref();
        table.row([
            due.map(|time| in_zone(time, &zone)).unwrap_or_default(),
            due.map(local).unwrap_or_default(),
            run_state(lang, run.state()),
            if run.manual { words::yes(lang) } else { String::new() },
            cell(run.operation.trim_start_matches("operations/"), 40),
            cell(&run.error, 120),
        ]);
    }
    table.print(out);
    if !response.next_page_token.is_empty() {
        out.note(words::next_page(lang, response.next_page_token));
    }
    Ok(())
}

async fn next(context: &Context, args: NextArgs) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let request = PreviewScheduleRequest { cron: args.cron, time_zone: args.zone.clone(), count: args.count };
    let response = client.call(client.schedules().preview_schedule(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    times(out, &response.run_times, &args.zone);
    Ok(())
}

/// Next times, as the clocks there and here will show them.
fn times(out: &Output, times: &[Timestamp], zone: &str) {
    let mut table = Table::new([words::next_in(out.lang, zone), words::local_time(out.lang)]);
    for time in times {
        table.row([in_zone(time, zone), local(time)]);
    }
    table.print(out);
}

fn run_state(lang: Lang, state: ScheduleRunState) -> String {
    match state {
        ScheduleRunState::Claimed => words::run_claimed(lang),
        ScheduleRunState::Started => words::run_started(lang),
        ScheduleRunState::Failed => words::run_failed(lang),
        ScheduleRunState::Skipped => words::run_skipped(lang),
        ScheduleRunState::Unspecified => "-".to_owned(),
    }
}

/// `2026-11-24 03:00 -05` in a zone; in UTC where this program doesn't know it.
fn in_zone(time: &Timestamp, zone: &str) -> String {
    shown(time, &zone.parse().unwrap_or(Tz::UTC))
}

fn local(time: &Timestamp) -> String {
    shown(time, &Local)
}

fn shown<Z: TimeZone>(time: &Timestamp, zone: &Z) -> String
where
    Z::Offset: std::fmt::Display,
{
    let nanos = u32::try_from(time.nanos).unwrap_or_default();
    let Some(time) = DateTime::<Utc>::from_timestamp(time.seconds, nanos) else { return "-".to_owned() };
    let time = time.with_timezone(zone);
    let text = time.format("%Y-%m-%d %H:%M %:z").to_string();
    // Most offsets are whole hours.
    text.strip_suffix(":00").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_as_the_clock_there_shows_it() {
        let time = Timestamp { seconds: 1_795_507_200, nanos: 0 };
        assert_eq!(in_zone(&time, "UTC"), "2026-11-24 08:00 +00");
        assert_eq!(in_zone(&time, "America/Bogota"), "2026-11-24 03:00 -05");
        assert_eq!(in_zone(&time, "Asia/Kolkata"), "2026-11-24 13:30 +05:30");
        assert_eq!(in_zone(&time, "Mars/Olympus"), "2026-11-24 08:00 +00");
    }

    #[test]
    fn a_request_is_a_json_object() {
        let text = r#"{"country":"CO","limit":500,"umap":{"min_dist":0.1,"of":[1,2.5]}}"#;
        assert_eq!(request_text(&request(text).unwrap()).unwrap(), text);
        for wrong in ["", "[]", "5", "{limit: 5}"] {
            assert!(request(wrong).unwrap_err().contains("JSON object"), "{wrong}");
        }
    }

    #[test]
    fn an_update_names_what_was_given() {
        let rest = Rest { zone: None, request: None, missed: None, description: Some(String::new()), paused: None };
        let (schedule, mask) = described("a".into(), Some("@daily".into()), None, rest);
        assert_eq!((schedule.cron.as_str(), mask.paths), ("@daily", vec!["cron".to_owned(), "description".to_owned()]));
    }
}
