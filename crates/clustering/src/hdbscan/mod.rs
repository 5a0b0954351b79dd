//! HDBSCAN: density-based clusters of every density at once (Campello, Moulavi, Sander 2013). Parameters are named and
//! counted as Python's hdbscan does.

mod condense;
mod dense;
mod select;
mod spanning;
mod tree;

use crate::{Error, Matrix, Progress};
pub use condense::{Condensed, Fallen};
pub use select::Clusters;
pub use spanning::Edge;

/// Up to this many columns points are sought in a tree; above, trees don't help.
const TREE_COLUMNS: usize = 16;

/// Which clusters of the tree are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// Excess of mass: those that last longest.
    #[default]
    Eom,
    /// The leaves: the smallest and most alike.
    Leaf,
}

/// Parameters of HDBSCAN.
#[derive(Clone, Debug, PartialEq)]
pub struct HdbscanParams {
    /// Points that make a cluster, at least 2; default 5.
    pub min_cluster_size: usize,
    /// Neighbours, the point itself not counted, that make a point a core point, at least 1; default 3.
    pub min_samples: usize,
    /// Which clusters are taken; default excess of mass.
    pub cluster_selection_method: Selection,
}

impl Default for HdbscanParams {
    fn default() -> Self {
        Self { min_cluster_size: 5, min_samples: 3, cluster_selection_method: Selection::Eom }
    }
}

/// The hierarchy of points: everything but the choice of clusters.
#[derive(Clone, Debug, PartialEq)]
pub struct Hierarchy {
    /// The minimum spanning tree of mutual reachability, shortest edges first.
    pub spanning_tree: Vec<Edge>,
    points: usize,
}

/// Clusters nearest to a wished number, and how they came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// The clusters.
    pub clusters: Clusters,
    /// The least size that gave them.
    pub min_cluster_size: usize,
    /// The selection that gave them.
    pub selection: Selection,
}

impl Hierarchy {
    /// Builds it by Euclidean distance; vectors of length 1 give cosine's order.
    ///
    /// # Errors
    /// [`Error::Parameter`], [`Error::Cancelled`].
    pub fn new(points: Matrix, min_samples: usize, progress: Progress) -> Result<Self, Error> {
        if min_samples == 0 {
            return Err(Error::Parameter { name: "min_samples", why: "must be at least 1".into() });
        }
        let rows = points.rows();
        // As Python's does: with fewer points than that, all of them are neighbours.
        let min_samples = min_samples.min(rows.saturating_sub(1));
        let mut spanning_tree = if rows < 2 {
            Vec::new()
        } else if points.columns() <= TREE_COLUMNS {
            tree::spanning_tree(points, min_samples, progress)?
        } else {
            dense::spanning_tree(points, min_samples, progress)?
        };
        spanning_tree
            .sort_by(|a, b| a.distance.total_cmp(&b.distance).then_with(|| (a.from, a.to).cmp(&(b.from, b.to))));
        Ok(Self { spanning_tree, points: rows })
    }

    /// The condensed tree: only splits whose parts both have `min_cluster_size` points.
    ///
    /// # Errors
    /// [`Error::Parameter`] for less than 2.
    pub fn condense(&self, min_cluster_size: usize) -> Result<Condensed, Error> {
        if min_cluster_size < 2 {
            return Err(Error::Parameter { name: "min_cluster_size", why: "must be at least 2".into() });
        }
        Ok(Condensed::new(&self.spanning_tree, self.points, min_cluster_size))
    }

    /// The clusters by these parameters.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn select(&self, min_cluster_size: usize, selection: Selection) -> Result<Clusters, Error> {
        Ok(select::select(&self.condense(min_cluster_size)?, selection))
    }

    /// The clusters whose number is nearest to `wished`, over both selections and growing least sizes from
    /// `min_cluster_size` on; among equals the smaller size and excess of mass.
    ///
    /// # Errors
    /// [`Error::Parameter`].
    pub fn nearest(&self, wished: usize, min_cluster_size: usize) -> Result<Nearest, Error> {
        let mut best: Option<Nearest> = None;
        let mut size = min_cluster_size;
        while best.is_none() || size <= self.points / 2 {
            let condensed = self.condense(size)?;
            let mut fewest = usize::MAX;
            for selection in [Selection::Eom, Selection::Leaf] {
                let clusters = select::select(&condensed, selection);
                let count = clusters.count();
                fewest = fewest.min(count);
                let off = |found: &Nearest| found.clusters.count().abs_diff(wished);
                if best.as_ref().is_none_or(|best| count.abs_diff(wished) < off(best)) {
                    best = Some(Nearest { clusters, min_cluster_size: size, selection });
                }
            }
            // Leaves only become fewer; once both are below the wish, greater sizes lead away from it.
            if best.as_ref().is_some_and(|best| best.clusters.count() == wished)
                || select::select(&condensed, Selection::Leaf).count() < wished
            {
                break;
            }
            size += (size / 8).max(1);
        }
        best.ok_or_else(|| Error::Parameter { name: "min_cluster_size", why: "leaves no clustering".into() })
    }
}

