//! Ads: the shipped sample, and any number of invented ones.

use futures::stream;
use observatory_proto::jobs::{ImportJobsRequest, ImportJobsResponse, job_service_client::JobServiceClient};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::Value;

use crate::{Clients, Mesh};

/// The lines of `samples/ads.jsonl`.
pub fn sample() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/ads.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A line of the sample as the contract has it.
pub fn request(line: usize, ad: &Value) -> ImportJobsRequest {
    let text = |name: &str| ad[name].as_str().unwrap_or_default().to_owned();
    ImportJobsRequest {
        line: line as i32,
        portal: text("portal"),
        country: text("country"),
        url: text("url"),
        title: text("title"),
        company: text("company"),
        location: text("location"),
        description: text("description"),
        requirements: text("requirements"),
        salary_raw: text("salary_raw"),
        contract_type: text("contract_type"),
        remote_type: text("remote_type"),
        posted_date: text("posted_date"),
    }
}

const ROLES: [&str; 8] =
    ["Desarrollador", "Analista", "Ingeniero", "Arquitecto", "Administrador", "Consultor", "Especialista", "Líder"];
const FIELDS: [&str; 12] = [
    "Java",
    "Python",
    "datos",
    "redes",
    "seguridad",
    "nube",
    "pruebas",
    "Kubernetes",
    "React",
    "SQL",
    "móviles",
    "SAP",
];
const TOWNS: [(&str, &str); 6] = [
    ("CO", "Bogotá"),
    ("CO", "Medellín"),
    ("MX", "Monterrey"),
    ("MX", "Guadalajara"),
    ("AR", "Córdoba"),
    ("AR", "Rosario"),
];
const STARTS: [&str; 10] = [
    "La persona va a",
    "Buscamos a alguien que sepa",
    "El equipo necesita",
    "Será su responsabilidad",
    "Esperamos que pueda",
    "Queremos",
    "En este cargo se debe",
    "Es importante",
    "Con el tiempo aprenderá a",
    "También ayudará a",
];
const VERBS: [&str; 12] = [
    "diseñar",
    "mantener",
    "documentar",
    "mejorar",
    "probar",
    "desplegar",
    "medir",
    "migrar",
    "revisar",
    "explicar",
    "automatizar",
    "integrar",
];
const THINGS: [&str; 16] = [
    "los servicios de pago",
    "las bases de datos",
    "el portal de clientes",
    "los tableros de ventas",
    "la red interna",
    "las interfaces móviles",
    "los procesos nocturnos",
    "el almacén de datos",
    "las pruebas de carga",
    "los contratos",
    "la mesa de ayuda",
    "los modelos de riesgo",
    "el inventario",
    "la facturación electrónica",
    "los permisos",
    "el buscador",
];
const MEANS: [&str; 12] = [
    "con Python y PostgreSQL",
    "usando Java y Spring",
    "en la nube de AWS",
    "con Docker y Kubernetes",
    "sobre Linux",
    "con React y TypeScript",
    "por medio de Kafka",
    "con Terraform",
    "en SQL Server",
    "con Power BI",
    "usando Git",
    "en Azure",
];
const ENDS: [&str; 10] = [
    "junto con el área comercial",
    "para la sede principal",
    "durante todo el año",
    "según las normas del país",
    "sin detener la operación",
    "antes de cada entrega",
    "con buenas prácticas",
    "para miles de usuarios",
    "en equipos pequeños",
    "de acuerdo con el cliente",
];

/// `count` invented ads in Spanish, usable, none like another; the same for the same seed.
pub fn invented(seed: u64, count: usize) -> Vec<ImportJobsRequest> {
    let mut random = StdRng::seed_from_u64(seed);
    (0..count).map(|number| one(&mut random, seed, number)).collect()
}

fn one(random: &mut StdRng, seed: u64, number: usize) -> ImportJobsRequest {
    fn pick<'a>(random: &mut StdRng, list: &[&'a str]) -> &'a str {
        list.choose(random).copied().unwrap_or_default()
    }
    let (country, town) = TOWNS[number % TOWNS.len()];
    let mut description = String::new();
    for _ in 0..12 {
        let (start, verb, thing) = (pick(random, &STARTS), pick(random, &VERBS), pick(random, &THINGS));
        let (means, end) = (pick(random, &MEANS), pick(random, &ENDS));
        description.push_str(&format!("<p>{start} {verb} {thing} {means} {end}.</p>\n"));
    }
    ImportJobsRequest {
        line: number as i32 + 1,
        portal: "inventado".into(),
        country: country.into(),
        url: format!("https://empleos.example/{seed}/{number}"),
        title: format!("{} de {}", pick(random, &ROLES), pick(random, &FIELDS)),
        company: format!("Empresa {}", random.random_range(0..1_000_000)),
        location: town.into(),
        description,
        posted_date: format!("2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1),
        ..Default::default()
    }
}

/// Imports ads by client streaming through Envoy; all must be taken.
///
/// # Panics
/// Where one isn't.
pub async fn import(clients: &Clients, ads: Vec<ImportJobsRequest>) -> ImportJobsResponse {
    let count = ads.len() as i32;
    let mut jobs = JobServiceClient::new(clients.grpc.clone());
    let response = jobs.import_jobs(stream::iter(ads)).await.unwrap().into_inner();
    assert_eq!((response.received, response.imported), (count, count), "{:?}", response.issues.first());
    response
}

/// Imports, cleans and extracts the sample, and waits for the end.
///
/// # Panics
/// Where anything fails.
pub async fn process_sample(mesh: &Mesh) {
    process(mesh, sample().iter().enumerate().map(|(number, ad)| request(number + 1, ad)).collect()).await;
}

/// The same with any ads.
///
/// # Panics
/// Where anything fails.
pub async fn process(mesh: &Mesh, ads: Vec<ImportJobsRequest>) {
    let clients = mesh.clients();
    import(&clients, ads).await;
    for start in ["/api/jobs/clean/batch", "/api/extract/batch"] {
        let started = clients.rest.post(start, serde_json::json!({})).await.unwrap().ok();
        let end = crate::watch::to_the_end(&clients, started["task_id"].as_str().unwrap()).await;
        assert_eq!(end.metadata.failed, 0);
    }
}
