//! How much of the labels words alone can find: whether a label stands in its ad at all, and what became of it.

use rustc_hash::FxHashSet;
use serde::Serialize;

use super::fold::{fold, words};
use super::gold::GoldAd;
use super::predict::{AdPredictions, Thresholds};
use super::score::{Class, Labels, keys};
use crate::text::fold::{FoldBuf, stem};

/// The labels of one class by how they stand in their ads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ceiling {
    /// All of them, each once an ad.
    pub labels: usize,
    /// To the letter, folded.
    pub letter: Fate,
    /// Every word of it in one sentence, inflected or in another order.
    pub form: Fate,
    /// Not at all: implied, translated, or said in other words.
    pub absent: Fate,
}

/// What became of some labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// All of them.
    pub labels: usize,
    /// Found.
    pub found: usize,
    /// Recognised, with too little confidence.
    pub unsure: usize,
}

/// Sorts the labels of a class; `candidates` are what was recognised, whatever its confidence, ad by ad.
pub fn ceiling(ads: &[GoldAd], candidates: &[AdPredictions], thresholds: Thresholds, class: Class) -> Ceiling {
    let mut ceiling = Ceiling::default();
    for (ad, recognised) in ads.iter().zip(candidates) {
        let text = Text::new(&ad.text().0);
        let known = Recognised::new(ad.labels(class), recognised, thresholds, class);
        let mut seen = FxHashSet::default();
        for label in ad.labels(class) {
            let folded = fold(label);
            if folded.is_empty() || !seen.insert(folded.clone()) {
                continue;
            }
            ceiling.labels += 1;
            let label = words(label);
            let fate = if text.has(&label) {
                &mut ceiling.letter
            } else if text.has_in_a_sentence(&label) {
                &mut ceiling.form
            } else {
                &mut ceiling.absent
            };
            fate.labels += 1;
            fate.found += usize::from(!known.missed.contains(&folded));
            fate.unsure += usize::from(known.missed.contains(&folded) && known.all.contains(&folded));
        }
    }
    ceiling
}

/// What extraction knows of the labels of one ad, folded.
struct Recognised {
    missed: FxHashSet<String>,
    all: FxHashSet<String>,
}

impl Recognised {
    fn new(labels: &[String], ad: &AdPredictions, thresholds: Thresholds, class: Class) -> Self {
        let of_class: Vec<_> = ad.skills.iter().filter(|s| s.class == class).map(|s| (s.confidence, keys(s))).collect();
        let sure = of_class.iter().filter(|(confidence, _)| *confidence >= thresholds.of_class(class));
        let judged = Labels::new(labels).judge(sure.map(|(_, keys)| keys));
        Self {
            missed: judged.missed.iter().map(|label| fold(label)).collect(),
            all: of_class.into_iter().flat_map(|(_, keys)| keys).collect(),
        }
    }
}

struct Text {
    /// All words between single spaces, one in front and one behind.
    words: String,
    /// The stems of each sentence.
    sentences: Vec<FxHashSet<String>>,
}

impl Text {
    fn new(text: &str) -> Self {
        let joined = words(text).join(" ");
        let sentences = sentences(text).map(|s| words(s).iter().map(|word| stemmed(word)).collect()).collect();
        Self { words: format!(" {joined} "), sentences }
    }

    fn has(&self, label: &[String]) -> bool {
        self.words.contains(&format!(" {} ", label.join(" ")))
    }

    fn has_in_a_sentence(&self, label: &[String]) -> bool {
        let label: Vec<String> = label.iter().map(|word| stemmed(word)).collect();
        self.sentences.iter().any(|sentence| label.iter().all(|word| sentence.contains(word)))
    }
}

/// Parts of a text between line breaks and the ends of sentences; a dot inside a word ends none.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| matches!(c, '!' | '?' | ';' | '•');
    text.lines().flat_map(|line| line.split(". ")).flat_map(move |part| part.split(ends))
}

fn stemmed(word: &str) -> String {
    let mut buf = FoldBuf::default();
    buf.extend(word.as_bytes());
    stem(&mut buf);
    String::from_utf8_lossy(buf.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::evaluate::predict::Prediction;

    const THRESHOLDS: Thresholds = Thresholds { hard: 0.4, soft: 0.3 };

    fn of(text: &str, labels: &[&str], found: &[(&str, f32)]) -> Ceiling {
        let ad = GoldAd {
            job_id: "a".into(),
            description: text.into(),
            hard_skills: labels.iter().map(|l| (*l).to_owned()).collect(),
            ..GoldAd::default()
        };
        let skill = |(name, confidence): &(&str, f32)| Prediction {
            name: (*name).into(),
            confidence: *confidence,
            ..Prediction::default()
        };
        let found = AdPredictions { job_id: "a".into(), skills: found.iter().map(skill).collect() };
        ceiling(&[ad], &[found], THRESHOLDS, Class::Hard)
    }

    #[test]
    fn labels_stand_in_the_ad_to_the_letter_in_another_form_or_not_at_all() {
        let text = "Diseño de APIs con Node.js y bases de datos.\nModelos de datos, relacionales.";
        let labels = ["node js", "Base de Datos", "relacionales modelos", "API design", "diseño relacionales"];
        let found = of(
            text,
            &labels,
            &[("Node.js", 0.9), ("bases de datos", 0.9), ("modelos relacionales", 0.1), ("design API", 0.5)],
        );
        let fate = |labels, found, unsure| Fate { labels, found, unsure };
        assert_eq!(found.labels, 5);
        assert_eq!((found.letter, found.form, found.absent), (fate(1, 1, 0), fate(2, 0, 1), fate(2, 1, 0)));
    }

    #[test]
    fn a_word_inside_another_is_not_the_word() {
        let found = of("JavaScript", &["Java", "java", ""], &[]);
        assert_eq!((found.labels, found.absent.labels), (1, 1));
    }
}
