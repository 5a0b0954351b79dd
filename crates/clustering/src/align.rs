//! Puts an embedding onto another one: turned, mirrored, scaled and shifted, nothing bent (Procrustes; Schönemann 1966).

use crate::linear::eigen;

/// Moves all of `coordinates` (points of `dims` numbers) so that the pairs `(point, old place)` come as near as can be.
/// Fewer than three pairs only shift.
pub fn procrustes(coordinates: &mut [f32], dims: usize, pairs: &[(usize, &[f32])]) {
    if pairs.is_empty() {
        return;
    }
    let mean = |of: &dyn Fn(usize) -> f64| (0..pairs.len()).map(of).sum::<f64>() / pairs.len() as f64;
    let from: Vec<f64> = (0..dims).map(|axis| mean(&|at| f64::from(coordinates[pairs[at].0 * dims + axis]))).collect();
    let to: Vec<f64> = (0..dims).map(|axis| mean(&|at| f64::from(pairs[at].1[axis]))).collect();
    let mut turn = vec![0f64; dims * dims];
    let mut scale = 1.0;
    (0..dims).for_each(|axis| turn[axis * dims + axis] = 1.0);
    if pairs.len() > 2 {
        let centred = |at: usize, axis: usize| f64::from(coordinates[pairs[at].0 * dims + axis]) - from[axis];
        let target = |at: usize, axis: usize| f64::from(pairs[at].1[axis]) - to[axis];
        let mut cross = vec![0f64; dims * dims];
        for at in 0..pairs.len() {
            for a in 0..dims {
                for b in 0..dims {
                    cross[a * dims + b] += centred(at, a) * target(at, b);
                }
            }
        }
        let spread: f64 = (0..pairs.len()).flat_map(|at| (0..dims).map(move |a| centred(at, a).powi(2))).sum();
        if let Some((polar, trace)) = polar(&cross, dims)
            && spread > 0.0
        {
            (turn, scale) = (polar, trace / spread);
        }
    }
    for place in coordinates.chunks_mut(dims) {
        let old: Vec<f64> = place.iter().zip(&from).map(|(value, mean)| f64::from(*value) - mean).collect();
        for (axis, value) in place.iter_mut().enumerate() {
            let turned: f64 = (0..dims).map(|a| old[a] * turn[a * dims + axis]).sum();
            *value = (to[axis] + scale * turned) as f32;
        }
    }
}

/// The nearest orthogonal matrix, M (MᵀM)^-1/2, and the sum of the singular values; none where M is singular.
fn polar(m: &[f64], dims: usize) -> Option<(Vec<f64>, f64)> {
    let product = |a: &dyn Fn(usize, usize) -> f64, b: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        let of = |at: usize| (0..dims).map(|k| a(at / dims, k) * b(k, at % dims)).sum();
        (0..dims * dims).map(of).collect()
    };
    let squared = product(&|i, k| m[k * dims + i], &|k, j| m[k * dims + j]);
    let (values, vectors) = eigen(squared, dims);
    let greatest = values.first().copied().unwrap_or(0.0);
    if values.iter().any(|value| *value <= 1e-12 * greatest) {
        return None;
    }
    let root: Vec<f64> = (0..dims * dims)
        .map(|at| (0..dims).map(|k| vectors[k][at / dims] * vectors[k][at % dims] / values[k].sqrt()).sum())
        .collect();
    let turn = product(&|i, k| m[i * dims + k], &|k, j| root[k * dims + j]);
    Some((turn, values.iter().map(|value| value.sqrt()).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_mirrored_and_scaled_map_comes_back() {
        let old = [[0.0f32, 0.0], [4.0, 0.0], [4.0, 1.0], [-2.0, 3.0], [1.0, -5.0]];
        let (s, c) = 0.7f32.sin_cos();
        let mut new: Vec<f32> =
            old.iter().flat_map(|[x, y]| [3.0 * (c * x - s * y) + 7.0, -3.0 * (s * x + c * y) - 2.0]).collect();
        let pairs: Vec<(usize, &[f32])> = old.iter().enumerate().map(|(at, place)| (at, place.as_slice())).collect();
        procrustes(&mut new, 2, &pairs);
        for (new, old) in new.iter().zip(old.as_flattened()) {
            assert!((new - old).abs() < 1e-4, "{new} for {old}");
        }
    }

    #[test]
    fn one_pair_shifts() {
        let mut places = vec![1.0, 1.0, 2.0, 5.0];
        procrustes(&mut places, 2, &[(0, &[0.0, 0.0])]);
        assert_eq!(places, [0.0, 0.0, 1.0, 4.0]);
    }
}
