//! The command line.

use clap::{CommandFactory, FromArgMatches, Parser, error::ErrorKind};

use super::layers::Leaf;
use crate::service::ServiceInfo;

/// Flags that every service has.
#[derive(Debug, Parser)]
pub struct Flags {
    /// TOML file to read (also OBSERVATORY_CONFIG)
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// Address to serve gRPC on
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Address to serve /metrics and /health on, or `off`
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<String>,
    /// Postgres
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Redis
    #[arg(long, value_name = "URL")]
    redis_url: Option<String>,
    /// Log filter, such as `info,observatory_mesh=debug`
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// Sets any key, such as `limits.max_concurrent_requests=64`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Check the configuration and exit
    #[arg(long)]
    pub check_config: bool,
    /// Print the configuration in effect, secrets hidden, and exit
    #[arg(long)]
    pub dump_config: bool,
}

/// Why there are no flags.
pub enum Stop {
    /// Help or version was asked for.
    Print(String),
    /// The flags make no sense.
    Usage(String),
}

/// Parses the arguments that follow the program's name.
pub fn parse(info: &ServiceInfo, args: impl IntoIterator<Item = String>) -> Result<Flags, Stop> {
    let command = Flags::command()
        .name(format!("observatory-{}", info.name))
        .version(info.version)
        .about(info.about)
        .long_about(None)
        .no_binary_name(true)
        .after_help(
            "Every key can also be set by the environment: OBSERVATORY_DATABASE_URL, \
             OBSERVATORY_LIMITS__MAX_CONCURRENT_REQUESTS, OBSERVATORY_SERVICE__...",
        );
    command.try_get_matches_from(args).and_then(|matches| Flags::from_arg_matches(&matches)).map_err(
        |error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Print(error.to_string()),
            _ => Stop::Usage(error.to_string().trim().trim_start_matches("error: ").to_string()),
        },
    )
}

impl Flags {
    /// The keys that the flags set.
    pub fn leaves(&self, problems: &mut Vec<String>) -> Vec<Leaf> {
        let named = [
            ("listen", "--listen", &self.listen),
            ("metrics_listen", "--metrics-listen", &self.metrics_listen),
            ("database_url", "--database-url", &self.database_url),
            ("redis_url", "--redis-url", &self.redis_url),
            ("log", "--log", &self.log),
        ];
        let mut leaves = Vec::new();
        for (key, flag, value) in named {
            leaves.extend(value.as_ref().map(|value| Leaf::text(key, value, flag)));
        }
        for set in &self.set {
            match set.split_once('=') {
                Some((key, value)) => leaves.push(Leaf::text(key.trim(), value, "--set")),
                None => problems.push(format!("--set {set}: expected KEY=VALUE")),
            }
        }
        leaves
    }
}
