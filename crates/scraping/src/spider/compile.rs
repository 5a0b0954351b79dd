//! From a file to a spider: everything parsed once, every fault named.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use regex::Regex;
use scraper::Selector;
use serde::Deserialize;
use url::Url;

use super::file::{File, Format, ListingFile, WallFile};
use super::pointer::Pointer;
use super::problem::{Problem, Report};
use super::rule::{self, Rule};
use super::template::Template;
use super::{Info, Politeness, Robots, Spider};
use crate::ad::Field;
use crate::request::{Method, Search};

/// A spider, ready for work.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) info: Info,
    pub(crate) hosts: Vec<Template>,
    pub(crate) origin: Option<Url>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) country: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) listing: Listing,
    pub(crate) detail: Detail,
    pub(crate) walls: Walls,
    /// The file with all that it inherits, for those that extend this one.
    table: toml::Table,
    file: String,
}

#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) format: Format,
    pub(crate) start: Template,
    pub(crate) start_all: Option<Template>,
    pub(crate) page: Option<Template>,
    pub(crate) page_all: Option<Template>,
    pub(crate) method: Method,
    pub(crate) headers: BTreeMap<String, Template>,
    pub(crate) body: Option<Template>,
    pub(crate) first: u32,
    pub(crate) step: u32,
    pub(crate) size: u32,
    pub(crate) max: u32,
    pub(crate) total: Option<Pointer>,
    pub(crate) pages: Option<Pointer>,
    pub(crate) items: Vec<Selector>,
    pub(crate) item_pointers: Vec<Pointer>,
    pub(crate) item_texts: Vec<String>,
    pub(crate) link: Vec<Rule>,
    pub(crate) link_where: Option<Regex>,
    pub(crate) link_not: Option<Regex>,
    pub(crate) same_site: bool,
    pub(crate) fields: BTreeMap<Field, Vec<Rule>>,
    pub(crate) next: Vec<Rule>,
    pub(crate) complete: bool,
    pub(crate) no_results: Wall,
    pub(crate) empty_body: bool,
}

#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) address: Option<Regex>,
    pub(crate) url: Vec<Rule>,
    pub(crate) json_ld: bool,
    pub(crate) readable: bool,
    pub(crate) required: Vec<Field>,
    /// Fields of which the card knows more than the page.
    pub(crate) prefer_card: Vec<Field>,
    pub(crate) fields: BTreeMap<Field, Vec<Rule>>,
}

/// Marks by which a kind of page is known.
#[derive(Debug, Default)]
pub(crate) struct Wall {
    pub(crate) css: Vec<(Selector, String)>,
    pub(crate) text: Vec<Regex>,
    pub(crate) address: Option<Regex>,
}

#[derive(Debug)]
pub(crate) struct Walls {
    pub(crate) gone: Wall,
    pub(crate) login: Wall,
    pub(crate) captcha: Wall,
}

/// Names that every template may use.
const BUILT_IN: [&str; 6] = ["query", "country", "cc", "page", "offset", "language"];

pub(super) fn parse(
    text: &str,
    file: &str,
    base: &dyn Fn(&str) -> Option<Arc<Spider>>,
) -> Result<Compiled, Vec<Problem>> {
    let mut report = Report::new(file, text);
    let own = match toml::from_str::<File>(text) {
        Ok(own) => own,
        Err(error) => {
            let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let reason = error.message().replace('\n', " ");
            report.at(line, "", reason, "correct the key or its value; `spiders/README.md` lists them all");
            return Err(report.problems);
        }
    };
    let mut table: toml::Table = toml::from_str(text).unwrap_or_default();
    let mut merged = own;
    if let Some(parent) = merged.extends.clone() {
        let Some(parent) = base(&parent) else {
            let remedy = "name a spider that exists and doesn't itself extend this one";
            report.add("extends", &parent, format!("there is no spider `{parent}` to extend"), remedy);
            return Err(report.problems);
        };
        table = inherit(&parent.inner.table, table);
        match File::deserialize(table.clone()) {
            Ok(whole) => merged = whole,
            Err(error) => {
                report.at(None, "extends", error.message(), "make the key fit the one that is inherited");
                return Err(report.problems);
            }
        }
    }
    // What the rule for the ad's own page looks at is the ad's address; there is nothing to say where that stands.
    for rule in &mut merged.detail.url.0 {
        rule.json.get_or_insert_default();
    }
    let compiled = compile(&merged, table, &mut report);
    match compiled {
        Some(compiled) if report.problems.is_empty() => Ok(compiled),
        _ => Err(report.problems),
    }
}

