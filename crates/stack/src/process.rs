//! A child process: started with its output in a log file, watched, stopped.

use std::{
    ffi::OsString,
    fs::{self, File},
    future::Future,
    io::{self, Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::sync::watch;

use crate::{Error, Result, error::Context, spawner, user::DbUser};

// A log that has grown past this is moved aside when its process starts.
const LOG_KEPT: u64 = 32 << 20;

/// The signal by which a process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGTERM.
    Term,
    /// SIGINT: PostgreSQL's "fast" shutdown. (SIGTERM waits for every client to leave.)
    Int,
}

/// What to run and how.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Name in messages, and of the log and pid file.
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// Added to this process's environment.
    pub env: Vec<(String, String)>,
    /// Where standard output and error are appended.
    pub log: PathBuf,
    /// Holds the pid while the process runs.
    pub pid_file: PathBuf,
    pub stop_signal: StopSignal,
    /// How long a process may take to end before it is killed.
    pub grace: Duration,
    /// The user to run as, where the caller is root.
    pub user: Option<DbUser>,
}

impl Spec {
    /// A process that runs as the caller, is stopped by SIGTERM and killed 10 s later, and
    /// whose log and pid files lie in `dir`/log and `dir`/run.
    pub fn new(name: impl Into<String>, program: impl Into<PathBuf>, dir: &Path) -> Self {
        let name = name.into();
        Self {
            log: dir.join("log").join(format!("{name}.log")),
            pid_file: dir.join("run").join(format!("{name}.pid")),
            name,
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            stop_signal: StopSignal::Term,
            grace: Duration::from_secs(10),
            user: None,
        }
    }

    /// Adds arguments.
    pub fn args<I: IntoIterator<Item = S>, S: Into<OsString>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Adds an environment variable.
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    fn command(&self) -> Result<Command> {
        for path in [&self.log, &self.pid_file] {
            if let Some(dir) = path.parent() {
                fs::create_dir_all(dir).context(|| format!("creating {}", dir.display()))?;
            }
        }
        let log = open_log(&self.log).context(|| format!("opening {}", self.log.display()))?;
        let log_too = log.try_clone().context(|| "sharing the log".into())?;

        let mut command = Command::new("setpriv");
        if let Some(user) = &self.user {
            command.args([format!("--reuid={}", user.uid), format!("--regid={}", user.gid), "--clear-groups".into()]);
        }
        command.arg(match self.stop_signal {
            StopSignal::Term => "--pdeathsig=TERM",
            StopSignal::Int => "--pdeathsig=INT",
        });
        command.arg("--").arg(&self.program).args(&self.args);
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::null()).stdout(log).stderr(log_too);
        // A group of its own: Ctrl-C reaches the supervisor alone, which then stops
        // things in order.
        command.process_group(0);
        Ok(command)
    }
}

/// A handle to a child process; clones are handles to the same one. The process is asked
/// to end when the last handle is dropped, and by the kernel when this process dies.
#[derive(Debug, Clone)]
pub struct Process(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    spec: Spec,
    current: Mutex<Run>,
}

