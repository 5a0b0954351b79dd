//! A start by the eigenvectors of the graph's normalised Laplacian (section 4.2 of the paper), by Lanczos' method.
//! Parts that hang together with nothing else are laid out one by one, side by side.

use rayon::prelude::*;

use super::graph::Graph;
use crate::{linear::eigen, random::Random};

/// Steps of Lanczos' method. More bring the vectors nearer to the true ones and the picture no gain.
const STEPS: usize = 60;
/// Half the width of the start.
const WIDTH: f32 = 10.0;

/// Coordinates to start from; none where a vector is not found.
pub(super) fn start(graph: &Graph, n_components: usize, seed: u64) -> Option<Vec<f32>> {
    let parts = parts(graph);
    let mut random = Random::new(seed ^ 0x57a7);
    let mut coordinates = vec![0f32; graph.len() * n_components];
    let places = places(parts.len(), n_components, &mut random);
    // Wide parts stay apart by their share of the points.
    for (part, place) in parts.iter().zip(&places) {
        let share = (part.len() as f32 / graph.len() as f32).powf(1.0 / n_components as f32);
        let own = if part.len() <= 2 * (n_components + 1) {
            (0..part.len() * n_components).map(|_| 2.0 * random.share() - 1.0).collect()
        } else {
            vectors(graph, part, n_components, seed)?
        };
        for (&point, own) in part.iter().zip(own.chunks(n_components)) {
            for (at, value) in own.iter().enumerate() {
                let middle = if parts.len() == 1 { 0.0 } else { place[at] * WIDTH };
                coordinates[point as usize * n_components + at] = middle + value * WIDTH * share;
            }
        }
    }
    noise_and_scale(&mut coordinates, n_components, &mut random);
    coordinates.iter().all(|value| value.is_finite()).then_some(coordinates)
}

/// As umap-learn does: a little noise, and each axis from 0 to 10.
fn noise_and_scale(coordinates: &mut [f32], n_components: usize, random: &mut Random) {
    coordinates.iter_mut().for_each(|value| *value += 1e-4 * random.normal());
    for axis in 0..n_components {
        let along = || (axis..coordinates.len()).step_by(n_components);
        let low = along().map(|at| coordinates[at]).fold(f32::INFINITY, f32::min);
        let high = along().map(|at| coordinates[at]).fold(f32::NEG_INFINITY, f32::max);
        let scale = if high > low { WIDTH / (high - low) } else { 0.0 };
        for at in along().collect::<Vec<_>>() {
            coordinates[at] = (coordinates[at] - low) * scale;
        }
    }
}

/// Connected components, greatest first.
fn parts(graph: &Graph) -> Vec<Vec<u32>> {
    let mut seen = vec![false; graph.len()];
    let mut parts = Vec::new();
    for from in 0..graph.len() {
        if std::mem::replace(&mut seen[from], true) {
            continue;
        }
        let mut part = vec![from as u32];
        let mut at = 0;
        while at < part.len() {
            for (other, _) in graph.of(part[at] as usize) {
                if !std::mem::replace(&mut seen[other as usize], true) {
                    part.push(other);
                }
            }
            at += 1;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    parts
}

/// Where parts stand: on the axes while these suffice, else anywhere on a sphere.
fn places(count: usize, n_components: usize, random: &mut Random) -> Vec<Vec<f32>> {
    (0..count)
        .map(|part| {
            let mut place = vec![0f32; n_components];
            if part < 2 * n_components {
                place[part / 2] = if part % 2 == 0 { 2.0 } else { -2.0 };
            } else {
                place.iter_mut().for_each(|value| *value = random.normal());
                let length = place.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-6);
                place.iter_mut().for_each(|value| *value *= 2.5 / length);
            }
            place
        })
        .collect()
}

/// The first vectors after the trivial one of (1 + D^-1/2 W D^-1/2) / 2, greatest value 1, for one part.
fn vectors(graph: &Graph, part: &[u32], n_components: usize, seed: u64) -> Option<Vec<f32>> {
    let n = part.len();
    let mut place = vec![u32::MAX; graph.len()];
    part.iter().enumerate().for_each(|(at, &point)| place[point as usize] = at as u32);
    let degree: Vec<f32> = part.iter().map(|&p| graph.of(p as usize).map(|edge| edge.1).sum::<f32>()).collect();
    let scale: Vec<f32> = degree.iter().map(|degree| 1.0 / degree.max(1e-12).sqrt()).collect();
    let apply = |x: &[f32]| -> Vec<f32> {
        let of = |at: usize| {
            let sum: f32 = graph
                .of(part[at] as usize)
                .map(|(other, weight)| {
                    let other = place[other as usize] as usize;
                    weight * scale[other] * x[other]
                })
                .sum();
            0.5 * (x[at] + sum * scale[at])
        };
        (0..n).into_par_iter().with_min_len(512).map(of).collect()
    };
    let mut random = Random::new(seed ^ 0x1a2c);
    let mut trivial: Vec<f32> = degree.iter().map(|degree| degree.sqrt()).collect();
    normalise(&mut trivial)?;
    let mut basis = vec![trivial];
    let mut vector: Vec<f32> = (0..n).map(|_| random.normal()).collect();
    orthogonalise(&mut vector, &basis);
    normalise(&mut vector)?;
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    for _ in 0..STEPS.max(3 * n_components).min(n - 1) {
        let mut next = apply(&vector);
        diagonal.push(dot(&next, &vector));
        basis.push(vector);
        orthogonalise(&mut next, &basis);
        let Some(length) = normalise(&mut next).filter(|length| *length > 1e-6) else { break };
        beside.push(length);
        vector = next;
    }
    let steps = diagonal.len();
    if steps < n_components {
        return None;
    }
    let mut matrix = vec![0f64; steps * steps];
    for at in 0..steps {
        matrix[at * steps + at] = diagonal[at];
        if at + 1 < steps {
            matrix[at * steps + at + 1] = beside[at];
            matrix[(at + 1) * steps + at] = beside[at];
        }
    }
    let (_, turned) = eigen(matrix, steps);
    let mut out = vec![0f32; n * n_components];
    for axis in 0..n_components {
        for (weight, of) in turned[axis].iter().zip(&basis[1..]) {
            of.iter().enumerate().for_each(|(at, value)| out[at * n_components + axis] += *weight as f32 * value);
        }
    }
    let greatest = out.iter().fold(0f32, |greatest, value| greatest.max(value.abs()));
    out.iter_mut().for_each(|value| *value /= greatest.max(1e-12));
    Some(out)
}

/// Sums in a fixed order, whatever the number of threads.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let parts: Vec<f64> = a
        .par_chunks(4_096)
        .zip(b.par_chunks(4_096))
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum())
        .collect();
    parts.iter().sum()
}

fn orthogonalise(vector: &mut [f32], basis: &[Vec<f32>]) {
    // Twice is enough (Kahan, in Parlett 1980).
    for _ in 0..2 {
        for other in basis {
            let along = dot(vector, other) as f32;
            vector.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
        }
    }
}

/// Its length before; none for a vector of nothing.
fn normalise(vector: &mut [f32]) -> Option<f64> {
    let length = dot(vector, vector).sqrt();
    if !length.is_finite() || length <= 0.0 {
        return None;
    }
    vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    Some(length)
}
