//! How sure a share is.

/// Quantile of the normal distribution for 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % Wilson score interval of `count` of `total`; 0 to 1 where `total` is 0.
///
/// E. B. Wilson, "Probable inference, the law of succession, and statistical
/// inference", Journal of the American Statistical Association 22 (1927).
pub fn wilson(count: i64, total: i64) -> (f64, f64) {
    if total <= 0 {
        return (0.0, 1.0);
    }
    let n = total as f64;
    let p = (count as f64 / n).clamp(0.0, 1.0);
    let z2 = Z * Z;
    let centre = p + z2 / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // The ends are exact where rounding would miss them by a hair.
    let low = if count <= 0 { 0.0 } else { (centre - spread) / scale };
    let high = if count >= total { 1.0 } else { (centre + spread) / scale };
    (low, high)
}

/// `part / whole`, 0 where there is nothing.
pub fn share(part: i64, whole: i64) -> f64 {
    if whole <= 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How much more often than by chance two things come together: P(a and b) / (P(a) P(b)),
/// from counts out of `total`; 1 is chance, 0 where there is nothing.
pub fn lift(both: i64, a: i64, b: i64, total: i64) -> f64 {
    if a <= 0 || b <= 0 { 0.0 } else { both as f64 * total as f64 / (a as f64 * b as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6
    }

    #[test]
    fn wilson_agrees_with_statsmodels() {
        // statsmodels.stats.proportion.proportion_confint(count, n, method="wilson")
        for (count, total, low, high) in [
            (10, 100, 0.055_229_14, 0.174_366_06),
            (1, 10, 0.017_876_21, 0.404_150_04),
            (50, 100, 0.403_831_53, 0.596_168_47),
            (0, 10, 0.0, 0.277_532_80),
            (10, 10, 0.722_467_20, 1.0),
        ] {
            let found = wilson(count, total);
            assert!(close(found.0, low) && close(found.1, high), "{count} of {total}: {found:?}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn the_share_lies_within_its_interval() {
        for total in 1..60 {
            for count in 0..=total {
                let (low, high) = wilson(count, total);
                let share = share(count, total);
                assert!(0.0 <= low && low <= share && share <= high && high <= 1.0, "{count} of {total}");
            }
        }
    }

    #[test]
    fn independent_things_have_lift_one() {
        assert!(close(lift(10, 20, 50, 100), 1.0));
        assert!(close(lift(20, 20, 50, 100), 2.0));
        assert_eq!(lift(0, 0, 5, 100), 0.0);
    }
}
