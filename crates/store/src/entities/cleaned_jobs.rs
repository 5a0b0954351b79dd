//! Ads as a reader sees them, and whether they are usable.

use sea_orm::entity::prelude::*;

/// A row of `cleaned_jobs`; the columns are explained in the migration.
/// Its generated column `search` is left out: it has no type outside Postgres.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cleaned_jobs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// `cleaned_id`.
    pub cleaned_id: Uuid,
    #[sea_orm(unique)]
    /// `job_id`.
    pub job_id: Uuid,
    #[sea_orm(column_type = "Text")]
    /// `title_cleaned`.
    pub title_cleaned: String,
    #[sea_orm(column_type = "Text")]
    /// `description_cleaned`.
    pub description_cleaned: String,
    #[sea_orm(column_type = "Text")]
    /// `requirements_cleaned`.
    pub requirements_cleaned: String,
    #[sea_orm(column_type = "Text")]
    /// `combined_text`.
    pub combined_text: String,
    /// `combined_word_count`.
    pub combined_word_count: i32,
    #[sea_orm(column_type = "Text")]
    /// `detected_language`.
    pub detected_language: String,
    /// `language_confidence`.
    pub language_confidence: f32,
    /// `is_usable`.
    pub is_usable: bool,
    #[sea_orm(column_type = "Text")]
    /// `unusable_reason`.
    pub unusable_reason: Option<String>,
    #[sea_orm(column_type = "Text")]
    /// `unusable_detail`.
    pub unusable_detail: String,
    /// `duplicate_of`.
    pub duplicate_of: Option<Uuid>,
    #[sea_orm(column_type = "VarBinary(StringLen::None)")]
    /// `signature`.
    pub signature: Vec<u8>,
    /// `bands`.
    pub bands: Vec<i64>,
    #[sea_orm(column_type = "Text")]
    /// `cleaner_version`.
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
