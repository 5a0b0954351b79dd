//! Which URLs and addresses may be asked: http and https, names and addresses of the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::{error::FetchError, options::AllowedOrigin};

/// Longer URLs are refused.
const MAX_URL_BYTES: usize = 8 << 10;

/// Ports of mail, remote shells, databases and the like, which no portal serves pages from. Most are those that
/// browsers block (WHATWG Fetch, "port blocking"); the rest are common data stores.
const BLOCKED_PORTS: [u16; 94] = [
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515, 526, 530,
    531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1433, 1719, 1720, 1723, 2049, 2375, 2379,
    3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9200,
    10080, 11211, 27017,
];

/// Last labels of names that no public host has (RFC 6761, 6762, 7686, 8375 and common use).
const PRIVATE_SUFFIXES: [&str; 14] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "home.arpa",
    "onion",
    "test",
    "invalid",
    "example",
];

/// Reads a URL as a portal or a person wrote it.
///
/// # Errors
/// `ForbiddenUrl` where it can't be parsed; everything else is checked before each request.
pub fn parse(text: &str) -> Result<Url, FetchError> {
    Url::parse(text).map_err(|error| FetchError::ForbiddenUrl { url: excerpt(text), reason: error.to_string() })
}

/// The start of a text from outside, for messages.
fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// A host name without the dot of the DNS root.
pub(crate) fn without_root_dot(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

/// Checks what can be checked of a URL before any look-up. `Ok(true)` says that its origin is on the allow-list.
///
/// # Errors
/// `ForbiddenUrl` or `ForbiddenAddress`.
pub fn check_url(url: &Url, allow: &[AllowedOrigin]) -> Result<bool, FetchError> {
    let forbidden = |reason: &str| {
        let mut shown = url.clone();
        // Secrets don't belong in logs; URLs that can't have them refuse the call, and need none.
        let _ = shown.set_password(None);
        let _ = shown.set_username("");
        Err(FetchError::ForbiddenUrl { url: excerpt(shown.as_str()), reason: reason.into() })
    };
    if !matches!(url.scheme(), "http" | "https") {
        return forbidden("only http and https are");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return forbidden("it has a user name or password");
    }
    if url.as_str().len() > MAX_URL_BYTES {
        return forbidden("it is longer than 8 KiB");
    }
    let Some(host) = url.host() else { return forbidden("it has no host") };
    if allow.iter().any(|origin| origin.matches(url)) {
        return Ok(true);
    }
    if url.port().is_some_and(|port| BLOCKED_PORTS.binary_search(&port).is_ok()) {
        return forbidden("its port isn't for the web");
    }
    let reason = match host {
        Host::Ipv4(ip) => special(ip.into()).map(|what| format!("{ip} is {what}")),
        Host::Ipv6(ip) => special(ip.into()).map(|what| format!("{ip} is {what}")),
        Host::Domain(name) => private_name(name),
    };
    match reason {
        Some(reason) => Err(FetchError::ForbiddenAddress { host: host.to_string(), reason }),
        None => Ok(false),
    }
}

fn private_name(name: &str) -> Option<String> {
    let name = without_root_dot(name);
    if name.is_empty() || name.starts_with('.') || name.contains("..") {
        return Some("it has an empty label".into());
    }
    if !name.contains('.') {
        return Some("a name of one label is of a local network".into());
    }
    let private = |suffix: &&&str| name.strip_suffix(**suffix).is_some_and(|rest| rest.ends_with('.'));
    PRIVATE_SUFFIXES.iter().find(private).map(|suffix| format!("names under .{suffix} aren't public"))
}

/// What an address is, if it isn't one of the public internet.
///
/// By the special-purpose registries of IANA (RFC 6890). IPv6 addresses that carry an IPv4 address are refused whatever
/// they carry, because who routes them where isn't known.
pub fn special(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip),
    }
}

fn special_v4(ip: Ipv4Addr) -> Option<&'static str> {
    Some(match ip.octets() {
        [0, ..] => "unspecified",
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => "private",
        [100, 64..=127, ..] => "shared by a carrier (CGNAT)",
        [127, ..] => "loopback",
        [169, 254, 169, 254] => "a cloud's metadata service",
        [169, 254, ..] => "link-local",
        [168, 63, 129, 16] => "a cloud's metadata service",
        [192, 0, 0, _] => "reserved for protocols",
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => "for documentation",
        [192, 88, 99, _] => "a relay of 6to4",
        [198, 18..=19, ..] => "for benchmarks",
        [224..=239, ..] => "multicast",
        [255, 255, 255, 255] => "broadcast",
        [240..=255, ..] => "reserved",
        _ => return None,
    })
}

fn special_v6(ip: Ipv6Addr) -> Option<&'static str> {
    Some(match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => "unspecified",
        [0, 0, 0, 0, 0, 0, 0, 1] => "loopback",
        [0, 0, 0, 0, 0, 0xffff, ..] => "an IPv4 address in IPv6 (v4-mapped)",
        [0, 0, 0, 0, 0xffff, 0, ..] => "an IPv4 address in IPv6 (v4-translated)",
        [0, 0, 0, 0, 0, 0, ..] => "an IPv4 address in IPv6 (v4-compatible)",
        [0x64, 0xff9b, ..] => "an IPv4 address in IPv6 (NAT64)",
        [0x100, ..] => "discard-only or reserved",
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => "a cloud's metadata service",
        [0xfc00..=0xfdff, ..] => "private (ULA)",
        [0xfe80..=0xfebf, ..] => "link-local",
        [0xfec0..=0xfeff, ..] => "site-local",
        [0xff00..=0xffff, ..] => "multicast",
        [0x2001, 0, ..] => "an IPv4 address in IPv6 (Teredo)",
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => "for documentation",
        [0x2001, 0..=0x1ff, ..] => "reserved for protocols",
        [0x2002, ..] => "an IPv4 address in IPv6 (6to4)",
        // ISATAP keeps an IPv4 address behind this mark in its interface identifier.
        [.., 0 | 0x200, 0x5efe, _, _] => "an IPv4 address in IPv6 (ISATAP)",
        [0x2000..=0x3fff, ..] => return None,
        _ => "reserved",
    })
}

#[cfg(test)]
mod tests;
