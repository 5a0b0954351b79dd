//! The protocol and the faults: validators, compression, character sets, failures.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    io::Read,
    time::{Duration, Instant},
};

use common::{Browser, all, attribute, one, options, start, text};
use observatory_portal::{Faults, Options, Portal};

/// All details of computrabajo in Mexico.
async fn details(browser: &Browser, origin: &str) -> Vec<String> {
    let xml = browser.get(&format!("{origin}/mx/sitemap.xml")).await.text();
    xml.split("<loc>").skip(1).map(|rest| rest.split("</loc>").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_unchanged_page_is_not_sent_again() {
    let (_running, origin, browser) = start(options()).await;
    let detail = details(&browser, &origin).await.remove(3);
    for url in [format!("{origin}/mx/trabajo-de-java"), detail] {
        let first = browser.get(&url).await;
        let (tag, day) = (first.header("etag"), first.header("last-modified"));
        assert!(tag.starts_with("W/\"") && day.ends_with("GMT"), "{tag} {day}");
        for header in [("if-none-match", tag.as_str()), ("if-modified-since", day.as_str())] {
            let again = browser.with(&url, &[header]).await;
            assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{header:?}");
            assert_eq!(again.header("etag"), tag);
        }
        let other = [("if-none-match", "W/\"0\""), ("if-modified-since", day.as_str())];
        assert_eq!(browser.with(&url, &other).await.status, 200);
        assert_eq!(browser.with(&url, &[("if-modified-since", "Thu, 01 Jan 2015 00:00:00 GMT")]).await.status, 200);
    }
}

#[tokio::test]
async fn gzip_is_sent_to_those_who_take_it_and_holds_the_same_page() {
    let (_running, origin, browser) = start(options()).await;
    for path in ["/mx/trabajo-de-java", "/co/ofertas-empleo", "/sitemap.xml"] {
        let url = format!("{origin}{path}");
        let plain = browser.get(&url).await;
        let packed = browser.with(&url, &[("accept-encoding", "br, gzip;q=0.8")]).await;
        assert_eq!(
            (packed.header("content-encoding"), plain.header("content-encoding")),
            ("gzip".into(), String::new())
        );
        assert_eq!(packed.header("etag"), plain.header("etag"));
        assert!(packed.body.len() * 3 < plain.body.len());
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
        assert_eq!(text, plain.text());
        assert_eq!(browser.with(&url, &[("accept-encoding", "gzip;q=0")]).await.header("content-encoding"), "");
    }
}

#[tokio::test]
async fn links_lead_back_to_the_name_that_the_client_used() {
    let (running, _, browser) = start(options()).await;
    let port = running.address().port();
    let page = browser.get(&format!("http://localhost:{port}/mx/trabajo-de-")).await.html();
    let next = attribute(page.root_element(), "span.buildLink[data-path]", "data-path");
    assert_eq!(next, format!("http://localhost:{port}/mx/trabajo-de-?p=2"));
}

#[tokio::test]
async fn failing_pages_say_when_to_come_back_and_then_answer() {
    let faults = Faults { fail: 0.5, ..Faults::default() };
    let (_running, origin, browser) = start(Options { faults, ..options() }).await;
    let mut failed = 0;
    for url in details(&browser, &origin).await {
        let first = browser.get(&url).await;
        if first.status == 503 {
            assert_eq!(first.header("retry-after"), "1");
            failed += 1;
        }
        assert_eq!(browser.get(&url).await.status, 200, "{url}");
    }
    assert!((12..36).contains(&failed), "{failed} of 47");
}

#[tokio::test]
async fn ads_that_are_gone_say_so_with_status_200() {
    let faults = Faults { gone: 0.5, ..Faults::default() };
    let (_running, origin, browser) = start(Options { faults, ..options() }).await;
    let mut gone = 0;
    for url in details(&browser, &origin).await {
        let page = browser.get(&url).await;
        assert_eq!(page.status, 200);
        let html = page.html();
        let offers = all(html.root_element(), "[div-link=oferta]").len();
        gone += usize::from(page.text().contains("Esta oferta ya no está disponible"));
        assert_eq!(offers == 0, page.text().contains("ya no está disponible"));
    }
    assert!((12..36).contains(&gone), "{gone} of 47");
}

#[tokio::test]
async fn latin1_pages_hold_the_same_words() {
    let (_plain, origin, browser) = start(options()).await;
    let faults = Faults { latin1: 1.0, ..Faults::default() };
    let (_latin, latin_origin, _) = start(Options { faults, ..options() }).await;
    let mut said = 0;
    for url in details(&browser, &origin).await {
        let plain = browser.get(&url).await.html();
        let latin = browser.with(&url.replace(&origin, &latin_origin), &[("accept-encoding", "gzip")]).await;
        assert!(String::from_utf8(latin.body.to_vec()).is_err());
        said += usize::from(latin.header("content-type").contains("charset=iso-8859-1"));
        let decoded = encoding_rs::WINDOWS_1252.decode(&latin.body).0.into_owned();
        let latin = scraper::Html::parse_document(&decoded);
        assert_eq!(text(one(plain.root_element(), "main")), text(one(latin.root_element(), "main")));
        assert_eq!(attribute(latin.root_element(), "meta[charset]", "charset"), "iso-8859-1");
    }
    assert!((12..36).contains(&said), "{said} of 47");
}

#[tokio::test]
async fn slow_pages_take_their_time() {
    let faults = Faults { slow: Duration::from_millis(120), slow_share: 1.0, ..Faults::default() };
    let (_running, origin, browser) = start(Options { faults, ..options() }).await;
    let start = Instant::now();
    browser.get(&format!("{origin}/mx/trabajo-de-java")).await;
    assert!(start.elapsed() >= Duration::from_millis(120));
}

#[tokio::test]
async fn it_refuses_to_be_reached_from_elsewhere_and_names_what_is_wrong() {
    let open = Options { address: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(Portal::start(open).await.unwrap_err().to_string().contains("127.0.0.1"));
    let (running, _, _) = start(options()).await;
    let taken = Options { address: running.address(), ..Options::default() };
    assert!(Portal::start(taken).await.unwrap_err().to_string().contains("another port"));
    let missing = Options { ads: Some("/nowhere/ads.jsonl".into()), ..Options::default() };
    assert!(Portal::start(missing).await.unwrap_err().to_string().contains("/nowhere/ads.jsonl"));
    assert!(Portal::start(Options { synthetic: Some(0), ..Options::default() }).await.is_err());
}

#[tokio::test]
async fn connections_are_kept_and_stopping_ends_them() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let (running, ..) = start(options()).await;
    let mut stream = tokio::net::TcpStream::connect(running.address()).await.unwrap();
    let mut buffer = vec![0; 4096];
    for _ in 0..3 {
        stream.write_all(b"GET /robots.txt HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(stream.read(&mut buffer).await.unwrap() > 0);
    }
    assert_eq!(running.served(), 3);
    running.stop().await;
    assert_eq!(stream.read(&mut buffer).await.unwrap_or(0), 0);
}
