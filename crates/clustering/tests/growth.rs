//! What users rely on over time: their clusters are the same ones after the data grew.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use observatory_clustering::{
    Matrix,
    lineage::{Fate, compare},
    run::{Params, run},
};

fn heaps(points: usize, columns: usize, groups: usize) -> Vec<f32> {
    let mut state = 7u32;
    let mut share = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32
    };
    let centres: Vec<f32> = (0..groups * columns).map(|_| share() - 0.5).collect();
    (0..points * columns)
        .map(|at| {
            let centre = centres[at / columns % groups * columns + at % columns];
            centre + 0.3 * ((0..6).map(|_| share()).sum::<f32>() - 3.0)
        })
        .collect()
}

#[test]
fn nine_of_ten_clusters_keep_their_identity_when_the_data_grows_by_a_tenth() {
    let (old, new, columns) = (2_000, 2_200, 48);
    let values = heaps(new, columns, 40);
    let labels = |rows: usize| {
        let points = Matrix::new(&values[..rows * columns], columns).unwrap();
        run(points, &Params::default(), &|_, _| true).unwrap().clusters.labels
    };
    let (before, after) = (labels(old), labels(new));
    let items: Vec<_> = (0..new).map(|at| (before.get(at).copied(), Some(after[at]))).collect();
    let clusters = before.iter().filter(|label| **label >= 0).collect::<HashSet<_>>().len();
    let kept = compare(&items).iter().filter(|change| change.fate == Fate::Continued).count();
    println!("{kept} of {clusters}");
    assert!(clusters >= 30, "{clusters}");
    assert!(kept * 10 >= clusters * 9, "{kept} of {clusters}");
}
