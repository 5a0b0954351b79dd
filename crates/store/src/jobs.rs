//! Reading ads: lists, one ad, full-text search.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    enhancement::{self, EnhancedJob, EnhancedSkill},
    skills::same_skill_sql,
};

/// Which ads; all conditions must hold, empty ones always do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JobFilter {
    /// ISO 3166-1 alpha-2; empty means all.
    pub country: String,
    /// Portal; empty means all.
    pub portal: String,
    /// Posted on this day or later. Ads without a date don't match.
    pub posted_from: Option<NaiveDate>,
    /// Posted on this day or earlier. Ads without a date don't match.
    pub posted_to: Option<NaiveDate>,
    /// Ads with this skill (skill_id); empty means all.
    pub skill: String,
    /// `pending`, `in_progress`, `completed` or `failed`; empty means all.
    pub status: String,
    /// Ads that a language model enhanced for this pipeline, `B` or `HYBRID`; empty means all.
    pub enhanced_by: String,
}

impl JobFilter {
    /// Adds the conditions on `raw_jobs j`.
    pub(crate) fn apply(&self, conditions: &mut Conditions) {
        if !self.country.is_empty() {
            conditions.and("j.country = ?", self.country.as_str());
        }
        if !self.portal.is_empty() {
            conditions.and("j.portal = ?", self.portal.as_str());
        }
        // listed_date equals posted_date where there is one, and has the index.
        if let Some(day) = self.posted_from {
            conditions.and("j.posted_date >= ? AND j.listed_date >= ?", day);
        }
        if let Some(day) = self.posted_to {
            conditions.and("j.posted_date <= ? AND j.listed_date <= ?", day);
        }
        if !self.skill.is_empty() {
            let same = same_skill_sql(&conditions.bind(self.skill.as_str()));
            conditions
                .and_plain(format!("j.job_id IN (SELECT s.job_id FROM named_skills s WHERE s.skill_id IN {same})"));
        }
        if !self.status.is_empty() {
            conditions.and("j.extraction_status = ?", self.status.as_str());
        }
        if !self.enhanced_by.is_empty() {
            let enhanced = "j.job_id IN (SELECT e.job_id FROM enhanced_jobs e WHERE e.pipeline = ?)";
            conditions.and(enhanced, self.enhanced_by.as_str());
        }
    }
}

/// An ad as lists show it: without its texts.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct JobRow {
    /// Id.
    pub job_id: Uuid,
    /// Portal it came from.
    pub portal: String,
    /// ISO 3166-1 alpha-2, `ZZ` where unknown.
    pub country: String,
    /// Address of the ad.
    pub url: String,
    /// Title as posted.
    pub title: String,
    /// Employer.
    pub company: String,
    /// Place.
    pub location: String,
    /// Salary as posted.
    pub salary_raw: String,
    /// Contract as posted.
    pub contract_type: String,
    /// Remote or on site, as posted.
    pub remote_type: String,
    /// Day of posting.
    pub posted_date: Option<NaiveDate>,
    /// What lists are ordered by.
    pub listed_date: NaiveDate,
    /// When it came in.
    pub scraped_at: DateTime<Utc>,
    /// When it was last seen on a listing or in a file.
    pub last_seen_at: DateTime<Utc>,
    /// Last day, where stated.
    pub valid_through: Option<NaiveDate>,
    /// The salary as understood, in `salary_currency` each `salary_period`.
    pub salary_min: Option<f64>,
    /// See `salary_min`.
    pub salary_max: Option<f64>,
    /// ISO 4217.
    pub salary_currency: Option<String>,
    /// `hour`, `day`, `week`, `month` or `year`.
    pub salary_period: Option<String>,
    /// What `contract_type` says of the contract.
    pub contract_kind: Option<String>,
    /// What `contract_type` says of the hours.
    pub hours_kind: Option<String>,
    /// What `remote_type` means.
    pub remote_kind: Option<String>,
    /// SHA-256 in hex.
    pub content_hash: String,
    /// True once cleaned.
    pub is_processed: bool,
    /// `pending`, `in_progress`, `completed` or `failed`.
    pub extraction_status: String,
    /// When the skills were stored.
    pub extraction_completed_at: Option<DateTime<Utc>>,
    /// None before cleaning.
    pub is_usable: Option<bool>,
    /// `too_short`, `wrong_language`, `spam` or `duplicate`.
    pub unusable_reason: Option<String>,
    /// ISO 639-1.
    pub detected_language: Option<String>,
    /// Words in the cleaned ad.
    pub combined_word_count: Option<i32>,
}

pub(crate) const COLUMNS: &str = "j.job_id, j.portal, j.country, j.url, j.title, j.company, j.location, j.salary_raw, \
    j.contract_type, j.remote_type, j.posted_date, j.listed_date, j.scraped_at, j.last_seen_at, j.valid_through, \
    j.salary_min, j.salary_max, j.salary_currency, j.salary_period, j.contract_kind, j.hours_kind, j.remote_kind, \
    j.content_hash, j.is_processed, \
    j.extraction_status, j.extraction_completed_at, c.is_usable, c.unusable_reason, c.detected_language, \
    c.combined_word_count";

