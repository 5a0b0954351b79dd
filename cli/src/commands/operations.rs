//! `operations`: the standard operations API, and the observatory's watch and repair.

use clap::{Args, Subcommand, ValueEnum};
use observatory_proto::{
    google::longrunning::{
        CancelOperationRequest, DeleteOperationRequest, GetOperationRequest, ListOperationsRequest, Operation,
    },
    operations::{ListOperationFailuresRequest, RetryOperationRequest},
};

use super::time;
use crate::{
    Context,
    error::{CliError, Result},
    output::{Table, cell},
    progress::Progress,
    watch::{self, metadata, operation_id, short_kind, state_name},
    words,
};

/// The commands of `operations`. An ID may stand with or without `operations/` before it.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  observatory operations list --state running\n  observatory operations watch 01JD...\n  observatory operations retry 01JD..."
)]
pub enum OperationsCommand {
    /// List operations, newest first
    List(ListArgs),
    /// Show one
    Get(IdArg),
    /// Show one live until it is done; with --json one object per state
    Watch(IdArg),
    /// Ask one to stop
    Cancel(IdArg),
    /// Queue its failed items again, and watch
    Retry(RetryArgs),
    /// Forget one that has ended
    Delete(IdArg),
    /// List the items that failed for good
    Failures(FailuresArgs),
}

/// One operation.
#[derive(Debug, Args)]
pub struct IdArg {
    /// Id of the operation
    #[arg(value_parser = id)]
    pub id: String,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only this kind: clean, extract, run, or a full name such as cleaner.batch_clean_jobs
    #[arg(long)]
    pub kind: Option<String>,
    /// Only in this state
    #[arg(long, value_enum, ignore_case = true)]
    pub state: Option<StateName>,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// Options of `retry`.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Id of the operation
    #[arg(value_parser = id)]
    pub id: String,
    /// Return at once
    #[arg(long)]
    pub no_wait: bool,
}

