//! The shipped spiders on saved pages, cell by cell. `expected/` holds what a reader finds on each page; cells that
//! aren't named there must be empty.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::{page, portals, request, search, spider, text};
use observatory_scraping::{AdFields, Card, Field, Found, PageKind, spider::Spiders};
use serde_json::Value;
use url::Url;

fn compare(which: &str, expected: &Value, fields: &AdFields) {
    for field in Field::ALL {
        let found = fields.get(&field).map_or("", |found| found.text.as_str());
        match expected.get(field.name()) {
            None => assert_eq!(found, "", "{which}: {field} should be empty"),
            Some(Value::String(text)) => assert_eq!(found, text, "{which}: {field}"),
            Some(long) => {
                let part = |name: &str| long[name].as_str().unwrap_or_default();
                assert!(found.starts_with(part("starts")), "{which}: {field} starts with {found:.60}");
                assert!(found.ends_with(part("ends")), "{which}: {field} ends otherwise");
                assert_eq!(Some(found.chars().count() as u64), long["chars"].as_u64(), "{which}: length of {field}");
                for contained in long["contains"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    assert!(found.contains(contained), "{which}: {field} lacks {contained}");
                }
            }
        }
        if let Some(found) = fields.get(&field) {
            assert!(!found.source.is_empty(), "{which}: {field} has no source");
        }
    }
}

fn check(expected: &str) {
    let Some(folder) = portals() else { return };
    let expected: Value = serde_json::from_str(expected).unwrap();
    let of = |key: &str| expected[key].as_str().unwrap_or_default();
    let body = std::fs::read(folder.join(of("page"))).unwrap();
    let (spider, search, page) = (spider(of("spider")), search(of("country"), of("query")), page(of("url"), body));
    let ads = expected["ads"].as_array().unwrap();
    if of("kind") == "listing" {
        let listing = spider.read_listing(&request(PageKind::Listing, of("url")), &page, &search).unwrap();
        assert_eq!(listing.ads.len(), ads.len());
        for (at, (ad, expected)) in listing.ads.iter().zip(ads).enumerate() {
            assert_eq!(ad.url.as_str(), expected["url"], "card {at}");
            compare(&format!("card {at}"), expected, &ad.fields);
        }
        let next: Vec<&str> = listing.next.iter().map(|next| next.url.as_str()).collect();
        assert_eq!(Value::from(next), expected["next"]);
        assert!(!listing.said_empty);
    } else {
        let mut request = request(PageKind::Detail, of("url"));
        if let Some(card) = expected["card"].as_object() {
            let found = |text: &Value| Found { text: text.as_str().unwrap().to_owned(), source: "css: x".to_owned() };
            let field = |name: &str| serde_json::from_value::<Field>(Value::from(name)).unwrap();
            let fields = card.iter().map(|(name, text)| (field(name), found(text))).collect();
            request.card = Some(Card { url: request.url.clone(), fields });
        }
        let mut fields = spider.read_detail(&request, &page).unwrap();
        for (name, known) in expected["card"].as_object().into_iter().flatten() {
            let field = serde_json::from_value(Value::from(name.as_str())).unwrap();
            let found = fields.remove(&field).unwrap();
            assert_eq!((found.text.as_str(), found.source.as_str()), (known.as_str().unwrap(), "card: css: x"));
        }
        compare("ad", &ads[0], &fields);
    }
    let tried = spider.try_page(&page, &search);
    assert_eq!(tried.kind, if of("kind") == "listing" { PageKind::Listing } else { PageKind::Detail });
    assert_eq!(tried.ads.len(), ads.len());
    for (ad, expected) in tried.ads.iter().zip(ads) {
        assert_eq!(ad.url.as_str(), expected["url"]);
        compare("tried", expected, &ad.fields);
        assert_eq!(ad.fields.len() + ad.missing.len(), Field::ALL.len());
    }
}

#[test]
fn computrabajo_listing_of_argentina_in_2025() {
    check(include_str!("expected/computrabajo_ar_listing.json"));
}

#[test]
fn computrabajo_listing_of_mexico_with_a_hidden_company() {
    check(include_str!("expected/computrabajo_mx_listing.json"));
}

#[test]
fn computrabajo_ad_of_mexico_with_what_its_card_said() {
    check(include_str!("expected/computrabajo_mx_detail.json"));
}

#[test]
fn elempleo_listing() {
    check(include_str!("expected/elempleo_listing.json"));
}

