//! The Embedder: vectors of texts. The contract is served; the
//! capability behind it is still missing, and every call says so.

mod grpc;

use observatory_mesh::{Config, NoOptions, Scope, Service, ServiceInfo, server};
use observatory_proto::embedder::embedder_service_server::EmbedderServiceServer;

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "embedder",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50055,
    about: "Embeds texts and searches by meaning",
};

/// Hands the service over.
///
/// # Errors
/// None yet.
pub async fn build(config: Config<NoOptions>, _scope: Scope) -> anyhow::Result<Service> {
    Ok(Service::new().add(server!(EmbedderServiceServer, grpc::Grpc, config.limits)))
}
