//! The binary as a script sees it: exit codes, standard output, JSON.
#![allow(clippy::unwrap_used)]

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

fn observatory(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_observatory"))
        .args(args)
        // A port that nobody can listen on.
        .env("OBSERVATORY_SERVER", "http://127.0.0.1:1")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn code(args: &[&str]) -> i32 {
    observatory(args, "").status.code().unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    assert_eq!(code(&["--version"]), 0);
    assert_eq!(code(&["stats", "--country"]), 2);
    assert_eq!(code(&["clean", "--country", "Narnia"]), 2);
    assert_eq!(code(&["import", "/no/such/file.jsonl"]), 64);
    assert_eq!(code(&["stats"]), 69);
}

#[test]
fn an_absent_server_says_how_to_start_it() {
    let output = observatory(&["stats"], "");
    assert!(words(&output.stderr).contains("observatory up"), "{}", words(&output.stderr));
    assert!(output.stdout.is_empty());
    let output = observatory(&["stats", "--lang", "es"], "");
    assert!(words(&output.stderr).contains("inícielo"), "{}", words(&output.stderr));
}

#[test]
fn a_dry_run_reads_standard_input_and_reports_by_line() {
    let input = "{\"title\":\"Dev\",\"description\":\"Rust\"}\nnot json\n";
    let output = observatory(&["import", "-", "--format", "jsonl", "--dry-run", "--json"], input);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["received"], &report["imported"], &report["rejected"]), (&2.into(), &1.into(), &1.into()));
    assert_eq!(report["issues"][0]["line"], 2);
}

#[test]
fn issues_are_written_to_a_file_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("issues.tsv");
    let input = "[]\n".repeat(1500);
    let args = ["import", "-", "--format", "jsonl", "--dry-run", "--issues-file", path.to_str().unwrap()];
    let output = observatory(&args, &input);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1501);
    let listed = words(&output.stdout).lines().filter(|line| line.trim_start().starts_with("line ")).count();
    assert_eq!(listed, 20);
}

#[test]
fn a_mapped_csv_is_understood() {
    let input = "puesto;texto\nDev;\"Rust;\nSQL\"\n";
    let args = ["import", "-", "--dry-run", "--map", "title=puesto,description=texto"];
    let output = observatory(&args, input);
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    assert_eq!(code(&["import", "x.csv", "--map", "nonsense=puesto"]), 2);
}

#[test]
fn completions_and_help_come_without_a_server() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = observatory(&["completions", shell], "");
        assert!(output.status.success() && output.stdout.len() > 1000, "{shell}");
    }
    let help = words(&observatory(&["--help"], "").stdout);
    assert!(help.contains("Exit codes") && help.contains("http://127.0.0.1:8080"));
}

#[test]
fn nothing_runs_from_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    if Path::new(env!("CARGO_MANIFEST_DIR")).join("../envoy/envoy.yaml").is_file() {
        let output = observatory(&["down", "--data", data], "");
        assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
        assert!(words(&output.stdout).contains("nothing runs"));
    }
}

const VALID: &str = "kind = \"tool\"\n[[concept]]\nid = \"loom\"\nname = \"Hand loom\"\n";

#[test]
fn the_taxonomy_is_validated_without_a_server() {
    let output = observatory(&["taxonomy", "validate", "--json"], "");
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["faults"], serde_json::json!([]));
    assert!(found["summary"]["concepts"].as_u64().unwrap() > 5000);

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    assert_eq!(code(&["taxonomy", "validate", path]), 64);
    std::fs::write(dir.path().join("a.toml"), VALID).unwrap();
    let output = observatory(&["taxonomy", "validate", path], "");
    assert_eq!(output.status.code(), Some(0));
    let told = words(&output.stdout);
    assert!(told.contains("warning[alone]: a.toml: loom") && told.contains("0 faults, 1 warnings"), "{told}");
}

#[test]
fn faults_of_the_taxonomy_end_with_1_and_say_how_to_mend_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let linked = format!("{VALID}parent = \"mill\"\nonet = \"Loom 2\"\n");
    std::fs::write(dir.path().join("a.toml"), linked).unwrap();
    std::fs::write(dir.path().join("onet.txt"), "Code\tExample\n1\tLoom\n").unwrap();
    let onet = dir.path().join("onet.txt");
    let output = observatory(&["taxonomy", "validate", path, "--onet", onet.to_str().unwrap()], "");
    assert_eq!(output.status.code(), Some(1));
    let told = words(&output.stdout);
    for part in ["fault[unknown_parent]: a.toml: loom: ", "add a concept \"mill\"", "fault[unknown_onet]", "2 faults"] {
        assert!(told.contains(part), "{part} not in {told}");
    }
    assert_eq!(code(&["taxonomy", "validate", path, "--onet", "/no/such/file"]), 64);
    assert_eq!(code(&["taxonomy", "validate", path, "--esco", "/no/such/file"]), 64);
}
