//! One point per skill and run, for the map.

use sea_orm::entity::prelude::*;

/// A row of `cluster_points`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cluster_points")]
pub struct Model {
    /// `clustering_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub clustering_id: Uuid,
    /// `skill_text`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub skill_text: String,
    /// `x`.
    pub x: f32,
    /// `y`.
    pub y: f32,
    /// `cluster_number`.
    pub cluster_number: i32,
    /// `probability`.
    pub probability: f32,
    /// `job_count`.
    pub job_count: i32,
    /// `skill_id`.
    #[sea_orm(column_type = "Text")]
    pub skill_id: String,
    /// `name_es`.
    #[sea_orm(column_type = "Text")]
    pub name_es: String,
    /// `outlier_score`.
    pub outlier_score: f32,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
