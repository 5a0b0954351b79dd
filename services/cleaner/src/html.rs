//! HTML or plain text to the text that a reader sees.
//!
//! A tokenizer without a tree: every element only says what it does to the text around it, so time is linear in the
//! input and memory doesn't depend on how deep elements are nested. Rules follow the HTML standard's rendering section and
//! `innerText`, with three differences that ads call for: unknown elements stay as text ("List<String>"), a text with
//! inline tags only keeps its newlines, and text that was escaped twice is unescaped twice.

mod entities;
mod markup;
mod render;
mod writer;

use entities::Ending;
use memchr::{memchr, memchr2, memmem};
use writer::Writer;

/// Passes over text that shows further escaped markup after one is removed.
const MAX_PASSES: usize = 6;

/// The text of `html_or_text` as a reader sees it, in NFC.
///
/// - One line per block element, list items as "- " or "1. ", table cells separated by " | ", at most one blank line.
/// - Spaces collapsed; controls, zero-width characters and soft hyphens removed.
/// - Scripts, styles, comments, hidden elements and image texts left out.
/// - Plain text keeps its lines and bullets; '<' that doesn't begin a tag is kept.
///
/// Never fails, and applying it again changes nothing.
pub fn to_text(html_or_text: &str) -> String {
    let mut text = pass(html_or_text);
    for _ in 1..MAX_PASSES {
        if memchr2(b'<', b'&', text.as_bytes()).is_none() {
            break;
        }
        let next = pass(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn pass(input: &str) -> String {
    if memmem::find(input.as_bytes(), b"<![CDATA[").is_some() {
        return pass_markup(&input.replace("<![CDATA[", "").replace("]]>", ""));
    }
    pass_markup(input)
}

fn pass_markup(input: &str) -> String {
    let bytes = input.as_bytes();
    if memchr(b'<', bytes).is_some() {
        let survey = markup::survey(input);
        if survey.is_html {
            return render::html(input, survey);
        }
    }
    // A whole document that was escaped: "&lt;p&gt;Hola&lt;/p&gt;", as feeds and JSON-LD carry it.
    if memmem::find(bytes, b"&lt;").is_some() || memmem::find(bytes, b"&#60;").is_some() {
        let unescaped = unescape(input);
        let survey = markup::survey(&unescaped);
        if survey.is_html {
            return render::html(&unescaped, survey);
        }
    }
    plain(input)
}

/// Plain text: references decoded, whitespace collapsed, lines kept.
fn plain(input: &str) -> String {
    let mut writer = Writer::with_capacity(input.len());
    let mut at = 0;
    while let Some(length) = memchr(b'&', &input.as_bytes()[at..]) {
        writer.text(&input[at..at + length], true);
        at += length;
        at += reference(&mut writer, &input[at..], Ending::Semicolon, true);
    }
    writer.text(&input[at..], true);
    writer.finish()
}

/// Writes what the '&' at the start of `rest` stands for; returns the bytes it took.
fn reference(writer: &mut Writer, rest: &str, ending: Ending, keep_newlines: bool) -> usize {
    match entities::decode(rest, ending) {
        Some(([first, second], length)) => {
            writer.char(first, keep_newlines);
            if second != '\0' {
                writer.char(second, keep_newlines);
            }
            length
        }
        None => {
            writer.char('&', keep_newlines);
            1
        }
    }
}

/// One level of character references decoded, nothing else changed.
fn unescape(input: &str) -> String {
    let mut out = String::with_capacity(input.len());
    let mut at = 0;
    while let Some(length) = memchr(b'&', &input.as_bytes()[at..]) {
        out.push_str(&input[at..at + length]);
        at += length;
        match entities::decode(&input[at..], Ending::Semicolon) {
            // A reference inside the escaped document is for the next pass.
            Some((['&', _], 5)) | None => {
                out.push('&');
                at += if input[at..].starts_with("&amp;") { 5 } else { 1 };
            }
            Some(([first, second], length)) => {
                out.push(first);
                if second != '\0' {
                    out.push(second);
                }
                at += length;
            }
        }
    }
    out.push_str(&input[at..]);
    out
}

#[cfg(test)]
mod tests;
