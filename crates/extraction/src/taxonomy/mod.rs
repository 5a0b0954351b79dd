//! The project's own taxonomy: technology skills that job ads ask for and ESCO lacks.
//!
//! It is written in `taxonomy/*.toml` of the repository and embedded in the binary; another directory
//! can be loaded instead. Each file has a default `kind` and a list of concepts:
//!
//! ```toml
//! kind = "programming_language"
//!
//! [[concept]]
//! id = "go"
//! name = "Go"
//! aliases = ["Golang"]
//! parent = "programming-language"
//! ambiguous = "An ordinary English word too: needs context."
//! case_sensitive = ["Go"]
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use rustc_hash::FxHashMap;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::text::fold::fold_phrase;

/// Prefix of the URIs of own concepts; the concept's id follows.
pub const URI_PREFIX: &str = "urn:observatory:skill:";

/// Edition of the taxonomy; a hash of its content follows it in [`Taxonomy::version`].
pub const EDITION: &str = "2026.11";

/// Kinds that a concept may have.
pub const KINDS: &[&str] = &[
    "backend",
    "blockchain",
    "business",
    "certification",
    "cloud",
    "collaboration",
    "concept",
    "data",
    "database",
    "design",
    "devops",
    "embedded",
    "engineering",
    "erp_crm",
    "framework",
    "frontend",
    "game",
    "hardware",
    "human_language",
    "library",
    "machine_learning",
    "marketing",
    "methodology",
    "mobile",
    "networking",
    "office",
    "operating_system",
    "platform",
    "programming_language",
    "protocol",
    "security",
    "soft_skill",
    "testing",
    "tool",
];

static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/taxonomy_files.rs"));

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

/// Language that a label is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// The same everywhere (names), or English where the concept has Spanish labels too.
    Any,
    /// Spanish.
    Es,
    /// English.
    En,
    /// Portuguese.
    Pt,
}

/// A label of a concept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// As written.
    pub text: String,
    /// Its language.
    pub language: Language,
    /// An ordinary word too: counts only where its surroundings speak for the skill.
    pub needs_context: bool,
    /// Counts only in exactly this case.
    pub exact_case: bool,
}

/// A skill of the taxonomy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concept {
    /// Short name in lower case, unique (`objective-c`).
    pub id: String,
    /// Canonical name (`Objective-C`).
    pub name: String,
    /// The name in Spanish, where it has one of its own: the first Spanish label.
    pub name_es: Option<String>,
    /// One of [`KINDS`].
    pub kind: String,
    /// The name first, then every other label, without repetition.
    pub labels: Vec<Label>,
    /// Id of the broader concept.
    pub parent: Option<String>,
    /// The ESCO concept that means the same.
    pub esco_uri: Option<String>,
    /// Title of the technology in O*NET.
    pub onet: Option<String>,
    /// Ids of what a person who is asked for this is asked for too (Git: version control).
    pub implies: Vec<String>,
    /// Why some labels need context, if they do.
    pub ambiguous: Option<String>,
    /// File that it stands in.
    pub file: String,
}

impl Concept {
    /// `urn:observatory:skill:<id>`.
    pub fn uri(&self) -> String {
        format!("{URI_PREFIX}{}", self.id)
    }
}

/// The taxonomy, checked.
#[derive(Clone, Debug, Default)]
pub struct Taxonomy {
    concepts: Vec<Concept>,
    by_id: FxHashMap<String, usize>,
    version: String,
}

impl Taxonomy {
    /// The taxonomy embedded in the binary.
    ///
    /// # Errors
    /// Every fault found; the tests keep the embedded one free of them.
    pub fn embedded() -> Result<Self, InvalidTaxonomy> {
        Self::from_files(EMBEDDED.iter().copied())
    }

