//! UMAP and HDBSCAN beside umap-learn and fast_hdbscan, on two sets with known clusters.

use std::process::Command;

use anyhow::{Context, Result};
use observatory_bench::{beside, number, peer, python, report::Report, run_json};
use serde_json::Value;

const REPEATS: &str = "5";

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let script = peer("cluster_peer.py")?;
    let made = Command::new(python()?).arg(&script).arg("--make").arg(dir.path()).status()?;
    anyhow::ensure!(made.success(), "{} --make: {made}", script.display());
    let mut rows = Vec::new();
    let mut scores = Vec::new();
    for size in [3_542, 13_939] {
        let files = [dir.path().join(format!("vectors-{size}.npy")), dir.path().join(format!("labels-{size}.npy"))];
        let first = |found: Vec<Value>| found.into_iter().next().context("it printed nothing");
        let ours =
            first(run_json(Command::new(beside("examples/cluster_bench")?).args(["--repeat", REPEATS]).args(&files))?)?;
        let theirs = first(run_json(Command::new(python()?).arg(&script).args(["--repeat", REPEATS]).args(&files))?)?;
        for run in [&ours, &theirs] {
            let of = |field: &str| number(run, field);
            rows.push([
                format!("{size} x 768"),
                run["name"].as_str().unwrap_or("?").to_string(),
                format!("{:.2}", of("seconds")),
                run["cold_seconds"].as_f64().map_or("-".to_string(), |cold| format!("{cold:.1}")),
                format!("{:.1}", 1e3 * of("hdbscan_seconds")),
                format!("{:.0}", of("rss_mb")),
                format!("{:.4}", of("trust")),
                format!("{:.3}", of("ari")),
                format!("{:.1}x", of("seconds") / number(&ours, "seconds")),
            ]);
            scores.push([
                format!("{size} x 768"),
                if std::ptr::eq(run, &ours) { "ours" } else { "scikit-learn" }.to_string(),
                format!("{:.2}", of("silhouette_seconds")),
                format!("{:.3}", of("davies_bouldin_seconds")),
            ]);
        }
    }
    let mut report = Report::new("Clusters: UMAP and HDBSCAN, beside umap-learn and fast_hdbscan");
    report.table(
        [
            "vectors",
            "program",
            "seconds, warm",
            "seconds, first run",
            "HDBSCAN ms",
            "MB resident",
            "trust",
            "ARI",
            "ours is faster",
        ],
        &rows,
    );
    report.table(["vectors", "program", "silhouette s", "Davies-Bouldin s"], &scores);
    report.say(format!(
        "Median of {REPEATS} runs in one process; 15 neighbours, `min_dist` 0.1, two dimensions, cosine; HDBSCAN 5, 3 on the map. Trust: \
         trustworthiness over 15 neighbours. ARI: to the clusters that the set was made of. Ours is the same for a seed on any number of \
         threads; the peer runs without a seed, its fastest way."
    ));
    report.finish()
}
