//! Schedules and their runs. Which of many replicas fires is decided here, by single statements.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};

pub use crate::entities::{schedule_runs::Model as Run, schedules::Model as Schedule};
use crate::execute;

/// So many operations of a schedule are told at most.
const RECENT: i64 = 10;
/// Runs are kept for so long.
const KEEP: &str = "400 days";

/// What a schedule did last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// When it last fired by itself.
    pub last_tick: Option<DateTime<Utc>>,
    /// Its last operations, newest first.
    pub operation_ids: Vec<String>,
}

/// How a claimed time goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// It will be started.
    Fire,
    /// It was missed.
    Skip,
}

/// The database's clock: the only one that all replicas share.
///
/// # Errors
/// Database errors.
pub async fn now<C: ConnectionTrait>(db: &C) -> Result<DateTime<Utc>, DbErr> {
    let row = db.query_one_raw(statement(db, "SELECT clock_timestamp() AS now", [])).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("clock_timestamp()".into()))?.try_get("", "now")
}

/// All schedules by name; only those that fire where `active`.
///
/// # Errors
/// Database errors.
pub async fn list<C: ConnectionTrait>(db: &C, active: bool) -> Result<Vec<Schedule>, DbErr> {
    let sql = "SELECT * FROM schedules WHERE NOT (paused AND $1) ORDER BY schedule_id";
    Schedule::find_by_statement(statement(db, sql, [active.into()])).all(db).await
}

/// A schedule, for a change where it `FOR UPDATE` stays as it is until the transaction ends.
///
/// # Errors
/// Database errors.
pub async fn get<C: ConnectionTrait>(db: &C, id: &str, lock: bool) -> Result<Option<Schedule>, DbErr> {
    let lock = if lock { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT * FROM schedules WHERE schedule_id = $1{lock}");
    Schedule::find_by_statement(statement(db, &sql, [id.into()])).one(db).await
}

/// Adds a schedule: its times count from now on. None where its name is taken.
///
/// # Errors
/// Database errors.
pub async fn insert<C: ConnectionTrait>(db: &C, schedule: &Schedule) -> Result<Option<Schedule>, DbErr> {
    let sql = "INSERT INTO schedules
                   (schedule_id, cron, time_zone, operation_kind, request, paused, description, missed_ticks)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING *";
    Schedule::find_by_statement(statement(db, sql, values(schedule))).one(db).await
}

/// Changes a schedule. Where `restart`, its times count from now on.
///
/// # Errors
/// Database errors; none where it is gone.
pub async fn update<C: ConnectionTrait>(db: &C, schedule: &Schedule, restart: bool) -> Result<Option<Schedule>, DbErr> {
    let sql = "UPDATE schedules SET cron = $2, time_zone = $3, operation_kind = $4, request = $5, paused = $6,
                   description = $7, missed_ticks = $8, updated_at = now(),
                   last_tick = CASE WHEN $9 THEN now() ELSE last_tick END
               WHERE schedule_id = $1 RETURNING *";
    let values = values(schedule).into_iter().chain([restart.into()]);
    Schedule::find_by_statement(statement(db, sql, values)).one(db).await
}

/// Removes a schedule and its history; false where there is none.
///
/// # Errors
/// Database errors.
pub async fn delete<C: ConnectionTrait>(db: &C, id: &str) -> Result<bool, DbErr> {
    let sql = "DELETE FROM schedules WHERE schedule_id = $1";
    Ok(db.execute_raw(statement(db, sql, [id.into()])).await?.rows_affected() > 0)
}

/// Records that a time of a schedule came, for one of all that try: true for that one. What it asks
/// for stays as it is now, also when the schedule is changed before it is started.
///
/// # Errors
/// Database errors.
pub async fn claim<C: ConnectionTrait>(
    db: &C,
    schedule: &Schedule,
    tick: DateTime<Utc>,
    claim: Claim,
    request_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let (state, error) = match claim {
        Claim::Fire => ("claimed", ""),
        Claim::Skip => ("skipped", "[MISSED] nothing ran at that time"),
    };
    let sql = "WITH won AS (
                   UPDATE schedules SET last_tick = $2
                   WHERE schedule_id = $1 AND last_tick = $3 AND NOT paused RETURNING operation_kind, request
               )
               INSERT INTO schedule_runs
                   (schedule_id, tick, state, error, operation_kind, request, request_id, next_attempt)
               SELECT $1, $2, $4, $5, operation_kind, request, $6, $7 FROM won ON CONFLICT DO NOTHING";
    let values: [Value; 7] = [
        schedule.schedule_id.as_str().into(),
        tick.into(),
        schedule.last_tick.into(),
        state.into(),
        error.into(),
        request_id.into(),
        now.into(),
    ];
    Ok(db.execute_raw(statement(db, sql, values)).await?.rows_affected() > 0)
}

