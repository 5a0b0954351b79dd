//! Reflection: every type, but only this process's services in the list.

use observatory_proto::FILE_DESCRIPTOR_SET;
use tonic::service::Routes;
use tonic_reflection::server::{Builder, Error};

/// Adds reflection v1 and v1alpha (Postman and grpcui ask for the latter).
pub fn add(routes: Routes, services: &[String]) -> Result<Routes, Error> {
    Ok(routes.add_service(builder(services).build_v1()?).add_service(builder(services).build_v1alpha()?))
}

fn builder(services: &[String]) -> Builder<'static> {
    let builder = Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
    let health = "grpc.health.v1.Health".to_string();
    services.iter().chain([&health]).fold(builder, |builder, name| builder.with_service_name(name))
}
