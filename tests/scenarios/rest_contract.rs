//! The REST paths that the owner's callers use, through Envoy, and the limit on starting batches.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, net::Ipv4Addr};

use observatory_tests::{Clients, Failure, Mesh, Rest, ads, same_json, watch};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tonic::Code;

/// With the sample cleaned and extracted; shared, as nobody here changes it.
async fn mesh() -> &'static Mesh {
    static MESH: OnceCell<Mesh> = OnceCell::const_new();
    MESH.get_or_init(|| async {
        let mesh = Mesh::start().await.unwrap();
        ads::process_sample(&mesh).await;
        mesh
    })
    .await
}

async fn get(rest: &Rest, path: &str) -> Value {
    rest.get(path).await.unwrap().ok()
}

/// Every name in a JSON value.
fn names(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| names(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            found.insert(name.clone());
            names(value, found);
        }),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ads_are_listed_and_read() {
    let mesh = mesh().await;
    let rest = mesh.clients().rest;
    let page = get(&rest, "/api/jobs?country=CO&limit=10").await;
    let jobs = page["jobs"].as_array().unwrap();
    assert_eq!(jobs.len(), 10);
    assert_eq!(page["total"], mesh.count("SELECT count(*) FROM raw_jobs WHERE country = 'CO'").await);
    assert!(jobs.iter().all(|job| job["country"] == "CO" && job["description"] == ""));

    // Page after page, every ad once.
    let (mut seen, mut token) = (BTreeSet::new(), String::new());
    loop {
        let page = get(&rest, &format!("/api/jobs?country=CO&limit=17&page_token={token}")).await;
        seen.extend(page["jobs"].as_array().unwrap().iter().map(|job| job["job_id"].as_str().unwrap().to_owned()));
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len() as i64, page["total"].as_i64().unwrap());

    let job = get(&rest, &format!("/api/jobs/{}", jobs[0]["job_id"].as_str().unwrap())).await;
    assert_eq!(job["title"], jobs[0]["title"]);
    let text: Vec<char> = job["combined_text"].as_str().unwrap().chars().collect();
    for skill in job["skills"].as_array().unwrap() {
        let span = &skill["span"];
        let range = span["start"].as_u64().unwrap() as usize..span["end"].as_u64().unwrap() as usize;
        assert_eq!(text[range].iter().collect::<String>(), skill["skill_text"].as_str().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plus_in_a_query_is_a_space_as_forms_and_browsers_write_it() {
    let rest = mesh().await.clients().rest;
    let spaces = get(&rest, "/api/jobs:search?query=bases%20de%20datos").await;
    assert!(spaces["total"].as_i64().unwrap() > 0);
    assert_eq!(get(&rest, "/api/jobs:search?query=bases+de+datos").await, spaces);
    assert!(get(&rest, "/api/jobs:search?query=C%2B%2B").await["total"].as_i64().unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_rankings_and_search_answer_in_the_contracts_spelling() {
    let mesh = mesh().await;
    let rest = mesh.clients().rest;
    let mut found = BTreeSet::new();
    for path in ["/api/stats", "/api/skills", "/api/skills/python", "/api/jobs:search?query=python&filter.country=MX"] {
        names(&get(&rest, path).await, &mut found);
    }
    for name in ["total_jobs", "jobs_total", "next_page_token", "share_low", "extraction_status"] {
        assert!(found.contains(name), "{name}: {found:?}");
    }
    // Country codes and languages are keys of maps.
    let camel = found.iter().find(|name| name.len() > 2 && name.chars().any(char::is_uppercase));
    assert_eq!(camel, None);
    let stats = get(&rest, "/api/stats").await;
    assert_eq!(stats["total_jobs"], 174);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_text_is_extracted_at_once() {
    let rest = mesh().await.clients().rest;
    let text = "Requisitos: experiencia con Kubernetes, PostgreSQL y Python en producción.";
    let body = json!({"title": "Ingeniero DevOps", "text": text, "pipeline": "A"});
    let answer = rest.post("/api/extract", body).await.unwrap().ok();
    let skills: Vec<&str> =
        answer["skills"].as_array().unwrap().iter().filter_map(|skill| skill["skill"]["name"].as_str()).collect();
    for expected in ["Kubernetes", "PostgreSQL", "Python"] {
        assert!(skills.contains(&expected), "{skills:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cleaning_answers_with_numbers_and_an_operation_has_one_id_everywhere() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    let rest = &clients.rest;
    ads::import(&clients, ads::invented(7, 150)).await;

    let cleaned = rest.post("/api/jobs/clean", json!({"limit": 100})).await.unwrap().ok();
    assert_eq!((&cleaned["cleaned"], &cleaned["rejected"]), (&json!(100), &json!(0)));
    assert!(cleaned["time_ms"].is_u64());

    let started = rest.post("/api/jobs/clean/batch", json!({})).await.unwrap().ok();
    assert_eq!((&started["status"], &started["total"]), (&json!("PENDING"), &json!(50)));
    let id = started["task_id"].as_str().unwrap().to_owned();
    watch::to_the_end(&clients, &id).await.succeeded();

    let started = rest.post("/api/extract/batch", json!({"pipeline": "A"})).await.unwrap().ok();
    assert_eq!((&started["status"], &started["total"]), (&json!("PENDING"), &json!(150)));
    assert_eq!(started["batch_id"], started["task_id"]);
    let id = started["batch_id"].as_str().unwrap().to_owned();
    let watched = watch::to_the_end(&clients, &id).await.succeeded();
    assert_eq!(watched.operation.name, format!("operations/{id}"));

    let task = get(rest, &format!("/api/tasks/{id}")).await;
    assert_eq!((&task["task_id"], &task["status"], &task["completed"]), (&json!(id), &json!("SUCCESS"), &json!(150)));
    let batch = get(rest, &format!("/api/batches/{id}")).await;
    assert_eq!(batch["batch_id"], json!(id));
    for (field, value) in [("completed", 150), ("pending", 0), ("failed", 0), ("total", 150), ("progress_percent", 100)]
    {
        assert!(same_json(&batch[field], &json!(value)), "{field}: {batch}");
    }
    let operation = get(rest, &format!("/v1/operations/{id}")).await;
    assert_eq!((&operation["name"], &operation["done"]), (&json!(format!("operations/{id}")), &json!(true)));
    assert_eq!(operation["metadata"]["completed"], 150);

    // One JSON object a line, to the end.
    let stream = rest.get(&format!("/api/operations/{id}:watch")).await.unwrap();
    let lines: Vec<Value> = stream.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.last().unwrap()["operation"]["done"], true);
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_eleventh_batch_start_of_a_minute_is_refused_on_every_surface() {
    let mesh = Mesh::start().await.unwrap();
    let start = "observatory.cleaner.v1.CleanerService/BatchCleanJobs";
    let address = Ipv4Addr::new(127, 9, 9, 9).into();
    let clients = Clients::from(&mesh.envoy.url(), address);
    for _ in 0..10 {
        clients.grpc(start, json!({"country": "AR"})).await.unwrap();
    }
    let by_grpc = clients.grpc(start, json!({})).await.unwrap_err();
    let by_web = clients.web(start, json!({})).await.unwrap_err();
    let by_rest = clients.rest.post("/api/jobs:batchClean", json!({})).await.unwrap();
    for status in [&by_grpc, &by_web] {
        assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
        assert_eq!(Failure::from(status).reason, "OVERLOADED", "{status:?}");
    }
    assert_eq!(by_rest.status, 429);
    assert_eq!(by_rest.headers["retry-after"], "6");
    let failure = Failure::from_json(&by_rest.json());
    assert_eq!((failure.code, failure.reason.as_str()), (8, "OVERLOADED"), "{}", by_rest.text);

    // Nobody else is held up, and reading is free.
    mesh.clients().grpc(start, json!({"country": "MX"})).await.unwrap();
    assert_eq!(clients.rest.get("/api/stats").await.unwrap().status, 200);
    mesh.stop().await;
}
