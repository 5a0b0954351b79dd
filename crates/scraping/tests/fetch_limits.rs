//! Sizes, times, types and redirects, over real connections.

#![allow(clippy::unwrap_used)]

mod fetch_server;

use std::{
    io::Write,
    sync::atomic::Ordering::SeqCst,
    time::{Duration, Instant},
};

use fetch_server::*;
use observatory_scraping::{
    Method, PageRequest,
    fetch::{Accept, FetchError, FetchOptions, Fetched, Fetcher, Limits, Part, Stage, Validators, Wanted},
};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    out.write_all(data).unwrap();
    out.finish().unwrap()
}

fn brotli(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
    brotli::BrotliCompress(&mut &*data, &mut out, &params).unwrap();
    out
}

fn limited(server: &Server, limits: Limits) -> Fetcher {
    Fetcher::new(FetchOptions { limits, retries: 0, ..server.options() }).unwrap()
}

#[tokio::test]
async fn a_page_comes_with_its_metadata_and_the_request_is_honest() {
    let server = Server::start(|seen| {
        (seen.path == "/jobs?q=a%20b").then(|| {
            reply(200, "Content-Type: text/html; charset=iso-8859-1\r\nETag: \"v1\"\r\nLast-Modified: Fri, 06 Nov 2026 08:49:37 GMT\r\n", b"Dise\xf1ador")
        })
    })
    .await;
    let options = FetchOptions { contact: "https://example.org/bot".into(), ..server.options() };
    let fetcher = Fetcher::new(options).unwrap();
    let Fetched::Page(page) = fetch(&fetcher, &server.url("/jobs?q=a b#top")).await.unwrap() else { panic!() };
    assert_eq!((page.status, page.text().as_ref()), (200, "Diseñador"));
    assert_eq!(page.etag.as_deref(), Some("\"v1\""));
    assert_eq!(page.last_modified.as_deref(), Some("Fri, 06 Nov 2026 08:49:37 GMT"));

    assert_eq!(server.paths(), ["/robots.txt", "/jobs?q=a%20b"]);
    for seen in server.seen() {
        assert!(seen.header("user-agent").unwrap().starts_with("ObservatoryBot/"));
        assert!(seen.header("user-agent").unwrap().contains("+https://example.org/bot"));
        assert_eq!(seen.header("host").unwrap(), server.host());
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let server = Server::start(|_| Some(html("x"))).await;
    let fetcher = server.fetcher();
    for n in 0..50 {
        assert_eq!(outcome(&fetcher, &server.url(&format!("/{n}"))).await, "x");
    }
    assert_eq!(server.connections.load(SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_costs_no_retry() {
    let server = Server::start(|_| Some(html("x").closing())).await;
    let fetcher = server.fetcher();
    for n in 0..20 {
        assert_eq!(outcome(&fetcher, &server.url(&format!("/{n}"))).await, "x");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.seen().len(), 21);
    assert_eq!(fetcher.counters().retries.load(SeqCst), 0);
}

#[tokio::test]
async fn compressed_pages_are_read() {
    let text = "Se busca persona. ".repeat(50);
    let plain = text.clone();
    let server = Server::start(move |seen| {
        let headers = |encoding| format!("Content-Type: text/html\r\nContent-Encoding: {encoding}\r\n");
        Some(match seen.path.as_str() {
            "/gzip" => reply(200, &headers("gzip"), gzip(plain.as_bytes())),
            "/br" => reply(200, &headers("br"), brotli(plain.as_bytes())),
            "/zstd" => reply(200, &headers("zstd"), zstd::encode_all(plain.as_bytes(), 3).unwrap()),
            "/sitemap.xml.gz" => reply(200, "Content-Type: application/x-gzip\r\n", gzip(plain.as_bytes())),
            "/nested" => reply(200, &headers("gzip, gzip"), gzip(&gzip(plain.as_bytes()))),
            "/broken" => reply(200, &headers("gzip"), "this isn't gzip"),
            _ => return None,
        })
    })
    .await;
    let fetcher = Fetcher::new(FetchOptions { retries: 0, ..server.options() }).unwrap();
    for path in ["/gzip", "/br", "/zstd", "/sitemap.xml.gz"] {
        assert_eq!(outcome(&fetcher, &server.url(path)).await, text, "{path}");
    }
    assert_eq!(outcome(&fetcher, &server.url("/nested")).await, "content_encoding");
    assert_eq!(outcome(&fetcher, &server.url("/broken")).await, "body");
}

#[tokio::test]
async fn zip_bombs_end_at_the_limit() {
    let zeros = vec![b' '; 16 << 20];
    let bombs = [("gzip", gzip(&zeros)), ("br", brotli(&zeros)), ("zstd", zstd::encode_all(&*zeros, 3).unwrap())];
    let server = Server::start(move |seen| {
        let (encoding, bomb) = bombs.iter().find(|(encoding, _)| seen.path[1..] == **encoding)?;
        Some(reply(200, &format!("Content-Type: text/html\r\nContent-Encoding: {encoding}\r\n"), bomb))
    })
    .await;
    let fetcher = limited(&server, Limits { max_body_bytes: 1 << 20, ..Limits::default() });
    for encoding in ["gzip", "br", "zstd"] {
        let error = fetch(&fetcher, &server.url(&format!("/{encoding}"))).await.unwrap_err();
        assert!(
            matches!(error, FetchError::TooLarge { part: Part::Decompressed, limit: 1_048_576 }),
            "{encoding}: {error}"
        );
    }
}

#[tokio::test]
async fn sizes_on_the_wire_are_bounded() {
    let server = Server::start(|seen| {
        Some(match seen.path.as_str() {
            "/announced" => raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99999999999\r\n\r\nx"),
            "/chunked" => {
                let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
                raw(format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
                    chunk.repeat(4)
                ))
            }
            "/until-close" => {
                raw(format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", "x".repeat(200_000))).closing()
            }
            "/headers" => raw(format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(20_000))),
            "/many-headers" => raw(format!("HTTP/1.1 200 OK\r\n{}Content-Length: 0\r\n\r\n", "x: y\r\n".repeat(1000))),
            _ => return None,
        })
    })
    .await;
    let limits = Limits { max_wire_bytes: 100_000, max_header_bytes: 8192, ..Limits::default() };
    let fetcher = limited(&server, limits);
    for (path, expected) in [
        ("/announced", Part::Wire),
        ("/chunked", Part::Wire),
        ("/until-close", Part::Wire),
        ("/headers", Part::Headers),
        ("/many-headers", Part::Headers),
    ] {
        match fetch(&fetcher, &server.url(path)).await {
            Err(FetchError::TooLarge { part, .. }) => assert_eq!(part, expected, "{path}"),
            other => panic!("{path}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_slow_drip_ends_with_the_total_time() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/drip" => Some(html("x".repeat(1000)).dripping(Duration::from_millis(20))),
        "/silent" => Some(html("x").after(Duration::from_secs(30))),
        "/error" => Some(reply(404, "", "x".repeat(1000)).dripping(Duration::from_millis(20))),
        _ => None,
    })
    .await;
    let limits = Limits { total_seconds: 0.4, first_byte_seconds: 0.2, ..Limits::default() };
    let fetcher = limited(&server, limits);
    let started = Instant::now();
    let error = fetch(&fetcher, &server.url("/drip")).await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout { stage: Stage::Total, .. }), "{error}");
    let error = fetch(&fetcher, &server.url("/silent")).await.unwrap_err();
    assert!(matches!(error, FetchError::Timeout { stage: Stage::FirstByte, .. }), "{error}");
    assert_eq!(outcome(&fetcher, &server.url("/error")).await, "status 404");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn unwanted_types_are_refused_before_the_body() {
    let server = Server::start(|seen| {
        let content_type = match seen.path.as_str() {
            "/pdf" => "application/pdf",
            "/json" => "application/json",
            "/html" => "text/html",
            _ => return None,
        };
        // A body that never ends would time out if it were read.
        Some(raw(format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: 100000\r\n\r\nx")))
    })
    .await;
    let limits = Limits { total_seconds: 1.0, ..Limits::default() };
    let fetcher = limited(&server, limits);
    let started = Instant::now();
    assert_eq!(outcome(&fetcher, &server.url("/pdf")).await, "content_type");
    let only = |accept| Wanted { accept, ..Wanted::default() };
    let json = fetcher.fetch(&request(&server.url("/json")), &only(Accept::HTML)).await;
    assert!(matches!(json, Err(FetchError::ContentType(found)) if found == "application/json"));
    assert!(started.elapsed() < Duration::from_millis(900));
    assert_eq!(outcome(&fetcher, &server.url("/html")).await, "timeout");
}

#[tokio::test]
async fn redirects_are_followed_up_to_a_number_and_never_in_circles() {
    let server = Server::start(|seen| {
        Some(match seen.path.as_str() {
            "/robots.txt" => return None,
            "/a" => redirect("/b?x=1#fragment"),
            "/b?x=1" => redirect("done"),
            "/done" => html("done"),
            "/loop" => redirect("/loop2"),
            "/loop2" => redirect("/loop"),
            "/self" => redirect("/self"),
            "/nowhere" => reply(302, "", ""),
            path => redirect(&format!("{path}x")),
        })
    })
    .await;
    let fetcher = server.fetcher();
    let Fetched::Page(page) = fetch(&fetcher, &server.url("/a")).await.unwrap() else { panic!() };
    assert_eq!(page.url.path(), "/done");
    assert_eq!(outcome(&fetcher, &server.url("/loop")).await, "redirect_loop");
    assert_eq!(outcome(&fetcher, &server.url("/self")).await, "redirect_loop");
    assert_eq!(outcome(&fetcher, &server.url("/nowhere")).await, "status 302");
    let before = server.seen().len();
    assert_eq!(outcome(&fetcher, &server.url("/endless")).await, "too_many_redirects");
    assert_eq!(server.seen().len() - before, 6);
}

#[tokio::test]
async fn posts_go_on_as_get_and_custom_headers_stay_with_their_origin() {
    let other = Server::start(|seen| (seen.path != "/robots.txt").then(|| html("other"))).await;
    let away = other.url("/end");
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/post" => Some(redirect("/next")),
        "/keep" => Some(reply(307, "Location: /next\r\n", "")),
        "/next" => Some(html(seen.method.clone())),
        "/away" => Some(redirect(&away)),
        _ => None,
    })
    .await;
    let mut options = server.options();
    options.allow.push(other.host().parse().unwrap());
    let fetcher = Fetcher::new(options).unwrap();
    let post = |path: &str| PageRequest {
        method: Method::Post,
        body: Some("{\"q\": 1}".into()),
        headers: [("x-site-id".to_string(), "BMAR".to_string())].into(),
        ..request(&server.url(path))
    };
    for (path, expected) in [("/post", "GET"), ("/keep", "POST")] {
        let Fetched::Page(page) = fetcher.fetch(&post(path), &Wanted::default()).await.unwrap() else { panic!() };
        assert_eq!(page.text(), expected);
    }
    fetcher.fetch(&post("/away"), &Wanted::default()).await.unwrap();
    let first = server.seen().into_iter().find(|seen| seen.path == "/post").unwrap();
    assert_eq!(first.header("x-site-id"), Some("BMAR"));
    assert_eq!(first.header("content-type"), Some("application/json"));
    assert!(first.text.ends_with("{\"q\": 1}"));
    let last = other.seen().pop().unwrap();
    assert_eq!((last.method.as_str(), last.header("x-site-id"), last.header("content-type")), ("GET", None, None));
    assert!(last.header("user-agent").is_some());
}

#[tokio::test]
async fn spiders_cannot_pose_as_someone_else() {
    let server = Server::start(|_| Some(html("x"))).await;
    let fetcher = server.fetcher();
    for name in ["User-Agent", "host", "X-Forwarded-For", "Transfer-Encoding", "bad name"] {
        let mut request = request(&server.url("/"));
        request.headers.insert(name.into(), "Mozilla/5.0".into());
        assert!(matches!(fetcher.fetch(&request, &Wanted::default()).await, Err(FetchError::Request(_))), "{name}");
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn unchanged_pages_are_not_sent_again() {
    let server = Server::start(|seen| {
        let known = seen.header("if-none-match") == Some("\"v1\"") || seen.header("if-modified-since").is_some();
        match seen.path.as_str() {
            "/page" if known => Some(raw("HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n")),
            "/page" => Some(reply(200, "Content-Type: text/html\r\nETag: \"v1\"\r\n", "text")),
            "/odd" => Some(raw("HTTP/1.1 304 Not Modified\r\n\r\n")),
            _ => None,
        }
    })
    .await;
    let fetcher = server.fetcher();
    let with = |validators| Wanted { validators, ..Wanted::default() };
    let first = fetcher.fetch(&request(&server.url("/page")), &Wanted::default()).await.unwrap();
    let Fetched::Page(page) = first else { panic!() };
    let validators = Validators { etag: page.etag, last_modified: page.last_modified };
    let again = fetcher.fetch(&request(&server.url("/page")), &with(validators.clone())).await.unwrap();
    assert!(matches!(again, Fetched::NotModified(new) if new == validators));
    let date = Validators { etag: None, last_modified: Some("Fri, 06 Nov 2026 08:49:37 GMT".into()) };
    let again = fetcher.fetch(&request(&server.url("/page")), &with(date)).await.unwrap();
    assert!(matches!(again, Fetched::NotModified(new) if new.etag.as_deref() == Some("\"v1\"")));
    assert_eq!(outcome(&fetcher, &server.url("/odd")).await, "status 304");
}

#[tokio::test]
async fn error_pages_are_shown_so_that_captchas_can_be_told() {
    let server = Server::start(|seen| {
        (seen.path == "/wall").then(|| {
            reply(403, "Content-Type: text/html\r\nContent-Encoding: gzip\r\n", gzip(b"<title>Are you human?</title>"))
        })
    })
    .await;
    let error = fetch(&server.fetcher(), &server.url("/wall")).await.unwrap_err();
    let FetchError::Status { status: 403, page: Some(page) } = error else { panic!("{error}") };
    assert!(page.text().contains("Are you human?"));
}

#[tokio::test]
async fn answers_that_break_off_are_errors() {
    let server = Server::start(|seen| match seen.path.as_str() {
        "/short" => Some(raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\nx").closing()),
        "/nothing" => Some(raw("").closing()),
        "/rubbish" => Some(raw("SSH-2.0-OpenSSH\r\n\r\n").closing()),
        _ => None,
    })
    .await;
    let options = FetchOptions { retries: 0, breaker_failures: 100, ..server.options() };
    let fetcher = Fetcher::new(options).unwrap();
    for path in ["/short", "/nothing", "/rubbish"] {
        assert_eq!(outcome(&fetcher, &server.url(path)).await, "body", "{path}");
    }
}
