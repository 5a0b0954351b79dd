//! What the fields of a job ad mean, for ads of files and of portals alike.
//!
//! - [`prepare`] and [`prepare_scraped`] check an ad and complete it: country, days, normal forms, hash.
//! - [`posted`], [`salary`], [`contract`], [`hours`] and [`remote`] read what portals write, in Spanish,
//!   English and Portuguese. They answer None rather than guess; callers keep the text as posted.
//!
//! Nothing here reads a file, a database or a clock other than [`prepare`]'s today.

mod ad;
pub mod contract;
mod country;
pub mod hours;
mod names;
mod phrases;
mod places;
pub mod posted;
pub mod remote;
pub mod salary;
mod text;

pub use ad::{
    MAX_FIELD_CHARS, MAX_PORTAL_CHARS, MAX_TEXT_CHARS, MAX_TITLE_CHARS, NewAd, RawAd, Refused, content_hash, prepare,
    prepare_scraped,
};
pub use contract::Contract;
pub use country::{UNKNOWN as UNKNOWN_COUNTRY, country_of};
pub use hours::Hours;
pub use posted::Day;
pub use remote::Remote;
pub use salary::{Period, Salary};
pub use text::fold;
