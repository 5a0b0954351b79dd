//! Live events, over a real Redis.

#![allow(clippy::unwrap_used)]

use std::{pin::Pin, time::Duration};

use async_trait::async_trait;
use futures::{Stream, StreamExt};
use observatory_operations::{
    Event, Item, Operations, Options, Outcome, Run, Submit, Task, TaskError, Worker, WorkerOptions, connect, kinds,
};
use observatory_store::journal;
use observatory_testkit::Kit;
use tokio_util::sync::CancellationToken;

type Events = Pin<Box<dyn Stream<Item = Event> + Send>>;

/// A process of its own on the test's Redis.
fn process(kit: &Kit, heartbeat: Duration) -> Operations {
    let options = Options { prefix: kit.redis_prefix().into(), heartbeat, ..Options::default() };
    Operations::new(connect(&kit.redis_url()).unwrap(), kit.db(), options)
}

async fn next(events: &mut Events) -> Event {
    tokio::time::timeout(Duration::from_secs(10), events.next()).await.expect("an event comes").unwrap()
}

/// Watches, and waits until what others announce arrives.
async fn watch(operations: &Operations, other: &Operations, kinds: &[&str]) -> Events {
    let mut test: Events = Box::pin(operations.events(vec!["ready".into()]));
    loop {
        other.announce("ready", 1, "");
        let told = tokio::time::timeout(Duration::from_millis(100), test.next()).await;
        if told.is_ok_and(|event| event.unwrap().kind == "ready") {
            break;
        }
    }
    let mut events: Events = Box::pin(operations.events(kinds.iter().map(ToString::to_string).collect()));
    assert_eq!(next(&mut events).await.kind, kinds::HEARTBEAT, "the first message says that it listens");
    events
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn every_watcher_of_every_process_hears_what_it_asked_for() {
    let kit = Kit::start().await;
    let (one, two) = (process(&kit, LONG), process(&kit, LONG));
    let mut cleaned = watch(&one, &two, &[kinds::JOBS_CLEANED]).await;
    let mut both = watch(&one, &two, &[kinds::JOBS_CLEANED, kinds::JOBS_SCRAPED]).await;
    let mut elsewhere = watch(&two, &one, &[kinds::JOBS_CLEANED]).await;
    one.announce(kinds::JOBS_SCRAPED, 3, "01A");
    one.announce(kinds::JOBS_CLEANED, 0, "01B");
    one.announce(kinds::JOBS_CLEANED, 2, "01B");
    let told = next(&mut both).await;
    assert_eq!((told.kind.as_str(), told.count, told.operation_id.as_str()), (kinds::JOBS_SCRAPED, 3, "01A"));
    for events in [&mut both, &mut cleaned, &mut elsewhere] {
        let told = next(events).await;
        assert_eq!((told.kind.as_str(), told.count), (kinds::JOBS_CLEANED, 2), "nothing of nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_watcher_is_told_how_many_it_missed() {
    let kit = Kit::start().await;
    let (one, two) = (process(&kit, LONG), process(&kit, LONG));
    let mut slow = watch(&one, &two, &[kinds::JOBS_CLEANED]).await;
    let mut quick = watch(&one, &two, &[kinds::JOBS_CLEANED]).await;
    for n in 1..=3_000 {
        two.announce(kinds::JOBS_CLEANED, n, "");
        assert_eq!(next(&mut quick).await.count, n, "in order");
    }
    let missed = next(&mut slow).await;
    assert_eq!(missed.kind, kinds::MISSED);
    let mut last = next(&mut slow).await.count;
    // Events of other kinds are missed too: those by which the test found out that it listens.
    assert!((last - 1..last + 50).contains(&missed.count), "{} missed before {last}", missed.count);
    while last < 3_000 {
        let event = next(&mut slow).await;
        assert_eq!(event.count, last + 1, "what was kept follows without a gap");
        last = event.count;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_broken_by_heartbeats() {
    let kit = Kit::start().await;
    let operations = process(&kit, Duration::from_millis(50));
    let mut events: Events = Box::pin(operations.events(vec![kinds::JOBS_CLEANED.into()]));
    let started = std::time::Instant::now();
    for _ in 0..4 {
        let event = next(&mut events).await;
        assert_eq!((event.kind.as_str(), event.count), (kinds::HEARTBEAT, 0));
    }
    assert!(started.elapsed() >= Duration::from_millis(150));
}

struct Done;

#[async_trait]
impl Task for Done {
    fn kind(&self) -> &'static str {
        "test.done"
    }
    fn response_type(&self) -> &'static str {
        "observatory.cleaner.v1.BatchCleanJobsResponse"
    }
    async fn run(&self, _: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        Ok(items.iter().map(|_| Ok("cleaned".into())).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_tells_of_its_start_and_of_its_end() {
    let kit = Kit::start().await;
    let (one, two) = (process(&kit, LONG), process(&kit, LONG));
    let mut events = watch(&one, &two, &[kinds::OPERATION_STARTED, kinds::OPERATION_ENDED]).await;
    let stop = CancellationToken::new();
    tokio::spawn(Worker::new(two.clone(), WorkerOptions::default()).with(Done).run(stop.clone()));
    for (count, request_id) in [(3, "one"), (0, "none")] {
        let submit = Submit::new("test.done", Done.response_type(), &(), request_id, 0..count);
        let id = one.submit(submit.clone()).await.unwrap().progress.operation_id;
        assert!(one.submit(submit).await.unwrap().repeated, "which starts nothing");
        let told = [next(&mut events).await, next(&mut events).await];
        let told = told.map(|event| (event.subject, event.count, event.operation_id));
        let expected = [("test.done", count), ("test.done succeeded", count)];
        assert_eq!(told, expected.map(|(subject, count)| (subject.to_string(), count, id.clone())));
    }
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_first_to_record_an_end_may_tell_of_it() {
    let kit = Kit::start().await;
    let operations = process(&kit, LONG);
    let submit = Submit::new("test.nobody", Done.response_type(), &(), "", ["a"]);
    let id = operations.submit(submit).await.unwrap().progress.operation_id;
    let mut first = Vec::new();
    for _ in 0..2 {
        first.push(journal::finish(&kit.db(), &id, "succeeded", serde_json::json!({})).await.unwrap());
    }
    assert_eq!(first, [true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_an_operation_cancels_those_that_it_started() {
    let kit = Kit::start().await;
    let operations = process(&kit, LONG);
    let submit = |request_id: &str| Submit::new("test.nobody", Done.response_type(), &(), request_id, ["a"]);
    let parent = operations.submit(submit("")).await.unwrap().progress.operation_id;
    let child = operations.submit(submit(&format!("{parent}/clean"))).await.unwrap().progress.operation_id;
    let stranger = operations.submit(submit(&format!("{}/clean", &parent[..25]))).await.unwrap().progress.operation_id;
    operations.cancel(&parent).await.unwrap();
    let states = [&parent, &child, &stranger].map(|id| operations.get(id));
    let states: Vec<_> =
        futures::future::join_all(states).await.into_iter().map(|p| p.unwrap().state.is_terminal()).collect();
    assert_eq!(states, [true, true, false]);
}
