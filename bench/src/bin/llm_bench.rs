//! How near a batch comes to what its provider can give: four replicas of the llm service, each with eight requests at
//! once, before a provider that takes 50 ms for every answer and speaks the true protocol.
//!
//!   llm_bench [ADS]    10,000 unless said otherwise

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use futures::future::try_join_all;
use observatory_bench::{
    cpu_seconds,
    report::Report,
    stack::{Databases, Mesh, ended},
};
use observatory_chat::{
    ChatModel, ChatRequest, Message, OpenAi, OpenAiOptions,
    stub::{Reply, Stub},
};
use observatory_proto::{
    common::Pipeline,
    google::longrunning::operation::Result as Outcome,
    llm::{BatchEnhanceJobsRequest, BatchEnhanceJobsResponse, llm_service_client::LlmServiceClient},
};
use observatory_stack::{Layout, Process};
use observatory_store::sea_orm::ConnectionTrait;
use prost::Message as _;
use tokio_util::sync::CancellationToken;

const ADS: u32 = 10_000;
const REPLICAS: usize = 4;
const CONCURRENCY: usize = 8;
const LATENCY: Duration = Duration::from_millis(50);
const ANSWER: &str = r#"{"technical": ["Java", "Spring Boot", "PostgreSQL", "Docker", "Kubernetes", "Haskell"],
    "traits": ["trabajo en equipo"], "unnamed": [], "usual": []}"#;

#[tokio::main]
async fn main() -> Result<()> {
    let ads = std::env::args().nth(1).map_or(Ok(ADS), |count| count.parse()).context("the number of ads")?;
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = times.clone();
    let stub = Stub::forgetful(move |_| {
        noted.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        Reply::text(ANSWER).after(LATENCY).usage(600, 60)
    })
    .await?;
    let bare = bare(&stub, ads).await?;
    let settings = |service: &str| match service {
        "llm" => vec![
            ("OBSERVATORY_SERVICE__MODELS__STUB__BASE_URL".to_owned(), stub.base_url()),
            ("OBSERVATORY_SERVICE__MODELS__STUB__CONCURRENCY".to_owned(), CONCURRENCY.to_string()),
        ],
        _ => Vec::new(),
    };
    let mesh = Mesh::start_with(Layout::free()?.replicas("llm", REPLICAS)?, settings).await?;
    store(&mesh.databases, ads).await?;
    let channel = mesh.channel().await?;
    let processes: Vec<Process> = mesh.processes().into_iter().cloned().collect();
    let asked = stub.requests();
    let before: Vec<f64> = processes.iter().map(|process| cpu_seconds(process.pid())).collect();
    let own = cpu_seconds(std::process::id());

    let begun = Instant::now();
    let request = BatchEnhanceJobsRequest { pipeline: Pipeline::B.into(), ..BatchEnhanceJobsRequest::default() };
    let operation = LlmServiceClient::new(channel.clone()).batch_enhance_jobs(request).await?.into_inner();
    let response = match ended(&channel, &operation.name).await?.result {
        Some(Outcome::Response(any)) => BatchEnhanceJobsResponse::decode(any.value.as_slice())?,
        other => bail!("the operation did not succeed: {other:?}"),
    };
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(response.enhanced == ads as i32, "{} of {ads} ads enhanced: {response:?}", response.enhanced);
    let times = times.lock().unwrap_or_else(PoisonError::into_inner)[asked..].to_vec();
    ensure!(times.len() == ads as usize, "{} requests for {ads} ads", times.len());

    let after = |time: Option<&Instant>| time.map_or(0.0, |time| (*time - begun).as_secs_f64());
    let (first, last) = (after(times.first()), seconds - after(times.last()));
    let ideal = f64::from(ads) * LATENCY.as_secs_f64() / (REPLICAS * CONCURRENCY) as f64;
    let seconds_of = processes.iter().zip(&before).map(|(process, before)| cpu_seconds(process.pid()) - before);
    let seconds_of: Vec<f64> = seconds_of.collect();
    let mut used: Vec<String> = processes
        .iter()
        .zip(&seconds_of)
        .map(|(process, seconds)| format!("{} {seconds:.1}", process.name()))
        .collect();
    // The servers are children of this process, which is the provider.
    let mine = cpu_seconds(std::process::id()) - own - seconds_of.iter().sum::<f64>();
    used.push(format!("provider {mine:.1}"));
    let mut report = Report::new("LLM: how near a batch comes to its provider");
    report.table(
        [
            "ads",
            "ideal s",
            "bare client s",
            "seconds",
            "over the ideal",
            "over the bare client",
            "most requests at once",
        ],
        &[[
            ads.to_string(),
            format!("{ideal:.1}"),
            format!("{bare:.1}"),
            format!("{seconds:.1}"),
            format!("{:+.1} %", 100.0 * (seconds / ideal - 1.0)),
            format!("{:+.1} %", 100.0 * (seconds / bare - 1.0)),
            stub.most_running().to_string(),
        ]],
    );
    report.say(format!(
        "The provider had its first question after {first:.2} s, and the operation ended {last:.2} s after its last \
         one. {REPLICAS} replicas of the llm service with {CONCURRENCY} requests at once each; the provider takes {} ms for \
         an answer and speaks OpenAI's protocol over HTTP; the bare client asks as often, as many at once, and does nothing \
         with the answers. From the call to the end of the operation, all rows stored. \
         Processor seconds on the same machine: {}.",
        LATENCY.as_millis(),
        used.join(", "),
    ));
    mesh.stop().await;
    report.finish()
}

/// Seconds that the provider takes for as many questions, as many at once, with no mesh around.
async fn bare(stub: &Stub, count: u32) -> Result<f64> {
    let model = OpenAi::new(OpenAiOptions::new("stub", stub.base_url())).map_err(anyhow::Error::msg)?;
    let request = ChatRequest::new(vec![Message::user("x".repeat(2_000))]);
    let (asked, cancel) = (AtomicU32::new(0), CancellationToken::new());
    let caller = |_| async {
        while asked.fetch_add(1, Ordering::Relaxed) < count {
            model.chat(&request, &cancel, None).await?;
        }
        anyhow::Ok(())
    };
    let begun = Instant::now();
    try_join_all((0..REPLICAS * CONCURRENCY).map(caller)).await?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Cleaned, extracted ads, each with a text of its own.
async fn store(databases: &Databases, count: u32) -> Result<()> {
    let db = observatory_store::connect(&databases.postgres.url(), 1).await?;
    let text = "Desarrollador backend\nBuscamos programador con experiencia en Java, Spring Boot y PostgreSQL. \
                Requisitos: Docker, Kubernetes, inglés intermedio. Ofrecemos trabajo remoto y capacitación continua. \
                Responsabilidades: diseñar servicios, escribir pruebas, trabajo en equipo. ";
    db.execute_unprepared(&format!(
        "INSERT INTO raw_jobs (portal, country, title, description, listed_date, content_hash, is_processed,
             extraction_status)
         SELECT 'bench', 'CO', 'Desarrollador backend', repeat('{text}', 4) || n, '2026-01-01', lpad(n::text, 64, '0'),
             true, 'completed' FROM generate_series(1, {count}) n;
         INSERT INTO cleaned_jobs (job_id, title_cleaned, description_cleaned, requirements_cleaned, combined_text,
             combined_word_count, detected_language, language_confidence, is_usable, signature, cleaner_version)
         SELECT job_id, title, description, '', description, 100, 'es', 1, true, '', 'bench' FROM raw_jobs;
         ANALYZE"
    ))
    .await?;
    Ok(())
}
