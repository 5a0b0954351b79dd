//! What the extractor reads and writes.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, TransactionTrait};
use uuid::Uuid;

use crate::{execute, taxonomy::fold};

/// A cleaned ad.
#[derive(Debug, Clone, FromQueryResult)]
pub struct CleanAd {
    /// Its id.
    pub job_id: Uuid,
    /// The cleaned title: the first line of the text.
    pub title_cleaned: String,
    /// What skills are extracted from.
    pub combined_text: String,
}

/// One mention of a skill, as it is stored.
#[derive(Debug, Clone)]
pub struct Mention {
    /// The ad.
    pub job_id: Uuid,
    /// The words of the ad.
    pub skill_text: String,
    /// `explicit` or `implicit`.
    pub skill_type: String,
    /// `ner`, `regex` or `esco`.
    pub extraction_method: String,
    /// 0 to 1.
    pub confidence_score: f32,
    /// The part of the ad.
    pub source_section: String,
    /// First code point in the combined text.
    pub span_start: i32,
    /// One past the last code point.
    pub span_end: i32,
    /// The ESCO concept, where there is one.
    pub esco_uri: Option<String>,
    /// Short id of the concept.
    pub skill_id: String,
    /// URI of the concept.
    pub concept_uri: String,
    /// Canonical name.
    pub normalized_skill: String,
    /// Kind.
    pub skill_kind: String,
    /// Why it counts.
    pub reason: String,
    /// Name in Spanish, where it has one of its own.
    pub name_es: String,
    /// `required`, `desirable` or empty.
    pub necessity: String,
    /// Least years of experience.
    pub years_min: Option<f32>,
    /// Most years of experience.
    pub years_max: Option<f32>,
    /// Level, such as `advanced` or `b2`.
    pub level: String,
    /// Version, as written.
    pub version: String,
    /// Name of the skill that implies it; empty where the ad names it.
    pub implied_by: String,
}

/// A phrase of an ad that may be a skill, as it is stored.
#[derive(Debug, Clone)]
pub struct CandidateMention {
    /// The ad.
    pub job_id: Uuid,
    /// The phrase, folded.
    pub phrase: String,
    /// As it stands in the ad.
    pub surface: String,
    /// `listed`, `announced` or `name`.
    pub pattern: String,
    /// First code point in the combined text.
    pub span_start: i32,
    /// One past the last code point.
    pub span_end: i32,
}

/// What made the mentions.
#[derive(Debug, Clone)]
pub struct Versions {
    /// Of the extractor.
    pub extractor: String,
    /// Of the taxonomy, ESCO edition included.
    pub taxonomy: String,
}

/// A concept of the observatory's own taxonomy.
#[derive(Debug, Clone)]
pub struct OwnConcept {
    /// Short id.
    pub skill_id: String,
    /// URI.
    pub concept_uri: String,
    /// Canonical name.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// Its labels beside the name.
    pub labels: Vec<String>,
    /// URI of the broader concept.
    pub parent_uri: Option<String>,
    /// ESCO concept that means the same.
    pub esco_uri: Option<String>,
    /// Name in Spanish, where it has one of its own.
    pub name_es: String,
    /// Title of the technology in O*NET.
    pub onet: Option<String>,
    /// Ids of the concepts that it implies.
    pub implies: Vec<String>,
    /// What to know about its ambiguity.
    pub note: String,
}

#[derive(FromQueryResult)]
struct Id {
    job_id: Uuid,
}

/// Cleaned, usable ads to extract, oldest first: not extracted yet, or all with `again`.
///
/// # Errors
/// Database errors.
pub async fn pending<C: ConnectionTrait>(db: &C, country: &str, limit: u64, again: bool) -> Result<Vec<Uuid>, DbErr> {
    let rows = Id::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT j.job_id FROM raw_jobs j JOIN cleaned_jobs c USING (job_id)
         WHERE j.is_processed AND c.is_usable AND ($1 OR j.extraction_status <> 'completed')
           AND ($2 = '' OR j.country = $2)
         ORDER BY j.scraped_at, j.job_id LIMIT $3",
        [again.into(), country.into(), (limit as i64).into()],
    ))
    .all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.job_id).collect())
}

/// Reads those of the ads that are cleaned and usable.
///
/// # Errors
/// Database errors.
pub async fn read<C: ConnectionTrait>(db: &C, ids: &[Uuid]) -> Result<Vec<CleanAd>, DbErr> {
    CleanAd::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT job_id, title_cleaned, combined_text FROM cleaned_jobs WHERE is_usable AND job_id = ANY($1)",
        [ids.to_vec().into()],
    ))
    .all(db)
    .await
}

