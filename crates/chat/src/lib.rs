//! Language models behind one trait, [`ChatModel`].
//!
//! - [`OpenAi`] asks any server that speaks OpenAI's protocol: llama.cpp, vLLM, Ollama, OpenAI itself.
//! - `Llama` (feature `llama`) runs llama.cpp in this process.
//! - [`Guarded`] wraps either with what every caller needs: a time limit, retries, a circuit breaker, a limit of
//!   requests at once, a budget of tokens, and a price.
//! - `stub` (feature `stub`) is a server that speaks the protocol as a script tells it, for tests and benchmarks.

mod breaker;
mod budget;
mod error;
mod guarded;
mod model;
mod openai;
#[cfg(feature = "stub")]
pub mod stub;

pub use budget::{Budget, DailyBudget, NoBudget, Spent};
pub use error::ChatError;
pub use guarded::{Guarded, Limits, Price};
pub use model::{ChatAnswer, ChatModel, ChatRequest, Choice, Finish, Message, OnText, Role, estimate_tokens};
pub use openai::{OpenAi, OpenAiOptions, Secret, Structured, Timeouts};
