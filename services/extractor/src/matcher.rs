//! Finds every label of a large list in a text, in one pass.
//!
//! Words of the text are folded, stemmed and looked up in an open-addressing table of the words that
//! labels use; a trie over word ids, laid out breadth-first in three flat arrays, finds the longest
//! label from each word. In such a layout a node's number is also its incoming edge's, so that a label
//! list of 130,000 needs about 5 MB.
//!
//! Labels stand in two layers. Within a layer matches are leftmost-longest and do not overlap; between
//! layers they may, and the caller decides.

use rustc_hash::FxHashMap;

use crate::fold::{self, FoldBuf};
use crate::tokens::{self, Gap, Token, UNKNOWN, Vocabulary};

/// Number of layers.
pub const LAYERS: usize = 2;
/// Longest label, in tokens; longer ones are left out (the longest of ESCO has 27).
const MAX_TOKENS: usize = 32;

/// How far a one-word label may differ from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inflection {
    /// The folded word itself, or an acronym with a lower-case `s` (`APIs`).
    Exact,
    /// Also its plural.
    Plural,
}

/// A label to look for. Its number is its place in the list given to [`Matcher::new`].
#[derive(Clone, Debug)]
pub struct Pattern<'a> {
    /// The label as written.
    pub text: &'a str,
    /// Layer, below [`LAYERS`].
    pub layer: u8,
    /// What a one-word label may be in the text; labels of several words match all their forms.
    pub inflection: Inflection,
}

/// An occurrence of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Number of the label.
    pub label: u32,
    /// Layer of the label.
    pub layer: u8,
    /// First token, as index into the tokens of the text.
    pub token_start: u32,
    /// Token after the last.
    pub token_end: u32,
    /// True when the text has another form of the word (plural, version number attached).
    pub inflected: bool,
}

/// Working memory of a search; reuse it between texts.
#[derive(Default)]
pub struct Scratch {
    /// Tokens of the last text.
    pub tokens: Vec<Token>,
    /// Matches in the last text, by start, the lower layer first.
    pub matches: Vec<Match>,
}

/// The compiled labels.
pub struct Matcher {
    words: WordTable,
    /// First-word id -> node (0 = no label starts with it).
    root: Vec<u32>,
    /// Word id on the edge into each node.
    edge: Vec<u32>,
    /// Node -> its first child; its children end where those of the next node begin.
    first_child: Vec<u32>,
    /// Node -> its first entry in `labels`; they end where those of the next node begin.
    first_label: Vec<u32>,
    labels: Vec<u32>,
    layers: Vec<u8>,
    /// One-word labels: what [`Inflection`] needs to know.
    single: FxHashMap<u32, Single>,
}

struct Single {
    folded: Box<str>,
    inflection: Inflection,
    /// Written in capitals: an acronym.
    acronym: bool,
}

