//! Words and symbols of a text, with their exact places, in one pass.
//!
//! A token is a run of letters and digits, with the signs that technology names carry: `C++`, `C#`,
//! `.NET`. Space, hyphen, slash, underscore and apostrophe between two words join them alike, a dot
//! inside a name too (`Node.js`); every other sign keeps phrases apart, unless a label holds that sign.

use crate::text::fold::{self, CharClass, FoldBuf, LatinEntry};

/// Id of a word that no label contains.
pub const UNKNOWN: u32 = u32::MAX;

/// How a token stands to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// A phrase may run on over it.
    Join,
    /// Nothing but a dot between the two (`Node.js`); a phrase may run on.
    Dot,
    /// A phrase ends here: new line, dash, sign that no label holds.
    Break,
}

/// One word or sign of a text.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// Start in the text, in bytes.
    pub start: u32,
    /// End in the text, in bytes.
    pub end: u32,
    /// Start in the text, in code points.
    pub char_start: u32,
    /// End in the text, in code points.
    pub char_end: u32,
    /// Id that the vocabulary gave, or [`UNKNOWN`].
    pub id: u32,
    /// What stands before it.
    pub gap: Gap,
    /// True for a sign, false for a word.
    pub symbol: bool,
}

/// Gives ids to folded words: a frozen table when reading text, a growing one when reading labels.
pub trait Vocabulary {
    /// Id of a folded word; may alter the buffer.
    fn word(&mut self, folded: &mut FoldBuf) -> u32;
    /// Id of an ASCII sign.
    fn symbol(&mut self, symbol: u8) -> u32;
    /// True when the word with a leading dot (`.net`) is a word of its own.
    fn knows_dotted(&mut self, folded: &mut FoldBuf) -> bool;
}

/// Reads `text` into `out` (cleared first). Texts over 4 GiB give no tokens.
pub fn tokenize(text: &str, vocabulary: &mut impl Vocabulary, out: &mut Vec<Token>) {
    out.clear();
    if u32::try_from(text.len()).is_err() {
        return;
    }
    Scanner {
        text,
        bytes: text.as_bytes(),
        pos: 0,
        continuation: 0,
        gap: GapState::default(),
        latin: fold::latin_table(),
        buf: FoldBuf::default(),
        vocabulary,
        out,
    }
    .run();
}

/// Class of each ASCII byte; bytes over 127 are looked at as characters.
static ASCII: [CharClass; 128] = ascii_classes();

const fn ascii_classes() -> [CharClass; 128] {
    let mut table = [CharClass::Symbol; 128];
    let mut i = 0;
    while i < 128 {
        let b = i as u8;
        table[i] = match b {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => CharClass::Word,
            b'\n' => CharClass::Newline,
            b' ' | b'\t' | b'\r' | 0x0B | 0x0C => CharClass::Space,
            b'-' => CharClass::Hyphen,
            b'/' | b'_' | b'\'' => CharClass::Joiner,
            _ => CharClass::Symbol,
        };
        i += 1;
    }
    table
}

/// What has been passed since the last token.
#[derive(Default)]
struct GapState {
    broken: bool,
    space: bool,
    hyphen: bool,
    space_before_hyphen: bool,
    space_after_hyphen: bool,
    dot: bool,
}

impl GapState {
    fn space(&mut self) {
        self.space = true;
        self.space_after_hyphen |= self.hyphen;
    }

    fn hyphen(&mut self) {
        // "--" and " - " are dashes, "a-b" is a hyphen.
        self.broken |= self.hyphen;
        self.hyphen = true;
        self.space_before_hyphen = self.space;
        self.space_after_hyphen = false;
    }

    fn take(&mut self) -> Gap {
        let state = std::mem::take(self);
        let dash = state.space_before_hyphen && state.space_after_hyphen;
        if state.broken || dash {
            Gap::Break
        } else if state.dot {
            Gap::Dot
        } else {
            Gap::Join
        }
    }
}

struct Scanner<'t, 'o, V> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    /// UTF-8 continuation bytes before `pos`: bytes minus these are code points.
    continuation: usize,
    gap: GapState,
    latin: &'static [LatinEntry],
    buf: FoldBuf,
    vocabulary: &'o mut V,
    out: &'o mut Vec<Token>,
}

