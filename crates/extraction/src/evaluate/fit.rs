//! Fits the weights of [`crate::confidence`] to labelled ads: logistic regression with a penalty on the squares
//! of the weights, by Newton's method in 64 bits. The same ads, options and labels give the same file.
//!
//! A finding is right where the scorer counts it as right. Scores of the ads that the weights were fitted to
//! flatter; the cross-validated ones, for which every ad was judged by weights and thresholds fitted to other
//! ads, are the ones to report.

use std::fmt::Write;

use serde::Serialize;

use super::gold::GoldAd;
use super::predict::{self, Names, Prediction, Thresholds};
use super::score::{Class, Counts, Labels, Prf, Verdict, keys};
use crate::confidence::feature_names;
use crate::extract::Extractor;

/// Most Newton steps; about seven are enough.
const STEPS: usize = 50;
/// The steps of the search for thresholds.
const GRID: std::ops::RangeInclusive<u8> = 2..=95;

/// How to fit.
#[derive(Clone, Copy, Debug)]
pub struct FitOptions {
    /// Weight of the penalty: half of it times the sum of squares, the bias left out.
    pub lambda: f64,
    /// Parts of the cross-validation.
    pub folds: usize,
    /// Decides which ad falls into which part.
    pub seed: u64,
    /// Lowest precision of hard skills that their threshold may give.
    pub min_precision: f64,
    /// Language of the names that are compared.
    pub names: Names,
}

impl Default for FitOptions {
    fn default() -> Self {
        Self { lambda: 3.0, folds: 10, seed: 1, min_precision: 0.70, names: Names::Es }
    }
}

/// The scores of both classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Pair {
    /// Technical skills.
    pub hard: Prf,
    /// Personal ones.
    pub soft: Prf,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Fitted {
    /// Labelled ads.
    pub ads: usize,
    /// Their findings.
    pub findings: usize,
    /// As asked for.
    pub lambda: f64,
    /// As asked for.
    pub folds: usize,
    /// By name, fitted to all ads.
    #[serde(skip)]
    pub weights: Vec<(String, f64)>,
    /// From which confidence on a hard skill counts.
    pub threshold_hard: f64,
    /// The same for soft ones.
    pub threshold_soft: f64,
    /// Of the ads that it was fitted to: flattered.
    pub fitted: Pair,
    /// Of ads that it was not fitted to.
    pub cross_validated: Pair,
    /// The same with weights of its own for each class.
    pub cross_validated_apart: Pair,
}

/// An ad as numbers.
struct Ad {
    labels: [Labels; 2],
    findings: Vec<Finding>,
}

struct Finding {
    class: Class,
    name: String,
    keys: [String; 2],
    values: Vec<f64>,
}

/// Weights and thresholds.
#[derive(Clone)]
struct Model {
    /// One for both classes, or one each.
    weights: Vec<Vec<f64>>,
    thresholds: [f64; 2],
}

impl Model {
    fn confidence(&self, finding: &Finding) -> f64 {
        let weights = &self.weights[(finding.class as usize).min(self.weights.len() - 1)];
        logistic(dot(weights, &finding.values))
    }
}

/// Fits to labelled ads, and says how well it holds.
pub fn fit(extractor: &Extractor, gold: &[GoldAd], options: &FitOptions) -> Fitted {
    let ads: Vec<Ad> = gold.iter().map(|ad| describe(extractor, ad, options.names)).collect();
    let all: Vec<&Ad> = ads.iter().collect();
    let model = train(&all, options, false);
    let names = feature_names();
    let [threshold_hard, threshold_soft] = model.thresholds;
    Fitted {
        ads: ads.len(),
        findings: ads.iter().map(|ad| ad.findings.len()).sum(),
        lambda: options.lambda,
        folds: options.folds,
        weights: names.into_iter().zip(model.weights[0].iter().copied()).collect(),
        threshold_hard,
        threshold_soft,
        fitted: pair(count(&all, &model)),
        cross_validated: cross_validate(&ads, options, false),
        cross_validated_apart: cross_validate(&ads, options, true),
    }
}

