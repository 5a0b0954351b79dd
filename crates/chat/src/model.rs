//! The trait, and what goes in and out.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::ChatError;

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The rules.
    System,
    /// The one who asks.
    User,
    /// The model: its part in an example.
    Assistant,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// The rules.
    pub fn system(content: impl Into<String>) -> Self {
        Self { role: Role::System, content: content.into() }
    }

    /// A question.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// An answer, in an example.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatRequest {
    /// The conversation so far. What many requests share stands first, so that servers read it once.
    pub messages: Vec<Message>,
    /// JSON schema that the answer must follow. A server that can't hold the model to it is only asked to.
    pub schema: Option<Value>,
    /// Tokens that the answer may have.
    pub max_tokens: u32,
    /// 0: always the likeliest token.
    pub temperature: f32,
    /// Where chance begins, where temperature is above 0.
    pub seed: Option<u64>,
    /// Words that end the answer.
    pub stop: Vec<String>,
}

impl ChatRequest {
    /// Asks for the likeliest answer of at most 1024 tokens.
    pub fn new(messages: Vec<Message>) -> Self {
        Self { messages, schema: None, max_tokens: 1024, temperature: 0.0, seed: None, stop: Vec::new() }
    }

    /// Asks for JSON of this schema.
    pub fn with_schema(mut self, schema: Value) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Allows the answer this many tokens.
    pub fn with_max_tokens(mut self, max_tokens: u32) -> Self {
        self.max_tokens = max_tokens;
        self
    }
}

/// Why the model stopped writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// It was done.
    #[default]
    Stop,
    /// `max_tokens` were written, or its context was full: the answer may lack its end.
    Length,
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ChatAnswer {
    /// Its words.
    pub text: String,
    /// Tokens read; estimated from the text where the server doesn't say.
    pub prompt_tokens: u32,
    /// Tokens written; estimated from the text where the server doesn't say.
    pub completion_tokens: u32,
    /// Why it stopped.
    pub finish: Finish,
    /// Requests that it took, failed ones among them.
    pub requests: u32,
    /// In US dollars, by the configured prices.
    pub cost_usd: f64,
}

/// Takes each piece of the answer as it is written. A request that is tried again begins anew: then it gets an
/// empty piece first.
pub type OnText<'a> = &'a mut (dyn FnMut(&str) + Send);

/// A language model that can be asked.
#[async_trait]
pub trait ChatModel: Send + Sync {
    /// What requests call it, and rows it made name.
    fn name(&self) -> &str;

    /// How it is asked: `openai` or `llama`.
    fn provider(&self) -> &str;

    /// Answers. The whole answer comes back at the end; `on_text` gets its pieces before.
    ///
    /// # Errors
    /// [`ChatError::Cancelled`] soon after `cancel`, which also ends the model's work; else what went wrong.
    async fn chat(
        &self,
        request: &ChatRequest,
        cancel: &CancellationToken,
        on_text: Option<OnText<'_>>,
    ) -> Result<ChatAnswer, ChatError>;

    /// How likely each of `options` is as the beginning of the answer: in their order, summing to 1. `None` where
    /// the model can't tell. Options should differ in their first token.
    ///
    /// # Errors
    /// As `chat`.
    async fn choose(
        &self,
        _request: &ChatRequest,
        _options: &[&str],
        _cancel: &CancellationToken,
    ) -> Result<Option<Choice>, ChatError> {
        Ok(None)
    }

    /// Whether it can be asked now; else why not.
    ///
    /// # Errors
    /// Why it can't, in a sentence.
    async fn ready(&self) -> Result<(), String>;

    /// What its answers depend on beside the request; kept with every row. Holds no secret.
    fn settings(&self) -> Value;
}

/// What a model would begin its answer with.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The probability of each option, summing to 1.
    pub probabilities: Vec<f32>,
    /// What asking took; its text is what the model wrote.
    pub answer: ChatAnswer,
}

/// About how many tokens a text has, where nobody says: rather too many than too few.
pub fn estimate_tokens(text: &str) -> u32 {
    text.len().div_ceil(3).try_into().unwrap_or(u32::MAX)
}

impl ChatRequest {
    /// About how many tokens the question has.
    pub fn estimate_prompt(&self) -> u32 {
        // Each message has a frame of some tokens.
        self.messages.iter().map(|message| estimate_tokens(&message.content) + 4).sum()
    }
}
