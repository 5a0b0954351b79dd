//! Cleans the ads of JSONL files (title, company, description, requirements) and prints how fast.
//!
//! `clean_bench [--rounds N] FILE...`; the counterpart is `bench/peers/clean_peer.py`.

use observatory_cleaner::clean::{AdText, Limits, clean};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rounds = 1;
    let mut ads = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--rounds" {
            rounds = arguments.next().ok_or("--rounds needs a number")?.parse()?;
            continue;
        }
        for line in std::fs::read_to_string(&argument)?.lines() {
            let ad: Value = serde_json::from_str(line)?;
            let part = |name: &str| ad[name].as_str().unwrap_or_default().to_owned();
            ads.push([part("title"), part("company"), part("description"), part("requirements")]);
        }
    }
    let limits = Limits::default();
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let begin = Instant::now();
    for round in 0..rounds {
        for [title, company, description, requirements] in &ads {
            let cleaned = black_box(clean(&AdText { title, company, description, requirements }, &limits));
            if round == 0 {
                *outcomes.entry(cleaned.unusable_reason.map_or("usable", |reason| reason.as_str())).or_default() += 1;
            }
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    let bytes: usize = ads.iter().flatten().map(String::len).sum();
    let figures = json!({
        "name": "cleaner",
        "ads": ads.len() * rounds,
        "seconds": seconds,
        "ads_per_second": (ads.len() * rounds) as f64 / seconds,
        "mb_per_second": (bytes * rounds) as f64 / 1e6 / seconds,
        "rss_mb": peak_rss_mb().unwrap_or(0.0),
        "outcomes": outcomes,
    });
    println!("{figures}");
    Ok(())
}

/// Peak resident memory of this process, from Linux's /proc.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}
