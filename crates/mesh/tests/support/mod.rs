//! A small service built from the real contracts.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::Stream;
use observatory_mesh::{CallContext, Config, Error, NoOptions, Reason, Running, Service, ServiceInfo, server};
use observatory_proto::{
    cleaner::{
        self, BatchCleanJobsRequest, CleanJobsRequest, CleanJobsResponse, CleanTextRequest, CleanTextResponse,
        cleaner_service_client::CleanerServiceClient, cleaner_service_server as server_code,
        cleaner_service_server::CleanerService,
    },
    google::longrunning::Operation,
    operations::{
        ListOperationFailuresRequest, ListOperationFailuresResponse, RetryOperationRequest, WatchOperationRequest,
        WatchOperationResponse,
        operation_service_server::{OperationService, OperationServiceServer},
    },
};
use tonic::{Request, Response, Status, transport::Channel};
use tonic_types::StatusExt;

pub const INFO: ServiceInfo =
    ServiceInfo { name: "tested", version: "0.0.0", default_port: 50999, about: "A service under test" };

/// What the handler does is the title of the request.
#[derive(Debug, Clone, Default)]
pub struct Tested {
    pub calls: Arc<AtomicUsize>,
    pub well: Arc<AtomicBool>,
}

#[tonic::async_trait]
impl CleanerService for Tested {
    async fn clean_text(&self, request: Request<CleanTextRequest>) -> Result<Response<CleanTextResponse>, Status> {
        let calls = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let context = CallContext::current().expect("every handler has a context");
        assert!(request.extensions().get::<CallContext>().is_some());
        let mut answer = CleanTextResponse::default();
        match request.get_ref().title.as_str() {
            "panic" => panic!("the secret of the handler"),
            "slow" => tokio::time::sleep(Duration::from_millis(600)).await,
            "bare" => return Err(Status::internal("password=hunter2")),
            "conflict" => return Err(Status::already_exists("it is there")),
            "typed" => return Err(Error::not_found(Reason::JobNotFound, "job", "7").into()),
            "flaky" if calls < 3 => return Err(Error::unavailable("postgres", "starting").into()),
            "context" => {
                answer.title_cleaned = context.request_id.clone();
                answer.combined_word_count = context.remaining().map_or(0, |left| left.as_millis() as i32);
            }
            _ => {}
        }
        Ok(Response::new(answer))
    }

    async fn clean_jobs(&self, _: Request<CleanJobsRequest>) -> Result<Response<CleanJobsResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn batch_clean_jobs(&self, _: Request<BatchCleanJobsRequest>) -> Result<Response<Operation>, Status> {
        Err(Error::capability_missing("batch", "not here").into())
    }
}

#[tonic::async_trait]
impl OperationService for Tested {
    type WatchOperationStream = Pin<Box<dyn Stream<Item = Result<WatchOperationResponse, Status>> + Send>>;

    async fn watch_operation(
        &self,
        request: Request<WatchOperationRequest>,
    ) -> Result<Response<Self::WatchOperationStream>, Status> {
        let what = request.into_inner().operation_id;
        let first = futures::stream::iter([Ok(WatchOperationResponse { sequence: 1, ..Default::default() })]);
        let rest: Self::WatchOperationStream = match what.as_str() {
            "panic" => Box::pin(futures::stream::poll_fn(|_| panic!("in the stream"))),
            "fails" => Box::pin(futures::stream::iter([Err(Status::unknown("oops"))])),
            _ => Box::pin(futures::stream::pending()),
        };
        Ok(Response::new(Box::pin(futures::StreamExt::chain(first, rest))))
    }

    async fn list_operation_failures(
        &self,
        _: Request<ListOperationFailuresRequest>,
    ) -> Result<Response<ListOperationFailuresResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn retry_operation(&self, _: Request<RetryOperationRequest>) -> Result<Response<Operation>, Status> {
        Ok(Response::new(Default::default()))
    }
}

pub fn config() -> Config<NoOptions> {
    let mut config = Config::local(&INFO);
    config.health.interval_seconds = 0.05;
    config
}

pub fn tested() -> Tested {
    let tested = Tested::default();
    tested.well.store(true, Ordering::SeqCst);
    tested
}

pub async fn start_with(tested: Tested, config: Config<NoOptions>) -> Running {
    observatory_mesh::spawn(INFO, config, async move |config, scope| {
        let well = tested.well.clone();
        scope.dependency("postgres", move || {
            let well = well.load(Ordering::SeqCst);
            async move { if well { Ok(()) } else { Err("down".to_string()) } }
        });
        scope.dependency_optional("llm", || async { Err("no such peer".to_string()) });
        let pages = axum::Router::new().route("/", axum::routing::get(|| async { "a page" }));
        Ok(Service::new()
            .add(server!(server_code::CleanerServiceServer, tested.clone(), config.limits))
            .add(server!(OperationServiceServer, tested, config.limits))
            .grpc_web()
            .http(pages))
    })
    .await
    .expect("it starts")
}

pub async fn start() -> Running {
    start_with(tested(), config()).await
}

pub async fn channel(running: &Running) -> Channel {
    Channel::from_shared(running.url()).unwrap().connect().await.expect("it listens")
}

pub async fn client(running: &Running) -> CleanerServiceClient<Channel> {
    CleanerServiceClient::new(channel(running).await)
}

pub fn text(title: &str) -> CleanTextRequest {
    cleaner::CleanTextRequest { title: title.into(), text: "x".into(), ..Default::default() }
}

/// The reason of an error as it stands on the wire.
pub fn reason(status: &Status) -> String {
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}
