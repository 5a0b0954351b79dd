//! The hostile hosts do what they promise, and see what a rude client does.

#![allow(clippy::unwrap_used)]

mod common;

use std::{collections::HashSet, time::Duration};

use common::{Browser, all, attribute, options, text};
use observatory_portal::{Behaviour, Hostile, Options, Violation};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn hosts() -> (Hostile, Browser) {
    (Hostile::start(Options { max_in_flight: Some(2), ..options() }).await.unwrap(), Browser::new())
}

fn origin(hosts: &Hostile, behaviour: Behaviour) -> String {
    hosts.host(behaviour).unwrap().origin().to_owned()
}

/// Sends a request and reads what comes within `wait`: the bytes, and whether the connection ended.
async fn raw(origin: &str, path: &str, wait: Duration, limit: usize) -> (Vec<u8>, bool) {
    let mut stream = TcpStream::connect(origin.trim_start_matches("http://")).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let reading = async {
        while bytes.len() < limit {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return true,
                Ok(n) => bytes.extend_from_slice(&buffer[..n]),
            }
        }
        false
    };
    let ended = tokio::time::timeout(wait, reading).await.unwrap_or(false);
    (bytes, ended)
}

#[tokio::test]
async fn every_trap_is_what_it_says() {
    let (hosts, browser) = hosts().await;
    let origin = origin(&hosts, Behaviour::Traps);
    let url = |path: &str| format!("{origin}/hostile/{path}");
    for path in ["429/oferta-1", "503-retry-after/oferta-1", "429/oferta-2"] {
        let first = browser.get(&url(path)).await;
        assert_eq!(first.status.as_str(), &path[..3]);
        assert!(!first.header("retry-after").is_empty());
        assert_eq!(all(browser.get(&url(path)).await.html().root_element(), "[div-link=oferta]").len(), 1, "{path}");
    }
    let a = browser.get(&url("loop/x")).await.header("location");
    let b = browser.get(&format!("{origin}{a}")).await.header("location");
    assert_eq!((a.as_str(), b.as_str()), ("/hostile/loop/x?n=1", "/hostile/loop/x?n=2"));
    assert_eq!(browser.get(&url("redirect?to=http://10.0.0.1/x")).await.header("location"), "http://10.0.0.1/x");
    assert!(browser.get(&url("redirect/oferta-1")).await.header("location").contains("169.254.169.254"));
    assert_eq!(browser.get(&url("wrong-type/oferta-1")).await.header("content-type"), "image/png");
    let latin = browser.get(&url("latin1/oferta-1")).await;
    assert_eq!(latin.header("content-type"), "text/html");
    assert!(String::from_utf8(latin.body.to_vec()).is_err() && !latin.body.windows(7).any(|w| w == b"charset"));
    let broken = browser.get(&url("broken/oferta-1")).await.text();
    assert!(broken.contains("</div></span></b>") && !broken.contains("</p>"));
    assert!(browser.get(&url("gone/oferta-1")).await.text().contains("ya no está disponible"));
    assert_eq!(browser.get(&url("missing/oferta-1")).await.status, 404);
    let different: HashSet<_> =
        [browser.get(&url("ok/oferta-1")).await.text(), browser.get(&url("ok/oferta-2")).await.text()].into();
    assert_eq!(different.len(), 2);
}

#[tokio::test]
async fn bodies_drip_break_off_and_never_end() {
    let (hosts, _) = hosts().await;
    let origin = origin(&hosts, Behaviour::Traps);
    let second = Duration::from_secs(1);
    let (drip, ended) = raw(&origin, "/hostile/drip/oferta-1", second * 5 / 2, usize::MAX).await;
    assert!(!ended);
    let body = drip.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    // Two chunks of one byte each: `1`, the byte, two line ends.
    assert_eq!(drip.len() - body, 2 * 6);
    let (cut, ended) = raw(&origin, "/hostile/cut/oferta-1", second * 5, usize::MAX).await;
    let head = String::from_utf8_lossy(&cut).into_owned();
    let promised: usize = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert!(ended && cut.len() > 1000 && cut.len() < promised);
    let (huge, ended) = raw(&origin, "/hostile/huge/oferta-1", second * 20, 50_000_000).await;
    assert!(!ended && huge.len() >= 50_000_000);
    let (slow, ended) = raw(&origin, "/hostile/slow/oferta-1", second / 2, usize::MAX).await;
    assert!(!ended && slow.is_empty());
    let (header, _) = raw(&origin, "/hostile/big-header/oferta-1", second * 5, 300_000).await;
    assert!(header.len() >= 300_000 && header.starts_with(b"HTTP/1.1 200"));
    for (path, encoding) in [("bomb.gz", "gzip"), ("bomb.br", "br"), ("bomb.zst", "zstd")] {
        let (head, _) = raw(&origin, &format!("/hostile/{path}/x"), second * 5, 1000).await;
        assert!(String::from_utf8_lossy(&head).contains(&format!("content-encoding: {encoding}")), "{path}");
    }
    let silent = hosts.host(Behaviour::Silent).unwrap().origin();
    let (nothing, ended) = raw(silent, "/robots.txt", second / 2, usize::MAX).await;
    assert!(!ended && nothing.is_empty());
}

