//! What can be wrong with vectors and parameters.

/// Why nothing was computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A value is NaN or infinite.
    #[error("row {row}, column {column} is not a finite number")]
    NotFinite { row: usize, column: usize },
    /// The values can't be cut into rows of that many columns.
    #[error("{values} values can't be cut into rows of {columns}")]
    Ragged { values: usize, columns: usize },
    /// A parameter is out of its range, or doesn't fit the data.
    #[error("{name}: {why}")]
    Parameter { name: &'static str, why: String },
    /// Who watches asked to stop.
    #[error("cancelled")]
    Cancelled,
}
