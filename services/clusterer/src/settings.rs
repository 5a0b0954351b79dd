//! A request with its defaults filled in, and what it means for the algorithms.

use observatory_clustering::{
    hdbscan::{HdbscanParams, Selection},
    run::{Params, Space},
    umap::{Init, Metric, UmapParams},
};
use observatory_proto::{
    Error,
    clusterer::{ClusterSkillsRequest, ClusterSpace, SkillUnit},
    common::Pipeline,
};
use observatory_store::clusters::Unit;
use prost::Message;
use sha2::{Digest, Sha256};

/// Runs for stability where nothing is asked.
const STABILITY_RUNS: i32 = 3;

/// What a run is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The request, every default filled in.
    pub request: ClusterSkillsRequest,
}

impl Settings {
    /// Fills the defaults in.
    ///
    /// # Errors
    /// INVALID_ARGUMENT where parameters don't fit each other.
    pub fn of(mut request: ClusterSkillsRequest) -> Result<Self, Error> {
        fn or(value: &mut i32, default: i32) {
            if *value == 0 {
                *value = default;
            }
        }
        or(&mut request.pipeline, Pipeline::A.into());
        or(&mut request.space, ClusterSpace::Reduced.into());
        or(&mut request.unit, SkillUnit::Normalized.into());
        or(&mut request.min_mentions, 1);
        or(&mut request.stability_runs, STABILITY_RUNS);
        let umap = request.umap.get_or_insert_default();
        or(&mut umap.n_neighbors, 15);
        or(&mut umap.n_components, 5);
        or(&mut umap.random_state, 42);
        if umap.min_dist == 0.0 {
            umap.min_dist = 0.1;
        }
        if umap.metric.is_empty() {
            umap.metric = "cosine".into();
        }
        if umap.n_neighbors < 2 {
            return Err(Error::invalid_field("umap.n_neighbors", "must be at least 2"));
        }
        if umap.min_dist > 1.0 {
            return Err(Error::invalid_field("umap.min_dist", "must be at most 1, the spread"));
        }
        let hdbscan = request.hdbscan.get_or_insert_default();
        or(&mut hdbscan.min_cluster_size, 5);
        or(&mut hdbscan.min_samples, 3);
        if hdbscan.cluster_selection_method.is_empty() {
            hdbscan.cluster_selection_method = "eom".into();
        }
        if hdbscan.min_cluster_size < 2 {
            return Err(Error::invalid_field("hdbscan.min_cluster_size", "must be at least 2"));
        }
        Ok(Self { request })
    }

    /// The pipeline as tables name it.
    pub fn pipeline(&self) -> &'static str {
        match self.request.pipeline() {
            Pipeline::B => "B",
            Pipeline::Hybrid => "HYBRID",
            Pipeline::Unspecified | Pipeline::A => "A",
        }
    }

    /// What a point is.
    pub fn unit(&self) -> Unit {
        match self.request.unit() {
            SkillUnit::Surface => Unit::Surface,
            SkillUnit::Unspecified | SkillUnit::Normalized => Unit::Normalized,
        }
    }

    /// The least size of a cluster.
    pub fn min_cluster_size(&self) -> usize {
        self.request.hdbscan.as_ref().map_or(5, |params| params.min_cluster_size as usize)
    }

    /// Runs of each kind that tell how stable clusters are.
    pub fn stability_runs(&self) -> usize {
        usize::try_from(self.request.stability_runs).unwrap_or(0)
    }

    /// Equal for runs that can be compared over time.
    pub fn key(&self) -> String {
        let request = ClusterSkillsRequest { request_id: String::new(), stability_runs: 0, ..self.request.clone() };
        hex::encode(&Sha256::digest(request.encode_to_vec())[..16])
    }

    /// For the algorithms; `init` are places to start from.
    pub fn params(&self, init: Option<Vec<f32>>) -> Params {
        let (umap, hdbscan) =
            (self.request.umap.clone().unwrap_or_default(), self.request.hdbscan.clone().unwrap_or_default());
        Params {
            umap: UmapParams {
                n_neighbors: umap.n_neighbors as usize,
                min_dist: umap.min_dist,
                metric: if umap.metric == "euclidean" { Metric::Euclidean } else { Metric::Cosine },
                n_epochs: (umap.n_epochs > 0).then_some(umap.n_epochs as usize),
                random_state: umap.random_state as u64,
                init: init.map_or(Init::Spectral, Init::Given),
                ..UmapParams::default()
            },
            space: match self.request.space() {
                ClusterSpace::Map => Space::Map,
                ClusterSpace::Vectors => Space::Vectors,
                ClusterSpace::Unspecified | ClusterSpace::Reduced => Space::Reduced(umap.n_components as usize),
            },
            hdbscan: HdbscanParams {
                min_cluster_size: hdbscan.min_cluster_size as usize,
                min_samples: hdbscan.min_samples as usize,
                cluster_selection_method: if hdbscan.cluster_selection_method == "leaf" {
                    Selection::Leaf
                } else {
                    Selection::Eom
                },
            },
            n_clusters: (self.request.n_clusters > 0).then_some(self.request.n_clusters as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use observatory_proto::clusterer::{HdbscanParams, UmapParams};

    use super::*;

    #[test]
    fn runs_of_equal_settings_have_one_key() {
        let plain = Settings::of(ClusterSkillsRequest::default()).unwrap();
        let named = ClusterSkillsRequest {
            request_id: "x".into(),
            pipeline: Pipeline::A.into(),
            umap: Some(UmapParams { n_neighbors: 15, ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(plain.key(), Settings::of(named).unwrap().key());
        let other = ClusterSkillsRequest { country: "CO".into(), ..Default::default() };
        assert_ne!(plain.key(), Settings::of(other).unwrap().key());
        assert_eq!(plain.params(None), Params::default());
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let one = ClusterSkillsRequest {
            hdbscan: Some(HdbscanParams { min_cluster_size: 1, ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(Settings::of(one).unwrap_err().fields[0].field, "hdbscan.min_cluster_size");
        let far = ClusterSkillsRequest {
            umap: Some(UmapParams { min_dist: 3.0, ..Default::default() }),
            ..Default::default()
        };
        assert_eq!(Settings::of(far).unwrap_err().fields[0].field, "umap.min_dist");
    }
}
