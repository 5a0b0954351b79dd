//! What portals serve in place of ads: each is recognised and reported as what it is.
#![allow(clippy::unwrap_used)]

mod common;

use common::{page, request, search, spider};
use observatory_scraping::{AdFields, Card, Field, Found, Page, PageKind, read::ReadError};
use url::Url;

const AD: &str =
    "https://co.computrabajo.com/ofertas-de-trabajo/oferta-de-trabajo-de-dev-en-cali-3711D8CB3155475961373E686DCF3405";
const LISTING: &str = "https://co.computrabajo.com/trabajo-de-dev";

fn detail(url: &str, status: u16, body: &str) -> Result<AdFields, ReadError> {
    let title = Found { text: "Dev".to_owned(), source: "css: h2 a".to_owned() };
    let mut request = request(PageKind::Detail, AD);
    request.card = Some(Card { url: Url::parse(AD).unwrap(), fields: AdFields::from([(Field::Title, title)]) });
    spider("computrabajo").read_detail(&request, &Page { status, ..page(url, body) })
}

fn listing(number: u32, url: &str, body: &str) -> Result<observatory_scraping::read::Listing, ReadError> {
    let request = observatory_scraping::PageRequest { number, ..request(PageKind::Listing, LISTING) };
    spider("computrabajo").read_listing(&request, &page(url, body), &search("CO", "dev"))
}

#[test]
fn ads_that_are_gone() {
    assert_eq!(detail(AD, 404, ""), Err(ReadError::NotFound));
    assert_eq!(detail(AD, 410, ""), Err(ReadError::NotFound));
    for body in [
        "<h1>Esta oferta ya no está disponible</h1>",
        "<title>Vacante expirada</title><p>Busca otras</p>",
        "<div class=alert>Lo sentimos, la oferta ha finalizado.</div>",
        "<p>La vacante que buscas no existe o fue eliminada</p>",
        "<h2>This job is no longer available</h2>",
        "<p>No longer accepting applications</p>",
        "<h1>Página no encontrada</h1>",
        "<h1>El aviso se encuentra finalizado</h1>",
    ] {
        assert!(
            matches!(detail(AD, 200, body), Err(ReadError::SoftNotFound { .. })),
            "{body}: {:?}",
            detail(AD, 200, body)
        );
    }
}

#[test]
fn an_ad_that_was_sent_elsewhere_is_gone() {
    let other = "<h1>120 Ofertas de trabajo</h1><article class=box_offer><p>x</p></article>";
    for url in ["https://co.computrabajo.com/", "https://co.computrabajo.com/trabajo-de-dev"] {
        assert!(matches!(detail(url, 200, other), Err(ReadError::SoftNotFound { .. })), "{url}");
    }
    let same = format!("{AD}/");
    assert!(!matches!(detail(&same, 200, other), Err(ReadError::SoftNotFound { .. })), "a slash is no redirect");
}

#[test]
fn an_ad_that_speaks_of_ended_things_is_an_ad() {
    let body = "<h1 class=box_detail>Dev</h1><div div-link=oferta><p class=mbB>Si la oferta ya no está disponible, \
        escribe. La búsqueda está cerrada los domingos.</p></div><script>var m='oferta expirada'</script>";
    assert_eq!(detail(AD, 200, body).unwrap()[&Field::Title].text, "Dev");
}

#[test]
fn logins_in_place_of_pages() {
    for url in [
        "https://www.linkedin.com/authwall?trk=x",
        "https://www.linkedin.com/uas/login?session_redirect=x",
        "https://candidato.co.computrabajo.com/acceso/",
        "https://example.com/es/login",
    ] {
        assert!(matches!(detail(url, 200, "<p>x</p>"), Err(ReadError::LoginWall { .. })), "{url}");
    }
    let form = "<form><input name=user><input type=password></form>";
    assert!(matches!(detail(AD, 200, form), Err(ReadError::LoginWall { .. })));
    assert!(matches!(listing(1, LISTING, form), Err(ReadError::LoginWall { .. })));
    assert!(matches!(detail(AD, 401, ""), Err(ReadError::LoginWall { .. })));
    assert!(matches!(detail(AD, 999, ""), Err(ReadError::LoginWall { .. })));
    let with_ad = format!("<h1 class=box_detail>Dev</h1><div div-link=oferta><p class=mbB>Rust</p></div>{form}");
    assert!(detail(AD, 200, &with_ad).is_ok(), "a login beside an ad is no wall");
}