/// The base's keys with the child's over them. A child with an origin of its own stands for another server, so
/// what the portal says of robots and whether its spider is on isn't taken over.
fn inherit(base: &toml::Table, child: toml::Table) -> toml::Table {
    let mut merged = base.clone();
    merged.remove("extends");
    if child.contains_key("origin") {
        merged.remove("robots");
        merged.remove("enabled");
    }
    overlay(&mut merged, child);
    // A child for fewer countries doesn't know the others.
    let known = merged.get("countries").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    if let Some(toml::Value::Table(countries)) = merged.get_mut("country") {
        countries.retain(|country, _| known.iter().any(|known| known.as_str() == Some(country)));
    }
    merged
}

fn overlay(base: &mut toml::Table, child: toml::Table) {
    for (key, value) in child {
        match (base.get_mut(&key), value) {
            // A rule is replaced as a whole: half of one rule and half of another is neither.
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) if !is_rule(&new) => overlay(old, new),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn is_rule(table: &toml::Table) -> bool {
    table.contains_key("css") || table.contains_key("json") || table.contains_key("template")
}

fn compile(file: &File, table: toml::Table, report: &mut Report<'_>) -> Option<Compiled> {
    let info = info(file, report);
    report.known = known_names(file, report);
    let hosts: Vec<Template> =
        file.hosts.iter().filter_map(|host| rule::template(host, false, "hosts", report)).collect();
    if hosts.is_empty() && file.origin.is_none() {
        report.add("hosts", "", "no host is named", "list the hosts whose links are followed");
    }
    let origin = file.origin.as_deref().and_then(|origin| match Url::parse(origin) {
        Ok(url) if url.has_host() && matches!(url.scheme(), "http" | "https") => Some(url),
        _ => {
            report.add("origin", origin, format!("`{origin}` is no origin"), "write it as `http://127.0.0.1:8099`");
            None
        }
    });
    let Some(listing) = &file.listing else {
        report.add("listing", "", "the table `[listing]` is missing", "say where the ads are listed");
        return None;
    };
    let listing = compile_listing(listing, report)?;
    let detail = Detail {
        address: file.detail.address.as_deref().and_then(|text| rule::regex(text, "detail.address", report)),
        url: rule::compile_all(&file.detail.url, "detail.url", report),
        json_ld: file.detail.json_ld,
        readable: file.detail.readable,
        required: file.detail.required.clone(),
        prefer_card: file.detail.prefer_card.clone(),
        fields: fields(&file.detail.fields, "detail.fields", report),
    };
    let walls = Walls {
        gone: wall(&file.walls.gone, "walls.gone", report),
        login: wall(&file.walls.login, "walls.login", report),
        captcha: wall(&file.walls.captcha, "walls.captcha", report),
    };
    let compiled = Compiled {
        info,
        hosts,
        origin,
        variables: file.variables.clone(),
        country: file.country.clone(),
        listing,
        detail,
        walls,
        table,
        file: String::new(),
    };
    check_addresses(&compiled, report);
    Some(compiled)
}

fn info(file: &File, report: &mut Report<'_>) -> Info {
    let plain = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b));
    if file.name.is_empty() || !plain(&file.name) {
        report.add(
            "name",
            &file.name,
            "the name is missing or has other signs than a-z, 0-9, - and _",
            "name the spider",
        );
    }
    for country in &file.countries {
        if country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()) {
            let reason = format!("`{country}` is no country code");
            report.add("countries", country, reason, "write ISO 3166-1 alpha-2 in capitals, such as CO");
        }
    }
    let checked = file.checked.as_ref().and_then(|checked| checked.to_string().parse::<NaiveDate>().ok());
    if file.checked.is_some() && checked.is_none() {
        report.add("checked", "checked", "`checked` is no day", "write the day of the last check, such as 2026-11-23");
    }
    if file.robots.forbidden && file.enabled == Some(true) {
        let remedy = "leave it `false`: the operator turns the spider on, knowingly";
        report.add("enabled", "enabled", "the portal forbids robots, yet the spider is on", remedy);
    }
    if file.robots.forbidden && file.robots.why.is_empty() {
        report.add("robots.why", "forbidden", "nothing says how the portal forbids robots", "add `why`");
    }
    Info {
        name: file.name.clone(),
        about: file.about.clone(),
        checked,
        checked_against: file.checked_against.clone(),
        countries: file.countries.clone(),
        language: file.language.clone(),
        enabled: file.enabled.unwrap_or(!file.robots.forbidden),
        robots: Robots { forbidden: file.robots.forbidden, why: file.robots.why.clone() },
        politeness: Politeness {
            delay_seconds: file.politeness.delay_seconds,
            concurrency: file.politeness.concurrency,
        },
        max_pages: file.politeness.max_pages,
        max_jobs: file.politeness.max_jobs,
        extends: file.extends.clone(),
    }
}

