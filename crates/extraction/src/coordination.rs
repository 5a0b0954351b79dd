//! Shared words of coordinated phrases: "pruebas unitarias y de integración" names two skills, and so does
//! "unit and integration testing".
//!
//! In Spanish and Portuguese the shared words stand before the first item, in English behind the last.
//! A found label is taken apart at each of its words; what stands on the other side of a conjunction or a
//! comma is put in the place of the rest, and if that is a label, it is named too.

use crate::labels::OWN;
use crate::matcher::{Match, Matcher};
use crate::text::tokens::{Gap, Token};

/// Most words of an item that stand apart from the shared ones.
const ITEM_WORDS: usize = 4;
/// Most items that share words with one label.
const ITEMS: usize = 6;

/// Words between coordinated items.
const CONJUNCTIONS: &[&str] = &["y", "e", "o", "u", "ou", "and", "or", "y/o", "e/o", "and/or", "e/ou"];

/// A label whose words do not stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coordinated {
    /// Number of the label.
    pub label: u32,
    /// The item's own words, as tokens; the shared ones belong to the other label.
    pub token_start: u32,
    /// Token after the last.
    pub token_end: u32,
}

/// Finds labels that share words with those `found` (in order of place, one layer, without overlap).
pub fn coordinated(matcher: &Matcher, text: &str, tokens: &[Token], found: &[Match]) -> Vec<Coordinated> {
    let mut all = Vec::new();
    for m in found.iter().filter(|m| m.layer == OWN && m.token_end - m.token_start > 1) {
        items_after(matcher, text, tokens, m, &mut all);
        items_before(matcher, text, tokens, m, &mut all);
    }
    // A label of its own that stands there at least as long is the better reading.
    all.retain(|c: &Coordinated| !found.iter().any(|m| covers(m, c)));
    all.sort_unstable_by_key(|c| (c.token_start, std::cmp::Reverse(c.token_end), c.label));
    let mut end = 0;
    all.retain(|c| {
        let free = c.token_start >= end;
        if free {
            end = c.token_end;
        }
        free
    });
    all
}

fn covers(m: &Match, c: &Coordinated) -> bool {
    let overlap = m.token_start < c.token_end && c.token_start < m.token_end;
    overlap && m.token_end - m.token_start >= c.token_end - c.token_start
}

fn items_after(matcher: &Matcher, text: &str, tokens: &[Token], m: &Match, all: &mut Vec<Coordinated>) {
    let words = &tokens[m.token_start as usize..m.token_end as usize];
    let mut at = m.token_end as usize;
    for _ in 0..ITEMS {
        let Some(start) = separator(text, tokens, at) else {
            return;
        };
        let longest = run(tokens, start);
        let item = (1..words.len()).rev().find_map(|shared| {
            (start + 1..=start + longest).rev().find_map(|end| {
                let ids = words[..shared].iter().chain(&tokens[start..end]).map(|t| t.id);
                Some((matcher.label_of(ids, OWN)?, end))
            })
        });
        let Some((label, end)) = item else {
            return;
        };
        if label != m.label {
            all.push(Coordinated { label, token_start: start as u32, token_end: end as u32 });
        }
        at = end;
    }
}

fn items_before(matcher: &Matcher, text: &str, tokens: &[Token], m: &Match, all: &mut Vec<Coordinated>) {
    let words = &tokens[m.token_start as usize..m.token_end as usize];
    let mut start = m.token_start as usize;
    for _ in 0..ITEMS {
        let Some(end) = separator_before(text, tokens, start) else {
            return;
        };
        let item = (1..words.len()).find_map(|from| {
            (end.saturating_sub(ITEM_WORDS)..end).find_map(|start| {
                if tokens[start + 1..end].iter().any(|t| t.gap == Gap::Break) {
                    return None;
                }
                let ids = tokens[start..end].iter().chain(&words[from..]).map(|t| t.id);
                Some((matcher.label_of(ids, OWN)?, start))
            })
        });
        let Some((label, item_start)) = item else {
            return;
        };
        if label != m.label {
            all.push(Coordinated { label, token_start: item_start as u32, token_end: end as u32 });
        }
        start = item_start;
    }
}