/// Records a run by hand. With a `request_id` that was used before, it is the run of then.
///
/// # Errors
/// Database errors; none where the schedule is gone.
pub async fn claim_by_hand<C: ConnectionTrait>(
    db: &C,
    id: &str,
    request_id: &str,
    lease: TimeDelta,
) -> Result<Option<Run>, DbErr> {
    // On a conflict the row is only read: RETURNING needs some update to say so.
    let sql = "INSERT INTO schedule_runs
                   (schedule_id, tick, state, manual, operation_kind, request, request_id, attempts, next_attempt)
               SELECT schedule_id, clock_timestamp(), 'claimed', true, operation_kind, request, $2, 1,
                   now() + make_interval(secs => $3)
               FROM schedules WHERE schedule_id = $1
               ON CONFLICT (request_id) DO UPDATE SET attempts = schedule_runs.attempts + 1 RETURNING *";
    let values: [Value; 3] = [id.into(), request_id.into(), lease.as_seconds_f64().into()];
    Run::find_by_statement(statement(db, sql, values)).one(db).await
}

/// Takes claimed runs that nobody is starting, for so long as `lease`: oldest first, `limit` at most.
///
/// # Errors
/// Database errors.
pub async fn take<C: ConnectionTrait>(
    db: &C,
    now: DateTime<Utc>,
    lease: TimeDelta,
    limit: usize,
) -> Result<Vec<Run>, DbErr> {
    let sql = "UPDATE schedule_runs r SET attempts = attempts + 1, next_attempt = $2
               FROM (
                   SELECT schedule_id, tick FROM schedule_runs WHERE state = 'claimed' AND next_attempt <= $1
                   ORDER BY next_attempt LIMIT $3 FOR UPDATE SKIP LOCKED
               ) due
               WHERE r.schedule_id = due.schedule_id AND r.tick = due.tick RETURNING r.*";
    Run::find_by_statement(statement(db, sql, [now.into(), (now + lease).into(), (limit as i64).into()])).all(db).await
}

/// Records the operation of a run.
///
/// # Errors
/// Database errors.
pub async fn started<C: ConnectionTrait>(db: &C, run: &Run, operation_id: &str) -> Result<(), DbErr> {
    let sql = "UPDATE schedule_runs SET state = 'started', operation_id = $3, error = ''
               WHERE schedule_id = $1 AND tick = $2 AND state <> 'started'";
    execute(db, sql, [run.schedule_id.as_str().into(), run.tick.into(), operation_id.into()]).await
}

/// Records why a run could not be started, and when to try again; never, where that is none.
///
/// # Errors
/// Database errors.
pub async fn not_started<C: ConnectionTrait>(
    db: &C,
    run: &Run,
    error: &str,
    again: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let sql = "UPDATE schedule_runs SET state = CASE WHEN $4::timestamptz IS NULL THEN 'failed' ELSE 'claimed' END,
                   error = $3, next_attempt = coalesce($4, next_attempt)
               WHERE schedule_id = $1 AND tick = $2 AND state <> 'started'";
    execute(db, sql, [run.schedule_id.as_str().into(), run.tick.into(), error.into(), again.into()]).await
}

/// Runs of a schedule, newest first, before the tick of the last one of the page before.
///
/// # Errors
/// Database errors.
pub async fn runs<C: ConnectionTrait>(
    db: &C,
    id: &str,
    before: Option<DateTime<Utc>>,
    limit: u64,
) -> Result<Vec<Run>, DbErr> {
    let sql = "SELECT * FROM schedule_runs WHERE schedule_id = $1 AND ($2::timestamptz IS NULL OR tick < $2)
               ORDER BY tick DESC LIMIT $3";
    Run::find_by_statement(statement(db, sql, [id.into(), before.into(), (limit as i64).into()])).all(db).await
}

/// What each schedule did last.
///
/// # Errors
/// Database errors.
pub async fn recent<C: ConnectionTrait>(db: &C, ids: &[String]) -> Result<HashMap<String, Recent>, DbErr> {
    let sql = "SELECT id,
                   (SELECT max(tick) FROM schedule_runs
                    WHERE schedule_id = id AND NOT manual AND state <> 'skipped') AS last_tick,
                   ARRAY(SELECT operation_id FROM schedule_runs
                         WHERE schedule_id = id AND operation_id <> '' ORDER BY tick DESC LIMIT $2) AS operation_ids
               FROM unnest($1::text[]) id";
    let rows = db.query_all_raw(statement(db, sql, [ids.to_vec().into(), RECENT.into()])).await?;
    let read = |row: &sea_orm::QueryResult| {
        let recent =
            Recent { last_tick: row.try_get("", "last_tick")?, operation_ids: row.try_get("", "operation_ids")? };
        Ok((row.try_get("", "id")?, recent))
    };
    rows.iter().map(read).collect()
}

/// Forgets old runs.
///
/// # Errors
/// Database errors.
pub async fn prune<C: ConnectionTrait>(db: &C) -> Result<(), DbErr> {
    let sql = format!("DELETE FROM schedule_runs WHERE tick < now() - interval '{KEEP}' AND state <> 'claimed'");
    execute(db, &sql, []).await
}

fn values(schedule: &Schedule) -> [Value; 8] {
    [
        schedule.schedule_id.as_str().into(),
        schedule.cron.as_str().into(),
        schedule.time_zone.as_str().into(),
        schedule.operation_kind.as_str().into(),
        schedule.request.clone().into(),
        schedule.paused.into(),
        schedule.description.as_str().into(),
        schedule.missed_ticks.as_str().into(),
    ]
}

fn statement<C: ConnectionTrait>(db: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}
