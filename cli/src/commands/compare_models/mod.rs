//! `compare-models`: pipelines A, B and the hybrid with several language models over labelled ads: quality, seconds,
//! tokens. Needs no running mesh.

mod kept;

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Args;
use kept::{Kept, Record};
use observatory_chat::{ChatModel, OpenAi, OpenAiOptions, Secret, Timeouts};
use observatory_enhancement::{Ad, Enhanced, Enhancer, PipelineA, Prompts, Settings, Task};
use observatory_extraction::{
    confidence::Model,
    evaluate::{
        gold::{self, GoldAd},
        predict::{self, AdPredictions, LANGUAGE_KIND, Names, Prediction, Thresholds},
        score::{self, Class, Prf},
    },
    extract::Extractor,
    taxonomy::Taxonomy,
};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::pipeline::PipelineName;
use crate::{
    Context,
    error::{CliError, Result},
    output::{Output, Table, cell},
    progress::Progress,
    words,
};

/// Nobody waits for one answer here, and an ad without one spoils the comparison.
const PATIENCE: Timeouts =
    Timeouts { connect: Duration::from_secs(5), first_token: Duration::from_secs(900), idle: Duration::from_secs(300) };

/// Options of `compare-models`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every model is asked about every ad, one after another. What was answered is kept in the folder of --predictions,
one file for each model and pipeline, and not asked for again: a run that was stopped goes on.

Examples:
  observatory compare-models --gold gold.jsonl --models small=http://127.0.0.1:8080/v1 --limit 40
  observatory compare-models --gold gold.jsonl --models a=http://127.0.0.1:8080/v1,b=http://127.0.0.1:8081/v1 \\
    --pipelines a,hybrid --predictions answers
  observatory --json compare-models --gold gold.jsonl --pipelines a | jq '.systems[0].hard'")]
pub struct CompareArgs {
    /// Labelled ads, JSON Lines, as for `evaluate`
    #[arg(long, value_name = "FILE")]
    pub gold: PathBuf,
    /// Models with the addresses of their servers, which speak OpenAI's protocol
    #[arg(long, value_name = "NAME=URL", value_delimiter = ',', value_parser = named)]
    pub models: Vec<NamedModel>,
    /// What to compare
    #[arg(long, value_enum, value_delimiter = ',', default_value = "a,b,hybrid", ignore_case = true)]
    pub pipelines: Vec<PipelineName>,
    /// Only the first ads; 0 means all
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub limit: usize,
    /// Keep answers here, and go on from what is kept
    #[arg(long, value_name = "DIR")]
    pub predictions: Option<PathBuf>,
    /// Key that is sent to the servers
    #[arg(long, value_name = "KEY", env = "OBSERVATORY_LLM_API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
}

/// A model and its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedModel {
    /// What its server calls it.
    pub name: String,
    /// Up to and with `/v1`.
    pub base_url: String,
}

fn named(text: &str) -> Result<NamedModel, String> {
    match text.split_once('=') {
        Some((name, url)) if !name.is_empty() && url.contains("://") => {
            Ok(NamedModel { name: name.to_owned(), base_url: url.to_owned() })
        }
        _ => Err("a name and an address are needed, as in qwen=http://127.0.0.1:8080/v1".into()),
    }
}

/// Everything that was measured.
#[derive(Debug, Serialize)]
struct Results {
    ads: usize,
    prompt_version: String,
    systems: Vec<System>,
}

/// One pipeline with one model.
#[derive(Debug, Default, Serialize)]
struct System {
    name: String,
    hard: Prf,
    soft: Prf,
    seconds_per_ad: f64,
    prompt_tokens_per_ad: f64,
    completion_tokens_per_ad: f64,
    requests: u64,
    dropped: u64,
    ungrounded: u64,
    repaired: u64,
    truncated: u64,
    unanswered: u64,
}

/// What all systems share.
struct Bench {
    gold: Vec<GoldAd>,
    extractor: Extractor,
    enhancer: Enhancer,
}

/// Runs `compare-models`.
///
/// # Errors
/// A file that can't be read, a model without a pipeline that asks it, or no model where one is needed.
pub async fn run(context: &Context, args: CompareArgs) -> Result<()> {
    let results = compare(&context.out, &args).await?;
    let out = &context.out;
    if out.json {
        let json = serde_json::to_string(&results);
        out.line(json.map_err(|error| CliError::Internal(format!("no JSON for the results: {error}")))?);
    } else {
        print(out, &results);
    }
    Ok(())
}

