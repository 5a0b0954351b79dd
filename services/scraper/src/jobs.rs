//! The frontier of a crawl in Postgres: every step is one transaction.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use observatory_operations::{Backend, Run, StepFailure, Steps, TaskError, kinds};
use observatory_postings::NewAd;
use observatory_scraping::{
    Field, Method, PageKind, PageRequest,
    crawl::{Counts, Failure, Frontier, Limits, Listed, Read, ReadAd, Seen},
    fetch::Validators,
};
use observatory_store::{
    import,
    scraping::{self, FinishedPage, NewPage, PageCount, page_key, url_hash},
    sea_orm::{ConnectionTrait, DbErr, TransactionTrait},
};
use url::Url;

use crate::ad::{self, Place};

/// Failures told to the operation, at most; the frontier keeps all.
const MAX_TOLD: u64 = 1_000;
/// zstd's own default.
const COMPRESSION: i32 = 3;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// Postgres.
    #[error(transparent)]
    Db(#[from] DbErr),
    /// The operation.
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// The frontier of one crawl.
pub struct Jobs {
    backend: Backend,
    run: Run,
    /// Key of the crawl's task.
    key: String,
    place: Place,
    counts: Mutex<Counts>,
    /// Failures that the operation hasn't heard of.
    untold: Mutex<Vec<StepFailure>>,
}

impl Jobs {
    /// The frontier of the operation that runs.
    pub fn new(backend: Backend, run: Run, key: &str, place: Place) -> Self {
        Self { backend, run, key: key.to_string(), place, counts: Mutex::default(), untold: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn operation(&self) -> &str {
        &self.run.operation_id
    }

    /// What was done is counted and told.
    fn count(&self, more: Counts) {
        *self.lock() += more;
        let stored = i32::try_from(more.stored).unwrap_or(i32::MAX);
        self.backend.operations.announce(kinds::JOBS_SCRAPED, stored, self.operation());
    }

    /// Counts as the operation shows them.
    fn steps(&self, stage: &str) -> Steps {
        let counts = self.counts();
        let int = |n: u64| i32::try_from(n).unwrap_or(i32::MAX);
        let through = counts.pages() + counts.failed();
        // How many listings are to come is not known.
        let more = if counts.pending_listings() > 0 { 1.3 } else { 1.0 };
        Steps {
            stage: stage.into(),
            total: int(through + counts.pending()),
            completed: int(counts.pages()),
            failed: int(counts.failed()),
            percent: 99.0 * through as f64 / (more * (through + counts.pending()).max(1) as f64),
            counts: [
                ("pages", counts.pages()),
                ("found", counts.found),
                ("stored", counts.stored),
                ("known", counts.known),
                ("failed", counts.failed()),
            ]
            .map(|(name, n)| (name.to_string(), int(n)))
            .into(),
            ..Steps::default()
        }
    }

    /// Keeps a failure for the next report.
    fn tell(&self, request: &PageRequest, reason: &str, message: &str) {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).push(StepFailure {
            item: request.url.to_string(),
            message: message.to_string(),
            reason: reason.to_string(),
            attempts: 1,
        });
    }

    /// Stores the ads of a listing that holds all of them; returns how many were new to the crawl.
    async fn take_whole<C: ConnectionTrait>(
        &self,
        txn: &C,
        requests: &[&PageRequest],
        more: &mut Counts,
    ) -> Result<usize, JobsError> {
        let pages: Vec<NewPage> = requests.iter().map(|request| page("ad", request)).collect();
        let fresh: HashSet<Vec<u8>> =
            scraping::add_pages(txn, self.operation(), &pages, None).await?.into_iter().collect();
        let (mut ads, mut finished) = (Vec::new(), Vec::new());
        for (request, page) in requests.iter().zip(pages).filter(|(_, page)| fresh.contains(&page.key)) {
            let fields = request.card.as_ref().map(|card| card.fields.clone()).unwrap_or_default();
            let read = ReadAd { url: request.ad().clone(), fields, page: Vec::new() };
            match self.new_ad(&read) {
                Ok(ad) => ads.push((page.key, mask(&read), ad)),
                Err(failure) => {
                    self.tell(request, failure.reason, &failure.message);
                    finished.push(failed(request, &failure));
                    more.failed_details += 1;
                }
            }
        }
        let news: Vec<(String, NewAd)> = ads.iter().map(|(_, _, ad)| ad.clone()).collect();
        let outcomes = self.store(txn, &news).await?;
        more.stored += outcomes.iter().filter(|outcome| **outcome == "stored").count() as u64;
        more.known += outcomes.iter().filter(|outcome| **outcome == "duplicate").count() as u64;
        more.read_details += outcomes.len() as u64;
        more.on_listings += fresh.len() as u64;
        finished.extend(ads.into_iter().zip(outcomes).map(|((key, fields, _), outcome)| FinishedPage {
            key,
            fields,
            outcome: outcome.to_string(),
            ..FinishedPage::default()
        }));
        scraping::finish_pages(txn, self.operation(), &finished).await?;
        Ok(fresh.len())
    }

    /// The ad with its address, ready to be stored.
    fn new_ad(&self, read: &ReadAd) -> Result<(String, NewAd), Failure> {
        let mut new = ad::prepare(&self.place, &read.url, &read.fields, Utc::now())?;
        if !read.page.is_empty() {
            new.raw_html = zstd::bulk::compress(&read.page, COMPRESSION).ok();
        }
        Ok((read.url.to_string(), new))
    }

    /// Stores ads; returns what became of each.
    async fn store<C: ConnectionTrait>(&self, txn: &C, ads: &[(String, NewAd)]) -> Result<Vec<&'static str>, DbErr> {
        if ads.is_empty() {
            return Ok(Vec::new());
        }
        let news: Vec<NewAd> = ads.iter().map(|(_, ad)| ad.clone()).collect();
        let mut fresh = import::insert(txn, &news).await?;
        let places: Vec<_> = ads.iter().map(|(url, ad)| (url.clone(), ad.content_hash.clone())).collect();
        scraping::link_urls(txn, &self.place.portal, &places).await?;
        // Of two ads alike in one batch, one was stored.
        Ok(ads.iter().map(|(_, ad)| if fresh.remove(&ad.content_hash) { "stored" } else { "duplicate" }).collect())
    }
}

#[async_trait]
impl Frontier for Jobs {
    type Error = JobsError;

    fn counts(&self) -> Counts {
        *self.lock()
    }

    async fn open(&self, start: Vec<PageRequest>) -> Result<(), JobsError> {
        if scraping::count_pages(&self.backend.db, self.operation()).await?.is_empty() {
            let pages: Vec<NewPage> = start.iter().map(|request| page("listing", request)).collect();
            scraping::add_pages(&self.backend.db, self.operation(), &pages, None).await?;
        }
        *self.lock() = counted(&scraping::count_pages(&self.backend.db, self.operation()).await?);
        let failed = scraping::failed_pages(&self.backend.db, self.operation(), MAX_TOLD).await?;
        let failures: Vec<StepFailure> = failed
            .into_iter()
            .map(|page| StepFailure {
                item: page.url,
                message: page.message,
                reason: page.reason,
                attempts: page.attempts as u32,
            })
            .collect();
        self.run.report(&self.key, &self.steps("scrape"), &failures, true).await?;
        Ok(())
    }

    async fn pending(&self, kind: PageKind, after: i64, limit: usize) -> Result<Vec<(i64, PageRequest)>, JobsError> {
        let pages =
            scraping::pending_pages(&self.backend.db, self.operation(), name(kind), after, limit as u64).await?;
        pages
            .into_iter()
            .map(|page| {
                let request = serde_json::from_value(page.request)
                    .map_err(|error| DbErr::Type(format!("a stored request can't be read: {error}")))?;
                Ok((page.position, request))
            })
            .collect()
    }

    async fn validators(&self, request: &PageRequest) -> Result<Option<(Validators, Vec<Url>)>, JobsError> {
        let Some(found) = scraping::validators(&self.backend.db, &self.place.portal, &key(request)).await? else {
            return Ok(None);
        };
        let ads = found.ads.iter().filter_map(|url| url.parse().ok()).collect();
        let some = |text: String| (!text.is_empty()).then_some(text);
        Ok(Some((Validators { etag: some(found.etag), last_modified: some(found.last_modified) }, ads)))
    }

    async fn listed(&self, listed: Listed, limits: Limits) -> Result<(), JobsError> {
        let (operation, portal) = (self.operation(), self.place.portal.as_str());
        let outcome = match &listed {
            Listed { unchanged: true, .. } => "unchanged",
            Listed { said_empty: true, .. } => "empty",
            _ => "listed",
        };
        let txn = self.backend.db.begin().await?;
        let finished = FinishedPage { key: key(&listed.request), outcome: outcome.into(), ..FinishedPage::default() };
        if scraping::finish_pages(&txn, operation, std::slice::from_ref(&finished)).await?.is_empty() {
            return Ok(()); // somebody else was faster
        }
        let mut more = Counts { read_listings: 1, empty_listings: u64::from(listed.said_empty), ..Counts::default() };
        let hashes: Vec<Vec<u8>> = listed.ads.iter().map(|request| url_hash(request.ad().as_str())).collect();
        let known: HashSet<Vec<u8>> = scraping::see_urls(&txn, portal, &hashes).await?.into_iter().collect();
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (request, hash) in listed.ads.iter().zip(&hashes) {
            if known.contains(hash) { old.push(page("ad", request)) } else { new.push(request) }
        }
        let first_seen = scraping::add_pages(&txn, operation, &old, Some("known")).await?.len();
        more.known += first_seen as u64;

        let room = usize::try_from(limits.max_jobs.saturating_sub(self.counts().details)).unwrap_or(usize::MAX);
        let wanted = &new[..new.len().min(room)];
        let added = if listed.complete {
            self.take_whole(&txn, wanted, &mut more).await?
        } else {
            let pages: Vec<NewPage> = wanted.iter().map(|request| page("detail", request)).collect();
            scraping::add_pages(&txn, operation, &pages, None).await?.len()
        };
        more.details += added as u64;
        more.found += (first_seen + added) as u64;
        let repeated = old.len() - first_seen + wanted.len() - added;
        let seen = Seen { ads: listed.ads.len() as u64, known: known.len() as u64, repeated: repeated as u64 };
        let mut counts = self.counts();
        counts += more;
        if limits.follow(seen, &counts) {
            let next: Vec<NewPage> = listed.next.iter().map(|request| page("listing", request)).collect();
            more.listings += scraping::add_pages(&txn, operation, &next, None).await?.len() as u64;
        }
        if let Some(validators) = &listed.validators {
            let kept = scraping::Validators {
                etag: validators.etag.clone().unwrap_or_default(),
                last_modified: validators.last_modified.clone().unwrap_or_default(),
                ads: listed.ads.iter().map(|request| request.ad().to_string()).collect(),
            };
            scraping::keep_validators(&txn, &finished.key, &kept).await?;
        }
        txn.commit().await?;
        self.count(more);
        Ok(())
    }

    async fn listing_failed(&self, request: PageRequest, failure: Failure) -> Result<(), JobsError> {
        if scraping::finish_pages(&self.backend.db, self.operation(), &[failed(&request, &failure)]).await?.is_empty() {
            return Ok(());
        }
        self.lock().failed_listings += 1;
        self.tell(&request, failure.reason, &failure.message);
        Ok(())
    }

    async fn read(&self, pages: Vec<Read>) -> Result<(), JobsError> {
        let mut finished = Vec::with_capacity(pages.len());
        let (mut ads, mut keys, mut masks) = (Vec::new(), Vec::new(), Vec::new());
        for Read { request, ad } in &pages {
            match ad.as_ref().map_err(Failure::clone).and_then(|ad| Ok((self.new_ad(ad)?, mask(ad)))) {
                Ok((ad, mask)) => {
                    ads.push(ad);
                    keys.push(key(request));
                    masks.push(mask);
                }
                Err(failure) => {
                    finished.push(failed(request, &failure));
                }
            }
        }
        let txn = self.backend.db.begin().await?;
        let outcomes = self.store(&txn, &ads).await?;
        finished.extend(keys.into_iter().zip(&outcomes).zip(masks).map(|((key, outcome), fields)| FinishedPage {
            key,
            outcome: (*outcome).to_string(),
            fields,
            ..FinishedPage::default()
        }));
        let mine: HashSet<Vec<u8>> =
            scraping::finish_pages(&txn, self.operation(), &finished).await?.into_iter().collect();
        txn.commit().await?;

        let mut more = Counts::default();
        for page in finished.iter().filter(|page| mine.contains(&page.key)) {
            match page.outcome.as_str() {
                "stored" => more.stored += 1,
                "duplicate" => more.known += 1,
                _ => {
                    more.failed_details += 1;
                    if let Some(read) = pages.iter().find(|read| key(&read.request) == page.key) {
                        self.tell(&read.request, &page.reason, &page.message);
                    }
                }
            }
        }
        more.read_details = more.stored + more.known;
        self.count(more);
        Ok(())
    }

    async fn progress(&self, resting: Option<DateTime<Utc>>) -> Result<(), JobsError> {
        let failures = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        let stage = resting
            .map_or_else(|| "scrape".to_string(), |until| format!("resting until {}", until.format("%H:%M:%S UTC")));
        self.run.report(&self.key, &self.steps(&stage), &failures, false).await?;
        Ok(())
    }
}

fn name(kind: PageKind) -> &'static str {
    match kind {
        PageKind::Listing => "listing",
        PageKind::Detail => "detail",
    }
}

