//! The services behind a pipeline, as far as a test holds them in its hand: over real tonic, Redis and
//! Postgres, their operations wait until the test lets them go on.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use observatory_gateway::{
    SERVICE,
    pipeline::{Pipeline, Services},
};
use observatory_mesh::{Config, NoOptions, Running, Service, server};
use observatory_operations::{
    Backend, Item, Operations, Outcome, Progress, Run, Steps, Submit, Task, TaskError, Worker, WorkerOptions,
};
use observatory_proto::{
    Reason,
    cleaner::{
        BatchCleanJobsRequest, CleanJobsRequest, CleanJobsResponse, CleanTextRequest, CleanTextResponse,
        cleaner_service_server::{CleanerService, CleanerServiceServer},
    },
    extractor::{
        BatchExtractSkillsRequest, ExtractSkillsRequest, ExtractSkillsResponse,
        extractor_service_server::{ExtractorService, ExtractorServiceServer},
    },
    google::longrunning::Operation,
    llm::{
        BatchEnhanceJobsRequest, EnhanceSkillsRequest, EnhanceSkillsResponse, ExtractSkillsRequest as LlmRequest,
        ExtractSkillsResponse as LlmResponse, ListModelsRequest, ListModelsResponse, StreamExtractSkillsRequest,
        StreamExtractSkillsResponse,
        llm_service_server::{LlmService, LlmServiceServer},
    },
    scraper::{
        ListSpidersRequest, ListSpidersResponse, ScrapePortalRequest, Spider, TrySpiderRequest, TrySpiderResponse,
        scraper_service_server::{ScraperService, ScraperServiceServer},
    },
};
use observatory_testkit::Kit;
use tokio::{runtime::Runtime, sync::watch};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

pub const SCRAPE: &str = "scraper.scrape_portal";
pub const CLEAN: &str = "cleaner.batch_clean_jobs";
pub const EXTRACT: &str = "extractor.batch_extract_skills";
pub const ENHANCE: &str = "llm.batch_enhance_jobs";

/// What the services do.
pub struct World {
    engine: Operations,
    /// Kinds whose tasks may end.
    open: watch::Sender<BTreeSet<&'static str>>,
    /// Tasks that fail, by kind.
    pub bad: Mutex<BTreeMap<&'static str, Vec<&'static str>>>,
    /// Every start that was asked for, by its `request_id`.
    pub starts: Mutex<Vec<String>>,
    pub spiders: Mutex<Vec<Spider>>,
    pub scrapes: Mutex<Vec<ScrapePortalRequest>>,
}

impl World {
    /// Lets the tasks of a kind end.
    pub fn open(&self, kind: &'static str) {
        self.open.send_modify(|open| {
            open.insert(kind);
        });
    }

    pub fn starts_of(&self, label: &str) -> usize {
        self.starts.lock().unwrap().iter().filter(|id| id.ends_with(label)).count()
    }

    async fn start(&self, kind: &'static str, request_id: &str, keys: &[&str]) -> Result<Response<Operation>, Status> {
        self.starts.lock().unwrap().push(request_id.to_string());
        let submit = Submit {
            kind,
            response_type: response(kind),
            request: Vec::new(),
            request_id: request_id.to_string(),
            task_keys: keys.iter().map(ToString::to_string).collect(),
        };
        Ok(Response::new(self.engine.submit(submit).await?.progress.to_operation()))
    }
}

fn response(kind: &str) -> &'static str {
    match kind {
        SCRAPE => "observatory.scraper.v1.ScrapePortalResponse",
        CLEAN => "observatory.cleaner.v1.BatchCleanJobsResponse",
        EXTRACT => "observatory.extractor.v1.BatchExtractSkillsResponse",
        _ => "observatory.llm.v1.BatchEnhanceJobsResponse",
    }
}

struct Work {
    kind: &'static str,
    outcome: &'static str,
    world: Arc<World>,
}

