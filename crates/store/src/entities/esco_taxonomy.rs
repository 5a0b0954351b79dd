//! ESCO concepts, as imported.

use sea_orm::entity::prelude::*;

/// A row of `esco_taxonomy`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "esco_taxonomy")]
pub struct Model {
    /// `concept_uri`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub concept_uri: String,
    /// `skill_id`.
    #[sea_orm(column_type = "Text", unique)]
    pub skill_id: String,
    /// `preferred_label_en`.
    #[sea_orm(column_type = "Text")]
    pub preferred_label_en: String,
    /// `preferred_label_es`.
    #[sea_orm(column_type = "Text")]
    pub preferred_label_es: Option<String>,
    /// `alternative_labels`.
    pub alternative_labels: Vec<String>,
    /// `alternative_labels_en`.
    pub alternative_labels_en: Vec<String>,
    /// `alternative_labels_es`.
    pub alternative_labels_es: Vec<String>,
    /// `skill_type`.
    #[sea_orm(column_type = "Text")]
    pub skill_type: String,
    /// `description_en`.
    #[sea_orm(column_type = "Text")]
    pub description_en: String,
    /// `description_es`.
    #[sea_orm(column_type = "Text")]
    pub description_es: String,
    /// `broader_concept_uri`.
    #[sea_orm(column_type = "Text")]
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
