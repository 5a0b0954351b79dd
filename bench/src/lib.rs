//! What the benchmarks share: inputs, figures, the report, and a private stack.
//!
//! Each binary in `src/bin` measures one thing beside a peer in the same run and writes its
//! section of `bench/results.md`. No test depends on their figures.

pub mod inputs;
pub mod report;
pub mod rest;
pub mod stack;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The project's folder.
///
/// # Errors
/// Where it isn't found.
pub fn root() -> Result<PathBuf> {
    observatory_stack::Tools::find_root().context("the project's folder is not found; set OBSERVATORY_ROOT")
}

/// The Python that `./dev bench` installs the peers into.
///
/// # Errors
/// Where it isn't installed.
pub fn python() -> Result<PathBuf> {
    let python = root()?.join(".local/venv/bin/python");
    ensure!(python.is_file(), "{} is missing: run ./dev bench", python.display());
    Ok(python)
}

/// A peer's script.
///
/// # Errors
/// Where the project isn't found.
pub fn peer(script: &str) -> Result<PathBuf> {
    Ok(root()?.join("bench/peers").join(script))
}

/// A program beside this one, such as `examples/clean_bench`.
///
/// # Errors
/// Where it isn't built.
pub fn beside(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    ensure!(path.is_file(), "{} is not built: run ./dev bench", path.display());
    Ok(path)
}

/// Runs a program that prints one JSON object a line.
///
/// # Errors
/// Where it fails, or prints something else.
pub fn run_json(command: &mut Command) -> Result<Vec<Value>> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// A field of a JSON object as a number; 0 where there is none.
pub fn number(object: &Value, field: &str) -> f64 {
    object[field].as_f64().unwrap_or(0.0)
}

/// The value below which `share` of the values are.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    percentile(values, 0.5)
}

/// Milliseconds, with fractions.
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// `median / p95` in ms, as tables show it.
pub fn latency(values: &[f64]) -> String {
    format!("{:.2} / {:.2}", median(values), percentile(values, 0.95))
}

/// Resident memory of a process and its children in MB; pages that they share count once.
pub fn memory_mb(pid: u32) -> f64 {
    let own = proportional_kb(pid).unwrap_or(0.0) / 1024.0;
    children(pid).into_iter().map(memory_mb).sum::<f64>() + own
}

fn proportional_kb(pid: u32) -> Option<f64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Processor time that a process and its children have used, in seconds.
pub fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in brackets may hold anything; user and system time are fields 14 and 15, in 1/100 s.
    let fields: Vec<&str> = stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect()).unwrap_or_default();
    let field = |number: usize| fields.get(number - 3).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    let own = (field(14) + field(15)) / 100.0;
    own + children(pid).into_iter().map(cpu_seconds).sum::<f64>()
}

fn children(pid: u32) -> Vec<u32> {
    let threads = Path::new("/proc").join(pid.to_string()).join("task");
    let lists = std::fs::read_dir(threads).into_iter().flatten().flatten();
    lists
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<u32>>())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values = [5.0, 1.0, 2.0, 4.0, 3.0];
        assert_eq!((median(&values), percentile(&values, 0.95), percentile(&values, 0.0)), (3.0, 5.0, 1.0));
        assert_eq!(median(&[]), 0.0);
    }
}