async fn compare(out: &Output, args: &CompareArgs) -> Result<Results> {
    let tasks: Vec<Task> = args.pipelines.iter().filter_map(|pipeline| task_of(*pipeline)).collect();
    if args.models.is_empty() && !tasks.is_empty() {
        let why = "pipelines b and hybrid ask a model: name one with --models NAME=URL, or give --pipelines a";
        return Err(CliError::Input(why.into()));
    }
    let bench = Bench::open(args)?;
    let mut systems = Vec::new();
    if args.pipelines.contains(&PipelineName::A) {
        systems.push(bench.pipeline_a()?);
    }
    for model in &args.models {
        let mut options = OpenAiOptions::new(&model.name, &model.base_url);
        options.api_key = args.api_key.as_deref().map(Secret::new);
        options.timeouts = PATIENCE;
        let client = OpenAi::new(options).map_err(CliError::Input)?;
        for task in &tasks {
            systems.push(bench.system(out, &client, *task, args.predictions.as_deref()).await?);
        }
    }
    Ok(Results { ads: bench.gold.len(), prompt_version: bench.enhancer.version().to_owned(), systems })
}

fn task_of(pipeline: PipelineName) -> Option<Task> {
    match pipeline {
        PipelineName::A => None,
        PipelineName::B => Some(Task::Extract),
        PipelineName::Hybrid => Some(Task::Hybrid),
    }
}

impl Bench {
    fn open(args: &CompareArgs) -> Result<Self> {
        let input = |error: &dyn std::fmt::Display| CliError::Input(format!("{}: {error}", args.gold.display()));
        let file = File::open(&args.gold).map_err(|error| input(&error))?;
        let mut gold = gold::read(BufReader::new(file)).map_err(|error| input(&error))?;
        if args.limit > 0 {
            gold.truncate(args.limit);
        }
        let taxonomy = Taxonomy::embedded().map_err(|faults| CliError::Internal(faults.to_string()))?;
        let prompts = Prompts::shipped().map_err(|error| CliError::Internal(error.to_string()))?;
        let enhancer = Enhancer::new(prompts, Settings::default());
        Ok(Self { gold, extractor: Extractor::new(&taxonomy, &[]), enhancer })
    }

    fn pipeline_a(&self) -> Result<System> {
        let started = Instant::now();
        let thresholds = Thresholds::of(&Model::embedded());
        let ads = self.gold.iter().map(|ad| {
            let (text, title_len) = ad.text();
            let found = predict::candidates(&self.extractor.extract(&text, title_len), Names::Es, &[]);
            AdPredictions { job_id: ad.job_id.clone(), skills: predict::keep(&found, thresholds) }
        });
        let ads: Vec<AdPredictions> = ads.collect();
        let seconds_per_ad = started.elapsed().as_secs_f64() / self.gold.len() as f64;
        self.scored(&ads, System { name: "a".to_owned(), seconds_per_ad, ..System::default() })
    }

    /// Asks a model about all ads that no kept answer covers.
    async fn system(&self, out: &Output, model: &dyn ChatModel, task: Task, folder: Option<&Path>) -> Result<System> {
        let pipeline = if task == Task::Extract { "b" } else { "hybrid" };
        let name = format!("{pipeline} {}", model.name());
        let mut kept = Kept::open(folder, &format!("{pipeline}-{}", model.name()), self.enhancer.version())?;
        let mut progress = Progress::new(out, name.clone());
        let mut system = System { name: name.clone(), ..System::default() };
        let mut ads = Vec::with_capacity(self.gold.len());
        let total = self.gold.len();
        for (done, ad) in self.gold.iter().enumerate() {
            progress.update(done as u64, Some(total as u64), &words::asked_about(out.lang, &name, done, total));
            let record = match kept.get(&ad.job_id) {
                Some(record) => record,
                None => match self.ask(model, task, ad).await {
                    Ok(record) => kept.keep(record)?,
                    Err(error) => {
                        progress.note(&words::no_answer(out.lang, &ad.job_id, error));
                        system.unanswered += 1;
                        continue;
                    }
                },
            };
            system.add(record);
            ads.push(record.predictions()?);
        }
        progress.finish();
        let answered = ads.len().max(1) as f64;
        system.seconds_per_ad /= answered;
        system.prompt_tokens_per_ad /= answered;
        system.completion_tokens_per_ad /= answered;
        self.scored(&ads, system)
    }

