//! A crawl: from the start pages of a spider over its listings to its ads.
//!
//! Details are fetched as they are found, the next listing before they run out. What has to be done
//! and what was found is kept by a [`Frontier`], so that memory holds only what is in flight, and a
//! crawl that was stopped goes on where it was.

mod failure;
mod frontier;
mod memory;
mod verdict;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use thiserror::Error;
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use url::Url;

pub use failure::Failure;
pub use frontier::{Counts, Frontier, Limits, Listed, Read, ReadAd, Seen};
pub use memory::Memory;
pub use verdict::{FieldCounts, problem};

use crate::{
    ad::Card,
    fetch::{Accept, FetchError, Fetched, Fetcher, Validators, Wanted},
    page::Page,
    request::{PageKind, PageRequest, Search},
    spider::{Spider, StartError},
};
use failure::Trouble;

/// Pages taken out of the frontier at once.
const LOAD: usize = 256;
/// So many details are written at once, or a few more.
const BATCH: usize = 64;
/// While so many wait to be written, no more are fetched.
const MAX_UNWRITTEN: usize = 4 * BATCH;
/// A detail waits for others at most so long before it is written.
const FLUSH: Duration = Duration::from_millis(100);
/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(500);
/// A shorter pause is waited out where the page waits for its turn; a longer one makes the crawl rest.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// So many rests in a row without a page between them, and the host counts as gone.
const MAX_RESTS: u32 = 5;
/// A host that wants a longer rest counts as gone.
const MAX_REST: TimeDelta = TimeDelta::hours(2);
/// Where another crawl's request probes a host in trouble, this one rests so long; together with its other rests
/// longer than a request may take.
const PROBED: TimeDelta = TimeDelta::seconds(15);
/// So many login walls or captchas in a row, and the portal has shut its door.
const MAX_WALLS: u32 = 5;

/// Why a crawl stopped before its end. What it had to do is still in the frontier.
#[derive(Debug, Error)]
pub enum CrawlError<E> {
    /// There is nothing to start with.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The frontier failed.
    #[error("{0}")]
    Frontier(E),
    /// The host is to be left alone for long.
    #[error("the host is left alone: {0}")]
    Host(String),
    /// Nothing but login walls or captchas.
    #[error("the portal shut its door: {0}")]
    Wall(String),
    /// It was told to stop.
    #[error("cancelled")]
    Cancelled,
}

/// A crawl of one portal.
pub struct Crawl<F> {
    /// The portal.
    pub spider: Arc<Spider>,
    /// What to look for.
    pub search: Search,
    /// How far to go.
    pub limits: Limits,
    /// Pages in flight at once; the host's own limit holds besides.
    pub concurrency: usize,
    /// Gets pages.
    pub fetcher: Fetcher,
    /// Keeps what there is to do.
    pub frontier: Arc<F>,
}

/// What came of one page.
enum Through {
    Listing(Listed),
    ListingFailed(PageRequest, Failure),
    Detail(Read),
    /// Ask again, not before then.
    Again(i64, PageRequest, DateTime<Utc>, String),
}

/// Pages of one kind that wait for their turn.
struct Queue {
    kind: PageKind,
    pages: VecDeque<(i64, PageRequest)>,
    last: i64,
    /// The frontier may have more.
    more: bool,
}

impl Queue {
    fn new(kind: PageKind) -> Self {
        Self { kind, pages: VecDeque::new(), last: -1, more: true }
    }

    /// Neither here nor in the frontier is anything left.
    fn is_through(&self) -> bool {
        self.pages.is_empty() && !self.more
    }

    async fn load<F: Frontier>(&mut self, frontier: &F) -> Result<(), CrawlError<F::Error>> {
        if !self.pages.is_empty() || !self.more {
            return Ok(());
        }
        let pages = frontier.pending(self.kind, self.last, LOAD).await.map_err(CrawlError::Frontier)?;
        self.more = pages.len() == LOAD;
        self.last = pages.last().map_or(self.last, |(position, _)| *position);
        self.pages.extend(pages);
        Ok(())
    }
}

/// The state of a running crawl.
struct State<F: Frontier> {
    listings: Queue,
    details: Queue,
    flying: JoinSet<Through>,
    /// Of `flying`: listings.
    listings_flying: usize,
    done: Vec<Read>,
    flush_at: Instant,
    writing: JoinSet<Result<(), F::Error>>,
    told_at: Option<Instant>,
    rest: Option<(DateTime<Utc>, String)>,
    rests: u32,
    walls: u32,
}

impl<F: Frontier> Crawl<F> {
    /// Crawls until nothing is left to do.
    ///
    /// # Errors
    /// Why it stopped before; calling it again goes on.
    pub async fn run(&self, cancelled: &CancellationToken) -> Result<Counts, CrawlError<F::Error>> {
        self.frontier.open(self.spider.start(&self.search)?).await.map_err(CrawlError::Frontier)?;
        let mut state = State {
            listings: Queue::new(PageKind::Listing),
            details: Queue::new(PageKind::Detail),
            flying: JoinSet::new(),
            listings_flying: 0,
            done: Vec::new(),
            flush_at: Instant::now(),
            writing: JoinSet::new(),
            told_at: None,
            rest: None,
            rests: 0,
            walls: 0,
        };
        let ended = self.work(&mut state, cancelled).await;
        state.flying.abort_all();
        // What was fetched is written, also where the crawl was cancelled.
        let written = self.write_all(&mut state).await;
        let told = self.tell(&mut state).await;
        ended?;
        written?;
        told?;
        Ok(self.frontier.counts())
    }

