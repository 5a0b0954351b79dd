//! What Redis does for queries: a version of the data, and answers kept under it.
//! Nothing here fails: without Redis, answers are computed each time.

use std::{future::Future, time::Duration};

use fred::prelude::*;

/// Longer than Redis needs, shorter than anybody notices.
const PATIENCE: Duration = Duration::from_millis(500);

/// Answers by data version; cheap to clone.
#[derive(Debug, Clone)]
pub struct Cache {
    redis: Client,
    prefix: String,
}

impl Cache {
    /// Uses this connection, and keys that start with this.
    pub fn new(redis: Client, prefix: &str) -> Self {
        Self { redis, prefix: prefix.to_string() }
    }

    /// Raised by one (INCR) by whoever changes data: imports, cleaner, extractor.
    fn version_key(&self) -> String {
        format!("{}:data_version", self.prefix)
    }

    /// The version of the data, 0 before the first change; none without Redis.
    pub async fn data_version(&self) -> Option<i64> {
        let version: Result<Option<i64>, _> = self.run(self.redis.get(self.version_key())).await;
        said(version, "can't read the data version").map(|version| version.unwrap_or(0))
    }

    /// Says that data changed: what is kept under older versions isn't served any more.
    pub async fn data_changed(&self) {
        let raised: Result<(), _> = self.run(self.redis.incr(self.version_key())).await;
        said(raised, "can't raise the data version; figures may be old for some minutes");
    }

    /// What is kept under a key.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let found: Result<Option<Vec<u8>>, _> = self.run(self.redis.get(format!("{}:{key}", self.prefix))).await;
        said(found, "can't read from the cache").flatten()
    }

    /// Keeps an answer for so many seconds.
    pub async fn put(&self, key: &str, value: Vec<u8>, seconds: u32) {
        let expires = Some(Expiration::EX(i64::from(seconds)));
        let kept: Result<(), _> =
            self.run(self.redis.set(format!("{}:{key}", self.prefix), value.as_slice(), expires, None, false)).await;
        said(kept, "can't write to the cache");
    }

    async fn run<T>(&self, command: impl Future<Output = FredResult<T>>) -> Result<T, String> {
        if !self.redis.is_connected() {
            return Err("not connected".to_string());
        }
        match tokio::time::timeout(PATIENCE, command).await {
            Ok(answer) => answer.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer within {PATIENCE:?}")),
        }
    }
}

fn said<T>(result: Result<T, String>, what: &str) -> Option<T> {
    result.inspect_err(|error| tracing::warn!(error, "redis: {what}")).ok()
}