#[tonic::async_trait]
impl Task for Work {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn response_type(&self) -> &'static str {
        response(self.kind)
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        if self.kind == SCRAPE {
            let counts = [("pages", 4), ("stored", 5), ("known", 1)];
            let counts = counts.into_iter().map(|(name, n)| (name.to_string(), n)).collect();
            let steps = Steps { total: 8, completed: 4, percent: 50.0, counts, ..Steps::default() };
            run.report(&items[0].key, &steps, &[], true).await?;
        }
        let mut open = self.world.open.subscribe();
        tokio::select! {
            _ = open.wait_for(|open| open.contains(self.kind)) => {}
            () = run.cancelled.cancelled() => return Err(run.interruption()),
        }
        let bad = self.world.bad.lock().unwrap().get(self.kind).cloned().unwrap_or_default();
        let judge = |item: &Item| match bad.contains(&item.key.as_str()) {
            true => Err(TaskError::permanent(Reason::JobNotFound, "a hole")),
            false => Ok(self.outcome.to_string()),
        };
        Ok(items.iter().map(judge).collect())
    }
}

#[derive(Clone)]
struct Grpc(Arc<World>);

fn unused<T>() -> Result<Response<T>, Status> {
    Err(Status::internal("no pipeline asks for this"))
}

#[tonic::async_trait]
impl ScraperService for Grpc {
    async fn scrape_portal(&self, request: Request<ScrapePortalRequest>) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        self.0.scrapes.lock().unwrap().push(request.clone());
        self.0.start(SCRAPE, &request.request_id, &[&request.country]).await
    }

    async fn list_spiders(&self, _: Request<ListSpidersRequest>) -> Result<Response<ListSpidersResponse>, Status> {
        Ok(Response::new(ListSpidersResponse { spiders: self.0.spiders.lock().unwrap().clone(), ..Default::default() }))
    }

    async fn try_spider(&self, _: Request<TrySpiderRequest>) -> Result<Response<TrySpiderResponse>, Status> {
        unused()
    }
}

#[tonic::async_trait]
impl CleanerService for Grpc {
    async fn clean_text(&self, _: Request<CleanTextRequest>) -> Result<Response<CleanTextResponse>, Status> {
        unused()
    }

    async fn clean_jobs(&self, _: Request<CleanJobsRequest>) -> Result<Response<CleanJobsResponse>, Status> {
        unused()
    }

    async fn batch_clean_jobs(&self, request: Request<BatchCleanJobsRequest>) -> Result<Response<Operation>, Status> {
        self.0.start(CLEAN, &request.into_inner().request_id, &["a", "b", "c"]).await
    }
}

#[tonic::async_trait]
impl ExtractorService for Grpc {
    async fn extract_skills(
        &self,
        _: Request<ExtractSkillsRequest>,
    ) -> Result<Response<ExtractSkillsResponse>, Status> {
        unused()
    }

    async fn batch_extract_skills(
        &self,
        request: Request<BatchExtractSkillsRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.0.start(EXTRACT, &request.into_inner().request_id, &["a", "b"]).await
    }
}

#[tonic::async_trait]
impl LlmService for Grpc {
    type StreamExtractSkillsStream = tonic::codegen::tokio_stream::Empty<Result<StreamExtractSkillsResponse, Status>>;

    async fn stream_extract_skills(
        &self,
        _: Request<StreamExtractSkillsRequest>,
    ) -> Result<Response<Self::StreamExtractSkillsStream>, Status> {
        unused()
    }

    async fn list_models(&self, _: Request<ListModelsRequest>) -> Result<Response<ListModelsResponse>, Status> {
        Ok(Response::new(ListModelsResponse::default()))
    }

    async fn extract_skills(&self, _: Request<LlmRequest>) -> Result<Response<LlmResponse>, Status> {
        unused()
    }

    async fn enhance_skills(
        &self,
        _: Request<EnhanceSkillsRequest>,
    ) -> Result<Response<EnhanceSkillsResponse>, Status> {
        unused()
    }

    async fn batch_enhance_jobs(
        &self,
        request: Request<BatchEnhanceJobsRequest>,
    ) -> Result<Response<Operation>, Status> {
        self.0.start(ENHANCE, &request.into_inner().request_id, &["a"]).await
    }
}

/// A gateway's worker in a runtime of its own, so that it can die like a process.
pub struct Replica {
    runtime: Option<Runtime>,
}