/// One run of the program; a restart makes the next.
#[derive(Debug, Clone)]
struct Run {
    pid: Pid,
    // Whether the pid has been given back to the system. Held while signalling, so that
    // a signal never reaches a stranger who was given the same pid.
    reaped: Arc<Mutex<bool>>,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts the program.
    pub fn start(spec: Spec) -> Result<Self> {
        let run = Run::start(&spec)?;
        Ok(Self(Arc::new(Inner { spec, current: Mutex::new(run) })))
    }

    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.0.spec.name
    }

    /// The pid of the current run.
    pub fn pid(&self) -> u32 {
        self.current().pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// The log file.
    pub fn log(&self) -> &Path {
        &self.0.spec.log
    }

    /// The last `lines` of the log.
    pub fn log_tail(&self, lines: usize) -> String {
        tail(&self.0.spec.log, lines)
    }

    /// Whether the current run has not ended.
    pub fn is_running(&self) -> bool {
        self.current().exit.borrow().is_none()
    }

    /// Waits until the current run ends.
    pub async fn wait(&self) -> ExitStatus {
        let run = self.current().clone();
        run.wait().await
    }

    /// Asks the process to end and waits; kills it when its grace is over.
    pub async fn terminate(&self) -> ExitStatus {
        let run = self.current().clone();
        run.signal(self.0.spec.stop_signal.into());
        if let Ok(status) = tokio::time::timeout(self.0.spec.grace, run.wait()).await {
            return status;
        }
        tracing::warn!(process = self.name(), pid = %run.pid.as_raw_nonzero(), "did not end in time, killing it");
        run.signal(Signal::KILL);
        run.wait().await
    }

    /// Kills it as `kill -9` does and waits until it is gone.
    pub async fn kill9(&self) -> ExitStatus {
        let run = self.current().clone();
        run.signal(Signal::KILL);
        run.wait().await
    }

    /// Stops it where it stands (SIGSTOP), as a long pause or a swapped-out machine would.
    pub fn pause(&self) {
        self.current().signal(Signal::STOP);
    }

    /// Lets it go on after [`Process::pause`].
    pub fn resume(&self) {
        self.current().signal(Signal::CONT);
    }

    /// Starts the program again, after ending the current run where it still goes.
    pub async fn restart(&self) -> Result<()> {
        self.terminate().await;
        let run = Run::start(&self.0.spec)?;
        *self.current() = run;
        Ok(())
    }

    /// Polls `ready` every 20 ms until it says yes. Fails, with the end of the log, when
    /// the process ends first or `limit` is over.
    pub async fn wait_ready<F, R>(&self, limit: Duration, mut ready: F) -> Result<()>
    where
        F: FnMut() -> R,
        R: Future<Output = bool>,
    {
        let started = Instant::now();
        loop {
            let ended = *self.current().exit.borrow();
            if let Some(status) = ended {
                return Err(Error::EndedEarly {
                    name: self.name().to_owned(),
                    status: status.to_string(),
                    log: self.0.spec.log.clone(),
                    tail: self.log_tail(20),
                });
            }
            let left = limit.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(Error::NotReady {
                    name: self.name().to_owned(),
                    after: limit,
                    log: self.0.spec.log.clone(),
                    tail: self.log_tail(20),
                });
            }
            if tokio::time::timeout(left, ready()).await == Ok(true) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn current(&self) -> MutexGuard<'_, Run> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let run = self.current.get_mut().unwrap_or_else(PoisonError::into_inner);
        run.signal(self.spec.stop_signal.into());
    }
}

impl Run {
    fn start(spec: &Spec) -> Result<Self> {
        let child = spawner::spawn(spec.command()?)
            .context(|| format!("starting {} ({})", spec.name, spec.program.display()))?;
        let pid = Pid::from_child(&child);
        fs::write(&spec.pid_file, format!("{}\n", child.id()))
            .context(|| format!("writing {}", spec.pid_file.display()))?;
        let (ended, exit) = watch::channel(None);
        let reaped = Arc::new(Mutex::new(false));
        let waiter = Waiter { child, pid, reaped: reaped.clone(), ended, pid_file: spec.pid_file.clone() };
        // A thread and not a tokio task: it has to outlive the runtime of any one test.
        thread::Builder::new()
            .name(format!("wait-{}", spec.name))
            .spawn(move || waiter.run())
            .context(|| "starting a waiting thread".into())?;
        Ok(Self { pid, reaped, exit })
    }

    fn signal(&self, signal: Signal) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if !*reaped {
            // Fails only for a process that has just ended.
            let _ = kill_process(self.pid, signal);
        }
    }

    async fn wait(&self) -> ExitStatus {
        let mut exit = self.exit.clone();
        let status = match exit.wait_for(Option::is_some).await {
            Ok(status) => *status,
            Err(_) => None,
        };
        // The waiter always sends before it ends.
        status.unwrap_or_default()
    }
}

struct Waiter {
    child: Child,
    pid: Pid,
    reaped: Arc<Mutex<bool>>,
    ended: watch::Sender<Option<ExitStatus>>,
    pid_file: PathBuf,
}

impl Waiter {
    fn run(mut self) {
        // First wait without reaping, so that the pid stays ours until nobody signals it.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(self.pid), options) {}
        let status = {
            let mut reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
            *reaped = true;
            self.child.wait().unwrap_or_default()
        };
        let ours = format!("{}\n", self.child.id());
        if fs::read_to_string(&self.pid_file).is_ok_and(|text| text == ours) {
            let _ = fs::remove_file(&self.pid_file);
        }
        self.ended.send_replace(Some(status));
    }
}

impl From<StopSignal> for Signal {
    fn from(signal: StopSignal) -> Self {
        match signal {
            StopSignal::Term => Signal::TERM,
            StopSignal::Int => Signal::INT,
        }
    }
}

fn open_log(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|meta| meta.len() > LOG_KEPT) {
        fs::rename(path, path.with_extension("log.1"))?;
    }
    File::options().create(true).append(true).open(path)
}

/// The last `lines` lines of a file, from at most its last 16 KiB.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(16 << 10)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = String::from_utf8_lossy(&read().unwrap_or_default()).into_owned();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
