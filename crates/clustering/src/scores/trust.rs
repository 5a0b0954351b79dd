//! Trustworthiness of an embedding (Venna, Kaski 2001): whether who is near in it was near before.

use rayon::prelude::*;

use crate::{
    Error, Matrix, Progress,
    knn::{Metric, knn},
    unwatched,
};

/// Points whose distances to all others are held at once.
const ROWS: usize = 128;

/// 0 to 1, over the `k` nearest of each point in the embedding, as scikit-learn counts it.
///
/// # Errors
/// [`Error::Parameter`] where k is not below half the points or the rows differ.
pub fn trustworthiness(points: Matrix, embedding: Matrix, k: usize, metric: Metric) -> Result<f64, Error> {
    let rows = points.rows();
    if 2 * k >= rows || k == 0 || embedding.rows() != rows {
        return Err(Error::Parameter { name: "k", why: format!("{k} must be 1 to less than half of {rows} points") });
    }
    let watch: Progress = &unwatched;
    let near = knn(embedding, k, Metric::Euclidean, 0, watch)?;
    let prepared = crate::knn::Prepared::new(points, metric);
    let starts: Vec<usize> = (0..rows).step_by(ROWS).collect();
    let lost = |from: usize| -> f64 {
        let scores = prepared.scores(from, (from + ROWS).min(rows));
        let of = |(at, scores): (usize, &[f32])| -> f64 {
            let row = from + at;
            let rank = |other: u32| {
                let bar = scores[other as usize];
                // The point itself is nearest of all, and no neighbour.
                scores.iter().filter(|score| **score > bar).count() - usize::from(scores[row] > bar) + 1
            };
            near.of(row).map(|(other, _)| rank(other).saturating_sub(k) as f64).sum()
        };
        scores.chunks(rows).enumerate().map(of).sum()
    };
    let lost: Vec<f64> = starts.into_par_iter().with_max_len(1).map(lost).collect();
    let (n, k) = (rows as f64, k as f64);
    Ok(1.0 - lost.iter().sum::<f64>() * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_points_are_trusted_and_a_turned_order_is_not() {
        let line: Vec<f32> = (0..40).map(|at| at as f32).collect();
        let points = Matrix::new(&line, 1).unwrap();
        assert_eq!(trustworthiness(points, points, 5, Metric::Euclidean), Ok(1.0));
        let mixed: Vec<f32> = (0..40).map(|at| (at * 17 % 40) as f32).collect();
        let mixed = Matrix::new(&mixed, 1).unwrap();
        assert!(trustworthiness(points, mixed, 5, Metric::Euclidean).unwrap() < 0.7);
        assert!(trustworthiness(points, points, 20, Metric::Euclidean).is_err());
    }
}
