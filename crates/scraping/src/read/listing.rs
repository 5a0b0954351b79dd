//! Reads a listing: its cards, and the pages to ask for next.

use std::collections::{BTreeMap, HashSet};

use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use url::Url;

use super::extract::{self, Context, Scope, Shape};
use super::{Listing, ReadError, address, dom, json_ld, sitemap, walls};
use crate::ad::{AdFields, Card, Field};
use crate::page::Page;
use crate::request::{PageRequest, Search};
use crate::spider::{Compiled, Format, Rule, Spider};

/// Cards of one page; more aren't a listing for people, but a trap.
const MOST: usize = 1_000;

impl Spider {
    /// The cards of a listing page, and the pages to ask for next.
    ///
    /// # Errors
    /// What stands in the way: the page is gone, behind a login or captcha, of another format, or no rule fits it.
    pub fn read_listing(&self, request: &PageRequest, page: &Page, search: &Search) -> Result<Listing, ReadError> {
        let search = self.inner.with_country(search);
        let reader = Reader { spider: &self.inner, page, search: &search, number: request.number.max(1) };
        reader.read(request)
    }
}

pub(super) struct Reader<'a> {
    pub(super) spider: &'a Compiled,
    pub(super) page: &'a Page,
    pub(super) search: &'a Search,
    pub(super) number: u32,
}

/// What a page's markup gave.
#[derive(Default)]
pub(super) struct Found {
    ads: Vec<Card>,
    next: Vec<PageRequest>,
    /// Whether anything looked like an ad, with or without an address.
    items: usize,
}