/// Built-in names, variables, and what every country defines.
fn known_names(file: &File, report: &mut Report<'_>) -> Vec<String> {
    let mut known: Vec<String> = BUILT_IN.iter().map(|name| (*name).to_owned()).collect();
    known.extend(file.variables.keys().cloned());
    if let Some(first) = file.country.values().next() {
        let everywhere = |name: &&String| file.country.values().all(|of| of.contains_key(*name));
        known.extend(first.keys().filter(everywhere).cloned());
    }
    for country in file.country.keys().filter(|country| !file.countries.contains(country)) {
        let reason = format!("`{country}` has variables but isn't one of `countries`");
        report.add("country", country, reason, "add it to `countries` or drop its table");
    }
    if !file.country.is_empty() {
        for country in file.countries.iter().filter(|country| !file.country.contains_key(*country)) {
            let reason = format!("`{country}` lacks the variables that other countries have");
            report.add("countries", country, reason, format!("add `[country.{country}]`"));
        }
    }
    known
}

fn compile_listing(file: &ListingFile, report: &mut Report<'_>) -> Option<Listing> {
    if file.start.is_empty() {
        report.add("listing.start", "[listing]", "the first page's address is missing", "add `start`");
    }
    let optional = |text: &Option<String>, json: bool, key: &str, report: &mut Report<'_>| {
        text.as_deref().and_then(|text| rule::template(text, json, key, report))
    };
    let (mut items, mut item_pointers) = (Vec::new(), Vec::new());
    for text in &file.item.0 {
        match file.format {
            Format::Json => item_pointers.extend(rule::pointer(text, "listing.item", report)),
            _ => items.extend(rule::selector(text, "listing.item", report)),
        }
    }
    if file.item.0.is_empty() && file.format != Format::Sitemap {
        report.add("listing.item", "[listing]", "nothing says what one ad of the listing is", "add `item`");
    }
    if file.link.0.is_empty() && file.format != Format::Sitemap {
        report.add("listing.link", "[listing]", "nothing says where an ad's own address stands", "add `link`");
    }
    if file.body.is_some() && file.method != Method::Post {
        report.add("listing.body", "body", "there is a body, but the method is GET", "add `method = \"POST\"`");
    }
    if file.paging.step == 0 || file.paging.size == 0 || file.paging.max == 0 {
        report.add("listing.paging", "paging", "`step`, `size` and `max` start at 1", "give them 1 or more");
    }
    let mut headers = BTreeMap::new();
    for (name, value) in &file.headers {
        headers.extend(rule::template(value, false, "listing.headers", report).map(|value| (name.clone(), value)));
    }
    Some(Listing {
        format: file.format,
        start: rule::template(&file.start, false, "listing.start", report)?,
        start_all: optional(&file.start_all, false, "listing.start_all", report),
        page: optional(&file.page, false, "listing.page", report),
        page_all: optional(&file.page_all, false, "listing.page_all", report),
        method: file.method,
        headers,
        body: optional(&file.body, true, "listing.body", report),
        first: file.paging.first,
        step: file.paging.step,
        size: file.paging.size,
        max: file.paging.max,
        total: file.paging.total.as_deref().and_then(|text| rule::pointer(text, "listing.paging.total", report)),
        pages: file.paging.pages.as_deref().and_then(|text| rule::pointer(text, "listing.paging.pages", report)),
        items,
        item_pointers,
        item_texts: file.item.0.clone(),
        link: rule::compile_all(&file.link, "listing.link", report),
        link_where: file.link_where.as_deref().and_then(|text| rule::regex(text, "listing.link_where", report)),
        link_not: file.link_not.as_deref().and_then(|text| rule::regex(text, "listing.link_not", report)),
        same_site: file.same_site,
        fields: fields(&file.fields, "listing.fields", report),
        next: rule::compile_all(&file.next, "listing.next", report),
        complete: file.complete,
        no_results: Wall {
            css: selectors(&file.no_results.css.0, "listing.no_results.css", report),
            text: regexes(&file.no_results.text.0, "listing.no_results.text", report),
            address: None,
        },
        empty_body: file.no_results.empty_body,
    })
}

