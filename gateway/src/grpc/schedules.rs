//! ScheduleService.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use observatory_proto::{
    Error, Reason,
    error::FieldViolation,
    google::longrunning::Operation,
    schedules::{
        CreateScheduleRequest, DeleteScheduleRequest, DeleteScheduleResponse, GetScheduleRequest,
        ListScheduleRunsRequest, ListScheduleRunsResponse, ListSchedulesRequest, ListSchedulesResponse, MissedTicks,
        PauseScheduleRequest, PreviewScheduleRequest, PreviewScheduleResponse, RunScheduleRequest, Schedule,
        ScheduleRun, ScheduleRunState, UpdateScheduleRequest, schedule_service_server::ScheduleService,
    },
};
use observatory_store::{
    page,
    schedules::{self, Recent, Run, Schedule as Row},
    sea_orm::{DatabaseConnection, TransactionTrait},
};
use prost_reflect::{DynamicMessage, ReflectMessage};
use prost_types::Struct;
use tonic::{Request, Response, Status};

use super::convert::{failed, page_size, plain, proto_name, stored_name, timestamp};
use crate::{
    launch::Launcher,
    schedules::{
        run_by_hand,
        times::{Times, TimesError},
    },
};

const PREFIX: &str = "MISSED_TICKS_";
const STATE_PREFIX: &str = "SCHEDULE_RUN_STATE_";
/// What an update may name.
const FIELDS: [&str; 7] = ["cron", "time_zone", "operation_kind", "request", "paused", "missed_ticks", "description"];
/// The next times that a schedule shows.
const NEXT: usize = 5;
const DEFAULT_RUNS: u64 = 20;

/// Keeps schedules.
#[derive(Clone)]
pub struct Schedules {
    db: DatabaseConnection,
    launcher: Arc<Launcher>,
}

impl Schedules {
    /// In this database, with this to start them.
    pub fn new(db: DatabaseConnection, launcher: Arc<Launcher>) -> Self {
        Self { db, launcher }
    }

    /// Schedules as callers see them.
    async fn shown(&self, rows: Vec<Row>) -> Result<Vec<Schedule>, Status> {
        let ids: Vec<String> = rows.iter().map(|row| row.schedule_id.clone()).collect();
        let mut recent = schedules::recent(&self.db, &ids).await.map_err(failed)?;
        let now = schedules::now(&self.db).await.map_err(failed)?;
        rows.into_iter().map(|row| Ok(shown(row, &mut recent, now)?)).collect()
    }

    async fn shown_one(&self, row: Option<Row>, id: &str) -> Result<Response<Schedule>, Status> {
        let shown = self.shown(vec![row.ok_or_else(|| not_found(id))?]).await?.pop();
        shown.map(Response::new).ok_or_else(|| Error::internal("a schedule was lost").into())
    }

    /// Checks what a schedule is made of.
    fn check(&self, row: &Row) -> Result<(), Error> {
        if let Err(error) = Times::parse(&row.cron, &row.time_zone) {
            return Err(wrong_times("schedule.", &error));
        }
        self.launcher.check(&row.operation_kind, &row.request).map_err(|error| match error.reason {
            Reason::FieldInvalid => Error::invalid_fields(
                error
                    .fields
                    .into_iter()
                    .map(|found| FieldViolation { field: format!("schedule.{}", found.field), ..found }),
            ),
            _ => error,
        })
    }

    /// Changes a schedule within a transaction. Its times count from now on where they changed, and
    /// where it was paused: what passed until now was not missed.
    async fn change<F>(&self, id: &str, apply: F) -> Result<Option<Row>, Status>
    where
        F: FnOnce(&mut Row) -> Result<(), Error> + Send,
    {
        let transaction = self.db.begin().await.map_err(failed)?;
        let Some(old) = schedules::get(&transaction, id, true).await.map_err(failed)? else { return Ok(None) };
        let mut new = old.clone();
        apply(&mut new)?;
        let restart = (&old.cron, &old.time_zone) != (&new.cron, &new.time_zone) || (old.paused && !new.paused);
        let changed = schedules::update(&transaction, &new, restart).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(changed)
    }
}

#[tonic::async_trait]
impl ScheduleService for Schedules {
    async fn list_schedules(
        &self,
        _: Request<ListSchedulesRequest>,
    ) -> Result<Response<ListSchedulesResponse>, Status> {
        let rows = schedules::list(&self.db, false).await.map_err(failed)?;
        Ok(Response::new(ListSchedulesResponse { schedules: self.shown(rows).await? }))
    }

