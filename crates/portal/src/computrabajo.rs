//! Listing and detail pages built like computrabajo's.
//!
//! | path (after `/{cc}`; without it, Colombia) | serves |
//! |---|---|
//! | `/trabajo-de-{slug}[-en-{place}]` | ads with these words |
//! | `/empleos-en-{place}` | ads of a place |
//! | `/ofertas-de-trabajo/`, `/trabajo-de-` | all ads |
//! | `/ofertas-de-trabajo/{slug}-{id}` | an ad |
//!
//! `p=N` counts pages of 20 from 1; `pubdate=N` keeps the last N days.

use std::fmt::Write;

use chrono::NaiveDateTime;

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
pub const ALL: &str = "/ofertas-de-trabajo/";

const SUFFIX: &str = "61373E686DCF3405";
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
const SHELF_SHIFT: u32 = 40;

/// The factor's inverse modulo 2^64, by Newton's iteration.
const INVERSE: u64 = {
    let (mut x, mut i) = (FACTOR, 0);
    while i < 5 {
        x = x.wrapping_mul(2u64.wrapping_sub(FACTOR.wrapping_mul(x)));
        i += 1;
    }
    x
};

/// An ad's id: 32 hexadecimal digits.
pub fn id(view: &View<'_>) -> String {
    let number = (view.shelf.number + 1) << SHELF_SHIFT | view.position;
    format!("{:016X}{SUFFIX}", number.wrapping_mul(FACTOR))
}

/// Reads the id at a path's end: shelf and position.
pub fn parse_id(path: &str) -> Option<(u64, u64)> {
    let digits = path.strip_suffix(SUFFIX)?;
    let digits = digits.get(digits.len().checked_sub(16)?..)?;
    let number = u64::from_str_radix(digits, 16).ok()?.wrapping_mul(INVERSE);
    Some(((number >> SHELF_SHIFT).checked_sub(1)?, number & ((1 << SHELF_SHIFT) - 1)))
}

/// An ad's path.
pub fn path(view: &View<'_>) -> String {
    let place = slug(&view.ad.location);
    format!("/ofertas-de-trabajo/oferta-de-trabajo-de-{}-en-{place}-{}", slug(&view.title), id(view))
}

/// What a listing's path asks for; none where it is no listing.
pub fn query(path: &str) -> Option<Query> {
    if path == ALL {
        return Some(Query::default());
    }
    let (words, place) = match (path.strip_prefix("/trabajo-de-"), path.strip_prefix("/empleos-en-")) {
        (Some(slug), _) => slug.rsplit_once("-en-").unwrap_or((slug, "")),
        (None, place) => ("", place?),
    };
    Some(Query { words: fold(words), place: fold(place), since: None })
}

/// A listing page.
pub struct Listing<'a> {
    /// All ads.
    pub catalogue: &'a Catalogue,
    /// This portal in this country.
    pub shelf: &'a Shelf,
    /// What was found.
    pub hits: &'a Hits,
    /// Path without the country, for the links of other pages.
    pub path: &'a str,
    /// Parameters beside `p` that they keep, such as `&pubdate=7`.
    pub kept: &'a str,
    /// Number of the page, from 1.
    pub number: u64,
}