impl Reader<'_> {
    fn read(&self, request: &PageRequest) -> Result<Listing, ReadError> {
        walls::at_the_door(self.spider, self.page)?;
        let listing = &self.spider.listing;
        let text = sitemap::text_of(self.page);
        if listing.empty_body && text.trim().is_empty() {
            return Ok(Listing { said_empty: true, complete: listing.complete, ..Listing::default() });
        }
        let found = match listing.format {
            Format::Sitemap if sitemap::is_sitemap(&text) => self.sitemap(&text),
            Format::Json => match self.json(&text) {
                Some(found) => found,
                None => return Err(self.not_json(&text)),
            },
            Format::Html | Format::Sitemap => {
                self.must_be_text("HTML")?;
                if text.trim_start().starts_with(['{', '[']) {
                    return Err(wrong_format("HTML", "JSON"));
                }
                let html = dom::parse(&text)?;
                let found = self.html(&html);
                if found.ads.is_empty() && found.next.is_empty() {
                    return self.nothing(request, &text, &html, &found);
                }
                found
            }
        };
        let mut result = Listing { ads: found.ads, complete: listing.complete, next: found.next, said_empty: false };
        if result.ads.is_empty() && result.next.is_empty() {
            // An API that answers in its own form, with an empty list, says that there are no ads.
            let Some(empty) = self.empty_answer(&text, found.items) else {
                return Err(ReadError::NothingFound { tried: self.tried() });
            };
            result.said_empty = empty;
        }
        Ok(result)
    }

    pub(super) fn must_be_text(&self, expected: &str) -> Result<(), ReadError> {
        walls::is_binary(self.page).map_or(Ok(()), |got| Err(wrong_format(expected, got)))
    }

    fn not_json(&self, text: &str) -> ReadError {
        if let Some(got) = walls::is_binary(self.page) {
            return wrong_format("JSON", got);
        }
        let html = dom::parse(text).ok();
        let wall = html.and_then(|html| walls::behind(self.spider, self.page, text, &html));
        let got = if text.trim_start().starts_with('<') { "HTML" } else { "no JSON" };
        wall.unwrap_or_else(|| wrong_format("JSON", got))
    }

    /// No ads: why?
    fn nothing(&self, request: &PageRequest, text: &str, html: &Html, found: &Found) -> Result<Listing, ReadError> {
        let listing = &self.spider.listing;
        let empty = |said_empty| Ok(Listing { said_empty, complete: listing.complete, ..Listing::default() });
        if walls::seen(&listing.no_results, html).is_some() {
            return empty(true);
        }
        if let Some(wall) = walls::behind(self.spider, self.page, text, html) {
            return Err(wall);
        }
        if found.items == 0 && (self.number > 1 || request.number > 1) {
            // Past the last page many portals show none of the marks of an empty search.
            return empty(false);
        }
        Err(ReadError::NothingFound { tried: self.tried() })
    }

    /// Whether an answer without ads says that there are none; nothing where it isn't of the known form.
    fn empty_answer(&self, text: &str, items: usize) -> Option<bool> {
        if items > 0 {
            return None;
        }
        match self.spider.listing.format {
            Format::Json => {
                let value: Value = serde_json::from_str(text).ok()?;
                // The list itself stands where its elements were looked for.
                let lists = self.spider.listing.item_texts.iter().filter_map(|path| path.strip_suffix("/*"));
                lists.into_iter().any(|path| value.pointer(path).is_some_and(Value::is_array)).then_some(true)
            }
            Format::Html | Format::Sitemap => Some(true),
        }
    }

    fn tried(&self) -> Vec<String> {
        let items = self.spider.listing.item_texts.iter().map(|text| format!("item: {text}"));
        items.chain(self.spider.listing.link.iter().map(|rule| format!("link {}", rule.describe))).collect()
    }

    pub(super) fn html(&self, html: &Html) -> Found {
        static BASE: std::sync::LazyLock<Option<Selector>> =
            std::sync::LazyLock::new(|| Selector::parse("base[href]").ok());
        let listing = &self.spider.listing;
        let base = BASE.as_ref().and_then(|base| html.select(base).next()?.attr("href"));
        let base = base.and_then(|base| self.page.url.join(base).ok()).unwrap_or_else(|| self.page.url.clone());
        let mut found = Found::default();
        let mut known = HashSet::new();
        for item in items(html, &listing.items) {
            found.items += 1;
            self.card(Scope::Element(item), &base, &mut known, &mut found);
            if found.ads.len() == MOST {
                break;
            }
        }
        if found.ads.is_empty() && self.spider.detail.json_ld {
            self.json_ld(html, &base, &mut known, &mut found);
        }
        found.next = self.next(Scope::Element(html.root_element()), &base, &found, None);
        found
    }

    /// A listing whose markup is unknown may still list its ads in JSON-LD.
    fn json_ld(&self, html: &Html, base: &Url, known: &mut HashSet<Url>, found: &mut Found) {
        let listed = json_ld::read(html);
        for posting in listed.postings.iter().take(MOST) {
            let url = posting.get("url").and_then(Value::as_str);
            if let Some(url) = url.and_then(|url| self.address(url, base)).filter(|url| known.insert(url.clone())) {
                found.ads.push(Card { url, fields: json_ld::fields(posting) });
            }
        }
        for url in listed.listed.iter().filter_map(|url| self.address(url, base)).take(MOST) {
            if known.insert(url.clone()) {
                found.ads.push(Card { url, fields: AdFields::new() });
            }
        }
    }

    pub(super) fn json(&self, text: &str) -> Option<Found> {
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let listing = &self.spider.listing;
        let items = listing.item_pointers.iter().map(|pointer| pointer.values(&value)).find(|items| !items.is_empty());
        let mut found = Found::default();
        let mut known = HashSet::new();
        for (path, item) in items.unwrap_or_default().into_iter().take(MOST) {
            found.items += 1;
            self.card(Scope::Json(item, &path), &self.page.url, &mut known, &mut found);
        }
        found.next = self.next(Scope::Json(&value, ""), &self.page.url, &found, Some(&value));
        Some(found)
    }

    fn sitemap(&self, text: &str) -> Found {
        let sitemap = sitemap::read(text);
        let mut found = Found { items: sitemap.pages.len(), ..Found::default() };
        let mut known = HashSet::new();
        for url in sitemap.pages.iter().filter_map(|url| self.address(url, &self.page.url)) {
            if known.insert(url.clone()) {
                found.ads.push(Card { url, fields: AdFields::new() });
            }
        }
        let further = sitemap.sitemaps.iter().filter_map(|url| self.page.url.join(url).ok());
        let further: Vec<Url> = further.filter(|url| self.may_follow(url)).take(MOST).collect();
        // Where some sitemaps are named for ads, the others hold something else.
        let wanted = |url: &&Url| self.spider.listing.link_where.as_ref().is_some_and(|w| w.is_match(url.as_str()));
        let named: Vec<&Url> = further.iter().filter(wanted).collect();
        let chosen = if named.is_empty() { further.iter().collect() } else { named };
        let ask = |url: &Url| self.spider.request_for(url.clone(), self.search, self.number.saturating_add(1));
        found.next = chosen.into_iter().filter(|url| **url != self.page.url).filter_map(ask).collect();
        found
    }

    fn context(&self) -> Context<'_> {
        Context { spider: self.spider, search: self.search }
    }

    fn card(&self, scope: Scope<'_>, base: &Url, known: &mut HashSet<Url>, found: &mut Found) {
        let listing = &self.spider.listing;
        let link = extract::first(&listing.link, scope, Shape::Line, self.context());
        let Some(url) = link.and_then(|link| self.address(&link.text, base)) else { return };
        if known.insert(url.clone()) {
            found.ads.push(Card { url, fields: read_fields(&listing.fields, scope, self.context()) });
        }
    }

    /// An ad's address, if it may be followed and looks like an ad's.
    fn address(&self, link: &str, base: &Url) -> Option<Url> {
        let url = self.spider.ad_address(&base.join(link.trim()).ok()?, &self.search.country)?;
        let listing = &self.spider.listing;
        let wanted = listing.link_where.as_ref().is_none_or(|wanted| wanted.is_match(url.as_str()));
        let unwanted = listing.link_not.as_ref().is_some_and(|unwanted| unwanted.is_match(url.as_str()));
        let here = listing.same_site && (!self.may_follow(&url) || address::same_path(&url, &self.page.url));
        (wanted && !unwanted && !here).then_some(url)
    }

    fn may_follow(&self, url: &Url) -> bool {
        let site = !self.spider.listing.same_site || address::same_site(url, &self.page.url);
        site && self.spider.allows(&self.spider.at_origin(url.clone()), &self.search.country)
    }

    /// The next page: the one that the page names, or the next number while pages have ads.
    fn next(&self, scope: Scope<'_>, base: &Url, found: &Found, json: Option<&Value>) -> Vec<PageRequest> {
        let listing = &self.spider.listing;
        let number = self.number.saturating_add(1);
        if found.items == 0 && found.ads.is_empty() || number > listing.max {
            return Vec::new();
        }
        let request = if listing.next.is_empty() {
            if listing.format == Format::Sitemap || json.is_some_and(|json| self.is_last(json, found.items)) {
                return Vec::new();
            }
            self.spider.listing_request(self.search, number)
        } else {
            let link = extract::first(&listing.next, scope, Shape::Line, self.context());
            let url = link.and_then(|link| base.join(&link.text).ok()).filter(|url| self.may_follow(url));
            url.and_then(|url| self.spider.request_for(url, self.search, number))
        };
        request.filter(|request| request.body.is_some() || request.url != self.page.url).into_iter().collect()
    }

    /// What an API says of how many there are.
    fn is_last(&self, answer: &Value, items: usize) -> bool {
        let listing = &self.spider.listing;
        let number_at = |pointer: &Option<crate::spider::Pointer>| -> Option<u64> {
            pointer.as_ref()?.texts(answer).first()?.1.parse().ok()
        };
        let seen = u64::from(self.number - 1) * u64::from(listing.size) + items as u64;
        number_at(&listing.total).is_some_and(|total| seen >= total)
            || number_at(&listing.pages).is_some_and(|pages| u64::from(self.number) >= pages)
    }
}

