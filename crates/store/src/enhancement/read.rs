//! Reading what language models made of an ad.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

/// What a pipeline made of an ad.
#[derive(Debug, Clone, FromQueryResult)]
pub struct EnhancedJob {
    /// `B` or `HYBRID`.
    pub pipeline: String,
    /// The model.
    pub llm_model: String,
    /// Version of the prompt.
    pub prompt_version: String,
    /// Skills dropped because the ad doesn't hold them.
    pub ungrounded: i32,
    /// Skills that pipeline A and the model name.
    pub both_named: Vec<String>,
    /// Skills that only pipeline A names.
    pub only_pipeline_a: Vec<String>,
    /// Skills that only the model names.
    pub only_llm: Vec<String>,
    /// Tokens read.
    pub prompt_tokens: i32,
    /// Tokens written.
    pub completion_tokens: i32,
    /// Requests to the model.
    pub requests: i32,
    /// In US dollars.
    pub cost_usd: f64,
    /// True where a kept answer was used.
    pub cached: bool,
    /// Seconds it took.
    pub processing_time_seconds: f64,
    /// When.
    pub enhanced_at: DateTime<Utc>,
}

/// A skill of an ad, as a pipeline with a language model has it.
#[derive(Debug, Clone, FromQueryResult)]
pub struct EnhancedSkill {
    /// `B` or `HYBRID`.
    pub pipeline: String,
    /// The words of the ad; empty where it is implied.
    pub original_skill_text: String,
    /// Canonical name.
    pub normalized_skill: String,
    /// `explicit` or `implicit`.
    pub skill_type: String,
    /// The ESCO concept; may be empty.
    pub esco_concept_uri: String,
    /// Its label; may be empty.
    pub esco_preferred_label: String,
    /// 0 to 1.
    pub llm_confidence: f32,
    /// Why.
    pub llm_reasoning: String,
    /// The model.
    pub llm_model: String,
    /// Version of the prompt.
    pub prompt_version: String,
    /// True where another one of the ad means the same.
    pub is_duplicate: bool,
    /// The name of that one; empty where there is none.
    pub duplicate_of: String,
    /// First code point in the combined text.
    pub span_start: Option<i32>,
    /// One past the last code point.
    pub span_end: Option<i32>,
    /// The named skill that implies it.
    pub implied_by: String,
    /// True where pipeline A found it and the model was not asked.
    pub from_pipeline_a: bool,
    /// Id.
    pub skill_id: String,
    /// URI of the concept; may be empty.
    pub concept_uri: String,
    /// Kind; may be empty.
    pub skill_kind: String,
    /// Name in Spanish; may be empty.
    pub name_es: String,
}

/// What the pipelines made of an ad, and the skills of all of them, in order of position.
///
/// # Errors
/// Database errors.
pub async fn of_job<C: ConnectionTrait>(db: &C, job_id: Uuid) -> Result<(Vec<EnhancedJob>, Vec<EnhancedSkill>), DbErr> {
    let backend = db.get_database_backend();
    let jobs = EnhancedJob::find_by_statement(Statement::from_sql_and_values(
        backend,
        "SELECT * FROM enhanced_jobs WHERE job_id = $1 ORDER BY pipeline",
        [job_id.into()],
    ))
    .all(db)
    .await?;
    if jobs.is_empty() {
        return Ok((jobs, Vec::new()));
    }
    let skills = EnhancedSkill::find_by_statement(Statement::from_sql_and_values(
        backend,
        "SELECT s.pipeline, s.original_skill_text, s.normalized_skill, s.skill_type, s.llm_confidence, s.llm_reasoning,
                s.llm_model, s.prompt_version, s.is_duplicate, s.span_start, s.span_end, s.implied_by, s.from_pipeline_a,
                s.skill_id, s.concept_uri, s.skill_kind, s.name_es, coalesce(s.esco_concept_uri, '') AS esco_concept_uri,
                coalesce(s.esco_preferred_label, '') AS esco_preferred_label,
                coalesce(d.normalized_skill, '') AS duplicate_of
         FROM enhanced_skills s LEFT JOIN enhanced_skills d ON d.enhancement_id = s.duplicate_of_id
         WHERE s.job_id = $1 ORDER BY s.span_start NULLS LAST, s.span_end, s.normalized_skill",
        [job_id.into()],
    ))
    .all(db)
    .await?;
    Ok((jobs, skills))
}
