//! An ad's text with its skills marked, and the table of them.

use observatory_proto::{
    common::{Demand, ExtractionMethod, Necessity, Section, Span},
    extractor::{ExtractSkillsResponse, ExtractedSkill},
};

use crate::{
    output::{Output, Table, cell, printable},
    words,
};

/// The text with `mark` around every skill. Spans count code points; where two overlap,
/// the one that starts first (the longer of those) is marked.
pub fn mark(text: &str, skills: &[ExtractedSkill], mark: impl Fn(&str) -> String) -> String {
    let mut spans: Vec<(usize, usize)> = skills
        .iter()
        .filter_map(|skill| skill.span.as_ref())
        .filter_map(|span| Some((usize::try_from(span.start).ok()?, usize::try_from(span.end).ok()?)))
        .filter(|(start, end)| start < end)
        .collect();
    spans.sort_unstable_by_key(|&(start, end)| (start, usize::MAX - end));
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut marked = String::with_capacity(text.len() + spans.len() * 4);
    let mut done = 0;
    for (start, end) in spans {
        let (Some(&from), Some(&to)) = (offsets.get(start), offsets.get(end)) else { continue };
        if from >= done {
            marked.push_str(&printable(&text[done..from]));
            marked.push_str(&mark(&printable(&text[from..to])));
            done = to;
        }
    }
    marked.push_str(&printable(&text[done..]));
    marked
}

/// Prints the skills, one a line, in order of position.
pub fn print_skills(out: &Output, skills: &[ExtractedSkill]) {
    let lang = out.lang;
    let mut table = Table::new([
        words::skill(lang),
        words::kind(lang),
        words::text(lang),
        words::section(lang),
        words::method(lang),
        format!(">{}", words::confidence(lang)),
    ]);
    for skill in skills {
        let named = skill.skill.clone().unwrap_or_default();
        table.row([
            cell(&named.name, 36),
            cell(&named.kind, 24),
            cell(&skill.skill_text, 36),
            section_name(skill.source_section()).to_owned(),
            method_name(skill.extraction_method()).to_owned(),
            lang.decimal(f64::from(skill.confidence_score), 2),
        ]);
    }
    table.print(out);
}

/// Prints why each skill counts, what does not count, and what may be an unknown skill.
pub fn print_reasons(out: &Output, response: &ExtractSkillsResponse) {
    let lang = out.lang;
    out.line(format!("\n{}", words::reasons(lang)));
    let mut table = Table::new([words::skill(lang), words::text(lang), words::reason(lang)]);
    for skill in &response.skills {
        let named = skill.skill.clone().unwrap_or_default();
        let demand = skill.demand.clone().unwrap_or_default();
        let reason = [skill.reason.clone(), stated(&demand)].into_iter().filter(|part| !part.is_empty());
        let reason = reason.collect::<Vec<_>>().join("; ");
        table.row([cell(&named.name, 32), cell(&skill.skill_text, 32), cell(&reason, 100)]);
    }
    table.print(out);
    if !response.dismissed.is_empty() {
        out.line(format!("\n{}", words::dismissed(lang)));
        let mut table = Table::new([words::skill(lang), words::text(lang), words::reason(lang)]);
        for label in &response.dismissed {
            let text = label.span.as_ref().map(|span| slice(&response.text, span)).unwrap_or_default();
            table.row([cell(&label.name, 32), cell(&text, 32), cell(&label.reason, 100)]);
        }
        table.print(out);
    }
    if !response.candidates.is_empty() {
        out.line(format!("\n{}", words::unknown_skills(lang)));
        let mut table = Table::new([words::text(lang), words::reason(lang)]);
        for candidate in &response.candidates {
            table.row([cell(&candidate.text, 40), candidate.pattern.clone()]);
        }
        table.print(out);
    }
}

/// What an ad states of a skill: `required, 3-5 years, advanced, version 8+`.
fn stated(demand: &Demand) -> String {
    let necessity = match demand.necessity() {
        Necessity::Required => "required",
        Necessity::Desirable => "desirable",
        Necessity::Unspecified => "",
    };
    let years = match (demand.years_min, demand.years_max) {
        (Some(least), Some(most)) if most > least => format!("{least}-{most} years"),
        (Some(years), _) | (None, Some(years)) => format!("{years}+ years"),
        (None, None) => String::new(),
    };
    let version = if demand.version.is_empty() { String::new() } else { format!("version {}", demand.version) };
    let parts = [necessity.to_owned(), years, demand.level.clone(), version];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn slice(text: &str, span: &Span) -> String {
    let (start, end) = (usize::try_from(span.start).unwrap_or(0), usize::try_from(span.end).unwrap_or(0));
    text.chars().skip(start).take(end.saturating_sub(start)).collect()
}

fn section_name(section: Section) -> &'static str {
    match section {
        Section::Unspecified => "-",
        Section::Title => "title",
        Section::Responsibilities => "responsibilities",
        Section::Requirements => "requirements",
        Section::Desirable => "desirable",
        Section::Benefits => "benefits",
        Section::About => "about",
        Section::Body => "body",
        Section::Portal => "portal",
        Section::Education => "education",
    }
}

fn method_name(method: ExtractionMethod) -> &'static str {
    match method {
        ExtractionMethod::Unspecified => "-",
        ExtractionMethod::Ner => "ner",
        ExtractionMethod::Regex => "regex",
        ExtractionMethod::Esco => "esco",
        ExtractionMethod::Llm => "llm",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: i32, end: i32) -> ExtractedSkill {
        ExtractedSkill { span: Some(Span { start, end }), ..Default::default() }
    }

    #[test]
    fn spans_count_code_points() {
        let skills = [at(3, 6), at(8, 14)];
        assert_eq!(mark("año SQL y Python", &[at(4, 7), at(10, 16)], |t| format!("[{t}]")), "año [SQL] y [Python]");
        assert_eq!(mark("ab", &skills, |t| format!("[{t}]")), "ab");
    }

    #[test]
    fn overlapping_spans_are_marked_once() {
        let skills = [at(0, 4), at(0, 10), at(5, 10), at(-1, 2)];
        assert_eq!(mark("Java Spring", &skills, |t| format!("[{t}]")), "[Java Sprin]g");
    }
}
