//! Nearest neighbours: exact by blocked products, approximate by NN-descent (Dong, Moses, Li 2011) where n is large.

mod descent;
mod exact;

use rayon::prelude::*;

use crate::{Error, Matrix, Progress, blocks};

/// Up to this many points every pair is compared: cheaper than being clever.
const EXACT: usize = 20_000;

/// How far two vectors are from each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Metric {
    /// 1 less the cosine; a vector of zeros is at 1 from all but other zeros.
    #[default]
    Cosine,
    /// The straight line.
    Euclidean,
}

/// The nearest other points of each point, nearest first; ties by index.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// How many each has.
    pub k: usize,
    /// `k` a point.
    pub indices: Vec<u32>,
    /// Their distances.
    pub distances: Vec<f32>,
}

impl Neighbours {
    /// Those of one point.
    pub fn of(&self, point: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = point * self.k..(point + 1) * self.k;
        self.indices[range.clone()].iter().copied().zip(self.distances[range].iter().copied())
    }
}

/// Vectors as they are compared: what is greatest is nearest.
pub(crate) struct Prepared {
    values: Vec<f32>,
    columns: usize,
    metric: Metric,
    /// Half the squared length of each, for Euclidean distances.
    halves: Vec<f32>,
}

impl Prepared {
    pub(crate) fn new(points: Matrix, metric: Metric) -> Self {
        let columns = points.columns();
        let (values, columns) = match metric {
            Metric::Cosine => with_zeros_apart(blocks::normalised(points.values(), columns), columns),
            Metric::Euclidean => (blocks::centred(points.values(), columns), columns),
        };
        let half = |row: &[f32]| (0.5 * blocks::dot(row, row)) as f32;
        let halves = match metric {
            Metric::Cosine => vec![0.0; points.rows()],
            Metric::Euclidean => values.par_chunks(columns).map(half).collect(),
        };
        Self { values, columns, metric, halves }
    }

    pub(crate) fn rows(&self) -> usize {
        self.halves.len()
    }

    fn range(&self, from: usize, to: usize) -> &[f32] {
        &self.values[from * self.columns..to * self.columns]
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        self.range(row, row + 1)
    }

    /// Of some points with every point, row by row: greatest is nearest.
    pub(crate) fn scores(&self, from: usize, to: usize) -> Vec<f32> {
        let mut scores = vec![0f32; (to - from) * self.rows()];
        blocks::products(self.range(from, to), &self.values, self.columns, &mut scores);
        for row in scores.chunks_mut(self.rows()) {
            row.iter_mut().zip(&self.halves).for_each(|(score, half)| *score -= half);
        }
        scores
    }

    /// The distance of two points, to the last digit.
    fn distance(&self, a: usize, b: usize) -> f32 {
        let (a, b) = (self.row(a), self.row(b));
        match self.metric {
            Metric::Euclidean => blocks::squared(a, b).sqrt() as f32,
            // Of vectors of length 1; exact also where they are nearly the same.
            Metric::Cosine => (0.5 * blocks::squared(a, b)).min(2.0) as f32,
        }
    }

    /// From candidates to neighbours: exact distances, sorted.
    fn finish(&self, k: usize, candidates: &[u32]) -> Neighbours {
        let rows = self.rows();
        let found: Vec<(u32, f32)> = (0..rows)
            .into_par_iter()
            .flat_map_iter(|row| {
                let of = &candidates[row * k..(row + 1) * k];
                let mut of: Vec<_> = of.iter().map(|&other| (other, self.distance(row, other as usize))).collect();
                of.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
                of
            })
            .collect();
        let (indices, distances) = found.into_iter().unzip();
        Neighbours { k, indices, distances }
    }
}

/// Vectors of zeros get a direction of their own, in a column more: they are alike, and unlike all others.
fn with_zeros_apart(values: Vec<f32>, columns: usize) -> (Vec<f32>, usize) {
    let zero = |row: &[f32]| row.iter().all(|value| *value == 0.0);
    if !values.chunks(columns).any(zero) {
        return (values, columns);
    }
    let apart = |row: &[f32]| if zero(row) { 1.0 } else { 0.0 };
    let wider = values.chunks(columns).flat_map(|row| row.iter().copied().chain([apart(row)])).collect();
    (wider, columns + 1)
}

/// The `k` nearest others of each point; fewer where there are no more points. `seed` matters only above 20,000 points,
/// where neighbours are approximate.
///
/// # Errors
/// [`Error::Cancelled`].
pub fn knn(points: Matrix, k: usize, metric: Metric, seed: u64, progress: Progress) -> Result<Neighbours, Error> {
    let rows = points.rows();
    let k = k.min(rows.saturating_sub(1));
    if k == 0 {
        return Ok(Neighbours { k, indices: Vec::new(), distances: Vec::new() });
    }
    let prepared = Prepared::new(points, metric);
    let candidates =
        if rows <= EXACT { exact::all(&prepared, k, progress)? } else { descent::all(&prepared, k, seed, progress)? };
    Ok(prepared.finish(k, &candidates))
}