#[test]
fn captchas_in_place_of_pages() {
    for body in [
        "<title>Just a moment...</title><script>window._cf_chl_opt={}</script>",
        "<script src=https://geo.captcha-delivery.com/captcha/></script>",
        "<p>Verifica que eres humano</p>",
        "<form><div class=g-recaptcha></div></form>",
        "<div class=h-captcha></div>",
        "<div class=cf-turnstile></div>",
    ] {
        assert!(matches!(detail(AD, 200, body), Err(ReadError::Captcha { .. })), "{body}");
        assert!(matches!(listing(1, LISTING, body), Err(ReadError::Captcha { .. })), "{body}");
    }
    assert!(matches!(detail(AD, 403, "<script>_cf_chl_opt</script>"), Err(ReadError::Captcha { .. })));
    assert_eq!(detail(AD, 403, "no"), Err(ReadError::Refused { status: 403 }));
    let with_ad =
        "<h1 class=box_detail>Dev</h1><div div-link=oferta><p class=mbB>Rust</p></div><div class=g-recaptcha></div>";
    assert!(detail(AD, 200, with_ad).is_ok(), "a captcha in the application form is no wall");
}

#[test]
fn no_ads_is_told_from_a_new_layout() {
    let none = listing(1, LISTING, "<p>No se han encontrado ofertas de dev</p>").unwrap();
    assert!(none.said_empty && none.ads.is_empty() && none.next.is_empty());
    let filler = "<p>Portal de empleo</p>".repeat(10);
    match listing(1, LISTING, &format!("<div class=new-card><a href=/x>Dev</a></div>{filler}")) {
        Err(ReadError::NothingFound { tried }) => assert!(tried.iter().any(|tried| tried == "item: article.box_offer")),
        other => panic!("{other:?}"),
    }
    let past = listing(7, LISTING, &filler).unwrap();
    assert!(!past.said_empty && past.ads.is_empty() && past.next.is_empty(), "past the last page nothing is invented");
}

#[test]
fn cards_without_addresses_are_a_new_layout_on_any_page() {
    let body = "<article class=box_offer><h2>Dev</h2></article>";
    assert!(matches!(listing(3, LISTING, body), Err(ReadError::NothingFound { .. })));
}

#[test]
fn a_listing_in_json_ld_alone_is_read() {
    let body = r#"<script type="application/ld+json">{"@graph":[{"@type":"ItemList","itemListElement":[
        {"@type":"ListItem","url":"https://co.computrabajo.com/ofertas-de-trabajo/a-1"},
        {"@type":"ListItem","item":{"url":"/ofertas-de-trabajo/b-2"}},
        {"@type":"ListItem","url":"https://elsewhere.example/c"}]}]}</script>"#;
    let ads = listing(1, LISTING, body).unwrap().ads;
    assert_eq!(ads.len(), 2, "links to other hosts aren't followed");
}

#[test]
fn other_formats_are_named() {
    let bumeran = spider("bumeran");
    let search = search("AR", "dev");
    let request = &bumeran.start(&search).unwrap()[0];
    let read = |body: &[u8]| bumeran.read_listing(request, &page(request.url.as_str(), body), &search);
    match read(b"<html><body><div id=root></div></body></html>") {
        Err(ReadError::WrongFormat { expected, got }) => {
            assert_eq!((expected.as_str(), got.as_str()), ("JSON", "HTML"))
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(read(b"<title>Just a moment...</title>"), Err(ReadError::Captcha { .. })));
    assert!(matches!(read(b"{\"message\": \"changed\"}"), Err(ReadError::NothingFound { .. })));
    assert!(matches!(read(b"%PDF-1.7"), Err(ReadError::WrongFormat { .. })));
    assert!(matches!(listing(1, LISTING, "{\"a\": 1}"), Err(ReadError::WrongFormat { .. })));
    assert!(matches!(detail(AD, 200, "\0\0\u{1}"), Err(ReadError::WrongFormat { .. })));
    assert!(matches!(detail(AD, 200, &"<div>".repeat(50_000)), Err(ReadError::WrongFormat { .. })));
}

#[test]
fn an_ad_that_lacks_what_it_must_have_says_what_was_tried() {
    match spider("computrabajo").read_detail(&request(PageKind::Detail, AD), &page(AD, "<p class=fc_aux>x</p>")) {
        Err(ReadError::NothingFound { tried }) => assert!(tried.iter().any(|tried| tried == "css: h1.box_detail")),
        other => panic!("{other:?}"),
    }
    match detail(AD, 200, "<ul class=disc><li>1 año de experiencia</li></ul>") {
        Err(ReadError::MissingFields { missing, .. }) => assert_eq!(missing, [Field::Description]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_readable_text_is_the_last_resort() {
    let text = "Buscamos una persona que sepa Rust. ".repeat(20);
    let body = format!("<nav>{}</nav><div class=new><p>{text}</p></div>", "<a href=/>Inicio</a>".repeat(50));
    let fields = detail(AD, 200, &body).unwrap();
    assert_eq!(fields[&Field::Description].source, "readable text");
    assert!(fields[&Field::Description].text.starts_with("<p>Buscamos"));
}

#[test]
fn linkedin_without_more_ads_answers_with_nothing() {
    let linkedin = spider("linkedin");
    let search = search("CO", "dev");
    let request = &linkedin.start(&search).unwrap()[0];
    let listing = linkedin.read_listing(
        request,
        &page(request.url.as_str(), "\n <!DOCTYPE html>".trim_end_matches("<!DOCTYPE html>")),
        &search,
    );
    assert!(listing.unwrap().said_empty);
}
