//! `observatory.scraper.v1.ScraperService`: contract to domain and back.

use std::sync::Arc;

use observatory_operations::{Backend, Submit};
use observatory_proto::{
    Error, Reason,
    google::longrunning::Operation,
    scraper::{
        ListSpidersRequest, ListSpidersResponse, ScrapePortalRequest, ScrapePortalResponse, Spider as PbSpider,
        SpiderRun, TrySpiderRequest, TrySpiderResponse, scraper_service_server::ScraperService,
    },
};
use observatory_scraping::{
    Page, PageKind, PageRequest, Search,
    fetch::{Accept, FetchError, Fetched, Fetcher, Wanted},
    spider::{Spider, Spiders},
};
use observatory_store::{
    into_error,
    scraping::{self, ScrapeRun},
};
use tonic::{Request, Response, Status};
use url::Url;

use crate::{config::Options, spiders, tried, worker};

/// Crawls that a spider is shown with.
const RUNS: u64 = 5;

/// The service.
pub struct Grpc {
    /// Where ads are.
    pub backend: Backend,
    /// Gets pages.
    pub fetcher: Fetcher,
    /// What the operator set.
    pub options: Arc<Options>,
}

#[tonic::async_trait]
impl ScraperService for Grpc {
    async fn scrape_portal(&self, request: Request<ScrapePortalRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let spider = spiders::runnable(&self.options, &request.portal, &request.country)?;
        spider
            .start(&Search { country: request.country.clone(), query: request.query.clone() })
            .map_err(|error| Error::invalid_field("query", error.to_string()))?;
        let submit =
            Submit::new(worker::KIND, worker::RESPONSE, &request, &request.request_id, [worker::CRAWL.to_string()]);
        let submitted = self.backend.operations.submit(submit).await?;
        Ok(Response::new(submitted.progress.to_operation()))
    }

    async fn list_spiders(&self, _: Request<ListSpidersRequest>) -> Result<Response<ListSpidersResponse>, Status> {
        let all = spiders::load(&self.options);
        let mut listed = Vec::new();
        for spider in all.iter() {
            let runs = scraping::runs(&self.backend.db, spider.name(), "", RUNS).await.map_err(into_error)?;
            listed.push(self.to_proto(spider, &runs));
        }
        let problems = all.problems().iter().map(ToString::to_string).collect();
        Ok(Response::new(ListSpidersResponse { spiders: listed, problems }))
    }

    async fn try_spider(&self, request: Request<TrySpiderRequest>) -> Result<Response<TrySpiderResponse>, Status> {
        let TrySpiderRequest { spider, country, url, html } = request.into_inner();
        let spider = spiders::named(&spiders::load(&self.options), &spider)?;
        let url: Url = url.parse().map_err(|error| Error::invalid_field("url", format!("is no address: {error}")))?;
        let page = if html.is_empty() { self.fetch(url).await? } else { Page::new(url, "", html) };
        let search = Search { country, query: String::new() };
        let tried = tokio::task::spawn_blocking(move || tried::to_proto(&spider, &page, &search))
            .await
            .map_err(|panic| Error::internal(format!("reading the page panicked: {panic}")))?;
        Ok(Response::new(tried))
    }
}

impl Grpc {
    fn to_proto(&self, spider: &Spider, runs: &[ScrapeRun]) -> PbSpider {
        let info = spider.info();
        let off = spiders::why_off(&self.options, spider);
        PbSpider {
            spider: info.name.clone(),
            countries: info.countries.clone(),
            enabled: off.is_none(),
            checked_date: info.checked.map(|day| day.to_string()).unwrap_or_default(),
            checked_against: info.checked_against.clone(),
            about: info.about.clone(),
            robots_forbidden: info.robots.forbidden,
            note: off.unwrap_or_default(),
            shipped: Spiders::shipped().get(&info.name).is_some_and(|shipped| shipped.info() == info),
            recent_runs: runs.iter().map(run_to_proto).collect(),
        }
    }

    async fn fetch(&self, url: Url) -> Result<Page, Error> {
        let request = PageRequest::get(PageKind::Detail, url);
        match self.fetcher.fetch(&request, &Wanted { accept: Accept::ANY, ..Wanted::default() }).await {
            Ok(Fetched::Page(page)) => Ok(page),
            Ok(Fetched::NotModified(_)) => Err(Error::internal("304 without validators")),
            Err(FetchError::Status { page: Some(page), .. }) => Ok(*page),
            Err(error) => Err(Error::new(reason(&error), error.to_string()).with_field("url", error.to_string())),
        }
    }
}

fn reason(error: &FetchError) -> Reason {
    match error {
        FetchError::ForbiddenAddress { .. } | FetchError::ForbiddenUrl { .. } => Reason::AddressForbidden,
        FetchError::RobotsDisallowed { .. } => Reason::RobotsDisallowed,
        FetchError::HostPaused { .. } | FetchError::BreakerOpen { .. } | FetchError::RobotsUnavailable { .. } => {
            Reason::HostUnavailable
        }
        FetchError::Status { status: 404 | 410, .. } => Reason::PageGone,
        _ => Reason::PageFailed,
    }
}

fn run_to_proto(run: &ScrapeRun) -> SpiderRun {
    let ads = f64::from(run.read_ads.max(1));
    let shares = run.fields.as_object().into_iter().flatten();
    SpiderRun {
        operation: format!("operations/{}", run.operation_id),
        country: run.country.clone(),
        query: run.query.clone(),
        end_time: Some(prost_types::Timestamp {
            seconds: run.ended_at.timestamp(),
            nanos: run.ended_at.timestamp_subsec_nanos() as i32,
        }),
        counts: Some(ScrapePortalResponse {
            pages: run.pages,
            found: run.found,
            stored: run.stored,
            known: run.known,
            failed: run.failed,
        }),
        problem: run.problem.clone(),
        field_shares: shares.map(|(field, n)| (field.clone(), n.as_f64().unwrap_or(0.0) / ads)).collect(),
    }
}
