//! Concepts: the observatory's own, and ESCO.

mod changes;
mod esco;
mod search;

pub use changes::{ChangeList, ConceptChange, Field, compare, not_received};
// Every `concept_labels.folded` is made by this function.
pub use observatory_postings::fold;

pub use esco::{Changes, EscoConcept, finish_import, import};
pub use search::{Match, get, search};

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
