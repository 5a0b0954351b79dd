//! Counts over everything stored.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

/// The observatory's own figures, all from one snapshot of the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// The plain figures.
    pub totals: Totals,
    /// Rejected ads by reason.
    pub rejected_by_reason: BTreeMap<String, i64>,
    /// Ads by country.
    pub jobs_by_country: BTreeMap<String, i64>,
    /// Ads by portal.
    pub jobs_by_portal: BTreeMap<String, i64>,
    /// Cleaned ads by detected language.
    pub jobs_by_language: BTreeMap<String, i64>,
}

/// The plain figures.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Totals {
    /// Ads stored.
    pub total_jobs: i64,
    /// Ads cleaned and usable.
    pub cleaned_jobs: i64,
    /// Ads cleaned and not usable.
    pub rejected_jobs: i64,
    /// Ads not cleaned yet.
    pub pending_cleaning: i64,
    /// Usable ads neither extracted nor failed.
    pub pending_extraction: i64,
    /// Ads whose skills are stored.
    pub extracted_jobs: i64,
    /// Ads whose extraction failed.
    pub failed_jobs: i64,
    /// Mentions of skills stored.
    pub total_mentions: i64,
    /// Different skills named.
    pub distinct_skills: i64,
    /// Oldest posting.
    pub oldest_posted_date: Option<NaiveDate>,
    /// Newest posting.
    pub newest_posted_date: Option<NaiveDate>,
    /// When the last ad came in.
    pub last_scraped_at: Option<DateTime<Utc>>,
    /// ESCO concepts imported.
    pub esco_concepts: i64,
}

const SQL: &str = "
    WITH job AS MATERIALIZED (
        SELECT j.country, j.portal, j.posted_date, j.scraped_at, j.is_processed, j.extraction_status,
               c.is_usable, c.unusable_reason, c.detected_language
        FROM raw_jobs j LEFT JOIN cleaned_jobs c USING (job_id)),
    mention AS MATERIALIZED (SELECT skill_id, count(*) AS mentions FROM named_skills GROUP BY skill_id)
    SELECT count(*) AS total_jobs,
        count(*) FILTER (WHERE is_usable) AS cleaned_jobs,
        count(*) FILTER (WHERE NOT is_usable) AS rejected_jobs,
        count(*) FILTER (WHERE NOT is_processed) AS pending_cleaning,
        count(*) FILTER (WHERE is_usable AND extraction_status IN ('pending', 'in_progress')) AS pending_extraction,
        count(*) FILTER (WHERE extraction_status = 'completed') AS extracted_jobs,
        count(*) FILTER (WHERE extraction_status = 'failed') AS failed_jobs,
        min(posted_date) AS oldest_posted_date, max(posted_date) AS newest_posted_date,
        max(scraped_at) AS last_scraped_at,
        (SELECT coalesce(sum(mentions), 0)::bigint FROM mention) AS total_mentions,
        (SELECT count(*) FROM mention) AS distinct_skills,
        (SELECT count(*) FROM esco_taxonomy) AS esco_concepts,
        (SELECT jsonb_object_agg(name, jobs) FROM (SELECT unusable_reason AS name, count(*) AS jobs FROM job
            WHERE unusable_reason IS NOT NULL GROUP BY 1) g) AS rejected_by_reason,
        (SELECT jsonb_object_agg(name, jobs) FROM (SELECT country AS name, count(*) AS jobs FROM job
            GROUP BY 1) g) AS jobs_by_country,
        (SELECT jsonb_object_agg(name, jobs) FROM (SELECT portal AS name, count(*) AS jobs FROM job
            GROUP BY 1) g) AS jobs_by_portal,
        (SELECT jsonb_object_agg(name, jobs) FROM (SELECT detected_language AS name, count(*) AS jobs FROM job
            WHERE detected_language IS NOT NULL GROUP BY 1) g) AS jobs_by_language
    FROM job";

/// Counts everything: one statement, so that the figures belong together.
///
/// # Errors
/// Database errors.
pub async fn compute<C: ConnectionTrait>(db: &C) -> Result<Stats, DbErr> {
    let statement = Statement::from_string(db.get_database_backend(), SQL);
    let row = db.query_one_raw(statement).await?.ok_or_else(|| DbErr::RecordNotFound("statistics".to_string()))?;
    let map = |name: &str| -> Result<BTreeMap<String, i64>, DbErr> {
        let json: Option<serde_json::Value> = row.try_get("", name)?;
        json.map_or(Ok(BTreeMap::new()), |json| serde_json::from_value(json).map_err(|e| DbErr::Json(e.to_string())))
    };
    Ok(Stats {
        totals: Totals::from_query_result(&row, "")?,
        rejected_by_reason: map("rejected_by_reason")?,
        jobs_by_country: map("jobs_by_country")?,
        jobs_by_portal: map("jobs_by_portal")?,
        jobs_by_language: map("jobs_by_language")?,
    })
}
