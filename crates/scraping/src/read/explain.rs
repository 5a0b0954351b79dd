//! Tries a spider on one page, and tells what each field would get and from where.

use url::Url;

use super::{ReadError, detail, dom, listing, walls};
use crate::ad::{AdFields, Card, Field};
use crate::page::Page;
use crate::request::{PageKind, PageRequest, Search};
use crate::spider::{Format, Spider};

/// What a spider finds on one page.
#[derive(Debug, Clone)]
pub struct Tried {
    /// What the page was taken for.
    pub kind: PageKind,
    /// The ads found; one for the page of an ad.
    pub ads: Vec<TriedAd>,
    /// Pages that would be asked for next.
    pub next: Vec<Url>,
    /// What a crawl would report.
    pub problem: Option<ReadError>,
}

/// One ad of a page that was tried.
#[derive(Debug, Clone)]
pub struct TriedAd {
    /// Its address.
    pub url: Url,
    /// What was found, and where.
    pub fields: AdFields,
    /// What was not, and where it was looked for.
    pub missing: Vec<(Field, Vec<String>)>,
}

impl Spider {
    /// Reads one page, be it a listing or an ad: told by its address where the spider knows how ads' addresses
    /// look, else by whether it holds cards.
    pub fn try_page(&self, page: &Page, search: &Search) -> Tried {
        let search = self.inner.with_country(search);
        let reader = listing::Reader { spider: &self.inner, page, search: &search, number: 1 };
        let text = page.text();
        let listed = self.inner.listing.format != Format::Html || !self.is_ad_address(&page.url);
        let cards = match self.inner.listing.format {
            _ if !listed || walls::at_the_door(&self.inner, page).is_err() => Vec::new(),
            Format::Json => reader.json(&text).map(|found| found.into_parts().0).unwrap_or_default(),
            Format::Html => dom::parse(&text).map(|html| reader.html(&html).into_parts().0).unwrap_or_default(),
            Format::Sitemap => self.try_listing(page, &search).ads.into_iter().map(TriedAd::into_card).collect(),
        };
        let is_posting = self.inner.listing.format == Format::Sitemap && self.reads_as_ad(page, &search);
        if !is_posting && (!cards.is_empty() || self.is_listing_address(&page.url, &search)) {
            return self.try_listing(page, &search);
        }
        self.try_detail(page, &search)
    }

    fn try_listing(&self, page: &Page, search: &Search) -> Tried {
        let request = request_for(page, PageKind::Listing);
        match self.read_listing(&request, page, search) {
            Ok(found) => Tried {
                kind: PageKind::Listing,
                ads: found.ads.into_iter().map(|card| self.card(card)).collect(),
                next: found.next.into_iter().map(|request| request.url).collect(),
                problem: None,
            },
            Err(problem) => {
                Tried { kind: PageKind::Listing, ads: Vec::new(), next: Vec::new(), problem: Some(problem) }
            }
        }
    }

    fn try_detail(&self, page: &Page, search: &Search) -> Tried {
        let read = detail::read(&self.inner, &page.url, page, None, search);
        let missing = read.tried.into_iter().filter(|(field, _)| !read.fields.contains_key(field)).collect();
        let ad = TriedAd { url: super::canonical(&page.url), fields: read.fields, missing };
        Tried { kind: PageKind::Detail, ads: vec![ad], next: Vec::new(), problem: read.problem }
    }

    fn card(&self, card: Card) -> TriedAd {
        let rules = |field: Field| self.inner.listing.fields.get(&field).into_iter().flatten();
        let missing = Field::ALL.into_iter().filter(|field| !card.fields.contains_key(field));
        let missing = missing.map(|field| (field, rules(field).map(|rule| rule.describe.clone()).collect())).collect();
        TriedAd { url: card.url, fields: card.fields, missing }
    }

    fn is_ad_address(&self, url: &Url) -> bool {
        self.inner.detail.address.as_ref().is_some_and(|address| address.is_match(url.as_str()))
    }

    fn is_listing_address(&self, url: &Url, search: &Search) -> bool {
        let start = self.start(search).ok().and_then(|requests| requests.into_iter().next());
        start.is_some_and(|request| request.url.path() == url.path())
    }

    fn reads_as_ad(&self, page: &Page, search: &Search) -> bool {
        detail::read(&self.inner, &page.url, page, None, search).problem.is_none()
    }
}

impl TriedAd {
    fn into_card(self) -> Card {
        Card { url: self.url, fields: self.fields }
    }
}

fn request_for(page: &Page, kind: PageKind) -> PageRequest {
    let number = u32::from(kind == PageKind::Listing);
    let (method, headers) = (crate::request::Method::Get, std::collections::BTreeMap::new());
    PageRequest { kind, method, url: page.url.clone(), headers, body: None, number, card: None }
}