    async fn get_schedule(&self, request: Request<GetScheduleRequest>) -> Result<Response<Schedule>, Status> {
        let id = request.into_inner().schedule_id;
        let row = schedules::get(&self.db, &id, false).await.map_err(failed)?;
        self.shown_one(row, &id).await
    }

    async fn create_schedule(&self, request: Request<CreateScheduleRequest>) -> Result<Response<Schedule>, Status> {
        let given = request.into_inner().schedule.unwrap_or_default();
        let id = given.schedule_id.clone();
        let now = DateTime::UNIX_EPOCH; // the database sets the times
        let mut row = Row {
            schedule_id: id.clone(),
            cron: String::new(),
            time_zone: String::new(),
            operation_kind: String::new(),
            request: serde_json::json!({}),
            paused: false,
            last_tick: now,
            updated_at: now,
            description: String::new(),
            missed_ticks: String::new(),
            created_at: now,
        };
        for field in FIELDS {
            set(&mut row, &given, field)?;
        }
        self.check(&row)?;
        let added = schedules::insert(&self.db, &row).await.map_err(failed)?;
        let exists = || {
            let message = format!("there is a schedule {id:?} already; update it, or choose another name");
            Error::new(Reason::ScheduleExists, message).with_field("schedule.schedule_id", "is taken")
        };
        self.shown_one(Some(added.ok_or_else(exists)?), &id).await
    }

    async fn update_schedule(&self, request: Request<UpdateScheduleRequest>) -> Result<Response<Schedule>, Status> {
        let UpdateScheduleRequest { schedule, update_mask } = request.into_inner();
        let given = schedule.unwrap_or_default();
        let fields = masked(&update_mask.unwrap_or_default().paths)?;
        let changed = self.change(&given.schedule_id, |row| {
            for field in fields {
                set(row, &given, field)?;
            }
            self.check(row)
        });
        self.shown_one(changed.await?, &given.schedule_id).await
    }

    async fn delete_schedule(
        &self,
        request: Request<DeleteScheduleRequest>,
    ) -> Result<Response<DeleteScheduleResponse>, Status> {
        let id = request.into_inner().schedule_id;
        match schedules::delete(&self.db, &id).await.map_err(failed)? {
            true => Ok(Response::new(DeleteScheduleResponse {})),
            false => Err(not_found(&id).into()),
        }
    }

    async fn pause_schedule(&self, request: Request<PauseScheduleRequest>) -> Result<Response<Schedule>, Status> {
        let PauseScheduleRequest { schedule_id, paused } = request.into_inner();
        let changed = self.change(&schedule_id, |row| {
            row.paused = paused;
            Ok(())
        });
        self.shown_one(changed.await?, &schedule_id).await
    }

    async fn run_schedule(&self, request: Request<RunScheduleRequest>) -> Result<Response<Operation>, Status> {
        let RunScheduleRequest { schedule_id, request_id } = request.into_inner();
        // Apart from the call: a caller who hangs up must not leave a run half recorded.
        let (db, launcher) = (self.db.clone(), self.launcher.clone());
        let run = tokio::spawn(async move { run_by_hand(&db, launcher.as_ref(), &schedule_id, &request_id).await });
        Ok(Response::new(run.await.map_err(Error::internal)??))
    }

    async fn list_schedule_runs(
        &self,
        request: Request<ListScheduleRunsRequest>,
    ) -> Result<Response<ListScheduleRunsResponse>, Status> {
        let ListScheduleRunsRequest { schedule_id, page_size: size, page_token } = request.into_inner();
        let before: Option<DateTime<Utc>> = page::decode("ListScheduleRuns", &schedule_id, &page_token)?;
        if schedules::get(&self.db, &schedule_id, false).await.map_err(failed)?.is_none() {
            return Err(not_found(&schedule_id).into());
        }
        let limit = page_size(size, DEFAULT_RUNS);
        let mut runs = schedules::runs(&self.db, &schedule_id, before, limit + 1).await.map_err(failed)?;
        let more = runs.len() as u64 > limit;
        runs.truncate(limit as usize);
        let next = runs.last().filter(|_| more).map(|run| page::encode("ListScheduleRuns", &schedule_id, &run.tick));
        let runs = runs.into_iter().map(shown_run).collect();
        Ok(Response::new(ListScheduleRunsResponse { runs, next_page_token: next.unwrap_or_default() }))
    }

    async fn preview_schedule(
        &self,
        request: Request<PreviewScheduleRequest>,
    ) -> Result<Response<PreviewScheduleResponse>, Status> {
        let PreviewScheduleRequest { cron, time_zone, count } = request.into_inner();
        let times = Times::parse(&cron, &time_zone).map_err(|error| wrong_times("", &error))?;
        let now = schedules::now(&self.db).await.map_err(failed)?;
        let count = page_size(count, NEXT as u64) as usize;
        let run_times = times.upcoming(now).take(count).map(timestamp).collect();
        Ok(Response::new(PreviewScheduleResponse { run_times }))
    }
}

