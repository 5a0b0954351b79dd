//! Vectors of texts, by any sentence-embedding model in ONNX.
//!
//! - [`Manifest`] describes a model's directory: files by hash, dimension, pooling, prefixes.
//! - [`Model`] is such a directory, opened: `scripts/models.sh` installs one. It embeds in the calling thread.
//! - [`Batcher`] puts a cache, a bounded queue and a pool of sessions before it, for many callers at once.
//!
//! ONNX Runtime is loaded at run time, from the path of its library.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod batcher;
mod buckets;
mod cache;
mod error;
mod manifest;
mod model;
mod pooling;
mod runtime;

pub use batcher::{Batcher, BatcherOptions, Stats};
pub use error::{EmbedError, OpenError};
pub use manifest::{MANIFEST, Manifest, ModelFile, Pooling, Role};
pub use model::{Embedded, Model, ModelOptions};
pub use runtime::load as load_runtime;

/// Numbers of a stored vector; shorter ones are padded with zeros, which leaves cosine and inner product as they are.
pub const DIMENSION: usize = 768;

/// A vector as it is stored: [`DIMENSION`] numbers, the last ones 0.
pub fn padded(values: &[f32]) -> Vec<f32> {
    let mut padded = values.to_vec();
    padded.resize(DIMENSION, 0.0);
    padded
}
