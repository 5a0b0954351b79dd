//! Whether a confidence means what it says: of findings with 0.8, four in five should be right.

use serde::Serialize;

use super::gold::GoldAd;
use super::predict::AdPredictions;
use super::score::{Class, Labels, Verdict, keys};

/// Number of bins of equal width.
const BINS: usize = 10;

/// Findings of one range of confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// Its lower end.
    pub from: f64,
    /// Findings.
    pub n: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// Share of them that is right.
    pub right: f64,
}

/// Confidence beside truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Calibration {
    /// Findings.
    pub n: usize,
    /// By confidence.
    pub bins: Vec<Bin>,
    /// Mean distance of a bin's confidence from its share of right ones, weighted by size.
    pub expected_error: f64,
    /// Mean squared distance of confidence from truth (0: perfect; 0.25: a coin).
    pub brier: f64,
}

/// Every finding of the ads with its truth, whatever its confidence.
pub fn truths(gold: &[GoldAd], candidates: &[AdPredictions], class: Class) -> Vec<(f64, bool)> {
    let mut truths = Vec::new();
    for (ad, found) in gold.iter().zip(candidates) {
        let of_class = || found.skills.iter().filter(|s| s.class == class);
        let keys: Vec<_> = of_class().map(keys).collect();
        let judged = Labels::new(ad.labels(class)).judge(keys.iter());
        for (skill, verdict) in of_class().zip(judged.verdicts) {
            if verdict != Verdict::Passed {
                truths.push((f64::from(skill.confidence), verdict == Verdict::Right));
            }
        }
    }
    truths
}

/// Sums up findings.
pub fn calibration(truths: &[(f64, bool)]) -> Calibration {
    let n = truths.len();
    if n == 0 {
        return Calibration::default();
    }
    let mut sums = [(0usize, 0.0f64, 0usize); BINS];
    let mut squares = 0.0;
    for &(confidence, right) in truths {
        let (count, confidences, rights) = &mut sums[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *count += 1;
        *confidences += confidence;
        *rights += usize::from(right);
        squares += (confidence - f64::from(u8::from(right))).powi(2);
    }
    let bins: Vec<Bin> = (0..BINS).map(|i| bin(i, sums[i])).collect();
    let error: f64 = bins.iter().map(|b| b.n as f64 * (b.confidence - b.right).abs()).sum();
    Calibration { n, bins, expected_error: error / n as f64, brier: squares / n as f64 }
}

fn bin(number: usize, (n, confidences, rights): (usize, f64, usize)) -> Bin {
    let size = n.max(1) as f64;
    Bin { from: number as f64 / BINS as f64, n, confidence: confidences / size, right: rights as f64 / size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_that_means_what_it_says_has_no_error() {
        let truths: Vec<(f64, bool)> = (0..10).map(|i| (0.8, i < 8)).collect();
        let found = calibration(&truths);
        assert!(found.expected_error < 1e-9);
        assert!((found.brier - 0.16).abs() < 1e-9);
        assert_eq!((found.bins.len(), found.bins[8].n), (10, 10));
    }

    #[test]
    fn too_much_confidence_shows() {
        let found = calibration(&[(1.0, false), (1.0, true), (0.05, false)]);
        assert!((found.expected_error - (2.0 * 0.5 + 0.05) / 3.0).abs() < 1e-9);
        assert_eq!(found.bins[9], Bin { from: 0.9, n: 2, confidence: 1.0, right: 0.5 });
        assert_eq!(calibration(&[]).n, 0);
    }
}
