//! The web page over HTTP: files, the page's own addresses, headers, and what is no file of it.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;

use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn get(base: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let mut request = http::Request::get(format!("{base}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = client.request(request.body(Empty::new()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

#[tokio::test]
async fn a_built_page_is_served_with_its_headers() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("assets")).unwrap();
    fs::write(dir.path().join("index.html"), "<!doctype html>the page").unwrap();
    fs::write(dir.path().join("assets/a-1.js"), "let plain").unwrap();
    fs::write(dir.path().join("assets/a-1.js.br"), "brotli").unwrap();
    let page_dir = dir.path().to_str().unwrap().to_string();
    let kit = observatory_testkit::Kit::start().await;
    let (database, redis) = (kit.database_url(), kit.redis_url());
    let gateway = common::Gateway::start_with(kit, database, redis, |config| config.service.page_dir = page_dir).await;
    let base = gateway.running.url();

    // The page answers for its own addresses, and is asked for anew.
    for path in ["/", "/skills?country=MX", "/ads/0b5fa5"] {
        let page = get(&base, path, &[]).await;
        assert_eq!((page.status, page.body.as_slice()), (200, b"<!doctype html>the page".as_slice()), "{path}");
        assert_eq!(page.header("cache-control"), "no-cache");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("script-src 'self';") && policy.ends_with("frame-ancestors 'self'"), "{policy}");
        let again = get(&base, path, &[("if-none-match", page.header("etag"))]).await;
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    assert!(get(&base, "/embed/skills", &[]).await.header("content-security-policy").ends_with("frame-ancestors *"));

    // Files whose names change with what they hold are kept for good, and sent as small as can be.
    let script = get(&base, "/assets/a-1.js", &[]).await;
    assert_eq!(
        (script.header("content-type"), script.body.as_slice()),
        ("text/javascript; charset=utf-8", b"let plain".as_slice())
    );
    assert_eq!(script.header("cache-control"), "public, max-age=31536000, immutable");
    let small = get(&base, "/assets/a-1.js", &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((small.header("content-encoding"), small.body.as_slice()), ("br", b"brotli".as_slice()));

    // What isn't there is not the page.
    for path in ["/assets/gone.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml", "/api/no-such-thing"] {
        assert_eq!(get(&base, path, &[]).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn where_no_page_was_built_it_says_how() {
    let gateway = common::Gateway::start().await;
    let page = get(&gateway.running.url(), "/", &[]).await;
    assert!(String::from_utf8_lossy(&page.body).contains("scripts/ui.sh"));
    assert_eq!(get(&gateway.running.url(), "/skills", &[]).await.status, 404);
}
