//! ClusterService: the runs of the clusterer, their clusters and maps.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use observatory_clustering::lineage::{self, Fate};
use observatory_proto::{
    Error, Reason,
    clusterer::ClusterSkillsRequest,
    clusters::{
        Cluster, ClusterChange, ClusterChangeKind, Clustering, CompareClusteringsRequest, CompareClusteringsResponse,
        GetClusterMapRequest, GetClusterMapResponse, GetClusteringRequest, ListClusteringsRequest,
        ListClusteringsResponse, ListClustersRequest, ListClustersResponse, MapPoint,
        cluster_service_server::ClusterService,
    },
    common::Pipeline,
};
use observatory_store::{
    clusters::{self, Filter, Key, Run},
    page,
    sea_orm::DatabaseConnection,
};
use prost::Message;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::convert::{failed, int, page_size, proto_name, timestamp};

const CLUSTERS: u64 = 50;
const RUNS: u64 = 20;
/// Points of a message.
const POINTS: u64 = 1_000;
const LISTING: &str = "ListClusterings";

/// Clusters as they are stored.
#[derive(Debug, Clone)]
pub struct Clusters {
    db: DatabaseConnection,
}

impl Clusters {
    /// On this database.
    pub fn new(db: DatabaseConnection) -> Self {
        Self { db }
    }

    async fn run(&self, field: &str, id: &str) -> Result<Run, Status> {
        let parsed = Uuid::parse_str(id).map_err(|_| {
            Error::invalid_field(field, format!("'{id}' is no UUID: ListClusterings tells which there are"))
        })?;
        let found = clusters::get(&self.db, parsed).await.map_err(failed)?;
        Ok(found.ok_or_else(|| {
            Error::not_found(Reason::ClusteringNotFound, field, id)
                .with_field(field, "there is no such clustering: ListClusterings tells which there are")
        })?)
    }

    async fn newest(&self, pipeline: Pipeline, country: &str) -> Result<Run, Status> {
        let found = clusters::latest(&self.db, pipeline_name(pipeline), country).await.map_err(failed)?;
        Ok(found.ok_or_else(|| {
            let of = if country.is_empty() { "all countries together".to_string() } else { country.to_string() };
            let why = format!(
                "there is no clustering of pipeline {} for {of} yet: ClusterSkills (observatory cluster) makes one",
                pipeline_name(pipeline)
            );
            Error::new(Reason::ClusteringNotFound, why)
        })?)
    }

    /// The run that another is compared with: named, or the one it followed.
    async fn base(&self, run: &Run, id: &str) -> Result<Option<Run>, Status> {
        match (id, run.base_clustering_id) {
            ("", None) => Ok(None),
            // It may have been deleted since.
            ("", Some(base)) => clusters::get(&self.db, base).await.map_err(failed),
            (id, _) => self.run("base_clustering_id", id).await.map(Some),
        }
    }
}

#[tonic::async_trait]
impl ClusterService for Clusters {
    async fn list_clusters(
        &self,
        request: Request<ListClustersRequest>,
    ) -> Result<Response<ListClustersResponse>, Status> {
        let request = request.into_inner();
        let run = match request.clustering_id.as_str() {
            "" => self.newest(request.pipeline(), &request.country).await?,
            id => self.run("clustering_id", id).await?,
        };
        let found = clusters::clusters(&self.db, run.clustering_id).await.map_err(failed)?;
        let total = int(found.iter().filter(|cluster| cluster.cluster_number >= 0).count());
        let shown = found.into_iter().take(page_size(request.limit, CLUSTERS) as usize);
        Ok(Response::new(ListClustersResponse {
            clusters: shown.map(cluster).collect(),
            total,
            clustering: Some(clustering(run)),
        }))
    }

