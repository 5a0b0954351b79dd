//! What every caller of a model needs around it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use rand::Rng;
use serde_json::Value;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Budget, ChatAnswer, ChatError, ChatModel, ChatRequest, Choice, OnText, Spent, breaker::Breaker, estimate_tokens,
};

/// How a model may be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Requests at once; others wait for their turn, first come, first served.
    pub concurrency: usize,
    /// Longest time for an answer, tries among it, waiting for its turn not.
    pub total: Duration,
    /// Tries of a request that fails for a reason that may pass.
    pub attempts: u32,
    /// Longest delay before the second try; doubles each time, full jitter. A server that says when to come again is
    /// obeyed instead.
    pub backoff: Duration,
    /// Failures in a row after which the server is left alone.
    pub breaker_failures: u32,
    /// How long it is left alone before one request tries.
    pub breaker_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrency: 4,
            total: Duration::from_secs(300),
            attempts: 3,
            backoff: Duration::from_millis(500),
            breaker_failures: 5,
            breaker_pause: Duration::from_secs(15),
        }
    }
}

/// What a million tokens cost, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Price {
    /// Tokens read.
    pub prompt: f64,
    /// Tokens written.
    pub completion: f64,
}

impl Price {
    fn of(&self, prompt_tokens: u32, completion_tokens: u32) -> f64 {
        (f64::from(prompt_tokens) * self.prompt + f64::from(completion_tokens) * self.completion) / 1e6
    }
}

/// A model with a time limit, retries, a circuit breaker, a limit of requests at once, a budget and a price.
pub struct Guarded {
    model: Arc<dyn ChatModel>,
    limits: Limits,
    price: Price,
    budget: Arc<dyn Budget>,
    turns: Semaphore,
    breaker: Breaker,
}

impl Guarded {
    /// Guards a model.
    pub fn new(model: Arc<dyn ChatModel>, limits: Limits, budget: Arc<dyn Budget>, price: Price) -> Self {
        Self {
            turns: Semaphore::new(limits.concurrency),
            breaker: Breaker::new(limits.breaker_failures, limits.breaker_pause),
            model,
            limits,
            price,
            budget,
        }
    }

    async fn turn(&self, cancel: &CancellationToken) -> Result<SemaphorePermit<'_>, ChatError> {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(ChatError::Cancelled),
            turn = self.turns.acquire() => turn.map_err(|_| ChatError::Cancelled),
        }
    }

    /// Asks until there is an answer or no hope.
    async fn ask(&self, call: &Call<'_>, mut on_text: Option<OnText<'_>>) -> Result<Reply, ChatError> {
        let _turn = self.turn(call.cancel).await?;
        let deadline = Instant::now() + self.limits.total;
        let mut attempt = 0;
        loop {
            if let Err(wait) = self.breaker.pass() {
                return Err(ChatError::Unavailable(left_alone(wait)));
            }
            attempt += 1;
            let error = match self.attempt(call, on_text.as_mut(), deadline).await {
                Ok(mut reply) => {
                    reply.answer.requests = attempt;
                    return Ok(reply);
                }
                Err(error) => error,
            };
            let delay = self.delay(&error, attempt);
            if !error.is_transient() || attempt >= self.limits.attempts || Instant::now() + delay >= deadline {
                return Err(error);
            }
            tracing::debug!(model = self.name(), %error, attempt, "asking the model again");
            tokio::select! {
                () = call.cancel.cancelled() => return Err(ChatError::Cancelled),
                () = tokio::time::sleep(delay) => {}
            }
            if let Some(on_text) = on_text.as_mut() {
                on_text("");
            }
        }
    }

    fn delay(&self, error: &ChatError, attempt: u32) -> Duration {
        let longest = self.limits.backoff * 2_u32.saturating_pow(attempt - 1);
        let jitter = longest.mul_f64(rand::rng().random());
        match error {
            ChatError::RateLimited { retry_after: Some(after), .. } => *after + jitter,
            _ => jitter,
        }
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        mut on_text: Option<&mut OnText<'_>>,
        deadline: Instant,
    ) -> Result<Reply, ChatError> {
        let mut ledger = Ledger::reserve(self, call.request).await?;
        let mut told = |text: &str| {
            ledger.written += estimate_tokens(text);
            if let Some(on_text) = on_text.as_mut() {
                on_text(text);
            }
        };
        let outcome = tokio::select! {
            outcome = call.make(self.model.as_ref(), &mut told) => outcome,
            () = tokio::time::sleep_until(deadline) => {
                Err(ChatError::Timeout(format!("no answer within {:?}", self.limits.total)))
            }
        };
        self.judge(&outcome);
        ledger.close(outcome).await
    }

    /// Tells the breaker whether the server is well.
    fn judge(&self, outcome: &Result<Reply, ChatError>) {
        match outcome {
            Err(ChatError::Unavailable(_) | ChatError::Timeout(_) | ChatError::Malformed(_)) => self.breaker.failed(),
            Err(ChatError::Cancelled | ChatError::BudgetSpent { .. }) => {}
            // Who refuses or asks for patience is alive.
            Ok(_) | Err(_) => self.breaker.succeeded(),
        }
    }
}

