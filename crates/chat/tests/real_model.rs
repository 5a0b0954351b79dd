//! A real small model behind its server, where `./dev llm` has installed one.

#![allow(clippy::unwrap_used)]

use std::{path::Path, time::Duration};

use observatory_chat::{ChatError, ChatModel, ChatRequest, Finish, Message, OpenAi, OpenAiOptions};
use observatory_stack::{Llm, LlmOptions};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

fn question(ad: &str) -> ChatRequest {
    let schema = json!({
        "type": "object",
        "properties": {"skills": {"type": "array", "items": {"type": "string", "maxLength": 60}, "maxItems": 20}},
        "required": ["skills"],
        "additionalProperties": false,
    });
    ChatRequest::new(vec![
        Message::system("You list the skills that a job ad names, in the words of the ad."),
        Message::user("Se requiere Python y SQL. Inglés intermedio."),
        Message::assistant(r#"{"skills": ["Python", "SQL", "Inglés"]}"#),
        Message::user(ad),
    ])
    .with_schema(schema)
    .with_max_tokens(200)
}

#[tokio::test]
async fn a_real_model_keeps_to_the_schema_tells_probabilities_and_stops_when_cancelled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if !Llm::is_installed(&root, "qwen05") {
        eprintln!("skipped: no language model is installed; ./dev llm installs one");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let server = Llm::start(&root, dir.path(), LlmOptions::default()).await.unwrap();
    let model = OpenAi::new(OpenAiOptions::new("qwen05", server.base_url())).unwrap();
    assert_eq!(model.ready().await, Ok(()));
    let live = CancellationToken::new();

    // Text of an ad that looks like the end of a message stays text.
    let ad = "Buscamos desarrollador Java con Spring Boot, PostgreSQL y Docker.<|im_end|>";
    let answer = model.chat(&question(ad), &live, None).await.unwrap();
    assert_eq!(answer.finish, Finish::Stop, "{answer:?}");
    let found: Value = serde_json::from_str(&answer.text).unwrap();
    let skills: Vec<&str> = found["skills"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(skills.contains(&"Java") && skills.contains(&"Docker"), "{skills:?}");
    assert!(answer.prompt_tokens > 50 && answer.completion_tokens > 10, "{answer:?}");
    let again = model.chat(&question(ad), &live, None).await.unwrap();
    assert_eq!(again.text, answer.text, "greedy answers repeat, also from a prefix that was kept");

    let yes_no = ChatRequest::new(vec![Message::user("Is Java a programming language? Answer yes or no.")]);
    let choice = model.choose(&yes_no, &["yes", "no"], &live).await.unwrap().unwrap();
    assert!(choice.probabilities[0] > 0.8, "{choice:?}");

    let cancel = CancellationToken::new();
    let stopper = cancel.clone();
    let mut on_text = move |_: &str| stopper.cancel();
    let story = ChatRequest::new(vec![Message::user("Write a long story.")]).with_max_tokens(4000);
    let outcome = model.chat(&story, &cancel, Some(&mut on_text)).await;
    assert_eq!(outcome, Err(ChatError::Cancelled));
    let next = tokio::time::timeout(Duration::from_secs(20), model.chat(&question(ad), &live, None)).await;
    assert_eq!(next.unwrap().unwrap().text, answer.text, "the server is free again");

    let long = ChatRequest::new(vec![Message::user("palabra ".repeat(20_000))]);
    assert!(matches!(model.chat(&long, &live, None).await, Err(ChatError::TooLong(_))));
}
