//! The curve 1 / (1 + a d^2b) nearest to what `min_dist` and `spread` ask for.

/// `a` and `b`.
pub(super) fn fit(min_dist: f64, spread: f64) -> (f32, f32) {
    let points: Vec<(f64, f64)> = (1..300)
        .map(|at| {
            let x = 3.0 * spread * f64::from(at) / 299.0;
            (x, if x < min_dist { 1.0 } else { (-(x - min_dist) / spread).exp() })
        })
        .collect();
    let error =
        |a: f64, b: f64| -> f64 { points.iter().map(|(x, y)| (1.0 / (1.0 + a * x.powf(2.0 * b)) - y).powi(2)).sum() };
    // Levenberg-Marquardt in two unknowns.
    let (mut a, mut b, mut damping) = (1.0, 1.0, 1e-3);
    let mut best = error(a, b);
    for _ in 0..200 {
        let (mut aa, mut ab, mut bb, mut ga, mut gb) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (x, y) in &points {
            let power = x.powf(2.0 * b);
            let value = 1.0 / (1.0 + a * power);
            let (da, db) = (-power * value * value, -2.0 * a * power * x.ln() * value * value);
            aa += da * da;
            ab += da * db;
            bb += db * db;
            ga += da * (value - y);
            gb += db * (value - y);
        }
        let (da, db) = (aa * (1.0 + damping), bb * (1.0 + damping));
        let det = da * db - ab * ab;
        let (new_a, new_b) = (a - (db * ga - ab * gb) / det, b - (da * gb - ab * ga) / det);
        let new = if new_a > 0.0 && new_b > 0.0 { error(new_a, new_b) } else { f64::INFINITY };
        if new < best {
            let gain = best - new;
            (a, b, best, damping) = (new_a, new_b, new, damping / 10.0);
            if gain < 1e-14 {
                break;
            }
        } else {
            damping *= 10.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    (a as f32, b as f32)
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn is_that_of_umap_learn() {
        for ((min_dist, spread), (a, b)) in [
            ((0.1, 1.0), (1.576_943, 0.895_061)),
            ((0.0, 1.0), (1.932_808, 0.790_495)),
            ((0.5, 1.0), (0.583_030, 1.334_167)),
        ] {
            let fitted = fit(min_dist, spread);
            assert!((fitted.0 - a).abs() < 2e-3 && (fitted.1 - b).abs() < 2e-3, "{min_dist}: {fitted:?}");
        }
    }
}
