//! How far a pipeline is: its stages as they are planned, and what is known of their operations.

use std::collections::BTreeMap;

use observatory_operations::{Progress, State, StepFailure, Steps};
use observatory_proto::{Error, Reason, google::longrunning::operation::Result as End, pipeline::Stage};

use super::{
    stage_name,
    stages::{Part, Planned},
};

/// What is known of an operation of a stage.
#[derive(Debug)]
struct Known {
    part: Part,
    /// Its latest state; none before it is started.
    progress: Option<Progress>,
    /// Why it could not be started.
    refused: Option<Error>,
}

/// Where a pipeline stands.
#[derive(Debug)]
pub struct Course {
    now: Stage,
    /// Stages that can run, each with the operations that it starts.
    stages: Vec<(Stage, Vec<Known>)>,
    skipped: Vec<String>,
}

impl Course {
    /// Nothing is started yet. Stages that can't run are passed over, except where they were asked for.
    ///
    /// # Errors
    /// Why a stage that was asked for can't run.
    pub fn new(plan: Vec<Planned>, asked: impl Fn(Stage) -> bool) -> Result<Self, Error> {
        let mut course = Self { now: Stage::Unspecified, stages: Vec::new(), skipped: Vec::new() };
        for Planned { stage, parts } in plan {
            match parts {
                Ok(parts) => {
                    let known = parts.into_iter().map(|part| Known { part, progress: None, refused: None });
                    course.stages.push((stage, known.collect()));
                }
                Err(error) if asked(stage) => {
                    let message = format!("the stage {} can't run: {}", stage_name(stage), error.message);
                    return Err(Error { message, ..error });
                }
                Err(error) => course.skip(stage, &error),
            }
        }
        course.now = course.stages.first().map_or(Stage::Unspecified, |(stage, _)| *stage);
        Ok(course)
    }

    fn skip(&mut self, stage: Stage, why: &Error) {
        self.skipped.push(format!("{}: {}", stage_name(stage), why.message));
    }

    /// The stages to run, in order, with the parts of each.
    pub fn stages(&self) -> Vec<(Stage, Vec<Part>)> {
        let parts = |known: &[Known]| known.iter().map(|known| known.part.clone()).collect();
        self.stages.iter().map(|(stage, known)| (*stage, parts(known))).collect()
    }

    /// A stage begins.
    pub fn enter(&mut self, stage: Stage) {
        self.now = stage;
    }

    /// A stage turned out to be missing.
    pub fn pass_over(&mut self, stage: Stage, why: &Error) {
        self.stages.retain(|(other, _)| *other != stage);
        self.skip(stage, why);
    }

    fn known(&mut self, part: &Part) -> Option<&mut Known> {
        let (_, known) = self.stages.iter_mut().find(|(stage, _)| *stage == part.stage)?;
        known.iter_mut().find(|known| known.part == *part)
    }

    /// The latest state of an operation.
    pub fn see(&mut self, part: &Part, progress: Progress) {
        if let Some(known) = self.known(part) {
            known.progress = Some(progress);
        }
    }

    /// An operation could not be started.
    pub fn refuse(&mut self, part: &Part, why: Error) {
        if let Some(known) = self.known(part) {
            known.refused = Some(why);
        }
    }

    /// Why a stage failed as a whole; none where any of its operations succeeded.
    pub fn failure(&self, stage: Stage) -> Option<String> {
        let (_, known) = self.stages.iter().find(|(other, _)| *other == stage)?;
        if known.is_empty() || known.iter().any(Known::succeeded) {
            return None;
        }
        let first = known.iter().find_map(Known::failure)?;
        let name = stage_name(stage);
        Some(match known.len() {
            1 => format!("the stage {name} failed ({}): {}", first.item, first.message),
            n => format!("the stage {name} failed, all {n} parts of it; the first ({}): {}", first.item, first.message),
        })
    }

    /// One failure per operation that failed, or of which items failed.
    pub fn failures(&self) -> Vec<StepFailure> {
        self.all().filter_map(Known::failure).collect()
    }

