//! Saved pages, and requests and pages made for tests.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use observatory_scraping::{
    Card, Field, Method, Page, PageKind, PageRequest, Search,
    spider::{Spider, Spiders},
};
use url::Url;

/// All saved pages: spider, country, file, address.
pub const SAVED: [(&str, &str, &str, &str); 8] = [
    (
        "computrabajo",
        "AR",
        "computrabajo/ar_listing_python_2025-10_full.html",
        "https://ar.computrabajo.com/trabajo-de-python",
    ),
    (
        "computrabajo",
        "MX",
        "computrabajo/mx_listing_2026-09_2cards.html",
        "https://mx.computrabajo.com/trabajo-de-desarrollador",
    ),
    (
        "computrabajo",
        "MX",
        "computrabajo/mx_detail_2026-09.html",
        "https://mx.computrabajo.com/ofertas-de-trabajo/oferta-de-trabajo-de-x-0845FCE031FF1AE561373E686DCF3405",
    ),
    (
        "elempleo",
        "CO",
        "elempleo/co_listing_and_detail_structure_2026.html",
        "https://www.elempleo.com/co/ofertas-empleo?trabajo=python",
    ),
    (
        "elempleo",
        "CO",
        "elempleo/co_listing_and_detail_structure_2026.html",
        "https://www.elempleo.com/co/ofertas-trabajo/desarrollador-python-senior-1886762593",
    ),
    (
        "linkedin",
        "MX",
        "linkedin/maeldk_linkedin_serp.html",
        "https://www.linkedin.com/jobs-guest/jobs/api/seeMoreJobPostings/search?start=0",
    ),
    (
        "linkedin",
        "MX",
        "linkedin/maeldk_linkedin_detail.html",
        "https://www.linkedin.com/jobs-guest/jobs/api/jobPosting/4406118990",
    ),
    (
        "zonajobs",
        "AR",
        "bumeran/zonajobs_api_responses_2025-10.json",
        "https://www.zonajobs.com.ar/api/avisos/searchHomeV2",
    ),
];

/// The folder with saved pages, if there is one.
pub fn portals() -> Option<PathBuf> {
    let folder = std::env::var_os("OBSERVATORY_SHARED_DATA").map(|shared| PathBuf::from(shared).join("portals"));
    if folder.is_none() {
        println!("skipped: OBSERVATORY_SHARED_DATA is not set");
    }
    folder
}

pub fn spider(name: &str) -> Arc<Spider> {
    let spiders = Spiders::shipped();
    assert_eq!(spiders.problems(), []);
    spiders.get(name).unwrap_or_else(|| panic!("no spider {name}")).clone()
}

pub fn page(url: &str, body: impl Into<Vec<u8>>) -> Page {
    Page::new(Url::parse(url).unwrap(), "", body)
}

pub fn request(kind: PageKind, url: &str) -> PageRequest {
    PageRequest {
        kind,
        method: Method::Get,
        url: Url::parse(url).unwrap(),
        headers: BTreeMap::new(),
        body: None,
        number: u32::from(kind == PageKind::Listing),
        card: None,
    }
}

pub fn search(country: &str, query: &str) -> Search {
    Search { country: country.to_owned(), query: query.to_owned() }
}

pub fn text(card: &Card, field: Field) -> &str {
    card.fields.get(&field).map_or("", |found| found.text.as_str())
}
