//! Answers that are kept in a file, so that a run which was stopped goes on.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use observatory_enhancement::Enhanced;
use observatory_extraction::evaluate::predict::{self, AdPredictions};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{CliError, Result};

/// One ad: a line that scorers of predictions read too.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    job_id: String,
    skills: Value,
    prompt_version: String,
    pub seconds: f64,
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    pub requests: u32,
    pub dropped: u64,
    pub ungrounded: u64,
    pub repaired: bool,
    pub truncated: bool,
    raw: Vec<String>,
}

impl Record {
    pub fn new(ad: &AdPredictions, enhanced: &Enhanced, seconds: f64) -> Result<Self, String> {
        let line: Value = serde_json::from_str(&predict::to_json(ad)).map_err(|error| error.to_string())?;
        Ok(Self {
            job_id: ad.job_id.clone(),
            skills: line["skills"].clone(),
            prompt_version: enhanced.prompt_version.clone(),
            seconds,
            prompt_tokens: enhanced.usage.prompt_tokens,
            completion_tokens: enhanced.usage.completion_tokens,
            requests: enhanced.usage.requests,
            dropped: enhanced.dropped.len() as u64,
            ungrounded: enhanced.ungrounded as u64,
            repaired: enhanced.repaired,
            truncated: enhanced.truncated,
            raw: enhanced.raw.clone(),
        })
    }

    pub fn predictions(&self) -> Result<AdPredictions> {
        let line = serde_json::json!({"job_id": self.job_id, "skills": self.skills}).to_string();
        let mut ads = predict::read(line.as_bytes()).map_err(|error| CliError::Internal(error.to_string()))?;
        ads.pop().ok_or_else(|| CliError::Internal("a kept answer is empty".into()))
    }
}

/// The answers of one model and pipeline, by ad.
#[derive(Debug)]
pub(super) struct Kept {
    records: BTreeMap<String, Record>,
    file: Option<(PathBuf, File)>,
}

impl Kept {
    /// Reads what is kept under a name; answers to other prompts don't count, and neither does a line that was cut
    /// off when a run was stopped.
    pub fn open(folder: Option<&Path>, name: &str, prompt_version: &str) -> Result<Self> {
        let mut kept = Self { records: BTreeMap::new(), file: None };
        let Some(folder) = folder else {
            return Ok(kept);
        };
        let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let path = folder.join(format!("{}.jsonl", name.chars().map(plain).collect::<String>()));
        let fault = |error: std::io::Error| CliError::Input(format!("{}: {error}", path.display()));
        fs::create_dir_all(folder).map_err(fault)?;
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path).map_err(fault)?;
        let mut ends_whole = true;
        for line in BufReader::new(&file).split(b'\n') {
            let line = line.map_err(fault)?;
            let record: Option<Record> = serde_json::from_slice(&line).ok();
            ends_whole = record.is_some();
            if let Some(record) = record.filter(|record| record.prompt_version == prompt_version) {
                kept.records.insert(record.job_id.clone(), record);
            }
        }
        if !ends_whole {
            file.write_all(b"\n").map_err(fault)?;
        }
        kept.file = Some((path, file));
        Ok(kept)
    }

    pub fn get(&self, job_id: &str) -> Option<&Record> {
        self.records.get(job_id)
    }

    /// Keeps an answer, in the file before anything else is asked.
    pub fn keep(&mut self, record: Record) -> Result<&Record> {
        if let Some((path, file)) = &mut self.file {
            let line = serde_json::to_string(&record).map_err(|error| CliError::Internal(error.to_string()))?;
            let written = file.write_all(format!("{line}\n").as_bytes());
            written.map_err(|error| CliError::Input(format!("{}: {error}", path.display())))?;
        }
        let job_id = record.job_id.clone();
        Ok(self.records.entry(job_id).insert_entry(record).into_mut())
    }
}
