//! The whole: questions, and what their answers come to.

use observatory_chat::{ChatModel, ChatRequest, OnText};
use observatory_extraction::evaluate::score::Class;
use observatory_extraction::extract::Span;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::ad::{Ad, PipelineA};
use crate::answer::{DUPLICATES, IMPLIED, NAMES, SOFT, TECHNICAL};
use crate::ask::{self, AskError, Asked, Usage};
use crate::cut::{Cut, cut};
use crate::ground::{Dropped, ground};
use crate::prompts::{Language, Prompts};
use crate::{hybrid, skills};

/// What a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Pipeline B: all skills of the ad.
    Extract,
    /// The given skills normalised, with duplicates and implied ones.
    Enhance,
    /// What pipeline A is unsure of; the rest is taken from it.
    Hybrid,
}

impl Task {
    /// The name in keys of kept answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Extract => "extract",
            Self::Enhance => "enhance",
            Self::Hybrid => "hybrid",
        }
    }
}

/// How to ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Most characters of an ad that are shown.
    pub ad_chars: usize,
    /// Most tokens of an answer.
    pub answer_tokens: u32,
    /// Skills of pipeline A that one question holds.
    pub skills: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ad_chars: 6000, answer_tokens: 768, skills: 100 }
    }
}

/// A question to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is asked for.
    pub task: Task,
    /// As it is sent.
    pub request: ChatRequest,
    /// What of the ad is shown.
    pub cut: Cut,
}

/// A skill of an ad.
#[derive(Clone, Debug, PartialEq)]
pub struct EnhancedSkill {
    /// The words of the ad; empty where it is implied.
    pub text: String,
    /// Canonical name.
    pub name: String,
    /// Technical or personal.
    pub class: Class,
    /// Its concept, where pipeline A knows it.
    pub concept: Option<String>,
    /// 0 to 1: the share of such skills that a reader would write down. Measured for each way of finding one.
    pub confidence: f32,
    /// Why, in a sentence.
    pub reason: String,
    /// Where it stands; none where it is implied, or was given without a place.
    pub span: Option<Span>,
    /// The words of the named skill that implies it.
    pub implied_by: Option<String>,
    /// Name of the skill before it that means the same.
    pub duplicate_of: Option<String>,
    /// Pipeline A found it.
    pub from_pipeline_a: bool,
    /// The model gave it, or was asked about it.
    pub from_model: bool,
}

/// Where pipeline A and the model agree: names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Both have it.
    pub both: Vec<String>,
    /// Only pipeline A counts it.
    pub only_a: Vec<String>,
    /// Only the model names it.
    pub only_llm: Vec<String>,
}

/// What came of an ad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Enhanced {
    /// The skills; duplicates are marked, not left out.
    pub skills: Vec<EnhancedSkill>,
    /// What the model gave and does not count.
    pub dropped: Vec<Dropped>,
    /// How many of those the ad does not hold.
    pub ungrounded: usize,
    /// Where the two agree.
    pub agreement: Agreement,
    /// What asking took; nothing where the model wasn't asked.
    pub usage: Usage,
    /// All that the model wrote.
    pub raw: Vec<String>,
    /// The model needed a second try to write JSON.
    pub repaired: bool,
    /// The answer broke off; what was whole of it counts.
    pub truncated: bool,
    /// What of the ad was not shown, by section, in characters.
    pub left_out: Vec<(String, usize)>,
    /// Version of the prompts.
    pub prompt_version: String,
}

/// Asks models about ads.
#[derive(Clone, Debug)]
pub struct Enhancer {
    prompts: Prompts,
    settings: Settings,
}

impl Enhancer {
    /// With these prompts and settings.
    pub fn new(prompts: Prompts, settings: Settings) -> Self {
        Self { prompts, settings }
    }

    /// Version of the prompts: of rows, and of kept answers.
    pub fn version(&self) -> &str {
        self.prompts.version()
    }

    /// What to ask; none where nothing is left to ask: no text, no skill given, or pipeline A is sure of all.
    pub fn question(&self, task: Task, ad: &Ad, a: &PipelineA) -> Option<Question> {
        let mut cut = match task {
            Task::Hybrid => hybrid::unsure_parts(ad, a, self.settings.ad_chars),
            Task::Extract | Task::Enhance => cut(ad, self.settings.ad_chars),
        };
        if cut.text.trim().is_empty() || task == Task::Enhance && a.found.is_empty() {
            return None;
        }
        let language = Language::of(&ad.text);
        let (prompt, skills) = match task {
            Task::Extract => (&self.prompts.extract, Vec::new()),
            Task::Hybrid => (&self.prompts.hybrid, Vec::new()),
            Task::Enhance => {
                (&self.prompts.enhance, a.found.iter().map(skills::words_of).take(self.settings.skills).collect())
            }
        };
        if task == Task::Enhance && a.found.len() > skills.len() {
            cut.left_out.push(("skills".to_owned(), a.found.len() - skills.len()));
        }
        let request = ChatRequest::new(prompt.messages(language, &cut.text, &skills))
            .with_schema(schema(task))
            .with_max_tokens(self.settings.answer_tokens);
        Some(Question { task, request, cut })
    }

