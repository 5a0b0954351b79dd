//! Any server that speaks OpenAI's protocol.
//!
//! Answers are always streamed: so a server that has stalled is told from one that is still writing, and giving up
//! closes the connection, by which servers notice that nobody listens any more.

mod failure;
mod options;
mod sse;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use reqwest::{Client, Response, header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub use self::options::{OpenAiOptions, Secret, Structured, Timeouts};
use self::{failure::Failures, sse::Events, wire::Collected};
use crate::{ChatAnswer, ChatError, ChatModel, ChatRequest, Choice, OnText};

/// How long a server may take to say whether it is there.
const READY_WITHIN: Duration = Duration::from_secs(2);
/// How long the end of a finished answer is waited for, so that its connection serves the next one.
const END_WITHIN: Duration = Duration::from_millis(20);
/// The most likely tokens that `choose` asks for; OpenAI gives no more.
const TOP_LOGPROBS: u32 = 20;

/// A model behind a server.
#[derive(Debug)]
pub struct OpenAi {
    options: OpenAiOptions,
    client: Client,
    failures: Failures,
}

impl OpenAi {
    /// Describes it; nothing is asked yet.
    ///
    /// # Errors
    /// Which option is wrong, and how.
    pub fn new(options: OpenAiOptions) -> Result<Self, String> {
        let problems = options.problems();
        if !problems.is_empty() {
            return Err(problems.join("; "));
        }
        // The same that services install; tests and tools may have none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(options.timeouts.connect)
            // A redirect would carry the key elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("observatory/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("the HTTP client could not be made: {error}"))?;
        let failures = Failures { key: options.api_key.clone() };
        Ok(Self { options, client, failures })
    }

    /// Where the server is, without credentials.
    pub fn address(&self) -> &str {
        &self.options.base_url
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.options.base_url.trim_end_matches('/')));
        match &self.options.api_key {
            Some(key) => request.bearer_auth(key.expose()),
            None => request,
        }
    }

    async fn ask(&self, body: Value, on_text: Option<OnText<'_>>) -> Result<Collected, ChatError> {
        let began = tokio::time::Instant::now();
        let first = self.options.timeouts.first_token;
        let late = || ChatError::Timeout(format!("nothing was written within {first:?}"));
        let sending = self.request(reqwest::Method::POST, "/chat/completions").json(&body).send();
        let response = tokio::time::timeout(first, sending)
            .await
            .map_err(|_| late())?
            .map_err(|error| self.failures.of_transport(error))?;
        if !response.status().is_success() {
            return Err(self.failures.of_response(response).await);
        }
        let is_stream = |kind: &header::HeaderValue| kind.to_str().is_ok_and(|kind| kind.contains("event-stream"));
        match response.headers().get(header::CONTENT_TYPE) {
            Some(kind) if is_stream(kind) => self.read_stream(response, began + first, on_text).await,
            _ => self.read_whole(response, on_text).await,
        }
    }

    async fn read_stream(
        &self,
        response: Response,
        first_by: tokio::time::Instant,
        mut on_text: Option<OnText<'_>>,
    ) -> Result<Collected, ChatError> {
        let Timeouts { first_token, idle, .. } = self.options.timeouts;
        let mut bytes = response.bytes_stream();
        let mut events = Events::default();
        let mut collected = Collected::default();
        loop {
            let by = if collected.has_begun() { tokio::time::Instant::now() + idle } else { first_by };
            let chunk = match tokio::time::timeout_at(by, bytes.next()).await {
                Ok(Some(chunk)) => chunk.map_err(|error| self.failures.of_transport(error))?,
                Ok(None) if collected.is_complete() => return Ok(collected),
                Ok(None) => return Err(ChatError::Unavailable("the server broke off in the middle".into())),
                Err(_) if collected.has_begun() => {
                    return Err(ChatError::Timeout(format!("the server fell silent for {idle:?} in the middle")));
                }
                Err(_) => return Err(ChatError::Timeout(format!("nothing was written within {first_token:?}"))),
            };
            for data in events.push(&chunk)? {
                if data == "[DONE]" {
                    let _ = tokio::time::timeout(END_WITHIN, bytes.next()).await;
                    return collected.done();
                }
                let text = collected.add(&data, &self.failures)?;
                if let (Some(on_text), false) = (on_text.as_mut(), text.is_empty()) {
                    on_text(&text);
                }
            }
        }
    }

    /// A server that does not stream sends the answer as one.
    async fn read_whole(&self, response: Response, on_text: Option<OnText<'_>>) -> Result<Collected, ChatError> {
        let idle = self.options.timeouts.idle;
        let body = tokio::time::timeout(idle, response.text())
            .await
            .map_err(|_| ChatError::Timeout(format!("the server fell silent for {idle:?} in the middle")))?
            .map_err(|error| self.failures.of_transport(error))?;
        let mut collected = Collected::default();
        let text = collected.add(&body, &self.failures)?;
        if let Some(on_text) = on_text {
            on_text(&text);
        }
        collected.done()
    }
}

#[async_trait]
impl ChatModel for OpenAi {
    fn name(&self) -> &str {
        &self.options.name
    }

    fn provider(&self) -> &str {
        "openai"
    }

    async fn chat(
        &self,
        request: &ChatRequest,
        cancel: &CancellationToken,
        on_text: Option<OnText<'_>>,
    ) -> Result<ChatAnswer, ChatError> {
        let body = wire::body(&self.options, request, None);
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ChatError::Cancelled),
            collected = self.ask(body, on_text) => Ok(collected?.answer(request)),
        }
    }

    async fn choose(
        &self,
        request: &ChatRequest,
        options: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Option<Choice>, ChatError> {
        let request = ChatRequest { max_tokens: 1, schema: None, ..request.clone() };
        let body = wire::body(&self.options, &request, Some(TOP_LOGPROBS));
        let asked = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ChatError::Cancelled),
            asked = self.ask(body, None) => asked,
        };
        match asked {
            Ok(collected) => Ok(collected
                .probabilities(options)
                .map(|probabilities| Choice { probabilities, answer: collected.answer(&request) })),
            // Servers and models without probabilities say so in this way.
            Err(ChatError::Refused { status: 400 | 422, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ready(&self) -> Result<(), String> {
        let asking = self.request(reqwest::Method::GET, "/models").timeout(READY_WITHIN).send();
        let response = asking.await.map_err(|error| self.failures.of_transport(error).to_string())?;
        match response.status().as_u16() {
            401 | 403 | 500.. => Err(self.failures.of_response(response).await.to_string()),
            _ => Ok(()),
        }
    }

    fn settings(&self) -> Value {
        json!({
            "provider": "openai",
            "model": self.options.model,
            "structured": self.options.structured,
            "extra": self.options.extra,
        })
    }
}
