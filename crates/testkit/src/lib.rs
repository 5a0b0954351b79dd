//! For tests of any crate: real servers. One private Postgres and one Redis per
//! test process, started at first use; per test a fresh, migrated database and a
//! prefix of its own in Redis. Needs `./dev setup`.

#![allow(clippy::unwrap_used)]

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use anyhow::Result;
use observatory_operations::{Backend, BackendOptions};
use observatory_stack::{Postgres, PostgresOptions, Redis, RedisOptions, Tools};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use sea_orm_migration::MigratorTrait;
use tokio::runtime::Runtime;
use uuid::Uuid;

const TEMPLATE: &str = "template_observatory";

/// The project's folder.
pub fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Real inputs outside the project, where the machine has them
/// (`OBSERVATORY_SHARED_DATA`); tests that need them say that they were skipped.
pub fn shared_data() -> Option<PathBuf> {
    std::env::var_os("OBSERVATORY_SHARED_DATA").map(PathBuf::from).filter(|path| path.is_dir())
}

/// The servers of this test process.
struct Servers {
    postgres: Postgres,
    redis: Redis,
    /// Outlives every test's own runtime: it watches over the servers.
    runtime: Runtime,
    /// One template at a time is copied.
    creating: tokio::sync::Mutex<()>,
}

fn servers() -> &'static Servers {
    static SERVERS: OnceLock<Servers> = OnceLock::new();
    SERVERS.get_or_init(|| std::thread::spawn(|| start().expect("the test servers start")).join().unwrap())
}

fn start() -> Result<Servers> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let tools = Tools::locate(&project_root())?;
    remove_leftovers();
    let dir = tempfile::Builder::new().prefix(&format!("observatory-test-{}-", std::process::id())).tempdir()?.keep();
    let (postgres, redis) = runtime.block_on(async {
        let postgres = Postgres::start(&tools, &dir, PostgresOptions::for_tests()).await?;
        postgres.psql("postgres", &format!("CREATE DATABASE {TEMPLATE}")).await?;
        let db = observatory_store::connect(&postgres.url_of(TEMPLATE), 1).await?;
        observatory_migrations::Migrator::up(&db, None).await?;
        db.close().await?;
        let redis = Redis::start(&tools, &dir, RedisOptions::default()).await?;
        anyhow::Ok((postgres, redis))
    })?;
    Ok(Servers { postgres, redis, runtime, creating: tokio::sync::Mutex::new(()) })
}

/// Test processes can't clean up behind themselves: the next one does.
fn remove_leftovers() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix("observatory-test-").and_then(|rest| rest.split('-').next()).map(str::to_string);
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// What one test works with.
pub struct Kit {
    db: DatabaseConnection,
    database: String,
    prefix: String,
}

impl Kit {
    /// A fresh, migrated database, and an empty part of Redis.
    pub async fn start() -> Self {
        let database = format!("test_{}", Uuid::new_v4().simple());
        let create = format!("CREATE DATABASE {database} TEMPLATE {TEMPLATE}");
        let servers = tokio::task::spawn_blocking(servers).await.unwrap();
        servers
            .runtime
            .spawn(async move {
                let _one = servers.creating.lock().await;
                let admin = observatory_store::connect(&servers.postgres.url_of("postgres"), 1).await?;
                admin.execute_unprepared(&create).await?;
                admin.close().await
            })
            .await
            .unwrap()
            .unwrap();
        let db = observatory_store::connect(&servers.postgres.url_of(&database), 8).await.unwrap();
        Self { db, prefix: database.clone(), database }
    }

    /// The fresh database.
    pub fn db(&self) -> DatabaseConnection {
        self.db.clone()
    }

    /// Its URL.
    pub fn database_url(&self) -> String {
        servers().postgres.url_of(&self.database)
    }

    /// Redis.
    pub fn redis_url(&self) -> String {
        servers().redis.url()
    }

    /// What the keys of this test in Redis start with.
    pub fn redis_prefix(&self) -> &str {
        &self.prefix
    }

    /// Options for a service under test: this test's keys, and a lease of a second.
    pub fn backend_options(&self) -> BackendOptions {
        BackendOptions { redis_prefix: self.prefix.clone(), lease_seconds: 1.0, ..BackendOptions::default() }
    }

    /// Connections of their own on this test's database and keys.
    pub async fn backend(&self) -> Backend {
        Backend::open(&self.database_url(), &self.redis_url(), &self.backend_options()).await.unwrap()
    }
}
