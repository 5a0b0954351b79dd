//! From a request to its final answer: robots.txt, turns, retries and redirects.

use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use bytes::Bytes;
use chrono::TimeDelta;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, LOCATION, USER_AGENT},
};
use tokio::time::Instant;
use url::{Position, Url};

use super::{
    address::check_url,
    error::FetchError,
    exchange::{Answer, Ask, Purpose},
    fetcher::Inner,
    host::{Host, Report, Verdict},
    options::seconds,
    retry,
    robots::Robots,
    state::RobotsState,
};

impl Inner {
    /// Asks, and goes where the answer points. The URL is the one that answered.
    pub(crate) async fn follow(&self, mut ask: Ask) -> Result<(Url, Answer), FetchError> {
        let mut seen: Vec<(Method, Url)> = Vec::new();
        loop {
            let answer = self.ask(&ask).await?;
            let Some(location) = location(&answer) else { return Ok((ask.url, answer)) };
            let mut next = ask.url.join(&location).map_err(|error| FetchError::ForbiddenUrl {
                url: location.chars().take(200).collect(),
                reason: format!("a redirect to it can't be parsed: {error}"),
            })?;
            next.set_fragment(None);
            let allow = &self.options.allow;
            if check_url(&next, allow)? && !check_url(&ask.url, allow)? {
                return Err(FetchError::ForbiddenUrl {
                    url: next.into(),
                    reason: "a public host points to an origin of the allow-list".into(),
                });
            }
            let method = method_after(&answer, &ask.method);
            seen.push((ask.method.clone(), ask.url.clone()));
            if seen.iter().any(|(asked, url)| *asked == method && *url == next) {
                return Err(FetchError::RedirectLoop(next));
            }
            if seen.len() > self.options.limits.max_redirects {
                return Err(FetchError::TooManyRedirects(self.options.limits.max_redirects));
            }
            if method != ask.method {
                ask.headers.remove(CONTENT_TYPE);
                ask.body = Bytes::new();
            }
            if next.origin() != ask.url.origin() {
                // What the spider says to one host isn't meant for another.
                ask.headers.retain_own();
            }
            (ask.method, ask.url) = (method, next);
        }
    }

    /// Asks one URL, again where that may help.
    async fn ask(&self, ask: &Ask) -> Result<Answer, FetchError> {
        let allowed = check_url(&ask.url, &self.options.allow)?;
        if !allowed && self.options.contact.trim().is_empty() {
            return Err(FetchError::NoContact { host: ask.url.host_str().unwrap_or_default().into() });
        }
        let host = self.host(&ask.url);
        let mut tries = 0;
        loop {
            let result = self.ask_once(&host, ask, allowed).await;
            let retried = match &result {
                Ok(answer) => is_retried(answer.status),
                Err(error) => error.is_retried(),
            };
            if !retried || tries == self.options.retries {
                return result;
            }
            tries += 1;
            self.counters.retries.fetch_add(1, Relaxed);
        }
    }

