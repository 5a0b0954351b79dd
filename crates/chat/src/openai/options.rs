//! How a server is asked.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A key that no log and no message shows.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// How a server is told of the JSON schema that an answer must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Structured {
    /// It holds the model to the schema: llama.cpp, vLLM, Ollama, OpenAI.
    #[default]
    JsonSchema,
    /// It holds the model to JSON only.
    JsonObject,
    /// It knows neither.
    None,
}

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For the first piece of the answer.
    pub first_token: Duration,
    /// Between two pieces.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), first_token: Duration::from_secs(120), idle: Duration::from_secs(30) }
    }
}

/// A model behind a server that speaks OpenAI's protocol.
#[derive(Debug, Clone)]
pub struct OpenAiOptions {
    /// What requests call the model.
    pub name: String,
    /// Up to and with `/v1`, such as `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// What the server calls the model.
    pub model: String,
    /// Sent as a bearer token.
    pub api_key: Option<Secret>,
    /// How the server is told of a schema.
    pub structured: Structured,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// Further members of the request, such as `reasoning_effort`; null takes one away that would be there.
    pub extra: Map<String, Value>,
}

impl OpenAiOptions {
    /// A model that its server calls by the same name.
    pub fn new(name: impl Into<String>, base_url: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            base_url: base_url.into(),
            model: name.clone(),
            name,
            api_key: None,
            structured: Structured::default(),
            timeouts: Timeouts::default(),
            extra: Map::new(),
        }
    }

    /// What is wrong with them.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match reqwest::Url::parse(&self.base_url) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                problems.push("base_url: must begin with http:// or https://".into());
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() || url.query().is_some() => {
                problems.push("base_url: must hold no credentials; give the key by itself".into());
            }
            Ok(_) => {}
            Err(error) => problems.push(format!("base_url: {error}")),
        }
        if self.api_key.as_ref().is_some_and(|key| key.expose().chars().any(|c| !c.is_ascii_graphic())) {
            problems.push("api_key: must be printable ASCII without spaces".into());
        }
        if self.name.is_empty() || self.model.is_empty() {
            problems.push("name and model: must not be empty".into());
        }
        problems
    }
}
