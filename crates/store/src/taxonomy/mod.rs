//! Concepts: the observatory's own, and ESCO.

mod changes;
mod esco;
mod search;

use unicode_normalization::UnicodeNormalization;

pub use changes::{ChangeList, ConceptChange, Field, compare, not_received};
pub use esco::{Changes, EscoConcept, finish_import, import};
pub use search::{Match, get, search};

/// A label as it is compared: lower case, without accents and other combining
/// marks, white space collapsed. Every `concept_labels.folded` is made by this function.
pub fn fold(label: &str) -> String {
    let mut folded = String::with_capacity(label.len());
    for c in label.nfd().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).filter(|c| !is_mark(*c)) {
        if !c.is_whitespace() {
            folded.push(c);
        } else if !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Combining diacritical marks.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// A concept of the taxonomy.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct Concept {
    /// Id.
    pub skill_id: String,
    /// URI.
    pub concept_uri: String,
    /// Canonical name.
    pub name: String,
    /// Its name in Spanish; may be empty.
    pub name_es: String,
    /// Kind.
    pub kind: String,
    /// ESCO concept that means the same; may be empty.
    pub esco_uri: String,
    /// Preferred label in English; may be empty.
    pub preferred_label_en: String,
    /// Preferred label in Spanish; may be empty.
    pub preferred_label_es: String,
    /// Other labels.
    pub alternative_labels: Vec<String>,
    /// What it means, in English.
    pub description_en: String,
    /// What it means, in Spanish.
    pub description_es: String,
    /// URI of the broader concept; may be empty.
    pub broader_concept_uri: String,
    /// URIs of the narrower concepts.
    pub narrower_concept_uris: Vec<String>,
    /// `observatory` or `esco`.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_compared_without_case_and_accents() {
        assert_eq!(fold("  Programación\u{a0} en ÑANDÚ "), "programacion en nandu");
        assert_eq!(fold("C++ / C#"), "c++ / c#");
        assert_eq!(fold("e\u{301}"), fold("É"));
        assert_eq!(fold("İstanbul"), "istanbul");
        assert_eq!(fold(" "), "");
        assert_eq!(fold(&fold("Ção")), fold("Ção"));
    }
}
