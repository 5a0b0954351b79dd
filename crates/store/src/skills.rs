//! Which skills ads ask for. All figures count ads whose extraction is completed.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde::{Deserialize, Serialize};

use crate::{
    conditions::Conditions,
    jobs::{JobFilter, one_count},
    search::escape_like,
    taxonomy::fold,
};

/// Which ads and skills a ranking is about; empty conditions always hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SkillFilter {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Portal.
    pub portal: String,
    /// Ads posted on this day or later.
    pub posted_from: Option<NaiveDate>,
    /// Ads posted on this day or earlier.
    pub posted_to: Option<NaiveDate>,
    /// Kind of skill, such as `database`.
    pub kind: String,
    /// `ner`, `regex` or `esco`.
    pub method: String,
    /// Characters in the name; case and accents don't matter.
    pub query: String,
    /// Count also what ads only imply.
    pub include_implied: bool,
    /// `required` or `desirable`.
    pub necessity: String,
    /// `B` or `HYBRID`; empty means pipeline A.
    pub enhanced_by: String,
}

impl SkillFilter {
    /// The part of the filter that is about ads.
    fn jobs(&self) -> JobFilter {
        JobFilter {
            country: self.country.clone(),
            portal: self.portal.clone(),
            posted_from: self.posted_from,
            posted_to: self.posted_to,
            skill: String::new(),
            status: if self.enhanced_by.is_empty() { "completed".to_string() } else { String::new() },
            enhanced_by: self.enhanced_by.clone(),
        }
    }
}

/// A skill by what its mentions say of it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SkillName {
    /// Id.
    pub skill_id: String,
    /// URI of the concept.
    pub concept_uri: String,
    /// Canonical name.
    pub name: String,
    /// Kind.
    pub kind: String,
    /// ESCO concept that means the same; may be empty.
    pub esco_uri: String,
    /// Name in Spanish, where it has one of its own; may be empty.
    pub name_es: String,
}

/// A skill in a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedSkill {
    /// The skill.
    pub skill: SkillName,
    /// Place in the ranking, from 1.
    pub rank: i64,
    /// Ads that ask for it.
    pub job_count: i64,
    /// Times it is named in them.
    pub total_mentions: i64,
    /// Mean confidence of its mentions.
    pub avg_confidence: f64,
}

/// A page of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Most ads first; ties by name, then id, in code point order.
    pub skills: Vec<RankedSkill>,
    /// Skills in the ranking, on all pages.
    pub total: i64,
}

/// Where a page of [`rank`] ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillKey {
    /// `job_count` of the last skill.
    pub job_count: i64,
    /// Its name.
    pub name: String,
    /// Its id.
    pub skill_id: String,
}

/// What the newest ad says of a skill: older mentions may carry an older name. For
/// a LATERAL join beside something with a `skill_id`; the index has this order.
fn names_sql(skill_id: &str) -> String {
    format!(
        "SELECT s.concept_uri, s.normalized_skill AS name, s.skill_kind AS kind, coalesce(s.esco_uri, '') AS esco_uri,
                s.name_es
         FROM extracted_skills s WHERE s.skill_id = {skill_id} ORDER BY s.skill_id DESC, s.job_id DESC LIMIT 1"
    )
}

/// The same of a skill that a language model named.
fn enhanced_names_sql(skill_id: &str, pipeline: &str) -> String {
    format!(
        "SELECT s.concept_uri, s.normalized_skill AS name, s.skill_kind AS kind, s.esco_uri, s.name_es
         FROM pipeline_skills s WHERE s.pipeline = {pipeline} AND s.skill_id = {skill_id} ORDER BY s.job_id DESC LIMIT 1"
    )
}

/// The ids whose ads count for a skill: its own, and those of skills that accepted pairs say are the same.
pub(crate) fn same_skill_sql(skill_id: &str) -> String {
    format!(
        "(SELECT {skill_id}::text UNION ALL
          SELECT m.skill_id FROM merged_skills m WHERE m.pipeline = 'A' AND m.canonical_id = {skill_id})"
    )
}

