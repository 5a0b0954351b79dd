//! `manifest.toml`: what a model's directory says of itself.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{DIMENSION, OpenError};

/// Name of the file that describes a model.
pub const MANIFEST: &str = "manifest.toml";

/// Whether a text asks or is to be found; e5 models put another prefix before each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A search.
    Query,
    /// A text to be found.
    Passage,
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// Their mean, without padding.
    Mean,
    /// The first one's.
    Cls,
}

/// What `manifest.toml` says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What the model is called, such as `multilingual-e5-small`.
    pub name: String,
    /// Changes with the model: vectors of two versions are never compared.
    pub version: String,
    /// Its licence.
    #[serde(default)]
    pub licence: String,
    /// Where it is from.
    #[serde(default)]
    pub source: String,
    /// Numbers of a vector, at most [`DIMENSION`].
    pub dimension: usize,
    /// Tokens that the model reads at most, special ones included.
    pub max_tokens: usize,
    /// How a text's vector is made.
    pub pooling: Pooling,
    /// Whether vectors are brought to length 1; they have to be.
    pub normalize: bool,
    /// Before a query.
    #[serde(default)]
    pub query_prefix: String,
    /// Before a passage.
    #[serde(default)]
    pub passage_prefix: String,
    /// The ONNX graph.
    pub model: ModelFile,
    /// The tokenizer.
    pub tokenizer: ModelFile,
}

/// A file beside the manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Its name.
    pub file: String,
    /// Its hash, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads and checks a directory's manifest.
    ///
    /// # Errors
    /// What is missing or wrong, with the file and the field.
    pub fn read(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        let manifest: Self = toml::from_str(&text)
            .map_err(|source| OpenError::Manifest { path: path.clone(), source: Box::new(source) })?;
        manifest.check().map_err(|(field, reason)| OpenError::ManifestValue { path, field, reason })?;
        Ok(manifest)
    }

    /// What goes before a text of this role.
    pub fn prefix(&self, role: Role) -> &str {
        match role {
            Role::Query => &self.query_prefix,
            Role::Passage => &self.passage_prefix,
        }
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        if self.name.is_empty() {
            return Err(("name", "is empty".into()));
        }
        if self.version.is_empty() {
            return Err(("version", "is empty".into()));
        }
        if !(1..=DIMENSION).contains(&self.dimension) {
            return Err(("dimension", format!("is {}, must be 1 to {DIMENSION}", self.dimension)));
        }
        if self.max_tokens < 8 {
            return Err(("max_tokens", format!("is {}, which leaves no room for a text", self.max_tokens)));
        }
        if !self.normalize {
            return Err(("normalize", "is false; only vectors of length 1 are stored and compared".into()));
        }
        for (field, file) in [("model.file", &self.model.file), ("tokenizer.file", &self.tokenizer.file)] {
            if Path::new(file).file_name().is_none_or(|name| name != file.as_str()) {
                return Err((field, format!("{file:?} is not the name of a file beside the manifest")));
            }
        }
        Ok(())
    }
}

impl ModelFile {
    /// Reads the file and compares its hash.
    pub(crate) fn read(&self, directory: &Path) -> Result<(PathBuf, Vec<u8>), OpenError> {
        let path = directory.join(&self.file);
        let bytes = std::fs::read(&path).map_err(|source| unreadable(&path, source))?;
        let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found.eq_ignore_ascii_case(&self.sha256) {
            return Ok((path, bytes));
        }
        Err(OpenError::Hash { path, expected: self.sha256.clone(), found })
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> OpenError {
    let path = path.to_owned();
    if source.kind() == std::io::ErrorKind::NotFound {
        return OpenError::Missing { path };
    }
    OpenError::Read { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
name = "m"
version = "1"
dimension = 4
max_tokens = 16
pooling = "mean"
normalize = true
[model]
file = "model.onnx"
sha256 = "00"
[tokenizer]
file = "tokenizer.json"
sha256 = "00"
"#;

    fn read(text: &str) -> Result<Manifest, OpenError> {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(MANIFEST), text).unwrap();
        Manifest::read(directory.path())
    }

    #[test]
    fn a_directory_without_a_manifest_is_told_from_a_wrong_one() {
        let empty = tempfile::tempdir().unwrap();
        let missing = Manifest::read(empty.path()).unwrap_err();
        assert!(matches!(missing, OpenError::Missing { .. }), "{missing}");
        assert!(missing.to_string().contains("scripts/models.sh"), "{missing}");
        assert!(matches!(read("name = 1").unwrap_err(), OpenError::Manifest { .. }));
        assert_eq!(read(GOOD).unwrap().prefix(Role::Query), "");
    }

    #[test]
    fn values_that_cannot_be_name_their_field() {
        for (from, to, expected) in [
            ("dimension = 4", "dimension = 769", "dimension"),
            ("dimension = 4", "dimension = 0", "dimension"),
            ("max_tokens = 16", "max_tokens = 2", "max_tokens"),
            ("normalize = true", "normalize = false", "normalize"),
            ("\"model.onnx\"", "\"../model.onnx\"", "model.file"),
            ("\"tokenizer.json\"", "\"\"", "tokenizer.file"),
            ("\"m\"", "\"\"", "name"),
        ] {
            match read(&GOOD.replace(from, to)).unwrap_err() {
                OpenError::ManifestValue { field, .. } => assert_eq!(field, expected),
                other => panic!("{to}: {other}"),
            }
        }
        assert!(matches!(read(&GOOD.replace("\"mean\"", "\"max\"")).unwrap_err(), OpenError::Manifest { .. }));
    }
}
