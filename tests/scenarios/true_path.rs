//! The way of an ad from a file to a figure, and the same figure on every surface.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use observatory_tests::{Clients, Mesh, ads, dynamic, same_json, watch};
use serde_json::{Value, json};

const RANKING: &str = "observatory.skills.v1.SkillService/ListSkills";

async fn operation(clients: &Clients, start: &str) -> watch::Watched {
    let started = clients.grpc(start, json!({})).await.unwrap().remove(0);
    let name = started["name"].as_str().unwrap().to_owned();
    watch::to_the_end(clients, name.strip_prefix("operations/").unwrap()).await.succeeded()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_goes_from_file_to_ranking_and_every_surface_says_the_same() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    let sample = ads::sample();
    let total = sample.len() as i32;

    let ads = sample.iter().enumerate().map(|(number, ad)| ads::request(number + 1, ad)).collect();
    ads::import(&clients, ads).await;

    let cleaning = operation(&clients, "observatory.cleaner.v1.CleanerService/BatchCleanJobs").await;
    let outcomes = &cleaning.metadata.outcomes;
    assert_eq!((cleaning.metadata.completed, cleaning.metadata.failed), (total, 0));
    assert_eq!(outcomes["cleaned"] + outcomes["rejected"], total);
    assert!(cleaning.states.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    every_bad_ad_is_rejected_for_its_reason(&mesh).await;

    let extraction = operation(&clients, "observatory.extractor.v1.ExtractorService/BatchExtractSkills").await;
    assert_eq!((extraction.metadata.completed, extraction.metadata.failed), (outcomes["cleaned"], 0));
    assert_eq!(extraction.metadata.outcomes["extracted"], outcomes["cleaned"]);
    let open = "SELECT count(*) FROM raw_jobs JOIN cleaned_jobs USING (job_id)
                WHERE is_usable <> (extraction_status = 'completed')";
    assert_eq!(mesh.count(open).await, 0, "usable ads are completed, and no others");

    the_ranking_is_the_same_everywhere(&mesh, &clients).await;
    the_figures_agree_with_the_database(&mesh, &clients).await;
    mesh.stop().await;
}

/// The lists under "Ads put in on purpose" in samples/README.md: reason, and the addresses of
/// which one is rejected: of a pair, either may come first to one of several workers.
fn bad_ads() -> Vec<(&'static str, Vec<String>)> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/README.md")).unwrap();
    let reasons = [
        ("Too short", "too_short"),
        ("Portuguese", "wrong_language"),
        ("French", "wrong_language"),
        ("Spam", "spam"),
        ("Near-duplicates", "duplicate"),
    ];
    let mut bad = Vec::new();
    let mut reason = None;
    for line in text.lines() {
        if line.starts_with('#') {
            reason = reasons.iter().find(|(word, _)| line.contains(word)).map(|(_, name)| *name);
        }
        let urls: Vec<_> =
            line.split('<').skip(1).filter_map(|rest| rest.split('>').next()).map(str::to_owned).collect();
        bad.extend(reason.filter(|_| !urls.is_empty()).map(|reason| (reason, urls)));
    }
    assert_eq!(bad.len(), 16);
    bad
}

async fn every_bad_ad_is_rejected_for_its_reason(mesh: &Mesh) {
    let sql = "SELECT url, unusable_reason FROM raw_jobs JOIN cleaned_jobs USING (job_id) WHERE NOT is_usable";
    let rows = mesh.sql(sql).await;
    let mut rejected: BTreeMap<&str, &str> = rows.lines().filter_map(|row| row.split_once('|')).collect();
    for (reason, urls) in bad_ads() {
        let found: Vec<_> = urls.iter().filter_map(|url| rejected.remove(url.as_str())).collect();
        assert_eq!(found, [reason], "{urls:?}");
    }
    assert!(rejected.is_empty(), "rejected without need: {rejected:?}");
    let repeats = "SELECT count(*) FROM cleaned_jobs c JOIN raw_jobs j USING (job_id)
                   JOIN raw_jobs first ON first.job_id = c.duplicate_of
                   WHERE c.unusable_reason = 'duplicate' AND first.company = j.company AND first.country = j.country";
    assert_eq!(mesh.count(repeats).await, 5, "each repost names its first copy");
}

async fn the_ranking_is_the_same_everywhere(mesh: &Mesh, clients: &Clients) {
    let request = json!({"country": "CO", "limit": 20});
    let by_grpc = clients.grpc(RANKING, request.clone()).await.unwrap().remove(0);
    let skills = by_grpc["skills"].as_array().unwrap();
    assert_eq!(skills.len(), 20);
    assert_eq!(skills[0]["rank"], 1);
    assert!(skills[0]["job_count"].as_i64() > Some(5), "{by_grpc}");

    let without_envoy = Clients::new(&mesh.service("gateway").url());
    let by_cli = mesh.cli(&["skills", "top", "--country", "CO", "--json"]).await;
    assert_eq!(by_cli.code, 0, "{by_cli:?}");
    let data = request.to_string();
    let by_grpcurl = mesh.grpcurl_at(&mesh.envoy.listen.to_string(), &["-d", &data], &[RANKING]).await;
    assert_eq!(by_grpcurl.code, 0, "{by_grpcurl:?}");
    let answers: [(&str, Value); 6] = [
        ("gRPC-web", clients.web(RANKING, request.clone()).await.unwrap().remove(0)),
        ("gRPC-web from the gateway", without_envoy.web(RANKING, request.clone()).await.unwrap().remove(0)),
        ("gRPC from the gateway", without_envoy.grpc(RANKING, request).await.unwrap().remove(0)),
        ("REST", clients.rest.get("/api/skills?country=CO").await.unwrap().ok()),
        ("the CLI", by_cli.json()),
        // grpcurl spells names its own way.
        ("grpcurl", dynamic::json(&dynamic::message(dynamic::method(RANKING).output(), &by_grpcurl.json()))),
    ];
    for (surface, answer) in answers {
        assert!(same_json(&by_grpc, &answer), "{surface}:\n{answer}\nrather than\n{by_grpc}");
    }
}

async fn the_figures_agree_with_the_database(mesh: &Mesh, clients: &Clients) {
    let stats = clients.rest.get("/api/stats").await.unwrap().ok();
    for (figure, sql) in [
        ("total_jobs", "SELECT count(*) FROM raw_jobs"),
        ("cleaned_jobs", "SELECT count(*) FROM cleaned_jobs WHERE is_usable"),
        ("rejected_jobs", "SELECT count(*) FROM cleaned_jobs WHERE NOT is_usable"),
        ("pending_cleaning", "SELECT count(*) FROM raw_jobs WHERE NOT is_processed"),
        ("extracted_jobs", "SELECT count(*) FROM raw_jobs WHERE extraction_status = 'completed'"),
        ("total_mentions", "SELECT count(*) FROM named_skills"),
        ("distinct_skills", "SELECT count(DISTINCT skill_id) FROM named_skills"),
        ("pending_extraction", "SELECT 0"),
        ("failed_jobs", "SELECT 0"),
    ] {
        assert_eq!(stats[figure].as_i64(), Some(mesh.count(sql).await), "{figure}: {stats}");
    }
    for (figure, column) in [("jobs_by_country", "country"), ("jobs_by_portal", "portal")] {
        let rows = mesh.sql(&format!("SELECT {column}, count(*) FROM raw_jobs GROUP BY 1 ORDER BY 1")).await;
        let counts: BTreeMap<&str, i64> =
            rows.lines().filter_map(|row| row.split_once('|')).map(|(key, n)| (key, n.parse().unwrap())).collect();
        assert_eq!(stats[figure], json!(counts), "{figure}");
    }
}
