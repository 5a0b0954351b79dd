//! A client of the REST paths on one kept connection.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

/// The client.
pub struct Rest {
    client: Client<HttpConnector, Full<Bytes>>,
    server: String,
}

impl Rest {
    /// Calls `server`, such as `http://127.0.0.1:8080`, from `source` where one is given.
    pub fn new(server: &str, source: Option<IpAddr>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(source);
        connector.set_nodelay(true);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), server: server.to_owned() }
    }

    /// The answer to a GET, and how long it took.
    ///
    /// # Errors
    /// Where it isn't 200.
    pub async fn get(&self, path: &str) -> Result<(Value, Duration)> {
        self.call(Method::GET, path, Bytes::new()).await
    }

    /// The answer to a POST, and how long it took.
    ///
    /// # Errors
    /// Where it isn't 200.
    pub async fn post(&self, path: &str, body: &Value) -> Result<(Value, Duration)> {
        self.call(Method::POST, path, body.to_string().into()).await
    }

    async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<(Value, Duration)> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.server))
            .header("content-type", "application/json")
            .body(Full::new(body))?;
        let begun = Instant::now();
        let response = self.client.request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        let took = begun.elapsed();
        ensure!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        Ok((serde_json::from_slice(&body)?, took))
    }
}
