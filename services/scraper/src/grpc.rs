//! `observatory.scraper.v1.ScraperService`: says what is missing.

use observatory_proto::{
    Error,
    google::longrunning::Operation,
    scraper::{
        ListSpidersRequest, ListSpidersResponse, ScrapePortalRequest, TrySpiderRequest, TrySpiderResponse,
        scraper_service_server::ScraperService,
    },
};
use tonic::{Request, Response, Status};

/// The service.
pub struct Grpc;

fn missing() -> Status {
    Error::capability_missing("scraping", "portals can't be scraped yet; ImportJobs takes ads from files").into()
}

#[tonic::async_trait]
impl ScraperService for Grpc {
    async fn scrape_portal(&self, _: Request<ScrapePortalRequest>) -> Result<Response<Operation>, Status> {
        Err(missing())
    }

    async fn list_spiders(&self, _: Request<ListSpidersRequest>) -> Result<Response<ListSpidersResponse>, Status> {
        Err(missing())
    }

    async fn try_spider(&self, _: Request<TrySpiderRequest>) -> Result<Response<TrySpiderResponse>, Status> {
        Err(missing())
    }
}
