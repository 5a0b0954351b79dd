//! The gateway: what people query.

use std::process::ExitCode;

fn main() -> ExitCode {
    observatory_mesh::start(observatory_gateway::SERVICE, observatory_gateway::build)
}
