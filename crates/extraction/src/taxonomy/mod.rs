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

mod additions;
mod check;
mod findings;
mod format;
mod validate;
mod warnings;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

pub use additions::{Addition, Alias, version_with, version_with_esco};
pub use check::{InvalidTaxonomy, TaxonomyError};
pub use findings::Finding;
pub use validate::{OnetError, References, Summary, Validation, read_onet, validate};

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

/// Names and content of the files that are embedded in the binary.
pub static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/taxonomy_files.rs"));

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
        let files = read_directory(directory).map_err(|e| InvalidTaxonomy(vec![e]))?;
        Self::from_files(files.iter().map(|(n, c)| (n.as_str(), c.as_str())))
    }

    /// Builds a taxonomy from file names and their content, in any order.
    ///
    /// # Errors
    /// Every fault found.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidTaxonomy> {
        let files: BTreeMap<&str, &str> = files.into_iter().collect();
        let mut parsed = format::parse(&files);
        let by_id = check::check(&parsed.concepts, &mut parsed.faults);
        if !parsed.faults.is_empty() {
            return Err(InvalidTaxonomy(parsed.faults));
        }
        Ok(Self { concepts: parsed.concepts, by_id, version: version_of(&files) })
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

/// Names and content of every `*.toml` of a directory.
///
/// # Errors
/// [`TaxonomyError::Read`] where the directory or a file can't be read.
pub fn read_directory(directory: &Path) -> Result<Vec<(String, String)>, TaxonomyError> {
    let read = |file: &Path, source| TaxonomyError::Read { file: file.display().to_string(), source };
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .and_then(|entries| entries.map(|e| Ok(e?.path())).collect())
        .map_err(|e| read(directory, e))?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    let content = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        fs::read_to_string(path).map(|content| (name, content)).map_err(|e| read(path, e))
    };
    paths.iter().map(content).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_taxonomy_is_valid() {
        let taxonomy = Taxonomy::embedded().unwrap();
        assert!(taxonomy.version().starts_with("2026.11+"));
        assert_eq!(taxonomy.get("go").unwrap().uri(), "urn:observatory:skill:go");
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
