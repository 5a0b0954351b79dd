//! `up`, `down`, `status`: the stack on this machine.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use observatory_portal::Running as Portal;
use observatory_proto::google::longrunning::ListOperationsRequest;
use observatory_stack::{DataDir, Error as StackError, Supervisor, running_pid, stop_running};

use super::{first, operations, stats};
use crate::{
    Context, DEFAULT_SERVER,
    error::{CliError, Result},
    local::{Stop, detach, llm::Wanted, note::Note, places, portal::Scraping, start},
    output::to_json,
    words::{self, Lang},
};

/// Options of `up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Starts a private PostgreSQL and Redis, brings the schema up to date, starts the services and Envoy,
and stays until Ctrl-C (a second one ends it at once). Everything listens on this machine only.
A local portal serves invented sample ads; an empty database gets them scraped, cleaned and with their skills extracted.
Descriptions of more portals go into the folder `spiders` of the data folder.

Examples:
  observatory up
  observatory up --detach && observatory skills top
  observatory up --data /tmp/second --port 18080 --no-sample")]
pub struct UpArgs {
    /// Folder of data and logs [default: .local/data of the project]
    #[arg(long, value_name = "DIR", env = "OBSERVATORY_DATA_DIR")]
    pub data: Option<PathBuf>,
    /// Return when it is ready, leaving it in the background; `observatory down` stops it
    #[arg(long)]
    pub detach: bool,
    /// Envoy's port; with another than the default, everything behind it takes free ports too
    #[arg(long, default_value_t = start::DEFAULT_PORT)]
    pub port: u16,
    /// Leave an empty database empty, without a local portal
    #[arg(long)]
    pub no_sample: bool,
    /// URL or mail address where operators of portals can reach you; public portals aren't asked without it
    #[arg(long, value_name = "CONTACT", env = "OBSERVATORY_CONTACT", default_value = "", hide_default_value = true)]
    pub contact: String,
    /// Turn on a spider that ships off because its portal forbids robots; may be repeated
    #[arg(long, value_name = "SPIDER")]
    pub enable_spider: Vec<String>,
    /// Language model: qwen05 or qwen15 as './dev llm' installs them, or the address of a server that speaks OpenAI's
    /// protocol, such as http://127.0.0.1:11434/v1 [default: none]
    #[arg(long, value_name = "MODEL|URL", env = "OBSERVATORY_LLM", default_value = "", hide_default_value = true)]
    pub llm: String,
    /// What that server calls the model; its key is read from OBSERVATORY_LLM_API_KEY
    #[arg(long, value_name = "NAME", env = "OBSERVATORY_LLM_MODEL", default_value = "gemma3:4b")]
    pub llm_model: String,
    /// ESCO files to import where the taxonomy has none yet [default: .local/esco of the project]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub esco: Vec<PathBuf>,
}

/// Options of `down` and `status`.
#[derive(Debug, Args)]
pub struct DownArgs {
    /// Folder of data and logs [default: .local/data of the project]
    #[arg(long, value_name = "DIR", env = "OBSERVATORY_DATA_DIR")]
    pub data: Option<PathBuf>,
}

/// Runs `up`.
///
/// # Errors
/// What can't be started, and why.
pub async fn up(context: &Context, args: UpArgs) -> Result<()> {
    let out = &context.out;
    let (root, data) = places(args.data.clone(), out.lang)?;
    if let Some(pid) = running_pid(&data) {
        already(context, &data, pid);
        return Ok(());
    }
    if args.detach {
        let note = detach::up(out, &data, &detached_args(&args, &data, out.lang)).await?;
        out.note(words::down_stops(out.lang));
        out.detail(note.url);
        return Ok(());
    }
    let data = match DataDir::open(&data) {
        Err(StackError::AlreadyRunning { pid: Some(pid), .. }) => {
            already(context, &data, pid);
            return Ok(());
        }
        data => data?,
    };
    log_to_stderr();
    let mut stop = Stop::new().map_err(|error| CliError::Internal(format!("signals: {error}")))?;
    let supervisor = Supervisor::new();
    let outcome = tokio::select! {
        outcome = start_and_fill(context, &root, &data, args, &supervisor) => outcome,
        () = stop.recv() => Err(CliError::Interrupted),
    };
    if outcome.is_ok() {
        stop.recv().await;
    }
    // The portal has served until now.
    let outcome = outcome.map(drop);
    Note::remove(data.path());
    out.note(format!("\n{}", words::stopping(out.lang)));
    tokio::select! {
        () = supervisor.stop() => out.note(words::stopped(out.lang, data.path().display())),
        // The children are told by the kernel when this process ends.
        () = stop.recv() => return Err(CliError::Interrupted),
    }
    outcome
}

fn already(context: &Context, data: &Path, pid: u32) {
    let (out, lang) = (&context.out, context.out.lang);
    match Note::read(data, pid) {
        Some(note) => out.line(words::running_already(lang, note.url, pid)),
        None => out.line(words::starting_already(lang, pid)),
    }
}

