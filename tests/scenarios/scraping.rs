//! Scrapes of the local portal by the whole mesh: killed, cancelled, repeated, refused, and by two at once.

#![allow(clippy::unwrap_used)]

use std::{
    collections::HashMap,
    future::Future,
    sync::Arc,
    time::{Duration, Instant, UNIX_EPOCH},
};

use observatory_portal::{Faults, Options as PortalOptions, Portal};
use observatory_proto::{operations::OperationState, scraper::ScrapePortalResponse};
use observatory_tests::{Clients, Demo, Failure, Mesh, MeshBuilder, count, eventually, response, watch};
use rand::Rng;
use serde_json::{Value, json};
use tokio::sync::Mutex;

const WATCH: &str = "observatory.operations.v1.OperationService/WatchOperation";

/// Two scrapes at once would only measure each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// A portal of so many ads in each country that takes its time for each page.
async fn slow(ads: u64, mesh: MeshBuilder) -> Demo {
    let faults = Faults { slow: Duration::from_millis(20), slow_share: 1.0, ..Faults::default() };
    Demo::start(mesh, PortalOptions { synthetic: Some(ads), faults, ..PortalOptions::default() }).await
}

fn all_of(portal: &str, country: &str) -> Value {
    json!({"portal": portal, "country": country, "max_jobs": 100_000, "max_pages": 10_000})
}

/// What a watcher saw never went back.
fn only_forward(watched: &watch::Watched) {
    for pair in watched.states.windows(2) {
        assert!(pair[0].progress_percent <= pair[1].progress_percent, "{pair:?}");
        for name in ["pages", "found", "stored", "failed"] {
            assert!(count(&pair[0], name) <= count(&pair[1], name), "{name}: {pair:?}");
        }
    }
}

/// Every ad is there once, by its address and by its content, and the response says so.
async fn all_stored_once(mesh: &Mesh, watched: &watch::Watched, place: &Value, ads: i64) {
    let told: ScrapePortalResponse = response(watched);
    assert_eq!((i64::from(told.found), i64::from(told.stored), told.known, told.failed), (ads, ads, 0, 0), "{told:?}");
    let from = format!("FROM raw_jobs WHERE portal = '{}' AND country = '{}'", place["portal"], place["country"])
        .replace('"', "");
    for what in ["count(*)", "count(DISTINCT url)", "count(DISTINCT content_hash)"] {
        assert_eq!(mesh.count(&format!("SELECT {what} {from}")).await, ads, "{what}");
    }
    let addresses = format!("SELECT count(*) FROM job_urls WHERE job_id IN (SELECT job_id {from})");
    assert_eq!(mesh.count(&addresses).await, ads);
}

