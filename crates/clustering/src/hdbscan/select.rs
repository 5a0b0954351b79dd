//! Which clusters of the condensed tree are taken, and how far points belong to them.

use super::{Condensed, Selection};

/// Clusters of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Clusters {
    /// The cluster of each point, from 0 by size (ties: by their first point); -1 is noise.
    pub labels: Vec<i32>,
    /// How far each point belongs to its cluster, 0 to 1; 0 for noise.
    pub probabilities: Vec<f32>,
    /// How far each point lies outside of the densest part of its surroundings, 0 to 1 (GLOSH).
    pub outlier_scores: Vec<f32>,
    /// The stability of each cluster.
    pub stabilities: Vec<f64>,
    /// The node of the condensed tree that each cluster is.
    pub nodes: Vec<u32>,
}

impl Clusters {
    /// Clusters found.
    pub fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Points of each cluster.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count()];
        self.labels.iter().filter(|label| **label >= 0).for_each(|label| sizes[*label as usize] += 1);
        sizes
    }

    /// Points in no cluster.
    pub fn noise(&self) -> usize {
        self.labels.iter().filter(|label| **label < 0).count()
    }
}

pub(super) fn select(tree: &Condensed, selection: Selection) -> Clusters {
    let taken = match selection {
        Selection::Eom => excess_of_mass(tree),
        Selection::Leaf => {
            let split = tree.split();
            (0..tree.len()).map(|cluster| cluster > 0 && !split[cluster]).collect()
        }
    };
    // The taken cluster that each belongs to.
    let mut inside = vec![None; tree.len()];
    for cluster in 1..tree.len() {
        inside[cluster] = inside[tree.parents[cluster] as usize].or(taken[cluster].then_some(cluster));
    }
    let of = |point: usize| inside[tree.fallen[point].cluster as usize];
    let points = tree.fallen.len();
    let (mut sizes, mut firsts) = (vec![0usize; tree.len()], vec![usize::MAX; tree.len()]);
    for point in 0..points {
        if let Some(cluster) = of(point) {
            sizes[cluster] += 1;
            firsts[cluster] = firsts[cluster].min(point);
        }
    }
    let mut nodes: Vec<u32> = (1..tree.len())
        .filter(|cluster| taken[*cluster] && sizes[*cluster] > 0)
        .map(|cluster| cluster as u32)
        .collect();
    nodes.sort_by_key(|node| (std::cmp::Reverse(sizes[*node as usize]), firsts[*node as usize]));
    let mut numbers = vec![-1; tree.len()];
    nodes.iter().enumerate().for_each(|(number, node)| numbers[*node as usize] = number as i32);

    let (own, whole) = tree.greatest();
    let probability = |point: usize| {
        let Some(cluster) = of(point) else { return 0.0 };
        let (greatest, lambda) = (own[cluster], tree.fallen[point].lambda);
        if greatest == 0.0 || !lambda.is_finite() { 1.0 } else { (lambda.min(greatest) / greatest) as f32 }
    };
    let outlier = |point: usize| {
        let fallen = tree.fallen[point];
        let greatest = whole[fallen.cluster as usize];
        if greatest == 0.0 || !fallen.lambda.is_finite() {
            0.0
        } else if greatest.is_infinite() {
            1.0
        } else {
            ((greatest - fallen.lambda) / greatest) as f32
        }
    };
    Clusters {
        labels: (0..points).map(|point| of(point).map_or(-1, |cluster| numbers[cluster])).collect(),
        probabilities: (0..points).map(probability).collect(),
        outlier_scores: (0..points).map(outlier).collect(),
        stabilities: nodes.iter().map(|node| tree.stabilities[*node as usize]).collect(),
        nodes,
    }
}

/// A cluster is taken unless what comes out of it lasts longer; the whole never is.
fn excess_of_mass(tree: &Condensed) -> Vec<bool> {
    let split = tree.split();
    let mut taken = vec![false; tree.len()];
    let mut below = vec![0f64; tree.len()];
    for cluster in (1..tree.len()).rev() {
        let own = tree.stabilities[cluster];
        taken[cluster] = !split[cluster] || own >= below[cluster];
        below[tree.parents[cluster] as usize] += if taken[cluster] { own } else { below[cluster] };
    }
    taken
}
