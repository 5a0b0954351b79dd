//! Recognises tags, and decides whether a text is HTML at all.

use memchr::{memchr, memchr_iter, memmem, memrchr};

/// What an element does to the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: `b`, `span`, `a`.
    Inline,
    /// Something stands there that isn't text: `img`, `input`.
    Object,
    Block,
    Heading,
    List,
    OrderedList,
    Item,
    Row,
    Cell,
    Break,
    /// Keeps its newlines: `pre`, `textarea`.
    Pre,
    /// Its content isn't markup and isn't shown: `script`, `style`.
    Raw,
    /// Its content isn't shown: `head`, `template`, `noscript`.
    Hidden,
}

/// A lower-cased element name. Names longer than the buffer aren't HTML's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    bytes: [u8; 16],
    length: usize,
}

impl Name {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn kind(&self) -> Option<Kind> {
        Some(match self.as_bytes() {
            b"p" | b"div" | b"section" | b"article" | b"aside" | b"header" | b"footer" | b"main" | b"nav"
            | b"address" | b"blockquote" | b"center" | b"figure" | b"figcaption" | b"form" | b"fieldset"
            | b"legend" | b"details" | b"summary" | b"dialog" | b"dl" | b"dt" | b"dd" | b"caption" | b"hr"
            | b"option" | b"optgroup" | b"search" => Kind::Block,
            b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" => Kind::Heading,
            b"ul" | b"menu" | b"dir" => Kind::List,
            b"ol" => Kind::OrderedList,
            b"li" => Kind::Item,
            b"tr" | b"table" | b"thead" | b"tbody" | b"tfoot" => Kind::Row,
            b"td" | b"th" => Kind::Cell,
            b"br" => Kind::Break,
            b"pre" | b"textarea" | b"listing" => Kind::Pre,
            b"script" | b"style" | b"iframe" | b"noembed" | b"noframes" | b"title" => Kind::Raw,
            b"head" | b"template" | b"noscript" | b"svg" | b"audio" | b"video" | b"canvas" | b"datalist"
            | b"object" => Kind::Hidden,
            b"img" | b"input" | b"button" | b"select" | b"embed" | b"progress" | b"meter" | b"picture" => Kind::Object,
            b"a" | b"abbr" | b"acronym" | b"b" | b"base" | b"bdi" | b"bdo" | b"big" | b"body" | b"cite" | b"code"
            | b"col" | b"colgroup" | b"data" | b"del" | b"dfn" | b"em" | b"font" | b"html" | b"i" | b"ins" | b"kbd"
            | b"label" | b"link" | b"map" | b"mark" | b"math" | b"meta" | b"nobr" | b"output" | b"param" | b"q"
            | b"ruby" | b"rt" | b"rp" | b"s" | b"samp" | b"small" | b"source" | b"span" | b"strike" | b"strong"
            | b"sub" | b"sup" | b"time" | b"track" | b"tt" | b"u" | b"var" | b"wbr" | b"area" | b"hgroup" | b"slot" => {
                Kind::Inline
            }
            // Word's and Outlook's `o:p`, and custom elements such as `app-job-detail`.
            name if name.iter().any(|b| matches!(b, b':' | b'-')) => Kind::Inline,
            _ => return None,
        })
    }

    pub(super) fn is_void(&self) -> bool {
        matches!(
            self.as_bytes(),
            b"br"
                | b"hr"
                | b"img"
                | b"input"
                | b"meta"
                | b"link"
                | b"wbr"
                | b"area"
                | b"base"
                | b"col"
                | b"embed"
                | b"source"
                | b"track"
                | b"param"
        )
    }
}

/// A tag of a known element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag<'a> {
    pub(super) name: Name,
    pub(super) kind: Kind,
    pub(super) closing: bool,
    pub(super) attributes: &'a str,
    /// Where the text goes on; the end of the document for a tag that was cut off.
    pub(super) end: usize,
    /// It ends with its own '>'.
    pub(super) complete: bool,
}

/// The tag at `at` (a '<'), or nothing if a reader would see that '<' as a character:
/// "a<b", "<3", "List<String>", "<correo@empresa.com>".
pub(super) fn tag(text: &str, at: usize) -> Option<Tag<'_>> {
    let bytes = text.as_bytes();
    let closing = bytes.get(at + 1) == Some(&b'/');
    let start = at + 1 + usize::from(closing);
    let (name, after) = name(bytes, start)?;
    let kind = name.kind()?;
    let (attributes_end, end) = tag_end(bytes, after)?;
    let attributes = text.get(after..attributes_end)?;
    let complete = end > attributes_end;
    if !closing && !plausible(&name, attributes, complete) {
        return None;
    }
    Some(Tag { name, kind, closing, attributes, end, complete })
}

fn name(bytes: &[u8], start: usize) -> Option<(Name, usize)> {
    let mut name = Name { bytes: [0; 16], length: 0 };
    if !bytes.get(start)?.is_ascii_alphabetic() {
        return None;
    }
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let inner = matches!(byte, b':' | b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
        if !byte.is_ascii_alphanumeric() && !inner {
            break;
        }
        // A longer name can only be a custom element's: its beginning is enough.
        if name.length < name.bytes.len() {
            name.bytes[name.length] = byte.to_ascii_lowercase();
            name.length += 1;
        } else if at - start > 64 {
            return None;
        }
        at += 1;
    }
    match bytes.get(at) {
        None | Some(b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0C | b'<') => Some((name, at)),
        Some(_) => None,
    }
}

