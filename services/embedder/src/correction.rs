//! What makes cosines of short texts mean something.
//!
//! Raw cosines of e5 vectors all lie near 0.85. They are corrected as Mu and Viswanath ("All-but-the-Top", ICLR
//! 2018) do: the mean of reference texts is taken away, then the few directions in which those vary most. A logistic
//! map, fitted on pairs of labels of the taxonomy, turns the corrected cosine into a similarity of 0 to 1.

use observatory_extraction::taxonomy::{Concept, Taxonomy};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// Concepts with a Spanish name of their own among the reference texts, and as many without.
const CONCEPTS: usize = 500;
/// Directions taken away. Three or four order most triples right; with eight, less is left to compare.
const COMPONENTS: usize = 3;
/// Rounds of the power iteration, for each direction.
const ROUNDS: usize = 60;
/// Rounds of Newton's method.
const NEWTON: usize = 30;

/// From a corrected cosine to a similarity: the share of pairs with this cosine whose texts name one concept, where
/// as many do as don't. Of those that don't, half are related.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    slope: f64,
    offset: f64,
    /// Corrected cosines of unrelated labels: the 50th, 90th, 95th, 99th and 99.9th percentile.
    unrelated: Vec<f32>,
}

/// The percentiles that are kept.
const PERCENTILES: [f32; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

/// How the vectors of one model are corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// Mean of the reference texts.
    pub mean: Vec<f32>,
    /// Directions, one after another.
    pub components: Vec<f32>,
    /// What a corrected cosine means.
    pub calibration: Calibration,
}

/// Texts that a correction is fitted on, and which of them mean the same.
pub struct Reference {
    /// The texts, each once.
    pub texts: Vec<String>,
    same: Vec<(usize, usize)>,
    related: Vec<(usize, usize)>,
    unrelated: Vec<(usize, usize)>,
}

impl Reference {
    /// Names of concepts spread evenly over the taxonomy, in both languages, and of their parents. The same for every
    /// process of one release.
    pub fn of(taxonomy: &Taxonomy) -> Self {
        let has_spanish = |concept: &&Concept| concept.name_es.as_deref().is_some_and(|name| name != concept.name);
        let (spanish, rest): (Vec<_>, Vec<_>) = taxonomy.concepts().iter().partition(has_spanish);
        let mut reference = Builder::default();
        let (mut same, mut related, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for concept in spread(&spanish).into_iter().chain(spread(&rest)) {
            let name = reference.number(&concept.name);
            names.push(name);
            if let Some(es) = concept.name_es.as_deref().filter(|es| *es != concept.name) {
                same.push((name, reference.number(es)));
            }
            if let Some(parent) = concept.parent.as_deref().and_then(|id| taxonomy.get(id)) {
                related.push((name, reference.number(&parent.name)));
            }
        }
        // Neighbours in the list are often of one file: those half the list apart are not.
        let far = names.len() / 2;
        let unrelated =
            (0..names.len()).flat_map(|i| [1, 2, 3].map(|j| (names[i], names[(i + far + j * 7) % names.len()])));
        let unrelated = unrelated.filter(|(a, b)| a != b).collect();
        Self { texts: reference.texts, same, related, unrelated }
    }
}

#[derive(Default)]
struct Builder {
    texts: Vec<String>,
    numbers: FxHashMap<String, usize>,
}

impl Builder {
    fn number(&mut self, text: &str) -> usize {
        *self.numbers.entry(text.to_string()).or_insert_with(|| {
            self.texts.push(text.to_string());
            self.texts.len() - 1
        })
    }
}

/// At most [`CONCEPTS`], evenly.
fn spread<'a>(concepts: &[&'a Concept]) -> Vec<&'a Concept> {
    let n = concepts.len().min(CONCEPTS);
    (0..n).map(|i| concepts[i * concepts.len() / n]).collect()
}

