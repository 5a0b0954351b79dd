//! The whole pipeline as one operation: each stage is an operation of the service that does it,
//! started under a `request_id` that tells of the pipeline, so that whoever takes the pipeline
//! over finds the stages that run already.

mod course;
mod run;
mod stages;

use observatory_operations::{Operations, Submit};
use observatory_proto::{
    Error,
    pipeline::{PlanPipelineRequest, RunPipelineRequest, Stage},
};

pub use self::stages::{Planned, Services};

/// Kind of the operation; also its queue.
pub const KIND: &str = "gateway.run_pipeline";
/// The response of the operation.
pub const RESPONSE: &str = "observatory.pipeline.v1.RunPipelineResponse";
/// The key of its one task.
const TASK: &str = "pipeline";

/// Starts and runs pipelines; cheap to clone.
#[derive(Clone)]
pub struct Pipeline {
    engine: Operations,
    services: Services,
}

impl Pipeline {
    /// On this engine, with these services behind it.
    pub fn new(engine: Operations, services: Services) -> Self {
        Self { engine, services }
    }

    /// The engine that it runs on.
    pub fn engine(&self) -> &Operations {
        &self.engine
    }

    /// Starts a pipeline, once per `request_id`.
    ///
    /// # Errors
    /// Fields that contradict each other; what [`Operations::submit`] says.
    pub async fn start(&self, request: &RunPipelineRequest) -> Result<observatory_operations::Progress, Error> {
        check(request)?;
        let submit = Submit::new(KIND, RESPONSE, request, &request.request_id, [TASK]);
        Ok(self.engine.submit(submit).await?.progress)
    }

    /// What a pipeline would start.
    ///
    /// # Errors
    /// Fields that contradict each other; UNAVAILABLE where the scraper doesn't answer.
    pub async fn plan(&self, request: PlanPipelineRequest) -> Result<Vec<Planned>, Error> {
        let PlanPipelineRequest { stages, country, portals } = request;
        let request = RunPipelineRequest { stages, country, portals, ..Default::default() };
        check(&request)?;
        self.services.plan(&request).await
    }
}

/// What a single field's rule can't say.
fn check(request: &RunPipelineRequest) -> Result<(), Error> {
    let scrapes = request.stages.is_empty() || request.stages.contains(&Stage::Scrape.into());
    let asked = [
        ("portals", !request.portals.is_empty()),
        ("query", !request.query.is_empty()),
        ("max_jobs", request.max_jobs > 0),
        ("max_pages", request.max_pages > 0),
    ];
    match asked.into_iter().find(|(_, asked)| *asked && !scrapes) {
        Some((field, _)) => Err(Error::invalid_field(field, "is for scraping: add STAGE_SCRAPE to the stages")),
        None => Ok(()),
    }
}

/// A stage in one word, such as `scrape`.
pub fn stage_name(stage: Stage) -> String {
    stage.as_str_name().trim_start_matches("STAGE_").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_portals_need_a_scrape() {
        let request = RunPipelineRequest { query: "rust".into(), ..Default::default() };
        assert!(check(&request).is_ok());
        let clean = RunPipelineRequest { stages: vec![Stage::Clean.into()], ..request.clone() };
        assert_eq!(check(&clean).expect_err("no scrape").fields[0].field, "query");
        let both = RunPipelineRequest { stages: vec![Stage::Clean.into(), Stage::Scrape.into()], ..request };
        assert!(check(&both).is_ok());
    }
}
