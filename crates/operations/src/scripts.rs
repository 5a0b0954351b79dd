//! The Lua scripts: each is one atomic step.

use fred::{
    prelude::*,
    types::{MultipleKeys, scripts::Script},
};
use observatory_proto::Error;

use crate::redis::into_error;

/// All scripts, ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Scripts {
    pub enqueue: Script,
    pub begin: Script,
    pub commit: Script,
    pub adopt: Script,
    pub due: Script,
    pub cancel: Script,
    pub retry: Script,
    pub purge: Script,
    pub report: Script,
}

const SETTLE: &str = include_str!("lua/settle.lua");
const SWEEP: &str = include_str!("lua/sweep.lua");

impl Scripts {
    pub fn new() -> Self {
        Self {
            enqueue: Script::from_lua(include_str!("lua/enqueue.lua")),
            begin: Script::from_lua(include_str!("lua/begin.lua")),
            commit: Script::from_lua([SETTLE, include_str!("lua/commit.lua")].concat()),
            adopt: Script::from_lua(include_str!("lua/adopt.lua")),
            due: Script::from_lua(include_str!("lua/due.lua")),
            cancel: Script::from_lua([SETTLE, SWEEP, include_str!("lua/cancel.lua")].concat()),
            retry: Script::from_lua(include_str!("lua/retry.lua")),
            purge: Script::from_lua([SWEEP, include_str!("lua/purge.lua")].concat()),
            report: Script::from_lua(include_str!("lua/report.lua")),
        }
    }
}

/// Runs a script; Redis gets its text where it doesn't know it yet.
pub(crate) async fn run<R, K>(client: &Client, script: &Script, keys: K, args: Vec<Value>) -> Result<R, Error>
where
    R: FromValue,
    K: Into<MultipleKeys> + Clone + Send + Sync,
{
    script.evalsha_with_reload(client, keys, Value::Array(args)).await.map_err(into_error)
}
