//! What is wrong with a taxonomy.

use std::io;

use rustc_hash::FxHashMap;

use super::{Concept, KINDS, Label};
use crate::text::fold::fold_phrase;

/// What is wrong with a taxonomy, each with the file and the concept.
#[derive(Debug, thiserror::Error)]
pub enum TaxonomyError {
    /// A file cannot be read.
    #[error("{file}: cannot read: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A file is not TOML of the expected form.
    #[error("{file}: {source}")]
    Syntax {
        /// The file.
        file: String,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// An id stands twice.
    #[error("{file}: concept {concept:?}: the id is taken by a concept of {other}")]
    DuplicateId {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// File of the first one.
        other: String,
    },
    /// Two concepts own a label.
    #[error("{file}: concept {concept:?}: label {label:?} belongs to {other:?} too")]
    SharedLabel {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The label.
        label: String,
        /// The concept that had it first.
        other: String,
    },
    /// A label holds no letter or digit.
    #[error("{file}: concept {concept:?}: label {label:?} has no word")]
    EmptyLabel {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The label.
        label: String,
    },
    /// A parent doesn't exist.
    #[error("{file}: concept {concept:?}: unknown parent {parent:?}")]
    UnknownParent {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The parent's id.
        parent: String,
    },
    /// A concept is its own ancestor.
    #[error("{file}: concept {concept:?}: is its own ancestor")]
    Cycle {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
    },
    /// A concept that is said to be implied doesn't exist, or is the concept itself.
    #[error("{file}: concept {concept:?}: implies {implied:?}, which is no other concept")]
    UnknownImplied {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The implied id.
        implied: String,
    },
    /// A concept of ESCO or O*NET is claimed twice.
    #[error("{file}: concept {concept:?}: {link:?} is linked to {other:?} too")]
    SharedLink {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The ESCO URI or O*NET title.
        link: String,
        /// The concept that had it first.
        other: String,
    },
    /// A concept is implied by what it implies.
    #[error("{file}: concept {concept:?}: implies itself: {}", .path.join(" -> "))]
    ImpliedCycle {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The ids from the concept back to it.
        path: Vec<String>,
    },
    /// An entry of `case_sensitive` or `ambiguous_labels` is not among the labels.
    #[error("{file}: concept {concept:?}: {key} names {label:?}, which is no label of it")]
    StrayLabel {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The key.
        key: &'static str,
        /// The entry.
        label: String,
    },
    /// The ESCO files have no such concept.
    #[error("{file}: concept {concept:?}: ESCO has no {uri:?}")]
    UnknownEsco {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The URI.
        uri: String,
    },
    /// The O*NET file has no such title.
    #[error("{file}: concept {concept:?}: O*NET has no {title:?}")]
    UnknownOnet {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The title.
        title: String,
    },
    /// A label is added to a concept that doesn't exist.
    #[error("{file}: concept {concept:?}: there is none to take the label {label:?}")]
    UnknownConcept {
        /// Where it is added.
        file: String,
        /// The concept's id.
        concept: String,
        /// The label.
        label: String,
    },
    /// A kind that is not one of [`KINDS`].
    #[error("{file}: concept {concept:?}: unknown kind {kind:?}")]
    UnknownKind {
        /// The file.
        file: String,
        /// The concept's id.
        concept: String,
        /// The kind.
        kind: String,
    },
}

/// Everything that is wrong with a taxonomy.
#[derive(Debug, thiserror::Error)]
#[error("the taxonomy has {} fault(s): {}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct InvalidTaxonomy(pub Vec<TaxonomyError>);

/// Looks for every fault that keeps a taxonomy from being used; gives the concepts' places by id.
pub(super) fn check(concepts: &[Concept], faults: &mut Vec<TaxonomyError>) -> FxHashMap<String, usize> {
    let by_id = check_ids(concepts, faults);
    check_kinds(concepts, faults);
    check_labels(concepts, faults);
    check_parents(concepts, &by_id, faults);
    check_links(concepts, &by_id, faults);
    by_id
}

/// Reports each circle of `implies` once, at the concept of it that stands first.
pub(super) fn check_implied(concepts: &[Concept], by_id: &FxHashMap<String, usize>, faults: &mut Vec<TaxonomyError>) {
    let mut done = vec![false; concepts.len()];
    for start in 0..concepts.len() {
        let mut path = Vec::new();
        follow(start, concepts, by_id, &mut path, &mut done, faults);
    }
}

/// Depth first from `at`; `path` leads to it, `done` is what has been left already.
fn follow(
    at: usize,
    concepts: &[Concept],
    by_id: &FxHashMap<String, usize>,
    path: &mut Vec<usize>,
    done: &mut [bool],
    faults: &mut Vec<TaxonomyError>,
) {
    if done[at] {
        return;
    }
    if let Some(first) = path.iter().position(|&step| step == at) {
        let ids = path[first..].iter().chain([&at]).map(|&step| concepts[step].id.clone());
        let (file, concept) = (concepts[at].file.clone(), concepts[at].id.clone());
        faults.push(TaxonomyError::ImpliedCycle { file, concept, path: ids.collect() });
        return;
    }
    path.push(at);
    for next in concepts[at].implies.iter().filter_map(|id| by_id.get(id)) {
        // A concept that implies itself is reported as an unknown implication.
        if *next != at {
            follow(*next, concepts, by_id, path, done, faults);
        }
    }
    path.pop();
    done[at] = true;
}

fn check_ids(concepts: &[Concept], faults: &mut Vec<TaxonomyError>) -> FxHashMap<String, usize> {
    let mut by_id: FxHashMap<String, usize> = FxHashMap::default();
    for (i, concept) in concepts.iter().enumerate() {
        match by_id.get(&concept.id) {
            Some(&first) => faults.push(TaxonomyError::DuplicateId {
                file: concept.file.clone(),
                concept: concept.id.clone(),
                other: concepts[first].file.clone(),
            }),
            None => {
                by_id.insert(concept.id.clone(), i);
            }
        }
    }
    by_id
}

fn check_kinds(concepts: &[Concept], faults: &mut Vec<TaxonomyError>) {
    faults.extend(concepts.iter().filter_map(|concept| check_kind(concept).err()));
}

pub(super) fn check_kind(concept: &Concept) -> Result<(), TaxonomyError> {
    if KINDS.contains(&concept.kind.as_str()) {
        return Ok(());
    }
    let (file, kind) = (concept.file.clone(), concept.kind.clone());
    Err(TaxonomyError::UnknownKind { file, concept: concept.id.clone(), kind })
}

/// The concept that has each label first.
#[derive(Default)]
pub(super) struct Owners(FxHashMap<String, String>);

impl Owners {
    fn key(label: &Label) -> String {
        if label.exact_case { label.text.clone() } else { fold_phrase(&label.text) }
    }

