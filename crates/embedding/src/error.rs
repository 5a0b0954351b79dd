//! What can go wrong with a model, and with a text.

use std::path::PathBuf;

/// Why a model can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file of the model isn't there.
    #[error("{path} is missing: scripts/models.sh installs a model")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is there but can't be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest isn't TOML, or lacks something.
    #[error("{path} is no manifest of an embedding model: {source}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The manifest says something that can't be.
    #[error("{path}: {field}: {reason}")]
    ManifestValue {
        /// The file.
        path: PathBuf,
        /// The field at fault.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file isn't the one that the manifest names.
    #[error(
        "{path} has SHA-256 {found}, the manifest says {expected}: remove the model's folder and run scripts/models.sh"
    )]
    Hash {
        /// The file.
        path: PathBuf,
        /// The manifest's.
        expected: String,
        /// The file's.
        found: String,
    },
    /// The library of ONNX Runtime can't be loaded.
    #[error(
        "cannot load ONNX Runtime (1.{} or newer) from {path}: scripts/models.sh installs it: {source}",
        ort::MINOR_VERSION
    )]
    Runtime {
        /// The library that was tried.
        path: PathBuf,
        /// Why.
        #[source]
        source: ort::LoadDynamicError,
    },
    /// ONNX Runtime is there but doesn't start.
    #[error("cannot start ONNX Runtime: {0}")]
    Environment(#[source] ort::Error),
    /// ONNX Runtime refuses the model.
    #[error("cannot load {path} into ONNX Runtime: {source}")]
    Session {
        /// The model.
        path: PathBuf,
        /// Why.
        #[source]
        source: ort::Error,
    },
    /// The model asks for something that this program can't give.
    #[error(
        "{path} takes an input {input:?} ({found}); known are int64 tensors input_ids, attention_mask and token_type_ids"
    )]
    Input {
        /// The model.
        path: PathBuf,
        /// The input.
        input: String,
        /// Its type.
        found: String,
    },
    /// The model has no output that a vector could be read from.
    #[error("{path} has no output of float vectors with {dimension} numbers; it has {found}")]
    Output {
        /// The model.
        path: PathBuf,
        /// The manifest's dimension.
        dimension: usize,
        /// The outputs there are.
        found: String,
    },
    /// The tokenizer's file isn't one.
    #[error("{path} is no tokenizer: {source}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: tokenizers::Error,
    },
    /// A thread can't be started.
    #[error("cannot start a thread for a session: {0}")]
    Thread(#[source] std::io::Error),
}

/// Why a text has no vector.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmbedError {
    /// The queue is full.
    #[error("{queued} texts wait already, at most {limit} may; try again later")]
    Overloaded {
        /// Texts that wait.
        queued: usize,
        /// The most that may.
        limit: usize,
    },
    /// The batcher is being shut down.
    #[error("the embedder is stopping")]
    Stopping,
    /// One text fails.
    #[error("text {index}: {reason}")]
    Text {
        /// Its place among the texts of the call.
        index: usize,
        /// Why.
        reason: String,
    },
}
