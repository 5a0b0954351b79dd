//! What happens live, anywhere in the mesh: told on Redis pub/sub to whoever listens, kept nowhere.

use fred::prelude::*;
use futures::Stream;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc,
    },
    time::Instant,
};

use crate::{Operations, redis::now_ms};

/// Kinds of events.
pub mod kinds {
    /// Ads were stored from portals.
    pub const JOBS_SCRAPED: &str = "jobs_scraped";
    /// Ads were stored from an import.
    pub const JOBS_IMPORTED: &str = "jobs_imported";
    /// Ads were cleaned and are usable.
    pub const JOBS_CLEANED: &str = "jobs_cleaned";
    /// The skills of ads were extracted; the count is of ads.
    pub const SKILLS_EXTRACTED: &str = "skills_extracted";
    /// The skills of ads were enhanced by a language model; the count is of ads.
    pub const SKILLS_ENHANCED: &str = "skills_enhanced";
    /// Skills were embedded.
    pub const SKILLS_EMBEDDED: &str = "skills_embedded";
    /// An operation was accepted; the count is of its tasks, the subject its kind.
    pub const OPERATION_STARTED: &str = "operation_started";
    /// An operation ended; the count is of items completed, the subject its kind and state.
    pub const OPERATION_ENDED: &str = "operation_ended";
    /// A pipeline is at a stage, which the subject names; the count is of operations that it starts.
    pub const PIPELINE_STAGE: &str = "pipeline_stage";
    /// A schedule fired; the subject is its name.
    pub const SCHEDULE_FIRED: &str = "schedule_fired";
    /// Nothing happened for a while; only told to watchers.
    pub const HEARTBEAT: &str = "heartbeat";
    /// So many events were too many for a slow watcher; only told to that one.
    pub const MISSED: &str = "missed";
}

/// Events waiting to be published; what is beyond is dropped.
const WAITING: usize = 1024;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// One of [`kinds`].
    pub kind: String,
    /// To how many.
    #[serde(default)]
    pub count: i32,
    /// The operation that did it; may be empty.
    #[serde(default)]
    pub operation_id: String,
    /// What it is about; may be empty.
    #[serde(default)]
    pub subject: String,
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
}

impl Event {
    /// An event of this moment.
    pub fn new(kind: &str, count: i32, operation_id: &str) -> Self {
        let (kind, operation_id) = (kind.to_string(), operation_id.to_string());
        Self { kind, count, operation_id, subject: String::new(), time_ms: now_ms() }
    }

    /// Says what it is about.
    #[must_use]
    pub fn about(self, subject: &str) -> Self {
        Self { subject: subject.to_string(), ..self }
    }
}

/// Publishes in the background, in order, until its sender is dropped.
pub(crate) fn announcer(redis: Client, channel: String) -> mpsc::Sender<Event> {
    let (sender, mut events) = mpsc::channel::<Event>(WAITING);
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            publish(&redis, &channel, &event).await;
        }
    });
    sender
}

/// Publishes an event, where Redis is there: old news is no use to anybody.
pub(crate) async fn publish(redis: &Client, channel: &str, event: &Event) {
    let Ok(text) = serde_json::to_string(event) else { return };
    if !redis.is_connected() {
        return;
    }
    if let Err(error) = redis.publish::<i64, _, _>(channel, text).await {
        tracing::debug!(%error, kind = event.kind, "an event was not published");
    }
}

impl Operations {
    /// Tells everybody who watches that something happened to `count` things. Never waits and never
    /// fails; nothing is told where `count` is 0.
    pub fn announce(&self, kind: &str, count: i32, operation_id: &str) {
        if count > 0 {
            self.announce_event(Event::new(kind, count, operation_id));
        }
    }

    /// As [`Operations::announce`], with a subject, and whatever the count is.
    pub fn announce_event(&self, event: Event) {
        let _ = self.inner.announcer.try_send(event);
    }

    /// What happens from now on: events of these kinds (none means all), a heartbeat at once and
    /// whenever it is quiet, and `missed` where the reader was too slow. Ends with this process's
    /// subscription.
    pub fn events(&self, kinds: Vec<String>) -> impl Stream<Item = Event> + Send + use<> {
        let events = self.inner.notifier.live.subscribe();
        // Listening keeps the subscription; this handle keeps the process's connections.
        let watcher = EventWatcher { operations: self.clone(), events, kinds, told: None };
        futures::stream::unfold(watcher, |mut watcher| async move { Some((watcher.next().await?, watcher)) })
    }
}

struct EventWatcher {
    operations: Operations,
    events: broadcast::Receiver<Event>,
    kinds: Vec<String>,
    /// When something was last told.
    told: Option<Instant>,
}

impl EventWatcher {
    async fn next(&mut self) -> Option<Event> {
        let event = match self.told {
            Some(told) => self.wait(told + self.operations.inner.options.heartbeat).await?,
            None => Event::new(kinds::HEARTBEAT, 0, ""),
        };
        self.told = Some(Instant::now());
        Some(event)
    }

    async fn wait(&mut self, quiet_until: Instant) -> Option<Event> {
        loop {
            match tokio::time::timeout_at(quiet_until, self.events.recv()).await {
                Ok(Ok(event)) if self.kinds.is_empty() || self.kinds.contains(&event.kind) => return Some(event),
                Ok(Ok(_)) => {}
                Ok(Err(RecvError::Lagged(missed))) => {
                    return Some(Event::new(kinds::MISSED, i32::try_from(missed).unwrap_or(i32::MAX), ""));
                }
                Ok(Err(RecvError::Closed)) => return None,
                Err(_) => return Some(Event::new(kinds::HEARTBEAT, 0, "")),
            }
        }
    }
}
