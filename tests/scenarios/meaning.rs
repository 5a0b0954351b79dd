//! What vectors and a real language model add, through Envoy: the same on every surface, and nothing lost when the
//! process that works is killed.

#![allow(clippy::unwrap_used)]

use observatory_proto::{jobs::ImportJobsRequest, pipeline::RunPipelineResponse};
use observatory_stack::{Llm, LlmOptions};
use observatory_tests::{Mesh, ads, project_root, response, watch};
use serde_json::{Value, json};

const SIMILAR: &str = "observatory.embedder.v1.EmbedderService/SearchSimilarSkills";
const EXTRACT: &str = "observatory.llm.v1.LlmService/ExtractSkills";
const EMBEDDING_MODEL: &str = ".local/models/multilingual-e5-small";
/// Explicit skills whose words are not those of the ad at their place.
const UNGROUNDED: &str = "SELECT count(*) FROM enhanced_skills s JOIN cleaned_jobs c USING (job_id)
    WHERE s.skill_type = 'explicit'
      AND substring(c.combined_text FROM s.span_start + 1 FOR s.span_end - s.span_start) <> s.original_skill_text";
/// Skills that pipeline A found in ads, without a vector.
const WITHOUT_VECTOR: &str = "SELECT count(*) FROM (SELECT DISTINCT normalized_skill FROM named_skills
    EXCEPT SELECT skill_text FROM skill_embeddings) missing";

/// Starts an operation by REST, kills the service that works on it once an item is done, and starts it again:
/// everything is done, nothing twice.
async fn killed_on_the_way(mesh: &Mesh, path: &str, request: Value, victim: &str) {
    let started = mesh.clients().rest.post(path, request).await.unwrap().ok();
    let id = started["name"].as_str().unwrap().trim_start_matches("operations/");
    let watched = watch::through(mesh.clients(), id, 1, || async {
        let victim = mesh.service(victim);
        victim.process.kill9().await;
        victim.restart().await.unwrap();
    });
    let end = watched.await.succeeded().metadata;
    assert_eq!((end.completed, end.failed), (end.total, 0), "{end:?}");
    let effects = format!("SELECT count(*) FROM task_effects WHERE operation_id = '{id}'");
    assert_eq!(mesh.count(&effects).await, i64::from(end.total), "one effect per item");
}

#[tokio::test(flavor = "multi_thread")]
async fn skills_get_vectors_once_and_are_found_by_meaning_on_every_surface() {
    if !project_root().join(EMBEDDING_MODEL).is_dir() {
        println!("skipped: no embedding model is installed; scripts/models.sh installs one");
        return;
    }
    let mesh = Mesh::builder().env("embedder", "OBSERVATORY_SERVICE__LEASE_SECONDS", "1").start().await.unwrap();
    let clients = mesh.clients();
    ads::process_sample(&mesh).await;

    killed_on_the_way(&mesh, "/api/skills:batchEmbed", json!({}), "embedder").await;
    assert_eq!(mesh.count(WITHOUT_VECTOR).await, 0, "every skill that an ad names has its vector");
    mesh.wait_until_ready().await.unwrap();

    let request = json!({"query": "bases de datos", "limit": 5});
    let by_grpc = clients.grpc(SIMILAR, request.clone()).await.unwrap().remove(0);
    assert_eq!(by_grpc["skills"].as_array().unwrap().len(), 5, "{by_grpc}");
    assert!(by_grpc["skills"][0]["similarity"].as_f64() > Some(0.5), "{by_grpc}");
    let by_web = clients.web(SIMILAR, request).await.unwrap().remove(0);
    let by_rest = clients.rest.get("/api/skills:similar?query=bases%20de%20datos&limit=5").await.unwrap().ok();
    // Surfaces write floats with more digits or fewer.
    let told = |answer: &Value| -> Vec<Value> {
        let skills = answer["skills"].as_array().unwrap().iter();
        skills.map(|near| json!([near["skill"], near["job_count"], near["reason"]])).collect()
    };
    for (surface, answer) in [("gRPC-web", by_web), ("REST", by_rest)] {
        assert_eq!(told(&by_grpc), told(&answer), "{surface}");
    }
    let links = clients.rest.get("/api/taxonomy:link?text=postgres&limit=1").await.unwrap().ok();
    assert_eq!(links["links"][0]["skill"]["name"], "PostgreSQL", "{links}");
    mesh.stop().await;
}

