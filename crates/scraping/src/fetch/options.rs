//! What an operator may set about fetching.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::address;

/// An origin that may be asked although its address isn't public, such as a portal for tests: `127.0.0.1:8080`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AllowedOrigin {
    /// As in a URL: lower case, IPv6 in brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl AllowedOrigin {
    /// Whether the URL is of this origin.
    pub fn matches(&self, url: &Url) -> bool {
        url.port_or_known_default() == Some(self.port)
            && url.host_str().is_some_and(|host| address::without_root_dot(host) == self.host)
    }
}

impl FromStr for AllowedOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` isn't an origin: write HOST:PORT, such as `127.0.0.1:8080`");
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let host = Host::parse(host).map_err(|_| wrong())?.to_string();
        Ok(Self { host: address::without_root_dot(&host).to_string(), port: port.parse().map_err(|_| wrong())? })
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl TryFrom<String> for AllowedOrigin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AllowedOrigin> for String {
    fn from(origin: AllowedOrigin) -> Self {
        origin.to_string()
    }
}

/// What an operator may set about fetching. The defaults are gentle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchOptions {
    /// Product token: what robots.txt calls this crawler.
    pub product: String,
    /// URL or mail address where the operator of a portal can reach ours; public hosts aren't asked without it.
    pub contact: String,
    /// Origins that may be asked although their address isn't public.
    pub allow: Vec<AllowedOrigin>,
    /// Pace of those origins, such as [`PaceOptions::flat_out`] for a portal of one's own; that of all others where it isn't set.
    pub allow_pace: Option<PaceOptions>,
    /// Requests to one of those origins at a time; as to all others where it isn't set.
    pub allow_concurrency: Option<usize>,
    /// By host (`HOST` or `HOST:PORT`), text that stands in the place of its robots.txt; empty allows everything. Is logged.
    pub robots_override: BTreeMap<String, String>,
    /// Requests to one host at a time.
    pub concurrency: usize,
    /// Pace of requests to one host.
    pub pace: PaceOptions,
    /// Sizes and times.
    pub limits: Limits,
    /// How often a failed request is tried again, for 429, 502, 503, 504 and broken or slow connections.
    pub retries: u32,
    /// First pause of a host that asks for fewer requests without saying for how long; doubles each time.
    pub backoff_seconds: f64,
    /// Longest pause, also when a host asks for a longer one.
    pub max_pause_seconds: f64,
    /// Failures in a row after which a host is left alone.
    pub breaker_failures: u32,
    /// How long it is left alone first; doubles up to `breaker_max_seconds`.
    pub breaker_seconds: f64,
    /// How long it is left alone at most.
    pub breaker_max_seconds: f64,
    /// robots.txt isn't asked for again sooner than this, whatever its `Cache-Control` says.
    pub robots_min_ttl_seconds: f64,
    /// Hosts to remember; those that were idle longest are forgotten first.
    pub max_hosts: usize,
}

/// Pace of requests to one host, by the rules of Scrapy's AutoThrottle.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaceOptions {
    /// Delay before anything is known of the host.
    pub start_delay_seconds: f64,
    /// Shortest time between two requests; a `Crawl-delay` in robots.txt raises it.
    pub min_delay_seconds: f64,
    /// Longest delay.
    pub max_delay_seconds: f64,
    /// Requests that the host should have to answer at the same time, on average.
    pub target_concurrency: f64,
    /// Whether the delay follows the latency.
    pub adapt: bool,
    /// A longer `Crawl-delay` counts as this.
    pub max_crawl_delay_seconds: f64,
}

/// Sizes and times that end a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Body as sent, in bytes.
    pub max_wire_bytes: usize,
    /// Body after decompression, in bytes.
    pub max_body_bytes: usize,
    /// Status line and headers, in bytes.
    pub max_header_bytes: usize,
    /// Redirects of one request.
    pub max_redirects: usize,
    /// Look-up, TCP and TLS.
    pub connect_seconds: f64,
    /// From sending the request to the head of the answer.
    pub first_byte_seconds: f64,
    /// One request with its answer, without waiting for its turn.
    pub total_seconds: f64,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            product: "ObservatoryBot".into(),
            contact: String::new(),
            allow: Vec::new(),
            allow_pace: None,
            allow_concurrency: None,
            robots_override: BTreeMap::new(),
            concurrency: 1,
            pace: PaceOptions::default(),
            limits: Limits::default(),
            retries: 2,
            backoff_seconds: 5.0,
            max_pause_seconds: 3600.0,
            breaker_failures: 5,
            breaker_seconds: 60.0,
            breaker_max_seconds: 1800.0,
            robots_min_ttl_seconds: 60.0,
            max_hosts: 10_000,
        }
    }
}

impl Default for PaceOptions {
    fn default() -> Self {
        Self {
            start_delay_seconds: 5.0,
            min_delay_seconds: 1.0,
            max_delay_seconds: 60.0,
            target_concurrency: 1.0,
            adapt: true,
            max_crawl_delay_seconds: 60.0,
        }
    }
}

impl PaceOptions {
    /// No delay at all: for local portals and measurements.
    pub fn flat_out() -> Self {
        Self { start_delay_seconds: 0.0, min_delay_seconds: 0.0, adapt: false, ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_wire_bytes: 8 << 20,
            max_body_bytes: 32 << 20,
            max_header_bytes: 64 << 10,
            max_redirects: 5,
            connect_seconds: 10.0,
            first_byte_seconds: 30.0,
            total_seconds: 60.0,
        }
    }
}

impl FetchOptions {
    /// What the header `User-Agent` says.
    pub fn user_agent(&self) -> String {
        let version = env!("CARGO_PKG_VERSION");
        match self.contact.trim() {
            "" => format!("{}/{version} (reads job ads; no contact set)", self.product),
            contact => format!("{}/{version} (reads job ads; +{contact})", self.product),
        }
    }

    /// What is wrong with the options, all of it.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let token = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '-';
        if self.product.is_empty() || !self.product.chars().all(token) {
            problems.push(format!("product is `{}`: must be letters, `-` and `_` (RFC 9309, 2.2.1)", self.product));
        }
        let contact = self.contact.trim();
        let mail = contact.trim_start_matches("mailto:");
        let reachable = contact.starts_with("https://")
            || contact.starts_with("http://")
            || mail.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        let printable = contact.chars().all(|c| c.is_ascii_graphic() && c != '(' && c != ')');
        let acceptable = contact.is_empty() || (reachable && printable);
        if !acceptable {
            problems.push(format!("contact is `{contact}`: must be a URL or a mail address"));
        }
        let own = self.allow_pace.as_ref().unwrap_or(&self.pace);
        for (name, value, least, most) in [
            ("pace.start_delay_seconds", self.pace.start_delay_seconds, 0.0, 3600.0),
            ("pace.min_delay_seconds", self.pace.min_delay_seconds, 0.0, 3600.0),
            ("pace.max_delay_seconds", self.pace.max_delay_seconds, self.pace.min_delay_seconds, 3600.0),
            ("pace.target_concurrency", self.pace.target_concurrency, 0.01, 1000.0),
            ("pace.max_crawl_delay_seconds", self.pace.max_crawl_delay_seconds, 0.0, 3600.0),
            ("allow_pace.start_delay_seconds", own.start_delay_seconds, 0.0, 3600.0),
            ("allow_pace.min_delay_seconds", own.min_delay_seconds, 0.0, 3600.0),
            ("allow_pace.max_delay_seconds", own.max_delay_seconds, own.min_delay_seconds, 3600.0),
            ("allow_pace.target_concurrency", own.target_concurrency, 0.01, 1000.0),
            ("limits.connect_seconds", self.limits.connect_seconds, 0.001, 600.0),
            ("limits.first_byte_seconds", self.limits.first_byte_seconds, 0.001, 600.0),
            ("limits.total_seconds", self.limits.total_seconds, 0.001, 3600.0),
            ("backoff_seconds", self.backoff_seconds, 0.001, 3600.0),
            ("max_pause_seconds", self.max_pause_seconds, 1.0, 86_400.0),
            ("breaker_seconds", self.breaker_seconds, 0.001, self.breaker_max_seconds),
            ("breaker_max_seconds", self.breaker_max_seconds, 0.001, 86_400.0),
            ("robots_min_ttl_seconds", self.robots_min_ttl_seconds, 0.0, 86_400.0),
        ] {
            if !(least..=most).contains(&value) {
                problems.push(format!("{name} is {value}: must be {least} to {most}"));
            }
        }
        for (name, value, least, most) in [
            ("concurrency", self.concurrency, 1, 1024),
            ("allow_concurrency", self.allow_concurrency.unwrap_or(1), 1, 1024),
            ("max_hosts", self.max_hosts, 1, 1_000_000),
            ("retries", self.retries as usize, 0, 20),
            ("breaker_failures", self.breaker_failures as usize, 1, 1000),
            ("limits.max_wire_bytes", self.limits.max_wire_bytes, 1024, 1 << 30),
            ("limits.max_body_bytes", self.limits.max_body_bytes, 1024, 1 << 30),
            ("limits.max_header_bytes", self.limits.max_header_bytes, 8192, 1 << 20),
            ("limits.max_redirects", self.limits.max_redirects, 0, 20),
        ] {
            if !(least..=most).contains(&value) {
                problems.push(format!("{name} is {value}: must be {least} to {most}"));
            }
        }
        problems
    }
}

/// Seconds of the options; `problems` has ruled out what doesn't fit.
pub(crate) fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sound_and_gentle() {
        let options = FetchOptions::default();
        assert_eq!(options.problems(), Vec::<String>::new());
        assert_eq!((options.concurrency, options.pace.min_delay_seconds), (1, 1.0));
    }

    #[test]
    fn user_agent_says_who_and_where_to_complain() {
        let options = FetchOptions { contact: "mailto:bot@example.org".into(), ..FetchOptions::default() };
        assert!(options.user_agent().starts_with("ObservatoryBot/"));
        assert!(options.user_agent().ends_with("+mailto:bot@example.org)"));
        assert!(options.problems().is_empty());
    }

    #[test]
    fn every_problem_is_named() {
        let options = FetchOptions {
            product: "Bot 2".into(),
            contact: "call me".into(),
            concurrency: 0,
            pace: PaceOptions { max_delay_seconds: 0.5, target_concurrency: f64::NAN, ..PaceOptions::default() },
            ..FetchOptions::default()
        };
        let problems = options.problems().join("\n");
        for field in ["product", "contact", "concurrency is 0", "pace.max_delay_seconds", "pace.target_concurrency"] {
            assert!(problems.contains(field), "{field} is missing in:\n{problems}");
        }
    }

    #[test]
    fn allowed_origins_match_host_and_port() {
        let origin: AllowedOrigin = "LOCALHOST:8080".parse().unwrap();
        assert!(origin.matches(&"http://localhost:8080/a".parse().unwrap()));
        assert!(origin.matches(&"http://localhost.:8080/a".parse().unwrap()));
        assert!(!origin.matches(&"http://localhost:8081/a".parse().unwrap()));
        assert!(!origin.matches(&"http://127.0.0.1:8080/a".parse().unwrap()));
        assert!("127.0.0.1".parse::<AllowedOrigin>().is_err());
        let six: AllowedOrigin = "[::1]:80".parse().unwrap();
        assert!(six.matches(&"http://[0:0::1]/".parse().unwrap()));
    }
}
