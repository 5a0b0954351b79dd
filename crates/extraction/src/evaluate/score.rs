//! Counting: predicted skills beside labelled ones, ad by ad.
//!
//! A label is found when, folded ([`fold`]), it equals the name or the words of a predicted skill of its class.
//! Each label and each prediction counts at most once in its ad; predictions of one folded name are one.

use std::collections::BTreeMap;
use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::EvaluationError;
use super::fold::fold;
use super::gold::GoldAd;
use super::predict::{AdPredictions, Prediction};

/// Technical or personal skills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Technical.
    #[default]
    Hard,
    /// Personal.
    Soft,
}

impl Class {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hard, Self::Soft];

    /// The name in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        }
    }
}

/// Precision, recall and their harmonic mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Prf {
    /// Share of predictions that are right.
    pub precision: f64,
    /// Share of labels that were found.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// What the shares are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Predictions that are right.
    pub right: usize,
    /// Predictions.
    pub predicted: usize,
    /// Labels.
    pub labels: usize,
}

impl Counts {
    /// The shares; 0 where there is nothing to divide by.
    pub fn prf(&self) -> Prf {
        let precision = share(self.right, self.predicted);
        let recall = share(self.right, self.labels);
        let sum = precision + recall;
        Prf { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }

    /// Adds those of another ad.
    pub fn add(&mut self, other: Self) {
        self.right += other.right;
        self.predicted += other.predicted;
        self.labels += other.labels;
    }
}

/// `part` of `whole`; 0 of nothing.
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// What became of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is a label.
    Right,
    /// It is none.
    Wrong,
    /// It has no name, or that of an earlier one: it does not count.
    Passed,
}

/// One ad, counted.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// One per prediction, in their order.
    pub verdicts: Vec<Verdict>,
    /// Labels that were not found, as written.
    pub missed: Vec<String>,
    /// The sums.
    pub counts: Counts,
}

/// The labels of an ad by their folded form, each once.
#[derive(Clone, Debug, Default)]
pub struct Labels(BTreeMap<String, String>);

impl Labels {
    /// Folds labels; those of which nothing is left are passed over.
    pub fn new(labels: &[String]) -> Self {
        let mut folded = BTreeMap::new();
        for label in labels {
            let key = fold(label);
            if !key.is_empty() {
                folded.entry(key).or_insert_with(|| label.clone());
            }
        }
        Self(folded)
    }

    /// Whether a prediction with these folded name and words is one of them.
    pub fn has(&self, keys: &[String; 2]) -> bool {
        keys.iter().any(|key| self.0.contains_key(key))
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts predictions, given by their [`keys`] in their order.
    pub fn judge<'a>(&self, predictions: impl Iterator<Item = &'a [String; 2]>) -> Judged {
        let mut left = self.0.clone();
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut judged = Judged::default();
        for keys in predictions {
            let verdict = if keys[0].is_empty() || !seen.insert(&keys[0]) {
                Verdict::Passed
            } else if keys.iter().any(|key| left.remove(key).is_some()) {
                Verdict::Right
            } else {
                Verdict::Wrong
            };
            judged.verdicts.push(verdict);
        }
        let count = |verdict| judged.verdicts.iter().filter(|v| **v == verdict).count();
        let right = count(Verdict::Right);
        judged.counts = Counts { right, predicted: right + count(Verdict::Wrong), labels: self.0.len() };
        judged.missed = left.into_values().collect();
        judged
    }
}

/// The folded name and words of a prediction.
pub fn keys(prediction: &Prediction) -> [String; 2] {
    [fold(&prediction.name), fold(&prediction.surface)]
}

