//! What a queued task does: crawl a portal.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use observatory_operations::{Backend, Item, Outcome, Run, Task, TaskError};
use observatory_proto::{Reason, scraper::ScrapePortalRequest};
use observatory_scraping::{
    Field, Search,
    crawl::{Counts, Crawl, CrawlError, FieldCounts, Frontier, Limits, problem},
    fetch::Fetcher,
};
use observatory_store::{
    effects, into_error,
    scraping::{self, ScrapeRun},
    sea_orm::{DbErr, TransactionTrait},
};

use crate::{
    ad::Place,
    config::Options,
    jobs::{Jobs, JobsError},
    spiders,
};

/// Kind of the operation; also its queue.
pub const KIND: &str = "scraper.scrape_portal";
/// The response of the operation.
pub const RESPONSE: &str = "observatory.scraper.v1.ScrapePortalResponse";
/// Key of the operation's one task.
pub const CRAWL: &str = "crawl";

/// A crawl is compared with so many before it.
const HISTORY: u64 = 5;

/// Crawls portals.
pub struct ScrapeTask {
    /// Where ads and frontiers are.
    pub backend: Backend,
    /// Gets pages.
    pub fetcher: Fetcher,
    /// What the operator set.
    pub options: Arc<Options>,
}

#[async_trait]
impl Task for ScrapeTask {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn response_type(&self) -> &'static str {
        RESPONSE
    }

    fn batch_size(&self) -> usize {
        1
    }

    /// A polite crawl takes hours; the fetcher bounds every request.
    fn timeout(&self, _: Duration) -> Option<Duration> {
        None
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            outcomes.push(self.crawl(run, &item.key).await);
        }
        Ok(outcomes)
    }
}

impl ScrapeTask {
    async fn crawl(&self, run: &Run, key: &str) -> Outcome {
        let request: ScrapePortalRequest = run.request()?;
        let spider = spiders::runnable(&self.options, &request.portal, &request.country)?;
        self.reopen(&run.operation_id, key).await.map_err(into_error)?;

        let or = |n: i32, default: u32| if n == 0 { u64::from(default) } else { n as u64 };
        let limits = Limits {
            max_jobs: or(request.max_jobs, spider.info().max_jobs.unwrap_or(self.options.max_jobs)),
            max_pages: or(request.max_pages, spider.info().max_pages.unwrap_or(self.options.max_pages)),
            full: request.full,
        };
        let search = Search { country: request.country.clone(), query: request.query.clone() };
        if let (Some(delay), Ok(start)) = (spider.info().politeness.delay_seconds, spider.start(&search)) {
            let delay = Duration::try_from_secs_f64(delay).unwrap_or_default();
            start.iter().for_each(|page| self.fetcher.slow_down(&page.url, delay));
        }
        let place = Place::of(&spider, &request.country);
        let jobs = Arc::new(Jobs::new(self.backend.clone(), run.clone(), key, place));
        let crawl = Crawl {
            spider: spider.clone(),
            search,
            limits,
            // One more than the host takes, so that one is read while the next is fetched.
            concurrency: self.options.fetch.allow_concurrency.unwrap_or(self.options.fetch.concurrency) + 1,
            fetcher: self.fetcher.clone(),
            frontier: jobs.clone(),
        };
        let ended = crawl.run(&run.cancelled).await;
        if jobs.counts().stored > 0 {
            self.backend.operations.data_changed().await;
        }
        match ended {
            Ok(counts) => self.judge(run, key, &request, counts).await,
            Err(error) => Err(failed(run, error)),
        }
    }

    /// A task that was through and runs again was asked to try its failed pages again.
    async fn reopen(&self, operation_id: &str, key: &str) -> Result<(), DbErr> {
        let txn = self.backend.db.begin().await?;
        if effects::forget(&txn, operation_id, key).await? {
            scraping::reopen_failed(&txn, operation_id).await?;
        }
        txn.commit().await
    }

    /// Writes the end down, and says what is wrong with the spider where something is.
    async fn judge(&self, run: &Run, key: &str, request: &ScrapePortalRequest, counts: Counts) -> Outcome {
        let db = &self.backend.db;
        let mut now = FieldCounts::default();
        for (mask, ads) in scraping::field_masks(db, &run.operation_id).await.map_err(into_error)? {
            now.add(Field::ALL.into_iter().filter(|field| mask & field.bit() != 0), ads as u64);
        }
        let before = scraping::runs(db, &request.portal, &request.country, HISTORY).await.map_err(into_error)?;
        let before =
            before.iter().filter(|earlier| earlier.operation_id != run.operation_id && earlier.problem.is_empty());
        let problem = problem(&counts, &now, &spiders::history(before));
        let int = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
        let ended = ScrapeRun {
            operation_id: run.operation_id.clone(),
            portal: request.portal.clone(),
            country: request.country.clone(),
            query: request.query.clone(),
            pages: int(counts.pages()),
            found: int(counts.found),
            stored: int(counts.stored),
            known: int(counts.known),
            failed: int(counts.failed()),
            read_ads: int(now.ads),
            fields: now
                .fields
                .iter()
                .map(|(field, n)| (field.name().to_string(), serde_json::Value::from(*n)))
                .collect(),
            problem: problem.clone().unwrap_or_default(),
            ..ScrapeRun::default()
        };
        let write = async {
            let txn = db.begin().await?;
            scraping::keep_run(&txn, &ended).await?;
            // Only what is through leaves its mark: a task that failed is not.
            if ended.problem.is_empty() {
                effects::claim(&txn, &run.operation_id, &[(key.to_string(), "scraped".to_string())]).await?;
            }
            txn.commit().await
        };
        write.await.map_err(into_error)?;
        match problem {
            Some(problem) => Err(TaskError::permanent(Reason::SpiderBroken, format!("{}: {problem}", request.portal))),
            None if counts.pages() == 0 && counts.failed() > 0 => self.nothing_came(run).await,
            None => Ok("scraped".to_string()),
        }
    }

    /// Every page failed: so did the crawl, for the reason of its first page.
    async fn nothing_came(&self, run: &Run) -> Outcome {
        let failed = scraping::failed_pages(&self.backend.db, &run.operation_id, 1).await.map_err(into_error)?;
        let Some(first) = failed.into_iter().next() else { return Ok("scraped".to_string()) };
        let reason = Reason::from_str_name(&format!("ERROR_REASON_{}", first.reason)).unwrap_or(Reason::PageFailed);
        Err(TaskError::permanent(reason, format!("{}: {}", first.url, first.message)))
    }
}

fn failed(run: &Run, error: CrawlError<JobsError>) -> TaskError {
    let message = error.to_string();
    match error {
        CrawlError::Cancelled => run.interruption(),
        CrawlError::Frontier(JobsError::Db(error)) => TaskError::from(into_error(error)),
        CrawlError::Frontier(JobsError::Task(error)) => error,
        CrawlError::Start(_) => TaskError::permanent(Reason::FieldInvalid, message),
        CrawlError::Host(_) => TaskError::permanent(
            Reason::HostUnavailable,
            format!("{message}; what was fetched is stored, and RetryOperation goes on from there"),
        ),
        CrawlError::Wall(_) => TaskError::permanent(Reason::PageLoginWall, message),
    }
}
