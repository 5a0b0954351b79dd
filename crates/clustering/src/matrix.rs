//! Rows of numbers.

use crate::Error;

/// A matrix by rows that owns nothing; every value is finite.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    values: &'a [f32],
    columns: usize,
}

impl<'a> Matrix<'a> {
    /// Looks at `values` as rows of `columns`.
    ///
    /// # Errors
    /// [`Error::Ragged`] where they don't come out even, [`Error::NotFinite`] for the first NaN or infinite value.
    pub fn new(values: &'a [f32], columns: usize) -> Result<Self, Error> {
        if columns == 0 || !values.len().is_multiple_of(columns) {
            return Err(Error::Ragged { values: values.len(), columns });
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(at) => Err(Error::NotFinite { row: at / columns, column: at % columns }),
            None => Ok(Self { values, columns }),
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// How many columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// One row.
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// All values, row by row.
    pub fn values(&self) -> &'a [f32] {
        self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_a_value_is_wrong() {
        assert_eq!(Matrix::new(&[1.0, 2.0, 3.0, f32::NAN], 2).unwrap_err(), Error::NotFinite { row: 1, column: 1 });
        assert_eq!(Matrix::new(&[1.0, 2.0, 3.0], 2).unwrap_err(), Error::Ragged { values: 3, columns: 2 });
        assert_eq!(Matrix::new(&[1.0, 2.0, 3.0, 4.0], 2).unwrap().row(1), [3.0, 4.0]);
    }
}
