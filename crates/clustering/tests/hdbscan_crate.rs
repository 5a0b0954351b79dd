//! Beside the crate `hdbscan`, which counts the point itself in `min_samples`: 4 there is 3 here.

#![allow(clippy::unwrap_used)]

use hdbscan::{Hdbscan, HdbscanHyperParams};
use observatory_clustering::{
    Matrix,
    hdbscan::{HdbscanParams, hdbscan},
    scores::adjusted_rand_index,
    unwatched,
};

/// Heaps around points of a lattice, in the order of a linear congruence.
fn heaps(points: usize, columns: usize, groups: usize, spread: f32) -> Vec<f32> {
    let mut state = (points * columns + groups) as u32;
    let mut share = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let centres: Vec<f32> = (0..groups * columns).map(|_| 10.0 * share()).collect();
    (0..points * columns)
        .map(|at| {
            let centre = centres[at / columns % groups * columns + at % columns];
            centre + spread * ((0..6).map(|_| share()).sum::<f32>() - 3.0)
        })
        .collect()
}

#[test]
fn clusters_are_those_of_the_crate_hdbscan() {
    let mut agreements = Vec::new();
    for (points, columns, groups, spread) in [
        (200, 2, 4, 0.4),
        (400, 2, 9, 0.6),
        (600, 2, 1, 1.0),
        (300, 3, 6, 0.6),
        (500, 5, 8, 0.8),
        (300, 10, 5, 1.0),
        (300, 40, 5, 1.0),
    ] {
        let values = heaps(points, columns, groups, spread);
        let ours =
            hdbscan(Matrix::new(&values, columns).unwrap(), &HdbscanParams::default(), &unwatched).unwrap().labels;
        let rows: Vec<Vec<f32>> = values.chunks(columns).map(<[f32]>::to_vec).collect();
        let params = HdbscanHyperParams::builder().min_cluster_size(5).min_samples(4).build();
        let theirs = Hdbscan::new(&rows, params).cluster().unwrap();
        agreements.push(adjusted_rand_index(&ours, &theirs));
    }
    println!("{agreements:?}");
    agreements.sort_by(f64::total_cmp);
    assert!(agreements[agreements.len() / 2] >= 0.99, "{agreements:?}");
}
