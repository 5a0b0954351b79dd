//! What the queue promises, over a real Redis and a real Postgres.

#![allow(clippy::unwrap_used)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::StreamExt;
use observatory_operations::{
    Backend, Item, Operations, Outcome, Progress, Run, State, Submit, Task, TaskError, Worker, WorkerOptions,
    fred::prelude::*, with_sums,
};
use observatory_proto::Reason;
use observatory_testkit::Kit;
use tokio_util::sync::CancellationToken;

const KIND: &str = "test.work";
const RESPONSE: &str = "observatory.cleaner.v1.BatchCleanJobsResponse";

type Behaviour = Arc<dyn Fn(&Item) -> Outcome + Send + Sync>;

/// Does what the test says and remembers what it was asked to do.
#[derive(Clone)]
struct TestTask {
    behaviour: Behaviour,
    pause: Duration,
    seen: Arc<Mutex<HashMap<String, u32>>>,
}

impl TestTask {
    fn new(behaviour: impl Fn(&Item) -> Outcome + Send + Sync + 'static) -> Self {
        Self { behaviour: Arc::new(behaviour), pause: Duration::ZERO, seen: Arc::default() }
    }

    fn slow(pause: Duration) -> Self {
        Self { pause, ..Self::new(|_| Ok("cleaned".into())) }
    }

    fn seen(&self) -> HashMap<String, u32> {
        self.seen.lock().unwrap().clone()
    }
}

#[async_trait]
impl Task for TestTask {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn response_type(&self) -> &'static str {
        RESPONSE
    }
    fn batch_size(&self) -> usize {
        16
    }
    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        tokio::select! {
            () = tokio::time::sleep(self.pause) => {}
            () = run.cancelled.cancelled() => {}
        }
        let mut seen = self.seen.lock().unwrap();
        for item in items {
            *seen.entry(item.key.clone()).or_insert(0) += 1;
        }
        drop(seen);
        Ok(items.iter().map(|item| (self.behaviour)(item)).collect())
    }
}

fn keys(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("item-{i}")).collect()
}

fn submit(n: usize) -> Submit {
    Submit {
        kind: KIND,
        response_type: RESPONSE,
        request: b"request".to_vec(),
        request_id: String::new(),
        task_keys: keys(n),
    }
}

fn quick() -> WorkerOptions {
    WorkerOptions { backoff: Duration::from_millis(20), max_backoff: Duration::from_millis(100), ..Default::default() }
}

/// A replica; stops when dropped.
struct Replica(CancellationToken);

