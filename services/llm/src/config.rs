//! What an operator may set about the llm service.

use std::{collections::BTreeMap, path::PathBuf};

use observatory_operations::BackendOptions;
use serde::{Deserialize, Serialize};

/// The `service` section of the configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Workers and connections. As many ads are worked on at once as the models take; `workers` 0: none.
    #[serde(flatten)]
    pub backend: BackendOptions,
    /// The model asked where a request names none; empty: the first by name.
    pub default_model: String,
    /// The models, by the name that requests give and rows keep.
    pub models: BTreeMap<String, ModelOptions>,
}

/// A model, and how it may be used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelOptions {
    /// Address of a server that speaks OpenAI's protocol, `/v1` included.
    pub base_url: String,
    /// What the server calls the model; empty: its name here.
    pub model: String,
    /// Name of the environment variable that holds the key; empty: none is sent.
    pub api_key_env: String,
    /// How the server is held to JSON: `json_schema`, `json_object` or `none`.
    pub structured: String,
    /// A GGUF file to run in this process instead; needs a build with the feature `llama`.
    pub gguf: PathBuf,
    /// Threads for that; 0: as many as there are cores.
    pub threads: u32,
    /// Requests at once; others wait.
    pub concurrency: usize,
    /// Tokens, read and written, that all replicas may use a day (UTC); 0: no limit.
    pub tokens_per_day: u64,
    /// US dollars for a million tokens read.
    pub usd_per_million_prompt: f64,
    /// US dollars for a million tokens written.
    pub usd_per_million_completion: f64,
    /// Seconds until the first token must come.
    pub first_token_seconds: f64,
    /// Seconds that may pass between tokens.
    pub idle_seconds: f64,
    /// Seconds for the whole answer, tries among it.
    pub total_seconds: f64,
    /// Tries of a request that fails for a reason that may pass.
    pub attempts: u32,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            model: String::new(),
            api_key_env: String::new(),
            structured: "json_schema".into(),
            gguf: PathBuf::new(),
            threads: 0,
            concurrency: 4,
            tokens_per_day: 0,
            usd_per_million_prompt: 0.0,
            usd_per_million_completion: 0.0,
            first_token_seconds: 180.0,
            idle_seconds: 60.0,
            total_seconds: 300.0,
            attempts: 3,
        }
    }
}

impl observatory_mesh::Options for Options {
    fn problems(&self) -> Vec<String> {
        let mut problems = self.backend.problems();
        if !self.default_model.is_empty() && !self.models.contains_key(&self.default_model) {
            problems.push(format!("default_model: there is no model {:?} among models", self.default_model));
        }
        for (name, model) in &self.models {
            problems.extend(model.problems().into_iter().map(|problem| format!("models.{name}.{problem}")));
        }
        problems
    }
}

impl ModelOptions {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let in_process = !self.gguf.as_os_str().is_empty();
        match (in_process, self.base_url.is_empty()) {
            (true, true) if !cfg!(feature = "llama") => {
                problems
                    .push("gguf: this program was built without llama.cpp; build it with `--features llama`".into());
            }
            (true, false) => problems.push("gguf: either a file or base_url, not both".into()),
            (false, true) => problems.push("base_url: is needed, such as http://127.0.0.1:11434/v1".into()),
            _ => {}
        }
        if !["json_schema", "json_object", "none"].contains(&self.structured.as_str()) {
            problems.push(format!("structured: is {:?}: must be json_schema, json_object or none", self.structured));
        }
        if !(1..=1000).contains(&self.concurrency) {
            problems.push(format!("concurrency: is {}: must be 1 to 1000", self.concurrency));
        }
        if !(1..=10).contains(&self.attempts) {
            problems.push(format!("attempts: is {}: must be 1 to 10", self.attempts));
        }
        for (field, seconds) in [
            ("first_token_seconds", self.first_token_seconds),
            ("idle_seconds", self.idle_seconds),
            ("total_seconds", self.total_seconds),
        ] {
            if !(0.1..=3600.0).contains(&seconds) {
                problems.push(format!("{field}: is {seconds}: must be 0.1 to 3600"));
            }
        }
        for (field, price) in [
            ("usd_per_million_prompt", self.usd_per_million_prompt),
            ("usd_per_million_completion", self.usd_per_million_completion),
        ] {
            if !(0.0..=1e6).contains(&price) {
                problems.push(format!("{field}: is {price}: must be 0 to 1000000"));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use observatory_mesh::Options as _;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_model_is_said_with_its_name() {
        let model = |change: fn(&mut ModelOptions)| {
            let mut model = ModelOptions { base_url: "http://127.0.0.1:1/v1".into(), ..ModelOptions::default() };
            change(&mut model);
            model
        };
        let models = BTreeMap::from([
            ("a".into(), model(|m| m.base_url.clear())),
            ("b".into(), model(|m| m.structured = "xml".into())),
            ("c".into(), model(|m| m.concurrency = 0)),
            ("d".into(), model(|m| m.idle_seconds = f64::NAN)),
            ("e".into(), model(|m| m.usd_per_million_prompt = -1.0)),
        ]);
        let problems = Options { default_model: "z".into(), models, ..Options::default() }.problems();
        let begins: Vec<_> = problems.iter().map(|problem| problem.split(": ").next().unwrap_or_default()).collect();
        let expected =
            ["default_model", "models.a.base_url", "models.b.structured", "models.c.concurrency"].into_iter();
        assert_eq!(
            begins,
            expected.chain(["models.d.idle_seconds", "models.e.usd_per_million_prompt"]).collect::<Vec<_>>()
        );
        let fine = BTreeMap::from([("a".into(), model(|_| {}))]);
        assert_eq!(Options { models: fine, ..Options::default() }.problems(), [""; 0]);
    }
}
