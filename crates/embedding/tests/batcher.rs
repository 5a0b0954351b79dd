//! Many callers before one model: what they share, and what they are refused.

#![allow(clippy::unwrap_used)]

mod common;

use std::{sync::Arc, time::Duration};

use common::{batcher, cosine};
use observatory_embedding::{BatcherOptions, EmbedError, Role};

fn options() -> BatcherOptions {
    BatcherOptions::default()
}

/// Long enough to keep a session busy for a while.
fn slow(number: usize) -> String {
    format!("{number} {}", "descripción larga de un cargo ".repeat(200))
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_callers_get_their_own_vectors() {
    let batcher = Arc::new(batcher(2, options()));
    let texts: Vec<String> = (0..64).map(|n| format!("habilidad número {n} {}", "y más ".repeat(n % 7))).collect();
    let expected = batcher.model().embed(&texts, Role::Passage).unwrap();
    let calls: Vec<_> = texts
        .into_iter()
        .map(|text| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.embed(&[text], Role::Passage).await.unwrap().remove(0) })
        })
        .collect();
    for (call, expected) in calls.into_iter().zip(&expected) {
        assert!(cosine(&call.await.unwrap().values, &expected.values) > 0.99999);
    }
    let stats = batcher.stats();
    assert_eq!((stats.embedded, stats.queued), (64, 0));
    assert!(stats.batches < 64, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_embedded_once_however_many_ask() {
    let batcher = Arc::new(batcher(1, options()));
    let calls: Vec<_> = (0..32)
        .map(|_| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.embed(&["el mismo", "el mismo"], Role::Query).await.unwrap() })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().len(), 2);
    }
    assert_eq!(batcher.stats().embedded, 1);
    let hits = batcher.stats().hits;
    batcher.embed(&["el mismo"], Role::Query).await.unwrap();
    assert_eq!((batcher.stats().embedded, batcher.stats().hits), (1, hits + 1));
    batcher.embed(&["el mismo"], Role::Passage).await.unwrap();
    assert_eq!(batcher.stats().embedded, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_a_call_as_a_whole() {
    let batcher = Arc::new(batcher(1, BatcherOptions { queue_limit: 4, ..options() }));
    let many: Vec<String> = (0..5).map(slow).collect();
    let error = batcher.embed(&many, Role::Passage).await.unwrap_err();
    assert_eq!(error, EmbedError::Overloaded { queued: 0, limit: 4 });
    let fitting = batcher.embed(&many[..4], Role::Passage).await.unwrap();
    assert_eq!(fitting.len(), 4);
    assert_eq!(batcher.stats().embedded, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_takes_its_texts_along() {
    let batcher = Arc::new(batcher(1, options()));
    let texts: Vec<String> = (0..40).map(slow).collect();
    let going = tokio::spawn({
        let (batcher, texts) = (batcher.clone(), texts.clone());
        async move { batcher.embed(&texts, Role::Passage).await }
    });
    // One session takes long texts one by one; most still wait when the caller goes.
    while batcher.stats().batches == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    going.abort();
    let after = tokio::time::timeout(Duration::from_secs(60), batcher.embed(&["corto"], Role::Query)).await.unwrap();
    assert_eq!(after.unwrap().len(), 1);
    let stats = batcher.stats();
    assert!(stats.abandoned > 20, "{stats:?}");
    assert_eq!(stats.queued, 0);
    // What was dropped is not lost for good.
    assert_eq!(batcher.embed(&texts[39..], Role::Passage).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_finishes_what_waits_and_refuses_what_comes() {
    let batcher = Arc::new(batcher(2, options()));
    let waiting = tokio::spawn({
        let batcher = batcher.clone();
        async move { batcher.embed(&(0..6).map(slow).collect::<Vec<_>>(), Role::Passage).await }
    });
    while batcher.stats().queued == 0 && batcher.stats().batches == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let stopping = batcher.clone();
    tokio::task::spawn_blocking(move || stopping.stop()).await.unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().len(), 6);
    assert_eq!(batcher.embed(&["tarde"], Role::Query).await.unwrap_err(), EmbedError::Stopping);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_cache_forgets_and_stays_right() {
    let batcher = batcher(1, BatcherOptions { cache_bytes: 0, ..options() });
    let first = batcher.embed(&["SQL"], Role::Passage).await.unwrap();
    let again = batcher.embed(&["SQL"], Role::Passage).await.unwrap();
    assert_eq!(first[0].values, again[0].values);
    let stats = batcher.stats();
    assert_eq!((stats.embedded, stats.hits, stats.cache_bytes), (2, 0, 0));
}
