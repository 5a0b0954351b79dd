//! Similar skills among 100,000 vectors: recall beside exact search, and what a caller waits, with and without a filter.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use observatory_bench::{latency, ms, report::Report, root, stack::Databases};
use observatory_embedder::{SERVICE, build, config::Options, vectors::Vectors};
use observatory_embedding::{Batcher, BatcherOptions, Model, ModelOptions};
use observatory_extraction::taxonomy::Taxonomy;
use observatory_mesh::Config;
use observatory_proto::{
    common::Pipeline,
    embedder::{SearchSimilarSkillsRequest, embedder_service_client::EmbedderServiceClient},
};
use observatory_store::{
    embeddings::{self, Filter, Near, Plan, Vector},
    sea_orm::{ConnectionTrait, DatabaseConnection, Statement},
};
use tonic::transport::Channel;

/// Vectors in the table.
const VECTORS: usize = 100_000;
/// Searches of each kind.
const QUERIES: usize = 200;
/// Skills asked for.
const K: u64 = 10;
/// One skill in so many passes the filter.
const ONE_IN: usize = 20;
/// Names whose vectors are the table's, before copies are made of them.
const NAMES: usize = 12_000;
/// How far a copy lies from its name: cosine 0.9 or so.
const JITTER: f32 = 0.025;

#[tokio::main]
async fn main() -> Result<()> {
    let local = root()?.join(".local");
    let (model_dir, library) =
        (local.join("models/multilingual-e5-small"), local.join("onnxruntime/libonnxruntime.so"));
    ensure!(model_dir.is_dir(), "{} is missing: run ./dev setup", model_dir.display());
    let databases = Databases::start().await?;
    let db = observatory_store::connect(&databases.postgres.url(), 4).await?;
    let model = Model::open(&model_dir, &library, ModelOptions::default())?;
    let vectors = Vectors::new(Arc::new(Batcher::start(model, BatcherOptions::default())?), db.clone());
    let (names, queries) = names()?;
    let names = embed(&vectors, &names).await?;
    // Storing row by row keeps the index; so many at once are indexed afterwards.
    let definition = text(&db, "SELECT pg_get_indexdef('skill_embeddings_hnsw'::regclass)").await?;
    db.execute_unprepared("DROP INDEX skill_embeddings_hnsw").await?;
    fill(&db, &vectors, &names).await?;
    let begun = Instant::now();
    db.execute_unprepared(&format!("SET maintenance_work_mem = '1GB'; {definition}")).await?;
    let indexed = begun.elapsed();
    let size = "SELECT pg_relation_size('skill_embeddings_hnsw') AS n";
    let index_mb = number(&db, size).await? as f64 / 1e6;
    let begun = Instant::now();
    embeddings::refresh(&db).await?;
    let refreshed = begun.elapsed();

    let asked = embed(&vectors, &queries).await?;
    let mut rows = Vec::new();
    for country in ["", "MX"] {
        let filter = Filter { pipeline: "B".into(), country: country.into(), kind: String::new() };
        let store = in_process(&db, &vectors, &filter, &asked).await?;
        let grpc = by_grpc(&databases, &queries, country, &model_dir, &library).await?;
        let name = if country.is_empty() { "all".to_string() } else { format!("{} % of them", 100 / ONE_IN) };
        rows.push([name, format!("{:.3}", store.recall), latency(&store.times), latency(&store.exact), latency(&grpc)]);
    }
    let mut report = Report::new("Similar skills: 100,000 vectors");
    let head =
        ["searched", "recall@10 (goal 0.95)", "store, median / p95 ms (goal p95 10)", "exact", "gRPC, text embedded"];
    report.table(head, &rows);
    report.say(format!(
        "{} names of the taxonomy in two languages, embedded by multilingual-e5-small, and copies of them with Gaussian noise of {JITTER} \
         a number; {QUERIES} other labels are asked for, each twice: the second time counts, so that what the index needs is in memory. \
         Building the HNSW index took {:.0} s; it has {index_mb:.0} MB. Counting anew which ads name which of the {VECTORS} skills took {:.0} ms.",
        names.len(),
        indexed.as_secs_f64(),
        ms(refreshed),
    ));
    databases.stop().await;
    report.finish()
}

/// Texts of the table, and texts to be asked for: none is in both.
fn names() -> Result<(Vec<String>, Vec<String>)> {
    let taxonomy = Taxonomy::embedded()?;
    let mut labels: Vec<String> =
        taxonomy.concepts().iter().flat_map(|concept| concept.labels.iter().map(|label| label.text.clone())).collect();
    labels.sort_unstable();
    labels.dedup();
    let step = labels.len() / QUERIES;
    let is_query = |at: usize| at.is_multiple_of(step) && at / step < QUERIES;
    let queries = labels.iter().enumerate().filter(|(at, _)| is_query(*at)).map(|(_, label)| label.clone()).collect();
    let names = labels.iter().enumerate().filter(|(at, _)| !is_query(*at)).map(|(_, label)| label.clone());
    Ok((names.take(NAMES).collect(), queries))
}

/// The model takes so many texts at once.
async fn embed(vectors: &Vectors, texts: &[String]) -> Result<Vec<Vector>> {
    let mut embedded = Vec::with_capacity(texts.len());
    for chunk in texts.chunks(512) {
        embedded.extend(vectors.embed(chunk).await?);
    }
    Ok(embedded)
}

