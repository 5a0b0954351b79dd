//! Watching operations: one subscription per process, any number of watchers.

use std::time::Duration;

use fred::{clients::SubscriberClient, prelude::*, types::Message};
use futures::Stream;
use observatory_proto::Error;
use tokio::{sync::broadcast, time::Instant};

use crate::{Event, Operations, Progress, redis::Keys};

/// Events kept for a watcher who is slow.
const LIVE_BUFFER: usize = 1024;
/// At most ten messages a second to each watcher.
const MIN_INTERVAL: Duration = Duration::from_millis(100);
/// One who only waits for the end looks sooner at first, then less and less often.
const FIRST_INTERVAL: Duration = Duration::from_micros(250);
/// Pub/sub may lose messages when a connection breaks: look anyway.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Passes on which operations changed, and what happens live.
pub(crate) struct Notifier {
    changed: broadcast::Sender<String>,
    pub live: broadcast::Sender<Event>,
}

impl Notifier {
    /// Subscribes in the background; without Redis, watchers look by themselves.
    pub fn new(redis: &Client, keys: &Keys) -> Self {
        let notifier = Self { changed: broadcast::channel(4096).0, live: broadcast::channel(LIVE_BUFFER).0 };
        let (changed, live, channels) =
            (notifier.changed.clone(), notifier.live.clone(), [keys.channel(), keys.live()]);
        let subscriber = Builder::from_config(redis.client_config())
            .set_policy(ReconnectPolicy::new_exponential(0, 50, 1_000, 2))
            .build_subscriber_client();
        match subscriber {
            Ok(subscriber) => {
                tokio::spawn(async move {
                    let [changes, events] = channels;
                    let pass_on = |message: Message| {
                        let Some(text) = message.value.as_string() else { return };
                        if message.channel == changes.as_str() {
                            let _ = changed.send(text);
                        } else if live.receiver_count() > 0
                            && let Ok(event) = serde_json::from_str(&text)
                        {
                            let _ = live.send(event);
                        }
                    };
                    listen(subscriber, vec![changes.clone(), events], pass_on).await;
                });
            }
            Err(error) => tracing::warn!(%error, "no subscription to changes"),
        }
        notifier
    }
}

async fn listen(subscriber: SubscriberClient, channels: Vec<String>, pass_on: impl Fn(Message)) {
    let mut messages = subscriber.message_rx();
    subscriber.connect();
    subscriber.manage_subscriptions();
    if let Err(error) = subscriber.subscribe(channels).await {
        tracing::warn!(%error, "no subscription to changes");
    }
    loop {
        match messages.recv().await {
            Ok(message) => pass_on(message),
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

/// One message to a watcher.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// The state.
    pub progress: Progress,
    /// True where nothing changed since the message before.
    pub heartbeat: bool,
}

impl Operations {
    /// Streams the states of an operation: at once, at each change, and as a
    /// heartbeat; ends with the operation. With `after_sequence`, is silent until
    /// the state is beyond it.
    ///
    /// # Errors
    /// Not found. In the stream: UNAVAILABLE where Redis stays away; resume then.
    pub async fn watch(
        &self,
        operation_id: &str,
        after_sequence: i64,
    ) -> Result<impl Stream<Item = Result<Watched, Error>> + Send + use<>, Error> {
        let changes = self.inner.notifier.changed.subscribe();
        let first = self.get(operation_id).await?;
        Ok(self.stream(changes, first, after_sequence, MIN_INTERVAL))
    }

    /// `changes` is older than `first`, so that nothing between them is missed.
    fn stream(
        &self,
        changes: broadcast::Receiver<String>,
        first: Progress,
        after_sequence: i64,
        min_interval: Duration,
    ) -> impl Stream<Item = Result<Watched, Error>> + Send + use<> {
        let watcher = Watcher {
            operations: self.clone(),
            id: first.operation_id.clone(),
            changes,
            sequence: after_sequence,
            next: Some(first),
            last_sent: Instant::now(),
            min_interval,
            ended: false,
        };
        futures::stream::unfold(watcher, |mut watcher| async move {
            let item = watcher.step().await?;
            Some((item, watcher))
        })
    }

    /// Waits until an operation ends, at most `timeout`, and returns its state then.
    ///
    /// # Errors
    /// Not found, or Redis away.
    pub async fn wait(&self, operation_id: &str, timeout: Duration) -> Result<Progress, Error> {
        use futures::StreamExt;
        let changes = self.inner.notifier.changed.subscribe();
        let mut last = self.get(operation_id).await?;
        let stream = self.stream(changes, last.clone(), 0, FIRST_INTERVAL);
        let mut stream = std::pin::pin!(stream);
        let watching = async {
            while let Some(watched) = stream.next().await {
                last = watched?.progress;
            }
            Ok::<(), Error>(())
        };
        if let Ok(result) = tokio::time::timeout(timeout, watching).await {
            result?;
        }
        Ok(last)
    }
}

struct Watcher {
    operations: Operations,
    id: String,
    changes: broadcast::Receiver<String>,
    sequence: i64,
    next: Option<Progress>,
    last_sent: Instant,
    min_interval: Duration,
    ended: bool,
}

impl Watcher {
    async fn step(&mut self) -> Option<Result<Watched, Error>> {
        if self.ended {
            return None;
        }
        loop {
            let progress = match self.next.take() {
                Some(progress) => progress,
                None => match self.look().await {
                    Ok(progress) => progress,
                    Err(error) => {
                        self.ended = true;
                        return Some(Err(error));
                    }
                },
            };
            // An ended operation is always told, also to one who has seen its last sequence.
            let changed = progress.sequence > self.sequence || progress.state.is_terminal();
            let quiet = self.last_sent.elapsed() >= self.operations.inner.options.heartbeat;
            if changed || quiet {
                self.sequence = self.sequence.max(progress.sequence);
                self.last_sent = Instant::now();
                self.ended = progress.state.is_terminal();
                return Some(Ok(Watched { progress, heartbeat: !changed }));
            }
        }
    }

    /// Waits for a change, not too briefly and not too long, then reads the state.
    async fn look(&mut self) -> Result<Progress, Error> {
        let not_before = self.last_sent + self.min_interval;
        self.min_interval = (self.min_interval * 2).min(MIN_INTERVAL);
        let deadline = Instant::now() + LOOK_INTERVAL;
        loop {
            match tokio::time::timeout_at(deadline, self.changes.recv()).await {
                Ok(Ok(id)) if id != self.id => continue,
                Ok(Err(broadcast::error::RecvError::Closed)) => tokio::time::sleep_until(deadline).await,
                _ => {}
            }
            break;
        }
        tokio::time::sleep_until(not_before).await;
        self.operations.get(&self.id).await
    }
}
