//! The words that labels use, by id: a growing table to compile labels, a frozen one to read texts.

use rustc_hash::FxHashMap;

use crate::text::fold::{self, FoldBuf};
use crate::text::tokens::{self, Gap, Token, UNKNOWN, Vocabulary};

/// The words of all labels, growing.
#[derive(Default)]
pub(crate) struct WordBuilder {
    ids: FxHashMap<Box<[u8]>, u32>,
}

impl WordBuilder {
    fn intern(&mut self, word: &[u8]) -> u32 {
        if let Some(&id) = self.ids.get(word) {
            return id;
        }
        let id = self.ids.len() as u32;
        self.ids.insert(word.into(), id);
        id
    }

    pub(crate) fn freeze(self) -> WordTable {
        let mut words: Vec<_> = self.ids.into_iter().collect();
        words.sort_unstable_by_key(|(_, id)| *id);
        let size = (words.len() * 2).next_power_of_two().max(16);
        let mut table =
            WordTable { slots: vec![(0, UNKNOWN); size], mask: size - 1, count: words.len(), symbols: [UNKNOWN; 128] };
        for (word, id) in &words {
            if let [b] = **word
                && b.is_ascii_punctuation()
            {
                table.symbols[usize::from(b)] = *id;
            }
            table.insert(word, *id);
        }
        table
    }
}

impl Vocabulary for WordBuilder {
    fn word(&mut self, folded: &mut FoldBuf) -> u32 {
        if folded.overflowed() {
            return UNKNOWN;
        }
        fold::stem(folded);
        self.intern(folded.as_bytes())
    }

    fn symbol(&mut self, symbol: u8) -> u32 {
        self.intern(&[symbol])
    }

    fn knows_dotted(&mut self, _: &mut FoldBuf) -> bool {
        true
    }
}

/// The words of all labels, frozen: open addressing, at most half full. A slot holds the upper half of the
/// word's hash; with its place, words are told apart by about 49 bits and not compared letter by letter
/// (a label of one word is, when found).
pub(crate) struct WordTable {
    slots: Vec<(u32, u32)>,
    mask: usize,
    count: usize,
    symbols: [u32; 128],
}

impl WordTable {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn insert(&mut self, word: &[u8], id: u32) {
        let mut buf = FoldBuf::default();
        buf.extend(word);
        let hash = buf.hash();
        let mut slot = hash as usize & self.mask;
        while self.slots[slot].1 != UNKNOWN {
            slot = (slot + 1) & self.mask;
        }
        self.slots[slot] = ((hash >> 32) as u32, id);
    }

    #[inline]
    fn get(&self, hash: u64) -> u32 {
        let mut slot = hash as usize & self.mask;
        loop {
            let (upper, id) = self.slots[slot];
            if id == UNKNOWN || upper == (hash >> 32) as u32 {
                return id;
            }
            slot = (slot + 1) & self.mask;
        }
    }

    /// Reads a text. Words are first hashed, then looked up in a loop of their own: the look-ups do not
    /// depend on each other, so the processor overlaps their cache misses.
    pub(crate) fn read(&self, text: &str, hashes: &mut Vec<u64>, out: &mut Vec<Token>) {
        hashes.clear();
        tokens::tokenize(text, &mut Reader { table: self, hashes }, out);
        let bytes = text.as_bytes();
        let mut glued = false;
        for token in out.iter_mut().filter(|t| !t.symbol) {
            if token.id != UNKNOWN {
                token.id = match token.id & KNOWN {
                    0 => self.get(hashes[token.id as usize]),
                    _ => token.id & !KNOWN,
                };
            }
            glued |= token.id == UNKNOWN && has_inner_capital(&bytes[token.start as usize..token.end as usize]);
        }
        if glued {
            self.unglue(bytes, out);
        }
    }

    /// Takes unknown words apart where case says that two were run together (`PythonDjango`,
    /// `SQLExperiencia`), if every part is known, or one that is too long to
    /// be there by chance.
    fn unglue(&self, text: &[u8], tokens: &mut Vec<Token>) {
        let whole = std::mem::take(tokens);
        let mut parts = Vec::new();
        for token in whole {
            let word = &text[token.start as usize..token.end as usize];
            if token.id != UNKNOWN || token.symbol || seam(word).is_none() || is_code(text, &token) {
                tokens.push(token);
                continue;
            }
            parts.clear();
            self.split(word, &token, &mut parts);
            let known = |p: &Token| p.id != UNKNOWN;
            let telling = |p: &Token| known(p) && p.end - p.start >= TELLING_PART;
            let sound = parts.iter().all(known) || parts.iter().any(telling);
            if sound {
                tokens.extend_from_slice(&parts);
            } else {
                tokens.push(token);
            }
        }
    }

