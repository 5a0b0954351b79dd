//! Asking: the only step that waits for a model.

use observatory_chat::{ChatAnswer, ChatError, ChatModel, ChatRequest, Finish, Message, OnText};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::answer::{Answer, Malformed, read_answer, salvage};
use crate::settle::Question;

/// Most characters of a malformed answer that the model is shown again.
const SHOWN_AGAIN: usize = 1500;

/// What asking took, repairs among it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: u32,
    /// Tokens written.
    pub completion_tokens: u32,
    /// Requests to the model.
    pub requests: u32,
    /// In US dollars.
    pub cost_usd: f64,
}

impl Usage {
    fn add(&mut self, answer: &ChatAnswer) {
        self.prompt_tokens += answer.prompt_tokens;
        self.completion_tokens += answer.completion_tokens;
        self.requests += answer.requests;
        self.cost_usd += answer.cost_usd;
    }
}

/// What a model answered, fit to be kept: the ad, prompt version and model are its key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// What could be read.
    pub answer: Answer,
    /// All that the model wrote, the answer that counts last.
    pub raw: Vec<String>,
    /// The model was told what was wrong with its first answer.
    pub repaired: bool,
    /// The answer broke off; what was whole of it counts.
    pub truncated: bool,
    /// What of the ad was not shown, by section, in characters.
    pub left_out: Vec<(String, usize)>,
    /// What it took.
    pub usage: Usage,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The model gave none.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// Its answer can't be read, and neither can the repaired one.
    #[error("{malformed}; asked again, it gave no better one")]
    Malformed {
        /// What is wrong with the last one, and its words.
        malformed: Malformed,
        /// What it took all the same.
        usage: Usage,
    },
}

/// Asks; an answer that can't be read is repaired once. `on_text` gets the pieces of the first answer.
///
/// # Errors
/// The model's, or [`AskError::Malformed`].
pub(crate) async fn ask(
    model: &dyn ChatModel,
    question: &Question,
    cancel: &CancellationToken,
    on_text: Option<OnText<'_>>,
) -> Result<Asked, AskError> {
    let mut asked = Asked { left_out: question.cut.left_out.clone(), ..Asked::default() };
    let first = model.chat(&question.request, cancel, on_text).await?;
    asked.usage.add(&first);
    let malformed = match asked.read(first) {
        Ok(()) => return Ok(asked),
        Err(malformed) => malformed,
    };
    let again = model.chat(&repair(&question.request, &malformed), cancel, None).await?;
    asked.usage.add(&again);
    asked.repaired = true;
    match asked.read(again) {
        Ok(()) => Ok(asked),
        Err(malformed) => Err(AskError::Malformed { malformed, usage: asked.usage }),
    }
}

impl Asked {
    fn read(&mut self, answer: ChatAnswer) -> Result<(), Malformed> {
        self.raw.push(answer.text.clone());
        let read = read_answer(&answer.text);
        let saved = if answer.finish == Finish::Length && read.is_err() { salvage(&answer.text) } else { None };
        self.truncated = saved.is_some();
        self.answer = match saved {
            Some(saved) => saved,
            None => read?,
        };
        Ok(())
    }
}

/// The request again, with what came of it and what is wrong with that.
fn repair(request: &ChatRequest, malformed: &Malformed) -> ChatRequest {
    let mut request = request.clone();
    let shown: String = malformed.raw.chars().take(SHOWN_AGAIN).collect();
    request.messages.push(Message::assistant(shown));
    let why = &malformed.why;
    let again = format!("That can't be read: {why}. Give the answer again as one JSON object and nothing else.");
    request.messages.push(Message::user(again));
    request
}

#[cfg(test)]
mod tests;
