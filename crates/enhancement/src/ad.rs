//! What goes in: an ad, and what pipeline A makes of it.

use observatory_extraction::evaluate::predict::SOFT_KIND;
use observatory_extraction::extract::{self, Extractor, Extras, Skill, Span};
use observatory_extraction::matcher::Scratch;

use crate::ground;
use crate::orders::orders;

/// An ad as it is stored and as spans refer to it: the title, a line break, the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ad {
    /// All of it.
    pub text: String,
    /// Length of the title in bytes.
    pub title_len: usize,
    /// Where it gives orders to the machine, as bytes.
    pub orders: Vec<(usize, usize)>,
}

impl Ad {
    /// Joins the two; either may be empty.
    pub fn new(title: &str, text: &str) -> Self {
        let (text, title_len) = extract::combine(title, text);
        Self { orders: orders(&text, title_len), text, title_len }
    }

    /// A stored `combined_text`.
    pub fn from_combined(text: String) -> Self {
        let title_len = extract::title_len(&text);
        Self { orders: orders(&text, title_len), text, title_len }
    }

    /// The words at a span.
    pub fn words(&self, span: Span) -> &str {
        self.text.get(span.byte_start..span.byte_end).unwrap_or_default()
    }

    /// A span counted in code points, as contracts have it, in both counts; none where it is not in the text.
    pub fn span(&self, char_start: usize, char_end: usize) -> Option<Span> {
        let mut places = self.text.char_indices().map(|(at, _)| at).chain([self.text.len()]);
        let byte_start = places.nth(char_start)?;
        let byte_end = places.nth(char_end.checked_sub(char_start + 1)?)?;
        Some(Span { byte_start, byte_end, char_start, char_end })
    }
}

/// A concept that pipeline A finds in an ad.
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// URI of its concept; empty where it has none.
    pub concept: String,
    /// Canonical name.
    pub name: String,
    /// The words of the ad; of the cause where it is implied.
    pub surface: String,
    /// Kind of its concept, `soft_skill` for personal skills.
    pub kind: String,
    /// Where it stands; none where it came without a place.
    pub span: Option<Span>,
    /// 0 to 1; 0 for a word that the extractor did not take for a skill at all.
    pub confidence: f32,
    /// The named skill that implies it, by name.
    pub implied_by: Option<String>,
    /// Why it counts, or why not.
    pub reason: String,
}

impl Find {
    /// Whether it is a personal skill.
    pub fn is_soft(&self) -> bool {
        self.kind == SOFT_KIND
    }

    fn of(skill: &Skill) -> Self {
        Self {
            concept: skill.concept_uri.to_string(),
            name: skill.name.to_string(),
            surface: skill.surface.clone(),
            kind: skill.kind.to_string(),
            span: Some(skill.span),
            confidence: skill.confidence,
            implied_by: skill.implied_by.as_deref().map(str::to_owned),
            reason: skill.reason(),
        }
    }
}

/// A phrase that may be a skill which no taxonomy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// As it stands in the ad.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// What pipeline A finds in an ad, each concept once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PipelineA {
    /// What counts, named or implied.
    pub found: Vec<Find>,
    /// What stands there and does not count: not sure enough, or an ordinary word without context.
    pub unsure: Vec<Find>,
    /// What may be a skill that no taxonomy has.
    pub candidates: Vec<Unknown>,
}

impl PipelineA {
    /// Runs the extractor.
    pub fn of(extractor: &Extractor, ad: &Ad) -> Self {
        let extras = Extras { dismissed: true, candidates: true };
        let extraction = extractor.extract_with(&ad.text, ad.title_len, extras, &mut Scratch::default());
        let mut a = Self::default();
        for skill in extraction.distinct() {
            let side = if extractor.is_asked(skill) { &mut a.found } else { &mut a.unsure };
            side.push(Find::of(skill));
        }
        for dismissed in &extraction.dismissed {
            let known = a.found.iter().chain(&a.unsure).any(|find| *find.concept == *dismissed.concept_uri);
            if !known {
                a.unsure.push(Find {
                    concept: dismissed.concept_uri.to_string(),
                    name: dismissed.name.to_string(),
                    surface: ad.words(dismissed.span).to_owned(),
                    kind: dismissed.kind.to_string(),
                    span: Some(dismissed.span),
                    confidence: 0.0,
                    implied_by: None,
                    reason: dismissed.reason.to_owned(),
                });
            }
        }
        let unknown =
            |c: &observatory_extraction::emerging::Candidate| Unknown { text: c.surface.clone(), span: c.span };
        a.candidates = extraction.candidates.iter().map(unknown).collect();
        a
    }

    /// Skills given by name alone, with their places in the ad where it has them.
    pub fn of_names(names: &[String], ad: &Ad) -> Self {
        let found = names.iter().filter(|name| !name.trim().is_empty()).map(|name| {
            let span = ground::place(ad, name).ok().map(|place| place.span);
            Find {
                concept: String::new(),
                name: name.trim().to_owned(),
                surface: span.map(|span| ad.words(span).to_owned()).unwrap_or_default(),
                kind: String::new(),
                span,
                confidence: 1.0,
                implied_by: None,
                reason: "given".to_owned(),
            }
        });
        Self { found: found.collect(), ..Self::default() }
    }

    /// What it finds at a place, the surest first.
    pub fn at(&self, span: Span) -> Option<&Find> {
        let there = |find: &&Find| find.implied_by.is_none() && find.span == Some(span);
        let all = self.found.iter().chain(&self.unsure);
        all.filter(there).max_by(|a, b| a.confidence.total_cmp(&b.confidence))
    }
}
