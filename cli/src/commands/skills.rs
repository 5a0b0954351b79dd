//! `skills`: rankings and details.

use std::collections::BTreeMap;

use clap::{Args, Subcommand, ValueEnum};
use observatory_proto::{
    common::{ExtractionMethod, Necessity, Pipeline, SkillRef},
    skills::{GetSkillRequest, GetSkillResponse, ListCoOccurringSkillsRequest, ListSkillsRequest, ListSkillsResponse},
};

use super::{country, day, emerging, jobs, meaning, pipeline::PipelineName};
use crate::{
    Context,
    error::Result,
    output::{Output, Table, cell},
    words,
};

/// The commands of `skills`.
#[derive(Debug, Subcommand)]
pub enum SkillsCommand {
    /// Rank skills by the ads that ask for them
    #[command(
        after_help = "Examples:\n  observatory skills top\n  observatory skills top --country CO --from 2026-01-01 --kind database --limit 10"
    )]
    Top(TopArgs),
    /// Show the top skills of countries side by side
    Compare(CompareArgs),
    /// Show one skill: by country, by month, its words, its newest ads
    Show {
        /// Id of the skill, as `skills top` prints it
        id: String,
    },
    /// Show the skills that the same ads ask for
    Co(CoArgs),
    /// List phrases that ads ask for like skills and the taxonomy lacks
    Emerging(emerging::EmergingArgs),
    /// Decide on such a phrase: a skill of its own, another label of one, or none
    Review(emerging::ReviewArgs),
    /// Find skills that mean something similar
    Similar(meaning::SimilarArgs),
    /// List pairs of skills that may mean the same
    SameMeaning(meaning::SameMeaningArgs),
    /// Decide on such a pair
    Decide(meaning::DecideArgs),
}

/// Options of `top`.
#[derive(Debug, Args)]
pub struct TopArgs {
    /// Only ads of this country, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Only ads posted on this day or later
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, default_value = "", hide_default_value = true)]
    pub from: String,
    /// Only ads posted on this day or earlier
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, default_value = "", hide_default_value = true)]
    pub to: String,
    /// Only skills of this kind, such as database or programming_language
    #[arg(long, default_value = "", hide_default_value = true)]
    pub kind: String,
    /// Only ads of this portal
    #[arg(long, default_value = "", hide_default_value = true)]
    pub portal: String,
    /// Only mentions found by this method [default: all]
    #[arg(long, value_enum)]
    pub method: Option<Method>,
    /// Only skills whose name holds these characters
    #[arg(long, default_value = "", hide_default_value = true)]
    pub query: String,
    /// Count also what ads only imply (Git: version control)
    #[arg(long)]
    pub implied: bool,
    /// Only mentions that ads require, or only those that they call desirable [default: all]
    #[arg(long, value_enum)]
    pub necessity: Option<NecessityName>,
    /// Whose skills; --method and --necessity are pipeline A's alone
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// Options of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The countries [default: the three with most ads]
    #[arg(long, value_parser = country, value_delimiter = ',', value_name = "CC,CC")]
    pub country: Vec<String>,
    /// At most this many skills of each
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub limit: i32,
}

/// Options of `co`.
#[derive(Debug, Args)]
pub struct CoArgs {
    /// Id of the skill
    pub id: String,
    /// Only ads of this country, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=200))]
    pub limit: i32,
}

/// How much ads want a skill.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum NecessityName {
    /// Must be brought
    Required,
    /// Welcome
    Desirable,
}

impl From<NecessityName> for Necessity {
    fn from(name: NecessityName) -> Self {
        match name {
            NecessityName::Required => Self::Required,
            NecessityName::Desirable => Self::Desirable,
        }
    }
}

/// How a mention was found.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Method {
    /// Named-entity recognition
    Ner,
    /// The observatory's taxonomy and patterns
    Regex,
    /// Labels of ESCO
    Esco,
}

impl From<Method> for ExtractionMethod {
    fn from(method: Method) -> Self {
        match method {
            Method::Ner => Self::Ner,
            Method::Regex => Self::Regex,
            Method::Esco => Self::Esco,
        }
    }
}

/// Runs a command of `skills`.
///
/// # Errors
/// What the server says.
pub async fn run(context: &Context, command: SkillsCommand) -> Result<()> {
    match command {
        SkillsCommand::Top(args) => top(context, args).await,
        SkillsCommand::Compare(args) => compare(context, args).await,
        SkillsCommand::Show { id } => show(context, id).await,
        SkillsCommand::Co(args) => co_occurring(context, args).await,
        SkillsCommand::Emerging(args) => emerging::list(context, args).await,
        SkillsCommand::Review(args) => emerging::review(context, args).await,
        SkillsCommand::Similar(args) => meaning::similar(context, args).await,
        SkillsCommand::SameMeaning(args) => meaning::same_meaning(context, args).await,
        SkillsCommand::Decide(args) => meaning::decide(context, args).await,
    }
}

