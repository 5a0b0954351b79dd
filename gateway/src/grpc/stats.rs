//! StatsService.

use std::{collections::BTreeMap, sync::Arc};

use chrono::Utc;
use observatory_proto::stats::{GetStatsRequest, GetStatsResponse, stats_service_server::StatsService};
use observatory_store::{sea_orm::DatabaseConnection, stats};
use prost::Message;
use tokio::sync::Mutex;
use tonic::{Request, Response, Status};

use super::convert::{day_text, failed, int, timestamp};
use crate::cache::Cache;

/// Counts over everything stored.
#[derive(Debug, Clone)]
pub struct Stats {
    db: DatabaseConnection,
    cache: Cache,
    keep_seconds: u32,
    /// Held while computing: many callers at once compute once.
    computing: Arc<Mutex<()>>,
}

impl Stats {
    /// On this database; answers are kept `keep_seconds` while no data changes.
    pub fn new(db: DatabaseConnection, cache: Cache, keep_seconds: u32) -> Self {
        Self { db, cache, keep_seconds, computing: Arc::default() }
    }

    async fn cached(&self, key: Option<&String>) -> Option<GetStatsResponse> {
        let bytes = self.cache.get(key?).await?;
        GetStatsResponse::decode(bytes.as_slice()).ok()
    }
}

#[tonic::async_trait]
impl StatsService for Stats {
    async fn get_stats(&self, _: Request<GetStatsRequest>) -> Result<Response<GetStatsResponse>, Status> {
        // Read before the data: figures are never kept under a version newer than they are.
        let key = self.cache.data_version().await.map(|version| format!("stats:{version}"));
        if let Some(stats) = self.cached(key.as_ref()).await {
            return Ok(Response::new(stats));
        }
        let _computing = self.computing.lock().await;
        if let Some(stats) = self.cached(key.as_ref()).await {
            return Ok(Response::new(stats));
        }
        let stats = response(stats::compute(&self.db).await.map_err(failed)?);
        if let Some(key) = key {
            self.cache.put(&key, stats.encode_to_vec(), self.keep_seconds).await;
        }
        Ok(Response::new(stats))
    }
}

fn response(stats: stats::Stats) -> GetStatsResponse {
    let map = |counts: BTreeMap<String, i64>| counts.into_iter().map(|(name, count)| (name, int(count))).collect();
    let totals = stats.totals;
    GetStatsResponse {
        total_jobs: int(totals.total_jobs),
        cleaned_jobs: int(totals.cleaned_jobs),
        rejected_jobs: int(totals.rejected_jobs),
        rejected_by_reason: map(stats.rejected_by_reason),
        pending_cleaning: int(totals.pending_cleaning),
        pending_extraction: int(totals.pending_extraction),
        extracted_jobs: int(totals.extracted_jobs),
        failed_jobs: int(totals.failed_jobs),
        total_mentions: int(totals.total_mentions),
        distinct_skills: int(totals.distinct_skills),
        jobs_by_country: map(stats.jobs_by_country),
        jobs_by_portal: map(stats.jobs_by_portal),
        jobs_by_language: map(stats.jobs_by_language),
        oldest_posted_date: day_text(totals.oldest_posted_date),
        newest_posted_date: day_text(totals.newest_posted_date),
        last_scraped_at: totals.last_scraped_at.map(timestamp),
        computed_at: Some(timestamp(Utc::now())),
        esco_concepts: int(totals.esco_concepts),
    }
}
