//! Versions of what is loaded, such as the ESCO edition.

use sea_orm::entity::prelude::*;

/// A row of `dataset_versions`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dataset_versions")]
pub struct Model {
    /// `dataset`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub dataset: String,
    /// `version`.
    #[sea_orm(column_type = "Text")]
    pub version: String,
    /// `updated_at`.
    pub updated_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
