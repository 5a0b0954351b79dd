//! Configuration: defaults, then a file, then the environment, then flags.
//!
//! [`Config::load`] is a function of its arguments only, and it checks
//! everything before anything binds. All problems come back at once.

mod flags;
mod layers;
mod secrets;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::service::ServiceInfo;

/// A service's own options: the `[service]` table of its configuration.
pub trait Options: Serialize + DeserializeOwned + Default + Send + Sync + 'static {
    /// What is wrong with the values, one sentence each, naming the key.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }

    /// Changes defaults of the shared part, such as a larger message limit.
    fn adjust_defaults(_config: &mut Config<Self>) {}
}

/// For services without options of their own.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NoOptions {}

impl Options for NoOptions {}

/// What a service needs to know to run. `O` are its own options.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Config<O = NoOptions> {
    /// Where gRPC is served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where `/metrics` and `/health` are served over HTTP; default: port + 1000; `off` for nowhere.
    #[serde(with = "off")]
    pub metrics_listen: Option<SocketAddr>,
    /// Allows addresses other than loopback. Nothing authenticates callers yet.
    pub allow_remote: bool,
    /// Postgres.
    pub database_url: String,
    /// Redis.
    pub redis_url: String,
    /// URLs of other services by name; several replicas are separated by commas.
    pub peers: BTreeMap<String, String>,
    /// Log filter, such as `info,observatory_cleaner=debug`.
    pub log: String,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Where traces go (OTLP over gRPC), such as `http://127.0.0.1:4317`; default: nowhere.
    pub otlp_endpoint: Option<String>,
    /// Origins whose pages may call this service from a browser; default none.
    pub cors_origins: Vec<String>,
    /// Seconds that running calls get to finish at the end; default 10.
    pub drain_seconds: f64,
    /// Seconds between health saying NOT_SERVING and the drain, for balancers to notice; default 0.3.
    pub drain_notice_seconds: f64,
    /// What one process takes on.
    pub limits: Limits,
    /// How dependencies are watched.
    pub health: HealthOptions,
    /// The service's own options.
    pub service: O,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What one process takes on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest request message in bytes; default 4 MiB.
    pub max_message_bytes: usize,
    /// Unary calls at once; one more is refused with OVERLOADED. Default 512.
    pub max_concurrent_requests: usize,
    /// Streaming calls at once; one more is refused with OVERLOADED. Default 1024.
    pub max_concurrent_streaming_requests: usize,
    /// HTTP/2 streams per connection; default 256.
    pub max_concurrent_streams_per_connection: u32,
    /// Seconds a unary call may take; a caller's shorter deadline wins. Default 30.
    pub request_timeout_seconds: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_message_bytes: 4 << 20,
            max_concurrent_requests: 512,
            max_concurrent_streaming_requests: 1024,
            max_concurrent_streams_per_connection: 256,
            request_timeout_seconds: 30.0,
        }
    }
}

/// How dependencies are watched.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HealthOptions {
    /// Seconds between checks; default 2.
    pub interval_seconds: f64,
    /// Seconds until a check counts as failed; default 1.
    pub timeout_seconds: f64,
}

impl Default for HealthOptions {
    fn default() -> Self {
        Self { interval_seconds: 2.0, timeout_seconds: 1.0 }
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Command<O> {
    /// Run with this configuration.
    Run(Box<Config<O>>),
    /// Print this and exit 0 (`--help`, `--version`, `--check-config`, `--dump-config`).
    Print(String),
}

/// Every problem of a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is not valid:\n{}", .0.iter().map(|p| format!("  - {p}\n")).collect::<String>())]
pub struct ConfigError(pub Vec<String>);

impl<O: Options> Config<O> {
    /// The defaults of a service.
    pub fn new(info: &ServiceInfo) -> Self {
        let local = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let mut config = Self {
            listen: local(info.default_port),
            metrics_listen: Some(local(metrics_port(info.default_port))),
            allow_remote: false,
            database_url: "postgres://observatory@127.0.0.1:5432/observatory".into(),
            redis_url: "redis://127.0.0.1:6379".into(),
            peers: BTreeMap::new(),
            log: "info".into(),
            log_format: LogFormat::Text,
            otlp_endpoint: None,
            cors_origins: Vec::new(),
            drain_seconds: 10.0,
            drain_notice_seconds: 0.3,
            limits: Limits::default(),
            health: HealthOptions::default(),
            service: O::default(),
        };
        O::adjust_defaults(&mut config);
        config
    }

    /// The defaults on free ports, with a short drain: for tests.
    pub fn local(info: &ServiceInfo) -> Self {
        let mut config = Self::new(info);
        config.listen.set_port(0);
        config.metrics_listen = Some(config.listen);
        config.drain_notice_seconds = 0.05;
        config.drain_seconds = 5.0;
        config
    }

    /// Reads the whole configuration. `args` without the program's name; `env` may
    /// hold foreign variables; `read` returns the text of a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(
        info: &ServiceInfo,
        args: impl IntoIterator<Item = String>,
        env: &BTreeMap<String, String>,
        read: impl Fn(&str) -> std::io::Result<String>,
    ) -> Result<Command<O>, ConfigError> {
        let flags = match flags::parse(info, args) {
            Ok(flags) => flags,
            Err(flags::Stop::Print(text)) => return Ok(Command::Print(text)),
            Err(flags::Stop::Usage(text)) => return Err(ConfigError(vec![text])),
        };
        let mut problems = Vec::new();
        let mut leaves = Vec::new();
        if let Some(path) = flags.config.as_ref().or_else(|| env.get("OBSERVATORY_CONFIG")) {
            match layers::from_file(path, read(path)) {
                Ok(found) => leaves.extend(found),
                Err(problem) => problems.push(problem),
            }
        }
        leaves.extend(layers::from_env(env));
        leaves.extend(flags.leaves(&mut problems));

        let config = layers::merge(Self::new(info), leaves, &mut problems);
        problems.extend(config.problems());
        if !problems.is_empty() {
            return Err(ConfigError(problems));
        }
        Ok(if flags.check_config {
            Command::Print("configuration is valid\n".into())
        } else if flags.dump_config {
            Command::Print(config.dump())
        } else {
            Command::Run(Box::new(config))
        })
    }

    /// The configuration as TOML, secrets hidden.
    pub fn dump(&self) -> String {
        toml::Table::try_from(self)
            .map(secrets::hide)
            .and_then(|table| toml::to_string(&table))
            .unwrap_or_else(|error| format!("# can't be shown: {error}\n"))
    }

    /// What is wrong with the values, one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.check_addresses(&mut problems);
        self.check_urls(&mut problems);
        self.check_numbers(&mut problems);
        if let Err(error) = crate::telemetry::filter(&self.log) {
            problems.push(format!("`log` is no log filter: {error}"));
        }
        for origin in &self.cors_origins {
            if http::HeaderValue::from_str(origin).is_err() || !origin.contains("://") {
                problems.push(format!("`cors_origins`: {origin:?} is no origin such as https://example.org"));
            }
        }
        problems.extend(self.service.problems());
        problems
    }

