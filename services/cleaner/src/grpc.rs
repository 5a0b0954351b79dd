//! `observatory.cleaner.v1.CleanerService`: contract to domain and back.

use std::{collections::HashMap, sync::Arc, time::Instant};

use observatory_operations::{Backend, Submit, kinds};
use observatory_proto::{
    Error,
    cleaner::{
        BatchCleanJobsRequest, CleanJobsRequest, CleanJobsResponse, CleanTextRequest, CleanTextResponse,
        UnusableReason as PbReason, cleaner_service_server::CleanerService,
    },
    google::longrunning::Operation,
};
use observatory_store::{cleaning, into_error};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    clean::{AdText, Limits, UnusableReason, clean},
    jobs, worker,
};

/// `CleanJobs` takes so many ads, by default and at most.
const MAX_JOBS: u64 = 100;

/// The service.
pub struct Grpc {
    /// Where ads are.
    pub backend: Backend,
    /// When an ad is usable.
    pub limits: Arc<Limits>,
}

#[tonic::async_trait]
impl CleanerService for Grpc {
    async fn clean_text(&self, request: Request<CleanTextRequest>) -> Result<Response<CleanTextResponse>, Status> {
        let request = request.into_inner();
        let limits = self.limits.clone();
        let cleaned = tokio::task::spawn_blocking(move || {
            let ad = AdText {
                title: &request.title,
                company: &request.company,
                description: &request.text,
                requirements: &request.requirements,
            };
            clean(&ad, &limits)
        })
        .await
        .map_err(|panic| Error::internal(format!("cleaning panicked: {panic}")))?;
        Ok(Response::new(CleanTextResponse {
            title_cleaned: cleaned.title,
            description_cleaned: cleaned.description,
            requirements_cleaned: cleaned.requirements,
            combined_text: cleaned.combined_text,
            combined_word_count: cleaned.combined_word_count as i32,
            detected_language: cleaned.detected_language.to_string(),
            language_confidence: cleaned.language_confidence,
            is_usable: cleaned.unusable_reason.is_none(),
            unusable_reason: cleaned.unusable_reason.map_or(PbReason::Unspecified, reason_to_proto).into(),
            unusable_detail: cleaned.unusable_detail,
        }))
    }

    async fn clean_jobs(&self, request: Request<CleanJobsRequest>) -> Result<Response<CleanJobsResponse>, Status> {
        let started = Instant::now();
        let request = request.into_inner();
        let ids = if request.job_ids.is_empty() {
            let limit = if request.limit == 0 { MAX_JOBS } else { request.limit as u64 };
            cleaning::pending(&self.backend.db, &request.country, limit, false).await.map_err(into_error)?
        } else {
            cleaning::distinct(&request.job_ids)
        };
        let verdicts = jobs::clean_jobs(&self.backend.db, &self.limits, &ids, None).await?;
        self.backend.operations.data_changed().await;
        let mut rejected_by_reason = HashMap::new();
        for reason in verdicts.values().flatten() {
            *rejected_by_reason.entry(reason.as_str().to_string()).or_insert(0) += 1;
        }
        let rejected = rejected_by_reason.values().sum();
        let cleaned = verdicts.len() as i32 - rejected;
        self.backend.operations.announce(kinds::JOBS_CLEANED, cleaned, "");
        Ok(Response::new(CleanJobsResponse {
            cleaned,
            rejected,
            time_ms: started.elapsed().as_millis() as i32,
            rejected_by_reason,
            unknown_job_ids: ids.iter().filter(|id| !verdicts.contains_key(id)).map(Uuid::to_string).collect(),
        }))
    }

    async fn batch_clean_jobs(&self, request: Request<BatchCleanJobsRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let ids = if request.job_ids.is_empty() {
            let limit = if request.limit == 0 { i64::MAX as u64 } else { request.limit as u64 };
            cleaning::pending(&self.backend.db, &request.country, limit, request.again).await.map_err(into_error)?
        } else {
            cleaning::all_known(&self.backend.db, &request.job_ids).await?
        };
        let submit = Submit::new(worker::KIND, worker::RESPONSE, &request, &request.request_id, ids);
        let submitted = self.backend.operations.submit(submit).await?;
        Ok(Response::new(submitted.progress.to_operation()))
    }
}

fn reason_to_proto(reason: UnusableReason) -> PbReason {
    match reason {
        UnusableReason::TooShort => PbReason::TooShort,
        UnusableReason::WrongLanguage => PbReason::WrongLanguage,
        UnusableReason::Spam => PbReason::Spam,
        UnusableReason::Duplicate => PbReason::Duplicate,
    }
}