    async fn work(&self, state: &mut State<F>, cancelled: &CancellationToken) -> Result<(), CrawlError<F::Error>> {
        loop {
            if cancelled.is_cancelled() {
                return Err(CrawlError::Cancelled);
            }
            self.take_off(state).await?;
            if state.flying.is_empty() && state.rest.is_none() {
                self.write_all(state).await?;
                if state.listings.is_through() && state.details.is_through() {
                    return Ok(());
                }
                continue;
            }
            if state.told_at.is_none_or(|at| at.elapsed() >= PROGRESS) {
                self.tell(state).await?;
            }
            let rest = state
                .rest
                .as_ref()
                .map_or(PROGRESS, |(until, _)| (*until - Utc::now()).to_std().unwrap_or_default().min(PROGRESS));
            tokio::select! {
                () = cancelled.cancelled() => return Err(CrawlError::Cancelled),
                Some(written) = state.writing.join_next() => settled(written)?,
                Some(through) = state.flying.join_next() => {
                    // A panic in reading a page is a fault of ours: let the task's owner see it.
                    let through = joined(through)?;
                    self.land(state, through).await?;
                }
                () = tokio::time::sleep_until(state.flush_at), if !state.done.is_empty() => {}
                () = tokio::time::sleep(rest) => {}
            }
            if state.done.len() >= BATCH || (!state.done.is_empty() && state.flush_at <= Instant::now()) {
                self.write(state);
            }
        }
    }

    /// Sends as many pages on their way as may fly.
    async fn take_off(&self, state: &mut State<F>) -> Result<(), CrawlError<F::Error>> {
        if let Some((until, _)) = &state.rest {
            if *until > Utc::now() {
                return Ok(());
            }
            state.rest = None;
        }
        // After a rest, one page tries whether the host is well again.
        let most = if state.rests > 0 { 1 } else { self.concurrency.max(1) };
        while state.flying.len() < most && state.done.len() < MAX_UNWRITTEN {
            state.details.load(&*self.frontier).await?;
            // One listing at a time, early enough that details don't run out.
            let short = state.details.pages.len() < 2 * self.concurrency.max(1);
            let mut page = None;
            if short && state.listings_flying == 0 {
                state.listings.load(&*self.frontier).await?;
                page = state.listings.pages.pop_front();
                state.listings_flying += usize::from(page.is_some());
            }
            let Some((position, request)) = page.or_else(|| state.details.pages.pop_front()) else { return Ok(()) };
            let known = match request.kind {
                PageKind::Listing if !self.limits.full => {
                    self.frontier.validators(&request).await.map_err(CrawlError::Frontier)?
                }
                _ => None,
            };
            let (spider, fetcher, search) = (self.spider.clone(), self.fetcher.clone(), self.search.clone());
            state.flying.spawn(async move { visit(&spider, &fetcher, &search, position, request, known).await });
        }
        Ok(())
    }

    async fn land(&self, state: &mut State<F>, through: Through) -> Result<(), CrawlError<F::Error>> {
        let frontier = &self.frontier;
        match through {
            Through::Listing(mut listed) => {
                state.listings_flying -= 1;
                (state.rests, state.walls) = (0, 0);
                let room = self.limits.max_pages.saturating_sub(frontier.counts().listings);
                listed.next.truncate(usize::try_from(room).unwrap_or(usize::MAX));
                frontier.listed(listed, self.limits).await.map_err(CrawlError::Frontier)?;
                (state.listings.more, state.details.more) = (true, true);
            }
            Through::ListingFailed(request, failure) => {
                state.listings_flying -= 1;
                state.check_wall(&failure)?;
                frontier.listing_failed(request, failure).await.map_err(CrawlError::Frontier)?;
            }
            Through::Detail(read) => {
                match &read.ad {
                    Ok(_) => (state.rests, state.walls) = (0, 0),
                    Err(failure) => state.check_wall(failure)?,
                }
                if state.done.is_empty() {
                    state.flush_at = Instant::now() + FLUSH;
                }
                state.done.push(read);
            }
            Through::Again(position, request, until, why) => {
                let queue = match request.kind {
                    PageKind::Listing => {
                        state.listings_flying -= 1;
                        &mut state.listings
                    }
                    PageKind::Detail => &mut state.details,
                };
                queue.pages.push_front((position, request));
                let now = Utc::now();
                if until <= now && !state.flying.is_empty() {
                    // The host is being probed, and maybe by this crawl: what else flies will tell.
                    state.rests = state.rests.max(1);
                    return Ok(());
                }
                // Pages that flew together come back together: that is one rest.
                if state.rest.is_none() {
                    state.rests += 1;
                }
                let until = if until > now { until } else { now + PROBED };
                if state.rests > MAX_RESTS || until - now > MAX_REST {
                    return Err(CrawlError::Host(why));
                }
                if state.rest.as_ref().is_none_or(|(already, _)| *already < until) {
                    state.rest = Some((until, why));
                }
                self.tell(state).await?;
            }
        }
        Ok(())
    }

