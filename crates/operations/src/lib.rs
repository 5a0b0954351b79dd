//! Long-running operations on Redis Streams.
//!
//! A service implements [`Task`] for each kind of operation, registers it with a
//! [`Worker`], and starts operations with [`Operations::submit`]. Every replica
//! runs the same workers on the same consumer group.
//!
//! What is promised:
//! - a task is delivered at least once; its effect happens once, because results
//!   are written together with an effect key (`observatory_store::effects`);
//! - a task is acknowledged and counted in one atomic step, and only by the
//!   worker that owns it, so progress is exact;
//! - a worker that dies is noticed when its lease runs out, and its tasks are
//!   taken over; a task that keeps failing becomes a dead letter;
//! - the journal in Postgres is written first: an operation survives the loss of Redis.

mod backend;
mod engine;
mod events;
mod progress;
mod recover;
mod redis;
mod scripts;
mod steps;
mod task;
mod watch;
mod worker;

pub use backend::{Backend, BackendOptions};
pub use engine::{ListPage, Operations, Submit, Submitted};
pub use events::{Event, kinds};
pub use progress::{Failure, Progress, State};
pub use redis::{Options, connect};
pub use steps::{StepFailure, Steps};
pub use task::{Item, Outcome, Run, Task, TaskError, with_sums};
pub use worker::{Worker, WorkerOptions};

/// Re-exported so that callers share this crate's version.
pub use fred;