    /// Loads every `*.toml` of a directory.
    ///
    /// # Errors
    /// Every fault found.
    pub fn from_directory(directory: &Path) -> Result<Self, InvalidTaxonomy> {
        let read = |file: &Path, source| {
            InvalidTaxonomy(vec![TaxonomyError::Read { file: file.display().to_string(), source }])
        };
        let mut paths: Vec<PathBuf> = fs::read_dir(directory)
            .and_then(|entries| entries.map(|e| Ok(e?.path())).collect())
            .map_err(|e| read(directory, e))?;
        paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
        let mut files = Vec::new();
        for path in &paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let content = fs::read_to_string(path).map_err(|e| read(path, e))?;
            files.push((name.into_owned(), content));
        }
        Self::from_files(files.iter().map(|(n, c)| (n.as_str(), c.as_str())))
    }

    /// Builds a taxonomy from file names and their content, in any order.
    ///
    /// # Errors
    /// Every fault found.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidTaxonomy> {
        let files: BTreeMap<&str, &str> = files.into_iter().collect();
        let mut faults = Vec::new();
        let mut concepts = Vec::new();
        for (&file, &content) in &files {
            match toml::from_str::<TaxonomyFile>(content) {
                Ok(parsed) => {
                    let kind = &parsed.kind;
                    let built = parsed.concept.into_iter().map(|c| c.build(kind, file));
                    concepts.extend(built);
                }
                Err(e) => faults.push(TaxonomyError::Syntax { file: file.to_owned(), source: Box::new(e) }),
            }
        }
        let by_id = check_ids(&concepts, &mut faults);
        check_kinds(&concepts, &mut faults);
        check_labels(&concepts, &mut faults);
        check_parents(&concepts, &by_id, &mut faults);
        check_links(&concepts, &by_id, &mut faults);
        if !faults.is_empty() {
            return Err(InvalidTaxonomy(faults));
        }
        Ok(Self { concepts, by_id, version: version_of(&files) })
    }

    /// All concepts, by file name, then in the order of the file.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The concept with this id.
    pub fn get(&self, id: &str) -> Option<&Concept> {
        self.by_id.get(id).map(|&i| &self.concepts[i])
    }

    /// Edition and hash of the content (`2026.11+ab12cd34`): any change of a file changes it.
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn version_of(files: &BTreeMap<&str, &str>) -> String {
    let mut hash = Sha256::new();
    for (name, content) in files {
        // Lengths first, so that content cannot move between files unseen.
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
        hash.update((content.len() as u64).to_le_bytes());
        hash.update(content.as_bytes());
    }
    let digest = hash.finalize();
    let short: String = digest.iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("{EDITION}+{short}")
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
    for concept in concepts {
        if !KINDS.contains(&concept.kind.as_str()) {
            faults.push(TaxonomyError::UnknownKind {
                file: concept.file.clone(),
                concept: concept.id.clone(),
                kind: concept.kind.clone(),
            });
        }
    }
}

fn check_labels(concepts: &[Concept], faults: &mut Vec<TaxonomyError>) {
    let mut owner: FxHashMap<String, &Concept> = FxHashMap::default();
    for concept in concepts {
        for label in &concept.labels {
            let mut key = fold_phrase(&label.text);
            let (file, id) = (concept.file.clone(), concept.id.clone());
            if !key.contains(char::is_alphanumeric) {
                faults.push(TaxonomyError::EmptyLabel { file, concept: id, label: label.text.clone() });
                continue;
            }
            if label.exact_case {
                key.clone_from(&label.text);
            }
            match owner.get(&key) {
                Some(other) if other.id != concept.id => faults.push(TaxonomyError::SharedLabel {
                    file,
                    concept: id,
                    label: label.text.clone(),
                    other: other.id.clone(),
                }),
                Some(_) => {}
                None => {
                    owner.insert(key, concept);
                }
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
    use super::*;

    fn faults(files: &[(&str, &str)]) -> String {
        Taxonomy::from_files(files.iter().copied()).unwrap_err().to_string()
    }

    #[test]
    fn the_embedded_taxonomy_is_valid() {
        let taxonomy = Taxonomy::embedded().unwrap();
        assert!(taxonomy.version().starts_with("2026.11+"));
        assert_eq!(taxonomy.get("go").unwrap().uri(), "urn:observatory:skill:go");
    }

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

    #[test]
    fn the_version_follows_the_content_not_the_order() {
        let version = |files: &[(&'static str, &'static str)]| {
            Taxonomy::from_files(files.iter().copied()).unwrap().version().to_owned()
        };
        let one = [("a.toml", "kind = \"tool\""), ("b.toml", "kind = \"data\"")];
        let other = [one[1], one[0]];
        assert_eq!(version(&one), version(&other));
        assert_ne!(version(&one), version(&one[..1]));
    }
}
