//! What runs by itself: a loop in every replica of the gateway.
//!
//! A time that has come is claimed by one statement, which only one replica wins, and which leaves a
//! run to be started. Whoever takes that run starts its operation, under a `request_id` made of the
//! schedule and the time: a replica that dies on the way leaves the run to another, and starting it
//! twice is starting it once. Only the database's clock counts.

mod start;
pub mod times;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use observatory_operations::Operations;
use observatory_proto::Error;
use observatory_store::{
    into_error,
    schedules::{self, Claim, Schedule},
    sea_orm::DatabaseConnection,
};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

pub use start::{Launch, run_by_hand};
use times::{Missed, Plan, Times, plan};

/// So many operations are being started at once by one replica.
const STARTING: usize = 16;
/// Between two looks for runs that are too old to keep.
const PRUNE: Duration = Duration::from_secs(3600);

/// Tells the time; the database's clock unless another is given.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// How long things take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Between two looks at the table, at most.
    pub poll: Duration,
    /// A time that passed longer ago was missed.
    pub on_time: TimeDelta,
    /// A replica that hasn't started a run after so long is taken for dead. Longer than a start takes.
    pub lease: TimeDelta,
}

impl Default for Timing {
    fn default() -> Self {
        Self { poll: Duration::from_secs(5), on_time: TimeDelta::seconds(60), lease: TimeDelta::seconds(75) }
    }
}

/// Fires schedules; cheap to clone.
#[derive(Clone)]
pub struct Firing {
    db: DatabaseConnection,
    launch: Arc<dyn Launch>,
    timing: Timing,
    clock: Option<Clock>,
    events: Option<Operations>,
}

impl Firing {
    /// Over this database, starting operations so.
    pub fn new(db: DatabaseConnection, launch: Arc<dyn Launch>, timing: Timing) -> Self {
        Self { db, launch, timing, clock: None, events: None }
    }

    /// By another clock than the database's.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Tells those who watch live events.
    #[must_use]
    pub fn with_events(mut self, events: Operations) -> Self {
        self.events = Some(events);
        self
    }

    /// Runs until told to end, then waits for the starts that are under way.
    pub async fn run(self, drain: CancellationToken) {
        let mut starting = JoinSet::new();
        let mut pruned: Option<Instant> = None;
        while !drain.is_cancelled() {
            let pause = self.round(&mut starting).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "can't look after schedules; trying again");
                self.timing.poll
            });
            if pruned.is_none_or(|at| at.elapsed() > PRUNE) {
                pruned = schedules::prune(&self.db).await.ok().map(|()| Instant::now());
            }
            tokio::select! {
                () = drain.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
            while starting.try_join_next().is_some() {}
        }
        while starting.join_next().await.is_some() {}
    }

    /// Claims what is due and begins to start what was claimed, by whomever; tells how long to rest.
    async fn round(&self, starting: &mut JoinSet<()>) -> Result<Duration, Error> {
        let now = self.now().await?;
        let mut rest = self.timing.poll;
        for schedule in schedules::list(&self.db, true).await.map_err(into_error)? {
            if let Some(next) = self.claim_due(schedule, now).await? {
                rest = rest.min((next - now).to_std().unwrap_or_default());
            }
        }
        let free = STARTING.saturating_sub(starting.len());
        let taken = schedules::take(&self.db, now, self.timing.lease, free).await.map_err(into_error)?;
        for run in taken {
            let firing = self.clone();
            starting.spawn(async move { firing.start(&run).await });
        }
        // Not at once either: a clock that stands still must not make a busy loop.
        Ok(rest.max(self.timing.poll / 100))
    }

    /// Claims the times of a schedule that have come; tells its next one.
    async fn claim_due(&self, mut schedule: Schedule, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Error> {
        let times = match Times::parse(&schedule.cron, &schedule.time_zone) {
            Ok(times) => times,
            Err(error) => {
                tracing::error!(schedule = schedule.schedule_id, %error, "can't fire");
                return Ok(None);
            }
        };
        let missed = if schedule.missed_ticks == "skip" { Missed::Skip } else { Missed::RunOnce };
        loop {
            let (tick, claim) = match plan(&times, schedule.last_tick, now, missed, self.timing.on_time) {
                Plan::Wait(next) => return Ok(next),
                Plan::Fire(tick) => (tick, Claim::Fire),
                Plan::Skip(tick) => (tick, Claim::Skip),
            };
            let request_id = format!("schedule/{}/{}", schedule.schedule_id, tick.format("%Y-%m-%dT%H:%M:%SZ"));
            let claimed = schedules::claim(&self.db, &schedule, tick, claim, &request_id, now).await;
            if !claimed.map_err(into_error)? {
                return Ok(None); // another replica was faster, or it was changed meanwhile
            }
            tracing::info!(schedule = schedule.schedule_id, %tick, ?claim, "claimed");
            schedule.last_tick = tick;
        }
    }

    async fn now(&self) -> Result<DateTime<Utc>, Error> {
        match &self.clock {
            Some(clock) => Ok(clock()),
            None => schedules::now(&self.db).await.map_err(into_error),
        }
    }
}
