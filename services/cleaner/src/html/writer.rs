//! Writes text as a reader sees it: whitespace collapsed, lines and list markers kept, invisible characters gone.

use super::entities::windows_1252;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// What stands between the text already written and the text to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
    Blank,
    Cell,
}

/// How a list item begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    Bullet,
    Number(u32),
}

/// Collects text; gaps are written only when text follows, so nothing needs trimming.
#[derive(Debug)]
pub(super) struct Writer {
    out: String,
    gap: Gap,
    marker: Option<Marker>,
    row_start: usize,
    check_nfc: bool,
}

const PLAIN: u8 = 0;
const SPACE: u8 = 1;
const SPECIAL: u8 = 2;

/// What each byte asks for. A multi-byte character is judged by its first byte; U+00C0..U+02FF is plain.
const CLASS: [u8; 256] = {
    let mut class = [PLAIN; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C => SPACE,
            0..=0x1F | 0x7F | 0xC2 | 0xCC.. => SPECIAL,
            _ => PLAIN,
        };
        byte += 1;
    }
    class
};

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes), gap: Gap::None, marker: None, row_start: 0, check_nfc: false }
    }

    /// Text of the document. `keep_newlines`: a newline is a line break, not a space.
    pub(super) fn text(&mut self, text: &str, keep_newlines: bool) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match CLASS[usize::from(byte)] {
                PLAIN => {
                    let end = plain_run(bytes, at);
                    self.push(&text[at..end]);
                    at = end;
                }
                SPACE => {
                    at += 1;
                    let line_end = match byte {
                        b'\n' | 0x0B | 0x0C => true,
                        b'\r' => bytes.get(at) != Some(&b'\n'),
                        _ => false,
                    };
                    if line_end && keep_newlines {
                        self.line_break();
                    } else if byte != b'\r' {
                        self.space();
                    }
                }
                _ => {
                    let Some(c) = text[at..].chars().next() else { break };
                    at += c.len_utf8();
                    self.special(c, keep_newlines);
                }
            }
        }
    }

    /// One decoded character, under the same rules as text.
    pub(super) fn char(&mut self, c: char, keep_newlines: bool) {
        self.text(c.encode_utf8(&mut [0; 4]), keep_newlines);
    }

    pub(super) fn space(&mut self) {
        self.gap = self.gap.max(Gap::Space);
    }

    /// The edge of a block element: the next text starts a line.
    pub(super) fn block(&mut self) {
        self.gap = self.gap.max(Gap::Line);
    }

    /// The edge of a heading: a blank line before the next text.
    pub(super) fn blank(&mut self) {
        self.gap = self.gap.max(Gap::Blank);
    }

    /// `<br>` or a kept newline; two of them leave a blank line.
    pub(super) fn line_break(&mut self) {
        self.gap = match self.gap {
            Gap::None | Gap::Space => Gap::Line,
            _ if self.marker.is_some() => self.gap,
            Gap::Cell => Gap::Cell,
            Gap::Line | Gap::Blank => Gap::Blank,
        };
    }

    /// A list item: the next text starts a line with this marker.
    pub(super) fn item(&mut self, marker: Marker) {
        if self.gap == Gap::Cell {
            self.gap = Gap::Line;
        }
        self.block();
        self.marker = Some(marker);
    }

    /// The end of an item or list: an item without text leaves no marker.
    pub(super) fn item_end(&mut self) {
        self.marker = None;
        self.block();
    }

    pub(super) fn row(&mut self) {
        if self.gap == Gap::Cell {
            self.gap = Gap::Line;
        }
        self.block();
        self.row_start = self.out.len();
    }

    /// A table cell: separated from text before it in the same row.
    pub(super) fn cell(&mut self) {
        if self.out.len() > self.row_start {
            self.gap = Gap::Cell;
        } else {
            self.block();
        }
    }

    /// The text, in NFC.
    pub(super) fn finish(self) -> String {
        if self.check_nfc && !is_nfc(&self.out) {
            return self.out.nfc().collect();
        }
        self.out
    }

    fn push(&mut self, text: &str) {
        if self.gap != Gap::None || self.marker.is_some() {
            self.flush(text);
        }
        self.out.push_str(text);
    }

    /// Writes the pending gap and marker before `next`.
    fn flush(&mut self, next: &str) {
        if !self.out.is_empty() {
            self.out.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Line => "\n",
                Gap::Blank => "\n\n",
                Gap::Cell => " | ",
            });
        }
        self.gap = Gap::None;
        match self.marker.take() {
            Some(Marker::Bullet) if !starts_with_marker(next) => self.out.push_str("- "),
            Some(Marker::Number(n)) => {
                self.out.push_str(&n.to_string());
                self.out.push_str(". ");
            }
            _ => {}
        }
    }

    fn special(&mut self, c: char, keep_newlines: bool) {
        match c {
            '\u{85}' | '\u{2028}' | '\u{2029}' if keep_newlines => self.line_break(),
            '\u{85}' | '\u{2028}' | '\u{2029}' => self.space(),
            _ if c.is_whitespace() => self.space(),
            _ if is_invisible(c) => {}
            // Word's and Outlook's bullets, in the private area of the Symbol and Wingdings fonts.
            '•' | '·' | '▪' | '●' | '◦' | '‣' | '■' | '\u{F0B7}' | '\u{F0A7}' | '\u{F0D8}' | '\u{F076}'
            | '\u{F0FC}' => self.bullet(c),
            // "𝗣𝘆𝘁𝗵𝗼𝗻": letters of the mathematical fonts used as bold and italics.
            '\u{1D400}'..='\u{1D7FF}' => {
                unicode_normalization::char::decompose_compatible(c, |plain| self.push(plain.encode_utf8(&mut [0; 4])))
            }
            '\u{80}'..='\u{9F}' => {
                if let Some(meant) = windows_1252(c as u32).filter(|meant| *meant != c) {
                    self.special(meant, keep_newlines);
                }
            }
            _ => {
                self.check_nfc |= !is_surely_nfc(c);
                self.push(c.encode_utf8(&mut [0; 4]));
            }
        }
    }

    /// A bullet in the text itself: inside `<li>` it would double the marker.
    fn bullet(&mut self, c: char) {
        if self.marker == Some(Marker::Bullet) {
            return;
        }
        let c = if c >= '\u{E000}' { '•' } else { c };
        self.push(c.encode_utf8(&mut [0; 4]));
    }
}

/// The end of the run of plain bytes from `at`, single spaces inside it included.
fn plain_run(bytes: &[u8], mut at: usize) -> usize {
    let plain = |at: usize| bytes.get(at).is_some_and(|b| CLASS[usize::from(*b)] == PLAIN);
    loop {
        while plain(at) {
            at += 1;
        }
        if bytes.get(at) == Some(&b' ') && plain(at + 1) {
            at += 2;
        } else {
            return at;
        }
    }
}

fn starts_with_marker(text: &str) -> bool {
    ["- ", "* "].iter().any(|marker| text.starts_with(marker)) || text == "-" || text == "*"
}

/// Controls, joiners, direction marks, soft hyphens, variation selectors: nothing a reader sees.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1F}' | '\u{7F}' | '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Characters that no neighbour changes under NFC, so that common symbols and emoji don't ask for a check.
fn is_surely_nfc(c: char) -> bool {
    matches!(c, '\0'..='\u{2FF}' | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205E}' | '\u{20A0}'..='\u{20BF}'
        | '\u{2122}' | '\u{2460}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
}
