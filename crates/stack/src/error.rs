use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

/// What can go wrong while the local stack is located, started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program or file that set-up installs is not there.
    #[error("{what} is missing at {}: run ./dev setup", path.display())]
    NotInstalled { what: &'static str, path: PathBuf },

    /// A language model that set-up does not install is not there.
    #[error("{what} is missing at {}: run ./dev llm", path.display())]
    NoLlm { what: &'static str, path: PathBuf },

    /// A binary of this workspace has not been built.
    #[error("{name} is not built ({}): run ./dev build", path.display())]
    NotBuilt { name: String, path: PathBuf },

    /// Another supervisor holds the data directory.
    #[error("{} is in use by process {}: stop it with ./dev down, or choose another --data directory",
        data_dir.display(), pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string()))]
    AlreadyRunning { data_dir: PathBuf, pid: Option<u32> },

    /// Somebody else listens where one of our processes wants to.
    #[error("port {} for {name} is taken by {}: stop that, or choose another port", address.port(),
        holder.as_deref().unwrap_or("another process"))]
    PortTaken { name: String, address: SocketAddr, holder: Option<String> },

    /// As root the databases run as another user, who can't enter this directory.
    #[error("the user '{user}', as which the databases run, can't enter {}: choose another --data directory, for example below /var/lib",
        path.display())]
    NotReachable { user: &'static str, path: PathBuf },

    /// The process ended before it was ready.
    #[error("{name} ended while starting ({status}); its log {} ends with:\n{tail}", log.display())]
    EndedEarly { name: String, status: String, log: PathBuf, tail: String },

    /// The process runs but did not become ready in time.
    #[error("{name} was not ready after {} s; its log {} ends with:\n{tail}", after.as_secs(), log.display())]
    NotReady { name: String, after: Duration, log: PathBuf, tail: String },

    /// No free port was found.
    #[error("no free port between {0} and {1}")]
    NoFreePort(u16, u16),

    /// A helper program (cp, psql ...) failed.
    #[error("{what} failed: {output}")]
    Command { what: String, output: String },

    /// A file or process operation failed.
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

/// This crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Says what was being done when an I/O error happened.
pub(crate) trait Context<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for io::Result<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { what: what(), source })
    }
}
