//! Free ports for tests, and who holds a port that should be free.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use crate::{Error, Result, error::Context};

// Below the kernel's ephemeral range (32768 up), so that no outgoing connection takes a
// port between our choosing it and the server's binding it.
const FIRST: u16 = 20_000;
const LAST: u16 = 32_000;

// A port that was handed out stays ours, across processes too: two test binaries that run
// side by side each hold a lock file per port until they end.
static TAKEN: Mutex<BTreeMap<u16, File>> = Mutex::new(BTreeMap::new());

/// A port of 127.0.0.1 that nobody listens on and that no other caller of this function,
/// in this process or another, has been given. It stays reserved while this process lives.
pub fn free_port() -> Result<u16> {
    let dir = lock_dir();
    fs::create_dir_all(&dir).context(|| format!("creating {}", dir.display()))?;
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    let span = LAST - FIRST;
    // Start somewhere else in each process.
    let offset = (std::process::id().wrapping_mul(7919) % u32::from(span)) as u16;
    for step in 0..span {
        let port = FIRST + (offset + step) % span;
        if taken.contains_key(&port) {
            continue;
        }
        let Ok(file) = File::create(dir.join(port.to_string())) else {
            continue;
        };
        if file.try_lock().is_ok() && is_free(SocketAddr::from(([127, 0, 0, 1], port))) {
            taken.insert(port, file);
            return Ok(port);
        }
    }
    Err(Error::NoFreePort(FIRST, LAST))
}

/// Fails with [`Error::PortTaken`], naming the holder where /proc tells, when `address` can't be bound.
pub fn check_free(name: &str, address: SocketAddr) -> Result<()> {
    if is_free(address) {
        return Ok(());
    }
    Err(Error::PortTaken { name: name.to_owned(), address, holder: holder_of(address.port()) })
}

fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

fn lock_dir() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    std::env::temp_dir().join(format!("observatory-ports-{user}"))
}

/// "NAME (pid N)" of the process that listens on `port`, as far as this user may see it.
fn holder_of(port: u16) -> Option<String> {
    let inodes: Vec<String> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|table| listening_inodes(&table, port))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(descriptors) = fs::read_dir(entry.path().join("fd")) else {
            continue;
        };
        let holds = descriptors
            .flatten()
            .filter_map(|fd| fs::read_link(fd.path()).ok())
            .any(|target| inodes.iter().any(|inode| target.as_os_str() == inode.as_str()));
        if holds {
            let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            return Some(format!("{} (pid {pid})", name.trim()));
        }
    }
    None
}

/// Inodes of the sockets that listen on `port`, from a table in the form of /proc/net/tcp.
fn listening_inodes(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let listens = fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == LISTEN;
            listens.then(|| fields.get(9).map(|inode| (*inode).to_owned()))?
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn free_ports_differ_and_can_be_bound() {
        let ports: Vec<u16> = (0..20).map(|_| free_port().expect("a free port")).collect();
        let mut unique = ports.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), ports.len());
        for port in ports {
            TcpListener::bind(("127.0.0.1", port)).expect("port can be bound");
        }
    }

    #[test]
    fn a_taken_port_names_its_holder() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let address = listener.local_addr().expect("address");
        let error = check_free("redis", address).expect_err("port is taken").to_string();
        let pid = format!("(pid {})", std::process::id());
        assert!(error.contains(&pid) && error.contains("redis"), "{error}");
    }
}
