//! Skills near a vector.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, FromQueryResult, Statement, TransactionTrait, Value};

use super::{Model, padded};
use crate::conditions::Conditions;

/// With so few matches, comparing all of them is as fast as the index, and exact.
const FEW: i64 = 1_000;
/// Breadth of the search in the index; what reaches a recall of 0.95 at 100,000 vectors, also where one in 20
/// passes the filter.
const BREADTH: u64 = 300;

/// As the index has it.
pub(super) const BY_INDEX: &str = "(e.centred::halfvec(768)) <#>";

/// Which skills are searched; empty conditions always hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// `A`, `B` or `HYBRID`.
    pub pipeline: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Kind of skill.
    pub kind: String,
}

impl Filter {
    /// As conditions on `skill_usage u`.
    fn apply(&self, conditions: &mut Conditions) {
        conditions.and("u.pipeline = ?", self.pipeline.as_str());
        if !self.country.is_empty() {
            conditions.and("u.country = ?", self.country.as_str());
        }
        if !self.kind.is_empty() {
            conditions.and("u.skill_kind = ?", self.kind.as_str());
        }
    }
}

/// How a search is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Every match is compared.
    Exact,
    /// By the HNSW index, which goes on until enough matches pass the filter.
    Index,
}

/// A skill near a vector.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Near {
    /// The skill.
    pub skill_text: String,
    /// Id of its concept; may be empty.
    pub skill_id: String,
    /// URI of its concept; may be empty.
    pub concept_uri: String,
    /// Kind.
    pub skill_kind: String,
    /// ESCO concept that means the same; may be empty.
    pub esco_uri: String,
    /// Name in Spanish; may be empty.
    pub name_es: String,
    /// Cosine of the raw vectors.
    pub raw_cosine: f64,
    /// Cosine of the corrected ones.
    pub centred_cosine: f64,
    /// Ads that name it, within the filter.
    pub job_count: i64,
}

/// Skills that match the filter and have a vector of this model.
///
/// # Errors
/// Database errors.
pub async fn count<C: ConnectionTrait>(db: &C, model: &Model, filter: &Filter) -> Result<i64, DbErr> {
    let mut conditions = Conditions::default();
    filter.apply(&mut conditions);
    conditions.and("e.model_name = ?", model.name.as_str());
    conditions.and("e.model_version = ?", model.version.as_str());
    let sql = format!(
        "SELECT count(DISTINCT u.skill_text) AS count FROM skill_usage u JOIN skill_embeddings e USING (skill_text)
         WHERE {}",
        conditions.sql()
    );
    crate::jobs::one_count(db, sql, conditions).await
}

/// The skills nearest to a vector, nearest first. Both vectors are of the query, at length 1; `matches` is what
/// [`count`] says of the filter.
///
/// # Errors
/// Database errors.
pub async fn nearest(
    db: &DatabaseConnection,
    model: &Model,
    filter: &Filter,
    query: (&[f32], &[f32]),
    limit: u64,
    matches: i64,
) -> Result<Vec<Near>, DbErr> {
    if matches > FEW {
        let found = nearest_by(db, model, filter, query, limit, Plan::Index).await?;
        // The index gives up after so many vectors.
        if found.len() as i64 >= matches.min(limit as i64) {
            return Ok(found);
        }
    }
    nearest_by(db, model, filter, query, limit, Plan::Exact).await
}

/// [`nearest`] in one way or the other.
///
/// # Errors
/// Database errors.
pub async fn nearest_by(
    db: &DatabaseConnection,
    model: &Model,
    filter: &Filter,
    query: (&[f32], &[f32]),
    limit: u64,
    plan: Plan,
) -> Result<Vec<Near>, DbErr> {
    let (sql, values) = statement(model, filter, query, limit, plan);
    let txn = db.begin().await?;
    txn.execute_unprepared(&settings(plan, limit)).await?;
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, values);
    let rows = Near::find_by_statement(statement).all(&txn).await?;
    txn.commit().await?;
    Ok(rows)
}

/// What Postgres says of how it will search, for tests.
///
/// # Errors
/// Database errors.
pub async fn explain(
    db: &DatabaseConnection,
    model: &Model,
    filter: &Filter,
    query: (&[f32], &[f32]),
    limit: u64,
    plan: Plan,
) -> Result<String, DbErr> {
    let (sql, values) = statement(model, filter, query, limit, plan);
    let txn = db.begin().await?;
    txn.execute_unprepared(&settings(plan, limit)).await?;
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), format!("EXPLAIN {sql}"), values);
    let rows = txn.query_all_raw(statement).await?;
    let lines: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    Ok(lines.join("\n"))
}

fn statement(
    model: &Model,
    filter: &Filter,
    (raw, centred): (&[f32], &[f32]),
    limit: u64,
    plan: Plan,
) -> (String, Vec<Value>) {
    let mut conditions = Conditions::default();
    let (raw, centred) = (conditions.bind(padded(raw)), conditions.bind(padded(centred)));
    let (name, version) = (conditions.bind(model.name.as_str()), conditions.bind(model.version.as_str()));
    filter.apply(&mut conditions);
    let matches = conditions.sql();
    let ofmodel = format!("e.model_name = {name} AND e.model_version = {version}");
    let found = match plan {
        Plan::Exact => format!(
            "SELECT e.skill_text, e.embedding, e.centred
             FROM (SELECT DISTINCT u.skill_text FROM skill_usage u WHERE {matches} OFFSET 0) m
             JOIN skill_embeddings e USING (skill_text) WHERE {ofmodel}
             ORDER BY (e.centred <#> {centred}) + 0, e.skill_text LIMIT {limit}"
        ),
        // OFFSET keeps the planner from making a join of it, which would not come in the index's order.
        Plan::Index => format!(
            "SELECT e.skill_text, e.embedding, e.centred FROM skill_embeddings e
             WHERE {ofmodel} AND EXISTS (
                 SELECT 1 FROM skill_usage u WHERE u.skill_text = e.skill_text AND {matches} OFFSET 0)
             ORDER BY {BY_INDEX} {centred}::vector::halfvec(768) LIMIT {limit}"
        ),
    };
    let sql = format!(
        "WITH found AS MATERIALIZED ({found})
         SELECT f.skill_text, named.*, -(f.embedding <#> {raw}) AS raw_cosine, -(f.centred <#> {centred}) AS centred_cosine
         FROM found f CROSS JOIN LATERAL (
             SELECT concept[1] AS skill_id, concept[2] AS skill_kind, concept[3] AS concept_uri, concept[4] AS esco_uri,
                    concept[5] AS name_es, job_count
             FROM (SELECT max(ARRAY[u.skill_id, u.skill_kind, u.concept_uri, u.esco_uri, u.name_es]) AS concept,
                          sum(u.job_count) AS job_count
                   FROM skill_usage u WHERE u.skill_text = f.skill_text AND {matches}) used) named
         ORDER BY f.centred <#> {centred}, f.skill_text"
    );
    (sql, conditions.into_values())
}

/// Settings of one search. A plan for any parameters would not use the index.
pub(super) fn settings(plan: Plan, limit: u64) -> String {
    let mut settings = "SET LOCAL plan_cache_mode = force_custom_plan".to_string();
    if plan == Plan::Index {
        let breadth = BREADTH.max(limit * 2);
        settings += "; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off; \
                     SET LOCAL hnsw.iterative_scan = strict_order; SET LOCAL hnsw.max_scan_tuples = 100000; SET LOCAL hnsw.scan_mem_multiplier = 16";
        settings += &format!("; SET LOCAL hnsw.ef_search = {breadth}");
    }
    settings
}
