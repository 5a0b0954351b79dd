//! Tags ads with a NER model, to measure what it finds and how long it takes.
//!
//! ```sh
//! export ORT_DYLIB_PATH=.../libonnxruntime.so
//! cargo run --release -p observatory-extraction --features ner --example ner_tag -- MODEL_DIR ads.jsonl... >spans.jsonl
//! ```
//!
//! Ads are JSON Lines with `job_id`, `title` and `description`; what is tagged is title, line end, description
//! (as [`extract::combine`] joins them), or `text` as it is where an ad has that instead. Prints a line an ad:
//! `{"job_id", "spans": [{"start", "end", "text", "label", "score"}]}`, places in code points; and at the end,
//! on standard error, a line of JSON with the times in milliseconds.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use observatory_extraction::extract;
use observatory_extraction::ner::{NerModel, NerSpan};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(directory), files) = (args.next(), args.collect::<Vec<_>>()) else {
        bail!("usage: ner_tag MODEL_DIR ads.jsonl...");
    };
    let start = Instant::now();
    let model = NerModel::open(Path::new(&directory))?;
    let open_ms = milliseconds(start);
    let mut times = Vec::new();
    let (mut bytes, mut spans) = (0, 0);
    let mut out = BufWriter::new(std::io::stdout().lock());
    for path in &files {
        for line in BufReader::new(File::open(path).context(path.clone())?).lines() {
            let ad: Value = serde_json::from_str(&line?)?;
            let field = |name: &str| ad[name].as_str().unwrap_or_default();
            let text = match ad["text"].as_str() {
                Some(text) => text.to_owned(),
                None => extract::combine(field("title"), field("description")).0,
            };
            let start = Instant::now();
            let found = model.tag(&text)?;
            times.push(milliseconds(start));
            bytes += text.len();
            spans += found.len();
            writeln!(out, "{}", json!({"job_id": ad["job_id"], "spans": in_code_points(&text, &found)}))?;
        }
    }
    out.flush()?;
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().map(round);
    let total: f64 = times.iter().sum();
    eprintln!(
        "{}",
        json!({
            "name": "ner",
            "model": model.manifest().name,
            "ads": times.len(),
            "kb_per_ad": round(bytes as f64 / 1e3 / times.len().max(1) as f64),
            "spans": spans,
            "open_ms": round(open_ms),
            "ms_per_ad_mean": round(total / times.len().max(1) as f64),
            "ms_per_ad_median": at(0.5),
            "ms_per_ad_p95": at(0.95),
        })
    );
    Ok(())
}

fn in_code_points(text: &str, spans: &[NerSpan]) -> Vec<Value> {
    let (mut byte, mut point) = (0, 0);
    let mut point_at = |to: usize| {
        point += text[byte..to].chars().count();
        byte = to;
        point
    };
    spans
        .iter()
        .map(|span| {
            let start = point_at(span.byte_start);
            let end = point_at(span.byte_end);
            let surface = &text[span.byte_start..span.byte_end];
            json!({"start": start, "end": end, "text": surface, "label": &*span.label, "score": round_score(span.score)})
        })
        .collect()
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

fn round_score(x: f32) -> f64 {
    (f64::from(x) * 1e3).round() / 1e3
}