    async fn list_clusterings(
        &self,
        request: Request<ListClusteringsRequest>,
    ) -> Result<Response<ListClusteringsResponse>, Status> {
        let request = request.into_inner();
        let pipeline = match request.pipeline() {
            Pipeline::Unspecified => String::new(),
            pipeline => pipeline_name(pipeline).to_string(),
        };
        let filter = Filter { country: request.country, pipeline };
        let after: Option<Key> = page::decode(LISTING, &filter, &request.page_token)?;
        let limit = page_size(request.limit, RUNS);
        let mut runs = clusters::list(&self.db, &filter, after.as_ref(), limit + 1).await.map_err(failed)?;
        let more = runs.len() as u64 > limit;
        runs.truncate(limit as usize);
        let last = runs.last().filter(|_| more);
        let next = last.map(|run| Key { analyzed_at: run.analyzed_at, clustering_id: run.clustering_id });
        Ok(Response::new(ListClusteringsResponse {
            clusterings: runs.into_iter().map(clustering).collect(),
            next_page_token: next.map_or(String::new(), |key| page::encode(LISTING, &filter, &key)),
        }))
    }

    async fn get_clustering(&self, request: Request<GetClusteringRequest>) -> Result<Response<Clustering>, Status> {
        let run = self.run("clustering_id", &request.into_inner().clustering_id).await?;
        Ok(Response::new(clustering(run)))
    }

    type GetClusterMapStream = BoxStream<'static, Result<GetClusterMapResponse, Status>>;

    async fn get_cluster_map(
        &self,
        request: Request<GetClusterMapRequest>,
    ) -> Result<Response<Self::GetClusterMapStream>, Status> {
        let run = self.run("clustering_id", &request.into_inner().clustering_id).await?;
        let db = self.db.clone();
        let pages = futures::stream::try_unfold(Some(String::new()), move |after| {
            let db = db.clone();
            async move {
                let Some(after) = after else { return Ok(None) };
                let found = clusters::map(&db, run.clustering_id, &after, POINTS).await.map_err(failed)?;
                let next = (found.len() as u64 == POINTS).then(|| found[found.len() - 1].skill_text.clone());
                Ok::<_, Status>(Some((found, next)))
            }
        });
        let messages = pages
            .try_filter(|found| std::future::ready(!found.is_empty()))
            .map_ok(|found| GetClusterMapResponse { points: found.into_iter().map(point).collect() });
        Ok(Response::new(messages.boxed()))
    }

    async fn compare_clusterings(
        &self,
        request: Request<CompareClusteringsRequest>,
    ) -> Result<Response<CompareClusteringsResponse>, Status> {
        let request = request.into_inner();
        let run = self.run("clustering_id", &request.clustering_id).await?;
        let Some(base) = self.base(&run, &request.base_clustering_id).await? else {
            return Ok(Response::new(CompareClusteringsResponse::default()));
        };
        let mut items: BTreeMap<String, (Option<i32>, Option<i32>)> = BTreeMap::new();
        for placed in clusters::labels(&self.db, base.clustering_id).await.map_err(failed)? {
            items.entry(placed.skill_text).or_default().0 = Some(placed.cluster_number);
        }
        for placed in clusters::labels(&self.db, run.clustering_id).await.map_err(failed)? {
            items.entry(placed.skill_text).or_default().1 = Some(placed.cluster_number);
        }
        let found = lineage::compare(&items.into_values().collect::<Vec<_>>());
        let of = |clusters: Vec<clusters::Cluster>| -> BTreeMap<usize, clusters::Cluster> {
            let numbered = |cluster: clusters::Cluster| Some((usize::try_from(cluster.cluster_number).ok()?, cluster));
            clusters.into_iter().filter_map(numbered).collect()
        };
        let new = of(clusters::clusters(&self.db, run.clustering_id).await.map_err(failed)?);
        let old = of(clusters::clusters(&self.db, base.clustering_id).await.map_err(failed)?);
        let continued = found.iter().filter(|change| change.fate == Fate::Continued).count();
        Ok(Response::new(CompareClusteringsResponse {
            changes: found
                .iter()
                .map(|change| {
                    let new = change.new.and_then(|number| new.get(&number));
                    let old = change.old.and_then(|number| old.get(&number));
                    changed(change, new, old)
                })
                .collect(),
            base_clustering_id: base.clustering_id.to_string(),
            continued_share: continued as f64 / old.len().max(1) as f64,
        }))
    }
}

