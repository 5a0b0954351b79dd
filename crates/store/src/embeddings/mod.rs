//! Vectors of skills and labels, and what is found by them.

mod labels;
mod same_meaning;
mod similar;
mod usage;

use std::fmt::Write;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, prelude::PgVector};

pub use labels::{Concept, LabelVector, concepts, cosines, nearest_labels};
pub use same_meaning::{Kept, Key, Named, Pair, Stored, list, named, replace_undecided, review};
pub use similar::{Filter, Near, Plan, count, explain, nearest, nearest_by};
pub use usage::refresh;

use crate::execute;

/// Numbers of a stored vector; shorter ones are padded with zeros, which changes no cosine.
pub const WIDTH: usize = 768;
/// Longer texts, in bytes, are no skills; they would not fit into an index either.
pub const LONGEST: i32 = 1_000;

/// An embedding model, and how its cosines are corrected.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Name.
    pub name: String,
    /// Version: of its files, and of how texts go in.
    pub version: String,
    /// Numbers of a vector.
    pub dimension: usize,
    /// Mean of the vectors of the reference texts.
    pub mean: Vec<f32>,
    /// Directions taken away besides, one after another, `dimension` numbers each.
    pub components: Vec<f32>,
    /// What turns a centred cosine into a similarity.
    pub calibration: serde_json::Value,
}

/// A text's vectors, both of length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    /// The text.
    pub text: String,
    /// As the model gave it.
    pub raw: Vec<f32>,
    /// Corrected.
    pub centred: Vec<f32>,
}

#[derive(FromQueryResult)]
struct ModelRow {
    dimension: i32,
    mean: PgVector,
    components: Vec<f32>,
    calibration: serde_json::Value,
}

#[derive(FromQueryResult)]
struct TextRow {
    text: String,
}

#[derive(FromQueryResult)]
struct VectorRow {
    text: String,
    raw: PgVector,
    centred: PgVector,
}

/// What is stored of a model.
///
/// # Errors
/// Database errors.
pub async fn model<C: ConnectionTrait>(db: &C, name: &str, version: &str) -> Result<Option<Model>, DbErr> {
    let row = ModelRow::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT dimension, mean, components, calibration FROM embedding_models
         WHERE model_name = $1 AND model_version = $2",
        [name.into(), version.into()],
    ))
    .one(db)
    .await?;
    Ok(row.map(|row| {
        let dimension = row.dimension as usize;
        Model {
            name: name.to_string(),
            version: version.to_string(),
            dimension,
            mean: cut(row.mean, dimension),
            components: row.components,
            calibration: row.calibration,
        }
    }))
}

/// Stores a model, unless it is there: the correction of the first replica holds for all.
///
/// # Errors
/// Database errors.
pub async fn add_model<C: ConnectionTrait>(db: &C, model: &Model) -> Result<(), DbErr> {
    execute(
        db,
        "INSERT INTO embedding_models (model_name, model_version, dimension, mean, components, calibration)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        [
            model.name.as_str().into(),
            model.version.as_str().into(),
            (model.dimension as i32).into(),
            padded(&model.mean).into(),
            model.components.clone().into(),
            model.calibration.clone().into(),
        ],
    )
    .await
}

/// Stores vectors; a text that has one of this model keeps it.
///
/// # Errors
/// Database errors.
pub async fn store<C: ConnectionTrait>(db: &C, name: &str, version: &str, vectors: &[Vector]) -> Result<(), DbErr> {
    // One order for all writers, or two of them could wait for each other.
    let mut vectors: Vec<&Vector> = vectors.iter().collect();
    vectors.sort_unstable_by(|a, b| a.text.cmp(&b.text));
    let column = |of: fn(&Vector) -> String| vectors.iter().map(|vector| of(vector)).collect::<Vec<String>>();
    execute(
        db,
        "INSERT INTO skill_embeddings (skill_text, embedding, centred, model_name, model_version)
         SELECT text, raw::vector, centred::vector, $4, $5
         FROM unnest($1::text[], $2::text[], $3::text[]) AS v(text, raw, centred)
         ON CONFLICT (skill_text, model_name, model_version) DO NOTHING",
        [
            column(|vector| vector.text.clone()).into(),
            column(|vector| literal(&vector.raw)).into(),
            column(|vector| literal(&vector.centred)).into(),
            name.into(),
            version.into(),
        ],
    )
    .await
}

