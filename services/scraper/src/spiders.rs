//! The spiders of this installation, and whether one may run.

use std::sync::Arc;

use observatory_proto::{Error, Reason};
use observatory_scraping::{
    Field, Search,
    crawl::FieldCounts,
    spider::{Spider, Spiders},
};
use observatory_store::scraping::ScrapeRun;
use url::Url;

use crate::config::Options;

/// The shipped ones and the operator's; read anew each time, so that an edited file counts at once.
pub fn load(options: &Options) -> Spiders {
    if options.spiders_dir.as_os_str().is_empty() {
        Spiders::shipped()
    } else {
        Spiders::with_dir(&options.spiders_dir)
    }
}

/// Why the spider may not run here, and what to do about it; `None` where it may.
pub fn why_off(options: &Options, spider: &Spider) -> Option<String> {
    let info = spider.info();
    if !info.enabled && !options.enable.contains(&info.name) {
        let why = &info.robots.why;
        return Some(format!(
            "{why} Where you have the right to scrape it, name it in the scraper's `service.enable`."
        ));
    }
    if options.fetch.contact.trim().is_empty() && !asks_only_allowed(options, spider) {
        let contact =
            "set the scraper's `service.fetch.contact` (or `observatory up --contact`) to a URL or mail address";
        return Some(format!(
            "Public portals aren't asked anonymously: {contact} where their operators can reach you."
        ));
    }
    None
}

/// Whether its start pages are all on origins that the operator allowed.
fn asks_only_allowed(options: &Options, spider: &Spider) -> bool {
    let country = spider.info().countries.first().cloned().unwrap_or_else(|| "CO".into());
    let start = spider.start(&Search { country, query: "x".into() }).unwrap_or_default();
    let allowed = |url: &Url| options.fetch.allow.iter().any(|origin| origin.matches(url));
    !start.is_empty() && start.iter().all(|page| allowed(&page.url))
}

/// The spider of that name.
///
/// # Errors
/// Unknown; names those that there are.
pub fn named(spiders: &Spiders, name: &str) -> Result<Arc<Spider>, Error> {
    if let Some(spider) = spiders.get(name) {
        return Ok(spider.clone());
    }
    let names: Vec<&str> = spiders.iter().map(|spider| spider.name()).collect();
    let mut error = Error::not_found(Reason::SpiderNotFound, "spider", name);
    error.message = format!("{}; there are {}", error.message, names.join(", "));
    // A broken description is probably the one that is meant.
    if let Some(problem) = spiders.problems().iter().find(|problem| problem.file.contains(name)) {
        error.message = format!("{}; a description can't be used: {problem}", error.message);
    }
    Err(error)
}

/// A spider that may crawl a country here.
///
/// # Errors
/// Unknown, off, or not of that country.
pub fn runnable(options: &Options, name: &str, country: &str) -> Result<Arc<Spider>, Error> {
    let spider = named(&load(options), name)?;
    let info = spider.info();
    // A spider without countries takes any.
    if !info.countries.is_empty() && !info.countries.iter().any(|known| known == country) {
        let known = info.countries.join(", ");
        return Err(Error::invalid_field("country", format!("the spider {name} covers {known}, not {country}")));
    }
    if let Some(why) = why_off(options, &spider) {
        return Err(Error::new(Reason::SpiderOff, format!("the spider {name} is off: {why}")));
    }
    Ok(spider)
}

/// The fields of earlier crawls together.
pub fn history<'a>(runs: impl IntoIterator<Item = &'a ScrapeRun>) -> FieldCounts {
    let mut counts = FieldCounts::default();
    for run in runs {
        counts.ads += run.read_ads as u64;
        for field in Field::ALL {
            let ads = run.fields.get(field.name()).and_then(serde_json::Value::as_u64).unwrap_or(0);
            if ads > 0 {
                *counts.fields.entry(field).or_default() += ads;
            }
        }
    }
    counts
}