async fn list(context: &Context, request: ListSkillsRequest) -> Result<ListSkillsResponse> {
    let client = &context.client;
    client.call(client.skills().list_skills(client.request(request))).await
}

async fn top(context: &Context, args: TopArgs) -> Result<()> {
    let (out, lang) = (&context.out, context.out.lang);
    let place = args.country.clone().unwrap_or_else(|| words::all_countries(lang));
    let request = ListSkillsRequest {
        country: args.country.unwrap_or_default(),
        portal: args.portal,
        posted_from: args.from,
        posted_to: args.to,
        kind: args.kind,
        method: args.method.map_or(ExtractionMethod::Unspecified, Into::into).into(),
        query: args.query,
        limit: args.limit,
        page_token: args.page_token,
        include_implied: args.implied,
        necessity: args.necessity.map_or(Necessity::Unspecified, Into::into).into(),
        pipeline: Pipeline::from(args.pipeline).into(),
    };
    let response = list(context, request).await?;
    if out.json {
        return out.message(&response);
    }
    if response.skills.is_empty() {
        out.line(if response.jobs_total == 0 { words::no_skills(lang) } else { words::no_skill_matches(lang) });
        return Ok(());
    }
    out.line(words::top_of(lang, place, lang.number(response.jobs_total)));
    print_top(out, &response);
    let total = words::shown_of(lang, response.skills.len(), lang.number(response.total));
    out.note(total);
    if !response.next_page_token.is_empty() {
        out.note(words::next_page(lang, response.next_page_token));
    }
    Ok(())
}

fn print_top(out: &Output, response: &ListSkillsResponse) {
    let lang = out.lang;
    let mut table = Table::new([
        ">#".to_owned(),
        words::skill(lang),
        words::kind(lang),
        format!(">{}", words::ads(lang)),
        format!(">{}", words::share(lang)),
        format!(">{}", words::interval(lang)),
        format!(">{}", words::mentions(lang)),
        "id".to_owned(),
    ]);
    for count in &response.skills {
        let skill = count.skill.clone().unwrap_or_default();
        let interval =
            format!("{}–{} %", lang.decimal(count.share_low * 100.0, 1), lang.decimal(count.share_high * 100.0, 1));
        table.row([
            lang.number(count.rank),
            cell(&skill.name, 40),
            cell(&skill.kind, 24),
            lang.number(count.job_count),
            lang.percent(count.share),
            interval,
            lang.number(count.total_mentions),
            cell(&skill.skill_id, 40),
        ]);
    }
    table.print(out);
}

async fn compare(context: &Context, args: CompareArgs) -> Result<()> {
    let countries = if args.country.is_empty() {
        let stats = super::stats::get(context).await?;
        most_ads(stats.jobs_by_country.into_iter().collect(), 3)
    } else {
        args.country
    };
    let rankings = rankings(context, &countries, args.limit).await?;
    if context.out.json {
        return rankings.iter().try_for_each(|(_, ranking)| context.out.stream_message(ranking));
    }
    print_side_by_side(&context.out, &rankings);
    Ok(())
}

/// The countries with most ads; `ZZ` (unknown) is none.
pub fn most_ads(counts: BTreeMap<String, i32>, n: usize) -> Vec<String> {
    let mut list: Vec<_> = counts.into_iter().filter(|(country, _)| country != "ZZ" && !country.is_empty()).collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    list.into_iter().take(n).map(|(country, _)| country).collect()
}

/// The ranking of each country.
///
/// # Errors
/// What the server says.
pub async fn rankings(
    context: &Context,
    countries: &[String],
    limit: i32,
) -> Result<Vec<(String, ListSkillsResponse)>> {
    let mut rankings = Vec::new();
    for country in countries {
        let request = ListSkillsRequest { country: country.clone(), limit, ..Default::default() };
        rankings.push((country.clone(), list(context, request).await?));
    }
    Ok(rankings)
}

/// Prints rankings side by side, one country a pair of columns.
pub fn print_side_by_side(out: &Output, rankings: &[(String, ListSkillsResponse)]) {
    side_by_side(out, rankings).print(out);
}

fn side_by_side(out: &Output, rankings: &[(String, ListSkillsResponse)]) -> Table {
    let lang = out.lang;
    let mut headings = vec![">#".to_owned()];
    for (country, ranking) in rankings {
        headings.push(words::top_of(lang, country, lang.number(ranking.jobs_total)));
        headings.push(">".to_owned());
    }
    let mut table = Table::new(headings);
    let rows = rankings.iter().map(|(_, ranking)| ranking.skills.len()).max().unwrap_or(0);
    for row in 0..rows {
        let mut cells = vec![(row + 1).to_string()];
        for (_, ranking) in rankings {
            let Some(count) = ranking.skills.get(row) else {
                cells.extend([String::new(), String::new()]);
                continue;
            };
            cells.push(cell(&count.skill.clone().unwrap_or_default().name, 28));
            cells.push(lang.percent(count.share));
        }
        table.row(cells);
    }
    table
}