    fn check_addresses(&self, problems: &mut Vec<String>) {
        let listens = [("listen", Some(self.listen)), ("metrics_listen", self.metrics_listen)];
        for (key, address) in listens {
            if let Some(address) = address.filter(|address| !address.ip().is_loopback() && !self.allow_remote) {
                problems.push(format!(
                    "`{key}` is {address}, which others can reach, and callers aren't authenticated: listen on \
                     127.0.0.1, or set allow_remote = true where the network itself is private"
                ));
            }
        }
        if self.listen.port() != 0 && self.metrics_listen == Some(self.listen) {
            problems.push(format!("`listen` and `metrics_listen` are both {}", self.listen));
        }
    }

    fn check_urls(&self, problems: &mut Vec<String>) {
        let mut check = |key: &str, url: &str, schemes: &[&str]| {
            let scheme = url.split_once("://").filter(|(_, rest)| !rest.is_empty()).map(|(scheme, _)| scheme);
            if !scheme.is_some_and(|scheme| schemes.contains(&scheme)) {
                let shown = secrets::hide_in_url(url);
                problems.push(format!("`{key}` is {shown:?}, expected a URL that starts with {}://", schemes[0]));
            }
        };
        check("database_url", &self.database_url, &["postgres", "postgresql"]);
        check("redis_url", &self.redis_url, &["redis", "rediss", "redis-cluster", "rediss-cluster", "redis-sentinel"]);
        for (name, urls) in &self.peers {
            urls.split(',').for_each(|url| check(&format!("peers.{name}"), url.trim(), &["http"]));
        }
        if let Some(url) = &self.otlp_endpoint {
            check("otlp_endpoint", url, &["http", "https"]);
        }
    }

    fn check_numbers(&self, problems: &mut Vec<String>) {
        let counts = [
            ("limits.max_message_bytes", self.limits.max_message_bytes),
            ("limits.max_concurrent_requests", self.limits.max_concurrent_requests),
            ("limits.max_concurrent_streaming_requests", self.limits.max_concurrent_streaming_requests),
            (
                "limits.max_concurrent_streams_per_connection",
                self.limits.max_concurrent_streams_per_connection as usize,
            ),
        ];
        for (key, _) in counts.iter().filter(|(_, count)| *count == 0) {
            problems.push(format!("`{key}` must be at least 1"));
        }
        for (key, count) in counts.iter().filter(|(_, count)| *count > MAX_COUNT) {
            problems.push(format!("`{key}` is {count}, more than {MAX_COUNT}"));
        }
        let seconds = [
            ("limits.request_timeout_seconds", self.limits.request_timeout_seconds, 0.001),
            ("health.interval_seconds", self.health.interval_seconds, 0.001),
            ("health.timeout_seconds", self.health.timeout_seconds, 0.001),
            ("drain_seconds", self.drain_seconds, 0.0),
            ("drain_notice_seconds", self.drain_notice_seconds, 0.0),
        ];
        for (key, value, least) in seconds {
            if !(least..=MAX_SECONDS).contains(&value) {
                problems.push(format!("`{key}` is {value}, expected {least} to {MAX_SECONDS} seconds"));
            }
        }
    }
}

const MAX_COUNT: usize = 1 << 30;
const MAX_SECONDS: f64 = 86_400.0;

/// Seconds as configured; a value that no duration can hold means zero.
pub(crate) fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

/// 0 stays 0, as a free port is wanted then.
fn metrics_port(port: u16) -> u16 {
    if port == 0 { 0 } else { port.checked_add(1000).unwrap_or_else(|| port - 1000) }
}

/// An address or `off`.
mod off {
    use std::net::SocketAddr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &Option<SocketAddr>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(address) => serializer.collect_str(address),
            None => serializer.serialize_str("off"),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "off" { Ok(None) } else { text.parse().map(Some).map_err(D::Error::custom) }
    }
}

#[cfg(test)]
mod tests;