impl Replica {
    /// Dies at once: nothing is told, nothing is handed back.
    pub fn kill(mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Scraper, cleaner, extractor and llm on a fresh database; embedder and clusterer are missing.
pub struct Stages {
    pub kit: Kit,
    pub backend: Backend,
    pub world: Arc<World>,
    pub running: Running,
    stop: CancellationToken,
}

impl Stages {
    pub async fn start() -> Self {
        let kit = Kit::start().await;
        let backend = kit.backend().await;
        let spider = |name: &str, countries: &[&str], enabled| Spider {
            spider: name.into(),
            countries: countries.iter().map(ToString::to_string).collect(),
            enabled,
            ..Default::default()
        };
        let spiders =
            vec![spider("elempleo", &["CO"], true), spider("occ", &["MX", "CO"], true), spider("off", &["CO"], false)];
        let world = Arc::new(World {
            engine: backend.operations.clone(),
            open: watch::Sender::default(),
            bad: Mutex::default(),
            starts: Mutex::default(),
            spiders: Mutex::new(spiders),
            scrapes: Mutex::default(),
        });
        let grpc = Grpc(world.clone());
        let config = Config::<NoOptions>::local(&SERVICE);
        let running = observatory_mesh::spawn(SERVICE, config, async move |config, _| {
            Ok(Service::new()
                .add(server!(ScraperServiceServer, grpc.clone(), config.limits))
                .add(server!(CleanerServiceServer, grpc.clone(), config.limits))
                .add(server!(ExtractorServiceServer, grpc.clone(), config.limits))
                .add(server!(LlmServiceServer, grpc, config.limits)))
        });
        let running = running.await.unwrap();
        let stop = CancellationToken::new();
        let options = WorkerOptions { slots: 4, ..WorkerOptions::default() };
        let mut worker = Worker::new(backend.operations.clone(), options);
        for (kind, outcome) in [(SCRAPE, "scraped"), (CLEAN, "cleaned"), (EXTRACT, "extracted"), (ENHANCE, "enhanced")]
        {
            worker = worker.with(Work { kind, outcome, world: world.clone() });
        }
        tokio::spawn(worker.run(stop.clone()));
        Self { kit, backend, world, running, stop }
    }

    /// A pipeline with these of the services.
    pub fn pipeline(&self, backend: &Backend, names: &[&str]) -> Pipeline {
        let mut config = Config::<NoOptions>::local(&SERVICE);
        for name in names {
            config.peers.insert((*name).into(), self.running.url());
        }
        Pipeline::new(backend.operations.clone(), Services::of(&config).unwrap())
    }

    /// A worker of a gateway, with these of the services behind it.
    pub async fn replica(&self, names: &'static [&'static str]) -> Replica {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (database, redis, options) = (self.kit.database_url(), self.kit.redis_url(), self.kit.backend_options());
        let url = self.running.url();
        runtime.spawn(async move {
            let backend = Backend::open(&database, &redis, &options).await.unwrap();
            let mut config = Config::<NoOptions>::local(&SERVICE);
            for name in names {
                config.peers.insert((*name).into(), url.clone());
            }
            let pipeline = Pipeline::new(backend.operations.clone(), Services::of(&config).unwrap());
            Worker::new(backend.operations, WorkerOptions::default())
                .with(pipeline)
                .run(CancellationToken::new())
                .await;
        });
        Replica { runtime: Some(runtime) }
    }

    pub async fn progress(&self, id: &str) -> Progress {
        self.backend.operations.get(id).await.unwrap()
    }

    /// Waits until the pipeline tells of this.
    pub async fn until(&self, id: &str, what: &str, mut is: impl FnMut(&Progress) -> bool) -> Progress {
        for _ in 0..1500 {
            let progress = self.progress(id).await;
            if is(&progress) {
                return progress;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("not within 30 s: {what}; it is {:?}", self.progress(id).await);
    }

    /// The operations of a kind.
    pub async fn of_kind(&self, kind: &str) -> Vec<Progress> {
        self.backend.operations.list(kind, &[], None, 100).await.unwrap().operations
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
