//! Products of many rows with many rows, block by block.

use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

/// Rows of a block.
pub(crate) const BLOCK: usize = 512;

/// `out[i * b_rows + j]` becomes the inner product of row `i` of `a` and row `j` of `b`.
pub(crate) fn products(a: &[f32], b: &[f32], columns: usize, out: &mut [f32]) {
    let (rows, others) = (a.len() / columns, b.len() / columns);
    let shape = "lengths are multiples of the columns";
    let a = ArrayView2::from_shape((rows, columns), a).expect(shape);
    let b = ArrayView2::from_shape((others, columns), b).expect(shape);
    let mut out = ArrayViewMut2::from_shape((rows, others), &mut out[..rows * others]).expect(shape);
    general_mat_mul(1.0, &a, &b.t(), 0.0, &mut out);
}

/// The inner product of two rows, in doubles.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// The squared Euclidean distance of two rows, in doubles.
pub(crate) fn squared(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
}

/// The rows at length 1; rows of zeros stay.
pub(crate) fn normalised(values: &[f32], columns: usize) -> Vec<f32> {
    let mut values = values.to_vec();
    for row in values.chunks_mut(columns) {
        let length = dot(row, row).sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
        }
    }
    values
}

/// The rows less their mean: squared distances from products lose fewer digits.
pub(crate) fn centred(values: &[f32], columns: usize) -> Vec<f32> {
    let rows = (values.len() / columns).max(1) as f64;
    let mut mean = vec![0f64; columns];
    for row in values.chunks(columns) {
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += f64::from(*value) / rows);
    }
    let mut values = values.to_vec();
    for row in values.chunks_mut(columns) {
        row.iter_mut().zip(&mean).for_each(|(value, mean)| *value -= *mean as f32);
    }
    values
}
