//! `evaluate`: how good extraction is, on labelled ads. Needs no running mesh.

mod markdown;
mod tables;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};
use observatory_extraction::{
    esco::EscoConcept,
    evaluate::{
        EvaluationError,
        calibration::{self, Calibration},
        ceiling::{self, Ceiling},
        fit::{self, FitOptions, Fitted},
        gold::{self, GoldAd},
        linking::{self, LinkingReport},
        predict::{self, AdPredictions, Names, Thresholds},
        score::{self, Class, Report},
        spans::{self, SpanReport},
    },
    extract::{EXTRACTOR_VERSION, Extractor, Method},
    link::Linker,
    taxonomy::Taxonomy,
};
use observatory_proto::Error;
use serde::Serialize;

use super::{pipeline::PipelineName, taxonomy as esco_files};
use crate::{
    Context,
    error::{CliError, Result},
    output::Output,
    progress::Progress,
    words,
};

/// Options of `evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "\
GOLD: one ad a line: job_id, title, description, country, lang, hard_skills, soft_skills. Title and
description are what is extracted from; other fields are not read.

Examples:
  observatory evaluate gold.jsonl --esco esco.jsonl
  observatory evaluate gold.jsonl --predictions ours.jsonl --peer others=theirs.jsonl
  observatory evaluate gold.jsonl --esco esco.jsonl --fit crates/extraction/src/confidence.toml
  observatory evaluate --spans skillspan/dev.json --esco esco.jsonl --linking tech.csv house.csv
  observatory --json evaluate gold.jsonl | jq .hard.micro")]
pub struct EvaluateArgs {
    /// Labelled ads, JSON Lines
    #[arg(value_name = "GOLD", required_unless_present_any = ["spans", "linking"])]
    pub gold: Option<PathBuf>,
    /// How skills are found
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// Only by these methods
    #[arg(long, value_enum, value_delimiter = ',', value_name = "METHOD")]
    pub methods: Vec<MethodName>,
    /// ESCO files, as for `taxonomy import` [default: no ESCO]
    #[arg(long, num_args = 1.., value_name = "FILE")]
    pub esco: Vec<PathBuf>,
    /// Another taxonomy than the one that is built in
    #[arg(long, value_name = "DIR")]
    pub taxonomy: Option<PathBuf>,
    /// Language of the names that are compared with the labels
    #[arg(long, value_enum, default_value = "es")]
    pub names: NameLanguage,
    /// From which confidence on a hard skill counts [default: the model's]
    #[arg(long, value_name = "X", value_parser = confidence)]
    pub min_confidence: Option<f32>,
    /// The same for soft skills
    #[arg(long, value_name = "X", value_parser = confidence)]
    pub min_confidence_soft: Option<f32>,
    /// Lines of each list of errors
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub errors: usize,
    /// Write what was predicted
    #[arg(long, value_name = "OUT", requires = "gold")]
    pub predictions: Option<PathBuf>,
    /// Predictions of another program, scored beside ours
    #[arg(long, value_name = "NAME=FILE", value_parser = named, requires = "gold")]
    pub peer: Vec<Named>,
    /// Sentences of SkillSpan: where hard skills are named
    #[arg(long, value_name = "FILE")]
    pub spans: Option<PathBuf>,
    /// Spans of another program, scored beside ours
    #[arg(long, value_name = "NAME=FILE", value_parser = named, requires = "spans")]
    pub spans_peer: Vec<Named>,
    /// Phrases with the ESCO label that they express, CSV
    #[arg(long, num_args = 1.., value_name = "CSV", requires = "esco")]
    pub linking: Vec<PathBuf>,
    /// Write the tables as Markdown; between its markers, where the file has them
    #[arg(long, value_name = "OUT")]
    pub markdown: Option<PathBuf>,
    /// How to fit.
    #[command(flatten)]
    pub fit: FitArgs,
}

/// Options of fitting.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fitting")]
pub struct FitArgs {
    /// Fit the weights of confidence to the ads, and write them
    #[arg(long = "fit", value_name = "OUT", requires = "gold")]
    pub out: Option<PathBuf>,
    /// Parts of the cross-validation
    #[arg(long, default_value_t = 10, requires = "out", value_parser = clap::value_parser!(u16).range(2..))]
    pub folds: u16,
    /// Weight of the penalty on large weights
    #[arg(long, default_value_t = FitOptions::default().lambda, requires = "out", value_parser = positive)]
    pub lambda: f64,
    /// Decides which ad falls into which part
    #[arg(long, default_value_t = 1, requires = "out")]
    pub seed: u64,
    /// Lowest precision of hard skills that their threshold may give
    #[arg(long, default_value_t = 0.70, requires = "out", value_name = "X", value_parser = share)]
    pub min_precision: f64,
}

