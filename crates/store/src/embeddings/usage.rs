//! `skill_usage`: which ads name a skill, summed up.

use sea_orm::{DatabaseConnection, DbErr, TransactionTrait};

use crate::execute;

/// Mentions of one text that belong to several concepts count for the greatest of them.
const REFRESH: &str = "
    WITH counted AS MATERIALIZED (
        SELECT pipeline, skill_text, country, count(*)::int AS job_count, max(concept) AS concept
        FROM (SELECT s.pipeline, s.normalized_skill AS skill_text, j.country, s.job_id,
                     max(ARRAY[s.skill_id, s.skill_kind, s.concept_uri, s.esco_uri, s.name_es]) AS concept
              FROM pipeline_skills s JOIN raw_jobs j USING (job_id)
              WHERE s.skill_type = 'explicit' AND octet_length(s.normalized_skill) BETWEEN 1 AND $1
              GROUP BY 1, 2, 3, 4) ads
        GROUP BY 1, 2, 3),
    gone AS (
        DELETE FROM skill_usage u WHERE NOT EXISTS (
            SELECT 1 FROM counted c
            WHERE c.skill_text = u.skill_text AND c.pipeline = u.pipeline AND c.country = u.country))
    INSERT INTO skill_usage AS u (pipeline, skill_text, country, skill_id, skill_kind, concept_uri, esco_uri, name_es, job_count)
    SELECT pipeline, skill_text, country, concept[1], concept[2], concept[3], concept[4], concept[5], job_count FROM counted
    ON CONFLICT (skill_text, pipeline, country) DO UPDATE
    SET skill_id = excluded.skill_id, skill_kind = excluded.skill_kind, concept_uri = excluded.concept_uri,
        esco_uri = excluded.esco_uri, name_es = excluded.name_es, job_count = excluded.job_count
    WHERE (u.skill_id, u.skill_kind, u.concept_uri, u.esco_uri, u.name_es, u.job_count) IS DISTINCT FROM
          (excluded.skill_id, excluded.skill_kind, excluded.concept_uri, excluded.esco_uri, excluded.name_es, excluded.job_count)";

/// Counts anew which ads name which skill, and writes what changed; readers see all of it or nothing.
///
/// # Errors
/// Database errors.
pub async fn refresh(db: &DatabaseConnection) -> Result<(), DbErr> {
    let txn = db.begin().await?;
    // Two at once would write the same rows.
    execute(&txn, "SELECT pg_advisory_xact_lock(hashtext('observatory.skill_usage'))", []).await?;
    execute(&txn, REFRESH, [super::LONGEST.into()]).await?;
    txn.commit().await
}