fn changed(
    change: &lineage::Change,
    new: Option<&clusters::Cluster>,
    old: Option<&clusters::Cluster>,
) -> ClusterChange {
    let kind = match change.fate {
        Fate::Continued => ClusterChangeKind::Continued,
        Fate::Split => ClusterChangeKind::Split,
        Fate::Merged => ClusterChangeKind::Merged,
        Fate::Born => ClusterChangeKind::Born,
        Fate::Gone => ClusterChangeKind::Gone,
    };
    let text = |of: Option<&clusters::Cluster>, part: fn(&clusters::Cluster) -> String| of.map_or(String::new(), part);
    ClusterChange {
        kind: kind.into(),
        cluster_id: text(new, |cluster| cluster.cluster_id.to_string()),
        base_cluster_id: text(old, |cluster| cluster.cluster_id.to_string()),
        overlap: change.overlap,
        label_es: text(new, |cluster| cluster.label_es.clone()),
        label_en: text(new, |cluster| cluster.label_en.clone()),
        base_label_es: text(old, |cluster| cluster.label_es.clone()),
        base_label_en: text(old, |cluster| cluster.label_en.clone()),
    }
}

fn pipeline_name(pipeline: Pipeline) -> &'static str {
    match pipeline {
        Pipeline::B => "B",
        Pipeline::Hybrid => "HYBRID",
        Pipeline::Unspecified | Pipeline::A => "A",
    }
}

fn clustering(run: Run) -> Clustering {
    let pipeline = Pipeline::from_str_name(&proto_name("PIPELINE_", &run.pipeline_name)).unwrap_or_default();
    Clustering {
        clustering_id: run.clustering_id.to_string(),
        pipeline: pipeline.into(),
        country: run.country,
        n_clusters: run.n_clusters,
        n_noise: run.n_noise,
        silhouette_score: run.silhouette_score.unwrap_or_default(),
        davies_bouldin_index: run.davies_bouldin_index.unwrap_or_default(),
        analyzed_at: Some(timestamp(run.analyzed_at)),
        n_points: run.n_points,
        noise_share: f64::from(run.n_noise) / f64::from(run.n_points.max(1)),
        dbcv_score: run.dbcv_score.unwrap_or_default(),
        seed_stability: run.seed_stability,
        resample_stability: run.resample_stability,
        settings: ClusterSkillsRequest::decode(run.settings.as_slice()).ok(),
        min_cluster_size: run.min_cluster_size,
        cluster_selection_method: run.cluster_selection_method,
        model_name: run.model_name,
        model_version: run.model_version,
        taxonomy_version: run.taxonomy_version,
        base_clustering_id: run.base_clustering_id.map_or(String::new(), |id| id.to_string()),
        operation_id: run.operation_id,
        seconds: run.seconds,
    }
}

fn cluster(found: clusters::Cluster) -> Cluster {
    let change = ClusterChangeKind::from_str_name(&proto_name("CLUSTER_CHANGE_KIND_", &found.change));
    Cluster {
        cluster_id: found.cluster_id.to_string(),
        cluster_number: found.cluster_number,
        cluster_label: found.label_es.clone(),
        skill_texts: found.skill_texts,
        size: found.size,
        cohesion_score: found.cohesion_score.unwrap_or_default(),
        label_en: found.label_en,
        label_es: found.label_es,
        area_id: found.area_id.map_or(String::new(), |id| id.to_string()),
        color: found.color,
        group_number: found.group_number,
        group_label_en: found.group_label_en,
        group_label_es: found.group_label_es,
        job_count: found.job_count,
        title_words: found.title_words,
        silhouette_score: found.cluster_silhouette.unwrap_or_default(),
        change: change.unwrap_or_default().into(),
    }
}

fn point(found: clusters::MapPoint) -> MapPoint {
    MapPoint {
        skill_text: found.skill_text,
        x: found.x,
        y: found.y,
        cluster_number: found.cluster_number,
        probability: found.probability,
        job_count: found.job_count,
        skill_id: found.skill_id,
        name_es: found.name_es,
        outlier_score: found.outlier_score,
    }
}
