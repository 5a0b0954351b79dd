//! The observatory's own figures over gRPC.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, ad, refused};
use observatory_mesh::Reason;
use observatory_proto::stats::{GetStatsRequest, GetStatsResponse};
use observatory_testkit::Kit;

async fn stats(gateway: &Gateway) -> GetStatsResponse {
    gateway.stats().get_stats(GetStatsRequest {}).await.unwrap().into_inner()
}

#[tokio::test]
async fn figures_follow_the_data_and_are_kept_meanwhile() {
    let gateway = Gateway::start().await;
    let empty = stats(&gateway).await;
    assert_eq!((empty.total_jobs, empty.total_mentions, empty.oldest_posted_date.as_str()), (0, 0, ""));

    gateway.import(vec![ad("A", "2025-11-02"), ad("B", "2025-09-01"), ad("C", "")]).await;
    let imported = stats(&gateway).await;
    assert_eq!((imported.total_jobs, imported.pending_cleaning, imported.pending_extraction), (3, 3, 0));
    assert_eq!(
        (imported.oldest_posted_date.as_str(), imported.newest_posted_date.as_str()),
        ("2025-09-01", "2025-11-02")
    );
    assert_eq!(imported.jobs_by_country["CO"], 3);

    // Behind the gateway's back: nobody raised the data version.
    gateway.clean_all().await;
    assert_eq!(stats(&gateway).await.computed_at, imported.computed_at);
    gateway.kit.backend().await.operations.data_changed().await;
    let cleaned = stats(&gateway).await;
    assert_eq!((cleaned.cleaned_jobs, cleaned.pending_cleaning, cleaned.pending_extraction), (3, 0, 3));
    assert_eq!(cleaned.jobs_by_language["es"], 3);
}

#[tokio::test]
async fn without_redis_figures_are_computed() {
    let kit = Kit::start().await;
    let database_url = kit.database_url();
    let gateway = Gateway::start_on(kit, database_url, "redis://127.0.0.1:1".into()).await;
    gateway.import(vec![ad("A", "")]).await;
    assert_eq!(stats(&gateway).await.total_jobs, 1);
}

#[tokio::test]
async fn without_postgres_the_answer_is_unavailable() {
    let kit = Kit::start().await;
    let redis_url = kit.redis_url();
    let gateway = Gateway::start_on(kit, "postgres://nobody@127.0.0.1:1/none".into(), redis_url).await;
    let error = refused(gateway.stats().get_stats(GetStatsRequest {}).await);
    assert_eq!((error.reason, error.metadata["dependency"].as_str()), (Reason::DependencyUnavailable, "postgres"));
}
