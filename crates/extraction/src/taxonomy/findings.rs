//! Faults and warnings as they are told: where, what, and how to mend it.

use serde::Serialize;

use super::check::TaxonomyError;

/// A fault or warning, for people and programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name of the check (`duplicate_id`, `redundant_label`).
    pub check: &'static str,
    /// The file.
    pub file: String,
    /// The concept's id; empty where it is the whole file.
    pub concept: String,
    /// What is the matter.
    pub what: String,
    /// What to do.
    pub mend: String,
}

impl From<&TaxonomyError> for Finding {
    fn from(fault: &TaxonomyError) -> Self {
        let (check, file, concept, mend) = parts(fault);
        let told = fault.to_string();
        let place = if concept.is_empty() { format!("{file}: ") } else { format!("{file}: concept {concept:?}: ") };
        let what = told.strip_prefix(&place).unwrap_or(&told).trim_end().to_owned();
        Self { check, file: file.to_owned(), concept: concept.to_owned(), what, mend }
    }
}

/// Name of the check, file, concept, and how to mend it.
fn parts(fault: &TaxonomyError) -> (&'static str, &str, &str, String) {
    use TaxonomyError as E;
    match fault {
        E::Read { file, .. } => ("read", file, "", "make it readable, as UTF-8".into()),
        E::Syntax { file, .. } => ("syntax", file, "", "write it as the README's example; no other keys".into()),
        E::DuplicateId { file, concept, other } => {
            ("duplicate_id", file, concept, format!("give one an id of its own, or join it with that of {other}"))
        }
        E::SharedLabel { file, concept, label, other } => {
            ("shared_label", file, concept, format!("keep {label:?} in {concept:?} or in {other:?}, not in both"))
        }
        E::EmptyLabel { file, concept, .. } => ("empty_label", file, concept, "take the label out".into()),
        E::UnknownParent { file, concept, parent } => {
            ("unknown_parent", file, concept, format!("add a concept {parent:?}, or name another parent"))
        }
        E::Cycle { file, concept } => {
            ("parent_cycle", file, concept, "give one concept of the circle another parent, or none".into())
        }
        E::UnknownImplied { file, concept, implied } => {
            ("unknown_implied", file, concept, format!("take {implied:?} out of implies, or add such a concept"))
        }
        E::ImpliedCycle { file, concept, .. } => {
            ("implied_cycle", file, concept, "take one step of the circle out of implies".into())
        }
        E::StrayLabel { file, concept, key, label } => {
            ("stray_label", file, concept, format!("add {label:?} to the labels, or take it out of {key}"))
        }
        E::SharedLink { file, concept, other, .. } => {
            ("shared_link", file, concept, format!("keep the link in {concept:?} or in {other:?}, not in both"))
        }
        E::UnknownEsco { file, concept, .. } => {
            ("unknown_esco", file, concept, "take the link out, or name a concept of these files".into())
        }
        E::UnknownOnet { file, concept, .. } => {
            ("unknown_onet", file, concept, "take the link out, or write the title as the file does".into())
        }
        E::UnknownConcept { file, concept, .. } => {
            ("unknown_concept", file, concept, "name a concept of the taxonomy".into())
        }
        E::UnknownKind { file, concept, .. } => {
            ("unknown_kind", file, concept, "use one of the kinds that the README lists".into())
        }
    }
}
