//! A local job portal: the sample ads (or any number of synthetic ones) in the page
//! structure of three real portals, for first jobs, tests, benchmarks and abuse tests.
//!
//! One origin serves all three, since their paths don't collide:
//! - [`computrabajo`]: HTML listings and details; the country is the path's first part (`/mx/trabajo-de-python`);
//! - [`elempleo`]: HTML with JSON-LD, Colombia (`/co/ofertas-empleo?trabajo=python`);
//! - [`bumeran`]: a JSON search by POST, Argentina and Mexico by the header `x-site-id`.
//!
//! Each ad stands in exactly one of them (see [`catalogue`]). [`Faults`] make it as slow and
//! unreliable as portals are, [`hostile`] makes it as nasty as a server can be, and a recorder
//! says what a client did against the rules of politeness ([`record`]).
//!
//! It binds to this machine only.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod ads;
mod body;
pub mod bumeran;
pub mod catalogue;
pub mod computrabajo;
pub mod dates;
mod descriptions;
pub mod elempleo;
mod faults;
mod frame;
pub mod hostile;
mod page;
mod posting;
pub mod record;
mod respond;
mod server;
mod site;
mod sitemap;
mod text;

use std::{io, net::SocketAddr, path::PathBuf};

use chrono::NaiveDate;

pub use descriptions::descriptions;
pub use faults::Faults;
pub use hostile::{Behaviour, Hostile};
pub use record::{Request, Violation};
pub use server::{Portal, Running};

/// Most ads that one portal serves in one country in synthetic mode.
pub const MAX_SYNTHETIC: u64 = 50_000_000;

/// How to run the portal.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen: this machine; port 0 takes a free one.
    pub address: SocketAddr,
    /// JSON Lines; none means the ads that come with the project.
    pub ads: Option<PathBuf>,
    /// Instead of the ads themselves, so many made of them in each portal and country.
    pub synthetic: Option<u64>,
    /// What everything random follows from.
    pub seed: u64,
    /// The day that relative dates count from; none means today.
    pub today: Option<NaiveDate>,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether to remember every request and judge it. It costs memory and a lock a request.
    pub record: bool,
    /// Requests at a time that a client may have under way; more are a violation.
    pub max_in_flight: Option<u32>,
    /// Hostile paths and behaviour; recording goes with it.
    pub hostile: Option<Behaviour>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            ads: None,
            synthetic: None,
            seed: 0,
            today: None,
            faults: Faults::default(),
            record: false,
            max_in_flight: None,
            hostile: None,
        }
    }
}

/// Why the portal can't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It would be reachable from other machines.
    #[error("address {0}: not on this machine; use 127.0.0.1:PORT or [::1]:PORT")]
    NotLoopback(SocketAddr),
    /// The port is taken, or not allowed.
    #[error("address {address}: {source}; try another port, or port 0 for a free one")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The file of ads.
    #[error("{file}: {source}")]
    File {
        /// Its name.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A line of it.
    #[error("{file}, line {line}: no ad: {source}; each line is a JSON object as in samples/README.md")]
    Ad {
        /// The file's name.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Nothing in it.
    #[error("{file}: holds no ads")]
    NoAds {
        /// The file's name.
        file: String,
    },
    /// A share beyond 0 to 1, or too many ads.
    #[error("{option}: {problem}")]
    Option {
        /// Which option.
        option: &'static str,
        /// What it needs.
        problem: String,
    },
}
