//! What an operator may set about the embedder.

use std::path::PathBuf;

use observatory_embedding::{BatcherOptions, ModelOptions};
use observatory_operations::BackendOptions;
use serde::{Deserialize, Serialize};

/// The `service` section of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Workers and connections.
    #[serde(flatten)]
    pub backend: BackendOptions,
    /// Directory of the embedding model: `scripts/models.sh` installs one. Default: multilingual-e5-small in `.local`.
    pub model_dir: PathBuf,
    /// The library of ONNX Runtime, which the same script installs.
    pub onnxruntime: PathBuf,
    /// Batches that run at once; 0, the default: one a core.
    pub sessions: usize,
    /// Threads of each; default 1.
    pub session_threads: usize,
    /// Padded tokens of a batch; default 256.
    pub batch_tokens: usize,
    /// Texts that may wait before callers are refused with OVERLOADED; default 4096.
    pub queue_limit: usize,
    /// MB of vectors kept by the content of their texts; default 64, 0: none.
    pub cache_mb: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            backend: BackendOptions::default(),
            model_dir: ".local/models/multilingual-e5-small".into(),
            onnxruntime: ".local/onnxruntime/libonnxruntime.so".into(),
            sessions: 0,
            session_threads: 1,
            batch_tokens: ModelOptions::default().batch_tokens,
            queue_limit: BatcherOptions::default().queue_limit,
            cache_mb: BatcherOptions::default().cache_bytes >> 20,
        }
    }
}

impl Options {
    pub(crate) fn model_options(&self) -> ModelOptions {
        let default = ModelOptions::default();
        let sessions = if self.sessions == 0 { default.sessions } else { self.sessions };
        ModelOptions { sessions, threads: self.session_threads, batch_tokens: self.batch_tokens }
    }

    pub(crate) fn batcher_options(&self) -> BatcherOptions {
        BatcherOptions { queue_limit: self.queue_limit, cache_bytes: self.cache_mb << 20 }
    }
}

impl observatory_mesh::Options for Options {
    fn problems(&self) -> Vec<String> {
        let mut problems = self.backend.problems();
        let mut at_least_one = |key: &str, value: usize| {
            if value == 0 {
                problems.push(format!("service.{key} is 0: must be at least 1"));
            }
        };
        at_least_one("session_threads", self.session_threads);
        at_least_one("batch_tokens", self.batch_tokens);
        at_least_one("queue_limit", self.queue_limit);
        problems
    }
}
