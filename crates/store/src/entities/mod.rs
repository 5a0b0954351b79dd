//! sea-orm entities of all tables. What is unusual (full-text search, trigrams, vectors, batches) is plain SQL
//! in the modules beside this one.

pub mod candidate_reviews;
pub mod cleaned_jobs;
pub mod cluster_points;
pub mod clustering_results;
pub mod clusterings;
pub mod concept_labels;
pub mod dataset_versions;
pub mod duplicate_bands;
pub mod enhanced_skills;
pub mod esco_taxonomy;
pub mod extracted_skills;
pub mod operations;
pub mod raw_jobs;
pub mod schedule_runs;
pub mod schedules;
pub mod skill_candidates;
pub mod skill_embeddings;
pub mod task_effects;
pub mod taxonomy_additions;
pub mod taxonomy_concepts;