    async fn ask(&self, model: &dyn ChatModel, task: Task, gold: &GoldAd) -> Result<Record, String> {
        let ad = Ad::new(&gold.title, &gold.description);
        let a = PipelineA::of(&self.extractor, &ad);
        let started = Instant::now();
        let cancel = CancellationToken::new();
        let enhanced = self.enhancer.run(task, model, &ad, &a, &cancel).await.map_err(|error| error.to_string())?;
        let seconds = started.elapsed().as_secs_f64();
        let known = predict::candidates(&self.extractor.extract(&ad.text, ad.title_len), Names::Es, &[]);
        let skills = predictions(&enhanced, &known, &a, task);
        Record::new(&AdPredictions { job_id: gold.job_id.clone(), skills }, &enhanced, seconds)
    }

    fn scored(&self, ads: &[AdPredictions], system: System) -> Result<System> {
        let of = |class| {
            let report = score::score(&self.gold, ads, class, 0);
            report.map(|report| report.micro).map_err(|error| CliError::Internal(error.to_string()))
        };
        Ok(System { hard: of(Class::Hard)?, soft: of(Class::Soft)?, ..system })
    }
}

/// What is compared with labels: named skills, under the name that pipeline A's predictions have where it knows
/// them. What a model says is implied is not counted.
fn predictions(enhanced: &Enhanced, known: &[Prediction], a: &PipelineA, task: Task) -> Vec<Prediction> {
    let is_language = |concept: &str| {
        let mut finds = a.found.iter().chain(&a.unsure);
        finds.any(|find| find.concept == concept && find.kind == LANGUAGE_KIND)
    };
    let mut found = Vec::new();
    for skill in enhanced.skills.iter().filter(|skill| skill.duplicate_of.is_none()) {
        let concept = skill.concept.as_deref().unwrap_or_default();
        if is_language(concept) || skill.implied_by.is_some() && !skill.from_pipeline_a {
            continue;
        }
        let prediction = match known.iter().find(|prediction| prediction.concept_uri == concept) {
            Some(known) if task == Task::Hybrid => Prediction { confidence: skill.confidence, ..known.clone() },
            Some(known) => Prediction { surface: skill.text.clone(), confidence: skill.confidence, ..known.clone() },
            None => Prediction {
                name: skill.name.clone(),
                surface: skill.text.clone(),
                class: skill.class,
                confidence: skill.confidence,
                concept_uri: concept.to_owned(),
                ..Prediction::default()
            },
        };
        found.push(Prediction { implied: skill.implied_by.is_some(), ..prediction });
    }
    predict::sort(&mut found);
    found
}

impl System {
    fn add(&mut self, record: &Record) {
        self.seconds_per_ad += record.seconds;
        self.prompt_tokens_per_ad += f64::from(record.prompt_tokens);
        self.completion_tokens_per_ad += f64::from(record.completion_tokens);
        self.requests += u64::from(record.requests);
        self.dropped += record.dropped;
        self.ungrounded += record.ungrounded;
        self.repaired += u64::from(record.repaired);
        self.truncated += u64::from(record.truncated);
    }
}

fn print(out: &Output, results: &Results) {
    let lang = out.lang;
    let count = |n: u64| lang.number(i64::try_from(n).unwrap_or(i64::MAX));
    out.line(format!("{}, {}", words::ads_sent(lang, results.ads), results.prompt_version));
    let mut headings = vec![words::system(lang)];
    for class in ["hard", "soft"] {
        headings.extend(["P", "R", "F1"].map(|figure| format!(">{figure} {class}")));
    }
    let costs = [words::seconds_an_ad(lang), words::tokens_read(lang), words::tokens_written(lang)];
    let faults = [words::dropped(lang), words::not_in_ad(lang), words::repaired_or_cut(lang), words::unanswered(lang)];
    headings.extend(costs.into_iter().chain(faults).map(|heading| format!(">{heading}")));
    let mut table = Table::new(&headings);
    for system in &results.systems {
        let mut row = vec![cell(&system.name, 40)];
        for prf in [system.hard, system.soft] {
            row.extend([prf.precision, prf.recall, prf.f1].map(|figure| lang.decimal(figure, 3)));
        }
        row.push(lang.decimal(system.seconds_per_ad, 2));
        row.push(lang.decimal(system.prompt_tokens_per_ad, 0));
        row.push(lang.decimal(system.completion_tokens_per_ad, 0));
        row.extend([count(system.dropped), count(system.ungrounded)]);
        row.push(format!("{}/{}", system.repaired, system.truncated));
        row.push(count(system.unanswered));
        table.row(row);
    }
    table.print(out);
}

#[cfg(test)]
mod tests;