/// Where a page of [`list`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobKey {
    /// `listed_date` of the last ad.
    pub listed_date: NaiveDate,
    /// Its id.
    pub job_id: Uuid,
}

/// Ads by `(listed_date, job_id)`, newest first, after a key. Unusable ads too.
///
/// # Errors
/// Database errors.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &JobFilter,
    after: Option<JobKey>,
    limit: u64,
) -> Result<Vec<JobRow>, DbErr> {
    let mut conditions = Conditions::default();
    filter.apply(&mut conditions);
    if let Some(key) = after {
        let (day, id) = (conditions.bind(key.listed_date), conditions.bind(key.job_id));
        conditions.and_plain(format!("(j.listed_date, j.job_id) < ({day}, {id})"));
    }
    let limit = conditions.bind(limit as i64);
    let sql = format!(
        "SELECT {COLUMNS} FROM raw_jobs j LEFT JOIN cleaned_jobs c USING (job_id)
         WHERE {} ORDER BY j.listed_date DESC, j.job_id DESC LIMIT {limit}",
        conditions.sql()
    );
    JobRow::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, conditions.into_values()))
        .all(db)
        .await
}

#[derive(FromQueryResult)]
struct Count {
    count: i64,
}

/// How many ads match.
///
/// # Errors
/// Database errors.
pub async fn count<C: ConnectionTrait>(db: &C, filter: &JobFilter) -> Result<i64, DbErr> {
    let mut conditions = Conditions::default();
    filter.apply(&mut conditions);
    let sql = format!("SELECT count(*) AS count FROM raw_jobs j WHERE {}", conditions.sql());
    one_count(db, sql, conditions).await
}

pub(crate) async fn one_count<C: ConnectionTrait>(db: &C, sql: String, values: Conditions) -> Result<i64, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values.into_values());
    Ok(Count::find_by_statement(statement).one(db).await?.map_or(0, |row| row.count))
}

/// One ad with its texts and skills.
#[derive(Debug, Clone)]
pub struct JobDetail {
    /// The ad.
    pub job: JobRow,
    /// Its texts.
    pub texts: JobTexts,
    /// Mentions of skills, in order of position.
    pub skills: Vec<SkillMention>,
    /// What pipelines with a language model made of it.
    pub enhanced: Vec<EnhancedJob>,
    /// The skills of all of these, in order of position.
    pub enhanced_skills: Vec<EnhancedSkill>,
}

/// The long texts of an ad, cleaned where it has been cleaned.
#[derive(Debug, Clone, FromQueryResult)]
pub struct JobTexts {
    /// The ad.
    pub description: String,
    /// Its requirements.
    pub requirements: String,
    /// What the spans of the skills refer to; empty before cleaning.
    pub combined_text: String,
}

/// One stored mention of a skill.
#[derive(Debug, Clone, FromQueryResult)]
pub struct SkillMention {
    /// The words of the ad.
    pub skill_text: String,
    /// `explicit` or `implicit`.
    pub skill_type: String,
    /// `ner`, `regex` or `esco`.
    pub extraction_method: String,
    /// 0 to 1.
    pub confidence_score: f32,
    /// Part of the ad, such as `requirements`.
    pub source_section: String,
    /// First code point in `combined_text`.
    pub span_start: i32,
    /// One past the last code point.
    pub span_end: i32,
    /// ESCO concept that means the same.
    pub esco_uri: Option<String>,
    /// Id of the concept.
    pub skill_id: String,
    /// URI of the concept.
    pub concept_uri: String,
    /// Canonical name.
    pub normalized_skill: String,
    /// Kind, such as `database`.
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
    /// Name of the skill that implies it.
    pub implied_by: String,
}

/// One ad with its texts and skills; none where there is no such ad.
///
/// # Errors
/// Database errors.
pub async fn get<C: ConnectionTrait>(db: &C, job_id: Uuid) -> Result<Option<JobDetail>, DbErr> {
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT {COLUMNS}, coalesce(c.description_cleaned, j.description) AS description,
                coalesce(c.requirements_cleaned, j.requirements) AS requirements,
                coalesce(c.combined_text, '') AS combined_text
         FROM raw_jobs j LEFT JOIN cleaned_jobs c USING (job_id) WHERE j.job_id = $1"
    );
    let Some(row) = db.query_one_raw(Statement::from_sql_and_values(backend, sql, [job_id.into()])).await? else {
        return Ok(None);
    };
    let skills = SkillMention::find_by_statement(Statement::from_sql_and_values(
        backend,
        "SELECT skill_text, skill_type, extraction_method, confidence_score, source_section, span_start, span_end,
                esco_uri, skill_id, concept_uri, normalized_skill, skill_kind, reason, name_es, necessity, years_min, years_max,
                level, version, implied_by
         FROM extracted_skills WHERE job_id = $1 ORDER BY span_start, span_end, skill_id, extraction_method",
        [job_id.into()],
    ))
    .all(db)
    .await?;
    let (enhanced, enhanced_skills) = enhancement::of_job(db, job_id).await?;
    Ok(Some(JobDetail {
        enhanced,
        enhanced_skills,
        job: JobRow::from_query_result(&row, "")?,
        texts: JobTexts::from_query_result(&row, "")?,
        skills,
    }))
}
