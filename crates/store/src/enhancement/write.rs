//! Writing what language models made of ads.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde_json::{Value as Json, json};
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

/// Puts what pipelines made of ads in place of what they made before.
///
/// # Errors
/// Database errors.
pub async fn write<C: ConnectionTrait>(txn: &C, enhanced: &[&Enhanced]) -> Result<(), DbErr> {
    // One order for all writers, or two of them could wait for each other; of an ad's results the later one counts.
    let enhanced: BTreeMap<(Uuid, &str), &Enhanced> =
        enhanced.iter().map(|one| ((one.job_id, one.pipeline.as_str()), *one)).collect();
    let (ids, pipelines): (Vec<Uuid>, Vec<String>) = enhanced.keys().map(|key| (key.0, key.1.to_owned())).unzip();
    for table in ["enhanced_skills", "enhanced_jobs"] {
        let sql = format!(
            "DELETE FROM {table} t USING unnest($1::uuid[], $2::text[]) AS old(job_id, pipeline)
             WHERE t.job_id = old.job_id AND t.pipeline = old.pipeline"
        );
        execute(txn, &sql, [ids.clone().into(), pipelines.clone().into()]).await?;
    }
    let jobs: Vec<Json> = enhanced.values().map(|one| job_row(one)).collect();
    let skills: Vec<Json> = enhanced.values().flat_map(|one| skill_rows(one)).collect();
    insert(txn, "enhanced_jobs", JOB_COLUMNS, jobs).await?;
    insert(txn, "enhanced_skills", SKILL_COLUMNS, skills).await
}

const JOB_COLUMNS: &str = "job_id, pipeline, llm_model, prompt_version, settings, extractor_version, taxonomy_version,
    ungrounded, dropped, both_named, only_pipeline_a, only_llm, prompt_tokens, completion_tokens, requests, cost_usd,
    cached, processing_time_seconds, operation_id";

const SKILL_COLUMNS: &str = "enhancement_id, job_id, pipeline, original_skill_text, normalized_skill, skill_type,
    esco_concept_uri, esco_preferred_label, llm_confidence, llm_reasoning, llm_model, prompt_version, settings,
    is_duplicate, duplicate_of_id, span_start, span_end, implied_by, from_pipeline_a, skill_id, concept_uri, skill_kind,
    name_es, processing_time_seconds, tokens_used";

/// Inserts rows that are objects of the table's columns.
async fn insert<C: ConnectionTrait>(txn: &C, table: &str, columns: &str, rows: Vec<Json>) -> Result<(), DbErr> {
    let sql =
        format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{table}, $1)");
    execute(txn, &sql, [Json::from(rows).into()]).await
}

fn job_row(one: &Enhanced) -> Json {
    json!({
        "job_id": one.job_id,
        "pipeline": one.pipeline,
        "llm_model": one.llm_model,
        "prompt_version": one.prompt_version,
        "settings": one.settings,
        "extractor_version": one.extractor_version,
        "taxonomy_version": one.taxonomy_version,
        "ungrounded": one.ungrounded,
        "dropped": one.dropped,
        "both_named": one.both_named,
        "only_pipeline_a": one.only_pipeline_a,
        "only_llm": one.only_llm,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "requests": one.requests,
        "cost_usd": one.cost_usd,
        "cached": one.cached,
        "processing_time_seconds": one.seconds,
        "operation_id": one.operation_id,
    })
}

fn skill_rows(one: &Enhanced) -> Vec<Json> {
    // The ids are made here: a duplicate names the row that it repeats.
    let ids: Vec<Uuid> = one.skills.iter().map(|_| Uuid::now_v7()).collect();
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let row = |(id, skill): (&Uuid, &Skill)| {
        let repeated = skill.duplicate_of.and_then(|place| ids.get(place));
        json!({
            "enhancement_id": id,
            "job_id": one.job_id,
            "pipeline": one.pipeline,
            "original_skill_text": skill.original_skill_text,
            "normalized_skill": skill.normalized_skill,
            "skill_type": if skill.implicit { "implicit" } else { "explicit" },
            "esco_concept_uri": given(&skill.esco_concept_uri),
            "esco_preferred_label": given(&skill.esco_preferred_label),
            "llm_confidence": skill.llm_confidence,
            "llm_reasoning": skill.llm_reasoning,
            "llm_model": one.llm_model,
            "prompt_version": one.prompt_version,
            "settings": one.settings,
            "is_duplicate": repeated.is_some(),
            "duplicate_of_id": repeated,
            "span_start": skill.span.map(|span| span.0),
            "span_end": skill.span.map(|span| span.1),
            "implied_by": skill.implied_by,
            "from_pipeline_a": skill.from_pipeline_a,
            "skill_id": skill.skill_id,
            "concept_uri": skill.concept_uri,
            "skill_kind": skill.skill_kind,
            "name_es": skill.name_es,
            "processing_time_seconds": one.seconds,
            "tokens_used": one.prompt_tokens.saturating_add(one.completion_tokens),
        })
    };
    ids.iter().zip(&one.skills).map(row).collect()
}
