//! What the one task of a pipeline does: start, wait, go on.

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use observatory_operations::{Event, Item, Outcome, Run, State, Task, TaskError, kinds};
use observatory_proto::{
    Error, Reason,
    pipeline::{RunPipelineRequest, Stage},
};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::{KIND, Pipeline, RESPONSE, course::Course, stage_name, stages::Part};

/// Operations of one stage that run at once.
const AT_ONCE: usize = 4;

#[async_trait]
impl Task for Pipeline {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn response_type(&self) -> &'static str {
        RESPONSE
    }

    fn batch_size(&self) -> usize {
        1
    }

    /// It takes as long as its stages do.
    fn timeout(&self, _: Duration) -> Option<Duration> {
        None
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            let request: RunPipelineRequest = run.request()?;
            let asked = |stage: Stage| {
                request.stages.contains(&stage.into()) || (stage == Stage::Scrape && !request.portals.is_empty())
            };
            let course = Course::new(self.services.plan(&request).await?, asked)?;
            let drive = Drive { pipeline: self, run, key: &item.key, request: &request, course: Mutex::new(course) };
            drive.all(asked).await?;
            outcomes.push(Ok("finished".to_string()));
        }
        Ok(outcomes)
    }
}

/// A pipeline under way in this process.
struct Drive<'a> {
    pipeline: &'a Pipeline,
    run: &'a Run,
    key: &'a str,
    request: &'a RunPipelineRequest,
    course: Mutex<Course>,
}

/// Why a part was not waited for to its end.
enum Stopped {
    /// This process stops, or the pipeline was cancelled.
    Halted,
    /// The service says that it can't do such things.
    Missing(Error),
    /// To be tried again by whoever runs the pipeline next.
    Broken(Error),
}

impl Drive<'_> {
    async fn all(&self, asked: impl Fn(Stage) -> bool) -> Result<(), TaskError> {
        let stages = self.course.lock().await.stages();
        for (stage, parts) in stages {
            self.course.lock().await.enter(stage);
            match self.stage(stage, parts).await {
                Ok(()) => {}
                Err(Stopped::Halted) => return Err(self.interrupted().await),
                Err(Stopped::Missing(error)) if !asked(stage) => {
                    self.course.lock().await.pass_over(stage, &error);
                }
                Err(Stopped::Missing(error) | Stopped::Broken(error)) => return Err(error.into()),
            }
            let failure = self.course.lock().await.failure(stage);
            if let Some(message) = failure {
                self.report().await?;
                return Err(TaskError::permanent(Reason::OperationFailed, message));
            }
        }
        self.report().await
    }

    /// Runs the parts of a stage, some at once, each to its end.
    async fn stage(&self, stage: Stage, parts: Vec<Part>) -> Result<(), Stopped> {
        let count = i32::try_from(parts.len()).unwrap_or(i32::MAX);
        let event = Event::new(kinds::PIPELINE_STAGE, count, &self.run.operation_id);
        self.pipeline.engine.announce_event(event.about(&stage_name(stage)));
        // What stops one part of a stage for now stops the waiting for all.
        let halt = self.run.cancelled.child_token();
        let halt = &halt;
        let parts = futures::stream::iter(parts).map(|part| async move {
            let ended = self.part(&part, halt).await;
            if ended.is_err() {
                halt.cancel();
            }
            ended
        });
        // Started ones are waited for, never dropped: a start that is given up may still happen.
        let ended: Vec<_> = parts.buffer_unordered(AT_ONCE).collect().await;
        let (mut halted, mut why) = (false, None);
        for stopped in ended.into_iter().filter_map(Result::err) {
            match stopped {
                Stopped::Halted => halted = true,
                stopped => why = Some(stopped),
            }
        }
        match why {
            Some(why) if !self.run.cancelled.is_cancelled() => Err(why),
            None if !halted => Ok(()),
            _ => Err(Stopped::Halted),
        }
    }

    async fn part(&self, part: &Part, halt: &CancellationToken) -> Result<(), Stopped> {
        if halt.is_cancelled() {
            return Err(Stopped::Halted);
        }
        let request_id = format!("{}/{}", self.run.operation_id, part.label());
        let operation = match self.pipeline.services.start(part, self.request, request_id).await {
            Ok(operation) => operation,
            Err(error) if error.reason == Reason::CapabilityMissing => return Err(Stopped::Missing(error)),
            Err(error) if TaskError::from(error.clone()).retryable => return Err(Stopped::Broken(error)),
            Err(error) => {
                self.course.lock().await.refuse(part, error);
                return self.report().await.map_err(broken);
            }
        };
        let states = self.pipeline.engine.watch(&operation.name, 0).await.map_err(Stopped::Broken)?;
        let (mut states, mut first) = (std::pin::pin!(states), true);
        loop {
            let state = tokio::select! {
                () = halt.cancelled() => return Err(Stopped::Halted),
                state = states.next() => state,
            };
            let Some(state) = state else { return Ok(()) };
            let progress = state.map_err(Stopped::Broken)?.progress;
            // What has ended before this worker came is told with the next that hasn't: no going back.
            let old = first && progress.state.is_terminal();
            first = false;
            self.course.lock().await.see(part, progress);
            if !old && let Err(error) = self.report().await {
                // The next report makes up for it.
                tracing::debug!(%error, "the pipeline's progress was not told");
            }
        }
    }

    async fn report(&self) -> Result<(), TaskError> {
        let course = self.course.lock().await;
        // All of them each time: what was told before may be from a worker before this one.
        self.run.report(self.key, &course.steps(), &course.failures(), true).await
    }

    /// Where the pipeline itself was cancelled, so are its stages: also one that was being started
    /// while the cancellation went round.
    async fn interrupted(&self) -> TaskError {
        let (engine, id) = (&self.pipeline.engine, &self.run.operation_id);
        let cancelled = match engine.get(id).await {
            Ok(progress) if matches!(progress.state, State::Cancelling | State::Cancelled) => engine.cancel(id).await,
            other => other,
        };
        match cancelled {
            Ok(_) => self.run.interruption(),
            Err(error) => error.into(),
        }
    }
}

fn broken(error: TaskError) -> Stopped {
    Stopped::Broken(Error::new(error.reason, error.message))
}
