//! The connection to the mesh, and a typed client for each service.

use std::{future::Future, time::Duration};

use observatory_proto as proto;
use tonic::{
    Request, Response, Status,
    transport::{Channel, Endpoint},
};

use crate::error::{CliError, Result};

/// Largest answer taken, in bytes.
const MAX_ANSWER: usize = 64 << 20;

/// One lazily opened connection, shared by all clients.
#[derive(Debug, Clone)]
pub struct Client {
    channel: Channel,
    server: String,
    timeout: Duration,
}

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident: $($step:ident)::+ => $client:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self) -> $($step)::+::$client<Channel> {
            $($step)::+::$client::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
        })*
    };
}

impl Client {
    /// A client of the mesh at `server`, such as `http://127.0.0.1:8080`. Connects at the first call.
    ///
    /// # Errors
    /// [`CliError::Usage`] where `server` is no address.
    pub fn new(server: &str, timeout: Duration) -> Result<Self> {
        let address = if server.contains("://") { server.to_owned() } else { format!("http://{server}") };
        let endpoint = Endpoint::from_shared(address.clone())
            .map_err(|error| CliError::Usage(format!("--server {server}: {error}")))?
            .connect_timeout(Duration::from_secs(5).min(timeout))
            .http2_keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10));
        Ok(Self { channel: endpoint.connect_lazy(), server: address, timeout })
    }

    /// The same for another address.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn at(&self, server: &str) -> Result<Self> {
        Self::new(server, self.timeout)
    }

    services! {
        /// Ads.
        jobs: proto::jobs::job_service_client => JobServiceClient;
        /// Rankings.
        skills: proto::skills::skill_service_client => SkillServiceClient;
        /// Figures.
        stats: proto::stats::stats_service_client => StatsServiceClient;
        /// Concepts.
        taxonomy: proto::taxonomy::taxonomy_service_client => TaxonomyServiceClient;
        /// Schedules.
        schedules: proto::schedules::schedule_service_client => ScheduleServiceClient;
        /// Crawls and spiders.
        scraper: proto::scraper::scraper_service_client => ScraperServiceClient;
        /// Cleaning.
        cleaner: proto::cleaner::cleaner_service_client => CleanerServiceClient;
        /// Extraction.
        extractor: proto::extractor::extractor_service_client => ExtractorServiceClient;
        /// Language models.
        llm: proto::llm::llm_service_client => LlmServiceClient;
        /// Maps of skills.
        clusterer: proto::clusterer::clusterer_service_client => ClustererServiceClient;
        /// What they show.
        clusters: proto::clusters::cluster_service_client => ClusterServiceClient;
        /// Vectors.
        embedder: proto::embedder::embedder_service_client => EmbedderServiceClient;
        /// Runs of all stages, and live events.
        pipeline: proto::pipeline::pipeline_service_client => PipelineServiceClient;
        /// Progress and repair of operations.
        operation_service: proto::operations::operation_service_client => OperationServiceClient;
        /// Standard operations.
        operations: proto::google::longrunning::operations_client => OperationsClient;
    }

    /// The address it talks to.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A request that carries the deadline of `--timeout`.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.timeout);
        request
    }

    /// Waits for an answer; a status becomes the error it stands for.
    ///
    /// # Errors
    /// Whatever the server or the connection says.
    pub async fn call<T>(&self, answer: impl Future<Output = Result<Response<T>, Status>>) -> Result<T> {
        answer.await.map(Response::into_inner).map_err(|status| self.error(&status))
    }

    /// As [`Client::call`], trying again (four times, over about four seconds) where that can
    /// help. Only for calls that may be repeated: reads, and starts with a `request_id`.
    ///
    /// # Errors
    /// The last attempt's.
    pub async fn call_again<T, F, A>(&self, mut ask: F) -> Result<T>
    where
        F: FnMut() -> A,
        A: Future<Output = Result<Response<T>, Status>>,
    {
        let mut pause = Duration::from_millis(250);
        for _ in 0..4 {
            match self.call(ask()).await {
                // Nobody is there at all: waiting won't change that.
                Err(CliError::Unreachable { server, why }) if why.contains("refused") => {
                    return Err(CliError::Unreachable { server, why });
                }
                Err(error) if error.is_transient() => tokio::time::sleep(pause).await,
                answer => return answer,
            }
            pause *= 2;
        }
        self.call(ask()).await
    }

    /// The error that a status stands for.
    pub fn error(&self, status: &Status) -> CliError {
        CliError::from_status(&self.server, status)
    }
}