/// A name and a file.
#[derive(Debug, Clone)]
pub struct Named {
    /// How the tables call it.
    pub name: String,
    /// Its file.
    pub file: PathBuf,
}

/// A method of pipeline A.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum MethodName {
    /// The taxonomy and its patterns
    Regex,
    /// Labels of ESCO
    Esco,
    /// A statistical tagger
    Ner,
}

/// Language of names.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum NameLanguage {
    /// The Spanish name where there is one
    Es,
    /// The canonical name
    En,
}

fn named(text: &str) -> Result<Named, String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok(Named { name: name.to_owned(), file: file.into() })
        }
        _ => Err("a name and a file are needed, as in others=theirs.jsonl".into()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number is needed".to_owned())?;
    if (0.0..=1.0).contains(&number) { Ok(number) } else { Err("between 0 and 1".into()) }
}

fn confidence(text: &str) -> Result<f32, String> {
    share(text).map(|number| number as f32)
}

fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "a number is needed".to_owned())?;
    if number > 0.0 && number.is_finite() { Ok(number) } else { Err("above 0".into()) }
}

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub(super) struct Results {
    extractor_version: String,
    taxonomy_version: String,
    esco_concepts: usize,
    labels_looked_for: usize,
    names: &'static str,
    min_confidence: f32,
    min_confidence_soft: f32,
    hard: Option<ClassResults>,
    soft: Option<ClassResults>,
    peers: Vec<PeerResults>,
    fit: Option<Fitted>,
    spans: Vec<SystemSpans>,
    linking: Vec<FileLinking>,
}

/// One class of skills.
#[derive(Debug, Serialize)]
pub(super) struct ClassResults {
    #[serde(flatten)]
    report: Report,
    ceiling: Ceiling,
    calibration: Calibration,
}

/// Another program's predictions.
#[derive(Debug, Serialize)]
pub(super) struct PeerResults {
    name: String,
    #[serde(flatten)]
    report: Report,
}

/// One program's spans.
#[derive(Debug, Serialize)]
pub(super) struct SystemSpans {
    name: String,
    #[serde(flatten)]
    report: SpanReport,
}

/// One file of phrases.
#[derive(Debug, Serialize)]
pub(super) struct FileLinking {
    file: String,
    #[serde(flatten)]
    report: LinkingReport,
}

/// Runs `evaluate`.
///
/// # Errors
/// A file that can't be read or holds something else; a pipeline that needs the llm service.
pub async fn run(context: &Context, args: EvaluateArgs) -> Result<()> {
    only_pipeline_a(args.pipeline)?;
    let out = context.out.clone();
    tokio::task::spawn_blocking(move || evaluate(&out, &args))
        .await
        .map_err(|error| CliError::Internal(format!("the evaluation failed: {error}")))?
}

/// As the mesh answers.
fn only_pipeline_a(pipeline: PipelineName) -> Result<()> {
    match pipeline {
        PipelineName::A => Ok(()),
        PipelineName::B | PipelineName::Hybrid => Err(CliError::Server(Box::new(Error::capability_missing(
            "llm",
            "only pipeline A can be evaluated here; pipelines B and HYBRID need the llm service",
        )))),
    }
}

fn evaluate(out: &Output, args: &EvaluateArgs) -> Result<()> {
    let results = measure(out, args)?;
    if let Some(path) = &args.markdown {
        markdown::write(path, &results)?;
        out.note(words::written(out.lang, path.display()));
    }
    if out.json {
        let json = serde_json::to_string(&results);
        out.line(json.map_err(|error| CliError::Internal(format!("no JSON for the results: {error}")))?);
    } else {
        tables::print(out, &results);
    }
    Ok(())
}

fn measure(out: &Output, args: &EvaluateArgs) -> Result<Results> {
    let lang = out.lang;
    let mut progress = Progress::new(out, words::evaluation(lang));
    let gold = args.gold.as_deref().map(|path| read(path, gold::read)).transpose()?;
    progress.update(0, None, &words::compiling_labels(lang));
    let esco = read_esco(out, &args.esco)?;
    let taxonomy = match &args.taxonomy {
        Some(dir) => Taxonomy::from_directory(dir),
        None => Taxonomy::embedded(),
    };
    let taxonomy = taxonomy.map_err(|faults| CliError::Input(faults.to_string()))?;
    let extractor = Extractor::new(&taxonomy, &esco);
    let thresholds = thresholds(args);
    let mut results = Results {
        extractor_version: EXTRACTOR_VERSION.to_owned(),
        taxonomy_version: taxonomy.version().to_owned(),
        esco_concepts: esco.len(),
        labels_looked_for: extractor.label_count(),
        names: if matches!(args.names, NameLanguage::Es) { "es" } else { "en" },
        min_confidence: thresholds.hard,
        min_confidence_soft: thresholds.soft,
        ..Results::default()
    };
    if let Some(gold) = &gold {
        score_ads(args, gold, &extractor, thresholds, &mut results, &mut progress, out)?;
    }
    if let Some(path) = &args.spans {
        score_spans(args, path, &extractor, thresholds, &mut results, &mut progress, out)?;
    }
    if !args.linking.is_empty() {
        progress.update(0, None, &words::linking_phrases(lang));
        let linker = Linker::with_taxonomy(&esco, &taxonomy);
        for path in &args.linking {
            let phrases = read(path, linking::read)?;
            let report = linking::score(&esco, &linker, &phrases);
            results.linking.push(FileLinking { file: file_name(path), report });
        }
    }
    if let (Some(path), Some(gold)) = (&args.fit.out, &gold) {
        progress.update(0, None, &words::fitting(lang));
        results.fit = Some(fit_weights(path, &extractor, gold, args)?);
        progress.note(&words::written(lang, path.display()));
    }
    Ok(results)
}

