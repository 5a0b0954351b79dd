//! One row per run of UMAP and HDBSCAN.

use sea_orm::entity::prelude::*;

/// A row of `clusterings`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "clusterings")]
pub struct Model {
    /// `clustering_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub clustering_id: Uuid,
    /// `pipeline_name`.
    #[sea_orm(column_type = "Text")]
    pub pipeline_name: String,
    /// `country`.
    #[sea_orm(column_type = "Text")]
    pub country: String,
    /// `settings`.
    pub settings: Vec<u8>,
    /// `settings_key`.
    #[sea_orm(column_type = "Text")]
    pub settings_key: String,
    /// `base_clustering_id`.
    pub base_clustering_id: Option<Uuid>,
    /// `n_points`.
    pub n_points: i32,
    /// `n_clusters`.
    pub n_clusters: i32,
    /// `n_noise`.
    pub n_noise: i32,
    /// `silhouette_score`.
    pub silhouette_score: Option<f64>,
    /// `davies_bouldin_index`.
    pub davies_bouldin_index: Option<f64>,
    /// `dbcv_score`.
    pub dbcv_score: Option<f64>,
    /// `seed_stability`.
    pub seed_stability: Option<f64>,
    /// `resample_stability`.
    pub resample_stability: Option<f64>,
    /// `min_cluster_size`.
    pub min_cluster_size: i32,
    /// `cluster_selection_method`.
    #[sea_orm(column_type = "Text")]
    pub cluster_selection_method: String,
    /// `model_name`.
    #[sea_orm(column_type = "Text")]
    pub model_name: String,
    /// `model_version`.
    #[sea_orm(column_type = "Text")]
    pub model_version: String,
    /// `taxonomy_version`.
    #[sea_orm(column_type = "Text")]
    pub taxonomy_version: String,
    /// `operation_id`.
    #[sea_orm(column_type = "Text")]
    pub operation_id: String,
    /// `seconds`.
    pub seconds: f64,
    /// `analyzed_at`.
    pub analyzed_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
