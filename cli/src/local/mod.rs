//! The whole stack on this machine: starting it, the note that it leaves for others, and
//! running it in the background.

pub mod detach;
pub mod llm;
pub mod note;
pub mod portal;
pub mod start;

use std::{
    io,
    path::{Path, PathBuf},
};

use observatory_stack::{Tools, default_data_dir};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    error::{CliError, Result},
    words::{self, Lang},
};

impl From<observatory_stack::Error> for CliError {
    fn from(error: observatory_stack::Error) -> Self {
        Self::Stack(error.to_string())
    }
}

/// The project's folder, and the data's.
///
/// # Errors
/// Where the project isn't found.
pub fn places(data: Option<PathBuf>, lang: Lang) -> Result<(PathBuf, PathBuf)> {
    let root = Tools::find_root().ok_or_else(|| CliError::Stack(words::no_root(lang)))?;
    let data = data.unwrap_or_else(|| default_data_dir(&root));
    Ok((root, absolute(&data)))
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

/// Ctrl-C, SIGTERM (`down`), SIGHUP (the terminal closes).
pub struct Stop([Signal; 3]);

impl Stop {
    /// Takes these signals over.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn new() -> io::Result<Self> {
        Ok(Self([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?, signal(SignalKind::hangup())?]))
    }

    /// Waits for the next of them.
    pub async fn recv(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
