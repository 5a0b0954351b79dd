//! Live progress on standard error: a bar on a terminal, a plain line now and then elsewhere.

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use observatory_proto::operations::OperationMetadata;

use crate::{
    output::Output,
    watch,
    words::{self, Lang},
};

/// Between two plain lines.
const EVERY: Duration = Duration::from_secs(2);

/// How far something has come.
pub struct Progress<'a> {
    out: &'a Output,
    name: String,
    bar: Option<ProgressBar>,
    last: Instant,
    said: String,
}

impl<'a> Progress<'a> {
    /// Progress of `name`; nothing is drawn before the first update.
    pub fn new(out: &'a Output, name: impl Into<String>) -> Self {
        let bar = (!out.quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(style("{prefix:.bold} {spinner} {msg}"));
            bar
        });
        let name = name.into();
        if let Some(bar) = &bar {
            bar.set_prefix(name.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { out, name, bar, last: Instant::now(), said: String::new() }
    }

    /// Progress that nobody sees; its remarks are still printed.
    pub fn hidden(out: &'a Output) -> Self {
        Self { out, name: String::new(), bar: Some(ProgressBar::hidden()), last: Instant::now(), said: String::new() }
    }

    /// Shows `done` of `total` (unknown: `None`) with words beside it.
    pub fn update(&mut self, done: u64, total: Option<u64>, text: &str) {
        let Some(bar) = &self.bar else { return self.plain(text) };
        if let Some(total) = total
            && bar.length() != Some(total)
        {
            bar.set_length(total);
            bar.set_style(style("{prefix:.bold} [{bar:30}] {percent:>3} % {msg}").progress_chars("=> "));
        }
        bar.set_position(done);
        bar.set_message(text.to_owned());
    }

    /// Shows the state of an operation.
    pub fn operation(&mut self, metadata: &OperationMetadata) {
        if metadata.kind == watch::PIPELINE {
            let text = pipeline_text(metadata, self.out.lang);
            return self.update(metadata.progress_percent as u64, Some(100), &text);
        }
        let total = u64::try_from(metadata.total).unwrap_or(0);
        let done = metadata.completed.saturating_add(metadata.failed).saturating_add(metadata.skipped);
        let text = operation_text(metadata, self.out.lang);
        self.update(u64::try_from(done).unwrap_or(0), (total > 0).then_some(total), &text);
    }

    /// Prints a remark without tearing the bar.
    pub fn note(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.out.note(text)),
            None => self.out.note(text),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn plain(&mut self, text: &str) {
        if self.last.elapsed() >= EVERY && self.said != text {
            self.out.note(format!("{}: {text}", self.name));
            self.last = Instant::now();
            text.clone_into(&mut self.said);
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// `120/174, 400/s, 3 s, 110 cleaned, 10 rejected`.
fn operation_text(metadata: &OperationMetadata, lang: Lang) -> String {
    let done = metadata.completed.saturating_add(metadata.failed).saturating_add(metadata.skipped);
    let mut parts = vec![format!("{}/{}", lang.number(done), lang.number(metadata.total))];
    if metadata.items_per_second > 0.0 {
        parts.push(format!("{}/s", lang.decimal(metadata.items_per_second, 0)));
    }
    if metadata.eta_seconds > 0.0 {
        parts.push(format!("ETA {}", lang.seconds(metadata.eta_seconds)));
    }
    parts.extend(outcomes(metadata, lang));
    parts.join(", ")
}

/// `clean, 1 of 3 done, 12 scraped, 3 failed`.
fn pipeline_text(metadata: &OperationMetadata, lang: Lang) -> String {
    let number = |name: &str| metadata.counts.get(name).copied().unwrap_or(0);
    let (done, total) = (lang.number(metadata.completed.saturating_add(metadata.failed)), lang.number(metadata.total));
    let mut parts = vec![metadata.stage.clone(), words::parts_done(lang, done, total)];
    let mut counts: Vec<_> = metadata.counts.iter().filter(|(_, n)| **n > 0).collect();
    counts.retain(|(name, _)| !matches!(name.as_str(), "failed" | "stages_done"));
    counts.sort();
    parts.extend(counts.into_iter().map(|(name, n)| format!("{} {name}", lang.number(*n))));
    if number("failed") > 0 {
        parts.push(words::failed_items(lang, lang.number(number("failed"))));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

/// What became of the items, in words: `110 cleaned`, `10 rejected`, `2 failed`.
pub fn outcomes(metadata: &OperationMetadata, lang: Lang) -> Vec<String> {
    let counts = metadata.counts.iter().filter(|(name, _)| *name != "failed");
    let mut list: Vec<_> = metadata.outcomes.iter().chain(counts).filter(|(_, n)| **n > 0).collect();
    list.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let mut words: Vec<String> = list.iter().map(|(name, n)| format!("{} {name}", lang.number(**n))).collect();
    if metadata.failed > 0 {
        words.push(words::failed_items(lang, lang.number(metadata.failed)));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_reads_as_its_stage_and_what_it_did() {
        let counts = [("scraped", 1200), ("cleaned", 900), ("failed", 2), ("stages_done", 2), ("rejected", 0)];
        let metadata = OperationMetadata {
            stage: "extract".into(),
            total: 4,
            completed: 3,
            counts: counts.map(|(name, n)| (name.to_owned(), n)).into(),
            ..Default::default()
        };
        let text = "extract, 3 of 4 done, 900 cleaned, 1,200 scraped, 2 failed";
        assert_eq!(pipeline_text(&metadata, Lang::En), text);
    }

    #[test]
    fn an_operation_reads_as_counts_rate_and_outcomes() {
        let metadata = OperationMetadata {
            total: 2000,
            completed: 1200,
            failed: 1,
            items_per_second: 400.4,
            outcomes: [("rejected".to_owned(), 200), ("cleaned".to_owned(), 1000)].into(),
            ..Default::default()
        };
        assert_eq!(operation_text(&metadata, Lang::En), "1,201/2,000, 400/s, 1,000 cleaned, 200 rejected, 1 failed");
    }
}
