//! UMAP: uniform manifold approximation and projection (McInnes, Healy, Melville 2018). Parameters and defaults are
//! named as in umap-learn.

mod curve;
mod graph;
mod layout;
mod spectral;

pub use crate::knn::Metric;
use crate::{
    Error, Matrix, Progress,
    knn::{self, Neighbours, knn},
    random::Random,
    tell,
};

/// Where points start.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Init {
    /// By eigenvectors of the graph; at random where these aren't found.
    #[default]
    Spectral,
    /// At random.
    Random,
    /// Here: `n_components` numbers a point. NaN for a point without a place puts it among its neighbours.
    Given(Vec<f32>),
}

/// Parameters of UMAP.
#[derive(Clone, Debug, PartialEq)]
pub struct UmapParams {
    /// Points of a neighbourhood, the point itself among them; default 15, at least 2.
    pub n_neighbors: usize,
    /// How close points may come; default 0.1.
    pub min_dist: f64,
    /// Scale of the embedding; default 1.
    pub spread: f64,
    /// Dimensions of the embedding, 1 to 100; default 2.
    pub n_components: usize,
    /// How vectors are compared; default cosine.
    pub metric: Metric,
    /// Rounds; none, the default, means 500 up to 10,000 points and 200 above.
    pub n_epochs: Option<usize>,
    /// Seed; default 42.
    pub random_state: u64,
    /// Where points start; default spectral.
    pub init: Init,
    /// Points pushed away for each that is pulled; default 5.
    pub negative_sample_rate: usize,
    /// First step; default 1.
    pub learning_rate: f32,
}

impl Default for UmapParams {
    fn default() -> Self {
        Self {
            n_neighbors: 15,
            min_dist: 0.1,
            spread: 1.0,
            n_components: 2,
            metric: Metric::Cosine,
            n_epochs: None,
            random_state: 42,
            init: Init::Spectral,
            negative_sample_rate: 5,
            learning_rate: 1.0,
        }
    }
}

impl UmapParams {
    /// # Errors
    /// [`Error::Parameter`] for the first that is out of its range.
    pub fn validate(&self) -> Result<(), Error> {
        let wrong = |name: &'static str, why: &str| Err(Error::Parameter { name, why: why.to_string() });
        if self.n_neighbors < 2 {
            return wrong("n_neighbors", "must be at least 2");
        }
        if !(1..=100).contains(&self.n_components) {
            return wrong("n_components", "must be 1 to 100");
        }
        if !(self.spread.is_finite() && self.spread > 0.0) {
            return wrong("spread", "must be greater than 0");
        }
        if !(0.0..=self.spread).contains(&self.min_dist) {
            return wrong("min_dist", "must be 0 to spread");
        }
        if !(1..=7).contains(&self.negative_sample_rate) {
            return wrong("negative_sample_rate", "must be 1 to 7");
        }
        Ok(())
    }

    fn epochs(&self, points: usize) -> usize {
        self.n_epochs.unwrap_or(if points <= 10_000 { 500 } else { 200 })
    }
}

/// Places of the points.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// `n_components` numbers a point.
    pub coordinates: Vec<f32>,
    /// Dimensions.
    pub n_components: usize,
}

/// The neighbours that UMAP needs; several embeddings can be made from them.
///
/// # Errors
/// [`Error::Parameter`], [`Error::Cancelled`].
pub fn neighbours(points: Matrix, params: &UmapParams, progress: Progress) -> Result<Neighbours, Error> {
    params.validate()?;
    knn(points, params.n_neighbors - 1, params.metric, params.random_state, progress)
}

/// Embeds points.
///
/// # Errors
/// [`Error::Parameter`], [`Error::Cancelled`].
pub fn umap(points: Matrix, params: &UmapParams, progress: Progress) -> Result<Embedding, Error> {
    let near = neighbours(points, params, &|done| progress(0.4 * done))?;
    umap_of(points.rows(), &near, params, &|done| progress(0.4 + 0.6 * done))
}

