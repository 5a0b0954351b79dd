//! What a queued task does: one run.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chrono::Utc;
use observatory_clustering::Error as Failure;
use observatory_mesh::Peer;
use observatory_operations::{Backend, Item, Outcome, Run, Steps, Task, TaskError};
use observatory_proto::{
    Error, Reason,
    clusterer::ClusterSkillsRequest,
    embedder::{EmbedTextsRequest, EmbedTextsResponse, embedder_service_client::EmbedderServiceClient},
};
use observatory_store::{
    clusters::{self, Point},
    effects, extraction, into_error,
};
use prost::Message;
use rustc_hash::FxHashMap;
use sea_orm::TransactionTrait;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    cluster::{Before, Input, Output, cluster},
    settings::Settings,
};

/// Texts that the embedder is asked at once.
const TEXTS: usize = 256;
/// Pairs of skill and title that names are made from.
const TITLES: u64 = 1_000_000;
/// How often progress is told.
const TELL: Duration = Duration::from_millis(300);
/// The word by which progress is probed for a model.
const PROBE: &str = "SQL";

/// Clusters skills; a task's key is `clustering`.
pub struct ClusterTask {
    /// Where skills are.
    pub backend: Backend,
    /// Who embeds those that have no vector yet.
    pub embedder: Option<Peer>,
    /// Most skills of a run.
    pub max_points: u64,
}

/// Where each stage begins in the percentage of the whole.
const STAGES: [(&str, f64); 6] =
    [("read", 0.0), ("reduce", 15.0), ("cluster", 45.0), ("label", 50.0), ("score", 52.0), ("store", 97.0)];

fn steps(stage: &str, done: f64) -> Steps {
    let at = STAGES.iter().position(|(name, _)| *name == stage).unwrap_or(0);
    let end = STAGES.get(at + 1).map_or(100.0, |next| next.1);
    Steps {
        stage: stage.to_string(),
        total: STAGES.len() as i32,
        completed: at as i32,
        percent: STAGES[at].1 + (end - STAGES[at].1) * done,
        ..Steps::default()
    }
}

impl ClusterTask {
    /// Kind of the operation; also its queue.
    pub const KIND: &str = "clusterer.cluster_skills";
    /// The response of the operation.
    pub const RESPONSE: &str = "observatory.clusterer.v1.ClusterSkillsResponse";
    /// The only task of an operation.
    pub const KEY: &str = "clustering";

    async fn cluster(&self, run: &Run, key: &str) -> Result<(), TaskError> {
        let db = &self.backend.db;
        // Another delivery may have stored it and died before it said so.
        if let Some(stored) = clusters::exists(db, &run.operation_id).await.map_err(into_error)? {
            return self.told(run, key, &stored).await;
        }
        let started = Instant::now();
        let settings = Settings::of(run.request::<ClusterSkillsRequest>()?)?;
        run.report(key, &steps("read", 0.0), &[], true).await?;
        let (input, model, base) = self.read(run, key, &settings).await?;
        let output = self.compute(run, key, input, settings.clone()).await?;
        run.report(key, &steps("store", 0.0), &[], false).await?;
        let scores = &output.scores;
        let made = clusters::Run {
            clustering_id: Uuid::now_v7(),
            pipeline_name: settings.pipeline().to_string(),
            country: settings.request.country.clone(),
            settings: settings.request.encode_to_vec(),
            settings_key: settings.key(),
            base_clustering_id: base,
            n_points: output.points.len() as i32,
            n_clusters: scores.n_clusters as i32,
            n_noise: scores.n_noise as i32,
            silhouette_score: scores.silhouette,
            davies_bouldin_index: scores.davies_bouldin,
            dbcv_score: scores.dbcv,
            seed_stability: scores.seed_stability,
            resample_stability: scores.resample_stability,
            min_cluster_size: scores.min_cluster_size as i32,
            cluster_selection_method: scores.selection.to_string(),
            model_name: model.model_name,
            model_version: model.model_version,
            taxonomy_version: extraction::dataset_version(db, "taxonomy")
                .await
                .map_err(into_error)?
                .unwrap_or_default(),
            operation_id: run.operation_id.clone(),
            seconds: started.elapsed().as_secs_f64(),
            analyzed_at: Utc::now(),
        };
        let txn = db.begin().await.map_err(into_error)?;
        let task = [(key.to_string(), "finished".to_string())];
        if effects::claim(&txn, &run.operation_id, &task).await.map_err(into_error)?.is_empty() {
            clusters::store(&txn, &made, &output.clusters, &output.points).await.map_err(into_error)?;
        }
        txn.commit().await.map_err(into_error)?;
        self.backend.operations.data_changed().await;
        self.told(run, key, &made).await
    }

    async fn told(&self, run: &Run, key: &str, made: &clusters::Run) -> Result<(), TaskError> {
        let mut steps = steps("store", 1.0);
        steps.completed = steps.total;
        steps.counts.insert("n_clusters".into(), made.n_clusters);
        steps.counts.insert("n_noise".into(), made.n_noise);
        steps.lists.insert("clustering_id".into(), vec![made.clustering_id.to_string()]);
        run.report(key, &steps, &[], false).await
    }