    /// Cuts a word at its seams into the longest known parts from left to right.
    fn split(&self, word: &[u8], token: &Token, parts: &mut Vec<Token>) {
        let mut seams = [0; MOST_SEAMS + 2];
        let mut count = 1;
        while count <= MOST_SEAMS
            && let Some(at) = seam(&word[seams[count - 1]..])
        {
            seams[count] = seams[count - 1] + at;
            count += 1;
        }
        seams[count] = word.len();
        let (mut from, mut chars) = (0, token.char_start);
        while from < count {
            let known = (from + 1..=count).rev().find_map(|to| Some((to, self.part(&word[seams[from]..seams[to]])?)));
            let (to, id) = known.unwrap_or((from + 1, UNKNOWN));
            let length = word[seams[from]..seams[to]].iter().filter(|b| **b & 0xC0 != 0x80).count() as u32;
            parts.push(Token {
                start: token.start + seams[from] as u32,
                end: token.start + seams[to] as u32,
                char_start: chars,
                char_end: chars + length,
                id,
                gap: if from == 0 { token.gap } else { Gap::Join },
                symbol: false,
            });
            (from, chars) = (to, chars + length);
        }
    }

    /// The id of a part of a glued word.
    fn part(&self, part: &[u8]) -> Option<u32> {
        let shown = std::str::from_utf8(part).ok().filter(|_| part.len() >= SHORTEST_PART)?;
        let mut buf = FoldBuf::default();
        buf.extend(fold::fold_phrase(shown).as_bytes());
        fold::stem(&mut buf);
        Some(self.get(buf.hash())).filter(|id| *id != UNKNOWN && !buf.overflowed())
    }
}

/// Whether an identifier of a program stands there: `=` or `(` follows it.
fn is_code(text: &[u8], token: &Token) -> bool {
    let rest = text[token.end as usize..].trim_ascii_start();
    matches!(rest.first(), Some(b'=' | b'(')) && text[token.start as usize].is_ascii_lowercase()
}

/// Most seams of a glued word that are looked at.
const MOST_SEAMS: usize = 6;
/// Fewest bytes of a known part that speaks for taking a word apart where the rest is unknown.
const TELLING_PART: u32 = 5;
/// Fewest bytes of a part of a glued word that is looked up.
const SHORTEST_PART: usize = 3;

/// Whether a word may be two: without a branch per byte, because it is asked of every unknown word.
fn has_inner_capital(word: &[u8]) -> bool {
    word.len() > SHORTEST_PART && word[1..].iter().fold(0, |any, b| any | u8::from(b.is_ascii_uppercase())) != 0
}

/// Where the first of two glued words ends: before a capital behind a small letter (`javaSQL`), or before
/// the last of several capitals that a small letter follows (`SQLServer`).
fn seam(word: &[u8]) -> Option<usize> {
    (1..word.len()).find(|&i| {
        let (before, here) = (word[i - 1], word[i]);
        let small_after = word.get(i + 1).is_some_and(u8::is_ascii_lowercase);
        here.is_ascii_uppercase()
            && (before.is_ascii_lowercase() || before >= 128 || before.is_ascii_uppercase() && small_after && i >= 2)
    })
}

/// Marks an id that needs no look-up; without it, a token's id is a place in the list of hashes.
const KNOWN: u32 = 1 << 31;

/// Reads a text against a frozen table, putting off the look-ups.
struct Reader<'a> {
    table: &'a WordTable,
    hashes: &'a mut Vec<u64>,
}

impl Vocabulary for Reader<'_> {
    #[inline]
    fn word(&mut self, folded: &mut FoldBuf) -> u32 {
        if folded.overflowed() {
            return UNKNOWN;
        }
        fold::stem(folded);
        let hash = folded.hash();
        if folded.as_bytes().last().is_some_and(u8::is_ascii_digit) {
            return match self.table.get(hash) {
                UNKNOWN => self.without_version(folded),
                id => id | KNOWN,
            };
        }
        self.hashes.push(hash);
        (self.hashes.len() - 1) as u32 & !KNOWN
    }

    #[inline]
    fn symbol(&mut self, symbol: u8) -> u32 {
        self.table.symbols[usize::from(symbol & 127)]
    }

    fn knows_dotted(&mut self, folded: &mut FoldBuf) -> bool {
        fold::stem(folded);
        self.table.get(folded.hash()) != UNKNOWN
    }
}

impl Reader<'_> {
    /// `angular12` -> the id of `angular`: one or two digits behind at least three letters.
    fn without_version(&mut self, folded: &mut FoldBuf) -> u32 {
        let bytes = folded.as_bytes();
        let letters = bytes.len() - bytes.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        if letters < 3 || bytes.len() - letters > 2 {
            return UNKNOWN;
        }
        folded.truncate(letters);
        fold::stem(folded);
        match self.table.get(folded.hash()) {
            UNKNOWN => UNKNOWN,
            id => id | KNOWN,
        }
    }
}
