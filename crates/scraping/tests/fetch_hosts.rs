//! robots.txt, pace, pauses, breaker and memory of hosts, over real connections.

#![allow(clippy::unwrap_used)]

mod fetch_server;

use std::{
    collections::BTreeMap,
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use fetch_server::*;
use observatory_scraping::fetch::{
    FetchError, FetchOptions, Fetched, Fetcher, HostState, PaceOptions, Resolve, Wanted, tls,
};

fn is_robots(seen: &Seen) -> bool {
    seen.path == "/robots.txt"
}

fn robots(text: &str) -> Reply {
    reply(200, "Content-Type: text/plain\r\n", text)
}

#[tokio::test]
async fn disallowed_pages_are_never_asked_for_and_robots_is_asked_for_once() {
    let server = Server::start(|seen| {
        Some(if is_robots(seen) {
            robots("User-agent: *\nDisallow: /private\nSitemap: http://x.com/s.xml\n")
        } else {
            html("x")
        })
    })
    .await;
    let fetcher = server.fetcher();
    let results = futures_join(20, |n| {
        let (fetcher, url) = (fetcher.clone(), server.url(if n % 2 == 0 { "/private/x" } else { "/open" }));
        Box::pin(async move { outcome(&fetcher, &url).await })
    })
    .await;
    assert_eq!(results.iter().filter(|result| *result == "robots_disallowed").count(), 10);
    assert_eq!(results.iter().filter(|result| *result == "x").count(), 10);
    assert_eq!(server.paths().iter().filter(|path| *path == "/robots.txt").count(), 1);
    assert!(!server.paths().iter().any(|path| path.starts_with("/private")));
    let rules = fetcher.robots(&server.url("/").parse().unwrap()).await.unwrap();
    assert_eq!(rules.sitemaps, ["http://x.com/s.xml"]);
}

#[tokio::test]
async fn redirects_to_disallowed_pages_are_not_followed() {
    let server = Server::start(|seen| {
        Some(if is_robots(seen) { robots("User-agent: *\nDisallow: /private\n") } else { redirect("/private") })
    })
    .await;
    assert_eq!(outcome(&server.fetcher(), &server.url("/open")).await, "robots_disallowed");
    assert_eq!(server.paths(), ["/robots.txt", "/open"]);
}

#[tokio::test]
async fn a_missing_robots_allows_and_a_failing_one_forbids() {
    for (status, expected) in [
        (404, "x"),
        (401, "x"),
        (403, "x"),
        (410, "x"),
        (500, "robots_unavailable"),
        (503, "robots_unavailable"),
        (429, "robots_unavailable"),
    ] {
        let server = Server::start(move |seen| {
            Some(if is_robots(seen) { reply(status, "", "User-agent: *\nDisallow: /") } else { html("x") })
        })
        .await;
        let fetcher = server.fetcher();
        assert_eq!(outcome(&fetcher, &server.url("/")).await, expected, "{status}");
        let asked = server.seen().len();
        assert_eq!(outcome(&fetcher, &server.url("/")).await, expected, "{status}");
        let more = usize::from(expected == "x");
        assert_eq!(server.seen().len(), asked + more, "the verdict on {status} is remembered");
    }
}

#[tokio::test]
async fn robots_redirects_are_followed_up_to_five_hops() {
    for (hops, expected) in [(1, "robots_disallowed"), (5, "robots_disallowed"), (6, "x")] {
        let server = Server::start(move |seen| {
            let at: usize = match seen.path.as_str() {
                "/robots.txt" => 0,
                path => match path.strip_prefix("/hop/") {
                    Some(at) => at.parse().unwrap(),
                    None => return Some(html("x")),
                },
            };
            Some(if at < hops { redirect(&format!("/hop/{}", at + 1)) } else { robots("User-agent: *\nDisallow: /\n") })
        })
        .await;
        assert_eq!(outcome(&server.fetcher(), &server.url("/page")).await, expected, "{hops} hops");
    }
}

#[tokio::test]
async fn changed_robots_are_obeyed_at_expiry_and_the_old_ones_until_the_new_can_be_had() {
    let version = Arc::new(AtomicUsize::new(0));
    let now = version.clone();
    let server = Server::start(move |seen| {
        let rules = |text| reply(200, "Content-Type: text/plain\r\nCache-Control: public, max-age=1\r\n", text);
        Some(match (is_robots(seen), now.load(SeqCst)) {
            (false, _) => html("x"),
            (true, 0) => rules("User-agent: *\nDisallow: /a\n"),
            (true, 1) => reply(404, "", "").closing(),
            (true, _) => rules("User-agent: *\nDisallow: /b\n"),
        })
    })
    .await;
    let fetcher = server.fetcher();
    assert_eq!(outcome(&fetcher, &server.url("/a")).await, "robots_disallowed");
    assert_eq!(outcome(&fetcher, &server.url("/b")).await, "x");
    version.store(2, SeqCst);
    assert_eq!(outcome(&fetcher, &server.url("/b")).await, "x", "still fresh");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(outcome(&fetcher, &server.url("/b")).await, "robots_disallowed");
    assert_eq!(outcome(&fetcher, &server.url("/a")).await, "x");
}

#[tokio::test]
async fn known_robots_stay_in_use_while_new_ones_fail() {
    let failing = Arc::new(AtomicUsize::new(0));
    let now = failing.clone();
    let server = Server::start(move |seen| {
        Some(match (is_robots(seen), now.load(SeqCst)) {
            (false, _) => html("x"),
            (true, 0) => reply(200, "Cache-Control: no-cache\r\n", "User-agent: *\nDisallow: /a\n"),
            (true, _) => reply(500, "", ""),
        })
    })
    .await;
    let fetcher = server.fetcher();
    assert_eq!(outcome(&fetcher, &server.url("/a")).await, "robots_disallowed");
    failing.store(1, SeqCst);
    assert_eq!(outcome(&fetcher, &server.url("/a")).await, "robots_disallowed");
    assert_eq!(outcome(&fetcher, &server.url("/b")).await, "x");
    let state = fetcher.state(&server.host()).unwrap().robots_http.unwrap();
    assert!(state.unreachable_since.is_some() && state.body.is_some());
}

#[tokio::test]
async fn an_operator_can_override_robots_knowingly() {
    let server =
        Server::start(|seen| Some(if is_robots(seen) { robots("User-agent: *\nDisallow: /\n") } else { html("x") }))
            .await;
    let text = "User-agent: *\nDisallow: /never\n".to_string();
    let options = FetchOptions { robots_override: BTreeMap::from([(server.host(), text)]), ..server.options() };
    let fetcher = Fetcher::new(options).unwrap();
    assert_eq!(outcome(&fetcher, &server.url("/a")).await, "x");
    assert_eq!(outcome(&fetcher, &server.url("/never")).await, "robots_disallowed");
    assert_eq!(server.paths(), ["/a"]);
    assert_eq!(fetcher.state(&server.host()).unwrap().robots_http, None, "an override isn't stored");
}

#[tokio::test]
async fn requests_keep_their_distance_and_their_number() {
    let server = Server::start(|seen| {
        Some(if is_robots(seen) { robots("") } else { html("x").after(Duration::from_millis(30)) })
    })
    .await;
    for (delay, concurrency) in [(0.1, 1), (0.0, 1), (0.0, 4)] {
        let pace = PaceOptions {
            start_delay_seconds: delay,
            min_delay_seconds: delay,
            adapt: false,
            ..PaceOptions::default()
        };
        let fetcher = Fetcher::new(FetchOptions { pace, concurrency, ..server.options() }).unwrap();
        server.most_in_flight.store(0, SeqCst);
        let before = server.seen().len();
        let results = futures_join(12, |n| {
            let (fetcher, url) = (fetcher.clone(), server.url(&format!("/{n}")));
            Box::pin(async move { outcome(&fetcher, &url).await })
        })
        .await;
        assert!(results.iter().all(|result| result == "x"), "{results:?}");
        assert_eq!(server.most_in_flight.load(SeqCst), concurrency, "delay {delay}");
        let seen = &server.seen()[before..];
        assert!(is_robots(&seen[0]));
        if concurrency == 1 {
            let order: Vec<_> = seen[1..].iter().map(|seen| seen.path[1..].parse::<usize>().unwrap()).collect();
            assert!(order.is_sorted(), "{order:?}");
        }
        for pair in seen.windows(2) {
            // Arrival may shake by what the machine is late.
            let least = Duration::from_secs_f64(delay).saturating_sub(Duration::from_millis(20));
            assert!(pair[1].at - pair[0].at >= least, "delay {delay}: {:?}", pair[1].at - pair[0].at);
        }
    }
}

#[tokio::test]
async fn retry_after_pauses_the_whole_host_and_then_it_goes_on() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/robots.txt" => None,
        "/busy" if count.fetch_add(1, SeqCst) == 0 => Some(reply(429, "Retry-After: 1\r\n", "")),
        _ => Some(html("x")),
    })
    .await;
    let changes = Arc::new(Mutex::new(Vec::<(String, HostState)>::new()));
    let heard = changes.clone();
    let fetcher = Fetcher::builder(server.options())
        .on_change(move |host, state| heard.lock().unwrap().push((host.into(), state)))
        .build()
        .unwrap();
    let busy = tokio::spawn({
        let (fetcher, url) = (fetcher.clone(), server.url("/busy"));
        async move { outcome(&fetcher, &url).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let hasty = Wanted { max_wait: Duration::ZERO, ..Wanted::default() };
    let error = fetcher.fetch(&request(&server.url("/other")), &hasty).await.unwrap_err();
    assert!(matches!(error, FetchError::HostPaused { .. }), "{error}");
    assert_eq!(outcome(&fetcher, &server.url("/other")).await, "x");
    assert_eq!(busy.await.unwrap(), "x");
    let seen = server.seen();
    let first = seen.iter().position(|seen| seen.path == "/busy").unwrap();
    assert!(seen[first + 1].at - seen[first].at >= Duration::from_millis(990));
    let changes = changes.lock().unwrap();
    assert_eq!(changes.len(), 2, "robots.txt and the pause, not every request");
    assert!(changes.iter().all(|(host, _)| *host == server.host()));
    assert!(changes[1].1.paused_until.is_some());
}

#[tokio::test]
async fn long_pauses_are_told_instead_of_slept_through() {
    let server = Server::start(|seen| (!is_robots(seen)).then(|| reply(503, "Retry-After: 100000\r\n", ""))).await;
    let fetcher = server.fetcher();
    let started = Instant::now();
    let FetchError::HostPaused { until, .. } = fetch(&fetcher, &server.url("/")).await.unwrap_err() else { panic!() };
    let minutes = (until - chrono::Utc::now()).num_minutes();
    assert!((58..=60).contains(&minutes), "capped at an hour: {minutes}");
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(server.seen().len(), 2);

    // A restart forgets nothing of it.
    let state: HostState =
        serde_json::from_str(&serde_json::to_string(&fetcher.state(&server.host()).unwrap()).unwrap()).unwrap();
    let again = server.fetcher();
    again.restore(&server.host(), state);
    assert_eq!(outcome(&again, &server.url("/other")).await, "host_paused");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn failures_are_tried_again_a_limited_number_of_times() {
    for (status, asked) in [(502, 3), (503, 3), (504, 3), (429, 3), (500, 1), (404, 1)] {
        let server = Server::start(move |seen| (!is_robots(seen)).then(|| reply(status, "", ""))).await;
        let fetcher = server.fetcher();
        assert_eq!(outcome(&fetcher, &server.url("/")).await, format!("status {status}"));
        assert_eq!(server.seen().len(), asked + 1, "{status}");
    }
}

#[tokio::test]
async fn a_host_that_keeps_failing_is_left_alone() {
    let server = Server::start(|seen| (!is_robots(seen)).then(|| reply(500, "", ""))).await;
    let options = FetchOptions { breaker_failures: 3, breaker_seconds: 0.3, ..server.options() };
    let fetcher = Fetcher::new(options).unwrap();
    for _ in 0..3 {
        assert_eq!(outcome(&fetcher, &server.url("/")).await, "status 500");
    }
    for _ in 0..10 {
        assert_eq!(outcome(&fetcher, &server.url("/")).await, "breaker_open");
    }
    assert_eq!(server.seen().len(), 4);
    tokio::time::sleep(Duration::from_millis(350)).await;
    assert_eq!(outcome(&fetcher, &server.url("/")).await, "status 500");
    assert_eq!(outcome(&fetcher, &server.url("/")).await, "breaker_open");
    assert_eq!(server.seen().len(), 5);
}

#[tokio::test]
async fn dropped_requests_leave_no_place_taken() {
    let server = Server::start(|seen| {
        Some(if is_robots(seen) { robots("") } else { html("x").after(Duration::from_millis(300)) })
    })
    .await;
    let fetcher = server.fetcher();
    for _ in 0..5 {
        let url = server.url("/");
        assert!(tokio::time::timeout(Duration::from_millis(40), fetch(&fetcher, &url)).await.is_err());
    }
    assert_eq!(outcome(&fetcher, &server.url("/")).await, "x");
}

struct Loopback;

#[async_trait]
impl Resolve for Loopback {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec!["127.0.0.1".parse().unwrap()])
    }
}

#[tokio::test]
async fn forgotten_hosts_keep_memory_bounded_but_paused_ones_are_remembered() {
    let server = Server::start(|seen| {
        let busy = seen.header("host").is_some_and(|host| host.starts_with("busy"));
        (!is_robots(seen)).then(|| if busy { reply(429, "Retry-After: 3000\r\n", "") } else { html("x").closing() })
    })
    .await;
    let name = |n: usize| format!("h{n}.example.com:{}", server.port);
    let busy = format!("busy.example.com:{}", server.port);
    let mut allow: Vec<_> = (0..200).map(|n| name(n).parse().unwrap()).collect();
    allow.push(busy.parse().unwrap());
    let pace = PaceOptions { max_delay_seconds: 0.0, ..PaceOptions::flat_out() };
    let options = FetchOptions { allow, max_hosts: 50, pace, ..server.options() };
    let fetcher = Fetcher::builder(options).resolver(Loopback).build().unwrap();
    assert_eq!(outcome(&fetcher, &format!("http://{busy}/")).await, "host_paused");
    for n in 0..200 {
        assert_eq!(outcome(&fetcher, &format!("http://{}/", name(n))).await, "x");
        assert!(fetcher.hosts() <= 50);
    }
    assert_eq!(outcome(&fetcher, &format!("http://{busy}/")).await, "host_paused");
}

#[tokio::test]
async fn https_is_spoken_and_certificates_are_checked() {
    let made = rcgen::generate_simple_self_signed(["jobs.example.com".to_string()]).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let plain = Server::start(|seen| (!is_robots(seen)).then(|| html("secret"))).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = plain.host();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut secured) = acceptor.accept(stream).await else { continue };
            let mut inner = tokio::net::TcpStream::connect(&behind).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut secured, &mut inner).await });
        }
    });

    let fetcher = |name: &str, roots: Option<rustls::RootCertStore>| {
        let options =
            FetchOptions { allow: vec![format!("{name}:{port}").parse().unwrap()], retries: 0, ..plain.options() };
        let builder = Fetcher::builder(options).resolver(Loopback);
        match roots {
            Some(roots) => builder.tls(tls(roots).unwrap()).build().unwrap(),
            None => builder.build().unwrap(),
        }
    };
    let url = format!("https://jobs.example.com:{port}/page");
    let good = fetcher("jobs.example.com", Some(roots.clone()));
    for _ in 0..3 {
        assert_eq!(outcome(&good, &url).await, "secret");
    }
    assert_eq!(plain.connections.load(SeqCst), 1, "TLS connections are kept too");
    assert_eq!(outcome(&fetcher("jobs.example.com", None), &url).await, "robots_unavailable");
    let other = format!("https://other.example.com:{port}/page");
    assert_eq!(outcome(&fetcher("other.example.com", Some(roots)), &other).await, "robots_unavailable");
}

#[tokio::test]
async fn fetched_pages_count() {
    let server = Server::start(|seen| (!is_robots(seen)).then(|| html("12345"))).await;
    let fetcher = server.fetcher();
    assert!(matches!(fetch(&fetcher, &server.url("/")).await, Ok(Fetched::Page(_))));
    assert_eq!(fetcher.counters().requests.load(SeqCst), 2);
    assert_eq!(fetcher.counters().body_bytes.load(SeqCst), 5 + "nothing here".len() as u64);
}

/// Starts them in order, all at once, and waits for all.
async fn futures_join<T: Send + 'static>(count: usize, make: impl Fn(usize) -> Boxed<T>) -> Vec<T> {
    let mut tasks = Vec::new();
    for n in 0..count {
        tasks.push(tokio::spawn(make(n)));
        tokio::task::yield_now().await;
    }
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}
