//! Health that tells the truth: SERVING only while every required dependency answers.

use std::{
    collections::BTreeMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use futures::future::join_all;
use serde::Serialize;
use tonic_health::{ServingStatus, server::HealthReporter};

use crate::config::{HealthOptions, seconds};

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// Watches dependencies and reports.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    options: HealthOptions,
    reporter: HealthReporter,
    services: Mutex<Vec<String>>,
    dependencies: Mutex<BTreeMap<String, Dependency>>,
    serving: AtomicBool,
    draining: AtomicBool,
}

struct Dependency {
    required: bool,
    check: Check,
    outcome: Option<Result<(), String>>,
}

/// What `/health` shows.
#[derive(Debug, Serialize)]
pub struct Report {
    status: &'static str,
    dependencies: BTreeMap<String, DependencyReport>,
}

#[derive(Debug, Serialize)]
struct DependencyReport {
    status: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("serving", &self.is_serving()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Health {
    pub fn new(options: HealthOptions, reporter: HealthReporter) -> Self {
        Self(Arc::new(Inner {
            options,
            reporter,
            services: Mutex::new(Vec::new()),
            dependencies: Mutex::new(BTreeMap::new()),
            serving: AtomicBool::new(false),
            draining: AtomicBool::new(false),
        }))
    }

    pub fn add<F, Fut>(&self, name: &str, required: bool, check: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        lock(&self.0.dependencies).insert(name.to_string(), Dependency { required, check, outcome: None });
    }

    pub fn is_serving(&self) -> bool {
        self.0.serving.load(Ordering::Acquire)
    }

    /// Names the gRPC services whose status is reported, beside the overall one.
    pub async fn announce(&self, services: &[String]) {
        *lock(&self.0.services) = services.to_vec();
        self.publish(false).await;
    }

    /// Checks again and again, until dropped.
    pub async fn watch(&self) {
        loop {
            self.check().await;
            tokio::time::sleep(seconds(self.0.options.interval_seconds)).await;
        }
    }

    /// Says NOT_SERVING from now on.
    pub async fn drain(&self) {
        self.0.draining.store(true, Ordering::Release);
        self.publish(false).await;
    }

    pub fn report(&self) -> Report {
        let dependencies = lock(&self.0.dependencies);
        let dependencies = dependencies.iter().map(|(name, dependency)| {
            let status = match &dependency.outcome {
                None => "UNKNOWN",
                Some(Ok(())) => "SERVING",
                Some(Err(_)) => "NOT_SERVING",
            };
            let error = dependency.outcome.as_ref().and_then(|outcome| outcome.as_ref().err().cloned());
            (name.clone(), DependencyReport { status, required: dependency.required, error })
        });
        Report {
            status: if self.is_serving() { "SERVING" } else { "NOT_SERVING" },
            dependencies: dependencies.collect(),
        }
    }

    async fn check(&self) {
        let timeout = seconds(self.0.options.timeout_seconds);
        let checks: Vec<_> =
            lock(&self.0.dependencies).iter().map(|(name, d)| (name.clone(), d.check.clone())).collect();
        let outcomes = join_all(checks.into_iter().map(|(name, check)| async move {
            // Its own task, so that a check that panics is a failed check.
            let outcome = match tokio::time::timeout(timeout, tokio::spawn(check())).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => Err(format!("no answer within {timeout:?}")),
            };
            (name, outcome)
        }));
        for (name, outcome) in outcomes.await {
            self.note(&name, outcome);
        }
        let well = lock(&self.0.dependencies).values().all(|d| !d.required || d.outcome == Some(Ok(())));
        let serving = well && !self.0.draining.load(Ordering::Acquire);
        if serving != self.is_serving() {
            self.publish(serving).await;
        }
    }

    fn note(&self, name: &str, outcome: Result<(), String>) {
        metrics::gauge!("dependency_up", "dependency" => name.to_string()).set(if outcome.is_ok() { 1.0 } else { 0.0 });
        let mut dependencies = lock(&self.0.dependencies);
        let Some(dependency) = dependencies.get_mut(name) else { return };
        match (&dependency.outcome, &outcome) {
            (Some(Ok(())) | None, Err(error)) => tracing::warn!(dependency = name, error, "dependency doesn't answer"),
            (Some(Err(_)) | None, Ok(())) => tracing::info!(dependency = name, "dependency answers"),
            _ => {}
        }
        dependency.outcome = Some(outcome);
    }

    async fn publish(&self, serving: bool) {
        let serving = serving && !self.0.draining.load(Ordering::Acquire);
        let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
        if self.0.serving.swap(serving, Ordering::AcqRel) != serving {
            tracing::info!(%status, "health changed");
        }
        let services = lock(&self.0.services).clone();
        self.0.reporter.set_service_status("", status).await;
        for service in services {
            self.0.reporter.set_service_status(service, status).await;
        }
    }
}
