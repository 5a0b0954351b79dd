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
    /// Whether this process fires schedules; default true. Any number of replicas may.
    pub schedules: bool,
    /// Seconds between two looks for schedules that are due, at most; default 5.
    pub schedules_poll_seconds: f64,
    /// Pipelines that run at once in this process; default 4. 0: it only takes requests.
    pub pipelines: usize,
    /// Where the files of the web page lie; default `ui/dist`, in the working directory or beside the program.
    pub page_dir: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            database_connections: 16,
            stats_cache_seconds: 300,
            redis_prefix: "obs".into(),
            pipelines: 4,
            schedules: true,
            schedules_poll_seconds: 5.0,
            page_dir: "ui/dist".into(),
        }
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
        if !(0.1..=60.0).contains(&self.schedules_poll_seconds) {
            let found = self.schedules_poll_seconds;
            problems.push(format!("`service.schedules_poll_seconds` is {found}, expected 0.1 to 60"));
        }
        problems
    }

    /// An imported ad may be long; one that is too long is refused alone, not with its whole stream.
    fn adjust_defaults(config: &mut Config<Self>) {
        config.limits.max_message_bytes = 16 << 20;
    }
}
