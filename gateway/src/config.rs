//! The gateway's own options.

use observatory_mesh::Config;
use serde::{Deserialize, Serialize};

/// The `[service]` table of the gateway's configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Connections to Postgres at most; default 16.
    pub database_connections: u32,
    /// Seconds that the figures of GetStats are kept while no data changes; default 300.
    pub stats_cache_seconds: u32,
    /// Before every key in Redis; default `obs`.
    pub redis_prefix: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { database_connections: 16, stats_cache_seconds: 300, redis_prefix: "obs".into() }
    }
}

impl observatory_mesh::Options for Options {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=1000).contains(&self.database_connections) {
            problems
                .push(format!("`service.database_connections` is {}, expected 1 to 1000", self.database_connections));
        }
        if !(1..=86_400).contains(&self.stats_cache_seconds) {
            problems
                .push(format!("`service.stats_cache_seconds` is {}, expected 1 to 86400", self.stats_cache_seconds));
        }
        problems
    }

    /// An imported ad may be long; one that is too long is refused alone, not with its whole stream.
    fn adjust_defaults(config: &mut Config<Self>) {
        config.limits.max_message_bytes = 16 << 20;
    }
}
