//! TaskService: the plain REST view of operations. The only place that knows it.

use observatory_mesh::Peer;
use observatory_operations::{Operations as Engine, Progress, State};
use observatory_proto::{
    cleaner::{BatchCleanJobsRequest, cleaner_service_client::CleanerServiceClient},
    clusterer::{ClusterSkillsRequest, clusterer_service_client::ClustererServiceClient},
    extractor::{BatchExtractSkillsRequest, extractor_service_client::ExtractorServiceClient},
    google::longrunning::Operation,
    operations::OperationMetadata,
    scraper::{ScrapePortalRequest, scraper_service_client::ScraperServiceClient},
    tasks::{
        CleanBatchRequest, CleanBatchResponse, ExtractBatchRequest, ExtractBatchResponse, GetBatchRequest,
        GetBatchResponse, GetTaskRequest, GetTaskResponse, StartClusteringRequest, StartClusteringResponse,
        StartScrapeRequest, StartScrapeResponse, TaskStatus, task_service_server::TaskService,
    },
};
use prost::Message;
use tonic::{Request, Response, Status};

/// The services that start operations.
#[derive(Clone)]
pub struct Starters {
    /// Starts BatchCleanJobs.
    pub cleaner: Peer,
    /// Starts BatchExtractSkills.
    pub extractor: Peer,
    /// Starts ClusterSkills.
    pub clusterer: Peer,
    /// Starts ScrapePortal.
    pub scraper: Peer,
}

/// Starts operations through their services, and shows them in small.
#[derive(Clone)]
pub struct Tasks {
    engine: Engine,
    starters: Starters,
}

impl Tasks {
    /// On this engine, with these services behind it.
    pub fn new(engine: Engine, starters: Starters) -> Self {
        Self { engine, starters }
    }
}

#[tonic::async_trait]
impl TaskService for Tasks {
    async fn clean_batch(&self, request: Request<CleanBatchRequest>) -> Result<Response<CleanBatchResponse>, Status> {
        let CleanBatchRequest { job_ids, country, limit, request_id } = request.into_inner();
        let request = BatchCleanJobsRequest { job_ids, country, limit, request_id, again: false };
        let started = CleanerServiceClient::new(self.starters.cleaner.clone()).batch_clean_jobs(request).await?;
        let Started { task_id, status, total } = started.into_inner().into();
        Ok(Response::new(CleanBatchResponse { task_id, status, total }))
    }

    async fn extract_batch(
        &self,
        request: Request<ExtractBatchRequest>,
    ) -> Result<Response<ExtractBatchResponse>, Status> {
        let ExtractBatchRequest { job_ids, country, limit, pipeline, request_id } = request.into_inner();
        let request = BatchExtractSkillsRequest { job_ids, country, limit, pipeline, request_id, again: false };
        let started =
            ExtractorServiceClient::new(self.starters.extractor.clone()).batch_extract_skills(request).await?;
        let Started { task_id, status, total } = started.into_inner().into();
        Ok(Response::new(ExtractBatchResponse { batch_id: task_id.clone(), task_id, status, total }))
    }

    async fn start_clustering(
        &self,
        request: Request<StartClusteringRequest>,
    ) -> Result<Response<StartClusteringResponse>, Status> {
        let StartClusteringRequest { pipeline, country, n_clusters, request_id } = request.into_inner();
        let request = ClusterSkillsRequest { pipeline, country, n_clusters, request_id, ..Default::default() };
        let started = ClustererServiceClient::new(self.starters.clusterer.clone()).cluster_skills(request).await?;
        let Started { task_id, status, total } = started.into_inner().into();
        Ok(Response::new(StartClusteringResponse { task_id, status, total }))
    }

    async fn start_scrape(
        &self,
        request: Request<StartScrapeRequest>,
    ) -> Result<Response<StartScrapeResponse>, Status> {
        let StartScrapeRequest { portal, country, query, max_jobs, request_id } = request.into_inner();
        let request = ScrapePortalRequest { portal, country, query, max_jobs, request_id, max_pages: 0, full: false };
        let started = ScraperServiceClient::new(self.starters.scraper.clone()).scrape_portal(request).await?;
        let Started { task_id, status, .. } = started.into_inner().into();
        Ok(Response::new(StartScrapeResponse { task_id, status, total: max_jobs }))
    }

    async fn get_task(&self, request: Request<GetTaskRequest>) -> Result<Response<GetTaskResponse>, Status> {
        let progress = self.engine.get(&request.into_inner().task_id).await?;
        let metadata = progress.to_metadata();
        Ok(Response::new(GetTaskResponse {
            status: status(progress.state).into(),
            error: error(&progress),
            task_id: progress.operation_id,
            total: metadata.total,
            completed: metadata.completed,
            failed: metadata.failed,
            outcomes: if metadata.outcomes.is_empty() { metadata.counts } else { metadata.outcomes },
        }))
    }

    async fn get_batch(&self, request: Request<GetBatchRequest>) -> Result<Response<GetBatchResponse>, Status> {
        let progress = self.engine.get(&request.into_inner().batch_id).await?;
        let metadata = progress.to_metadata();
        Ok(Response::new(GetBatchResponse {
            completed: metadata.completed,
            pending: metadata.total - metadata.completed - metadata.failed - metadata.skipped,
            failed: metadata.failed,
            total: metadata.total,
            progress_percent: metadata.progress_percent,
            status: status(progress.state).into(),
            batch_id: progress.operation_id,
        }))
    }
}

/// What every start answers.
struct Started {
    task_id: String,
    status: i32,
    total: i32,
}

impl From<Operation> for Started {
    fn from(operation: Operation) -> Self {
        let metadata = operation.metadata.as_ref().map(|any| OperationMetadata::decode(any.value.as_slice()));
        Self {
            task_id: operation.name.trim_start_matches("operations/").to_string(),
            status: if operation.done { TaskStatus::Success } else { TaskStatus::Pending }.into(),
            total: metadata.and_then(Result::ok).map_or(0, |metadata| metadata.total),
        }
    }
}

fn status(state: State) -> TaskStatus {
    match state {
        State::Pending => TaskStatus::Pending,
        State::Running | State::Cancelling => TaskStatus::Progress,
        State::Succeeded => TaskStatus::Success,
        State::Failed | State::Cancelled => TaskStatus::Failure,
    }
}

fn error(progress: &Progress) -> String {
    match progress.state {
        State::Cancelled => "cancelled".to_string(),
        State::Failed => {
            let first = || progress.failures.first().map(|failure| failure.message.clone());
            progress.error.clone().or_else(first).unwrap_or_default()
        }
        State::Pending | State::Running | State::Cancelling | State::Succeeded => String::new(),
    }
}
