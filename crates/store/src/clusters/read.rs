//! Reading runs.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Cluster, MapPoint, Run};
use crate::conditions::Conditions;

const RUN: &str =
    "clustering_id, pipeline_name, country, settings, settings_key, base_clustering_id, n_points, n_clusters,
    n_noise, silhouette_score, davies_bouldin_index, dbcv_score, seed_stability, resample_stability, min_cluster_size,
    cluster_selection_method, model_name, model_version, taxonomy_version, operation_id, seconds, analyzed_at";
const CLUSTER: &str =
    "cluster_id, cluster_number, label_en, label_es, skill_texts, size, cohesion_score, area_id, color,
    group_number, group_label_en, group_label_es, job_count, title_words, cluster_silhouette, change";

/// Which runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// ISO 3166-1 alpha-2; `*` for those of all countries together, empty for any.
    pub country: String,
    /// `A`, `B`, `HYBRID`; empty for any.
    pub pipeline: String,
}

/// Where a page of [`list`] ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// `analyzed_at` of the last run.
    pub analyzed_at: DateTime<Utc>,
    /// Its id.
    pub clustering_id: Uuid,
}

/// Runs, newest first, after a key.
///
/// # Errors
/// Database errors.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    filter: &Filter,
    after: Option<&Key>,
    limit: u64,
) -> Result<Vec<Run>, DbErr> {
    let mut conditions = Conditions::default();
    match filter.country.as_str() {
        "" => {}
        "*" => conditions.and_plain("country = ''"),
        country => conditions.and("country = ?", country),
    }
    if !filter.pipeline.is_empty() {
        conditions.and("pipeline_name = ?", filter.pipeline.as_str());
    }
    if let Some(key) = after {
        let (time, id) = (conditions.bind(key.analyzed_at), conditions.bind(key.clustering_id));
        conditions.and_plain(format!("(analyzed_at, clustering_id) < ({time}, {id})"));
    }
    let (matches, limit) = (conditions.sql(), conditions.bind(limit as i64));
    let order = "ORDER BY analyzed_at DESC, clustering_id DESC";
    let sql = format!("SELECT {RUN} FROM clusterings WHERE {matches} {order} LIMIT {limit}");
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, conditions.into_values());
    Run::find_by_statement(statement).all(db).await
}

/// The newest run of a pipeline and a country (empty: all together).
///
/// # Errors
/// Database errors.
pub async fn latest<C: ConnectionTrait>(db: &C, pipeline: &str, country: &str) -> Result<Option<Run>, DbErr> {
    let country = if country.is_empty() { "*" } else { country };
    let filter = Filter { country: country.to_string(), pipeline: pipeline.to_string() };
    Ok(list(db, &filter, None, 1).await?.pop())
}

/// One run.
///
/// # Errors
/// Database errors.
pub async fn get<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<Run>, DbErr> {
    let sql = format!("SELECT {RUN} FROM clusterings WHERE clustering_id = $1");
    one(db, sql, [id.into()]).await
}

/// True where an operation has stored its run, and which.
///
/// # Errors
/// Database errors.
pub async fn exists<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<Option<Run>, DbErr> {
    let sql = format!("SELECT {RUN} FROM clusterings WHERE operation_id = $1");
    one(db, sql, [operation_id.into()]).await
}

/// The newest run of these settings.
///
/// # Errors
/// Database errors.
pub async fn previous<C: ConnectionTrait>(db: &C, settings_key: &str) -> Result<Option<Run>, DbErr> {
    let sql = format!(
        "SELECT {RUN} FROM clusterings WHERE settings_key = $1 ORDER BY analyzed_at DESC, clustering_id DESC LIMIT 1"
    );
    one(db, sql, [settings_key.into()]).await
}

async fn one<C: ConnectionTrait>(
    db: &C,
    sql: String,
    values: impl IntoIterator<Item = sea_orm::Value>,
) -> Result<Option<Run>, DbErr> {
    Run::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).one(db).await
}

/// The clusters of a run by size, the noise last.
///
/// # Errors
/// Database errors.
pub async fn clusters<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Cluster>, DbErr> {
    let sql = format!(
        "SELECT {CLUSTER} FROM clustering_results WHERE clustering_id = $1 ORDER BY cluster_number < 0, cluster_number"
    );
    Cluster::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, [id.into()]))
        .all(db)
        .await
}

/// Points of a run's map after the skill named, in code point order.
///
/// # Errors
/// Database errors.
pub async fn map<C: ConnectionTrait>(db: &C, id: Uuid, after: &str, limit: u64) -> Result<Vec<MapPoint>, DbErr> {
    let sql = "SELECT skill_text, x, y, cluster_number, probability, job_count, skill_id, name_es, outlier_score
               FROM cluster_points WHERE clustering_id = $1 AND skill_text COLLATE \"C\" > $2
               ORDER BY skill_text COLLATE \"C\" LIMIT $3";
    let values = [id.into(), after.into(), (limit as i64).into()];
    MapPoint::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
}

/// Where a skill was and in which cluster.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Placed {
    /// The skill.
    pub skill_text: String,
    /// First coordinate.
    pub x: f32,
    /// Second coordinate.
    pub y: f32,
    /// Its cluster.
    pub cluster_number: i32,
}

/// The skills of a run.
///
/// # Errors
/// Database errors.
pub async fn labels<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Vec<Placed>, DbErr> {
    let sql = "SELECT skill_text, x, y, cluster_number FROM cluster_points WHERE clustering_id = $1";
    Placed::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, [id.into()])).all(db).await
}

/// Identity of a cluster of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Its number.
    pub number: i32,
    /// What keeps.
    pub area_id: Option<Uuid>,
    /// Its colour.
    pub color: i32,
}
