//! Finds every label of a large list in a text, in one pass.
//!
//! Words of the text are folded, stemmed and looked up in an open-addressing table of the words that
//! labels use; a trie over word ids, laid out breadth-first in one flat array, finds the longest
//! label from each word. In such a layout a node's number is also its incoming edge's, so that a label
//! list of 130,000 needs about 5 MB.
//!
//! Labels stand in two layers. Within a layer matches are leftmost-longest and do not overlap; between
//! layers they may, and the caller decides.

use rustc_hash::FxHashMap;

use crate::text::fold;
use crate::text::tokens::{self, Gap, Token, UNKNOWN};
use crate::text::words::{WordBuilder, WordTable};

/// Number of layers.
pub const LAYERS: usize = 2;
/// Longest label, in tokens; longer ones are left out (the longest of ESCO has 27).
const MAX_TOKENS: usize = 32;

/// Up to this many children of a node are looked through one by one.
const FEW: usize = 4;
/// Size of the filter of word pairs, in words of 64 bits (256 KiB).
const PAIR_WORDS: usize = 1 << 15;
/// Marks a first word that is a label by itself.
const WHOLE: u32 = 1 << 31;

/// Place in the filter of the edge out of a first word's node.
#[inline]
fn pair_bit(node: u32, word: u32) -> (usize, u64) {
    let key = u64::from(node) << 32 | u64::from(word);
    let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((hash >> 49) as usize, 1 << (hash >> 43 & 63))
}

/// How far a one-word label may differ from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inflection {
    /// The folded word itself, nothing else.
    Exact,
    /// Also with a version (`Angular12`); an acronym also with a lower-case `s` (`APIs`).
    Name,
    /// Also with a version, and its plural.
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
    hashes: Vec<u64>,
    starts: Vec<u32>,
}

/// The compiled labels.
pub struct Matcher {
    words: WordTable,
    /// First-word id -> its node (0 = no label starts with it), marked [`WHOLE`] if the word is a label.
    root: Vec<u32>,
    /// The trie, breadth-first, and one more node that closes the last ranges.
    nodes: Vec<Node>,
    labels: Vec<u32>,
    /// One bit for each pair of first word and second, to refuse most pairs without a search.
    pairs: Vec<u64>,
    layers: Vec<u8>,
    /// One-word labels: what [`Inflection`] needs to know.
    single: FxHashMap<u32, Single>,
}

/// A node of the trie. What it owns ends where the next node's begins.
#[derive(Clone, Copy)]
struct Node {
    /// Word on the edge into it.
    word: u32,
    first_child: u32,
    first_label: u32,
}

struct Single {
    folded: Box<str>,
    inflection: Inflection,
    /// Written in capitals: an acronym.
    acronym: bool,
}

