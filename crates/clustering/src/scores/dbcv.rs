//! DBCV, density-based clustering validation (Moulavi et al. 2014): how sparse clusters are inside against how dense
//! it is between them.

use rayon::prelude::*;

use super::count;
use crate::{Matrix, blocks};

/// One cluster: its points, their core distances, the sparsest edge inside.
struct Inside {
    /// Points that have two or more edges in the cluster's tree; all where there are none such.
    inner: Vec<(usize, f64)>,
    sparseness: f64,
    size: usize,
}

/// -1 to 1, weighted by the clusters' share of all points, noise among them. None for fewer than two clusters.
///
/// A cluster may have several minimum spanning trees, as many points reach several others at their own core distance;
/// the value depends on which is taken (by 0.4 on a set of 114 points). Here it is the one that `validity_index` of
/// Python's hdbscan takes, so that values compare; the order of the points matters to both.
pub fn dbcv(points: Matrix, labels: &[i32]) -> Option<f64> {
    let mut members = vec![Vec::new(); count(labels)];
    for (row, &label) in labels.iter().enumerate().filter(|(_, label)| **label >= 0) {
        members[label as usize].push(row);
    }
    members.retain(|rows| rows.len() > 1);
    if members.len() < 2 {
        return None;
    }
    let inside: Vec<Inside> = members.par_iter().map(|rows| Inside::new(points, rows)).collect();
    let sum: f64 = (0..inside.len())
        .into_par_iter()
        .map(|a| {
            let separation = (0..inside.len())
                .filter(|b| *b != a)
                .map(|b| between(points, &inside[a], &inside[b]))
                .fold(f64::INFINITY, f64::min);
            let sparseness = inside[a].sparseness;
            let greatest = separation.max(sparseness);
            let validity = if greatest > 0.0 { (separation - sparseness) / greatest } else { 0.0 };
            validity * inside[a].size as f64 / labels.len() as f64
        })
        .collect::<Vec<f64>>()
        .iter()
        .sum();
    Some(sum)
}

fn between(points: Matrix, a: &Inside, b: &Inside) -> f64 {
    let mut least = f64::INFINITY;
    for &(one, core) in &a.inner {
        for &(other, other_core) in &b.inner {
            let distance = blocks::squared(points.row(one), points.row(other)).sqrt();
            least = least.min(distance.max(core).max(other_core));
        }
    }
    least
}

impl Inside {
    fn new(points: Matrix, rows: &[usize]) -> Self {
        let core: Vec<f64> = rows.iter().map(|row| core(points, *row, rows)).collect();
        // Prim's tree of mutual reachability.
        let mut nearest = vec![(f64::INFINITY, 0usize); rows.len()];
        let mut inside = vec![false; rows.len()];
        let (mut edges, mut degrees) = (Vec::with_capacity(rows.len()), vec![0usize; rows.len()]);
        let mut at = 0;
        for _ in 1..rows.len() {
            inside[at] = true;
            for other in (0..rows.len()).filter(|other| !inside[*other]) {
                let distance = blocks::squared(points.row(rows[at]), points.row(rows[other])).sqrt();
                let reach = distance.max(core[at]).max(core[other]);
                // Trees differ where distances tie, and the value with them: as Python's hdbscan, the first row wins.
                if reach < nearest[other].0 || (reach == nearest[other].0 && at < nearest[other].1) {
                    nearest[other] = (reach, at);
                }
            }
            let next =
                (0..rows.len()).filter(|other| !inside[*other]).min_by(|a, b| nearest[*a].0.total_cmp(&nearest[*b].0));
            let Some(next) = next else { break };
            degrees[next] += 1;
            degrees[nearest[next].1] += 1;
            edges.push((next, nearest[next].1, nearest[next].0));
            at = next;
        }
        let inner = |at: usize| degrees[at] > 1;
        let greatest = |edges: &mut dyn Iterator<Item = f64>| edges.fold(f64::NEG_INFINITY, f64::max);
        let internal = greatest(&mut edges.iter().filter(|(a, b, _)| inner(*a) && inner(*b)).map(|edge| edge.2));
        // Two or three points have no edge between inner ones.
        let sparseness = if internal.is_finite() { internal } else { greatest(&mut edges.iter().map(|edge| edge.2)) };
        let mut kept: Vec<(usize, f64)> =
            (0..rows.len()).filter(|at| inner(*at)).map(|at| (rows[at], core[at])).collect();
        if kept.is_empty() {
            kept = rows.iter().copied().zip(core).collect();
        }
        Self { inner: kept, sparseness, size: rows.len() }
    }
}

/// The all-points core distance: a mean of inverse distances that grows steep with the columns.
fn core(points: Matrix, row: usize, rows: &[usize]) -> f64 {
    let power = points.columns() as f64;
    let logs = |other: &usize| -power * blocks::squared(points.row(row), points.row(*other)).sqrt().ln();
    let logs: Vec<f64> = rows.iter().filter(|other| **other != row).map(logs).filter(|log| log.is_finite()).collect();
    // By logarithms: the powers themselves overflow.
    let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !greatest.is_finite() {
        return 0.0;
    }
    let sum: f64 = logs.iter().map(|log| (log - greatest).exp()).sum();
    (-(greatest + (sum / (rows.len() - 1) as f64).ln()) / power).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn heaps_are_valid_and_mixed_labels_are_not() {
        let mut random = Random::new(3);
        let values: Vec<f32> = (0..200).map(|at| random.normal() + if at % 4 < 2 { 0.0 } else { 30.0 }).collect();
        let points = Matrix::new(&values, 2).unwrap();
        let apart: Vec<i32> = (0..100).map(|row| row % 2).collect();
        let mixed: Vec<i32> = (0..100).map(|row| row / 50).collect();
        assert!(dbcv(points, &apart).unwrap() > 0.8);
        assert!(dbcv(points, &mixed).unwrap() < 0.0);
        assert_eq!(dbcv(points, &[0; 100]), None);
    }
}
