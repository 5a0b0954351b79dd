//! Many callers, few sessions: a cache, a bounded queue, and batches of like length across callers.

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use crate::{
    EmbedError, Embedded, Manifest, Model, OpenError, Role, buckets,
    cache::{Cache, Key},
    model::Tokens,
};

/// Texts that a session splits into tokens at a time, before it looks for a batch again.
const TOKENISED_AT_ONCE: usize = 32;

/// How a [`Batcher`] works.
#[derive(Clone, Copy, Debug)]
pub struct BatcherOptions {
    /// Texts that may wait; a call that would bring more is refused. Default 4096.
    pub queue_limit: usize,
    /// Bytes of the cache; default 64 MiB, some 40,000 vectors of 384 numbers.
    pub cache_bytes: usize,
}

impl Default for BatcherOptions {
    fn default() -> Self {
        Self { queue_limit: 4096, cache_bytes: 64 << 20 }
    }
}

/// What a [`Batcher`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Texts that the cache knew.
    pub hits: u64,
    /// Texts that the model embedded.
    pub embedded: u64,
    /// Runs of the model.
    pub batches: u64,
    /// Texts dropped before they ran, because nobody waited any more.
    pub abandoned: u64,
    /// Texts that wait now.
    pub queued: usize,
    /// Bytes in the cache now.
    pub cache_bytes: usize,
}

/// The way to vectors for many callers at once. A caller that goes away takes its texts out of the queue; a text
/// that several wait for is embedded once.
pub struct Batcher {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    model: Model,
    options: BatcherOptions,
    cache: Cache,
    state: Mutex<State>,
    work: Condvar,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    hits: AtomicU64,
    embedded: AtomicU64,
    batches: AtomicU64,
    abandoned: AtomicU64,
}

type Answer = Result<Arc<Embedded>, String>;

#[derive(Default)]
struct State {
    /// Not split into tokens yet.
    new: VecDeque<New>,
    /// Ready to run, by length.
    ready: Vec<Ready>,
    /// Who waits for each text that is queued or runs.
    waiting: HashMap<Key, Vec<oneshot::Sender<Answer>>>,
    /// Texts that are queued, or just being split into tokens.
    queued: usize,
    /// Sessions without work.
    idle: usize,
    arrivals: u64,
    stopping: bool,
}

struct New {
    key: Key,
    arrival: u64,
    role: Role,
    text: Box<str>,
}

struct Ready {
    key: Key,
    arrival: u64,
    tokens: Tokens,
}

impl Batcher {
    /// Starts one thread per session of the model.
    ///
    /// # Errors
    /// Where a thread can't be started.
    pub fn start(model: Model, options: BatcherOptions) -> Result<Self, OpenError> {
        let sessions = model.options().sessions.max(1);
        let cache = Cache::new(options.cache_bytes);
        let (state, work, counts) = (Mutex::default(), Condvar::new(), Counts::default());
        let shared = Arc::new(Shared { model, options, cache, state, work, counts });
        let batcher = Self { shared: shared.clone(), threads: Mutex::default() };
        for session in 0..sessions {
            let shared = shared.clone();
            let thread = std::thread::Builder::new().name(format!("session-{session}"));
            let thread = thread.spawn(move || shared.work(session)).map_err(OpenError::Thread)?;
            batcher.threads().push(thread);
        }
        Ok(batcher)
    }

    /// What the model says of itself.
    pub fn manifest(&self) -> &Manifest {
        self.shared.model.manifest()
    }

    /// The model behind.
    pub fn model(&self) -> &Model {
        &self.shared.model
    }

    /// What has been done.
    pub fn stats(&self) -> Stats {
        let counts = &self.shared.counts;
        Stats {
            hits: counts.hits.load(Ordering::Relaxed),
            embedded: counts.embedded.load(Ordering::Relaxed),
            batches: counts.batches.load(Ordering::Relaxed),
            abandoned: counts.abandoned.load(Ordering::Relaxed),
            queued: self.shared.lock().queued,
            cache_bytes: self.shared.cache.bytes(),
        }
    }