    async fn read(
        &self,
        run: &Run,
        key: &str,
        settings: &Settings,
    ) -> Result<(Input, EmbedTextsResponse, Option<Uuid>), TaskError> {
        let (db, unit, pipeline) = (&self.backend.db, settings.unit(), settings.pipeline());
        let ClusterSkillsRequest { country, min_mentions, .. } = &settings.request;
        let points = clusters::points(db, unit, pipeline, country, i64::from(*min_mentions), self.max_points);
        let points = points.await.map_err(into_error)?;
        enough(points.len(), settings)?;
        let model = self.embed(vec![PROBE.to_string()]).await?;
        let vectors = self.vectors(run, key, &points, &model).await?;
        let titles = clusters::titles(db, unit, pipeline, country, TITLES).await.map_err(into_error)?;
        let concepts = clusters::concepts(db).await.map_err(into_error)?;
        let base = clusters::previous(db, &settings.key()).await.map_err(into_error)?;
        let before = match &base {
            Some(base) => Some(Before {
                placed: clusters::labels(db, base.clustering_id).await.map_err(into_error)?,
                clusters: clusters::clusters(db, base.clustering_id).await.map_err(into_error)?,
            }),
            None => None,
        };
        let dimension = model.dimension.max(1) as usize;
        let input = Input { points, vectors, dimension, titles, concepts, before };
        Ok((input, model, base.map(|base| base.clustering_id)))
    }

    /// Stored vectors, and new ones for what has none.
    async fn vectors(
        &self,
        run: &Run,
        key: &str,
        points: &[Point],
        model: &EmbedTextsResponse,
    ) -> Result<Vec<f32>, TaskError> {
        let dimension = model.dimension.max(1) as usize;
        let mut known: FxHashMap<String, Vec<f32>> = FxHashMap::default();
        let texts: Vec<String> = points.iter().map(|point| point.skill_text.clone()).collect();
        for texts in texts.chunks(10_000) {
            let name = (model.model_name.as_str(), model.model_version.as_str());
            let stored = clusters::vectors(&self.backend.db, name, dimension, texts).await.map_err(into_error)?;
            known.extend(stored);
        }
        let missing: Vec<String> = texts.iter().filter(|text| !known.contains_key(*text)).cloned().collect();
        for (at, texts) in missing.chunks(TEXTS).enumerate() {
            if run.cancelled.is_cancelled() {
                return Err(run.interruption());
            }
            let answer = self.embed(texts.to_vec()).await?;
            if answer.model_version != model.model_version || answer.embeddings.len() != texts.len() {
                return Err(TaskError::transient("the embedder changed its model meanwhile"));
            }
            known.extend(texts.iter().cloned().zip(answer.embeddings.into_iter().map(|vector| vector.values)));
            let done = (at * TEXTS) as f64 / missing.len() as f64;
            run.report(key, &steps("read", done), &[], false).await?;
        }
        let mut values = Vec::with_capacity(points.len() * dimension);
        for text in &texts {
            match known.get(text).filter(|vector| vector.len() == dimension) {
                Some(vector) => values.extend(vector),
                None => return Err(Error::internal(format!("no vector of {dimension} numbers for '{text}'")).into()),
            }
        }
        Ok(values)
    }

    async fn embed(&self, texts: Vec<String>) -> Result<EmbedTextsResponse, TaskError> {
        let Some(peer) = &self.embedder else {
            let why =
                "clusters are made of vectors, and this mesh has no embedder: set peers.embedder of the clusterer";
            return Err(Error::capability_missing("embeddings", why).into());
        };
        let request = EmbedTextsRequest { texts, corrected: true, ..Default::default() };
        let answer = EmbedderServiceClient::new(peer.clone()).embed_texts(request).await;
        Ok(answer.map_err(|status| TaskError::from(Error::from_status(&status)))?.into_inner())
    }

    /// Runs the algorithms on a thread of their own and tells how far they are.
    async fn compute(&self, run: &Run, key: &str, input: Input, settings: Settings) -> Result<Output, TaskError> {
        let now = Arc::new(Mutex::new(("reduce", 0f32)));
        let (seen, cancelled) = (now.clone(), run.cancelled.clone());
        let mut work = tokio::task::spawn_blocking(move || {
            let watch = |stage: &'static str, done: f32| {
                *seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = (stage, done);
                !cancelled.is_cancelled()
            };
            cluster(&input, &settings, &watch)
        });
        loop {
            tokio::select! {
                done = &mut work => {
                    let done = done.map_err(|panic| Error::internal(format!("clustering panicked: {panic}")))?;
                    return done.map_err(|failure| match failure {
                        Failure::Cancelled => run.interruption(),
                        other => TaskError::permanent(Reason::FieldInvalid, other.to_string()),
                    });
                }
                () = tokio::time::sleep(TELL) => {
                    let (stage, done) = *now.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    // Telling may fail for a while; the work goes on.
                    let _ = run.report(key, &steps(stage, f64::from(done)), &[], false).await;
                }
            }
        }
    }
}

/// Refuses what can't make a cluster.
///
/// # Errors
/// INVALID_ARGUMENT, with what to do.
pub fn enough(points: usize, settings: &Settings) -> Result<(), Error> {
    let needed = settings.min_cluster_size();
    if points >= needed {
        return Ok(());
    }
    let why = format!(
        "{points} skills match and a cluster needs {needed}: extract more ads (observatory extract), or ask for fewer \
         mentions, all countries or another pipeline"
    );
    Err(Error::invalid_field("min_mentions", why))
}

#[async_trait]
impl Task for ClusterTask {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn response_type(&self) -> &'static str {
        Self::RESPONSE
    }

    fn batch_size(&self) -> usize {
        1
    }

    fn timeout(&self, _: Duration) -> Option<Duration> {
        None
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            outcomes.push(self.cluster(run, &item.key).await.map(|()| "finished".to_string()));
        }
        Ok(outcomes)
    }
}