/// All figures of one class.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Of which skills.
    pub class: Class,
    /// Labelled ads.
    pub ads: usize,
    /// Sums over ads.
    pub counts: Counts,
    /// Of the sums: the figure that counts.
    pub micro: Prf,
    /// Mean of the ads' F1.
    pub macro_f1: f64,
    /// Of the corpus's set of labels and its set of names, as earlier work reports.
    pub pooled: Prf,
    /// By language of the ad.
    pub by_language: Vec<Part>,
    /// By country of the ad.
    pub by_country: Vec<Part>,
    /// By kind of the concept; labels have none, so that there is precision only.
    pub by_kind: Vec<Precision>,
    /// By part of the ad.
    pub by_section: Vec<Precision>,
    /// By method.
    pub by_method: Vec<Precision>,
    /// Named by the ad, or implied.
    pub by_mention: Vec<Precision>,
    /// Labels missed, most often first.
    pub missed: Vec<Frequency>,
    /// Names predicted and not labelled, most often first.
    pub false_finds: Vec<Frequency>,
    /// Ads with the lowest F1.
    pub worst_ads: Vec<Part>,
}

/// Some of the ads.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Language, country, or id.
    pub key: String,
    /// How many.
    pub ads: usize,
    /// Their sums.
    pub counts: Counts,
    /// Of the sums.
    pub micro: Prf,
}

/// Some of the predictions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Precision {
    /// Kind, section, method or mention.
    pub key: String,
    /// Predictions.
    pub predicted: usize,
    /// Right ones.
    pub right: usize,
    /// Their share.
    pub precision: f64,
}

/// A name and how often.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Frequency {
    /// As written.
    pub name: String,
    /// In how many ads.
    pub ads: usize,
}

/// Counts one class of skills; at most `errors` worst ads, misses and false finds are listed.
///
/// # Errors
/// Predictions for an ad that is not labelled.
pub fn score(
    gold: &[GoldAd],
    predictions: &[AdPredictions],
    class: Class,
    errors: usize,
) -> Result<Report, EvaluationError> {
    let by_id: FxHashMap<&str, &AdPredictions> = predictions.iter().map(|p| (p.job_id.as_str(), p)).collect();
    check_ids(gold, &by_id)?;
    let mut tally = Tally::default();
    for ad in gold {
        let skills = by_id.get(ad.job_id.as_str()).map(|p| p.skills.as_slice()).unwrap_or_default();
        let skills: Vec<&Prediction> = skills.iter().filter(|s| s.class == class).collect();
        tally.add(ad, class, &skills);
    }
    Ok(tally.report(class, errors))
}

fn check_ids(gold: &[GoldAd], by_id: &FxHashMap<&str, &AdPredictions>) -> Result<(), EvaluationError> {
    let known: FxHashSet<&str> = gold.iter().map(|ad| ad.job_id.as_str()).collect();
    let unknown: Vec<&str> = by_id.keys().filter(|id| !known.contains(**id)).copied().collect();
    match unknown.iter().min() {
        Some(first) => Err(EvaluationError::UnknownAds { count: unknown.len(), example: (*first).to_owned() }),
        None => Ok(()),
    }
}

#[derive(Default)]
struct Tally {
    ads: Vec<Part>,
    languages: BTreeMap<String, (usize, Counts)>,
    countries: BTreeMap<String, (usize, Counts)>,
    kinds: BTreeMap<String, Counts>,
    sections: BTreeMap<String, Counts>,
    methods: BTreeMap<String, Counts>,
    mentions: BTreeMap<String, Counts>,
    missed: FxHashMap<String, usize>,
    false_finds: FxHashMap<String, usize>,
    label_pool: FxHashSet<String>,
    name_pool: FxHashSet<String>,
}

impl Tally {
    fn add(&mut self, ad: &GoldAd, class: Class, skills: &[&Prediction]) {
        let labels = Labels::new(ad.labels(class));
        let keys: Vec<[String; 2]> = skills.iter().map(|s| keys(s)).collect();
        let judged = labels.judge(keys.iter());
        for ((skill, [name, _]), verdict) in skills.iter().zip(keys).zip(&judged.verdicts) {
            if *verdict != Verdict::Passed {
                self.name_pool.insert(name);
                self.add_prediction(skill, *verdict == Verdict::Right);
            }
        }
        self.label_pool.extend(labels.0.into_keys());
        for label in judged.missed {
            *self.missed.entry(label).or_default() += 1;
        }
        let counts = judged.counts;
        self.ads.push(Part { key: ad.job_id.clone(), ads: 1, counts, micro: counts.prf() });
        for (map, key) in [(&mut self.languages, &ad.lang), (&mut self.countries, &ad.country)] {
            let (ads, sum) = map.entry(key.clone()).or_default();
            *ads += 1;
            sum.add(counts);
        }
    }

