//! Fetching: politely, and from the public internet only.
//!
//! A [`Fetcher`] takes a [`PageRequest`](crate::PageRequest) through these steps, and through all of them again for each
//! redirect and each retry:
//!
//! 1. [`address`]: is this URL one that may be asked at all?
//! 2. [`robots`]: does the host's robots.txt allow it (RFC 9309)? It is fetched first where it isn't known.
//! 3. The host's queue: one request at a time, at the pace of AutoThrottle, not during a pause that the host asked for,
//!    not while its circuit breaker is open; then the [`Gate`], for other processes.
//! 4. A connection: kept alive from before, or opened to addresses that were looked up once and all found public.
//! 5. The answer: its type, encoding and size are checked before and while its body is read.
//! 6. What it says of the host: pace, pause and breaker follow it.
//!
//! [`HostState`] is what should survive a restart.

pub mod address;
mod breaker;
mod clock;
mod content;
mod encoding;
mod error;
mod exchange;
mod fetcher;
mod follow;
mod gate;
mod host;
mod options;
mod resolve;
mod retry;
pub mod robots;
mod state;
mod throttle;
mod wire;

pub use content::Accept;
pub use error::{FetchError, Part, Stage};
pub use fetcher::{BuildError, Builder, Counters, Fetched, Fetcher, Validators, Wanted};
pub use gate::{Gate, Permit};
pub use options::{AllowedOrigin, FetchOptions, Limits, PaceOptions};
pub use resolve::{Resolve, SystemResolver};
pub use robots::Robots;
pub use state::{HostState, RobotsState};
pub use wire::tls;
