use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::Value;

use super::*;
use crate::{Ad, Enhancer, PipelineA, Prompts, Settings, Task};

/// Answers what it was given, in turn, and keeps what it was asked.
struct Scripted {
    answers: Mutex<Vec<(&'static str, Finish)>>,
    asked: Mutex<Vec<ChatRequest>>,
}

impl Scripted {
    fn new(answers: &[(&'static str, Finish)]) -> Self {
        Self { answers: Mutex::new(answers.to_vec()), asked: Mutex::new(Vec::new()) }
    }
}

#[async_trait]
impl ChatModel for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn provider(&self) -> &str {
        "test"
    }

    async fn chat(
        &self,
        request: &ChatRequest,
        _cancel: &CancellationToken,
        _on_text: Option<OnText<'_>>,
    ) -> Result<ChatAnswer, ChatError> {
        self.asked.lock().unwrap().push(request.clone());
        let (text, finish) = self.answers.lock().unwrap().remove(0);
        Ok(ChatAnswer {
            text: text.into(),
            prompt_tokens: 10,
            completion_tokens: 2,
            finish,
            requests: 1,
            cost_usd: 0.5,
        })
    }

    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    fn settings(&self) -> Value {
        Value::Null
    }
}

async fn asked(model: &Scripted) -> Result<Asked, AskError> {
    let enhancer = Enhancer::new(Prompts::shipped().unwrap(), Settings::default());
    let ad = Ad::new("Dev", "Requisitos: Python y SQL");
    let question = enhancer.question(Task::Extract, &ad, &PipelineA::default()).unwrap();
    enhancer.ask(model, &question, &CancellationToken::new(), None).await
}

const GOOD: &str = r#"{"technical":["Python"],"traits":[]}"#;

#[tokio::test]
async fn a_malformed_answer_is_repaired_once_with_what_was_wrong() {
    let model = Scripted::new(&[("Python, SQL", Finish::Stop), (GOOD, Finish::Stop)]);
    let asked = asked(&model).await.unwrap();
    assert_eq!(asked.answer.technical, ["Python"]);
    assert!(asked.repaired && !asked.truncated);
    assert_eq!(asked.raw, ["Python, SQL", GOOD]);
    assert_eq!((asked.usage.prompt_tokens, asked.usage.requests, asked.usage.cost_usd), (20, 2, 1.0));
    let requests = model.asked.lock().unwrap();
    let tail: Vec<&str> = requests[1].messages.iter().rev().take(2).map(|message| message.content.as_str()).collect();
    assert_eq!(tail[1], "Python, SQL");
    assert!(tail[0].contains("there is no JSON object"));
}

#[tokio::test]
async fn a_second_malformed_answer_is_an_error_that_keeps_its_words() {
    let model = Scripted::new(&[("one", Finish::Stop), ("two", Finish::Stop)]);
    match asked(&model).await {
        Err(AskError::Malformed { malformed, usage }) => {
            assert_eq!(malformed.raw, "two");
            assert_eq!(usage.requests, 2);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_broke_off_is_read_as_far_as_it_is_whole() {
    let model = Scripted::new(&[(r#"{"technical":["Python","SQ"#, Finish::Length)]);
    let asked = asked(&model).await.unwrap();
    assert_eq!(asked.answer.technical, ["Python"]);
    assert!(asked.truncated && !asked.repaired);
    let whole = Scripted::new(&[(GOOD, Finish::Length)]);
    assert!(!super::tests::asked(&whole).await.unwrap().truncated);
}

#[tokio::test]
async fn an_answer_that_broke_off_before_its_first_list_is_asked_for_again() {
    let model = Scripted::new(&[("{\"tech", Finish::Length), (GOOD, Finish::Stop)]);
    assert!(asked(&model).await.unwrap().repaired);
}

#[tokio::test]
async fn what_was_asked_can_be_kept_and_read_again() {
    let model = Scripted::new(&[(GOOD, Finish::Stop)]);
    let kept = asked(&model).await.unwrap();
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Asked>(&text).unwrap(), kept);
}
