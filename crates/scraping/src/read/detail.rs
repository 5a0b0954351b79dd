//! Reads the page of one ad.

use std::collections::BTreeMap;

use serde_json::Value;
use url::Url;

use super::extract::{self, Context, Scope, Shape};
use super::{ReadError, dom, json_ld, listing, walls};
use crate::ad::{AdFields, Card, Field, Found};
use crate::page::Page;
use crate::request::{PageRequest, Search};
use crate::spider::{Compiled, Spider};

impl Spider {
    /// The fields of an ad. What the page lacks is taken from the card that led to it.
    ///
    /// # Errors
    /// What stands in the way: the ad is gone, behind a login or captcha, of another format, or lacks what it must
    /// have.
    pub fn read_detail(&self, request: &PageRequest, page: &Page) -> Result<AdFields, ReadError> {
        let detail = read(&self.inner, &request.url, page, request.card.as_ref(), &Search::default());
        detail.problem.map_or(Ok(detail.fields), Err)
    }
}

/// What was found on a page, and what was tried for each field.
pub(super) struct Detail {
    pub(super) fields: AdFields,
    pub(super) tried: BTreeMap<Field, Vec<String>>,
    pub(super) problem: Option<ReadError>,
}

/// Where an ad's page is served, if not at the ad's address.
pub(crate) fn detail_address(spider: &Compiled, ad: &Url) -> Option<Url> {
    let value = Value::from(ad.as_str());
    let context = Context { spider, search: &Search::default() };
    let found = extract::first(&spider.detail.url, Scope::Json(&value, ""), Shape::Line, context)?;
    Url::parse(&found.text).ok()
}

pub(super) fn read(spider: &Compiled, asked: &Url, page: &Page, card: Option<&Card>, search: &Search) -> Detail {
    let mut detail = Detail { fields: AdFields::new(), tried: tried(spider), problem: None };
    detail.problem = detail.fill(spider, asked, page, card, search).err();
    detail
}

impl Detail {
    fn fill(
        &mut self,
        spider: &Compiled,
        asked: &Url,
        page: &Page,
        card: Option<&Card>,
        search: &Search,
    ) -> Result<(), ReadError> {
        walls::at_the_door(spider, page)?;
        if let Some(got) = walls::is_binary(page) {
            return Err(ReadError::WrongFormat { expected: "the page of an ad".to_owned(), got: got.to_owned() });
        }
        let context = Context { spider, search };
        let text = page.text();
        if text.trim_start().starts_with(['{', '[']) {
            if let Ok(value) = serde_json::from_str::<Value>(&text) {
                self.fields = listing::read_fields(&spider.detail.fields, Scope::Json(&value, ""), context);
            }
            return self.finish(spider, card, None);
        }
        let html = dom::parse(&text)?;
        let posting = if spider.detail.json_ld { json_ld::read(&html) } else { json_ld::JsonLd::default() };
        if let Some(posting) = posting.main(&page.url) {
            self.fields = json_ld::fields(posting);
        }
        let structured = self.fields.contains_key(&Field::Description);
        let root = Scope::Element(html.root_element());
        for (field, rules) in &spider.detail.fields {
            if !self.fields.contains_key(field) {
                let found = extract::first(rules, root, extract::shape_of(*field), context);
                self.fields.extend(found.map(|found| (*field, found)));
            }
        }
        let described = self.fields.contains_key(&Field::Description);
        let other_kind = |address: &regex::Regex| !address.is_match(page.url.as_str());
        if !described || spider.detail.address.as_ref().is_some_and(other_kind) {
            walls::sent_elsewhere(asked, &page.url).map_or(Ok(()), Err)?;
        }
        if !structured && let Some(gone) = walls::gone(spider, &html, !described) {
            return Err(gone);
        }
        if !described {
            walls::behind(spider, page, &text, &html).map_or(Ok(()), Err)?;
        }
        self.finish(spider, card, Some(&html))
    }

    /// The card, the readable text, and whether all is there that must be.
    fn finish(
        &mut self,
        spider: &Compiled,
        card: Option<&Card>,
        html: Option<&scraper::Html>,
    ) -> Result<(), ReadError> {
        let nothing = self.fields.is_empty();
        for (field, found) in card.map(|card| &card.fields).into_iter().flatten() {
            let source = format!("card: {}", found.source);
            let known = Found { text: found.text.clone(), source };
            if spider.detail.prefer_card.contains(field) {
                self.fields.insert(*field, known);
            } else {
                self.fields.entry(*field).or_insert(known);
            }
        }
        let readable = spider.detail.readable && self.fields.contains_key(&Field::Title);
        if readable
            && !self.fields.contains_key(&Field::Description)
            && let Some(text) = html.and_then(dom::readable)
        {
            let source = "readable text".to_owned();
            self.fields.insert(Field::Description, Found { text, source });
        }
        let required = &spider.detail.required;
        let missing: Vec<Field> = required.iter().copied().filter(|field| !self.fields.contains_key(field)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let tried = missing.iter().flat_map(|field| self.tried.get(field).cloned().unwrap_or_default()).collect();
        Err(if nothing { ReadError::NothingFound { tried } } else { ReadError::MissingFields { missing, tried } })
    }
}

/// Every place where a field is looked for.
fn tried(spider: &Compiled) -> BTreeMap<Field, Vec<String>> {
    let of = |field: Field| {
        let json_ld = spider.detail.json_ld.then(|| json_ld::path(field).to_owned());
        let rules = spider.detail.fields.get(&field).into_iter().flatten().map(|rule| rule.describe.clone());
        let card = spider.listing.fields.get(&field).into_iter().flatten();
        let card = card.map(|rule| format!("card: {}", rule.describe));
        (field, json_ld.into_iter().chain(rules).chain(card).collect())
    };
    Field::ALL.into_iter().map(of).collect()
}
