//! A place to wait for other processes that speak to the same host.

use std::any::Any;

use async_trait::async_trait;

use super::error::FetchError;

/// Asked before each request to a host, robots.txt and redirects included. Without one, nothing is asked.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Waits until this process may speak to the host; it may until the permit is dropped, when the request has ended.
    async fn enter(&self, host: &str) -> Result<Permit, FetchError>;
}

/// Leave to speak to a host.
pub struct Permit(#[allow(dead_code)] Option<Box<dyn Any + Send + Sync>>);

impl Permit {
    /// Leave that nobody waits for.
    pub fn open() -> Self {
        Self(None)
    }

    /// Leave that ends when the guard is dropped.
    pub fn held(guard: impl Any + Send + Sync) -> Self {
        Self(Some(Box::new(guard)))
    }
}
