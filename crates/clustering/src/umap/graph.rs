//! The fuzzy simplicial set: how strongly points belong together (section 3.1 of the paper).

use rayon::prelude::*;

use crate::knn::Neighbours;

/// Weighted edges of each point, by the other end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Graph {
    pub starts: Vec<usize>,
    pub ends: Vec<u32>,
    pub weights: Vec<f32>,
}

impl Graph {
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn of(&self, point: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[point]..self.starts[point + 1];
        self.ends[range.clone()].iter().copied().zip(self.weights[range].iter().copied())
    }
}

/// The symmetric set of points whose neighbours are given.
pub(super) fn fuzzy(rows: usize, near: &Neighbours) -> Graph {
    let directed = memberships(rows, near);
    let mut counts = vec![0usize; rows + 1];
    for (at, &other) in near.indices.iter().enumerate() {
        counts[at / near.k + 1] += 1;
        counts[other as usize + 1] += 1;
    }
    for point in 0..rows {
        counts[point + 1] += counts[point];
    }
    // Both directions of each edge, side by side.
    let mut next = counts.clone();
    let mut both = vec![(0u32, 0f32, 0f32); counts[rows]];
    for (at, (&other, &weight)) in near.indices.iter().zip(&directed).enumerate() {
        let point = at / near.k;
        both[next[point]] = (other, weight, 0.0);
        next[point] += 1;
        both[next[other as usize]] = (point as u32, 0.0, weight);
        next[other as usize] += 1;
    }
    let mut graph = Graph { starts: vec![0], ends: Vec::new(), weights: Vec::new() };
    for point in 0..rows {
        let edges = &mut both[counts[point]..counts[point + 1]];
        edges.sort_unstable_by_key(|edge| edge.0);
        for same in edges.chunk_by(|a, b| a.0 == b.0) {
            let (there, back) = same.iter().fold((0.0, 0.0), |sum, edge| (sum.0 + edge.1, sum.1 + edge.2));
            // The probabilistic union.
            let weight = there + back - there * back;
            if weight > 0.0 {
                graph.ends.push(same[0].0);
                graph.weights.push(weight);
            }
        }
        graph.starts.push(graph.ends.len());
    }
    graph
}

/// Edges from `new` points, which stand behind the `old`, to those; the old ones have none.
pub(super) fn onto(old: usize, new: usize, near: &Neighbours) -> Graph {
    let weights = memberships(new, near);
    let starts = std::iter::repeat_n(0, old).chain((0..=new).map(|point| point * near.k)).collect();
    Graph { starts, ends: near.indices.clone(), weights }
}

/// Strength of each neighbour: 1 for the nearest that is not the same, falling so that they sum up to log2 of their
/// number (`smooth_knn_dist` with `local_connectivity` 1).
fn memberships(rows: usize, near: &Neighbours) -> Vec<f32> {
    if near.k == 0 {
        return Vec::new();
    }
    let mean = near.distances.iter().map(|d| f64::from(*d)).sum::<f64>() / (rows * (near.k + 1)) as f64;
    near.distances.par_chunks(near.k).flat_map_iter(|of| strengths(of, mean as f32)).collect()
}

/// `distances` are ascending and without the point itself, which umap-learn counts among its `n_neighbors`.
fn strengths(distances: &[f32], mean_of_all: f32) -> Vec<f32> {
    let count = distances.len() + 1;
    let target = (count as f32).log2();
    let nearest = distances.iter().copied().find(|distance| *distance > 0.0).unwrap_or(0.0);
    let strength = |distance: f32, width: f32| {
        let beyond = distance - nearest;
        if beyond <= 0.0 || width == 0.0 { 1.0 } else { (-beyond / width).exp() }
    };
    let (mut low, mut high, mut width) = (0f32, f32::INFINITY, 1f32);
    for _ in 0..64 {
        let sum: f32 = distances.iter().map(|distance| strength(*distance, width)).sum();
        if (sum - target).abs() < 1e-5 {
            break;
        }
        if sum > target {
            high = width;
            width = (low + high) / 2.0;
        } else {
            low = width;
            width = if high.is_infinite() { width * 2.0 } else { (low + high) / 2.0 };
        }
    }
    let mean = if nearest > 0.0 { distances.iter().sum::<f32>() / count as f32 } else { mean_of_all };
    let width = width.max(1e-3 * mean);
    distances.iter().map(|distance| strength(*distance, width)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_sum_up_to_the_logarithm() {
        let distances = [0.1, 0.2, 0.25, 0.4, 0.5, 0.7, 0.9];
        let strengths = strengths(&distances, 0.4);
        assert_eq!(strengths[0], 1.0);
        assert!((strengths.iter().sum::<f32>() - 3.0).abs() < 1e-4, "{strengths:?}");
        assert!(strengths.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn twins_belong_together_wholly() {
        assert_eq!(strengths(&[0.0, 0.0, 0.0], 0.0), [1.0; 3]);
    }

    #[test]
    fn the_union_is_symmetric() {
        // 2 names 1, but 1 names 0.
        let near = Neighbours { k: 1, indices: vec![1, 0, 1], distances: vec![0.5, 0.5, 0.7] };
        let graph = fuzzy(3, &near);
        let edges = |point: usize| graph.of(point).collect::<Vec<_>>();
        assert_eq!(edges(0), [(1, 1.0)]);
        assert_eq!(edges(1), [(0, 1.0), (2, 1.0)]);
        assert_eq!(edges(2), [(1, 1.0)]);
    }
}
