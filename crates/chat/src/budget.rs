//! How many tokens a model may use a day.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;

use crate::ChatError;

/// What a request used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Spent {
    /// Read and written.
    pub tokens: u64,
    /// Tries among them.
    pub requests: u32,
    /// In US dollars.
    pub cost_usd: f64,
}

/// Counts the tokens of a day (UTC). Tokens are set aside before a request, so that requests at the same time can't
/// use more together than is left.
#[async_trait]
pub trait Budget: Send + Sync {
    /// Sets tokens aside.
    ///
    /// # Errors
    /// [`ChatError::BudgetSpent`] where fewer are left; [`ChatError::Unavailable`] where that can't be told.
    async fn reserve(&self, model: &str, tokens: u64) -> Result<(), ChatError>;

    /// Replaces what was set aside by what was used.
    async fn settle(&self, model: &str, reserved: u64, spent: Spent);
}

/// No limit.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBudget;

#[async_trait]
impl Budget for NoBudget {
    async fn reserve(&self, _model: &str, _tokens: u64) -> Result<(), ChatError> {
        Ok(())
    }

    async fn settle(&self, _model: &str, _reserved: u64, _spent: Spent) {}
}

/// A limit per model and day, counted in this process.
#[derive(Debug)]
pub struct DailyBudget {
    limit: u64,
    /// Of each model: the day, and what was used or is set aside.
    used: Mutex<HashMap<String, (u64, u64)>>,
}

impl DailyBudget {
    /// So many tokens a day.
    pub fn new(limit: u64) -> Self {
        Self { limit, used: Mutex::default() }
    }

    /// Used or set aside today.
    pub fn used(&self, model: &str) -> u64 {
        self.with(model, |used| *used)
    }

    fn with<T>(&self, model: &str, act: impl FnOnce(&mut u64) -> T) -> T {
        let today = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() / 86_400);
        let mut models = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, used) = models.entry(model.to_owned()).or_default();
        if *day != today {
            (*day, *used) = (today, 0);
        }
        act(used)
    }
}

#[async_trait]
impl Budget for DailyBudget {
    async fn reserve(&self, model: &str, tokens: u64) -> Result<(), ChatError> {
        self.with(model, |used| {
            if *used + tokens > self.limit {
                return Err(ChatError::BudgetSpent { used: *used, limit: self.limit });
            }
            *used += tokens;
            Ok(())
        })
    }

    async fn settle(&self, model: &str, reserved: u64, spent: Spent) {
        self.with(model, |used| *used = used.saturating_sub(reserved) + spent.tokens);
    }
}
