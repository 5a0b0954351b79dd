//! The words of an ad as the section rules see them: known or not, how written, and what stands before.

use rustc_hash::FxHashMap;

use crate::text::fold::{self, CharClass, LatinEntry};

/// What stands before a word: a set of these.
pub(super) mod gap {
    /// A line ends here (or the text begins or ends).
    pub const NEWLINE: u16 = 1;
    /// A sentence ends here.
    pub const STOP: u16 = 1 << 1;
    /// A bullet, an emoji, a dash that starts an item.
    pub const BULLET: u16 = 1 << 2;
    /// Several spaces: often what is left of a line break.
    pub const WIDE: u16 = 1 << 3;
    /// A colon.
    pub const COLON: u16 = 1 << 4;
    /// A closing question mark.
    pub const QUESTION: u16 = 1 << 5;
    /// An opening bracket.
    pub const OPEN: u16 = 1 << 6;
    /// A closing bracket.
    pub const CLOSE: u16 = 1 << 7;
    /// A comma.
    pub const COMMA: u16 = 1 << 8;
    /// Nothing at all: a small letter meets a capital ("expertosRequisitos").
    pub const GLUED: u16 = 1 << 9;
    /// A dash between words.
    pub const DASH: u16 = 1 << 10;
    /// A dot inside a name.
    pub const DOT: u16 = 1 << 11;
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Lower,
    Capitalised,
    /// Two capitals or more and no small letter.
    Capitals,
    /// Starts with a digit.
    Number,
}

/// A word of the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub start: u32,
    pub end: u32,
    pub gap: u16,
    pub id: u16,
    pub case: Case,
}

impl Word {
    /// Starts with a capital letter or a digit.
    pub fn stands_out(&self) -> bool {
        self.case != Case::Lower
    }
}

/// Id of a word that no rule names.
pub(super) const UNKNOWN: u16 = 0;
/// Id of any number.
pub(super) const NUMBER: u16 = 1;
/// In a rule: any word.
pub(super) const ANY: u16 = 2;
const FIRST_ID: u16 = 3;

/// The words that rules name.
#[derive(Default)]
pub(super) struct Vocabulary {
    ids: FxHashMap<u64, u16>,
    /// The same for reading: slot by hash, the rest of the hash, the id (`UNKNOWN`: free).
    table: Vec<(u32, u16)>,
}

/// Slots of the table: several times the words of all rules.
const SLOTS: usize = 1 << 13;

impl Vocabulary {
    /// The id of a folded word of a rule (`#`: a number, `_`: any word), new or known.
    pub fn add(&mut self, word: &str) -> u16 {
        match word {
            "#" => NUMBER,
            "_" => ANY,
            _ => {
                let next = FIRST_ID + self.ids.len() as u16;
                let hash = spread(word.bytes().fold(SEED, mix));
                if let Some(&id) = self.ids.get(&hash) {
                    return id;
                }
                self.ids.insert(hash, next);
                self.table.resize(SLOTS, (0, UNKNOWN));
                let free = (0..SLOTS).map(|i| (hash as usize + i) % SLOTS).find(|&i| self.table[i].1 == UNKNOWN);
                if let Some(slot) = free {
                    self.table[slot] = ((hash >> 32) as u32, next);
                }
                next
            }
        }
    }

    /// Number of ids, reserved ones included.
    pub fn len(&self) -> usize {
        self.ids.len() + usize::from(FIRST_ID)
    }

    #[inline]
    fn id(&self, hash: u64) -> u16 {
        let (tag, start) = ((hash >> 32) as u32, hash as usize % SLOTS);
        let (low, high) = self.table.split_at(start.min(self.table.len()));
        let slot = high.iter().chain(low).find(|(t, id)| *t == tag || *id == UNKNOWN);
        slot.map_or(UNKNOWN, |&(t, id)| if t == tag { id } else { UNKNOWN })
    }
}

const SEED: u64 = 0xCBF2_9CE4_8422_2325;

#[inline]
fn mix(hash: u64, byte: u8) -> u64 {
    hash.rotate_left(5) ^ u64::from(byte)
}