impl Matcher {
    /// Compiles labels. Where two are the same in the text, the one listed first wins.
    /// Labels without a word, and those longer than 32 words, are left out. `words` get ids too, so that
    /// [`Matcher::word_id`] knows them.
    pub fn new(patterns: &[Pattern<'_>], words: &[&str]) -> Self {
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
        for word in words {
            tokens::tokenize(word, &mut builder, &mut scratch);
        }
        let ids = |s: &(u32, u32, u32)| &pool[s.0 as usize..(s.0 + s.1) as usize];
        let layer = |s: &(u32, u32, u32)| patterns[s.2 as usize].layer;
        sequences.sort_unstable_by(|a, b| (ids(a), layer(a), a.2).cmp(&(ids(b), layer(b), b.2)));
        let mut matcher = Self {
            words: builder.freeze(),
            root: Vec::new(),
            nodes: Vec::new(),
            labels: Vec::with_capacity(sequences.len()),
            pairs: vec![0; PAIR_WORDS],
            layers: patterns.iter().map(|p| p.layer).collect(),
            single,
        };
        matcher.build_trie(&pool, &sequences);
        matcher
    }

    /// Lays out the trie of sorted sequences breadth-first.
    fn build_trie(&mut self, pool: &[u32], sequences: &[(u32, u32, u32)]) {
        self.root = vec![0; self.words.len()];
        let node = |word| Node { word, first_child: 0, first_label: 0 };
        self.nodes.push(node(UNKNOWN));
        let mut ranges = vec![(0, sequences.len(), 0)];
        let mut at = 0;
        while let Some(&(mut low, high, depth)) = ranges.get(at) {
            self.nodes[at].first_child = self.nodes.len() as u32;
            self.nodes[at].first_label = self.labels.len() as u32;
            while low < high && sequences[low].1 as usize == depth {
                self.labels.push(sequences[low].2);
                low += 1;
                if depth == 1 {
                    self.root[self.nodes[at].word as usize] |= WHOLE;
                }
            }
            while low < high {
                let word = pool[sequences[low].0 as usize + depth];
                let same = sequences[low..high].partition_point(|s| pool[s.0 as usize + depth] <= word);
                match depth {
                    0 => self.root[word as usize] = self.nodes.len() as u32,
                    1 => {
                        let (place, bit) = pair_bit(at as u32, word);
                        self.pairs[place] |= bit;
                    }
                    _ => {}
                }
                self.nodes.push(node(word));
                ranges.push((low, low + same, depth + 1));
                low += same;
            }
            at += 1;
        }
        self.nodes.push(Node { word: UNKNOWN, first_child: at as u32, first_label: self.labels.len() as u32 });
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
        self.words.read(word, &mut Vec::new(), &mut found);
        match found.as_slice() {
            [token] if token.id != UNKNOWN => Some(token.id),
            _ => None,
        }
    }

    /// The label that is exactly these words, in a layer, whatever their inflection.
    pub fn label_of(&self, ids: impl Iterator<Item = u32>, layer: u8) -> Option<u32> {
        let mut node = 0;
        for (depth, id) in ids.enumerate() {
            node = match depth {
                _ if id == UNKNOWN => return None,
                0 => self.root.get(id as usize).map(|entry| entry & !WHOLE).filter(|node| *node != 0)?,
                _ => self.child(node, id)?,
            };
        }
        self.labels_of(node).iter().copied().find(|label| self.layers[*label as usize] == layer)
    }

    /// Number of word ids; ids are below it.
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// Finds labels in `text`. `accept` sees each label and its surface form and may refuse it; a shorter
    /// label from the same word then gets its chance.
    pub fn find(&self, text: &str, scratch: &mut Scratch, accept: impl Fn(u32, &str) -> bool) {
        scratch.matches.clear();
        self.words.read(text, &mut scratch.hashes, &mut scratch.tokens);
        let tokens = &scratch.tokens[..];
        let starts = self.starts(tokens, &mut scratch.starts);
        let mut until = [0; LAYERS];
        let mut path = [(0, 0); MAX_TOKENS];
        for i in starts.iter().map(|&i| i as usize) {
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
        scratch.matches.sort_unstable_by_key(|m| (m.token_start, m.layer));
    }

    /// The tokens at which a label may start: those that are one, and those whose pair with the next token
    /// starts one. Most are neither, at random: the loop has no branch on it, and its look-ups overlap.
    fn starts<'s>(&self, tokens: &[Token], starts: &'s mut Vec<u32>) -> &'s [u32] {
        starts.resize(tokens.len(), 0);
        let mut found = 0;
        for (i, token) in tokens.iter().enumerate() {
            let entry = self.root.get(token.id as usize).copied().unwrap_or(0);
            let next = tokens.get(i + 1).map_or(UNKNOWN, |next| if next.gap == Gap::Break { UNKNOWN } else { next.id });
            let (place, bit) = pair_bit(entry & !WHOLE, next);
            let pair = (next != UNKNOWN) & (self.pairs[place] & bit != 0);
            starts[found] = i as u32;
            found += usize::from((entry & WHOLE != 0) | ((entry != 0) & pair));
        }
        &starts[..found]
    }