impl Listing<'_> {
    /// The page's HTML.
    pub fn render<'f>(&self, frame: &'f Frame, visit: Visit<'_>, now: NaiveDateTime) -> Page<'f> {
        let mut page = frame.open(visit, &self.shelf.country, "Ofertas de trabajo", self.path);
        let out = &mut page.text;
        let _ = write!(
            out,
            "<main>\n<div id=\"offersGridOfferContainer\" class=\"box_grid parrilla_oferta\">\n<div class=\"box_title\">\
             <h1 class=\"title_page\"><span class=\"fwB\">{}</span> Ofertas de trabajo</h1></div>\n",
            self.hits.len
        );
        let from = (self.number - 1).saturating_mul(PAGE_SIZE);
        for (i, view) in self.catalogue.page(self.shelf, self.hits, from, PAGE_SIZE).enumerate() {
            card(out, &view, i, visit, now);
        }
        if from >= self.hits.len {
            out.push_str("<p class=\"fs18 fwB\">No se han encontrado ofertas de trabajo con estos filtros</p>\n");
        }
        self.pager(out, visit, from);
        out.push_str("</div>\n</main>\n");
        frame.close(&mut page);
        page
    }

    fn pager(&self, out: &mut String, visit: Visit<'_>, from: u64) {
        let mut button = |class: &str, number: Option<u64>, label: &str| {
            let Some(number) = number else {
                let _ = writeln!(out, "<span class=\"{class} disabled w48 cp\">{label}</span>");
                return;
            };
            let _ =
                write!(out, "<span class=\"{class} w48 buildLink cp\" data-path=\"{}{}", visit.origin, visit.prefix);
            escape(out, self.path);
            let _ = writeln!(out, "?p={number}{}\" title=\"{label}\">\n{label}\n</span>", escaped(self.kept));
        };
        let more = from.saturating_add(PAGE_SIZE) < self.hits.len;
        button("b_primary_inv fwB", (self.number > 1).then(|| self.number - 1), "Anterior");
        button("b_primary", more.then(|| self.number + 1), "Siguiente");
    }
}

fn card(out: &mut String, view: &View<'_>, i: usize, visit: Visit<'_>, now: NaiveDateTime) {
    let (id, path, ad) = (id(view), path(view), view.ad);
    let _ = write!(
        out,
        "<article class=\"box_offer{}\" data-id=\"{id}\" data-blind=\"false\" id=\"{id}\" data-lc=\"ListOffers-Score4-{i}\" \
         data-offers-grid-offer-item-container=\"\">\n<h2 class=\"fs18 fwB prB\">\n\
         <a class=\"js-o-link fc_base\" href=\"{}{path}#lc=ListOffers-Score4-{i}\">\n",
        if i == 0 { " sel" } else { "" },
        visit.prefix
    );
    escape(out, &view.title);
    out.push_str(
        "\n</a>\n<div class=\"tags\">\n<span class=\"tag postulated hide\" applied-offer-tag=\"\"><span class=\"icon \
         i_check_circle_full mr5\"></span>Postulado</span>\n<span class=\"tag hide\" viewed-offer-tag=\"\">Vista</span>\n\
         </div>\n</h2>\n<p class=\"dFlex vm_fx fs16 fc_base mt5\">\n",
    );
    company(out, view);
    out.push_str("</p>\n<p class=\"fs16 fc_base mt5\">\n<span class=\"mr10\">\n");
    escape(out, &ad.location);
    out.push_str("\n</span>\n</p>\n");
    if !ad.salary.is_empty() || !ad.remote.is_empty() {
        out.push_str("<div class=\"fs13 mt15\">\n");
        let home = if fold(&ad.remote).contains(" remot") { "i_home" } else { "i_home_office" };
        for (icon, value) in [("i_salary", &ad.salary), (home, &ad.remote)] {
            if !value.is_empty() {
                let _ = write!(out, "<span class=\"dIB mr10\">\n<span class=\"icon {icon}\"></span>\n");
                escape(out, value);
                out.push_str("\n</span>\n");
            }
        }
        out.push_str("</div>\n");
    }
    let when = dates::on_card(view.posted, now, view.pick(24));
    let _ = write!(out, "<p class=\"fs13 fc_aux mt15\">\n{when}\n</p>\n</article>\n");
}

/// The employer: with a page of its own, or, for some, only the name.
fn company(out: &mut String, view: &View<'_>) {
    if view.company.is_empty() {
        out.push_str("Importante empresa del sector\n");
    } else if view.pick(5) == 0 {
        escape(out, view.company);
        out.push('\n');
    } else {
        let stars = 30 + view.pick(20);
        let _ = write!(
            out,
            "<span class=\"fx_none mr10\"><span class=\"fwB\">{}.{}</span><span class=\"star\"></span></span>\n\
             <span class=\"icon i_verificada mr5\"></span>\n<a class=\"fc_base t_ellipsis\" href=\"/empresas/{}\" \
             offer-grid-article-company-url=\"\" target=\"_blank\">\n",
            stars / 10,
            stars % 10,
            slug(view.company)
        );
        escape(out, view.company);
        out.push_str("\n</a>\n");
    }
}