    /// Starts to write what is done, unless a write is under way.
    fn write(&self, state: &mut State<F>) {
        if !state.writing.is_empty() {
            state.flush_at = Instant::now() + FLUSH;
            return;
        }
        let (frontier, done) = (self.frontier.clone(), std::mem::take(&mut state.done));
        state.writing.spawn(async move { frontier.read(done).await });
    }

    async fn write_all(&self, state: &mut State<F>) -> Result<(), CrawlError<F::Error>> {
        while let Some(written) = state.writing.join_next().await {
            settled(written)?;
        }
        if !state.done.is_empty() {
            let done = std::mem::take(&mut state.done);
            self.frontier.read(done).await.map_err(CrawlError::Frontier)?;
        }
        Ok(())
    }

    async fn tell(&self, state: &mut State<F>) -> Result<(), CrawlError<F::Error>> {
        state.told_at = Some(Instant::now());
        let resting = state.rest.as_ref().map(|(until, _)| *until);
        self.frontier.progress(resting).await.map_err(CrawlError::Frontier)
    }
}

impl<F: Frontier> State<F> {
    fn check_wall(&mut self, failure: &Failure) -> Result<(), CrawlError<F::Error>> {
        self.walls = if failure.is_wall() { self.walls + 1 } else { 0 };
        if self.walls < MAX_WALLS { Ok(()) } else { Err(CrawlError::Wall(failure.message.clone())) }
    }
}

fn settled<E>(written: Result<Result<(), E>, tokio::task::JoinError>) -> Result<(), CrawlError<E>> {
    joined(written)?.map_err(CrawlError::Frontier)
}

/// What a task gave; it is cancelled where the runtime shuts down.
fn joined<T, E>(ended: Result<T, tokio::task::JoinError>) -> Result<T, CrawlError<E>> {
    ended.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => CrawlError::Cancelled,
    })
}

/// Fetches and reads one page.
async fn visit(
    spider: &Spider,
    fetcher: &Fetcher,
    search: &Search,
    position: i64,
    request: PageRequest,
    known: Option<(Validators, Vec<Url>)>,
) -> Through {
    let failed = |request: PageRequest, failure: Failure| match request.kind {
        PageKind::Listing => Through::ListingFailed(request, failure),
        PageKind::Detail => Through::Detail(Read { request, ad: Err(failure) }),
    };
    if !spider.allows(&request.url, &search.country) {
        let message = format!("{} is on none of the spider's hosts", request.url);
        return failed(request, Failure::new("ADDRESS_FORBIDDEN", message));
    }
    let (validators, ads) = known.unzip();
    let wanted = Wanted { accept: Accept::ANY, validators: validators.unwrap_or_default(), max_wait: MAX_WAIT };
    let page = match fetcher.fetch(&request, &wanted).await {
        Ok(Fetched::Page(page)) => page,
        Ok(Fetched::NotModified(_)) => {
            return Through::Listing(Listed {
                request,
                ads: ads.unwrap_or_default().into_iter().map(|url| spider.detail(&bare(url))).collect(),
                complete: false,
                said_empty: false,
                unchanged: true,
                next: Vec::new(),
                validators: None,
            });
        }
        Err(error) => {
            // A wall often comes with a status of its own: the page itself says which.
            let shown = match &error {
                FetchError::Status { page: Some(page), .. } => spider.refusal(page),
                _ => None,
            };
            return match (shown, Trouble::from(error)) {
                (Some(wall), Trouble::Page(_)) => failed(request, Failure::from(&wall)),
                (_, Trouble::Page(failure)) => failed(request, failure),
                (_, Trouble::Host(until, why)) => Through::Again(position, request, until, why),
            };
        }
    };
    match request.kind {
        PageKind::Listing => match spider.read_listing(&request, &page, search) {
            Ok(listing) => Through::Listing(Listed {
                request,
                ads: listing.ads.iter().map(|card| spider.detail(card)).collect(),
                complete: listing.complete,
                said_empty: listing.said_empty,
                unchanged: false,
                next: listing.next,
                validators: validators_of(&page),
            }),
            Err(error) => failed(request, Failure::from(&error)),
        },
        PageKind::Detail => {
            let ad = match spider.read_detail(&request, &page) {
                Ok(fields) => Ok(ReadAd { url: request.ad().clone(), fields, page: page.body }),
                Err(error) => Err(Failure::from(&error)),
            };
            Through::Detail(Read { request, ad })
        }
    }
}

fn validators_of(page: &Page) -> Option<Validators> {
    let validators = Validators { etag: page.etag.clone(), last_modified: page.last_modified.clone() };
    (validators != Validators::default()).then_some(validators)
}

/// An ad of which only the address is known.
fn bare(url: Url) -> Card {
    Card { url, fields: Default::default() }
}
