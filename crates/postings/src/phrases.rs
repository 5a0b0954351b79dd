//! Finding phrases that mean something, and whether they are denied.

use crate::fold;

/// What denies the phrase behind it.
const NEGATORS: &[&str] = &["no", "not", "nao", "sin", "sem", "without", "non", "ni", "nem", "nor"];

/// What may stand between a negator and the phrase that it denies. No masculine nouns of
/// Portuguese, where "no" means "in the".
const BETWEEN: &[&str] = &[
    "a",
    "aplica",
    "contrato",
    "contratacion",
    "de",
    "del",
    "disponible",
    "el",
    "en",
    "es",
    "ha",
    "hay",
    "is",
    "la",
    "modalidad",
    "modalidade",
    "of",
    "ofrece",
    "ofrecemos",
    "opcion",
    "opcao",
    "option",
    "para",
    "permite",
    "por",
    "posibilidad",
    "possibilidade",
    "possibility",
    "se",
    "tiene",
    "trabajo",
    "un",
    "una",
];

/// What joins two offers of which the ad leaves one open.
const OR: &[&str] = &["o", "u", "ou", "or", "y o", "e ou", "and or"];

/// Longest text that is looked at, in characters: fields are short.
const MOST: usize = 1_000;

/// A phrase that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found<K> {
    /// What it means.
    pub kind: K,
    /// Whether the text says that it is not so.
    pub denied: bool,
    start: usize,
    end: usize,
}

/// A text made ready for [`Clauses::find`].
#[derive(Debug)]
pub struct Clauses(String);

impl Clauses {
    /// Folds the text: words between single spaces, ` | ` where a clause ends.
    pub fn of(text: &str) -> Self {
        let mut parted = String::new();
        for c in text.chars().take(MOST) {
            // "FullTime", "PresencialHorario".
            if c.is_uppercase() && parted.ends_with(char::is_lowercase) {
                parted.push(' ');
            }
            parted.push(c);
        }
        let folded = fold(&parted.replace(['\n', '\r'], " | ").replace(" - ", " | ").replace('_', " "));
        let mut words = String::with_capacity(folded.len() + 2);
        words.push(' ');
        for c in folded.chars() {
            match c {
                c if c.is_alphanumeric() => words.push(c),
                ',' | '.' | ';' | ':' | '(' | ')' | '[' | ']' | '|' | '•' | '·' | '–' | '—' | '!' | '?' => {
                    space(&mut words);
                    words.push_str("| ");
                }
                _ => space(&mut words),
            }
        }
        space(&mut words);
        Self(words)
    }

    /// Every phrase of a table that stands in the text, by place; of phrases that overlap, the
    /// one that starts first, then the longest. A table's phrases are folded words, `, ` between them.
    pub fn find<K: Copy>(&self, table: &[(K, &str)]) -> Vec<Found<K>> {
        let mut all = Vec::new();
        for (kind, phrases) in table {
            for phrase in phrases.split(", ") {
                let places = self.0.match_indices(phrase).map(|(start, _)| (start, start + phrase.len()));
                for (start, end) in places.filter(|(start, end)| self.is_word(*start, *end)) {
                    all.push(Found { kind: *kind, denied: false, start, end });
                }
            }
        }
        all.sort_by_key(|found| (found.start, std::cmp::Reverse(found.end)));
        let mut end = 0;
        all.retain(|found| {
            let free = found.start >= end;
            end = if free { found.end } else { end };
            free
        });
        for found in &mut all {
            found.denied = self.denied(found.start);
        }
        all
    }

    fn is_word(&self, start: usize, end: usize) -> bool {
        self.0[..start].ends_with(' ') && self.0[end..].starts_with(' ')
    }

    fn denied(&self, start: usize) -> bool {
        let mut before = self.0[..start].split_whitespace().rev().skip_while(|word| BETWEEN.contains(word));
        before.next().is_some_and(|word| NEGATORS.contains(&word))
    }

    fn either(&self, one: usize, other: usize) -> bool {
        self.0.get(one..other).is_some_and(|between| OR.contains(&between.trim()))
    }
}

fn space(words: &mut String) {
    if !words.ends_with(' ') {
        words.push(' ');
    }
}

/// What the text says first and doesn't deny; None where it says "one or the other".
pub fn first<K: Copy + PartialEq>(text: &str, table: &[(K, &str)]) -> Option<K> {
    let clauses = Clauses::of(text);
    let found: Vec<_> = clauses.find(table).into_iter().filter(|found| !found.denied).collect();
    match &found[..] {
        [one, other, ..] if one.kind != other.kind && clauses.either(one.end, other.start) => None,
        [one, ..] => Some(one.kind),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[(u8, &str)] = &[(1, "tiempo completo, completo"), (2, "remoto")];

    fn found(text: &str) -> Vec<(u8, bool)> {
        Clauses::of(text).find(TABLE).iter().map(|found| (found.kind, found.denied)).collect()
    }

    #[test]
    fn phrases_are_whole_words_inside_one_clause() {
        assert_eq!(found("Tiempo Completo/remoto"), [(1, false), (2, false)]);
        assert_eq!(found("tiempo, completos remotos"), []);
        assert_eq!(found("TIEMPO_COMPLETO"), [(1, false)]);
    }

    #[test]
    fn a_negator_denies_what_follows_it_in_its_clause() {
        assert_eq!(found("no remoto"), [(2, true)]);
        assert_eq!(found("sin posibilidad de trabajo remoto"), [(2, true)]);
        assert_eq!(found("sin experiencia remoto"), [(2, false)]);
        assert_eq!(found("¿Viajes? No. Remoto"), [(2, false)]);
    }

    #[test]
    fn one_or_the_other_is_neither() {
        assert_eq!(first("remoto o tiempo completo", TABLE), None);
        assert_eq!(first("remoto, tiempo completo", TABLE), Some(2));
    }
}
