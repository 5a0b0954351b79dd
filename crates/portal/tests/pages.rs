//! Each kind of page holds its fields where the real portal's page has them.

#![allow(clippy::unwrap_used)]

mod common;

use common::{all, attribute, one, options, samples, start, text, texts};
use serde_json::Value;

fn sample(title: &str) -> Value {
    let ads = samples();
    ads.into_iter().find(|ad| ad["title"] == title).unwrap()
}

#[tokio::test]
async fn a_computrabajo_listing_has_its_cards() {
    let (_running, origin, browser) = start(options()).await;
    let page =
        browser.get(&format!("{origin}/mx/trabajo-de-ingeniero-de-pruebas-de-software-en-saltillo")).await.html();
    let card = one(page.root_element(), "article.box_offer[data-id]");
    let ad = sample("Ingeniero de Pruebas de Software (QA)");
    let link = one(card, "h2 a.js-o-link");
    assert_eq!(text(link), ad["title"].as_str().unwrap());
    assert!(link.attr("href").unwrap().contains(&format!("-{}#lc=", card.attr("data-id").unwrap())));
    let company = texts(card, "[offer-grid-article-company-url]").pop();
    assert_eq!(company.unwrap_or_else(|| text(one(card, "p.dFlex"))), ad["company"].as_str().unwrap());
    assert_eq!(texts(card, "p.fs16.fc_base.mt5:not(.dFlex) span.mr10"), ["Saltillo, Coahuila"]);
    let beside = |icon: &str| text(scraper::ElementRef::wrap(one(card, icon).parent().unwrap()).unwrap());
    assert_eq!(beside(".icon.i_salary"), "$24,000 (Mensual)");
    assert_eq!(beside(".icon.i_home_office"), "Presencial");
    assert_eq!(texts(card, "p.fs13.fc_aux"), ["Hace más de 30 días"]);
}

#[tokio::test]
async fn a_computrabajo_detail_has_its_parts() {
    let (_running, origin, browser) = start(options()).await;
    let mut with_posting = 0;
    let mut seen = [false; 3];
    for number in 1..4 {
        let url = format!("{origin}/mx/ofertas-de-trabajo/?p={number}");
        let listing = browser.get(&url).await.html();
        for card in all(listing.root_element(), "article.box_offer") {
            let path = attribute(card, "h2 a.js-o-link", "href");
            let page = browser.get(&format!("{origin}{path}")).await.html();
            let root = page.root_element();
            let ad = sample(&text(one(root, "h1")));
            let offer = one(root, "[div-link=oferta]");
            let first = text(one(offer, "p.mbB"));
            assert!(first.len() > 100 || ad["description"].as_str().unwrap().len() < 400, "{first}");
            let tags = texts(offer, "span.tag.base");
            for field in ["salary_raw", "contract_type", "remote_type"] {
                let value = ad[field].as_str().unwrap();
                assert!(
                    value.is_empty()
                        || samples().iter().filter(|other| other["title"] == ad["title"]).count() > 1
                        || tags.iter().any(|tag| tag == value),
                    "{field} {value} {tags:?}"
                );
            }
            seen[0] |= !all(offer, "ul.disc li").is_empty();
            seen[1] |= !all(offer, "span[data-skill-id]").is_empty();
            seen[2] |= text(one(offer, "p.fc_aux.fs13")).ends_with("de 2026");
            with_posting += all(root, "script[type='application/ld+json']").len();
        }
    }
    assert_eq!(seen, [true; 3]);
    assert_eq!(with_posting, 12);
}

