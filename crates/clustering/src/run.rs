//! All of it: neighbours, the space that is clustered, clusters, the map.

use crate::{
    Error, Matrix, Progress,
    align::procrustes,
    blocks,
    hdbscan::{Clusters, HdbscanParams, Hierarchy, Selection},
    umap::{Init, UmapParams, neighbours, umap_of},
};

/// What is clustered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// The vectors themselves.
    Vectors,
    /// An embedding of that many dimensions: denser than the vectors, without the map's distortions.
    Reduced(usize),
    /// The map that is drawn.
    Map,
}

impl Default for Space {
    /// Five dimensions: `docs/adr/0011` says why.
    fn default() -> Self {
        Self::Reduced(5)
    }
}

/// Parameters of a clustering.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Params {
    /// The map; its metric and neighbours also make the reduced space.
    pub umap: UmapParams,
    /// What is clustered.
    pub space: Space,
    /// How.
    pub hdbscan: HdbscanParams,
    /// About how many clusters are wanted.
    pub n_clusters: Option<usize>,
}

/// The part of the learning rate for a map that starts from known places.
const KNOWN_PLACES: f32 = 0.2;

/// Stages of a clustering, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Neighbours and embeddings.
    Reduce,
    /// HDBSCAN.
    Cluster,
}

/// Clusters and their map.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering {
    /// The clusters.
    pub clusters: Clusters,
    /// Two numbers a point.
    pub map: Vec<f32>,
    /// What was clustered, and its columns.
    pub space: (Vec<f32>, usize),
    /// The least size and the selection that gave the clusters; others than asked for where a number was wished.
    pub min_cluster_size: usize,
    /// See above.
    pub selection: Selection,
}

