//! The part of an ad that a model is asked about: the sections that ask, the most telling ones where all don't fit.

use observatory_extraction::sections::{Section, SectionRange, section_at, sections};
use serde::{Deserialize, Serialize};

use crate::ad::Ad;
use crate::orders::outside;

/// Sections that may ask for skills, the most telling first. Benefits, the employer, degrees and the portal's own
/// words are never shown.
const TELLING: [Section; 5] =
    [Section::Title, Section::Requirements, Section::Desirable, Section::Responsibilities, Section::Body];
/// Characters of a piece that are not worth showing alone.
const LEAST: usize = 3;

/// The part of an ad that is shown to a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// What is shown, in the ad's order.
    pub text: String,
    /// Characters of the ad that are not shown, by section.
    pub left_out: Vec<(String, usize)>,
}

/// Cuts an ad down to `most_chars` characters, without orders to the machine. An ad in which no section asks is shown
/// from its beginning.
pub fn cut(ad: &Ad, most_chars: usize) -> Cut {
    let ranges = sections(&ad.text, ad.title_len);
    let parts = ranges.iter().flat_map(|range| outside(&ad.orders, (range.start, range.end))).collect();
    of_parts(ad, &ranges, parts, most_chars)
}

/// The sentences and items of an ad, as bytes; none crosses the border of a section.
pub(crate) fn sentences<'a>(text: &'a str, ranges: &'a [SectionRange]) -> impl Iterator<Item = (usize, usize)> + 'a {
    ranges.iter().flat_map(move |range| {
        let text = text.get(range.start..range.end).unwrap_or_default();
        let mut ends: Vec<usize> = text
            .char_indices()
            .filter(|&(at, c)| {
                let after = at + c.len_utf8();
                let closes = matches!(c, '.' | ';' | '•' | '·') && text[after..].starts_with(char::is_whitespace);
                c == '\n' || closes
            })
            .map(|(at, c)| range.start + at + c.len_utf8())
            .collect();
        ends.push(range.end);
        let starts: Vec<usize> = [range.start].into_iter().chain(ends.iter().copied()).collect();
        starts.into_iter().zip(ends).filter(|(start, end)| start < end)
    })
}

/// Shows these parts of an ad, given in its order, as far as they fit.
pub(crate) fn of_parts(ad: &Ad, ranges: &[SectionRange], parts: Vec<(usize, usize)>, most_chars: usize) -> Cut {
    let text_of = |start: usize, end: usize| plain(ad.text.get(start..end).unwrap_or_default());
    let mut pieces: Vec<(usize, Section, String)> = parts
        .into_iter()
        .map(|(start, end)| (start, section_at(ranges, start), text_of(start, end)))
        .filter(|(_, _, text)| text.chars().count() >= LEAST)
        .collect();
    let asks = |section: Section| section != Section::Title && TELLING.contains(&section);
    let any = pieces.iter().any(|(_, section, _)| asks(*section));
    let rank = |section: Section| match TELLING.iter().position(|told| *told == section) {
        None if any => usize::MAX,
        place => place.unwrap_or(TELLING.len()),
    };
    pieces.retain(|(_, section, _)| rank(*section) != usize::MAX);
    pieces.sort_by_key(|(start, section, _)| (rank(*section), *start));
    let mut shown: Vec<(usize, Section, String)> = Vec::new();
    let mut left = most_chars;
    for (start, section, text) in pieces {
        let part = beginning(&text, left);
        left -= part.chars().count();
        if !part.is_empty() {
            shown.push((start, section, part.to_owned()));
        }
    }
    shown.sort_by_key(|(start, ..)| *start);
    let mut out = Cut::default();
    for range in ranges {
        leave_out(&mut out.left_out, range.section, text_of(range.start, range.end).chars().count(), 0);
    }
    for (_, section, text) in &shown {
        leave_out(&mut out.left_out, *section, 0, text.chars().count());
    }
    out.left_out.retain(|(_, chars)| *chars >= LEAST);
    let texts: Vec<String> = shown.into_iter().map(|(.., text)| text).collect();
    out.text = texts.join("\n");
    out
}

fn leave_out(left_out: &mut Vec<(String, usize)>, section: Section, whole: usize, shown: usize) {
    match left_out.iter_mut().find(|(name, _)| name == section.as_str()) {
        Some((_, sum)) => *sum = (*sum + whole).saturating_sub(shown),
        None => left_out.push((section.as_str().to_owned(), whole.saturating_sub(shown))),
    }
}

/// Text with single spaces and no empty lines.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// As much of a text as fits: up to the last end of a sentence or item, else of a word.
fn beginning(text: &str, most_chars: usize) -> &str {
    let Some((end, _)) = text.char_indices().nth(most_chars) else {
        return text;
    };
    let fits = &text[..end];
    let sentence = fits.rfind(['.', '\n', ';', '•', '·']);
    match sentence.filter(|at| *at > end / 2).or_else(|| fits.rfind(' ')) {
        Some(at) => fits[..at].trim_end(),
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ad() -> Ad {
        let text = "Sobre nosotros:\nSomos una empresa líder con 20 años en el mercado.\n\nRequisitos:\nPython y Django. \
                    Docker y Kubernetes.\n\nBeneficios:\nSeguro médico y bonos.";
        Ad::new("Backend Developer", text)
    }

    #[test]
    fn only_the_parts_that_ask_are_shown_and_the_rest_is_told() {
        let cut = cut(&ad(), 1000);
        assert!(cut.text.starts_with("Backend Developer\n") && cut.text.contains("Kubernetes"));
        assert!(!cut.text.contains("líder") && !cut.text.contains("médico"));
        let names: Vec<&str> = cut.left_out.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["about", "benefits"]);
        assert!(cut.left_out.iter().all(|(_, chars)| *chars > 20));
    }

    #[test]
    fn what_does_not_fit_ends_with_a_sentence_and_is_counted() {
        let cut = cut(&ad(), 50);
        assert!(cut.text.chars().count() <= 50);
        assert!(cut.text.ends_with("Python y Django"), "{}", cut.text);
        assert!(cut.left_out.iter().any(|(name, chars)| name == "requirements" && *chars > 10));
    }

    #[test]
    fn an_ad_without_a_section_that_asks_is_shown_all_the_same() {
        let about = Ad::new("", "Sobre nosotros:\nSomos una empresa de software con Python y Java desde 1999.");
        assert!(cut(&about, 500).text.contains("Python"));
        assert_eq!(cut(&Ad::default(), 500), Cut::default());
    }

    #[test]
    fn no_length_is_too_small_or_too_large() {
        for most in (0..200).chain([usize::MAX]) {
            assert!(cut(&ad(), most).text.chars().count() <= most.saturating_add(4));
        }
    }
}