async fn show(context: &Context, id: String) -> Result<()> {
    let client = &context.client;
    let response = client.call(client.skills().get_skill(client.request(GetSkillRequest { skill_id: id }))).await?;
    if context.out.json {
        return context.out.message(&response);
    }
    print_skill(&context.out, &response);
    Ok(())
}

fn print_skill(out: &Output, response: &GetSkillResponse) {
    let lang = out.lang;
    print_ref(out, response.skill.as_ref());
    out.line(words::asked_in(lang, lang.number(response.job_count), lang.number(response.total_mentions)));
    if !response.surfaces.is_empty() {
        let surfaces: Vec<_> = response
            .surfaces
            .iter()
            .map(|surface| format!("{} {}", cell(&surface.skill_text, 40), lang.number(surface.mentions)))
            .collect();
        out.line(format!("{}: {}", words::found_as(lang), surfaces.join(", ")));
    }
    let counts = |name: String| {
        Table::new([
            name,
            format!(">{}", words::ads(lang)),
            format!(">{}", words::total(lang)),
            format!(">{}", words::share(lang)),
        ])
    };
    let mut countries = counts(words::country(lang));
    for count in &response.countries {
        let share = lang.percent(count.share);
        countries.row([cell(&count.country, 4), lang.number(count.job_count), lang.number(count.jobs_total), share]);
    }
    let mut months = counts(words::month(lang));
    for count in &response.months {
        let share = lang.percent(f64::from(count.job_count) / f64::from(count.jobs_total.max(1)));
        months.row([cell(&count.month, 8), lang.number(count.job_count), lang.number(count.jobs_total), share]);
    }
    for (table, empty) in [(countries, response.countries.is_empty()), (months, response.months.is_empty())] {
        if !empty {
            out.line("");
            table.print(out);
        }
    }
    if !response.jobs.is_empty() {
        out.line(format!("\n{}", words::newest_ads(lang)));
        jobs::print_list(out, &response.jobs);
    }
}

/// Prints the name, kind and addresses of a skill.
pub fn print_ref(out: &Output, skill: Option<&SkillRef>) {
    let Some(skill) = skill else { return };
    out.line(format!(
        "{}  ({}, {})",
        out.bold(&cell(&skill.name, 100)),
        cell(&skill.kind, 40),
        cell(&skill.skill_id, 128)
    ));
    for uri in [&skill.concept_uri, &skill.esco_uri] {
        if !uri.is_empty() && (uri == &skill.concept_uri || skill.esco_uri != skill.concept_uri) {
            out.line(cell(uri, 200));
        }
    }
}

async fn co_occurring(context: &Context, args: CoArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let request = ListCoOccurringSkillsRequest {
        skill_id: args.id.clone(),
        country: args.country.unwrap_or_default(),
        limit: args.limit,
    };
    let response = client.call(client.skills().list_co_occurring_skills(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    out.line(words::co_occurring(lang, args.id, lang.number(response.job_count)));
    let mut table = Table::new([
        words::skill(lang),
        words::kind(lang),
        format!(">{}", words::ads(lang)),
        format!(">{}", words::share(lang)),
        format!(">{}", words::lift(lang)),
        "id".to_owned(),
    ]);
    for other in &response.skills {
        let skill = other.skill.clone().unwrap_or_default();
        table.row([
            cell(&skill.name, 40),
            cell(&skill.kind, 24),
            lang.number(other.job_count),
            lang.percent(other.share),
            lang.decimal(other.lift, 2),
            cell(&skill.skill_id, 40),
        ]);
    }
    table.print(out);
    Ok(())
}

#[cfg(test)]
mod tests {
    use observatory_proto::skills::SkillCount;

    use super::*;
    use crate::words::Lang;

    #[test]
    fn rankings_of_different_length_stand_side_by_side() {
        let count = |name: &str, share| SkillCount {
            skill: Some(SkillRef { name: name.into(), ..Default::default() }),
            share,
            ..Default::default()
        };
        let ranking = |skills: Vec<SkillCount>| ListSkillsResponse { skills, jobs_total: 1200, ..Default::default() };
        let rankings = [
            ("CO".to_owned(), ranking(vec![count("SQL", 0.5), count("Java", 0.25)])),
            ("MX".to_owned(), ranking(vec![count("Python", 0.1)])),
        ];
        let out = Output::new(false, Lang::Es, false, 0);
        let lines = side_by_side(&out, &rankings).lines();
        assert_eq!(lines[0], "#  CO, de 1.200 avisos          MX, de 1.200 avisos");
        assert_eq!(lines[1], "1  SQL                  50,0 %  Python               10,0 %");
        assert_eq!(lines[2], "2  Java                 25,0 %");
    }

    #[test]
    fn unknown_countries_are_not_compared() {
        let counts = [("ZZ".to_owned(), 90), ("MX".to_owned(), 5), ("CO".to_owned(), 5), ("AR".to_owned(), 9)];
        assert_eq!(most_ads(counts.into(), 2), ["AR", "CO"]);
    }
}
