//! Importing streams of any length in batches: memory stays flat.

mod ads;
mod concepts;

pub use ads::{AdImport, AdReport, Issue};
pub use concepts::{ConceptImport, ConceptReport};

/// Items per batch.
const BATCH: usize = 500;
/// Bytes of text per batch, about: 500 ads of the largest size would be too much.
const BATCH_BYTES: usize = 8 << 20;
/// How many issues a report holds.
const MAX_ISSUES: usize = 1000;
