//! Cleans an ad and says whether it can be used.

use crate::duplicate::{Signature, shingle_words};
use crate::fold::{Word, fold, words};
use crate::html::to_text;
use crate::{language, spam};

/// An ad as it was scraped: HTML or plain text in every part.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdText<'a> {
    pub title: &'a str,
    pub company: &'a str,
    pub description: &'a str,
    pub requirements: &'a str,
}

/// Why an ad can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnusableReason {
    /// Not more than [`Limits::min_words`] words.
    TooShort,
    /// Not in one of [`Limits::languages`].
    WrongLanguage,
    /// See [`crate::spam`].
    Spam,
    /// The same ad is stored already; found with [`crate::duplicate`] and the store, not by [`clean`].
    Duplicate,
}

impl UnusableReason {
    /// The name in the contracts and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::WrongLanguage => "wrong_language",
            Self::Spam => "spam",
            Self::Duplicate => "duplicate",
        }
    }
}

/// What an ad must have to be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Words of the combined text; an ad needs more than these. Default 50.
    pub min_words: u32,
    /// ISO 639-1 codes of the languages that extraction supports. Default `es`, `en`.
    pub languages: Vec<String>,
    /// Score from which an ad is spam. Default [`spam::SPAM_SCORE`].
    pub spam_score: f32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { min_words: 50, languages: vec!["es".to_owned(), "en".to_owned()], spam_score: spam::SPAM_SCORE }
    }
}

/// A cleaned ad.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanedAd {
    /// One line.
    pub title: String,
    pub description: String,
    pub requirements: String,
    /// Title, description and requirements, one below the other, without empty ones: what extraction runs on.
    pub combined_text: String,
    /// Words of the combined text: runs of characters between whitespace with at least one letter or digit.
    pub combined_word_count: u32,
    /// ISO 639-1, "und" where the text doesn't tell.
    pub detected_language: &'static str,
    /// 0 to 1.
    pub language_confidence: f32,
    /// Nothing for a usable ad. Of several reasons the first in the order of [`UnusableReason`].
    pub unusable_reason: Option<UnusableReason>,
    /// The reason for a person to read; empty for a usable ad.
    pub unusable_detail: String,
    /// To recognise the ad when it is posted again.
    pub signature: Signature,
}

/// Cleans an ad and judges its length, language and honesty. Duplicates are for the caller to find, by the signature.
///
/// Any input is cleaned, in time linear in its length.
pub fn clean(ad: &AdText<'_>, limits: &Limits) -> CleanedAd {
    let title = one_line(to_text(ad.title));
    let description = without_page_remnants(to_text(ad.description));
    let requirements = without_page_remnants(to_text(ad.requirements));
    let body = join(&description, &requirements);
    let combined_text = join(&title, &body);
    let combined_word_count = count_words(&combined_text);

    let folded_title = fold(&title);
    let folded = fold(&body);
    let found: Vec<Word<'_>> = words(&folded).collect();
    // Titles are often English above a Spanish text, so the text decides where there is one.
    let detection = if found.len() < 5 {
        language::detect(&combined_text)
    } else {
        language::detect_words(&body, found.iter().copied())
    };
    let hashes = shingle_words(&folded, found.into_iter());
    let assessment = spam::assess_folded(&folded_title, ad.company, &folded, &hashes);
    let signature = Signature::from_folded(&folded_title, &hashes);

    let (unusable_reason, unusable_detail) = if combined_word_count <= limits.min_words {
        let detail = format!("{combined_word_count} words, more than {} needed", limits.min_words);
        (Some(UnusableReason::TooShort), detail)
    } else if !limits.languages.iter().any(|language| language == detection.language) {
        let detail = match detection.language {
            "und" => "language not recognised".to_owned(),
            language => format!("detected {language}"),
        };
        (Some(UnusableReason::WrongLanguage), detail)
    } else if assessment.score >= limits.spam_score {
        (Some(UnusableReason::Spam), format!("spam: {}", assessment.reasons.join(", ")))
    } else {
        (None, String::new())
    };

    CleanedAd {
        title,
        description,
        requirements,
        combined_text,
        combined_word_count,
        detected_language: detection.language,
        language_confidence: detection.confidence,
        unusable_reason,
        unusable_detail,
        signature,
    }
}

fn one_line(text: String) -> String {
    if text.contains('\n') {
        text.split('\n').filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    } else {
        text
    }
}

fn join(above: &str, below: &str) -> String {
    let separator = if above.is_empty() || below.is_empty() { "" } else { "\n" };
    [above, separator, below].concat()
}

/// Removes what a page's own buttons left at the end of a text.
fn without_page_remnants(mut text: String) -> String {
    for remnant in ["Show more Show less", "Show more\nShow less", "Ver más Ver menos", "Mostrar más Mostrar menos"] {
        if let Some(kept) = text.strip_suffix(remnant) {
            text.truncate(kept.trim_end().len());
        }
    }
    text
}

fn count_words(text: &str) -> u32 {
    let is_word = |token: &&str| match token.as_bytes()[0] {
        first if first.is_ascii_alphanumeric() => true,
        _ => token.chars().any(char::is_alphanumeric),
    };
    text.split_ascii_whitespace().filter(is_word).count().try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