/// Number of tokens from `start` on that one phrase may hold.
fn run(tokens: &[Token], start: usize) -> usize {
    let rest = &tokens[start..tokens.len().min(start + ITEM_WORDS)];
    rest.iter().enumerate().position(|(i, t)| i > 0 && t.gap == Gap::Break).unwrap_or(rest.len())
}

/// The token behind the comma, slash or conjunction that follows token `at - 1`.
fn separator(text: &str, tokens: &[Token], at: usize) -> Option<usize> {
    let next = tokens.get(at)?;
    let comma = list_sign(text, &tokens[at - 1], next)?;
    if is_conjunction(text, next) {
        let after = tokens.get(at + 1)?;
        return (list_sign(text, next, after) == Some(false)).then_some(at + 1);
    }
    comma.then_some(at)
}

/// The token after the item that stands before the comma, slash or conjunction left of token `start`.
fn separator_before(text: &str, tokens: &[Token], start: usize) -> Option<usize> {
    let before = start.checked_sub(1)?;
    let comma = list_sign(text, &tokens[before], &tokens[start])?;
    if is_conjunction(text, &tokens[before]) {
        let item = before.checked_sub(1)?;
        list_sign(text, &tokens[item], &tokens[before])?;
        return Some(before);
    }
    comma.then_some(start)
}

/// Whether a comma or slash stands between two tokens (`Some(true)`), nothing but space (`Some(false)`),
/// or something that ends the list.
fn list_sign(text: &str, left: &Token, right: &Token) -> Option<bool> {
    let gap = text.get(left.end as usize..right.start as usize)?;
    if left.symbol {
        return text.get(left.start as usize..left.end as usize).filter(|s| *s == ",").map(|_| true);
    }
    match gap.trim() {
        "" if !gap.contains('\n') => Some(false),
        "," | "/" => Some(true),
        _ => None,
    }
}

fn is_conjunction(text: &str, token: &Token) -> bool {
    let word = text.get(token.start as usize..token.end as usize).unwrap_or_default();
    word.len() <= 3 && CONJUNCTIONS.iter().any(|c| c.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::{Inflection, Pattern, Scratch};

    fn found(labels: &[&str], text: &str) -> Vec<String> {
        let patterns: Vec<_> =
            labels.iter().map(|text| Pattern { text, layer: OWN, inflection: Inflection::Plural }).collect();
        let matcher = Matcher::new(&patterns, &[]);
        let mut scratch = Scratch::default();
        matcher.find(text, &mut scratch, |_, _| true);
        coordinated(&matcher, text, &scratch.tokens, &scratch.matches)
            .iter()
            .map(|c| labels[c.label as usize].to_owned())
            .collect()
    }

    const LABELS: &[&str] = &[
        "pruebas unitarias",
        "pruebas de integración",
        "pruebas de carga",
        "bases de datos relacionales",
        "bases de datos no relacionales",
        "unit testing",
        "integration testing",
        "regression testing",
        "gestión de proyectos",
        "gestión de riesgos",
        "backend development",
        "frontend development",
        "integración",
    ];

    #[test]
    fn items_that_share_their_first_words_are_found() {
        assert_eq!(found(LABELS, "pruebas unitarias y de integración"), ["pruebas de integración"]);
        assert_eq!(
            found(LABELS, "Pruebas unitarias, de integración y de carga"),
            ["pruebas de integración", "pruebas de carga"]
        );
        assert_eq!(found(LABELS, "bases de datos relacionales y no relacionales"), ["bases de datos no relacionales"]);
        assert_eq!(found(LABELS, "gestión de proyectos y riesgos"), ["gestión de riesgos"]);
    }

    #[test]
    fn items_that_share_their_last_words_are_found() {
        assert_eq!(found(LABELS, "unit and integration testing"), ["unit testing"]);
        assert_eq!(found(LABELS, "unit, regression and integration testing"), ["unit testing", "regression testing"]);
        assert_eq!(found(LABELS, "backend/frontend development"), ["backend development"]);
    }

    #[test]
    fn other_sentences_and_other_words_are_left_alone() {
        assert_eq!(found(LABELS, "pruebas unitarias. De integración"), [""; 0]);
        assert_eq!(found(LABELS, "pruebas unitarias y documentación"), [""; 0]);
        assert_eq!(found(LABELS, "pruebas unitarias con de integración"), [""; 0]);
        assert_eq!(found(LABELS, "y pruebas unitarias y"), [""; 0]);
    }
}
