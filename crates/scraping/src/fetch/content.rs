//! Which kinds of content a caller wants.

/// Kinds of content; what is served as another is refused before its body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accept {
    /// HTML and XHTML.
    pub html: bool,
    /// JSON and its relatives.
    pub json: bool,
    /// XML and its relatives, such as feeds; gzip files too, as sitemaps are often served.
    pub xml: bool,
    /// Plain text.
    pub text: bool,
}

impl Accept {
    /// All four kinds.
    pub const ANY: Self = Self { html: true, json: true, xml: true, text: true };
    const NONE: Self = Self { html: false, json: false, xml: false, text: false };
    /// HTML only.
    pub const HTML: Self = Self { html: true, ..Self::NONE };
    /// JSON only.
    pub const JSON: Self = Self { json: true, ..Self::NONE };
    /// XML only.
    pub const XML: Self = Self { xml: true, ..Self::NONE };

    /// What the header `Accept` says.
    pub(crate) fn header(self) -> &'static str {
        match self {
            Self { html: true, .. } => {
                "text/html,application/xhtml+xml,application/json;q=0.9,application/xml;q=0.9,*/*;q=0.5"
            }
            Self { json: true, .. } => "application/json,*/*;q=0.5",
            Self { xml: true, .. } => "application/xml,text/xml,*/*;q=0.5",
            _ => "text/plain,*/*;q=0.5",
        }
    }

    /// Whether the content type is wanted. Where the server names none, the reader will see.
    pub(crate) fn wants(self, content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "" => true,
            "text/html" | "application/xhtml+xml" => self.html,
            "application/json" | "text/json" | "application/x-json" | "text/x-json" => self.json,
            // Some APIs answer with JSON as the language that it came from.
            "text/javascript" | "application/javascript" => self.json,
            "application/xml" | "text/xml" => self.xml,
            "application/gzip" | "application/x-gzip" => self.xml,
            "text/plain" => self.text || self.json || self.xml,
            other if other.ends_with("+json") => self.json,
            other if other.ends_with("+xml") => self.xml,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_essence() {
        for (content_type, html, json, xml, any) in [
            ("text/html", true, false, false, true),
            ("Text/HTML; charset=ISO-8859-1", true, false, false, true),
            ("application/xhtml+xml", true, false, false, true),
            ("application/json;charset=utf-8", false, true, false, true),
            ("application/ld+json", false, true, false, true),
            ("application/rss+xml", false, false, true, true),
            ("application/x-gzip", false, false, true, true),
            ("text/plain", false, true, true, true),
            ("", true, true, true, true),
            ("image/png", false, false, false, false),
            ("application/pdf", false, false, false, false),
            ("application/octet-stream", false, false, false, false),
            ("video/mp4; codecs=text/html", false, false, false, false),
        ] {
            let wanted = [Accept::HTML, Accept::JSON, Accept::XML, Accept::ANY].map(|kind| kind.wants(content_type));
            assert_eq!(wanted, [html, json, xml, any], "{content_type}");
        }
    }
}
