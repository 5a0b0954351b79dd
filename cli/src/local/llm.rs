//! The language model of `up`: one on this machine, any server that speaks OpenAI's protocol, or none.

use std::path::Path;

use observatory_stack::{Llm, LlmOptions};

use crate::error::Result;

/// Models that `./dev llm` installs.
const LOCAL: [&str; 2] = ["qwen05", "qwen15"];

/// What a user says of language models when starting the stack.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A model of [`LOCAL`], the address of a server, or empty for none.
    pub at: String,
    /// What that server calls the model.
    pub name: String,
}

/// Starts what `--llm` asks for; returns its server, where it is ours, and the settings of the llm service.
///
/// # Errors
/// A local model that is not installed, or does not start.
pub async fn start(root: &Path, data: &Path, wanted: &Wanted) -> Result<(Option<Llm>, Vec<(String, String)>)> {
    let (what, model) = (wanted.at.as_str(), wanted.name.as_str());
    if what.is_empty() {
        return Ok((None, Vec::new()));
    }
    if !LOCAL.contains(&what) {
        return Ok((None, settings(model, what, model, 4)));
    }
    let options = LlmOptions { model: what.into(), ..LlmOptions::default() };
    let parallel = options.parallel;
    let server = Llm::start(root, data, options).await?;
    let settings = settings(what, &server.base_url(), what, parallel);
    Ok((Some(server), settings))
}

fn settings(name: &str, base_url: &str, model: &str, concurrency: usize) -> Vec<(String, String)> {
    let key = std::env::var_os("OBSERVATORY_LLM_API_KEY").map(|_| "OBSERVATORY_LLM_API_KEY");
    let options = serde_json::json!({ name: {
        "base_url": base_url,
        "model": model,
        "concurrency": concurrency,
        "api_key_env": key.unwrap_or_default(),
    }});
    vec![("OBSERVATORY_SERVICE__MODELS".to_owned(), options.to_string())]
}