    /// Embeds a text or two on every session, so that the first caller doesn't wait for memory.
    ///
    /// # Errors
    /// Where the model fails.
    pub fn warm_up(&self) -> Result<(), EmbedError> {
        let long = "gestión de bases de datos y servicios ".repeat(20);
        let texts: Vec<&str> = ["sql", long.as_str()].repeat(self.shared.model.options().sessions);
        self.shared.model.embed(&texts, Role::Query).map(|_| ())
    }

    /// Embeds texts; the vectors come in their order. All of them are queued, or none.
    ///
    /// # Errors
    /// Where the queue is full, the batcher stops, or a text fails.
    pub async fn embed<T: AsRef<str>>(&self, texts: &[T], role: Role) -> Result<Vec<Arc<Embedded>>, EmbedError> {
        let mut found: Vec<Option<Arc<Embedded>>> = Vec::with_capacity(texts.len());
        let mut missing = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            let key = Key::of(role, text.as_ref());
            let hit = self.shared.cache.get(key);
            if hit.is_none() {
                missing.push((index, key));
            }
            found.push(hit);
        }
        self.shared.counts.hits.fetch_add((texts.len() - missing.len()) as u64, Ordering::Relaxed);
        for (index, waiter) in self.shared.enqueue(texts, role, &missing)? {
            let answer = match waiter {
                Waiter::Known(value) => Ok(value),
                Waiter::Queued(receiver) => receiver.await.map_err(|_| EmbedError::Stopping)?,
            };
            found[index] = Some(answer.map_err(|reason| EmbedError::Text { index, reason })?);
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Refuses new texts, finishes those that somebody waits for, and ends the threads. Blocks meanwhile.
    pub fn stop(&self) {
        self.shared.stop();
        for thread in std::mem::take(&mut *self.threads()) {
            // A panic was logged when it happened.
            let _ = thread.join();
        }
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Batcher {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

enum Waiter {
    /// It came into the cache meanwhile.
    Known(Arc<Embedded>),
    Queued(oneshot::Receiver<Answer>),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.lock().stopping = true;
        self.work.notify_all();
    }

    fn enqueue<T: AsRef<str>>(
        &self,
        texts: &[T],
        role: Role,
        missing: &[(usize, Key)],
    ) -> Result<Vec<(usize, Waiter)>, EmbedError> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let mut state = self.lock();
        if state.stopping {
            return Err(EmbedError::Stopping);
        }
        let more = missing.iter().filter(|(_, key)| !state.waiting.contains_key(key)).count();
        let limit = self.options.queue_limit;
        if more > 0 && state.queued + more > limit {
            return Err(EmbedError::Overloaded { queued: state.queued, limit });
        }
        let mut waiters = Vec::with_capacity(missing.len());
        for &(index, key) in missing {
            let (sender, receiver) = oneshot::channel();
            if let Some(others) = state.waiting.get_mut(&key) {
                others.push(sender);
            } else if let Some(value) = self.cache.get(key) {
                waiters.push((index, Waiter::Known(value)));
                continue;
            } else {
                state.waiting.insert(key, vec![sender]);
                state.arrivals += 1;
                state.queued += 1;
                let (arrival, text) = (state.arrivals, texts[index].as_ref().into());
                state.new.push_back(New { key, arrival, role, text });
            }
            waiters.push((index, Waiter::Queued(receiver)));
        }
        drop(state);
        if more > 1 {
            self.work.notify_all()
        } else {
            self.work.notify_one()
        }
        Ok(waiters)
    }

    /// The life of a session's thread.
    fn work(&self, session: usize) {
        let mut state = self.lock();
        loop {
            if !state.new.is_empty() {
                state = self.tokenise_some(state);
            } else if !state.ready.is_empty() {
                let batch = self.take_batch(&mut state);
                drop(state);
                self.run(session, batch);
                state = self.lock();
            } else if state.stopping {
                return;
            } else {
                state.idle += 1;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.idle -= 1;
            }
        }
    }

    fn tokenise_some<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let share = state.new.len().div_ceil(state.idle + 1).min(TOKENISED_AT_ONCE);
        let mut taken: Vec<New> = state.new.drain(..share).collect();
        taken.retain(|new| !self.abandoned(&mut state, new.key));
        drop(state);
        let split: Vec<_> = taken
            .into_iter()
            .map(|new| (new.key, new.arrival, self.guarded(|| self.model.tokenise(&new.text, new.role))))
            .collect();
        let mut state = self.lock();
        for (key, arrival, tokens) in split {
            match tokens {
                Ok(tokens) => {
                    let place = state.ready.partition_point(|other| other.tokens.len() < tokens.len());
                    state.ready.insert(place, Ready { key, arrival, tokens });
                }
                Err(reason) => {
                    state.queued -= 1;
                    answer(&mut state, key, &Err(reason));
                }
            }
        }
        if state.idle > 0 && !state.ready.is_empty() {
            self.work.notify_one();
        }
        state
    }

    /// Takes the text that waits longest, and others of like length. Idle sessions get their share.
    fn take_batch(&self, state: &mut State) -> Vec<Ready> {
        let mut ready = std::mem::take(&mut state.ready);
        ready.retain(|text| !self.abandoned(state, text.key));
        let lengths: Vec<usize> = ready.iter().map(|text| text.tokens.len()).collect();
        let share = lengths.iter().sum::<usize>().div_ceil(state.idle + 1);
        let oldest = (0..ready.len()).min_by_key(|&place| ready[place].arrival);
        let Some(oldest) = oldest else { return Vec::new() };
        let budget = share.min(self.model.options().batch_tokens);
        let batch: Vec<Ready> = ready.drain(buckets::around(&lengths, oldest, budget)).collect();
        state.queued -= batch.len();
        state.ready = ready;
        batch
    }

    /// Whether nobody waits for a queued text any more; then it is forgotten.
    fn abandoned(&self, state: &mut State, key: Key) -> bool {
        let waited_for = state.waiting.get(&key).is_some_and(|all| all.iter().any(|one| !one.is_closed()));
        if !waited_for {
            state.waiting.remove(&key);
            state.queued -= 1;
            self.counts.abandoned.fetch_add(1, Ordering::Relaxed);
        }
        !waited_for
    }

    fn run(&self, session: usize, batch: Vec<Ready>) {
        if batch.is_empty() {
            return;
        }
        let tokens: Vec<&Tokens> = batch.iter().map(|text| &text.tokens).collect();
        let found = self.guarded(|| Ok(self.model.run(session, &tokens)));
        let found = found.unwrap_or_else(|reason| vec![Err(reason); batch.len()]);
        self.counts.batches.fetch_add(1, Ordering::Relaxed);
        self.counts.embedded.fetch_add(batch.len() as u64, Ordering::Relaxed);
        let answers: Vec<(Key, Answer)> =
            batch.iter().zip(found).map(|(text, found)| (text.key, found.map(Arc::new))).collect();
        for (key, found) in &answers {
            if let Ok(value) = found {
                self.cache.insert(*key, value.clone());
            }
        }
        let mut state = self.lock();
        for (key, found) in &answers {
            answer(&mut state, *key, found);
        }
    }

    /// A panic of a library must not leave callers waiting for ever.
    fn guarded<T>(&self, work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
        std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            tracing::error!("the embedding model panicked");
            Err("the model panicked".into())
        })
    }
}

/// Hands an answer to all who wait for it; who has gone doesn't matter.
fn answer(state: &mut State, key: Key, found: &Answer) {
    for waiter in state.waiting.remove(&key).unwrap_or_default() {
        let _ = waiter.send(found.clone());
    }
}
