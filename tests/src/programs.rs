//! The programs that callers use.

use std::{path::PathBuf, process::Stdio, time::Duration};

use serde_json::Value;
use tokio::process::Command;

use crate::Mesh;

/// How a program ended.
#[derive(Debug, Clone)]
pub struct Output {
    /// Exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said.
    pub stderr: String,
}

impl Output {
    /// Standard output as JSON.
    ///
    /// # Panics
    /// Where it isn't.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Mesh {
    /// Runs `observatory` against this mesh.
    pub async fn cli(&self, args: &[&str]) -> Output {
        let mut command = Command::new(self.tools.binary("observatory").unwrap());
        command.args(["--server", &self.envoy.url(), "--lang", "en"]).args(args);
        run(command).await
    }

    /// Runs `grpcurl` by plain text against Envoy.
    pub async fn grpcurl(&self, args: &[&str]) -> Output {
        self.grpcurl_at(&self.envoy.listen.to_string(), &[], args).await
    }

    /// Runs `grpcurl` against an address; `options` stand before it.
    pub async fn grpcurl_at(&self, address: &str, options: &[&str], args: &[&str]) -> Output {
        let program: PathBuf = self.tools.project_root.join(".local/bin/grpcurl");
        let mut command = Command::new(program);
        command.args(["-plaintext", "-max-time", "20"]).args(options).arg(address).args(args);
        run(command).await
    }
}

/// Runs a program to its end.
///
/// # Panics
/// Where it doesn't start, or doesn't end within two minutes.
pub async fn run(mut command: Command) -> Output {
    command.stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(Duration::from_secs(120), command.output()).await;
    let output = ended.unwrap_or_else(|_| panic!("{command:?} doesn't end")).unwrap();
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
