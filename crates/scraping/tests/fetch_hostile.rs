//! A server that does everything wrong: no hang, no request during a pause, no forbidden page.

#![allow(clippy::unwrap_used)]

mod fetch_server;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use fetch_server::*;
use observatory_scraping::fetch::{FetchOptions, Fetcher, Limits};

const REQUESTS: usize = 2000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_server_meets_patience_and_limits() {
    let quiet_until = Arc::new(Mutex::new(Instant::now()));
    let violations = Arc::new(AtomicUsize::new(0));
    let bomb = zstd::encode_all(&*vec![0; 4 << 20], 3).unwrap();
    let (quiet, broken) = (quiet_until.clone(), violations.clone());
    let server = Server::start(move |seen| {
        if Instant::now() < *quiet.lock().unwrap() {
            broken.fetch_add(1, SeqCst);
        }
        if seen.path == "/robots.txt" {
            return Some(reply(200, "Cache-Control: max-age=1\r\n", "User-agent: *\nDisallow: /*forbidden\n"));
        }
        let mut parts = seen.path.split('/').skip(1);
        let number: usize = parts.next()?.parse().ok()?;
        Some(match number % 20 {
            _ if number % 700 == 699 => {
                // A little less than said, for what the wire takes.
                *quiet.lock().unwrap() = Instant::now() + Duration::from_millis(990);
                reply(if number < 1000 { 429 } else { 503 }, "Retry-After: 1\r\n", "")
            }
            0 => redirect(&seen.path),
            1 => redirect(&format!("/{number}/forbidden")),
            2 => redirect(&format!("{}x", seen.path)),
            3 => reply(200, "Content-Type: text/html\r\nContent-Encoding: zstd\r\n", &bomb),
            4 => html(vec![b'x'; 300_000]),
            5 => reply(200, "Content-Type: image/png\r\n", vec![0; 100_000]),
            6 => reply(404, "Content-Type: text/html\r\n", "gone"),
            7 => html("closing").closing(),
            8 if number % 200 == 8 => html("x".repeat(50)).dripping(Duration::from_millis(20)),
            9 if number % 200 == 9 => raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").closing(),
            10 => redirect("http://169.254.169.254/latest/meta-data/"),
            11 => raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n").closing(),
            _ => html("<a href=/next>more</a>"),
        })
    })
    .await;
    let limits = Limits {
        max_wire_bytes: 200_000,
        max_body_bytes: 1 << 20,
        total_seconds: 0.3,
        first_byte_seconds: 0.2,
        ..Limits::default()
    };
    let options = FetchOptions { limits, backoff_seconds: 0.001, breaker_failures: 50, retries: 1, ..server.options() };
    let fetcher = Fetcher::new(options).unwrap();

    let next = Arc::new(AtomicUsize::new(0));
    let kinds = Arc::new(Mutex::new(BTreeMap::<String, usize>::new()));
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (fetcher, server, next, kinds) = (fetcher.clone(), server.clone(), next.clone(), kinds.clone());
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, SeqCst);
                    if number >= REQUESTS {
                        return;
                    }
                    let url = server.url(&format!("/{number}/page"));
                    let fetched = outcome(&fetcher, &url);
                    let kind = tokio::time::timeout(Duration::from_secs(20), fetched).await.expect("a request hung");
                    let kind = if kind.starts_with('<') { "page".to_string() } else { kind };
                    *kinds.lock().unwrap().entry(kind).or_default() += 1;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }

    assert_eq!(violations.load(SeqCst), 0, "requests during a pause");
    assert!(!server.paths().iter().any(|path| path.contains("forbidden")));
    let kinds = kinds.lock().unwrap();
    for (kind, least) in [
        ("page", 700),
        ("redirect_loop", 95),
        ("robots_disallowed", 95),
        ("too_many_redirects", 95),
        ("too_large", 195),
        ("content_type", 95),
        ("status 404", 95),
        ("closing", 95),
        ("forbidden_address", 95),
        ("body", 95),
        ("timeout", 5),
    ] {
        assert!(kinds.get(kind).is_some_and(|count| *count >= least), "{kind} in {kinds:?}");
    }
}
