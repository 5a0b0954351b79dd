//! The three portals together: paging ends, and every ad is there once.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, HashSet};

use common::{Browser, all, attribute, key, one, options, samples, start, text};
use observatory_portal::Options;
use scraper::Selector;

/// Follows computrabajo's listing to its end: paths of the ads, and pages seen.
async fn computrabajo(browser: &Browser, first: &str) -> (Vec<String>, usize) {
    let (mut url, mut paths, mut pages) = (first.to_owned(), Vec::new(), 0);
    loop {
        let page = browser.get(&url).await.html();
        pages += 1;
        let root = page.root_element();
        for card in all(root, "article.box_offer[data-id]") {
            paths.push(attribute(card, "h2 a.js-o-link", "href").split('#').next().unwrap().to_owned());
        }
        let next = all(root, "span.buildLink[data-path]").into_iter().find(|next| text(*next) == "Siguiente");
        let Some(next) = next else { return (paths, pages) };
        url = next.attr("data-path").unwrap().to_owned();
    }
}

async fn elempleo(browser: &Browser, origin: &str, path: &str) -> Vec<String> {
    let (mut path, mut paths) = (path.to_owned(), Vec::new());
    loop {
        let page = browser.get(&format!("{origin}{path}")).await.html();
        let root = page.root_element();
        let cards = all(root, ".result-item .js-area-bind[data-ga4-offerdata]");
        paths.extend(cards.iter().map(|card| card.attr("data-url").unwrap().to_owned()));
        let Some(next) = root.select(&Selector::parse("a.js-btn-next").unwrap()).next() else { return paths };
        path = next.attr("href").unwrap().to_owned();
    }
}

async fn bumeran(browser: &Browser, origin: &str, site: &str, query: &str) -> Vec<serde_json::Value> {
    let mut ads = Vec::new();
    for page in 0.. {
        let answer = browser.search(origin, site, query, &format!("pageSize=10&page={page}")).await;
        let content = answer["content"].as_array().unwrap().clone();
        if content.is_empty() {
            assert_eq!(answer["total"], ads.len());
            break;
        }
        ads.extend(content);
    }
    ads
}

#[tokio::test]
async fn the_three_portals_serve_each_ad_exactly_once() {
    let (_running, origin, browser) = start(options()).await;
    let mut found: BTreeMap<[String; 3], usize> = BTreeMap::new();
    let mut addresses = HashSet::new();
    for country in ["co", "mx", "ar"] {
        let first = format!("{origin}/{country}/ofertas-de-trabajo/");
        for path in computrabajo(&browser, &first).await.0 {
            assert!(path.starts_with(&format!("/{country}/ofertas-de-trabajo/")), "{path}");
            let page = browser.get(&format!("{origin}{path}")).await.html();
            let title = text(one(page.root_element(), "h1"));
            let line = text(one(page.root_element(), "h1 + p.fs16"));
            let (company, place) = line.split_once(" - ").unwrap();
            *found.entry([title, company.to_owned(), place.to_owned()]).or_default() += 1;
            assert!(addresses.insert(path));
        }
    }
    for path in elempleo(&browser, &origin, "/co/ofertas-empleo").await {
        let page = browser.get(&format!("{origin}{path}")).await.html();
        let field = |selector| text(one(page.root_element(), selector));
        let ad = [".js-jobOffer-title", ".js-company-name strong", ".js-joboffer-city"].map(field);
        *found.entry(ad).or_default() += 1;
        assert!(addresses.insert(path));
    }
    for site in ["BMAR", "BMMX"] {
        for ad in bumeran(&browser, &origin, site, "").await {
            let ad_key = ["titulo", "empresa", "localizacion"].map(|field| ad[field].as_str().unwrap().to_owned());
            *found.entry(ad_key).or_default() += 1;
            assert!(addresses.insert(ad["id"].to_string()));
        }
    }
    let mut expected: BTreeMap<[String; 3], usize> = BTreeMap::new();
    samples().iter().for_each(|ad| *expected.entry(key(ad)).or_default() += 1);
    assert_eq!(found, expected);
    assert_eq!(addresses.len(), 174);
}

