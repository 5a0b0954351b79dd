//! The Scraper: ads from job portals. The contract is served; the
//! capability behind it is still missing, and every call says so.

mod grpc;

use observatory_mesh::{Config, NoOptions, Scope, Service, ServiceInfo, server};
use observatory_proto::scraper::scraper_service_server::ScraperServiceServer;

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "scraper",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50051,
    about: "Scrapes job portals politely",
};

/// Hands the service over.
///
/// # Errors
/// None yet.
pub async fn build(config: Config<NoOptions>, _scope: Scope) -> anyhow::Result<Service> {
    Ok(Service::new().add(server!(ScraperServiceServer, grpc::Grpc, config.limits)))
}
