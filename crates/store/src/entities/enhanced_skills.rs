//! Pipeline B: what a language model made of an ad.

use sea_orm::entity::prelude::*;

/// A row of `enhanced_skills`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "enhanced_skills")]
pub struct Model {
    /// `enhancement_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub enhancement_id: Uuid,
    /// `job_id`.
    pub job_id: Uuid,
    /// `original_skill_text`.
    #[sea_orm(column_type = "Text")]
    pub original_skill_text: String,
    /// `normalized_skill`.
    #[sea_orm(column_type = "Text")]
    pub normalized_skill: String,
    /// `skill_type`.
    #[sea_orm(column_type = "Text")]
    pub skill_type: String,
    /// `esco_concept_uri`.
    #[sea_orm(column_type = "Text")]
    pub esco_concept_uri: Option<String>,
    /// `esco_preferred_label`.
    #[sea_orm(column_type = "Text")]
    pub esco_preferred_label: Option<String>,
    /// `llm_confidence`.
    pub llm_confidence: f32,
    /// `llm_reasoning`.
    #[sea_orm(column_type = "Text")]
    pub llm_reasoning: String,
    /// `llm_model`.
    #[sea_orm(column_type = "Text")]
    pub llm_model: String,
    /// `prompt_version`.
    #[sea_orm(column_type = "Text")]
    pub prompt_version: String,
    /// `is_duplicate`.
    pub is_duplicate: bool,
    /// `duplicate_of_id`.
    pub duplicate_of_id: Option<Uuid>,
    /// `processing_time_seconds`.
    pub processing_time_seconds: f64,
    /// `tokens_used`.
    pub tokens_used: i32,
    /// `enhanced_at`.
    pub enhanced_at: DateTimeUtc,
    /// `pipeline`.
    #[sea_orm(column_type = "Text")]
    pub pipeline: String,
    /// `span_start`.
    pub span_start: Option<i32>,
    /// `span_end`.
    pub span_end: Option<i32>,
    /// `implied_by`.
    #[sea_orm(column_type = "Text")]
    pub implied_by: String,
    /// `from_pipeline_a`.
    pub from_pipeline_a: bool,
    /// `skill_id`.
    #[sea_orm(column_type = "Text")]
    pub skill_id: String,
    /// `concept_uri`.
    #[sea_orm(column_type = "Text")]
    pub concept_uri: String,
    /// `skill_kind`.
    #[sea_orm(column_type = "Text")]
    pub skill_kind: String,
    /// `name_es`.
    #[sea_orm(column_type = "Text")]
    pub name_es: String,
    /// `settings`.
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Json,
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
