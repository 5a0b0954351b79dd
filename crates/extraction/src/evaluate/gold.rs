//! Labelled ads: one JSON object a line.
//!
//! The extractor is given the title and the description. The files' `requirements` are not read: in the
//! development set that column is a summary made by the annotators, so that an extractor that reads it is told
//! the answer.

use std::io::BufRead;

use rustc_hash::FxHashSet;
use serde_json::{Map, Value};

use super::EvaluationError;
use super::score::Class;
use crate::extract::combine;

/// A labelled ad.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoldAd {
    /// Its id, unique in the file.
    pub job_id: String,
    /// Title.
    pub title: String,
    /// Text of the ad.
    pub description: String,
    /// Two letters, or empty.
    pub country: String,
    /// `es`, `en`, or empty.
    pub lang: String,
    /// Technical skills that the annotators wrote down.
    pub hard_skills: Vec<String>,
    /// Personal ones.
    pub soft_skills: Vec<String>,
}

impl GoldAd {
    /// The text that is extracted from, and the length of its title in bytes.
    pub fn text(&self) -> (String, usize) {
        combine(&self.title, &self.description)
    }

    /// The labels of a class.
    pub fn labels(&self, class: Class) -> &[String] {
        match class {
            Class::Hard => &self.hard_skills,
            Class::Soft => &self.soft_skills,
        }
    }
}

/// Reads labelled ads; empty lines and unknown fields are passed over.
///
/// # Errors
/// The first line at fault, with its field.
pub fn read(reader: impl BufRead) -> Result<Vec<GoldAd>, EvaluationError> {
    let mut ads: Vec<GoldAd> = Vec::new();
    let mut seen: FxHashSet<String> = FxHashSet::default();
    for object in objects(reader) {
        let (line, object) = object?;
        let fields = Fields { line, object: &object };
        let ad = GoldAd {
            job_id: fields.text("job_id", true)?,
            title: fields.text("title", false)?,
            description: fields.text("description", true)?,
            country: fields.text("country", false)?,
            lang: fields.text("lang", false)?,
            hard_skills: fields.list("hard_skills")?,
            soft_skills: fields.list("soft_skills")?,
        };
        if !seen.insert(ad.job_id.clone()) {
            return Err(EvaluationError::Repeated { line, job_id: ad.job_id });
        }
        ads.push(ad);
    }
    if ads.is_empty() { Err(EvaluationError::Empty { what: "labelled ads" }) } else { Ok(ads) }
}

/// The JSON objects of a file, each with its line.
pub(super) fn objects(
    reader: impl BufRead,
) -> impl Iterator<Item = Result<(u64, Map<String, Value>), EvaluationError>> {
    (1..).zip(reader.lines()).filter_map(|(line, text)| {
        let text = match text {
            Ok(text) => text,
            Err(source) => return Some(Err(EvaluationError::Read { line, source })),
        };
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            return None;
        }
        Some(match serde_json::from_str(text) {
            Ok(Value::Object(object)) => Ok((line, object)),
            Ok(_) => Err(EvaluationError::Syntax { line, why: "no JSON object".into() }),
            Err(error) => Err(EvaluationError::Syntax { line, why: error.to_string() }),
        })
    })
}

/// The fields of one line.
pub(super) struct Fields<'a> {
    pub(super) line: u64,
    pub(super) object: &'a Map<String, Value>,
}

impl Fields<'_> {
    /// A text; where it is not `needed`, empty if it is missing or null.
    pub(super) fn text(&self, field: &'static str, needed: bool) -> Result<String, EvaluationError> {
        match self.object.get(field) {
            Some(Value::String(text)) if !(needed && text.trim().is_empty()) => Ok(text.clone()),
            None | Some(Value::Null) if !needed => Ok(String::new()),
            _ => Err(self.fault(field, if needed { "a text is needed" } else { "this is no text" })),
        }
    }

    /// A list of texts.
    pub(super) fn list(&self, field: &'static str) -> Result<Vec<String>, EvaluationError> {
        let fault = || self.fault(field, "a list of texts is needed");
        let Some(Value::Array(items)) = self.object.get(field) else {
            return Err(fault());
        };
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(fault)).collect()
    }

    pub(super) fn fault(&self, field: &'static str, expected: &'static str) -> EvaluationError {
        EvaluationError::Field { line: self.line, field, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AD: &str = r#"{"job_id":"a","title":"Dev","description":"Python","requirements":"Java","country":"CO","lang":"es","hard_skills":["Python"],"soft_skills":[],"role":"x"}"#;

    fn message(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_summary_of_the_annotators_is_not_given_to_the_extractor() {
        let ads = read(format!("\n{AD}\n").as_bytes()).unwrap();
        assert_eq!(ads[0].text(), ("Dev\nPython".to_owned(), 3));
        assert_eq!(ads[0].labels(Class::Hard), ["Python"]);
    }

    #[test]
    fn faults_name_their_line_and_field() {
        let broken = AD.replace(r#"["Python"]"#, "[1]");
        assert_eq!(message(&format!("\n{broken}")), "line 2: field \"hard_skills\": a list of texts is needed");
        assert_eq!(message(&AD.replace("\"a\"", "\"\"")), "line 1: field \"job_id\": a text is needed");
        assert_eq!(message(&AD.replace("\"Dev\"", "7")), "line 1: field \"title\": this is no text");
        assert_eq!(message(&format!("{AD}\n{AD}")), "line 2: field \"job_id\": \"a\" stands in the file already");
        assert!(message("[1]").starts_with("line 1: "));
        assert_eq!(message(""), "the file holds no labelled ads");
    }
}
