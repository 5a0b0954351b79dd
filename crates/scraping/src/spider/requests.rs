//! What to ask a portal for.

use std::collections::BTreeMap;

use thiserror::Error;
use url::Url;

use super::compile::Compiled;
use super::{Spider, Template};
use crate::ad::Card;
use crate::read::canonical;
use crate::request::{Method, PageKind, PageRequest, Search};

/// Why a search can't be started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StartError {
    /// The spider doesn't know the country.
    #[error("spider {spider} doesn't know the country `{country}`: choose one of {}", known.join(", "))]
    Country {
        /// Its name.
        spider: String,
        /// The country asked for.
        country: String,
        /// Those it knows.
        known: Vec<String>,
    },
    /// The portal can't list all ads.
    #[error("spider {spider} can't list all ads: give it search words")]
    NoQuery {
        /// Its name.
        spider: String,
    },
    /// What came out is no address.
    #[error("spider {spider} would start at `{address}`, which is no address: {remedy}")]
    Address {
        /// Its name.
        spider: String,
        /// What came out.
        address: String,
        /// What to do.
        remedy: String,
    },
}

impl Spider {
    /// The first pages of a search.
    ///
    /// # Errors
    /// An unknown country, no search words where the portal needs them, or words that make no address.
    pub fn start(&self, search: &Search) -> Result<Vec<PageRequest>, StartError> {
        let spider = self.name().to_owned();
        let search = self.inner.with_country(search);
        let known = &self.inner.info.countries;
        if !known.is_empty() && !known.contains(&search.country) {
            return Err(StartError::Country { spider, country: search.country, known: known.clone() });
        }
        let words = search.query.trim();
        if words.is_empty() && self.inner.listing.start_all.is_none() && self.inner.needs_words() {
            return Err(StartError::NoQuery { spider });
        }
        let address = self.inner.address_text(&search, 1).unwrap_or_default();
        self.inner.listing_request(&search, 1).map(|request| vec![request]).ok_or_else(|| {
            let remedy = if self.inner.listing.start.names().eq(["query"]) {
                "give it the address of a sitemap or listing as search words, such as https://example.com/sitemap.xml"
            } else {
                "check `listing.start`"
            };
            StartError::Address { spider, address, remedy: remedy.to_owned() }
        })
    }

    /// The request for an ad's own page. Some portals serve it elsewhere than at the ad's address.
    pub fn detail(&self, card: &Card) -> PageRequest {
        let found = crate::read::detail_address(&self.inner, &card.url);
        PageRequest {
            kind: PageKind::Detail,
            method: Method::Get,
            url: self.inner.at_origin(found.unwrap_or_else(|| card.url.clone())),
            headers: BTreeMap::new(),
            body: None,
            number: 0,
            card: Some(card.clone()),
        }
    }

    /// Whether the spider may follow a link: by host, and port where it isn't the scheme's own.
    pub fn allows(&self, url: &Url, country: &str) -> bool {
        self.inner.allows(url, country)
    }
}

impl Compiled {
    /// A spider of one country needn't be told which.
    pub(crate) fn with_country(&self, search: &Search) -> Search {
        let mut search = search.clone();
        search.country = search.country.to_ascii_uppercase();
        if let ("", [only]) = (search.country.as_str(), self.info.countries.as_slice()) {
            search.country.clone_from(only);
        }
        search
    }

    fn needs_words(&self) -> bool {
        let listing = &self.listing;
        listing.start.names().any(|name| name == "query")
    }

    /// The value of a template's name.
    pub(crate) fn value(&self, name: &str, search: &Search, number: u32) -> Option<String> {
        let before = number.saturating_sub(1);
        Some(match name {
            "query" => search.query.trim().to_owned(),
            "country" => search.country.clone(),
            "cc" => search.country.to_ascii_lowercase(),
            "language" => self.info.language.clone(),
            "page" => self.listing.first.saturating_add(before.saturating_mul(self.listing.step)).to_string(),
            "offset" => before.saturating_mul(self.listing.size).to_string(),
            other => self.variable(other, &search.country)?,
        })
    }

    pub(crate) fn variable(&self, name: &str, country: &str) -> Option<String> {
        self.country.get(country).and_then(|of| of.get(name)).or_else(|| self.variables.get(name)).cloned()
    }

    fn fill(&self, template: &Template, search: &Search, number: u32) -> Option<String> {
        template.render(&|name| self.value(name, search, number), None)
    }

    pub(super) fn address_text(&self, search: &Search, number: u32) -> Option<String> {
        let listing = &self.listing;
        let all = search.query.trim().is_empty();
        let (start, page) = match (&listing.start_all, all) {
            (Some(start_all), true) => (start_all, listing.page_all.as_ref()),
            _ => (&listing.start, listing.page.as_ref()),
        };
        self.fill(if number > 1 { page.unwrap_or(start) } else { start }, search, number)
    }

    /// The request for one page of the listing, by its number.
    pub(crate) fn listing_request(&self, search: &Search, number: u32) -> Option<PageRequest> {
        let url = Url::parse(&self.address_text(search, number)?).ok()?;
        if !url.has_host() || !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        self.request_for(url, search, number)
    }

    /// The same, for an address that a page named.
    pub(crate) fn request_for(&self, mut url: Url, search: &Search, number: u32) -> Option<PageRequest> {
        url.set_fragment(None);
        let mut headers = BTreeMap::new();
        for (name, value) in &self.listing.headers {
            headers.insert(name.clone(), self.fill(value, search, number)?);
        }
        let body = match &self.listing.body {
            Some(body) => Some(self.fill(body, search, number)?),
            None => None,
        };
        let url = self.at_origin(url);
        Some(PageRequest {
            kind: PageKind::Listing,
            method: self.listing.method,
            url,
            headers,
            body,
            number,
            card: None,
        })
    }

    /// Another server stands in for the portal where the description names an origin.
    pub(crate) fn at_origin(&self, mut url: Url) -> Url {
        if let Some(origin) = &self.origin {
            let same_host = url.set_host(origin.host_str()).is_ok();
            let done = same_host && url.set_scheme(origin.scheme()).is_ok() && url.set_port(origin.port()).is_ok();
            debug_assert!(done, "both are http or https");
        }
        url
    }

    pub(crate) fn allows(&self, url: &Url, country: &str) -> bool {
        if !matches!(url.scheme(), "http" | "https") {
            return false;
        }
        let Some(host) = url.host_str() else { return false };
        if let Some(origin) = &self.origin {
            return origin.host_str() == Some(host) && origin.port_or_known_default() == url.port_or_known_default();
        }
        let with_port = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let search = Search { country: country.to_ascii_uppercase(), query: String::new() };
        self.hosts.iter().filter_map(|known| self.fill(known, &self.with_country(&search), 1)).any(|known| match known
            .strip_prefix("*")
        {
            Some("") => true,
            Some(ending) => with_port.ends_with(ending) || with_port == ending.trim_start_matches('.'),
            None => with_port == known,
        })
    }

    /// An ad's address as it is kept: canonical, at the origin, and only where the spider may go.
    pub(crate) fn ad_address(&self, url: &Url, country: &str) -> Option<Url> {
        let url = canonical(&self.at_origin(url.clone()));
        self.allows(&url, country).then_some(url)
    }
}
