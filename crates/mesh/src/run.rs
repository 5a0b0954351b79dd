//! A service's life: configuration, listeners, serving, drain.

use std::{collections::BTreeMap, env, fs, future::Future, net::SocketAddr, process::ExitCode, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    admin,
    config::{Command, Config, Options, seconds},
    health::Health,
    scope::Scope,
    serve::{self, ServeOptions},
    service::{Service, ServiceInfo},
    telemetry,
};

/// `EX_USAGE`: the configuration is at fault, starting again won't help.
const EX_USAGE: u8 = 64;
/// What a shell reports for a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Why a service doesn't run (any more).
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The address is taken or none of this machine's.
    #[error("can't listen on {address}: {error}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// The service can't be built.
    #[error("can't start: {0:#}")]
    Build(anyhow::Error),
    /// Serving failed.
    #[error("can't serve: {0}")]
    Serve(String),
    /// Background work failed.
    #[error("background work failed: {0}")]
    Task(String),
}

/// The `main` of every service: reads the configuration, serves until SIGINT or
/// SIGTERM, drains. A second signal ends the process at once.
pub fn start<O, F, Fut>(info: ServiceInfo, build: F) -> ExitCode
where
    O: Options,
    F: FnOnce(Config<O>, Scope) -> Fut,
    Fut: Future<Output = anyhow::Result<Service>>,
{
    let env: BTreeMap<_, _> =
        env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))).collect();
    let config = match Config::load(&info, env::args().skip(1), &env, |path| fs::read_to_string(path)) {
        Ok(Command::Run(config)) => *config,
        Ok(Command::Print(text)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprint!("{error}");
            return ExitCode::from(EX_USAGE);
        }
    };
    // Fails only where a provider is there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("can't start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(info, config, build));
    runtime.shutdown_timeout(Duration::from_millis(500));
    code
}

async fn run<O, F, Fut>(info: ServiceInfo, config: Config<O>, build: F) -> ExitCode
where
    O: Options,
    F: FnOnce(Config<O>, Scope) -> Fut,
    Fut: Future<Output = anyhow::Result<Service>>,
{
    let _telemetry = match telemetry::init(&info, &config) {
        Ok(telemetry) => telemetry,
        Err(error) => {
            eprintln!("can't log: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panicked")));
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => {
            tracing::error!(%error, "can't listen for signals");
            return ExitCode::FAILURE;
        }
    };
    let started = tokio::select! {
        started = spawn(info, config, build) => started,
        () = signals.next() => return ExitCode::SUCCESS,
    };
    let outcome = match started {
        Ok(running) => running.run_until(stop(signals)).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, service = info.name, "ended with an error");
            ExitCode::FAILURE
        }
    }
}

/// Resolves at the first signal; the second one ends the process.
async fn stop(mut signals: Signals) {
    signals.next().await;
    tokio::spawn(async move {
        signals.next().await;
        tracing::warn!("second signal, ending at once");
        std::process::exit(INTERRUPTED);
    });
}

/// SIGINT and SIGTERM.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => tracing::info!("interrupted"),
            _ = self.terminate.recv() => tracing::info!("asked to terminate"),
        }
    }
}

/// A service that runs in this process.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    scope: Scope,
    server: JoinHandle<Result<(), String>>,
    aside: CancellationToken,
    drain_notice: Duration,
    drain: Duration,
}

/// Starts a service in this process; tests do so too. It serves when this returns.
///
/// # Errors
/// Where an address can't be bound or `build` fails.
pub async fn spawn<O, F, Fut>(info: ServiceInfo, mut config: Config<O>, build: F) -> Result<Running, RunError>
where
    O: Options,
    F: FnOnce(Config<O>, Scope) -> Fut,
    Fut: Future<Output = anyhow::Result<Service>>,
{
    let listener = bind(&mut config.listen).await?;
    let metrics_listener = match &mut config.metrics_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    admin::install();
    let (reporter, health_server) = tonic_health::server::health_reporter();
    let health = Health::new(config.health, reporter);
    let scope = Scope::new(health.clone());
    let options = ServeOptions { limits: config.limits, cors_origins: config.cors_origins.clone() };
    let running =
        (config.listen, config.metrics_listen, seconds(config.drain_notice_seconds), seconds(config.drain_seconds));
    let (address, metrics_address, drain_notice, drain) = running;

    let service = build(config, scope.clone()).await.map_err(RunError::Build)?;
    health.announce(&service.names).await;
    let server = serve::serve(listener, service, health_server, &options, scope.drain());
    let server = tokio::spawn(server.map_err(RunError::Serve)?);
    let aside = CancellationToken::new();
    tokio::spawn(aside.clone().run_until_cancelled_owned({
        let health = health.clone();
        async move { tokio::join!(health.watch(), admin::upkeep()) }
    }));
    if let Some(listener) = metrics_listener {
        let pages = axum::serve(listener, admin::router(health)).into_future();
        tokio::spawn(aside.clone().run_until_cancelled_owned(pages));
    }
    tracing::info!(
        service = info.name,
        version = info.version,
        %address,
        metrics = metrics_address.map(tracing::field::display),
        "listening"
    );
    Ok(Running { address, metrics_address, scope, server, aside, drain_notice, drain })
}

/// Binds, and puts the real port where 0 stood.
async fn bind(address: &mut SocketAddr) -> Result<TcpListener, RunError> {
    let failed = |error| RunError::Bind { address: *address, error };
    let listener = TcpListener::bind(*address).await.map_err(failed)?;
    *address = listener.local_addr().map_err(failed)?;
    Ok(listener)
}

impl Running {
    /// Where gRPC is served, with its real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where `/metrics` and `/health` are served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The service's scope.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Drains and ends.
    ///
    /// # Errors
    /// Where background work had failed.
    pub async fn shutdown(self) -> Result<(), RunError> {
        self.run_until(std::future::ready(())).await
    }

    /// Serves until `stop` resolves or background work fails, then drains.
    ///
    /// # Errors
    /// Where serving or background work failed.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<(), RunError> {
        tokio::select! {
            () = stop => {}
            () = self.scope.failed().cancelled() => {}
            ended = &mut self.server => return Err(RunError::Serve(format!("{ended:?}"))),
        }
        self.drain().await;
        match self.scope.failure() {
            Some(failure) => Err(RunError::Task(failure)),
            None => Ok(()),
        }
    }

    async fn drain(&mut self) {
        tracing::info!("draining");
        self.scope.health().drain().await;
        tokio::time::sleep(self.drain_notice).await;
        self.scope.drain().cancel();
        self.scope.tasks().close();
        let all = async { tokio::join!(&mut self.server, self.scope.tasks().wait()) };
        match tokio::time::timeout(self.drain, all).await {
            Ok(_) => tracing::info!("drained"),
            Err(_) => tracing::warn!(after = ?self.drain, "the drain took too long, dropping what is left"),
        }
        self.server.abort();
        self.scope.force();
        self.aside.cancel();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.scope.drain().cancel();
        self.scope.force();
        self.aside.cancel();
        self.server.abort();
    }
}
