//! Pipeline B: what a language model made of an ad.

use sea_orm::entity::prelude::*;

/// A row of `enhanced_skills`; the columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "enhanced_skills")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// `enhancement_id`.
    pub enhancement_id: Uuid,
    /// `job_id`.
    pub job_id: Uuid,
    #[sea_orm(column_type = "Text")]
    /// `original_skill_text`.
    pub original_skill_text: String,
    #[sea_orm(column_type = "Text")]
    /// `normalized_skill`.
    pub normalized_skill: String,
    #[sea_orm(column_type = "Text")]
    /// `skill_type`.
    pub skill_type: String,
    #[sea_orm(column_type = "Text")]
    /// `esco_concept_uri`.
    pub esco_concept_uri: Option<String>,
    #[sea_orm(column_type = "Text")]
    /// `esco_preferred_label`.
    pub esco_preferred_label: Option<String>,
    /// `llm_confidence`.
    pub llm_confidence: f32,
    #[sea_orm(column_type = "Text")]
    /// `llm_reasoning`.
    pub llm_reasoning: String,
    #[sea_orm(column_type = "Text")]
    /// `llm_model`.
    pub llm_model: String,
    #[sea_orm(column_type = "Text")]
    /// `prompt_version`.
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
