//! A client as plain as can be, and shortcuts to what pages hold.

#![allow(clippy::unwrap_used, dead_code)]

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use observatory_portal::{Options, Portal, Running};
use scraper::{ElementRef, Html, Selector};

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub fn html(&self) -> Html {
        Html::parse_document(&self.text())
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }
}

pub struct Browser(Client<HttpConnector, Full<Bytes>>);

impl Browser {
    pub fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    pub async fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::from(body.to_owned())).unwrap();
        let (head, body) = self.0.request(request).await.unwrap().into_parts();
        Answer { status: head.status, headers: head.headers, body: body.collect().await.unwrap().to_bytes() }
    }

    pub async fn with(&self, url: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", url, headers, "").await
    }

    pub async fn get(&self, url: &str) -> Answer {
        self.with(url, &[]).await
    }

    pub async fn search(&self, origin: &str, site: &str, query: &str, parameters: &str) -> serde_json::Value {
        let url = format!("{origin}/api/avisos/searchV2?{parameters}&sort=RECIENTES");
        let body = format!("{{\"filtros\":[],\"query\":\"{query}\",\"internacional\":false}}");
        let answer = self.send("POST", &url, &[("x-site-id", site), ("content-type", "application/json")], &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }
}

/// The day after which the shipped ads were posted.
pub fn options() -> Options {
    Options { today: Some("2026-11-23".parse().unwrap()), ..Options::default() }
}

pub async fn start(options: Options) -> (Running, String, Browser) {
    let running = Portal::start(options).await.unwrap();
    let origin = running.origin().to_owned();
    (running, origin, Browser::new())
}

pub fn all<'a>(root: ElementRef<'a>, selector: &str) -> Vec<ElementRef<'a>> {
    root.select(&Selector::parse(selector).unwrap()).collect()
}

pub fn one<'a>(root: ElementRef<'a>, selector: &str) -> ElementRef<'a> {
    *all(root, selector).first().unwrap_or_else(|| panic!("{selector} is not there"))
}

pub fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn texts(root: ElementRef<'_>, selector: &str) -> Vec<String> {
    all(root, selector).into_iter().map(text).collect()
}

pub fn attribute(root: ElementRef<'_>, selector: &str, name: &str) -> String {
    one(root, selector).attr(name).unwrap().to_owned()
}

/// The shipped ads.
pub fn samples() -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/ads.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Title, company and place of a shipped ad.
pub fn key(ad: &serde_json::Value) -> [String; 3] {
    ["title", "company", "location"].map(|field| ad[field].as_str().unwrap().to_owned())
}
