//! The gateway's RPCs, one file per service: proto <-> store, nothing else.

mod clusters;
mod convert;
mod emerging;
mod enhanced;
mod jobs;
mod operations;
mod pipelines;
mod schedules;
mod skills;
mod stats;
mod tasks;
mod taxonomy;

pub use clusters::Clusters;
pub use jobs::Jobs;
pub use operations::OperationsApi;
pub use pipelines::Pipelines;
pub use schedules::Schedules;
pub use skills::Skills;
pub use stats::Stats;
pub use tasks::{Starters, Tasks};
pub use taxonomy::Taxonomy;