/// Embeds `rows` points whose neighbours are known.
///
/// # Errors
/// [`Error::Parameter`], [`Error::Cancelled`].
pub fn umap_of(rows: usize, near: &Neighbours, params: &UmapParams, progress: Progress) -> Result<Embedding, Error> {
    params.validate()?;
    let n_components = params.n_components;
    let of = |coordinates| Embedding { coordinates, n_components };
    if rows < 2 {
        return Ok(of(vec![0.0; rows * n_components]));
    }
    let graph = graph::fuzzy(rows, near);
    tell(progress, 0.02)?;
    let mut coordinates = match &params.init {
        Init::Given(given) if given.len() != rows * n_components => {
            let why =
                format!("has {} numbers, {rows} points of {n_components} need {}", given.len(), rows * n_components);
            return Err(Error::Parameter { name: "init", why });
        }
        Init::Given(given) => filled(given, n_components, &graph, params.random_state),
        Init::Random => random(rows, n_components, params.random_state),
        Init::Spectral => spectral::start(&graph, n_components, params.random_state)
            .unwrap_or_else(|| random(rows, n_components, params.random_state)),
    };
    tell(progress, 0.1)?;
    let rounds = layout::Rounds {
        epochs: params.epochs(rows),
        curve: curve::fit(params.min_dist, params.spread),
        negatives: params.negative_sample_rate,
        step: params.learning_rate,
        seed: params.random_state,
        fixed: 0,
    };
    layout::run(&graph, n_components, &mut coordinates, &rounds, &|done| progress(0.1 + 0.9 * done))?;
    Ok(of(coordinates))
}

/// Puts `new` points onto the map of `old` ones, which stay where they are.
///
/// # Errors
/// [`Error::Parameter`] where columns or coordinates don't fit, [`Error::Cancelled`].
pub fn transform(
    old: Matrix,
    coordinates: &[f32],
    new: Matrix,
    params: &UmapParams,
    progress: Progress,
) -> Result<Embedding, Error> {
    params.validate()?;
    let n_components = params.n_components;
    if coordinates.len() != old.rows() * n_components {
        let why =
            format!("has {} numbers, {} points need {}", coordinates.len(), old.rows(), old.rows() * n_components);
        return Err(Error::Parameter { name: "coordinates", why });
    }
    let near = knn::query(old, new, params.n_neighbors, params.metric, &|done| progress(0.5 * done))?;
    let graph = graph::onto(old.rows(), new.rows(), &near);
    let mut all = coordinates.to_vec();
    all.resize((old.rows() + new.rows()) * n_components, f32::NAN);
    let mut all = filled(&all, n_components, &graph, params.random_state);
    let rounds = layout::Rounds {
        // A third of the rounds, as umap-learn does.
        epochs: params.n_epochs.map_or(if new.rows() <= 10_000 { 100 } else { 30 }, |epochs| epochs / 3),
        curve: curve::fit(params.min_dist, params.spread),
        negatives: params.negative_sample_rate,
        step: params.learning_rate / 4.0,
        seed: params.random_state,
        fixed: old.rows(),
    };
    layout::run(&graph, n_components, &mut all, &rounds, &|done| progress(0.5 + 0.5 * done))?;
    Ok(Embedding { coordinates: all[old.rows() * n_components..].to_vec(), n_components })
}

fn random(rows: usize, n_components: usize, seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..rows * n_components).map(|_| 20.0 * random.share() - 10.0).collect()
}

/// Points without a place get the weighted mean of their neighbours that have one, with a little noise, so that no two
/// are the same; those that have no such neighbour start in the middle of all.
fn filled(given: &[f32], n_components: usize, graph: &graph::Graph, seed: u64) -> Vec<f32> {
    let mut noise = Random::new(seed ^ 0x5eed);
    let known: Vec<&[f32]> = given.chunks(n_components).filter(|place| place.iter().all(|v| v.is_finite())).collect();
    let middle: Vec<f32> = (0..n_components)
        .map(|at| known.iter().map(|place| place[at]).sum::<f32>() / known.len().max(1) as f32)
        .collect();
    let mut out = given.to_vec();
    for (point, place) in out.chunks_mut(n_components).enumerate() {
        if place.iter().all(|value| value.is_finite()) {
            continue;
        }
        let (mut sum, mut weights) = (vec![0f32; n_components], 0f32);
        for (other, weight) in graph.of(point) {
            let theirs = &given[other as usize * n_components..][..n_components];
            if theirs.iter().all(|value| value.is_finite()) {
                sum.iter_mut().zip(theirs).for_each(|(sum, value)| *sum += weight * value);
                weights += weight;
            }
        }
        for (at, value) in place.iter_mut().enumerate() {
            let start = if weights > 0.0 { sum[at] / weights } else { middle[at] };
            *value = start + 1e-3 * noise.normal();
        }
    }
    out
}
