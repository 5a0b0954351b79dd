//! Beside Python's hdbscan, scikit-learn and umap-learn: their answers were stored by `bench/oracles/cluster_oracles.py`.

#![allow(clippy::unwrap_used)]

use observatory_clustering::{
    Matrix,
    hdbscan::{Hierarchy, Selection},
    knn::Metric,
    scores::{adjusted_rand_index, davies_bouldin, dbcv, silhouette, trustworthiness},
    umap::{UmapParams, umap},
    unwatched,
};
use serde_json::Value;

fn stored() -> Value {
    serde_json::from_str(include_str!("oracles/clusters.json")).unwrap()
}

/// splitmix64, as shares from 0 to 1.
struct Shares(u64);

impl Shares {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The same points as the script's.
fn points(one: &Value) -> (Vec<f32>, usize) {
    let number = |name: &str| one[name].as_u64().unwrap() as usize;
    let (n, dims, groups, copies) = (number("n"), number("dims"), number("groups"), number("copies"));
    let spread = one["spread"].as_f64().unwrap();
    let mut shares = Shares(number("seed") as u64);
    let centres: Vec<f64> = (0..groups * dims).map(|_| 10.0 * shares.next()).collect();
    let mut values: Vec<f32> = Vec::with_capacity(n * dims);
    for at in 0..n {
        let centre = &centres[at % groups * dims..][..dims];
        let mut bell = || (0..6).map(|_| shares.next()).sum::<f64>() - 3.0;
        let row: Vec<f32> = centre.iter().map(|centre| (centre + spread * bell()) as f32).collect();
        match copies > 0 && at % copies == copies - 1 {
            true => values.extend_from_within((at - 1) * dims..),
            false => values.extend(row),
        }
    }
    (values, dims)
}

#[test]
fn trees_weigh_the_same_and_clusters_are_the_same_as_those_of_pythons_hdbscan() {
    let stored = stored();
    let mut agreements = Vec::new();
    for one in stored["sets"].as_array().unwrap() {
        let (values, dims) = points(one);
        let built = Hierarchy::new(Matrix::new(&values, dims).unwrap(), 3, &unwatched).unwrap();
        let weight: f64 = built.spanning_tree.iter().map(|edge| edge.distance).sum();
        let theirs = one["mst"].as_f64().unwrap();
        assert!((weight / theirs - 1.0).abs() < 1e-5, "seed {}: {weight} for {theirs}", one["seed"]);
        let labels: Vec<i32> =
            one["labels"].as_array().unwrap().iter().map(|label| label.as_i64().unwrap() as i32).collect();
        let ours = built.select(5, Selection::Eom).unwrap();
        agreements.push(adjusted_rand_index(&ours.labels, &labels));
    }
    agreements.sort_by(f64::total_cmp);
    let median = agreements[agreements.len() / 2];
    println!("least {:.3}, median {median:.4}", agreements[0]);
    assert!(median >= 0.99, "{agreements:?}");
}

#[test]
fn scores_are_those_of_scikit_learn_to_six_digits() {
    let stored = stored();
    let mut compared = 0;
    for one in stored["sets"].as_array().unwrap() {
        let (Some(theirs), Some(index)) = (one["silhouette"].as_f64(), one["davies_bouldin"].as_f64()) else {
            continue;
        };
        let (values, dims) = points(one);
        let matrix = Matrix::new(&values, dims).unwrap();
        let groups = one["groups"].as_i64().unwrap() as usize;
        let truth: Vec<i32> = (0..matrix.rows()).map(|row| (row % groups) as i32).collect();
        let ours = silhouette(matrix, &truth, Metric::Euclidean).unwrap().mean;
        assert!((ours - theirs).abs() < 1e-6, "seed {}: {ours} for {theirs}", one["seed"]);
        let ours = davies_bouldin(matrix, &truth).unwrap();
        assert!((ours - index).abs() < 1e-6 * index.max(1.0), "seed {}: {ours} for {index}", one["seed"]);
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn maps_are_as_trustworthy_as_those_of_umap_learn() {
    for one in stored()["maps"].as_array().unwrap() {
        let (values, dims) = points(one);
        let matrix = Matrix::new(&values, dims).unwrap();
        let metric = if one["metric"] == "cosine" { Metric::Cosine } else { Metric::Euclidean };
        let of = |seed: u64| {
            let params = UmapParams { metric, random_state: seed, ..UmapParams::default() };
            let map = umap(matrix, &params, &unwatched).unwrap();
            trustworthiness(matrix, Matrix::new(&map.coordinates, 2).unwrap(), 15, metric).unwrap()
        };
        let ours = (1..=3).map(of).sum::<f64>() / 3.0;
        let theirs = one["trustworthiness"].as_f64().unwrap();
        println!("{} x {dims}: {ours:.4} for {theirs:.4}", matrix.rows());
        assert!(ours >= theirs - 0.002, "{} x {dims}: {ours} for {theirs}", matrix.rows());
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn labels(list: &Value) -> Vec<i32> {
    numbers(list).into_iter().map(|label| label as i32).collect()
}

#[test]
fn probabilities_outliers_stabilities_and_leaves_are_those_of_pythons_hdbscan() {
    let stored = stored();
    let (mut leaves, mut same) = (Vec::new(), 0);
    for one in stored["details"].as_array().unwrap() {
        let (values, dims) = points(one);
        let built = Hierarchy::new(Matrix::new(&values, dims).unwrap(), 3, &unwatched).unwrap();
        let found = built.select(5, Selection::Eom).unwrap();
        let leaf = built.select(5, Selection::Leaf).unwrap();
        let agreement = adjusted_rand_index(&leaf.labels, &labels(&one["leaf_labels"]));
        leaves.push(agreement);
        if agreement < 1.0 {
            // Mutual reachabilities tie: either tree is right.
            continue;
        }
        same += 1;
        let doubles = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
        let mut stabilities = built.condense(5).unwrap().stabilities;
        stabilities.sort_by(f64::total_cmp);
        for (name, ours) in [
            ("probabilities", doubles(&found.probabilities)),
            ("outlier_scores", doubles(&found.outlier_scores)),
            ("stabilities", stabilities),
        ] {
            let theirs = numbers(&one[name]);
            assert_eq!(ours.len(), theirs.len(), "seed {}: {name}", one["seed"]);
            for (ours, theirs) in ours.iter().zip(theirs) {
                let off = (ours - theirs).abs() / theirs.max(1.0);
                assert!(off < 1e-4, "seed {}: {name} {ours} for {theirs}", one["seed"]);
            }
        }
    }
    leaves.sort_by(f64::total_cmp);
    println!("leaves: median {:.4}; the same on {same} of {}", leaves[leaves.len() / 2], leaves.len());
    assert!(leaves[leaves.len() / 2] >= 0.99, "{leaves:?}");
    assert!(same > 20, "{same}");
}

#[test]
fn density_based_validity_is_that_of_pythons_hdbscan() {
    let mut compared = 0;
    for one in stored()["details"].as_array().unwrap() {
        let Some(theirs) = one["dbcv"].as_f64() else { continue };
        let (values, dims) = points(one);
        let groups = one["groups"].as_i64().unwrap() as i32;
        let truth: Vec<i32> = (0..(values.len() / dims) as i32).map(|row| row % groups).collect();
        let ours = dbcv(Matrix::new(&values, dims).unwrap(), &truth).unwrap();
        println!("seed {}: {ours:.6} for {theirs:.6}", one["seed"]);
        // In many columns nearly all distances tie within the tolerance by which theirs looks for an edge's end.
        let tolerance = if dims < 64 { 1e-6 } else { 2e-3 };
        assert!((ours - theirs).abs() < tolerance, "seed {}: {ours} for {theirs}", one["seed"]);
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}