async fn fill(db: &DatabaseConnection, vectors: &Vectors, names: &[Vector]) -> Result<()> {
    let corrected = vectors.corrected().await?;
    let (name, version) = (&corrected.model.name, &corrected.model.version);
    let mut noise = Noise(1);
    let mut batch = Vec::new();
    for number in 0..VECTORS {
        let of = &names[number % names.len()];
        let raw = if number < names.len() { of.raw.clone() } else { noise.near(&of.raw) };
        let centred = corrected.correction.centre(&raw);
        batch.push(Vector { text: format!("{} {number}", of.text), raw, centred });
        if batch.len() == 500 {
            embeddings::store(db, name, version, &batch).await?;
            batch.clear();
        }
    }
    embeddings::store(db, name, version, &batch).await?;
    // One ad names a thousand skills; all of an ad in one country.
    let ads = "WITH ads AS (
            INSERT INTO raw_jobs (portal, country, title, description, listed_date, content_hash)
            SELECT 'bench', CASE WHEN i % $1 = 0 THEN 'MX' ELSE 'CO' END, 't', 'd', now(), lpad(i::text, 64, '0')
            FROM generate_series(1, 100) i RETURNING job_id, content_hash),
        skills AS (SELECT skill_text, row_number() OVER (ORDER BY embedding_id) AS at FROM skill_embeddings)
        INSERT INTO enhanced_skills (job_id, original_skill_text, normalized_skill, skill_type, llm_confidence, llm_model,
                                     prompt_version, span_start, span_end)
        SELECT job_id, skill_text, skill_text, 'explicit', 1, 'm', 'v', 0, 1
        FROM skills JOIN ads ON ads.content_hash::numeric = 1 + at % 100";
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), ads, [(ONE_IN as i32).into()])).await?;
    embeddings::refresh(db).await?;
    db.execute_unprepared("ANALYZE").await?;
    Ok(())
}

struct Measured {
    recall: f64,
    times: Vec<f64>,
    exact: Vec<f64>,
}

async fn in_process(db: &DatabaseConnection, vectors: &Vectors, filter: &Filter, asked: &[Vector]) -> Result<Measured> {
    let model = &vectors.corrected().await?.model;
    let matches = embeddings::count(db, model, filter).await?;
    let mut measured = Measured { recall: 0.0, times: Vec::new(), exact: Vec::new() };
    let mut found = Vec::new();
    for pass in 0..2 {
        for vector in asked {
            let begun = Instant::now();
            let near = embeddings::nearest(db, model, filter, (&vector.raw, &vector.centred), K, matches).await?;
            if pass == 1 {
                measured.times.push(ms(begun.elapsed()));
                found.push(near);
            }
        }
    }
    // Apart from them: comparing all vectors drives the index out of memory.
    let mut found_again = 0;
    for (vector, found) in asked.iter().zip(&found) {
        let begun = Instant::now();
        let query = (vector.raw.as_slice(), vector.centred.as_slice());
        let exact = embeddings::nearest_by(db, model, filter, query, K, Plan::Exact).await?;
        measured.exact.push(ms(begun.elapsed()));
        ensure!(exact.len() as u64 == K, "the filter leaves too few");
        let is_found = |near: &&Near| found.iter().any(|other| other.skill_text == near.skill_text);
        found_again += exact.iter().filter(is_found).count();
    }
    measured.recall = found_again as f64 / (asked.len() as u64 * K) as f64;
    Ok(measured)
}

/// Through a service of its own. In the pass that counts, each text differs from the first pass: the model embeds it.
async fn by_grpc(
    databases: &Databases,
    queries: &[String],
    country: &str,
    model: &std::path::Path,
    library: &std::path::Path,
) -> Result<Vec<f64>> {
    let mut config = Config::<Options>::local(&SERVICE);
    config.database_url = databases.postgres.url();
    config.redis_url = databases.redis.url();
    config.service.model_dir = model.to_owned();
    config.service.onnxruntime = library.to_owned();
    let running = observatory_mesh::spawn(SERVICE, config, build).await?;
    let mut client = EmbedderServiceClient::new(Channel::from_shared(running.url())?.connect().await?);
    let mut times = Vec::new();
    let again = queries.iter().map(|query| format!("{query}."));
    for query in queries.iter().cloned().chain(again) {
        let request = SearchSimilarSkillsRequest {
            query: query.clone(),
            country: country.into(),
            pipeline: Pipeline::B.into(),
            limit: K as i32,
            ..Default::default()
        };
        let begun = Instant::now();
        let found = client.search_similar_skills(request).await?.into_inner();
        times.push(ms(begun.elapsed()));
        ensure!(found.skills.len() as u64 == K, "{query}: {} found", found.skills.len());
    }
    Ok(times.split_off(queries.len()))
}

async fn text(db: &DatabaseConnection, sql: &str) -> Result<String> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.context("no row")?.try_get_by_index(0)?)
}

async fn number(db: &DatabaseConnection, sql: &str) -> Result<i64> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    Ok(row.context("no row")?.try_get_by_index(0)?)
}

/// Deterministic noise.
struct Noise(u64);

impl Noise {
    fn near(&mut self, vector: &[f32]) -> Vec<f32> {
        let mut near: Vec<f32> = vector.iter().map(|value| value + JITTER * self.gaussian()).collect();
        let length = near.iter().map(|v| v * v).sum::<f32>().sqrt();
        near.iter_mut().for_each(|v| *v /= length);
        near
    }

    /// The sum of twelve even numbers less six.
    fn gaussian(&mut self) -> f32 {
        (0..12).map(|_| self.even()).sum::<f32>() - 6.0
    }

    fn even(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
}
