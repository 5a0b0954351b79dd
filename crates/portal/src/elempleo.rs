//! Listing and detail pages built like elempleo's, Colombia.
//!
//! `/co/ofertas-empleo[/{city}]?trabajo={q}&page=N` (also `/co/ofertas-empleo/trabajo-{slug}`, and `/co/ofertas-empleo/N`)
//! lists 20 ads a page; `/co/ofertas-trabajo/{slug}-{id}` is an ad, always with JSON-LD.
//! The portal itself pages by script; here `a.js-btn-next` leads on.

use std::fmt::Write;

use chrono::NaiveDateTime;
use serde_json::json;

use crate::{
    catalogue::{Catalogue, Hits, Query, Shelf, View},
    dates,
    frame::{Frame, Visit},
    page::Page,
    posting,
    text::{escape, escaped, fold, slug},
};

/// Ads on a listing page.
pub const PAGE_SIZE: u64 = 20;
/// The listing of all ads.
pub const ALL: &str = "/co/ofertas-empleo";

const FIRST_ID: u64 = 1_886_000_000;

/// An ad's path.
pub fn path(view: &View<'_>) -> String {
    format!("/co/ofertas-trabajo/{}-{}", slug(&view.title), FIRST_ID + view.position)
}

/// Reads the id at a path's end: the position.
pub fn parse_id(path: &str) -> Option<u64> {
    path.rsplit_once('-')?.1.parse::<u64>().ok()?.checked_sub(FIRST_ID)
}

/// What a listing's path (after [`ALL`]) and its parameter `trabajo` ask for.
pub fn query(rest: &str, words: &str) -> Query {
    let mut query = Query { words: fold(words), ..Query::default() };
    for part in rest.split('/') {
        match part.strip_prefix("trabajo-") {
            Some(slug) => query.words.push_str(&fold(slug)),
            None if part.parse::<u64>().is_ok() => {}
            None => query.place.push_str(&fold(part)),
        }
    }
    query
}

/// The number of the page, where the path (after [`ALL`]) ends with it.
pub fn number(rest: &str) -> Option<u64> {
    rest.rsplit('/').next()?.parse().ok()
}

/// A listing page.
pub struct Listing<'a> {
    /// All ads.
    pub catalogue: &'a Catalogue,
    /// This portal.
    pub shelf: &'a Shelf,
    /// What was found.
    pub hits: &'a Hits,
    /// Path, and parameters beside `page`: `/co/ofertas-empleo?trabajo=python&`.
    pub address: &'a str,
    /// Number of the page, from 1.
    pub number: u64,
}

impl Listing<'_> {
    /// The page's HTML.
    pub fn render<'f>(&self, frame: &'f Frame, visit: Visit<'_>, now: NaiveDateTime) -> Page<'f> {
        let mut page = frame.open(visit, "CO", "Ofertas de empleo en Colombia", ALL);
        let out = &mut page.text;
        let _ = write!(
            out,
            "<div class=\"container\">\n<h1 class=\"h3\"><strong class=\"js-total-results\">{}</strong> ofertas de empleo</h1>\n\
             <div class=\"js-result-list\">\n",
            self.hits.len
        );
        let from = (self.number - 1).saturating_mul(PAGE_SIZE);
        for (i, view) in self.catalogue.page(self.shelf, self.hits, from, PAGE_SIZE).enumerate() {
            card(out, &view, i + 1, now);
        }
        out.push_str("</div>\n");
        if from >= self.hits.len {
            out.push_str("<p class=\"no-results\">No encontramos ofertas con esta búsqueda</p>\n");
        } else if from + PAGE_SIZE < self.hits.len {
            let (address, next) = (escaped(self.address), self.number + 1);
            let _ = writeln!(out, "<a class=\"btn js-btn-next\" href=\"{address}page={next}\">Siguiente</a>");
        }
        out.push_str("</div>\n");
        frame.close(&mut page);
        page
    }
}

fn salary(view: &View<'_>) -> String {
    if view.ad.salary.is_empty() { "Salario confidencial".to_owned() } else { view.ad.salary.clone() }
}

