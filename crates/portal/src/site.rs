//! From a request to a page: which portal, which listing or ad, and what goes wrong.

use std::{borrow::Cow, time::Duration};

use chrono::{NaiveDate, NaiveDateTime};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use url::form_urlencoded;

use crate::{
    Options,
    body::Body,
    bumeran,
    catalogue::{Board, Catalogue, Shelf},
    computrabajo, dates, elempleo,
    faults::{self, Faults, Seen, strikes},
    frame::{Frame, Visit},
    page::Page,
    respond::{Charset, Reply, respond},
    sitemap,
    text::{escaped, fold},
};

const SLOW: u64 = 1;
const FAIL: u64 = 2;
const GONE: u64 = 3;
const LATIN1: u64 = 4;
const UNSAID: u64 = 5;

/// A page that asks for a login, with status 200 as portals do.
pub const LOGIN_WALL: &str = "/muro/acceso";
/// A page that asks for proof of being human, with status 403.
pub const CAPTCHA: &str = "/muro/captcha";

/// A request, as far as pages depend on it.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// `GET` or `POST`; `HEAD` counts as `GET`.
    pub post: bool,
    /// Path, decoded.
    pub path: &'a str,
    /// Query, without its question mark.
    pub query: &'a str,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// Body of a POST.
    pub body: &'a [u8],
    /// Such as `http://127.0.0.1:8099`.
    pub origin: &'a str,
}

impl Ask<'_> {
    fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn number(&self, name: &str, default: u64) -> u64 {
        self.parameter(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }
}

/// The three portals.
#[derive(Debug)]
pub struct Site {
    pub catalogue: Catalogue,
    pub html: Frame,
    elempleo: Frame,
    faults: Faults,
    seed: u64,
    today: Option<NaiveDate>,
    pub seen: Seen,
}

impl Site {
    /// Prepares what all pages share.
    pub fn new(catalogue: Catalogue, options: &Options) -> Self {
        Self {
            catalogue,
            html: Frame::new(Board::Computrabajo),
            elempleo: Frame::new(Board::Elempleo),
            faults: options.faults.clone(),
            seed: options.seed,
            today: options.today,
            seen: Seen::new(),
        }
    }

    /// Now, by the portal's clock.
    pub fn now(&self) -> NaiveDateTime {
        dates::now(self.today)
    }

    /// How long the answer is held back.
    pub fn delay(&self, ask: &Ask<'_>) -> Duration {
        let slow = !self.faults.slow.is_zero() && strikes(self.hash(ask), SLOW, self.faults.slow_share);
        if slow { self.faults.slow } else { Duration::ZERO }
    }

    fn hash(&self, ask: &Ask<'_>) -> u64 {
        let body = faults::hash(1, std::str::from_utf8(ask.body).unwrap_or_default());
        faults::hash(faults::hash(self.seed ^ body, ask.path), ask.query)
    }

    /// The answer.
    pub fn answer(&self, ask: &Ask<'_>) -> Response<Body> {
        let hash = self.hash(ask);
        let for_robots = ask.path == "/robots.txt" || ask.path.contains("/sitemap");
        if !for_robots && strikes(hash, FAIL, self.faults.fail) && self.seen.first(hash) {
            let mut response = Response::new(Body::from("Servicio no disponible\n"));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return response;
        }
        let latin1 = !for_robots && !ask.post && strikes(hash, LATIN1, self.faults.latin1);
        let charset = match latin1 {
            true if strikes(hash, UNSAID, 0.5) => Charset::Latin1Unsaid,
            true => Charset::Latin1,
            false => Charset::Utf8,
        };
        let reply = self.route(ask, charset).unwrap_or_else(|| self.not_found(ask, charset));
        let charset = if reply.content_type == "text/html" { charset } else { Charset::Utf8 };
        respond(reply, ask.headers, charset)
    }

    fn visit<'a>(&self, ask: &Ask<'a>, prefix: &'a str, charset: Charset) -> Visit<'a> {
        Visit { origin: ask.origin, prefix, charset: charset.name() }
    }

