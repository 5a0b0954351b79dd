//! The service over real tonic, Postgres and Redis, against the local portal.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use observatory_mesh::{Config, Running};
use observatory_operations::{Backend, Progress, State};
use observatory_portal::{Faults, Options as PortalOptions, Portal, Running as RunningPortal};
use observatory_proto::{
    Error, Reason,
    scraper::{
        ListSpidersRequest, ScrapePortalRequest, TrySpiderRequest, scraper_service_client::ScraperServiceClient,
    },
};
use observatory_scraper::{SERVICE, build, config::Options};
use observatory_scraping::fetch::PaceOptions;
use observatory_store::sea_orm::{ConnectionTrait, Statement};
use observatory_testkit::Kit;
use tempfile::TempDir;
use tonic::{Status, transport::Channel};

const COMPUTRABAJO_MX: i32 = 47;
const BUMERAN_AR: i32 = 32;

/// A scraper, a portal, and descriptions that lead to it.
struct Scraper {
    kit: Kit,
    portal: RunningPortal,
    spiders: TempDir,
    config: Config<Options>,
    running: Vec<Running>,
    client: ScraperServiceClient<Channel>,
    backend: Backend,
}

impl Scraper {
    async fn start(portal: PortalOptions) -> Self {
        let kit = Kit::start().await;
        let portal = Portal::start(portal).await.unwrap();
        let spiders = tempfile::tempdir().unwrap();
        let mut config = Config::<Options>::local(&SERVICE);
        config.database_url = kit.database_url();
        config.redis_url = kit.redis_url();
        config.service.backend = kit.backend_options();
        config.service.spiders_dir = spiders.path().to_path_buf();
        let fetch = &mut config.service.fetch;
        fetch.allow = vec![portal.address().to_string().parse().unwrap()];
        (fetch.allow_pace, fetch.allow_concurrency) = (Some(PaceOptions::flat_out()), Some(4));
        let running = observatory_mesh::spawn(SERVICE, config.clone(), build).await.unwrap();
        let client = ScraperServiceClient::new(Channel::from_shared(running.url()).unwrap().connect_lazy());
        let backend = kit.backend().await;
        let scraper = Self { kit, portal, spiders, config, running: vec![running], client, backend };
        for (file, text) in observatory_portal::descriptions(scraper.portal.origin()) {
            std::fs::write(scraper.spiders.path().join(file), text).unwrap();
        }
        scraper
    }

    /// A description that builds on another.
    fn spider(&self, name: &str, base: &str, more: &str) {
        let text = format!("name = {name:?}\nextends = {base:?}\n{more}");
        std::fs::write(self.spiders.path().join(format!("{name}.toml")), text).unwrap();
    }

    async fn start_scrape(&self, request: ScrapePortalRequest) -> Result<String, Status> {
        let operation = self.client.clone().scrape_portal(request).await?.into_inner();
        Ok(operation.name.trim_start_matches("operations/").to_string())
    }

    async fn end(&self, id: &str) -> Progress {
        let progress = self.backend.operations.wait(id, Duration::from_secs(60)).await.unwrap();
        assert!(progress.state.is_terminal(), "{progress:?}");
        progress
    }

    async fn scrape(&self, portal: &str, country: &str) -> Progress {
        let request = ScrapePortalRequest { portal: portal.into(), country: country.into(), ..Default::default() };
        self.end(&self.start_scrape(request).await.unwrap()).await
    }

    async fn number(&self, sql: &str) -> i64 {
        let db = self.kit.db();
        let statement = Statement::from_string(db.get_database_backend(), sql);
        db.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap()
    }

    /// How often each detail page was asked for.
    fn details(&self) -> Vec<String> {
        let requests = self.portal.requests().into_iter().map(|request| request.path);
        requests.filter(|path| path.contains("/ofertas-de-trabajo/oferta-")).collect()
    }
}

fn count(progress: &Progress, name: &str) -> i32 {
    progress.steps.as_ref().unwrap_or_else(|| panic!("{progress:?}")).counts[name]
}

