//! The folder that holds all of a stack's data, and the one supervisor that may use it.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{DbUser, Error, Result, error::Context};

/// An open data directory. Locked (flock on `DATA/lock`) until it is dropped or the process ends.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the folder where needed and locks it. Fails with [`Error::AlreadyRunning`]
    /// when another process holds it.
    pub fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path).context(|| format!("creating {}", path.display()))?;
        let path = path.canonicalize().context(|| format!("opening {}", path.display()))?;
        let mut lock = lock_file(&path)?;
        if lock.try_lock().is_err() {
            let pid = read_pid(&mut lock);
            return Err(Error::AlreadyRunning { data_dir: path, pid });
        }
        let wrote = lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id()));
        wrote.context(|| format!("writing {}", path.join("lock").display()))?;
        Ok(Self { path, _lock: lock })
    }

    /// The folder, as an absolute path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The log of a process of this stack.
    pub fn log(&self, name: &str) -> PathBuf {
        self.path.join("log").join(format!("{name}.log"))
    }
}

/// `.local/data` of the project, or, where a root caller's databases could not reach that
/// (a checkout below /root), a folder of its own below /var/lib/observatory.
pub fn default_data_dir(project_root: &Path) -> PathBuf {
    let local = project_root.join(".local/data");
    match DbUser::for_caller() {
        Ok(Some(user)) if !user.can_enter(project_root) => {
            let mut hasher = DefaultHasher::new();
            project_root.hash(&mut hasher);
            PathBuf::from(format!("/var/lib/observatory/data-{:08x}", hasher.finish() as u32))
        }
        _ => local,
    }
}

/// The pid of the supervisor that holds `data_dir`, if one does.
pub fn running_pid(data_dir: &Path) -> Option<u32> {
    let mut lock = File::options().read(true).open(data_dir.join("lock")).ok()?;
    // Getting the lock means that nobody held it; it is given back at once.
    if lock.try_lock().is_ok() {
        return None;
    }
    read_pid(&mut lock)
}

/// Asks the supervisor that holds `data_dir` to stop (SIGTERM) and waits until it has let
/// go of it. `Ok(None)` when none runs, else the pid of the one that stopped.
pub async fn stop_running(data_dir: &Path, limit: Duration) -> Result<Option<u32>> {
    let Some(pid) = running_pid(data_dir) else {
        return Ok(None);
    };
    let target = Pid::from_raw(pid.cast_signed())
        .ok_or_else(|| Error::Command { what: "reading the lock".into(), output: format!("'{pid}' is no pid") })?;
    kill_process(target, Signal::TERM).map_err(Into::into).context(|| format!("stopping process {pid}"))?;
    let started = Instant::now();
    while running_pid(data_dir) == Some(pid) {
        if started.elapsed() > limit {
            return Err(Error::NotReady {
                name: format!("the shutdown of process {pid}"),
                after: limit,
                log: data_dir.join("log/observatory.log"),
                tail: crate::process::tail(&data_dir.join("log/observatory.log"), 10),
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(Some(pid))
}

/// Starts `program` as a background process that outlives its terminal, with its output
/// appended to `log`. Returns its pid at once; see [`running_pid`] for whether it took over.
pub fn spawn_detached(program: &Path, args: &[String], log: &Path) -> Result<u32> {
    if let Some(dir) = log.parent() {
        fs::create_dir_all(dir).context(|| format!("creating {}", dir.display()))?;
    }
    let out = File::options().create(true).append(true).open(log).context(|| format!("opening {}", log.display()))?;
    let too = out.try_clone().context(|| "sharing the log".into())?;
    // `setsid` starts a session of its own: the terminal's hang-up does not reach it. It
    // forks only as a group leader, which its child here is not: the pid stays the same.
    let child = Command::new("setsid")
        .arg(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(too)
        .spawn()
        .context(|| format!("starting {}", program.display()))?;
    Ok(child.id())
}

fn lock_file(dir: &Path) -> Result<File> {
    let path = dir.join("lock");
    File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .context(|| format!("opening {}", path.display()))
}

fn read_pid(lock: &mut File) -> Option<u32> {
    let mut text = String::new();
    lock.rewind().ok()?;
    lock.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