/// The model as its file: weights by name, four decimals, and how they were made.
pub fn to_toml(fitted: &Fitted) -> String {
    let mut weights: Vec<&(String, f64)> = fitted.weights.iter().collect();
    weights.sort_by(|a, b| a.0.cmp(&b.0));
    let (hard, soft) = (fitted.cross_validated.hard, fitted.cross_validated.soft);
    let mut text = format!(
        "# Weights of the confidence model; see confidence.rs. Written by `observatory evaluate GOLD --fit`:\n\
         # {} labelled ads, {} findings, lambda {}; {}-fold cross-validated F1 {:.4} hard, {:.4} soft.\n\
         [thresholds]\nhard = {:.2}\nsoft = {:.2}\n\n[weights]\n",
        fitted.ads,
        fitted.findings,
        fitted.lambda,
        fitted.folds,
        hard.f1,
        soft.f1,
        fitted.threshold_hard,
        fitted.threshold_soft,
    );
    for (name, weight) in weights {
        if weight.abs() >= 0.000_05 {
            // A `String` takes everything that is written to it.
            let _ = writeln!(text, "{name:?} = {weight:.4}");
        }
    }
    text
}

fn describe(extractor: &Extractor, ad: &GoldAd, names: Names) -> Ad {
    let (text, title_len) = ad.text();
    let mut features: rustc_hash::FxHashMap<_, _> = extractor.features(&text, title_len).into_iter().collect();
    let found = predict::candidates(&extractor.extract(&text, title_len), names, &[]);
    let finding = |p: Prediction| {
        let values = features.remove(p.concept_uri.as_str())?;
        let values = values.values().iter().map(|v| f64::from(*v)).collect();
        Some(Finding { class: p.class, keys: keys(&p), name: p.name, values })
    };
    let findings = found.into_iter().filter_map(finding).collect();
    Ad { labels: Class::ALL.map(|class| Labels::new(ad.labels(class))), findings }
}

fn cross_validate(ads: &[Ad], options: &FitOptions, apart: bool) -> Pair {
    let folds = options.folds.clamp(2, ads.len().max(2));
    let place = shuffled(ads.len(), options.seed);
    let mut sums = [Counts::default(); 2];
    for fold in 0..folds {
        let part = |held: bool| -> Vec<&Ad> {
            ads.iter().zip(&place).filter(|(_, p)| (**p % folds == fold) == held).map(|(ad, _)| ad).collect()
        };
        let model = train(&part(false), options, apart);
        for (sum, counts) in sums.iter_mut().zip(count(&part(true), &model)) {
            sum.add(counts);
        }
    }
    pair(sums)
}

/// The place of each of `n` things after shuffling.
fn shuffled(n: usize, seed: u64) -> Vec<usize> {
    let mut state = seed;
    let mut random = || {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    let mut places: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        places.swap(i, (random() % (i as u64 + 1)) as usize);
    }
    places
}

/// Twice: of two findings that mean one label only the surer one is right, and which that is the first round
/// has to find out.
fn train(ads: &[&Ad], options: &FitOptions, apart: bool) -> Model {
    let mut rows: Vec<(&Finding, bool)> = Vec::new();
    for ad in ads {
        rows.extend(ad.findings.iter().map(|f| (f, ad.labels[f.class as usize].has(&f.keys))));
    }
    let mut model = Model { weights: weights(&rows, options.lambda, apart), thresholds: [0.5; 2] };
    let mut truths: Vec<(&Finding, bool)> = Vec::with_capacity(rows.len());
    for ad in ads {
        for class in Class::ALL {
            let (findings, verdicts) = judge(ad, class, &model, 0.0);
            let all = findings.into_iter().zip(verdicts.verdicts);
            truths.extend(all.filter(|(_, v)| *v != Verdict::Passed).map(|(f, v)| (f, v == Verdict::Right)));
        }
    }
    model.weights = weights(&truths, options.lambda, apart);
    model.thresholds = Class::ALL.map(|class| threshold(ads, &model, class, options.min_precision));
    model
}

fn weights(rows: &[(&Finding, bool)], lambda: f64, apart: bool) -> Vec<Vec<f64>> {
    if !apart {
        return vec![logistic_regression(rows, lambda)];
    }
    let of = |class| -> Vec<(&Finding, bool)> { rows.iter().filter(|(f, _)| f.class == class).copied().collect() };
    Class::ALL.iter().map(|class| logistic_regression(&of(*class), lambda)).collect()
}

/// The findings of a class from a threshold on, the surest first, and what became of them.
fn judge<'a>(ad: &'a Ad, class: Class, model: &Model, threshold: f64) -> (Vec<&'a Finding>, super::score::Judged) {
    let mut found: Vec<(f64, &Finding)> =
        ad.findings.iter().filter(|f| f.class == class).map(|f| (model.confidence(f), f)).collect();
    found.retain(|(confidence, _)| *confidence >= threshold);
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    let judged = ad.labels[class as usize].judge(found.iter().map(|(_, f)| &f.keys));
    (found.into_iter().map(|(_, f)| f).collect(), judged)
}

