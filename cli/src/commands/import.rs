//! `import`: files of ads to the mesh, with a report by line.

use std::{
    ops::ControlFlow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Args;
use observatory_proto::jobs::{ImportIssue, ImportJobsRequest, ImportJobsResponse};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_stream::wrappers::ReceiverStream;

use super::country;
use crate::{
    Context,
    error::{CliError, Result},
    import::{
        self, Format, Found, Options,
        decode::Encoding,
        map::{Mapping, Rule},
        open::{self, Opened},
        report::{IssuesFile, KEPT, ReadReport, describe},
    },
    output::{Output, Table, cell},
    progress::Progress,
    words,
};

/// Ads read ahead of the network; each is below 4 MiB.
const AHEAD: usize = 16;

/// Options of `import`.
#[derive(Debug, Args)]
#[command(after_help = "\
The fields of an ad: portal, country, url, title, company, location, description, requirements,
salary_raw, contract_type, remote_type, posted_date. Title and description are needed. Usual other
names are known (posted, titulo, puesto, empresa, descripcion, texto, fecha, ...).
A line that is no ad is reported, and the rest is imported. An ad that is already there is skipped,
so that a broken import can simply be repeated.

Exit codes: 0 every ad is in, 1 some were rejected, 64 a file can't be read (to its end).

Examples:
  observatory import ads.jsonl more.csv.gz
  observatory import avisos.csv --map title=puesto,description=texto --portal bumeran --country AR
  zcat dump.gz | observatory import - --format jsonl --issues all
  observatory import ads.jsonl --dry-run")]
pub struct ImportArgs {
    /// JSON Lines or CSV files, plain or gzipped; `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Kind of file
    #[arg(long, value_enum, default_value = "auto")]
    pub format: Format,
    /// Which column fills which field of an ad
    #[arg(long, value_name = "FIELD=COLUMN,...", value_delimiter = ',')]
    pub map: Vec<Rule>,
    /// Portal of ads that name none
    #[arg(long, default_value = "import")]
    pub portal: String,
    /// Country of ads that name none, such as CO [default: told from the location]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Read and check the files; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Between the fields of CSV: one character, or `tab` [default: read off the header]
    #[arg(long, value_parser = delimiter)]
    pub delimiter: Option<u8>,
    /// How bytes become text; auto reads as Windows-1252 what isn't UTF-8
    #[arg(long, value_enum, default_value = "auto")]
    pub encoding: Encoding,
    /// How many issues to list: a number, or `all` (with the duplicates)
    #[arg(long, default_value = "20", value_parser = shown)]
    pub issues: Shown,
    /// Write every issue to this file, tab-separated
    #[arg(long, value_name = "FILE")]
    pub issues_file: Option<PathBuf>,
}

/// How many issues are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The first rejected ads.
    First(usize),
    /// All that are kept, duplicates too.
    All,
}

fn shown(text: &str) -> Result<Shown, String> {
    match text {
        "all" => Ok(Shown::All),
        n => n.parse().map(Shown::First).map_err(|_| "a number, or all".into()),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        _ if text == "tab" || text == "\\t" => Ok(b'\t'),
        [one] if !matches!(one, b'"' | b'\n' | b'\r') => Ok(*one),
        _ => Err("one ASCII character, or tab".into()),
    }
}

/// Runs `import`.
///
/// # Errors
/// A file that can't be read, what the server says, [`CliError::Failed`] where ads were rejected.
pub async fn run(context: &Context, args: ImportArgs) -> Result<()> {
    let options = Options {
        format: args.format,
        mapping: Mapping::new(&args.map, &args.portal, args.country.as_deref().unwrap_or_default()),
        delimiter: args.delimiter,
        encoding: args.encoding,
    };
    let mut issues = match &args.issues_file {
        Some(path) => {
            Some(IssuesFile::create(path).map_err(|error| CliError::Input(format!("{}: {error}", path.display())))?)
        }
        None => None,
    };
    // All files are opened before the first is sent: a wrong name shows at once.
    let files =
        args.files.iter().map(|path| open::open(path)).collect::<Result<Vec<_>, _>>().map_err(CliError::Input)?;
    let mut outcome = Ok(());
    for file in files {
        let how = How { dry_run: args.dry_run, keep_issues: issues.is_some() };
        let done = one(context, file, options.clone(), how).await?;
        if let Some(file) = &mut issues {
            write_issues(file, &done).map_err(|error| CliError::Input(format!("--issues-file: {error}")))?;
        }
        print(&context.out, &done, args.issues, args.dry_run)?;
        if let Some(why) = &done.read.stopped {
            outcome = Err(CliError::Input(format!("{}: {why}", done.name)));
        } else if done.response.rejected > 0 && outcome.is_ok() {
            outcome = Err(CliError::Failed);
        }
    }
    outcome
}

