//! What works in a taxonomy and still looks like a slip.

use rustc_hash::{FxHashMap, FxHashSet};

use super::findings::Finding;
use super::{Concept, Label};
use crate::emerging::is_ordinary;
use crate::esco::EscoConcept;
use crate::labels::without_gloss;
use crate::text::fold::{fold_phrase, stem_phrase};

/// Fewest letters of a one-word label whose plural is found without being listed.
const SHORTEST_PLURAL: usize = 5;

/// Looks at the concepts by themselves.
pub(super) fn of_concepts(concepts: &[Concept]) -> Vec<Finding> {
    let parents: FxHashSet<&str> = concepts.iter().filter_map(|c| c.parent.as_deref()).collect();
    let mut found = Vec::new();
    for concept in concepts {
        found.extend(redundant(concept));
        found.extend(concept.labels.iter().filter_map(|label| bare(concept, label)));
        if concept.parent.is_none() && !parents.contains(concept.id.as_str()) {
            let what = "no parent, and parent of none".to_owned();
            found.push(finding("alone", concept, what, "give it a parent".into()));
        }
        if let Some(title) = concept.onet.as_deref().filter(|title| !related(concept, &[*title])) {
            found.push(unrelated(concept, "onet", title, title));
        }
    }
    found
}

/// Compares the concepts with ESCO: links that look wrong, and links that could be there.
pub(super) fn of_esco(concepts: &[Concept], esco: &[EscoConcept]) -> Vec<Finding> {
    let by_uri: FxHashMap<&str, &EscoConcept> = esco.iter().map(|e| (e.concept_uri.as_str(), e)).collect();
    let linked: FxHashSet<&str> = concepts.iter().filter_map(|c| c.esco_uri.as_deref()).collect();
    let mut by_label: FxHashMap<String, Vec<&EscoConcept>> = FxHashMap::default();
    for theirs in esco.iter().filter(|e| !linked.contains(e.concept_uri.as_str())) {
        for label in labels(theirs) {
            by_label.entry(fold_phrase(without_gloss(label))).or_default().push(theirs);
        }
    }
    let mut found = Vec::new();
    for concept in concepts {
        match concept.esco_uri.as_deref().map(|uri| by_uri.get(uri)) {
            None => found.extend(candidates(concept, &by_label)),
            Some(Some(theirs)) if !related(concept, &labels(theirs).collect::<Vec<_>>()) => {
                found.push(unrelated(concept, "esco", &theirs.concept_uri, name(theirs)));
            }
            // A URI that isn't there is a fault.
            Some(_) => {}
        }
    }
    found
}

/// Labels that another one of the concept finds already.
fn redundant(concept: &Concept) -> Vec<Finding> {
    let mut kept: FxHashMap<String, &Label> = FxHashMap::default();
    let mut found = Vec::new();
    for label in concept.labels.iter().filter(|label| !label.exact_case) {
        let folded = fold_phrase(&label.text);
        // A word finds its plural only where it is no name (a label in lower case, without doubt).
        let one_word = !folded.contains(' ');
        let key = if one_word { folded.clone() } else { stem_phrase(&label.text) };
        let plural = || {
            let of = |other: &&Label| takes_plural(other) && stem_phrase(&other.text) == stem_phrase(&label.text);
            concept
                .labels
                .iter()
                .find(|other| one_word && other.text != label.text && of(other) && folds_before(other, &folded))
        };
        let other = kept.get(&key).copied().filter(|other| other.needs_context == label.needs_context).or_else(plural);
        match other {
            // Names are shown, not only looked for.
            Some(_) if concept.name_es.as_ref() == Some(&label.text) => {}
            Some(other) => found.push(finding(
                "redundant_label",
                concept,
                format!("label {:?} is found by {:?} already", label.text, other.text),
                format!("take {:?} out", label.text),
            )),
            None => {
                kept.entry(key).or_insert(label);
            }
        }
    }
    found
}

fn takes_plural(label: &Label) -> bool {
    let plain = !label.needs_context && !label.exact_case && !label.text.contains(char::is_uppercase);
    plain && fold_phrase(&label.text).len() >= SHORTEST_PLURAL
}

/// The singular of the two is the shorter one.
fn folds_before(other: &Label, folded: &str) -> bool {
    fold_phrase(&other.text).len() < folded.len()
}

/// A label that may stand for anything.
fn bare(concept: &Concept, label: &Label) -> Option<Finding> {
    if label.needs_context || label.exact_case {
        return None;
    }
    let text = &label.text;
    if text.chars().count() <= 2 && text.chars().all(char::is_alphabetic) {
        let what = format!("label {text:?} has one or two letters");
        return Some(finding("short_label", concept, what, short_mend(text)));
    }
    let language = concept.kind == "human_language";
    (!language && is_ordinary(&fold_phrase(text))).then(|| {
        let what = format!("label {text:?} is an ordinary word");
        finding("ordinary_label", concept, what, "take it out, or say ambiguous why it needs context".into())
    })
}

fn short_mend(text: &str) -> String {
    format!("list {text:?} under case_sensitive, or say ambiguous why it needs context")
}

fn candidates(concept: &Concept, by_label: &FxHashMap<String, Vec<&EscoConcept>>) -> Vec<Finding> {
    let mut seen = FxHashSet::default();
    let mut found = Vec::new();
    for label in &concept.labels {
        for theirs in by_label.get(&fold_phrase(&label.text)).into_iter().flatten() {
            if !seen.insert(theirs.concept_uri.as_str()) {
                continue;
            }
            let kind = match theirs.skill_type.as_str() {
                "" => "type not stated",
                kind => kind,
            };
            found.push(finding(
                "esco_candidate",
                concept,
                format!("label {:?} is one of ESCO's {:?} ({kind}), without a link", label.text, name(theirs)),
                format!("where both mean the same: esco = \"{}\"", theirs.concept_uri),
            ));
        }
    }
    found
}

fn unrelated(concept: &Concept, key: &str, link: &str, theirs: &str) -> Finding {
    let what = format!("{key} {link:?} ({theirs}) has no word in common with its labels");
    finding("unrelated_link", concept, what, format!("take {key} out unless both mean the same"))
}

/// Whether a label of theirs shares a word with one of ours, whatever the spaces between words.
fn related(concept: &Concept, theirs: &[&str]) -> bool {
    let words = |text: &str| stem_phrase(text).split(' ').map(str::to_owned).collect::<Vec<_>>();
    let ours: FxHashSet<String> = concept.labels.iter().flat_map(|label| words(&label.text)).collect();
    let joined: FxHashSet<String> = concept.labels.iter().map(|label| joined(&label.text)).collect();
    theirs.iter().any(|label| words(label).iter().any(|word| ours.contains(word)) || joined.contains(&joined_of(label)))
}

fn joined(text: &str) -> String {
    fold_phrase(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn joined_of(text: &str) -> String {
    joined(without_gloss(text))
}

fn labels(concept: &EscoConcept) -> impl Iterator<Item = &str> {
    let preferred = [Some(concept.preferred_label_en.as_str()), concept.preferred_label_es.as_deref()];
    let others = concept.alternative_labels_en.iter().chain(&concept.alternative_labels_es);
    preferred.into_iter().flatten().filter(|label| !label.is_empty()).chain(others.map(String::as_str))
}

fn name(concept: &EscoConcept) -> &str {
    labels(concept).next().unwrap_or_default()
}

fn finding(check: &'static str, concept: &Concept, what: String, mend: String) -> Finding {
    Finding { check, file: concept.file.clone(), concept: concept.id.clone(), what, mend }
}
