//! What an operator may set about the extractor.

use observatory_operations::BackendOptions;
use serde::{Deserialize, Serialize};

/// The `service` section of the configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Workers and connections.
    #[serde(flatten)]
    pub backend: BackendOptions,
}

impl observatory_mesh::Options for Options {
    fn problems(&self) -> Vec<String> {
        self.backend.problems()
    }
}
