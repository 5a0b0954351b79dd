//! Tokens by model and day, counted in Postgres for all replicas.
//!
//! What this process uses is added up and written once a second, so that many answers at once don't queue for one
//! row; what others have used is read as often. Replicas may thus overstep a budget by what they use in a second.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use observatory_chat::{Budget, ChatError, Spent};
use observatory_store::enhancement::{self, Spent as Stored};
use sea_orm::DatabaseConnection;
use tokio_util::sync::CancellationToken;

/// How often it is written and read.
const PERIOD: Duration = Duration::from_secs(1);

/// Counts of each model.
pub struct Usage {
    db: DatabaseConnection,
    /// Tokens that a model may use a day; 0: no limit.
    limits: HashMap<String, u64>,
    models: Mutex<HashMap<String, Count>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// What the table said last.
    stored: Stored,
    /// Used since, here.
    unwritten: Stored,
    /// Set aside for requests that run.
    reserved: u64,
    /// Whether the table was read.
    known: bool,
}

impl Count {
    fn used(&self) -> u64 {
        u64::try_from(self.stored.tokens + self.unwritten.tokens).unwrap_or(0) + self.reserved
    }
}

impl Usage {
    /// With these limits.
    pub fn new(db: DatabaseConnection, limits: HashMap<String, u64>) -> Self {
        Self { db, limits, models: Mutex::default() }
    }

    /// What a model has used today, by all that is known here.
    pub async fn today(&self, model: &str) -> Stored {
        if let Ok(stored) = enhancement::spent_today(&self.db, model).await {
            let mut models = self.lock();
            let count = models.entry(model.to_owned()).or_default();
            (count.stored, count.known) = (stored, true);
        }
        let count = self.lock().get(model).copied().unwrap_or_default();
        Stored {
            tokens: count.stored.tokens + count.unwritten.tokens,
            requests: count.stored.requests + count.unwritten.requests,
            cost_usd: count.stored.cost_usd + count.unwritten.cost_usd,
        }
    }

    /// Writes and reads until `stop`, and once more then.
    pub async fn follow(&self, stop: CancellationToken) {
        loop {
            let stopped = tokio::select! {
                () = tokio::time::sleep(PERIOD) => false,
                () = stop.cancelled() => true,
            };
            let names: Vec<String> = self.lock().keys().cloned().collect();
            for name in names {
                if let Err(error) = self.sync(&name).await {
                    tracing::debug!(%error, model = name, "usage is not written yet");
                }
            }
            if stopped {
                return;
            }
        }
    }

    async fn sync(&self, model: &str) -> Result<(), sea_orm::DbErr> {
        let unwritten = std::mem::take(&mut self.lock().entry(model.to_owned()).or_default().unwritten);
        if unwritten != Stored::default()
            && let Err(error) = enhancement::charge(&self.db, model, unwritten).await
        {
            let mut models = self.lock();
            let back = &mut models.entry(model.to_owned()).or_default().unwritten;
            *back = sum(*back, unwritten);
            return Err(error);
        }
        let stored = enhancement::spent_today(&self.db, model).await?;
        let mut models = self.lock();
        let count = models.entry(model.to_owned()).or_default();
        (count.stored, count.known) = (stored, true);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Count>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sum(a: Stored, b: Stored) -> Stored {
    Stored { tokens: a.tokens + b.tokens, requests: a.requests + b.requests, cost_usd: a.cost_usd + b.cost_usd }
}

#[async_trait]
impl Budget for Usage {
    async fn reserve(&self, model: &str, tokens: u64) -> Result<(), ChatError> {
        let Some(limit) = self.limits.get(model).copied().filter(|limit| *limit > 0) else { return Ok(()) };
        if !self.lock().get(model).is_some_and(|count| count.known) {
            self.sync(model)
                .await
                .map_err(|error| ChatError::Unavailable(format!("the budget can't be read: {error}")))?;
        }
        let mut models = self.lock();
        let count = models.entry(model.to_owned()).or_default();
        if count.used() + tokens > limit {
            return Err(ChatError::BudgetSpent { used: count.used(), limit });
        }
        count.reserved += tokens;
        Ok(())
    }

    async fn settle(&self, model: &str, reserved: u64, spent: Spent) {
        let mut models = self.lock();
        let count = models.entry(model.to_owned()).or_default();
        count.reserved = count.reserved.saturating_sub(reserved);
        let spent = Stored {
            tokens: i64::try_from(spent.tokens).unwrap_or(i64::MAX),
            requests: i64::from(spent.requests),
            cost_usd: spent.cost_usd,
        };
        count.unwritten = sum(count.unwritten, spent);
    }
}
