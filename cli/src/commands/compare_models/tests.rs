use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use observatory_chat::{ChatAnswer, ChatError, ChatRequest, Finish, OnText};
use serde_json::Value;

use super::*;

const GOLD: &str = r#"{"job_id":"a","title":"Dev","description":"Requisitos: Python, Docker y Zorblax.","hard_skills":["Python","Docker","Zorblax"],"soft_skills":[]}
{"job_id":"b","title":"Dev","description":"Requisitos: Python.","hard_skills":["Python"],"soft_skills":[]}"#;

/// Names Python, Zorblax and what no ad holds; counts how often it is asked.
struct Named(AtomicUsize);

#[async_trait]
impl ChatModel for Named {
    fn name(&self) -> &str {
        "org/named"
    }

    fn provider(&self) -> &str {
        "test"
    }

    async fn chat(
        &self,
        _request: &ChatRequest,
        _cancel: &CancellationToken,
        _on_text: Option<OnText<'_>>,
    ) -> Result<ChatAnswer, ChatError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(ChatAnswer {
            text: r#"{"technical":["Python","Zorblax","COBOL"],"traits":[]}"#.into(),
            prompt_tokens: 100,
            completion_tokens: 20,
            finish: Finish::Stop,
            requests: 1,
            cost_usd: 0.0,
        })
    }

    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }

    fn settings(&self) -> Value {
        Value::Null
    }
}

fn args(folder: &Path, more: &[&str]) -> CompareArgs {
    let gold = folder.join("gold.jsonl");
    std::fs::write(&gold, GOLD).unwrap();
    let line = ["observatory", "compare-models", "--gold", gold.to_str().unwrap()];
    let cli = <crate::Cli as clap::Parser>::try_parse_from(line.into_iter().chain(more.iter().copied())).unwrap();
    match cli.command {
        super::super::Command::CompareModels(args) => args,
        other => panic!("{other:?}"),
    }
}

fn quiet() -> Output {
    Output::new(false, words::Lang::En, true, 0)
}

#[tokio::test]
async fn a_model_is_scored_beside_what_it_cost_and_what_was_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(&args(folder.path(), &[])).unwrap();
    let system = bench.system(&quiet(), &Named(AtomicUsize::new(0)), Task::Extract, None).await.unwrap();
    // Python twice and Zorblax are right, of four labels.
    assert_eq!((system.hard.precision, system.hard.recall), (1.0, 0.75));
    assert_eq!((system.prompt_tokens_per_ad, system.completion_tokens_per_ad), (100.0, 20.0));
    // COBOL in both, Zorblax in the second.
    assert_eq!((system.ungrounded, system.requests, system.unanswered), (3, 2, 0));
}

#[tokio::test]
async fn a_run_goes_on_from_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(&args(folder.path(), &[])).unwrap();
    let model = Named(AtomicUsize::new(0));
    let first = bench.system(&quiet(), &model, Task::Extract, Some(folder.path())).await.unwrap();
    let file = folder.path().join("b-org_named.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 2);
    // The second line was being written when the run was stopped.
    std::fs::write(&file, &text[..text.len() - 30]).unwrap();
    let second = bench.system(&quiet(), &model, Task::Extract, Some(folder.path())).await.unwrap();
    assert_eq!(model.0.load(Ordering::Relaxed), 3);
    assert_eq!((first.hard, first.requests), (second.hard, second.requests));
    std::fs::write(&file, text.replace("extract-1", "extract-0")).unwrap();
    bench.system(&quiet(), &model, Task::Extract, Some(folder.path())).await.unwrap();
    assert_eq!(model.0.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn pipelines_that_ask_need_a_model_and_a_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    let error = compare(&quiet(), &args(folder.path(), &[])).await.unwrap_err();
    assert_eq!(error.exit_code(), 64);
    let results = compare(&quiet(), &args(folder.path(), &["--pipelines", "a", "--limit", "1"])).await.unwrap();
    assert_eq!((results.ads, results.systems.len()), (1, 1));
    assert!(results.systems[0].hard.recall > 0.6);
}