fn recorded() -> PortalOptions {
    PortalOptions { record: true, max_in_flight: Some(4), ..PortalOptions::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_is_scraped_once_and_then_only_for_what_is_new() {
    let scraper = Scraper::start(recorded()).await;
    let first = scraper.scrape("demo-computrabajo", "MX").await;
    assert_eq!(first.state, State::Succeeded, "{first:?}");
    assert_eq!((count(&first, "found"), count(&first, "stored")), (COMPUTRABAJO_MX, COMPUTRABAJO_MX));
    let whole = "SELECT count(*) FROM raw_jobs JOIN job_urls USING (job_id, portal) WHERE portal = 'demo-computrabajo'
                 AND country = 'MX' AND raw_html IS NOT NULL AND title <> '' AND company <> '' AND location <> ''
                 AND length(description) > 100 AND posted_date IS NOT NULL AND remote_type <> ''";
    assert_eq!(scraper.number(whole).await, i64::from(COMPUTRABAJO_MX));
    let requests = scraper.details().len();
    assert_eq!(requests, COMPUTRABAJO_MX as usize);

    let second = scraper.scrape("demo-computrabajo", "MX").await;
    assert_eq!((count(&second, "stored"), count(&second, "failed")), (0, 0), "{second:?}");
    assert!(count(&second, "pages") < count(&first, "pages"), "it stops where all is known: {second:?}");
    assert_eq!(scraper.details().len(), requests, "no ad is asked for again");
    assert!(scraper.number("SELECT count(*) FROM raw_jobs WHERE last_seen_at > scraped_at").await > 0);
    assert_eq!(scraper.portal.violations().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_whose_listings_hold_the_ads_needs_no_page_for_each() {
    let scraper = Scraper::start(recorded()).await;
    let progress = scraper.scrape("demo-bumeran", "AR").await;
    assert_eq!((count(&progress, "stored"), count(&progress, "pages")), (BUMERAN_AR, 2), "{progress:?}");
    let again = scraper.scrape("demo-bumeran", "AR").await;
    assert_eq!((count(&again, "stored"), count(&again, "known")), (0, 20), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_kept_and_words_are_searched() {
    let scraper = Scraper::start(recorded()).await;
    let request = ScrapePortalRequest {
        portal: "demo-computrabajo".into(),
        country: "MX".into(),
        query: "python".into(),
        max_jobs: 3,
        ..Default::default()
    };
    let progress = scraper.end(&scraper.start_scrape(request).await.unwrap()).await;
    assert_eq!((count(&progress, "stored"), scraper.details().len()), (3, 3), "{progress:?}");
    let about = "SELECT count(*) FROM raw_jobs WHERE title || description ILIKE '%python%'";
    assert_eq!(scraper.number(about).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_fail_are_listed_with_their_reasons_and_tried_again_on_request() {
    let faults = Faults { gone: 0.3, ..Faults::default() };
    let scraper = Scraper::start(PortalOptions { faults, ..recorded() }).await;
    let progress = scraper.scrape("demo-computrabajo", "MX").await;
    assert_eq!(progress.state, State::Succeeded, "{progress:?}");
    let failed = count(&progress, "failed");
    assert!(failed > 3 && failed + count(&progress, "stored") == COMPUTRABAJO_MX, "{progress:?}");
    let failures = scraper.backend.operations.failures(&progress.operation_id, "", 100).await.unwrap();
    assert_eq!(failures.len(), failed as usize);
    assert!(failures.iter().all(|(_, failure)| failure.reason == "PAGE_GONE" && failure.item.starts_with("http://")));

    let before = scraper.details().len();
    scraper.backend.operations.retry(&progress.operation_id).await.unwrap();
    let again = scraper.end(&progress.operation_id).await;
    assert_eq!(scraper.details().len() - before, failed as usize, "only those that failed are asked for again");
    assert_eq!(count(&again, "failed"), failed);
    let failures = scraper.backend.operations.failures(&progress.operation_id, "", 100).await.unwrap();
    assert_eq!(failures.len(), failed as usize, "each is listed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_ask_a_host_one_after_the_other() {
    let mut scraper = Scraper::start(PortalOptions { max_in_flight: Some(4), ..recorded() }).await;
    let second = observatory_mesh::spawn(SERVICE, scraper.config.clone(), build).await.unwrap();
    scraper.running.push(second);
    let mut ids = Vec::new();
    let computrabajo = ["AR", "CO", "MX"].map(|country| ("demo-computrabajo", country));
    for (portal, country) in computrabajo.into_iter().chain([("demo-elempleo", "CO"), ("demo-bumeran", "AR")]) {
        let request = ScrapePortalRequest { portal: portal.into(), country: country.into(), ..Default::default() };
        ids.push(scraper.start_scrape(request).await.unwrap());
    }
    for id in ids {
        let progress = scraper.end(&id).await;
        assert_eq!((progress.state, count(&progress, "failed")), (State::Succeeded, 0), "{progress:?}");
    }
    assert_eq!(scraper.portal.violations().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spider_that_finds_nothing_fails_loudly() {
    let scraper = Scraper::start(recorded()).await;
    scraper.spider("demo-broken", "demo-computrabajo", "[listing]\nitem = \"article.new_layout\"\n");
    let progress = scraper.scrape("demo-broken", "MX").await;
    assert_eq!(progress.state, State::Failed, "{progress:?}");
    let failures = scraper.backend.operations.failures(&progress.operation_id, "", 10).await.unwrap();
    assert!(
        failures.iter().any(|(_, failure)| failure.reason == "PAGE_UNREADABLE" || failure.reason == "SPIDER_BROKEN"),
        "{failures:?}"
    );
    assert!(progress.error.unwrap().contains("article.new_layout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_vanishes_fails_the_crawl_and_is_named() {
    let scraper = Scraper::start(recorded()).await;
    scraper.scrape("demo-computrabajo", "MX").await;
    // The portal's next layout: the company stands elsewhere. New ads, so that they are read.
    let db = scraper.kit.db();
    db.execute_unprepared("DELETE FROM raw_jobs").await.unwrap();
    let gone =
        "[detail]\njson_ld = false\n[detail.fields]\ncompany = \"b.gone\"\n[listing.fields]\ncompany = \"b.gone\"\n";
    let file = scraper.spiders.path().join("demo-computrabajo.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, format!("{text}{gone}")).unwrap();
    let progress = scraper.scrape("demo-computrabajo", "MX").await;
    assert_eq!(progress.state, State::Failed, "{progress:?}");
    let error = progress.error.unwrap();
    assert!(error.contains("company (was in 100 % of the ads, now in 0 %)"), "{error}");
    let client = &mut scraper.client.clone();
    let spiders = client.list_spiders(ListSpidersRequest {}).await.unwrap().into_inner().spiders;
    let spider = spiders.iter().find(|spider| spider.spider == "demo-computrabajo").unwrap();
    assert!(spider.recent_runs[0].problem.contains("company") && spider.recent_runs[1].problem.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_scraped_is_refused_with_what_to_do() {
    let scraper = Scraper::start(PortalOptions::default()).await;
    let refused = async |portal: &str, country: &str| {
        let request = ScrapePortalRequest { portal: portal.into(), country: country.into(), ..Default::default() };
        Error::from_status(&scraper.start_scrape(request).await.unwrap_err())
    };
    let unknown = refused("monster", "CO").await;
    assert_eq!(unknown.reason, Reason::SpiderNotFound);
    assert!(unknown.message.contains("demo-bumeran") && unknown.message.contains("elempleo"), "{unknown}");
    let off = refused("computrabajo", "CO").await;
    assert_eq!(off.reason, Reason::SpiderOff);
    assert!(off.message.contains("service.enable"), "{off}");
    assert_eq!(refused("elempleo", "MX").await.fields[0].field, "country");
    let anonymous = refused("elempleo", "CO").await;
    assert!(anonymous.reason == Reason::SpiderOff && anonymous.message.contains("contact"), "{anonymous}");

    std::fs::write(scraper.spiders.path().join("broken.toml"), "name = \"broken\"\ncolour = 1\n").unwrap();
    let response = scraper.client.clone().list_spiders(ListSpidersRequest {}).await.unwrap().into_inner();
    assert!(response.problems.iter().any(|problem| problem.contains("colour")), "{:?}", response.problems);
    let linkedin = response.spiders.iter().find(|spider| spider.spider == "linkedin").unwrap();
    assert!(!linkedin.enabled && linkedin.robots_forbidden && linkedin.shipped && !linkedin.checked_date.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_page_can_be_tried_without_storing_anything() {
    let scraper = Scraper::start(PortalOptions::default()).await;
    let url = format!("{}/mx/trabajo-de-python", scraper.portal.origin());
    let request =
        TrySpiderRequest { spider: "demo-computrabajo".into(), country: "MX".into(), url, html: String::new() };
    let tried = scraper.client.clone().try_spider(request.clone()).await.unwrap().into_inner();
    assert_eq!((tried.page_kind.as_str(), tried.problem.as_str()), ("listing", ""));
    let date = tried.ads[0].fields.iter().find(|field| field.field == "posted_date").unwrap();
    assert!(!date.text.is_empty() && date.normal.starts_with("20") && date.source.contains("fc_aux"), "{date:?}");

    let elsewhere = TrySpiderRequest { url: "http://169.254.169.254/latest/meta-data".into(), ..request };
    let refused = Error::from_status(&scraper.client.clone().try_spider(elsewhere).await.unwrap_err());
    assert_eq!(refused.reason, Reason::AddressForbidden);
    assert_eq!(scraper.number("SELECT count(*) FROM raw_jobs").await, 0);
}