impl Matcher {
    /// Compiles labels. Where two are the same in the text, the one listed first wins.
    /// Labels without a word, and those longer than 32 words, are left out.
    pub fn new(patterns: &[Pattern<'_>]) -> Self {
        let mut builder = WordBuilder::default();
        let mut scratch = Vec::new();
        let mut pool: Vec<u32> = Vec::with_capacity(patterns.len() * 5);
        let mut sequences: Vec<(u32, u32, u32)> = Vec::with_capacity(patterns.len());
        let mut single = FxHashMap::default();
        for (number, pattern) in patterns.iter().enumerate() {
            let start = pool.len();
            tokens::tokenize(pattern.text, &mut builder, &mut scratch);
            pool.extend(trim_symbols(&scratch).iter().map(|t| t.id));
            let len = pool.len() - start;
            if len == 0 || len > MAX_TOKENS || pool[start..].contains(&UNKNOWN) {
                pool.truncate(start);
                continue;
            }
            if len == 1 {
                single.insert(number as u32, Single::new(pattern));
            }
            sequences.push((start as u32, len as u32, number as u32));
        }
        let ids = |s: &(u32, u32, u32)| &pool[s.0 as usize..(s.0 + s.1) as usize];
        let layer = |s: &(u32, u32, u32)| patterns[s.2 as usize].layer;
        sequences.sort_unstable_by(|a, b| {
            (ids(a), layer(a), a.2).cmp(&(ids(b), layer(b), b.2))
        });
        let mut matcher = Self {
            words: builder.freeze(),
            root: Vec::new(),
            edge: Vec::new(),
            first_child: Vec::new(),
            first_label: Vec::new(),
            labels: Vec::with_capacity(sequences.len()),
            layers: patterns.iter().map(|p| p.layer).collect(),
            single,
        };
        matcher.build_trie(&pool, &sequences);
        matcher
    }

    /// Lays out the trie of sorted sequences breadth-first.
    fn build_trie(&mut self, pool: &[u32], sequences: &[(u32, u32, u32)]) {
        self.root = vec![0; self.words.len()];
        self.edge.push(UNKNOWN);
        let mut ranges = vec![(0, sequences.len(), 0)];
        let mut node = 0;
        while let Some(&(mut low, high, depth)) = ranges.get(node) {
            self.first_child.push(self.edge.len() as u32);
            self.first_label.push(self.labels.len() as u32);
            while low < high && sequences[low].1 as usize == depth {
                self.labels.push(sequences[low].2);
                low += 1;
            }
            while low < high {
                let word = pool[sequences[low].0 as usize + depth];
                let same = sequences[low..high]
                    .partition_point(|s| pool[s.0 as usize + depth] <= word);
                if node == 0 {
                    self.root[word as usize] = self.edge.len() as u32;
                }
                self.edge.push(word);
                ranges.push((low, low + same, depth + 1));
                low += same;
            }
            node += 1;
        }
        self.first_child.push(self.edge.len() as u32);
        self.first_label.push(self.labels.len() as u32);
    }

    /// Number of labels that can be found.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// True when there is no label.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Id of a word as tokens carry it, if some label uses it or a form of it.
    pub fn word_id(&self, word: &str) -> Option<u32> {
        let mut found = Vec::new();
        tokens::tokenize(word, &mut Reader(&self.words), &mut found);
        match found.as_slice() {
            [token] if token.id != UNKNOWN => Some(token.id),
            _ => None,
        }
    }

    /// Number of word ids; ids are below it.
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// Finds labels in `text`. `accept` sees each label and its surface form and may refuse it; a shorter
    /// label from the same word then gets its chance.
    pub fn find(&self, text: &str, scratch: &mut Scratch, accept: impl Fn(u32, &str) -> bool) {
        scratch.matches.clear();
        tokens::tokenize(text, &mut Reader(&self.words), &mut scratch.tokens);
        let tokens = &scratch.tokens[..];
        let mut until = [0; LAYERS];
        let mut path = [(0, 0); MAX_TOKENS];
        for i in 0..tokens.len() {
            let mut found = self.walk(tokens, i, &mut path);
            while let Some((&(node, end), shorter)) = found.split_last() {
                found = shorter;
                for &label in self.labels_of(node) {
                    let layer = self.layers[label as usize];
                    if i < until[usize::from(layer)] {
                        continue;
                    }
                    let Some(inflected) = self.admits(label, text, tokens, i, end, &accept) else {
                        continue;
                    };
                    until[usize::from(layer)] = end;
                    scratch.matches.push(Match {
                        label,
                        layer,
                        token_start: i as u32,
                        token_end: end as u32,
                        inflected,
                    });
                }
            }
        }
        scratch.matches.sort_by_key(|m| (m.token_start, m.layer));
    }

    /// The nodes with labels on the way from token `start`, shortest first, each with the token after it.
    #[inline]
    fn walk<'p>(
        &self,
        tokens: &[Token],
        start: usize,
        path: &'p mut [(u32, usize); MAX_TOKENS],
    ) -> &'p [(u32, usize)] {
        let mut node = match self.root.get(tokens[start].id as usize) {
            Some(&node) if node != 0 => node,
            _ => return &[],
        };
        let mut depth = 0;
        let mut end = start + 1;
        loop {
            if self.first_label[node as usize] != self.first_label[node as usize + 1] {
                path[depth] = (node, end);
                depth += 1;
            }
            let Some(token) = tokens.get(end) else { break };
            if token.gap == Gap::Break || token.id == UNKNOWN {
                break;
            }
            let Some(child) = self.child(node, token.id) else {
                break;
            };
            node = child;
            end += 1;
        }
        &path[..depth]
    }

    #[inline]
    fn child(&self, node: u32, word: u32) -> Option<u32> {
        let low = self.first_child[node as usize] as usize;
        let high = self.first_child[node as usize + 1] as usize;
        let edges = &self.edge[low..high];
        let at = if edges.len() <= 8 {
            edges.iter().position(|&e| e == word)?
        } else {
            edges.binary_search(&word).ok()?
        };
        Some((low + at) as u32)
    }

    fn labels_of(&self, node: u32) -> &[u32] {
        let low = self.first_label[node as usize] as usize;
        let high = self.first_label[node as usize + 1] as usize;
        &self.labels[low..high]
    }

    /// Whether a label may stand at tokens `start..end`; `Some(true)` in another form of its word.
    fn admits(
        &self,
        label: u32,
        text: &str,
        tokens: &[Token],
        start: usize,
        end: usize,
        accept: &impl Fn(u32, &str) -> bool,
    ) -> Option<bool> {
        let (from, to) = (tokens[start].start as usize, tokens[end - 1].end as usize);
        let surface = text.get(from..to)?;
        let inflected = match self.single.get(&label) {
            Some(single) => single.admits(surface)?,
            None => false,
        };
        (boundary_ok(text.as_bytes(), from, to) && accept(label, surface)).then_some(inflected)
    }
}

