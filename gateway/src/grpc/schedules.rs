//! ScheduleService: nothing runs by itself yet.

use observatory_proto::{
    Error,
    google::longrunning::Operation,
    schedules::{
        CreateScheduleRequest, DeleteScheduleRequest, DeleteScheduleResponse, GetScheduleRequest, ListSchedulesRequest,
        ListSchedulesResponse, PauseScheduleRequest, RunScheduleRequest, Schedule, UpdateScheduleRequest,
        schedule_service_server::ScheduleService,
    },
};
use tonic::{Request, Response, Status};

/// Says that schedules are missing.
#[derive(Debug, Clone, Copy)]
pub struct Schedules;

fn missing() -> Status {
    Error::capability_missing("schedules", "this version runs nothing by itself; start BatchCleanJobs and BatchExtractSkills from a cron job, with a request_id per tick").into()
}

#[tonic::async_trait]
impl ScheduleService for Schedules {
    async fn list_schedules(
        &self,
        _: Request<ListSchedulesRequest>,
    ) -> Result<Response<ListSchedulesResponse>, Status> {
        Err(missing())
    }

    async fn get_schedule(&self, _: Request<GetScheduleRequest>) -> Result<Response<Schedule>, Status> {
        Err(missing())
    }

    async fn create_schedule(&self, _: Request<CreateScheduleRequest>) -> Result<Response<Schedule>, Status> {
        Err(missing())
    }

    async fn update_schedule(&self, _: Request<UpdateScheduleRequest>) -> Result<Response<Schedule>, Status> {
        Err(missing())
    }

    async fn delete_schedule(
        &self,
        _: Request<DeleteScheduleRequest>,
    ) -> Result<Response<DeleteScheduleResponse>, Status> {
        Err(missing())
    }

    async fn pause_schedule(&self, _: Request<PauseScheduleRequest>) -> Result<Response<Schedule>, Status> {
        Err(missing())
    }

    async fn run_schedule(&self, _: Request<RunScheduleRequest>) -> Result<Response<Operation>, Status> {
        Err(missing())
    }
}
