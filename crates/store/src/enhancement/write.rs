//! Writing what language models made of ads.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::execute;

/// What a pipeline made of an ad.
#[derive(Debug, Clone, Default)]
pub struct Enhanced {
    /// The ad.
    pub job_id: Uuid,
    /// `B` or `HYBRID`.
    pub pipeline: String,
    /// The model.
    pub llm_model: String,
    /// Version of the prompt.
    pub prompt_version: String,
    /// What else the answer depended on.
    pub settings: Json,
    /// Version of the extractor, whose finds it builds on.
    pub extractor_version: String,
    /// Version of the taxonomy.
    pub taxonomy_version: String,
    /// Skills dropped because the ad doesn't hold them.
    pub ungrounded: i32,
    /// All that was dropped: `[{"text", "reason"}]`.
    pub dropped: Json,
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
    pub seconds: f64,
    /// The operation; empty where there is none.
    pub operation_id: String,
    /// Its skills.
    pub skills: Vec<Skill>,
}

/// A skill of an ad.
#[derive(Debug, Clone, Default)]
pub struct Skill {
    /// The words of the ad; empty where it is implied.
    pub original_skill_text: String,
    /// Canonical name.
    pub normalized_skill: String,
    /// True where the ad only implies it.
    pub implicit: bool,
    /// 0 to 1.
    pub llm_confidence: f32,
    /// Why.
    pub llm_reasoning: String,
    /// The place, among the skills, of the one that it repeats.
    pub duplicate_of: Option<usize>,
    /// Where it stands, in code points.
    pub span: Option<(i32, i32)>,
    /// The named skill that implies it.
    pub implied_by: String,
    /// True where pipeline A found it and the model was not asked.
    pub from_pipeline_a: bool,
    /// Id.
    pub skill_id: String,
    /// URI of the concept; empty where there is none.
    pub concept_uri: String,
    /// Kind; empty where unknown.
    pub skill_kind: String,
    /// Name in Spanish; may be empty.
    pub name_es: String,
    /// The ESCO concept; empty where there is none.
    pub esco_concept_uri: String,
    /// Its label.
    pub esco_preferred_label: String,
}

#[derive(FromQueryResult)]
struct Id {
    job_id: Uuid,
}

/// Extracted ads that this pipeline, model and prompt have not enhanced yet (or all, with `again`), oldest first.
///
/// # Errors
/// Database errors.
pub async fn pending<C: ConnectionTrait>(
    db: &C,
    country: &str,
    limit: u64,
    (pipeline, model, prompt_version): (&str, &str, &str),
    again: bool,
) -> Result<Vec<Uuid>, DbErr> {
    let rows = Id::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT j.job_id FROM raw_jobs j JOIN cleaned_jobs c USING (job_id)
         WHERE j.extraction_status = 'completed' AND c.is_usable AND ($2 = '' OR j.country = $2)
           AND ($1 OR NOT EXISTS (
               SELECT 1 FROM enhanced_jobs e WHERE e.job_id = j.job_id AND e.pipeline = $4 AND e.llm_model = $5
                   AND e.prompt_version = $6))
         ORDER BY j.scraped_at, j.job_id LIMIT $3",
        [
            again.into(),
            country.into(),
            i64::try_from(limit).unwrap_or(i64::MAX).into(),
            pipeline.into(),
            model.into(),
            prompt_version.into(),
        ],
    ))
    .all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.job_id).collect())
}

/// Puts what a pipeline made of an ad in place of what it made before.
///
/// # Errors
/// Database errors.
pub async fn write<C: ConnectionTrait>(txn: &C, enhanced: &Enhanced) -> Result<(), DbErr> {
    let of_ad = || [enhanced.job_id.into(), enhanced.pipeline.as_str().into()];
    execute(txn, "DELETE FROM enhanced_skills WHERE job_id = $1 AND pipeline = $2", of_ad()).await?;
    execute(txn, "DELETE FROM enhanced_jobs WHERE job_id = $1 AND pipeline = $2", of_ad()).await?;
    write_job(txn, enhanced).await?;
    write_skills(txn, enhanced).await
}

