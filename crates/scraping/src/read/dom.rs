//! Reading HTML: text, HTML, and the readable part of a page.

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memchr_iter;
use scraper::node::Node;
use scraper::{ElementRef, Html, Selector};

use super::ReadError;

/// Elements nested deeper than this aren't a page: the parser and selectors would take quadratic time.
const DEEPEST: usize = 1_000;

/// Parses a page once.
pub(super) fn parse(text: &str) -> Result<Html, ReadError> {
    if deepest(text) > DEEPEST {
        let got = format!("elements nested more than {DEEPEST} deep");
        return Err(ReadError::WrongFormat { expected: "HTML".to_owned(), got });
    }
    Ok(Html::parse_document(text))
}

/// An upper bound of the nesting, by counting tags. Elements that need no end tag don't count.
fn deepest(text: &str) -> usize {
    const FLAT: [&[u8]; 26] = [
        b"area", b"base", b"body", b"br", b"col", b"dd", b"dt", b"embed", b"head", b"hr", b"html", b"image", b"img",
        b"input", b"li", b"link", b"meta", b"option", b"p", b"param", b"path", b"source", b"track", b"wbr", b"td",
        b"tr",
    ];
    let bytes = text.as_bytes();
    let (mut depth, mut deepest) = (0usize, 0);
    for open in memchr_iter(b'<', bytes) {
        let rest = &bytes[open + 1..];
        let closing = rest.first() == Some(&b'/');
        let name = if closing { &rest[1..] } else { rest };
        let length = name.iter().take(16).take_while(|b| b.is_ascii_alphanumeric()).count();
        if length == 0 || FLAT.iter().any(|flat| flat.eq_ignore_ascii_case(&name[..length])) {
            continue;
        }
        if closing {
            depth = depth.saturating_sub(1);
        } else {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

/// Whitespace runs become one space.
pub(super) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(256));
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn is_invisible(name: &str) -> bool {
    matches!(name, "script" | "style" | "template" | "noscript" | "svg")
}

fn breaks(name: &str) -> bool {
    matches!(
        name,
        "br" | "p" | "div" | "li" | "ul" | "ol" | "td" | "tr" | "dt" | "dd" | "h1" | "h2" | "h3" | "h4" | "section"
    )
}

/// The text that a reader sees, on one line.
pub(super) fn text(element: ElementRef<'_>) -> String {
    visible(element, usize::MAX)
}

/// The same, cut after some bytes.
pub(super) fn visible(element: ElementRef<'_>, most: usize) -> String {
    let mut raw = String::new();
    let mut next = Some(*element);
    while let Some(node) = next {
        let mut into = true;
        match node.value() {
            Node::Text(piece) => raw.push_str(piece),
            Node::Element(e) if is_invisible(e.name()) => into = node.id() == element.id(),
            Node::Element(e) if breaks(e.name()) => raw.push(' '),
            _ => {}
        }
        if raw.len() > most {
            break;
        }
        next = node.first_child().filter(|_| into);
        let mut at = node;
        while next.is_none() && at.id() != element.id() {
            if at.value().as_element().is_some_and(|e| breaks(e.name())) {
                raw.push(' ');
            }
            next = at.next_sibling();
            match at.parent() {
                Some(parent) if next.is_none() => at = parent,
                _ => break,
            }
        }
    }
    collapse(&raw)
}

/// Text that stands directly in the element, not in those within.
pub(super) fn own_text(element: ElementRef<'_>) -> String {
    let pieces = element.children().filter_map(|child| child.value().as_text().map(|text| &**text));
    collapse(&pieces.collect::<Vec<_>>().join(" "))
}

/// All text as written, also of scripts.
pub(super) fn raw_text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// HTML within the element.
pub(super) fn inner_html(element: ElementRef<'_>) -> String {
    element.inner_html().trim().to_owned()
}

/// Whether HTML holds any letter or digit outside of tags.
pub(super) fn has_text(html: &str) -> bool {
    let mut in_tag = false;
    html.chars().any(|c| {
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ => {}
        }
        !in_tag && c.is_alphanumeric()
    })
}

/// Least length of a readable text.
const READABLE: usize = 200;

/// The element that holds most of the text that isn't navigation, and its HTML.
pub(super) fn readable(dom: &Html) -> Option<String> {
    static BODY: LazyLock<Option<Selector>> = LazyLock::new(|| Selector::parse("body").ok());
    let body = dom.select(BODY.as_ref()?).next()?;
    let mut lengths = HashMap::new();
    let mut next = Some(*body);
    while let Some(node) = next {
        let mut into = true;
        match node.value() {
            Node::Element(e) => {
                into = !is_invisible(e.name())
                    && !matches!(e.name(), "nav" | "header" | "footer" | "aside" | "form" | "a" | "button" | "select");
            }
            Node::Text(text) => {
                let length: usize = text.split_whitespace().map(str::len).sum();
                let holder = node.ancestors().find(|up| {
                    let name = up.value().as_element().map_or("", |e| e.name());
                    matches!(name, "div" | "section" | "article" | "main" | "td" | "body")
                });
                if let Some(holder) = holder.filter(|_| length > 0) {
                    *lengths.entry(holder.id()).or_insert(0) += length;
                }
            }
            _ => {}
        }
        next = node.first_child().filter(|_| into);
        let mut at = node;
        while next.is_none() && at.id() != body.id() {
            next = at.next_sibling();
            match at.parent() {
                Some(parent) if next.is_none() => at = parent,
                _ => break,
            }
        }
    }
    let (id, length) = lengths.into_iter().max_by_key(|(id, length)| (*length, std::cmp::Reverse(*id)))?;
    if length < READABLE {
        return None;
    }
    dom.tree.get(id).and_then(ElementRef::wrap).map(inner_html).filter(|html| !html.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_what_a_reader_sees_on_one_line() {
        let dom = Html::parse_fragment("<div>a<script>x</script><b>b</b><br>c<p>d\u{a0} e</p>f<style>y</style></div>");
        assert_eq!(text(dom.root_element()), "ab c d e f");
        assert_eq!(text(Html::parse_document("").root_element()), "");
    }

    #[test]
    fn readable_text_leaves_navigation_out() {
        let nav = "<a href=/x>link</a> ".repeat(200);
        let page =
            format!("<body><nav>{nav}</nav><div>{nav}</div><div id=t><p>{}</p></div></body>", "palabra ".repeat(60));
        assert!(readable(&Html::parse_document(&page)).unwrap().starts_with("<p>palabra"));
        assert_eq!(readable(&Html::parse_document("<p>short</p>")), None);
    }

    #[test]
    fn endless_nesting_is_refused_before_it_is_parsed() {
        assert!(matches!(parse(&"<div>".repeat(100_000)), Err(ReadError::WrongFormat { .. })));
        assert!(parse(&"<p><br><li>".repeat(10_000)).is_ok());
    }
}
