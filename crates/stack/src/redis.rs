use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::Duration,
};

use crate::{
    DbUser, Process, Result, Spec, Tools, check_free,
    error::Context,
    free_port,
    postgres::write_url,
    probe,
    user::{give, private_dir},
};

/// How a private Redis is run.
#[derive(Debug, Clone, Default)]
pub struct RedisOptions {
    /// `None`: a free one.
    pub port: Option<u16>,
    /// Further lines of redis.conf.
    pub settings: Vec<String>,
}

/// A private Redis with an append-only file, on 127.0.0.1, with a random password.
#[derive(Debug, Clone)]
pub struct Redis {
    pub process: Process,
    pub port: u16,
    password: String,
}

impl Redis {
    /// Starts it on `dir`/redis and waits until it answers a PING.
    pub async fn start(tools: &Tools, dir: &Path, options: RedisOptions) -> Result<Self> {
        let user = DbUser::for_caller()?;
        let home = dir.join("redis");
        private_dir(&home, user)?;
        let password = password(&home)?;
        let port = match options.port {
            Some(port) => port,
            None => free_port()?,
        };
        // The password stands in a file and not in the arguments, which every user can see.
        let config = format!(
            "bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {}\nlogfile \"\"\ndaemonize no\n\
             appendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n{}\n",
            home.display(),
            options.settings.join("\n"),
        );
        let path = home.join("redis.conf");
        write_private(&path, &config).context(|| format!("writing {}", path.display()))?;
        give(&path, user)?;

        let mut spec = Spec::new("redis", &tools.redis_server, dir).args([&path]);
        spec.user = user;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        check_free("redis", address)?;
        let redis = Self { process: Process::start(spec)?, port, password };
        redis.wait_ready().await?;
        write_url(dir, "redis", &redis.url())?;
        Ok(redis)
    }

    /// Its URL (database 0), with the password.
    pub fn url(&self) -> String {
        format!("redis://default:{}@127.0.0.1:{}/0", self.password, self.port)
    }

    /// Starts it again on the same port, with what its append-only file holds.
    pub async fn restart(&self) -> Result<()> {
        self.process.restart().await?;
        self.wait_ready().await
    }

    async fn wait_ready(&self) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let ping = format!("AUTH {}\r\nPING\r\n", self.password);
        self.process.wait_ready(Duration::from_secs(60), || probe::answers(address, &ping, "+PONG")).await
    }
}

/// The password of this data directory, made on the first start.
fn password(home: &Path) -> Result<String> {
    let path = home.join("password");
    if let Ok(password) = fs::read_to_string(&path) {
        return Ok(password.trim().to_owned());
    }
    let mut bytes = [0; 24];
    fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .context(|| "reading /dev/urandom".into())?;
    let password: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(&path, &password).context(|| format!("writing {}", path.display()))?;
    Ok(password)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::File::options().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}