#[test]
fn elempleo_ad_in_json_ld() {
    check(include_str!("expected/elempleo_detail.json"));
}

#[test]
fn linkedin_listing() {
    check(include_str!("expected/linkedin_listing.json"));
}

#[test]
fn linkedin_ad() {
    check(include_str!("expected/linkedin_detail.json"));
}

#[test]
fn zonajobs_answers_with_hidden_companies() {
    check(include_str!("expected/zonajobs.json"));
}

fn cells(fields: &AdFields) -> BTreeMap<&'static str, &str> {
    fields.iter().map(|(field, found)| (field.name(), found.text.as_str())).collect()
}

#[test]
fn computrabajo_ad_names_company_and_place_under_the_title() {
    let body = r#"<main class="detail_fs"><h1 class="fwB fs24 mb5 box_detail w100_m">Analista - Datos</h1>
      <p class="fs16">Grupo Sur - Norte S.A. - San Isidro, Lima</p>
      <div class="box_detail"><div div-link="oferta"><h3>Descripción de la oferta</h3><div class="mbB">
      <span class="tag base mb10">S/. 3.500,00 (Mensual)</span><span class="tag base mb10">Contrato por tiempo indefinido</span>
      <span class="tag base mb10">Tiempo Completo</span><span class="tag base mb10">Remoto</span></div>
      <p class="mbB">Buscamos<br>SQL</p><p class="fwB fs18 mtB mb10">Requerimientos</p><ul class="disc mbB"><li>1 año</li></ul>
      <p class="fc_aux fs13 mbB mtB">Palabras clave: hace, datos</p><p class="fc_aux fs13">Hace más de 30 días</p></div></div></main>"#;
    let url = "https://pe.computrabajo.com/ofertas-de-trabajo/oferta-de-trabajo-de-x-3711D8CB3155475961373E686DCF3405";
    let fields = spider("computrabajo").read_detail(&request(PageKind::Detail, url), &page(url, body)).unwrap();
    let expected = BTreeMap::from([
        ("title", "Analista - Datos"),
        ("company", "Grupo Sur - Norte S.A."),
        ("location", "San Isidro, Lima"),
        ("description", "Buscamos<br>SQL"),
        ("requirements", "<li>1 año</li>"),
        ("salary", "S/. 3.500,00 (Mensual)"),
        ("contract", "Contrato por tiempo indefinido, Tiempo Completo"),
        ("remote", "Remoto"),
        ("posted_date", "Hace más de 30 días"),
    ]);
    assert_eq!(cells(&fields), expected);
}

