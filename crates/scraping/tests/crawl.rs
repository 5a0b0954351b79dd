//! Crawls from start to end: limits, rests, walls, cancelling.

#![allow(clippy::unwrap_used)]

mod fetch_server;

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use fetch_server::{Reply, Server, html, reply};
use observatory_portal::{Options, Portal, descriptions};
use observatory_scraping::{
    PageRequest, Search,
    crawl::{Counts, Crawl, CrawlError, Failure, Limits, Memory, ReadAd},
    fetch::{FetchOptions, Fetcher, PaceOptions},
    spider::Spiders,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const ALL: Limits = Limits { max_jobs: 1000, max_pages: 1000, full: false };

type Ended = Result<Counts, CrawlError<Infallible>>;

/// Crawls with a description; the addresses of the ads, and the reasons of failures.
async fn crawl(
    text: &str,
    options: FetchOptions,
    limits: Limits,
    concurrency: usize,
    cancelled: &CancellationToken,
) -> (Ended, Vec<String>, Vec<&'static str>) {
    let found = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let sink = found.clone();
    let frontier = Memory::new(move |page: Result<ReadAd, (PageRequest, Failure)>| {
        let mut found = sink.lock().unwrap();
        match page {
            Ok(ad) => found.0.push(ad.url.to_string()),
            Err((_, failure)) => found.1.push(failure.reason),
        }
    });
    let crawl = Crawl {
        spider: Arc::new(Spiders::shipped().parse(text, "test.toml").unwrap()),
        search: Search { country: "CO".into(), query: "x".into() },
        limits,
        concurrency,
        fetcher: Fetcher::new(options).unwrap(),
        frontier: Arc::new(frontier),
    };
    let ended = timeout(Duration::from_secs(30), crawl.run(cancelled)).await.expect("the crawl hangs");
    let (ads, failures) = found.lock().unwrap().clone();
    (ended, ads, failures)
}

fn spider(server: &Server) -> String {
    format!("name = \"test\"\nextends = \"computrabajo\"\norigin = \"{}\"\nenabled = true\n", server.url(""))
}

/// Two listings of ten ads each, of which the second leads on to the first's ads again, without end.
fn listing(path: &str) -> Option<Reply> {
    let page = if path.contains("/trabajo-de-x?p=") { path.rsplit('=').next()?.parse().ok()? } else { 1 };
    let first = if page == 2 { 10 } else { 0 };
    path.starts_with("/trabajo-de-x").then(|| {
        let cards: String = (first..first + 10)
            .map(|n| {
                format!("<article class=box_offer><h2><a class=js-o-link href=/ad/{n}>Oferta {n}</a></h2></article>")
            })
            .collect();
        html(format!("<body>{cards}<a rel=next href='/trabajo-de-x?p={}'>Siguiente</a></body>", page + 1))
    })
}

fn ad(path: &str) -> Option<Reply> {
    let number = path.strip_prefix("/ad/")?;
    let text = "Buscamos a una persona con experiencia en el desarrollo de aplicaciones. ".repeat(5);
    Some(html(format!("<body><h1>Oferta {number}</h1><div class=bWord>{text}</div></body>")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_kept_exactly_and_every_ad_comes_once() {
    let portal = Portal::start(Options { synthetic: Some(90), record: true, ..Options::default() }).await.unwrap();
    let [(_, text), ..] = descriptions(portal.origin());
    // The words that every ad has are not known here: all ads are asked for as those of no words.
    let text = text.replace("trabajo-de-{query|slug}", "ofertas-de-trabajo/");
    let options = FetchOptions {
        allow: vec![portal.address().to_string().parse().unwrap()],
        allow_pace: Some(PaceOptions::flat_out()),
        allow_concurrency: Some(3),
        ..FetchOptions::default()
    };
    for (max_jobs, max_pages, ads, listings) in [(1000, 1000, 90, 5), (33, 1000, 33, 2), (1000, 2, 40, 2), (1, 1, 1, 1)]
    {
        let limits = Limits { max_jobs, max_pages, full: false };
        let (ended, found, failures) = crawl(&text, options.clone(), limits, 8, &CancellationToken::new()).await;
        let counts = ended.unwrap();
        assert_eq!((counts.stored, counts.listings, counts.pending()), (ads, listings, 0), "{counts:?} {failures:?}");
        assert_eq!(found.iter().collect::<HashSet<_>>().len() as u64, ads);
        assert_eq!(found.len() as u64, ads);
    }
    assert!(portal.requests().iter().all(|request| request.in_flight <= 3));
    assert!(portal.violations().await.is_empty());
}

#[tokio::test]
async fn pages_that_repeat_earlier_ads_end_the_paging_and_failures_are_told() {
    let server = Server::start(|seen| {
        if seen.path == "/ad/7" {
            return Some(reply(410, "", ""));
        }
        listing(&seen.path).or_else(|| ad(&seen.path))
    })
    .await;
    let (ended, found, failures) = crawl(&spider(&server), server.options(), ALL, 0, &CancellationToken::new()).await;
    let counts = ended.unwrap();
    assert_eq!((counts.listings, counts.details, found.len(), failures), (3, 20, 19, vec!["PAGE_GONE"]));
}

#[tokio::test]
async fn a_breaker_that_opens_makes_the_crawl_rest_and_go_on() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |seen| {
        if seen.path.starts_with("/ad/") && asked.fetch_add(1, SeqCst) < 6 {
            return Some(reply(500, "", ""));
        }
        let after = |reply: Reply| reply.after(Duration::from_millis(100));
        listing(&seen.path).or_else(|| ad(&seen.path).map(after))
    })
    .await;
    let options =
        FetchOptions { concurrency: 2, retries: 0, breaker_failures: 3, breaker_seconds: 0.2, ..server.options() };
    let (ended, found, failures) = crawl(&spider(&server), options, ALL, 4, &CancellationToken::new()).await;
    assert!(ended.is_ok(), "{ended:?}");
    assert_eq!((found.len(), failures.len()), (14, 6));
    assert!(server.most_in_flight.load(SeqCst) <= 2);
}

#[tokio::test]
async fn a_host_that_asks_for_a_long_pause_is_waited_for_and_finished() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |seen| {
        if seen.path == "/ad/3" && asked.fetch_add(1, SeqCst) == 0 {
            return Some(reply(503, "Retry-After: 6\r\n", ""));
        }
        listing(&seen.path).or_else(|| ad(&seen.path))
    })
    .await;
    let started = Instant::now();
    let (ended, found, _) = crawl(&spider(&server), server.options(), ALL, 2, &CancellationToken::new()).await;
    assert!(ended.is_ok() && started.elapsed() >= Duration::from_secs(6), "{ended:?}");
    assert_eq!(found.iter().collect::<HashSet<_>>().len(), 20);
    assert_eq!(server.paths().iter().filter(|path| *path == "/ad/3").count(), 2);
}

