//! Following an operation over real gRPC, through a stream that breaks.
#![allow(clippy::unwrap_used)]

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::Stream;
use observatory_cli::{Context, client::Client, output::Output, watch, words::Lang};
use observatory_proto::{
    google::longrunning::Operation,
    operations::{
        ListOperationFailuresRequest, ListOperationFailuresResponse, OperationMetadata, OperationState,
        RetryOperationRequest, WatchOperationRequest, WatchOperationResponse,
        operation_service_server::{OperationService, OperationServiceServer},
    },
};
use prost::Message;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Server};

/// Sends ten items of twenty, breaks, and goes on when it is asked again.
#[derive(Clone, Default)]
struct Breaking {
    resumed_after: Arc<Mutex<Vec<i64>>>,
    failed: i32,
}

fn state(sequence: i64, completed: i32, failed: i32, done: bool) -> Result<WatchOperationResponse, Status> {
    let state = if done { OperationState::Succeeded } else { OperationState::Running };
    let metadata = OperationMetadata {
        kind: "cleaner.batch_clean_jobs".into(),
        state: state.into(),
        total: 20,
        completed,
        failed,
        sequence,
        ..Default::default()
    };
    let any = prost_types::Any {
        type_url: "type.googleapis.com/observatory.operations.v1.OperationMetadata".into(),
        value: metadata.encode_to_vec(),
    };
    let operation = Operation { name: "operations/x".into(), metadata: Some(any), done, result: None };
    Ok(WatchOperationResponse { operation: Some(operation), heartbeat: false, sequence })
}

#[tonic::async_trait]
impl OperationService for Breaking {
    type WatchOperationStream = Pin<Box<dyn Stream<Item = Result<WatchOperationResponse, Status>> + Send>>;

    async fn watch_operation(
        &self,
        request: Request<WatchOperationRequest>,
    ) -> Result<Response<Self::WatchOperationStream>, Status> {
        let request = request.into_inner();
        if request.operation_id != "x" {
            return Err(observatory_proto::Error::not_found(
                observatory_proto::Reason::OperationNotFound,
                "operation",
                &request.operation_id,
            )
            .into());
        }
        self.resumed_after.lock().unwrap().push(request.after_sequence);
        let messages = match request.after_sequence {
            0 => vec![state(3, 5, 0, false), state(4, 10, 0, false), Err(Status::unavailable("reset"))],
            // Ends without an error and without being done.
            4 => vec![state(5, 15, 0, false)],
            _ => vec![state(6, 20 - self.failed, self.failed, true)],
        };
        Ok(Response::new(Box::pin(tokio_stream::iter(messages))))
    }

    async fn list_operation_failures(
        &self,
        _: Request<ListOperationFailuresRequest>,
    ) -> Result<Response<ListOperationFailuresResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn retry_operation(&self, _: Request<RetryOperationRequest>) -> Result<Response<Operation>, Status> {
        Err(Status::unimplemented("not asked for"))
    }
}

async fn serve(service: Breaking) -> Context {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().add_service(OperationServiceServer::new(service));
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    let client = Client::new(&format!("http://{address}"), Duration::from_secs(5)).unwrap();
    Context { out: Output::new(false, Lang::En, true, 0), client }
}

#[tokio::test]
async fn a_broken_stream_is_taken_up_after_the_last_sequence() {
    let service = Breaking::default();
    let context = serve(service.clone()).await;
    let operation = watch::to_end(&context, "x", "clean").await.unwrap();
    assert!(operation.done);
    assert_eq!(*service.resumed_after.lock().unwrap(), [0, 4, 5]);
    assert!(watch::outcome(&operation).is_ok());
}

#[tokio::test]
async fn failed_items_make_the_exit_code_one() {
    let context = serve(Breaking { failed: 2, ..Default::default() }).await;
    let operation = watch::to_end(&context, "x", "clean").await.unwrap();
    assert_eq!(watch::outcome(&operation).unwrap_err().exit_code(), 1);
}

#[tokio::test]
async fn an_unknown_operation_is_no_broken_connection() {
    let context = serve(Breaking::default()).await;
    let error = watch::to_end(&context, "lost", "clean").await.unwrap_err();
    assert_eq!(error.exit_code(), 1);
    assert!(!error.is_transient());
}