    /// Asks. An answer that can't be read is repaired once; one that broke off is read as far as it is whole.
    ///
    /// # Errors
    /// The model's, or that it can't write what is asked for.
    pub async fn ask(
        &self,
        model: &dyn ChatModel,
        question: &Question,
        cancel: &CancellationToken,
        on_text: Option<OnText<'_>>,
    ) -> Result<Asked, AskError> {
        ask::ask(model, question, cancel, on_text).await
    }

    /// What an answer comes to; `asked` is none where there was nothing to ask.
    pub fn settle(&self, task: Task, ad: &Ad, a: &PipelineA, asked: Option<&Asked>) -> Enhanced {
        let empty = Asked::default();
        let answered = asked.unwrap_or(&empty);
        let mut out = Enhanced {
            usage: answered.usage,
            raw: answered.raw.clone(),
            repaired: answered.repaired,
            truncated: answered.truncated,
            left_out: answered.left_out.clone(),
            prompt_version: self.version().to_owned(),
            ..Enhanced::default()
        };
        let mut answer = answered.answer.clone();
        if task == Task::Enhance {
            // Which skills there are is given; the model has no say in it.
            (answer.technical, answer.soft) = (a.found.iter().map(skills::words_of).collect(), Vec::new());
        } else {
            answer.duplicates.clear();
        }
        let mut grounded = ground(&answer, ad);
        match task {
            Task::Extract => out.skills = grounded.named.iter().map(|named| skills::of_model(named, a)).collect(),
            Task::Hybrid => out.skills = hybrid::combine(a, &mut grounded, asked.is_some()),
            Task::Enhance => {
                out.skills = skills::given(a, &grounded);
                // A given skill without a place in the ad is not the model's word.
                grounded.dropped.retain(|dropped| !answer.technical.contains(&dropped.text));
            }
        }
        skills::add_implied(&mut out.skills, &grounded);
        skills::mark_duplicates(&mut out.skills, &answer.duplicates);
        if task != Task::Enhance && asked.is_some() {
            out.agreement = skills::agreement(&grounded, a);
        }
        out.ungrounded = grounded.ungrounded();
        out.dropped = grounded.dropped;
        out
    }

    /// All three steps.
    ///
    /// # Errors
    /// As [`Enhancer::ask`].
    pub async fn run(
        &self,
        task: Task,
        model: &dyn ChatModel,
        ad: &Ad,
        a: &PipelineA,
        cancel: &CancellationToken,
    ) -> Result<Enhanced, AskError> {
        let question = self.question(task, ad, a);
        let asked = match &question {
            Some(question) => Some(self.ask(model, question, cancel, None).await?),
            None => None,
        };
        Ok(self.settle(task, ad, a, asked.as_ref()))
    }
}

/// What an answer must look like. Lists are bounded, so that a model that repeats itself ends; their texts are not:
/// llama.cpp's grammars refuse bounds within bounds.
fn schema(task: Task) -> Value {
    let text = json!({"type": "string"});
    let object = |properties: Map<String, Value>| {
        let required: Vec<&String> = properties.keys().collect();
        json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
    };
    let texts = |keys: &[&str]| object(keys.iter().map(|key| ((*key).to_owned(), text.clone())).collect());
    let list = |items: Value, most: usize| json!({"type": "array", "items": items, "maxItems": most});
    let skills = [(TECHNICAL, list(text.clone(), 80)), (SOFT, list(text.clone(), 20))];
    let implied = |most| (IMPLIED, list(texts(&["from", "name", "reason"]), most));
    let names = |most| (NAMES, list(texts(&["name", "text"]), most));
    let lists: Vec<(&str, Value)> = match task {
        Task::Extract => skills.into_iter().chain([implied(10), names(20)]).collect(),
        Task::Hybrid => skills.into(),
        Task::Enhance => vec![(DUPLICATES, list(texts(&["of", "text"]), 30)), implied(15), names(50)],
    };
    object(lists.into_iter().map(|(key, list)| (key.to_owned(), list)).collect())
}

#[cfg(test)]
mod tests;