/// Ads that a small model reads in seconds on one processor.
fn short_ads(skills: [&str; 4]) -> Vec<ImportJobsRequest> {
    let mut ads = ads::invented(1, skills.len());
    for (ad, skills) in ads.iter_mut().zip(skills) {
        let some: Vec<&str> = ad.description.lines().take(4).collect();
        let asks = format!("<p>Requisitos: experiencia en {skills}, Docker y trabajo en equipo.</p>");
        ad.description = some.join("\n") + &asks;
    }
    ads
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_model_adds_only_what_the_ads_hold_also_when_its_service_is_killed() {
    let root = project_root();
    if !Llm::is_installed(&root, "qwen05") {
        println!("skipped: no language model is installed; ./dev llm installs one");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let model = Llm::start(&root, dir.path(), LlmOptions::default()).await.unwrap();
    let mesh = Mesh::builder()
        .env("llm", "OBSERVATORY_SERVICE__MODELS__QWEN05__BASE_URL", &model.base_url())
        .env("llm", "OBSERVATORY_SERVICE__LEASE_SECONDS", "1")
        .start()
        .await
        .unwrap();
    let clients = mesh.clients();

    let ad =
        json!({"title": "Desarrollador backend", "text": "Requisitos:\n- Python y Django\n- PostgreSQL y Docker\n"});
    let by_grpc = clients.grpc(EXTRACT, ad.clone()).await.unwrap().remove(0);
    let named = |answer: &Value| -> Vec<String> {
        let skills = answer["skills"].as_array().unwrap().iter();
        skills.map(|skill| skill["original_skill_text"].as_str().unwrap().to_owned()).collect()
    };
    assert!(named(&by_grpc).contains(&"Python".to_owned()), "{by_grpc}");
    let by_web = clients.web(EXTRACT, ad.clone()).await.unwrap().remove(0);
    let by_rest = clients.rest.post("/api/llm/extract", ad).await.unwrap().ok();
    for answer in [by_web, by_rest] {
        assert_eq!(named(&answer), named(&by_grpc));
        assert_eq!(answer["usage"]["cached"], true, "an answer is paid for once: {answer}");
    }

    let skills = ["Python y Django", "Java y Spring Boot", "React y TypeScript", "SQL Server y Power BI"];
    ads::process(&mesh, short_ads(skills)).await;
    let body = json!({"pipeline": "B", "limit": 4});
    killed_on_the_way(&mesh, "/api/jobs:batchEnhance", body, "llm").await;
    assert_eq!(mesh.count("SELECT count(*) FROM enhanced_jobs WHERE pipeline = 'B'").await, 4);
    assert_eq!(mesh.count(UNGROUNDED).await, 0, "every explicit skill stands in its ad");
    let explicit = "SELECT count(*) FROM enhanced_skills WHERE skill_type = 'explicit'";
    assert!(mesh.count(explicit).await > 4, "the model found something");
    pipeline_with_real_models(&mesh).await;
    model.process.terminate().await;
    mesh.stop().await;
}

/// The stages of both models as one operation: all four ads enhanced by the hybrid, and each skill has its vector.
async fn pipeline_with_real_models(mesh: &Mesh) {
    if !project_root().join(EMBEDDING_MODEL).is_dir() {
        println!("skipped: no embedding model is installed; scripts/models.sh installs one");
        return;
    }
    let body = json!({"stages": ["STAGE_ENHANCE", "STAGE_EMBED"]});
    let started = mesh.clients().rest.post("/api/pipeline:run", body).await.unwrap().ok();
    let id = started["name"].as_str().unwrap().trim_start_matches("operations/");
    let told: RunPipelineResponse = response(&watch::to_the_end(&mesh.clients(), id).await.succeeded());
    assert_eq!((told.stages_done, told.enhanced, told.failed), (2, 4, 0), "{told:?}");
    assert!(told.embedded > 0 && told.skipped_stages.is_empty(), "{told:?}");
    assert_eq!(mesh.count("SELECT count(*) FROM enhanced_jobs WHERE pipeline = 'HYBRID'").await, 4);
    assert_eq!(mesh.count(UNGROUNDED).await, 0, "every explicit skill stands in its ad");
    assert_eq!(mesh.count(WITHOUT_VECTOR).await, 0, "every skill that an ad names has its vector");
}
