//! The lifetime of a service: its background work, its dependencies, its end.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

use futures::FutureExt;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use crate::{health::Health, rpc::panic_text};

/// The lifetime of a service; cheap to clone.
#[derive(Debug, Clone)]
pub struct Scope(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    drain: CancellationToken,
    force: CancellationToken,
    tasks: TaskTracker,
    failure: Mutex<Option<String>>,
    failed: CancellationToken,
    health: Health,
}

impl Scope {
    pub(crate) fn new(health: Health) -> Self {
        Self(Arc::new(Inner {
            drain: CancellationToken::new(),
            force: CancellationToken::new(),
            tasks: TaskTracker::new(),
            failure: Mutex::new(None),
            failed: CancellationToken::new(),
            health,
        }))
    }

    /// Cancelled when the service should take no new work and finish what it has.
    pub fn drain(&self) -> CancellationToken {
        self.0.drain.clone()
    }

    /// Runs background work. It should end soon after [`Scope::drain`] is cancelled,
    /// and is dropped when the drain's time is over. An error or a panic ends the
    /// process with a non-zero exit code, so that its supervisor starts it again.
    pub fn spawn<F>(&self, name: &'static str, work: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let scope = self.clone();
        let run = async move {
            let outcome = tokio::select! {
                outcome = AssertUnwindSafe(work).catch_unwind() => outcome,
                () = scope.0.force.cancelled() => return,
            };
            match outcome {
                Ok(Ok(())) => tracing::debug!(task = name, "task ended"),
                Ok(Err(error)) => scope.fail(name, &format!("{error:#}")),
                Err(panic) => scope.fail(name, &format!("panicked: {}", panic_text(panic.as_ref()))),
            }
        };
        self.0.tasks.spawn(run.instrument(tracing::info_span!("task", name)));
    }

    /// Registers something the service can't work without, such as `postgres`. It
    /// is checked every few seconds; while it fails, health says NOT_SERVING.
    pub fn dependency<F, Fut>(&self, name: &str, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.0.health.add(name, true, check);
    }

    /// Registers something the service can do without, such as a peer: it is
    /// reported, and health stays as it is.
    pub fn dependency_optional<F, Fut>(&self, name: &str, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.0.health.add(name, false, check);
    }

    /// True while every required dependency answers and no drain has begun.
    pub fn is_serving(&self) -> bool {
        self.0.health.is_serving()
    }

    pub(crate) fn health(&self) -> &Health {
        &self.0.health
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    pub(crate) fn force(&self) {
        self.0.force.cancel();
    }

    /// Cancelled when background work failed.
    pub(crate) fn failed(&self) -> &CancellationToken {
        &self.0.failed
    }

    /// The first failure of background work.
    pub(crate) fn failure(&self) -> Option<String> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, task: &str, error: &str) {
        tracing::error!(task, error, "background task failed");
        let mut failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert_with(|| format!("{task}: {error}"));
        self.0.failed.cancel();
    }
}
