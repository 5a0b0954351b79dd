//! From the vectors of tokens to the vector of a text.

use crate::Pooling;

/// Pools the first `tokens` rows of `states` (rows of `dimension` numbers) and brings the result to length 1.
pub(crate) fn pool(states: &[f32], tokens: usize, dimension: usize, pooling: Pooling) -> Result<Vec<f32>, String> {
    let mut sum = vec![0.0_f32; dimension];
    let rows = match pooling {
        Pooling::Mean => tokens,
        Pooling::Cls => 1,
    };
    for row in states.chunks_exact(dimension).take(rows) {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    normalise(&mut sum)?;
    Ok(sum)
}

/// Brings a vector to length 1.
pub(crate) fn normalise(values: &mut [f32]) -> Result<(), String> {
    let length = values.iter().map(|&value| f64::from(value) * f64::from(value)).sum::<f64>().sqrt();
    if !length.is_finite() || length == 0.0 {
        return Err(format!("the model gave a vector of length {length}"));
    }
    values.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_leaves_padding_out_and_has_length_1() {
        let states = [3.0, 0.0, 0.0, 4.0, 100.0, 100.0];
        assert_eq!(pool(&states, 2, 2, Pooling::Mean).unwrap(), [0.6, 0.8]);
        assert_eq!(pool(&states, 2, 2, Pooling::Cls).unwrap(), [1.0, 0.0]);
    }

    #[test]
    fn what_has_no_direction_is_an_error() {
        assert!(pool(&[0.0, 0.0], 1, 2, Pooling::Mean).is_err());
        assert!(pool(&[f32::NAN, 1.0], 1, 2, Pooling::Mean).is_err());
    }
}
