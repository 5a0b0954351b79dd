//! Vectors of skills.

use sea_orm::entity::prelude::*;

/// A row of `skill_embeddings`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "skill_embeddings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// `embedding_id`.
    pub embedding_id: Uuid,
    #[sea_orm(column_type = "Text")]
    /// `skill_text`.
    pub skill_text: String,
    #[sea_orm(column_type = "Vector(Some(768))")]
    /// `embedding`.
    pub embedding: PgVector,
    #[sea_orm(column_type = "Text")]
    /// `model_name`.
    pub model_name: String,
    #[sea_orm(column_type = "Text")]
    /// `model_version`.
    pub model_version: String,
    /// `created_at`.
    pub created_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
