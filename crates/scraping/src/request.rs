//! What to ask a portal for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::ad::Card;

/// What a crawl looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: String,
    /// Search words; empty means all ads.
    pub query: String,
}

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageKind {
    /// Lists ads: HTML with cards, an API's answer, or a sitemap.
    Listing,
    /// Holds one ad.
    Detail,
}

/// HTTP method; portals need no other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET.
    #[default]
    Get,
    /// POST, for APIs that search by it.
    Post,
}

/// One page to fetch; kept in the frontier, so it can be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// What it is for.
    pub kind: PageKind,
    /// GET or POST.
    #[serde(default)]
    pub method: Method,
    /// Address, without fragment.
    pub url: Url,
    /// Headers beside the fetcher's own, such as `x-site-id`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Body of a POST.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Number of a listing page, from 1; 0 for details.
    #[serde(default)]
    pub number: u32,
    /// What the listing said of the ad, for a detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

impl PageRequest {
    /// A plain GET.
    pub fn get(kind: PageKind, url: Url) -> Self {
        Self { kind, method: Method::Get, url, headers: BTreeMap::new(), body: None, number: 0, card: None }
    }

    /// The address of the ad that it is about.
    pub fn ad(&self) -> &Url {
        self.card.as_ref().map_or(&self.url, |card| &card.url)
    }
}
