//! How good extraction is, measured on labelled ads: nothing of it runs in a service.
//!
//! [`gold`] reads the ads, [`predict`] turns what was extracted into what is compared, [`score`] counts,
//! [`ceiling`] says how much can be found by words at all, [`calibration`] whether confidences mean what they
//! say, and [`fit`] makes the weights of [`crate::confidence`]. [`spans`] and [`linking`] measure two parts of
//! the task on public English sentences.

pub mod calibration;
pub mod ceiling;
pub mod fit;
pub mod fold;
pub mod gold;
pub mod linking;
pub mod predict;
pub mod score;
pub mod spans;

use std::io;

/// What is wrong with a file of labelled or predicted data.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// It could not be read.
    #[error("line {line}: {source}")]
    Read {
        /// Line, from 1.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// A line is no JSON object, or no CSV record.
    #[error("line {line}: {why}")]
    Syntax {
        /// Line, from 1.
        line: u64,
        /// What the parser says.
        why: String,
    },
    /// A field is missing or has the wrong type.
    #[error("line {line}: field {field:?}: {expected}")]
    Field {
        /// Line, from 1.
        line: u64,
        /// Name of the field.
        field: &'static str,
        /// What should stand there.
        expected: &'static str,
    },
    /// A job_id stands twice.
    #[error("line {line}: field \"job_id\": {job_id:?} stands in the file already")]
    Repeated {
        /// Line, from 1.
        line: u64,
        /// The id.
        job_id: String,
    },
    /// Predictions for ads that are not labelled.
    #[error("{count} predicted job_id not in the gold file, such as {example:?}")]
    UnknownAds {
        /// How many.
        count: usize,
        /// The smallest of them.
        example: String,
    },
    /// There is nothing in it.
    #[error("the file holds no {what}")]
    Empty {
        /// What it should hold.
        what: &'static str,
    },
}