fn not_found(id: &str) -> Error {
    Error::not_found(Reason::ScheduleNotFound, "schedule", id)
}

fn wrong_times(prefix: &str, error: &TimesError) -> Error {
    let field = match error {
        TimesError::Cron { .. } => "cron",
        TimesError::Zone(_) => "time_zone",
    };
    Error::invalid_field(format!("{prefix}{field}"), error.to_string())
}

/// The fields that a mask names.
fn masked(paths: &[String]) -> Result<Vec<&'static str>, Error> {
    if paths.is_empty() || paths == ["*"] {
        return Ok(FIELDS.to_vec());
    }
    let known = |(i, path): (usize, &String)| {
        FIELDS.into_iter().find(|field| field == path).ok_or_else(|| {
            let description = format!("{path:?} can't be changed; {} can", FIELDS.join(", "));
            Error::invalid_field(format!("update_mask.paths[{i}]"), description)
        })
    };
    paths.iter().enumerate().map(known).collect()
}

fn set(row: &mut Row, given: &Schedule, field: &str) -> Result<(), Error> {
    match field {
        "cron" => row.cron = given.cron.split_whitespace().collect::<Vec<_>>().join(" "),
        "time_zone" if given.time_zone.is_empty() => row.time_zone = "UTC".into(),
        "time_zone" => row.time_zone.clone_from(&given.time_zone),
        "operation_kind" => row.operation_kind.clone_from(&given.operation_kind),
        "request" => row.request = json(given.request.as_ref())?,
        "paused" => row.paused = given.paused,
        "description" => row.description = plain(&given.description),
        _ => {
            row.missed_ticks = match given.missed_ticks() {
                MissedTicks::Unspecified => stored_name(MissedTicks::RunOnce.as_str_name(), PREFIX),
                chosen => stored_name(chosen.as_str_name(), PREFIX),
            }
        }
    }
    Ok(())
}

fn json(request: Option<&Struct>) -> Result<serde_json::Value, Error> {
    let Some(request) = request else { return Ok(serde_json::json!({})) };
    let json = serde_json::to_value(request.transcode_to_dynamic());
    let json = json.map_err(|error| Error::invalid_field("schedule.request", error.to_string()))?;
    // Postgres keeps no NUL characters, and no request has a use for one.
    if json.to_string().contains("\\u0000") {
        return Err(Error::invalid_field("schedule.request", "must not hold NUL characters"));
    }
    Ok(json)
}

fn shown(row: Row, recent: &mut HashMap<String, Recent>, now: DateTime<Utc>) -> Result<Schedule, Error> {
    let recent = recent.remove(&row.schedule_id).unwrap_or_default();
    let times = Times::parse(&row.cron, &row.time_zone).ok().filter(|_| !row.paused);
    let next = times.iter().flat_map(|times| times.upcoming(now).take(NEXT)).map(timestamp).collect();
    let request = DynamicMessage::deserialize(Struct::default().descriptor(), &row.request)
        .ok()
        .and_then(|message| message.transcode_to().ok());
    let request = request.ok_or_else(|| Error::internal("a stored request is no JSON object"))?;
    let missed = MissedTicks::from_str_name(&proto_name(PREFIX, &row.missed_ticks)).unwrap_or_default();
    Ok(Schedule {
        schedule_id: row.schedule_id,
        cron: row.cron,
        time_zone: row.time_zone,
        operation_kind: row.operation_kind,
        request: Some(request),
        paused: row.paused,
        next_run_times: next,
        recent_operations: recent.operation_ids.iter().map(|id| format!("operations/{id}")).collect(),
        missed_ticks: missed.into(),
        description: row.description,
        last_tick_time: recent.last_tick.map(timestamp),
        create_time: Some(timestamp(row.created_at)),
        update_time: Some(timestamp(row.updated_at)),
    })
}

fn shown_run(run: Run) -> ScheduleRun {
    let state = ScheduleRunState::from_str_name(&proto_name(STATE_PREFIX, &run.state)).unwrap_or_default();
    ScheduleRun {
        tick_time: Some(timestamp(run.tick)),
        state: state.into(),
        operation: if run.operation_id.is_empty() { String::new() } else { format!("operations/{}", run.operation_id) },
        error: run.error,
        manual: run.manual,
        attempts: run.attempts,
        operation_kind: run.operation_kind,
        create_time: Some(timestamp(run.created_at)),
    }
}
