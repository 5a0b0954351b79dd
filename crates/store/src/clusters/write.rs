//! Storing a run.

use sea_orm::{ConnectionTrait, DbErr, Value};

use super::{Cluster, MapPoint, Run};
use crate::execute;

/// Points that one statement stores.
const CHUNK: usize = 5_000;

/// Stores a run with its clusters and its map; nothing where the run's operation has stored one.
///
/// # Errors
/// Database errors.
pub async fn store<C: ConnectionTrait>(
    txn: &C,
    run: &Run,
    clusters: &[Cluster],
    points: &[MapPoint],
) -> Result<(), DbErr> {
    execute(
        txn,
        "INSERT INTO clusterings (clustering_id, pipeline_name, country, settings, settings_key, base_clustering_id,
             n_points, n_clusters, n_noise, silhouette_score, davies_bouldin_index, dbcv_score, seed_stability,
             resample_stability, min_cluster_size, cluster_selection_method, model_name, model_version,
             taxonomy_version, operation_id, seconds, analyzed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        [
            run.clustering_id.into(),
            run.pipeline_name.as_str().into(),
            run.country.as_str().into(),
            run.settings.clone().into(),
            run.settings_key.as_str().into(),
            run.base_clustering_id.into(),
            run.n_points.into(),
            run.n_clusters.into(),
            run.n_noise.into(),
            run.silhouette_score.into(),
            run.davies_bouldin_index.into(),
            run.dbcv_score.into(),
            run.seed_stability.into(),
            run.resample_stability.into(),
            run.min_cluster_size.into(),
            run.cluster_selection_method.as_str().into(),
            run.model_name.as_str().into(),
            run.model_version.as_str().into(),
            run.taxonomy_version.as_str().into(),
            run.operation_id.as_str().into(),
            run.seconds.into(),
            run.analyzed_at.into(),
        ],
    )
    .await?;
    for cluster in clusters {
        store_cluster(txn, run, cluster).await?;
    }
    for points in points.chunks(CHUNK) {
        store_points(txn, run, points).await?;
    }
    Ok(())
}

/// The parameters that the owner's columns show; `clusterings.settings` has all.
async fn store_cluster<C: ConnectionTrait>(txn: &C, run: &Run, cluster: &Cluster) -> Result<(), DbErr> {
    execute(
        txn,
        "INSERT INTO clustering_results (cluster_id, clustering_id, pipeline_name, country, cluster_number, cluster_label,
             skill_texts, size, cohesion_score, n_clusters, n_noise, silhouette_score, davies_bouldin_index,
             hdbscan_params, analyzed_at, label_en, label_es, area_id, color, group_number, group_label_en,
             group_label_es, job_count, title_words, cluster_silhouette, change)
         VALUES ($1, $2, $3, nullif($4, ''), $5, $6, $7, $8, $9, $10, $11, $12, $13,
             jsonb_build_object('min_cluster_size', $14::int, 'cluster_selection_method', $15::text), $16, $17, $6, $18,
             $19, $20, $21, $22, $23, $24, $25, $26)",
        [
            cluster.cluster_id.into(),
            run.clustering_id.into(),
            run.pipeline_name.as_str().into(),
            run.country.as_str().into(),
            cluster.cluster_number.into(),
            cluster.label_es.as_str().into(),
            cluster.skill_texts.clone().into(),
            cluster.size.into(),
            cluster.cohesion_score.into(),
            run.n_clusters.into(),
            run.n_noise.into(),
            run.silhouette_score.into(),
            run.davies_bouldin_index.into(),
            run.min_cluster_size.into(),
            run.cluster_selection_method.as_str().into(),
            run.analyzed_at.into(),
            cluster.label_en.as_str().into(),
            cluster.area_id.into(),
            cluster.color.into(),
            cluster.group_number.into(),
            cluster.group_label_en.as_str().into(),
            cluster.group_label_es.as_str().into(),
            cluster.job_count.into(),
            cluster.title_words.clone().into(),
            cluster.cluster_silhouette.into(),
            cluster.change.as_str().into(),
        ],
    )
    .await
}

async fn store_points<C: ConnectionTrait>(txn: &C, run: &Run, points: &[MapPoint]) -> Result<(), DbErr> {
    fn column<T>(points: &[MapPoint], of: impl Fn(&MapPoint) -> T) -> Value
    where
        Vec<T>: Into<Value>,
    {
        points.iter().map(of).collect::<Vec<T>>().into()
    }
    execute(
        txn,
        "INSERT INTO cluster_points (clustering_id, skill_text, x, y, cluster_number, probability, job_count, skill_id,
             name_es, outlier_score)
         SELECT $1, * FROM unnest($2::text[], $3::real[], $4::real[], $5::int[], $6::real[], $7::int[], $8::text[],
             $9::text[], $10::real[])",
        [
            run.clustering_id.into(),
            column(points, |point| point.skill_text.clone()),
            column(points, |point| point.x),
            column(points, |point| point.y),
            column(points, |point| point.cluster_number),
            column(points, |point| point.probability),
            column(points, |point| point.job_count),
            column(points, |point| point.skill_id.clone()),
            column(points, |point| point.name_es.clone()),
            column(points, |point| point.outlier_score),
        ],
    )
    .await
}
