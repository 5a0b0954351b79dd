use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{Error, Process, Result, Spec, check_free, free_port, probe};

/// How a language model's server is run.
#[derive(Debug, Clone)]
pub struct LlmOptions {
    /// A model that `./dev llm` has installed: `qwen05` or `qwen15`.
    pub model: String,
    /// `None`: a free one.
    pub port: Option<u16>,
    /// More than one only where that many cores are idle: they wait for each other by spinning.
    pub threads: usize,
    /// Requests that it works on at once.
    pub parallel: usize,
    /// Tokens that a question and its answer may have together.
    pub context: usize,
}

impl Default for LlmOptions {
    fn default() -> Self {
        Self { model: "qwen05".into(), port: None, threads: 1, parallel: 2, context: 8192 }
    }
}

/// A small language model behind OpenAI's protocol, on 127.0.0.1: `scripts/llm/server.mjs`.
#[derive(Debug, Clone)]
pub struct Llm {
    pub process: Process,
    pub port: u16,
}

impl Llm {
    /// Whether `./dev llm` has installed this model below the project.
    pub fn is_installed(project_root: &Path, model: &str) -> bool {
        files(project_root, model).iter().all(|(_, path)| path.exists())
    }

    /// Starts it with its log and pid below `dir` and waits until the model is loaded.
    pub async fn start(project_root: &Path, dir: &Path, options: LlmOptions) -> Result<Self> {
        let files = files(project_root, &options.model);
        if let Some((what, path)) = files.iter().find(|(_, path)| !path.exists()) {
            return Err(Error::NoLlm { what, path: path.clone() });
        }
        let [(_, server), (_, model), _] = files;
        let port = match options.port {
            Some(port) => port,
            None => free_port()?,
        };
        check_free("llm-server", SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let number = |value: usize| value.to_string();
        let spec = Spec::new("llm-server", "node", dir)
            .args([server.into_os_string(), "--model".into(), model.into_os_string()])
            .args(["--port".into(), number(port.into()), "--threads".into(), number(options.threads)])
            .args(["--parallel".into(), number(options.parallel), "--context".into(), number(options.context)]);
        let llm = Self { process: Process::start(spec)?, port };
        llm.wait_ready().await?;
        Ok(llm)
    }

    /// `http://127.0.0.1:PORT/v1`, as clients of the protocol want it.
    pub fn base_url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// Starts it again on the same port.
    pub async fn restart(&self) -> Result<()> {
        self.process.restart().await?;
        self.wait_ready().await
    }

    async fn wait_ready(&self) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let ask = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        self.process.wait_ready(Duration::from_secs(120), || probe::answers(address, ask, "\"ok\"")).await
    }
}

fn files(project_root: &Path, model: &str) -> [(&'static str, PathBuf); 3] {
    let dir = project_root.join(".local/llm");
    [
        ("the language model's server", dir.join("server.mjs")),
        ("the language model", dir.join(format!("{model}.gguf"))),
        ("node-llama-cpp", dir.join("node_modules/node-llama-cpp")),
    ]
}