    /// Whether the concept may have the label.
    pub(super) fn check(&self, concept: &Concept, label: &Label) -> Result<(), TaxonomyError> {
        let (file, id, text) = (concept.file.clone(), concept.id.clone(), label.text.clone());
        if !fold_phrase(&text).contains(char::is_alphanumeric) {
            return Err(TaxonomyError::EmptyLabel { file, concept: id, label: text });
        }
        match self.0.get(&Self::key(label)) {
            Some(other) if *other != id => {
                Err(TaxonomyError::SharedLabel { file, concept: id, label: text, other: other.clone() })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn add(&mut self, concept: &Concept, label: &Label) {
        self.0.entry(Self::key(label)).or_insert_with(|| concept.id.clone());
    }
}

fn check_labels(concepts: &[Concept], faults: &mut Vec<TaxonomyError>) {
    let mut owners = Owners::default();
    for concept in concepts {
        for label in &concept.labels {
            match owners.check(concept, label) {
                Ok(()) => owners.add(concept, label),
                Err(fault) => faults.push(fault),
            }
        }
    }
}

fn check_parents(concepts: &[Concept], by_id: &FxHashMap<String, usize>, faults: &mut Vec<TaxonomyError>) {
    for concept in concepts {
        let mut at = concept;
        let mut steps = 0;
        while let Some(parent) = &at.parent {
            let Some(&next) = by_id.get(parent) else {
                if at.id == concept.id {
                    faults.push(TaxonomyError::UnknownParent {
                        file: concept.file.clone(),
                        concept: concept.id.clone(),
                        parent: parent.clone(),
                    });
                }
                break;
            };
            at = &concepts[next];
            steps += 1;
            if at.id == concept.id {
                faults.push(TaxonomyError::Cycle { file: concept.file.clone(), concept: concept.id.clone() });
                break;
            }
            if steps > concepts.len() {
                break; // A cycle above this concept; its members report it.
            }
        }
    }
}

fn check_links(concepts: &[Concept], by_id: &FxHashMap<String, usize>, faults: &mut Vec<TaxonomyError>) {
    let mut owner: FxHashMap<&str, &Concept> = FxHashMap::default();
    for concept in concepts {
        let (file, id) = (&concept.file, &concept.id);
        for implied in concept.implies.iter().filter(|other| *other == id || !by_id.contains_key(*other)) {
            let (file, concept, implied) = (file.clone(), id.clone(), implied.clone());
            faults.push(TaxonomyError::UnknownImplied { file, concept, implied });
        }
        for link in concept.esco_uri.iter().chain(&concept.onet) {
            if let Some(other) = owner.insert(link, concept) {
                let (file, concept, link) = (file.clone(), id.clone(), link.clone());
                faults.push(TaxonomyError::SharedLink { file, concept, link, other: other.id.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::taxonomy::Taxonomy;

    fn faults(files: &[(&str, &str)]) -> String {
        Taxonomy::from_files(files.iter().copied()).unwrap_err().to_string()
    }

    #[test]
    fn every_fault_is_named_with_its_file_and_concept() {
        let a = "kind = \"tool\"\n[[concept]]\nid = \"a\"\nname = \"A A\"\nparent = \"b\"\n[[concept]]\nid = \"x\"\nname = \"X x\"\nkind = \"nonsense\"\nparent = \"none\"\n";
        let b = "kind = \"tool\"\n[[concept]]\nid = \"b\"\nname = \"a-a\"\nparent = \"a\"\n[[concept]]\nid = \"x\"\nname = \"Y\"\n";
        let message = faults(&[("a.toml", a), ("b.toml", b), ("c.toml", "kind = ")]);
        for part in [
            "b.toml: concept \"x\": the id is taken by a concept of a.toml",
            "b.toml: concept \"b\": label \"a-a\" belongs to \"a\" too",
            "a.toml: concept \"x\": unknown parent \"none\"",
            "a.toml: concept \"a\": is its own ancestor",
            "a.toml: concept \"x\": unknown kind \"nonsense\"",
            "c.toml: ",
        ] {
            assert!(message.contains(part), "{part} not in {message}");
        }
    }
}
