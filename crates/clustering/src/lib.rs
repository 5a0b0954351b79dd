//! Maps of vectors: UMAP (McInnes, Healy, Melville 2018) and HDBSCAN (Campello, Moulavi, Sander 2013), scores of what
//! they found, and what became of the clusters of an earlier run.
//!
//! Everything here is deterministic for a seed, whatever the number of threads, and knows nothing of ads or skills.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod align;
mod blocks;
mod error;
pub mod groups;
pub mod hdbscan;
pub mod knn;
pub mod lineage;
mod linear;
mod matrix;
pub mod npy;
mod random;
pub mod run;
pub mod scores;
pub mod umap;

pub use error::Error;
pub use matrix::Matrix;

/// What long work tells about itself: called with the share done (0 to 1); answering `false` cancels the work, which
/// then ends with [`Error::Cancelled`].
pub type Progress<'a> = &'a (dyn Fn(f32) -> bool + Sync);

/// A [`Progress`] for who doesn't ask.
pub fn unwatched(_: f32) -> bool {
    true
}

fn tell(progress: Progress, share: f32) -> Result<(), Error> {
    if progress(share) { Ok(()) } else { Err(Error::Cancelled) }
}
