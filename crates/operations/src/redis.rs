//! The connection to Redis, and the names of the keys.

use std::time::Duration;

use fred::prelude::*;
use observatory_proto::Error;

/// How operations use Redis.
#[derive(Debug, Clone)]
pub struct Options {
    /// Before every key; tests use their own.
    pub prefix: String,
    /// How long the state of an ended operation is kept in Redis; 48 h.
    pub keep: Duration,
    /// How long a worker may be silent before its tasks are taken over; 5 s.
    pub lease: Duration,
    /// A watcher hears something at least this often; 10 s.
    pub heartbeat: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: "obs".into(),
            keep: Duration::from_secs(48 * 3600),
            lease: Duration::from_secs(5),
            heartbeat: Duration::from_secs(10),
        }
    }
}

/// Starts a connection that comes back by itself. Commands fail after 5 s
/// without an answer.
///
/// # Errors
/// When the URL can't be parsed.
pub fn connect(url: &str) -> Result<Client, Error> {
    let config = Config::from_url(url).map_err(|error| Error::internal(format!("the Redis URL is wrong: {error}")))?;
    let client = Builder::from_config(config)
        .with_connection_config(|connection| {
            connection.connection_timeout = Duration::from_secs(3);
            connection.internal_command_timeout = Duration::from_secs(5);
            connection.max_command_attempts = 2;
        })
        .with_performance_config(|performance| performance.default_command_timeout = Duration::from_secs(5))
        .set_policy(ReconnectPolicy::new_exponential(0, 50, 1_000, 2))
        .build()
        .map_err(into_error)?;
    client.connect();
    Ok(client)
}

/// Redis errors as every caller sees them.
pub(crate) fn into_error(error: fred::error::Error) -> Error {
    Error::unavailable("redis", error)
}

/// Names of the keys.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: String,
}

/// The one consumer group of every queue.
pub(crate) const GROUP: &str = "workers";

impl Keys {
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_string() }
    }

    /// What the keys of operations start with.
    pub fn operations(&self) -> String {
        format!("{}:op:", self.prefix)
    }

    pub fn operation(&self, id: &str) -> String {
        format!("{}:op:{id}", self.prefix)
    }

    pub fn dead(&self, id: &str) -> String {
        format!("{}:op:{id}:dead", self.prefix)
    }

    pub fn stream(&self, kind: &str) -> String {
        format!("{}:q:{kind}", self.prefix)
    }

    pub fn delayed(&self, kind: &str) -> String {
        format!("{}:q:{kind}:delayed", self.prefix)
    }

    /// What the keys of leases start with.
    pub fn leases(&self, kind: &str) -> String {
        format!("{}:q:{kind}:lease:", self.prefix)
    }

    pub fn channel(&self) -> String {
        format!("{}:events", self.prefix)
    }

    /// Where live events are published.
    pub fn live(&self) -> String {
        format!("{}:live", self.prefix)
    }

    pub fn lock(&self, name: &str) -> String {
        format!("{}:lock:{name}", self.prefix)
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}
