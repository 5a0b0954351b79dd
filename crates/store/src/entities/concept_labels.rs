//! Every label of every concept, folded, for search.

use sea_orm::entity::prelude::*;

/// A row of `concept_labels`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "concept_labels")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `skill_id`.
    pub skill_id: String,
    #[sea_orm(column_type = "Text")]
    /// `source`.
    pub source: String,
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `label`.
    pub label: String,
    #[sea_orm(column_type = "Text")]
    /// `folded`.
    pub folded: String,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
