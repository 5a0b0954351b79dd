//! What a crawl keeps outside of itself, so that it can stop at any moment and go on later.

use std::ops::AddAssign;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use url::Url;

use super::Failure;
use crate::{
    ad::AdFields,
    fetch::Validators,
    request::{PageKind, PageRequest},
};

/// How far a crawl goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At most this many ads are fetched.
    pub max_jobs: u64,
    /// At most this many listing pages.
    pub max_pages: u64,
    /// Go on also where a listing shows only ads that are known.
    pub full: bool,
}

/// What a listing showed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Ads on it.
    pub ads: u64,
    /// Of those: stored by an earlier crawl.
    pub known: u64,
    /// Of those: shown by another listing of this crawl.
    pub repeated: u64,
}

impl Limits {
    /// Whether the pages after a listing are worth asking for; `counts` has the listing already.
    pub fn follow(&self, seen: Seen, counts: &Counts) -> bool {
        let all_known = seen.ads > 0 && seen.known == seen.ads;
        let endless = seen.ads > 0 && seen.repeated == seen.ads;
        (self.full || !all_known) && !endless && counts.details < self.max_jobs && counts.listings < self.max_pages
    }
}

/// How far a crawl is. Every number only grows, so that what two steps added can be added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Listing pages to read, read or not.
    pub listings: u64,
    /// Of those: read.
    pub read_listings: u64,
    /// Of those: say that there are no ads.
    pub empty_listings: u64,
    /// Of `listings`: failed.
    pub failed_listings: u64,
    /// Ads to read, read or not: those that weren't known by their address.
    pub details: u64,
    /// Of those: read.
    pub read_details: u64,
    /// Of those: whole on their listing, so never fetched.
    pub on_listings: u64,
    /// Of `details`: failed.
    pub failed_details: u64,
    /// Ads seen on listings.
    pub found: u64,
    /// Ads stored.
    pub stored: u64,
    /// Ads that were there before.
    pub known: u64,
}

impl Counts {
    /// Pages that were fetched and read.
    pub fn pages(&self) -> u64 {
        self.read_listings + self.read_details - self.on_listings
    }

    /// Pages that failed.
    pub fn failed(&self) -> u64 {
        self.failed_listings + self.failed_details
    }

    /// Listings still to be fetched.
    pub fn pending_listings(&self) -> u64 {
        self.listings.saturating_sub(self.read_listings + self.failed_listings)
    }

    /// Pages still to be fetched.
    pub fn pending(&self) -> u64 {
        self.pending_listings() + self.details.saturating_sub(self.read_details + self.failed_details)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.listings += more.listings;
        self.read_listings += more.read_listings;
        self.empty_listings += more.empty_listings;
        self.failed_listings += more.failed_listings;
        self.details += more.details;
        self.read_details += more.read_details;
        self.on_listings += more.on_listings;
        self.failed_details += more.failed_details;
        self.found += more.found;
        self.stored += more.stored;
        self.known += more.known;
    }
}

/// A listing that was read.
#[derive(Debug)]
pub struct Listed {
    /// The request that it answers.
    pub request: PageRequest,
    /// The pages of its ads, each with all that the listing says of the ad.
    pub ads: Vec<PageRequest>,
    /// The listing says all: these pages needn't be fetched.
    pub complete: bool,
    /// It says that there are no ads.
    pub said_empty: bool,
    /// The server says that it is as it was at `validators`.
    pub unchanged: bool,
    /// The pages after it.
    pub next: Vec<PageRequest>,
    /// By which it can be asked for again.
    pub validators: Option<Validators>,
}

/// A detail that is through.
#[derive(Debug)]
pub struct Read {
    /// The request that it answers.
    pub request: PageRequest,
    /// The ad, or why there is none.
    pub ad: Result<ReadAd, Failure>,
}

/// An ad that was read.
#[derive(Debug)]
pub struct ReadAd {
    /// Its address.
    pub url: Url,
    /// What it says.
    pub fields: AdFields,
    /// Its page as it was served.
    pub page: Vec<u8>,
}

/// Keeps what a crawl has to do and what it found. Every call is one step: after a crash, what was
/// called has happened or has not, and calling it again does nothing new.
#[async_trait]
pub trait Frontier: Send + Sync + 'static {
    /// Why it can't.
    type Error: std::error::Error + Send + 'static;

    /// How far the crawl is.
    fn counts(&self) -> Counts;
    /// Starts with these pages, or goes on where there are some already.
    async fn open(&self, start: Vec<PageRequest>) -> Result<(), Self::Error>;
    /// The next pages of a kind to fetch, in order, those after a position.
    async fn pending(&self, kind: PageKind, after: i64, limit: usize) -> Result<Vec<(i64, PageRequest)>, Self::Error>;
    /// What a listing answered last time and which ads it had, where all of them are stored.
    async fn validators(&self, request: &PageRequest) -> Result<Option<(Validators, Vec<Url>)>, Self::Error>;
    /// A listing was read: takes its ads, and its next pages where [`Limits::follow`] says so.
    async fn listed(&self, listed: Listed, limits: Limits) -> Result<(), Self::Error>;
    /// A listing failed.
    async fn listing_failed(&self, request: PageRequest, failure: Failure) -> Result<(), Self::Error>;
    /// Details are through.
    async fn read(&self, pages: Vec<Read>) -> Result<(), Self::Error>;
    /// Called now and then. `resting` says until when the host is left alone.
    async fn progress(&self, resting: Option<DateTime<Utc>>) -> Result<(), Self::Error>;
}
