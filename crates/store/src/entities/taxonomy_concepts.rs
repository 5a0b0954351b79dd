//! The observatory's own concepts.

use sea_orm::entity::prelude::*;

/// A row of `taxonomy_concepts`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "taxonomy_concepts")]
pub struct Model {
    /// `skill_id`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub skill_id: String,
    /// `concept_uri`.
    #[sea_orm(column_type = "Text", unique)]
    pub concept_uri: String,
    /// `name`.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// `kind`.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// `labels_en`.
    pub labels_en: Vec<String>,
    /// `labels_es`.
    pub labels_es: Vec<String>,
    /// `aliases`.
    pub aliases: Vec<String>,
    /// `parent_uri`.
    #[sea_orm(column_type = "Text")]
    pub parent_uri: Option<String>,
    /// `esco_uri`.
    #[sea_orm(column_type = "Text")]
    pub esco_uri: Option<String>,
    /// `note`.
    #[sea_orm(column_type = "Text")]
    pub note: String,
    /// `taxonomy_version`.
    #[sea_orm(column_type = "Text")]
    pub taxonomy_version: String,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