/// How one file is treated.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// Send nothing.
    pub dry_run: bool,
    /// Keep every issue of reading, however many, for a file of them.
    pub keep_issues: bool,
}

/// What importing one file did.
pub struct Imported {
    /// The file's name.
    pub name: String,
    /// What reading found.
    pub read: ReadReport,
    /// The server's report, with what reading refused added.
    pub response: ImportJobsResponse,
    /// Every issue of reading, where asked for.
    pub all_issues: Vec<ImportIssue>,
    /// How long it took.
    pub time: Duration,
}

/// Imports one file.
///
/// # Errors
/// A file that can't be read as ads at all, and what the server says.
pub async fn one(context: &Context, file: Opened, options: Options, how: How) -> Result<Imported> {
    let started = Instant::now();
    let name = file.name.clone();
    let (size, bytes, ads) = (file.size, Arc::clone(&file.read), Arc::new(AtomicU64::new(0)));
    let (sender, receiver) = mpsc::channel(AHEAD);
    let reading = spawn_reader(file, options, sender, Arc::clone(&ads), how.keep_issues);

    let lang = context.out.lang;
    let mut progress = Progress::new(&context.out, words::reading(lang, &name));
    let show = |progress: &mut Progress<'_>| {
        let (bytes, ads) = (bytes.load(Ordering::Relaxed), ads.load(Ordering::Relaxed));
        let rate = ads as f64 / started.elapsed().as_secs_f64().max(0.001);
        let text = match size {
            Some(size) if bytes >= size => words::waiting_for_server(lang),
            _ => lang.bytes(bytes),
        };
        let ads = words::ads_sent(lang, lang.number(i64::try_from(ads).unwrap_or(i64::MAX)));
        progress.update(bytes, size, &format!("{text}, {ads}, {}/s", lang.decimal(rate, 0)));
    };
    let sending = async { if how.dry_run { drain(receiver).await } else { send(context, receiver).await } };
    tokio::pin!(sending);
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    let response = loop {
        tokio::select! {
            response = &mut sending => break response,
            _ = tick.tick() => show(&mut progress),
        }
    };
    progress.finish();
    // The server's refusal comes first: it is why reading ended early.
    let response = response?;
    let (read, all_issues) = reading
        .await
        .map_err(|error| CliError::Internal(format!("the reader failed: {error}")))?
        .map_err(CliError::Input)?;
    let response = read.merge(response);
    Ok(Imported { name, read, response, all_issues, time: started.elapsed() })
}

type ReadOutcome = Result<(ReadReport, Vec<ImportIssue>), String>;

/// Reads the file on a thread of its own; the channel's bound is what bounds memory.
fn spawn_reader(
    file: Opened,
    options: Options,
    sender: mpsc::Sender<ImportJobsRequest>,
    ads: Arc<AtomicU64>,
    keep_issues: bool,
) -> JoinHandle<ReadOutcome> {
    tokio::task::spawn_blocking(move || {
        let mut kept = Vec::new();
        let report = import::read(file.reader, &file.name, &options, |found| match found {
            Found::Ad(ad) => {
                ads.fetch_add(1, Ordering::Relaxed);
                // Nobody takes them any more: the server has ended the stream.
                if sender.blocking_send(*ad).is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            }
            Found::Issue(issue) => {
                if keep_issues {
                    kept.push(issue.clone());
                }
                ControlFlow::Continue(())
            }
        })?;
        Ok((report, kept))
    })
}

