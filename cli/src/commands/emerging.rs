//! `skills emerging` and `skills review`: phrases that may be skills, and what becomes of them.

use clap::{Args, ValueEnum};
use observatory_proto::skills::{
    EmergingSkill, ListEmergingSkillsRequest, ReviewDecision, ReviewEmergingSkillRequest, ReviewEmergingSkillResponse,
};

use super::{country, day};
use crate::{
    Context,
    error::Result,
    output::{Output, Table, cell, printable},
    words,
};

/// What the options of `--promote` don't go with.
const OTHERS: [&str; 3] = ["alias_of", "reject", "undo"];

/// Options of `emerging`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory skills emerging\n  observatory skills emerging --country CO --since 2026-06-01 --min-companies 5\n  observatory skills emerging --decision promoted"
)]
pub struct EmergingArgs {
    /// Only ads of this country, such as CO [default: all]
    #[arg(long, value_parser = country, value_name = "CC")]
    pub country: Option<String>,
    /// Only phrases first seen on this day or later
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day, default_value = "", hide_default_value = true)]
    pub since: String,
    /// Held by at least this many ads [default: 2; with --decision 0]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true,
          value_parser = clap::value_parser!(i32).range(0..=1_000_000))]
    pub min_jobs: i32,
    /// Of at least this many employers [default: 2; with --decision 0]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true,
          value_parser = clap::value_parser!(i32).range(0..=1_000_000))]
    pub min_companies: i32,
    /// Phrases with this decision [default: those without any]
    #[arg(long, value_enum)]
    pub decision: Option<DecisionName>,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=500))]
    pub limit: i32,
    /// From the page before
    #[arg(long, default_value = "", hide_default_value = true)]
    pub page_token: String,
}

/// Options of `review`.
#[derive(Debug, Args)]
#[command(
    group = clap::ArgGroup::new("verdict").required(true).args(["promote", "alias_of", "reject", "undo"]),
    after_help = "Examples:\n  observatory skills review langsmith --promote --kind tool --name LangSmith --parent langchain\n  observatory skills review 'k8s clusters' --alias-of kubernetes\n  observatory skills review 'great place' --reject --note 'a slogan'\n  observatory skills review langsmith --undo\n\nThe taxonomy's kinds stand in taxonomy/README.md; ids of skills: observatory taxonomy search NAME."
)]
pub struct ReviewArgs {
    /// The phrase, as `skills emerging` prints it
    pub phrase: String,
    /// Make it a skill of its own
    #[arg(long, requires = "kind")]
    pub promote: bool,
    /// Make it another label of this skill, one of the observatory's own
    #[arg(long, value_name = "ID")]
    pub alias_of: Option<String>,
    /// It is no skill
    #[arg(long)]
    pub reject: bool,
    /// Take an earlier decision back
    #[arg(long)]
    pub undo: bool,
    /// With --promote: kind, such as tool or framework
    #[arg(long, conflicts_with_all = OTHERS)]
    pub kind: Option<String>,
    /// With --promote: canonical name [default: as most ads write it]
    #[arg(long, conflicts_with_all = OTHERS)]
    pub name: Option<String>,
    /// With --promote: id of the new skill [default: made from the name]
    #[arg(long, conflicts_with_all = OTHERS)]
    pub id: Option<String>,
    /// With --promote: a further label; may be repeated
    #[arg(long = "label", value_name = "LABEL", conflicts_with_all = OTHERS)]
    pub labels: Vec<String>,
    /// With --promote: id of the broader skill
    #[arg(long, value_name = "ID", conflicts_with_all = OTHERS)]
    pub parent: Option<String>,
    /// Who decided, or why; kept with the decision
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub note: String,
}

/// A decision on a phrase.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum DecisionName {
    /// A skill of its own
    Promoted,
    /// Another label of a skill
    Alias,
    /// No skill
    Rejected,
}

impl From<DecisionName> for ReviewDecision {
    fn from(name: DecisionName) -> Self {
        match name {
            DecisionName::Promoted => Self::Promoted,
            DecisionName::Alias => Self::Alias,
            DecisionName::Rejected => Self::Rejected,
        }
    }
}