#[tokio::test]
async fn a_query_finds_all_ads_with_its_words_and_no_others() {
    let (_running, origin, browser) = start(options()).await;
    let (python, pages) = computrabajo(&browser, &format!("{origin}/mx/trabajo-de-python")).await;
    let (everything, _) = computrabajo(&browser, &format!("{origin}/mx/trabajo-de-")).await;
    assert!(!python.is_empty() && python.len() < everything.len() && pages == python.len().div_ceil(20));
    for path in &everything {
        let says = browser.get(&format!("{origin}{path}")).await.html();
        let body = text(one(says.root_element(), "main")).to_lowercase();
        assert_eq!(python.contains(path), body.contains("python"), "{path}");
    }
    let (placed, _) = computrabajo(&browser, &format!("{origin}/mx/trabajo-de-experiencia-en-guadalajara")).await;
    assert!(!placed.is_empty() && placed.len() < everything.len());
    assert!(placed.iter().all(|path| path.contains("-en-guadalajara")), "{placed:?}");
    let (recent, _) = computrabajo(&browser, &format!("{origin}/mx/trabajo-de-?pubdate=30")).await;
    assert!(!recent.is_empty() && recent.len() < everything.len());
    let (none, pages) = computrabajo(&browser, &format!("{origin}/mx/trabajo-de-zapatero")).await;
    assert!(none.is_empty() && pages == 1);

    let words = elempleo(&browser, &origin, "/co/ofertas-empleo?trabajo=dise%C3%B1ador").await;
    let slug = elempleo(&browser, &origin, "/co/ofertas-empleo/trabajo-disenador").await;
    assert!(!words.is_empty() && words == slug);
    let city = elempleo(&browser, &origin, "/co/ofertas-empleo/medellin?trabajo=").await;
    assert!(!city.is_empty() && city.len() < 27);
    let react = bumeran(&browser, &origin, "BMAR", "react").await;
    assert!(!react.is_empty() && react.len() < 32);
    assert!(react.iter().all(|ad| ad.to_string().to_lowercase().contains("react")));
}

#[tokio::test]
async fn the_sitemap_lists_every_page_that_holds_an_ad() {
    let (_running, origin, browser) = start(options()).await;
    let robots = browser.get(&format!("{origin}/robots.txt")).await.text();
    assert!(robots.contains(&format!("Sitemap: {origin}/sitemap.xml")) && robots.contains("Disallow: /candidate/"));
    let xml = browser.get(&format!("{origin}/sitemap.xml")).await.text();
    let urls: Vec<_> = xml.split("<loc>").skip(1).map(|rest| rest.split("</loc>").next().unwrap()).collect();
    assert_eq!(urls.len(), 36 + 47 + 21 + 27);
    for url in urls.iter().step_by(20) {
        assert_eq!(browser.get(url).await.status, 200, "{url}");
    }
    let xml = browser.get(&format!("{origin}/mx/sitemap.xml")).await.text();
    assert_eq!(xml.matches("<loc>").count(), 47);
}

#[tokio::test]
async fn a_million_synthetic_ads_are_listed_to_the_last_page() {
    let (_running, origin, browser) = start(Options { synthetic: Some(1_000_001), ..options() }).await;
    let all = format!("{origin}/co/ofertas-de-trabajo/");
    let (last, _) = computrabajo(&browser, &format!("{all}?p=50000")).await;
    assert_eq!(last.len(), 21);
    let page = browser.get(&format!("{origin}{}", last[20])).await;
    let html = page.html();
    assert!(text(one(html.root_element(), "h1")).ends_with(" - Ref. 1000001"));
    assert!((6_000..20_000).contains(&page.body.len()), "{} bytes", page.body.len());
    let index = browser.get(&format!("{origin}/mx/sitemap.xml")).await.text();
    assert_eq!(index.matches("<loc>").count(), 101);
    let part = index.split("<loc>").last().unwrap().split("</loc>").next().unwrap().to_owned();
    assert_eq!(browser.get(&part).await.text().matches("<loc>").count(), 1);
    let answer = browser.search(&origin, "BMAR", "", "pageSize=100&page=10000").await;
    assert_eq!((answer["content"].as_array().unwrap().len(), answer["total"].as_u64().unwrap()), (1, 1_000_001));
}