/// How many ads the shares of a ranking refer to: extracted, and matching the filter.
///
/// # Errors
/// Database errors.
pub async fn jobs_total<C: ConnectionTrait>(db: &C, filter: &SkillFilter) -> Result<i64, DbErr> {
    crate::jobs::count(db, &filter.jobs()).await
}

/// Skills by the number of ads that ask for them, after a key.
///
/// # Errors
/// Database errors.
pub async fn rank<C: ConnectionTrait>(
    db: &C,
    filter: &SkillFilter,
    after: Option<&SkillKey>,
    limit: u64,
) -> Result<Ranking, DbErr> {
    let mut conditions = Conditions::default();
    let counts = counts_sql(filter, &mut conditions);
    let beyond = after.map_or("TRUE".to_string(), |key| {
        let count = conditions.bind(key.job_count);
        let (name, id) = (conditions.bind(key.name.as_str()), conditions.bind(key.skill_id.as_str()));
        format!(
            "(job_count < {count} OR job_count = {count} \
             AND (name COLLATE \"C\", skill_id COLLATE \"C\") > ({name}, {id}))"
        )
    });
    let limit = conditions.bind(limit as i64);
    let sql = format!(
        "WITH counts AS ({counts}),
         ranked AS (
             SELECT *, count(*) OVER () AS total,
                    row_number() OVER (ORDER BY job_count DESC, name COLLATE \"C\", skill_id COLLATE \"C\") AS rank
             FROM counts)
         SELECT * FROM ranked WHERE {beyond} ORDER BY rank LIMIT {limit}"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, conditions.into_values());
    let rows = db.query_all_raw(statement).await?;
    let total = match rows.first() {
        Some(row) => row.try_get("", "total")?,
        None => count(db, filter).await?,
    };
    let skills = rows.iter().map(|row| {
        Ok(RankedSkill {
            skill: SkillName::from_query_result(row, "")?,
            rank: row.try_get("", "rank")?,
            job_count: row.try_get("", "job_count")?,
            total_mentions: row.try_get("", "total_mentions")?,
            avg_confidence: row.try_get("", "avg_confidence")?,
        })
    });
    Ok(Ranking { skills: skills.collect::<Result<_, DbErr>>()?, total })
}

async fn count<C: ConnectionTrait>(db: &C, filter: &SkillFilter) -> Result<i64, DbErr> {
    let mut conditions = Conditions::default();
    let sql = format!("SELECT count(*) AS count FROM ({}) counts", counts_sql(filter, &mut conditions));
    one_count(db, sql, conditions).await
}

/// The figures of every skill of a ranking.
fn counts_sql(filter: &SkillFilter, conditions: &mut Conditions) -> String {
    filter.jobs().apply(conditions);
    if !filter.kind.is_empty() {
        conditions.and("s.skill_kind = ?", filter.kind.as_str());
    }
    if !filter.method.is_empty() {
        conditions.and("s.extraction_method = ?", filter.method.as_str());
    }
    if !filter.necessity.is_empty() {
        conditions.and("s.necessity = ?", filter.necessity.as_str());
    }
    let (table, pipeline, names) = if filter.enhanced_by.is_empty() {
        let table = if filter.include_implied { "extracted_skills" } else { "named_skills" };
        (table, "'A'".to_string(), names_sql("counted.skill_id"))
    } else {
        conditions.and("s.pipeline = ?", filter.enhanced_by.as_str());
        if !filter.include_implied {
            conditions.and_plain("s.skill_type = 'explicit'");
        }
        let pipeline = conditions.bind(filter.enhanced_by.as_str());
        let names = enhanced_names_sql("counted.skill_id", &pipeline);
        ("pipeline_skills", pipeline, names)
    };
    let matches = conditions.sql();
    let named = if filter.query.is_empty() {
        "TRUE".to_string()
    } else {
        let pattern = conditions.bind(format!("%{}%", escape_like(&fold(&filter.query))));
        // What `taxonomy::fold` does.
        format!("regexp_replace(normalize(lower(name), NFD), E'[\\u0300-\\u036f]', '', 'g') LIKE {pattern}")
    };
    format!(
        "SELECT counted.*, named.* FROM (
             SELECT coalesce(m.canonical_id, s.skill_id) AS skill_id, count(DISTINCT s.job_id) AS job_count,
                    count(*) AS total_mentions, avg(s.confidence_score) AS avg_confidence
             FROM {table} s JOIN raw_jobs j USING (job_id)
             LEFT JOIN merged_skills m ON m.pipeline = {pipeline} AND m.skill_id = s.skill_id
             WHERE {matches} GROUP BY 1) counted
         CROSS JOIN LATERAL ({names}) named
         WHERE {named}"
    )
}

/// What is known of a skill by its id, also of one that no ad asks for: by its
/// mentions, else by the observatory's taxonomy, else by ESCO.
///
/// # Errors
/// Database errors.
pub async fn name<C: ConnectionTrait>(db: &C, skill_id: &str) -> Result<Option<SkillName>, DbErr> {
    let sql = format!(
        "SELECT skill_id, concept_uri, name, kind, esco_uri, name_es FROM (
             SELECT 1 AS place, $1 AS skill_id, named.* FROM ({names}) named
             UNION ALL
             SELECT 2, skill_id, concept_uri, name, kind, coalesce(esco_uri, ''), name_es
             FROM taxonomy_concepts WHERE skill_id = $1
             UNION ALL
             SELECT 3, skill_id, concept_uri, preferred_label_en, skill_type, concept_uri, coalesce(preferred_label_es, '')
             FROM esco_taxonomy WHERE skill_id = $1) known
         ORDER BY place LIMIT 1",
        names = names_sql("$1"),
    );
    SkillName::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, [skill_id.into()]))
        .one(db)
        .await
}

