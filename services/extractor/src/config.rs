//! What an operator may set about the extractor.

use observatory_operations::BackendOptions;
use serde::{Deserialize, Serialize};

/// The `service` section of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Workers and connections.
    #[serde(flatten)]
    pub backend: BackendOptions,
    /// Directory of a NER model (`scripts/ner.sh` makes one), whose finds are skills of method `ner`; empty: none.
    /// Needs a build with the feature `ner`, and ORT_DYLIB_PATH.
    pub ner_model: String,
    /// From which score on its finds count.
    pub ner_min_score: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { backend: BackendOptions::default(), ner_model: String::new(), ner_min_score: 0.9 }
    }
}

impl observatory_mesh::Options for Options {
    fn problems(&self) -> Vec<String> {
        let mut problems = self.backend.problems();
        if !self.ner_model.is_empty() && !cfg!(feature = "ner") {
            problems.push("ner_model: this program was built without NER; build it with `--features ner`".into());
        }
        if !(0.0..=1.0).contains(&self.ner_min_score) {
            problems.push("ner_min_score: must be between 0 and 1".into());
        }
        problems
    }
}
