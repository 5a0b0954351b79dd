//! The smallest service: nothing but health, reflection and metrics. `failing`
//! makes its background work fail, `stuck` makes it ignore the drain.

use observatory_mesh::{Config, Options, Scope, Service, ServiceInfo};
use serde::{Deserialize, Serialize};

const SERVICE: ServiceInfo =
    ServiceInfo { name: "minimal", version: env!("CARGO_PKG_VERSION"), default_port: 50990, about: "Shows the frame" };

#[derive(Debug, Default, Serialize, Deserialize)]
struct Own {
    failing: bool,
    stuck: bool,
}

impl Options for Own {}

async fn build(config: Config<Own>, scope: Scope) -> anyhow::Result<Service> {
    scope.dependency("postgres", || async { Ok(()) });
    let drain = scope.drain();
    scope.spawn("worker", async move {
        anyhow::ensure!(!config.service.failing, "told to fail");
        drain.cancelled().await;
        if config.service.stuck {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    Ok(Service::new())
}

fn main() -> std::process::ExitCode {
    observatory_mesh::start(SERVICE, build)
}