async fn start_and_fill(
    context: &Context,
    root: &Path,
    data: &DataDir,
    args: UpArgs,
    supervisor: &Supervisor,
) -> Result<Option<Portal>> {
    let (out, lang) = (&context.out, context.out.lang);
    let begun = Instant::now();
    let scraping = Scraping { portal: !args.no_sample, contact: args.contact, enable: args.enable_spider };
    let wanted = Wanted { at: args.llm, name: args.llm_model };
    let (url, portal) = start::start(out, root, data, args.port, &scraping, &wanted, supervisor).await?;
    out.note(words::ready(lang, out.bold(&url), lang.seconds(begun.elapsed().as_secs_f64())));
    let mut note = Note { pid: std::process::id(), url: url.clone(), settled: false };
    let unwritable = |error: std::io::Error| CliError::Stack(format!("{}: {error}", data.path().display()));
    note.write(data.path()).map_err(unwritable)?;

    let here = context.at(&url)?;
    let esco = if args.esco.is_empty() { esco_files(root) } else { args.esco };
    if let Err(error) = first::fill(&here, portal.is_some(), esco).await {
        out.error(&error);
        out.note(words::filling_failed(lang));
    }
    let host = url.trim_start_matches("http://");
    out.line(format!("\n{}", words::where_next(lang, &url, host)));
    out.note(words::ctrl_c(lang));
    note.settled = true;
    note.write(data.path()).map_err(unwritable)?;
    Ok(portal)
}

/// ESCO files that set-up (or the user) put into `.local/esco`.
fn esco_files(root: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(root.join(".local/esco")) else { return Vec::new() };
    let known = |path: &PathBuf| path.extension().is_some_and(|e| e == "csv" || e == "jsonl" || e == "gz");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(known).collect();
    files.sort();
    files
}

fn detached_args(args: &UpArgs, data: &Path, lang: Lang) -> Vec<String> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let lang = if lang == Lang::Es { "es" } else { "en" };
    let mut list = vec!["up".to_owned(), "--data".into(), text(data), "--port".into(), args.port.to_string()];
    list.extend(["--lang".to_owned(), lang.to_owned()]);
    if args.no_sample {
        list.push("--no-sample".into());
    }
    if !args.contact.is_empty() {
        list.extend(["--contact".to_owned(), args.contact.clone()]);
    }
    if !args.llm.is_empty() {
        list.extend(["--llm".to_owned(), args.llm.clone(), "--llm-model".to_owned(), args.llm_model.clone()]);
    }
    for spider in &args.enable_spider {
        list.extend(["--enable-spider".to_owned(), spider.clone()]);
    }
    for file in &args.esco {
        list.extend(["--esco".to_owned(), text(file)]);
    }
    list
}

/// Shows what the supervisor says of processes that end by themselves.
fn log_to_stderr() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn,observatory_stack=info".into());
    // It is set already where a test calls this twice.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}

/// Runs `down`.
///
/// # Errors
/// Where it doesn't stop within a minute.
pub async fn down(context: &Context, args: DownArgs) -> Result<()> {
    let (out, lang) = (&context.out, context.out.lang);
    let (_, data) = places(args.data, lang)?;
    match stop_running(&data, Duration::from_secs(60)).await? {
        Some(_) => out.line(words::stopped(lang, data.display())),
        None => out.line(words::not_running(lang, data.display())),
    }
    Ok(())
}

/// Runs `status`.
///
/// # Errors
/// Where nothing answers.
pub async fn status(context: &Context, args: DownArgs) -> Result<()> {
    let (out, lang) = (&context.out, context.out.lang);
    let local = places(args.data, lang).ok().and_then(|(_, data)| {
        let pid = running_pid(&data)?;
        Some((Note::read(&data, pid), pid, data))
    });
    let found = local.as_ref().and_then(|(note, ..)| note.as_ref());
    // An address that was asked for goes before the one that runs here.
    let here = match found {
        Some(note) if context.client.server() == DEFAULT_SERVER => context.at(&note.url)?,
        _ => context.at(context.client.server())?,
    };
    let answer = stats::get(&here).await;
    let url = here.client.server();
    if out.json {
        let stats = answer.as_ref().ok().map(|stats| to_json(stats, false)).transpose()?;
        let stats: serde_json::Value = stats.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let pid = local.as_ref().map(|(_, pid, _)| pid);
        let data = local.as_ref().map(|(_, _, data)| data);
        out.line(serde_json::json!({"url": url, "answers": answer.is_ok(), "pid": pid, "data": data, "stats": stats}));
        return answer.map(|_| ());
    }
    if let Some((note, pid, data)) = &local {
        match note {
            Some(note) => out.line(words::running_already(lang, &note.url, pid)),
            None => out.line(words::starting_already(lang, pid)),
        }
        out.line(words::data_in(lang, data.display()));
    }
    let Ok(stats) = answer else {
        out.line(words::server_down(lang, url));
        return answer.map(|_| ());
    };
    out.line(words::server_up(lang, url));
    out.line(words::stored(lang, lang.number(stats.total_jobs), lang.number(stats.distinct_skills)));
    match running(&here).await {
        Ok(n) => out.line(words::running_operations(lang, n)),
        Err(error) => out.error(&error),
    }
    Ok(())
}

async fn running(context: &Context) -> Result<usize> {
    let client = &context.client;
    let filter = operations::filter(None, Some(operations::StateName::Running));
    let request = ListOperationsRequest { name: "operations".into(), filter, page_size: 100, ..Default::default() };
    let response = client.call(client.operations().list_operations(client.request(request))).await?;
    Ok(response.operations.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_background_process_gets_the_same_options() {
        let args = UpArgs {
            data: None,
            detach: true,
            port: 9000,
            no_sample: true,
            contact: "a@b.org".into(),
            enable_spider: vec!["linkedin".into()],
            esco: vec!["/e.csv".into()],
            llm: "qwen05".into(),
            llm_model: "m".into(),
        };
        let list = detached_args(&args, Path::new("/d"), Lang::Es);
        let expected = "up --data /d --port 9000 --lang es --no-sample --contact a@b.org --llm qwen05 --llm-model m --enable-spider linkedin --esco /e.csv";
        assert_eq!(list.join(" "), expected);
    }
}
