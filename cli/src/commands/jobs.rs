//! `jobs`: list, search and show ads.

use clap::{Args, Subcommand, ValueEnum};
use observatory_proto::{
    cleaner::UnusableReason,
    jobs::{Enhancement, ExtractionStatus, GetJobRequest, Job, JobFilter, ListJobsRequest, SearchJobsRequest},
};

use super::{country, day};
use crate::{
    Context,
    error::Result,
    marked,
    output::{Output, Table, cell, printable},
    words,
};

/// The commands of `jobs`.
#[derive(Debug, Subcommand)]
pub enum JobsCommand {
    /// List ads, newest posting first
    #[command(after_help = "Example:\n  observatory jobs list --country MX --skill python --limit 50")]
    List(ListArgs),
    /// Full-text search in Spanish and English, best match first
    #[command(after_help = "Example:\n  observatory jobs search '\"machine learning\" or python -junior' --country CO")]
    Search {
        /// Words; quotes keep a phrase together, `or` and `-` work as in web search
        query: String,
        /// Which ads.
        #[command(flatten)]
        list: ListArgs,
    },
    /// Show one ad with its skills marked
    Show {
        /// Id of the ad (UUID)
        id: String,
    },
}

/// Which ads.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only ads of this country, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Only ads of this portal
    #[arg(long, default_value = "", hide_default_value = true)]
    pub portal: String,
    /// Only ads posted on this day or later
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, default_value = "", hide_default_value = true)]
    pub from: String,
    /// Only ads posted on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, default_value = "", hide_default_value = true)]
    pub to: String,
    /// Only ads with this skill (its id)
    #[arg(long, default_value = "", hide_default_value = true)]
    pub skill: String,
    /// Only ads in this state of extraction
    #[arg(long, value_enum)]
    pub status: Option<StatusName>,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// A state of extraction.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[allow(missing_docs)]
pub enum StatusName {
    Pending,
    InProgress,
    Completed,
    Failed,
}

impl From<StatusName> for ExtractionStatus {
    fn from(name: StatusName) -> Self {
        match name {
            StatusName::Pending => Self::Pending,
            StatusName::InProgress => Self::InProgress,
            StatusName::Completed => Self::Completed,
            StatusName::Failed => Self::Failed,
        }
    }
}

/// Runs a command of `jobs`.
///
/// # Errors
/// What the server says.
pub async fn run(context: &Context, command: JobsCommand) -> Result<()> {
    match command {
        JobsCommand::List(args) => list(context, args).await,
        JobsCommand::Search { query, list } => search(context, query, list).await,
        JobsCommand::Show { id } => show(context, id).await,
    }
}