async fn write_job<C: ConnectionTrait>(txn: &C, enhanced: &Enhanced) -> Result<(), DbErr> {
    execute(
        txn,
        "INSERT INTO enhanced_jobs (job_id, pipeline, llm_model, prompt_version, settings, extractor_version,
             taxonomy_version, ungrounded, dropped, both_named, only_pipeline_a, only_llm, prompt_tokens,
             completion_tokens, requests, cost_usd, cached, processing_time_seconds, operation_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        [
            enhanced.job_id.into(),
            enhanced.pipeline.clone().into(),
            enhanced.llm_model.clone().into(),
            enhanced.prompt_version.clone().into(),
            enhanced.settings.clone().into(),
            enhanced.extractor_version.clone().into(),
            enhanced.taxonomy_version.clone().into(),
            enhanced.ungrounded.into(),
            enhanced.dropped.clone().into(),
            enhanced.both_named.clone().into(),
            enhanced.only_pipeline_a.clone().into(),
            enhanced.only_llm.clone().into(),
            enhanced.prompt_tokens.into(),
            enhanced.completion_tokens.into(),
            enhanced.requests.into(),
            enhanced.cost_usd.into(),
            enhanced.cached.into(),
            enhanced.seconds.into(),
            enhanced.operation_id.clone().into(),
        ],
    )
    .await
}

async fn write_skills<C: ConnectionTrait>(txn: &C, enhanced: &Enhanced) -> Result<(), DbErr> {
    let skills = &enhanced.skills;
    // The ids are made here: a duplicate names the row that it repeats.
    let ids: Vec<Uuid> = skills.iter().map(|_| Uuid::now_v7()).collect();
    let text = |field: fn(&Skill) -> &str| skills.iter().map(|s| field(s).to_string()).collect::<Vec<_>>();
    let kind = |skill: &Skill| if skill.implicit { "implicit".to_string() } else { "explicit".to_string() };
    let repeated = |skill: &Skill| skill.duplicate_of.and_then(|place| ids.get(place).copied()).unwrap_or_default();
    execute(
        txn,
        "INSERT INTO enhanced_skills (enhancement_id, job_id, pipeline, original_skill_text, normalized_skill, skill_type,
             esco_concept_uri, esco_preferred_label, llm_confidence, llm_reasoning, llm_model, prompt_version, settings,
             is_duplicate, duplicate_of_id, span_start, span_end, implied_by, from_pipeline_a, skill_id, concept_uri,
             skill_kind, name_es, processing_time_seconds, tokens_used)
         SELECT id, $1, $2, original, name, kind, nullif(esco_uri, ''), nullif(esco_label, ''), confidence, reasoning, $3, $4,
             $5, repeated <> '00000000-0000-0000-0000-000000000000',
             nullif(repeated, '00000000-0000-0000-0000-000000000000'), nullif(span_start, -1), nullif(span_end, -1), implied_by,
             from_a, skill_id, concept_uri, skill_kind, name_es, $6, $7
         FROM unnest($8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::real[], $15::text[],
                     $16::uuid[], $17::int[], $18::int[], $19::text[], $20::bool[], $21::text[], $22::text[], $23::text[],
                     $24::text[])
             AS row(id, original, name, kind, esco_uri, esco_label, confidence, reasoning, repeated, span_start, span_end,
                    implied_by, from_a, skill_id, concept_uri, skill_kind, name_es)",
        [
            enhanced.job_id.into(),
            enhanced.pipeline.clone().into(),
            enhanced.llm_model.clone().into(),
            enhanced.prompt_version.clone().into(),
            enhanced.settings.clone().into(),
            enhanced.seconds.into(),
            enhanced.prompt_tokens.saturating_add(enhanced.completion_tokens).into(),
            ids.clone().into(),
            text(|s| &s.original_skill_text).into(),
            text(|s| &s.normalized_skill).into(),
            skills.iter().map(kind).collect::<Vec<_>>().into(),
            text(|s| &s.esco_concept_uri).into(),
            text(|s| &s.esco_preferred_label).into(),
            skills.iter().map(|s| s.llm_confidence).collect::<Vec<_>>().into(),
            text(|s| &s.llm_reasoning).into(),
            skills.iter().map(repeated).collect::<Vec<_>>().into(),
            skills.iter().map(|s| s.span.map_or(-1, |span| span.0)).collect::<Vec<_>>().into(),
            skills.iter().map(|s| s.span.map_or(-1, |span| span.1)).collect::<Vec<_>>().into(),
            text(|s| &s.implied_by).into(),
            skills.iter().map(|s| s.from_pipeline_a).collect::<Vec<_>>().into(),
            text(|s| &s.skill_id).into(),
            text(|s| &s.concept_uri).into(),
            text(|s| &s.skill_kind).into(),
            text(|s| &s.name_es).into(),
        ],
    )
    .await
}
