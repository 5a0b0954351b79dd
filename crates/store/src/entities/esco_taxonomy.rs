//! ESCO concepts, as imported.

use sea_orm::entity::prelude::*;

/// A row of `esco_taxonomy`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "esco_taxonomy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    /// `concept_uri`.
    pub concept_uri: String,
    #[sea_orm(column_type = "Text", unique)]
    /// `skill_id`.
    pub skill_id: String,
    #[sea_orm(column_type = "Text")]
    /// `preferred_label_en`.
    pub preferred_label_en: String,
    #[sea_orm(column_type = "Text")]
    /// `preferred_label_es`.
    pub preferred_label_es: Option<String>,
    /// `alternative_labels`.
    pub alternative_labels: Vec<String>,
    /// `alternative_labels_en`.
    pub alternative_labels_en: Vec<String>,
    /// `alternative_labels_es`.
    pub alternative_labels_es: Vec<String>,
    #[sea_orm(column_type = "Text")]
    /// `skill_type`.
    pub skill_type: String,
    #[sea_orm(column_type = "Text")]
    /// `description_en`.
    pub description_en: String,
    #[sea_orm(column_type = "Text")]
    /// `description_es`.
    pub description_es: String,
    #[sea_orm(column_type = "Text")]
    /// `broader_concept_uri`.
    pub broader_concept_uri: Option<String>,
    /// `broader_concept_uris`.
    pub broader_concept_uris: Vec<String>,
    /// `narrower_concept_uris`.
    pub narrower_concept_uris: Vec<String>,
    /// `imported_at`.
    pub imported_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
