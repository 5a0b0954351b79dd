//! Scraping: from a description of a portal to its ads, politely and safely.
//!
//! - [`spider`] is a portal's description, read from a file: what to ask, and where the fields stand.
//! - [`read`] takes a fetched [`Page`] through a spider: cards and the next page of a listing, the fields of an ad.
//! - [`fetch`] gets pages: addresses checked, robots.txt obeyed, hosts spared, sizes and times bounded.
//! - [`crawl`] goes from a spider's start pages over its listings to its ads.
//!
//! Nothing here knows of gRPC, Postgres or Redis.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod ad;
pub mod crawl;
pub mod fetch;
pub mod normal;
pub mod page;
pub mod read;
pub mod request;
pub mod spider;

pub use ad::{AdFields, Card, Field, Found};
pub use page::Page;
pub use request::{Method, PageKind, PageRequest, Search};