    fn all(&self) -> impl Iterator<Item = &Known> {
        self.stages.iter().flat_map(|(_, known)| known)
    }

    /// The progress to tell of: a step is an operation of a stage.
    pub fn steps(&self) -> Steps {
        let mut counts = BTreeMap::from([("failed".to_string(), 0), ("stages_done".to_string(), 0)]);
        let (mut percent, mut names) = (0.0, Vec::new());
        for (_, known) in &self.stages {
            let done = known.iter().all(Known::ended);
            *counts.entry("stages_done".into()).or_default() += i32::from(done);
            let mean = known.iter().map(Known::percent).sum::<f64>() / known.len().max(1) as f64;
            percent += if done { 100.0 } else { mean } / self.stages.len() as f64;
            for known in known {
                known.count(&mut counts);
                names.extend(known.name());
            }
        }
        let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        Steps {
            stage: stage_name(self.now),
            total: number(self.all().count()),
            completed: number(self.all().filter(|known| known.succeeded()).count()),
            failed: number(self.all().filter(|known| known.ended() && !known.succeeded()).count()),
            percent,
            counts,
            lists: BTreeMap::from([
                ("stage_operations".to_string(), names),
                ("skipped_stages".to_string(), self.skipped.clone()),
            ]),
        }
    }
}

impl Known {
    fn ended(&self) -> bool {
        self.refused.is_some() || self.progress.as_ref().is_some_and(|progress| progress.state.is_terminal())
    }

    fn succeeded(&self) -> bool {
        self.progress.as_ref().is_some_and(|progress| progress.state == State::Succeeded)
    }

    fn name(&self) -> Option<String> {
        self.progress.as_ref().map(|progress| format!("operations/{}", progress.operation_id))
    }

    fn percent(&self) -> f64 {
        match &self.progress {
            Some(progress) if !self.ended() => progress.to_metadata().progress_percent,
            _ if self.ended() => 100.0,
            _ => 0.0,
        }
    }

    /// Adds what the operation counted, by the names that the pipeline has for it.
    fn count(&self, counts: &mut BTreeMap<String, i32>) {
        let mut add = |name: &str, n: i32| {
            let sum = counts.entry(name.to_string()).or_default();
            *sum = sum.saturating_add(n);
        };
        let Some(progress) = &self.progress else {
            return add("failed", i32::from(self.refused.is_some()));
        };
        let metadata = progress.to_metadata();
        for (name, n) in metadata.outcomes.iter().chain(&metadata.counts).filter(|(name, _)| *name != "failed") {
            let stored = self.part.stage == Stage::Scrape && name == "stored";
            add(if stored { "scraped" } else { name }, *n);
        }
        // An operation may fail before any item of it does.
        let least = i32::from(self.ended() && !self.succeeded());
        add("failed", metadata.failed.max(least));
    }

    fn failure(&self) -> Option<StepFailure> {
        if let Some(error) = &self.refused {
            let (message, reason) = (error.message.clone(), error.reason_name().to_string());
            return Some(StepFailure { item: self.part.label(), message, reason, attempts: 1 });
        }
        let progress = self.progress.as_ref().filter(|progress| progress.state.is_terminal())?;
        let metadata = progress.to_metadata();
        let first = metadata.failures.first();
        let message = match progress.to_operation().result {
            Some(End::Error(status)) => status.message,
            _ if metadata.failed == 0 => return None,
            _ => {
                let first = first.map(|first| format!("; the first, {}: {}", first.item, first.message));
                format!("{} of {} items failed{}", metadata.failed, metadata.total, first.unwrap_or_default())
            }
        };
        let reason = match (progress.state, first) {
            (State::Cancelled, _) => Error::new(Reason::Cancelled, "").reason_name().to_string(),
            (_, Some(first)) => first.reason.clone(),
            (_, None) => Error::new(Reason::OperationFailed, "").reason_name().to_string(),
        };
        Some(StepFailure {
            item: self.name()?,
            message: format!("{}: {message}", self.part.label()),
            reason,
            attempts: 1,
        })
    }
}