impl Correction {
    /// Fits a correction to the vectors of the reference texts.
    pub fn fit(reference: &Reference, vectors: &[Vec<f32>]) -> Self {
        let dimension = vectors.first().map_or(0, Vec::len);
        let mut mean = vec![0.0f32; dimension];
        for vector in vectors {
            mean.iter_mut().zip(vector).for_each(|(m, v)| *m += v / vectors.len() as f32);
        }
        let components = principal(vectors, &mean);
        let unfitted = Calibration { slope: 1.0, offset: 0.0, unrelated: Vec::new() };
        let mut correction = Self { mean, components, calibration: unfitted };
        let centred: Vec<Vec<f32>> = vectors.iter().map(|vector| correction.centre(vector)).collect();
        let cosines = |pairs: &[(usize, usize)]| -> Vec<f32> {
            pairs.iter().map(|(a, b)| dot(&centred[*a], &centred[*b])).collect()
        };
        let (same, related, mut unrelated) =
            (cosines(&reference.same), cosines(&reference.related), cosines(&reference.unrelated));
        let (slope, offset) = logistic(&[(&same, true, 2.0), (&related, false, 1.0), (&unrelated, false, 1.0)]);
        unrelated.sort_unstable_by(f32::total_cmp);
        let percentile = |p: f32| unrelated.get((unrelated.len() as f32 * p / 100.0) as usize).copied().unwrap_or(1.0);
        correction.calibration = Calibration { slope, offset, unrelated: PERCENTILES.map(percentile).to_vec() };
        correction
    }

    /// A vector less mean and directions, at length 1 (zero where nothing is left).
    pub fn centre(&self, raw: &[f32]) -> Vec<f32> {
        let mut vector: Vec<f32> = raw.iter().zip(&self.mean).map(|(v, m)| v - m).collect();
        for component in self.components.chunks(self.mean.len().max(1)) {
            remove(&mut vector, component);
        }
        normalize(&mut vector);
        vector
    }

    /// The similarity that a corrected cosine stands for, 0 to 1.
    pub fn similarity(&self, cosine: f32) -> f32 {
        sigmoid(self.calibration.slope * f64::from(cosine) + self.calibration.offset) as f32
    }

    /// The corrected cosine from which on pairs are at least so similar.
    pub fn cosine_of(&self, similarity: f32) -> f32 {
        let p = f64::from(similarity.clamp(1e-6, 1.0 - 1e-6));
        (((p / (1.0 - p)).ln() - self.calibration.offset) / self.calibration.slope) as f32
    }

    /// What a corrected cosine says, in words.
    pub fn reason(&self, cosine: f32) -> String {
        let passed = PERCENTILES.iter().zip(&self.calibration.unrelated).rev().find(|(_, bar)| cosine >= **bar);
        match passed {
            Some((share, _)) => format!("corrected cosine {cosine:.2}: above {share} % of unrelated pairs of skills"),
            None => format!("corrected cosine {cosine:.2}: no nearer than unrelated pairs of skills are"),
        }
    }
}

/// Inner product.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn normalize(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

/// Takes away what lies in a direction.
fn remove(vector: &mut [f32], direction: &[f32]) {
    let along = dot(vector, direction);
    vector.iter_mut().zip(direction).for_each(|(v, d)| *v -= along * d);
}