/// Records the state of extraction of some ads.
///
/// # Errors
/// Database errors.
pub async fn set_status<C: ConnectionTrait>(db: &C, ids: &[Uuid], status: &str) -> Result<(), DbErr> {
    execute(
        db,
        "UPDATE raw_jobs SET extraction_status = $2,
             extraction_completed_at = CASE WHEN $2 = 'completed' THEN now() END
         WHERE job_id = ANY($1)",
        [ids.to_vec().into(), status.into()],
    )
    .await
}

/// Replaces the mentions and candidates of some ads and marks the ads completed.
///
/// # Errors
/// Database errors.
pub async fn write<C: ConnectionTrait>(
    txn: &C,
    ids: &[Uuid],
    mentions: &[Mention],
    candidates: &[CandidateMention],
    versions: &Versions,
) -> Result<(), DbErr> {
    execute(txn, "DELETE FROM extracted_skills WHERE job_id = ANY($1)", [ids.to_vec().into()]).await?;
    let text = |field: fn(&Mention) -> &str| mentions.iter().map(|m| field(m).to_string()).collect::<Vec<_>>();
    execute(
        txn,
        "INSERT INTO extracted_skills (job_id, skill_text, skill_type, extraction_method, confidence_score,
             source_section, span_start, span_end, esco_uri, skill_id, concept_uri, normalized_skill, skill_kind, reason,
             extractor_version, taxonomy_version, name_es, necessity, years_min, years_max, level, version, implied_by)
         SELECT job_id, skill_text, skill_type, method, confidence, section, span_start, span_end,
             nullif(esco_uri, ''), skill_id, concept_uri, name, kind, reason, $15, $16,
             name_es, necessity, nullif(years_min, 'NaN'), nullif(years_max, 'NaN'), level, version, implied_by
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::real[], $5::text[], $6::int[], $7::int[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[],
                     $17::text[], $18::text[], $19::real[], $20::real[], $21::text[], $22::text[], $23::text[])
             AS row(job_id, skill_text, method, confidence, section, span_start, span_end, esco_uri, skill_id,
                    concept_uri, name, kind, reason, skill_type, name_es, necessity, years_min, years_max, level, version,
                    implied_by)
         ON CONFLICT DO NOTHING",
        [
            mentions.iter().map(|m| m.job_id).collect::<Vec<_>>().into(),
            text(|m| &m.skill_text).into(),
            text(|m| &m.extraction_method).into(),
            mentions.iter().map(|m| m.confidence_score).collect::<Vec<_>>().into(),
            text(|m| &m.source_section).into(),
            mentions.iter().map(|m| m.span_start).collect::<Vec<_>>().into(),
            mentions.iter().map(|m| m.span_end).collect::<Vec<_>>().into(),
            text(|m| m.esco_uri.as_deref().unwrap_or_default()).into(),
            text(|m| &m.skill_id).into(),
            text(|m| &m.concept_uri).into(),
            text(|m| &m.normalized_skill).into(),
            text(|m| &m.skill_kind).into(),
            text(|m| &m.reason).into(),
            text(|m| &m.skill_type).into(),
            versions.extractor.clone().into(),
            versions.taxonomy.clone().into(),
            text(|m| &m.name_es).into(),
            text(|m| &m.necessity).into(),
            mentions.iter().map(|m| m.years_min.unwrap_or(f32::NAN)).collect::<Vec<_>>().into(),
            mentions.iter().map(|m| m.years_max.unwrap_or(f32::NAN)).collect::<Vec<_>>().into(),
            text(|m| &m.level).into(),
            text(|m| &m.version).into(),
            text(|m| &m.implied_by).into(),
        ],
    )
    .await?;
    write_candidates(txn, ids, candidates).await?;
    set_status(txn, ids, "completed").await
}

async fn write_candidates<C: ConnectionTrait>(
    txn: &C,
    ids: &[Uuid],
    candidates: &[CandidateMention],
) -> Result<(), DbErr> {
    execute(txn, "DELETE FROM skill_candidates WHERE job_id = ANY($1)", [ids.to_vec().into()]).await?;
    let text =
        |field: fn(&CandidateMention) -> &str| candidates.iter().map(|c| field(c).to_string()).collect::<Vec<_>>();
    execute(
        txn,
        "INSERT INTO skill_candidates (job_id, phrase, surface, pattern, span_start, span_end)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::int[])
         ON CONFLICT DO NOTHING",
        [
            candidates.iter().map(|c| c.job_id).collect::<Vec<_>>().into(),
            text(|c| &c.phrase).into(),
            text(|c| &c.surface).into(),
            text(|c| &c.pattern).into(),
            candidates.iter().map(|c| c.span_start).collect::<Vec<_>>().into(),
            candidates.iter().map(|c| c.span_end).collect::<Vec<_>>().into(),
        ],
    )
    .await
}

