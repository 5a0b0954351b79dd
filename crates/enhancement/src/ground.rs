//! Grounding: what a model says, held against the ad.
//!
//! A named skill counts where its words stand in the ad, found by the extractor's own matcher: case, accents, signs
//! between words and plurals may differ, words may not. An implied skill counts with a reason and a named skill
//! that implies it. Whatever else the model wrote is dropped and counted.

use observatory_extraction::demand;
use observatory_extraction::emerging::is_ordinary;
use observatory_extraction::evaluate::score::Class;
use observatory_extraction::extract::Span;
use observatory_extraction::matcher::{Inflection, Matcher, Pattern, Scratch};
use observatory_extraction::text::fold::{fold_phrase, stem_phrase};
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::ad::Ad;
use crate::answer::{Answer, Implied};
use crate::orders::is_within;

/// Most words of a skill.
const MOST_WORDS: usize = 8;
/// Most characters of a skill.
const MOST_CHARS: usize = 80;

/// Why something that the model wrote does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Its words don't stand in the ad.
    NotInAd,
    /// Its words stand only in an order to the machine.
    InOrder,
    /// The ad says that it is not asked for.
    NotAsked,
    /// An implied skill without a reason.
    NoReason,
    /// An implied skill, and no named one that implies it.
    NothingImpliesIt,
    /// An implied skill that the ad names.
    Named,
    /// A sentence, a number, grammar.
    NoSkill,
    /// The model wrote it before.
    Repeated,
    /// In the hybrid: only the model takes it for a skill.
    OnlyModel,
}

impl Reason {
    /// In a few words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotInAd => "not in the ad",
            Self::InOrder => "only in an order to the machine",
            Self::NotAsked => "the ad says that it is not asked for",
            Self::NoReason => "implied without a reason",
            Self::NothingImpliesIt => "implied by nothing that the ad names",
            Self::Named => "implied, and named already",
            Self::NoSkill => "no skill",
            Self::Repeated => "written before",
            Self::OnlyModel => "only the model takes it for a skill",
        }
    }
}

/// Something that the model wrote and that does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The model's words.
    pub text: String,
    /// Why not.
    pub reason: Reason,
}

/// A skill that the ad names and the model gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The words of the ad: those at `span`.
    pub text: String,
    /// The model's name for it, where it gave one that its words bear out.
    pub name: Option<String>,
    /// Technical or personal.
    pub class: Class,
    /// Where it stands first.
    pub span: Span,
}

/// What is left of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grounded {
    /// Skills that the ad names, in the model's order.
    pub named: Vec<Named>,
    /// Skills that they imply; `from` is the `text` of one of them.
    pub implied: Vec<Implied>,
    /// What does not count.
    pub dropped: Vec<Dropped>,
}

impl Grounded {
    /// How many named skills the ad does not hold.
    pub fn ungrounded(&self) -> usize {
        self.dropped.iter().filter(|dropped| dropped.reason == Reason::NotInAd).count()
    }
}

/// Holds an answer against its ad.
pub fn ground(answer: &Answer, ad: &Ad) -> Grounded {
    let mut out = Grounded::default();
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let technical = answer.technical.iter().map(|text| (text, Class::Hard));
    for (text, class) in technical.chain(answer.soft.iter().map(|text| (text, Class::Soft))) {
        match named(text, class, ad, answer, &mut seen) {
            Ok(skill) => out.named.push(skill),
            Err(reason) => out.dropped.push(Dropped { text: text.clone(), reason }),
        }
    }
    for implied in &answer.implied {
        match check_implied(implied, &out.named, &mut seen) {
            Ok(from) => out.implied.push(Implied { from, ..implied.clone() }),
            Err(reason) => out.dropped.push(Dropped { text: implied.name.clone(), reason }),
        }
    }
    out
}

fn named(text: &str, class: Class, ad: &Ad, answer: &Answer, seen: &mut FxHashSet<String>) -> Result<Named, Reason> {
    if !may_be_skill(text) {
        return Err(Reason::NoSkill);
    }
    if !seen.insert(stem_phrase(text)) {
        return Err(Reason::Repeated);
    }
    let place = place(ad, text)?;
    if place.negated {
        return Err(Reason::NotAsked);
    }
    let name = answer.names.iter().find(|renamed| renamed.text == text).map(|renamed| renamed.name.as_str());
    let name = name.filter(|name| may_be_skill(name) && bears_out(text, name, ad)).map(str::to_owned);
    Ok(Named { text: ad.words(place.span).to_owned(), name, class, span: place.span })
}