/// An ad's page.
pub fn detail<'f>(frame: &'f Frame, view: &View<'_>, visit: Visit<'_>, now: NaiveDateTime) -> Page<'f> {
    let (id, ad) = (id(view), view.ad);
    let mut page = frame.open(visit, &view.shelf.country, &view.title, &path(view));
    let out = &mut page.text;
    if view.position.is_multiple_of(4) {
        posting::write(out, view);
    }
    out.push_str(
        "<main class=\"detail_fs\">\n<div class=\"container\">\n<h1 class=\"fwB fs24 mb5 box_detail w100_m\">",
    );
    escape(out, &view.title);
    out.push_str("</h1>\n<p class=\"fs16\">");
    escape(out, if view.company.is_empty() { "Importante empresa del sector" } else { view.company });
    out.push_str(" - ");
    escape(out, &ad.location);
    out.push_str(
        "</p>\n</div>\n<div class='box_detail'>\n<div class=\"mb40 pb40 bb1\" div-link=\"oferta\">\n\
         <h2 class=\"fwB fs18 mb20\">Descripción de la oferta</h2>\n<div class=\"mbB\">\n",
    );
    for tag in [&ad.salary, &ad.contract, &ad.remote].into_iter().filter(|tag| !tag.is_empty()) {
        out.push_str("<span class=\"tag base mb10\">");
        escape(out, tag);
        out.push_str("</span>\n");
    }
    out.push_str("</div>\n<p class=\"mbB\">");
    out.push_str(&view.lines().join("\n"));
    out.push_str("</p>\n");
    requirements(out, view);
    let when = dates::on_detail(view.posted, now, view.pick(24));
    let updated = if view.pick(3) == 0 { " (actualizada)" } else { "" };
    let _ = write!(
        out,
        "<p class=\"fc_aux fs13\">{when}{updated}</p>\n<div class=\"posSticky_m bottom0 bg_white pAllB_m mtB\">\n\
         <a class=\"b_primary big w100 t_no_wrap\" data-href-offer-apply=\"{}/match/?oi={id}&amp;p=57&amp;idb=1\">\n\
         Postularme\n</a>\n<button aria-label=\"Add favorite\" class=\"b_heart ml10\" data-oi=\"{id}\"></button>\n</div>\n\
         </div>\n</div>\n</main>\n",
        visit.origin
    );
    frame.close(&mut page);
    page
}

fn requirements(out: &mut String, view: &View<'_>) {
    let ad = view.ad;
    if !ad.requirement_lines.is_empty() {
        out.push_str("<p class=\"fwB fs18 mtB mb10\">Requerimientos</p>\n<ul class=\"disc mbB\">\n");
        for line in &ad.requirement_lines {
            out.extend(["<li class=\"mb10\">", line, "</li>\n"]);
        }
        out.push_str("</ul>\n");
    }
    if !ad.skills.is_empty() {
        out.push_str("<p class=\"fwB fs18 mtB mb10\">Aptitudes asociadas a esta oferta<span class=\"new tag\">Nuevo</span></p>\n");
        for skill in &ad.skills {
            let number = skill.bytes().fold(0, |n, byte| crate::catalogue::mix(n ^ u64::from(byte)));
            let _ = writeln!(
                out,
                "<span class=\"tag bg_brand_light fc_base mr5 mt10 big\" data-skill-id=\"{number:016X}\">{skill}</span>"
            );
        }
    }
}

/// What stands at the address of an ad that is over, with status 200.
pub fn gone<'f>(frame: &'f Frame, visit: Visit<'_>, country: &str, path: &str) -> Page<'f> {
    let mut page = frame.open(visit, country, "Oferta no disponible", path);
    page.text.push_str(
        "<main>\n<div class=\"box_info tc\">\n<p class=\"fs24 fwB\">Esta oferta ya no está disponible</p>\n\
         <p>La empresa la cerró o venció su plazo. Mira otras ofertas parecidas.</p>\n</div>\n</main>\n",
    );
    frame.close(&mut page);
    page
}
