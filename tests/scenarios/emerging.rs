//! A tool that nobody has heard of, from three ads to the ranking.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use observatory_proto::jobs::ImportJobsRequest;
use observatory_tests::{Clients, Failure, Mesh, ads, eventually, watch};
use serde_json::{Value, json};

/// Usable ads of three employers that ask for it in two ways.
fn three_ads() -> Vec<ImportJobsRequest> {
    let ways = [
        "Experiencia en Zorblax de dos años.",
        "Manejo de Docker, Zorblax y Kubernetes.",
        "Experiencia en Zorblax. Manejo de Docker, Zorblax y Kubernetes.",
    ];
    let mut ads = ads::invented(11, 3);
    for ((ad, way), company) in ads.iter_mut().zip(ways).zip(["Uno", "Dos", "Tres"]) {
        ad.company = company.into();
        ad.description.push_str(&format!("<h3>Requisitos</h3><ul><li>{way}</li></ul>"));
    }
    ads
}

async fn run(clients: &Clients, start: &str) {
    let started = clients.rest.post(start, json!({})).await.unwrap().ok();
    let end = watch::to_the_end(clients, started["task_id"].as_str().unwrap()).await;
    assert_eq!((end.metadata.completed, end.metadata.failed), (3, 0));
}

fn zorblax(answer: &Value) -> Option<&Value> {
    answer["skills"].as_array().unwrap().iter().find(|skill| skill["phrase"] == "zorblax")
}

async fn ranked(clients: &Clients) -> Value {
    clients.rest.get("/api/skills?query=zorblax").await.unwrap().ok()["skills"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_tool_goes_from_three_ads_to_the_ranking() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    let nothing = mesh.cli(&["skills", "emerging"]).await;
    assert!(nothing.code == 0 && nothing.stdout.contains("observatory run"), "{nothing:?}");
    ads::import(&clients, three_ads()).await;
    run(&clients, "/api/jobs/clean/batch").await;
    run(&clients, "/api/extract/batch").await;
    assert_eq!(ranked(&clients).await, json!([]));

    let answer = clients.rest.get("/api/emerging-skills?min_companies=3").await.unwrap().ok();
    let by_rest = zorblax(&answer).unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(
        (&by_rest["text"], &by_rest["job_count"], &by_rest["company_count"]),
        (&json!("Zorblax"), &json!(3), &json!(3))
    );
    let by_cli = mesh.cli(&["skills", "emerging", "--min-companies", "3", "--json"]).await;
    assert_eq!(zorblax(&by_cli.json()), Some(by_rest));
    let table = mesh.cli(&["skills", "emerging"]).await.stdout;
    assert!(table.lines().any(|line| line.starts_with("zorblax  ") && line.ends_with("Zorblax")), "{table}");

    let wrong = clients
        .rest
        .post("/api/emerging-skills:review", json!({"phrase": "zorblax", "decision": "REVIEW_DECISION_PROMOTED"}));
    let wrong = wrong.await.unwrap();
    assert_eq!((wrong.status, Failure::from_json(&wrong.json()).fields), (400, vec!["kind".to_owned()]));
    let promote =
        ["skills", "review", "Zorblax", "--promote", "--kind", "tool", "--label", "ZBX", "--parent", "devops"];
    let promoted = mesh.cli(&promote).await;
    assert_eq!(promoted.code, 0, "{promoted:?}");
    assert!(
        promoted.stdout.contains("[[concept]]\nid = \"zorblax\"\nname = \"Zorblax\"\naliases = [\"ZBX\"]\n"),
        "{promoted:?}"
    );
    assert!(promoted.stderr.contains("observatory extract --again"), "{promoted:?}");
    assert_eq!(mesh.cli(&promote).await.stdout, promoted.stdout, "the same once more");

    let found = async || {
        let text = json!({"text": "Requisitos: experiencia en Zorblax y Docker."});
        let answer = clients.rest.post("/api/extract", text).await.unwrap().ok();
        answer["skills"].as_array().unwrap().iter().any(|skill| skill["skill"]["skill_id"] == "zorblax")
    };
    eventually(Duration::from_secs(30), "new extractions find it", || async { found().await }).await;
    let again = mesh.cli(&["extract", "--again"]).await;
    assert_eq!(again.code, 0, "{again:?}");
    let ranking = ranked(&clients).await;
    assert_eq!((&ranking[0]["skill"]["name"], &ranking[0]["job_count"]), (&json!("Zorblax"), &json!(3)), "{ranking}");
    let top = mesh.cli(&["skills", "top", "--query", "zorblax"]).await.stdout;
    assert!(top.contains("Zorblax"), "{top}");
    let answer = clients.rest.get("/api/emerging-skills").await.unwrap().ok();
    assert_eq!(zorblax(&answer), None);
    let decided = clients.rest.get("/api/emerging-skills?decision=REVIEW_DECISION_PROMOTED").await.unwrap().ok();
    assert!(zorblax(&decided).is_some(), "{decided}");

    let undone = mesh.cli(&["skills", "review", "zorblax", "--undo"]).await;
    assert_eq!(undone.code, 0, "{undone:?}");
    eventually(Duration::from_secs(30), "new extractions don't", || async { !found().await }).await;
    mesh.stop().await;
}