fn left_alone(wait: Duration) -> String {
    format!("it failed too often and is left alone for another {:.1} s", wait.as_secs_f64())
}

/// A request and how it is asked.
struct Call<'a> {
    request: &'a ChatRequest,
    /// What `choose` chooses from; `None` for `chat`.
    options: Option<&'a [&'a str]>,
    cancel: &'a CancellationToken,
}

struct Reply {
    answer: ChatAnswer,
    probabilities: Option<Vec<f32>>,
}

impl Call<'_> {
    async fn make(&self, model: &dyn ChatModel, on_text: OnText<'_>) -> Result<Reply, ChatError> {
        let Some(options) = self.options else {
            let answer = model.chat(self.request, self.cancel, Some(on_text)).await?;
            return Ok(Reply { answer, probabilities: None });
        };
        Ok(match model.choose(self.request, options, self.cancel).await? {
            Some(choice) => Reply { answer: choice.answer, probabilities: Some(choice.probabilities) },
            None => Reply { answer: ChatAnswer::default(), probabilities: None },
        })
    }
}

/// What a request has set aside and used. It is settled also where the caller goes away in the middle.
struct Ledger<'a> {
    guarded: &'a Guarded,
    reserved: u64,
    /// About what the question has.
    prompt: u32,
    /// About what was written so far.
    written: u32,
    open: bool,
}

impl<'a> Ledger<'a> {
    async fn reserve(guarded: &'a Guarded, request: &ChatRequest) -> Result<Self, ChatError> {
        let prompt = request.estimate_prompt();
        let reserved = u64::from(prompt) + u64::from(request.max_tokens);
        guarded.budget.reserve(guarded.name(), reserved).await?;
        Ok(Self { guarded, reserved, prompt, written: 0, open: true })
    }

    async fn close(mut self, mut outcome: Result<Reply, ChatError>) -> Result<Reply, ChatError> {
        let spent = match &mut outcome {
            Ok(Reply { answer, .. }) => {
                let spent = self.spent(answer.prompt_tokens, answer.completion_tokens);
                answer.cost_usd = spent.cost_usd;
                spent
            }
            Err(_) => self.estimate(),
        };
        self.open = false;
        self.guarded.budget.settle(self.guarded.name(), self.reserved, spent).await;
        outcome
    }

    /// Who has begun to write has read the question.
    fn estimate(&self) -> Spent {
        self.spent(if self.written > 0 { self.prompt } else { 0 }, self.written)
    }

    fn spent(&self, prompt: u32, completion: u32) -> Spent {
        let cost_usd = self.guarded.price.of(prompt, completion);
        Spent { tokens: u64::from(prompt) + u64::from(completion), requests: 1, cost_usd }
    }
}

impl Drop for Ledger<'_> {
    fn drop(&mut self) {
        if !self.open {
            return;
        }
        let (budget, name) = (self.guarded.budget.clone(), self.guarded.name().to_owned());
        let (reserved, spent) = (self.reserved, self.estimate());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { budget.settle(&name, reserved, spent).await });
        }
    }
}

#[async_trait]
impl ChatModel for Guarded {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn provider(&self) -> &str {
        self.model.provider()
    }

    async fn chat(
        &self,
        request: &ChatRequest,
        cancel: &CancellationToken,
        on_text: Option<OnText<'_>>,
    ) -> Result<ChatAnswer, ChatError> {
        let call = Call { request, options: None, cancel };
        self.ask(&call, on_text).await.map(|reply| reply.answer)
    }

    async fn choose(
        &self,
        request: &ChatRequest,
        options: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Option<Choice>, ChatError> {
        // One token is all that is looked at.
        let request = ChatRequest { max_tokens: 1, ..request.clone() };
        let call = Call { request: &request, options: Some(options), cancel };
        let reply = self.ask(&call, None).await?;
        Ok(reply.probabilities.map(|probabilities| Choice { probabilities, answer: reply.answer }))
    }

    async fn ready(&self) -> Result<(), String> {
        match self.breaker.open_for() {
            Some(wait) if !wait.is_zero() => Err(left_alone(wait)),
            _ => self.model.ready().await,
        }
    }

    fn settings(&self) -> Value {
        self.model.settings()
    }
}
