//! Phrases that ads ask for like skills and the taxonomy lacks, and what people decided on them.

mod review;

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, QueryResult, Statement};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conditions::Conditions;
pub use review::{Decision, NewLabel, Promotion, Verdict, decide};

/// Ads of a phrase that are named, at most.
const NEWEST_JOBS: usize = 5;

/// An employer however it is typed; empty is none.
const COMPANY: &str = "nullif(lower(unaccent(btrim(j.company))), '')";

/// Which phrases; all conditions must hold, empty ones always do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EmergingFilter {
    /// Ads of this country (ISO 3166-1 alpha-2); only they count.
    pub country: String,
    /// First seen on this day or later.
    pub first_seen_from: Option<NaiveDate>,
    /// Held by at least this many ads.
    pub min_jobs: i64,
    /// Of at least this many employers.
    pub min_companies: i64,
    /// `promoted`, `alias`, `rejected`; empty means phrases without a decision that are no label of a concept.
    pub decision: String,
}

/// A phrase that may be a skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emerging {
    /// The phrase, folded.
    pub phrase: String,
    /// As most ads write it.
    pub text: String,
    /// Ads that hold it.
    pub job_count: i64,
    /// Different employers among them.
    pub company_count: i64,
    /// Day of the first ad; none where no ad holds the phrase any more.
    pub first_seen: Option<NaiveDate>,
    /// Day of the last one.
    pub last_seen: Option<NaiveDate>,
    /// What made it a candidate, most ads first, and the number of ads.
    pub patterns: Vec<(String, i64)>,
    /// Countries, most ads first.
    pub countries: Vec<String>,
    /// Newest ads, at most five.
    pub job_ids: Vec<Uuid>,
    /// `promoted`, `alias`, `rejected` or empty.
    pub decision: String,
}

/// Where a page of [`list`] ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergingKey {
    /// `company_count` of the last phrase.
    pub company_count: i64,
    /// Its `job_count`.
    pub job_count: i64,
    /// The phrase.
    pub phrase: String,
}

/// Phrases by employers, then ads, then in code point order, after a key.
///
/// # Errors
/// Database errors.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &EmergingFilter,
    after: Option<&EmergingKey>,
    limit: u64,
) -> Result<Vec<Emerging>, DbErr> {
    let mut conditions = Conditions::default();
    let sql = list_sql(filter, after, limit, &mut conditions);
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, conditions.into_values());
    db.query_all_raw(statement).await?.iter().map(emerging).collect()
}

