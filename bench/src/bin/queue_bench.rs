//! The queue beside Celery: no-op tasks from submission to the last acknowledgement.
//!
//! Both sides: two worker processes, one Redis with an append-only file synced every second,
//! acknowledgement after the work. Ours also journals every operation in Postgres, durably.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use observatory_bench::{
    cpu_seconds, median, memory_mb, ms, number, peer, percentile, python, report::Report, run_json, stack::Databases,
};
use observatory_operations::{Backend, BackendOptions, Item, Outcome, Run, Submit, Task, TaskError, Worker};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

const KIND: &str = "bench.noop";
const TASKS: usize = 50_000;
const CELERY_TASKS: usize = 10_000;
const REPEATS: usize = 3;
/// Callers that submit at the same time, as in a service.
const SUBMITTERS: usize = 4;
const LONGEST: Duration = Duration::from_secs(120);

struct Noop;

#[async_trait]
impl Task for Noop {
    fn kind(&self) -> &'static str {
        KIND
    }
    fn response_type(&self) -> &'static str {
        "google.protobuf.Empty"
    }
    async fn run(&self, _: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        Ok(items.iter().map(|_| Ok("done".into())).collect())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--worker", database, redis] => work(database, redis).await,
        _ => measure(arguments.iter().any(|argument| argument == "--no-peer")).await,
    }
}

async fn work(database: &str, redis: &str) -> Result<()> {
    let options = BackendOptions::default();
    let backend = Backend::open(database, redis, &options).await?;
    Worker::new(backend.operations, options.worker_options()).with(Noop).run(CancellationToken::new()).await;
    Ok(())
}

/// A worker process; ends with this one.
struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn measure(no_peer: bool) -> Result<()> {
    let databases = Databases::start().await?;
    let (database, redis) = (databases.postgres.url(), databases.redis.url());
    let workers: Vec<Helper> = (0..2).map(|_| worker(&database, &redis)).collect::<Result<_>>()?;
    let backend = Backend::open(&database, &redis, &BackendOptions::default()).await?;
    drain(&backend, 2, 1_000).await?; // the workers are there, the connections open

    let one_task = each(&backend, 1, 200).await?;
    let hundred = each(&backend, 100, 200).await?;
    let redis_pid = databases.redis.process.pid();
    let (mut small, mut large, mut redis_us) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..REPEATS {
        let before = cpu_seconds(redis_pid);
        small.push(drain(&backend, TASKS / 100, 100).await?);
        redis_us.push((cpu_seconds(redis_pid) - before) * 1e6 / TASKS as f64);
        large.push(drain(&backend, 5, TASKS / 5).await?);
    }
    let memory: f64 = workers.iter().map(|worker| memory_mb(worker.0.id())).sum();
    drop(workers);
    let celery = if no_peer {
        Vec::new()
    } else {
        run_json(Command::new(python()?).arg(peer("celery_peer.py")?).args([&redis, &CELERY_TASKS.to_string()]))?
    };
    databases.stop().await;

    let peer = celery.last().cloned().unwrap_or(Value::Null);
    let of = |field| number(&peer, field);
    let (small, large, redis_us) = (median(&small), median(&large), median(&redis_us));
    let row = |name: &str, ours: f64, theirs: f64, digits: usize, higher: bool| {
        let ratio = if higher { ours / theirs } else { theirs / ours };
        [name.to_owned(), format!("{ours:.digits$}"), format!("{theirs:.digits$}"), format!("{ratio:.1}x")]
    };
    let mut report = Report::new("Queue: no-op tasks, beside Celery");
    report.table(
        ["figure", "ours", "Celery", "ratio"],
        &[
            row("tasks/s end to end, batches of 100", small, of("tasks_per_second"), 0, true),
            row("tasks/s end to end, 5 large operations", large, of("tasks_per_second"), 0, true),
            row("submit 100 tasks, median ms", median(&hundred.submit), of("submit_ms_median"), 2, false),
            row("submit 100 tasks, p95 ms", percentile(&hundred.submit, 0.95), of("submit_ms_p95"), 2, false),
            row(
                "one task, submitted to ended, median ms",
                median(&one_task.ended),
                of("round_trip_ms_median"),
                2,
                false,
            ),
            row("memory of the two workers, MB", memory, of("rss_mb"), 0, false),
        ],
    );
    report.say(format!(
        "Two worker processes each; ours {TASKS} tasks from {SUBMITTERS} submitters (median of {REPEATS} runs), Celery \
         {CELERY_TASKS} from one, in groups of 100, prefork, `acks_late`, prefetch 64. One Redis, append-only file \
         synced every second. Ours writes every operation to Postgres (a commit that waits for the disk at its start, \
         another at its end) and counts exactly; Celery keeps a result per task in Redis.",
    ));
    report.say(format!(
        "Limit: Redis runs commands on one thread and spent {redis_us:.1} us of it per task in batches of 100, so that these end \
         at about {:.0} tasks/s on a Redis core of its own; here {:.0} % of that, with Redis, Postgres, two workers and \
         the submitter on two cores.",
        1e6 / redis_us,
        small * redis_us / 1e4,
    ));
    report.finish()
}

fn worker(database: &str, redis: &str) -> Result<Helper> {
    let child =
        Command::new(std::env::current_exe()?).args(["--worker", database, redis]).stdout(Stdio::null()).spawn();
    Ok(Helper(child.context("starting a worker")?))
}

fn submission(tasks: usize) -> Submit {
    Submit {
        kind: KIND,
        response_type: "google.protobuf.Empty",
        request: Vec::new(),
        request_id: String::new(),
        task_keys: (0..tasks).map(|number| format!("019aa000-0000-7000-8000-{number:012}")).collect(),
    }
}

/// Times of operations started one after the other, in ms.
struct Each {
    submit: Vec<f64>,
    ended: Vec<f64>,
}

async fn each(backend: &Backend, tasks: usize, operations: usize) -> Result<Each> {
    let mut each = Each { submit: Vec::new(), ended: Vec::new() };
    for _ in 0..operations {
        let submit = submission(tasks);
        let begun = Instant::now();
        let submitted = backend.operations.submit(submit).await?;
        each.submit.push(ms(begun.elapsed()));
        let progress = backend.operations.wait(&submitted.progress.operation_id, LONGEST).await?;
        each.ended.push(ms(begun.elapsed()));
        ensure!(progress.completed == tasks as i32, "{progress:?}");
    }
    Ok(each)
}

/// Tasks per second from the first submission to the end of the last operation.
async fn drain(backend: &Backend, operations: usize, tasks: usize) -> Result<f64> {
    let begun = Instant::now();
    let mut submitters = tokio::task::JoinSet::new();
    for first in 0..SUBMITTERS {
        let queue = backend.operations.clone();
        submitters.spawn(async move {
            let mut ids = Vec::new();
            for _ in (first..operations).step_by(SUBMITTERS) {
                ids.push(queue.submit(submission(tasks)).await?.progress.operation_id);
            }
            anyhow::Ok(ids)
        });
    }
    let ids: Vec<String> = submitters.join_all().await.into_iter().collect::<Result<Vec<_>>>()?.concat();
    let mut completed = 0;
    for id in &ids {
        completed += backend.operations.wait(id, LONGEST).await?.completed as usize;
    }
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(completed == operations * tasks, "{completed} of {} tasks", operations * tasks);
    Ok(completed as f64 / seconds)
}
