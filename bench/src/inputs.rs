//! The ads and labels that benchmarks run on.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::root;

/// The shipped samples are repeated so often, to be measurable.
const SAMPLE_ROUNDS: usize = 40;

/// Ads as JSON Lines files.
pub struct Ads {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Ads in them.
    pub count: usize,
    /// Where they are from, for the report.
    pub source: &'static str,
}

/// Real ads of `OBSERVATORY_SHARED_DATA/postings`, or else the shipped samples, repeated with
/// a number behind each title.
///
/// # Errors
/// Where neither can be read.
pub fn ads() -> Result<Ads> {
    let real = shared("postings").map(|folder| json_lines(&folder)).transpose()?.unwrap_or_default();
    let (files, source) =
        if real.is_empty() { (vec![repeated_samples()?], "the shipped samples, repeated") } else { (real, "real ads") };
    let mut count = 0;
    for file in &files {
        count += fs::read_to_string(file).with_context(|| file.display().to_string())?.lines().count();
    }
    Ok(Ads { files, count, source })
}

/// All of ESCO, where the machine has it.
pub fn esco() -> Option<PathBuf> {
    shared("esco/esco_merged_v1.2_en_es.jsonl")
}

fn shared(path: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("OBSERVATORY_SHARED_DATA")?);
    Some(folder.join(path)).filter(|path| path.exists())
}

fn json_lines(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    Ok(files)
}

fn repeated_samples() -> Result<PathBuf> {
    let samples = fs::read_to_string(root()?.join("samples/ads.jsonl"))?;
    let path = std::env::temp_dir().join("observatory-bench-samples.jsonl");
    let mut out = fs::File::create(&path)?;
    for round in 0..SAMPLE_ROUNDS {
        for line in samples.lines() {
            let mut ad: serde_json::Value = serde_json::from_str(line)?;
            let title = ad["title"].as_str().unwrap_or_default();
            ad["title"] = format!("{title} {round}").into();
            writeln!(out, "{ad}")?;
        }
    }
    ensure!(!samples.is_empty(), "samples/ads.jsonl is empty");
    Ok(path)
}
