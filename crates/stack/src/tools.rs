use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{Error, Result};

/// Where the programs are that the stack runs.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The checkout (or installation) that holds `.local` and `envoy`.
    pub project_root: PathBuf,
    /// PostgreSQL's home, with `bin`, `lib` and `share`.
    pub pg_home: PathBuf,
    /// An initialised data directory and its superuser's password, to copy from.
    pub pg_template: PathBuf,
    pub redis_server: PathBuf,
    pub envoy: PathBuf,
    /// The templates of Envoy's configuration.
    pub envoy_dir: PathBuf,
    /// The binaries of this workspace.
    pub bin_dir: PathBuf,
}

impl Tools {
    /// Finds everything that `./dev setup` installs; fails with what is missing and what to run.
    ///
    /// Binaries of the workspace are looked for beside the running program (for a test:
    /// in `target/PROFILE`), or in `OBSERVATORY_BIN_DIR`.
    pub fn locate(project_root: &Path) -> Result<Self> {
        let local = project_root.join(".local");
        let found = |what, path: PathBuf| match path.canonicalize() {
            Ok(path) => Ok(path),
            Err(_) => Err(Error::NotInstalled { what, path }),
        };
        // As it is called: the name is a link, by which the program knows its role.
        let redis = in_path("redis-server").unwrap_or_else(|| "/usr/bin/redis-server".into());
        found("redis-server", redis.clone())?;
        let pg_home = found("PostgreSQL", local.join("pg"))?;
        found("PostgreSQL", pg_home.join("bin/postgres"))?;
        let setpriv = in_path("setpriv").unwrap_or_else(|| "/usr/bin/setpriv".into());
        found("setpriv (Debian: util-linux)", setpriv)?;
        Ok(Self {
            project_root: project_root.to_owned(),
            pg_template: found("the empty database", local.join("pg-template"))?,
            redis_server: redis,
            envoy: found("Envoy", local.join("bin/envoy"))?,
            envoy_dir: found("Envoy's configuration", project_root.join("envoy"))?,
            bin_dir: bin_dir(project_root),
            pg_home,
        })
    }

    /// The project that the running program belongs to: `OBSERVATORY_ROOT`, or the first
    /// folder above the program, then above the working directory, that has `envoy/envoy.yaml`.
    pub fn find_root() -> Option<PathBuf> {
        if let Some(root) = env::var_os("OBSERVATORY_ROOT") {
            return Some(root.into());
        }
        [env::current_exe().ok(), env::current_dir().ok()]
            .into_iter()
            .flatten()
            .find_map(|start| start.ancestors().find(|dir| dir.join("envoy/envoy.yaml").is_file()).map(Path::to_owned))
    }

    /// What a binary is told of this installation, unless the caller's environment says otherwise: the embedder, where
    /// its model is.
    pub fn env_of(&self, binary: &str) -> Vec<(String, String)> {
        let local = self.project_root.join(".local");
        let paths = match binary {
            "observatory-embedder" => vec![
                ("OBSERVATORY_SERVICE__MODEL_DIR", local.join("models/multilingual-e5-small")),
                ("OBSERVATORY_SERVICE__ONNXRUNTIME", local.join("onnxruntime/libonnxruntime.so")),
            ],
            _ => Vec::new(),
        };
        let unset = paths.into_iter().filter(|(key, _)| env::var_os(key).is_none());
        unset.map(|(key, path)| (key.to_owned(), path.to_string_lossy().into_owned())).collect()
    }

    /// The path of a binary of this workspace, such as `observatory-cleaner`.
    pub fn binary(&self, name: &str) -> Result<PathBuf> {
        let path = self.bin_dir.join(name);
        if path.is_file() {
            return Ok(path);
        }
        Err(Error::NotBuilt { name: name.to_owned(), path })
    }
}

fn bin_dir(project_root: &Path) -> PathBuf {
    if let Some(dir) = env::var_os("OBSERVATORY_BIN_DIR") {
        return dir.into();
    }
    let beside = env::current_exe().ok().and_then(|exe| {
        let dir = exe.parent()?;
        // Cargo puts test programs one level deeper.
        let inner = dir.ends_with("deps") || dir.ends_with("examples");
        Some(if inner { dir.parent()? } else { dir }.to_owned())
    });
    beside.unwrap_or_else(|| project_root.join("target/release"))
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|dir| dir.join(program)).find(|candidate| candidate.is_file())
}