impl Replica {
    fn start(backend: &Backend, task: TestTask) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(Worker::new(backend.operations.clone(), quick()).with(task).run(stop.clone()));
        Self(stop)
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn end(operations: &Operations, id: &str) -> Progress {
    let progress = operations.wait(id, Duration::from_secs(30)).await.unwrap();
    assert!(progress.state.is_terminal(), "{progress:?}");
    progress
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_runs_to_its_end_with_exact_counts() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let task = TestTask::new(|item| if item.key.ends_with('7') { Ok("rejected".into()) } else { Ok("cleaned".into()) });
    let _one = Replica::start(&backend, task.clone());
    let _two = Replica::start(&kit.backend().await, task.clone());
    let started = backend.operations.submit(submit(2_500)).await.unwrap().progress;
    assert_eq!((started.state, started.total), (State::Pending, 2_500));

    let done = end(&backend.operations, &started.operation_id).await;
    assert_eq!(done.state, State::Succeeded);
    assert_eq!((done.completed, done.failed, done.skipped), (2_500, 0, 0));
    assert_eq!((done.outcomes["cleaned"], done.outcomes["rejected"]), (2_250, 250));
    assert!(task.seen().values().all(|times| *times == 1), "a task ran twice");
    // The journal knows the end too.
    for _ in 0..50 {
        let row = observatory_store::journal::get(&kit.db(), &started.operation_id).await.unwrap().unwrap();
        if row.end_time.is_some() {
            assert_eq!(row.state, "succeeded");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the journal was not told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tasks_sum_up_is_added_once_a_task() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let task = TestTask::new(|_| Ok(with_sums("cleaned", &[("tokens_used", 7), ("rejected", 2), ("nothing", 0)])));
    let _replica = Replica::start(&backend, task);
    let started = backend.operations.submit(submit(50)).await.unwrap().progress;
    let done = end(&backend.operations, &started.operation_id).await;
    assert_eq!(done.outcomes, [("cleaned".to_string(), 50)].into());
    assert_eq!(done.sums, [("tokens_used".to_string(), 350), ("rejected".to_string(), 100)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_to_do_is_done_at_once() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let started = backend.operations.submit(submit(0)).await.unwrap().progress;
    assert_eq!(started.state, State::Succeeded);
    assert_eq!(backend.operations.get(&started.operation_id).await.unwrap().state, State::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_id_starts_one_operation() {
    let kit = Kit::start().await;
    let operations = kit.backend().await.operations;
    let with_id = || Submit { request_id: "r-1".into(), ..submit(3) };
    let first = operations.submit(with_id()).await.unwrap();
    let again = operations.submit(with_id()).await.unwrap();
    assert!(!first.repeated && again.repeated);
    assert_eq!(first.progress.operation_id, again.progress.operation_id);
    let other = operations.submit(Submit { request: b"something else".to_vec(), ..with_id() }).await.unwrap_err();
    assert_eq!(other.reason, Reason::RequestIdReused);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_starts_with_one_request_id_start_one_operation() {
    let kit = Kit::start().await;
    let operations = kit.backend().await.operations;
    let starts = (0..16).map(|_| operations.submit(Submit { request_id: "same".into(), ..submit(5) }));
    let ids: std::collections::HashSet<String> =
        futures::future::join_all(starts).await.into_iter().map(|s| s.unwrap().progress.operation_id).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transient_failure_is_tried_again() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let task =
        TestTask::new(
            |item| {
                if item.attempt < 3 { Err(TaskError::transient("not yet")) } else { Ok("cleaned".into()) }
            },
        );
    let _replica = Replica::start(&backend, task.clone());
    let id = backend.operations.submit(submit(20)).await.unwrap().progress.operation_id;
    let done = end(&backend.operations, &id).await;
    assert_eq!((done.completed, done.failed, done.redeliveries), (20, 0, 40));
    assert!(task.seen().values().all(|times| *times == 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_longer_than_the_usual_tries_fails_nothing() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let task = TestTask::new(|item| {
        if item.attempt < 9 { Err(TaskError::transient("the database is away")) } else { Ok("cleaned".into()) }
    });
    let _replica = Replica::start(&backend, task);
    let id = backend.operations.submit(submit(3)).await.unwrap().progress.operation_id;
    let done = end(&backend.operations, &id).await;
    assert_eq!((done.completed, done.failed), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_task_is_tried_five_times() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let task = TestTask::new(|_| Err(TaskError { reason: Reason::Internal, message: "a bug".into(), retryable: true }));
    let _replica = Replica::start(&backend, task.clone());
    let id = backend.operations.submit(submit(1)).await.unwrap().progress.operation_id;
    let done = end(&backend.operations, &id).await;
    assert_eq!((done.failed, task.seen()["item-0"]), (1, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_failing_is_listed_and_can_be_retried() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let mended = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = mended.clone();
    let task = TestTask::new(move |item| {
        if item.key == "item-1" && !flag.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(TaskError::permanent(Reason::JobNotFound, "there is no such ad"));
        }
        Ok("cleaned".into())
    });
    let _replica = Replica::start(&backend, task);
    let operations = &backend.operations;
    let id = operations.submit(submit(3)).await.unwrap().progress.operation_id;
    let done = end(operations, &id).await;
    assert_eq!((done.state, done.completed, done.failed), (State::Succeeded, 2, 1));
    assert_eq!(done.failures[0].item, "item-1");
    assert_eq!(done.failures[0].reason, "JOB_NOT_FOUND");
    assert_eq!(operations.failures(&id, "", 10).await.unwrap().len(), 1);

    mended.store(true, std::sync::atomic::Ordering::SeqCst);
    operations.retry(&id).await.unwrap();
    let done = end(operations, &id).await;
    assert_eq!((done.completed, done.failed), (3, 0));
    assert_eq!(operations.retry(&id).await.unwrap_err().reason, Reason::OperationState);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_item_does_not_fail_its_neighbours() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let task = TestTask::new(|item| {
        assert_ne!(item.key, "item-5", "this item breaks the task");
        Ok("cleaned".into())
    });
    let _replica = Replica::start(&backend, task);
    let id = backend.operations.submit(submit(16)).await.unwrap().progress.operation_id;
    let done = end(&backend.operations, &id).await;
    assert_eq!((done.completed, done.failed), (15, 1));
    assert_eq!(done.failures[0].item, "item-5");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_whose_items_all_fail_has_failed() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let _replica = Replica::start(&backend, TestTask::new(|_| Err(TaskError::permanent(Reason::Internal, "always"))));
    let id = backend.operations.submit(submit(4)).await.unwrap().progress.operation_id;
    assert_eq!(end(&backend.operations, &id).await.state, State::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_is_prompt_and_exact() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let task = TestTask::slow(Duration::from_secs(20));
    let _replica = Replica::start(&backend, task.clone());
    let id = backend.operations.submit(submit(1_000)).await.unwrap().progress.operation_id;
    while backend.operations.get(&id).await.unwrap().state == State::Pending {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let asked = Instant::now();
    backend.operations.cancel(&id).await.unwrap();
    let done = end(&backend.operations, &id).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "took {:?}", asked.elapsed());
    assert_eq!(done.state, State::Cancelled);
    assert_eq!(done.completed + done.skipped, 1_000);
    assert_eq!(done.completed as usize, task.seen().len());
    // A second cancellation changes nothing.
    assert_eq!(backend.operations.cancel(&id).await.unwrap().state, State::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_can_be_deleted_once_it_has_ended() {
    let kit = Kit::start().await;
    let operations = kit.backend().await.operations;
    let id = operations.submit(submit(2)).await.unwrap().progress.operation_id;
    assert_eq!(operations.delete(&id).await.unwrap_err().reason, Reason::OperationState);
    operations.cancel(&id).await.unwrap();
    operations.delete(&id).await.unwrap();
    assert_eq!(operations.get(&id).await.unwrap_err().reason, Reason::OperationNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_malformed_ids_are_not_found() {
    let kit = Kit::start().await;
    let operations = kit.backend().await.operations;
    for id in ["", "x", "operations/", "operations/01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV\n"] {
        assert_eq!(operations.get(id).await.unwrap_err().reason, Reason::OperationNotFound, "{id:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tasks_of_a_silent_worker_are_taken_over_and_it_can_no_longer_commit() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let operations = &backend.operations;
    let id = operations.submit(submit(8)).await.unwrap().progress.operation_id;
    // A worker that took tasks and then said nothing more, as after kill -9.
    let stream = format!("{}:q:{KIND}", kit.redis_prefix());
    let redis = operations.redis();
    let _: () = redis.xgroup_create(&stream, "workers", "0", true).await.unwrap();
    let taken: Value = redis.xreadgroup("workers", "silent", Some(5), None, false, &stream, ">").await.unwrap();
    assert!(!taken.is_null());

    let task = TestTask::new(|_| Ok("cleaned".into()));
    let _replica = Replica::start(&backend, task.clone());
    let done = end(operations, &id).await;
    assert_eq!((done.completed, done.redeliveries), (8, 5));
    assert!(task.seen().values().all(|times| *times == 1));
    // What the silent one acknowledges now counts for nothing.
    let acked: i64 = redis.xack(&stream, "workers", "1-1").await.unwrap();
    assert_eq!(acked, 0);
    assert_eq!(operations.get(&id).await.unwrap().completed, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn losing_redis_loses_no_operation() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let operations = &backend.operations;
    let id = operations.submit(submit(300)).await.unwrap().progress.operation_id;
    // Some effects are committed already.
    let committed: Vec<_> = keys(40).into_iter().map(|key| (key, "cleaned".to_string())).collect();
    observatory_store::effects::claim(&kit.db(), &id, &committed).await.unwrap();
    // What FLUSHALL does to this test's keys.
    let pattern = format!("{}*", kit.redis_prefix());
    let lost: Vec<String> =
        operations.redis().custom(observatory_operations::fred::cmd!("KEYS"), vec![pattern]).await.unwrap();
    let _: () = operations.redis().del(lost).await.unwrap();
    assert_eq!(operations.get(&id).await.unwrap().state, State::Pending, "the journal still has it");

    let task = TestTask::new(|_| Ok("cleaned".into()));
    let _one = Replica::start(&backend, task.clone());
    let _two = Replica::start(&kit.backend().await, task.clone());
    let done = end(operations, &id).await;
    assert_eq!((done.state, done.completed), (State::Succeeded, 300));
    let seen = task.seen();
    assert_eq!(seen.len(), 260, "what was committed is not done again");
    assert!(seen.values().all(|times| *times == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_tells_every_state_in_order_and_ends() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let operations = &backend.operations;
    let id = operations.submit(submit(200)).await.unwrap().progress.operation_id;
    let watching = operations.watch(&id, 0).await.unwrap();
    let _replica = Replica::start(&backend, TestTask::slow(Duration::from_millis(60)));
    let states: Vec<_> = watching.map(|state| state.unwrap().progress).collect().await;
    assert!(states.len() >= 3, "only {} states", states.len());
    assert!(
        states.windows(2).all(|pair| pair[0].sequence < pair[1].sequence && pair[0].completed <= pair[1].completed)
    );
    assert_eq!(states.first().unwrap().state, State::Pending);
    assert_eq!(states.last().unwrap().completed, 200);

    // Resuming at the last sequence still tells the end.
    let last = states.last().unwrap().sequence;
    let resumed: Vec<_> = operations.watch(&id, last).await.unwrap().collect().await;
    assert_eq!(resumed.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_are_listed_newest_first_by_state_and_page() {
    let kit = Kit::start().await;
    let operations = kit.backend().await.operations;
    let mut ids = Vec::new();
    for n in [0, 2, 2] {
        ids.insert(0, operations.submit(submit(n)).await.unwrap().progress.operation_id);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let first = operations.list("", &[], None, 2).await.unwrap();
    let rest = operations.list("", &[], first.next.clone(), 2).await.unwrap();
    let listed: Vec<_> = first.operations.iter().chain(&rest.operations).map(|p| p.operation_id.clone()).collect();
    assert_eq!(listed, ids);
    assert!(first.next.is_some() && rest.next.is_none());
    let ended = operations.list(KIND, &[State::Succeeded], None, 10).await.unwrap();
    assert_eq!(ended.operations.len(), 1);
}