/// The directions in which the vectors vary most, by power iteration.
fn principal(vectors: &[Vec<f32>], mean: &[f32]) -> Vec<f32> {
    let mut rows: Vec<Vec<f32>> =
        vectors.iter().map(|vector| vector.iter().zip(mean).map(|(v, m)| v - m).collect()).collect();
    let mut components = Vec::with_capacity(COMPONENTS * mean.len());
    for _ in 0..COMPONENTS.min(mean.len()) {
        let mut direction = rows.first().cloned().unwrap_or_default();
        normalize(&mut direction);
        for _ in 0..ROUNDS {
            let mut next = vec![0.0f32; mean.len()];
            for row in &rows {
                let along = dot(row, &direction);
                next.iter_mut().zip(row).for_each(|(n, r)| *n += along * r);
            }
            normalize(&mut next);
            direction = next;
        }
        rows.iter_mut().for_each(|row| remove(row, &direction));
        components.extend(direction);
    }
    components
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Slope and offset of the logistic model whose classes weigh so much each, by Newton's method. A small penalty on the
/// slope keeps it finite where the classes lie apart.
fn logistic(classes: &[(&[f32], bool, f64)]) -> (f64, f64) {
    let (mut slope, mut offset) = (0.0f64, 0.0f64);
    for _ in 0..NEWTON {
        let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, -1e-4 * slope, 1e-9, 0.0, 1e-4);
        for (cosines, yes, weight) in classes {
            let each = weight / cosines.len().max(1) as f64;
            for x in cosines.iter().map(|x| f64::from(*x)) {
                let p = sigmoid(slope * x + offset);
                let error = each * (f64::from(u8::from(*yes)) - p);
                let spread = each * p * (1.0 - p);
                g0 += error;
                g1 += error * x;
                h00 += spread;
                h01 += spread * x;
                h11 += spread * x * x;
            }
        }
        let determinant = h00 * h11 - h01 * h01;
        if determinant.abs() < 1e-15 {
            break;
        }
        offset += (h11 * g0 - h01 * g1) / determinant;
        slope += (h00 * g1 - h01 * g0) / determinant;
    }
    (slope, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors as e5 makes them: a large common part, a direction that all vary in, and a little meaning.
    fn vector(meaning: usize, noise: f32) -> Vec<f32> {
        let mut vector = vec![0.0; 16];
        vector[0] = 5.0;
        vector[1] = noise;
        vector[2 + meaning % 13] = 1.0;
        vector[15] = noise / 20.0;
        normalize(&mut vector);
        vector
    }

    fn fitted() -> Correction {
        let texts: Vec<String> = (0..26).map(|i| i.to_string()).collect();
        let reference = Reference {
            texts,
            same: (0..13).map(|i| (i, i + 13)).collect(),
            related: Vec::new(),
            unrelated: (0..26).map(|i| (i, (i + 3) % 26)).collect(),
        };
        let vectors: Vec<_> = (0..26).map(|i| vector(i, (i as f32 * 1.7).sin())).collect();
        Correction::fit(&reference, &vectors)
    }

    #[test]
    fn a_correction_brings_meaning_out() {
        let correction = fitted();
        let [one, same, other] = [(1, 0.9), (1, -0.9), (4, 0.9)].map(|(meaning, noise)| vector(meaning, noise));
        assert!(dot(&one, &other) > dot(&one, &same), "raw cosines are misled");
        let [one, same, other] = [one, same, other].map(|v| correction.centre(&v));
        assert!(dot(&one, &same) > dot(&one, &other) + 0.3);
        assert!((dot(&one, &one) - 1.0).abs() < 1e-5);
        assert_eq!(correction.components.len(), 3 * 16);
    }

    #[test]
    fn similarity_grows_with_the_cosine_and_has_an_inverse() {
        let correction = fitted();
        let at = |cosine| correction.similarity(cosine);
        assert!(0.0 < at(-1.0) && at(-1.0) < at(0.0) && at(0.0) < at(0.5) && at(0.5) < at(1.0) && at(1.0) <= 1.0);
        assert!((correction.cosine_of(at(0.2)) - 0.2).abs() < 1e-3);
    }

    #[test]
    fn a_reason_says_how_rare_such_a_cosine_is() {
        let correction = fitted();
        assert_eq!(correction.reason(0.99), "corrected cosine 0.99: above 99.9 % of unrelated pairs of skills");
        assert!(correction.reason(-0.9).contains("no nearer than unrelated"));
    }

    #[test]
    fn the_reference_texts_are_many_distinct_and_always_the_same() {
        let taxonomy = Taxonomy::embedded().unwrap();
        let (one, two) = (Reference::of(&taxonomy), Reference::of(&taxonomy));
        assert_eq!(one.texts, two.texts);
        assert!((1_000..2_000).contains(&one.texts.len()), "{}", one.texts.len());
        assert_eq!(one.same.len(), 500);
        assert!(one.related.len() > 800 && one.unrelated.len() > 2_000);
        let unique: std::collections::HashSet<_> = one.texts.iter().collect();
        assert_eq!(unique.len(), one.texts.len());
    }

    #[test]
    fn nothing_at_all_can_be_corrected() {
        let empty = Reference { texts: Vec::new(), same: Vec::new(), related: Vec::new(), unrelated: Vec::new() };
        let correction = Correction::fit(&empty, &[]);
        assert!(correction.centre(&[]).is_empty());
        assert_eq!(fitted().centre(&fitted().mean), vec![0.0; 16]);
    }
}
