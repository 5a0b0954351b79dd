//! Whole-mesh tests: every service as the process it is in production, behind Envoy,
//! on a private PostgreSQL and Redis. The scenarios stand in `scenarios/`; here is
//! what they work with.
//!
//! - [`Mesh`] starts and stops it all, and runs the programs that callers use
//!   (`observatory`, `grpcurl`).
//! - [`Clients`] are callers by gRPC, gRPC-web and REST, each with an address of its own.
//! - [`dynamic`] calls any RPC by name with JSON, or with bytes that are no message.
//! - [`Failure`] is an error as any of these surfaces tells it.
//! - [`Demo`] is a mesh whose scraper may scrape a local portal.
//! - [`ads`] invents ads, [`watch`] follows an operation to its end whatever breaks meanwhile.
//!
//! Needs `./dev setup`, and the debug binaries: `cargo build --workspace`.

#![allow(clippy::unwrap_used)]

pub mod ads;
mod clients;
mod demo;
pub mod dynamic;
mod failure;
mod mesh;
mod programs;
pub mod watch;

use std::{future::Future, time::Duration};

pub use clients::{Answer, Clients, Rest, Web, web};
pub use demo::{Demo, count, response};
pub use failure::Failure;
pub use mesh::{FIRES, Mesh, MeshBuilder, migrate, project_root};
pub use programs::{Output, run};

use serde_json::Value;

/// Asks again and again until the answer is yes.
///
/// # Panics
/// Where it still isn't after `limit`.
pub async fn eventually<F, R>(limit: Duration, what: &str, mut ask: F)
where
    F: FnMut() -> R,
    R: Future<Output = bool>,
{
    let waiting = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    assert!(tokio::time::timeout(limit, waiting).await.is_ok(), "not within {limit:?}: {what}");
}

/// True where two JSON values say the same: 1 and 1.0 are one number, and so are two that only
/// serde_json's reading of the last digit tells apart.
pub fn same_json(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            (a - b).abs() <= 4.0 * f64::EPSILON * a.abs()
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_json(a, b)))
        }
        _ => a == b,
    }
}