fn card(out: &mut String, view: &View<'_>, place: usize, now: NaiveDateTime) {
    let path = path(view);
    let data = json!({
        "section": "SEARCH",
        "id": FIRST_ID + view.position,
        "title": view.title,
        "company": view.company,
        "location": view.ad.location,
        "salary": salary(view),
        "position": place,
    });
    let _ = write!(
        out,
        "<div class=\"col-md-12 result-item mb-3 bg-white\">\n <div class=\"col-md-12 p-0 js-area-bind area-bind\" \
         data-url=\"{path}\" data-ga4-offerdata=\"{}\">\n  <h2 class=\"h4 item-title\"><a class=\"js-offer-title\" href=\"{path}\">",
        escaped(&data.to_string())
    );
    escape(out, &view.title);
    out.push_str("</a></h2>\n");
    let when = match dates::on_card(view.posted, now, 0) {
        text if text.contains("hora") || text.contains("minuto") => "Hoy".to_owned(),
        text => text.replace("  ", " "),
    };
    for (class, value) in [("company", view.company), ("city", &view.ad.location), ("date", &when)] {
        let _ = writeln!(out, "  <span class=\"js-offer-{class}\">{}</span>", escaped(value));
    }
    if !view.ad.remote.is_empty() {
        let _ = writeln!(out, "  <div class=\"js-work-modality\">{}</div>", escaped(&view.ad.remote));
    }
    let _ = write!(out, "  <div class=\"text-blue-petrol-dark\">{}</div>\n </div>\n</div>\n", escaped(&salary(view)));
}

/// An ad's page.
pub fn detail<'f>(frame: &'f Frame, view: &View<'_>, visit: Visit<'_>) -> Page<'f> {
    let ad = view.ad;
    let mut page = frame.open(visit, "CO", &view.title, &path(view));
    let out = &mut page.text;
    posting::write(out, view);
    let _ = write!(
        out,
        "<div class=\"container js-offer-detail-container\">\n<div class=\"eeoffer-data-wrapper\">\n\
         <h1 class=\"ee-mod ee-offer-title js-offer-title\"><span class=\"js-jobOffer-title\">{}</span></h1>\n\
         <h2 class=\"ee-mod ee-company-title\"><span class=\"js-company-name\"><strong>{}</strong></span></h2>\n\
         <p><i class=\"fa fa-money\"></i> <span class=\"js-joboffer-salary\">{}</span></p>\n\
         <p><i class=\"fa fa-map-marker\"></i> <span class=\"js-joboffer-city\">{}</span></p>\n\
         <p><i class=\"fa fa-clock-o\"></i> <span class=\"js-publish-date\">Publicado {}</span></p>\n\
         <p class=\"js-vacancy\">{} vacante(s)</p>\n",
        escaped(&view.title),
        escaped(view.company),
        escaped(&salary(view)),
        escaped(&ad.location),
        dates::short(view.posted),
        1 + view.pick(3),
    );
    for (class, label, value) in
        [("js-contract-type", "Tipo de contrato", &ad.contract), ("js-work-modality", "Modalidad", &ad.remote)]
    {
        if !value.is_empty() {
            let _ = writeln!(out, "<p>{label}: <span class=\"{class}\">{}</span></p>", escaped(value));
        }
    }
    let _ = write!(
        out,
        "</div>\n<div class=\"description-block\">\n{}\n</div>\n<a class=\"btn js-apply\" href=\"/candidate/apply?id={}\">\
         Aplicar</a>\n</div>\n",
        view.markup(),
        FIRST_ID + view.position
    );
    frame.close(&mut page);
    page
}

/// What stands at the address of an ad that is over, with status 200.
pub fn gone<'f>(frame: &'f Frame, visit: Visit<'_>, path: &str) -> Page<'f> {
    let mut page = frame.open(visit, "CO", "Oferta no disponible", path);
    page.text.push_str(
        "<div class=\"container\">\n<h2>Esta oferta ya no está disponible</h2>\n\
         <p>La empresa retiró la vacante; busca otras ofertas.</p>\n</div>\n",
    );
    frame.close(&mut page);
    page
}