/// The `k` nearest of `points` for each of `queries`, which are other points: exact.
///
/// # Errors
/// [`Error::Parameter`] where they have not the same columns, [`Error::Cancelled`].
pub fn query(
    points: Matrix,
    queries: Matrix,
    k: usize,
    metric: Metric,
    progress: Progress,
) -> Result<Neighbours, Error> {
    if points.columns() != queries.columns() {
        let why = format!("have {} columns, the old ones {}", queries.columns(), points.columns());
        return Err(Error::Parameter { name: "new points", why });
    }
    // As one: the rows of the queries behind the others, so that both are centred by the same mean.
    let all: Vec<f32> = points.values().iter().chain(queries.values()).copied().collect();
    let prepared = Prepared::new(Matrix::new(&all, points.columns())?, metric);
    let (old, new, k) = (points.rows(), queries.rows(), k.min(points.rows()));
    let candidates = exact::between(&prepared, old, k, progress)?;
    let found: Vec<(u32, f32)> = (0..new)
        .into_par_iter()
        .flat_map_iter(|row| {
            let of = candidates[row * k..(row + 1) * k].iter();
            let mut of: Vec<_> = of.map(|&other| (other, prepared.distance(old + row, other as usize))).collect();
            of.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            of
        })
        .collect();
    let (indices, distances) = found.into_iter().unzip();
    Ok(Neighbours { k, indices, distances })
}

/// The best of what was seen, best first: by score, then by index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    score: f32,
    index: u32,
}

impl Seen {
    const NONE: Self = Self { score: f32::NEG_INFINITY, index: u32::MAX };

    #[inline(always)]
    fn better(self, other: Self) -> bool {
        self.score > other.score || (self.score == other.score && self.index < other.index)
    }
}

/// Puts one into a list that is sorted, if it is better than the last.
#[inline(always)]
fn insert(best: &mut [Seen], new: Seen) {
    let mut at = best.len() - 1;
    if !new.better(best[at]) {
        return;
    }
    while at > 0 && new.better(best[at - 1]) {
        best[at] = best[at - 1];
        at -= 1;
    }
    best[at] = new;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{random::Random, unwatched};

    fn points(rows: usize, columns: usize, seed: u64) -> Vec<f32> {
        let mut random = Random::new(seed);
        (0..rows * columns).map(|_| random.normal()).collect()
    }

    fn naive(values: &[f32], columns: usize, k: usize, metric: Metric) -> Vec<u32> {
        let prepared = Prepared::new(Matrix::new(values, columns).unwrap(), metric);
        let rows = values.len() / columns;
        let of = |row: usize| {
            let mut all: Vec<_> = (0..rows).filter(|other| *other != row).collect();
            all.sort_by(|a, b| prepared.distance(row, *a).total_cmp(&prepared.distance(row, *b)).then(a.cmp(b)));
            all.into_iter().take(k).map(|other| other as u32)
        };
        (0..rows).flat_map(of).collect()
    }

    #[test]
    fn exact_ones_are_those_of_comparing_all() {
        for (rows, columns, metric) in
            [(40, 3, Metric::Euclidean), (700, 20, Metric::Cosine), (1_100, 7, Metric::Euclidean)]
        {
            let values = points(rows, columns, 1);
            let found = knn(Matrix::new(&values, columns).unwrap(), 6, metric, 0, &unwatched).unwrap();
            assert_eq!(found.indices, naive(&values, columns, 6, metric), "{rows} x {columns} {metric:?}");
            assert!(found.distances.chunks(6).all(|of| of.is_sorted()));
        }
    }

    #[test]
    fn few_points_have_few_neighbours_and_twins_are_at_zero() {
        let one = knn(Matrix::new(&[1.0, 2.0], 2).unwrap(), 5, Metric::Cosine, 0, &unwatched).unwrap();
        assert_eq!((one.k, one.indices.len()), (0, 0));
        let twins = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0];
        let found = knn(Matrix::new(&twins, 2).unwrap(), 5, Metric::Cosine, 0, &unwatched).unwrap();
        assert_eq!(found.k, 2);
        assert_eq!(found.indices, [1, 2, 0, 2, 0, 1]);
        assert_eq!(found.distances, [0.0; 6]);
    }

    #[test]
    fn zeros_are_far_from_all_but_zeros() {
        let values = [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let found = knn(Matrix::new(&values, 2).unwrap(), 1, Metric::Cosine, 0, &unwatched).unwrap();
        assert_eq!(found.indices[0], 2);
        assert_eq!(found.distances[0], 0.0);
        assert_eq!(found.distances[1], 1.0);
    }

    #[test]
    fn approximate_ones_are_nearly_the_exact_ones_and_repeat() {
        // Sixty groups in 24 dimensions, as embeddings have them.
        let (rows, columns, k) = (6_000, 24, 10);
        let centres = points(60, columns, 2);
        let mut random = Random::new(3);
        let values: Vec<f32> = (0..rows * columns)
            .map(|at| 2.0 * centres[(at / columns % 60) * columns + at % columns] + random.normal())
            .collect();
        let matrix = Matrix::new(&values, columns).unwrap();
        let prepared = Prepared::new(matrix, Metric::Cosine);
        let exact = knn(matrix, k, Metric::Cosine, 0, &unwatched).unwrap();
        let near = prepared.finish(k, &descent::all(&prepared, k, 5, &unwatched).unwrap());
        let again = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let again = again.install(|| prepared.finish(k, &descent::all(&prepared, k, 5, &unwatched).unwrap()));
        assert_eq!(near, again, "the number of threads changes nothing");
        let shared: usize = (0..rows)
            .map(|row| near.of(row).filter(|(other, _)| exact.of(row).any(|(known, _)| known == *other)).count())
            .sum();
        let recall = shared as f64 / (rows * k) as f64;
        assert!(recall >= 0.95, "{recall}");
    }

    #[test]
    fn who_watches_can_stop_it() {
        let values = points(3_000, 8, 4);
        let stopped = knn(Matrix::new(&values, 8).unwrap(), 5, Metric::Cosine, 0, &|_| false);
        assert_eq!(stopped, Err(Error::Cancelled));
    }
}
