//! One replica at a time speaks to a host: a lease in Redis, taken when a host is first asked and kept while it is used.
//! So the pace of a host holds however many replicas crawl it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use observatory_operations::{
    BackendOptions, Operations,
    fred::{prelude::*, types::Value},
};
use observatory_scraping::fetch::{FetchError, Fetcher, Gate, HostState, Permit};
use observatory_store::{scraping, sea_orm::DatabaseConnection};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

/// How long a host is kept after its last request: another replica may wait for it.
const IDLE: Duration = Duration::from_secs(1);
/// How often leases are looked after.
const TICK: Duration = Duration::from_millis(500);
/// How often one that waits looks again.
const LOOK: Duration = Duration::from_millis(250);

const RENEW: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0";
const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// The hosts that this replica speaks to.
#[derive(Clone)]
pub struct Hosts {
    inner: Arc<Inner>,
}

struct Inner {
    operations: Operations,
    db: DatabaseConnection,
    prefix: String,
    me: String,
    /// A replica that is silent for so long has lost its hosts.
    lease: Duration,
    held: Mutex<HashMap<String, Lease>>,
    /// A lease is not taken while one is given back.
    door: tokio::sync::Mutex<()>,
    fetcher: OnceLock<Fetcher>,
}

struct Lease {
    ends: Instant,
    used: Instant,
    /// A copy with each request under way.
    requests: Arc<()>,
}

impl Hosts {
    /// None yet. A host is let go as soon as the crawl that used it is taken over: both leases are equally long.
    pub fn new(operations: Operations, db: DatabaseConnection, options: &BackendOptions) -> Self {
        let inner = Inner {
            operations,
            db,
            prefix: format!("{}:host:", options.redis_prefix),
            me: Ulid::new().to_string(),
            lease: Duration::from_secs_f64(options.lease_seconds),
            held: Mutex::default(),
            door: tokio::sync::Mutex::default(),
            fetcher: OnceLock::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Who is told what is known of a host when it is taken.
    pub fn serve(&self, fetcher: Fetcher) {
        let _ = self.inner.fetcher.set(fetcher);
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Lease>> {
        self.inner.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, host: &str) -> String {
        format!("{}{host}", self.inner.prefix)
    }

    /// Whether the host is ours now.
    async fn take(&self, host: &str) -> Result<bool, observatory_operations::fred::error::Error> {
        let _door = self.inner.door.lock().await;
        let asked = Instant::now();
        let lease = self.inner.lease;
        let ttl = Expiration::PX(lease.as_millis() as i64);
        let me = self.inner.me.as_str();
        let redis = self.inner.operations.redis();
        let set: Option<String> = redis.set(self.key(host), me, Some(ttl), Some(SetOptions::NX), false).await?;
        let ours = match set {
            Some(_) => true,
            None => redis.get::<Option<String>, _>(self.key(host)).await?.as_deref() == Some(me),
        };
        if ours {
            self.held()
                .insert(host.to_string(), Lease { ends: asked + lease * 3 / 4, used: asked, requests: Arc::default() });
        }
        Ok(ours)
    }

    /// Tells the fetcher what is known of a host, perhaps by another replica.
    async fn recall(&self, host: &str) {
        let Some(fetcher) = self.inner.fetcher.get() else { return };
        match scraping::host(&self.inner.db, host).await {
            Ok(Some(known)) => match serde_json::from_value::<HostState>(known.state) {
                Ok(state) => fetcher.restore(host, state),
                Err(error) => tracing::warn!(host, %error, "what is stored of a host can't be read"),
            },
            Ok(None) => {}
            Err(error) => tracing::warn!(host, %error, "what is known of a host can't be read now"),
        }
    }

    /// Keeps the leases of hosts in use, gives the others back; until `stop` fires.
    pub async fn keep(self, stop: CancellationToken) {
        loop {
            let pause = tokio::time::sleep(TICK);
            tokio::select! { () = pause => {}, () = stop.cancelled() => break }
            let held: Vec<(String, Instant, Instant)> =
                self.held().iter().map(|(host, lease)| (host.clone(), lease.used, lease.ends)).collect();
            for (host, used, ends) in held {
                if used.elapsed() > IDLE {
                    self.release(&host, false).await;
                }
                if ends < Instant::now() + self.inner.lease / 2 {
                    self.renew(&host).await;
                }
            }
        }
        let held: Vec<String> = self.held().keys().cloned().collect();
        for host in held {
            self.release(&host, true).await;
        }
    }

    async fn renew(&self, host: &str) {
        let asked = Instant::now();
        let duration = self.inner.lease;
        let args: Vec<Value> = vec![self.inner.me.as_str().into(), (duration.as_millis() as i64).into()];
        let renewed: Result<i64, _> = self.inner.operations.redis().eval(RENEW, vec![self.key(host)], args).await;
        match renewed {
            Ok(1) => {
                if let Some(lease) = self.held().get_mut(host) {
                    lease.ends = asked + duration * 3 / 4;
                }
            }
            Ok(_) => {
                self.held().remove(host);
            }
            // It ends by itself; until then nobody else has it.
            Err(error) => tracing::warn!(host, %error, "the lease of a host can't be renewed now"),
        }
    }

    /// Gives a host back; one that is in use only where `anyway`.
    async fn release(&self, host: &str, anyway: bool) {
        let _door = self.inner.door.lock().await;
        {
            let mut held = self.held();
            let in_use = held
                .get(host)
                .is_some_and(|lease| Arc::strong_count(&lease.requests) > 1 || lease.used.elapsed() <= IDLE);
            if in_use && !anyway {
                return;
            }
            held.remove(host);
        }
        let args: Vec<Value> = vec![self.inner.me.as_str().into()];
        let _: Result<i64, _> = self.inner.operations.redis().eval(RELEASE, vec![self.key(host)], args).await;
    }
}

#[async_trait]
impl Gate for Hosts {
    async fn enter(&self, host: &str) -> Result<Permit, FetchError> {
        loop {
            let now = Instant::now();
            if let Some(lease) = self.held().get_mut(host)
                && lease.ends > now
            {
                lease.used = now;
                return Ok(Permit::held(lease.requests.clone()));
            }
            match self.take(host).await {
                Ok(true) => self.recall(host).await,
                Ok(false) => tokio::time::sleep(LOOK).await,
                Err(error) => {
                    tracing::warn!(host, %error, "waiting for redis before asking a host");
                    tokio::time::sleep(LOOK * 4).await;
                }
            }
        }
    }
}
