//! What an operator may set about the clusterer.

use observatory_operations::BackendOptions;
use serde::{Deserialize, Serialize};

/// The `service` section of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Workers and connections.
    #[serde(flatten)]
    pub backend: BackendOptions,
    /// Most skills of a run; of more, those that most ads name are taken. Default 100,000, which need about 1 GB.
    pub max_points: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { backend: BackendOptions::default(), max_points: 100_000 }
    }
}

impl observatory_mesh::Options for Options {
    fn problems(&self) -> Vec<String> {
        let mut problems = self.backend.problems();
        if self.max_points < 10 {
            problems.push(format!("service.max_points is {}: must be at least 10", self.max_points));
        }
        problems
    }
}
