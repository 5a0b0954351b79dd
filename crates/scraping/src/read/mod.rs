//! Takes a fetched page through a spider: the cards and next pages of a listing, the fields of an ad.
//!
//! A field is looked for in schema.org's JSON-LD, then by the spider's rules, then on the card that led to the
//! page; a description, at last, in the readable text. Every value keeps where it stood.

mod address;
mod detail;
mod dom;
mod explain;
mod extract;
mod json_ld;
mod listing;
mod repair;
mod sitemap;
mod walls;

use thiserror::Error;

use crate::ad::{Card, Field};
use crate::page::Page;
use crate::request::PageRequest;
use crate::spider::Spider;

pub use address::canonical;
pub(crate) use detail::detail_address;
pub use explain::{Tried, TriedAd};

/// What a listing page says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its ads, each address once, in the order of the page.
    pub ads: Vec<Card>,
    /// The cards carry the whole ads: no page of their own is needed.
    pub complete: bool,
    /// Pages to ask for next; none where the page has no ads.
    pub next: Vec<PageRequest>,
    /// The page itself says that there are no ads.
    pub said_empty: bool,
}

/// Why a page gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// HTTP 404 or 410.
    #[error("the page is gone (HTTP 404 or 410)")]
    NotFound,
    /// The portal answers as if all were well, yet the ad is gone.
    #[error("the ad is gone, though the portal didn't answer 404: {saw}")]
    SoftNotFound {
        /// What told.
        saw: String,
    },
    /// The portal wants a login first.
    #[error("the portal asks for a login: {saw}")]
    LoginWall {
        /// What told.
        saw: String,
    },
    /// The portal wants proof of a human.
    #[error("the portal asks for a captcha: {saw}; ask it more gently, or not at all")]
    Captcha {
        /// What told.
        saw: String,
    },
    /// Another HTTP status than success.
    #[error("the portal refused the page with HTTP {status}")]
    Refused {
        /// The status.
        status: u16,
    },
    /// Not what the spider reads.
    #[error("the page isn't what the spider reads: {expected} was expected, {got} came")]
    WrongFormat {
        /// What the spider reads.
        expected: String,
        /// What came.
        got: String,
    },
    /// No rule found anything, and nothing says why: the layout has changed.
    #[error("nothing was found, so the layout has changed; tried {}", tried.join(", "))]
    NothingFound {
        /// The rules tried.
        tried: Vec<String>,
    },
    /// The ad lacks what every ad has.
    #[error("{} missing; tried {}", names(missing), tried.join(", "))]
    MissingFields {
        /// What is missing.
        missing: Vec<Field>,
        /// The rules tried for them.
        tried: Vec<String>,
    },
}

impl Spider {
    /// What a page says that was served with a status of failure: a wall, a captcha, or only the status.
    pub fn refusal(&self, page: &Page) -> Option<ReadError> {
        walls::at_the_door(&self.inner, page).err()
    }
}

fn names(fields: &[Field]) -> String {
    let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
    format!("{} {}", names.join(" and "), if names.len() == 1 { "is" } else { "are" })
}
