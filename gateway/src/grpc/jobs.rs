//! JobService.

use std::time::Instant;

use chrono::NaiveDate;
use futures::future::try_join;
use observatory_operations::{Operations, kinds};
use observatory_postings::RawAd;
use observatory_proto::{
    Error, Reason,
    jobs::{
        ExtractionStatus, GetJobRequest, ImportIssue, ImportJobsRequest, ImportJobsResponse, Job, JobFilter,
        ListJobsRequest, ListJobsResponse, SearchJobsRequest, SearchJobsResponse, job_service_server::JobService,
    },
};
use observatory_store::{
    jobs::{self, JobKey},
    page,
    sea_orm::DatabaseConnection,
    search::{self, HitKey},
};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use super::convert::{day, failed, int, job, page_size, plain, stored_name, whole_job};
use crate::{cache::Cache, import::AdImport};

const DEFAULT_LIMIT: u64 = 20;

/// Reads and imports ads.
#[derive(Clone)]
pub struct Jobs {
    db: DatabaseConnection,
    cache: Cache,
    engine: Operations,
}

impl Jobs {
    /// On this database; the cache and who watches events hear of imports.
    pub fn new(db: DatabaseConnection, cache: Cache, engine: Operations) -> Self {
        Self { db, cache, engine }
    }

    /// Tells that an import has stored `imported` ads by now; returns that.
    async fn tell(&self, imported: i32, told: i32) -> i32 {
        if imported > told {
            self.cache.data_changed().await;
            self.engine.announce(kinds::JOBS_IMPORTED, imported - told, "");
        }
        imported
    }
}

#[tonic::async_trait]
impl JobService for Jobs {
    async fn list_jobs(&self, request: Request<ListJobsRequest>) -> Result<Response<ListJobsResponse>, Status> {
        let request = request.into_inner();
        let filter = jobs::JobFilter {
            posted_from: day("posted_from", &request.posted_from)?,
            posted_to: day("posted_to", &request.posted_to)?,
            status: status_name(request.status()),
            country: request.country,
            portal: plain(&request.portal),
            skill: plain(&request.skill),
            enhanced_by: String::new(),
        };
        let after: Option<JobKey> = page::decode("ListJobs", &filter, &request.page_token)?;
        let limit = page_size(request.limit, DEFAULT_LIMIT);
        let (mut rows, total) =
            try_join(jobs::list(&self.db, &filter, after, limit + 1), jobs::count(&self.db, &filter))
                .await
                .map_err(failed)?;
        let more = rows.len() as u64 > limit;
        rows.truncate(limit as usize);
        let next =
            rows.last().filter(|_| more).map(|last| JobKey { listed_date: last.listed_date, job_id: last.job_id });
        Ok(Response::new(ListJobsResponse {
            total: int(total),
            next_page_token: next.map_or(String::new(), |key| page::encode("ListJobs", &filter, &key)),
            jobs: rows.into_iter().map(job).collect(),
        }))
    }

    async fn get_job(&self, request: Request<GetJobRequest>) -> Result<Response<Job>, Status> {
        let text = request.into_inner().job_id;
        let id = Uuid::try_parse(&text).map_err(|_| Error::invalid_field("job_id", "must be a UUID"))?;
        let detail = jobs::get(&self.db, id).await.map_err(failed)?;
        let detail = detail.ok_or_else(|| Error::not_found(Reason::JobNotFound, "job", &text))?;
        Ok(Response::new(whole_job(detail)))
    }

    async fn search_jobs(&self, request: Request<SearchJobsRequest>) -> Result<Response<SearchJobsResponse>, Status> {
        let request = request.into_inner();
        let query = query_text(&request.query)?;
        let filter = job_filter(request.filter.unwrap_or_default())?;
        let bound = (&query, &filter);
        let after: Option<HitKey> = page::decode("SearchJobs", &bound, &request.page_token)?;
        let limit = page_size(request.limit, DEFAULT_LIMIT);
        let found = search::search(&self.db, &query, &filter, after, limit + 1).await.map_err(failed)?;
        let mut hits = found.hits;
        let more = hits.len() as u64 > limit;
        hits.truncate(limit as usize);
        let next = hits.last().filter(|_| more).map(|last| HitKey {
            rank: last.rank,
            listed_date: last.job.listed_date,
            job_id: last.job.job_id,
        });
        Ok(Response::new(SearchJobsResponse {
            total: int(found.total),
            next_page_token: next.map_or(String::new(), |key| page::encode("SearchJobs", &bound, &key)),
            jobs: hits.into_iter().map(|hit| Job { snippet: hit.snippet, ..job(hit.job) }).collect(),
        }))
    }

    async fn import_jobs(
        &self,
        request: Request<Streaming<ImportJobsRequest>>,
    ) -> Result<Response<ImportJobsResponse>, Status> {
        let started = Instant::now();
        let mut stream = request.into_inner();
        let mut import = AdImport::new(&self.db);
        let mut told = 0;
        while let Some(ad) = stream.message().await? {
            import.add(ad.line, raw_ad(ad)).await.map_err(failed)?;
            told = self.tell(import.imported(), told).await;
        }
        let report = import.finish().await.map_err(failed)?;
        self.tell(report.imported, told).await;
        let issues = report.issues.into_iter().map(|issue| ImportIssue {
            line: issue.line,
            field: issue.field.to_string(),
            message: issue.message,
            duplicate: issue.duplicate,
        });
        Ok(Response::new(ImportJobsResponse {
            received: report.received,
            imported: report.imported,
            skipped: report.skipped,
            rejected: report.rejected,
            issues: issues.collect(),
            time_ms: int(started.elapsed().as_millis()),
        }))
    }
}

fn status_name(status: ExtractionStatus) -> String {
    stored_name(status.as_str_name(), "EXTRACTION_STATUS_")
}

fn job_filter(filter: JobFilter) -> Result<jobs::JobFilter, Error> {
    let day = |field: &str, text: &str| -> Result<Option<NaiveDate>, Error> { day(&format!("filter.{field}"), text) };
    Ok(jobs::JobFilter {
        posted_from: day("posted_from", &filter.posted_from)?,
        posted_to: day("posted_to", &filter.posted_to)?,
        status: status_name(filter.status()),
        country: filter.country,
        portal: plain(&filter.portal),
        skill: plain(&filter.skill),
        enhanced_by: String::new(),
    })
}

fn query_text(query: &str) -> Result<String, Error> {
    let query = plain(query).trim().to_string();
    if query.is_empty() { Err(Error::invalid_field("query", "must hold a word")) } else { Ok(query) }
}

fn raw_ad(ad: ImportJobsRequest) -> RawAd {
    RawAd {
        portal: ad.portal,
        country: ad.country,
        url: ad.url,
        title: ad.title,
        company: ad.company,
        location: ad.location,
        description: ad.description,
        requirements: ad.requirements,
        salary_raw: ad.salary_raw,
        contract_type: ad.contract_type,
        remote_type: ad.remote_type,
        posted_date: ad.posted_date,
        valid_through: String::new(),
    }
}
