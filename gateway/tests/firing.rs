//! Schedules fire once per time, whoever runs, dies, or comes back.

#![allow(clippy::unwrap_used)]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use observatory_gateway::schedules::{Clock, Firing, Launch, Timing};
use observatory_proto::{Error, google::longrunning::Operation};
use observatory_store::{
    schedules::{self, Run},
    sea_orm::{ConnectionTrait, DatabaseConnection, Statement, Value},
};
use observatory_testkit::Kit;
use rand::Rng;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

/// Takes starts down in place of a service, which knows a request_id again.
#[derive(Default)]
struct Recorder {
    starts: Mutex<HashMap<String, usize>>,
    /// What the next starts answer; nothing stands for success.
    refusals: Mutex<Vec<Error>>,
    /// Pauses of up to so many milliseconds before and after, and some starts that fail for a moment.
    trouble: u64,
}

impl Recorder {
    fn refusing(refusals: impl IntoIterator<Item = Error>) -> Arc<Self> {
        Arc::new(Self { refusals: Mutex::new(refusals.into_iter().collect()), ..Self::default() })
    }

    async fn pause(&self) {
        let pause = rand::rng().random_range(0..=self.trouble * 1000);
        tokio::time::sleep(Duration::from_micros(pause)).await;
    }

    fn starts(&self) -> HashMap<String, usize> {
        self.starts.lock().unwrap().clone()
    }
}

#[tonic::async_trait]
impl Launch for Recorder {
    async fn launch(&self, _: &str, _: &Json, request_id: &str) -> Result<Operation, Error> {
        self.pause().await;
        if let Some(error) = self.refusals.lock().unwrap().pop() {
            return Err(error);
        }
        if self.trouble > 0 && rand::rng().random_ratio(1, 20) {
            return Err(Error::unavailable("extractor", "for a moment"));
        }
        *self.starts.lock().unwrap().entry(request_id.to_string()).or_default() += 1;
        self.pause().await;
        Ok(Operation { name: format!("operations/{request_id}"), ..Default::default() })
    }
}

async fn sql(db: &DatabaseConnection, sql: &str, values: impl IntoIterator<Item = Value>) {
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await.unwrap();
}

/// Leaves one schedule, all of whose times up to this one are dealt with.
async fn only(db: &DatabaseConnection, cron: &str, missed: &str, done: DateTime<Utc>) {
    sql(db, "DELETE FROM schedules WHERE schedule_id <> 'nightly-extraction'", []).await;
    let change = "UPDATE schedules SET cron = $1, time_zone = 'UTC', missed_ticks = $2, last_tick = $3";
    sql(db, change, [cron.into(), missed.into(), done.into()]).await;
}