/// Figures of one skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillFigures {
    /// Ads that ask for it.
    pub job_count: i64,
    /// Times it is named in them.
    pub total_mentions: i64,
    /// By country, most ads first; only countries whose ads ask for it.
    pub countries: Vec<GroupCount>,
    /// By month of posting (YYYY-MM), oldest first, from the first to the last that asks for it.
    pub months: Vec<GroupCount>,
    /// The words that ads use for it, most frequent first, at most 20.
    pub surfaces: Vec<SurfaceCount>,
}

/// Ads of a country or month.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct GroupCount {
    /// Country or month.
    pub name: String,
    /// Ads that ask for the skill.
    pub job_count: i64,
    /// Ads in all.
    pub jobs_total: i64,
}

/// Words that ads use for a skill.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct SurfaceCount {
    /// As they stand in the ads.
    pub skill_text: String,
    /// How often.
    pub mentions: i64,
}

/// The figures of one skill; all zero where no ad asks for it.
///
/// # Errors
/// Database errors.
pub async fn figures<C: ConnectionTrait>(db: &C, skill_id: &str) -> Result<SkillFigures, DbErr> {
    let sql = format!(
        "SELECT s.skill_text, count(*) AS mentions FROM named_skills s JOIN raw_jobs j USING (job_id)
         WHERE s.skill_id IN {same} AND j.extraction_status = 'completed'
         GROUP BY s.skill_text ORDER BY mentions DESC, s.skill_text COLLATE \"C\"",
        same = same_skill_sql("$1"),
    );
    let surfaces = SurfaceCount::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        sql,
        [skill_id.into()],
    ))
    .all(db)
    .await?;
    let mut countries = groups(db, skill_id, "j.country").await?;
    countries.retain(|group| group.job_count > 0);
    countries.sort_by(|a, b| b.job_count.cmp(&a.job_count).then_with(|| a.name.cmp(&b.name)));
    let mut months = groups(db, skill_id, "to_char(j.posted_date, 'YYYY-MM')").await?;
    months.sort_by(|a, b| a.name.cmp(&b.name));
    let first = months.iter().position(|month| month.job_count > 0).unwrap_or(months.len());
    let last = months.iter().rposition(|month| month.job_count > 0).map_or(first, |last| last + 1);
    Ok(SkillFigures {
        job_count: countries.iter().map(|group| group.job_count).sum(),
        total_mentions: surfaces.iter().map(|surface| surface.mentions).sum(),
        months: months[first..last].to_vec(),
        countries,
        surfaces: surfaces.into_iter().take(20).collect(),
    })
}