/// Where the attributes and the tag end. A tag without '>' ends at the next '<' or with the document.
///
/// Linear over a document: outside quotes it stops at '<', and a quote opens only after '='.
fn tag_end(bytes: &[u8], start: usize) -> Option<(usize, usize)> {
    let mut at = start;
    let mut after_equals = false;
    let mut quotes_left = 64; // of an unclosed quote, each looked for to the end of the document
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'>' => return Some((at, at + 1)),
            b'<' => return Some((at, at)),
            b'"' | b'\'' if after_equals && quotes_left > 0 => match memchr(byte, &bytes[at + 1..]) {
                Some(length) => at += 1 + length,
                None => quotes_left = 0,
            },
            _ => {}
        }
        after_equals = byte == b'=' || after_equals && byte.is_ascii_whitespace();
        at += 1;
    }
    Some((at, at))
}

/// Whether what follows a known name looks like attributes. "<b and c>" doesn't, nor does "<p values".
fn plausible(name: &Name, attributes: &str, complete: bool) -> bool {
    let attributes = attributes.trim();
    if attributes.is_empty() || attributes == "/" || attributes.eq_ignore_ascii_case("hidden") {
        return true;
    }
    if ["=\"", "='"].iter().any(|value| attributes.contains(value)) {
        return true;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'_' | b'@');
    let first = attributes.bytes().take_while(|b| is_name(b)).count();
    if first > 0 && attributes[first..].trim_ascii_start().starts_with('=') {
        return true;
    }
    // A lone attribute such as "disabled", or a tag that the document's end cut off.
    name.length > 1 && (attributes.contains('=') || attributes.len() < if complete { 200 } else { 24 })
}

/// Attribute names and values of a tag.
pub(super) fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest
            .bytes()
            .skip(1)
            .position(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'/'))
            .map_or(rest.len(), |n| n + 1);
        let (name, after) = rest.split_at_checked(end)?;
        let Some(value) = after.trim_ascii_start().strip_prefix('=') else {
            rest = after;
            return Some((name, ""));
        };
        let value = value.trim_ascii_start();
        let (value, after) = match value.as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => value[1..].split_once(*quote as char).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        rest = after;
        Some((name, value))
    })
}

/// Whether the author hid the element: `hidden`, `display: none`, `visibility: hidden`.
pub(super) fn is_hidden(tag: &Tag<'_>) -> bool {
    if tag.attributes.len() < 6 {
        return false;
    }
    attributes(tag.attributes).any(|(name, value)| {
        name.eq_ignore_ascii_case("hidden")
            || name.eq_ignore_ascii_case("style") && {
                let style: String =
                    value.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
                style.contains("display:none") || style.contains("visibility:hidden")
            }
    })
}

/// What a look at the tags of a text says about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// It is HTML, not text that contains '<'.
    pub(super) is_html: bool,
    /// Elements make its lines; without any, its newlines do.
    pub(super) has_blocks: bool,
}

/// Looks at the tags of a text. A closing tag, a `<br>` or `<img>`, an attribute, a comment, a text that begins with
/// a tag, or a second `<p>` or `<li>` show HTML; a `<div>` mentioned in a sentence doesn't.
pub(super) fn survey(text: &str) -> Survey {
    let bytes = text.as_bytes();
    let mut survey = Survey::default();
    let mut repeated = 0;
    let first = bytes.iter().position(|b| !b.is_ascii_whitespace());
    let last_end = memrchr(b'>', bytes).unwrap_or(0);
    let mut comments_close = true;
    let mut next = 0;
    for at in memchr_iter(b'<', bytes) {
        if at < next {
            continue;
        }
        if matches!(bytes.get(at + 1), Some(b'!' | b'?')) {
            let is_comment = bytes[at..].starts_with(b"<!--");
            if at < last_end && (!is_comment || comments_close) {
                let end = declaration(bytes, at);
                next = end.unwrap_or(next);
                comments_close &= !is_comment || end.is_some();
                survey.is_html |= end.is_some() && (is_comment || Some(at) == first);
            }
            continue;
        }
        let Some(tag) = tag(text, at) else { continue };
        next = tag.end;
        let custom = tag.name.as_bytes().contains(&b'-');
        let has_attribute = tag.attributes.contains('=');
        if matches!(tag.name.as_bytes(), b"p" | b"li") && !tag.closing {
            repeated += 1;
        }
        let shows_html = tag.closing || has_attribute || Some(at) == first || tag.kind == Kind::Break;
        survey.is_html |= tag.complete && (shows_html && !custom || repeated > 1);
        survey.has_blocks |= !matches!(tag.kind, Kind::Inline | Kind::Object | Kind::Raw | Kind::Hidden);
        if survey.is_html && survey.has_blocks {
            break;
        }
    }
    survey
}

/// The end of a comment, doctype or processing instruction at `at`, if it has one.
pub(super) fn declaration(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    if rest.starts_with(b"<!--") {
        return memmem::find(&rest[4..], b"-->").map(|n| at + 4 + n + 3);
    }
    let word = rest.get(2).copied().unwrap_or(b' ');
    if !word.is_ascii_alphabetic() && word != b'[' {
        return None;
    }
    memchr(b'>', rest).map(|n| at + n + 1)
}