fn thresholds(args: &EvaluateArgs) -> Thresholds {
    let model = Thresholds::of(&observatory_extraction::confidence::Model::embedded());
    Thresholds { hard: args.min_confidence.unwrap_or(model.hard), soft: args.min_confidence_soft.unwrap_or(model.soft) }
}

fn names(args: &EvaluateArgs) -> Names {
    match args.names {
        NameLanguage::Es => Names::Es,
        NameLanguage::En => Names::En,
    }
}

fn methods(args: &EvaluateArgs) -> Vec<Method> {
    let method = |name: &MethodName| match name {
        MethodName::Regex => Method::Regex,
        MethodName::Esco => Method::Esco,
        MethodName::Ner => Method::Ner,
    };
    args.methods.iter().map(method).collect()
}

fn read_esco(out: &Output, files: &[PathBuf]) -> Result<Vec<EscoConcept>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let (catalogue, reports) = esco_files::read(files)?;
    for (name, report) in reports.iter().filter(|(_, report)| !report.problems.is_empty() || out.verbose > 0) {
        esco_files::print_read(out, name, report);
    }
    let concepts = catalogue.into_concepts();
    if concepts.is_empty() {
        Err(CliError::Input("there are no ESCO concepts in these files".into()))
    } else {
        Ok(concepts)
    }
}

fn score_ads(
    args: &EvaluateArgs,
    gold: &[GoldAd],
    extractor: &Extractor,
    thresholds: Thresholds,
    results: &mut Results,
    progress: &mut Progress<'_>,
    out: &Output,
) -> Result<()> {
    let (names, methods, total) = (names(args), methods(args), gold.len() as u64);
    let mut candidates = Vec::with_capacity(gold.len());
    for (n, ad) in (0u64..).zip(gold) {
        progress.update(n, Some(total), &words::ads_sent(out.lang, number(out, n)));
        let (text, title_len) = ad.text();
        let skills = predict::candidates(&extractor.extract(&text, title_len), names, &methods);
        candidates.push(AdPredictions { job_id: ad.job_id.clone(), skills });
    }
    let keep =
        |ad: &AdPredictions| AdPredictions { job_id: ad.job_id.clone(), skills: predict::keep(&ad.skills, thresholds) };
    let predictions: Vec<AdPredictions> = candidates.iter().map(keep).collect();
    let of = |class| -> Result<ClassResults> {
        let report = score::score(gold, &predictions, class, args.errors)
            .map_err(|error| CliError::Internal(error.to_string()))?;
        let calibration = calibration::calibration(&calibration::truths(gold, &candidates, class));
        Ok(ClassResults { report, ceiling: ceiling::ceiling(gold, &candidates, thresholds, class), calibration })
    };
    results.hard = Some(of(Class::Hard)?);
    results.soft = Some(of(Class::Soft)?);
    for peer in &args.peer {
        let theirs = read(&peer.file, predict::read)?;
        for class in Class::ALL {
            let report = score::score(gold, &theirs, class, args.errors).map_err(|error| input(&peer.file, &error))?;
            if report.counts.predicted > 0 || class == Class::Hard {
                results.peers.push(PeerResults { name: peer.name.clone(), report });
            }
        }
    }
    if let Some(path) = &args.predictions {
        let lines: Vec<String> = predictions.iter().map(predict::to_json).collect();
        write(path, &(lines.join("\n") + "\n"))?;
        progress.note(&words::written(out.lang, path.display()));
    }
    Ok(())
}

