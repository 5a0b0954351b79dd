//! Maps of skills through Envoy: made once although the clusterer is killed, the same on every surface, and their
//! areas kept from run to run.

#![allow(clippy::unwrap_used)]

use observatory_tests::{Mesh, ads, project_root, watch};
use serde_json::{Value, json};

const START: &str = "observatory.clusterer.v1.ClustererService/ClusterSkills";
const LIST: &str = "observatory.clusters.v1.ClusterService/ListClusters";
const MAP: &str = "observatory.clusters.v1.ClusterService/GetClusterMap";
const COMPARE: &str = "observatory.clusters.v1.ClusterService/CompareClusterings";
const EMBEDDING_MODEL: &str = ".local/models/multilingual-e5-small";

fn areas(clusters: &Value) -> Vec<(String, i64)> {
    let of = |cluster: &Value| {
        let text = |name: &str| cluster[name].as_str().unwrap_or_default().to_owned();
        (text("area_id"), cluster["color"].as_i64().unwrap_or_default())
    };
    let mut areas: Vec<_> = clusters["clusters"].as_array().unwrap().iter().map(of).collect();
    areas.retain(|area| !area.0.is_empty());
    areas.sort();
    areas
}

#[tokio::test(flavor = "multi_thread")]
async fn skills_are_clustered_once_and_areas_stay() {
    if !project_root().join(EMBEDDING_MODEL).is_dir() {
        println!("skipped: no embedding model is installed; scripts/models.sh installs one");
        return;
    }
    let mesh = Mesh::builder().env("clusterer", "OBSERVATORY_SERVICE__LEASE_SECONDS", "1").start().await.unwrap();
    let clients = mesh.clients();

    // Before there is anything: what to do is said.
    let none = clients.rest.get("/api/clusters").await.unwrap();
    assert_eq!(none.status, 404, "{}", none.text);
    assert!(none.text.contains("CLUSTERING_NOT_FOUND") && none.text.contains("observatory cluster"), "{}", none.text);
    let refused = clients.rest.post("/api/cluster", json!({"pipeline": "A"})).await.unwrap();
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("extract"), "{}", refused.text);

    ads::process_sample(&mesh).await;

    // The owner's path starts it; the service dies on the way.
    let started = clients.rest.post("/api/cluster", json!({"pipeline": "A"})).await.unwrap().ok();
    let id = started["task_id"].as_str().unwrap().trim_start_matches("operations/").to_owned();
    let victim = mesh.service("clusterer");
    victim.process.kill9().await;
    victim.restart().await.unwrap();
    let end = watch::to_the_end(&clients, &id).await.succeeded();
    assert_eq!(end.metadata.failed, 0, "{:?}", end.metadata);
    assert_eq!(mesh.count("SELECT count(*) FROM clusterings").await, 1);
    mesh.wait_until_ready().await.unwrap();

    let by_grpc = clients.grpc(LIST, json!({"limit": 1000})).await.unwrap().remove(0);
    let by_web = clients.web(LIST, json!({"limit": 1000})).await.unwrap().remove(0);
    let by_rest = clients.rest.get("/api/clusters?limit=1000").await.unwrap().ok();
    assert_eq!(areas(&by_grpc), areas(&by_web));
    assert_eq!(areas(&by_grpc), areas(&by_rest));
    let run = &by_rest["clustering"];
    let (first, n_points) = (run["clustering_id"].as_str().unwrap().to_owned(), run["n_points"].as_i64().unwrap());
    let clusters = by_rest["clusters"].as_array().unwrap();
    assert!(run["n_clusters"].as_i64().unwrap() >= 2, "{run}");
    let sizes: i64 = clusters.iter().map(|cluster| cluster["size"].as_i64().unwrap()).sum();
    assert_eq!(sizes, n_points, "every skill is in one cluster or in the noise");
    let mut labels: Vec<&str> = clusters.iter().map(|cluster| cluster["label_es"].as_str().unwrap()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), clusters.len(), "no two names are alike");

    let map = clients.grpc(MAP, json!({"clustering_id": first})).await.unwrap();
    let points: usize = map.iter().map(|message| message["points"].as_array().unwrap().len()).sum();
    assert_eq!(points as i64, n_points, "the map has every skill");
    let lines = clients.rest.get(&format!("/api/clusterings/{first}/map")).await.unwrap().text;
    assert_eq!(lines.lines().count(), map.len());

    // The same data again: the same areas.
    let again = clients.grpc(START, json!({"stability_runs": -1})).await.unwrap().remove(0);
    let id = again["name"].as_str().unwrap().trim_start_matches("operations/").to_owned();
    watch::to_the_end(&clients, &id).await.succeeded();
    let second = clients.rest.get("/api/clusters?limit=1000").await.unwrap().ok();
    assert_ne!(second["clustering"]["clustering_id"], json!(first));
    assert_eq!(second["clustering"]["base_clustering_id"], json!(first), "runs of equal settings follow each other");
    assert_eq!(areas(&second), areas(&by_rest), "areas keep id and colour");
    let second = second["clustering"]["clustering_id"].as_str().unwrap().to_owned();
    let compared = clients.grpc(COMPARE, json!({"clustering_id": second})).await.unwrap().remove(0);
    assert_eq!(compared["continued_share"], json!(1.0), "{compared}");
    let runs = clients.rest.get("/api/clusterings?limit=1").await.unwrap().ok();
    assert!(!runs["next_page_token"].as_str().unwrap().is_empty());
    mesh.stop().await;
}
