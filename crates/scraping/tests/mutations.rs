//! No page, however broken, makes a spider panic, and none takes long.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::{SAVED, page, portals, request, search, spider};
use observatory_scraping::PageKind;

/// A small generator: the same mutations in every run.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

#[test]
fn truncated_and_mutated_pages_never_panic() {
    let Some(folder) = portals() else { return };
    for (name, country, file, url) in SAVED {
        let whole = std::fs::read(folder.join(file)).unwrap();
        // The largest page is one listing twenty times over; its first cards are as good.
        let body = &whole[..whole.len().min(60_000)];
        let (spider, search) = (spider(name), search(country, "python"));
        let (listing, detail) = (request(PageKind::Listing, url), request(PageKind::Detail, url));
        let mut state = 7;
        for at in 0..200 {
            let mut cut = body[..body.len() * at / 200].to_vec();
            let broken = page(url, cut.clone());
            let _ = spider.read_listing(&listing, &broken, &search);
            let _ = spider.read_detail(&detail, &broken);
            if at % 10 == 0 {
                cut = body.to_vec();
                for _ in 0..50 {
                    let place = random(&mut state) % cut.len();
                    cut[place] = [b'<', b'>', b'"', b'{', b'}', 0, 0xff, b'&'][random(&mut state) % 8];
                }
                spider.try_page(&page(url, cut), &search);
            }
        }
    }
}

#[test]
fn hostile_pages_take_no_time() {
    let url = "https://co.computrabajo.com/ofertas-de-trabajo/x-3711D8CB3155475961373E686DCF3405";
    let bodies = [
        "<div>".repeat(200_000),
        "<article class=box_offer>".repeat(100_000),
        "<p class=mbB>".repeat(100_000),
        "<a href=/x>".repeat(100_000),
        format!("<div div-link=oferta>{}</div>", "<p class=mbB>x</p><span class='tag base'>y</span>".repeat(50_000)),
        format!("<script type=application/ld+json>{}</script>", "[".repeat(500_000)),
        format!("<script type=application/ld+json>{{\"a\":\"{}</script>", "\"x\\".repeat(300_000)),
        format!("<script type=application/ld+json>{}</script>", "{\"@type\":\"JobPosting\",".repeat(50_000)),
        "&amp;".repeat(500_000),
        format!("[{}", "[".repeat(500_000)),
        format!("<h1>{}</h1>", "oferta ".repeat(200_000)),
    ];
    for spider in ["bumeran", "computrabajo", "generic"].map(spider) {
        for body in &bodies {
            let (start, hostile) = (Instant::now(), page(url, body.as_str()));
            let _ = spider.read_listing(&request(PageKind::Listing, url), &hostile, &search("CO", "x"));
            let _ = spider.read_detail(&request(PageKind::Detail, url), &hostile);
            let took = start.elapsed();
            let kind = body.get(..40).unwrap_or_default();
            assert!(took < Duration::from_secs(20), "{}: {kind} took {took:?}", spider.name());
        }
    }
}