    async fn ask_once(&self, host: &Arc<Host>, ask: &Ask, allowed: bool) -> Result<Answer, FetchError> {
        let path = &ask.url[Position::BeforePath..Position::AfterQuery];
        let obey = |rules: &Robots| {
            if rules.allows(path) {
                return Ok(());
            }
            Err(FetchError::RobotsDisallowed { host: host.key.clone(), path: path.into() })
        };
        let file = &host.robots[usize::from(ask.url.scheme() == "https")];
        let slot = loop {
            let rules = match ask.purpose {
                Purpose::Page(_) => Some(self.robots(host, &ask.url, ask.max_wait).await?),
                Purpose::Robots => None,
            };
            if let Some(rules) = &rules {
                obey(rules)?;
            }
            let queued = Instant::now();
            let turn = host.enter(ask.max_wait, self.gate.as_deref(), rules.is_some().then_some(file)).await?;
            let waited = u64::try_from(queued.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.counters.waited_micros.fetch_add(waited, Relaxed);
            // After a long wait the rules have to be asked for anew.
            let Some(slot) = turn else { continue };
            // Others may have learned new rules while this one waited.
            if let Some(rules) = rules.and_then(|rules| file.changed_from(&rules)) {
                obey(&rules)?;
            }
            break slot;
        };

        let started = Instant::now();
        let result = self.exchange(host, ask, allowed).await;
        if let Some(report) = self.report(&result, started)
            && slot.finish(report)
        {
            self.changed(host);
        }
        result
    }

    /// What an exchange says of the host; nothing where the host wasn't asked.
    fn report(&self, result: &Result<Answer, FetchError>, started: Instant) -> Option<Report> {
        Some(match result {
            Ok(answer) => {
                let error = answer.status.is_client_error() || answer.status.is_server_error();
                let now = self.policy.clock.now();
                let retry_after = if error { retry::retry_after(&answer.headers, now) } else { None };
                Report {
                    latency: answer.latency,
                    status: Some(answer.status.as_u16()),
                    failed: answer.status.is_server_error(),
                    pause: retry_after.is_some() || is_retried(answer.status),
                    retry_after,
                }
            }
            Err(FetchError::ForbiddenAddress { .. } | FetchError::ForbiddenUrl { .. } | FetchError::Request(_)) => {
                return None;
            }
            Err(error) => Report {
                latency: started.elapsed(),
                status: None,
                failed: error.is_host_failure(),
                pause: error.is_retried(),
                retry_after: None,
            },
        })
    }

    /// The rules of the URL's origin, asked for where they aren't known or no longer fresh.
    pub(crate) async fn robots(
        &self,
        host: &Arc<Host>,
        url: &Url,
        max_wait: Duration,
    ) -> Result<Arc<Robots>, FetchError> {
        let secure = url.scheme() == "https";
        let slot = &host.robots[usize::from(secure)];
        // Nobody overtakes those who wait for the file, so that a host's queue is in order from its first request.
        if slot.fetching.try_lock().is_ok()
            && let Some(known) = known(host, slot.verdict())
        {
            return known;
        }
        let _fetching = slot.fetching.lock().await;
        if let Some(known) = known(host, slot.verdict()) {
            return known;
        }

        let mut target = url.clone();
        target.set_path("/robots.txt");
        target.set_query(None);
        target.set_fragment(None);
        let ask = Ask {
            method: Method::GET,
            url: target,
            headers: self.robots_headers(),
            body: Bytes::new(),
            purpose: Purpose::Robots,
            max_wait,
        };
        // A page asks for robots.txt and never the other way round, but the compiler can't know.
        let result = Box::pin(self.follow(ask)).await;
        let state = self.robots_state(result, slot.state().as_ref(), url)?;
        let unavailable = robots_unavailable(host, &state);
        let rules = host.set_robots(secure, state);
        self.changed(host);
        rules.ok_or(unavailable)
    }

    /// What to make of the answer (RFC 9309, 2.3.1).
    fn robots_state(
        &self,
        result: Result<(Url, Answer), FetchError>,
        before: Option<&RobotsState>,
        url: &Url,
    ) -> Result<RobotsState, FetchError> {
        let now = self.policy.clock.now();
        let missed = |status, problem| Ok(RobotsState::missed(before, status, problem, now));
        match result {
            Ok((_, answer)) => {
                let status = answer.status.as_u16();
                let ttl = self.robots_ttl(&answer.headers);
                if answer.status.is_success() {
                    let body = String::from_utf8_lossy(&answer.body).into_owned();
                    Ok(RobotsState::had(status, Some(body), ttl, now))
                } else if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
                    missed(status, format!("HTTP {status}"))
                } else {
                    Ok(RobotsState::had(status, None, ttl, now))
                }
            }
            // More hops than a crawler has to follow: the file counts as missing.
            Err(FetchError::TooManyRedirects(_) | FetchError::RedirectLoop(_)) => {
                Ok(RobotsState::had(0, None, None, now))
            }
            // About the host rather than its robots.txt: the page has the same problem.
            Err(
                error @ (FetchError::HostPaused { .. }
                | FetchError::BreakerOpen { .. }
                | FetchError::NoContact { .. }
                | FetchError::Cancelled(_)),
            ) => Err(error),
            Err(FetchError::ForbiddenAddress { host, reason })
                if url.host_str() == Some(&host) && !self.options.allow.iter().any(|origin| origin.matches(url)) =>
            {
                Err(FetchError::ForbiddenAddress { host, reason })
            }
            Err(error) => missed(0, error.to_string()),
        }
    }

    /// `max-age` of `Cache-Control`, but not less than the options say.
    fn robots_ttl(&self, headers: &HeaderMap) -> Option<TimeDelta> {
        let least = TimeDelta::from_std(seconds(self.options.robots_min_ttl_seconds)).unwrap_or_default();
        let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
        let asked = values.flat_map(|value| value.split(',')).filter_map(|directive| {
            let directive = directive.trim().to_ascii_lowercase();
            if directive == "no-cache" || directive == "no-store" {
                return Some(TimeDelta::zero());
            }
            let age = directive.strip_prefix("max-age=")?.trim_matches('"').parse::<u32>().ok()?;
            Some(TimeDelta::seconds(age.into()))
        });
        asked.min().map(|asked| asked.max(least))
    }

    fn robots_headers(&self) -> HeaderMap {
        HeaderMap::from_iter([
            (USER_AGENT, self.user_agent.clone()),
            (ACCEPT, HeaderValue::from_static("text/plain,*/*;q=0.5")),
            // Cut at its limit, a compressed file would be broken.
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ])
    }
}

/// Keeps the fetcher's own headers.
trait RetainOwn {
    fn retain_own(&mut self);
}

impl RetainOwn for HeaderMap {
    fn retain_own(&mut self) {
        let own = [USER_AGENT, ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE].map(|name| (self.remove(&name), name));
        self.clear();
        for (value, name) in own {
            if let Some(value) = value {
                self.insert(name, value);
            }
        }
    }
}

fn known(host: &Host, verdict: Verdict) -> Option<Result<Arc<Robots>, FetchError>> {
    match verdict {
        Verdict::Rules(rules) => Some(Ok(rules)),
        Verdict::Nothing(state) => Some(Err(robots_unavailable(host, &state))),
        Verdict::Unknown => None,
    }
}

fn robots_unavailable(host: &Host, state: &RobotsState) -> FetchError {
    FetchError::RobotsUnavailable {
        host: host.key.clone(),
        reason: state.problem.clone().unwrap_or_default(),
        retry_at: state.expires_at,
    }
}

fn is_retried(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// Where a redirect points; a 3xx without a usable `Location` is none.
fn location(answer: &Answer) -> Option<String> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    // Raw UTF-8 is common here, though not allowed.
    let location = String::from_utf8_lossy(answer.headers.get(LOCATION)?.as_bytes()).into_owned();
    (!location.trim().is_empty()).then_some(location)
}

/// RFC 9110, 15.4: 307 and 308 keep the method; after the others a POST goes on as GET.
fn method_after(answer: &Answer, method: &Method) -> Method {
    match answer.status.as_u16() {
        307 | 308 => method.clone(),
        _ => Method::GET,
    }
}
