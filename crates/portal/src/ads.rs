//! The ads that are served, read from JSON Lines.

use std::path::Path;

use chrono::NaiveDate;
use serde::Deserialize;

use crate::{Error, text};

/// The ads that come with the project.
const SHIPPED: &str = include_str!("../../../samples/ads.jsonl");

/// Skills that the portal names by itself where an ad mentions them.
const SKILLS: [&str; 36] = [
    "Python",
    "Java",
    "JavaScript",
    "TypeScript",
    "SQL",
    "PHP",
    "Kotlin",
    "Swift",
    "Scala",
    "Django",
    "Spring",
    "Laravel",
    "Angular",
    "React",
    "Vue",
    "Docker",
    "Kubernetes",
    "Terraform",
    "AWS",
    "Azure",
    "Linux",
    "Git",
    "Jenkins",
    "Kafka",
    "PostgreSQL",
    "MySQL",
    "Oracle",
    "MongoDB",
    "Redis",
    "Scrum",
    "Jira",
    "Excel",
    "Selenium",
    "Figma",
    "SAP",
    "Salesforce",
];

#[derive(Deserialize)]
struct Line {
    portal: String,
    country: String,
    title: String,
    company: String,
    location: String,
    posted_date: NaiveDate,
    description: String,
    #[serde(default)]
    requirements: String,
    #[serde(default)]
    salary_raw: String,
    #[serde(default)]
    contract_type: String,
    #[serde(default)]
    remote_type: String,
}

/// An ad, with what its pages need prepared.
#[derive(Debug)]
pub struct Ad {
    pub portal: String,
    pub country: String,
    pub title: String,
    pub company: String,
    pub location: String,
    pub posted: NaiveDate,
    /// As posted: HTML, now and then broken, or text.
    pub description: String,
    /// As posted; may be empty.
    pub requirements: String,
    pub salary: String,
    pub contract: String,
    pub remote: String,
    /// The description's lines, ready to stand in HTML.
    pub lines: Vec<String>,
    /// The requirements' lines, ready to stand in HTML.
    pub requirement_lines: Vec<String>,
    pub skills: Vec<&'static str>,
    /// Folded words of title, description and requirements.
    pub words: String,
    /// Folded words of the title and the first line.
    pub lead_words: String,
    /// Folded words of the place.
    pub place_words: String,
}

impl From<Line> for Ad {
    fn from(line: Line) -> Self {
        let lines = text::lines(&line.description);
        let requirement_lines = text::lines(&line.requirements);
        let first = lines.first().map_or("", String::as_str);
        let lead_words = text::fold(&format!("{} {first}", line.title));
        let all = format!("{} {} {}", line.title, lines.join(" "), requirement_lines.join(" "));
        let words = text::fold(&all);
        let whole = format!("{words} ");
        let named = |skill: &&str| whole.contains(&format!("{} ", text::fold(skill)));
        Self {
            skills: SKILLS.into_iter().filter(named).collect(),
            words,
            lead_words,
            place_words: text::fold(&line.location),
            portal: line.portal,
            country: line.country.to_ascii_uppercase(),
            title: line.title,
            company: line.company,
            location: line.location,
            posted: line.posted_date,
            description: line.description,
            requirements: line.requirements,
            salary: line.salary_raw,
            contract: line.contract_type,
            remote: line.remote_type,
            lines,
            requirement_lines,
        }
    }
}

/// Reads the ads of `file`, or those that come with the project.
///
/// # Errors
/// A file that can't be read; a line that is no ad.
pub fn read(file: Option<&Path>) -> Result<Vec<Ad>, Error> {
    let Some(path) = file else { return parse(SHIPPED, "samples/ads.jsonl") };
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| Error::File { file: name.clone(), source })?;
    parse(&text, &name)
}

fn parse(text: &str, file: &str) -> Result<Vec<Ad>, Error> {
    let mut ads = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line =
            serde_json::from_str(line).map_err(|source| Error::Ad { file: file.to_owned(), line: i + 1, source })?;
        ads.push(Ad::from(line));
    }
    if ads.is_empty() { Err(Error::NoAds { file: file.to_owned() }) } else { Ok(ads) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_ads_are_read_with_their_lines_and_skills() {
        let ads = read(None).unwrap();
        assert_eq!(ads.len(), 174);
        assert!(ads.iter().all(|ad| !ad.lines.is_empty() && ad.country.len() == 2));
        assert!(ads.iter().flat_map(|ad| &ad.lines).all(|line| !line.contains('<')));
        assert!(ads[0].skills.contains(&"Python") && ads[0].skills.contains(&"PostgreSQL"));
    }

    #[test]
    fn a_bad_line_is_named() {
        let error = parse("\n{\"title\": 1}", "x.jsonl").unwrap_err().to_string();
        assert!(error.contains("x.jsonl") && error.contains("line 2"), "{error}");
        assert!(parse("\n", "x.jsonl").is_err());
    }
}
