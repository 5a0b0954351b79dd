//! The journal of operations: written before anything is queued, so that losing
//! Redis loses no operation.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

use crate::execute;

/// A new operation.
#[derive(Debug, Clone)]
pub struct NewOperation {
    /// ULID.
    pub operation_id: String,
    /// Such as `cleaner.batch_clean_jobs`.
    pub kind: String,
    /// The encoded request.
    pub request: Vec<u8>,
    /// The caller's idempotency key.
    pub request_id: Option<String>,
    /// SHA-256 of the request.
    pub request_hash: Vec<u8>,
    /// One key per task.
    pub task_keys: Vec<String>,
}

/// What the journal knows of an operation.
#[derive(Debug, Clone, FromQueryResult)]
pub struct JournalRow {
    /// ULID.
    pub operation_id: String,
    /// Such as `cleaner.batch_clean_jobs`.
    pub kind: String,
    /// The encoded request.
    pub request: Vec<u8>,
    /// SHA-256 of the request.
    pub request_hash: Vec<u8>,
    /// `pending` until it ended, then `succeeded`, `failed` or `cancelled`;
    /// `cancelling` where a cancellation was asked for.
    pub state: String,
    /// Number of tasks.
    pub total: i32,
    /// The last metadata, once it ended.
    pub snapshot: Option<serde_json::Value>,
    /// When it was accepted.
    pub create_time: DateTime<Utc>,
    /// When it ended.
    pub end_time: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "operation_id, kind, request, request_hash, state, cardinality(task_keys) AS total, snapshot, \
                       create_time, end_time";

/// Writes a new operation. With a `request_id` that was used before for this
/// kind, writes nothing and returns that operation instead.
///
/// # Errors
/// Database errors.
pub async fn insert<C: ConnectionTrait>(db: &C, new: &NewOperation) -> Result<Option<JournalRow>, DbErr> {
    let result = db
        .execute_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "INSERT INTO operations (operation_id, kind, request, request_id, request_hash, task_keys)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, request_id) DO NOTHING",
            [
                new.operation_id.clone().into(),
                new.kind.clone().into(),
                new.request.clone().into(),
                new.request_id.clone().into(),
                new.request_hash.clone().into(),
                new.task_keys.clone().into(),
            ],
        ))
        .await?;
    if result.rows_affected() == 1 {
        return Ok(None);
    }
    select(db, "kind = $1 AND request_id = $2", [new.kind.clone().into(), new.request_id.clone().into()]).await
}

/// One operation.
///
/// # Errors
/// Database errors.
pub async fn get<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<Option<JournalRow>, DbErr> {
    select(db, "operation_id = $1", [operation_id.into()]).await
}

async fn select<C: ConnectionTrait>(
    db: &C,
    condition: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Option<JournalRow>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM operations WHERE {condition}");
    JournalRow::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).one(db).await
}

/// The operations that an operation started: their `request_id` begins with its id and a slash. Oldest first.
///
/// # Errors
/// Database errors.
pub async fn started_by<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<Vec<JournalRow>, DbErr> {
    let sql = format!("SELECT {COLUMNS} FROM operations WHERE starts_with(request_id, $1) ORDER BY operation_id");
    let values = [format!("{operation_id}/").into()];
    JournalRow::find_by_statement(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).all(db).await
}

/// The keys of an operation's tasks, in order.
///
/// # Errors
/// Database errors.
pub async fn task_keys<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<Vec<String>, DbErr> {
    let row = db
        .query_one_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT task_keys FROM operations WHERE operation_id = $1",
            [operation_id.into()],
        ))
        .await?;
    row.map_or(Ok(Vec::new()), |row| row.try_get("", "task_keys"))
}

/// Operations of these kinds that have not ended, oldest first.
///
/// # Errors
/// Database errors.
pub async fn open<C: ConnectionTrait>(db: &C, kinds: &[String]) -> Result<Vec<JournalRow>, DbErr> {
    let sql = format!(
        "SELECT {COLUMNS} FROM operations WHERE end_time IS NULL AND kind = ANY($1) ORDER BY create_time LIMIT 1000"
    );
    JournalRow::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        sql,
        [kinds.to_vec().into()],
    ))
    .all(db)
    .await
}

/// Operations, newest first, after the `(create_time, operation_id)` of the last
/// one of the page before. Empty `kind` or `states` mean all.
///
/// # Errors
/// Database errors.
pub async fn list<C: ConnectionTrait>(
    db: &C,
    kind: &str,
    states: &[String],
    after: Option<(DateTime<Utc>, String)>,
    limit: u64,
) -> Result<Vec<JournalRow>, DbErr> {
    let (time, id) = after.map_or((None, None), |(time, id)| (Some(time), Some(id)));
    let sql = format!(
        "SELECT {COLUMNS} FROM operations
         WHERE ($1 = '' OR kind = $1) AND (cardinality($2::text[]) = 0 OR state = ANY($2))
           AND ($3::timestamptz IS NULL OR (create_time, operation_id) < ($3, $4))
         ORDER BY create_time DESC, operation_id DESC LIMIT $5"
    );
    JournalRow::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        sql,
        [kind.into(), states.to_vec().into(), time.into(), id.into(), (limit as i64).into()],
    ))
    .all(db)
    .await
}

/// Records that a cancellation was asked for.
///
/// # Errors
/// Database errors.
pub async fn mark_cancelling<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<(), DbErr> {
    execute(
        db,
        "UPDATE operations SET state = 'cancelling' WHERE operation_id = $1 AND end_time IS NULL",
        [operation_id.into()],
    )
    .await
}

/// Records the end and the last metadata; false where an end was recorded before.
///
/// # Errors
/// Database errors.
pub async fn finish<C: ConnectionTrait>(
    db: &C,
    operation_id: &str,
    state: &str,
    snapshot: serde_json::Value,
) -> Result<bool, DbErr> {
    let sql = "WITH before AS (SELECT end_time FROM operations WHERE operation_id = $1 FOR UPDATE)
               UPDATE operations o SET state = $2, snapshot = $3, end_time = coalesce(before.end_time, now())
               FROM before WHERE o.operation_id = $1 RETURNING before.end_time IS NULL AS first";
    let values = [operation_id.into(), state.into(), snapshot.into()];
    let row = db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    row.map_or(Ok(false), |row| row.try_get("", "first"))
}

/// Opens an ended operation again: its failed tasks were queued once more.
///
/// # Errors
/// Database errors.
pub async fn reopen<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<(), DbErr> {
    execute(
        db,
        "UPDATE operations SET state = 'pending', snapshot = NULL, end_time = NULL WHERE operation_id = $1",
        [operation_id.into()],
    )
    .await
}

/// Forgets an operation and its effect keys. The results of its tasks stay.
///
/// # Errors
/// Database errors.
pub async fn delete<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<(), DbErr> {
    execute(db, "DELETE FROM operations WHERE operation_id = $1", [operation_id.into()]).await
}

/// Forgets operations that ended before a time; returns how many.
///
/// # Errors
/// Database errors.
pub async fn prune<C: ConnectionTrait>(db: &C, before: DateTime<Utc>) -> Result<u64, DbErr> {
    let result = db
        .execute_raw(Statement::from_sql_and_values(
            db.get_database_backend(),
            "DELETE FROM operations WHERE end_time < $1",
            [before.into()],
        ))
        .await?;
    Ok(result.rows_affected())
}
