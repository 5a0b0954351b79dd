//! Ads that aren't jobs: pyramid schemes, paid courses dressed as vacancies, keyword and link farms.
//!
//! Each rule adds to a score and explains itself. One suspicious phrase is never enough: sales ads promise commissions
//! without limit and real employers answer by WhatsApp. Only what no employer writes, or several signs together, reach 1.

mod rules;

use crate::duplicate::shingles;
use crate::fold::{fold, words};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use rules::{NEGATIONS, RULES, Rule};
use std::sync::LazyLock;

/// From this score on an ad is spam.
pub const SPAM_SCORE: f32 = 1.0;

/// What the rules found in an ad.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assessment {
    /// 0 for a clean ad; spam from [`SPAM_SCORE`] on.
    pub score: f32,
    /// What counted, in the ad's order: phrases (folded) or a description of the rest.
    pub reasons: Vec<String>,
}

impl Assessment {
    /// Whether the ad is spam.
    pub fn is_spam(&self) -> bool {
        self.score >= SPAM_SCORE
    }
}

/// Assesses an ad by its title, the employer's name and its cleaned text.
pub fn assess(title: &str, company: &str, text: &str) -> Assessment {
    let (title, text) = (fold(title), fold(text));
    let hashes: Vec<u64> = words(&text).map(|word| crate::fold::hash(word.text)).collect();
    assess_folded(&title, company, &text, &hashes)
}

/// The same over folded texts and the hashes of the text's words.
pub(crate) fn assess_folded(title: &str, company: &str, text: &str, hashes: &[u64]) -> Assessment {
    let mut findings = Findings::default();
    findings.phrases(title);
    findings.phrases(text);
    findings.repetition(hashes);
    findings.links_and_telephones(text);
    findings.finish(company)
}

/// Phrases of all rules, and the rule of each.
static PHRASES: LazyLock<Option<(AhoCorasick, Vec<usize>)>> = LazyLock::new(|| {
    let mut phrases = Vec::new();
    let mut owners = Vec::new();
    for (index, rule) in RULES.iter().enumerate() {
        for phrase in rule.phrases {
            phrases.push(*phrase);
            owners.push(index);
        }
    }
    let automaton = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .match_kind(MatchKind::LeftmostLongest)
        .build(phrases)
        .ok()?;
    Some((automaton, owners))
});

#[derive(Default)]
struct Findings {
    /// Distinct phrases found, per rule.
    found: [Vec<String>; RULES.len()],
    structural: Vec<(f32, String)>,
    links: usize,
}

impl Findings {
    fn phrases(&mut self, text: &str) {
        let Some((automaton, owners)) = &*PHRASES else { return };
        for found in automaton.find_iter(text) {
            if !at_word_edges(text, found.start(), found.end()) || is_negated(&text[..found.start()]) {
                continue;
            }
            let phrases = &mut self.found[owners[found.pattern().as_usize()]];
            let phrase = &text[found.start()..found.end()];
            if !phrases.iter().any(|known| known == phrase) {
                phrases.push(phrase.to_owned());
            }
        }
    }

    /// The same few phrases over and over. Real ads repeat at most a tenth of their shingles.
    fn repetition(&mut self, hashes: &[u64]) {
        if hashes.len() < 80 {
            return;
        }
        let share = distinct_share(&hashes[..hashes.len().min(4096)]);
        if share < 0.35 {
            self.structural.push((1.0, format!("{:.0} % of the text is repeated", 100.0 * (1.0 - share))));
        }
    }

    fn links_and_telephones(&mut self, text: &str) {
        let links = memchr::memmem::find_iter(text.as_bytes(), "://").count();
        let telephones = telephones(text);
        let length = text.len().max(1);
        self.links = memchr::memmem::find_iter(text.as_bytes(), "wa.me/").count()
            + memchr::memmem::find_iter(text.as_bytes(), "t.me/").count();
        if links >= 10 && links * 120 > length {
            self.structural.push((1.0, format!("{links} links")));
        }
        if telephones >= 10 && telephones * 60 > length {
            self.structural.push((1.0, format!("{telephones} telephone numbers")));
        }
    }

    fn finish(self, company: &str) -> Assessment {
        let mut assessment = Assessment::default();
        let mut promises = 0.0;
        for (rule, phrases) in RULES.iter().zip(&self.found) {
            if phrases.is_empty() || rule.needs_others {
                continue;
            }
            promises += weight(rule, phrases);
            assessment.reasons.extend(phrases.iter().map(|phrase| format!("'{phrase}'")));
        }
        assessment.score = promises;
        if promises > 0.0 {
            for (rule, phrases) in
                RULES.iter().zip(&self.found).filter(|(rule, found)| rule.needs_others && !found.is_empty())
            {
                assessment.score += weight(rule, phrases);
                assessment.reasons.extend(phrases.iter().map(|phrase| format!("'{phrase}'")));
            }
            if is_anonymous(company) {
                assessment.score += 0.15;
                assessment.reasons.push("no employer named".to_owned());
            }
        }
        for (weight, reason) in self.structural {
            assessment.score += weight;
            assessment.reasons.push(reason);
        }
        assessment
    }
}

/// The share of distinct shingles, by linear counting (Whang, Vander-Zanden and Taylor 1990) on 8,192 bits.
fn distinct_share(hashes: &[u64]) -> f32 {
    let mut bits = [0u64; 128];
    let total = shingles(hashes, |shingle| bits[(shingle >> 57) as usize] |= 1 << (shingle & 63));
    let size = 64.0 * bits.len() as f32;
    let empty: u32 = bits.iter().map(|word| word.count_zeros()).sum();
    -size * (empty.max(1) as f32 / size).ln() / total as f32
}

/// The first phrase counts in full, further ones of the same rule a little.
fn weight(rule: &Rule, phrases: &[String]) -> f32 {
    rule.weight + 0.15 * (phrases.len() - 1).min(2) as f32
}

fn at_word_edges(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let inside = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0xC3 && *b < 0xE0);
    let before = start.checked_sub(1).and_then(|last| bytes.get(last));
    !inside(before) && !inside(bytes.get(end))
}

/// Whether one of the five words before denies what follows: "no somos multinivel", "nunca pedimos dinero".
fn is_negated(before: &str) -> bool {
    let start = before.len().saturating_sub(40);
    let tail = &before[before.ceil_char_boundary(start)..];
    let sentence = tail.rsplit(['.', '!', '?', '\n', ';']).next().unwrap_or(tail);
    sentence
        .split(|c: char| !c.is_alphanumeric())
        .rev()
        .filter(|word| !word.is_empty())
        .take(5)
        .any(|word| NEGATIONS.contains(&word))
}

/// Runs of at least eight digits, with single separators inside.
fn telephones(text: &str) -> usize {
    let (mut found, mut digits, mut gap) = (0, 0, 0);
    for byte in text.bytes().chain([b'.', b'.']) {
        if byte.is_ascii_digit() {
            digits += 1;
            gap = 0;
        } else if digits > 0 && gap == 0 && matches!(byte, b' ' | b'-' | b'(' | b')') {
            gap = 1;
        } else {
            found += usize::from((8..=13).contains(&digits));
            (digits, gap) = (0, 0);
        }
    }
    found
}

fn is_anonymous(company: &str) -> bool {
    let company = fold(company.trim());
    company.is_empty() || company.contains("confidencial") || company.contains("confidential")
}

#[cfg(test)]
mod tests;
