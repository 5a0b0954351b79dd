//! `spiders`: list them, check a description, take one page through one.

use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Subcommand};
use observatory_proto::scraper::{ListSpidersRequest, ListSpidersResponse, Spider as PbSpider};
use observatory_scraping::{
    Page, PageKind, PageRequest, Search,
    fetch::{Accept, AllowedOrigin, FetchError, FetchOptions, Fetched, Fetcher, Wanted},
    read::{Tried, TriedAd},
    spider::{Spider, Spiders},
};
use url::Url;

use super::{country, time};
use crate::{
    Context,
    error::{CliError, Result},
    output::{Table, cell, printable},
    words,
};

/// What `spiders` does.
#[derive(Debug, Subcommand)]
pub enum SpidersCommand {
    /// List the spiders, whether they are on, and how their last crawls went
    #[command(after_help = "Example:\n  observatory spiders list")]
    List,
    /// Check descriptions of portals, without a server
    #[command(after_help = "\
Faults (exit code 1): keys that don't exist, selectors, pointers and templates that can't be read, an
unknown spider to extend. Warnings don't change the exit code.

Example:
  observatory spiders check my-portal.toml")]
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Folder with the operator's other descriptions
        #[arg(long, value_name = "DIR", env = "OBSERVATORY_SPIDERS_DIR")]
        dir: Option<PathBuf>,
    },
    /// Take one page through a spider and show what each field gets and from where, without a server
    Try(TryArgs),
}

/// Options of `try`.
#[derive(Debug, Args)]
#[command(after_help = "\
The page is a file, or is fetched: politely, from public addresses only. Exit code 1 where the page
gives no ad.

Examples:
  observatory spiders try --spider computrabajo --country MX --file page.html --url https://mx.computrabajo.com/...
  observatory spiders try --spider my-portal.toml --country CO --url https://example.com/jobs/1 --json")]
pub struct TryArgs {
    /// Name of a spider, or a file with its description
    #[arg(long, value_name = "NAME")]
    pub spider: String,
    /// The country, such as CO
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: String,
    /// Address of the page
    #[arg(long, value_name = "URL")]
    pub url: Url,
    /// The page itself; without it, it is fetched
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Day on which the page was saved: what relative dates count from [default: today]
    #[arg(long, value_name = "DAY", value_parser = seen, requires = "file")]
    pub seen: Option<DateTime<Utc>>,
    /// Folder with the operator's descriptions
    #[arg(long, value_name = "DIR", env = "OBSERVATORY_SPIDERS_DIR")]
    pub dir: Option<PathBuf>,
    /// URL or mail address where a portal's operator can reach you; public hosts aren't asked without it
    #[arg(long, value_name = "CONTACT", env = "OBSERVATORY_CONTACT", default_value = "")]
    pub contact: String,
    /// An origin that may be asked although its address isn't public, such as 127.0.0.1:8099
    #[arg(long, value_name = "HOST:PORT")]
    pub allow: Vec<AllowedOrigin>,
}

/// Reads `--seen`: the noon of a day.
fn seen(text: &str) -> Result<DateTime<Utc>, String> {
    let day: NaiveDate = text.parse().map_err(|_| "a day as YYYY-MM-DD is needed".to_owned())?;
    day.and_hms_opt(12, 0, 0).map(|noon| noon.and_utc()).ok_or_else(|| "there is no such day".to_owned())
}

/// Runs `spiders`.
///
/// # Errors
/// What the server says; files that can't be read; [`CliError::Failed`] where something is wrong.
pub async fn run(context: &Context, command: SpidersCommand) -> Result<()> {
    match command {
        SpidersCommand::List => list(context).await,
        SpidersCommand::Check { files, dir } => check(context, files, dir),
        SpidersCommand::Try(args) => try_page(context, args).await,
    }
}

async fn list(context: &Context) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let all = client.call(client.scraper().list_spiders(client.request(ListSpidersRequest {}))).await?;
    if out.json {
        return out.message(&all);
    }
    let ListSpidersResponse { spiders, problems } = all;
    let mut table = Table::new([
        words::spider(lang),
        words::countries(lang),
        words::state(lang),
        words::checked(lang),
        words::last_crawl(lang),
    ]);
    for spider in &spiders {
        let state = if spider.enabled { words::on(lang) } else { words::off(lang) };
        table.row([
            spider.spider.clone(),
            cell(&spider.countries.join(" "), 30),
            state,
            spider.checked_date.clone(),
            last_crawl(context, spider),
        ]);
    }
    table.print(out);
    // Those that are off for the same reason are told together.
    let mut off: Vec<(String, Vec<&str>)> = Vec::new();
    for spider in spiders.iter().filter(|spider| !spider.enabled) {
        match off.iter_mut().find(|(note, _)| *note == spider.note) {
            Some((_, names)) => names.push(&spider.spider),
            None => off.push((spider.note.clone(), vec![&spider.spider])),
        }
    }
    for (note, names) in off {
        out.note(words::spider_off(lang, names.join(", "), printable(&note)));
    }
    for problem in problems {
        out.note(printable(&problem));
    }
    Ok(())
}

