//! Many columns: every pair by blocked products, but only of points whose nearest neighbours all lie in their own
//! component.

use rayon::prelude::*;

use super::spanning::{Edge, NONE, Search, tree};
use crate::{
    Error, Matrix, Progress,
    blocks::{self, BLOCK, products},
    knn::{Metric, Neighbours, knn},
};

/// Neighbours that are kept: most points find their way out of their component among them.
const KEPT: usize = 24;
/// Products of 32-bit numbers are off by less than this part of the squared lengths.
const SLACK: f32 = 4e-6;

struct Dense<'a> {
    points: Matrix<'a>,
    /// Less their mean, and half their squared lengths.
    centred: Vec<f32>,
    halves: Vec<f32>,
    near: Neighbours,
    /// Squared.
    core: Vec<f64>,
}

pub(super) fn spanning_tree(points: Matrix, min_samples: usize, progress: Progress) -> Result<Vec<Edge>, Error> {
    let near = knn(points, KEPT.max(min_samples), Metric::Euclidean, 0, &|done| progress(0.5 * done))?;
    let core: Vec<f64> = (0..points.rows())
        .map(|row| {
            let last = near.indices[row * near.k + min_samples - 1] as usize;
            blocks::squared(points.row(row), points.row(last))
        })
        .collect();
    let centred = blocks::centred(points.values(), points.columns());
    let half = |row: &[f32]| (0.5 * blocks::dot(row, row)) as f32;
    let halves = centred.par_chunks(points.columns()).map(half).collect();
    let mut dense = Dense { points, centred, halves, near, core: core.clone() };
    let edges = tree(&mut dense, &core, &|done| progress(0.5 + 0.5 * done))?;
    let ordered = |edge: Edge| Edge { from: edge.from.min(edge.to), to: edge.from.max(edge.to), ..edge };
    Ok(edges.into_iter().map(ordered).collect())
}

impl Dense<'_> {
    fn reach(&self, a: usize, b: usize) -> f64 {
        blocks::squared(self.points.row(a), self.points.row(b)).max(self.core[a]).max(self.core[b])
    }

    /// Among the kept neighbours: what was found, and whether it is certain.
    fn kept(&self, point: usize, components: &[u32]) -> ((f64, u32), bool) {
        let mut best = (f64::INFINITY, NONE);
        let mut beyond = 0.0;
        for (other, _) in self.near.of(point) {
            let other = other as usize;
            beyond = blocks::squared(self.points.row(point), self.points.row(other)).max(self.core[point]);
            if components[other] != components[point] {
                let reach = self.reach(point, other);
                if reach < best.0 {
                    best = (reach, other as u32);
                }
            }
        }
        // Who is not kept is at least as far as the last one.
        if best.0 <= beyond { (best, true) } else { ((beyond, NONE), false) }
    }

    fn compare(&self, asked: &[u32], components: &[u32]) -> Vec<(f64, u32)> {
        let (rows, columns) = (self.points.rows(), self.points.columns());
        let values: Vec<f32> =
            asked.iter().flat_map(|&point| &self.centred[point as usize * columns..][..columns]).copied().collect();
        let mut scores = vec![0f32; asked.len() * BLOCK];
        let mut best = vec![(f64::INFINITY, NONE); asked.len()];
        for start in (0..rows).step_by(BLOCK) {
            let end = (start + BLOCK).min(rows);
            products(&values, &self.centred[start * columns..end * columns], columns, &mut scores);
            for ((&point, scores), best) in asked.iter().zip(scores.chunks(end - start)).zip(&mut best) {
                let point = point as usize;
                for (at, score) in scores.iter().enumerate() {
                    let other = start + at;
                    let lengths = self.halves[point] + self.halves[other];
                    let nearly = 2.0 * (lengths - score) - SLACK * 2.0 * lengths;
                    if f64::from(nearly).max(self.core[other]) < best.0 && components[other] != components[point] {
                        let reach = self.reach(point, other);
                        if reach < best.0 {
                            *best = (reach, other as u32);
                        }
                    }
                }
            }
        }
        best
    }
}

impl Search for Dense<'_> {
    fn components(&mut self, _: &[u32]) {}

    fn foreign(&self, asked: &[u32], components: &[u32], bounds: &[f64]) -> Vec<(f64, u32)> {
        let kept: Vec<_> = asked.par_iter().map(|&point| self.kept(point as usize, components)).collect();
        // What is certain bounds the others of its component.
        let mut bounds = bounds.to_vec();
        for (&point, (found, certain)) in asked.iter().zip(&kept) {
            let bound = &mut bounds[components[point as usize] as usize];
            if *certain {
                *bound = bound.min(found.0);
            }
        }
        let open: Vec<u32> = asked
            .iter()
            .zip(&kept)
            .filter(|(point, (found, certain))| !certain && found.0 < bounds[components[**point as usize] as usize])
            .map(|(point, _)| *point)
            .collect();
        let compared: Vec<(f64, u32)> =
            open.par_chunks(BLOCK).with_max_len(1).flat_map_iter(|asked| self.compare(asked, components)).collect();
        let mut compared = open.iter().zip(compared).peekable();
        asked
            .iter()
            .zip(kept)
            .map(|(point, (found, _))| match compared.next_if(|(open, _)| *open == point) {
                Some((_, found)) => found,
                None => found,
            })
            .collect()
    }
}
