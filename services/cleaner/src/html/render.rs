//! Walks over the tags of an HTML text and writes what is shown.

use super::entities::Ending;
use super::markup::{self, Kind, Name, Survey, Tag};
use super::reference;
use super::writer::{Marker, Writer};
use memchr::{memchr_iter, memchr2, memmem, memrchr};

/// The text of an HTML document.
pub(super) fn html(input: &str, survey: Survey) -> String {
    let mut renderer = Renderer {
        input,
        at: 0,
        writer: Writer::with_capacity(input.len()),
        newlines_are_breaks: !survey.has_blocks,
        pre: 0,
        lists: Vec::new(),
        hidden: None,
        comments_close: true,
        last_end: memrchr(b'>', input.as_bytes()).unwrap_or(0),
    };
    renderer.run();
    renderer.writer.finish()
}

struct Renderer<'a> {
    input: &'a str,
    at: usize,
    writer: Writer,
    newlines_are_breaks: bool,
    /// Open elements that keep their newlines.
    pre: usize,
    /// Open lists: the last number of an ordered one.
    lists: Vec<Option<u32>>,
    hidden: Option<Hidden>,
    /// False once a comment was found without an end: none after it has one.
    comments_close: bool,
    /// The last '>' of the document.
    last_end: usize,
}

/// An element that isn't shown, until its end.
struct Hidden {
    name: Name,
    depth: usize,
    /// Open lists, tables and definition lists inside it.
    containers: usize,
}

