//! Concepts that reviews added to those of the taxonomy's files.

use sea_orm::entity::prelude::*;

/// A row of `taxonomy_additions`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "taxonomy_additions")]
pub struct Model {
    /// `skill_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub skill_id: String,
    /// `name`.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// `kind`.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// `labels`.
    pub labels: Vec<String>,
    /// `parent`.
    #[sea_orm(column_type = "Text")]
    pub parent: String,
    /// `added_at`.
    pub added_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