impl Single {
    fn new(pattern: &Pattern<'_>) -> Self {
        let letters = || pattern.text.chars().filter(|c| c.is_alphabetic());
        Self {
            folded: fold::fold_phrase(pattern.text).into(),
            inflection: pattern.inflection,
            acronym: letters().count() > 1 && letters().all(char::is_uppercase),
        }
    }

    fn admits(&self, surface: &str) -> Option<bool> {
        let folded = fold::fold_phrase(surface);
        let label = &*self.folded;
        if folded == label {
            return Some(false);
        }
        let rest = folded.strip_prefix(label);
        let version = rest.is_some_and(|r| r.len() <= 2 && r.bytes().all(|b| b.is_ascii_digit()));
        let plural = match self.inflection {
            Inflection::Plural if label.len() >= 5 => {
                matches!(rest, Some("s" | "es"))
                    || label.strip_suffix('y').is_some_and(|l| folded.strip_prefix(l) == Some("ies"))
            }
            _ => self.acronym && rest == Some("s") && surface.ends_with('s') && starts_upper(surface),
        };
        (version || plural).then_some(true)
    }
}

fn starts_upper(surface: &str) -> bool {
    surface.chars().take(2).all(char::is_uppercase)
}

/// Signs of a label's own text belong to it only inside: `(PCB)` is looked for as `PCB`.
fn trim_symbols(tokens: &[Token]) -> &[Token] {
    let first = tokens.iter().position(|t| !t.symbol);
    let last = tokens.iter().rposition(|t| !t.symbol);
    match (first, last) {
        (Some(first), Some(last)) => &tokens[first..=last],
        _ => &[],
    }
}

