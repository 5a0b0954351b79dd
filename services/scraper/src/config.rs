//! What an operator may set about the scraper.

use std::path::PathBuf;

use observatory_operations::BackendOptions;
use observatory_scraping::fetch::FetchOptions;
use serde::{Deserialize, Serialize};

/// The `service` section of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Workers and connections. A worker is one crawl; default 4.
    #[serde(flatten)]
    pub backend: BackendOptions,
    /// Folder with descriptions of more portals (`*.toml`); one with a shipped name takes its place. Empty: none.
    pub spiders_dir: PathBuf,
    /// Spiders that are off as shipped and may run here, because the operator has the right to it.
    pub enable: Vec<String>,
    /// Ads of a crawl where the caller doesn't say; default 500.
    pub max_jobs: u32,
    /// Listing pages of a crawl where the caller doesn't say; default 100.
    pub max_pages: u32,
    /// Who asks, how fast, how much, and which addresses that aren't public.
    pub fetch: FetchOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            backend: BackendOptions { workers: 4, ..BackendOptions::default() },
            spiders_dir: PathBuf::new(),
            enable: Vec::new(),
            max_jobs: 500,
            max_pages: 100,
            fetch: FetchOptions::default(),
        }
    }
}

impl observatory_mesh::Options for Options {
    fn problems(&self) -> Vec<String> {
        let mut problems = self.backend.problems();
        problems.extend(self.fetch.problems().into_iter().map(|problem| format!("service.fetch.{problem}")));
        if self.max_jobs == 0 || self.max_pages == 0 {
            problems.push("service.max_jobs and service.max_pages must be at least 1".into());
        }
        if !self.spiders_dir.as_os_str().is_empty() && !self.spiders_dir.is_dir() {
            problems.push(format!("service.spiders_dir: {} is no folder", self.spiders_dir.display()));
        }
        problems
    }
}