/// No page was asked for after its end was written; returns how many were asked for twice, and how many there are.
async fn nothing_finished_was_fetched_again(demo: &Demo, id: &str) -> (usize, usize) {
    let sql = format!(
        "SELECT url, extract(epoch FROM finished_at) FROM scrape_pages
         WHERE operation_id = '{id}' AND kind IN ('listing', 'detail')"
    );
    let rows = demo.mesh.sql(&sql).await;
    let mut asked: HashMap<String, Vec<f64>> = HashMap::new();
    let since = demo.started.duration_since(UNIX_EPOCH).unwrap();
    for request in demo.portal.requests() {
        asked.entry(request.path).or_default().push((since + request.at).as_secs_f64());
    }
    let (mut twice, mut pages) = (0, 0);
    for (url, finished) in rows.lines().map(|row| row.rsplit_once('|').unwrap()) {
        // The time is that of the transaction's begin; the portal's clock is a little off.
        let finished = finished.parse::<f64>().unwrap() + 0.05;
        let times = &asked[url.strip_prefix(demo.portal.origin()).unwrap()];
        assert!(times.iter().all(|time| *time < finished), "{url} ended at {finished} and was asked for at {times:?}");
        twice += usize::from(times.len() > 1);
        pages += 1;
    }
    (twice, pages)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_killed_ten_times_stores_each_ad_once_and_fetches_no_finished_page_again() {
    const ADS: i64 = 2_000;
    let _one = ONE_AT_A_TIME.lock().await;
    let demo = slow(ADS as u64, Mesh::builder()).await;
    // As shipped, a spider turns fifty pages.
    let file = demo.spiders.path().join("demo-computrabajo.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, text.replace("[listing]\n", "[listing]\npaging = { max = 1000 }\n")).unwrap();
    let clients = demo.mesh.clients();
    let scraper = demo.mesh.service("scraper");
    let place = all_of("demo-computrabajo", "MX");
    let began = Instant::now();
    let id = demo.scrape(&clients, place.clone()).await;
    let watcher = {
        let (clients, id) = (demo.mesh.clients(), id.clone());
        tokio::spawn(async move { watch::to_the_end(&clients, &id).await.succeeded() })
    };
    let mut moments = Vec::new();
    for _ in 0..10 {
        let moment = demo.portal.served() + rand::rng().random_range(1..=180);
        let waiting = async {
            while demo.portal.served() < moment {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it goes on after a kill");
        scraper.process.kill9().await;
        moments.push((demo.portal.served(), began.elapsed().as_secs_f32()));
        scraper.restart().await.unwrap();
    }
    let watched = watcher.await.unwrap();
    let took = began.elapsed();
    assert!(took < Duration::from_secs(60), "a dead scraper's host is let go as soon as its crawl: {took:?}");

    all_stored_once(&demo.mesh, &watched, &place, ADS).await;
    only_forward(&watched);
    let told: ScrapePortalResponse = response(&watched);
    assert_eq!(i64::from(told.pages), ADS + ADS / 20, "ads, and listings of twenty");
    let (twice, pages) = nothing_finished_was_fetched_again(&demo, &id).await;
    assert_eq!(pages as i64, ADS + ADS / 20);
    assert_eq!(demo.portal.violations().await, []);
    println!(
        "{pages} pages in {took:.1?} through ten kills (after requests, seconds: {moments:?}): {} requests, {twice} pages \
         that were under way at a kill fetched twice, {} takeovers",
        demo.portal.served(),
        watched.metadata.redeliveries
    );
    demo.stop().await;
}

/// Starts a scrape, and once a random part is stored, calls `disaster`; all is there in the end.
async fn scrape_through<F, R>(demo: &Demo, portal: &str, country: &str, ads: i64, disaster: F)
where
    F: FnOnce() -> R,
    R: Future<Output = ()>,
{
    let (clients, place) = (demo.mesh.clients(), all_of(portal, country));
    let id = demo.scrape(&clients, place.clone()).await;
    let moment = demo.portal.served() + rand::rng().random_range(ads as u64 / 10..ads as u64 * 2 / 3);
    println!("at {moment} requests");
    let watcher = {
        let (clients, id) = (demo.mesh.clients(), id.clone());
        tokio::spawn(async move { watch::to_the_end(&clients, &id).await.succeeded() })
    };
    eventually(Duration::from_secs(30), "it is under way", || async { demo.portal.served() >= moment }).await;
    disaster().await;
    let watched = watcher.await.unwrap();
    all_stored_once(&demo.mesh, &watched, &place, ads).await;
    let (twice, pages) = nothing_finished_was_fetched_again(demo, &id).await;
    println!("{pages} pages, {twice} of them fetched twice");
    demo.mesh.wait_until_ready().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_or_postgres_that_dies_meanwhile_costs_nothing_that_was_stored() {
    const ADS: i64 = 600;
    let _one = ONE_AT_A_TIME.lock().await;
    let demo = slow(ADS as u64, Mesh::builder()).await;
    let mesh = &demo.mesh;
    scrape_through(&demo, "demo-computrabajo", "MX", ADS, || async {
        mesh.redis.process.kill9().await;
        mesh.redis.restart().await.unwrap();
    })
    .await;
    scrape_through(&demo, "demo-computrabajo", "CO", ADS, || async {
        mesh.redis.process.kill9().await;
        std::fs::remove_dir_all(mesh.dir.join("redis/appendonlydir")).unwrap();
        mesh.redis.restart().await.unwrap();
    })
    .await;
    scrape_through(&demo, "demo-elempleo", "CO", ADS, || async {
        mesh.postgres.crash_and_restart(&mesh.dir).await.unwrap();
    })
    .await;
    assert_eq!(demo.portal.violations().await, []);
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_is_watched_live_and_cancelled_in_the_middle() {
    let _one = ONE_AT_A_TIME.lock().await;
    let demo = slow(1_000, Mesh::builder()).await;
    let clients = demo.mesh.clients();
    let mut place = all_of("demo-elempleo", "CO");
    place["max_jobs"] = json!(400);
    let id = demo.scrape(&clients, place).await;
    let states = clients.web(WATCH, json!({"operation_id": id})).await.unwrap();
    let states: Vec<&Value> = states.iter().map(|state| &state["operation"]["metadata"]).collect();
    for name in ["pages", "found", "stored"] {
        let counts: Vec<i64> = states.iter().filter_map(|state| state["counts"][name].as_i64()).collect();
        assert!(counts.is_sorted(), "{name}: {counts:?}");
        let mut different = counts.clone();
        different.dedup();
        assert!(different.len() >= 3, "{name} is told while it grows: {counts:?}");
    }
    assert!(states.iter().any(|state| state["stage"] == "scrape"));
    let end = states.last().unwrap();
    assert_eq!((&end["counts"]["stored"], &end["counts"]["found"]), (&json!(400), &json!(400)), "{end}");

    let id = demo.scrape(&clients, all_of("demo-computrabajo", "MX")).await;
    let stored = "SELECT count(*) FROM raw_jobs WHERE portal = 'demo-computrabajo'";
    eventually(Duration::from_secs(20), "some are stored", || async { demo.mesh.count(stored).await > 100 }).await;
    let asked = Instant::now();
    let answer = clients.rest.post(&format!("/v1/operations/{id}:cancel"), json!({})).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let watched = watch::to_the_end(&clients, &id).await;
    println!("cancelled after {:?}", asked.elapsed());
    assert!(asked.elapsed() < Duration::from_secs(5), "took {:?}", asked.elapsed());
    assert_eq!(watched.metadata.state(), OperationState::Cancelled);
    let (served, kept) = (demo.portal.served(), demo.mesh.count(stored).await);
    assert!((100..1_000).contains(&kept), "{kept}");
    assert_eq!(i64::from(count(&watched.metadata, "stored")), kept, "{:?}", watched.metadata);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!((demo.portal.served(), demo.mesh.count(stored).await), (served, kept), "nothing goes on");

    // The next crawl goes on with what is new.
    let mut rest = all_of("demo-computrabajo", "MX");
    rest["full"] = json!(true);
    let id = demo.scrape(&clients, rest).await;
    let watched = watch::to_the_end(&clients, &id).await.succeeded();
    let told: ScrapePortalResponse = response(&watched);
    assert_eq!((i64::from(told.known), i64::from(told.stored)), (kept, 1_000 - kept), "{told:?}");
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_failed_are_scraped_by_a_retry_once_the_portal_is_well() {
    let _one = ONE_AT_A_TIME.lock().await;
    let faults = Faults { gone: 0.3, ..Faults::default() };
    let ill = PortalOptions { synthetic: Some(100), faults, ..PortalOptions::default() };
    let mut demo = Demo::start(Mesh::builder(), ill).await;
    let clients = demo.mesh.clients();
    let id = demo.scrape(&clients, all_of("demo-elempleo", "CO")).await;
    let watched = watch::to_the_end(&clients, &id).await.succeeded();
    let first: ScrapePortalResponse = response(&watched);
    assert!(first.failed > 5 && first.failed + first.stored == 100, "{first:?}");
    let listed = clients.rest.get(&format!("/api/operations/{id}/failures?page_size=1000")).await.unwrap().ok();
    let failures = listed["failures"].as_array().unwrap();
    assert_eq!(failures.len(), first.failed as usize);
    let about_a_page = |failure: &&Value| {
        failure["reason"] == "PAGE_GONE" && failure["item"].as_str().unwrap().starts_with(demo.portal.origin())
    };
    assert_eq!(failures.iter().filter(about_a_page).count(), failures.len(), "{failures:?}");

    let address = demo.portal.address();
    demo.portal.stop().await;
    let well = PortalOptions { address, synthetic: Some(100), record: true, ..PortalOptions::default() };
    demo.portal = Portal::start(well).await.unwrap();
    let again = clients.rest.post(&format!("/api/operations/{id}:retry"), json!({})).await.unwrap().ok();
    assert_eq!(again["name"], format!("operations/{id}"));
    let watched = watch::to_the_end(&clients, &id).await.succeeded();
    let told: ScrapePortalResponse = response(&watched);
    assert_eq!((told.found, told.stored, told.failed), (100, 100, 0), "{told:?}");
    let details = demo.portal.requests().iter().filter(|request| request.path != "/robots.txt").count();
    assert_eq!(details, first.failed as usize, "what was read is not asked for again");
    demo.stop().await;
}

async fn refused(clients: &Clients, request: Value) -> (u16, Failure) {
    let answer = clients.rest.post("/api/admin/scrape", request).await.unwrap();
    (answer.status, Failure::from_json(&answer.json()))
}

#[tokio::test(flavor = "multi_thread")]
async fn scrapes_are_started_shown_and_refused_over_rest() {
    let _one = ONE_AT_A_TIME.lock().await;
    let demo = slow(60, Mesh::builder()).await;
    let clients = demo.mesh.clients();
    let rest = &clients.rest;
    let request = json!({"portal": "demo-computrabajo", "country": "CO", "request_id": "one"});
    let started = rest.post("/api/admin/scrape", request.clone()).await.unwrap().ok();
    assert_eq!(started["status"], "PENDING");
    assert_eq!(rest.post("/api/admin/scrape", request).await.unwrap().ok()["task_id"], started["task_id"]);
    let path = format!("/api/tasks/{}", started["task_id"].as_str().unwrap());
    let mut seen: Vec<Value> = Vec::new();
    while seen.last() != Some(&json!("SUCCESS")) {
        let task = rest.get(&path).await.unwrap().ok();
        assert_ne!(task["status"], "FAILURE", "{task}");
        if seen.last() != Some(&task["status"]) {
            seen.push(task["status"].clone());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    seen.retain(|status| status != "PENDING");
    assert_eq!(seen, ["PROGRESS", "SUCCESS"]);

    let started =
        rest.post("/api/portals/demo-elempleo:scrape", json!({"country": "CO", "max_jobs": 7})).await.unwrap();
    let id = started.ok()["name"].as_str().unwrap().trim_start_matches("operations/").to_owned();
    let told: ScrapePortalResponse = response(&watch::to_the_end(&clients, &id).await.succeeded());
    assert_eq!((told.found, told.stored), (7, 7));
    let operation = rest.get(&format!("/v1/operations/{id}")).await.unwrap().ok();
    assert_eq!(operation["response"]["stored"], 7, "{operation}");

    let spiders = rest.get("/api/spiders").await.unwrap().ok();
    let spider = |name: &str| spiders["spiders"].as_array().unwrap().iter().find(|s| s["spider"] == name).unwrap();
    let demo_spider = spider("demo-elempleo");
    assert_eq!((&demo_spider["enabled"], &demo_spider["shipped"]), (&json!(true), &json!(false)));
    assert_eq!(demo_spider["recent_runs"][0]["operation"], format!("operations/{id}"));
    assert_eq!(spider("linkedin")["robots_forbidden"], true);

    let (status, failure) = refused(&clients, json!({"portal": "monster", "country": "CO"})).await;
    assert_eq!((status, failure.reason.as_str()), (404, "SPIDER_NOT_FOUND"), "{failure:?}");
    assert!(failure.message.contains("demo-elempleo"), "{failure:?}");
    let (status, failure) = refused(&clients, json!({"portal": "linkedin", "country": "CO"})).await;
    assert_eq!((status, failure.reason.as_str()), (400, "SPIDER_OFF"), "{failure:?}");
    assert!(failure.message.contains("service.enable"), "{failure:?}");
    for country in ["MX", "Colombia", ""] {
        let (status, failure) = refused(&clients, json!({"portal": "demo-elempleo", "country": country})).await;
        assert_eq!((status, failure.fields), (400, vec!["country".to_owned()]), "{country}");
    }
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_and_four_crawls_keep_to_what_the_portal_takes() {
    const ADS: i64 = 200;
    let _one = ONE_AT_A_TIME.lock().await;
    let demo = Arc::new(slow(ADS as u64, Mesh::builder().replicas("scraper", 2)).await);
    let began = Instant::now();
    let places = [
        ("demo-computrabajo", "AR"),
        ("demo-computrabajo", "CO"),
        ("demo-computrabajo", "MX"),
        ("demo-elempleo", "CO"),
    ];
    let mut crawls = Vec::new();
    for (portal, country) in places {
        let demo = demo.clone();
        let id = demo.scrape(&demo.mesh.clients(), all_of(portal, country)).await;
        crawls.push(tokio::spawn(async move {
            let watched = watch::to_the_end(&demo.mesh.clients(), &id).await.succeeded();
            println!("{portal} {country} ended after {:.1?}", began.elapsed());
            all_stored_once(&demo.mesh, &watched, &json!({"portal": portal, "country": country}), ADS).await;
        }));
    }
    for crawl in crawls {
        crawl.await.unwrap();
    }
    let most = demo.portal.requests().iter().map(|request| request.in_flight).max();
    println!("{} requests in {:.1?}, {most:?} at once at most", demo.portal.served(), began.elapsed());
    assert_eq!(most, Some(Demo::CONCURRENCY));
    assert_eq!(demo.portal.violations().await, []);
    Arc::into_inner(demo).unwrap().stop().await;
}