/// Clusters points and draws their map. With [`Init::Given`] the map starts at these places, and is turned onto those
/// of the points that have one.
///
/// # Errors
/// [`Error::Parameter`], [`Error::Cancelled`].
pub fn run(
    points: Matrix,
    params: &Params,
    progress: &(dyn Fn(Stage, f32) -> bool + Sync),
) -> Result<Clustering, Error> {
    let reduce = |from: f32, to: f32| move |done: f32| progress(Stage::Reduce, from + (to - from) * done);
    let rows = points.rows();
    let mut map_params = UmapParams { n_components: 2, ..params.umap.clone() };
    if let Init::Given(_) = &map_params.init {
        // Places that are known need small steps only.
        map_params.learning_rate *= KNOWN_PLACES;
    }
    let near = neighbours(points, &map_params, &reduce(0.0, 0.4))?;
    let mut map = umap_of(rows, &near, &map_params, &reduce(0.4, 0.7))?.coordinates;
    if let Init::Given(old) = &params.umap.init {
        let placed = old.chunks(2).enumerate().filter(|(_, place)| place.iter().all(|value| value.is_finite()));
        procrustes(&mut map, 2, &placed.collect::<Vec<_>>());
    }
    let space = match params.space {
        Space::Map => (map.clone(), 2),
        Space::Vectors if params.umap.metric == crate::knn::Metric::Cosine => {
            (blocks::normalised(points.values(), points.columns()), points.columns())
        }
        Space::Vectors => (points.values().to_vec(), points.columns()),
        Space::Reduced(n_components) => {
            // Tighter than a picture needs: points of one density may touch.
            let reduced = UmapParams { n_components, min_dist: 0.0, init: Init::Spectral, ..params.umap.clone() };
            (umap_of(rows, &near, &reduced, &reduce(0.7, 1.0))?.coordinates, n_components)
        }
    };
    let matrix = Matrix::new(&space.0, space.1)?;
    let progress: Progress = &|done| progress(Stage::Cluster, done);
    let (hierarchy, wanted) = (Hierarchy::new(matrix, params.hdbscan.min_samples, progress)?, &params.hdbscan);
    let (clusters, min_cluster_size, selection) = match params.n_clusters {
        Some(wished) => {
            let nearest = hierarchy.nearest(wished, wanted.min_cluster_size)?;
            (nearest.clusters, nearest.min_cluster_size, nearest.selection)
        }
        None => {
            let clusters = hierarchy.select(wanted.min_cluster_size, wanted.cluster_selection_method)?;
            (clusters, wanted.min_cluster_size, wanted.cluster_selection_method)
        }
    };
    Ok(Clustering { clusters, map, space, min_cluster_size, selection })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knn::Metric,
        random::Random,
        scores::{adjusted_rand_index, trustworthiness},
        umap::{transform, umap},
        unwatched,
    };

    fn heaps(groups: usize, each: usize, columns: usize, seed: u64) -> (Vec<f32>, Vec<i32>) {
        let mut random = Random::new(seed);
        let centres: Vec<f32> = (0..groups * columns).map(|_| random.normal()).collect();
        let mut values = Vec::new();
        for point in 0..groups * each {
            let centre = &centres[point % groups * columns..][..columns];
            values.extend(centre.iter().map(|at| at + 0.35 * random.normal()));
        }
        (values, (0..groups * each).map(|point| (point % groups) as i32).collect())
    }

    fn quiet(_: Stage, _: f32) -> bool {
        true
    }

    #[test]
    fn clusters_are_found_in_every_space_whatever_the_threads() {
        let (values, truth) = heaps(20, 100, 32, 1);
        let points = Matrix::new(&values, 32).unwrap();
        for space in [Space::Vectors, Space::Reduced(5), Space::Map] {
            let params = Params { space, ..Params::default() };
            let found = run(points, &params, &quiet).unwrap();
            let ari = adjusted_rand_index(&found.clusters.labels, &truth);
            assert!(ari > 0.9, "{space:?}: {ari}, {} clusters", found.clusters.count());
            let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
            assert_eq!(one.install(|| run(points, &params, &quiet).unwrap()), found, "{space:?}");
        }
        let other = UmapParams { random_state: 7, ..UmapParams::default() };
        assert_ne!(umap(points, &other, &unwatched), umap(points, &UmapParams::default(), &unwatched));
    }

    #[test]
    fn maps_can_be_trusted() {
        for (groups, each, columns, metric) in [(10, 30, 3, Metric::Euclidean), (20, 120, 64, Metric::Cosine)] {
            let (values, _) = heaps(groups, each, columns, 2);
            let points = Matrix::new(&values, columns).unwrap();
            let params = UmapParams { metric, ..UmapParams::default() };
            let map = umap(points, &params, &unwatched).unwrap();
            let trust = trustworthiness(points, Matrix::new(&map.coordinates, 2).unwrap(), 15, metric).unwrap();
            assert!(trust > 0.9, "{columns} columns: {trust}");
        }
    }

    #[test]
    fn strange_points_are_no_trouble() {
        let params = Params::default();
        for (values, columns) in [
            (vec![], 4),
            (vec![1.0, 2.0], 2),
            (vec![1.0, 2.0, 2.0, 1.0], 2),
            (vec![0.5; 80], 2),
            ((0..3_000).map(|at| (at % 7) as f32).collect(), 1_000),
            ((0..50).map(|at| at as f32).collect(), 1),
        ] {
            let points = Matrix::new(&values, columns).unwrap();
            for space in [Space::Vectors, Space::Reduced(5), Space::Map] {
                let found = run(points, &Params { space, ..params.clone() }, &quiet).unwrap();
                assert_eq!(found.map.len(), 2 * points.rows());
                assert!(found.map.iter().all(|value| value.is_finite()), "{} x {columns} {space:?}", points.rows());
            }
        }
    }

    #[test]
    fn dimensions_of_an_embedding_go_to_100() {
        let (values, _) = heaps(5, 30, 20, 3);
        let points = Matrix::new(&values, 20).unwrap();
        for n_components in [1, 3, 7, 20, 100] {
            let params = UmapParams { n_components, n_epochs: Some(20), ..UmapParams::default() };
            let found = umap(points, &params, &unwatched).unwrap();
            assert_eq!(found.coordinates.len(), 150 * n_components);
            assert!(found.coordinates.iter().all(|value| value.is_finite()), "{n_components}");
        }
        let many = UmapParams { n_components: 101, ..UmapParams::default() };
        assert!(matches!(umap(points, &many, &unwatched), Err(Error::Parameter { name: "n_components", .. })));
    }

    #[test]
    fn new_points_come_to_their_kin() {
        let (values, truth) = heaps(8, 250, 24, 4);
        let (old, new) = values.split_at(1_600 * 24);
        let (old, new) = (Matrix::new(old, 24).unwrap(), Matrix::new(new, 24).unwrap());
        let params = UmapParams::default();
        let map = umap(old, &params, &unwatched).unwrap();
        let placed = transform(old, &map.coordinates, new, &params, &unwatched).unwrap();
        let near = crate::knn::query(
            Matrix::new(&map.coordinates, 2).unwrap(),
            Matrix::new(&placed.coordinates, 2).unwrap(),
            1,
            Metric::Euclidean,
            &unwatched,
        )
        .unwrap();
        let right = near.indices.iter().zip(&truth[1_600..]).filter(|(at, of)| truth[**at as usize] == **of).count();
        assert!(right >= 390, "{right} of 400");
    }

    #[test]
    fn a_map_that_starts_from_the_last_one_stays_where_it_was() {
        let (values, _) = heaps(15, 110, 24, 5);
        let points = Matrix::new(&values, 24).unwrap();
        let first = run(points, &Params::default(), &quiet).unwrap();
        // The same points with a tenth without a place.
        let mut init = first.map.clone();
        init.chunks_mut(2).step_by(10).for_each(|place| place.fill(f32::NAN));
        let umap = UmapParams { init: Init::Given(init), random_state: 9, ..UmapParams::default() };
        let second = run(points, &Params { umap, ..Params::default() }, &quiet).unwrap();
        let width = first.map.iter().fold(f32::NEG_INFINITY, |a, b| a.max(*b))
            - first.map.iter().fold(f32::INFINITY, |a, b| a.min(*b));
        let mut moved: Vec<f32> = first
            .map
            .chunks(2)
            .zip(second.map.chunks(2))
            .map(|(a, b)| ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)).sqrt() / width)
            .collect();
        moved.sort_by(f32::total_cmp);
        assert!(moved[moved.len() / 2] < 0.05, "half of the points moved by {}", moved[moved.len() / 2]);
    }

    #[test]
    fn who_watches_can_stop_it() {
        let (values, _) = heaps(5, 40, 8, 6);
        let points = Matrix::new(&values, 8).unwrap();
        let stop = |stage: Stage, done: f32| stage == Stage::Reduce && done < 0.6;
        assert_eq!(run(points, &Params::default(), &stop), Err(Error::Cancelled));
    }
}