/// The words of the ad that imply it.
fn check_implied(implied: &Implied, named: &[Named], seen: &mut FxHashSet<String>) -> Result<String, Reason> {
    if !may_be_skill(&implied.name) {
        return Err(Reason::NoSkill);
    }
    if implied.reason.split_whitespace().count() < 2 {
        return Err(Reason::NoReason);
    }
    let from = stem_phrase(&implied.from);
    let same = |skill: &&Named| {
        stem_phrase(&skill.text) == from || skill.name.as_deref().is_some_and(|name| stem_phrase(name) == from)
    };
    let cause = named.iter().find(same).ok_or(Reason::NothingImpliesIt)?;
    let name = stem_phrase(&implied.name);
    let is_named = |skill: &Named| skill.name.as_deref().is_some_and(|known| stem_phrase(known) == name);
    if named.iter().any(|skill| stem_phrase(&skill.text) == name || is_named(skill)) {
        return Err(Reason::Named);
    }
    if !seen.insert(name) {
        return Err(Reason::Repeated);
    }
    Ok(cause.text.clone())
}

/// Whether words can name a skill: not a sentence, not a number, not grammar alone.
pub fn may_be_skill(text: &str) -> bool {
    let folded = fold_phrase(text);
    let mut words = folded.split(' ').filter(|word| word.chars().any(char::is_alphanumeric));
    let several = words.clone().count();
    let telling = |word: &str| !is_ordinary(word) && word.chars().any(char::is_alphabetic);
    // "Trabajo en equipo": two words of the small change of ads make one skill.
    let long = words.clone().filter(|word| word.len() > 3).count();
    (1..=MOST_WORDS).contains(&several)
        && text.chars().count() <= MOST_CHARS
        && !text.contains('\n')
        && (long > 1 || words.any(telling))
}

/// Where words stand in an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The place.
    pub span: Span,
    /// The ad says there that it is not asked for.
    pub negated: bool,
}

/// The first place of these words at which the ad does not say that they are not asked for; else the first one. What it
/// says to the machine does not count.
///
/// # Errors
/// `NotInAd`, or `InOrder`.
pub fn place(ad: &Ad, words: &str) -> Result<Place, Reason> {
    let mut spans = spans(&ad.text, words);
    if spans.is_empty() {
        return Err(Reason::NotInAd);
    }
    spans.retain(|span| !is_within(&ad.orders, *span));
    let first = *spans.first().ok_or(Reason::InOrder)?;
    let places: Vec<(usize, usize)> = spans.iter().map(|span| (span.byte_start, span.byte_end)).collect();
    let demands = demand::demands(&ad.text, &places);
    let asked = demands.iter().position(|demand| !demand.negated);
    let span = asked.and_then(|place| spans.get(place).copied()).unwrap_or(first);
    Ok(Place { span, negated: asked.is_none() })
}

/// Where these words stand.
fn spans(text: &str, words: &str) -> Vec<Span> {
    let pattern = Pattern { text: words, layer: 0, inflection: Inflection::Plural };
    let matcher = Matcher::new(&[pattern], &[]);
    let mut scratch = Scratch::default();
    matcher.find(text, &mut scratch, |_, _| true);
    scratch
        .matches
        .iter()
        .filter_map(|found| {
            let first = scratch.tokens.get(found.token_start as usize)?;
            let last = scratch.tokens.get(found.token_end.checked_sub(1)? as usize)?;
            let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            let (before, after) = (text.get(..first.start as usize)?, text.get(last.end as usize..)?);
            // The matcher finds words that portals glued together; "Script" in JavaScript is none.
            if inside(before.chars().next_back()) || inside(after.chars().next()) {
                return None;
            }
            Some(Span {
                byte_start: first.start as usize,
                byte_end: last.end as usize,
                char_start: first.char_start as usize,
                char_end: last.char_end as usize,
            })
        })
        .collect()
}

/// Whether a name can be that of these words: the ad has it too, it shares the beginning of a word with them, or
/// one is the initials of the other. A model that calls Python "COBOL" is not believed.
fn bears_out(text: &str, name: &str, ad: &Ad) -> bool {
    let (text_words, name_words) = (words(text), words(name));
    let alike = |a: &String, b: &String| {
        let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
        common >= 4 || a == b && !is_ordinary(a)
    };
    let shared = text_words.iter().any(|a| name_words.iter().any(|b| alike(a, b)));
    let initials = |long: &[String], short: &[String]| {
        let first: String = long.iter().filter_map(|word| word.chars().next()).collect();
        long.len() > 1 && short.len() == 1 && first == short[0]
    };
    shared
        || initials(&text_words, &name_words)
        || initials(&name_words, &text_words)
        || place(ad, name).is_ok_and(|place| !place.negated)
}

fn words(text: &str) -> Vec<String> {
    fold_phrase(text).split(' ').filter(|w| w.chars().any(char::is_alphanumeric)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
