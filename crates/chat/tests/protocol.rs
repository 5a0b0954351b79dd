//! The client against a server that speaks the protocol well, badly, late or not at all.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use observatory_chat::{
    ChatError, ChatModel, ChatRequest, Finish, Message, OpenAi, OpenAiOptions, Secret, Structured, Timeouts,
    stub::{Reply, Stub},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const KEY: &str = "sk-very-secret-key";

fn model(stub: &Stub, change: impl FnOnce(&mut OpenAiOptions)) -> OpenAi {
    let mut options = OpenAiOptions::new("small", stub.base_url());
    options.api_key = Some(Secret::new(KEY));
    options.timeouts = Timeouts {
        connect: Duration::from_millis(500),
        first_token: Duration::from_millis(600),
        idle: Duration::from_millis(200),
    };
    change(&mut options);
    OpenAi::new(options).unwrap()
}

fn question() -> ChatRequest {
    ChatRequest::new(vec![Message::system("You list skills."), Message::user("Buscamos programador de Java.")])
}

async fn ask(model: &OpenAi) -> Result<observatory_chat::ChatAnswer, ChatError> {
    model.chat(&question(), &CancellationToken::new(), None).await
}

/// Waits until something holds; servers notice a closed connection a moment later.
async fn eventually(holds: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(5) {
        if holds() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn a_request_says_everything_and_the_answer_comes_in_pieces_and_whole() {
    let text = r#"{"skills": ["Java", "inglés avanzado", "trabajo en equipo"]}"#;
    let stub = Stub::start(move |_| Reply::text(text).usage(120, 18)).await.unwrap();
    let model = model(&stub, |options| options.model = "qwen2.5".into());
    let mut request = question().with_schema(json!({"type": "object"})).with_max_tokens(99);
    request.seed = Some(7);
    request.stop = vec!["###".into()];
    let mut pieces = Vec::new();
    let mut on_text = |piece: &str| pieces.push(piece.to_owned());
    let answer = model.chat(&request, &CancellationToken::new(), Some(&mut on_text)).await.unwrap();
    assert_eq!(answer.text, text);
    assert_eq!((answer.prompt_tokens, answer.completion_tokens), (120, 18));
    assert_eq!((answer.finish, answer.requests), (Finish::Stop, 1));
    assert!(pieces.len() > 1 && pieces.concat() == text, "{pieces:?}");

    let asked = stub.asked().remove(0);
    assert_eq!(asked.authorization.as_deref(), Some("Bearer sk-very-secret-key"));
    assert_eq!(
        asked.body,
        json!({
            "model": "qwen2.5",
            "messages": [
                {"role": "system", "content": "You list skills."},
                {"role": "user", "content": "Buscamos programador de Java."},
            ],
            "max_tokens": 99, "temperature": 0.0, "seed": 7, "stop": ["###"],
            "stream": true, "stream_options": {"include_usage": true},
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": true, "schema": {"type": "object"}},
            },
        })
    );
}

#[tokio::test]
async fn a_schema_is_told_only_as_the_server_understands_it() {
    let stub = Stub::start(|_| Reply::text("{}")).await.unwrap();
    let request = question().with_schema(json!({"type": "object"}));
    for structured in [Structured::JsonObject, Structured::None] {
        let model = model(&stub, |options| options.structured = structured);
        model.chat(&request, &CancellationToken::new(), None).await.unwrap();
    }
    let formats: Vec<_> = stub.asked().into_iter().map(|asked| asked.body["response_format"].clone()).collect();
    assert_eq!(formats, [json!({"type": "json_object"}), json!(null)]);
}

#[tokio::test]
async fn a_server_that_cannot_stream_or_count_is_understood_too() {
    let stub = Stub::start(|asked| match asked.index {
        0 => Reply::whole("todo").cut(),
        _ => {
            Reply::raw("data: {\"choices\":[{\"delta\":{\"content\":\"sin cuenta\"},\"finish_reason\":\"stop\"}]}\n\n")
        }
    })
    .await
    .unwrap();
    let model = model(&stub, |_| {});
    let whole = ask(&model).await.unwrap();
    assert_eq!((whole.text.as_str(), whole.finish), ("todo", Finish::Length));
    let uncounted = ask(&model).await.unwrap();
    assert!(uncounted.prompt_tokens > 10 && uncounted.completion_tokens > 1, "estimated: {uncounted:?}");
}

#[tokio::test]
async fn each_failure_has_its_own_error() {
    let stub = Stub::start(|asked| match asked.index {
        0 => Reply::status(429, "slow down").retry_after("3"),
        1 => Reply::status(500, "out of memory"),
        2 => Reply::status(401, "no such key: sk-very-secret-key"),
        3 => Reply::status(404, "no such model"),
        4 => Reply::status(400, "the prompt exceeds the context of 8192 tokens"),
        5 => Reply::raw("<html>login</html>\n"),
        6 => Reply::raw("data: {not json sk-very-secret-key\n\n"),
        7 => Reply::broken("{\"skills\": [\"Java\", \"Spring Bo"),
        8 => Reply::raw("data: {\"error\": {\"message\": \"cuda died\", \"code\": 500}}\n\n"),
        _ => Reply::raw("data: {\"choices\":[{\"delta\":{\"content\":\"half\"}}]}\n\ndata: [DONE]\n\n"),
    })
    .await
    .unwrap();
    let model = model(&stub, |_| {});
    let limited = ChatError::RateLimited { retry_after: Some(Duration::from_secs(3)), message: "slow down".into() };
    assert_eq!(ask(&model).await, Err(limited));
    assert!(matches!(ask(&model).await, Err(ChatError::Unavailable(why)) if why.contains("500: out of memory")));
    let message = "no such key: [secret]".to_owned();
    assert_eq!(ask(&model).await, Err(ChatError::Refused { status: 401, message }));
    assert_eq!(ask(&model).await, Err(ChatError::Refused { status: 404, message: "no such model".into() }));
    assert!(matches!(ask(&model).await, Err(ChatError::TooLong(_))));
    assert!(matches!(ask(&model).await, Err(ChatError::Malformed(_))));
    assert!(matches!(ask(&model).await, Err(ChatError::Malformed(why)) if !why.contains(KEY)));
    assert!(matches!(ask(&model).await, Err(ChatError::Unavailable(_))), "broken off");
    assert_eq!(ask(&model).await, Err(ChatError::Unavailable("cuda died".into())));
    assert!(matches!(ask(&model).await, Err(ChatError::Malformed(_))), "an answer without an end");

    stub.stop();
    assert!(matches!(ask(&model).await, Err(ChatError::Unavailable(_))));
    assert!(model.ready().await.is_err());
}

#[tokio::test]
async fn a_stalled_server_is_given_up_in_each_phase_and_sees_it() {
    let stub = Stub::start(|asked| match asked.index {
        0 => Reply::text("late").after(Duration::from_secs(60)),
        1 => Reply::stalled(""),
        2 => Reply::stalled("{\"skills\": ["),
        // Longer than each limit, but never silent for long.
        _ => Reply::text("x".repeat(24 * 12)).slowly(Duration::from_millis(80)),
    })
    .await
    .unwrap();
    let model = model(&stub, |_| {});
    for phase in ["nothing was written", "nothing was written", "in the middle"] {
        let began = Instant::now();
        assert!(matches!(ask(&model).await, Err(ChatError::Timeout(why)) if why.contains(phase)), "{phase}");
        assert!(began.elapsed() < Duration::from_secs(2), "{phase}");
    }
    assert!(eventually(|| stub.hung_up() == 3 && stub.running() == 0).await, "{}", stub.hung_up());
    assert_eq!(ask(&model).await.unwrap().text.len(), 24 * 12);
}

#[tokio::test]
async fn cancelling_answers_at_once_and_the_server_sees_the_caller_leave() {
    let stub = Stub::start(|_| Reply::text("y".repeat(24 * 1000)).slowly(Duration::from_millis(20))).await.unwrap();
    let model = model(&stub, |_| {});
    let cancel = CancellationToken::new();
    let stopper = cancel.clone();
    let mut read = 0;
    let mut on_text = |piece: &str| {
        read += piece.len();
        if read >= 48 {
            stopper.cancel();
        }
    };
    let began = Instant::now();
    let outcome = model.chat(&question(), &cancel, Some(&mut on_text)).await;
    assert_eq!(outcome, Err(ChatError::Cancelled));
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(eventually(|| stub.hung_up() == 1 && stub.running() == 0).await);
}

#[tokio::test]
async fn probabilities_come_from_logprobs_where_the_server_tells_them() {
    let stub = Stub::start(|asked| match asked.index {
        0 => Reply::text("Yes").likely(&[("Yes", 0.6), (" yes", 0.2), ("No", 0.2)]),
        1 => Reply::text("Yes"),
        _ => Reply::status(400, "logprobs are not supported"),
    })
    .await
    .unwrap();
    let model = model(&stub, |_| {});
    let choose = || async { model.choose(&question(), &["yes", "no"], &CancellationToken::new()).await.unwrap() };
    let choice = choose().await.unwrap();
    assert!((choice.probabilities[0] - 0.8).abs() < 1e-5, "{choice:?}");
    assert_eq!(choose().await, None);
    assert_eq!(choose().await, None);
    let body = stub.asked().remove(0).body;
    assert_eq!((&body["max_tokens"], &body["logprobs"], &body["top_logprobs"]), (&json!(1), &json!(true), &json!(20)));
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let stub = Stub::start(|_| Reply::status(307, "elsewhere")).await.unwrap();
    let model = model(&stub, |_| {});
    assert!(matches!(ask(&model).await, Err(ChatError::Refused { status: 307, .. })));
    assert_eq!(stub.requests(), 1);
}

#[test]
fn the_key_stands_in_no_debug_output_and_credentials_in_no_address() {
    let mut options = OpenAiOptions::new("small", "http://127.0.0.1:9/v1");
    options.api_key = Some(Secret::new(KEY));
    assert!(!format!("{options:?}").contains(KEY));
    let model = OpenAi::new(options.clone()).unwrap();
    assert!(!format!("{model:?} {}", model.settings()).contains(KEY));
    options.base_url = "http://me:password@127.0.0.1:9/v1".into();
    let problem = OpenAi::new(options).unwrap_err();
    assert!(problem.contains("credentials") && !problem.contains("password"), "{problem}");
}
