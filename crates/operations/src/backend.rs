//! Postgres, Redis and the operations on them: what a working service opens first.

use std::time::Duration;

use futures::{FutureExt, future::BoxFuture};
use observatory_proto::Error;
use sea_orm::DatabaseConnection;
use serde::{Deserialize, Serialize};

use crate::{Operations, Options, WorkerOptions};

/// What a service may set about its work.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackendOptions {
    /// Batches that run at once, per kind of operation; default 2. 0: this process only takes requests.
    pub workers: usize,
    /// Connections to Postgres at most; default 8.
    pub database_connections: u32,
    /// Seconds a worker may be silent before others take its tasks over; default 5.
    pub lease_seconds: f64,
    /// Tries before a task is a dead letter; default 5.
    pub max_attempts: u32,
    /// Before every key in Redis; default `obs`.
    pub redis_prefix: String,
}

impl Default for BackendOptions {
    fn default() -> Self {
        Self {
            workers: 2,
            database_connections: 8,
            lease_seconds: 5.0,
            max_attempts: 5,
            redis_prefix: Options::default().prefix,
        }
    }
}

impl BackendOptions {
    /// What is wrong with these values, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(0.5..=3600.0).contains(&self.lease_seconds) {
            problems.push(format!("service.lease_seconds is {}: must be 0.5 to 3600", self.lease_seconds));
        }
        if self.database_connections == 0 {
            problems.push("service.database_connections is 0: must be at least 1".into());
        }
        if self.max_attempts == 0 {
            problems.push("service.max_attempts is 0: must be at least 1".into());
        }
        problems
    }

    /// How its workers work.
    pub fn worker_options(&self) -> WorkerOptions {
        WorkerOptions { slots: self.workers, max_attempts: self.max_attempts, ..WorkerOptions::default() }
    }
}

/// A check of a dependency, as `Scope::dependency` takes it.
pub type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Open connections; cheap to clone.
#[derive(Clone)]
pub struct Backend {
    /// Postgres.
    pub db: DatabaseConnection,
    /// Redis and the queue.
    pub operations: Operations,
}

impl Backend {
    /// Hands over one check per dependency.
    pub fn register_health(&self, mut register: impl FnMut(&str, Check)) {
        let db = self.db.clone();
        register(
            "postgres",
            Box::new(move || {
                let db = db.clone();
                async move { observatory_store::ping(&db).await }.boxed()
            }),
        );
        let operations = self.operations.clone();
        register(
            "redis",
            Box::new(move || {
                let operations = operations.clone();
                async move { operations.ping().await }.boxed()
            }),
        );
    }

    /// Opens both without waiting for either.
    ///
    /// # Errors
    /// When a URL can't be parsed.
    pub async fn open(database_url: &str, redis_url: &str, options: &BackendOptions) -> Result<Self, Error> {
        let db = observatory_store::connect(database_url, options.database_connections)
            .await
            .map_err(|error| Error::internal(format!("the database URL is wrong: {error}")))?;
        let settings = Options {
            prefix: options.redis_prefix.clone(),
            lease: Duration::from_secs_f64(options.lease_seconds),
            ..Options::default()
        };
        let operations = Operations::new(crate::connect(redis_url)?, db.clone(), settings);
        Ok(Self { db, operations })
    }
}
