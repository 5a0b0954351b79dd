//! A task that tells of its progress inside, over a real Redis and a real Postgres.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use observatory_operations::{
    Backend, Item, Outcome, Progress, Run, State, StepFailure, Steps, Submit, Task, TaskError, Worker, WorkerOptions,
};
use observatory_proto::{google::longrunning::operation::Result as End, scraper::ScrapePortalResponse};
use observatory_testkit::Kit;
use prost::Message;
use tokio_util::sync::CancellationToken;

const KIND: &str = "test.steps";
const STEPS: i32 = 40;

/// Forty steps, kept outside of the task as a database would; number 7 fails while `bad` holds.
#[derive(Clone, Default)]
struct Walk {
    done: Arc<AtomicI32>,
    bad: Arc<AtomicBool>,
    pause_ms: u64,
    starts: Arc<AtomicI32>,
}

#[async_trait]
impl Task for Walk {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn response_type(&self) -> &'static str {
        "observatory.scraper.v1.ScrapePortalResponse"
    }
    fn batch_size(&self) -> usize {
        1
    }
    fn timeout(&self, _: Duration) -> Option<Duration> {
        None
    }
    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        self.starts.fetch_add(1, Ordering::SeqCst);
        loop {
            let done = self.done.load(Ordering::SeqCst);
            let failed = i32::from(self.bad.load(Ordering::SeqCst) && done >= 7);
            let steps = Steps {
                stage: "walk".into(),
                total: STEPS,
                completed: done - failed,
                failed,
                percent: 100.0 * f64::from(done) / f64::from(STEPS),
                counts: BTreeMap::from([("pages".into(), done), ("failed".into(), failed)]),
                ..Steps::default()
            };
            let failures: Vec<_> = (failed == 1)
                .then(|| StepFailure {
                    item: "step 7".into(),
                    message: "a hole".into(),
                    reason: "PAGE_GONE".into(),
                    attempts: 1,
                })
                .into_iter()
                .collect();
            run.report(&items[0].key, &steps, &failures, true).await?;
            if done == STEPS {
                return Ok(vec![Ok("walked".into())]);
            }
            tokio::select! {
                () = run.cancelled.cancelled() => return Err(run.interruption()),
                () = tokio::time::sleep(Duration::from_millis(self.pause_ms)) => {}
            }
            self.done.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn replica(backend: &Backend, walk: &Walk) -> CancellationToken {
    let stop = CancellationToken::new();
    let options = WorkerOptions { slots: 1, max_attempts: 2, ..WorkerOptions::default() };
    tokio::spawn(Worker::new(backend.operations.clone(), options).with(walk.clone()).run(stop.clone()));
    stop
}

async fn submit(backend: &Backend) -> String {
    let submit = Submit {
        kind: KIND,
        response_type: "observatory.scraper.v1.ScrapePortalResponse",
        request: Vec::new(),
        request_id: String::new(),
        task_keys: vec!["walk".into()],
    };
    backend.operations.submit(submit).await.unwrap().progress.operation_id
}

async fn end(backend: &Backend, id: &str) -> Progress {
    let progress = backend.operations.wait(id, Duration::from_secs(30)).await.unwrap();
    assert!(progress.state.is_terminal(), "{progress:?}");
    progress
}

#[tokio::test(flavor = "multi_thread")]
async fn its_steps_are_the_operations_items_and_fill_the_response() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let stop = replica(&backend, &Walk::default());
    let progress = end(&backend, &submit(&backend).await).await;
    let metadata = progress.to_metadata();
    assert_eq!((metadata.total, metadata.completed, metadata.stage.as_str()), (STEPS, STEPS, "walk"));
    assert_eq!(metadata.progress_percent, 100.0);
    let Some(End::Response(response)) = progress.to_operation().result else { panic!("{progress:?}") };
    assert_eq!(ScrapePortalResponse::decode(response.value.as_slice()).unwrap().pages, STEPS);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_outlives_any_number_of_stops_and_deaths_as_long_as_it_gets_on() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let walk = Walk { pause_ms: 30, ..Walk::default() };
    let id = submit(&backend).await;
    // More stops than tries are allowed.
    for _ in 0..6 {
        let stop = replica(&backend, &walk);
        let before = walk.done.load(Ordering::SeqCst);
        while walk.done.load(Ordering::SeqCst) <= before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
        tokio::time::sleep(Duration::from_millis(80)).await;
    }
    let stop = replica(&backend, &walk);
    let progress = end(&backend, &id).await;
    assert_eq!(progress.state, State::Succeeded, "{progress:?}");
    assert!(walk.starts.load(Ordering::SeqCst) >= 7);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_step_is_listed_and_a_retry_runs_the_task_again() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let walk = Walk::default();
    walk.bad.store(true, Ordering::SeqCst);
    let stop = replica(&backend, &walk);
    let id = submit(&backend).await;
    let first = end(&backend, &id).await;
    assert_eq!(first.state, State::Succeeded);
    let failures = backend.operations.failures(&id, "", 10).await.unwrap();
    assert_eq!(failures.len(), 1, "told once, however often it was reported: {failures:?}");
    assert_eq!((failures[0].1.item.as_str(), failures[0].1.reason.as_str()), ("step 7", "PAGE_GONE"));

    walk.bad.store(false, Ordering::SeqCst);
    backend.operations.retry(&id).await.unwrap();
    let second = end(&backend, &id).await;
    assert_eq!((second.state, second.to_metadata().failed), (State::Succeeded, 0));
    assert_eq!(second.to_metadata().completed, STEPS);
    assert_eq!(walk.starts.load(Ordering::SeqCst), 2);
    stop.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_stops_it_at_its_next_safe_point() {
    let kit = Kit::start().await;
    let backend = kit.backend().await;
    let walk = Walk { pause_ms: 50, ..Walk::default() };
    let stop = replica(&backend, &walk);
    let id = submit(&backend).await;
    while walk.done.load(Ordering::SeqCst) < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    backend.operations.cancel(&id).await.unwrap();
    let progress = end(&backend, &id).await;
    assert_eq!(progress.state, State::Cancelled);
    let Some(End::Error(error)) = progress.to_operation().result else { panic!("{progress:?}") };
    assert!(error.message.contains("of 40"), "{}", error.message);
    assert!(walk.done.load(Ordering::SeqCst) < STEPS);
    stop.cancel();
}
