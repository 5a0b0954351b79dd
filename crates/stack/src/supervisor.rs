use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, watch},
    task::JoinHandle,
    time::Instant,
};

use crate::Process;

const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(30);
// A process that ran this long before it crashed starts again without delay growing further.
const STEADY: Duration = Duration::from_secs(60);

/// Restarts what crashes, with a delay that doubles from 0.5 s to 30 s, and stops all of
/// it in reverse order. Cloning gives a handle to the same one.
#[derive(Debug, Clone)]
pub struct Supervisor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    stopping: watch::Sender<bool>,
    watched: Mutex<Vec<(Process, JoinHandle<()>)>>,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self::new()
    }
}

impl Supervisor {
    pub fn new() -> Self {
        let (stopping, _) = watch::channel(false);
        Self(Arc::new(Inner { stopping, watched: Mutex::new(Vec::new()) }))
    }

    /// Watches a process that runs. What is added first is stopped last.
    pub async fn watch(&self, process: Process) {
        let task = tokio::spawn(keep_running(process.clone(), self.0.stopping.subscribe()));
        self.0.watched.lock().await.push((process, task));
    }

    /// Ends the restarting, then each process in reverse order of [`Supervisor::watch`].
    pub async fn stop(&self) {
        self.0.stopping.send_replace(true);
        let mut watched = self.0.watched.lock().await;
        while let Some((process, task)) = watched.pop() {
            // A restart under way finishes first, so that nothing starts after its stop.
            let _ = task.await;
            tracing::debug!(process = process.name(), "stopping");
            process.terminate().await;
        }
    }
}

async fn keep_running(process: Process, mut stopping: watch::Receiver<bool>) {
    let mut delay = FIRST_DELAY;
    loop {
        let since = Instant::now();
        let status = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            status = process.wait() => status,
        };
        if since.elapsed() > STEADY {
            delay = FIRST_DELAY;
        }
        tracing::error!(
            process = process.name(),
            %status,
            log = %process.log().display(),
            again_in_ms = delay.as_millis() as u64,
            "ended by itself: {}",
            process.log_tail(3)
        );
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(delay) => {}
        }
        delay = (delay * 2).min(LONGEST_DELAY);
        match process.restart().await {
            Ok(()) => tracing::info!(process = process.name(), pid = process.pid(), "started again"),
            Err(error) => tracing::error!(process = process.name(), %error, "could not be started again"),
        }
    }
}
