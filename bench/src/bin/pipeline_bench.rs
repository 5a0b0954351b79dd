//! All ads through the whole mesh behind Envoy: how fast each stage is, what it leaves in
//! memory, what comes out, and how long the questions to it take.

use std::{path::Path, time::Instant};

use anyhow::{Context, Result, bail};
use observatory_bench::{
    cpu_seconds, inputs, latency, memory_mb, ms,
    report::Report,
    rest::Rest,
    stack::{Mesh, ended},
};
use observatory_proto::{
    cleaner::{BatchCleanJobsRequest, cleaner_service_client::CleanerServiceClient},
    extractor::{BatchExtractSkillsRequest, extractor_service_client::ExtractorServiceClient},
    google::longrunning::{Operation, operation::Result as Outcome},
};
use serde_json::Value;

const CALLS: usize = 200;
/// From so many ads on they are made from others, for size: a section of its own, without rankings.
const MANY: usize = 100_000;
const QUESTIONS: [&str; 6] = [
    "/api/skills?country=AR",
    "/api/skills",
    "/api/jobs?country=AR&limit=10",
    "/api/jobs:search?query=python",
    "/api/jobs:search?query=ingeniero+de+datos",
    "/api/stats",
];

#[tokio::main]
async fn main() -> Result<()> {
    let ads = inputs::ads()?;
    let mesh = Mesh::start().await?;
    let channel = mesh.channel().await?;
    let mut stages = Stages { mesh: &mesh, rows: Vec::new() };
    if let Some(esco) = inputs::esco() {
        stages
            .time("taxonomy (ESCO concepts)", || mesh.observatory(&["taxonomy".as_ref(), "import".as_ref(), &esco]))
            .await?;
    }
    let import: Vec<&Path> = std::iter::once("import".as_ref()).chain(ads.files.iter().map(AsRef::as_ref)).collect();
    stages.time("import", || mesh.observatory(&import)).await?;

    let begun = stages.begin();
    let operation =
        CleanerServiceClient::new(channel.clone()).batch_clean_jobs(BatchCleanJobsRequest::default()).await?;
    success(&ended(&channel, &operation.get_ref().name).await?)?;
    stages.end("clean", begun).await?;

    let begun = stages.begin();
    let request = BatchExtractSkillsRequest::default();
    let operation = ExtractorServiceClient::new(channel.clone()).batch_extract_skills(request).await?;
    success(&ended(&channel, &operation.get_ref().name).await?)?;
    stages.end("extract", begun).await?;
    let rows = stages.rows;

    let rest = Rest::new(&mesh.url(), None);
    let mut answers = Vec::new();
    for question in QUESTIONS {
        let (_, first) = rest.get(question).await?;
        let mut times = Vec::new();
        for _ in 0..CALLS {
            times.push(ms(rest.get(question).await?.1));
        }
        answers.push([format!("`{question}`"), format!("{:.2}", ms(first)), latency(&times)]);
    }
    let (stats, _) = rest.get("/api/stats").await?;
    let mut tops = Vec::new();
    for country in ["CO", "MX", "AR", ""] {
        tops.push([if country.is_empty() { "all" } else { country }.to_owned(), top(&rest, country).await?]);
    }
    let memory: Vec<[String; 2]> = mesh
        .processes()
        .iter()
        .map(|process| [process.name().to_owned(), format!("{:.0}", memory_mb(process.pid()))])
        .collect();
    mesh.stop().await;

    let many = ads.count >= MANY;
    let mut report =
        Report::new(if many { "Pipeline: a hundred thousand ads" } else { "Pipeline: all ads through the mesh" });
    report.table(["stage", "items", "seconds", "items/s", "processor seconds of which process"], &rows);
    report.say(format!(
        "{} {} through Envoy, one replica of each service, on the same two cores as both databases. Rejected: {} of {} \
         ({}).",
        ads.count, ads.source, stats["rejected_jobs"], stats["total_jobs"], stats["rejected_by_reason"]
    ));
    report.table(["question through Envoy", "first, ms", "median / p95 ms of 200"], &answers);
    report.table(["process", "MB (proportional)"], &memory);
    if many {
        report.say("The ads are made for size: each is halves of two real ones under the title of a third.");
    } else {
        report.table(["country", "top 20 skills (share of its ads)"], &tops);
    }
    report.say(
        "Limit: two cores. Per stage the processor seconds above add up to nearly two per second of wall clock where the \
         stage is bound by them; the text work itself (see Cleaner and Matcher: ads/s on one core) is a small part, and what \
         Postgres spends on rows and their indexes is the most.",
    );
    report.finish()
}

/// Times of the stages, and who worked.
struct Stages<'a> {
    mesh: &'a Mesh,
    rows: Vec<[String; 5]>,
}

type Begun = (Instant, Vec<f64>);

impl Stages<'_> {
    fn begin(&self) -> Begun {
        (Instant::now(), self.mesh.processes().iter().map(|process| cpu_seconds(process.pid())).collect())
    }

    async fn time(&mut self, name: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
        let begun = self.begin();
        tokio::task::block_in_place(run)?;
        self.end(name, begun).await
    }

    async fn end(&mut self, name: &str, (begun, before): Begun) -> Result<()> {
        let seconds = begun.elapsed().as_secs_f64();
        let mut used: Vec<(f64, String)> = self
            .mesh
            .processes()
            .iter()
            .zip(before)
            .map(|(process, before)| (cpu_seconds(process.pid()) - before, process.name().to_owned()))
            .filter(|(cpu, _)| *cpu >= 0.05)
            .collect();
        used.sort_by(|a, b| b.0.total_cmp(&a.0));
        let used: Vec<String> = used.iter().map(|(cpu, name)| format!("{name} {cpu:.1}")).collect();
        let stats = Rest::new(&self.mesh.url(), None).get("/api/stats").await?.0;
        let field = match name {
            "import" => "total_jobs",
            "clean" => "total_jobs",
            "extract" => "extracted_jobs",
            _ => "esco_concepts",
        };
        let items = stats[field].as_f64().unwrap_or(0.0);
        self.rows.push([
            name.to_owned(),
            format!("{items:.0}"),
            format!("{seconds:.2}"),
            format!("{:.0}", items / seconds),
            used.join(", "),
        ]);
        Ok(())
    }
}

fn success(operation: &Operation) -> Result<()> {
    match &operation.result {
        Some(Outcome::Response(_)) => Ok(()),
        other => bail!("{} ended with {other:?}", operation.name),
    }
}

async fn top(rest: &Rest, country: &str) -> Result<String> {
    let (page, _) = rest.get(&format!("/api/skills?limit=20&country={country}")).await?;
    let skills = page["skills"].as_array().context("no list of skills")?;
    let name = |skill: &Value| {
        let share = skill["share"].as_f64().unwrap_or(0.0) * 100.0;
        format!("{} {share:.1} %", skill["skill"]["name"].as_str().unwrap_or("?"))
    };
    Ok(skills.iter().map(name).collect::<Vec<_>>().join(", "))
}
