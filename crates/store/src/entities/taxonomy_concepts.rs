//! The observatory's own concepts.

use sea_orm::entity::prelude::*;

/// A row of `taxonomy_concepts`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "taxonomy_concepts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `skill_id`.
    pub skill_id: String,
    #[sea_orm(column_type = "Text", unique)]
    /// `concept_uri`.
    pub concept_uri: String,
    #[sea_orm(column_type = "Text")]
    /// `name`.
    pub name: String,
    #[sea_orm(column_type = "Text")]
    /// `kind`.
    pub kind: String,
    /// `labels_en`.
    pub labels_en: Vec<String>,
    /// `labels_es`.
    pub labels_es: Vec<String>,
    /// `aliases`.
    pub aliases: Vec<String>,
    #[sea_orm(column_type = "Text")]
    /// `parent_uri`.
    pub parent_uri: Option<String>,
    #[sea_orm(column_type = "Text")]
    /// `esco_uri`.
    pub esco_uri: Option<String>,
    #[sea_orm(column_type = "Text")]
    /// `note`.
    pub note: String,
    #[sea_orm(column_type = "Text")]
    /// `taxonomy_version`.
    pub taxonomy_version: String,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
