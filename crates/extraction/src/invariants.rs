//! What holds for the extraction of any text: checked by tests over random and real text, and by the fuzzer.

use std::collections::BTreeSet;

use crate::extract::{Extraction, Extractor, Extras, Span};
use crate::matcher::Scratch;

/// Checks one text: every span is valid, in order and apart from the others, every surface is the text of its
/// span, every confidence is a share, and reading again, also with used memory, gives the same.
///
/// # Errors
/// The first thing that does not hold.
pub fn check(extractor: &Extractor, text: &str, title_len: usize, scratch: &mut Scratch) -> Result<(), String> {
    let extras = Extras { dismissed: true, candidates: true };
    let found = extractor.extract_with(text, title_len, extras, scratch);
    if found != extractor.extract_with(text, title_len, extras, &mut Scratch::default()) {
        return Err("a second reading differs".into());
    }
    let mut end = 0;
    for skill in &found.skills {
        let of = |what: &str| format!("{what}: {:?} at {:?}", skill.name, skill.span);
        if !(0.0..=1.0).contains(&skill.confidence) {
            return Err(of("confidence is no share"));
        }
        if sound(text, skill.span)? != skill.surface {
            return Err(of("the surface is not the text of the span"));
        }
        if skill.implied_by.is_none() {
            if skill.span.byte_start < end {
                return Err(of("overlaps the one before"));
            }
            end = skill.span.byte_end;
        }
    }
    for span in found.dismissed.iter().map(|d| d.span).chain(found.candidates.iter().map(|c| c.span)) {
        sound(text, span)?;
    }
    Ok(())
}

/// Checks that a paragraph before or behind a text takes no skill away from it.
///
/// # Errors
/// The skills that are gone.
pub fn check_unmoved(extractor: &Extractor, text: &str, unrelated: &str) -> Result<(), String> {
    let alone = named(&extractor.extract(text, 0));
    for longer in [format!("{text}\n\n{unrelated}"), format!("{unrelated}\n\n{text}")] {
        let gone: Vec<_> = alone.difference(&named(&extractor.extract(&longer, 0))).cloned().collect();
        if !gone.is_empty() {
            return Err(format!("{unrelated:?} takes away {gone:?}"));
        }
    }
    Ok(())
}

fn named(found: &Extraction) -> BTreeSet<String> {
    found.skills.iter().map(|skill| skill.concept_uri.to_string()).collect()
}

/// The text of a span whose bytes and code points agree.
fn sound(text: &str, span: Span) -> Result<&str, String> {
    let part = text.get(span.byte_start..span.byte_end).filter(|part| !part.is_empty());
    let part = part.ok_or_else(|| format!("{span:?} is no part of the text"))?;
    let chars = |to: usize| text[..to].chars().count();
    if (chars(span.byte_start), chars(span.byte_end)) != (span.char_start, span.char_end) {
        return Err(format!("{span:?}: bytes and code points differ"));
    }
    Ok(part)
}
