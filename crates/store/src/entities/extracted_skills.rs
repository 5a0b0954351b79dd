//! Pipeline A: every mention of a skill.

use sea_orm::entity::prelude::*;

/// A row of `extracted_skills`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "extracted_skills")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// `extraction_id`.
    pub extraction_id: Uuid,
    /// `job_id`.
    pub job_id: Uuid,
    #[sea_orm(column_type = "Text")]
    /// `skill_text`.
    pub skill_text: String,
    #[sea_orm(column_type = "Text")]
    /// `skill_type`.
    pub skill_type: String,
    #[sea_orm(column_type = "Text")]
    /// `extraction_method`.
    pub extraction_method: String,
    /// `confidence_score`.
    pub confidence_score: f32,
    #[sea_orm(column_type = "Text")]
    /// `source_section`.
    pub source_section: String,
    /// `span_start`.
    pub span_start: i32,
    /// `span_end`.
    pub span_end: i32,
    #[sea_orm(column_type = "Text")]
    /// `esco_uri`.
    pub esco_uri: Option<String>,
    #[sea_orm(column_type = "Text")]
    /// `skill_id`.
    pub skill_id: String,
    #[sea_orm(column_type = "Text")]
    /// `concept_uri`.
    pub concept_uri: String,
    #[sea_orm(column_type = "Text")]
    /// `normalized_skill`.
    pub normalized_skill: String,
    #[sea_orm(column_type = "Text")]
    /// `skill_kind`.
    pub skill_kind: String,
    #[sea_orm(column_type = "Text")]
    /// `reason`.
    pub reason: String,
    #[sea_orm(column_type = "Text")]
    /// `extractor_version`.
    pub extractor_version: String,
    #[sea_orm(column_type = "Text")]
    /// `taxonomy_version`.
    pub taxonomy_version: String,
    /// `extracted_at`.
    pub extracted_at: DateTimeUtc,
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
