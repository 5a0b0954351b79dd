//! Private servers on free ports: the databases alone, or the whole mesh behind Envoy.

use std::{
    fs::File,
    io::Write,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use observatory_migrations::Migrator;
use observatory_proto::{
    FILE_DESCRIPTOR_SET,
    google::longrunning::{GetOperationRequest, Operation, operations_client::OperationsClient},
};
use observatory_stack::{
    Envoy, EnvoyOptions, Layout, Postgres, PostgresOptions, Process, Redis, RedisOptions, SERVICES, Service, Tools,
};
use sea_orm_migration::MigratorTrait;
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::{beside, median, ms, root};

/// A private Postgres and Redis, as durable as `observatory up` runs them.
pub struct Databases {
    /// Postgres, migrated.
    pub postgres: Postgres,
    /// Redis, with an append-only file synced every second.
    pub redis: Redis,
    tools: Tools,
    dir: TempDir,
}

impl Databases {
    /// Starts both.
    ///
    /// # Errors
    /// Where `./dev setup` has not run.
    pub async fn start() -> Result<Self> {
        let tools = Tools::locate(&root()?)?;
        let dir = tempfile::Builder::new().prefix("observatory-bench-").tempdir()?;
        let postgres = Postgres::start(&tools, dir.path(), PostgresOptions::default()).await?;
        let redis = Redis::start(&tools, dir.path(), RedisOptions::default()).await?;
        let db = observatory_store::connect(&postgres.url(), 1).await?;
        Migrator::up(&db, None).await?;
        db.close().await?;
        Ok(Self { postgres, redis, tools, dir })
    }

    /// Starts a service on them, with the binary beside this program.
    ///
    /// # Errors
    /// Where it isn't built, or doesn't start.
    pub async fn service(&self, name: &str) -> Result<Service> {
        let specs = Layout::free()?.specs(name, &self.postgres.url(), &self.redis.url());
        let spec = specs.into_iter().next().with_context(|| format!("there is no service {name}"))?;
        Ok(Service::start(&self.tools, self.dir.path(), spec).await?)
    }

    /// Median time of a small write that waits for the disk, where their data is, in ms.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn sync_ms(&self) -> Result<f64> {
        let mut file = File::create(self.dir.path().join("sync"))?;
        let mut times = Vec::new();
        for _ in 0..50 {
            let begun = Instant::now();
            file.write_all(&[0; 8192])?;
            file.sync_data()?;
            times.push(ms(begun.elapsed()));
        }
        Ok(median(&times))
    }

    /// Stops both.
    pub async fn stop(self) {
        self.redis.process.terminate().await;
        self.postgres.process.terminate().await;
    }
}

/// Everything that `observatory up` starts.
pub struct Mesh {
    /// What it stores in.
    pub databases: Databases,
    services: Vec<Service>,
    envoy: Envoy,
}

impl Mesh {
    /// Starts it with the binaries beside this program.
    ///
    /// # Errors
    /// Where something isn't built, or doesn't start.
    pub async fn start() -> Result<Self> {
        Self::start_with(Layout::free()?, |_| Vec::new()).await
    }

    /// The same with more replicas, or with more settings of a service, as variables of its environment.
    ///
    /// # Errors
    /// Where something isn't built, or doesn't start.
    pub async fn start_with(layout: Layout, settings: impl Fn(&str) -> Vec<(String, String)>) -> Result<Self> {
        let databases = Databases::start().await?;
        let (tools, dir) = (&databases.tools, databases.dir.path());
        let mut services = Vec::new();
        for name in SERVICES {
            for spec in layout.specs(name, &databases.postgres.url(), &databases.redis.url()) {
                services.push(Service::start(tools, dir, spec.envs(settings(name))).await?);
            }
        }
        let options = EnvoyOptions::new(layout.envoy, layout.envoy_admin, layout.upstreams(), FILE_DESCRIPTOR_SET);
        let envoy = Envoy::start(tools, dir, options).await?;
        Ok(Self { databases, services, envoy })
    }

    /// Envoy's address.
    pub fn url(&self) -> String {
        self.envoy.url()
    }

    /// Every process.
    pub fn processes(&self) -> Vec<&Process> {
        let databases = [&self.databases.postgres.process, &self.databases.redis.process, &self.envoy.process];
        self.services.iter().map(|service| &service.process).chain(databases).collect()
    }

    /// A connection through Envoy.
    ///
    /// # Errors
    /// Where Envoy doesn't answer.
    pub async fn channel(&self) -> Result<Channel> {
        Ok(Channel::from_shared(self.url())?.connect().await?)
    }

    /// Runs a command of `observatory` against this mesh.
    ///
    /// # Errors
    /// Where it fails.
    pub fn observatory(&self, arguments: &[&Path]) -> Result<()> {
        let mut command = Command::new(beside("observatory")?);
        command.args(["--quiet", "--timeout", "600", "--server", &self.url()]).args(arguments);
        ensure!(command.status()?.success(), "{command:?} failed");
        Ok(())
    }

    /// Stops everything.
    pub async fn stop(self) {
        self.envoy.process.terminate().await;
        for service in self.services.iter().rev() {
            service.process.terminate().await;
        }
        self.databases.stop().await;
    }
}

/// Waits until an operation has ended, looking every 20 ms.
///
/// # Errors
/// Where it can't be read.
pub async fn ended(channel: &Channel, name: &str) -> Result<Operation> {
    let mut client = OperationsClient::new(channel.clone());
    loop {
        let request = GetOperationRequest { name: name.to_owned() };
        let operation = client.get_operation(request).await.context("reading the operation")?.into_inner();
        if operation.done {
            return Ok(operation);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
