//! From grounded answers to skills: names, concepts, duplicates, agreement.

use observatory_extraction::evaluate::score::Class;
use observatory_extraction::text::fold::stem_phrase;

use crate::ad::{Find, PipelineA};
use crate::answer::Duplicate;
use crate::ground::{Grounded, Named};
use crate::hybrid::weights;
use crate::settle::{Agreement, EnhancedSkill};

/// What a model is told of a find: the words of the ad, else its name.
pub(crate) fn words_of(find: &Find) -> String {
    let named = find.implied_by.is_none() && !find.surface.is_empty();
    if named { find.surface.clone() } else { find.name.clone() }
}

/// Whether the model's skill is this find: by its words, its name, or its place.
pub(crate) fn is_same(named: &Named, find: &Find) -> bool {
    let text = stem_phrase(&named.text);
    let same = |words: &str| !words.is_empty() && stem_phrase(words) == text;
    same(&find.name) || find.implied_by.is_none() && (same(&find.surface) || find.span == Some(named.span))
}

/// The find of pipeline A that a skill of the model is; sure finds before unsure ones.
fn find_of<'a>(named: &Named, a: &'a PipelineA) -> Option<&'a Find> {
    a.found.iter().chain(&a.unsure).find(|find| is_same(named, find))
}

/// A skill as the model named it, with what pipeline A knows of it.
pub(crate) fn of_model(named: &Named, a: &PipelineA) -> EnhancedSkill {
    let find = find_of(named, a);
    let name = match (find, &named.name) {
        (Some(find), _) => find.name.clone(),
        (None, Some(name)) => name.clone(),
        (None, None) => named.text.clone(),
    };
    let known = find.is_some_and(|find| a.found.contains(find));
    let weights = weights();
    EnhancedSkill {
        text: named.text.clone(),
        name,
        class: find.map_or(named.class, class_of),
        concept: find.map(|find| find.concept.clone()).filter(|concept| !concept.is_empty()),
        confidence: if find.is_some() { weights.listed_known } else { weights.listed_unknown },
        reason: "the ad names it".to_owned(),
        span: Some(named.span),
        implied_by: None,
        duplicate_of: None,
        from_pipeline_a: known,
        from_model: true,
    }
}

/// A skill as pipeline A found it.
pub(crate) fn of_find(find: &Find, confidence: f32, from_model: bool, reason: &str) -> EnhancedSkill {
    let implied = find.implied_by.is_some();
    EnhancedSkill {
        text: if implied { String::new() } else { find.surface.clone() },
        name: find.name.clone(),
        class: class_of(find),
        concept: Some(find.concept.clone()).filter(|concept| !concept.is_empty()),
        confidence,
        reason: reason.to_owned(),
        span: find.span.filter(|_| !implied),
        implied_by: find.implied_by.clone(),
        duplicate_of: None,
        from_pipeline_a: true,
        from_model,
    }
}

pub(crate) fn class_of(find: &Find) -> Class {
    if find.is_soft() { Class::Soft } else { Class::Hard }
}

/// The given skills under their usual names.
pub(crate) fn given(a: &PipelineA, grounded: &Grounded) -> Vec<EnhancedSkill> {
    let skill = |find: &Find| {
        let renamed = grounded.named.iter().find(|named| is_same(named, find)).and_then(|named| named.name.as_ref());
        let mut skill = of_find(find, find.confidence, true, &find.reason);
        // A concept has its name already.
        if let (Some(name), true) = (renamed, find.concept.is_empty()) {
            skill.name = name.clone();
        }
        skill
    };
    a.found.iter().map(skill).collect()
}

/// Adds what the model says is implied, unless it is there.
pub(crate) fn add_implied(skills: &mut Vec<EnhancedSkill>, grounded: &Grounded) {
    for implied in &grounded.implied {
        let name = stem_phrase(&implied.name);
        if skills.iter().any(|skill| stem_phrase(&skill.name) == name || stem_phrase(&skill.text) == name) {
            continue;
        }
        skills.push(EnhancedSkill {
            text: String::new(),
            name: implied.name.clone(),
            class: Class::Hard,
            concept: None,
            confidence: weights().implied,
            reason: implied.reason.clone(),
            span: None,
            implied_by: Some(implied.from.clone()),
            duplicate_of: None,
            from_pipeline_a: false,
            from_model: true,
        });
    }
}

/// Marks what means the same as a skill before it: the same concept, name or words, or the model says so.
pub(crate) fn mark_duplicates(skills: &mut [EnhancedSkill], told: &[Duplicate]) {
    for at in 1..skills.len() {
        let (before, rest) = skills.split_at_mut(at);
        let skill = &mut rest[0];
        let originals = || before.iter().filter(|other| other.duplicate_of.is_none());
        let same = originals().find(|other| means_same(other, skill));
        let same = same.or_else(|| originals().find(|other| is_told(told, other, skill)));
        skill.duplicate_of = same.map(|other| other.name.clone());
    }
}

fn means_same(a: &EnhancedSkill, b: &EnhancedSkill) -> bool {
    match (&a.concept, &b.concept) {
        (Some(a), Some(b)) => a == b,
        _ => {
            stem_phrase(&a.name) == stem_phrase(&b.name)
                || !a.text.is_empty() && stem_phrase(&a.text) == stem_phrase(&b.text)
        }
    }
}

/// Whether the model pairs the two. Of two concepts of the taxonomy it is not believed.
fn is_told(told: &[Duplicate], a: &EnhancedSkill, b: &EnhancedSkill) -> bool {
    let is = |words: &str, skill: &EnhancedSkill| {
        let words = stem_phrase(words);
        words == stem_phrase(&skill.name) || !skill.text.is_empty() && words == stem_phrase(&skill.text)
    };
    let pair = |d: &Duplicate| is(&d.text, a) && is(&d.of, b) || is(&d.text, b) && is(&d.of, a);
    (a.concept.is_none() || b.concept.is_none()) && told.iter().any(pair)
}

/// Where the model's named skills and what pipeline A counts agree, by name.
pub(crate) fn agreement(grounded: &Grounded, a: &PipelineA) -> Agreement {
    let mut out = Agreement::default();
    for find in a.found.iter().filter(|find| find.implied_by.is_none()) {
        let both = grounded.named.iter().any(|named| is_same(named, find));
        let side = if both { &mut out.both } else { &mut out.only_a };
        side.push(find.name.clone());
    }
    for named in &grounded.named {
        if !a.found.iter().any(|find| is_same(named, find)) {
            let name = find_of(named, a).map_or(&named.text, |find| &find.name);
            if !out.only_llm.contains(name) {
                out.only_llm.push(name.clone());
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
