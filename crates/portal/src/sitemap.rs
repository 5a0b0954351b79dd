//! robots.txt and the sitemaps.

use std::fmt::Write;

use crate::{
    catalogue::{Board, Catalogue, Query, Shelf, View},
    computrabajo, elempleo,
    frame::Visit,
};

/// What robots.txt forbids.
pub const DISALLOWED: [&str; 4] = ["/candidate/", "/acceso/", "/match/", "/OffersDetail/"];
/// Pages in one sitemap; the protocol allows 50,000.
const PER_FILE: u64 = 10_000;
const XMLNS: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";

/// robots.txt.
pub fn robots(origin: &str) -> String {
    let mut text = String::from("User-agent: *\nAllow: /\n");
    for path in DISALLOWED {
        let _ = writeln!(text, "Disallow: {path}");
    }
    let _ = writeln!(text, "\nSitemap: {origin}/sitemap.xml");
    text
}

/// The ads that have pages, of one country's computrabajo where `prefix` names it.
fn shelves<'a>(catalogue: &'a Catalogue, visit: Visit<'_>) -> Vec<&'a Shelf> {
    let country = visit.prefix.trim_start_matches('/');
    let listed = |shelf: &&Shelf| match shelf.board {
        Board::Computrabajo => country.is_empty() || shelf.country.eq_ignore_ascii_case(country),
        Board::Elempleo => country.is_empty(),
        Board::Bumeran => false,
    };
    catalogue.shelves().iter().filter(listed).collect()
}

/// `/sitemap.xml`: the ads' pages, or an index of sitemaps where they are many.
pub fn root(catalogue: &Catalogue, visit: Visit<'_>) -> String {
    let shelves = shelves(catalogue, visit);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if shelves.iter().map(|shelf| shelf.len).sum::<u64>() <= PER_FILE {
        let _ = writeln!(xml, "<urlset xmlns=\"{XMLNS}\">");
        shelves.iter().for_each(|shelf| urls(&mut xml, catalogue, shelf, 0, visit));
        xml.push_str("</urlset>\n");
        return xml;
    }
    let _ = writeln!(xml, "<sitemapindex xmlns=\"{XMLNS}\">");
    for shelf in shelves {
        for part in 0..shelf.len.div_ceil(PER_FILE) {
            let Visit { origin, .. } = visit;
            let _ = writeln!(xml, "<sitemap><loc>{origin}/sitemap-{}-{part}.xml</loc></sitemap>", shelf.number);
        }
    }
    xml.push_str("</sitemapindex>\n");
    xml
}

/// `/sitemap-{shelf}-{part}.xml`.
pub fn part(catalogue: &Catalogue, visit: Visit<'_>, path: &str) -> Option<String> {
    let (shelf, part) = path.strip_prefix("/sitemap-")?.strip_suffix(".xml")?.split_once('-')?;
    let (shelf, part): (u64, u64) = (shelf.parse().ok()?, part.parse().ok()?);
    let shelf = shelves(catalogue, visit).into_iter().find(|other| other.number == shelf)?;
    if part >= shelf.len.div_ceil(PER_FILE) {
        return None;
    }
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"{XMLNS}\">\n");
    urls(&mut xml, catalogue, shelf, part, visit);
    xml.push_str("</urlset>\n");
    Some(xml)
}

fn urls(xml: &mut String, catalogue: &Catalogue, shelf: &Shelf, part: u64, visit: Visit<'_>) {
    let all = catalogue.search(shelf, &Query::default());
    for view in catalogue.page(shelf, &all, part * PER_FILE, PER_FILE) {
        let _ = writeln!(
            xml,
            "<url><loc>{}{}</loc><lastmod>{}</lastmod></url>",
            visit.origin,
            public_path(&view),
            view.posted
        );
    }
}

/// An ad's path with its country.
fn public_path(view: &View<'_>) -> String {
    match view.shelf.board {
        Board::Elempleo => elempleo::path(view),
        _ => format!("/{}{}", view.shelf.country.to_ascii_lowercase(), computrabajo::path(view)),
    }
}