fn score_spans(
    args: &EvaluateArgs,
    path: &Path,
    extractor: &Extractor,
    thresholds: Thresholds,
    results: &mut Results,
    progress: &mut Progress<'_>,
    out: &Output,
) -> Result<()> {
    let sentences = read(path, spans::read_sentences)?;
    let total = sentences.len() as u64;
    let mut ours = Vec::with_capacity(sentences.len());
    for (n, sentence) in (0u64..).zip(&sentences) {
        if n % 100 == 0 {
            progress.update(n, Some(total), &words::sentences(out.lang, number(out, n)));
        }
        ours.push(spans::find(extractor, &sentence.text, thresholds));
    }
    let mut systems = vec![(words::ours(out.lang), ours, path)];
    for peer in &args.spans_peer {
        systems.push((peer.name.clone(), read(&peer.file, spans::read_spans)?, &peer.file));
    }
    for (name, found, file) in systems {
        for report in spans::score(&sentences, &found).map_err(|error| input(file, &error))? {
            results.spans.push(SystemSpans { name: name.clone(), report });
        }
    }
    Ok(())
}

fn fit_weights(path: &Path, extractor: &Extractor, gold: &[GoldAd], args: &EvaluateArgs) -> Result<Fitted> {
    let options = FitOptions {
        lambda: args.fit.lambda,
        folds: args.fit.folds.into(),
        seed: args.fit.seed,
        min_precision: args.fit.min_precision,
        names: names(args),
    };
    let fitted = fit::fit(extractor, gold, &options);
    write(path, &fit::to_toml(&fitted))?;
    Ok(fitted)
}

fn number(out: &Output, n: u64) -> String {
    out.lang.number(i64::try_from(n).unwrap_or(i64::MAX))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn input(path: &Path, error: &EvaluationError) -> CliError {
    CliError::Input(format!("{}: {error}", path.display()))
}

fn read<T>(path: &Path, reader: impl FnOnce(Box<dyn BufRead>) -> Result<T, EvaluationError>) -> Result<T> {
    let file = File::open(path).map_err(|error| CliError::Input(format!("{}: {error}", path.display())))?;
    reader(Box::new(BufReader::new(file))).map_err(|error| input(path, &error))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| CliError::Input(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLD: &str = r#"{"job_id":"a","title":"Dev","description":"Requisitos: Python, Docker y trabajo en equipo.","lang":"es","country":"CO","hard_skills":["Python","Kubernetes"],"soft_skills":["Trabajo en equipo"]}"#;

    fn args(folder: &Path, more: &[&str]) -> EvaluateArgs {
        let gold = folder.join("gold.jsonl");
        fs::write(&gold, GOLD).unwrap();
        let line = ["observatory", "evaluate", gold.to_str().unwrap()];
        let cli = <crate::Cli as clap::Parser>::try_parse_from(line.into_iter().chain(more.iter().copied())).unwrap();
        match cli.command {
            super::super::Command::Evaluate(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    fn quiet() -> Output {
        Output::new(false, words::Lang::En, true, 0)
    }

    #[test]
    fn invented_ads_are_scored_and_their_tables_are_written_between_the_markers() {
        let folder = tempfile::tempdir().unwrap();
        let document = folder.path().join("evaluation.md");
        fs::write(&document, format!("before\n{}\nold\n{}\nafter\n", markdown::START, markdown::END)).unwrap();
        let ours = folder.path().join("ours.jsonl");
        let more = ["--markdown", document.to_str().unwrap(), "--predictions", ours.to_str().unwrap()];
        let args = args(folder.path(), &more);
        let results = measure(&quiet(), &args).unwrap();
        let hard = &results.hard.as_ref().unwrap().report;
        assert_eq!((hard.counts.right, hard.counts.labels), (1, 2));
        assert_eq!(results.soft.as_ref().unwrap().report.counts.right, 1);
        evaluate(&quiet(), &args).unwrap();
        let text = fs::read_to_string(&document).unwrap();
        assert!(text.starts_with("before\n") && text.ends_with("after\n") && !text.contains("old"));
        let theirs = read(&ours, predict::read).unwrap();
        assert_eq!(theirs[0].job_id, "a");
    }

    #[test]
    fn a_peers_predictions_stand_beside_ours() {
        let folder = tempfile::tempdir().unwrap();
        let peer = folder.path().join("peer.jsonl");
        fs::write(&peer, r#"{"job_id":"a","skills":[{"name":"kubernetes"}]}"#).unwrap();
        let results = measure(&quiet(), &args(folder.path(), &["--peer", &format!("x={}", peer.display())])).unwrap();
        assert_eq!(results.peers[0].report.counts.right, 1);
        fs::write(&peer, r#"{"job_id":"b","skills":[]}"#).unwrap();
        let error = measure(&quiet(), &args(folder.path(), &["--peer", &format!("x={}", peer.display())]));
        assert_eq!(error.unwrap_err().exit_code(), 64);
    }

    #[test]
    fn other_pipelines_need_the_llm_service() {
        let error = only_pipeline_a(PipelineName::Hybrid).unwrap_err();
        assert_eq!(error.exit_code(), 69);
        assert!(only_pipeline_a(PipelineName::A).is_ok());
    }
}