fn fields(
    file: &BTreeMap<Field, super::file::Rules>,
    key: &str,
    report: &mut Report<'_>,
) -> BTreeMap<Field, Vec<Rule>> {
    file.iter().map(|(field, rules)| (*field, rule::compile_all(rules, &format!("{key}.{field}"), report))).collect()
}

fn wall(file: &WallFile, key: &str, report: &mut Report<'_>) -> Wall {
    Wall {
        css: selectors(&file.css.0, &format!("{key}.css"), report),
        text: regexes(&file.text.0, &format!("{key}.text"), report),
        address: file.address.as_deref().and_then(|text| rule::regex(text, &format!("{key}.address"), report)),
    }
}

fn selectors(texts: &[String], key: &str, report: &mut Report<'_>) -> Vec<(Selector, String)> {
    texts.iter().filter_map(|text| Some((rule::selector(text, key, report)?, text.clone()))).collect()
}

fn regexes(texts: &[String], key: &str, report: &mut Report<'_>) -> Vec<Regex> {
    texts.iter().filter_map(|text| rule::regex(text, key, report)).collect()
}

/// The first and second page of every country must be addresses, on hosts that the spider may follow.
fn check_addresses(compiled: &Compiled, report: &mut Report<'_>) {
    if !report.problems.is_empty() || compiled.listing.start.names().next() == Some("query") {
        return;
    }
    let any = vec![String::new()];
    let countries = if compiled.info.countries.is_empty() { &any } else { &compiled.info.countries };
    for country in countries {
        for query in ["x", ""] {
            let search = Search { country: country.clone(), query: query.to_owned() };
            for number in [1, 2] {
                let Some(text) = compiled.address_text(&search, number) else { continue };
                let key = if number == 1 { "listing.start" } else { "listing.page" };
                let Ok(url) = Url::parse(&text) else {
                    report.add(key, key, format!("`{text}` is no address"), "begin with https://");
                    return;
                };
                if compiled.origin.is_none() && !compiled.allows(&url, country) {
                    let reason = format!("`{text}` lies on none of `hosts`");
                    report.add(key, "hosts", reason, "add its host to `hosts`");
                    return;
                }
            }
        }
    }
}

impl Compiled {
    pub(super) fn with_file(mut self, file: &str) -> Self {
        self.file = file.to_owned();
        self
    }

    /// What a spider can do without, but seldom should.
    pub(super) fn warnings(&self) -> Vec<Problem> {
        let mut report = Report::new(&self.file, "");
        if self.info.checked.is_none() || self.info.checked_against.is_empty() {
            let remedy = "add `checked` and `checked_against`";
            report.at(None, "checked", "nothing says when the spider was checked, and against what", remedy);
        }
        let nothing = self.listing.no_results.css.is_empty() && self.listing.no_results.text.is_empty();
        if nothing && !self.listing.empty_body && self.listing.format == Format::Html {
            let reason = "an empty listing can't be told from a new layout";
            report.at(None, "listing.no_results", reason, "add what the portal shows where it has no ads");
        }
        let wanted =
            [Field::Title, Field::Company, Field::Location, Field::Description, Field::Salary, Field::PostedDate];
        for field in wanted {
            let listed = self.listing.fields.contains_key(&field);
            let read = !self.listing.complete && (self.detail.json_ld || self.detail.fields.contains_key(&field));
            if !listed && !read {
                let key = format!("detail.fields.{field}");
                report.at(None, &key, "no rule fills this field", "add one, if the portal shows it");
            }
        }
        report.problems
    }
}
