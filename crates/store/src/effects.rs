//! Effect keys: what a task does happens once, however often the task runs.
//!
//! A worker claims the keys of its tasks in the transaction that writes their
//! results. A key that is already there was committed by another delivery of the
//! same task; its outcome is known and its results must not be written again.
//! This is also the fence: a paused worker whose tasks were taken over finds the
//! keys committed and writes nothing.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

#[derive(FromQueryResult)]
struct Row {
    task_key: String,
    outcome: String,
}

/// Claims the key of each `(task_key, outcome)`; returns the outcomes of those
/// that were committed before, whose results must be left alone.
///
/// Blocks while another open transaction holds one of the keys.
///
/// # Errors
/// Database errors.
pub async fn claim<C: ConnectionTrait>(
    txn: &C,
    operation_id: &str,
    tasks: &[(String, String)],
) -> Result<HashMap<String, String>, DbErr> {
    // One order for all workers, or two of them could wait for each other.
    let mut tasks: Vec<_> = tasks.to_vec();
    tasks.sort();
    let (keys, outcomes): (Vec<String>, Vec<String>) = tasks.into_iter().unzip();
    let inserted = Row::find_by_statement(Statement::from_sql_and_values(
        txn.get_database_backend(),
        "INSERT INTO task_effects (operation_id, task_key, outcome)
         SELECT $1, key, outcome FROM unnest($2::text[], $3::text[]) AS task(key, outcome)
         ON CONFLICT DO NOTHING RETURNING task_key, outcome",
        [operation_id.into(), keys.clone().into(), outcomes.into()],
    ))
    .all(txn)
    .await?;
    if inserted.len() == keys.len() {
        return Ok(HashMap::new());
    }
    let mine: std::collections::HashSet<_> = inserted.into_iter().map(|row| row.task_key).collect();
    let taken: Vec<String> = keys.into_iter().filter(|key| !mine.contains(key)).collect();
    committed_among(txn, operation_id, &taken).await
}

/// Those of the tasks whose results are stored, with their outcomes.
///
/// # Errors
/// Database errors.
pub async fn committed_among<C: ConnectionTrait>(
    db: &C,
    operation_id: &str,
    keys: &[String],
) -> Result<HashMap<String, String>, DbErr> {
    let rows = Row::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT task_key, outcome FROM task_effects WHERE operation_id = $1 AND task_key = ANY($2)",
        [operation_id.into(), keys.to_vec().into()],
    ))
    .all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.task_key, row.outcome)).collect())
}

/// The outcomes of all tasks of an operation whose results are stored, by key.
///
/// # Errors
/// Database errors.
pub async fn committed<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<HashMap<String, String>, DbErr> {
    let rows = Row::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT task_key, outcome FROM task_effects WHERE operation_id = $1",
        [operation_id.into()],
    ))
    .all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.task_key, row.outcome)).collect())
}

/// Forgets that a task was done, so that it may be done again; says whether it was.
///
/// # Errors
/// Database errors.
pub async fn forget<C: ConnectionTrait>(txn: &C, operation_id: &str, key: &str) -> Result<bool, DbErr> {
    let sql = "DELETE FROM task_effects WHERE operation_id = $1 AND task_key = $2";
    let statement = Statement::from_sql_and_values(txn.get_database_backend(), sql, [operation_id.into(), key.into()]);
    Ok(txn.execute_raw(statement).await?.rows_affected() > 0)
}
