//! The door for a statistical tagger: what it finds and no label names becomes a skill of method `ner`.
//!
//! Off unless one is given to [`crate::extract::Extractor::with_tagger`]: `docs/adr/0007` has what it costs and brings.

use std::sync::Arc;

use crate::context::Evidence;
use crate::demand::Demand;
use crate::extract::{Method, Rule, Skill, Span};
use crate::sections::{SectionRange, section_at};
use crate::text::fold::fold_phrase;

/// Prefix of the URIs of skills that no taxonomy holds; the folded words follow, joined by hyphens.
pub const UNLISTED_PREFIX: &str = "urn:observatory:unlisted:";
/// Kind of such skills.
pub const UNLISTED: &str = "unlisted";

/// A stretch of text that a tagger takes for a skill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tagged {
    /// First byte.
    pub byte_start: usize,
    /// Byte after the last.
    pub byte_end: usize,
    /// How sure it is, 0 to 1.
    pub score: f32,
}

/// Something that finds skills by other means than labels.
pub trait Tagger: Send + Sync {
    /// Name and version, for the extractor's version.
    fn version(&self) -> String;

    /// The skills of a text, in order of place. A tagger that fails says so in the log and finds nothing.
    fn tag(&self, text: &str) -> Vec<Tagged>;
}

/// What a tagger found beside the `known` skills, which are in order of place.
pub(crate) fn unlisted(tagger: &dyn Tagger, text: &str, ranges: &[SectionRange], known: &[Skill]) -> Vec<Skill> {
    let mut skills: Vec<Skill> = Vec::new();
    let (mut at, mut chars) = (0, 0);
    for tagged in tagger.tag(text) {
        let Some(surface) = text.get(tagged.byte_start..tagged.byte_end) else {
            continue;
        };
        let apart = |s: &Skill| s.span.byte_end <= tagged.byte_start || tagged.byte_end <= s.span.byte_start;
        let slug = fold_phrase(surface).replace(' ', "-");
        if tagged.byte_start < at || !slug.contains(char::is_alphabetic) || !known.iter().all(apart) {
            continue;
        }
        let char_start = chars + text[at..tagged.byte_start].chars().count();
        let char_end = char_start + surface.chars().count();
        (at, chars) = (tagged.byte_end, char_end);
        skills.push(Skill {
            concept_uri: format!("{UNLISTED_PREFIX}{slug}").into(),
            name: surface.into(),
            name_es: None,
            surface: surface.to_owned(),
            whole: None,
            kind: Arc::from(UNLISTED),
            method: Method::Ner,
            of_esco: false,
            rule: Rule::Tagged,
            implied_by: None,
            evidence: Evidence::default(),
            demand: Demand::default(),
            version: None,
            confidence: tagged.score.clamp(0.0, 1.0),
            section: section_at(ranges, tagged.byte_start),
            span: Span { byte_start: tagged.byte_start, byte_end: tagged.byte_end, char_start, char_end },
            esco_uri: None,
        });
    }
    skills
}
