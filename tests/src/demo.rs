//! A mesh whose scraper may scrape a local portal.

use std::time::SystemTime;

use observatory_portal::{Options, Portal, Running, descriptions};
use observatory_proto::{google::longrunning::operation::Result as End, operations::OperationMetadata};
use prost::Message;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Clients, Mesh, MeshBuilder, watch::Watched};

/// The portal's own pace: no pause between requests.
const FLAT_OUT: &str = r#"{"start_delay_seconds": 0, "min_delay_seconds": 0, "adapt": false}"#;

/// The mesh and the portal.
pub struct Demo {
    /// The mesh.
    pub mesh: Mesh,
    /// The portal; its requests are recorded.
    pub portal: Running,
    /// What the portal's recorder counts from.
    pub started: SystemTime,
    /// Descriptions of the portal.
    pub spiders: TempDir,
}

impl Demo {
    /// Requests that the portal is to have under way at most.
    pub const CONCURRENCY: u32 = 8;

    /// Starts both. A scraper that dies is noticed after a second.
    pub async fn start(mesh: MeshBuilder, portal: Options) -> Self {
        let options = Options { record: true, max_in_flight: Some(Self::CONCURRENCY), ..portal };
        let portal = Portal::start(options).await.unwrap();
        let started = SystemTime::now();
        let spiders = tempfile::tempdir().unwrap();
        for (file, text) in descriptions(portal.origin()) {
            std::fs::write(spiders.path().join(file), text).unwrap();
        }
        let mesh = [
            ("SPIDERS_DIR", spiders.path().display().to_string()),
            ("LEASE_SECONDS", "1".into()),
            ("FETCH__ALLOW", portal.address().to_string()),
            ("FETCH__ALLOW_PACE", FLAT_OUT.into()),
            ("FETCH__ALLOW_CONCURRENCY", Self::CONCURRENCY.to_string()),
        ]
        .into_iter()
        .fold(mesh, |mesh, (key, value)| mesh.env("scraper", &format!("OBSERVATORY_SERVICE__{key}"), &value));
        Self { mesh: mesh.start().await.unwrap(), portal, started, spiders }
    }

    /// Starts a scrape by gRPC; returns its id.
    pub async fn scrape(&self, clients: &Clients, request: Value) -> String {
        let answer = clients.grpc("observatory.scraper.v1.ScraperService/ScrapePortal", request).await.unwrap();
        answer[0]["name"].as_str().unwrap().trim_start_matches("operations/").to_owned()
    }

    /// Stops both.
    pub async fn stop(self) {
        self.mesh.stop().await;
        self.portal.stop().await;
    }
}

/// What an operation counted under that name.
pub fn count(metadata: &OperationMetadata, name: &str) -> i32 {
    metadata.counts.get(name).copied().unwrap_or_default()
}

/// The response of an operation that succeeded.
///
/// # Panics
/// Where it has none.
pub fn response<M: Message + Default>(watched: &Watched) -> M {
    let Some(End::Response(any)) = &watched.operation.result else { panic!("{:?}", watched.operation) };
    M::decode(any.value.as_slice()).unwrap()
}
