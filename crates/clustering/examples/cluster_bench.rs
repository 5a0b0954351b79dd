//! Times UMAP, HDBSCAN and scores on vectors of .npy files; prints one JSON object a file.
//!
//!     cargo run --release -p observatory-clustering --example cluster_bench -- [--repeat N] FILE.npy [LABELS.npy]

use std::{error::Error, fs::File, io::BufReader, time::Instant};

use observatory_clustering::{
    Matrix, hdbscan,
    knn::Metric,
    npy,
    scores::{adjusted_rand_index, davies_bouldin, silhouette, trustworthiness},
    umap, unwatched,
};

fn read(file: &str) -> Result<(Vec<f32>, usize), Box<dyn Error>> {
    Ok(npy::read(BufReader::new(File::open(file)?), 1 << 30)?)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Most memory that was resident, in MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut repeat = 5;
    if arguments.first().is_some_and(|first| first == "--repeat") {
        repeat = arguments[1].parse()?;
        arguments.drain(..2);
    }
    let (values, columns) = read(arguments.first().ok_or("which file of vectors?")?)?;
    let points = Matrix::new(&values, columns)?;
    let params = umap::UmapParams::default();
    let (mut whole, mut near, mut layout, mut density) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut found = None;
    for _ in 0..repeat {
        let begun = Instant::now();
        let neighbours = umap::neighbours(points, &params, &unwatched)?;
        near.push(begun.elapsed().as_secs_f64());
        let map = umap::umap_of(points.rows(), &neighbours, &params, &unwatched)?;
        layout.push(begun.elapsed().as_secs_f64() - near[near.len() - 1]);
        let matrix = Matrix::new(&map.coordinates, 2)?;
        let started = Instant::now();
        let clusters = hdbscan::hdbscan(matrix, &hdbscan::HdbscanParams::default(), &unwatched)?;
        density.push(started.elapsed().as_secs_f64());
        whole.push(begun.elapsed().as_secs_f64());
        found = Some((map, clusters));
    }
    let (map, clusters) = found.ok_or("--repeat 0 measures nothing")?;
    let peak = peak_mb();
    let begun = Instant::now();
    let score = silhouette(points, &clusters.labels, Metric::Euclidean).map(|found| found.mean);
    let silhouette_seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let index = davies_bouldin(points, &clusters.labels);
    let index_seconds = begun.elapsed().as_secs_f64();
    let trust = (points.rows() <= 20_000)
        .then(|| trustworthiness(points, Matrix::new(&map.coordinates, 2)?, 15, Metric::Cosine))
        .transpose()?;
    let ari = match arguments.get(1) {
        Some(labels) => {
            let truth: Vec<i32> = read(labels)?.0.iter().map(|label| *label as i32).collect();
            Some(adjusted_rand_index(&truth, &clusters.labels))
        }
        None => None,
    };
    let report = serde_json::json!({
        "name": "ours", "rows": points.rows(), "columns": columns, "seconds": median(whole),
        "neighbours_seconds": median(near), "layout_seconds": median(layout), "hdbscan_seconds": median(density),
        "rss_mb": peak, "clusters": clusters.count(), "noise": clusters.noise(), "trust": trust, "ari": ari,
        "silhouette": score, "silhouette_seconds": silhouette_seconds,
        "davies_bouldin": index, "davies_bouldin_seconds": index_seconds,
    });
    println!("{report}");
    Ok(())
}
