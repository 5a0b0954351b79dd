//! A fetched page.

use std::{borrow::Cow, time::Duration};

use chrono::{DateTime, Utc};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use url::Url;

/// A page as it was served, decompressed.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its address, after redirects.
    pub url: Url,
    /// HTTP status.
    pub status: u16,
    /// The header `Content-Type`, or empty.
    pub content_type: String,
    /// The body, decompressed.
    pub body: Vec<u8>,
    /// When the answer was complete.
    pub fetched_at: DateTime<Utc>,
    /// From sending the last request of the chain to the end of its answer.
    pub elapsed: Duration,
    /// The header `ETag`, to ask later whether the page has changed.
    pub etag: Option<String>,
    /// The header `Last-Modified`, likewise.
    pub last_modified: Option<String>,
}

impl Page {
    /// A page with status 200, fetched now.
    pub fn new(url: Url, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            url,
            status: 200,
            content_type: content_type.into(),
            body: body.into(),
            fetched_at: Utc::now(),
            elapsed: Duration::ZERO,
            etag: None,
            last_modified: None,
        }
    }

    /// The body as text: by byte order mark, then the header, then `<meta charset>` or the XML declaration
    /// in its first 1,024 bytes, then UTF-8 where it is valid, then Windows-1252.
    pub fn text(&self) -> Cow<'_, str> {
        self.encoding().decode(&self.body).0
    }

    fn encoding(&self) -> &'static Encoding {
        if let Some((encoding, _)) = Encoding::for_bom(&self.body) {
            return encoding;
        }
        let header = self.content_type.to_ascii_lowercase();
        if let Some(encoding) = charset_in(header.as_bytes()).and_then(Encoding::for_label) {
            return encoding;
        }
        if let Some(encoding) = declared(&self.body[..self.body.len().min(1024)]) {
            return encoding;
        }
        // The first 64 KiB may be ASCII and the rest not, so all of it counts.
        if std::str::from_utf8(&self.body).is_ok() { UTF_8 } else { WINDOWS_1252 }
    }
}

/// The encoding that the document itself names. It was readable as ASCII, so it isn't UTF-16, whatever it says.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = head.to_ascii_lowercase();
    let mut rest = head.as_slice();
    let label = if rest.starts_with(b"<?xml") {
        let declaration = &rest[..find(rest, b"?>")?];
        value_of(declaration, b"encoding")
    } else {
        loop {
            let tag = find(rest, b"<")?;
            rest = &rest[tag..];
            if rest.starts_with(b"<!--") {
                rest = &rest[find(rest, b"-->")?..];
            } else if rest.starts_with(b"<meta") {
                let end = find(rest, b">").unwrap_or(rest.len());
                if let Some(label) = charset_in(&rest[..end]) {
                    break Some(label);
                }
                rest = &rest[end..];
            } else {
                rest = &rest[1..];
            }
        }
    };
    let encoding = Encoding::for_label(label?)?;
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

fn charset_in(text: &[u8]) -> Option<&[u8]> {
    value_of(text, b"charset")
}

/// The value behind `NAME=`, with or without quotes; white space around `=` is as common as it is wrong.
fn value_of<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut rest = text;
    loop {
        rest = &rest[find(rest, name)? + name.len()..];
        let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else { continue };
        let value = value.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let end = value
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\'' | b';' | b'>' | b'/') || byte.is_ascii_whitespace());
        return Some(&value[..end.unwrap_or(value.len())]);
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content_type: &str, body: &[u8]) -> String {
        Page::new("https://example.com/".parse().unwrap(), content_type, body).text().into_owned()
    }

    #[test]
    fn latin_1_by_header() {
        assert_eq!(text("text/html; charset=ISO-8859-1", b"Dise\xf1ador"), "Diseñador");
        assert_eq!(text("text/html;Charset = \"latin1\"", b"Dise\xf1ador"), "Diseñador");
    }

    #[test]
    fn windows_1252_where_nothing_is_said_and_utf8_is_broken() {
        assert_eq!(text("text/html", b"\x80 2.000 \x96 a\xf1o"), "€ 2.000 – año");
    }

    #[test]
    fn utf8_where_nothing_is_said_and_it_is_valid() {
        assert_eq!(text("", "Diseñador €".as_bytes()), "Diseñador €");
    }

    #[test]
    fn a_byte_order_mark_beats_the_header_and_is_not_text() {
        assert_eq!(text("text/html; charset=iso-8859-1", "\u{feff}año".as_bytes()), "año");
        assert_eq!(text("text/html", b"\xff\xfea\0\xf1\0o\0"), "año");
        assert_eq!(text("text/html; charset=utf-8", b"\xfe\xff\0a\0\xf1\0o"), "año");
    }

    #[test]
    fn utf16_by_header_without_a_mark() {
        assert_eq!(text("text/html; charset=utf-16le", b"a\0\xf1\0o\0"), "año");
    }

    #[test]
    fn meta_tags_name_the_charset() {
        for meta in [
            "<meta charset=windows-1252>",
            "<META CHARSET = 'iso-8859-1'/>",
            "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=ISO-8859-15\">",
            "<!-- <meta charset=utf-8> --><meta name=charset><meta charset=\"latin1\">",
        ] {
            let body = [meta.as_bytes(), b"a\xf1o"].concat();
            assert!(text("text/html", &body).ends_with("año"), "{meta}");
        }
    }

    #[test]
    fn meta_that_claims_utf16_means_utf8() {
        assert!(text("text/html", "<meta charset=utf-16>año".as_bytes()).ends_with("año"));
    }

    #[test]
    fn meta_behind_the_first_kilobyte_is_not_looked_for() {
        let body = [&[b' '; 1100][..], "<meta charset=iso-8859-1>año".as_bytes()].concat();
        assert!(text("text/html", &body).ends_with("año"));
    }

    #[test]
    fn xml_names_its_encoding() {
        assert!(
            text("application/xml", b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>a\xf1o</a>").contains("año")
        );
    }

    #[test]
    fn unknown_charsets_are_passed_over() {
        assert_eq!(text("text/html; charset=klingon", "año".as_bytes()), "año");
    }
}
