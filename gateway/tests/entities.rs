//! The entities fit the schema: every column is read from a real row.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, ad};
use observatory_store::{entities, sea_orm::EntityTrait};

const ROWS: [&str; 15] = [
    "INSERT INTO enhanced_skills (job_id, original_skill_text, normalized_skill, skill_type, llm_confidence, llm_model,
         prompt_version, span_start, span_end) SELECT job_id, 'a', 'a', 'explicit', 0.5, 'm', '1', 0, 1 FROM raw_jobs",
    "INSERT INTO skill_embeddings (skill_text, embedding, centred, model_name, model_version)
         SELECT 'a', v, v, 'm', '1' FROM (SELECT array_fill(0.5, ARRAY[768])::vector AS v) one",
    "INSERT INTO esco_taxonomy (concept_uri, skill_id, preferred_label_en, skill_type) VALUES ('u', 'i', 'l', 't')",
    "INSERT INTO taxonomy_concepts (skill_id, concept_uri, name, kind, taxonomy_version) VALUES ('i', 'u', 'n', 'k', '1')",
    "INSERT INTO concept_labels VALUES ('i', 'esco', 'L', 'l')",
    "INSERT INTO clusterings (clustering_id, pipeline_name, settings, settings_key, n_points, n_clusters, n_noise,
             min_cluster_size, cluster_selection_method, model_name, model_version, taxonomy_version, operation_id, seconds)
         VALUES (gen_random_uuid(), 'A', '', 'k', 1, 0, 1, 5, 'eom', 'm', '1', '1', 'o', 1)",
    "INSERT INTO clustering_results (clustering_id, pipeline_name, cluster_number, skill_texts, size, n_clusters, n_noise)
         SELECT clustering_id, 'A', -1, '{a}', 1, 0, 1 FROM clusterings",
    "INSERT INTO cluster_points (clustering_id, skill_text, x, y, cluster_number)
         SELECT clustering_id, 'a', 1, 2, -1 FROM clusterings",
    "WITH o AS (INSERT INTO operations (operation_id, kind, request, request_hash, task_keys)
         VALUES ('o', 'k', '', '', '{a}') RETURNING operation_id)
     INSERT INTO dataset_versions (dataset, version) SELECT 'd', operation_id FROM o",
    "INSERT INTO task_effects (operation_id, task_key, outcome) VALUES ('o', 'a', 'done')",
    "DELETE FROM schedules WHERE schedule_id <> 'nightly-extraction'",
    "INSERT INTO schedule_runs (schedule_id, tick, state, operation_kind, request, request_id)
         SELECT schedule_id, now(), 'claimed', operation_kind, request, 'r' FROM schedules",
    "INSERT INTO skill_candidates SELECT job_id, 'a', 'A', 'name', 0, 1 FROM raw_jobs",
    "INSERT INTO candidate_reviews (phrase, decision) VALUES ('a', 'rejected')",
    "INSERT INTO taxonomy_additions (skill_id, name, kind, labels) VALUES ('a', 'A', 'tool', '{B}')",
];

#[tokio::test]
async fn every_entity_reads_its_table() {
    let gateway = Gateway::start().await;
    gateway.import(vec![ad("A", "2025-11-02")]).await;
    gateway.clean_all().await;
    gateway.skill("rust", "Rust", "programming_language", &["A"]).await;
    for row in ROWS {
        gateway.sql(row, []).await;
    }
    let db = gateway.kit.db();
    macro_rules! read {
        ($($table:ident),*) => {
            $(assert_eq!(entities::$table::Entity::find().all(&db).await.unwrap().len(), 1, stringify!($table));)*
        };
    }
    read!(
        raw_jobs,
        cleaned_jobs,
        extracted_skills,
        enhanced_skills,
        skill_embeddings,
        esco_taxonomy,
        taxonomy_concepts,
        concept_labels,
        clusterings,
        clustering_results,
        cluster_points,
        operations,
        dataset_versions,
        schedules,
        schedule_runs,
        task_effects,
        skill_candidates,
        candidate_reviews,
        taxonomy_additions
    );
}
