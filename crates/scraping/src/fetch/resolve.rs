//! From a host to the addresses that may be connected to.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use async_trait::async_trait;
use url::Host;

use super::{address, error::FetchError};

/// Addresses of one host that are tried, at most.
const MAX_ADDRESSES: usize = 4;

/// Looks up names. Tests bring their own.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// All addresses of a name.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// The addresses to connect to: looked up once and all checked, so one special address refuses the host.
///
/// # Errors
/// `Dns` or `ForbiddenAddress`.
pub(crate) async fn checked_addresses(
    resolver: &dyn Resolve,
    host: &Host<String>,
    port: u16,
    allowed: bool,
) -> Result<Vec<SocketAddr>, FetchError> {
    let mut addresses = match host {
        Host::Ipv4(ip) => vec![IpAddr::V4(*ip)],
        Host::Ipv6(ip) => vec![IpAddr::V6(*ip)],
        Host::Domain(name) => resolver
            .resolve(address::without_root_dot(name))
            .await
            .map_err(|error| FetchError::Dns { host: name.clone(), reason: error.to_string() })?,
    };
    if addresses.is_empty() {
        return Err(FetchError::Dns { host: host.to_string(), reason: "the resolver gave none".into() });
    }
    if !allowed {
        for ip in &addresses {
            if let Some(what) = address::special(*ip) {
                return Err(FetchError::ForbiddenAddress {
                    host: host.to_string(),
                    reason: format!("its address {ip} is {what}"),
                });
            }
        }
    }
    // IPv4 first: a machine without IPv6 then loses no time.
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.truncate(MAX_ADDRESSES);
    Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
}