    /// The nodes with labels on the way from token `start`, shortest first, each with the token after it.
    #[inline]
    fn walk<'p>(&self, tokens: &[Token], start: usize, path: &'p mut [(u32, usize); MAX_TOKENS]) -> &'p [(u32, usize)] {
        let entry = match self.root.get(tokens[start].id as usize) {
            Some(&entry) if entry != 0 => entry,
            _ => return &[],
        };
        let mut node = entry & !WHOLE;
        let mut end = start + 1;
        let mut depth = 0;
        if entry & WHOLE != 0 {
            path[0] = (node, end);
            depth = 1;
        }
        while let Some(token) = tokens.get(end) {
            if token.gap == Gap::Break || token.id == UNKNOWN {
                break;
            }
            if end == start + 1 {
                let (place, bit) = pair_bit(node, token.id);
                if self.pairs[place] & bit == 0 {
                    break;
                }
            }
            let Some(child) = self.child(node, token.id) else {
                break;
            };
            node = child;
            end += 1;
            if !self.labels_of(node).is_empty() {
                path[depth] = (node, end);
                depth += 1;
            }
        }
        &path[..depth]
    }

    #[inline]
    fn child(&self, node: u32, word: u32) -> Option<u32> {
        let low = self.nodes[node as usize].first_child;
        let high = self.nodes[node as usize + 1].first_child;
        let children = &self.nodes[low as usize..high as usize];
        let at = if children.len() <= FEW {
            children.iter().position(|c| c.word == word)?
        } else {
            children.binary_search_by_key(&word, |c| c.word).ok()?
        };
        Some(low + at as u32)
    }

    #[inline]
    fn labels_of(&self, node: u32) -> &[u32] {
        let low = self.nodes[node as usize].first_label;
        let high = self.nodes[node as usize + 1].first_label;
        &self.labels[low as usize..high as usize]
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
        let label = &*self.folded;
        if surface.eq_ignore_ascii_case(label) {
            return Some(false);
        }
        let folded = fold::fold_phrase(surface);
        if folded == label {
            return Some(false);
        }
        if self.inflection == Inflection::Exact {
            return None;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(labels: &[&str]) -> Matcher {
        let pattern = |text| Pattern { text, layer: 0, inflection: Inflection::Name };
        Matcher::new(&labels.iter().copied().map(pattern).collect::<Vec<_>>(), &[])
    }

    fn found<'t>(labels: &[&str], text: &'t str) -> Vec<&'t str> {
        let mut scratch = Scratch::default();
        matcher(labels).find(text, &mut scratch, |_, _| true);
        let place = |i: u32| &scratch.tokens[i as usize];
        let surface = |m: &Match| &text[place(m.token_start).start as usize..place(m.token_end - 1).end as usize];
        scratch.matches.iter().map(surface).collect()
    }

    #[test]
    fn technology_names_are_whole_words() {
        let labels = ["C", "C++", "C#", "F#", "R", "Java", ".NET", "ASP.NET", "Go", "JS"];
        assert_eq!(found(&labels, "C++, C# y C; F#"), ["C++", "C#", "C", "F#"]);
        assert_eq!(found(&labels, "JavaScript, I+D, R&D, C.V., internet, empresa.net, Three.js"), [""; 0]);
        assert_eq!(found(&labels, "ASP.NET; .NET; asp .net, (.net)"), ["ASP.NET", ".NET", "asp .net", ".net"]);
        assert_eq!(found(&labels, "Java 8+ / Java17"), ["Java", "Java17"]);
        assert_eq!(found(&labels, "java@go.com https://r.io/java www.java.com"), [""; 0]);
    }

    #[test]
    fn words_join_by_space_hyphen_slash_dot_alike_but_not_over_a_break() {
        let labels = ["scikit-learn", "CI/CD", "Node.js", "React", "Angular", "PL/SQL", "Power BI"];
        assert_eq!(
            found(&labels, "scikit learn, CI-CD, ci / cd, node js"),
            ["scikit learn", "CI-CD", "ci / cd", "node js"]
        );
        assert_eq!(found(&labels, "React/Angular + PL-SQL"), ["React", "Angular", "PL-SQL"]);
        assert_eq!(found(&labels, "scikit - learn; Power, BI; Power\nBI; fin.Power.Bien"), [""; 0]);
        assert_eq!(found(&["trabajo"], "un trabajo.Las tareas"), ["trabajo"]);
    }

    #[test]
    fn words_that_bad_html_ran_together_are_taken_apart() {
        let labels = ["Python", "Django", "SQL", "SQL Server", "experiencia", "ñandú", "uso"];
        assert_eq!(found(&labels, "PythonDjango"), ["Python", "Django"]);
        assert_eq!(found(&labels, "SQLExperiencia ñandúPython"), ["SQL", "Experiencia", "ñandú", "Python"]);
        assert_eq!(found(&labels, "usoSQLServer"), ["uso", "SQLServer"]);
        assert_eq!(found(&labels, "PythonLibre, SQLAlchemy"), ["Python"]);
        assert_eq!(found(&["MongoDB", "NoSQL"], "MongoDBControl yNoSQL"), ["MongoDB", "NoSQL"]);
    }

    #[test]
    fn the_longest_label_wins_and_a_refused_one_leaves_the_shorter() {
        let labels = ["SQL", "SQL Server", "SQL Server Integration Services"];
        assert_eq!(found(&labels, "SQL Server Integration"), ["SQL Server"]);
        let mut scratch = Scratch::default();
        matcher(&labels).find("SQL Server", &mut scratch, |_, surface| surface == "SQL");
        assert_eq!(scratch.matches.len(), 1);
        assert_eq!(scratch.matches[0].label, 0);
    }

    #[test]
    fn phrases_match_in_the_plural_and_acronyms_too_but_names_do_not() {
        let labels = ["base de datos", "API", "Excel", "prueba unitaria"];
        assert_eq!(
            found(&labels, "bases de dato, APIs, pruebas unitarias"),
            ["bases de dato", "APIs", "pruebas unitarias"]
        );
        assert_eq!(found(&labels, "she excels"), [""; 0]);
    }

    #[test]
    fn accents_and_case_do_not_matter_however_encoded() {
        assert_eq!(found(&["programación"], "PROGRAMACIO\u{301}N"), ["PROGRAMACIO\u{301}N"]);
        assert_eq!(found(&["programacion"], "(programación)"), ["programación"]);
    }
}
