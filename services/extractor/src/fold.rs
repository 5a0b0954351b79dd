//! Folding: the same word, however it is typed, becomes the same bytes.
//!
//! Folding lower-cases, takes accents off (NFKD, marks dropped) and spells out letters that do not
//! decompose (`ß` -> `ss`, `ø` -> `o`). ASCII and Latin letters go through tables; everything else
//! through the Unicode data of `unicode-normalization`.

use std::sync::LazyLock;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Longest folded word, in bytes, that can occur in a label. Longer words are never in the vocabulary.
pub const MAX_WORD: usize = 64;

/// End of the code points that the Latin table covers (exclusive).
const LATIN_END: u32 = 0x250;
/// First code point outside ASCII.
const LATIN_START: u32 = 0x80;

/// What a character does to the word around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharClass {
    /// A letter or digit: part of a word.
    Word,
    /// A combining mark: belongs to the character before it and folds to nothing.
    Mark,
    /// Invisible or decorative (soft hyphen, zero-width space, `®`): as if it were not there.
    Ignorable,
    /// White space inside a line.
    Space,
    /// End of a line or paragraph.
    Newline,
    /// Joins words as a space would: hyphen.
    Hyphen,
    /// Joins words as a space would: slash, underscore, apostrophe.
    Joiner,
    /// Anything else: separates phrases.
    Symbol,
}

/// A folded word being written; fixed size, so that the hot loop never allocates.
#[derive(Clone)]
pub struct FoldBuf {
    bytes: [u8; MAX_WORD + 8],
    len: usize,
    overflow: bool,
}

impl Default for FoldBuf {
    fn default() -> Self {
        Self { bytes: [0; MAX_WORD + 8], len: 0, overflow: false }
    }
}

impl FoldBuf {
    /// Empties the buffer.
    #[inline]
    pub fn clear(&mut self) {
        self.len = 0;
        self.overflow = false;
    }

    /// Adds one folded byte; beyond [`MAX_WORD`] the word only counts as too long.
    #[inline]
    pub fn push(&mut self, byte: u8) {
        if self.len < MAX_WORD {
            self.bytes[self.len] = byte;
            self.len += 1;
        } else {
            self.overflow = true;
        }
    }

    /// Adds several folded bytes.
    #[inline]
    pub fn extend(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.push(byte);
        }
    }

    /// Cuts the word to `len` bytes.
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Replaces the last byte.
    #[inline]
    pub fn set_last(&mut self, byte: u8) {
        if self.len > 0 {
            self.bytes[self.len - 1] = byte;
        }
    }

    /// The folded word.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// True when the word was longer than [`MAX_WORD`].
    #[inline]
    pub fn overflowed(&self) -> bool {
        self.overflow
    }

    /// Adds a run of ASCII letters and digits, lower-cased.
    #[inline]
    pub fn extend_ascii_word(&mut self, word: &[u8]) {
        let room = MAX_WORD - self.len;
        self.overflow |= word.len() > room;
        let n = word.len().min(room);
        for (to, &from) in self.bytes[self.len..self.len + n].iter_mut().zip(word) {
            // Lower case in one step: digits have this bit set already.
            *to = from | 0x20;
        }
        self.len += n;
    }

    /// A 64-bit hash of the word, eight bytes a step (multiply and fold, as in wyhash).
    #[inline]
    pub fn hash(&mut self) -> u64 {
        let padded = (self.len + 7) & !7;
        self.bytes[self.len..padded].fill(0);
        let mut h = (self.len as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for piece in self.bytes[..padded].as_chunks::<8>().0 {
            h = (h ^ u64::from_le_bytes(*piece)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
            h ^= h >> 32;
        }
        h
    }
}

/// One entry of the Latin table: the class and the folded bytes of a code point below U+0250.
#[derive(Clone, Copy)]
pub struct LatinEntry {
    /// Class of the character.
    pub class: CharClass,
    len: u8,
    bytes: [u8; 4],
}

impl LatinEntry {
    /// The folded bytes (empty unless the class is `Word`).
    #[inline]
    pub fn folded(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

static LATIN: LazyLock<Vec<LatinEntry>> = LazyLock::new(|| (LATIN_START..LATIN_END).map(latin_entry).collect());

fn latin_entry(code: u32) -> LatinEntry {
    let mut entry = LatinEntry { class: CharClass::Symbol, len: 0, bytes: [0; 4] };
    let Some(c) = char::from_u32(code) else {
        return entry;
    };
    entry.class = classify(c);
    if entry.class == CharClass::Word {
        let mut buf = FoldBuf::default();
        fold_general(c, &mut buf);
        let folded = buf.as_bytes();
        let n = folded.len().min(4);
        entry.bytes[..n].copy_from_slice(&folded[..n]);
        entry.len = n as u8;
    }
    entry
}

/// The table of Latin letters outside ASCII (U+0080 to U+024F).
pub fn latin_table() -> &'static [LatinEntry] {
    &LATIN
}

/// Looks a character up in [`latin_table`]; `None` outside its range.
#[inline]
pub fn latin(table: &'static [LatinEntry], c: char) -> Option<&'static LatinEntry> {
    (c as u32).checked_sub(LATIN_START).and_then(|i| table.get(i as usize))
}

/// Class of any character.
pub fn classify(c: char) -> CharClass {
    match c {
        '\n' | '\u{0085}' | '\u{2028}' | '\u{2029}' => CharClass::Newline,
        '-' | '\u{2010}' | '\u{2011}' => CharClass::Hyphen,
        '/' | '_' | '\'' | '\u{2019}' => CharClass::Joiner,
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => CharClass::Ignorable,
        '®' | '™' | '\u{FE0E}' | '\u{FE0F}' => CharClass::Ignorable,
        _ if c.is_whitespace() => CharClass::Space,
        _ if is_combining_mark(c) => CharClass::Mark,
        _ if c.is_alphanumeric() => CharClass::Word,
        _ => CharClass::Symbol,
    }
}

/// Folds any letter or digit into `out`.
pub fn fold_general(c: char, out: &mut FoldBuf) {
    decompose_compatible(c, |part| {
        if is_combining_mark(part) {
            return;
        }
        if let Some(spelled) = spell_out(part) {
            out.extend(spelled.as_bytes());
            return;
        }
        for lower in part.to_lowercase() {
            let mut utf8 = [0; 4];
            out.extend(lower.encode_utf8(&mut utf8).as_bytes());
        }
    });
}

/// Letters that NFKD leaves whole although people type them as plain letters.
fn spell_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ø' | 'Ø' => "o",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ł' | 'Ł' => "l",
        'ı' => "i",
        'ſ' => "s",
        'þ' | 'Þ' => "th",
        _ => return None,
    })
}

