//! Which ESCO labels are looked for, and how strictly.
//!
//! ESCO names 13,939 skills of every trade with labels that were written to be browsed, not searched: many
//! are ordinary words ("plan", "data", "color", "IT"). Measured on 7,457 real ads, its one-word alternative
//! labels alone gave 8 of the 10 most frequent finds, none of them right. The rules, in order:
//!
//! 1. what `exclude.toml` lists is left out (found by reading the most frequent finds);
//! 2. labels of fewer than three letters are left out;
//! 3. labels of several words are left out when they start or end with a function word ("and procedures");
//! 4. one-word labels must belong to a knowledge concept (names also where the source states no type);
//! 5. one-word alternative labels must be names (hold a capital or digit) and count only in that spelling;
//! 6. one-word preferred labels count only as they stand, without plural; names only in their spelling,
//!    and those that ESCO itself tells apart by a gloss ("Chef (tools for ...)") only with context.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;

use crate::esco::SkillType;
use crate::labels::{Candidate, Origin};
use crate::text::fold::stem_phrase;

/// How strictly a label is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Only in exactly this spelling.
    pub exact_case: bool,
    /// Only where the surroundings speak for it.
    pub needs_context: bool,
}

/// Words that no skill starts or ends with.
const FUNCTION_WORDS: &[&str] = &[
    "a", "an", "and", "or", "the", "of", "to", "be", "in", "for", "with", "y", "o", "u", "e", "de", "del", "la", "el",
    "los", "las", "en", "con", "para", "por", "ser", "un", "una", "etc",
];

/// Fewest letters of a one-word label that is no name.
const SHORTEST_WORD: usize = 5;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExcludeFile {
    labels: Vec<String>,
    concepts: Vec<String>,
}

/// What is never looked for.
struct Excluded {
    /// Labels, folded, each word without its plural.
    labels: FxHashSet<String>,
    /// Concept URIs.
    concepts: FxHashSet<String>,
}

static EXCLUDED: LazyLock<Excluded> = LazyLock::new(|| {
    // Embedded and tested: a fault in it cannot reach a running service.
    let file: ExcludeFile = toml::from_str(include_str!("exclude.toml"))
        .unwrap_or(ExcludeFile { labels: Vec::new(), concepts: Vec::new() });
    Excluded {
        labels: file.labels.iter().map(|l| stem_phrase(l)).collect(),
        concepts: file.concepts.into_iter().collect(),
    }
});

/// On which terms an ESCO label is looked for in ads; `None`: not at all. `folded` is its folded form.
pub fn terms(candidate: &Candidate<'_>, folded: &str) -> Option<Terms> {
    let excluded = &*EXCLUDED;
    let letters = folded.chars().filter(|c| c.is_alphanumeric()).count();
    if letters < 3
        || excluded.labels.contains(&stem_phrase(folded))
        || excluded.concepts.contains(&candidate.concept.concept_uri)
    {
        return None;
    }
    if let (Some((first, _)), Some((_, last))) = (folded.split_once(' '), folded.rsplit_once(' ')) {
        let loose = FUNCTION_WORDS.contains(&first) || FUNCTION_WORDS.contains(&last);
        return (!loose).then_some(Terms { exact_case: false, needs_context: false });
    }
    let name = candidate.text.contains(|c: char| c.is_uppercase() || c.is_ascii_digit());
    match candidate.concept.skill_type {
        SkillType::Knowledge => {}
        SkillType::Unknown if name => {}
        SkillType::Unknown | SkillType::SkillCompetence => return None,
    }
    let looked_for = match candidate.origin {
        Origin::EscoPreferred => name || letters >= SHORTEST_WORD,
        _ => name,
    };
    looked_for.then_some(Terms { exact_case: name, needs_context: candidate.glossed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esco::EscoConcept;
    use crate::text::fold::fold_phrase;

    fn looked_for(text: &str, origin: Origin, glossed: bool) -> Option<Terms> {
        let concept = EscoConcept { skill_type: SkillType::Knowledge, ..EscoConcept::default() };
        let candidate = Candidate { text, concept: &concept, origin, glossed };
        terms(&candidate, &fold_phrase(text))
    }

    #[test]
    fn the_exclusion_file_is_valid() {
        let file: ExcludeFile = toml::from_str(include_str!("exclude.toml")).unwrap();
        assert_eq!(file.labels.is_empty(), EXCLUDED.labels.is_empty());
    }

    #[test]
    fn ordinary_one_word_alternatives_are_left_out_and_names_need_their_spelling() {
        assert_eq!(looked_for("plan", Origin::EscoAlternative, false), None);
        assert_eq!(looked_for("IT", Origin::EscoAlternative, false), None);
        assert!(looked_for("COBOL", Origin::EscoAlternative, false).unwrap().exact_case);
        assert!(!looked_for("hydraulics", Origin::EscoPreferred, false).unwrap().exact_case);
        assert!(looked_for("Chef", Origin::EscoPreferred, true).unwrap().needs_context);
    }

    #[test]
    fn loose_ends_of_longer_labels_are_left_out() {
        assert_eq!(looked_for("and procedures", Origin::EscoAlternative, false), None);
        assert!(looked_for("neural networks", Origin::EscoAlternative, false).is_some());
    }
}