impl<V: Vocabulary> Scanner<'_, '_, V> {
    fn run(mut self) {
        while let Some(&b) = self.bytes.get(self.pos) {
            if b < 128 {
                match ASCII[usize::from(b)] {
                    CharClass::Word => self.word(self.pos, self.continuation),
                    CharClass::Symbol => self.ascii_symbol(b),
                    class => {
                        self.separate(class);
                        self.pos += 1;
                    }
                }
            } else {
                self.non_ascii();
            }
        }
    }

    fn separate(&mut self, class: CharClass) {
        match class {
            CharClass::Space => self.gap.space(),
            CharClass::Hyphen => self.gap.hyphen(),
            CharClass::Newline | CharClass::Symbol => self.gap.broken = true,
            CharClass::Word | CharClass::Mark | CharClass::Ignorable | CharClass::Joiner => {}
        }
    }

    fn non_ascii(&mut self) {
        let Some(c) = self.char_at(self.pos) else {
            self.pos += 1;
            return;
        };
        let class = self.class_of(c);
        if class == CharClass::Word {
            self.word(self.pos, self.continuation);
        } else {
            self.separate(class);
            self.pos += c.len_utf8();
            self.continuation += c.len_utf8() - 1;
        }
    }

    #[inline]
    fn char_at(&self, pos: usize) -> Option<char> {
        self.text.get(pos..).and_then(|rest| rest.chars().next())
    }

    #[inline]
    fn class_of(&self, c: char) -> CharClass {
        match fold::latin(self.latin, c) {
            Some(entry) => entry.class,
            None => fold::classify(c),
        }
    }

    fn ascii_symbol(&mut self, b: u8) {
        if b == b'.' && self.leading_dot() {
            return;
        }
        if b == b'@' && self.in_address() || b == b':' && self.bytes[self.pos..].starts_with(b"://") {
            self.skip_address();
            return;
        }
        match self.vocabulary.symbol(b) {
            UNKNOWN => self.gap.broken = true,
            id => {
                let (start, continuation) = (self.pos, self.continuation);
                self.emit(start, continuation, start + 1, continuation, id, true);
            }
        }
        self.pos += 1;
    }

