//! One row per cluster of a run.

use sea_orm::entity::prelude::*;

/// A row of `clustering_results`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "clustering_results")]
pub struct Model {
    /// `cluster_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cluster_id: Uuid,
    /// `clustering_id`.
    pub clustering_id: Uuid,
    /// `pipeline_name`.
    #[sea_orm(column_type = "Text")]
    pub pipeline_name: String,
    /// `country`.
    #[sea_orm(column_type = "Text")]
    pub country: Option<String>,
    /// `cluster_number`.
    pub cluster_number: i32,
    /// `cluster_label`.
    #[sea_orm(column_type = "Text")]
    pub cluster_label: String,
    /// `skill_texts`.
    pub skill_texts: Vec<String>,
    /// `size`.
    pub size: i32,
    /// `cohesion_score`.
    pub cohesion_score: Option<f64>,
    /// `n_clusters`.
    pub n_clusters: i32,
    /// `n_noise`.
    pub n_noise: i32,
    /// `silhouette_score`.
    pub silhouette_score: Option<f64>,
    /// `davies_bouldin_index`.
    pub davies_bouldin_index: Option<f64>,
    /// `umap_params`.
    #[sea_orm(column_type = "JsonBinary")]
    pub umap_params: Json,
    /// `hdbscan_params`.
    #[sea_orm(column_type = "JsonBinary")]
    pub hdbscan_params: Json,
    /// `analyzed_at`.
    pub analyzed_at: DateTimeUtc,
    /// `label_en`.
    #[sea_orm(column_type = "Text")]
    pub label_en: String,
    /// `label_es`.
    #[sea_orm(column_type = "Text")]
    pub label_es: String,
    /// `area_id`.
    pub area_id: Option<Uuid>,
    /// `color`.
    pub color: i32,
    /// `group_number`.
    pub group_number: i32,
    /// `group_label_en`.
    #[sea_orm(column_type = "Text")]
    pub group_label_en: String,
    /// `group_label_es`.
    #[sea_orm(column_type = "Text")]
    pub group_label_es: String,
    /// `job_count`.
    pub job_count: i32,
    /// `title_words`.
    pub title_words: Vec<String>,
    /// `cluster_silhouette`.
    pub cluster_silhouette: Option<f64>,
    /// `change`.
    #[sea_orm(column_type = "Text")]
    pub change: String,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