impl Found {
    pub(super) fn into_parts(self) -> (Vec<Card>, Vec<PageRequest>) {
        (self.ads, self.next)
    }
}

/// The items by the first selector that matches any; those inside another item are part of it.
fn items<'a>(html: &'a Html, selectors: &'a [Selector]) -> Vec<ElementRef<'a>> {
    for selector in selectors {
        let found: Vec<ElementRef<'a>> = html.select(selector).take(10 * MOST).collect();
        if found.is_empty() {
            continue;
        }
        let ids: HashSet<_> = found.iter().map(|item| item.id()).collect();
        let outer = |item: &ElementRef<'a>| !item.ancestors().any(|up| ids.contains(&up.id()));
        return found.into_iter().filter(outer).collect();
    }
    Vec::new()
}

pub(super) fn read_fields(rules: &BTreeMap<Field, Vec<Rule>>, scope: Scope<'_>, context: Context<'_>) -> AdFields {
    let find = |(field, rules): (&Field, &Vec<Rule>)| {
        Some((*field, extract::first(rules, scope, extract::shape_of(*field), context)?))
    };
    rules.iter().filter_map(find).collect()
}

fn wrong_format(expected: &str, got: &str) -> ReadError {
    ReadError::WrongFormat { expected: expected.to_owned(), got: got.to_owned() }
}