/// Whether `from..to` is not a piece of a longer name: `R` in `R&D`, `JS` in `Three.js`, `net` in
/// `empresa.net`, `C` in `C.V.`, `java` in `java@example.org`.
fn boundary_ok(text: &[u8], from: usize, to: usize) -> bool {
    let before = from.checked_sub(1).map(|i| text[i]);
    let before2 = from.checked_sub(2).map(|i| text[i]);
    let after = text.get(to).copied();
    let after2 = text.get(to + 1).copied();
    let is_word = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || b >= 128);
    let short = to - from <= 3;
    let letter = to - from == 1;
    if before == Some(b'&') && is_word(before2) || after == Some(b'&') && is_word(after2) {
        return false;
    }
    if before == Some(b'@') || after == Some(b'@') {
        return false;
    }
    if text[from] == b'.' && is_word(before) {
        return false;
    }
    if before == Some(b'.') && is_word(before2) && short {
        return false;
    }
    if letter {
        let glue = |b: Option<u8>| matches!(b, Some(b'+' | b'\'' | b'-' | b'_' | 0xE2));
        if glue(before) && is_word(before2) || glue(after) && is_word(after2) {
            return false;
        }
        if after == Some(b'.') && is_word(after2) {
            return false;
        }
    }
    true
}

/// The words of all labels, growing.
#[derive(Default)]
struct WordBuilder {
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

    fn freeze(self) -> WordTable {
        let mut words: Vec<_> = self.ids.into_iter().collect();
        words.sort_unstable_by_key(|(_, id)| *id);
        let size = (words.len() * 2).next_power_of_two().max(16);
        let mut table = WordTable {
            slots: vec![(0, UNKNOWN); size],
            mask: size - 1,
            offsets: vec![0],
            bytes: Vec::new(),
            symbols: [UNKNOWN; 128],
        };
        for (word, id) in &words {
            table.bytes.extend_from_slice(word);
            table.offsets.push(table.bytes.len() as u32);
            if let [b] = **word
                && b.is_ascii_punctuation()
            {
                table.symbols[usize::from(b)] = *id;
            }
            let mut buf = FoldBuf::default();
            buf.extend(word);
            let hash = buf.hash();
            let mut slot = hash as usize & table.mask;
            while table.slots[slot].1 != UNKNOWN {
                slot = (slot + 1) & table.mask;
            }
            table.slots[slot] = ((hash >> 32) as u32, *id);
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

/// The words of all labels, frozen: open addressing, half full.
struct WordTable {
    /// Upper half of the hash, and the id.
    slots: Vec<(u32, u32)>,
    mask: usize,
    offsets: Vec<u32>,
    bytes: Vec<u8>,
    symbols: [u32; 128],
}

impl WordTable {
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    #[inline]
    fn get(&self, word: &mut FoldBuf) -> u32 {
        let hash = word.hash();
        let mut slot = hash as usize & self.mask;
        loop {
            let (high, id) = self.slots[slot];
            if id == UNKNOWN {
                return UNKNOWN;
            }
            if high == (hash >> 32) as u32 {
                let low = self.offsets[id as usize] as usize;
                let end = self.offsets[id as usize + 1] as usize;
                if &self.bytes[low..end] == word.as_bytes() {
                    return id;
                }
            }
            slot = (slot + 1) & self.mask;
        }
    }
}

/// Reads a text against a frozen table.
struct Reader<'a>(&'a WordTable);

impl Vocabulary for Reader<'_> {
    #[inline]
    fn word(&mut self, folded: &mut FoldBuf) -> u32 {
        if folded.overflowed() {
            return UNKNOWN;
        }
        fold::stem(folded);
        let id = self.0.get(folded);
        if id == UNKNOWN && folded.as_bytes().last().is_some_and(u8::is_ascii_digit) {
            return self.without_version(folded);
        }
        id
    }

    #[inline]
    fn symbol(&mut self, symbol: u8) -> u32 {
        self.0.symbols[usize::from(symbol & 127)]
    }

    fn knows_dotted(&mut self, folded: &mut FoldBuf) -> bool {
        fold::stem(folded);
        self.0.get(folded) != UNKNOWN
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
        self.0.get(folded)
    }
}
