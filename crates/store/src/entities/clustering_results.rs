//! One row per cluster of a run.

use sea_orm::entity::prelude::*;

/// A row of `clustering_results`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "clustering_results")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// `cluster_id`.
    pub cluster_id: Uuid,
    /// `clustering_id`.
    pub clustering_id: Uuid,
    #[sea_orm(column_type = "Text")]
    /// `pipeline_name`.
    pub pipeline_name: String,
    #[sea_orm(column_type = "Text")]
    /// `country`.
    pub country: Option<String>,
    /// `cluster_number`.
    pub cluster_number: i32,
    #[sea_orm(column_type = "Text")]
    /// `cluster_label`.
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
    #[sea_orm(column_type = "JsonBinary")]
    /// `umap_params`.
    pub umap_params: Json,
    #[sea_orm(column_type = "JsonBinary")]
    /// `hdbscan_params`.
    pub hdbscan_params: Json,
    /// `analyzed_at`.
    pub analyzed_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