fn list_sql(filter: &EmergingFilter, after: Option<&EmergingKey>, limit: u64, conditions: &mut Conditions) -> String {
    let mut ads = "TRUE".to_string();
    if !filter.country.is_empty() {
        ads = format!("j.country = {}", conditions.bind(filter.country.as_str()));
    }
    let (min_jobs, min_companies) = (conditions.bind(filter.min_jobs), conditions.bind(filter.min_companies));
    let phrases = if filter.decision.is_empty() {
        // Most phrases are held by one ad: they go before anything dear is asked of them.
        format!(
            "SELECT phrase FROM (SELECT c.phrase FROM skill_candidates c JOIN raw_jobs j USING (job_id) WHERE {ads}
                                 GROUP BY c.phrase HAVING count(*) >= {min_jobs}) often
             WHERE NOT EXISTS (SELECT 1 FROM candidate_reviews r WHERE r.phrase = often.phrase)
               AND NOT EXISTS (SELECT 1 FROM concept_labels l WHERE label_key(l.folded) = label_key(often.phrase))"
        )
    } else {
        let decision = conditions.bind(filter.decision.as_str());
        format!("SELECT phrase FROM candidate_reviews WHERE decision = {decision}")
    };
    conditions.and_plain(format!("job_count >= {min_jobs} AND company_count >= {min_companies}"));
    if !filter.country.is_empty() {
        conditions.and_plain("job_count > 0");
    }
    if let Some(day) = filter.first_seen_from {
        conditions.and("first_seen >= ?", day);
    }
    if let Some(key) = after {
        let (companies, jobs) = (conditions.bind(-key.company_count), conditions.bind(-key.job_count));
        let phrase = conditions.bind(key.phrase.as_str());
        let beyond = format!("(-company_count, -job_count, phrase COLLATE \"C\") > ({companies}, {jobs}, {phrase})");
        conditions.and_plain(beyond);
    }
    let (matches, limit) = (conditions.sql(), conditions.bind(limit as i64));
    let held = format!("skill_candidates c JOIN raw_jobs j USING (job_id) WHERE c.phrase = chosen.phrase AND {ads}");
    format!(
        "WITH phrases AS ({phrases}),
         counted AS (
             SELECT phrase, count(held.job_id) AS job_count, count(DISTINCT held.company) AS company_count,
                    min(held.listed_date) AS first_seen, max(held.listed_date) AS last_seen
             FROM phrases LEFT JOIN (
                 SELECT c.phrase, j.job_id, j.listed_date, {COMPANY} AS company
                 FROM skill_candidates c JOIN raw_jobs j USING (job_id) WHERE {ads}) held USING (phrase)
             GROUP BY phrase),
         chosen AS (
             SELECT * FROM counted WHERE {matches}
             ORDER BY company_count DESC, job_count DESC, phrase COLLATE \"C\" LIMIT {limit})
         SELECT chosen.*, coalesce(r.decision, '') AS decision,
                coalesce((SELECT c.surface FROM {held} GROUP BY c.surface
                          ORDER BY count(*) DESC, c.surface COLLATE \"C\" LIMIT 1), r.label, '') AS text,
                ARRAY(SELECT c.pattern FROM {held} GROUP BY 1 ORDER BY count(*) DESC, 1) AS patterns,
                ARRAY(SELECT count(*) FROM {held} GROUP BY c.pattern ORDER BY 1 DESC, c.pattern) AS pattern_counts,
                ARRAY(SELECT j.country FROM {held} GROUP BY 1 ORDER BY count(*) DESC, 1) AS countries,
                ARRAY(SELECT j.job_id FROM {held}
                      ORDER BY j.listed_date DESC, j.job_id DESC LIMIT {NEWEST_JOBS}) AS job_ids
         FROM chosen LEFT JOIN candidate_reviews r USING (phrase)
         ORDER BY company_count DESC, job_count DESC, phrase COLLATE \"C\""
    )
}

fn emerging(row: &QueryResult) -> Result<Emerging, DbErr> {
    let (patterns, counts): (Vec<String>, Vec<i64>) =
        (row.try_get("", "patterns")?, row.try_get("", "pattern_counts")?);
    Ok(Emerging {
        phrase: row.try_get("", "phrase")?,
        text: row.try_get("", "text")?,
        job_count: row.try_get("", "job_count")?,
        company_count: row.try_get("", "company_count")?,
        first_seen: row.try_get("", "first_seen")?,
        last_seen: row.try_get("", "last_seen")?,
        patterns: patterns.into_iter().zip(counts).collect(),
        countries: row.try_get("", "countries")?,
        job_ids: row.try_get("", "job_ids")?,
        decision: row.try_get("", "decision")?,
    })
}

#[derive(FromQueryResult)]
struct Text {
    text: String,
}

/// How a phrase is written: as it was at its review, else as most ads do; none where neither knows it.
///
/// # Errors
/// Database errors.
pub async fn text<C: ConnectionTrait>(db: &C, phrase: &str) -> Result<Option<String>, DbErr> {
    let found = Text::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT text FROM (
             SELECT 1 AS place, label AS text, 0 AS ads FROM candidate_reviews WHERE phrase = $1
             UNION ALL
             SELECT 2, surface, count(*) FROM skill_candidates WHERE phrase = $1 GROUP BY surface) known
         ORDER BY place, ads DESC, text COLLATE \"C\" LIMIT 1",
        [phrase.into()],
    ))
    .one(db)
    .await?;
    Ok(found.map(|found| found.text))
}
