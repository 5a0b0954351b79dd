//! A frontier in memory, for one look at a portal without a database.

use std::{
    collections::{BTreeMap, HashSet, hash_map::DefaultHasher},
    convert::Infallible,
    hash::{Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use url::Url;

use super::{Counts, Failure, Frontier, Limits, Listed, Read, ReadAd, Seen};
use crate::{
    fetch::Validators,
    request::{PageKind, PageRequest},
};

/// Keeps what there is to do, and hands what was found to `sink`.
pub struct Memory<S> {
    sink: S,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    seen: HashSet<u64>,
    pages: BTreeMap<i64, PageRequest>,
    position: i64,
    counts: Counts,
}

impl<S: Fn(Result<ReadAd, (PageRequest, Failure)>) + Send + Sync + 'static> Memory<S> {
    /// With nothing in it.
    pub fn new(sink: S) -> Self {
        Self { sink, inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Whether the request is new.
    fn add(&mut self, request: PageRequest) -> bool {
        let mut hasher = DefaultHasher::new();
        (request.url.as_str(), &request.body).hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return false;
        }
        self.position += 1;
        self.pages.insert(self.position, request);
        true
    }

    fn remove(&mut self, request: &PageRequest) {
        let found = self.pages.iter().find(|(_, page)| page.url == request.url && page.body == request.body);
        if let Some(position) = found.map(|(position, _)| *position) {
            self.pages.remove(&position);
        }
    }
}

#[async_trait]
impl<S: Fn(Result<ReadAd, (PageRequest, Failure)>) + Send + Sync + 'static> Frontier for Memory<S> {
    type Error = Infallible;

    fn counts(&self) -> Counts {
        self.inner().counts
    }

    async fn open(&self, start: Vec<PageRequest>) -> Result<(), Infallible> {
        let mut inner = self.inner();
        for request in start {
            if inner.add(request) {
                inner.counts.listings += 1;
            }
        }
        Ok(())
    }

    async fn pending(&self, kind: PageKind, after: i64, limit: usize) -> Result<Vec<(i64, PageRequest)>, Infallible> {
        let inner = self.inner();
        let pages = inner.pages.range(after + 1..).filter(|(_, page)| page.kind == kind);
        Ok(pages.take(limit).map(|(position, page)| (*position, page.clone())).collect())
    }

    async fn validators(&self, _: &PageRequest) -> Result<Option<(Validators, Vec<Url>)>, Infallible> {
        Ok(None)
    }

    async fn listed(&self, listed: Listed, limits: Limits) -> Result<(), Infallible> {
        let mut inner = self.inner();
        inner.remove(&listed.request);
        inner.counts.read_listings += 1;
        inner.counts.empty_listings += u64::from(listed.said_empty);
        let mut seen = Seen::default();
        for request in listed.ads {
            seen.ads += 1;
            if inner.counts.details >= limits.max_jobs {
                continue;
            }
            if !inner.add(request.clone()) {
                seen.repeated += 1;
                continue;
            }
            inner.counts.found += 1;
            inner.counts.details += 1;
            if listed.complete {
                inner.remove(&request);
                inner.counts.stored += 1;
                inner.counts.on_listings += 1;
                inner.counts.read_details += 1;
                (self.sink)(Ok(whole(request)));
            }
        }
        if limits.follow(seen, &inner.counts) {
            for request in listed.next {
                if inner.add(request) {
                    inner.counts.listings += 1;
                }
            }
        }
        Ok(())
    }

    async fn listing_failed(&self, request: PageRequest, failure: Failure) -> Result<(), Infallible> {
        let mut inner = self.inner();
        inner.remove(&request);
        inner.counts.failed_listings += 1;
        (self.sink)(Err((request, failure)));
        Ok(())
    }

    async fn read(&self, pages: Vec<Read>) -> Result<(), Infallible> {
        let mut inner = self.inner();
        for Read { request, ad } in pages {
            inner.remove(&request);
            match ad {
                Ok(ad) => {
                    inner.counts.read_details += 1;
                    inner.counts.stored += 1;
                    (self.sink)(Ok(ad));
                }
                Err(failure) => {
                    inner.counts.failed_details += 1;
                    (self.sink)(Err((request, failure)));
                }
            }
        }
        Ok(())
    }

    async fn progress(&self, _: Option<DateTime<Utc>>) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The ad of a listing that says all.
fn whole(request: PageRequest) -> ReadAd {
    let url = request.ad().clone();
    ReadAd { url, fields: request.card.map(|card| card.fields).unwrap_or_default(), page: Vec::new() }
}
