//! The TOML of a taxonomy file, and the concepts that it makes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::check::TaxonomyError;
use super::{Concept, Label, Language};

/// What the files hold.
#[derive(Default)]
pub(super) struct Parsed {
    /// The concepts, by file, then in the order of the file.
    pub(super) concepts: Vec<Concept>,
    /// Files that are no taxonomy.
    pub(super) faults: Vec<TaxonomyError>,
    /// Entries of `case_sensitive` and `ambiguous_labels` that are no labels: they become labels, which no
    /// one may have meant.
    pub(super) strays: Vec<TaxonomyError>,
}

/// Reads the files.
pub(super) fn parse(files: &BTreeMap<&str, &str>) -> Parsed {
    let mut parsed = Parsed::default();
    for (&file, &content) in files {
        match toml::from_str::<TaxonomyFile>(content) {
            Ok(content) => {
                for entry in content.concept {
                    parsed.strays.extend(entry.strays(file));
                    parsed.concepts.push(entry.build(&content.kind, file));
                }
            }
            Err(e) => parsed.faults.push(TaxonomyError::Syntax { file: file.to_owned(), source: Box::new(e) }),
        }
    }
    parsed
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaxonomyFile {
    kind: String,
    #[serde(default)]
    concept: Vec<ConceptEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConceptEntry {
    id: String,
    name: String,
    kind: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    es: Vec<String>,
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    pt: Vec<String>,
    parent: Option<String>,
    esco: Option<String>,
    onet: Option<String>,
    #[serde(default)]
    implies: Vec<String>,
    ambiguous: Option<String>,
    #[serde(default)]
    ambiguous_labels: Vec<String>,
    #[serde(default)]
    case_sensitive: Vec<String>,
}

impl ConceptEntry {
    fn strays(&self, file: &str) -> Vec<TaxonomyError> {
        let labels = [&self.aliases, &self.es, &self.en, &self.pt];
        let is_label = |text: &String| *text == self.name || labels.iter().any(|list| list.contains(text));
        let lists = [("case_sensitive", &self.case_sensitive), ("ambiguous_labels", &self.ambiguous_labels)];
        let entries = lists.into_iter().flat_map(|(key, list)| list.iter().map(move |label| (key, label)));
        let strays = entries.filter(|(_, label)| !is_label(label));
        let stray = |(key, label): (&'static str, &String)| TaxonomyError::StrayLabel {
            file: file.to_owned(),
            concept: self.id.clone(),
            key,
            label: label.clone(),
        };
        strays.map(stray).collect()
    }

    fn build(self, default_kind: &str, file: &str) -> Concept {
        let ambiguous = self.ambiguous.is_some();
        let mut labels: Vec<Label> = Vec::new();
        let exact = &self.case_sensitive;
        let name = std::slice::from_ref(&self.name);
        let all = [
            (name, Language::Any),
            (&*self.aliases, Language::Any),
            (&*self.es, Language::Es),
            (&*self.en, Language::En),
            (&*self.pt, Language::Pt),
            (&*self.ambiguous_labels, Language::Any),
            (&**exact, Language::Any),
        ];
        for (text, language) in all.into_iter().flat_map(|(texts, language)| texts.iter().map(move |t| (t, language))) {
            if labels.iter().any(|l| l.text == *text) {
                continue;
            }
            let exact_case = exact.contains(text);
            labels.push(Label {
                needs_context: match &*self.ambiguous_labels {
                    [] => ambiguous && needs_context(text, exact),
                    listed => listed.contains(text),
                },
                text: text.clone(),
                language,
                exact_case,
            });
        }
        Concept {
            kind: self.kind.unwrap_or_else(|| default_kind.to_owned()),
            id: self.id,
            name: self.name,
            name_es: self.es.into_iter().next(),
            labels,
            parent: self.parent,
            esco_uri: self.esco,
            onet: self.onet,
            implies: self.implies,
            ambiguous: self.ambiguous,
            file: file.to_owned(),
        }
    }
}

/// Which labels of an ambiguous concept are the ambiguous ones: those listed as case-sensitive if any are,
/// else every plain word (`Express`, but not `Express.js` or `ExpressJS`).
fn needs_context(label: &str, case_sensitive: &[String]) -> bool {
    if !case_sensitive.is_empty() {
        return case_sensitive.iter().any(|c| c.eq_ignore_ascii_case(label));
    }
    let plain = label.chars().all(char::is_alphabetic);
    let camel = label.chars().zip(label.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    plain && !camel
}

#[cfg(test)]
mod tests {
    use crate::taxonomy::Taxonomy;

    #[test]
    fn only_the_plain_words_of_an_ambiguous_concept_need_context() {
        let file = r#"kind = "framework"
            [[concept]]
            id = "express"
            name = "Express"
            aliases = ["Express.js", "ExpressJS"]
            ambiguous = "a word"
            [[concept]]
            id = "go"
            name = "Go"
            aliases = ["Golang"]
            ambiguous = "a word"
            case_sensitive = ["Go"]"#;
        let taxonomy = Taxonomy::from_files([("a.toml", file)]).unwrap();
        let needing: Vec<_> = taxonomy
            .concepts()
            .iter()
            .flat_map(|c| &c.labels)
            .filter(|l| l.needs_context)
            .map(|l| l.text.as_str())
            .collect();
        assert_eq!(needing, ["Express", "Go"]);
    }
}