#[test]
fn computrabajo_cards_without_a_profile_page_still_name_their_company() {
    let card = |company: &str| {
        format!(
            r#"<article class="box_offer" data-id="AB"><h2><a class="js-o-link" href="/ofertas-de-trabajo/x-{}">T</a></h2>
            {company}<p class="fs16 fc_base mt5"><span class="mr10">Cali, Valle</span></p></article>"#,
            company.len()
        )
    };
    let body = [
        card(r#"<p class="dFlex vm_fx fs16 fc_base mt5"><span class="fx_none mr10"><span class="fwB">4,1</span></span> ACME </p>"#),
        card(r#"<p class="dFlex vm_fx fs16 fc_base mt5"><span>Span SAS</span></p>"#),
        card(""),
    ]
    .concat();
    let url = "https://co.computrabajo.com/trabajo-de-x";
    let listing = spider("computrabajo");
    let listing = listing.read_listing(&request(PageKind::Listing, url), &page(url, body), &search("CO", "x")).unwrap();
    let companies: Vec<&str> = listing.ads.iter().map(|ad| text(ad, Field::Company)).collect();
    assert_eq!(companies, ["ACME", "Span SAS", ""]);
    assert!(listing.ads.iter().all(|ad| text(ad, Field::Location) == "Cali, Valle"));
    assert_eq!(listing.next, []);
}

#[test]
fn elempleo_ad_by_its_own_marks_where_it_has_no_json_ld() {
    let body = r#"<h1 class="ee-offer-title"><span class="js-jobOffer-title">Contador</span></h1>
      <h2 class="ee-company-title"><strong>Empresa confidencial</strong></h2>
      <span class="js-joboffer-salary">$4,5 a $5,5 millones</span><span class="js-joboffer-city">Medellín</span>
      <span class="js-publish-date">Publicado 27 Ago 2025</span>
      <p><strong>Tipo de contrato:</strong> <span>Término indefinido</span></p>
      <div class="description-block"><h2>Descripción general</h2><p>Se busca <b>contador</b></p></div>
      <div class="requirements-content ee-keywords"><ul><li>NIIF</li><li>Excel</li></ul></div>"#;
    let url = "https://www.elempleo.com/co/ofertas-trabajo/contador-1886557410";
    let fields = spider("elempleo").read_detail(&request(PageKind::Detail, url), &page(url, body)).unwrap();
    let expected = BTreeMap::from([
        ("title", "Contador"),
        ("company", "Empresa confidencial"),
        ("location", "Medellín"),
        ("description", "Se busca <b>contador</b>"),
        ("salary", "$4,5 a $5,5 millones"),
        ("contract", "Término indefinido"),
        ("posted_date", "Publicado 27 Ago 2025"),
        ("skills", "NIIF\nExcel"),
    ]);
    assert_eq!(cells(&fields), expected);
}

#[test]
fn bumeran_asks_each_country_at_its_own_host() {
    let spider = spider("bumeran");
    let first = &spider.start(&search("mx", "c++ \"ágil\"")).unwrap()[0];
    assert_eq!(first.url.as_str(), "https://www.bumeran.com.mx/api/avisos/searchV2?pageSize=20&page=0&sort=RECIENTES");
    assert_eq!(first.headers["x-site-id"], "BMMX");
    let body: Value = serde_json::from_str(first.body.as_deref().unwrap()).unwrap();
    assert_eq!(body, serde_json::json!({"filtros": [], "query": "c++ \"ágil\"", "internacional": false}));

    let answer = r#"{"total": 21, "content": [{"id": 7, "titulo": "Dev", "detalle": "x", "empresa": null, "confidencial": true}]}"#;
    let listing = spider.read_listing(first, &page(first.url.as_str(), answer), &search("MX", "dev")).unwrap();
    assert_eq!(listing.ads[0].url.as_str(), "https://www.bumeran.com.mx/empleos/7.html");
    assert_eq!(text(&listing.ads[0], Field::Company), "Confidencial");
    assert!(listing.complete && listing.next[0].url.as_str().contains("page=1") && listing.next[0].number == 2);

    let last = r#"{"total": 1, "content": [{"id": 7, "titulo": "Dev", "detalle": "x"}]}"#;
    let listing = spider.read_listing(first, &page(first.url.as_str(), last), &search("MX", "dev")).unwrap();
    assert_eq!(listing.next, []);
    let none =
        spider.read_listing(first, &page(first.url.as_str(), r#"{"total":0,"content":[]}"#), &search("MX", "dev"));
    assert!(none.unwrap().said_empty);
}

#[test]
fn occ_ads_have_one_address_in_every_layout() {
    let body = r#"<div id="jobcard-21247400" class="card"><h2>Desarrollador React</h2><a href="/empleos/bolsa-de-trabajo-ACME/">ACME</a>
        <div class="no-alter-loc-text"><span>Guadalajara</span><a>Jalisco</a></div>
        <span class="mr-2 font-base">$20,000 - $25,000 Mensual</span><label class="text-sm">Hace 3 días</label></div>
      <div data-id="21247401" data-offers-grid-offer-item-container id="jobcard-21247401"><h2>Contador</h2>
        <span>Empresa confidencial</span><span class="mr-2 font-base">Sueldo no mostrado por la empresa</span></div>"#;
    let url = "https://www.occ.com.mx/empleos/de-desarrollador-react/";
    let occ = spider("occ");
    assert_eq!(occ.start(&search("", "Desarrollador React")).unwrap()[0].url.as_str(), url);
    let listing =
        occ.read_listing(&request(PageKind::Listing, url), &page(url, body), &search("MX", "Desarrollador React"));
    let listing = listing.unwrap();
    let addresses: Vec<&str> = listing.ads.iter().map(|ad| ad.url.as_str()).collect();
    assert_eq!(
        addresses,
        ["https://www.occ.com.mx/empleo/oferta/21247400/", "https://www.occ.com.mx/empleo/oferta/21247401/"]
    );
    let expected = BTreeMap::from([
        ("title", "Desarrollador React"),
        ("company", "ACME"),
        ("location", "Guadalajara, Jalisco"),
        ("salary", "$20,000 - $25,000 Mensual"),
        ("posted_date", "Hace 3 días"),
    ]);
    assert_eq!(cells(&listing.ads[0].fields), expected);
    assert_eq!(
        cells(&listing.ads[1].fields),
        BTreeMap::from([("title", "Contador"), ("company", "Empresa confidencial")])
    );
    assert_eq!(listing.next[0].url.as_str(), "https://www.occ.com.mx/empleos/de-desarrollador-react/?page=2");

    let ad = r#"<div id="job-detail-container"><p class="text-xl">Desarrollador React</p><a href="/empleos/bolsa-de-trabajo-ACME/">ACME</a>
      <p>Sueldo:</p><p>$20,000 - $25,000 Mensual</p><p>Contratación:</p><p>Permanente</p><p>Espacio de trabajo:</p><p>Desde casa</p>
      <div class="break-words mb-8"><p>Buscamos React</p></div></div>"#;
    let url = "https://www.occ.com.mx/empleo/oferta/21247400/";
    let fields = occ.read_detail(&request(PageKind::Detail, url), &page(url, ad)).unwrap();
    let expected = BTreeMap::from([
        ("title", "Desarrollador React"),
        ("company", "ACME"),
        ("description", "<p>Buscamos React</p>"),
        ("salary", "$20,000 - $25,000 Mensual"),
        ("contract", "Permanente"),
        ("remote", "Desde casa"),
    ]);
    assert_eq!(cells(&fields), expected);
}

#[test]
fn getonbrd_answers_with_and_without_expansion() {
    let answer = r#"{"data": [{"id": "dev-acme-1", "type": "job", "links": {"public_url": "https://www.getonbrd.com/jobs/dev-acme-1"},
      "attributes": {"title": "Dev", "description": "<p>Rust</p>", "functions": "<p>Code</p>", "desirable": "<p>Go</p>", "projects": null,
        "remote": true, "remote_modality": "fully_remote", "countries": ["Remote"], "min_salary": 3500, "max_salary": 4500,
        "published_at": 1758000000, "modality": {"data": {"id": "1", "attributes": {"name": "Full time"}}},
        "tags": {"data": [{"attributes": {"name": "Rust"}}, {"attributes": {"name": "SQL"}}]},
        "company": {"data": {"attributes": {"name": "ACME"}}}}},
      {"id": "ops-2", "attributes": {"title": "Ops", "description": "x", "remote_modality": "no_remote", "countries": ["Chile", "Peru"],
        "min_salary": null, "max_salary": null, "modality": {"data": {"id": 2}}, "company": {"data": {"id": 9}}, "tags": {"data": []}}}],
      "meta": {"page": 1, "per_page": 50, "total_pages": 2}}"#;
    let getonbrd = spider("getonbrd");
    let first = &getonbrd.start(&search("CL", "rust & go")).unwrap()[0];
    assert!(
        first
            .url
            .as_str()
            .starts_with("https://www.getonbrd.com/api/v0/search/jobs?query=rust+%26+go&per_page=50&page=1&")
    );
    let listing = getonbrd.read_listing(first, &page(first.url.as_str(), answer), &search("CL", "rust & go")).unwrap();
    let expected = BTreeMap::from([
        ("title", "Dev"),
        ("company", "ACME"),
        ("location", "Remote"),
        ("description", "<p>Code</p>\n<p>Rust</p>"),
        ("requirements", "<p>Go</p>"),
        ("salary", "USD 3500–4500 MONTH"),
        ("contract", "Full time"),
        ("remote", "Remote"),
        ("posted_date", "2025-09-16"),
        ("skills", "Rust\nSQL"),
    ]);
    assert_eq!(cells(&listing.ads[0].fields), expected);
    assert_eq!(listing.ads[1].url.as_str(), "https://www.getonbrd.com/jobs/ops-2");
    let expected = BTreeMap::from([
        ("title", "Ops"),
        ("location", "Chile, Peru"),
        ("description", "x"),
        ("contract", "Part time"),
        ("remote", "On site"),
    ]);
    assert_eq!(cells(&listing.ads[1].fields), expected);
    assert!(listing.complete && listing.next[0].url.as_str().contains("page=2"));
}

#[test]
fn generic_goes_from_a_sitemap_index_to_job_postings() {
    let generic = spider("generic");
    let start = "https://jobs.example.com/sitemap.xml";
    let search = search("CO", start);
    let first = &generic.start(&search).unwrap()[0];
    let index = "<sitemapindex><sitemap><loc>https://jobs.example.com/pages.xml</loc></sitemap>\
        <sitemap><loc>https://jobs.example.com/jobs-1.xml.gz</loc></sitemap>\
        <sitemap><loc>https://elsewhere.example.net/jobs-2.xml</loc></sitemap></sitemapindex>";
    let listing = generic.read_listing(first, &page(start, index), &search).unwrap();
    let next: Vec<&str> = listing.next.iter().map(|next| next.url.as_str()).collect();
    assert_eq!(next, ["https://jobs.example.com/jobs-1.xml.gz"]);

    let pages = "<urlset><url><loc>https://jobs.example.com/job/dev-1?utm_source=s</loc></url>\
        <url><loc>https://jobs.example.com/about</loc></url><url><loc>https://other.example.org/job/2</loc></url></urlset>";
    let listing = generic.read_listing(&listing.next[0], &page(next[0], pages), &search).unwrap();
    let ads: Vec<&str> = listing.ads.iter().map(|ad| ad.url.as_str()).collect();
    assert_eq!(ads, ["https://jobs.example.com/job/dev-1"]);

    let html = r#"<a href="/job/dev-1">Dev</a><a href="/job/dev-1#apply">Apply</a><a href="/about">About</a><a rel="next" href="?page=2">2</a>"#;
    let listing = generic.read_listing(first, &page("https://jobs.example.com/careers", html), &search).unwrap();
    assert_eq!(listing.ads.len(), 1);
    assert_eq!(listing.next[0].url.as_str(), "https://jobs.example.com/careers?page=2");

    let url = ads[0];
    let ad = r#"<script type="application/ld+json">{"@type":"JobPosting","title":"Dev","description":"Rust"}</script>"#;
    let request = request(PageKind::Detail, url);
    assert_eq!(generic.read_detail(&request, &page(url, ad)).unwrap().len(), 2);
    let other = format!("<h1>About us</h1><div>{}</div>", "We are a company. ".repeat(50));
    assert!(generic.read_detail(&request, &page(url, other)).is_err(), "a page without a posting is no ad");
}

#[test]
fn every_shipped_spider_says_when_it_was_checked_and_warns_of_nothing_else() {
    let spiders = Spiders::shipped();
    let names: Vec<&str> = spiders.iter().map(|spider| spider.name()).collect();
    assert_eq!(names, ["bumeran", "computrabajo", "elempleo", "generic", "getonbrd", "linkedin", "occ", "zonajobs"]);
    for spider in spiders.iter() {
        let info = spider.info();
        assert!(info.checked.is_some() && !info.checked_against.is_empty() && !info.about.is_empty(), "{}", info.name);
        assert_eq!(spider.check(), [], "{}", info.name);
        assert_eq!(info.enabled, !info.robots.forbidden, "{}: off where the portal forbids robots", info.name);
    }
    let off: Vec<&str> = spiders.iter().filter(|spider| !spider.info().enabled).map(|spider| spider.name()).collect();
    assert_eq!(off, ["computrabajo", "linkedin"]);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../spiders");
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    assert_eq!(files.filter(|path| path.extension().is_some_and(|e| e == "toml")).count(), names.len());
}

#[test]
fn linkedin_serves_an_ad_elsewhere_than_at_its_address() {
    let url = Url::parse("https://www.linkedin.com/jobs/view/dev-at-acme-4406118990").unwrap();
    let day = Found { text: "2026-06-04".to_owned(), source: "css: time".to_owned() };
    let card = Card { url, fields: AdFields::from([(Field::PostedDate, day)]) };
    let linkedin = spider("linkedin");
    let request = linkedin.detail(&card);
    assert_eq!(request.url.as_str(), "https://www.linkedin.com/jobs-guest/jobs/api/jobPosting/4406118990");
    let body = r#"<h2 class="top-card-layout__title">Dev</h2><div class="show-more-less-html__markup">Rust</div>
        <span class="posted-time-ago__text">1 week ago</span>"#;
    let fields = linkedin.read_detail(&request, &page(request.url.as_str(), body)).unwrap();
    assert_eq!(fields[&Field::PostedDate].text, "2026-06-04", "the card knows the day");
    assert_eq!(spider("occ").detail(&Card { url: card.url.clone(), fields: AdFields::new() }).url, card.url);
}
