use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use crate::{Result, ServiceSpec, free_port};

/// The services of the mesh, in the order in which they start.
pub const SERVICES: [&str; 7] = ["scraper", "cleaner", "extractor", "llm", "embedder", "clusterer", "gateway"];

/// Where one replica of a service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoint {
    pub grpc: SocketAddr,
    pub metrics: SocketAddr,
}

/// The addresses of a whole stack on this machine.
#[derive(Debug, Clone)]
pub struct Layout {
    pub postgres: u16,
    pub redis: u16,
    /// The local portal with the sample ads.
    pub portal: u16,
    /// Envoy's listener: what callers use.
    pub envoy: SocketAddr,
    pub envoy_admin: SocketAddr,
    /// Replicas of each service, by its name.
    pub services: BTreeMap<String, Vec<Endpoint>>,
}

impl Layout {
    /// The fixed ports of `observatory up`: Envoy 8080 (admin 9901), PostgreSQL 55432,
    /// Redis 56379, local portal 8099, gateway 50050, services 50051 to 50056, metrics 1000 above each.
    pub fn local() -> Self {
        let ports = [50051, 50052, 50053, 50054, 50055, 50056, 50050];
        let services = SERVICES.iter().zip(ports).map(|(name, port)| {
            let endpoint = Endpoint { grpc: loopback(port), metrics: loopback(port + 1000) };
            ((*name).to_owned(), vec![endpoint])
        });
        Self {
            postgres: 55432,
            redis: 56379,
            portal: 8099,
            envoy: loopback(8080),
            envoy_admin: loopback(9901),
            services: services.collect(),
        }
    }

    /// Free ports for everything, one replica each.
    pub fn free() -> Result<Self> {
        let mut services = BTreeMap::new();
        for name in SERVICES {
            services.insert(name.to_owned(), vec![free_endpoint()?]);
        }
        Ok(Self {
            postgres: free_port()?,
            redis: free_port()?,
            portal: free_port()?,
            envoy: loopback(free_port()?),
            envoy_admin: loopback(free_port()?),
            services,
        })
    }

    /// Adds replicas of a service on free ports until it has `count`.
    pub fn replicas(mut self, service: &str, count: usize) -> Result<Self> {
        let endpoints = self.services.entry(service.to_owned()).or_default();
        while endpoints.len() < count {
            endpoints.push(free_endpoint()?);
        }
        Ok(self)
    }

    /// gRPC addresses of every service, as Envoy's clusters want them.
    pub fn upstreams(&self) -> BTreeMap<String, Vec<SocketAddr>> {
        self.services
            .iter()
            .map(|(name, endpoints)| (name.clone(), endpoints.iter().map(|at| at.grpc).collect()))
            .collect()
    }

    /// What each replica of `service` is started with: its listeners, the databases, and
    /// the addresses of every other service as `OBSERVATORY_PEERS__NAME` (several
    /// replicas separated by commas).
    pub fn specs(&self, service: &str, database_url: &str, redis_url: &str) -> Vec<ServiceSpec> {
        let mut shared = vec![
            ("OBSERVATORY_DATABASE_URL".to_owned(), database_url.to_owned()),
            ("OBSERVATORY_REDIS_URL".to_owned(), redis_url.to_owned()),
        ];
        for (peer, endpoints) in self.services.iter().filter(|(peer, _)| *peer != service) {
            let urls: Vec<String> = endpoints.iter().map(|at| format!("http://{}", at.grpc)).collect();
            shared.push((format!("OBSERVATORY_PEERS__{}", peer.to_uppercase()), urls.join(",")));
        }
        // A language model takes its time, and the extractor waits for it where pipeline B is asked for.
        if matches!(service, "llm" | "extractor") {
            shared.push(("OBSERVATORY_LIMITS__REQUEST_TIMEOUT_SECONDS".to_owned(), "300".to_owned()));
        }
        let endpoints = self.services.get(service).map_or(&[][..], Vec::as_slice);
        endpoints
            .iter()
            .enumerate()
            .map(|(index, at)| {
                let spec = ServiceSpec::new(service, at.grpc, at.metrics).envs(shared.clone());
                if index == 0 { spec } else { spec.named(format!("{service}-{}", index + 1)) }
            })
            .collect()
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn free_endpoint() -> Result<Endpoint> {
    Ok(Endpoint { grpc: loopback(free_port()?), metrics: loopback(free_port()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_all_other_services_with_all_their_replicas() {
        let layout = Layout::local().replicas("llm", 2).expect("a free port");
        let specs = layout.specs("extractor", "postgres://x", "redis://x");
        assert_eq!(specs.len(), 1);
        let env: BTreeMap<_, _> = specs[0].env.iter().cloned().collect();
        assert_eq!(env["OBSERVATORY_LISTEN"], "127.0.0.1:50053");
        assert_eq!(env["OBSERVATORY_METRICS_LISTEN"], "127.0.0.1:51053");
        assert_eq!(env["OBSERVATORY_PEERS__CLEANER"], "http://127.0.0.1:50052");
        assert_eq!(env["OBSERVATORY_PEERS__LLM"].split(',').count(), 2);
        assert!(!env.contains_key("OBSERVATORY_PEERS__EXTRACTOR"));
        let llm: Vec<String> = layout.specs("llm", "", "").into_iter().map(|spec| spec.name).collect();
        assert_eq!(llm, ["llm", "llm-2"]);
    }
}
