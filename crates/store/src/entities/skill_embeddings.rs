//! Vectors of skills.

use sea_orm::entity::prelude::*;

/// A row of `skill_embeddings`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "skill_embeddings")]
pub struct Model {
    /// `embedding_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub embedding_id: Uuid,
    /// `skill_text`.
    #[sea_orm(column_type = "Text")]
    pub skill_text: String,
    /// `embedding`.
    #[sea_orm(column_type = "Vector(Some(768))")]
    pub embedding: PgVector,
    /// `centred`.
    #[sea_orm(column_type = "Vector(Some(768))")]
    pub centred: PgVector,
    /// `model_name`.
    #[sea_orm(column_type = "Text")]
    pub model_name: String,
    /// `model_version`.
    #[sea_orm(column_type = "Text")]
    pub model_version: String,
    /// `created_at`.
    pub created_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
