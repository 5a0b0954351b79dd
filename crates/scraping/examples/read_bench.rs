//! Pages per second and core, for every saved page of the shared data.
//!
//! `OBSERVATORY_SHARED_DATA=... cargo run --release -p observatory-scraping --example read_bench [-- --show]`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use observatory_scraping::{Page, PageKind, PageRequest, Search, spider::Spiders};
use url::Url;

const PAGES: [(&str, &str, &str, &str); 7] = [
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
        "https://mx.computrabajo.com/ofertas-de-trabajo/oferta-de-trabajo-de-desarrollador-java-angular-en-alvaro-obregon-0845FCE031FF1AE561373E686DCF3405",
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

fn main() {
    let Some(folder) = std::env::var_os("OBSERVATORY_SHARED_DATA").map(PathBuf::from) else {
        println!("OBSERVATORY_SHARED_DATA is not set: there are no pages to read");
        return;
    };
    let show = std::env::args().any(|argument| argument == "--show");
    let spiders = Spiders::shipped();
    for problem in spiders.problems() {
        println!("{problem}");
    }
    for (spider, country, file, url) in PAGES {
        let (Some(spider), Ok(body)) = (spiders.get(spider), std::fs::read(folder.join("portals").join(file))) else {
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