/// Runs `skills emerging`.
///
/// # Errors
/// What the server says.
pub async fn list(context: &Context, args: EmergingArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let decision = args.decision.map_or(ReviewDecision::Unspecified, Into::into);
    let request = ListEmergingSkillsRequest {
        country: args.country.unwrap_or_default(),
        first_seen_from: args.since,
        min_jobs: args.min_jobs,
        min_companies: args.min_companies,
        decision: decision.into(),
        limit: args.limit,
        page_token: args.page_token,
    };
    let response = client.call(client.skills().list_emerging_skills(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    let open = decision == ReviewDecision::Unspecified;
    if response.skills.is_empty() {
        out.line(if open { words::no_emerging(lang) } else { words::none_decided(lang) });
        return Ok(());
    }
    table(out, &response.skills).print(out);
    if !response.next_page_token.is_empty() {
        out.note(words::next_page(lang, response.next_page_token));
    }
    if open {
        out.note(words::review_next(lang));
    }
    Ok(())
}

fn table(out: &Output, skills: &[EmergingSkill]) -> Table {
    let lang = out.lang;
    let mut table = Table::new([
        words::phrase(lang),
        format!(">{}", words::ads(lang)),
        format!(">{}", words::employers(lang)),
        words::first_seen(lang),
        words::last_seen(lang),
        words::patterns(lang),
        words::example(lang),
    ]);
    for skill in skills {
        let patterns = skill.patterns.iter().map(|count| format!("{} {}", count.pattern, lang.number(count.job_count)));
        table.row([
            cell(&skill.phrase, 40),
            lang.number(skill.job_count),
            lang.number(skill.company_count),
            day_or_dash(&skill.first_seen),
            day_or_dash(&skill.last_seen),
            cell(&patterns.collect::<Vec<_>>().join(", "), 40),
            cell(&skill.text, 40),
        ]);
    }
    table
}

fn day_or_dash(day: &str) -> String {
    if day.is_empty() { "-".to_owned() } else { cell(day, 10) }
}

/// Runs `skills review`.
///
/// # Errors
/// What the server says.
pub async fn review(context: &Context, args: ReviewArgs) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let phrase = args.phrase.clone();
    let request = request(args);
    let decision = request.decision();
    let response = client.call(client.skills().review_emerging_skill(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    print_review(out, &phrase, decision, &response);
    Ok(())
}

fn request(args: ReviewArgs) -> ReviewEmergingSkillRequest {
    let decision = match (&args.alias_of, args.promote, args.reject) {
        (Some(_), ..) => ReviewDecision::Alias,
        (None, true, _) => ReviewDecision::Promoted,
        (None, false, true) => ReviewDecision::Rejected,
        (None, false, false) => ReviewDecision::Unspecified,
    };
    ReviewEmergingSkillRequest {
        phrase: args.phrase,
        decision: decision.into(),
        skill_id: args.alias_of.or(args.id).unwrap_or_default(),
        name: args.name.unwrap_or_default(),
        kind: args.kind.unwrap_or_default(),
        labels: args.labels,
        parent_id: args.parent.unwrap_or_default(),
        note: args.note,
    }
}

fn print_review(out: &Output, phrase: &str, decision: ReviewDecision, response: &ReviewEmergingSkillResponse) {
    let lang = out.lang;
    let skill = response.skill.clone().unwrap_or_default();
    let (phrase, name, id) = (cell(phrase, 100), cell(&skill.name, 100), cell(&skill.skill_id, 128));
    out.line(match decision {
        ReviewDecision::Unspecified => words::now_open(lang, phrase),
        ReviewDecision::Rejected => words::now_rejected(lang, phrase),
        ReviewDecision::Alias => words::now_a_label(lang, phrase, name, id),
        ReviewDecision::Promoted => words::now_a_skill(lang, phrase, name, id),
    });
    if !response.toml.is_empty() {
        out.note(format!("\n{}\n", words::contribute(lang)));
        out.line(printable(response.toml.trim_end()));
        out.note("");
    }
    if decision != ReviewDecision::Rejected {
        out.note(words::used_from_now(lang, cell(&response.taxonomy_version, 120)));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::{
        Cli,
        commands::{Command, skills::SkillsCommand},
        words::Lang,
    };

    fn parse(args: &[&str]) -> Option<ReviewEmergingSkillRequest> {
        let command = Cli::try_parse_from([&["observatory", "skills", "review"], args].concat()).ok()?.command;
        let Command::Skills(SkillsCommand::Review(args)) = command else { return None };
        Some(request(args))
    }

    #[test]
    fn one_decision_is_needed_and_its_options_go_with_it() {
        let promoted =
            parse(&["x", "--promote", "--kind", "tool", "--label", "a", "--label", "b", "--id", "y"]).unwrap();
        assert_eq!((promoted.decision(), promoted.skill_id.as_str()), (ReviewDecision::Promoted, "y"));
        assert_eq!((promoted.labels.len(), promoted.kind.as_str()), (2, "tool"));
        let alias = parse(&["x", "--alias-of", "docker"]).unwrap();
        assert_eq!((alias.decision(), alias.skill_id.as_str()), (ReviewDecision::Alias, "docker"));
        assert_eq!(parse(&["x", "--reject"]).unwrap().decision(), ReviewDecision::Rejected);
        assert_eq!(parse(&["x", "--undo"]).unwrap().decision(), ReviewDecision::Unspecified);
        for wrong in [
            &["x"][..],
            &["x", "--promote"],
            &["x", "--promote", "--kind", "tool", "--reject"],
            &["x", "--reject", "--kind", "tool"],
            &["x", "--alias-of", "docker", "--label", "a"],
            &["--undo"],
        ] {
            assert!(parse(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn phrases_stand_in_a_table() {
        let skill = EmergingSkill {
            phrase: "zorblax".into(),
            text: "Zorblax".into(),
            job_count: 1200,
            company_count: 3,
            first_seen: "2026-01-02".into(),
            patterns: vec![observatory_proto::skills::PatternCount { pattern: "listed".into(), job_count: 2 }],
            ..Default::default()
        };
        let lines = table(&Output::new(false, Lang::Es, false, 0), &[skill]).lines();
        assert_eq!(lines[0], "frase    avisos  empresas  primera vez  última vez  patrones  ejemplo");
        assert_eq!(lines[1], "zorblax   1.200         3  2026-01-02   -           listed 2  Zorblax");
    }
}
