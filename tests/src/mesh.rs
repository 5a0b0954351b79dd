//! A whole mesh of processes.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use observatory_stack::{
    Envoy, EnvoyOptions, Layout, Postgres, PostgresOptions, Redis, RedisOptions, SERVICES, Service, Tools,
};

use crate::{Clients, eventually};

/// What the gateway reads whether to fire schedules: tests start what runs, whatever the hour, but where they say so.
pub const FIRES: &str = "OBSERVATORY_SERVICE__SCHEDULES";
/// Folders of a mesh are called by it and the test's pid.
const PREFIX: &str = "observatory-mesh-";

/// Postgres, Redis, seven services and Envoy on free ports. What is dropped is
/// stopped; [`Mesh::stop`] also removes its folder.
pub struct Mesh {
    /// Where data and logs are.
    pub dir: PathBuf,
    /// The project's programs.
    pub tools: Tools,
    /// The database server.
    pub postgres: Postgres,
    /// The queue's server.
    pub redis: Redis,
    /// Replicas by service.
    pub services: BTreeMap<String, Vec<Service>>,
    /// What callers talk to.
    pub envoy: Envoy,
}

/// What a mesh is started with.
#[derive(Default)]
pub struct MeshBuilder {
    replicas: Vec<(String, usize)>,
    env: Vec<(String, String, String)>,
}

impl MeshBuilder {
    /// So many replicas of a service.
    #[must_use]
    pub fn replicas(mut self, service: &str, count: usize) -> Self {
        self.replicas.push((service.into(), count));
        self
    }

    /// An environment variable of a service.
    #[must_use]
    pub fn env(mut self, service: &str, key: &str, value: &str) -> Self {
        self.env.push((service.into(), key.into(), value.into()));
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// What doesn't start, with the end of its log.
    pub async fn start(self) -> Result<Mesh> {
        remove_leftovers();
        let tools = Tools::locate(&project_root())?;
        let dir = tempfile::Builder::new().prefix(&format!("{PREFIX}{}-", std::process::id())).tempdir()?.keep();
        let mut layout = Layout::free()?;
        for (service, count) in &self.replicas {
            layout = layout.replicas(service, *count)?;
        }
        let (postgres, redis) = tokio::try_join!(
            Postgres::start(
                &tools,
                &dir,
                PostgresOptions { port: Some(layout.postgres), ..PostgresOptions::for_tests() }
            ),
            Redis::start(&tools, &dir, RedisOptions { port: Some(layout.redis), ..Default::default() }),
        )?;
        migrate(&tools, &postgres.url(), "up").await?;
        let services = self.services(&tools, &dir, &layout, &postgres.url(), &redis.url())?;
        let descriptors = observatory_proto::FILE_DESCRIPTOR_SET;
        let options = EnvoyOptions::new(layout.envoy, layout.envoy_admin, layout.upstreams(), descriptors);
        let envoy = Envoy::start(&tools, &dir, options).await?;
        let mesh = Mesh { dir, tools, postgres, redis, services, envoy };
        mesh.wait_until_ready().await?;
        Ok(mesh)
    }

    fn services(
        &self,
        tools: &Tools,
        dir: &Path,
        layout: &Layout,
        database: &str,
        redis: &str,
    ) -> Result<BTreeMap<String, Vec<Service>>> {
        let mut services: BTreeMap<String, Vec<Service>> = BTreeMap::new();
        for name in SERVICES {
            let own = self.env.iter().filter(|(service, _, _)| service == name);
            let mut env: Vec<_> = own.map(|(_, key, value)| (key.clone(), value.clone())).collect();
            if name == "gateway" && !env.iter().any(|(key, _)| key == FIRES) {
                env.push((FIRES.into(), "false".into()));
            }
            for spec in layout.specs(name, database, redis) {
                let service = Service::spawn(tools, dir, spec.envs(env.clone()))?;
                services.entry(name.into()).or_default().push(service);
            }
        }
        Ok(services)
    }
}

impl Mesh {
    /// One replica of everything.
    ///
    /// # Errors
    /// What doesn't start.
    pub async fn start() -> Result<Self> {
        Self::builder().start().await
    }

    /// To say what it consists of.
    pub fn builder() -> MeshBuilder {
        MeshBuilder::default()
    }

    /// The first replica of a service.
    pub fn service(&self, name: &str) -> &Service {
        &self.services[name][0]
    }

    /// A caller with an address of its own, so that no other test uses up its rate limit.
    pub fn clients(&self) -> Clients {
        Clients::new(&self.envoy.url())
    }

    /// Runs SQL on the mesh's database: rows by line, fields separated by `|`.
    pub async fn sql(&self, sql: &str) -> String {
        self.postgres.psql("observatory", sql).await.unwrap()
    }

    /// One number from the database.
    pub async fn count(&self, sql: &str) -> i64 {
        self.sql(sql).await.parse().unwrap()
    }

    /// Waits until every service says SERVING and Envoy has noticed.
    ///
    /// # Errors
    /// Who isn't ready, with the end of its log.
    pub async fn wait_until_ready(&self) -> Result<()> {
        for service in self.services.values().flatten() {
            service.wait_ready().await?;
        }
        eventually(Duration::from_secs(20), "Envoy takes every replica for healthy", || async {
            let text = self.envoy_clusters().await.unwrap_or_default();
            let healthy = text.lines().filter(|line| line.ends_with("::health_flags::healthy")).count();
            healthy == self.services.values().map(Vec::len).sum::<usize>()
        })
        .await;
        Ok(())
    }

    /// Envoy's list of who is behind each name.
    pub async fn envoy_clusters(&self) -> Result<String> {
        let rest = crate::Rest::new(&format!("http://{}", self.envoy.admin), std::net::Ipv4Addr::LOCALHOST.into());
        Ok(rest.get("/clusters").await?.text)
    }

    /// Starts Envoy again after its end, and waits until it lets callers through.
    ///
    /// # Errors
    /// When it doesn't start.
    pub async fn restart_envoy(&self) -> Result<()> {
        self.envoy.process.restart().await?;
        self.wait_until_ready().await
    }

    /// Where a package of the contracts is served without Envoy.
    pub fn address_of(&self, full_service_name: &str) -> SocketAddr {
        let area = full_service_name.split('.').nth(1).unwrap_or_default();
        self.services.get(area).map_or_else(|| self.service("gateway").listen, |replicas| replicas[0].listen)
    }

    /// Stops everything and removes its folder. A test that fails leaves both to the next one.
    pub async fn stop(self) {
        let services = self.services.values().flatten().map(|service| &service.process);
        for process in services.chain([&self.envoy.process, &self.redis.process]) {
            process.kill9().await;
        }
        self.postgres.process.terminate().await;
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The project's folder.
pub fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Runs `observatory-migrate`.
///
/// # Errors
/// What it says.
pub async fn migrate(tools: &Tools, database_url: &str, direction: &str) -> Result<()> {
    let output = tokio::process::Command::new(tools.binary("observatory-migrate")?)
        .arg(direction)
        .env("OBSERVATORY_DATABASE_URL", database_url)
        .output()
        .await
        .context("observatory-migrate")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Tests that failed, and meshes shared by the tests of a program, can't clean up behind themselves.
fn remove_leftovers() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()).map(str::to_owned);
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