impl Renderer<'_> {
    fn run(&mut self) {
        let bytes = self.input.as_bytes();
        while let Some(length) = memchr2(b'<', b'&', &bytes[self.at..]) {
            let at = self.at + length;
            self.text(at);
            self.at = at;
            if bytes[at] == b'&' {
                self.reference();
            } else {
                self.markup();
            }
        }
        self.text(bytes.len());
    }

    fn keeps_newlines(&self) -> bool {
        self.pre > 0 || self.newlines_are_breaks
    }

    /// Writes the text up to `end`.
    fn text(&mut self, end: usize) {
        if self.hidden.is_none() {
            let keep = self.keeps_newlines();
            self.writer.text(&self.input[self.at..end], keep);
        }
    }

    fn reference(&mut self) {
        if self.hidden.is_some() {
            self.at += 1;
            return;
        }
        let keep = self.keeps_newlines();
        self.at += reference(&mut self.writer, &self.input[self.at..], Ending::Lenient, keep);
    }

    /// The '<' at the current place: a tag, a comment, or a character.
    fn markup(&mut self) {
        let rest = &self.input[self.at..];
        if rest.starts_with("<!") || rest.starts_with("<?") {
            if let Some(end) = self.declaration() {
                self.at = end;
                return;
            }
        } else if let Some(tag) = markup::tag(self.input, self.at) {
            self.at = tag.end;
            self.tag(&tag);
            return;
        }
        let end = self.at + 1;
        self.text(end);
        self.at = end;
    }

    fn declaration(&mut self) -> Option<usize> {
        let bytes = self.input.as_bytes();
        let is_comment = bytes[self.at..].starts_with(b"<!--");
        if is_comment && !self.comments_close {
            return Some(bytes.len());
        }
        if !is_comment && self.at > self.last_end {
            return None;
        }
        let end = markup::declaration(bytes, self.at);
        if is_comment && end.is_none() {
            self.comments_close = false;
            return Some(bytes.len());
        }
        end
    }

    fn tag(&mut self, tag: &Tag<'_>) {
        if tag.kind == Kind::Raw && !tag.closing {
            self.at = raw_end(self.input, tag);
            return;
        }
        if self.hidden.is_some() && !self.ends_hidden(tag) {
            return;
        }
        if !tag.closing {
            let closed = tag.attributes.ends_with('/') && tag.name.as_bytes() == b"svg";
            if (tag.kind == Kind::Hidden || markup::is_hidden(tag)) && !tag.name.is_void() && !closed {
                self.hidden = Some(Hidden { name: tag.name, depth: 1, containers: 0 });
                return;
            }
        }
        self.shown(tag);
    }

    fn shown(&mut self, tag: &Tag<'_>) {
        let writer = &mut self.writer;
        match (tag.kind, tag.closing) {
            (Kind::Inline | Kind::Raw | Kind::Hidden, _) => {}
            (Kind::Object, _) => writer.space(),
            (Kind::Block, _) => writer.block(),
            (Kind::Heading, false) => writer.blank(),
            (Kind::Heading, true) => writer.block(),
            (Kind::Break, _) => writer.line_break(),
            (Kind::Row, _) => writer.row(),
            (Kind::Cell, false) => writer.cell(),
            (Kind::Cell, true) => writer.space(),
            (Kind::Pre, closing) => {
                writer.block();
                self.pre = if closing { self.pre.saturating_sub(1) } else { self.pre + 1 };
            }
            (Kind::List, false) => self.open_list(None),
            (Kind::OrderedList, false) => self.open_list(Some(first_number(tag).saturating_sub(1))),
            (Kind::List | Kind::OrderedList, true) => {
                writer.item_end();
                self.lists.pop();
            }
            (Kind::Item, true) => writer.item_end(),
            (Kind::Item, false) => {
                let marker = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number = number.saturating_add(1);
                        Marker::Number(*number)
                    }
                    _ => Marker::Bullet,
                };
                writer.item(marker);
            }
        }
    }

    fn open_list(&mut self, number: Option<u32>) {
        self.writer.block();
        self.lists.push(number);
    }

    /// Counts a tag inside a hidden element. True if it ended that element without being its end tag,
    /// so that the tag itself is to be shown.
    fn ends_hidden(&mut self, tag: &Tag<'_>) -> bool {
        let Some(hidden) = &mut self.hidden else { return true };
        let name = hidden.name.as_bytes();
        let is_container =
            matches!(tag.kind, Kind::List | Kind::OrderedList) || matches!(tag.name.as_bytes(), b"table" | b"dl");
        let implied = match name {
            b"p" => {
                !matches!(tag.kind, Kind::Inline | Kind::Object | Kind::Break | Kind::Raw | Kind::Hidden)
                    && tag.name != hidden.name
            }
            b"li" | b"td" | b"th" | b"tr" | b"dt" | b"dd" => {
                hidden.containers == 0 && (is_container && tag.closing || !tag.closing && is_sibling(name, tag))
            }
            b"head" => tag.name.as_bytes() == b"body",
            _ => false,
        };
        if implied || name == b"p" && tag.name == hidden.name && !tag.closing {
            self.hidden = None;
            return true;
        }
        if is_container {
            hidden.containers = if tag.closing { hidden.containers.saturating_sub(1) } else { hidden.containers + 1 };
        }
        if tag.name == hidden.name {
            hidden.depth = if tag.closing { hidden.depth - 1 } else { hidden.depth + 1 };
            if hidden.depth == 0 {
                self.hidden = None;
            }
        }
        false
    }
}

/// Whether an opening tag ends an open element of this name, which needs no end tag of its own.
fn is_sibling(name: &[u8], tag: &Tag<'_>) -> bool {
    match name {
        b"td" | b"th" => matches!(tag.name.as_bytes(), b"td" | b"th" | b"tr"),
        b"dt" | b"dd" => matches!(tag.name.as_bytes(), b"dt" | b"dd"),
        _ => tag.name.as_bytes() == name,
    }
}

fn first_number(tag: &Tag<'_>) -> u32 {
    markup::attributes(tag.attributes)
        .find(|(name, _)| name.eq_ignore_ascii_case("start"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(1)
}

/// The end of an element whose content is not markup; without an end tag it takes the rest, as in browsers.
fn raw_end(input: &str, tag: &Tag<'_>) -> usize {
    let bytes = input.as_bytes();
    let name = tag.name.as_bytes();
    for at in memchr_iter(b'<', &bytes[tag.end..]).map(|n| tag.end + n) {
        let end_name = bytes.get(at + 2..at + 2 + name.len());
        if bytes.get(at + 1) == Some(&b'/') && end_name.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            let after = at + 2 + name.len();
            return memmem::find(&bytes[after..], b">").map_or(bytes.len(), |n| after + n + 1);
        }
    }
    bytes.len()
}
