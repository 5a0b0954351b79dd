//! The language of an ad's running text.
//!
//! Counts function words ("de", "the", "não"), as running text can't do without them while the names of technologies
//! never are any: a Spanish ad full of English tool names stays Spanish. The method is that of Ingle (1976) and of Grefenstette's
//! "Comparing two language identification schemes" (1995). Where too few are found (a short text, a list, another language),
//! trigrams decide (Cavnar and Trenkle 1994, as the `whatlang` crate has them).

mod lists;

use crate::fold::{Word, fold, hash, words};
use lists::{COUNT, LANGUAGES, LISTS};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// ISO 639-1, or "und" where the text doesn't tell.
    pub language: &'static str,
    /// 0 to 1: how far the language is ahead of the next one.
    pub confidence: f32,
}

/// What can't be told.
pub const UNDETERMINED: Detection = Detection { language: "und", confidence: 0.0 };

/// Words looked at; of a longer text a third each from its beginning, middle and end.
const MAX_WORDS: usize = 1200;
/// Bytes of the sample that trigrams see, as they are slow.
const TRIGRAM_BYTES: usize = 600;
/// Below this share of function words a text isn't running text of any listed language.
const MIN_COVERAGE: f32 = 0.10;
/// From this share on, trigrams needn't be asked.
const SURE_COVERAGE: f32 = 0.20;
const SURE_MARGIN: f32 = 0.15;

/// Detects the language of a text.
pub fn detect(text: &str) -> Detection {
    let folded = fold(text);
    detect_words(text, words(&folded))
}

/// The same over words that the caller has already folded; `text` is the unfolded text.
pub(crate) fn detect_words<'a>(text: &str, words: impl Iterator<Item = Word<'a>>) -> Detection {
    let (points, counted) = count_words(words);
    decide(text, points, counted)
}

type Points = [f32; COUNT];

fn count_words<'a>(words: impl Iterator<Item = Word<'a>>) -> (Points, usize) {
    let hashes: Vec<u64> = words
        .filter(|w| w.text.as_bytes()[0].is_ascii_alphabetic() || !w.text.is_ascii())
        .map(|w| hash(w.text))
        .collect();
    count_hashes(&hashes)
}

/// Points of each language over a sample of word hashes, and the words in the sample.
fn count_hashes(hashes: &[u64]) -> (Points, usize) {
    let mut points = [0.0; COUNT];
    let mut counted = 0;
    for part in sample(hashes) {
        counted += part.len();
        for word in part {
            let Some(&languages) = FUNCTION_WORDS.get(word) else { continue };
            for (language, points) in points.iter_mut().enumerate() {
                *points += f32::from(languages >> language & 1);
            }
        }
    }
    (points, counted)
}

fn sample(hashes: &[u64]) -> Vec<&[u64]> {
    if hashes.len() <= MAX_WORDS {
        return vec![hashes];
    }
    let part = MAX_WORDS / 3;
    let middle = hashes.len() / 2 - part / 2;
    vec![&hashes[..part], &hashes[middle..middle + part], &hashes[hashes.len() - part..]]
}

fn decide(text: &str, mut points: Points, counted: usize) -> Detection {
    let by_words_only = points;
    add_letters(text, &mut points);
    let (best, second) = leaders(&points);
    let coverage = by_words_only[best] / (counted as f32).max(8.0);
    let margin = (points[best] - points[second]) / points[best].max(1.0);
    let by_words = Detection {
        language: LANGUAGES[best],
        confidence: (0.5 + margin).min(1.0) * (coverage / SURE_COVERAGE).min(1.0),
    };
    if coverage >= SURE_COVERAGE && margin >= SURE_MARGIN {
        return by_words;
    }
    let Some(by_trigrams) = trigrams(text) else {
        return if points[best] > 0.0 { by_words } else { UNDETERMINED };
    };
    if by_trigrams.language == by_words.language {
        return Detection { confidence: by_words.confidence.max(by_trigrams.confidence), ..by_words };
    }
    let listed = LANGUAGES.contains(&by_trigrams.language);
    if coverage >= MIN_COVERAGE && (listed && margin > 0.05 || by_trigrams.confidence < 0.5) {
        return Detection { confidence: by_words.confidence * 0.8, ..by_words };
    }
    if by_trigrams.confidence < 0.1 && points[best] > 0.0 {
        return Detection { confidence: by_words.confidence * 0.5, ..by_words };
    }
    by_trigrams
}

fn leaders(points: &Points) -> (usize, usize) {
    let (mut best, mut second) = (0, 1);
    if points[1] > points[0] {
        (best, second) = (1, 0);
    }
    for language in 2..COUNT {
        if points[language] > points[best] {
            (best, second) = (language, best);
        } else if points[language] > points[second] {
            second = language;
        }
    }
    (best, second)
}

