//! What a running stack leaves in its data folder, so that others find it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Who runs the stack, and where it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The supervisor.
    pub pid: u32,
    /// Envoy's address.
    pub url: String,
    /// True once the first answer is printed.
    pub settled: bool,
}

fn path(data: &Path) -> PathBuf {
    data.join("run/observatory.json")
}

impl Note {
    /// Leaves it.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn write(&self, data: &Path) -> io::Result<()> {
        let (path, new) = (path(data), data.join("run/observatory.json.new"));
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(&new, serde_json::to_vec(self)?)?;
        fs::rename(new, path)
    }

    /// Reads the one that the process `pid` left; that of an earlier process counts as none.
    pub fn read(data: &Path, pid: u32) -> Option<Self> {
        let note: Self = serde_json::from_slice(&fs::read(path(data)).ok()?).ok()?;
        (note.pid == pid).then_some(note)
    }

    /// Takes it away.
    pub fn remove(data: &Path) {
        let _ = fs::remove_file(path(data));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_of_an_earlier_process_counts_as_none() {
        let data = tempfile::tempdir().unwrap();
        let note = Note { pid: 7, url: "http://127.0.0.1:8080".into(), settled: false };
        note.write(data.path()).unwrap();
        assert_eq!(Note::read(data.path(), 7), Some(note));
        assert_eq!(Note::read(data.path(), 8), None);
        Note::remove(data.path());
        assert_eq!(Note::read(data.path(), 7), None);
    }
}
