//! robots.txt: reading it and asking it (RFC 9309).

use std::time::Duration;

use memchr::memmem;

/// What lies behind this is not read (RFC 9309, 2.5).
pub const MAX_BYTES: usize = 500 << 10;

const MAX_SITEMAPS: usize = 1000;

/// The part of a robots.txt that concerns one crawler.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    /// Longest pattern first, allow before disallow, so the first match decides.
    rules: Vec<Rule>,
    /// As written, not capped.
    pub crawl_delay: Option<Duration>,
    /// Addresses of sitemaps, for all crawlers.
    pub sitemaps: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    allow: bool,
    /// Normalised, without the `$` at the end; `*` stands for anything.
    pattern: Box<str>,
    /// Whether a `$` at the end asks for the end of the path.
    anchored: bool,
}

/// Rules and delay of the groups for one kind of agent.
#[derive(Default)]
struct Group {
    named: bool,
    rules: Vec<Rule>,
    crawl_delay: Option<Duration>,
}

impl Robots {
    /// Reads a file for the crawler with this product token. Never fails: what can't be understood is passed over.
    pub fn parse(body: &[u8], product: &str) -> Self {
        // A line that was cut in two might say the opposite of what it did.
        let body = match body.get(..MAX_BYTES) {
            Some(start) => &start[..memchr::memrchr2(b'\n', b'\r', start).unwrap_or(0)],
            None => body,
        };
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);

        let (mut own, mut all) = (Group::default(), Group::default());
        let mut sitemaps = Vec::new();
        // Which groups the lines belong to, and whether the next `User-agent` line starts a new group.
        let (mut for_own, mut for_all, mut in_rules) = (false, false, false);
        for line in body.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = String::from_utf8_lossy(line);
            let Some((key, value)) = key_and_value(&line) else { continue };
            match Key::of(key) {
                Key::UserAgent => {
                    if in_rules {
                        (for_own, for_all, in_rules) = (false, false, false);
                    }
                    if is_all(value) {
                        for_all = true;
                        all.named = true;
                    } else if agent_token(value).eq_ignore_ascii_case(product) {
                        for_own = true;
                        own.named = true;
                    }
                }
                Key::Rule { allow } => {
                    in_rules = true;
                    let Some(rule) = Rule::new(allow, value) else { continue };
                    if for_own {
                        own.rules.push(rule.clone());
                    }
                    if for_all {
                        all.rules.push(rule);
                    }
                }
                // Not in the RFC, so these must not disturb the groups.
                Key::CrawlDelay => {
                    let Some(delay) = value.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok()) else {
                        continue;
                    };
                    for group in [for_own.then_some(&mut own), for_all.then_some(&mut all)].into_iter().flatten() {
                        group.crawl_delay = group.crawl_delay.max(Some(delay));
                    }
                }
                Key::Sitemap if sitemaps.len() < MAX_SITEMAPS && value.starts_with("http") => {
                    sitemaps.push(value.to_string());
                }
                Key::Sitemap | Key::Other => {}
            }
        }
        let Group { mut rules, crawl_delay, .. } = if own.named { own } else { all };
        rules.sort_by_key(|rule| (std::cmp::Reverse(rule.octets()), !rule.allow));
        Self { rules, crawl_delay, sitemaps }
    }

    /// Whether a path with its query may be asked for.
    pub fn allows(&self, path_and_query: &str) -> bool {
        if self.rules.is_empty() || path_and_query == "/robots.txt" {
            return true;
        }
        let path = normalise(path_and_query, Kind::Path);
        self.rules.iter().find(|rule| rule.matches(&path)).is_none_or(|rule| rule.allow)
    }
}

impl Rule {
    /// `None` for an empty pattern, which says nothing.
    fn new(allow: bool, value: &str) -> Option<Self> {
        let (pattern, anchored) = match value.strip_suffix('$') {
            Some(pattern) => (pattern, true),
            None => (value, false),
        };
        if value.is_empty() {
            return None;
        }
        Some(Self { allow, pattern: normalise(pattern, Kind::Pattern).into(), anchored })
    }

    fn octets(&self) -> usize {
        self.pattern.len() + usize::from(self.anchored)
    }

    /// Leftmost search for each piece between the stars; linear in the path.
    fn matches(&self, path: &str) -> bool {
        let mut pieces = self.pattern.split('*');
        let Some(mut rest) = path.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
        let mut starred = false;
        let mut pieces = pieces.peekable();
        while let Some(piece) = pieces.next() {
            starred = true;
            if pieces.peek().is_none() && self.anchored {
                return rest.ends_with(piece);
            }
            let Some(at) = memmem::find(rest.as_bytes(), piece.as_bytes()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        starred || !self.anchored || rest.is_empty()
    }
}

enum Key {
    UserAgent,
    Rule { allow: bool },
    CrawlDelay,
    Sitemap,
    Other,
}

impl Key {
    /// Common misspellings count: who wrote them meant to be obeyed.
    fn of(key: &str) -> Self {
        match key.to_ascii_lowercase().as_str() {
            "user-agent" | "useragent" | "user agent" => Self::UserAgent,
            "disallow" | "dissallow" | "dissalow" | "disalow" | "diasllow" | "disallaw" => Self::Rule { allow: false },
            "allow" => Self::Rule { allow: true },
            "crawl-delay" | "crawldelay" | "crawl delay" => Self::CrawlDelay,
            "sitemap" | "site-map" => Self::Sitemap,
            _ => Self::Other,
        }
    }
}

/// Splits at the colon, or at white space where the colon was forgotten; comments are cut off.
fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let line = line.split('#').next().unwrap_or_default().trim();
    if let Some((key, value)) = line.split_once(':') {
        return Some((key.trim(), value.trim()));
    }
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(key), Some(value), None) => Some((key, value)),
        _ => None,
    }
}

fn is_all(agent: &str) -> bool {
    agent.strip_prefix('*').is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// The product token at the start, so that `Bot/2.1` names `Bot`.
fn agent_token(agent: &str) -> &str {
    let end = agent.find(|c: char| !(c.is_ascii_alphabetic() || c == '-' || c == '_')).unwrap_or(agent.len());
    &agent[..end]
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Path,
    Pattern,
}

/// One spelling for paths and patterns: escapes of unreserved characters are undone, all others are upper case, and
/// what must be escaped is. In a path, `*` and `$` are escaped: a pattern names them as `%2A` and `%24`.
fn normalise(text: &str, kind: Kind) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        let escaped = (byte == b'%').then(|| bytes.get(at..at + 2).and_then(hex)).flatten();
        let (byte, keep) = match escaped {
            Some(byte) => {
                at += 2;
                (byte, is_unreserved(byte))
            }
            None => (byte, is_unreserved(byte) || is_plain(byte) || (byte == b'*' && kind == Kind::Pattern)),
        };
        if keep {
            out.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            out.extend(['%', DIGITS[usize::from(byte >> 4)].into(), DIGITS[usize::from(byte & 15)].into()]);
        }
    }
    out
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? << 4 | digit(digits[1])?).ok()
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Reserved characters (RFC 3986, 2.2) but `*`, `$`, `[` and `]`, and a `%` that escapes nothing.
fn is_plain(byte: u8) -> bool {
    matches!(
        byte,
        b':' | b'/' | b'?' | b'#' | b'@' | b'!' | b'&' | b'\'' | b'(' | b')' | b'+' | b',' | b';' | b'=' | b'%'
    )
}

#[cfg(test)]
mod tests;
