//! What it takes to be a service of the observatory: configuration, telemetry,
//! health, deadlines, load shedding, one error model, drain, and channels to peers.
//!
//! ```no_run
//! use observatory_mesh::{Config, NoOptions, Scope, Service, ServiceInfo};
//!
//! const SERVICE: ServiceInfo =
//!     ServiceInfo { name: "cleaner", version: env!("CARGO_PKG_VERSION"), default_port: 50052, about: "Cleans ads" };
//!
//! async fn build(_config: Config<NoOptions>, scope: Scope) -> anyhow::Result<Service> {
//!     scope.dependency("postgres", || async { Ok(()) });
//!     Ok(Service::new()) // .add(server!(CleanerServiceServer, grpc, config.limits))
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     observatory_mesh::start(SERVICE, build)
//! }
//! ```

mod admin;
pub mod config;
mod context;
mod health;

mod peer;
mod reflection;
mod rpc;
mod run;
mod scope;
mod serve;
mod service;
mod telemetry;

pub use observatory_proto::{Error, Reason};

pub use config::{Command, Config, ConfigError, HealthOptions, Limits, LogFormat, NoOptions, Options};
pub use context::CallContext;
pub use peer::{Peer, PeerError};
pub use run::{RunError, Running, spawn, start};
pub use scope::Scope;
pub use service::{Server, Service, ServiceInfo};

/// For the macros of this crate.
#[doc(hidden)]
pub use tonic;