/// Spreads what [`mix`] gathered over all bits.
#[inline]
fn spread(hash: u64) -> u64 {
    let product = (hash ^ hash >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// Reads the words of `text` from byte `from` on. The last one is empty and carries what ends the text.
pub(super) fn scan(text: &str, from: usize, vocabulary: &Vocabulary) -> Vec<Word> {
    let words = Vec::with_capacity((text.len() - from) / 6 + 8);
    let latin = fold::latin_table();
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: from, gap: gap::NEWLINE, latin, vocabulary, words };
    scanner.run();
    scanner.words
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    gap: u16,
    latin: &'static [LatinEntry],
    vocabulary: &'t Vocabulary,
    words: Vec<Word>,
}

/// A word as far as it is read.
struct Reading {
    hash: u64,
    hash_before_last: u64,
    upper: u32,
    lower: u32,
    last_upper: bool,
}

impl Scanner<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => self.word(),
                0..=127 => self.sign(byte),
                _ => self.beyond_ascii(),
            }
        }
        let end = self.bytes.len() as u32;
        let gap = self.gap | gap::NEWLINE;
        self.words.push(Word { start: end, end, gap, id: UNKNOWN, case: Case::Lower });
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    fn word(&mut self) {
        let start = self.at;
        let number = self.bytes[start].is_ascii_digit();
        let mut word = Reading { hash: SEED, hash_before_last: SEED, upper: 0, lower: 0, last_upper: false };
        let mut glued = false;
        let mut folded_upper = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'a'..=b'z' => {
                    if word.last_upper && word.upper >= 3 && word.lower == 0 && self.lower_follows() {
                        // "UIRequisitos": the last capital belongs to the next word.
                        self.at = self.text.floor_char_boundary(self.at - 1);
                        word.hash = word.hash_before_last;
                        word.upper -= 1;
                        glued = true;
                        break;
                    }
                    word.lower += 1;
                    word.last_upper = false;
                    let (mut hash, mut at) = (word.hash, self.at);
                    while let Some(&small @ b'a'..=b'z') = self.bytes.get(at) {
                        hash = mix(hash, small);
                        at += 1;
                    }
                    (word.hash, self.at) = (hash, at);
                }
                b'A'..=b'Z' => {
                    if self.at > start && !word.last_upper {
                        glued = true;
                        break;
                    }
                    word.upper += 1;
                    word.last_upper = true;
                    word.hash_before_last = word.hash;
                    word.hash = mix(word.hash, byte | 0x20);
                    self.at += 1;
                }
                b'0'..=b'9' => {
                    word.last_upper = false;
                    word.hash = mix(word.hash, byte);
                    self.at += 1;
                }
                0..=127 => break,
                _ => match self.letter_beyond_ascii(&mut word, &mut folded_upper, start) {
                    Beyond::Letter => {}
                    Beyond::Glued => {
                        glued = true;
                        break;
                    }
                    Beyond::Other => break,
                },
            }
        }
        self.finish(start, &word, number, glued);
    }

    fn finish(&mut self, start: usize, word: &Reading, number: bool, glued: bool) {
        let first_upper = self.first_is_upper(start);
        let case = match () {
            () if number => Case::Number,
            () if first_upper && word.lower == 0 && word.upper > 1 => Case::Capitals,
            () if first_upper => Case::Capitalised,
            () => Case::Lower,
        };
        let id = if number { NUMBER } else { self.vocabulary.id(spread(word.hash)) };
        self.words.push(Word { start: start as u32, end: self.at as u32, gap: self.gap, id, case });
        self.gap = if glued { gap::GLUED } else { 0 };
    }

    fn first_is_upper(&self, start: usize) -> bool {
        match self.bytes[start] {
            b'A'..=b'Z' => true,
            0..=127 => false,
            _ => self.text[start..].chars().next().is_some_and(char::is_uppercase),
        }
    }

    /// Two more small letters follow the one at hand.
    fn lower_follows(&self) -> bool {
        let small = |b: u8| b.is_ascii_lowercase() || b >= 128;
        small(self.byte(self.at + 1)) && small(self.byte(self.at + 2))
    }

    fn letter_beyond_ascii(&mut self, word: &mut Reading, upper: &mut bool, start: usize) -> Beyond {
        let Some(c) = self.text.get(self.at..).and_then(|t| t.chars().next()) else {
            return Beyond::Other;
        };
        let entry = fold::latin(self.latin, c);
        let class = entry.map_or_else(|| fold::classify(c), |e| e.class);
        match class {
            CharClass::Mark | CharClass::Ignorable => {}
            CharClass::Word => {
                *upper = if c < '\u{100}' { matches!(c, 'À'..='Þ') } else { c.is_uppercase() };
                if *upper && self.at > start && !word.last_upper {
                    return Beyond::Glued;
                }
                word.hash_before_last = word.hash;
                match entry {
                    Some(e) => word.hash = e.folded().iter().fold(word.hash, |h, &b| mix(h, b)),
                    None => word.hash = mix(word.hash, (c as u32 % 251) as u8),
                }
                word.upper += u32::from(*upper);
                word.lower += u32::from(!*upper);
                word.last_upper = *upper;
            }
            _ => return Beyond::Other,
        }
        self.at += c.len_utf8();
        Beyond::Letter
    }

    fn beyond_ascii(&mut self) {
        let Some(c) = self.text.get(self.at..).and_then(|t| t.chars().next()) else {
            self.at += 1;
            return;
        };
        match c {
            '¿' | '¡' | '…' => self.gap |= gap::STOP,
            '–' | '—' | '−' | '‐' | '‑' => return self.dash(c.len_utf8()),
            '“' | '”' | '‘' | '’' | '«' | '»' | '´' | '°' | '®' | '™' | '\u{200B}'..='\u{200F}' | '\u{FEFF}' =>
                {}
            '：' => self.gap |= gap::COLON,
            '\u{85}' | '\u{2028}' | '\u{2029}' => self.gap |= gap::NEWLINE,
            _ if c.is_whitespace() => {}
            _ => match fold::classify(c) {
                CharClass::Word => return self.word_of(c),
                CharClass::Mark | CharClass::Ignorable => {}
                _ => self.gap |= gap::BULLET,
            },
        }
        self.at += c.len_utf8();
    }

    /// A word that starts with a letter outside ASCII.
    fn word_of(&mut self, c: char) {
        let before = self.at;
        self.word();
        if self.at == before {
            self.at += c.len_utf8();
        }
    }

    fn sign(&mut self, byte: u8) {
        let next = self.byte(self.at + 1);
        let before = if self.at == 0 { b' ' } else { self.bytes[self.at - 1] };
        match byte {
            b'\n' => self.gap |= gap::NEWLINE,
            b'\t' => self.gap |= gap::WIDE,
            b' ' if next == b' ' => self.gap |= gap::WIDE,
            b'.' => self.dot(before, next),
            b';' | b'!' => self.gap |= gap::STOP,
            b'?' => self.gap |= gap::STOP | gap::QUESTION,
            b':' if next == b'/' || before.is_ascii_digit() && next.is_ascii_digit() => {}
            b':' => self.gap |= gap::COLON,
            b'*' | b'|' => self.gap |= gap::BULLET,
            b'(' | b'[' => self.gap |= gap::OPEN,
            b')' | b']' => self.gap |= gap::CLOSE,
            b',' => self.gap |= gap::COMMA,
            b'-' => return self.dash(1),
            _ => {}
        }
        self.at += 1;
    }

    /// Ends a sentence unless it stands in a name ("Node.js", ".NET", "S.A.").
    fn dot(&mut self, before: u8, next: u8) {
        let after_word = before.is_ascii_alphanumeric() || before >= 128 || matches!(before, b')' | b'"' | b'+' | b'#');
        if next.is_ascii_alphanumeric() || next >= 128 {
            if after_word && self.dot_glued(before) {
                self.gap |= gap::STOP;
            } else {
                self.gap |= gap::DOT;
            }
            return;
        }
        let initial =
            self.words.last().is_some_and(|w| w.end as usize == self.at && w.end - w.start == 1 && w.stands_out());
        if !(initial && next != b'\n' && self.gap & gap::GLUED == 0 && before.is_ascii_uppercase()) {
            self.gap |= gap::STOP;
        }
    }

    /// A full stop without space behind it: a capital follows, and no name like "Node.JS" or "ASP.NET".
    fn dot_glued(&self, before: u8) -> bool {
        let upper = |b: u8| b.is_ascii_uppercase() || b == 0xC3;
        let mut run = [0; 5];
        for (i, slot) in run.iter_mut().enumerate() {
            *slot = self.byte(self.at + 1 + i);
        }
        // "expertos.¿Qué": an opening sign decides for itself.
        if !upper(run[0]) {
            return run[0] == 0xC2;
        }
        let len = run.iter().take_while(|b| b.is_ascii_alphabetic() || **b >= 128).count();
        if before.is_ascii_uppercase() {
            return len > 3 && !upper(run[1]);
        }
        len > 3 || ![&b"js"[..], b"net", b"io", b"ai", b"py", b"com"].iter().any(|n| run[..len].eq_ignore_ascii_case(n))
    }

    /// A dash with space on one side starts an item; with space on both, if a capital follows.
    fn dash(&mut self, len: usize) {
        let before = if self.at == 0 { b' ' } else { self.bytes[self.at - 1] };
        let next = self.byte(self.at + len);
        let open_before = before.is_ascii_whitespace() || before.is_ascii_punctuation();
        let open_after = next.is_ascii_whitespace();
        self.at += len;
        if open_before && open_after {
            let first = self.bytes[self.at..].iter().take(4).find(|b| !b.is_ascii_whitespace());
            let item = first.is_none_or(|b| !b.is_ascii_lowercase());
            self.gap |= if item { gap::BULLET } else { gap::DASH };
        } else if open_before || open_after {
            self.gap |= gap::BULLET;
        }
    }
}

enum Beyond {
    Letter,
    Glued,
    Other,
}