/// Clusters points.
///
/// # Errors
/// [`Error::Parameter`], [`Error::Cancelled`].
pub fn hdbscan(points: Matrix, params: &HdbscanParams, progress: Progress) -> Result<Clusters, Error> {
    Hierarchy::new(points, params.min_samples, progress)?
        .select(params.min_cluster_size, params.cluster_selection_method)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{random::Random, scores::adjusted_rand_index, unwatched};

    /// `groups` round heaps of `each` points, far apart, and some points anywhere.
    fn heaps(groups: usize, each: usize, noise: usize, columns: usize) -> (Vec<f32>, Vec<i32>) {
        let mut random = Random::new(11);
        let (mut values, mut truth) = (Vec::new(), Vec::new());
        for group in 0..groups {
            let centre: Vec<f32> = (0..columns).map(|_| 40.0 * random.normal()).collect();
            for _ in 0..each + 3 * (groups - group) {
                values.extend(centre.iter().map(|at| at + random.normal()));
                truth.push(group as i32);
            }
        }
        for _ in 0..noise {
            values.extend((0..columns).map(|_| 100.0 * random.normal()));
            truth.push(-1);
        }
        (values, truth)
    }

    fn prim(values: &[f32], columns: usize, min_samples: usize) -> f64 {
        let rows = values.len() / columns;
        let row = |at: usize| &values[at * columns..(at + 1) * columns];
        let distance = |a: usize, b: usize| crate::blocks::squared(row(a), row(b)).sqrt();
        let core: Vec<f64> = (0..rows)
            .map(|a| {
                let mut all: Vec<f64> = (0..rows).filter(|b| *b != a).map(|b| distance(a, b)).collect();
                all.sort_by(f64::total_cmp);
                all[min_samples - 1]
            })
            .collect();
        let mut nearest = vec![f64::INFINITY; rows];
        let (mut inside, mut at, mut sum) = (vec![false; rows], 0, 0.0);
        for _ in 1..rows {
            inside[at] = true;
            for other in (0..rows).filter(|other| !inside[*other]) {
                nearest[other] = nearest[other].min(distance(at, other).max(core[at]).max(core[other]));
            }
            at = (0..rows).filter(|o| !inside[*o]).min_by(|a, b| nearest[*a].total_cmp(&nearest[*b])).unwrap();
            sum += nearest[at];
        }
        sum
    }

    #[test]
    fn the_spanning_tree_weighs_what_the_naive_one_does() {
        for columns in [1, 2, 3, 7, 16, 17, 40] {
            let (values, _) = heaps(4, 30, 20, columns);
            let built = Hierarchy::new(Matrix::new(&values, columns).unwrap(), 3, &unwatched).unwrap();
            let weight: f64 = built.spanning_tree.iter().map(|edge| edge.distance).sum();
            let naive = prim(&values, columns, 3);
            assert!((weight / naive - 1.0).abs() < 1e-6, "{columns} columns: {weight} for {naive}");
            assert_eq!(built.spanning_tree.len(), values.len() / columns - 1);
        }
    }

    #[test]
    fn heaps_are_found_and_numbered_by_size() {
        for columns in [2, 5, 50] {
            let (values, truth) = heaps(6, 25, 10, columns);
            let found = hdbscan(Matrix::new(&values, columns).unwrap(), &HdbscanParams::default(), &unwatched).unwrap();
            assert_eq!(found.count(), 6, "{columns}");
            assert!(adjusted_rand_index(&found.labels, &truth) > 0.97, "{columns}");
            let sizes = found.sizes();
            assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
            assert!(found.probabilities.iter().zip(&found.labels).all(|(p, l)| (*l >= 0) == (*p > 0.0)));
        }
    }

    #[test]
    fn a_wish_for_a_number_is_met_as_nearly_as_can_be() {
        let (values, _) = heaps(12, 20, 0, 3);
        let built = Hierarchy::new(Matrix::new(&values, 3).unwrap(), 3, &unwatched).unwrap();
        let nearest = built.nearest(12, 5).unwrap();
        assert_eq!(nearest.clusters.count(), 12);
        let fewer = built.nearest(3, 5).unwrap().clusters.count();
        assert!(fewer < 12, "{fewer}");
    }

    #[test]
    fn strange_points_are_no_trouble() {
        let none = hdbscan(Matrix::new(&[], 3).unwrap(), &HdbscanParams::default(), &unwatched).unwrap();
        assert_eq!(none.labels, []);
        let one = hdbscan(Matrix::new(&[1.0, 2.0], 2).unwrap(), &HdbscanParams::default(), &unwatched).unwrap();
        assert_eq!(one.labels, [-1]);
        let same = vec![1.0; 60];
        let same = hdbscan(Matrix::new(&same, 2).unwrap(), &HdbscanParams::default(), &unwatched).unwrap();
        assert_eq!(same.labels.len(), 30);
        let wrong = HdbscanParams { min_samples: 0, ..HdbscanParams::default() };
        let refused = hdbscan(Matrix::new(&[1.0, 2.0], 2).unwrap(), &wrong, &unwatched).unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "min_samples", .. }));
    }
}