    fn route<'s>(&'s self, ask: &Ask<'_>, charset: Charset) -> Option<Reply<'s>> {
        if ask.post {
            return (ask.path == bumeran::SEARCH).then(|| self.bumeran(ask));
        }
        if let Some(rest) = ask.path.strip_prefix(elempleo::ALL) {
            return self.elempleo_listing(ask, rest, charset);
        }
        if ask.path.starts_with("/co/ofertas-trabajo/") {
            return self.elempleo_detail(ask, charset);
        }
        let (prefix, path) = split_country(ask.path);
        let visit = self.visit(ask, prefix, charset);
        match path {
            "/robots.txt" if prefix.is_empty() => return Some(plain(sitemap::robots(ask.origin))),
            "/sitemap.xml" => return Some(xml(sitemap::root(&self.catalogue, visit))),
            "/" => return Some(Reply::html(self.start_page(visit))),
            "/acceso/" | LOGIN_WALL => return Some(Reply::html(self.login_wall(visit))),
            CAPTCHA => {
                let mut reply = Reply::html(self.captcha(visit));
                reply.status = StatusCode::FORBIDDEN;
                return Some(reply);
            }
            _ => {}
        }
        if path.starts_with("/sitemap-") {
            return sitemap::part(&self.catalogue, visit, path).map(xml);
        }
        if path.starts_with("/empleos/") {
            return Some(Reply::text(StatusCode::OK, "text/html", bumeran::APP));
        }
        if path.starts_with("/ofertas-de-trabajo/") && path != computrabajo::ALL {
            return self.computrabajo_detail(ask, visit, path);
        }
        self.computrabajo_listing(ask, visit, path)
    }