/// Skills of a pipeline without a vector of this model, those of most ads first.
///
/// # Errors
/// Database errors.
pub async fn skills_without<C: ConnectionTrait>(
    db: &C,
    name: &str,
    version: &str,
    pipeline: &str,
) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT u.skill_text AS text FROM skill_usage u
         WHERE u.pipeline = $3 AND octet_length(u.skill_text) BETWEEN 1 AND $4 AND NOT EXISTS (
             SELECT 1 FROM skill_embeddings e
             WHERE e.skill_text = u.skill_text AND e.model_name = $1 AND e.model_version = $2)
         GROUP BY u.skill_text ORDER BY sum(u.job_count) DESC, u.skill_text COLLATE \"C\"";
    texts(db, sql, [name.into(), version.into(), pipeline.into(), LONGEST.into()]).await
}

/// Names of the observatory's concepts and preferred labels of ESCO, Spanish and English, without a
/// vector of this model.
///
/// # Errors
/// Database errors.
pub async fn labels_without<C: ConnectionTrait>(db: &C, name: &str, version: &str) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT text FROM (
             SELECT name AS text FROM taxonomy_concepts UNION SELECT name_es FROM taxonomy_concepts
             UNION SELECT preferred_label_en FROM esco_taxonomy UNION SELECT preferred_label_es FROM esco_taxonomy) l
         WHERE octet_length(text) BETWEEN 1 AND $3 AND NOT EXISTS (
             SELECT 1 FROM skill_embeddings e
             WHERE e.skill_text = text AND e.model_name = $1 AND e.model_version = $2)
         ORDER BY text COLLATE \"C\"";
    texts(db, sql, [name.into(), version.into(), LONGEST.into()]).await
}

/// The vectors of these texts, where they have one.
///
/// # Errors
/// Database errors.
pub async fn vectors<C: ConnectionTrait>(db: &C, model: &Model, texts: &[String]) -> Result<Vec<Vector>, DbErr> {
    let rows = VectorRow::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT skill_text AS text, embedding AS raw, centred FROM skill_embeddings
         WHERE skill_text = ANY($1) AND model_name = $2 AND model_version = $3",
        [texts.to_vec().into(), model.name.as_str().into(), model.version.as_str().into()],
    ))
    .all(db)
    .await?;
    let whole = |row: VectorRow| Vector {
        text: row.text,
        raw: cut(row.raw, model.dimension),
        centred: cut(row.centred, model.dimension),
    };
    Ok(rows.into_iter().map(whole).collect())
}

async fn texts<C: ConnectionTrait, const N: usize>(
    db: &C,
    sql: &str,
    values: [sea_orm::Value; N],
) -> Result<Vec<String>, DbErr> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(TextRow::find_by_statement(statement).all(db).await?.into_iter().map(|row| row.text).collect())
}

fn padded(values: &[f32]) -> PgVector {
    let mut values = values.to_vec();
    values.resize(WIDTH, 0.0);
    PgVector::from(values)
}

fn cut(vector: PgVector, dimension: usize) -> Vec<f32> {
    let mut values = vector.to_vec();
    values.truncate(dimension);
    values
}

/// As Postgres reads it: arrays of vectors can't be parameters. Each number comes back to the bit.
fn literal(values: &[f32]) -> String {
    let mut text = String::with_capacity(WIDTH * 12);
    text.push('[');
    for at in 0..WIDTH {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{}", values.get(at).unwrap_or(&0.0));
    }
    text.push(']');
    text
}