/// Ads by `expression`, a constant of this file.
async fn groups<C: ConnectionTrait>(db: &C, skill_id: &str, expression: &str) -> Result<Vec<GroupCount>, DbErr> {
    let sql = format!(
        "SELECT {expression} AS name, count(*) AS jobs_total, count(mine.job_id) AS job_count
         FROM raw_jobs j
         LEFT JOIN (SELECT DISTINCT job_id FROM named_skills WHERE skill_id IN {same}) mine USING (job_id)
         WHERE j.extraction_status = 'completed' AND {expression} IS NOT NULL GROUP BY 1",
        same = same_skill_sql("$1"),
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [skill_id.into()]);
    GroupCount::find_by_statement(statement).all(db).await
}

/// A skill that occurs beside another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoOccurring {
    /// The other skill.
    pub skill: SkillName,
    /// Ads that ask for both.
    pub both: i64,
    /// Ads that ask for the other skill.
    pub other: i64,
}

/// Skills that the same ads ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CoOccurrence {
    /// Most shared ads first; ties by name, then id.
    pub skills: Vec<CoOccurring>,
    /// Ads that ask for the skill itself.
    pub job_count: i64,
    /// Ads in all.
    pub jobs_total: i64,
}

/// Skills that occur beside one; `country` empty means all.
///
/// # Errors
/// Database errors.
pub async fn co_occurring<C: ConnectionTrait>(
    db: &C,
    skill_id: &str,
    country: &str,
    limit: u64,
) -> Result<CoOccurrence, DbErr> {
    let filter = JobFilter { country: country.to_string(), status: "completed".to_string(), ..Default::default() };
    let jobs_total = crate::jobs::count(db, &filter).await?;
    let job_count = crate::jobs::count(db, &JobFilter { skill: skill_id.to_string(), ..filter.clone() }).await?;
    let mut conditions = Conditions::default();
    filter.apply(&mut conditions);
    let matches = conditions.sql();
    let (mine, limit) = (conditions.bind(skill_id), conditions.bind(limit as i64));
    let sql = format!(
        "WITH mine AS MATERIALIZED (
             SELECT DISTINCT s.job_id FROM named_skills s JOIN raw_jobs j USING (job_id)
             WHERE s.skill_id IN {same} AND {matches}),
         counted AS (
             SELECT coalesce(m.canonical_id, s.skill_id) AS skill_id, count(DISTINCT s.job_id) AS both_count
             FROM named_skills s JOIN mine USING (job_id)
             LEFT JOIN merged_skills m ON m.pipeline = 'A' AND m.skill_id = s.skill_id
             WHERE s.skill_id NOT IN {same}
             GROUP BY 1 ORDER BY both_count DESC FETCH FIRST {limit} ROWS WITH TIES),
         beside AS (
             SELECT * FROM counted CROSS JOIN LATERAL ({names}) named
             ORDER BY both_count DESC, name COLLATE \"C\", skill_id COLLATE \"C\" LIMIT {limit})
         SELECT beside.*, (SELECT count(DISTINCT s.job_id) FROM named_skills s JOIN raw_jobs j USING (job_id)
                           WHERE s.skill_id IN {others} AND {matches}) AS other_count
         FROM beside ORDER BY both_count DESC, name COLLATE \"C\", skill_id COLLATE \"C\"",
        names = names_sql("counted.skill_id"),
        same = same_skill_sql(&mine),
        others = same_skill_sql("beside.skill_id"),
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, conditions.into_values());
    let rows = db.query_all_raw(statement).await?;
    let skills = rows.iter().map(|row| {
        Ok(CoOccurring {
            skill: SkillName::from_query_result(row, "")?,
            both: row.try_get("", "both_count")?,
            other: row.try_get("", "other_count")?,
        })
    });
    Ok(CoOccurrence { skills: skills.collect::<Result<_, DbErr>>()?, job_count, jobs_total })
}
