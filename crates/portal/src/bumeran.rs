//! The JSON search that bumeran's and zonajobs' pages are filled from.
//!
//! `POST /api/avisos/searchV2?pageSize&page&sort=RECIENTES`, header `x-site-id`: `BMAR`
//! for Argentina, `BMMX` for Mexico; body `{"filtros":[],"query":"react"}`. Pages count
//! from 0. The HTML at `/empleos/...` is an empty single-page app, as on the portal.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, Hits, Shelf, View, mix};

/// Where searches are sent.
pub const SEARCH: &str = "/api/avisos/searchV2";
/// Most ads that one answer holds.
pub const MAX_PAGE_SIZE: u64 = 100;
/// Ads of an answer where nothing is asked.
pub const PAGE_SIZE: u64 = 20;

const FIRST_ID: u64 = 1_100_000_000;
const IDS_PER_SHELF: u64 = 100_000_000;

/// Body of a search.
#[derive(Debug, Default, Deserialize)]
pub struct Search {
    /// Words.
    #[serde(default)]
    pub query: String,
}

/// The country that a site id stands for.
pub fn country(site: &str) -> Option<&'static str> {
    match site {
        "BMAR" => Some("AR"),
        "BMMX" => Some("MX"),
        _ => None,
    }
}

/// The answer to a search.
pub fn answer(catalogue: &Catalogue, shelf: &Shelf, hits: &Hits, number: u64, size: u64) -> Value {
    let content: Vec<Value> = catalogue.page(shelf, hits, number.saturating_mul(size), size).map(|v| ad(&v)).collect();
    json!({
        "number": number,
        "size": size,
        "total": hits.len,
        "totalPages": hits.len.div_ceil(size),
        "totalSearched": hits.len,
        "filters": [],
        "filtersApplied": [],
        "content": content,
    })
}

fn ad(view: &View<'_>) -> Value {
    let day = view.posted.format("%d-%m-%Y").to_string();
    let country = if view.shelf.country == "MX" { 11 } else { 1 };
    json!({
        "id": FIRST_ID + view.shelf.number * IDS_PER_SHELF + view.position,
        "titulo": view.title,
        "detalle": view.markup(),
        "aptoDiscapacitado": false,
        "idEmpresa": view.company.bytes().fold(0, |n, byte| mix(n ^ u64::from(byte))) % 1_000_000,
        "empresa": if view.company.is_empty() { "Confidencial" } else { view.company },
        "confidencial": view.company.is_empty(),
        "logoURL": null,
        "validada": view.pick(2) == 0,
        "empresaPro": false,
        "fechaHoraPublicacion": format!("{day} {:02}:{:02}:00", 8 + view.pick(10), view.pick(60)),
        "fechaPublicacion": day,
        "fechaModificado": format!("{day} 19:00:00"),
        "planPublicacion": {"id": 10, "nombre": "Avisos Simples"},
        "portal": if view.ad.portal == "zonajobs" { "zonajobs" } else { "bumeran" },
        "tipoTrabajo": view.ad.contract,
        "idPais": country,
        "idArea": 19,
        "idSubarea": 30,
        "leido": null,
        "localizacion": view.ad.location,
        "cantidadVacantes": 1 + view.pick(3),
        "guardado": null,
        "promedioEmpresa": null,
        "modalidadTrabajo": view.ad.remote,
        "tienePreguntas": false,
        "salarioObligatorio": true,
        "tipoAviso": "simple",
    })
}

/// The page that a browser would fill by script.
pub const APP: &str = "<!DOCTYPE html><html lang=\"es\"><head><meta charset=\"utf-8\"><title>Empleos</title></head>\
<body><div id=\"root\"></div><script src=\"/static/app.js\"></script></body></html>\n";
