//! Calls that come close together, done as one.
//!
//! A statement for twenty ads costs Postgres little more than one for a single ad. No call waits longer than
//! [`LINGER`] for others, which is nothing beside the seconds of a model.

use std::{future::Future, time::Duration};

use observatory_proto::Error;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};

/// How long the first call of a group waits for others.
const LINGER: Duration = Duration::from_millis(25);
/// Most calls of a group.
const MOST: usize = 64;

type Call<I, O> = (I, oneshot::Sender<Result<O, Error>>);

/// Groups calls; ends with its last handle.
pub struct Group<I, O> {
    calls: mpsc::Sender<Call<I, O>>,
}

impl<I: Send + 'static, O: Send + 'static> Group<I, O> {
    /// `work` answers the items of a group in their order.
    pub fn new<F, Fut>(work: F) -> Self
    where
        F: Fn(Vec<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Vec<Result<O, Error>>> + Send + 'static,
    {
        let (calls, receiver) = mpsc::channel(MOST);
        tokio::spawn(collect(receiver, work));
        Self { calls }
    }

    /// Does `item` with those of other callers.
    ///
    /// # Errors
    /// What the work says of this item.
    pub async fn call(&self, item: I) -> Result<O, Error> {
        let (answer, answered) = oneshot::channel();
        // Both fail only where the work panicked.
        let _ = self.calls.send((item, answer)).await;
        answered.await.unwrap_or_else(|_| Err(Error::internal("the work on a group of ads ended without an answer")))
    }
}

async fn collect<I, O, F, Fut>(mut calls: mpsc::Receiver<Call<I, O>>, work: F)
where
    I: Send + 'static,
    O: Send + 'static,
    F: Fn(Vec<I>) -> Fut,
    Fut: Future<Output = Vec<Result<O, Error>>> + Send + 'static,
{
    while let Some((item, answer)) = calls.recv().await {
        let (mut items, mut answers) = (vec![item], vec![answer]);
        let until = Instant::now() + LINGER;
        while items.len() < MOST
            && let Ok(Some((item, answer))) = timeout_at(until, calls.recv()).await
        {
            items.push(item);
            answers.push(answer);
        }
        // The next group collects while this one is worked on.
        let working = work(items);
        tokio::spawn(async move {
            for (answer, result) in answers.into_iter().zip(working.await) {
                let _ = answer.send(result);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn calls_at_once_are_one_group_and_each_has_its_own_answer() {
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = sizes.clone();
        let group = Group::new(move |items: Vec<u32>| {
            seen.lock().unwrap().push(items.len());
            async move {
                let one = |n: u32| if n == 3 { Err(Error::internal("three")) } else { Ok(n * 2) };
                items.into_iter().map(one).collect()
            }
        });
        let answers = join_all((0..5).map(|n| group.call(n))).await;
        assert_eq!(*sizes.lock().unwrap(), [5]);
        let told: Vec<_> = answers.into_iter().map(Result::ok).collect();
        assert_eq!(told, [Some(0), Some(2), Some(4), None, Some(8)]);
    }

    #[tokio::test]
    async fn work_that_panics_is_told_and_the_next_group_is_worked_on() {
        let group = Group::new(|items: Vec<bool>| async move {
            assert!(items.iter().all(|good| *good), "a bad item");
            items.into_iter().map(Ok).collect()
        });
        assert!(group.call(false).await.is_err());
        assert!(group.call(true).await.unwrap());
    }
}