/// Letters that only some languages write. At most a few points, so that a name doesn't decide.
fn add_letters(text: &str, points: &mut Points) {
    let mut letters = [0u16; 256];
    let bytes = text.as_bytes();
    for pair in bytes[..bytes.len().min(8192)].windows(2) {
        if pair[0] == 0xC3 || pair[0] == 0xC2 {
            let letter = usize::from(pair[1]) & 0x3F | usize::from(pair[0] & 1) << 6;
            letters[letter] = letters[letter].saturating_add(1);
        }
    }
    let count = |set: &str| -> f32 {
        let found: u16 = set.chars().map(|c| letters[(c as usize) & 0x7F]).fold(0, u16::saturating_add);
        f32::from(found).min(4.0 + 0.02 * text.len() as f32)
    };
    for (language, set) in lists::LETTERS {
        points[*language] += count(set);
    }
}

/// The `whatlang` crate's answer over a sample spread over the text.
fn trigrams(text: &str) -> Option<Detection> {
    let info = if text.len() <= TRIGRAM_BYTES { whatlang::detect(text) } else { whatlang::detect(&spread(text)) }?;
    let language = iso_639_1(info.lang().code());
    Some(Detection { language, confidence: info.confidence() as f32 })
}

fn spread(text: &str) -> String {
    let part = TRIGRAM_BYTES / 3;
    let mut sample = String::with_capacity(TRIGRAM_BYTES + 8);
    for share in 0..3 {
        let start = text.floor_char_boundary((text.len() - part) / 2 * share);
        let end = text.floor_char_boundary(start + part);
        sample.push_str(&text[start..end]);
        sample.push(' ');
    }
    sample
}

/// ISO 639-3, as `whatlang` names languages, to ISO 639-1.
fn iso_639_1(code: &str) -> &'static str {
    const CODES: &[(&str, &str)] = &[
        ("spa", "es"),
        ("eng", "en"),
        ("por", "pt"),
        ("fra", "fr"),
        ("ita", "it"),
        ("deu", "de"),
        ("cat", "ca"),
        ("nld", "nl"),
        ("rus", "ru"),
        ("cmn", "zh"),
        ("jpn", "ja"),
        ("kor", "ko"),
        ("ara", "ar"),
        ("heb", "he"),
        ("ell", "el"),
        ("tur", "tr"),
        ("pol", "pl"),
        ("ukr", "uk"),
        ("ces", "cs"),
        ("slk", "sk"),
        ("hun", "hu"),
        ("ron", "ro"),
        ("bul", "bg"),
        ("hrv", "hr"),
        ("srp", "sr"),
        ("slv", "sl"),
        ("swe", "sv"),
        ("dan", "da"),
        ("nob", "nb"),
        ("fin", "fi"),
        ("est", "et"),
        ("lav", "lv"),
        ("lit", "lt"),
        ("hin", "hi"),
        ("ben", "bn"),
        ("vie", "vi"),
        ("tha", "th"),
        ("ind", "id"),
        ("jav", "jv"),
        ("tgl", "tl"),
        ("pes", "fa"),
        ("urd", "ur"),
        ("tam", "ta"),
        ("tel", "te"),
        ("mal", "ml"),
        ("kan", "kn"),
        ("mar", "mr"),
        ("guj", "gu"),
        ("pan", "pa"),
        ("kat", "ka"),
        ("hye", "hy"),
        ("aze", "az"),
        ("uzb", "uz"),
        ("tuk", "tk"),
        ("bel", "be"),
        ("mkd", "mk"),
        ("aka", "ak"),
        ("zul", "zu"),
        ("sna", "sn"),
        ("afr", "af"),
        ("lat", "la"),
        ("amh", "am"),
        ("mya", "my"),
        ("khm", "km"),
        ("sin", "si"),
        ("nep", "ne"),
        ("ori", "or"),
        ("yid", "yi"),
        ("epo", "eo"),
        ("cym", "cy"),
    ];
    CODES.iter().find(|(three, _)| *three == code).map_or("und", |(_, two)| two)
}

/// Hash of a function word to the languages that have it, one bit each.
static FUNCTION_WORDS: LazyLock<FxHashMap<u64, u16>> = LazyLock::new(|| {
    let mut table = FxHashMap::default();
    for (language, list) in LISTS.iter().enumerate() {
        for word in list.split_ascii_whitespace() {
            *table.entry(hash(word)).or_insert(0) |= 1 << language;
        }
    }
    table
});

#[cfg(test)]
mod tests;
