//! Pipeline A: every mention of a skill.

use sea_orm::entity::prelude::*;

/// A row of `extracted_skills`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "extracted_skills")]
pub struct Model {
    /// `extraction_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub extraction_id: Uuid,
    /// `job_id`.
    pub job_id: Uuid,
    /// `skill_text`.
    #[sea_orm(column_type = "Text")]
    pub skill_text: String,
    /// `skill_type`.
    #[sea_orm(column_type = "Text")]
    pub skill_type: String,
    /// `extraction_method`.
    #[sea_orm(column_type = "Text")]
    pub extraction_method: String,
    /// `confidence_score`.
    pub confidence_score: f32,
    /// `source_section`.
    #[sea_orm(column_type = "Text")]
    pub source_section: String,
    /// `span_start`.
    pub span_start: i32,
    /// `span_end`.
    pub span_end: i32,
    /// `esco_uri`.
    #[sea_orm(column_type = "Text")]
    pub esco_uri: Option<String>,
    /// `skill_id`.
    #[sea_orm(column_type = "Text")]
    pub skill_id: String,
    /// `concept_uri`.
    #[sea_orm(column_type = "Text")]
    pub concept_uri: String,
    /// `normalized_skill`.
    #[sea_orm(column_type = "Text")]
    pub normalized_skill: String,
    /// `skill_kind`.
    #[sea_orm(column_type = "Text")]
    pub skill_kind: String,
    /// `reason`.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// `extractor_version`.
    #[sea_orm(column_type = "Text")]
    pub extractor_version: String,
    /// `taxonomy_version`.
    #[sea_orm(column_type = "Text")]
    pub taxonomy_version: String,
    /// `name_es`.
    #[sea_orm(column_type = "Text")]
    pub name_es: String,
    /// `necessity`.
    #[sea_orm(column_type = "Text")]
    pub necessity: String,
    /// `years_min`.
    pub years_min: Option<f32>,
    /// `years_max`.
    pub years_max: Option<f32>,
    /// `level`.
    #[sea_orm(column_type = "Text")]
    pub level: String,
    /// `version`.
    #[sea_orm(column_type = "Text")]
    pub version: String,
    /// `implied_by`.
    #[sea_orm(column_type = "Text")]
    pub implied_by: String,
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