    /// Whether the `@` at `pos` is that of an e-mail address: a word before, a dot in what follows.
    fn in_address(&self) -> bool {
        let before = self.out.last().is_some_and(|t| t.end as usize == self.pos);
        before
            && self.bytes[self.pos + 1..]
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || **b == b'-' || **b == b'.')
                .any(|b| *b == b'.')
    }

    /// Passes over the rest of an e-mail or web address: its words are not words of the ad.
    fn skip_address(&mut self) {
        while let Some(c) = self.char_at(self.pos) {
            if c.is_whitespace() {
                break;
            }
            self.pos += c.len_utf8();
            self.continuation += c.len_utf8() - 1;
        }
        self.gap.broken = true;
    }

    /// Reads `.NET` where the dot does not follow a word; false leaves the dot to be a sign.
    fn leading_dot(&mut self) -> bool {
        let after_word = self.out.last().is_some_and(|t| t.end as usize == self.pos);
        let letter = self.bytes.get(self.pos + 1).is_some_and(u8::is_ascii_alphabetic);
        if after_word || !letter {
            return false;
        }
        let mut probe = FoldBuf::default();
        probe.push(b'.');
        for &b in self.bytes[self.pos + 1..].iter().take_while(|b| b.is_ascii_alphanumeric()) {
            probe.push(b.to_ascii_lowercase());
        }
        if !self.vocabulary.knows_dotted(&mut probe) {
            return false;
        }
        let (start, continuation) = (self.pos, self.continuation);
        self.pos += 1;
        self.buf.clear();
        self.buf.push(b'.');
        self.word_from(start, continuation);
        true
    }

    fn word(&mut self, start: usize, continuation: usize) {
        self.buf.clear();
        self.word_from(start, continuation);
    }

    /// Reads the word at `pos` behind what the buffer already holds.
    fn word_from(&mut self, start: usize, continuation: usize) {
        let (mut end, end_continuation) = self.read_run();
        match self.bytes.get(end) {
            Some(b'+') if self.bytes[end..].starts_with(b"++") && self.bytes.get(end + 2) != Some(&b'+') => {
                self.buf.extend(b"++");
                end += 2;
            }
            Some(b'#') if self.buf.as_bytes().len() == 1 => {
                self.buf.push(b'#');
                end += 1;
            }
            _ => {}
        }
        if end > self.pos {
            self.pos = end;
            self.continuation = end_continuation;
        }
        let mut start = start;
        if self.gap.dot && self.buf.as_bytes() == b"net" {
            // "ASP.NET": the dot belongs to the name, as in "ASP .NET".
            self.buf.clear();
            self.buf.extend(b".net");
            start -= 1;
        }
        if self.buf.as_bytes() == b"www" && self.bytes.get(end) == Some(&b'.') {
            self.skip_address();
            return;
        }
        let id = self.vocabulary.word(&mut self.buf);
        self.emit(start, continuation, end, end_continuation, id, false);
        self.inner_dot(end);
    }

    /// The eight bytes at `pos`, zeros behind the end.
    #[inline]
    fn eight(&self) -> u64 {
        let rest = &self.bytes[self.pos..];
        let Some(eight) = rest.first_chunk() else {
            let mut eight = [0; 8];
            eight[..rest.len()].copy_from_slice(rest);
            return u64::from_le_bytes(eight);
        };
        u64::from_le_bytes(*eight)
    }

    /// Folds letters, digits and their marks into the buffer; gives the end of the last of them.
    #[inline]
    fn read_run(&mut self) -> (usize, usize) {
        let mut end = (self.pos, self.continuation);
        loop {
            let eight = self.eight();
            let run = fold::alphanumeric_run(eight);
            if run > 0 {
                self.buf.extend_eight(eight, run);
                self.pos += run;
                end = (self.pos, self.continuation);
                if run == 8 {
                    continue;
                }
            }
            let rest = &self.bytes[self.pos..];
            if rest.first().is_none_or(u8::is_ascii) {
                return end;
            }
            if let Some(entry) = fold::latin_pair(self.latin, rest)
                && entry.class == CharClass::Word
            {
                self.buf.extend(entry.folded());
                self.pos += 2;
                self.continuation += 1;
                end = (self.pos, self.continuation);
                continue;
            }
            let Some(c) = self.char_at(self.pos) else {
                return end;
            };
            let class = match fold::latin(self.latin, c) {
                Some(entry) => {
                    self.buf.extend(entry.folded());
                    entry.class
                }
                None => {
                    let class = fold::classify(c);
                    if class == CharClass::Word {
                        fold::fold_general(c, &mut self.buf);
                    }
                    class
                }
            };
            if !matches!(class, CharClass::Word | CharClass::Mark | CharClass::Ignorable) {
                return end;
            }
            self.pos += c.len_utf8();
            self.continuation += c.len_utf8() - 1;
            if class != CharClass::Ignorable {
                end = (self.pos, self.continuation);
            }
        }
    }

    /// Passes a dot between two word characters. `trabajo.Las tareas` is a missing space, not a name.
    fn inner_dot(&mut self, end: usize) {
        if self.pos != end || self.bytes.get(end) != Some(&b'.') {
            return;
        }
        let next = &self.bytes[end + 1..];
        if !next.first().is_some_and(u8::is_ascii_alphanumeric) {
            return;
        }
        let sentence = next[0].is_ascii_uppercase()
            && next.get(1).is_some_and(u8::is_ascii_lowercase)
            && next.get(2).is_some_and(u8::is_ascii_lowercase)
            && !self.bytes[end - 1].is_ascii_uppercase();
        self.pos += 1;
        if sentence {
            self.gap.broken = true;
        } else {
            self.gap.dot = true;
        }
    }

    #[inline]
    fn emit(
        &mut self,
        start: usize,
        start_continuation: usize,
        end: usize,
        end_continuation: usize,
        id: u32,
        symbol: bool,
    ) {
        let gap = self.gap.take();
        self.out.push(Token {
            start: start as u32,
            end: end as u32,
            char_start: (start - start_continuation) as u32,
            char_end: (end - end_continuation) as u32,
            id,
            gap,
            symbol,
        });
    }
}