async fn history(db: &DatabaseConnection) -> Vec<Run> {
    schedules::runs(db, "nightly-extraction", None, 10_000).await.unwrap()
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < Duration::from_secs(120), "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

/// A minute in 10 ms, from a start; each replica's is a little off.
fn fast_clock(start: DateTime<Utc>, replica: i64) -> Clock {
    let began = Instant::now();
    Arc::new(move || {
        let micros = i64::try_from(began.elapsed().as_micros()).unwrap() * 6000;
        start + TimeDelta::microseconds(micros) + TimeDelta::seconds(replica * 7)
    })
}

/// Each minute of this day from 07:20 on: 1,000 times, then none for a year.
const CRON: &str = "* * 1 1 *";
const START: &str = "2030-01-01T07:19:30Z";
const TICKS: usize = 1000;

async fn thousand_ticks(kit: &Kit, recorder: &Arc<Recorder>, lease: TimeDelta, kill: bool) -> Vec<Run> {
    let db = kit.db();
    only(&db, CRON, "run_once", at(START)).await;
    // However late a busy machine makes them, none counts as missed: this is about who fires.
    let timing = Timing { poll: Duration::from_millis(20), on_time: TimeDelta::days(300), lease };
    let drain = CancellationToken::new();
    let mut replicas = Vec::new();
    for replica in 0..5 {
        let own = observatory_store::connect(&kit.database_url(), 4).await.unwrap();
        let firing = Firing::new(own, recorder.clone(), timing).with_clock(fast_clock(at(START), replica));
        let drain = drain.clone();
        replicas.push(tokio::spawn(async move {
            while !drain.is_cancelled() {
                let life = tokio::spawn(firing.clone().run(drain.clone()));
                let span = Duration::from_millis(rand::rng().random_range(10..100));
                tokio::select! {
                    () = tokio::time::sleep(span), if kill => {}
                    () = drain.cancelled() => {}
                }
                if kill && !drain.is_cancelled() {
                    life.abort();
                }
                let _ = life.await;
            }
        }));
    }
    until("all are started", async || {
        let runs = history(&db).await;
        runs.len() >= TICKS && runs.iter().all(|run| run.state == "started")
    })
    .await;
    // Whatever would come too much has this long to come.
    tokio::time::sleep(Duration::from_millis(500)).await;
    drain.cancel();
    for replica in replicas {
        replica.await.unwrap();
    }
    let runs = history(&db).await;
    let ticks: Vec<_> = runs.iter().rev().map(|run| run.tick).collect();
    let expected: Vec<_> = (0..TICKS as i64).map(|i| at("2030-01-01T07:20:00Z") + TimeDelta::minutes(i)).collect();
    assert_eq!(ticks, expected, "each time once");
    let starts = recorder.starts();
    assert_eq!(starts.len(), TICKS, "one operation each");
    assert!(runs.iter().all(|run| starts.contains_key(&run.request_id) && run.operation_id == run.request_id));
    runs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_replicas_fire_a_thousand_ticks_a_thousand_times() {
    let kit = Kit::start().await;
    let recorder = Arc::new(Recorder::default());
    let runs = thousand_ticks(&kit, &recorder, TimeDelta::days(300), false).await;
    assert!(recorder.starts().values().all(|times| *times == 1), "nothing was even tried twice");
    assert!(runs.iter().all(|run| run.attempts == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_that_die_at_any_moment_lose_and_repeat_nothing() {
    let kit = Kit::start().await;
    let recorder = Arc::new(Recorder { trouble: 5, ..Recorder::default() });
    let runs = thousand_ticks(&kit, &recorder, TimeDelta::minutes(10), true).await;
    let taken_over = runs.iter().filter(|run| run.attempts > 1).count();
    let repeated = recorder.starts().values().filter(|times| **times > 1).count();
    println!("taken over or tried again: {taken_over}, asked for twice under one request_id: {repeated}");
    assert!(taken_over > 10, "the replicas died too gently to prove anything");
}

/// One replica, until all runs have an end.
async fn settle(db: &DatabaseConnection, recorder: Arc<Recorder>, clock: Option<Clock>) -> Vec<Run> {
    let timing = Timing { poll: Duration::from_millis(20), ..Timing::default() };
    let mut firing = Firing::new(db.clone(), recorder, timing);
    if let Some(clock) = clock {
        firing = firing.with_clock(clock);
    }
    let drain = CancellationToken::new();
    let life = tokio::spawn(firing.run(drain.clone()));
    until("all runs end", async || {
        let runs = history(db).await;
        !runs.is_empty() && runs.iter().all(|run| run.state != "claimed")
    })
    .await;
    drain.cancel();
    life.await.unwrap();
    history(db).await
}

#[tokio::test]
async fn many_missed_times_are_made_up_for_by_one_run() {
    let kit = Kit::start().await;
    let db = kit.db();
    let now = schedules::now(&db).await.unwrap();
    // By the database's own clock: an hour's worth of minutes, and the tolerance makes the newest on time.
    only(&db, "* * * * *", "run_once", now - TimeDelta::hours(1)).await;
    let recorder = Arc::new(Recorder::default());
    let runs = settle(&db, recorder.clone(), None).await;
    assert!(runs.len() <= 2, "a second one only where the minute just turned: {}", runs.len());
    let newest = &runs[0];
    assert!(newest.tick > now - TimeDelta::minutes(1) && newest.tick <= now + TimeDelta::minutes(1));
    assert_eq!((newest.state.as_str(), newest.attempts, newest.manual), ("started", 1, false));
    let tick = newest.tick.format("%Y-%m-%dT%H:%M:00Z");
    assert!(recorder.starts().contains_key(&format!("schedule/nightly-extraction/{tick}")));
}

#[tokio::test]
async fn where_missed_times_are_skipped_the_history_says_so() {
    let kit = Kit::start().await;
    let db = kit.db();
    let clock: Clock = Arc::new(|| at("2030-01-05T12:00:00Z"));
    only(&db, "0 3 * * *", "skip", at("2030-01-01T03:00:00Z")).await;
    let recorder = Arc::new(Recorder::default());
    let runs = settle(&db, recorder.clone(), Some(clock)).await;
    assert_eq!((runs.len(), runs[0].state.as_str(), runs[0].tick), (1, "skipped", at("2030-01-05T03:00:00Z")));
    assert!(runs[0].error.contains("MISSED") && recorder.starts().is_empty());
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_will_not_is_told() {
    let clock = || fast_clock(at("2030-01-01T03:00:00Z"), 0);
    let due = async |kit: &Kit| only(&kit.db(), "0 3 1 1 *", "run_once", at("2029-06-01T03:00:00Z")).await;
    let away = || Error::unavailable("extractor", "connection refused");

    let kit = Kit::start().await;
    due(&kit).await;
    let runs = settle(&kit.db(), Recorder::refusing([away(), away()]), Some(clock())).await;
    let seen = (runs.len(), runs[0].state.as_str(), runs[0].attempts, runs[0].error.as_str());
    assert_eq!(seen, (1, "started", 3, ""));

    let kit = Kit::start().await;
    due(&kit).await;
    let runs = settle(&kit.db(), Recorder::refusing((0..100).map(|_| away())), Some(clock())).await;
    assert_eq!((runs[0].state.as_str(), runs[0].attempts), ("failed", 12));
    assert_eq!(runs[0].error, "[DEPENDENCY_UNAVAILABLE] extractor is not available: connection refused");

    let kit = Kit::start().await;
    due(&kit).await;
    let missing = Error::capability_missing("clustering", "skills can't be clustered yet");
    let runs = settle(&kit.db(), Recorder::refusing([missing]), Some(clock())).await;
    assert_eq!((runs[0].state.as_str(), runs[0].attempts), ("failed", 1), "it isn't tried again");
    assert_eq!(runs[0].error, "[CAPABILITY_MISSING] skills can't be clustered yet");
}

#[tokio::test]
async fn a_run_asks_for_what_its_schedule_held_when_its_time_came() {
    let kit = Kit::start().await;
    let db = kit.db();
    only(&db, "* * * * *", "skip", at(START)).await;
    let schedule = schedules::get(&db, "nightly-extraction", false).await.unwrap().unwrap();
    let tick = at("2030-01-01T07:20:00Z");
    let claim = async |tick| {
        let fire = schedules::Claim::Fire;
        schedules::claim(&db, &schedule, tick, fire, &format!("r-{tick}"), tick).await.unwrap()
    };
    assert!(claim(tick).await);
    assert!(!claim(tick).await && !claim(tick + TimeDelta::minutes(1)).await, "last_tick has moved on");
    sql(&db, "UPDATE schedules SET request = '{\"limit\": 7}', paused = true", []).await;
    let runs = schedules::take(&db, tick, TimeDelta::seconds(10), 5).await.unwrap();
    assert_eq!((runs.len(), &runs[0].request["limit"]), (1, &500.into()));
    assert!(schedules::take(&db, tick, TimeDelta::seconds(10), 5).await.unwrap().is_empty(), "somebody has it");
    let later = tick + TimeDelta::seconds(11);
    assert_eq!(schedules::take(&db, later, TimeDelta::seconds(10), 5).await.unwrap()[0].attempts, 2);
}
