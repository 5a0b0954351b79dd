//! How good clusters are. Noise is left out of all of these, as is usual, and told apart as its share.

mod dbcv;
mod silhouette;
mod trust;

use rayon::prelude::*;

use crate::{Matrix, blocks, random::Random};
pub use dbcv::dbcv;
pub use silhouette::{Silhouette, silhouette};
pub use trust::trustworthiness;

/// Number of clusters: one more than the greatest label.
pub(crate) fn count(labels: &[i32]) -> usize {
    labels.iter().copied().max().map_or(0, |greatest| (greatest + 1).max(0) as usize)
}

/// Points of each cluster, and their mean, in doubles.
pub(crate) fn centroids(points: Matrix, labels: &[i32]) -> (Vec<usize>, Vec<Vec<f64>>) {
    let count = count(labels);
    let (mut sizes, mut sums) = (vec![0usize; count], vec![vec![0f64; points.columns()]; count]);
    for (row, &label) in labels.iter().enumerate().filter(|(_, label)| **label >= 0) {
        sizes[label as usize] += 1;
        sums[label as usize].iter_mut().zip(points.row(row)).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    for (sum, size) in sums.iter_mut().zip(&sizes) {
        sum.iter_mut().for_each(|value| *value /= (*size).max(1) as f64);
    }
    (sizes, sums)
}

/// The index of Davies and Bouldin (1979) by Euclidean distance: the mean over clusters of how wide they are against
/// how far apart, at the worst other one; lower is better. None for fewer than two clusters.
pub fn davies_bouldin(points: Matrix, labels: &[i32]) -> Option<f64> {
    let (sizes, centres) = centroids(points, labels);
    let used: Vec<usize> = (0..sizes.len()).filter(|cluster| sizes[*cluster] > 0).collect();
    if used.len() < 2 {
        return None;
    }
    let far = |row: usize| {
        let centre = &centres[labels[row] as usize];
        points.row(row).iter().zip(centre).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum::<f64>().sqrt()
    };
    let distances: Vec<f64> =
        (0..points.rows()).into_par_iter().map(|row| if labels[row] < 0 { 0.0 } else { far(row) }).collect();
    let mut widths = vec![0f64; sizes.len()];
    for (row, &label) in labels.iter().enumerate().filter(|(_, label)| **label >= 0) {
        widths[label as usize] += distances[row] / sizes[label as usize] as f64;
    }
    let worst = |a: usize| {
        used.iter()
            .filter(|b| **b != a)
            .map(|&b| {
                let apart = centres[a].iter().zip(&centres[b]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                if apart > 0.0 { (widths[a] + widths[b]) / apart } else { 0.0 }
            })
            .fold(0.0, f64::max)
    };
    let all: Vec<f64> = used.par_iter().map(|&a| worst(a)).collect();
    Some(all.iter().sum::<f64>() / used.len() as f64)
}

/// Mean cosine of each cluster's points to its centre, -1 to 1.
pub fn cohesion(points: Matrix, labels: &[i32]) -> Vec<f64> {
    let values = blocks::normalised(points.values(), points.columns());
    let Ok(points) = Matrix::new(&values, points.columns()) else { return Vec::new() };
    let (sizes, mut centres) = centroids(points, labels);
    for centre in &mut centres {
        let length = centre.iter().map(|value| value * value).sum::<f64>().sqrt();
        centre.iter_mut().for_each(|value| *value /= length.max(1e-12));
    }
    let mut sums = vec![0f64; sizes.len()];
    for (row, &label) in labels.iter().enumerate().filter(|(_, label)| **label >= 0) {
        let centre = &centres[label as usize];
        sums[label as usize] += points.row(row).iter().zip(centre).map(|(a, b)| f64::from(*a) * b).sum::<f64>();
    }
    sums.iter().zip(&sizes).map(|(sum, size)| sum / (*size).max(1) as f64).collect()
}

/// The Rand index of two clusterings of the same points, adjusted for chance (Hubert, Arabie 1985): 1 for equal ones,
/// about 0 for unrelated ones. Noise counts as a cluster.
///
/// # Panics
/// Where the lengths differ.
pub fn adjusted_rand_index(a: &[i32], b: &[i32]) -> f64 {
    assert_eq!(a.len(), b.len(), "both label the same points");
    let mut pairs: Vec<(i32, i32)> = a.iter().copied().zip(b.iter().copied()).collect();
    pairs.sort_unstable();
    let twos = |count: usize| count as f64 * (count as f64 - 1.0) / 2.0;
    let groups = |mut labels: Vec<i32>| {
        labels.sort_unstable();
        labels.chunk_by(|a, b| a == b).map(|same| twos(same.len())).sum::<f64>()
    };
    let both: f64 = pairs.chunk_by(|a, b| a == b).map(|same| twos(same.len())).sum();
    let (in_a, in_b, all) = (groups(a.to_vec()), groups(b.to_vec()), twos(a.len()));
    let expected = if all > 0.0 { in_a * in_b / all } else { 0.0 };
    let greatest = (in_a + in_b) / 2.0;
    if greatest == expected { 1.0 } else { (both - expected) / (greatest - expected) }
}

/// Mean adjusted Rand index over all pairs of labelings; none for fewer than two.
pub fn pairwise_ari(labelings: &[Vec<i32>]) -> Option<f64> {
    let pairs: Vec<(usize, usize)> = (0..labelings.len()).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
    let sum: f64 = pairs.iter().map(|&(a, b)| adjusted_rand_index(&labelings[a], &labelings[b])).sum();
    (!pairs.is_empty()).then(|| sum / pairs.len() as f64)
}

/// A part of `count` points, without repeats, ascending; the same for the same seed.
pub fn resample(count: usize, share: f64, seed: u64) -> Vec<u32> {
    Random::new(seed).sample(count, (count as f64 * share.clamp(0.0, 1.0)).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_clusterings_have_1_and_numbers_do_not_matter() {
        assert_eq!(adjusted_rand_index(&[0, 0, 1, 1, -1], &[5, 5, 2, 2, 7]), 1.0);
        // By scikit-learn.
        let value = adjusted_rand_index(&[0, 0, 1, 1], &[0, 0, 1, 2]);
        assert!((value - 0.571_428_571).abs() < 1e-9, "{value}");
        assert_eq!(pairwise_ari(&[vec![0, 1]]), None);
    }

    #[test]
    fn davies_bouldin_of_two_pairs() {
        let values = [0.0, 0.0, 0.0, 2.0, 10.0, 0.0, 10.0, 2.0, 500.0, 500.0];
        let index = davies_bouldin(Matrix::new(&values, 2).unwrap(), &[0, 0, 1, 1, -1]).unwrap();
        // Width 1 each, 10 apart.
        assert!((index - 0.2).abs() < 1e-12, "{index}");
        assert_eq!(davies_bouldin(Matrix::new(&values, 2).unwrap(), &[0, 0, 0, 0, -1]), None);
    }

    #[test]
    fn cohesion_is_1_for_one_direction() {
        let values = [1.0, 0.0, 3.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        let cohesion = cohesion(Matrix::new(&values, 2).unwrap(), &[0, 0, 1, 1]);
        assert!((cohesion[0] - 1.0).abs() < 1e-6 && (cohesion[1] - 0.5f64.sqrt()).abs() < 1e-6, "{cohesion:?}");
    }

    #[test]
    fn a_part_is_the_same_for_the_same_seed() {
        assert_eq!(resample(100, 0.8, 1), resample(100, 0.8, 1));
        assert_ne!(resample(100, 0.8, 1), resample(100, 0.8, 2));
        assert_eq!(resample(100, 0.8, 1).len(), 80);
    }
}
