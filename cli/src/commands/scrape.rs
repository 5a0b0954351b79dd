//! `scrape`: start a crawl of a portal, show it live, say how it went.

use clap::Args;
use observatory_proto::scraper::{ListSpidersRequest, ScrapePortalRequest, Spider};

use super::{country, pipeline};
use crate::{
    Context,
    error::{CliError, Result},
    words,
};

/// Options of `scrape`.
#[derive(Debug, Args)]
#[command(after_help = "\
A crawl stops at a listing whose ads are all known; --full goes on. It is slow on purpose: portals are
asked gently. Ctrl-C leaves it running; kill the whole mesh, and it goes on where it was.

Examples:
  observatory spiders list
  observatory scrape getonbrd --country CO --query python
  observatory scrape demo-computrabajo --country MX --max-jobs 50
  observatory scrape elempleo --no-wait && observatory operations list")]
pub struct ScrapeArgs {
    /// The portal, as `observatory spiders list` names it
    pub portal: String,
    /// The country, such as CO [default: the spider's, where it has only one]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Search words [default: all ads]
    #[arg(long, default_value = "", value_name = "WORDS")]
    pub query: String,
    /// At most this many ads; 0 means the scraper's default
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=100_000))]
    pub max_jobs: i32,
    /// At most this many listing pages; 0 means the scraper's default
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=10_000))]
    pub max_pages: i32,
    /// Go through all pages, also where all ads are known
    #[arg(long)]
    pub full: bool,
    /// Only say what would be scraped
    #[arg(long)]
    pub dry_run: bool,
    /// Return at once with the operation's id
    #[arg(long)]
    pub no_wait: bool,
}

/// Runs `scrape`.
///
/// # Errors
/// What the server says; [`CliError::Failed`] where pages failed.
pub async fn run(context: &Context, args: ScrapeArgs) -> Result<()> {
    let country = match args.country {
        Some(country) if !args.dry_run => country,
        country => choose_country(&spider(context, &args.portal).await?, country, context)?,
    };
    let request = ScrapePortalRequest {
        portal: args.portal,
        country,
        query: args.query,
        max_jobs: args.max_jobs,
        max_pages: args.max_pages,
        full: args.full,
        request_id: if args.dry_run { String::new() } else { pipeline::request_id(context) },
    };
    if args.dry_run {
        return if context.out.json { context.out.message(&request) } else { dry_run(context, &request) };
    }
    let client = &context.client;
    let operation = client
        .call_again(|| {
            let (mut service, request) = (client.scraper(), client.request(request.clone()));
            async move { service.scrape_portal(request).await }
        })
        .await?;
    pipeline::finish(context, operation, "scrape", args.no_wait).await
}

fn dry_run(context: &Context, request: &ScrapePortalRequest) -> Result<()> {
    let lang = context.out.lang;
    let what = if request.query.is_empty() { words::all_ads(lang) } else { format!("{:?}", request.query) };
    context.out.line(words::scrape_dry_run(lang, &request.portal, &request.country, what));
    Ok(())
}

async fn spider(context: &Context, name: &str) -> Result<Spider> {
    let client = &context.client;
    let all = client.call(client.scraper().list_spiders(client.request(ListSpidersRequest {}))).await?;
    let names: Vec<String> = all.spiders.iter().map(|spider| spider.spider.clone()).collect();
    let found = all.spiders.into_iter().find(|spider| spider.spider == name);
    found.ok_or_else(|| CliError::Usage(words::no_spider(context.out.lang, name, names.join(", "))))
}

fn choose_country(spider: &Spider, country: Option<String>, context: &Context) -> Result<String> {
    let lang = context.out.lang;
    if !spider.enabled {
        context.out.note(words::spider_off(lang, &spider.spider, &spider.note));
    }
    match (country, spider.countries.as_slice()) {
        (Some(country), known) if known.contains(&country) => Ok(country),
        (None, [only]) => Ok(only.clone()),
        (_, known) => Err(CliError::Usage(words::which_country(lang, &spider.spider, known.join(", ")))),
    }
}