async fn send(context: &Context, ads: mpsc::Receiver<ImportJobsRequest>) -> Result<ImportJobsResponse> {
    let client = &context.client;
    client.call(client.jobs().import_jobs(ReceiverStream::new(ads))).await
}

/// The report of a dry run: every ad that could be sent counts as imported.
async fn drain(mut ads: mpsc::Receiver<ImportJobsRequest>) -> Result<ImportJobsResponse> {
    let mut response = ImportJobsResponse::default();
    while ads.recv().await.is_some() {
        response.received = response.received.saturating_add(1);
        response.imported = response.received;
    }
    Ok(response)
}

fn write_issues(file: &mut IssuesFile, done: &Imported) -> std::io::Result<()> {
    // Those of reading are complete in all_issues; the response holds the first of them again.
    let ours: std::collections::HashSet<_> = done.all_issues.iter().map(|issue| issue.line).collect();
    let servers = done.response.issues.iter().filter(|issue| !ours.contains(&issue.line));
    for issue in done.all_issues.iter().chain(servers) {
        file.add(&done.name, issue)?;
    }
    file.finish()
}

fn print(out: &Output, done: &Imported, shown: Shown, dry_run: bool) -> Result<()> {
    if out.json {
        return out.stream_message(&done.response);
    }
    print_counts(out, done, dry_run);
    print_remarks(out, &done.read);
    print_issues(out, &done.response, shown);
    Ok(())
}

/// Prints received, imported, skipped, rejected.
pub fn print_counts(out: &Output, done: &Imported, dry_run: bool) {
    let (lang, response) = (out.lang, &done.response);
    out.line(out.bold(&words::import_report(lang, &done.name, lang.seconds(done.time.as_secs_f64()))));
    let mut table = Table::new(["", ">"]);
    let imported = if dry_run { words::would_import(lang) } else { words::imported(lang) };
    for (name, n) in [
        (words::received(lang), response.received),
        (imported, response.imported),
        (words::already_there(lang), response.skipped),
        (words::rejected(lang), response.rejected),
    ] {
        table.row([format!("  {name}"), lang.number(n)]);
    }
    table.print(out);
    if dry_run {
        out.note(words::dry_run(lang));
    }
}

fn print_remarks(out: &Output, read: &ReadReport) {
    let lang = out.lang;
    let number = |n: u64| lang.number(i64::try_from(n).unwrap_or(i64::MAX));
    if let Some(columns) = &read.columns {
        out.note(words::columns_used(lang, cell(columns, 400)));
    }
    if read.windows_1252.count > 0 {
        out.note(words::read_as_1252(lang, number(read.windows_1252.count), number(read.windows_1252.first)));
    }
    if read.nul.count > 0 {
        out.note(words::nul_removed(lang, number(read.nul.count), number(read.nul.first)));
    }
}

fn print_issues(out: &Output, response: &ImportJobsResponse, shown: Shown) {
    let lang = out.lang;
    let wanted = |issue: &&ImportIssue| shown == Shown::All || !issue.duplicate;
    let limit = if let Shown::First(n) = shown { n } else { usize::MAX };
    for issue in response.issues.iter().filter(wanted).take(limit) {
        let kind = if issue.duplicate { format!(" ({})", words::duplicate(lang)) } else { String::new() };
        let text = describe(issue, &words::line(lang, lang.number(issue.line)));
        out.line(format!("  {}{kind}", cell(&text, 300)));
    }
    let all = usize::try_from(response.rejected).unwrap_or(0);
    let listed = response.issues.iter().filter(wanted).count();
    if listed >= KEPT && shown == Shown::All {
        out.note(words::issues_cut(lang));
    } else if shown != Shown::All && all > limit.min(listed) {
        let more = i64::try_from(all - limit.min(listed)).unwrap_or(i64::MAX);
        out.note(format!("  {}", words::issues_more(lang, lang.number(more))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_clap_cannot_judge() {
        assert_eq!(delimiter("tab"), Ok(b'\t'));
        assert_eq!(delimiter(";"), Ok(b';'));
        assert!(delimiter("ab").is_err() && delimiter("\"").is_err());
        assert_eq!(shown("all"), Ok(Shown::All));
        assert_eq!(shown("5"), Ok(Shown::First(5)));
        assert!(shown("x").is_err());
    }
}