#[tokio::test]
async fn listings_go_on_without_end_and_lead_to_all_traps() {
    let (hosts, browser) = hosts().await;
    let mut url = format!("{}/trabajo-de-x", origin(&hosts, Behaviour::Traps));
    let (mut links, mut kinds) = (HashSet::new(), HashSet::new());
    for _ in 0..400 {
        let page = browser.get(&url).await.html();
        for card in all(page.root_element(), "article.box_offer[data-id]") {
            let path = attribute(card, "h2 a.js-o-link", "href");
            kinds.insert(path.split('/').nth(2).unwrap().to_owned());
            assert!(links.insert(path));
        }
        let next = attribute(page.root_element(), "span.buildLink[data-path]", "data-path");
        assert_eq!(text(all(page.root_element(), "span.buildLink")[0]), "Siguiente");
        url = next;
    }
    assert_eq!((links.len(), kinds.len()), (8_000, 22), "{kinds:?}");
}

#[tokio::test]
async fn robots_flip_fail_loop_and_grow() {
    let (hosts, browser) = hosts().await;
    let robots = |behaviour| format!("{}/robots.txt", origin(&hosts, behaviour));
    let flip = robots(Behaviour::RobotsFlip);
    let (first, second) = (browser.get(&flip).await, browser.get(&flip).await);
    assert!(first.text().contains("Disallow: /hostile/a\n") && second.text().contains("Disallow: /hostile/b\n"));
    assert_eq!(first.header("cache-control"), "max-age=1");
    assert_eq!(browser.get(&robots(Behaviour::RobotsUnavailable)).await.status, 503);
    assert_eq!(browser.get(&robots(Behaviour::RobotsMissing)).await.status, 404);
    assert!(browser.get(&robots(Behaviour::RobotsHuge)).await.body.len() > 600 * 1024);
    assert!(browser.get(&robots(Behaviour::RobotsLoop)).await.header("location").starts_with("/robots.txt?n="));
    let throttled = origin(&hosts, Behaviour::Throttle);
    let mut waits = Vec::new();
    for n in 0..400 {
        let answer = browser.get(&format!("{throttled}/hostile/ok/oferta-{n}")).await;
        if answer.status == 429 {
            waits.push(answer.header("retry-after"));
        }
    }
    assert_eq!(waits.len(), 2);
    assert!(waits[0] == "1" && waits[1].ends_with("GMT"), "{waits:?}");
}

#[tokio::test]
async fn a_rude_client_is_seen_and_a_polite_one_is_not() {
    let (hosts, browser) = hosts().await;
    let traps = origin(&hosts, Behaviour::Traps);
    browser.get(&format!("{traps}/robots.txt")).await;
    for n in 0..50 {
        browser.get(&format!("{traps}/hostile/ok/oferta-{n}")).await;
    }
    // Two at a time are allowed, and giving up makes room.
    for _ in 0..4 {
        tokio::join!(
            raw(&traps, "/hostile/slow/x", Duration::from_millis(30), 1),
            raw(&traps, "/hostile/slow/y", Duration::from_millis(30), 1)
        );
    }
    assert_eq!(hosts.violations().await, []);

    browser.get(&format!("{traps}/hostile/private/oferta-1")).await;
    browser.get(&format!("{traps}/hostile/429/oferta-9")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    browser.get(&format!("{traps}/hostile/ok/early")).await;
    let three = (0..3).map(|n| browser.get(Box::leak(format!("{traps}/hostile/drip/{n}").into_boxed_str())));
    let _ = tokio::time::timeout(Duration::from_millis(300), futures::future::join_all(three)).await;
    let down = origin(&hosts, Behaviour::RobotsUnavailable);
    browser.get(&format!("{down}/hostile/ok/before")).await;
    browser.get(&format!("{down}/robots.txt")).await;
    browser.get(&format!("{down}/hostile/ok/after")).await;

    let seen: Vec<_> = hosts.violations().await.into_iter().map(|(_, violation)| violation).collect();
    let is = |test: fn(&Violation) -> bool| seen.iter().filter(|violation| test(violation)).count();
    assert_eq!(is(|v| matches!(v, Violation::Disallowed { path } if path == "/hostile/private/oferta-1")), 1);
    assert_eq!(is(|v| matches!(v, Violation::TooSoon { path, .. } if path == "/hostile/ok/early")), 1);
    assert_eq!(is(|v| matches!(v, Violation::TooManyInFlight { in_flight: 3, .. })), 1);
    assert_eq!(is(|v| matches!(v, Violation::WithoutRobots { path } if path == "/hostile/ok/before")), 1);
    assert_eq!(is(|v| matches!(v, Violation::Disallowed { path } if path == "/hostile/ok/after")), 1);
    hosts.stop().await;
}
