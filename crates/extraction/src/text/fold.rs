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

    /// Adds the first `n` of eight bytes, lower-cased; they are ASCII letters and digits.
    #[inline]
    pub fn extend_eight(&mut self, eight: u64, n: usize) {
        // Lower case in one step: digits have this bit set already. All eight are written; there is room.
        let lower = (eight | 0x2020_2020_2020_2020).to_le_bytes();
        self.bytes[self.len..self.len + 8].copy_from_slice(&lower);
        self.overflow |= n > MAX_WORD - self.len;
        self.len = (self.len + n).min(MAX_WORD);
    }

    /// A 64-bit hash of the word, eight bytes a step (multiply and fold, as in wyhash).
    #[inline]
    pub fn hash(&self) -> u64 {
        let mut h = (self.len as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut step = |piece: u64| {
            h = (h ^ piece).wrapping_mul(0xD6E8_FEB8_6659_FD93);
            h ^= h >> 32;
        };
        let (pieces, _) = self.bytes.as_chunks::<8>();
        let (whole, rest) = (self.len / 8, self.len % 8);
        for piece in &pieces[..whole] {
            step(u64::from_le_bytes(*piece));
        }
        if rest > 0 {
            // What stands behind the word is masked away.
            step(u64::from_le_bytes(pieces[whole]) & ((1 << (8 * rest)) - 1));
        }
        h
    }
}

/// How many of eight bytes (little-endian), from the first on, are ASCII letters or digits.
#[inline]
pub fn alphanumeric_run(eight: u64) -> usize {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // Adding 0x80 - c to seven bits sets the eighth where they are c or more.
    let seven = eight & !HIGH;
    let lower = seven | all(0x20);
    let letters = (lower + all(0x80 - b'a')) ^ (lower + all(0x7F - b'z'));
    let digits = (seven + all(0x80 - b'0')) ^ (seven + all(0x7F - b'9'));
    let others = !((letters | digits) & !eight) & HIGH;
    others.trailing_zeros() as usize / 8
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

/// Looks up the character of two bytes of UTF-8 at the start of `bytes`; `None` where it is longer, or outside the table.
#[inline]
pub fn latin_pair(table: &'static [LatinEntry], bytes: &[u8]) -> Option<&'static LatinEntry> {
    match bytes {
        [first @ 0xC2..=0xDF, second, ..] => {
            let code = u32::from(first & 0x1F) << 6 | u32::from(second & 0x3F);
            table.get((code - LATIN_START) as usize)
        }
        _ => None,
    }
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
    impl crate::text::tokens::Vocabulary for Collect {
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
    crate::text::tokens::tokenize(text, &mut collect, &mut Vec::new());
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

    #[test]
    fn runs_of_letters_and_digits_are_counted() {
        for byte in 0..=255u8 {
            for at in 0..8 {
                let mut eight = *b"aZ09zA5m";
                eight[at] = byte;
                let expected = eight.iter().position(|b| !b.is_ascii_alphanumeric()).unwrap_or(8);
                assert_eq!(alphanumeric_run(u64::from_le_bytes(eight)), expected, "{eight:?}");
            }
        }
    }

    #[test]
    fn a_word_of_any_length_folds_the_same_in_pieces_and_byte_by_byte() {
        for n in 0..=MAX_WORD + 8 {
            let word: Vec<u8> = (0..n).map(|i| b"Ab9Z"[i % 4]).collect();
            let (mut pieces, mut bytes) = (FoldBuf::default(), FoldBuf::default());
            for piece in word.chunks(8) {
                let mut eight = [b' '; 8];
                eight[..piece.len()].copy_from_slice(piece);
                pieces.extend_eight(u64::from_le_bytes(eight), piece.len());
            }
            bytes.extend(&word.to_ascii_lowercase());
            assert_eq!(pieces.as_bytes(), bytes.as_bytes());
            assert_eq!((pieces.hash(), pieces.overflowed()), (bytes.hash(), bytes.overflowed()));
        }
    }

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
