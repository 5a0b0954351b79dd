//! `up --detach`: the same command in the background, its words shown here until it is ready.

use std::{
    env,
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use observatory_stack::spawn_detached;

use super::note::Note;
use crate::{
    error::{CliError, Result},
    output::Output,
    words,
};

/// Starts `observatory` with `args` in the background and shows what it says until it has
/// settled. Ctrl-C here leaves it running.
///
/// # Errors
/// Where it ends before it is ready.
pub async fn up(out: &Output, data: &Path, args: &[String]) -> Result<Note> {
    let program = env::current_exe().map_err(|error| CliError::Internal(format!("where am I? {error}")))?;
    let log = data.join("log/observatory.log");
    let mut follower = Follower { at: fs::metadata(&log).map_or(0, |meta| meta.len()), path: log.clone() };
    let pid = spawn_detached(&program, args, &log)?;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Looked at before reading the log, so that its last words are not missed.
        let (note, alive) = (Note::read(data, pid), is_alive(pid));
        for line in follower.lines() {
            out.note(line);
        }
        match note {
            Some(note) if note.settled => return Ok(note),
            _ if !alive => return Err(CliError::Stack(words::ended_early(out.lang, log.display()))),
            _ => {}
        }
    }
}

/// Reads what is added to a file, whole lines at a time.
struct Follower {
    path: PathBuf,
    at: u64,
}

impl Follower {
    fn lines(&mut self) -> Vec<String> {
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.at))?;
            file.read_to_end(&mut bytes)
        });
        let end = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
        if read.is_err() || end == 0 {
            return Vec::new();
        }
        self.at += end as u64;
        String::from_utf8_lossy(&bytes[..end]).lines().map(str::to_owned).collect()
    }
}

/// Whether a child of ours still runs; one that ended stays in the table as a zombie.
fn is_alive(pid: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return false };
    // The name in brackets may hold anything; the state comes after the last bracket.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_log_is_followed_line_by_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = File::create(&path).unwrap();
        write!(file, "old\nnew\nhal").unwrap();
        let mut follower = Follower { path, at: 4 };
        assert_eq!(follower.lines(), ["new"]);
        assert!(follower.lines().is_empty());
        writeln!(file, "f").unwrap();
        assert_eq!(follower.lines(), ["half"]);
    }

    #[test]
    fn this_process_is_alive_and_an_impossible_one_is_not() {
        assert!(is_alive(std::process::id()));
        assert!(!is_alive(u32::MAX));
    }
}