    fn add_prediction(&mut self, skill: &Prediction, right: bool) {
        let count = Counts { right: usize::from(right), predicted: 1, labels: 0 };
        let mention = if skill.implied { "implied" } else { "explicit" };
        self.kinds.entry(skill.kind.clone()).or_default().add(count);
        self.sections.entry(skill.section.clone()).or_default().add(count);
        self.methods.entry(skill.method.clone()).or_default().add(count);
        self.mentions.entry(mention.to_owned()).or_default().add(count);
        if !right {
            *self.false_finds.entry(skill.name.clone()).or_default() += 1;
        }
    }

    fn report(self, class: Class, errors: usize) -> Report {
        let mut counts = Counts::default();
        self.ads.iter().for_each(|ad| counts.add(ad.counts));
        let both = self.label_pool.intersection(&self.name_pool).count();
        let pool = Counts { right: both, predicted: self.name_pool.len(), labels: self.label_pool.len() };
        let macro_sum: f64 = self.ads.iter().map(|ad| ad.micro.f1).sum();
        let ads = self.ads.len();
        let mut worst_ads = self.ads;
        worst_ads.sort_by(|a, b| {
            a.micro.f1.total_cmp(&b.micro.f1).then(b.counts.labels.cmp(&a.counts.labels)).then(a.key.cmp(&b.key))
        });
        worst_ads.truncate(errors);
        Report {
            class,
            ads,
            counts,
            micro: counts.prf(),
            macro_f1: macro_sum / (ads.max(1) as f64),
            pooled: pool.prf(),
            by_language: parts(self.languages),
            by_country: parts(self.countries),
            by_kind: precisions(self.kinds),
            by_section: precisions(self.sections),
            by_method: precisions(self.methods),
            by_mention: precisions(self.mentions),
            missed: most(self.missed, errors),
            false_finds: most(self.false_finds, errors),
            worst_ads,
        }
    }
}

fn parts(map: BTreeMap<String, (usize, Counts)>) -> Vec<Part> {
    map.into_iter().map(|(key, (ads, counts))| Part { key, ads, counts, micro: counts.prf() }).collect()
}

fn precisions(map: BTreeMap<String, Counts>) -> Vec<Precision> {
    let mut rows: Vec<Precision> = map
        .into_iter()
        .map(|(key, Counts { right, predicted, .. })| Precision {
            key,
            predicted,
            right,
            precision: share(right, predicted),
        })
        .collect();
    rows.sort_by(|a, b| b.predicted.cmp(&a.predicted).then(a.key.cmp(&b.key)));
    rows
}

