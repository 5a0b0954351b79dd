//! Ads as a reader sees them, and whether they are usable.

use sea_orm::entity::prelude::*;

/// A row of `cleaned_jobs`; the columns are explained in the migration.
/// Its generated column `search` is left out: it has no type outside Postgres.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cleaned_jobs")]
pub struct Model {
    /// `cleaned_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub cleaned_id: Uuid,
    /// `job_id`.
    #[sea_orm(unique)]
    pub job_id: Uuid,
    /// `title_cleaned`.
    #[sea_orm(column_type = "Text")]
    pub title_cleaned: String,
    /// `description_cleaned`.
    #[sea_orm(column_type = "Text")]
    pub description_cleaned: String,
    /// `requirements_cleaned`.
    #[sea_orm(column_type = "Text")]
    pub requirements_cleaned: String,
    /// `combined_text`.
    #[sea_orm(column_type = "Text")]
    pub combined_text: String,
    /// `combined_word_count`.
    pub combined_word_count: i32,
    /// `detected_language`.
    #[sea_orm(column_type = "Text")]
    pub detected_language: String,
    /// `language_confidence`.
    pub language_confidence: f32,
    /// `is_usable`.
    pub is_usable: bool,
    /// `unusable_reason`.
    #[sea_orm(column_type = "Text")]
    pub unusable_reason: Option<String>,
    /// `unusable_detail`.
    #[sea_orm(column_type = "Text")]
    pub unusable_detail: String,
    /// `duplicate_of`.
    pub duplicate_of: Option<Uuid>,
    /// `signature`.
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    pub signature: Vec<u8>,
    /// `cleaner_version`.
    #[sea_orm(column_type = "Text")]
    pub cleaner_version: String,
    /// `cleaned_at`.
    pub cleaned_at: DateTimeUtc,
}

/// Relations to other tables.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The row of `raw_jobs` that it belongs to.
    #[sea_orm(belongs_to = "super::raw_jobs::Entity", from = "Column::JobId", to = "super::raw_jobs::Column::JobId")]
    RawJob,
}

impl Related<super::raw_jobs::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::RawJob.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
