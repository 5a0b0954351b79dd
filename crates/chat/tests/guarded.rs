//! Retries, the breaker, the limit of requests at once, budgets and prices.

#![allow(clippy::unwrap_used)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use observatory_chat::{
    ChatAnswer, ChatError, ChatModel, ChatRequest, DailyBudget, Guarded, Limits, Message, NoBudget, OpenAi,
    OpenAiOptions, Price,
    stub::{Asked, Reply, Stub},
};
use tokio_util::sync::CancellationToken;

fn limits() -> Limits {
    Limits {
        backoff: Duration::from_millis(10),
        breaker_failures: 100,
        breaker_pause: Duration::from_millis(300),
        ..Limits::default()
    }
}

fn model(stub: &Stub) -> Arc<dyn ChatModel> {
    Arc::new(OpenAi::new(OpenAiOptions::new("small", stub.base_url())).unwrap())
}

async fn stub(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Stub {
    Stub::start(script).await.unwrap()
}

fn question() -> ChatRequest {
    ChatRequest::new(vec![Message::user("¿Qué pide el aviso?")]).with_max_tokens(100)
}

async fn ask(model: &Guarded) -> Result<ChatAnswer, ChatError> {
    model.chat(&question(), &CancellationToken::new(), None).await
}

#[tokio::test]
async fn a_failure_that_passes_is_tried_again_and_what_was_told_begins_anew() {
    let stub = stub(|asked| match asked.index {
        0 => Reply::broken("{\"skills\": [\"Ja"),
        1 => Reply::status(503, "loading"),
        _ => Reply::text("{\"skills\": []}"),
    })
    .await;
    let model = Guarded::new(model(&stub), limits(), Arc::new(NoBudget), Price::default());
    let mut told = String::new();
    let mut on_text = |piece: &str| if piece.is_empty() { told.clear() } else { told.push_str(piece) };
    let answer = model.chat(&question(), &CancellationToken::new(), Some(&mut on_text)).await.unwrap();
    assert_eq!((answer.requests, told), (3, "{\"skills\": []}".to_owned()));
}

#[tokio::test]
async fn what_no_retry_mends_is_not_tried_again_and_tries_end() {
    let refusing = stub(|_| Reply::status(401, "no key")).await;
    let guarded = Guarded::new(model(&refusing), limits(), Arc::new(NoBudget), Price::default());
    assert!(matches!(ask(&guarded).await, Err(ChatError::Refused { status: 401, .. })));
    assert_eq!(refusing.requests(), 1);

    let failing = stub(|_| Reply::status(500, "no")).await;
    let guarded = Guarded::new(model(&failing), limits(), Arc::new(NoBudget), Price::default());
    assert!(matches!(ask(&guarded).await, Err(ChatError::Unavailable(_))));
    assert_eq!(failing.requests(), 3);
}

#[tokio::test]
async fn a_server_that_says_when_to_come_again_is_obeyed() {
    let stub = stub(|asked| match asked.index {
        0 => Reply::status(429, "slow down").retry_after("1"),
        _ => Reply::text("ok"),
    })
    .await;
    let patient = Guarded::new(model(&stub), limits(), Arc::new(NoBudget), Price::default());
    let began = Instant::now();
    assert_eq!(ask(&patient).await.unwrap().requests, 2);
    assert!(began.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn who_is_told_to_wait_longer_than_there_is_time_gives_up_at_once() {
    let stub = stub(|_| Reply::status(429, "slow down").retry_after("3600")).await;
    let limits = Limits { total: Duration::from_secs(2), ..limits() };
    let model = Guarded::new(model(&stub), limits, Arc::new(NoBudget), Price::default());
    let began = Instant::now();
    assert!(matches!(ask(&model).await, Err(ChatError::RateLimited { .. })));
    assert!(began.elapsed() < Duration::from_secs(1) && stub.requests() == 1);
}

#[tokio::test]
async fn the_whole_time_for_an_answer_is_limited() {
    let stub = stub(|_| Reply::text("z".repeat(24 * 1000)).slowly(Duration::from_millis(20))).await;
    let limits = Limits { total: Duration::from_millis(200), ..limits() };
    let model = Guarded::new(model(&stub), limits, Arc::new(NoBudget), Price::default());
    assert!(matches!(ask(&model).await, Err(ChatError::Timeout(_))));
    assert_eq!(stub.requests(), 1, "no time was left for a second try");
}

#[tokio::test]
async fn a_server_that_keeps_failing_is_left_alone_until_a_probe_succeeds() {
    let stub = stub(|asked| if asked.index < 4 { Reply::status(500, "no") } else { Reply::text("well again") }).await;
    let limits = Limits { attempts: 1, breaker_failures: 3, ..limits() };
    let model = Guarded::new(model(&stub), limits, Arc::new(NoBudget), Price::default());
    for _ in 0..3 {
        ask(&model).await.unwrap_err();
    }
    for _ in 0..5 {
        assert!(matches!(ask(&model).await, Err(ChatError::Unavailable(why)) if why.contains("left alone")));
    }
    assert!(model.ready().await.is_err());
    assert_eq!(stub.requests(), 3, "it was asked no more");

    tokio::time::sleep(Duration::from_millis(310)).await;
    assert!(matches!(ask(&model).await, Err(ChatError::Unavailable(why)) if why.contains("500")), "the probe");
    assert!(matches!(ask(&model).await, Err(ChatError::Unavailable(why)) if why.contains("left alone")));
    tokio::time::sleep(Duration::from_millis(310)).await;
    assert_eq!(ask(&model).await.unwrap().text, "well again");
    assert_eq!(ask(&model).await.unwrap().text, "well again");
    assert_eq!(model.ready().await, Ok(()));
}

#[tokio::test]
async fn no_more_requests_run_at_once_than_allowed_and_each_gets_its_turn() {
    let stub = stub(|_| Reply::text("ok").after(Duration::from_millis(20))).await;
    let limits = Limits { concurrency: 3, ..limits() };
    let model = Guarded::new(model(&stub), limits, Arc::new(NoBudget), Price::default());
    let answers = join_all((0..30).map(|_| ask(&model))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((stub.requests(), stub.most_running()), (30, 3));
}

#[tokio::test]
async fn a_budget_is_never_passed_and_counts_what_was_really_used() {
    let stub = stub(|_| Reply::text("ok").usage(30, 10)).await;
    let budget = Arc::new(DailyBudget::new(500));
    let price = Price { prompt: 1.0, completion: 10.0 };
    let model = Guarded::new(model(&stub), Limits { concurrency: 50, ..limits() }, budget.clone(), price);
    let answer = ask(&model).await.unwrap();
    assert!((answer.cost_usd - 130e-6).abs() < 1e-12, "30 read and 10 written: {}", answer.cost_usd);
    assert_eq!(budget.used("small"), 40);

    let answers = join_all((0..50).map(|_| ask(&model))).await;
    let answered = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(budget.used("small"), 40 * (answered as u64 + 1));
    assert!(answers.iter().any(|answer| matches!(answer, Err(ChatError::BudgetSpent { limit: 500, .. }))));
    assert_eq!(stub.requests(), answered + 1, "the others were never sent");
}

#[tokio::test]
async fn what_was_set_aside_is_given_back_where_nothing_was_written_or_the_caller_left() {
    let stub = stub(|asked| match asked.index {
        0 => Reply::status(400, "no"),
        _ => Reply::text("late").after(Duration::from_secs(60)),
    })
    .await;
    let budget = Arc::new(DailyBudget::new(500));
    let model = Guarded::new(model(&stub), limits(), budget.clone(), Price::default());
    ask(&model).await.unwrap_err();
    assert_eq!(budget.used("small"), 0);

    tokio::time::timeout(Duration::from_millis(200), ask(&model)).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(budget.used("small"), 0);
}

#[tokio::test]
async fn cancelling_ends_the_wait_for_a_turn_and_the_wait_between_tries() {
    let stub = stub(|asked| match asked.index {
        0 => Reply::status(429, "slow down").retry_after("60"),
        _ => Reply::text("late").after(Duration::from_secs(60)),
    })
    .await;
    let model = Guarded::new(model(&stub), Limits { concurrency: 1, ..limits() }, Arc::new(NoBudget), Price::default());
    let cancel = CancellationToken::new();
    let (first, second, ()) = tokio::join!(
        async { model.chat(&question(), &cancel, None).await },
        async { model.chat(&question(), &cancel, None).await },
        async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancel.cancel();
        }
    );
    assert_eq!((first, second), (Err(ChatError::Cancelled), Err(ChatError::Cancelled)));
    assert_eq!(stub.requests(), 1);
}
