//! Following an operation to its end.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use futures::StreamExt;
use observatory_proto::{
    google::longrunning::Operation,
    operations::{
        OperationMetadata, OperationState, WatchOperationRequest, operation_service_client::OperationServiceClient,
    },
};
use prost::Message;
use tokio::sync::watch::channel;
use tonic::{Code, Status};

use crate::Clients;

/// Longest time that any operation of these tests takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a watcher saw.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Every state, in order.
    pub states: Vec<OperationMetadata>,
    /// The last state.
    pub metadata: OperationMetadata,
    /// The operation at its end.
    pub operation: Operation,
    /// How often the stream broke and was resumed.
    pub resumed: usize,
}

/// The typed metadata of an operation.
///
/// # Panics
/// Where it has none.
pub fn metadata(operation: &Operation) -> OperationMetadata {
    OperationMetadata::decode(operation.metadata.as_ref().unwrap().value.as_slice()).unwrap()
}

/// Watches by gRPC until the operation ends, resuming after the last sequence seen where the stream breaks.
///
/// # Panics
/// Where the operation doesn't end, or the stream ends without its end.
pub async fn to_the_end(clients: &Clients, id: &str) -> Watched {
    following(clients, id, |_| {}).await
}

/// The same; `each` hears of every state as it comes.
///
/// # Panics
/// As [`to_the_end`].
pub async fn following(clients: &Clients, id: &str, mut each: impl FnMut(&OperationMetadata)) -> Watched {
    let started = Instant::now();
    let (mut states, mut after, mut resumed) = (Vec::new(), 0, 0);
    loop {
        assert!(started.elapsed() < PATIENCE, "{id} doesn't end: {:?}", states.last());
        let broken = match watch_once(clients, id, &mut after, &mut states, &mut each).await {
            Ok(operation) => {
                let metadata = metadata(&operation);
                return Watched { states, metadata, operation, resumed };
            }
            Err(status) => status,
        };
        // What a network, a restart or a dependency may do to a stream, and nothing else.
        let code = broken.code();
        let transport = std::error::Error::source(&broken).is_some();
        assert!(transport || matches!(code, Code::Unavailable | Code::DeadlineExceeded), "{broken:?}");
        resumed += 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Follows an operation through a disaster, which begins once `moment` items are done.
///
/// # Panics
/// As [`to_the_end`]; where the operation ends before that moment.
pub async fn through<R: Future<Output = ()>>(
    clients: Clients,
    id: &str,
    moment: i32,
    disaster: impl FnOnce() -> R,
) -> Watched {
    let (done, mut progress) = channel(0);
    let id = id.to_owned();
    let watcher = tokio::spawn(async move {
        following(&clients, &id, |state| {
            let _ = done.send(state.completed);
        })
        .await
    });
    progress.wait_for(|completed| *completed >= moment).await.unwrap();
    disaster().await;
    watcher.await.unwrap()
}

async fn watch_once(
    clients: &Clients,
    id: &str,
    after: &mut i64,
    states: &mut Vec<OperationMetadata>,
    each: &mut impl FnMut(&OperationMetadata),
) -> Result<Operation, Status> {
    let request = WatchOperationRequest { operation_id: id.to_owned(), after_sequence: *after };
    let mut service = OperationServiceClient::new(clients.grpc.clone());
    let mut stream = service.watch_operation(request).await?.into_inner();
    while let Some(response) = stream.next().await {
        let response = response?;
        let operation = response.operation.unwrap();
        *after = response.sequence;
        let state = metadata(&operation);
        if !response.heartbeat {
            each(&state);
            states.push(state);
        }
        if operation.done {
            assert!(stream.next().await.is_none(), "the stream ends with the operation");
            return Ok(operation);
        }
    }
    Err(Status::unavailable("the stream ended before the operation"))
}

impl Watched {
    /// The end is a success.
    ///
    /// # Panics
    /// Where it isn't.
    pub fn succeeded(self) -> Self {
        assert_eq!(self.metadata.state(), OperationState::Succeeded, "{:?}", self.metadata);
        self
    }
}
