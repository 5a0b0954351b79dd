//! A service as a process: exit codes and signals.
#![allow(clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// `cargo test` builds examples next to the tests.
fn minimal(args: &[&str]) -> Command {
    let target: PathBuf = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().into();
    let mut command = Command::new(target.join("examples/minimal"));
    command.env_clear().args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn output(args: &[&str]) -> Output {
    minimal(args).output().expect("the example is built")
}

/// Starts it on free ports, and returns when it listens.
fn serving(args: &[&str]) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut child = minimal(&["--listen", "127.0.0.1:0"]).args(args).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("listening") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended");
    }
    (child, lines)
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_bad_configuration_exits_with_64_and_names_every_key() {
    let output = output(&["--set", "service.workers=1", "--redis-url", "x"]);
    assert_eq!(output.status.code(), Some(64));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("service.workers") && text.contains("redis_url"), "{text}");
}

#[test]
fn checking_and_dumping_exit_with_0() {
    let checked = output(&["--check-config"]);
    assert_eq!((checked.status.code(), checked.stdout.as_slice()), (Some(0), b"configuration is valid\n".as_slice()));
    let dumped = output(&["--dump-config"]);
    assert_eq!(dumped.status.code(), Some(0));
    assert!(String::from_utf8(dumped.stdout).unwrap().contains("[service]"));
}

#[test]
fn sigterm_drains_and_exits_with_0() {
    let (mut child, lines) = serving(&[]);
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(lines.lines().map_while(Result::ok).any(|line| line.contains("drained")));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (mut child, _lines) = serving(&["--set", "service.stuck=true"]);
    signal(&child, "-INT");
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "the first one waits for the work");
    let asked = Instant::now();
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[test]
fn the_drain_has_an_end() {
    let (mut child, _lines) = serving(&["--set", "service.stuck=true", "--set", "drain_seconds=0.2"]);
    signal(&child, "-TERM");
    let asked = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(3));
}

#[test]
fn failed_background_work_exits_with_1() {
    let output = output(&["--listen", "127.0.0.1:0", "--set", "service.failing=true"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("told to fail"));
}

#[test]
fn logs_can_be_json_and_a_lost_collector_does_no_harm() {
    let args = ["--set", "log_format=json", "--set", "otlp_endpoint=http://127.0.0.1:1"];
    let (mut child, lines) = serving(&args);
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    for line in lines.lines().map_while(Result::ok) {
        assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
    }
}
