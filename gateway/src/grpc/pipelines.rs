//! PipelineService: runs of all stages, and what happens live.

use futures::{StreamExt, stream::BoxStream};
use observatory_operations::Event;
use observatory_proto::{
    google::longrunning::Operation,
    pipeline::{
        PlanPipelineRequest, PlanPipelineResponse, PlannedScrape, PlannedStage, RunPipelineRequest, WatchEventsRequest,
        WatchEventsResponse, pipeline_service_server::PipelineService,
    },
};
use tonic::{Request, Response, Status};

use crate::pipeline::{Pipeline, Planned};

/// Starts pipelines, and tells what happens.
#[derive(Clone)]
pub struct Pipelines {
    pipeline: Pipeline,
}

impl Pipelines {
    /// On these pipelines.
    pub fn new(pipeline: Pipeline) -> Self {
        Self { pipeline }
    }
}

#[tonic::async_trait]
impl PipelineService for Pipelines {
    async fn run_pipeline(&self, request: Request<RunPipelineRequest>) -> Result<Response<Operation>, Status> {
        Ok(Response::new(self.pipeline.start(&request.into_inner()).await?.to_operation()))
    }

    async fn plan_pipeline(
        &self,
        request: Request<PlanPipelineRequest>,
    ) -> Result<Response<PlanPipelineResponse>, Status> {
        let plan = self.pipeline.plan(request.into_inner()).await?;
        Ok(Response::new(PlanPipelineResponse { stages: plan.into_iter().map(planned).collect() }))
    }

    type WatchEventsStream = BoxStream<'static, Result<WatchEventsResponse, Status>>;

    async fn watch_events(
        &self,
        request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        let events = self.pipeline.engine().events(request.into_inner().kinds);
        Ok(Response::new(events.map(|event| Ok(told(event))).boxed()))
    }
}

fn planned(planned: Planned) -> PlannedStage {
    let (parts, missing) = match planned.parts {
        Ok(parts) => (parts, String::new()),
        Err(error) => (Vec::new(), error.message),
    };
    let scrapes = parts.into_iter().filter_map(|part| part.scrape);
    PlannedStage {
        stage: planned.stage.into(),
        missing,
        scrapes: scrapes.map(|(portal, country)| PlannedScrape { portal, country }).collect(),
    }
}

fn told(event: Event) -> WatchEventsResponse {
    let (seconds, millis) = (event.time_ms.div_euclid(1000), event.time_ms.rem_euclid(1000));
    WatchEventsResponse {
        kind: event.kind,
        count: event.count,
        operation_id: event.operation_id,
        event_time: Some(prost_types::Timestamp { seconds, nanos: millis as i32 * 1_000_000 }),
        subject: event.subject,
    }
}
