//! The LLM service: pipeline B. The contract is served; the
//! capability behind it is still missing, and every call says so.

mod grpc;

use observatory_mesh::{Config, NoOptions, Scope, Service, ServiceInfo, server};
use observatory_proto::llm::llm_service_server::LlmServiceServer;

/// What this service is.
pub const SERVICE: ServiceInfo = ServiceInfo {
    name: "llm",
    version: env!("CARGO_PKG_VERSION"),
    default_port: 50054,
    about: "Asks a language model for skills",
};

/// Hands the service over.
///
/// # Errors
/// None yet.
pub async fn build(config: Config<NoOptions>, _scope: Scope) -> anyhow::Result<Service> {
    Ok(Service::new().add(server!(LlmServiceServer, grpc::Grpc, config.limits)))
}