fn key(request: &PageRequest) -> Vec<u8> {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    };
    page_key(method, request.url.as_str(), request.body.as_deref().unwrap_or_default())
}

fn page(kind: &'static str, request: &PageRequest) -> NewPage {
    let body = serde_json::to_value(request).unwrap_or_default();
    NewPage { key: key(request), kind, url: request.url.to_string(), request: body }
}

fn failed(request: &PageRequest, failure: &Failure) -> FinishedPage {
    FinishedPage {
        key: key(request),
        reason: failure.reason.to_string(),
        message: failure.message.clone(),
        ..FinishedPage::default()
    }
}

fn mask(ad: &ReadAd) -> i32 {
    ad.fields.keys().fold(0, |mask, field: &Field| mask | field.bit())
}

/// The counts of a crawl that was begun before.
fn counted(rows: &[PageCount]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        let pages = row.pages as u64;
        if row.kind == "listing" {
            counts.listings += pages;
            match (row.state.as_str(), row.outcome.as_str()) {
                ("failed", _) => counts.failed_listings += pages,
                ("done", outcome) => {
                    counts.read_listings += pages;
                    counts.empty_listings += if outcome == "empty" { pages } else { 0 };
                }
                _ => {}
            }
            continue;
        }
        counts.found += pages;
        if row.outcome == "known" {
            counts.known += pages;
            continue;
        }
        counts.details += pages;
        counts.on_listings += if row.kind == "ad" { pages } else { 0 };
        match (row.state.as_str(), row.outcome.as_str()) {
            ("failed", _) => counts.failed_details += pages,
            ("done", outcome) => {
                counts.read_details += pages;
                if outcome == "stored" { counts.stored += pages } else { counts.known += pages }
            }
            _ => {}
        }
    }
    counts
}