fn count(ads: &[&Ad], model: &Model) -> [Counts; 2] {
    Class::ALL.map(|class| count_class(ads, model, class, model.thresholds[class as usize]))
}

fn count_class(ads: &[&Ad], model: &Model, class: Class, threshold: f64) -> Counts {
    let mut sum = Counts::default();
    ads.iter().for_each(|ad| sum.add(judge(ad, class, model, threshold).1.counts));
    sum
}

fn pair(counts: [Counts; 2]) -> Pair {
    Pair { hard: counts[0].prf(), soft: counts[1].prf() }
}

/// The best F1; for hard skills among thresholds that are precise enough, if any are.
fn threshold(ads: &[&Ad], model: &Model, class: Class, min_precision: f64) -> f64 {
    let tried: Vec<(f64, Prf)> = GRID
        .map(|percent| f64::from(percent) / 100.0)
        .map(|threshold| (threshold, count_class(ads, model, class, threshold).prf()))
        .collect();
    let precise = |prf: &Prf| class == Class::Soft || prf.precision >= min_precision;
    let any = tried.iter().any(|(_, prf)| precise(prf));
    let mut best = (0.5, -1.0);
    for (threshold, prf) in tried {
        if (precise(&prf) || !any) && prf.f1 > best.1 {
            best = (threshold, prf.f1);
        }
    }
    best.0
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The weights that make the rows most likely. The first value of a row is the bias's and not penalised.
fn logistic_regression(rows: &[(&Finding, bool)], lambda: f64) -> Vec<f64> {
    let size = rows.first().map_or_else(|| feature_names().len(), |(f, _)| f.values.len());
    let mut weights = vec![0.0; size];
    let mut loss = loss_of(rows, &weights, lambda);
    for _ in 0..STEPS {
        let (gradient, hessian) = derivatives(rows, &weights, lambda);
        let Some(step) = solve(hessian, gradient) else { break };
        let mut length = 1.0;
        let better = loop {
            let next: Vec<f64> = weights.iter().zip(&step).map(|(w, s)| w - length * s).collect();
            let next_loss = loss_of(rows, &next, lambda);
            if next_loss < loss {
                let gain = loss - next_loss;
                (weights, loss) = (next, next_loss);
                break gain > 1e-9 * (1.0 + loss);
            }
            length /= 2.0;
            if length < 1e-6 {
                break false;
            }
        };
        if !better {
            break;
        }
    }
    weights
}

fn loss_of(rows: &[(&Finding, bool)], weights: &[f64], lambda: f64) -> f64 {
    let squares: f64 = weights.iter().skip(1).map(|w| w * w).sum();
    let each = |(finding, right): &(&Finding, bool)| {
        let x = dot(weights, &finding.values);
        let x = if *right { -x } else { x };
        // ln(1 + e^x) without overflow.
        x.max(0.0) + (-x.abs()).exp().ln_1p()
    };
    rows.iter().map(each).sum::<f64>() + lambda / 2.0 * squares
}

fn derivatives(rows: &[(&Finding, bool)], weights: &[f64], lambda: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = weights.len();
    let mut gradient: Vec<f64> = weights.iter().map(|w| lambda * w).collect();
    let mut hessian = vec![vec![0.0; n]; n];
    for (i, row) in hessian.iter_mut().enumerate() {
        // So small a penalty on the bias only keeps the matrix solvable.
        row[i] = if i == 0 { 1e-9 } else { lambda.max(1e-9) };
    }
    gradient[0] = 0.0;
    for (finding, right) in rows {
        let p = logistic(dot(weights, &finding.values));
        let (error, curve) = (p - f64::from(u8::from(*right)), p * (1.0 - p));
        let set: Vec<(usize, f64)> = finding.values.iter().copied().enumerate().filter(|(_, v)| *v != 0.0).collect();
        for &(i, v) in &set {
            gradient[i] += error * v;
            for &(j, u) in set.iter().take_while(|(j, _)| *j <= i) {
                hessian[i][j] += curve * v * u;
            }
        }
    }
    (gradient, hessian)
}

/// Solves `matrix * x = right` by Cholesky's decomposition; the lower half of a positive definite matrix.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Option<Vec<f64>> {
    let n = right.len();
    for i in 0..n {
        for j in 0..=i {
            let sum = matrix[i][j] - (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum::<f64>();
            if i == j {
                if sum <= 0.0 || !sum.is_finite() {
                    return None;
                }
                matrix[i][i] = sum.sqrt();
            } else {
                matrix[i][j] = sum / matrix[j][j];
            }
        }
    }
    for i in 0..n {
        let sum = right[i] - (0..i).map(|k| matrix[i][k] * right[k]).sum::<f64>();
        right[i] = sum / matrix[i][i];
    }
    for i in (0..n).rev() {
        let sum = right[i] - (i + 1..n).map(|k| matrix[k][i] * right[k]).sum::<f64>();
        right[i] = sum / matrix[i][i];
    }
    Some(right)
}

impl From<&Fitted> for Thresholds {
    fn from(fitted: &Fitted) -> Self {
        Self { hard: fitted.threshold_hard as f32, soft: fitted.threshold_soft as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taxonomy::Taxonomy;

    fn finding(values: &[f64]) -> Finding {
        Finding { class: Class::Hard, name: String::new(), keys: Default::default(), values: values.to_vec() }
    }

    #[test]
    fn the_bias_of_plain_counts_is_their_log_odds() {
        let rows: Vec<Finding> = (0..10).map(|_| finding(&[1.0])).collect();
        let rows: Vec<(&Finding, bool)> = rows.iter().enumerate().map(|(i, f)| (f, i < 8)).collect();
        let weights = logistic_regression(&rows, 100.0);
        assert!((weights[0] - 4.0f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_feature_that_tells_gets_weight_and_the_penalty_keeps_it_small() {
        let (with, without) = (finding(&[1.0, 1.0]), finding(&[1.0, 0.0]));
        let rows: Vec<(&Finding, bool)> =
            (0..40).map(|i| if i < 20 { (&with, i != 0) } else { (&without, i == 20) }).collect();
        let (free, held) = (logistic_regression(&rows, 1e-6), logistic_regression(&rows, 5.0));
        assert!((free[1] - 2.0 * 19.0f64.ln()).abs() < 1e-3, "{free:?}");
        assert!(held[1] > 0.5 && held[1] < free[1]);
    }

    #[test]
    fn a_matrix_that_is_not_positive_has_no_solution() {
        let solution = solve(vec![vec![4.0, 0.0], vec![2.0, 3.0]], vec![2.0, 5.0]).unwrap();
        assert!((solution[0] + 0.5).abs() < 1e-9 && (solution[1] - 2.0).abs() < 1e-9);
        assert_eq!(solve(vec![vec![-1.0]], vec![1.0]), None);
    }

    #[test]
    fn shuffling_keeps_everything_and_repeats() {
        let mut places = shuffled(50, 7);
        assert_eq!(places, shuffled(50, 7));
        assert_ne!(places, shuffled(50, 8));
        places.sort_unstable();
        assert_eq!(places, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn fitting_learns_which_kind_is_asked_for_and_writes_a_file_that_reads_back() {
        let taxonomy = r#"
            kind = "programming_language"
            [[concept]]
            id = "python"
            name = "Python"
            [[concept]]
            id = "telephone"
            name = "Teléfono"
            kind = "hardware"
            [[concept]]
            id = "calm"
            name = "Calma"
            kind = "soft_skill""#;
        let extractor = Extractor::new(&Taxonomy::from_files([("t.toml", taxonomy)]).unwrap(), &[]);
        let ad = |i: usize| GoldAd {
            job_id: i.to_string(),
            description: "Requisitos: Python y calma. Llame al teléfono.".into(),
            hard_skills: vec!["python".into()],
            soft_skills: vec!["calma".into()],
            ..GoldAd::default()
        };
        let gold: Vec<GoldAd> = (0..12).map(ad).collect();
        let fitted = fit(&extractor, &gold, &FitOptions { lambda: 0.1, folds: 3, ..FitOptions::default() });
        assert_eq!(fitted.fitted.hard.f1, 1.0);
        assert_eq!((fitted.cross_validated.hard.f1, fitted.cross_validated.soft.f1), (1.0, 1.0));
        let model = crate::confidence::Model::parse(&to_toml(&fitted)).unwrap();
        assert_eq!(f64::from((model.threshold("hardware") * 100.0).round()) / 100.0, fitted.threshold_hard);
        let again = fit(&extractor, &gold, &FitOptions { lambda: 0.1, folds: 3, ..FitOptions::default() });
        assert_eq!(to_toml(&fitted), to_toml(&again));
    }
}