#[tokio::test]
async fn a_host_in_long_or_lasting_trouble_ends_the_crawl() {
    for (headers, max_pause_seconds) in [("Retry-After: 9000\r\n", 86_400.0), ("", 1.0)] {
        let server = Server::start(move |seen| {
            listing(&seen.path).or_else(|| Some(reply(if seen.path == "/robots.txt" { 404 } else { 503 }, headers, "")))
        })
        .await;
        let options =
            FetchOptions { max_pause_seconds, breaker_seconds: 0.1, breaker_max_seconds: 0.2, ..server.options() };
        let (ended, ..) = crawl(&spider(&server), options, ALL, 3, &CancellationToken::new()).await;
        assert!(matches!(ended, Err(CrawlError::Host(_))), "{ended:?}");
    }
}

#[tokio::test]
async fn five_walls_in_a_row_end_the_crawl() {
    let server =
        Server::start(|seen| listing(&seen.path).or_else(|| seen.path.starts_with("/ad/").then(|| reply(401, "", ""))))
            .await;
    let (ended, found, _) = crawl(&spider(&server), server.options(), ALL, 1, &CancellationToken::new()).await;
    assert!(matches!(ended, Err(CrawlError::Wall(_))), "{ended:?}");
    assert!(found.is_empty());
    assert_eq!(server.paths().iter().filter(|path| path.starts_with("/ad/")).count(), 5);
}

#[tokio::test]
async fn cancelling_is_prompt() {
    let server = Server::start(|seen| {
        listing(&seen.path).or_else(|| ad(&seen.path).map(|ad| ad.after(Duration::from_secs(20))))
    })
    .await;
    let cancelled = CancellationToken::new();
    let later = cancelled.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        later.cancel();
    });
    let started = Instant::now();
    let (ended, ..) = crawl(&spider(&server), server.options(), ALL, 2, &cancelled).await;
    assert!(matches!(ended, Err(CrawlError::Cancelled)), "{ended:?}");
    assert!(started.elapsed() < Duration::from_secs(1));
}
