//! The observatory's servers as child processes of one supervisor: PostgreSQL, Redis,
//! Envoy and the services of this workspace. `observatory up` runs them on fixed ports
//! from one data directory; tests run private ones on free ports.
//!
//! - [`Tools`] says where the programs are, [`DataDir`] where their data is and that
//!   nobody else uses it.
//! - [`Postgres`], [`Redis`], [`Service`] and [`Envoy`] each start one server and return
//!   when it answers.
//! - [`Llm`] is a small language model's server, where `./dev llm` has installed one.
//! - [`Process`] is what they have in common: its log, its end, a restart, `kill -9`.
//! - [`Supervisor`] restarts what crashes and stops everything in reverse order.
//! - [`Layout`] holds the ports of a whole stack and the environment of each service.
//!
//! Children die with this process, even by `kill -9`: see `spawner.rs`.

mod data_dir;
mod envoy;
mod error;
mod layout;
mod llm;
mod ports;
mod postgres;
mod probe;
mod process;
mod redis;
mod service;
mod spawner;
mod supervisor;
mod tools;
mod user;

pub use data_dir::{DataDir, default_data_dir, running_pid, spawn_detached, stop_running};
pub use envoy::{Envoy, EnvoyOptions};
pub use error::{Error, Result};
pub use layout::{Endpoint, Layout, SERVICES};
pub use llm::{Llm, LlmOptions};
pub use ports::{check_free, free_port};
pub use postgres::{Postgres, PostgresOptions};
pub use process::{Process, Spec, StopSignal};
pub use redis::{Redis, RedisOptions};
pub use service::{Ready, Service, ServiceSpec};
pub use supervisor::Supervisor;
pub use tools::Tools;
pub use user::DbUser;