fn most(map: FxHashMap<String, usize>, at_most: usize) -> Vec<Frequency> {
    let mut rows: Vec<Frequency> = map.into_iter().map(|(name, ads)| Frequency { name, ads }).collect();
    rows.sort_by(|a, b| b.ads.cmp(&a.ads).then(a.name.cmp(&b.name)));
    rows.truncate(at_most);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ad(id: &str, lang: &str, hard: &[&str]) -> GoldAd {
        let hard_skills = hard.iter().map(|s| (*s).to_owned()).collect();
        GoldAd { job_id: id.into(), lang: lang.into(), hard_skills, ..GoldAd::default() }
    }

    fn skill(name: &str, surface: &str) -> Prediction {
        Prediction { name: name.into(), surface: surface.into(), ..Prediction::default() }
    }

    fn predicted(id: &str, skills: Vec<Prediction>) -> AdPredictions {
        AdPredictions { job_id: id.into(), skills }
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-5
    }

    /// The shared score_skills.py prints for this example:
    /// `hard: ads 3  micro P 0.5714 R 0.4444 F1 0.5000  macro F1 0.3704  pooled P 0.4286 R 0.3750 F1 0.4000`.
    #[test]
    fn the_figures_are_those_of_the_python_scorer() {
        let gold = [
            ad("a", "es", &["PostgreSQL", "Python", "Metodologías Ágiles", "python"]),
            ad("b", "en", &["Docker", "CI/CD", "Java", "Kubernetes", "Python"]),
            ad("c", "es", &["Rust"]),
        ];
        let ours = [
            predicted(
                "a",
                vec![skill("PostgreSQL", "postgres"), skill("Agile", "ágiles metodologías"), skill("SQL", "")],
            ),
            predicted(
                "b",
                vec![
                    skill("Docker", "docker"),
                    skill("docker", ""),
                    skill("CD-CI", ""),
                    skill("Go", ""),
                    skill("C++", ""),
                ],
            ),
        ];
        // a: 2 of 3 right, 3 labels. b: 2 of 4 right (the second Docker does not count), 5 labels. c: nothing of 1.
        let report = score(&gold, &ours, Class::Hard, 10).unwrap();
        assert_eq!(report.counts, Counts { right: 4, predicted: 7, labels: 9 });
        assert!(near(report.micro.precision, 4.0 / 7.0) && near(report.micro.recall, 4.0 / 9.0));
        assert!(near(report.micro.f1, 0.5));
        // F1 of the ads: 2/3, 4/9, 0.
        assert!(near(report.macro_f1, (2.0 / 3.0 + 4.0 / 9.0) / 3.0));
        // 8 different labels, 7 names; PostgreSQL, Docker and CI/CD are in both.
        assert!(near(report.pooled.precision, 3.0 / 7.0) && near(report.pooled.recall, 3.0 / 8.0));
        assert_eq!(report.by_language[0].counts, Counts { right: 2, predicted: 4, labels: 5 });
        assert_eq!(report.missed[0], Frequency { name: "Python".into(), ads: 2 });
        assert_eq!(report.worst_ads[0].key, "c");
        assert_eq!(report.false_finds.len(), 3);
    }

    fn verdicts(labels: &[&str], predictions: &[(&str, &str)]) -> Vec<Verdict> {
        let labels: Vec<String> = labels.iter().map(|l| (*l).to_owned()).collect();
        let keys: Vec<_> = predictions.iter().map(|(name, surface)| keys(&skill(name, surface))).collect();
        Labels::new(&labels).judge(keys.iter()).verdicts
    }

    use Verdict::{Passed, Right, Wrong};

    #[test]
    fn a_name_counts_once_per_ad() {
        assert_eq!(verdicts(&["Go", "Golang"], &[("Go", "Go"), ("GO", "golang")]), [Right, Passed]);
    }

    #[test]
    fn a_label_counts_once_per_ad() {
        assert_eq!(verdicts(&["Go", "go"], &[("Go", ""), ("Golang", "Go")]), [Right, Wrong]);
    }

    #[test]
    fn word_order_does_not_count() {
        assert_eq!(verdicts(&["machine learning"], &[("Learning, machine", "")]), [Right]);
    }

    #[test]
    fn what_has_no_name_does_not_count_and_neither_does_an_empty_label() {
        assert_eq!(verdicts(&["…", "Go"], &[("", "Go"), ("¡!", ""), ("X", "")]), [Passed, Passed, Wrong]);
    }

    #[test]
    fn the_name_goes_before_the_words() {
        assert_eq!(verdicts(&["SQL", "MySQL"], &[("SQL", "mysql"), ("MySQL", "mysql")]), [Right, Right]);
    }

    #[test]
    fn ads_that_nobody_labelled_are_an_error() {
        let error = score(&[ad("a", "", &[])], &[predicted("x", vec![])], Class::Hard, 0).unwrap_err();
        assert_eq!(error.to_string(), "1 predicted job_id not in the gold file, such as \"x\"");
    }

    #[test]
    fn nothing_at_all_is_zero() {
        let report = score(&[ad("a", "", &[])], &[], Class::Soft, 0).unwrap();
        assert_eq!((report.micro, report.macro_f1), (Prf::default(), 0.0));
    }
}