/// Replaces the observatory's own concepts and their labels, unless this version
/// is there already. Safe to call from every replica at once.
///
/// # Errors
/// Database errors.
pub async fn sync_concepts<C: ConnectionTrait + TransactionTrait>(
    db: &C,
    concepts: &[OwnConcept],
    version: &str,
) -> Result<(), DbErr> {
    use sea_orm::TransactionSession;
    if dataset_version(db, "taxonomy").await?.as_deref() == Some(version) {
        return Ok(());
    }
    let txn = db.begin().await?;
    txn.execute_unprepared("SELECT pg_advisory_xact_lock(hashtext('observatory.taxonomy'))").await?;
    txn.execute_unprepared("DELETE FROM taxonomy_concepts").await?;
    txn.execute_unprepared("DELETE FROM concept_labels WHERE source = 'observatory'").await?;
    insert_concepts(&txn, concepts, version).await?;
    insert_labels(&txn, concepts).await?;
    execute(
        &txn,
        "INSERT INTO dataset_versions (dataset, version) VALUES ('taxonomy', $1)
         ON CONFLICT (dataset) DO UPDATE SET version = excluded.version, updated_at = now()",
        [version.into()],
    )
    .await?;
    txn.commit().await
}

async fn insert_concepts<C: ConnectionTrait>(txn: &C, concepts: &[OwnConcept], version: &str) -> Result<(), DbErr> {
    let text = |field: fn(&OwnConcept) -> &str| concepts.iter().map(|c| field(c).to_string()).collect::<Vec<_>>();
    // Arrays of arrays can't be unnested row by row: the labels travel as JSON.
    let labels: Vec<String> = concepts.iter().map(|c| serde_json::Value::from(c.labels.clone()).to_string()).collect();
    let implies: Vec<String> =
        concepts.iter().map(|c| serde_json::Value::from(c.implies.clone()).to_string()).collect();
    execute(
        txn,
        "INSERT INTO taxonomy_concepts (skill_id, concept_uri, name, kind, parent_uri, esco_uri, note, aliases,
             taxonomy_version, name_es, onet, implies)
         SELECT skill_id, concept_uri, name, kind, nullif(parent_uri, ''), nullif(esco_uri, ''), note,
             ARRAY(SELECT jsonb_array_elements_text(labels::jsonb)), $9, name_es, nullif(onet, ''),
             ARRAY(SELECT jsonb_array_elements_text(implies::jsonb))
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $10::text[], $11::text[], $12::text[])
             AS row(skill_id, concept_uri, name, kind, parent_uri, esco_uri, note, labels, name_es, onet, implies)",
        [
            text(|c| &c.skill_id).into(),
            text(|c| &c.concept_uri).into(),
            text(|c| &c.name).into(),
            text(|c| &c.kind).into(),
            text(|c| c.parent_uri.as_deref().unwrap_or_default()).into(),
            text(|c| c.esco_uri.as_deref().unwrap_or_default()).into(),
            text(|c| &c.note).into(),
            labels.into(),
            version.into(),
            text(|c| &c.name_es).into(),
            text(|c| c.onet.as_deref().unwrap_or_default()).into(),
            implies.into(),
        ],
    )
    .await
}

async fn insert_labels<C: ConnectionTrait>(txn: &C, concepts: &[OwnConcept]) -> Result<(), DbErr> {
    let pairs: Vec<(&str, &str)> = concepts
        .iter()
        .flat_map(|c| std::iter::once(&c.name).chain(&c.labels).map(|label| (c.skill_id.as_str(), label.as_str())))
        .collect();
    execute(
        txn,
        "INSERT INTO concept_labels (skill_id, source, label, folded)
         SELECT skill_id, 'observatory', label, folded
         FROM unnest($1::text[], $2::text[], $3::text[]) AS row(skill_id, label, folded) ON CONFLICT DO NOTHING",
        [
            pairs.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>().into(),
            pairs.iter().map(|(_, label)| label.to_string()).collect::<Vec<_>>().into(),
            pairs.iter().map(|(_, label)| fold(label)).collect::<Vec<_>>().into(),
        ],
    )
    .await
}

/// The version of something that is loaded, such as `esco`; `None` where it isn't.
///
/// # Errors
/// Database errors.
pub async fn dataset_version<C: ConnectionTrait>(db: &C, dataset: &str) -> Result<Option<String>, DbErr> {
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT version FROM dataset_versions WHERE dataset = $1",
            [dataset.into()],
        ))
        .await?;
    row.map(|row| row.try_get("", "version")).transpose()
}
