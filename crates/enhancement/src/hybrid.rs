//! The hybrid: pipeline A is taken where it is sure; where it is not, the model reads those sentences and what it
//! lists there weighs in.
//!
//! A model of a billion weights that is asked whether a word is a skill says yes to nearly everything; what it lists
//! by itself tells more. So it is shown the sentences with something unsure and asked for their skills. Whether
//! it lists an unsure find is one of two numbers of a logistic model; the other is pipeline A's own confidence.

use std::sync::LazyLock;

use observatory_extraction::evaluate::score::Class;
use observatory_extraction::sections::{Section, section_at, sections};
use serde::Deserialize;

use crate::ad::{Ad, Find, PipelineA};
use crate::cut::{self, Cut};
use crate::ground::{Dropped, Grounded, Reason};
use crate::orders::outside;
use crate::settle::EnhancedSkill;
use crate::skills;

/// A requirement of at least so many characters in which pipeline A finds nothing is asked about.
const LONG: usize = 60;

/// How much the model's word counts; see `weights.toml`.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Weights {
    /// Finds at least so sure are taken unasked.
    pub sure: f32,
    /// Finds less sure than this are not asked about.
    pub hopeless: f32,
    /// For technical skills.
    pub hard: ClassWeights,
    /// For personal ones.
    pub soft: ClassWeights,
    /// Confidence of a skill that the model lists and that pipeline A knows.
    pub listed_known: f32,
    /// Of one that pipeline A does not know.
    pub listed_unknown: f32,
    /// Of one that pipeline A took for a candidate.
    pub listed_candidate: f32,
    /// Of what the model says is implied.
    pub implied: f32,
}

/// A logistic model.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct ClassWeights {
    /// Bias.
    pub bias: f32,
    /// Of the log-odds of pipeline A's confidence.
    pub confidence: f32,
    /// Of being listed by the model.
    pub listed: f32,
    /// From which result on a skill counts.
    pub threshold: f32,
}

impl ClassWeights {
    /// The share of such finds that a reader would write down.
    pub fn confidence(&self, of_a: f32, listed: bool) -> f32 {
        let of_a = of_a.clamp(0.01, 0.99);
        let sum = self.bias + self.confidence * (of_a / (1.0 - of_a)).ln() + if listed { self.listed } else { 0.0 };
        1.0 / (1.0 + (-sum).exp())
    }
}

// Embedded and tested: a fault in it cannot reach a running service.
static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| toml::from_str(include_str!("weights.toml")).unwrap_or_default());

/// The shipped weights.
pub fn weights() -> &'static Weights {
    &WEIGHTS
}

impl Weights {
    /// Those of a class.
    pub fn of(&self, class: Class) -> &ClassWeights {
        match class {
            Class::Hard => &self.hard,
            Class::Soft => &self.soft,
        }
    }

    /// Whether the model is asked about a find. What is implied stands nowhere, so that no model can read it there.
    pub fn doubts(&self, find: &Find) -> bool {
        let ambiguous = find.confidence == 0.0;
        find.implied_by.is_none() && (ambiguous || (self.hopeless..self.sure).contains(&find.confidence))
    }
}

/// The sentences of an ad that hold something unsure: doubtful finds, ambiguous words, unknown candidates, long
/// requirements without a find. The title stands before them. Nothing where pipeline A is sure of all.
pub fn unsure_parts(ad: &Ad, a: &PipelineA, most_chars: usize) -> Cut {
    let ranges = sections(&ad.text, ad.title_len);
    let doubts = a.found.iter().chain(&a.unsure).filter(|find| weights().doubts(find)).filter_map(|find| find.span);
    let places = doubts.chain(a.candidates.iter().map(|unknown| unknown.span));
    let unsure: Vec<(usize, usize)> = places.map(|span| (span.byte_start, span.byte_end)).collect();
    let found: Vec<(usize, usize)> =
        a.found.iter().chain(&a.unsure).filter_map(|f| f.span).map(|span| (span.byte_start, span.byte_end)).collect();
    let touches = |places: &[(usize, usize)], s: usize, e: usize| places.iter().any(|(from, to)| *from < e && s < *to);
    let mut any = false;
    let sentences = cut::sentences(&ad.text, &ranges).flat_map(|part| outside(&ad.orders, part));
    let parts = sentences.filter(|&(start, end)| {
        let section = section_at(&ranges, start);
        let asks = matches!(section, Section::Requirements | Section::Desirable);
        let chars = ad.text.get(start..end).map_or(0, |text| text.trim().chars().count());
        let shown = touches(&unsure, start, end) || asks && chars >= LONG && !touches(&found, start, end);
        any |= shown;
        shown || section == Section::Title
    });
    let cut = cut::of_parts(ad, &ranges, parts.collect(), most_chars);
    if any { cut } else { Cut::default() }
}

/// Pipeline A's finds, the unsure ones weighed with the model's list, and candidates that the model lists too.
/// What else the model lists moves to `dropped`.
pub(crate) fn combine(a: &PipelineA, grounded: &mut Grounded, asked: bool) -> Vec<EnhancedSkill> {
    let weights = weights();
    let mut out = Vec::new();
    let finds = a.found.iter().map(|find| (find, true)).chain(a.unsure.iter().map(|find| (find, false)));
    for (find, counts) in finds {
        if !asked || !weights.doubts(find) {
            if counts {
                out.push(skills::of_find(find, find.confidence, false, &find.reason));
            }
            continue;
        }
        let listed = grounded.named.iter().any(|named| skills::is_same(named, find));
        let of_class = weights.of(skills::class_of(find));
        let confidence = of_class.confidence(find.confidence, listed);
        if confidence >= of_class.threshold {
            let reason = if listed { "unsure; the model lists it too" } else { "unsure; the model does not list it" };
            out.push(skills::of_find(find, confidence, true, &format!("{reason}; {}", find.reason)));
        }
    }
    let named = std::mem::take(&mut grounded.named);
    for skill in &named {
        let known = a.found.iter().chain(&a.unsure).any(|find| skills::is_same(skill, find));
        let candidate = a.candidates.iter().any(|unknown| {
            unknown.span.byte_start < skill.span.byte_end && skill.span.byte_start < unknown.span.byte_end
        });
        if candidate && !known {
            let confidence = weights.listed_candidate;
            let reason = "in no taxonomy; written like a skill, and the model lists it".to_owned();
            out.push(EnhancedSkill { confidence, reason, ..skills::of_model(skill, a) });
        } else if !known {
            grounded.dropped.push(Dropped { text: skill.text.clone(), reason: Reason::OnlyModel });
        }
    }
    grounded.named = named;
    out.sort_by_key(|skill| skill.span.map_or(usize::MAX, |span| span.byte_start));
    out
}

#[cfg(test)]
mod tests;