/// Takes a folded word to the form that it shares with its plural, in place: a final `s`, then a final
/// `e`, fall off, and a final `y` becomes `i` (`servidores` = `servidor`, `libraries` = `library`,
/// `bases` = `base`). Words under four letters, and endings `ss`, `us`, `is` (but `apis`), stay as they are.
///
/// Both labels and text go through it, so it only has to be equal for forms of one word, not a word.
#[inline]
pub fn stem(word: &mut FoldBuf) {
    let bytes = word.as_bytes();
    let n = bytes.len();
    if n < 4 || !bytes[n - 1].is_ascii_lowercase() {
        return;
    }
    let mut end = n;
    if bytes[n - 1] == b's' {
        if matches!(bytes[n - 2], b's' | b'u') || (bytes[n - 2] == b'i' && n > 4) {
            return;
        }
        end -= 1;
    }
    if bytes[end - 1] == b'e' && end > 3 {
        end -= 1;
    }
    let y = bytes[end - 1] == b'y' && end > 3;
    word.truncate(end);
    if y {
        word.set_last(b'i');
    }
}

/// Folds the words of a text and joins them by single spaces: the form in which two labels are equal.
/// Symbols between words stay as words of their own (`C, C++` -> `c , c++`).
pub fn fold_phrase(text: &str) -> String {
    struct Collect(String);
    impl crate::tokens::Vocabulary for Collect {
        fn word(&mut self, folded: &mut FoldBuf) -> u32 {
            self.add(&String::from_utf8_lossy(folded.as_bytes()))
        }
        fn symbol(&mut self, symbol: u8) -> u32 {
            self.add(char::from(symbol).encode_utf8(&mut [0; 4]))
        }
        fn knows_dotted(&mut self, _: &mut FoldBuf) -> bool {
            true
        }
    }
    impl Collect {
        fn add(&mut self, word: &str) -> u32 {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            self.0.push_str(word);
            0
        }
    }
    let mut collect = Collect(String::with_capacity(text.len()));
    crate::tokens::tokenize(text, &mut collect, &mut Vec::new());
    collect.0.trim_matches(|c: char| c == ' ' || (c.is_ascii_punctuation() && !".+#".contains(c))).to_owned()
}

/// [`fold_phrase`] with every word in the form it shares with its plural.
pub fn stem_phrase(text: &str) -> String {
    let stemmed = |word: &str| {
        let mut buf = FoldBuf::default();
        buf.extend(word.as_bytes());
        stem(&mut buf);
        String::from_utf8_lossy(buf.as_bytes()).into_owned()
    };
    let words: Vec<String> = fold_phrase(text).split(' ').map(stemmed).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stemmed(word: &str) -> String {
        let mut buf = FoldBuf::default();
        buf.extend(word.as_bytes());
        stem(&mut buf);
        String::from_utf8(buf.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn case_and_accents_fold_away() {
        assert_eq!(fold_phrase("Programación  ÁGIL"), "programacion agil");
        assert_eq!(fold_phrase("Programacio\u{301}n"), "programacion");
        assert_eq!(fold_phrase("İSTANBUL Straße ﬁn"), "istanbul strasse fin");
    }

    #[test]
    fn technology_names_keep_their_signs() {
        assert_eq!(fold_phrase("C++"), "c++");
        assert_eq!(fold_phrase("C#"), "c#");
        assert_eq!(fold_phrase(".NET"), ".net");
        assert_eq!(fold_phrase("ASP.NET"), fold_phrase("ASP .NET"));
        assert_eq!(fold_phrase("Node.js"), "node js");
        assert_eq!(fold_phrase("R&D"), "r & d");
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for (one, many) in [
            ("servidor", "servidores"),
            ("base", "bases"),
            ("library", "libraries"),
            ("pipeline", "pipelines"),
            ("aplicacion", "aplicaciones"),
            ("red", "redes"),
        ] {
            assert_eq!(stemmed(one), stemmed(many), "{one} {many}");
        }
        assert_eq!(stemmed("aws"), "aws");
        assert_eq!(stemmed("analisis"), "analisis");
    }
}
