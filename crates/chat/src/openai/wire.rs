//! What goes over the wire.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{OpenAiOptions, Structured, failure::Failures};
use crate::{ChatAnswer, ChatError, ChatRequest, Finish, estimate_tokens};

/// Longest answer that is read, in bytes.
const LONGEST: usize = 4 << 20;

/// The body of a request; `top_logprobs` asks for the likeliest tokens as well.
pub(super) fn body(options: &OpenAiOptions, request: &ChatRequest, top_logprobs: Option<u32>) -> Value {
    let mut body = Map::new();
    let mut set = |key: &str, value: Value| body.insert(key.to_owned(), value);
    set("model", json!(options.model));
    set("messages", json!(request.messages));
    set("max_tokens", json!(request.max_tokens));
    set("temperature", json!(request.temperature));
    set("stream", json!(true));
    set("stream_options", json!({"include_usage": true}));
    if let Some(seed) = request.seed {
        set("seed", json!(seed));
    }
    if !request.stop.is_empty() {
        set("stop", json!(request.stop));
    }
    match (&request.schema, options.structured) {
        (None, _) | (_, Structured::None) => None,
        (Some(_), Structured::JsonObject) => set("response_format", json!({"type": "json_object"})),
        (Some(schema), Structured::JsonSchema) => set(
            "response_format",
            json!({"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema": schema}}),
        ),
    };
    if let Some(top) = top_logprobs {
        set("logprobs", json!(true));
        set("top_logprobs", json!(top));
    }
    for (key, value) in &options.extra {
        if value.is_null() {
            body.remove(key);
        } else {
            body.insert(key.clone(), value.clone());
        }
    }
    Value::Object(body)
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<ChunkChoice>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct ChunkChoice {
    /// Of a stream.
    delta: Option<Content>,
    /// Of an answer that came as one.
    message: Option<Content>,
    finish_reason: Option<String>,
    logprobs: Option<Logprobs>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

#[derive(Deserialize)]
struct Logprobs {
    content: Option<Vec<TokenLogprob>>,
}

#[derive(Deserialize)]
struct TokenLogprob {
    #[serde(default)]
    top_logprobs: Vec<Logprob>,
}

#[derive(Debug, Deserialize)]
struct Logprob {
    token: String,
    logprob: f64,
}

/// The answer as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Collected {
    text: String,
    usage: Option<Usage>,
    finish: Option<Finish>,
    /// The likeliest first tokens.
    first: Vec<Logprob>,
}

impl Collected {
    /// Takes the data of one event in, and gives the text it adds.
    pub(super) fn add(&mut self, data: &str, failures: &Failures) -> Result<String, ChatError> {
        let chunk: Chunk = serde_json::from_str(data)
            .map_err(|error| ChatError::Malformed(failures.clean(&format!("{error} in: {data}"))))?;
        if let Some(error) = chunk.error {
            return Err(failures.of_event(&error));
        }
        self.usage = chunk.usage.or(self.usage.take());
        let Some(choice) = chunk.choices.into_iter().next() else { return Ok(String::new()) };
        if let (true, Some(told)) = (self.first.is_empty(), choice.logprobs.and_then(|told| told.content)) {
            self.first = told.into_iter().next().map(|first| first.top_logprobs).unwrap_or_default();
        }
        if let Some(reason) = choice.finish_reason {
            self.finish = Some(if reason == "length" { Finish::Length } else { Finish::Stop });
        }
        let text = choice.delta.or(choice.message).and_then(|content| content.content).unwrap_or_default();
        self.text.push_str(&text);
        if self.text.len() > LONGEST {
            return Err(ChatError::Malformed(format!("the answer is longer than {LONGEST} bytes")));
        }
        Ok(text)
    }

    pub(super) fn has_begun(&self) -> bool {
        !self.text.is_empty()
    }

    pub(super) fn is_complete(&self) -> bool {
        self.finish.is_some()
    }

    /// At the server's word that this was all.
    pub(super) fn done(self) -> Result<Self, ChatError> {
        if self.is_complete() {
            return Ok(self);
        }
        Err(ChatError::Malformed("the answer ended without a finish_reason".into()))
    }

    pub(super) fn answer(self, request: &ChatRequest) -> ChatAnswer {
        let usage = self.usage.unwrap_or_else(|| Usage {
            prompt_tokens: request.estimate_prompt(),
            completion_tokens: estimate_tokens(&self.text),
        });
        ChatAnswer {
            text: self.text,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            finish: self.finish.unwrap_or_default(),
            requests: 1,
            cost_usd: 0.0,
        }
    }

    /// How likely the first token begins each option, however it is spelt; `None` where the server told nothing, or
    /// nothing that is the beginning of exactly one option.
    pub(super) fn probabilities(&self, options: &[&str]) -> Option<Vec<f32>> {
        let options: Vec<String> = options.iter().map(|option| option.trim().to_lowercase()).collect();
        let mut sums = vec![0.0; options.len()];
        for Logprob { token, logprob } in &self.first {
            let token = token.trim().to_lowercase();
            let mut fits = (0..options.len()).filter(|&index| options[index].starts_with(&token));
            if let (Some(index), None) = (fits.next(), fits.next()) {
                sums[index] += logprob.exp();
            }
        }
        let total: f64 = sums.iter().sum();
        (total > 0.0).then(|| sums.into_iter().map(|sum| (sum / total) as f32).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(tokens: &[(&str, f64)]) -> Collected {
        let first = tokens.iter().map(|(token, p)| Logprob { token: (*token).into(), logprob: p.ln() }).collect();
        Collected { first, ..Collected::default() }
    }

    #[test]
    fn probabilities_add_up_over_spellings_and_leave_out_what_fits_no_option() {
        let told = first(&[("Yes", 0.5), (" yes", 0.1), ("No", 0.2), ("Maybe", 0.1), ("", 0.1)]);
        let found = told.probabilities(&["yes", "no"]).expect("told");
        assert!((found[0] - 0.75).abs() < 1e-6 && (found[1] - 0.25).abs() < 1e-6, "{found:?}");
        assert_eq!(first(&[("Maybe", 1.0)]).probabilities(&["yes", "no"]), None);
        assert_eq!(first(&[]).probabilities(&["yes", "no"]), None);
    }

    #[test]
    fn a_member_of_the_request_can_be_added_or_taken_away() {
        let mut options = OpenAiOptions::new("m", "http://localhost/v1");
        options.extra.insert("max_tokens".into(), Value::Null);
        options.extra.insert("max_completion_tokens".into(), json!(7));
        let body = body(&options, &ChatRequest::new(Vec::new()), None);
        assert_eq!((body.get("max_tokens"), &body["max_completion_tokens"]), (None, &json!(7)));
    }
}
