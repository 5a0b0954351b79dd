use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::process::Command;

use crate::{
    DbUser, Error, Process, Result, Spec, StopSignal, Tools, check_free, error::Context, free_port, user::private_dir,
};

/// How a private PostgreSQL is run.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// `None`: a free one.
    pub port: Option<u16>,
    /// Whether commits wait for the disk. Off in tests alone: a crash of the machine then
    /// loses data, a crash of a process does not.
    pub durable: bool,
    /// Largest number of connections; default 300.
    pub max_connections: u16,
    /// Further settings, as of postgresql.conf.
    pub settings: Vec<(String, String)>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { port: None, durable: true, max_connections: 300, settings: Vec::new() }
    }
}

impl PostgresOptions {
    /// On this port, durable.
    pub fn on(port: u16) -> Self {
        Self { port: Some(port), ..Self::default() }
    }

    /// On a free port, not durable.
    pub fn for_tests() -> Self {
        Self { durable: false, ..Self::default() }
    }
}

/// A private PostgreSQL 18 with pgvector and pg_trgm, on 127.0.0.1, with one empty
/// database and a random password of its own.
#[derive(Debug, Clone)]
pub struct Postgres {
    pub process: Process,
    pub port: u16,
    password: String,
    pg_home: PathBuf,
}

const USER: &str = "observatory";
const DATABASE: &str = "observatory";

impl Postgres {
    /// Starts it on `dir`/postgres, which is made from set-up's template where it is not
    /// there yet, and waits until it takes connections.
    pub async fn start(tools: &Tools, dir: &Path, options: PostgresOptions) -> Result<Self> {
        let user = DbUser::for_caller()?;
        let home = dir.join("postgres");
        create_cluster(tools, &home, user).await?;
        let password = fs::read_to_string(home.join("password"))
            .context(|| format!("reading {}", home.join("password").display()))?;
        let port = match options.port {
            Some(port) => port,
            None => free_port()?,
        };
        let data = home.join("data");
        let mut spec = Spec::new("postgres", tools.pg_home.join("bin/postgres"), dir)
            .args(["-D", &data.to_string_lossy()])
            .env("LD_LIBRARY_PATH", library_path(&tools.pg_home));
        for (key, value) in settings(port, &options) {
            spec = spec.args(["-c".to_owned(), format!("{key}={value}")]);
        }
        spec.stop_signal = StopSignal::Int;
        spec.grace = Duration::from_secs(30);
        spec.user = user;

        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        check_free("postgres", address)?;
        let postgres = Self {
            process: Process::start(spec)?,
            port,
            password: password.trim().to_owned(),
            pg_home: tools.pg_home.clone(),
        };
        postgres.wait_ready(&data).await?;
        write_url(dir, "postgres", &postgres.url())?;
        Ok(postgres)
    }

    /// The URL of its database, with the password.
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// The URL of another database of this server.
    pub fn url_of(&self, database: &str) -> String {
        let (password, port) = (&self.password, self.port);
        format!("postgres://{USER}:{password}@127.0.0.1:{port}/{database}")
    }

    /// Runs SQL with psql and returns the rows, one a line, fields separated by `|`.
    pub async fn psql(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new(self.pg_home.join("bin/psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .env("LD_LIBRARY_PATH", library_path(&self.pg_home))
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", USER)
            .env("PGPASSWORD", &self.password)
            .env("PGDATABASE", database)
            .kill_on_drop(true)
            .output()
            .await
            .context(|| "running psql".into())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
        }
        Err(Error::Command { what: "psql".into(), output: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
    }

    /// Kills every process of the server as a power cut would and starts it again, with
    /// its recovery.
    pub async fn crash_and_restart(&self, dir: &Path) -> Result<()> {
        self.process.kill9().await;
        self.restart(dir).await
    }

    /// Starts it again on the same port.
    pub async fn restart(&self, dir: &Path) -> Result<()> {
        // Orphaned backends of a killed server hold its shared memory for a moment.
        let mut last = None;
        for _ in 0..50 {
            self.process.restart().await?;
            match self.wait_ready(&dir.join("postgres/data")).await {
                Ok(()) => return Ok(()),
                Err(error @ Error::EndedEarly { .. }) => last = Some(error),
                Err(error) => return Err(error),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        last.map_or(Ok(()), Err)
    }

    // The server writes "ready" to line 8 of postmaster.pid once it takes connections;
    // pg_ctl waits for the same.
    async fn wait_ready(&self, data: &Path) -> Result<()> {
        let pid_file = data.join("postmaster.pid");
        let pid = self.process.pid().to_string();
        self.process
            .wait_ready(Duration::from_secs(60), || {
                let text = fs::read_to_string(&pid_file).unwrap_or_default();
                let lines: Vec<&str> = text.lines().map(str::trim).collect();
                let ready = lines.first() == Some(&pid.as_str()) && lines.get(7) == Some(&"ready");
                std::future::ready(ready)
            })
            .await
    }
}

fn settings(port: u16, options: &PostgresOptions) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> = [
        ("port", port.to_string()),
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("unix_socket_directories", String::new()),
        ("max_connections", options.max_connections.to_string()),
        ("timezone", "UTC".to_owned()),
        ("log_timezone", "UTC".to_owned()),
        ("log_line_prefix", "%m [%p] %q%d ".to_owned()),
        ("log_checkpoints", "off".to_owned()),
        // Compiling a query costs more than these queries take.
        ("jit", "off".to_owned()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    let profile: &[(&str, &str)] = if options.durable {
        &[("shared_buffers", "256MB"), ("maintenance_work_mem", "256MB"), ("max_wal_size", "2GB")]
    } else {
        &[("shared_buffers", "64MB"), ("fsync", "off"), ("full_page_writes", "off")]
    };
    settings.extend(profile.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    settings.extend(options.settings.iter().cloned());
    settings
}

async fn create_cluster(tools: &Tools, home: &Path, user: Option<DbUser>) -> Result<()> {
    if home.join("data/PG_VERSION").exists() {
        return Ok(());
    }
    // Copied under another name first: a copy that was cut short is never taken for a database.
    let copy = home.with_extension("new");
    if copy.exists() {
        fs::remove_dir_all(&copy).context(|| format!("removing {}", copy.display()))?;
    }
    private_dir(&copy, user)?;
    let output = Command::new("cp")
        .args(["-a", "--reflink=auto"])
        .arg(tools.pg_template.join("."))
        .arg(&copy)
        .output()
        .await
        .context(|| "running cp".into())?;
    if !output.status.success() {
        return Err(Error::Command {
            what: format!("copying the empty database to {}", copy.display()),
            output: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    fs::rename(&copy, home).context(|| format!("creating {}", home.display()))
}

// pg0's libxml2 names no path for the ICU that lies beside it.
fn library_path(pg_home: &Path) -> String {
    pg_home.join("lib").to_string_lossy().into_owned()
}

/// Leaves a server's URL in `dir`/run, for `./dev psql` and people; only the owner may read it.
pub(crate) fn write_url(dir: &Path, name: &str, url: &str) -> Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};

    let path = dir.join("run").join(format!("{name}.url"));
    let write = || -> std::io::Result<()> {
        let mut file = fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(&path)?;
        writeln!(file, "{url}")
    };
    write().context(|| format!("writing {}", path.display()))
}