async fn list(context: &Context, args: ListArgs) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let request = ListJobsRequest {
        country: args.country.unwrap_or_default(),
        portal: args.portal,
        posted_from: args.from,
        posted_to: args.to,
        skill: args.skill,
        status: args.status.map_or(ExtractionStatus::Unspecified, Into::into).into(),
        limit: args.limit,
        page_token: args.page_token,
    };
    let response = client.call(client.jobs().list_jobs(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if !response.jobs.is_empty() {
        print_list(out, &response.jobs);
    }
    print_end(out, response.jobs.len(), response.total, &response.next_page_token);
    Ok(())
}

async fn search(context: &Context, query: String, args: ListArgs) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let filter = JobFilter {
        country: args.country.unwrap_or_default(),
        portal: args.portal,
        posted_from: args.from,
        posted_to: args.to,
        skill: args.skill,
        status: args.status.map_or(ExtractionStatus::Unspecified, Into::into).into(),
    };
    let request = SearchJobsRequest { query, filter: Some(filter), limit: args.limit, page_token: args.page_token };
    let response = client.call(client.jobs().search_jobs(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    for job in &response.jobs {
        let company = cell(&job.company, 40);
        out.line(format!("{}  {}  {company}", out.bold(&cell(&job.title, 70)), cell(&job.country, 4)));
        out.line(format!("  {}", snippet(out, &job.snippet)));
        out.line(format!("  {}  {}", cell(&job.posted_date, 10), cell(&job.job_id, 36)));
    }
    print_end(out, response.jobs.len(), response.total, &response.next_page_token);
    Ok(())
}

fn print_end(out: &Output, shown: usize, total: i32, next: &str) {
    let lang = out.lang;
    if shown == 0 {
        return out.line(words::no_ads(lang));
    }
    out.note(words::shown_of(lang, shown, lang.number(total)));
    if !next.is_empty() {
        out.note(words::next_page(lang, next));
    }
}

/// Prints ads, one a line.
pub fn print_list(out: &Output, jobs: &[Job]) {
    let lang = out.lang;
    let mut table = Table::new([
        words::posted(lang),
        words::country(lang),
        words::title(lang),
        words::company(lang),
        words::state(lang),
        "id".to_owned(),
    ]);
    for job in jobs {
        table.row([
            cell(&job.posted_date, 10),
            cell(&job.country, 4),
            cell(&job.title, 50),
            cell(&job.company, 28),
            status_name(job.extraction_status()).to_owned(),
            cell(&job.job_id, 36),
        ]);
    }
    table.print(out);
}

fn status_name(status: ExtractionStatus) -> &'static str {
    match status {
        ExtractionStatus::Unspecified => "-",
        ExtractionStatus::Pending => "pending",
        ExtractionStatus::InProgress => "in progress",
        ExtractionStatus::Completed => "completed",
        ExtractionStatus::Failed => "failed",
    }
}

/// The search's words in their context, marked. The server sends HTML: `<mark>`, all else escaped.
fn snippet(out: &Output, text: &str) -> String {
    let printable = |html: &str| printable(&unescape(html));
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut marked = String::new();
    for (i, part) in text.split("<mark>").enumerate() {
        match part.split_once("</mark>") {
            Some((word, rest)) if i > 0 => {
                marked.push_str(&out.mark(&printable(word)));
                marked.push_str(&printable(rest));
            }
            _ => marked.push_str(&printable(part)),
        }
    }
    marked
}

fn unescape(html: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")];
    pairs.iter().fold(html.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

async fn show(context: &Context, id: String) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let job = client.call(client.jobs().get_job(client.request(GetJobRequest { job_id: id }))).await?;
    if out.json {
        return out.message(&job);
    }
    print_job(out, &job);
    Ok(())
}

fn print_job(out: &Output, job: &Job) {
    let lang = out.lang;
    out.line(out.bold(&cell(&job.title, 200)));
    for facts in [
        [&job.company, &job.location, &job.country, &job.posted_date],
        [&job.portal, &job.contract_type, &job.remote_type, &job.salary_raw],
    ] {
        let known: Vec<_> = facts.iter().filter(|fact| !fact.trim().is_empty()).map(|fact| cell(fact, 80)).collect();
        out.line(known.join(" · "));
    }
    out.line(cell(&job.url, 400));
    if job.is_processed && !job.is_usable {
        let reason = job.unusable_reason();
        let word = reason.as_str_name().trim_start_matches("UNUSABLE_REASON_").to_lowercase();
        let word = if reason == UnusableReason::Unspecified { "-".to_owned() } else { word };
        out.line(words::not_usable(lang, word));
    }
    out.line("");
    if job.combined_text.is_empty() {
        out.line(printable(&job.description));
        if !job.requirements.trim().is_empty() {
            out.line(format!("\n{}", printable(&job.requirements)));
        }
    } else {
        out.line(marked::mark(&job.combined_text, &job.skills, |word| out.mark(word)));
    }
    if !job.skills.is_empty() {
        out.line("");
        marked::print_skills(out, &job.skills);
    }
    job.enhancements.iter().for_each(|enhancement| print_enhancement(out, enhancement));
}

/// What a language model made of the ad, and where pipeline A disagrees.
fn print_enhancement(out: &Output, enhancement: &Enhancement) {
    let lang = out.lang;
    let usage = enhancement.usage.unwrap_or_default();
    out.line("");
    out.line(out.bold(&words::enhanced_by(
        lang,
        enhancement.pipeline().as_str_name(),
        cell(&enhancement.model, 60),
        cell(&enhancement.prompt_version, 40),
        lang.number(usage.prompt_tokens.saturating_add(usage.completion_tokens)),
        lang.seconds(enhancement.processing_time_seconds),
    )));
    let mut table = Table::new([
        words::skill(lang),
        words::in_the_ad(lang),
        format!(">{}", words::confidence(lang)),
        "ESCO".to_owned(),
        words::why(lang),
    ]);
    for skill in &enhancement.skills {
        let name = cell(&skill.normalized_skill, 40);
        table.row([
            if skill.is_duplicate { format!("{name} = {}", cell(&skill.duplicate_of, 40)) } else { name },
            cell(&skill.original_skill_text, 40),
            lang.decimal(f64::from(skill.llm_confidence), 2),
            cell(&skill.esco_preferred_label, 40),
            cell(&skill.llm_reasoning, 80),
        ]);
    }
    table.print(out);
    let agreement = enhancement.agreement.clone().unwrap_or_default();
    for (what, names) in [
        (words::both_name(lang), &agreement.both),
        (words::only_a_names(lang), &agreement.only_pipeline_a),
        (words::only_llm_names(lang), &agreement.only_llm),
    ] {
        if !names.is_empty() {
            out.line(format!("{what}: {}", cell(&names.join(", "), 400)));
        }
    }
    if enhancement.ungrounded > 0 {
        out.line(words::ungrounded(lang, lang.number(enhancement.ungrounded)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn a_snippet_marks_its_words_and_nothing_else() {
        let out = Output::new(false, Lang::En, false, 0);
        assert_eq!(snippet(&out, "a <mark>b</mark>\n c </mark> <mark>d"), "a *b* c </mark> d");
        assert_eq!(snippet(&out, "you&#39;ll &amp;lt; <mark>&lt;b&gt;</mark>"), "you'll &lt; *<b>*");
    }
}
