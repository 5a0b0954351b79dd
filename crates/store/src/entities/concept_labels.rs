//! Every label of every concept, folded, for search.

use sea_orm::entity::prelude::*;

/// A row of `concept_labels`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "concept_labels")]
pub struct Model {
    /// `skill_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub skill_id: String,
    /// `source`.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// `label`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub label: String,
    /// `folded`.
    #[sea_orm(column_type = "Text")]
    pub folded: String,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
