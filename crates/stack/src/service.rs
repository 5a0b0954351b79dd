use std::{net::SocketAddr, path::Path, time::Duration};

use crate::{Process, Result, Spec, Tools, check_free, probe};

/// When a service counts as started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ready {
    /// `grpc.health.v1.Health/Check` answers SERVING.
    #[default]
    Serving,
    /// The port takes connections.
    Listening,
}

/// A binary of this workspace and where it listens.
#[derive(Debug, Clone)]
pub struct ServiceSpec {
    /// Name of its log and pid file, for example `cleaner` or `cleaner-2`.
    pub name: String,
    /// Binary in [`Tools::bin_dir`], for example `observatory-cleaner`.
    pub binary: String,
    pub args: Vec<String>,
    pub listen: SocketAddr,
    /// Where it shows its metrics; checked to be free.
    pub metrics: Option<SocketAddr>,
    pub env: Vec<(String, String)>,
    pub ready: Ready,
    /// How long it may take to become ready; default 30 s.
    pub ready_within: Duration,
}

impl ServiceSpec {
    /// `observatory-NAME`, listening there, with `OBSERVATORY_LISTEN` and
    /// `OBSERVATORY_METRICS_LISTEN` set.
    pub fn new(name: &str, listen: SocketAddr, metrics: SocketAddr) -> Self {
        Self {
            name: name.to_owned(),
            binary: format!("observatory-{name}"),
            args: Vec::new(),
            listen,
            metrics: Some(metrics),
            env: vec![
                ("OBSERVATORY_LISTEN".into(), listen.to_string()),
                ("OBSERVATORY_METRICS_LISTEN".into(), metrics.to_string()),
            ],
            ready: Ready::default(),
            ready_within: Duration::from_secs(30),
        }
    }

    /// Gives a further replica a name of its own.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds environment variables; later ones win.
    pub fn envs<K, V>(mut self, env: impl IntoIterator<Item = (K, V)>) -> Self
    where
        K: Into<String>,
        V: Into<String>,
    {
        self.env.extend(env.into_iter().map(|(key, value)| (key.into(), value.into())));
        self
    }
}

/// One running replica of a service.
#[derive(Debug, Clone)]
pub struct Service {
    pub process: Process,
    pub listen: SocketAddr,
    spec: ServiceSpec,
}

impl Service {
    /// Starts it with logs and pid below `dir` and waits until it is ready.
    pub async fn start(tools: &Tools, dir: &Path, spec: ServiceSpec) -> Result<Self> {
        let service = Self::spawn(tools, dir, spec)?;
        service.wait_ready().await?;
        Ok(service)
    }

    /// Starts it without waiting, so that several can start side by side.
    pub fn spawn(tools: &Tools, dir: &Path, spec: ServiceSpec) -> Result<Self> {
        let program = tools.binary(&spec.binary)?;
        check_free(&spec.name, spec.listen)?;
        if let Some(metrics) = spec.metrics {
            check_free(&format!("the metrics of {}", spec.name), metrics)?;
        }
        let mut process = Spec::new(&spec.name, program, dir).args(&spec.args);
        process.env = tools.env_of(&spec.binary);
        process.env.extend(spec.env.iter().cloned());
        // Longer than a service takes to drain.
        process.grace = Duration::from_secs(20);
        Ok(Self { process: Process::start(process)?, listen: spec.listen, spec })
    }

    /// Waits until it is ready as its spec says.
    pub async fn wait_ready(&self) -> Result<()> {
        let limit = self.spec.ready_within;
        match self.spec.ready {
            Ready::Serving => self.process.wait_ready(limit, || probe::serving(self.listen)).await,
            Ready::Listening => self.process.wait_ready(limit, || probe::accepts(self.listen)).await,
        }
    }

    /// Ends it where it still runs, starts it again and waits until it is ready.
    pub async fn restart(&self) -> Result<()> {
        self.process.restart().await?;
        self.wait_ready().await
    }

    /// `http://ADDRESS`, for a client's channel.
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }
}
