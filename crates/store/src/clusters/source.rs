//! What clusters are made from: skills, their vectors, the titles of their ads, and the taxonomy above them.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, prelude::PgVector};

use crate::embeddings::LONGEST;

/// What a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A skill, after mapping.
    Normalized,
    /// A wording, before it.
    Surface,
}

impl Unit {
    /// Mentions: $1 is the pipeline.
    fn mentions(self) -> &'static str {
        match self {
            Self::Normalized => {
                "SELECT job_id, normalized_skill AS skill_text, skill_id, concept_uri, name_es FROM pipeline_skills
                 WHERE pipeline = $1 AND skill_type = 'explicit'"
            }
            Self::Surface => {
                "SELECT job_id, lower(skill_text) AS skill_text, skill_id, concept_uri, '' AS name_es
                 FROM extracted_skills WHERE $1 = 'A' AND skill_type = 'explicit'
                 UNION ALL
                 SELECT job_id, lower(original_skill_text), skill_id, concept_uri, '' FROM enhanced_skills
                 WHERE pipeline = $1 AND skill_type = 'explicit'"
            }
        }
    }
}

/// A skill to be clustered.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Point {
    /// The skill, or the wording.
    pub skill_text: String,
    /// Ads that name it.
    pub job_count: i64,
    /// Its id.
    pub skill_id: String,
    /// Its concept.
    pub concept_uri: String,
    /// Its Spanish name.
    pub name_es: String,
}

/// The skills of a pipeline in ads of a country (empty: all) that at least `min_mentions` ads name, most ads first.
///
/// # Errors
/// Database errors.
pub async fn points<C: ConnectionTrait>(
    db: &C,
    unit: Unit,
    pipeline: &str,
    country: &str,
    min_mentions: i64,
    limit: u64,
) -> Result<Vec<Point>, DbErr> {
    let sql = format!(
        "SELECT s.skill_text, count(DISTINCT s.job_id) AS job_count, max(s.skill_id) AS skill_id,
                max(s.concept_uri) AS concept_uri, max(s.name_es) AS name_es
         FROM ({mentions}) s JOIN raw_jobs j USING (job_id)
         WHERE ($2 = '' OR j.country = $2) AND octet_length(s.skill_text) BETWEEN 1 AND $3
         GROUP BY s.skill_text HAVING count(DISTINCT s.job_id) >= $4
         ORDER BY job_count DESC, s.skill_text COLLATE \"C\" LIMIT $5",
        mentions = unit.mentions()
    );
    let values = [pipeline.into(), country.into(), LONGEST.into(), min_mentions.into(), (limit as i64).into()];
    Point::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
}

/// How many [`points`] there are, counted up to `limit`.
///
/// # Errors
/// Database errors.
pub async fn count<C: ConnectionTrait>(
    db: &C,
    unit: Unit,
    pipeline: &str,
    country: &str,
    min_mentions: i64,
    limit: u64,
) -> Result<usize, DbErr> {
    Ok(points(db, unit, pipeline, country, min_mentions, limit).await?.len())
}

/// A title of ads that name a skill.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Title {
    /// The skill.
    pub skill_text: String,
    /// The title, in lower case.
    pub title: String,
    /// Its ads.
    pub job_ids: Vec<uuid::Uuid>,
}

/// The titles of the ads that name skills, at most `limit` pairs.
///
/// # Errors
/// Database errors.
pub async fn titles<C: ConnectionTrait>(
    db: &C,
    unit: Unit,
    pipeline: &str,
    country: &str,
    limit: u64,
) -> Result<Vec<Title>, DbErr> {
    let sql = format!(
        "SELECT s.skill_text, lower(j.title) AS title, array_agg(DISTINCT j.job_id) AS job_ids
         FROM ({mentions}) s JOIN raw_jobs j USING (job_id)
         WHERE ($2 = '' OR j.country = $2)
         GROUP BY 1, 2 ORDER BY count(*) DESC, s.skill_text COLLATE \"C\", lower(j.title) COLLATE \"C\" LIMIT $3",
        mentions = unit.mentions()
    );
    let values = [pipeline.into(), country.into(), (limit as i64).into()];
    Title::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
}

/// A concept and what stands above it.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Concept {
    /// URI.
    pub concept_uri: String,
    /// Name in English.
    pub label_en: String,
    /// Name in Spanish; the English one where it has none.
    pub label_es: String,
    /// The broader concept; empty at the top.
    pub broader: String,
}

/// All concepts: the observatory's own, and ESCO's.
///
/// # Errors
/// Database errors.
pub async fn concepts<C: ConnectionTrait>(db: &C) -> Result<Vec<Concept>, DbErr> {
    let sql = "SELECT concept_uri, name AS label_en, coalesce(nullif(name_es, ''), name) AS label_es,
                      coalesce(nullif(parent_uri, ''), esco_uri, '') AS broader FROM taxonomy_concepts
               UNION ALL
               SELECT concept_uri, preferred_label_en, coalesce(nullif(preferred_label_es, ''), preferred_label_en),
                      coalesce(broader_concept_uri, '') FROM esco_taxonomy";
    Concept::find_by_statement(Statement::from_string(db.get_database_backend(), sql)).all(db).await
}

/// The corrected vectors of a model that are stored, cut to its dimension.
///
/// # Errors
/// Database errors.
pub async fn vectors<C: ConnectionTrait>(
    db: &C,
    model: (&str, &str),
    dimension: usize,
    texts: &[String],
) -> Result<Vec<(String, Vec<f32>)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        skill_text: String,
        centred: PgVector,
    }
    let sql = "SELECT skill_text, centred FROM skill_embeddings
               WHERE model_name = $1 AND model_version = $2 AND skill_text = ANY($3)";
    let values = [model.0.into(), model.1.into(), texts.to_vec().into()];
    let rows = Row::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values));
    let cut = |row: Row| {
        let mut vector = row.centred.to_vec();
        vector.truncate(dimension);
        (row.skill_text, vector)
    };
    Ok(rows.all(db).await?.into_iter().map(cut).collect())
}
