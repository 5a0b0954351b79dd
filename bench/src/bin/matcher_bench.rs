//! The matcher, with every label loaded, beside pyahocorasick (and spaCy where it is installed).

use std::process::Command;

use anyhow::{Context, Result};
use observatory_bench::{beside, inputs, median, number, peer, python, report::Report, run_json};
use serde_json::Value;

const REPEATS: usize = 5;

fn main() -> Result<()> {
    let ads = inputs::ads()?;
    let labels = std::env::temp_dir().join("observatory-bench-labels.txt");
    let mut ours = Vec::new();
    for _ in 0..REPEATS {
        let mut command = Command::new(beside("examples/match_bench")?);
        if let Some(esco) = inputs::esco() {
            command.arg("--esco").arg(esco);
        }
        ours.extend(run_json(command.args(["--repeat", "5", "--dump-labels"]).arg(&labels).args(&ads.files))?);
    }
    let mut command = Command::new(python()?);
    command.arg(peer("match_peer.py")?).args(["--peer", "ahocorasick", "--peer", "spacy", "--repeat", "1", "--labels"]);
    let peers = run_json(command.arg(&labels).args(&ads.files))?;

    let of = |field: &str| median(&ours.iter().map(|run| number(run, field)).collect::<Vec<_>>());
    let rate = of("mb_per_second_match");
    let row = |name: String, figures: &dyn Fn(&str) -> f64| {
        let other = figures("mb_per_second_match");
        [
            name,
            format!("{other:.1}"),
            format!("{:.1}", figures("us_per_ad_median")),
            format!("{:.0}", figures("build_ms")),
            format!("{:.0}", figures("rss_mb")),
            format!("{:.0}", figures("matches")),
            format!("{:.1}x", rate / other),
        ]
    };
    let mut rows = vec![row("ours, matching".into(), &of)];
    rows[0][2] = "-".into();
    let mut extract = row("ours, all of extraction".into(), &|field| match field {
        "mb_per_second_match" => of("mb_per_second_extract"),
        "matches" => of("skills"),
        _ => of(field),
    });
    extract[3] = "-".into();
    extract[4] = "-".into();
    rows.push(extract);
    rows.extend(peers.iter().map(|run: &Value| row(run["name"].as_str().unwrap_or("?").into(), &|f| number(run, f))));

    let first = ours.first().context("no run")?;
    let mut report = Report::new("Matcher, beside pyahocorasick");
    report.table(
        ["program", "MB/s, one core", "us per ad, median", "build ms", "MB resident", "found", "ours is faster"],
        &rows,
    );
    report.say(format!(
        "{} {} ({:.1} MB of text), {} labels (the own taxonomy{}), median of {REPEATS} processes, best of 5 passes in each. Matching reads \
         words, folds case and accents, stems plurals and finds the longest labels of both layers; extraction then judges \
         ambiguity, sections and context. The peers fold case only.",
        ads.count,
        ads.source,
        number(first, "mb"),
        first["labels"],
        if inputs::esco().is_some() { " and all of ESCO 1.2 in English and Spanish" } else { "" },
    ));
    report.say(format!(
        "Limit: {:.1} ns a byte, some {:.0} ns a word of about six bytes. A pass that only reads memory would take about 0.1 ns a \
         byte; each word here is folded, hashed and looked up in two tables beyond the first-level cache, and ends at a branch \
         that no predictor foresees. Texts are independent: cores add up.",
        1e3 / rate,
        6e3 / rate,
    ));
    report.finish()
}
