//! Clusters of skills: what they are made from, and the runs that were made.

mod read;
mod source;
mod write;

pub use read::{Filter, Key, Labelled, Placed, clusters, exists, get, labels, latest, list, map, previous};
pub use source::{Concept, Point, Title, Unit, concepts, count, points, titles, vectors};
pub use write::store;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;
use uuid::Uuid;

/// A run of UMAP and HDBSCAN.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Run {
    /// Its id.
    pub clustering_id: Uuid,
    /// `A`, `B` or `HYBRID`.
    pub pipeline_name: String,
    /// ISO 3166-1 alpha-2; empty: all.
    pub country: String,
    /// The request with its defaults, encoded.
    pub settings: Vec<u8>,
    /// Equal for equal settings.
    pub settings_key: String,
    /// The run it was aligned with.
    pub base_clustering_id: Option<Uuid>,
    /// Skills.
    pub n_points: i32,
    /// Clusters, noise not counted.
    pub n_clusters: i32,
    /// Skills in none.
    pub n_noise: i32,
    /// Mean silhouette.
    pub silhouette_score: Option<f64>,
    /// Davies-Bouldin index.
    pub davies_bouldin_index: Option<f64>,
    /// Density-based validity.
    pub dbcv_score: Option<f64>,
    /// Mean adjusted Rand index over seeds.
    pub seed_stability: Option<f64>,
    /// The same over parts of the skills.
    pub resample_stability: Option<f64>,
    /// Least size used.
    pub min_cluster_size: i32,
    /// `eom` or `leaf`.
    pub cluster_selection_method: String,
    /// Model of the vectors.
    pub model_name: String,
    /// Its version.
    pub model_version: String,
    /// Version of the taxonomy.
    pub taxonomy_version: String,
    /// What made it.
    pub operation_id: String,
    /// How long it took.
    pub seconds: f64,
    /// When.
    pub analyzed_at: DateTime<Utc>,
}

/// A cluster, or the noise.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Cluster {
    /// Its id.
    pub cluster_id: Uuid,
    /// From 0 by size; -1 is noise.
    pub cluster_number: i32,
    /// Name in English.
    pub label_en: String,
    /// Name in Spanish.
    pub label_es: String,
    /// Its skills, most ads first.
    pub skill_texts: Vec<String>,
    /// Skills.
    pub size: i32,
    /// Mean cosine to the centre.
    pub cohesion_score: Option<f64>,
    /// Keeps from run to run.
    pub area_id: Option<Uuid>,
    /// 0 to 7.
    pub color: i32,
    /// Its group.
    pub group_number: i32,
    /// Name of that in English.
    pub group_label_en: String,
    /// Name of that in Spanish.
    pub group_label_es: String,
    /// Ads that name any of its skills.
    pub job_count: i32,
    /// What tells their titles from others.
    pub title_words: Vec<String>,
    /// Mean silhouette of its skills.
    pub cluster_silhouette: Option<f64>,
    /// `continued`, `split`, `merged` or `born`.
    pub change: String,
}

/// A skill on the map.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct MapPoint {
    /// The skill.
    pub skill_text: String,
    /// First coordinate.
    pub x: f32,
    /// Second coordinate.
    pub y: f32,
    /// Its cluster; -1 is noise.
    pub cluster_number: i32,
    /// How far it belongs to that.
    pub probability: f32,
    /// Ads that name it.
    pub job_count: i32,
    /// Its id.
    pub skill_id: String,
    /// Its Spanish name.
    pub name_es: String,
    /// How far it lies outside.
    pub outlier_score: f32,
}
