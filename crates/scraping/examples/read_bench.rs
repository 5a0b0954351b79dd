//! Pages per second and core, for every saved page of the shared data.
//!
//! `OBSERVATORY_SHARED_DATA=... cargo run --release -p observatory-scraping --example read_bench [-- --show]`

#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use observatory_scraping::{Page, PageKind, PageRequest, Search, spider::Spiders};
use url::Url;

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    let Some(folder) = common::portals() else { return };
    let show = std::env::args().any(|argument| argument == "--show");
    let spiders = Spiders::shipped();
    for problem in spiders.problems() {
        println!("{problem}");
    }
    for (spider, country, file, url) in common::SAVED {
        let (Some(spider), Ok(body)) = (spiders.get(spider), std::fs::read(folder.join(file))) else {
            println!("{file}: no such spider or page");
            continue;
        };
        let Ok(url) = Url::parse(url) else { continue };
        let kilobytes = body.len() as f64 / 1_000.0;
        let page = Page::new(url, "", body);
        let search = Search { country: country.to_owned(), query: "python".to_owned() };
        let tried = spider.try_page(&page, &search);
        if show {
            println!("{file}: {:?}, next {:?}, problem {:?}", tried.kind, tried.next, tried.problem);
            for ad in &tried.ads {
                println!("  {}", ad.url);
                for (field, found) in &ad.fields {
                    println!("    {field}: {:?} [{}]", found.text.chars().take(160).collect::<String>(), found.source);
                }
                let missing: Vec<&str> = ad.missing.iter().map(|(field, _)| field.name()).collect();
                println!("    missing: {}", missing.join(", "));
            }
        }
        let Some(request) = spider.start(&search).ok().and_then(|requests| requests.into_iter().next()) else {
            continue;
        };
        let (start, mut rounds) = (Instant::now(), 0u32);
        while start.elapsed() < Duration::from_secs(1) {
            let request = PageRequest { url: page.url.clone(), kind: tried.kind, ..request.clone() };
            if tried.kind == PageKind::Listing {
                let _ = std::hint::black_box(spider.read_listing(&request, &page, &search));
            } else {
                let _ = std::hint::black_box(spider.read_detail(&request, &page));
            }
            rounds += 1;
        }
        let each = start.elapsed().as_secs_f64() / f64::from(rounds);
        let per_20 = each * 1_000.0 * 20.0 / kilobytes;
        println!(
            "{file}: {} ads, {kilobytes:.0} kB, {:.0} pages/s, {:.2} ms a page, {per_20:.2} ms per 20 kB",
            tried.ads.len(),
            1.0 / each,
            each * 1_000.0
        );
    }
}
