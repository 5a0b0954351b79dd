//! Phrases of ads beside the ESCO concept that they express: English sentences labelled by hand.

use std::io::Read;

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::EvaluationError;
use super::score::share;
use crate::esco::EscoConcept;
use crate::link::Linker;
use crate::text::fold::fold_phrase;

/// Labels that say that there is no label.
const NONE: [&str; 2] = ["LABEL NOT PRESENT", "UNDERSPECIFIED"];
/// How many concepts a reader would look through.
const CANDIDATES: usize = 10;

/// A phrase and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// The words that express the skill.
    pub text: String,
    /// Preferred label of its concept.
    pub label: String,
}

/// The figures of one file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LinkingReport {
    /// Rows of the file.
    pub rows: usize,
    /// Rows whose skill ESCO lacks, or that are too vague: left out.
    pub unlabelled: usize,
    /// Rows whose label is not in the ESCO at hand: left out.
    pub unknown_labels: usize,
    /// Rows that count.
    pub counted: usize,
    /// Share whose first candidate is the label.
    pub accuracy_at_1: f64,
    /// Share with the label among the first ten.
    pub recall_at_10: f64,
    /// Share whose words, folded, are a label of that concept, and of no other one before it.
    pub exact_matching: f64,
}

/// Reads a file with the columns sentence, span, sub_span and label; the sub-span is the phrase where there is
/// one.
///
/// # Errors
/// A column that is missing, or the first record at fault.
pub fn read(reader: impl Read) -> Result<Vec<Phrase>, EvaluationError> {
    let mut csv = csv::Reader::from_reader(reader);
    let syntax = |line: u64, error: csv::Error| EvaluationError::Syntax { line, why: error.to_string() };
    let headers = csv.headers().map_err(|error| syntax(1, error))?.clone();
    let column = |field: &'static str| {
        let found = headers.iter().position(|h| h.trim_start_matches('\u{feff}') == field);
        found.ok_or(EvaluationError::Field { line: 1, field, expected: "this column is needed" })
    };
    let (span, sub_span, label) = (column("span")?, column("sub_span")?, column("label")?);
    let mut phrases = Vec::new();
    for record in csv.records() {
        let record = record.map_err(|error| syntax(error.position().map_or(0, csv::Position::line), error))?;
        let field = |column: usize| record.get(column).unwrap_or_default().trim();
        let text = if field(sub_span).is_empty() { field(span) } else { field(sub_span) };
        phrases.push(Phrase { text: text.to_owned(), label: field(label).to_owned() });
    }
    if phrases.is_empty() { Err(EvaluationError::Empty { what: "labelled phrases" }) } else { Ok(phrases) }
}

/// Ranks all concepts for each phrase.
pub fn score(esco: &[EscoConcept], linker: &Linker, phrases: &[Phrase]) -> LinkingReport {
    let by_label = by_label(esco);
    let by_folded = by_folded(esco);
    let mut report = LinkingReport { rows: phrases.len(), ..LinkingReport::default() };
    let (mut first, mut among, mut exact) = (0, 0, 0);
    for phrase in phrases {
        if NONE.contains(&phrase.label.as_str()) {
            report.unlabelled += 1;
            continue;
        }
        let Some(&wanted) = by_label.get(phrase.label.to_lowercase().as_str()) else {
            report.unknown_labels += 1;
            continue;
        };
        report.counted += 1;
        let ranked = linker.rank(&phrase.text, CANDIDATES);
        first += usize::from(ranked.first().is_some_and(|(concept, _)| *concept == wanted));
        among += usize::from(ranked.iter().any(|(concept, _)| *concept == wanted));
        exact += usize::from(by_folded.get(&fold_phrase(&phrase.text)) == Some(&wanted));
    }
    report.accuracy_at_1 = share(first, report.counted);
    report.recall_at_10 = share(among, report.counted);
    report.exact_matching = share(exact, report.counted);
    report
}

/// Concepts by label in lower case, preferred labels first.
fn by_label(esco: &[EscoConcept]) -> FxHashMap<String, usize> {
    let mut map = FxHashMap::default();
    for (number, concept) in esco.iter().enumerate() {
        map.entry(concept.preferred_label_en.to_lowercase()).or_insert(number);
    }
    for (number, concept) in esco.iter().enumerate() {
        for label in &concept.alternative_labels_en {
            map.entry(label.to_lowercase()).or_insert(number);
        }
    }
    map
}

/// What a matcher of labels would find: the same folded, also without the gloss.
fn by_folded(esco: &[EscoConcept]) -> FxHashMap<String, usize> {
    let mut map = FxHashMap::default();
    let plain = |label: &str| fold_phrase(label.split(" (").next().unwrap_or(label));
    for (number, concept) in esco.iter().enumerate() {
        map.entry(plain(&concept.preferred_label_en)).or_insert(number);
    }
    for (number, concept) in esco.iter().enumerate() {
        for label in &concept.alternative_labels_en {
            map.entry(plain(label)).or_insert(number);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "sentence,span,sub_span,label\n\
        \"We solve, daily\",solving problems and tests,problem solving,solve problems\n\
        x,java,,Java (computer programming)\nx,grit,,LABEL NOT PRESENT\nx,other,,no such label\n";

    fn concept(label: &str, others: &[&str]) -> EscoConcept {
        EscoConcept {
            concept_uri: label.to_owned(),
            preferred_label_en: label.to_owned(),
            alternative_labels_en: others.iter().map(|l| (*l).to_owned()).collect(),
            ..EscoConcept::default()
        }
    }

    #[test]
    fn rows_without_a_label_are_left_out_and_the_sub_span_is_the_phrase() {
        let esco = [concept("solve problems", &["tackle problems"]), concept("Java (computer programming)", &[])];
        let phrases = read(ROWS.as_bytes()).unwrap();
        assert_eq!(phrases[0].text, "problem solving");
        let report = score(&esco, &Linker::new(&esco), &phrases);
        assert_eq!((report.rows, report.unlabelled, report.unknown_labels, report.counted), (4, 1, 1, 2));
        assert_eq!((report.accuracy_at_1, report.recall_at_10, report.exact_matching), (1.0, 1.0, 0.5));
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = read("sentence,span,label\n".as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "line 1: field \"sub_span\": this column is needed");
    }
}