/// Options of `failures`.
#[derive(Debug, Args)]
pub struct FailuresArgs {
    /// Id of the operation
    #[arg(value_parser = id)]
    pub id: String,
    /// At most this many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// A state of an operation.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[allow(missing_docs)]
pub enum StateName {
    Pending,
    Running,
    Cancelling,
    Succeeded,
    Failed,
    Cancelled,
}

impl StateName {
    fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Running => "RUNNING",
            Self::Cancelling => "CANCELLING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

fn id(text: &str) -> Result<String, String> {
    let id = operation_id(text.trim());
    let plain = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain { Ok(id.to_owned()) } else { Err("not an operation's id".into()) }
}

/// The filter of `google.longrunning`: `kind="..." AND state="..."`.
pub fn filter(kind: Option<&str>, state: Option<StateName>) -> String {
    let kind = kind.map(|kind| match kind {
        "clean" => "cleaner.batch_clean_jobs",
        "extract" => "extractor.batch_extract_skills",
        "run" => "gateway.run_pipeline",
        other => other,
    });
    let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let parts = [
        kind.map(|kind| format!("kind=\"{}\"", quote(kind))),
        state.map(|state| format!("state=\"{}\"", state.word())),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" AND ")
}

/// Runs a command of `operations`.
///
/// # Errors
/// What the server says.
pub async fn run(context: &Context, command: OperationsCommand) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    match command {
        OperationsCommand::List(args) => list(context, args).await,
        OperationsCommand::Get(IdArg { id }) => {
            let operation = get(context, &id).await?;
            show(context, &operation)
        }
        OperationsCommand::Watch(IdArg { id }) => watch(context, &id).await,
        OperationsCommand::Cancel(IdArg { id }) => {
            let request = CancelOperationRequest { name: format!("operations/{id}") };
            client.call(client.operations().cancel_operation(client.request(request))).await?;
            out.line(if out.json { "{}".to_owned() } else { words::cancelled(out.lang, id) });
            Ok(())
        }
        OperationsCommand::Delete(IdArg { id }) => {
            let request = DeleteOperationRequest { name: format!("operations/{id}") };
            client.call(client.operations().delete_operation(client.request(request))).await?;
            out.line(if out.json { "{}".to_owned() } else { words::deleted(out.lang, id) });
            Ok(())
        }
        OperationsCommand::Retry(args) => retry(context, args).await,
        OperationsCommand::Failures(args) => failures(context, args).await,
    }
}

async fn get(context: &Context, id: &str) -> Result<Operation> {
    let client = &context.client;
    let request = GetOperationRequest { name: format!("operations/{id}") };
    client.call(client.operations().get_operation(client.request(request))).await
}

fn show(context: &Context, operation: &Operation) -> Result<()> {
    if operation.done || context.out.json {
        return watch::summarize(&context.out, operation);
    }
    let (out, lang) = (&context.out, context.out.lang);
    let metadata = metadata(operation)?;
    let total = lang.number(metadata.total);
    let done = words::shown_of(lang, lang.number(metadata.completed + metadata.failed + metadata.skipped), total);
    out.line(format!("{}: {}, {done}", short_kind(&metadata.kind), state_name(metadata.state())));
    Ok(())
}

async fn list(context: &Context, args: ListArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = ListOperationsRequest {
        name: "operations".into(),
        filter: filter(args.kind.as_deref(), args.state),
        page_size: args.limit,
        page_token: args.page_token,
        ..Default::default()
    };
    let response = client.call(client.operations().list_operations(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.operations.is_empty() {
        out.line(words::no_operations(lang));
        return Ok(());
    }
    let mut table = Table::new([
        "id".to_owned(),
        words::kind(lang),
        words::state(lang),
        format!(">{}", words::done(lang)),
        format!(">{}", words::failed(lang)),
        format!(">{}", words::total(lang)),
        words::created(lang),
    ]);
    for operation in &response.operations {
        let metadata = metadata(operation)?;
        table.row([
            operation_id(&operation.name).to_owned(),
            short_kind(&metadata.kind).to_owned(),
            state_name(metadata.state()),
            lang.number(metadata.completed),
            lang.number(metadata.failed),
            lang.number(metadata.total),
            time(metadata.create_time.as_ref()),
        ]);
    }
    table.print(out);
    if !response.next_page_token.is_empty() {
        out.note(words::next_page(lang, response.next_page_token));
    }
    Ok(())
}

async fn watch(context: &Context, id: &str) -> Result<()> {
    if !context.out.json {
        let operation = watch::follow(context, id, id).await?;
        return watch::summarize(&context.out, &operation);
    }
    // Every state goes to standard output; a bar beside it would say the same.
    let mut progress = Progress::hidden(&context.out);
    let each = |response: &_| context.out.stream_message(response);
    let operation = tokio::select! {
        operation = watch::stream(context, id, &mut progress, each) => operation?,
        _ = tokio::signal::ctrl_c() => return Err(CliError::Interrupted),
    };
    watch::outcome(&operation)
}

async fn retry(context: &Context, args: RetryArgs) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let request = RetryOperationRequest { operation_id: args.id.clone() };
    let operation = client.call(client.operation_service().retry_operation(client.request(request))).await?;
    let id = operation_id(&operation.name);
    if args.no_wait {
        return if out.json { out.message(&operation) } else { show(context, &operation) };
    }
    let operation = watch::follow(context, id, id).await?;
    watch::summarize(out, &operation)
}

async fn failures(context: &Context, args: FailuresArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request =
        ListOperationFailuresRequest { operation_id: args.id, page_size: args.limit, page_token: args.page_token };
    let response = client.call(client.operation_service().list_operation_failures(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.failures.is_empty() {
        out.line(words::no_failures(lang));
        return Ok(());
    }
    let mut table = Table::new([words::item(lang), format!(">{}", words::attempts(lang)), words::why(lang)]);
    for failure in &response.failures {
        let why = format!("[{}] {}", failure.reason, failure.message);
        table.row([failure.item.clone(), lang.number(failure.attempts), cell(&why, 160)]);
    }
    table.print(out);
    if !response.next_page_token.is_empty() {
        out.note(words::next_page(lang, response.next_page_token));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_names_kind_and_state() {
        assert_eq!(filter(None, None), "");
        assert_eq!(
            filter(Some("clean"), Some(StateName::Running)),
            "kind=\"cleaner.batch_clean_jobs\" AND state=\"RUNNING\""
        );
        assert_eq!(filter(Some("a\"b"), None), "kind=\"a\\\"b\"");
    }

    #[test]
    fn an_id_is_plain() {
        assert_eq!(id("operations/01JD"), Ok("01JD".to_owned()));
        assert!(id("operations/").is_err() && id("a/b").is_err());
    }
}