fn last_crawl(context: &Context, spider: &PbSpider) -> String {
    let lang = context.out.lang;
    let Some(run) = spider.recent_runs.first() else { return "-".into() };
    let counts = run.counts.unwrap_or_default();
    let number = |n: i32| lang.number(n);
    let ads = words::crawled(lang, number(counts.found), number(counts.stored), number(counts.failed));
    let mut text = format!("{} {} {ads}", time(run.end_time.as_ref()), run.country);
    if !run.problem.is_empty() {
        text = format!("{text} ! {}", cell(&run.problem, 60));
    }
    text
}

fn spiders(dir: Option<&PathBuf>) -> Spiders {
    dir.map_or_else(Spiders::shipped, |dir| Spiders::with_dir(dir))
}

fn check(context: &Context, files: Vec<PathBuf>, dir: Option<PathBuf>) -> Result<()> {
    let out = &context.out;
    let all = spiders(dir.as_ref());
    let mut bad = false;
    for file in files {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).map_err(|error| CliError::Input(format!("{name}: {error}")))?;
        match all.parse(&text, &name) {
            Ok(spider) => {
                for warning in spider.check() {
                    out.line(printable(&format!("{}: {warning}", words::taxonomy_warning(out.lang))));
                }
                out.line(words::spider_holds(out.lang, &name, spider.name()));
            }
            Err(problems) => {
                bad = true;
                for problem in problems {
                    out.line(printable(&problem.to_string()));
                }
            }
        }
    }
    if bad { Err(CliError::Failed) } else { Ok(()) }
}

async fn try_page(context: &Context, args: TryArgs) -> Result<()> {
    let out = &context.out;
    let all = spiders(args.dir.as_ref());
    let spider = find(&all, &args.spider, out.lang)?;
    let mut page = match &args.file {
        Some(file) => {
            let body = std::fs::read(file).map_err(|error| CliError::Input(format!("{}: {error}", file.display())))?;
            Page::new(args.url.clone(), "", body)
        }
        None => fetch(&args).await?,
    };
    if let Some(seen) = args.seen {
        page.fetched_at = seen;
    }
    let tried = spider.try_page(&page, &Search { country: args.country.clone(), query: String::new() });
    if out.json {
        let json = serde_json::to_string_pretty(&tried.shown(&args.country, page.fetched_at));
        out.line(json.map_err(|error| CliError::Internal(format!("no JSON for the page: {error}")))?);
    } else {
        print(context, &tried, &args.country, &page);
    }
    if tried.ads.is_empty() || tried.problem.is_some() { Err(CliError::Failed) } else { Ok(()) }
}

/// By name, or by the file of its description.
fn find(all: &Spiders, name: &str, lang: words::Lang) -> Result<std::sync::Arc<Spider>> {
    if let Some(spider) = all.get(name) {
        return Ok(spider.clone());
    }
    if name.ends_with(".toml") {
        let text = std::fs::read_to_string(name).map_err(|error| CliError::Input(format!("{name}: {error}")))?;
        let said = |problems: Vec<_>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        return all.parse(&text, name).map(Into::into).map_err(|problems| CliError::Input(said(problems)));
    }
    let names: Vec<&str> = all.iter().map(|spider| spider.name()).collect();
    Err(CliError::Usage(words::no_spider(lang, name, names.join(", "))))
}

async fn fetch(args: &TryArgs) -> Result<Page> {
    let options = FetchOptions { contact: args.contact.clone(), allow: args.allow.clone(), ..FetchOptions::default() };
    let fetcher = Fetcher::new(options).map_err(|error| CliError::Usage(error.to_string()))?;
    let request = PageRequest::get(PageKind::Detail, args.url.clone());
    match fetcher.fetch(&request, &Wanted { accept: Accept::ANY, ..Wanted::default() }).await {
        Ok(Fetched::Page(page)) => Ok(page),
        Err(FetchError::Status { page: Some(page), .. }) => Ok(*page),
        Ok(Fetched::NotModified(_)) => Err(CliError::Internal("304 to a request without validators".into())),
        Err(error) => Err(CliError::Input(error.to_string())),
    }
}

fn print(context: &Context, tried: &Tried, country: &str, page: &Page) {
    let (out, lang) = (&context.out, context.out.lang);
    let shown = tried.shown(country, page.fetched_at);
    out.line(words::page_is(lang, out.bold(shown.page_kind), shown.ads.len()));
    for ad in &shown.ads {
        out.line(format!("\n{}", out.bold(&printable(&ad.url))));
        let mut table = Table::new([words::field(lang), words::value(lang), words::meaning(lang), words::source(lang)]);
        for (field, found) in ad.fields.iter().filter(|(_, found)| !found.text.is_empty()) {
            let normal = if found.normal == found.text { "" } else { found.normal.as_str() };
            table.row([(*field).to_string(), cell(&found.text, 60), cell(normal, 32), cell(&found.source, 60)]);
        }
        table.print(out);
    }
    for TriedAd { missing, .. } in tried.ads.iter().take(1) {
        for (field, tries) in missing.iter().filter(|(_, tries)| !tries.is_empty()) {
            out.note(words::not_found_tried(lang, field.name(), cell(&tries.join("; "), 120)));
        }
    }
    for url in &shown.next_urls {
        out.line(words::page_after(lang, printable(url)));
    }
    if let Some(problem) = &shown.problem {
        out.line(format!("{}: {}", words::problem(lang), printable(problem)));
    }
}