    fn computrabajo_listing(&self, ask: &Ask<'_>, visit: Visit<'_>, path: &str) -> Option<Reply<'_>> {
        let country = if visit.prefix.is_empty() { "CO" } else { &visit.prefix[1..] };
        let shelf = self.catalogue.shelf(Board::Computrabajo, country)?;
        let mut query = computrabajo::query(path)?;
        let mut kept = String::new();
        if let Some(days) = ask.parameter("pubdate").and_then(|days| days.parse::<u64>().ok()) {
            query.since = Some(dates::before(self.now().date(), days));
            kept = format!("&pubdate={days}");
        }
        let hits = self.catalogue.search(shelf, &query);
        let number = ask.number("p", 1).max(1);
        let (catalogue, modified) = (&self.catalogue, self.newest(shelf));
        let listing = computrabajo::Listing { catalogue, shelf, hits: &hits, path, kept: &kept, number };
        Some(Reply::html(listing.render(&self.html, visit, self.now())).modified(modified))
    }

    fn newest(&self, shelf: &Shelf) -> Option<NaiveDate> {
        self.catalogue.view(shelf, 0).map(|view| view.posted)
    }

    fn is_gone(&self, ask: &Ask<'_>) -> bool {
        strikes(self.hash(ask), GONE, self.faults.gone)
    }

    fn computrabajo_detail(&self, ask: &Ask<'_>, visit: Visit<'_>, path: &str) -> Option<Reply<'_>> {
        let (number, position) = computrabajo::parse_id(path)?;
        let shelf = self.catalogue.shelves().get(usize::try_from(number).ok()?)?;
        if shelf.board != Board::Computrabajo {
            return None;
        }
        let view = self.catalogue.view(shelf, position)?;
        if self.is_gone(ask) {
            return Some(Reply::html(computrabajo::gone(&self.html, visit, &shelf.country, path)));
        }
        let page = computrabajo::detail(&self.html, &view, visit, self.now());
        Some(Reply::html(page).modified(Some(view.posted)))
    }

    fn elempleo_listing(&self, ask: &Ask<'_>, rest: &str, charset: Charset) -> Option<Reply<'_>> {
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let shelf = self.catalogue.shelf(Board::Elempleo, "CO")?;
        let words = ask.parameter("trabajo").unwrap_or_default();
        let hits = self.catalogue.search(shelf, &elempleo::query(rest, &words));
        let mut address = format!("{}?", ask.path);
        if !words.is_empty() {
            let encoded = form_urlencoded::byte_serialize(words.as_bytes());
            address.extend(std::iter::once("trabajo=").chain(encoded).chain(["&"]));
        }
        let asked = elempleo::number(rest).unwrap_or_else(|| ask.number("page", 1));
        let (catalogue, number) = (&self.catalogue, asked.max(1));
        let listing = elempleo::Listing { catalogue, shelf, hits: &hits, address: &address, number };
        let page = listing.render(&self.elempleo, self.visit(ask, "", charset), self.now());
        Some(Reply::html(page).modified(self.newest(shelf)))
    }

    fn elempleo_detail(&self, ask: &Ask<'_>, charset: Charset) -> Option<Reply<'_>> {
        let shelf = self.catalogue.shelf(Board::Elempleo, "CO")?;
        let view = self.catalogue.view(shelf, elempleo::parse_id(ask.path)?)?;
        let visit = self.visit(ask, "", charset);
        if self.is_gone(ask) {
            return Some(Reply::html(elempleo::gone(&self.elempleo, visit, ask.path)));
        }
        Some(Reply::html(elempleo::detail(&self.elempleo, &view, visit)).modified(Some(view.posted)))
    }

    fn bumeran(&self, ask: &Ask<'_>) -> Reply<'_> {
        let site = ask.headers.get("x-site-id").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let wrong = |text: &str| {
            let json = serde_json::json!({"error": text}).to_string();
            Reply::text(StatusCode::BAD_REQUEST, "application/json", json)
        };
        let Some(country) = bumeran::country(site) else { return wrong("x-site-id: BMAR or BMMX is needed") };
        let search: bumeran::Search = match serde_json::from_slice(ask.body) {
            Ok(search) => search,
            Err(error) => return wrong(&format!("body: {error}")),
        };
        let (number, size) = (ask.number("page", 0), ask.number("pageSize", bumeran::PAGE_SIZE));
        let size = size.clamp(1, bumeran::MAX_PAGE_SIZE);
        let query = crate::catalogue::Query { words: fold(&search.query), ..Default::default() };
        let Some(shelf) = self.catalogue.shelf(Board::Bumeran, country) else { return wrong("no ads of this site") };
        let hits = self.catalogue.search(shelf, &query);
        let answer = bumeran::answer(&self.catalogue, shelf, &hits, number, size);
        Reply::text(StatusCode::OK, "application/json", answer.to_string())
    }

    /// For people who open the origin in a browser.
    fn start_page(&self, visit: Visit<'_>) -> Page<'_> {
        let mut page = self.html.open(visit, "CO", "Portal de pruebas", "/");
        page.text.push_str("<main>\n<h1>Portal de pruebas</h1>\n<ul>\n");
        for shelf in self.catalogue.shelves() {
            let country = &shelf.country;
            let path = match shelf.board {
                Board::Computrabajo => format!("/{}{}", country.to_ascii_lowercase(), computrabajo::ALL),
                Board::Elempleo => elempleo::ALL.to_owned(),
                Board::Bumeran => continue,
            };
            let line = format!("<li><a href=\"{path}\">{:?} {country}: {}</a></li>\n", shelf.board, shelf.len);
            page.text.push_str(&line);
        }
        page.text.push_str("</ul>\n</main>\n");
        self.html.close(&mut page);
        page
    }

    fn login_wall(&self, visit: Visit<'_>) -> Page<'_> {
        let mut page = self.html.open(visit, "CO", "Inicia sesión", LOGIN_WALL);
        page.text.push_str(
            "<main>\n<h1>Inicia sesión para ver esta oferta</h1>\n<form id=\"login\" method=\"post\" action=\"/acceso/\">\n\
             <input type=\"email\" name=\"email\"><input type=\"password\" name=\"password\">\n\
             <button>Iniciar sesión</button>\n</form>\n<p>¿Aún no tienes cuenta? Regístrate</p>\n</main>\n",
        );
        self.html.close(&mut page);
        page
    }

    fn captcha(&self, visit: Visit<'_>) -> Page<'_> {
        let mut page = self.html.open(visit, "CO", "Verifica que eres humano", CAPTCHA);
        page.text.push_str(
            "<main>\n<h1>Verifica que no eres un robot</h1>\n<div class=\"g-recaptcha\" data-sitekey=\"prueba\"></div>\n\
             <p>Hemos detectado tráfico inusual desde tu red. Completa el captcha para continuar.</p>\n</main>\n",
        );
        self.html.close(&mut page);
        page
    }

    fn not_found(&self, ask: &Ask<'_>, charset: Charset) -> Reply<'_> {
        let mut page = self.html.open(self.visit(ask, "", charset), "CO", "Página no encontrada", ask.path);
        page.text.push_str("<main>\n<h1>Página no encontrada</h1>\n<p>");
        page.text.push_str(&escaped(ask.path));
        page.text.push_str("</p>\n</main>\n");
        self.html.close(&mut page);
        let mut reply = Reply::html(page);
        reply.status = StatusCode::NOT_FOUND;
        reply
    }
}

fn plain(text: String) -> Reply<'static> {
    Reply::text(StatusCode::OK, "text/plain", text)
}

fn xml(text: String) -> Reply<'static> {
    Reply::text(StatusCode::OK, "application/xml", text)
}

/// `/mx/trabajo-de-python` as `/mx` and `/trabajo-de-python`.
fn split_country(path: &str) -> (&str, &str) {
    let bytes = path.as_bytes();
    let named = bytes.len() >= 3
        && bytes[1..3].iter().all(u8::is_ascii_lowercase)
        && bytes.get(3).is_none_or(|byte| *byte == b'/');
    match path.split_at_checked(3) {
        Some((prefix, rest)) if named => (prefix, if rest.is_empty() { "/" } else { rest }),
        _ => ("", path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_country_is_the_first_part_of_a_path() {
        assert_eq!(split_country("/mx/trabajo-de-x"), ("/mx", "/trabajo-de-x"));
        assert_eq!(split_country("/mx"), ("/mx", "/"));
        assert_eq!(split_country("/trabajo-de-x"), ("", "/trabajo-de-x"));
        assert_eq!(split_country("/"), ("", "/"));
        assert_eq!(split_country("/éx/"), ("", "/éx/"));
    }
}
