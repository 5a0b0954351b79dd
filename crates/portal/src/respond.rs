//! From a page to an HTTP answer: validators, character sets, compression.

use std::hash::Hasher;

use bytes::Bytes;
use chrono::NaiveDate;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use rustc_hash::FxHasher;

use crate::{body::Body, dates, page::Page};

/// Smaller bodies are not worth compressing.
const MIN_GZIP: usize = 512;

/// An answer before it is encoded.
#[derive(Debug)]
pub struct Reply<'a> {
    /// Status.
    pub status: StatusCode,
    /// Without its character set.
    pub content_type: &'static str,
    /// The body.
    pub page: Page<'a>,
    /// For `Last-Modified`.
    pub modified: Option<NaiveDate>,
}

impl<'a> Reply<'a> {
    /// A page of HTML.
    pub fn html(page: Page<'a>) -> Self {
        Self { status: StatusCode::OK, content_type: "text/html", page, modified: None }
    }

    /// Any text.
    pub fn text(status: StatusCode, content_type: &'static str, text: impl Into<String>) -> Self {
        let mut page = Page::new();
        page.text = text.into();
        Self { status, content_type, page, modified: None }
    }

    /// With the day of the last change.
    pub fn modified(mut self, day: Option<NaiveDate>) -> Self {
        self.modified = day;
        self
    }
}

/// A page's character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8.
    Utf8,
    /// Windows-1252, said in the header too.
    Latin1,
    /// Windows-1252, said only in the page.
    Latin1Unsaid,
}

impl Charset {
    /// For `<meta charset>`.
    pub fn name(self) -> &'static str {
        if self == Self::Utf8 { "utf-8" } else { "iso-8859-1" }
    }
}

/// Encodes an answer as the request's headers ask for it.
pub fn respond(reply: Reply<'_>, asked: &HeaderMap, charset: Charset) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::new()));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    if reply.status == StatusCode::OK {
        let tag = etag(&reply.page.text, charset);
        let unchanged = unchanged(asked, &tag, reply.modified);
        insert(headers, header::ETAG, tag);
        if let Some(day) = reply.modified {
            insert(headers, header::LAST_MODIFIED, dates::http_day(day));
        }
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if unchanged {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
    }
    let content_type = match charset {
        Charset::Latin1Unsaid => reply.content_type.to_owned(),
        _ => format!("{}; charset={}", reply.content_type, charset.name()),
    };
    insert(headers, header::CONTENT_TYPE, content_type);
    let page = if charset == Charset::Utf8 { Ok(reply.page) } else { Err(latin1(&reply.page.text)) };
    let gzip = takes_gzip(asked);
    let bytes = match page {
        Ok(page) if gzip && page.text.len() >= MIN_GZIP => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            page.gzip()
        }
        Ok(page) => page.text.into_bytes(),
        Err(bytes) => bytes,
    };
    *response.body_mut() = Body::from(bytes);
    response
}

fn insert(headers: &mut HeaderMap, name: header::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(name, value);
    }
}

/// What Windows-1252 lacks becomes a numeric reference, as browsers and servers do.
fn latin1(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

/// Weak: the same for the compressed form.
fn etag(text: &str, charset: Charset) -> String {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.write_u8(charset as u8);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// RFC 9110, 13.2.2: `If-Modified-Since` counts only without `If-None-Match`.
fn unchanged(asked: &HeaderMap, tag: &str, modified: Option<NaiveDate>) -> bool {
    let text = |name| asked.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        return tags.split(',').map(str::trim).any(|other| other == tag || other == "*");
    }
    let since = text(header::IF_MODIFIED_SINCE).and_then(dates::parse_http);
    let changed = modified.and_then(|day| dates::parse_http(&dates::http_day(day)));
    since.zip(changed).is_some_and(|(since, changed)| changed <= since)
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    let encodings = asked.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    encodings.split(',').map(str::trim).any(|encoding| encoding.starts_with("gzip") && !encoding.ends_with("q=0"))
}
