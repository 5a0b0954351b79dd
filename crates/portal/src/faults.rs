//! What goes wrong on a portal, by chance that follows from a seed.

use std::{
    hash::Hasher,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rustc_hash::FxHasher;

use crate::{Error, catalogue::mix};

/// How often something goes wrong; nothing by default. Shares go from 0 to 1.
#[derive(Debug, Clone)]
pub struct Faults {
    /// How long a slow page takes.
    pub slow: Duration,
    /// Pages that are slow, where `slow` is more than 0.
    pub slow_share: f64,
    /// Pages that answer 503 with `Retry-After: 1` at their first visit.
    pub fail: f64,
    /// Ads whose page says, with status 200, that they are over.
    pub gone: f64,
    /// Pages in Windows-1252; every other one says so only in its `<meta charset>`.
    pub latin1: f64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { slow: Duration::ZERO, slow_share: 0.1, fail: 0.0, gone: 0.0, latin1: 0.0 }
    }
}

impl Faults {
    /// # Errors
    /// A share that is none.
    pub fn check(&self) -> Result<(), Error> {
        let shares =
            [("slow_share", self.slow_share), ("fail", self.fail), ("gone", self.gone), ("latin1", self.latin1)];
        match shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            Some((option, share)) => Err(Error::Option { option, problem: format!("{share} is not from 0 to 1") }),
            None => Ok(()),
        }
    }
}

/// A page's address as a number.
pub fn hash(seed: u64, text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    mix(hasher.finish() ^ mix(seed))
}

/// Whether chance `salt` strikes a page.
pub fn strikes(hash: u64, salt: u64, share: f64) -> bool {
    share > 0.0 && (mix(hash ^ salt) >> 11) as f64 / (1u64 << 53) as f64 <= share
}

/// Remembers which pages were visited, in memory that doesn't grow: two pages that share
/// a place count as one.
#[derive(Debug)]
pub struct Seen(Box<[AtomicBool]>);

impl Seen {
    /// Nothing visited.
    pub fn new() -> Self {
        Self((0..1 << 20).map(|_| AtomicBool::new(false)).collect())
    }

    /// Whether this is the first visit.
    pub fn first(&self, hash: u64) -> bool {
        !self.0[hash as usize % self.0.len()].swap(true, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_strikes_about_as_often_as_it_says() {
        for share in [0.0, 0.05, 0.5, 1.0] {
            let struck = (0..20_000).filter(|i| strikes(hash(1, &i.to_string()), 9, share)).count();
            assert!((struck as f64 / 20_000.0 - share).abs() < 0.02, "{share}: {struck}");
        }
        assert!(Faults { fail: 1.5, ..Faults::default() }.check().is_err());
    }
}
