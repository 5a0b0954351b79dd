//! Eigenvalues of small symmetric matrices.

/// Rounds over all off-diagonal values; each squares what is left, so a dozen is plenty.
const SWEEPS: usize = 60;

/// Eigenvalues, greatest first, and their vectors, one row each, of a symmetric matrix of `n` rows (Jacobi 1846).
pub(crate) fn eigen(mut matrix: Vec<f64>, n: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut vectors = vec![0f64; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    let scale: f64 = matrix.iter().map(|value| value * value).sum();
    for _ in 0..SWEEPS {
        let off: f64 = (0..n).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| matrix[i * n + j].powi(2)).sum();
        if off <= 1e-30 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut matrix, &mut vectors, n, p, q);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| matrix[b * n + b].total_cmp(&matrix[a * n + a]).then(a.cmp(b)));
    let values = order.iter().map(|&at| matrix[at * n + at]).collect();
    (values, order.iter().map(|&at| vectors[at * n..(at + 1) * n].to_vec()).collect())
}

/// Makes the value at (p, q) zero; vectors are kept as rows.
fn rotate(matrix: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let off = matrix[p * n + q];
    if off == 0.0 {
        return;
    }
    let theta = (matrix[q * n + q] - matrix[p * n + p]) / (2.0 * off);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let t = if theta == 0.0 { 1.0 } else { t };
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for k in 0..n {
        let (a, b) = (matrix[k * n + p], matrix[k * n + q]);
        matrix[k * n + p] = c * a - s * b;
        matrix[k * n + q] = s * a + c * b;
    }
    for k in 0..n {
        let (a, b) = (matrix[p * n + k], matrix[q * n + k]);
        matrix[p * n + k] = c * a - s * b;
        matrix[q * n + k] = s * a + c * b;
        let (a, b) = (vectors[p * n + k], vectors[q * n + k]);
        vectors[p * n + k] = c * a - s * b;
        vectors[q * n + k] = s * a + c * b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_known() {
        // 2 and 4 with (1, -1) and (1, 1), and 1 alone.
        let (values, vectors) = eigen(vec![3.0, 1.0, 0.0, 1.0, 3.0, 0.0, 0.0, 0.0, 1.0], 3);
        for (value, expected) in values.iter().zip([4.0, 2.0, 1.0]) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
        assert!((vectors[0][0] - vectors[0][1]).abs() < 1e-12 && vectors[0][2].abs() < 1e-12, "{vectors:?}");
        assert!((vectors[1][0] + vectors[1][1]).abs() < 1e-12, "{vectors:?}");
    }
}
