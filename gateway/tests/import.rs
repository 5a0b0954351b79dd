//! Importing ads over gRPC.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, ad};
use observatory_proto::jobs::{ImportJobsRequest, ListJobsRequest};

#[tokio::test]
async fn a_report_counts_every_ad_and_names_its_line() {
    let gateway = Gateway::start().await;
    let ads = vec![
        ad("Uno", "03/11/2025"),
        ImportJobsRequest { line: 70, title: " ".into(), ..ad("x", "") },
        ad("Uno", "2025-11-03"),
        ImportJobsRequest { posted_date: "mañana".into(), ..ad("Dos", "") },
        ImportJobsRequest { description: "a\0b".into(), ..ad("Tres", "") },
        ImportJobsRequest { description: "x".repeat(1_000_001), ..ad("Cuatro", "") },
        ImportJobsRequest { portal: String::new(), ..ad("Cinco", "") },
    ];
    let report = gateway.import(ads).await;
    assert_eq!((report.received, report.imported, report.skipped, report.rejected), (7, 2, 1, 4));
    let issues: Vec<_> = report.issues.iter().map(|i| (i.line, i.field.as_str(), i.duplicate)).collect();
    let expected = [
        (70, "title", false),
        (3, "", true),
        (4, "posted_date", false),
        (6, "description", false),
        (7, "portal", false),
    ];
    assert_eq!(issues, expected);

    let jobs = gateway.jobs().list_jobs(ListJobsRequest::default()).await.unwrap().into_inner().jobs;
    let uno = jobs.iter().find(|job| job.title == "Uno").unwrap();
    assert_eq!((uno.country.as_str(), uno.posted_date.as_str()), ("CO", "2025-11-03"));
}

#[tokio::test]
async fn importing_again_stores_nothing_and_says_that_the_ads_are_still_there() {
    let gateway = Gateway::start().await;
    let ads: Vec<_> = (0..1200).map(|i| ad(&format!("Ad {i}"), "")).collect();
    assert_eq!(gateway.import(ads.clone()).await.imported, 1200);
    gateway.sql("UPDATE raw_jobs SET last_seen_at = '2020-01-01'", []).await;
    let report = gateway.import(ads).await;
    assert_eq!((report.imported, report.skipped, report.issues.len()), (0, 1200, 1000));
    let old = "DO $$ BEGIN ASSERT (SELECT min(last_seen_at) FROM raw_jobs) > '2021-01-01'; END $$";
    gateway.sql(old, []).await;
}

#[tokio::test]
async fn imports_at_the_same_time_store_each_ad_once() {
    let gateway = Gateway::start().await;
    let ads: Vec<_> = (0..1500).map(|i| ad(&format!("Ad {i}"), "")).collect();
    let backwards: Vec<_> = ads.iter().rev().cloned().collect();
    let (one, two, three) = tokio::join!(
        gateway.import(ads.clone()),
        gateway.import(backwards),
        gateway.import(ads.iter().cycle().take(3000).cloned().collect())
    );
    assert_eq!(one.imported + two.imported + three.imported, 1500);
    assert_eq!(one.skipped + two.skipped + three.skipped, 4500);
}

#[tokio::test]
async fn an_empty_stream_is_no_error() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.import(Vec::new()).await.received, 0);
}
