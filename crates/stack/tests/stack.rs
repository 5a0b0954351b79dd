//! The servers really start, survive what they should, and leave nothing behind.
//! Needs `./dev setup`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use observatory_stack::{
    DataDir, Envoy, EnvoyOptions, Error, Layout, Postgres, PostgresOptions, Process, Ready, Redis, RedisOptions, Spec,
    Supervisor, Tools, running_pid,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn tools() -> Result<Tools> {
    Ok(Tools::locate(&root().canonicalize()?)?)
}

fn scratch() -> Result<tempfile::TempDir> {
    Ok(tempfile::Builder::new().prefix("observatory-stack-").tempdir()?)
}

fn sleeper(dir: &Path, seconds: &str) -> Spec {
    Spec::new("sleeper", "/bin/sleep", dir).args([seconds])
}

fn alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'))
}

async fn gone(pid: u32) -> bool {
    for _ in 0..100 {
        if !alive(pid) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

#[tokio::test]
async fn postgres_has_its_extensions_and_survives_kill_9() -> Result<()> {
    let dir = scratch()?;
    let postgres = Postgres::start(&tools()?, dir.path(), PostgresOptions::for_tests()).await?;
    let sql = "CREATE EXTENSION vector; CREATE EXTENSION pg_trgm;
               CREATE TABLE t AS SELECT '[1,2,3]'::vector AS v, uuidv7() AS id;
               SELECT (v <-> '[1,2,4]')::int, similarity('programación', 'PROGRAMACIÓN') FROM t";
    assert_eq!(postgres.psql("observatory", sql).await?, "1|1");
    assert!(postgres.url().contains(&format!("@127.0.0.1:{}/observatory", postgres.port)));

    postgres.crash_and_restart(dir.path()).await?;
    assert_eq!(postgres.psql("observatory", "SELECT count(*) FROM t").await?, "1");

    let pid = postgres.process.pid();
    assert!(postgres.process.terminate().await.success());
    assert!(!alive(pid));
    assert!(!dir.path().join("run/postgres.pid").exists());
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_refused_by_postgres() -> Result<()> {
    let dir = scratch()?;
    let tools = tools()?;
    let postgres = Postgres::start(&tools, dir.path(), PostgresOptions::for_tests()).await?;
    let output = Command::new(tools.pg_home.join("bin/psql"))
        .args(["-c", "SELECT 1"])
        .env("LD_LIBRARY_PATH", tools.pg_home.join("lib"))
        .env("PGPASSWORD", "postgres")
        .args(["-h", "127.0.0.1", "-p", &postgres.port.to_string(), "-U", "observatory"])
        .output()?;
    assert!(String::from_utf8_lossy(&output.stderr).contains("password authentication failed"));
    Ok(())
}

#[tokio::test]
async fn redis_keeps_its_data_over_a_restart() -> Result<()> {
    let dir = scratch()?;
    let redis = Redis::start(&tools()?, dir.path(), RedisOptions::default()).await?;
    let cli = |args: &[&str]| -> Result<String> {
        let output = Command::new("redis-cli").args(["--no-auth-warning", "-u", &redis.url()]).args(args).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    assert_eq!(cli(&["SET", "k", "v"])?, "OK");
    assert_eq!(cli(&["CONFIG", "GET", "appendonly"])?, "appendonly\nyes");
    redis.restart().await?;
    assert_eq!(cli(&["GET", "k"])?, "v");
    Ok(())
}

#[tokio::test]
async fn a_killed_process_is_reaped_and_can_start_again() -> Result<()> {
    let dir = scratch()?;
    let process = Process::start(sleeper(dir.path(), "600"))?;
    let pid = process.pid();
    let status = process.kill9().await;
    assert_eq!(status.to_string(), "signal: 9 (SIGKILL)");
    assert!(!Path::new(&format!("/proc/{pid}")).exists(), "no zombie stays");
    assert!(!process.is_running());
    process.restart().await?;
    assert!(process.is_running() && process.pid() != pid);
    process.terminate().await;
    Ok(())
}

#[tokio::test]
async fn a_process_ends_with_its_last_handle() -> Result<()> {
    let dir = scratch()?;
    let process = Process::start(sleeper(dir.path(), "600"))?;
    let pid = process.pid();
    drop(process);
    assert!(gone(pid).await);
    Ok(())
}

#[test]
fn a_process_outlives_the_thread_and_runtime_that_started_it() -> Result<()> {
    let dir = scratch()?;
    let path = dir.path().to_owned();
    let start = move || -> Result<Process> {
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async { Ok(Process::start(sleeper(&path, "600"))?) })
    };
    let process = std::thread::spawn(start).join().ok().context("thread")??;
    std::thread::sleep(Duration::from_millis(200));
    assert!(process.is_running());
    Ok(())
}

#[tokio::test]
async fn what_ends_while_starting_is_told_with_its_log() -> Result<()> {
    let dir = scratch()?;
    let spec = Spec::new("broken", "/bin/sh", dir.path()).args(["-c", "echo no such luck; exit 3"]);
    let process = Process::start(spec)?;
    let never = || std::future::ready(false);
    let error = process.wait_ready(Duration::from_secs(5), never).await.err().context("no error")?;
    ensure!(matches!(error, Error::EndedEarly { .. }), "{error}");
    ensure!(error.to_string().contains("no such luck"), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_supervisor_restarts_what_crashes_and_stops_it_all() -> Result<()> {
    let dir = scratch()?;
    let process = Process::start(sleeper(dir.path(), "600"))?;
    let supervisor = Supervisor::new();
    supervisor.watch(process.clone()).await;
    let first = process.pid();
    process.kill9().await;
    for _ in 0..100 {
        if process.is_running() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let second = process.pid();
    assert!(process.is_running() && second != first);
    supervisor.stop().await;
    assert!(!process.is_running() && !alive(second));
    Ok(())
}

#[test]
fn a_data_directory_has_one_user() -> Result<()> {
    let dir = scratch()?;
    assert_eq!(running_pid(dir.path()), None);
    let open = DataDir::open(dir.path())?;
    assert_eq!(running_pid(dir.path()), Some(std::process::id()));
    let error = DataDir::open(dir.path()).err().context("opened twice")?;
    assert!(matches!(error, Error::AlreadyRunning { pid: Some(_), .. }), "{error}");
    drop(open);
    assert_eq!(running_pid(dir.path()), None);
    Ok(())
}

/// Run in a process of its own by the test below.
#[test]
#[ignore = "helper: starts a child and waits to be killed"]
fn helper_that_is_killed() -> Result<()> {
    let Some(dir) = std::env::var_os("STACK_TEST_DIR") else {
        return Ok(());
    };
    let process = Process::start(sleeper(Path::new(&dir), "600"))?;
    std::fs::write(Path::new(&dir).join("child"), process.pid().to_string())?;
    std::thread::sleep(Duration::from_secs(60));
    Ok(())
}

#[tokio::test]
async fn children_die_with_a_supervisor_that_is_killed_by_kill_9() -> Result<()> {
    let dir = scratch()?;
    let mut supervisor = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "helper_that_is_killed"])
        .env("STACK_TEST_DIR", dir.path())
        .stdout(std::process::Stdio::null())
        .spawn()?;
    let mut child = None;
    for _ in 0..200 {
        child = std::fs::read_to_string(dir.path().join("child")).ok().and_then(|text| text.parse().ok());
        if child.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let child = child.context("the helper started no child")?;
    // Time for setpriv to have made its request of the kernel.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(alive(child));
    supervisor.kill()?;
    supervisor.wait()?;
    assert!(gone(child).await);
    Ok(())
}

/// The contracts as Envoy wants them, built by buf from proto/.
fn descriptor_set(dir: &Path) -> Result<Vec<u8>> {
    let path = dir.join("descriptor.bin");
    let output = Command::new(root().join(".local/bin/buf"))
        .args(["build", "--output"])
        .arg(&path)
        .current_dir(root().join("proto"))
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(std::fs::read(path)?)
}

#[tokio::test]
async fn envoy_accepts_its_configuration_and_serves_it() -> Result<()> {
    let dir = scratch()?;
    let layout = Layout::free()?.replicas("extractor", 3)?;
    let descriptors = descriptor_set(dir.path())?;
    let options = EnvoyOptions::new(layout.envoy, layout.envoy_admin, layout.upstreams(), descriptors);
    let envoy = Envoy::start(&tools()?, dir.path(), options).await?;
    let curl = |args: &[&str]| -> Result<String> {
        let output = Command::new("curl").args(["-s", "-i", "--max-time", "5"]).args(args).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let clusters = || curl(&[&format!("http://{}/clusters", envoy.admin)]);
    for replica in &layout.services["extractor"] {
        ensure!(clusters()?.contains(&replica.grpc.to_string()));
    }

    // Nobody is behind it: told in the form of google.rpc.Status.
    let answer = curl(&[&format!("{}/api/jobs", envoy.url())])?;
    ensure!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    ensure!(answer.contains("\"code\":14"), "{answer}");

    // A new replica joins without a restart.
    let more = layout.replicas("extractor", 4)?;
    envoy.set_upstreams(&more.upstreams())?;
    let newest = more.services["extractor"][3].grpc.to_string();
    for _ in 0..100 {
        if clusters()?.contains(&newest) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    ensure!(clusters()?.contains(&newest), "{newest} did not join");

    // The eleventh start of a batch within a minute is refused, on every surface.
    let url = format!("{}/api/extract/batch", envoy.url());
    let post = ["-X", "POST", "-H", "content-type: application/json", "-d", "{}", &url];
    let mut last = String::new();
    for _ in 0..11 {
        last = curl(&post)?;
    }
    ensure!(last.starts_with("HTTP/1.1 429"), "{last}");
    ensure!(last.contains("retry-after: ") && last.contains("\"code\":8"), "{last}");
    Ok(())
}

#[test]
fn a_service_that_is_not_built_says_what_to_run() -> Result<()> {
    let error = tools()?.binary("observatory-nothing").err().context("found")?.to_string();
    assert!(error.contains("./dev build"), "{error}");
    assert_eq!(Ready::default(), Ready::Serving);
    Ok(())
}