#[tokio::test]
async fn an_elempleo_listing_and_its_details_have_their_fields() {
    let (_running, origin, browser) = start(options()).await;
    let listing = browser.get(&format!("{origin}/co/ofertas-empleo?trabajo=scrum+master")).await.html();
    let cards = all(listing.root_element(), ".result-item .js-area-bind[data-ga4-offerdata]");
    let card = *cards.iter().find(|card| text(one(**card, "a.js-offer-title")) == "Scrum Master").unwrap();
    let data: Value = serde_json::from_str(card.attr("data-ga4-offerdata").unwrap()).unwrap();
    let title = text(one(card, "a.js-offer-title"));
    assert_eq!(data["title"], title.as_str());
    assert_eq!(data["company"], text(one(card, ".js-offer-company")).as_str());
    assert_eq!(data["location"], text(one(card, ".js-offer-city")).as_str());
    assert!(text(one(card, ".js-offer-date")).starts_with("Hace "));
    let path = card.attr("data-url").unwrap();
    assert!(path.ends_with(&data["id"].to_string()));

    let page = browser.get(&format!("{origin}{path}")).await.html();
    let root = page.root_element();
    let ads = samples();
    let ad = ads.iter().find(|ad| ad["title"] == title.as_str() && ad["portal"] == "elempleo").unwrap();
    assert_eq!(text(one(root, ".js-jobOffer-title")), title);
    assert_eq!(text(one(root, ".js-company-name")), ad["company"].as_str().unwrap());
    assert_eq!(text(one(root, ".js-joboffer-city")), ad["location"].as_str().unwrap());
    assert_eq!(Value::from(text(one(root, ".js-joboffer-salary"))), data["salary"]);
    assert!(text(one(root, ".js-publish-date")).starts_with("Publicado "));
    assert!(text(one(root, ".description-block")).len() > 200);
    let script: String = one(root, "script[type='application/ld+json']").text().collect();
    let posting: Value = serde_json::from_str(&script).unwrap();
    assert_eq!((&posting["title"], &posting["datePosted"]), (&ad["title"], &ad["posted_date"]));
    assert!(posting["description"].as_str().unwrap().starts_with(ad["description"].as_str().unwrap()));
}

#[tokio::test]
async fn a_bumeran_answer_has_its_fields_and_refuses_what_it_does_not_know() {
    let (_running, origin, browser) = start(options()).await;
    let answer = browser.search(&origin, "BMAR", "analista funcional", "pageSize=5&page=0").await;
    let content = answer["content"].as_array().unwrap();
    let found = content.iter().find(|ad| ad["titulo"] == "Analista Funcional Sr.").unwrap();
    let ad = sample("Analista Funcional Sr.");
    assert_eq!(found["empresa"], ad["company"]);
    assert_eq!(found["localizacion"], ad["location"]);
    assert_eq!(found["detalle"], ad["description"]);
    assert_eq!(found["fechaPublicacion"], "04-12-2025");
    assert_eq!((&found["modalidadTrabajo"], &found["tipoTrabajo"]), (&ad["remote_type"], &ad["contract_type"]));
    assert_eq!(found["confidencial"], false);
    assert!(found["id"].is_u64());

    let url = format!("{origin}/api/avisos/searchV2?page=0");
    assert_eq!(browser.send("POST", &url, &[("x-site-id", "NOPE")], "{}").await.status, 400);
    assert_eq!(browser.send("POST", &url, &[("x-site-id", "BMAR")], "{").await.status, 400);
    let app = browser.get(&format!("{origin}/empleos/algo-1100000001.html")).await.html();
    assert_eq!(text(one(app.root_element(), "body")), "");
}

#[tokio::test]
async fn walls_and_missing_pages_are_what_they_say() {
    let (_running, origin, browser) = start(options()).await;
    let wall = browser.get(&format!("{origin}/muro/acceso")).await;
    assert_eq!(wall.status, 200);
    assert_eq!(all(wall.html().root_element(), "input[type=password]").len(), 1);
    let captcha = browser.get(&format!("{origin}/muro/captcha")).await;
    assert_eq!(captcha.status, 403);
    assert_eq!(all(captcha.html().root_element(), ".g-recaptcha").len(), 1);
    let wrong =
        ["/nada", "/ofertas-de-trabajo/x-00", "/co/ofertas-trabajo/x-9", "/cl/trabajo-de-x", "/sitemap-9-9.xml"];
    for path in wrong {
        assert_eq!(browser.get(&format!("{origin}{path}")).await.status, 404, "{path}");
    }
    assert_eq!(browser.send("DELETE", &origin, &[], "").await.status, 405);
}
