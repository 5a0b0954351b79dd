//! `taxonomy`: ESCO in, concepts out.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use flate2::bufread::MultiGzDecoder;
use observatory_extraction::esco::{EscoCatalogue, EscoConcept, ReadReport, Source};
use observatory_proto::taxonomy::{
    Concept, GetConceptRequest, ImportConceptsRequest, ImportConceptsResponse, SearchConceptsRequest,
};

use super::skills::print_ref;
use crate::{
    Context,
    error::{CliError, Result},
    output::{Output, Table, cell, printable},
    progress::Progress,
    words,
};

/// The commands of `taxonomy`.
#[derive(Debug, Subcommand)]
pub enum TaxonomyCommand {
    /// Import ESCO: the CSV files of its portal, merged JSON Lines, or dev-laiser's combined.csv
    #[command(after_help = "\
Files of different languages are merged by the concept's URI; name all of them in one call. The
language is read off the file's name (skills_es.csv is Spanish, else English).

Example:
  observatory taxonomy import skills_en.csv skills_es.csv broaderRelationsSkillPillar_en.csv")]
    Import {
        /// The files, plain or gzipped
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Find concepts by label, in Spanish and English, tolerant of typing errors
    Search(SearchArgs),
    /// Show one concept
    Show {
        /// Id of the skill
        id: String,
    },
}

/// Options of `search`.
#[derive(Debug, Args)]
pub struct SearchArgs {
    /// Words of a label
    pub query: String,
    /// At most this many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub limit: i32,
    /// Only concepts of this source [default: both]
    #[arg(long, value_enum)]
    pub source: Option<SourceName>,
}

/// Where a concept comes from.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SourceName {
    /// The observatory's own technologies
    Observatory,
    /// ESCO
    Esco,
}

/// Runs a command of `taxonomy`.
///
/// # Errors
/// A file that can't be read, and what the server says.
pub async fn run(context: &Context, command: TaxonomyCommand) -> Result<()> {
    match command {
        TaxonomyCommand::Import { files } => {
            let response = import(context, files).await?;
            if context.out.json {
                context.out.message(&response)?;
            }
            if response.rejected > 0 { Err(CliError::Failed) } else { Ok(()) }
        }
        TaxonomyCommand::Search(args) => search(context, args).await,
        TaxonomyCommand::Show { id } => show(context, id).await,
    }
}

/// Reads, merges and sends ESCO's files; prints what happened (not under `--json`).
///
/// # Errors
/// As [`run`].
pub async fn import(context: &Context, files: Vec<PathBuf>) -> Result<ImportConceptsResponse> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let (catalogue, reports) = tokio::task::spawn_blocking(move || read(&files))
        .await
        .map_err(|error| CliError::Internal(format!("the reader failed: {error}")))??;
    for (name, report) in &reports {
        print_read(out, name, report);
    }
    let concepts = catalogue.into_concepts();
    if concepts.is_empty() {
        return Err(CliError::Input("there are no ESCO concepts in these files".into()));
    }
    let number = lang.number(i64::try_from(concepts.len()).unwrap_or(i64::MAX));
    let mut progress = Progress::new(out, "ESCO");
    progress.update(0, None, &words::concepts_sending(lang, number));
    let stream = tokio_stream::iter(concepts.into_iter().map(request));
    let response = client.call(client.taxonomy().import_concepts(stream)).await?;
    progress.finish();
    if !out.json {
        print_import(out, &response);
    }
    Ok(response)
}

fn print_read(out: &Output, name: &str, report: &ReadReport) {
    let lang = out.lang;
    let number = |n: u64| lang.number(i64::try_from(n).unwrap_or(i64::MAX));
    let problems = number(report.problems.len() as u64);
    out.note(words::concepts_read(lang, name, number(report.used), number(report.skipped), problems));
    for problem in report.problems.iter().take(10) {
        let line = words::line(lang, number(problem.line));
        out.note(format!("  {line}: {}", cell(&problem.reason, 200)));
    }
}

fn print_import(out: &Output, response: &ImportConceptsResponse) {
    let lang = out.lang;
    out.line(words::concepts_report(
        lang,
        lang.number(response.received),
        lang.number(response.added),
        lang.number(response.changed),
        lang.number(response.unchanged),
        lang.number(response.rejected),
        lang.seconds(f64::from(response.time_ms) / 1000.0),
    ));
    for issue in response.issues.iter().take(20) {
        out.line(format!("  {}", cell(issue, 200)));
    }
    out.line(words::esco_attribution(lang));
}

fn read(files: &[PathBuf]) -> Result<(EscoCatalogue, Vec<(String, ReadReport)>)> {
    let mut catalogue = EscoCatalogue::new();
    let mut reports = Vec::new();
    for path in files {
        let report =
            read_file(&mut catalogue, path).map_err(|why| CliError::Input(format!("{}: {why}", path.display())))?;
        reports.push((path.display().to_string(), report));
    }
    Ok((catalogue, reports))
}

fn read_file(catalogue: &mut EscoCatalogue, path: &Path) -> Result<ReadReport, String> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let mut file = BufReader::new(File::open(path).map_err(|error| error.to_string())?);
    let zipped = file.fill_buf().map_err(|error| error.to_string())?.starts_with(&[0x1f, 0x8b]);
    let mut reader: Box<dyn BufRead> =
        if zipped { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) };
    let json = reader.fill_buf().map_err(|error| error.to_string())?.trim_ascii_start().starts_with(b"{");
    let reader: Box<dyn Read> = Box::new(reader);
    let report =
        if json { catalogue.read_jsonl(reader) } else { catalogue.read_csv(reader, &Source::from_file_name(name)) };
    report.map_err(|error| error.to_string())
}

fn request(concept: EscoConcept) -> ImportConceptsRequest {
    ImportConceptsRequest {
        concept_uri: concept.concept_uri,
        skill_type: concept.skill_type.as_str().to_owned(),
        preferred_label_en: concept.preferred_label_en,
        preferred_label_es: concept.preferred_label_es.unwrap_or_default(),
        alternative_labels_en: concept.alternative_labels_en,
        alternative_labels_es: concept.alternative_labels_es,
        description_en: concept.description_en.unwrap_or_default(),
        description_es: concept.description_es.unwrap_or_default(),
        broader_concept_uris: concept.broader_concept_uris,
    }
}

async fn search(context: &Context, args: SearchArgs) -> Result<()> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let source = match args.source {
        None => "",
        Some(SourceName::Observatory) => "observatory",
        Some(SourceName::Esco) => "esco",
    };
    let request = SearchConceptsRequest { query: args.query, limit: args.limit, source: source.into() };
    let response = client.call(client.taxonomy().search_concepts(client.request(request))).await?;
    if out.json {
        return out.message(&response);
    }
    if response.concepts.is_empty() {
        out.line(words::no_concepts(lang));
        return Ok(());
    }
    let mut table = Table::new([
        words::skill(lang),
        words::kind(lang),
        words::label(lang),
        format!(">{}", words::similarity(lang)),
        words::source(lang),
        "id".to_owned(),
    ]);
    for found in &response.concepts {
        let concept = found.concept.clone().unwrap_or_default();
        let skill = concept.skill.unwrap_or_default();
        table.row([
            cell(&skill.name, 40),
            cell(&skill.kind, 24),
            cell(&found.label, 40),
            lang.decimal(f64::from(found.similarity), 2),
            cell(&concept.source, 12),
            cell(&skill.skill_id, 40),
        ]);
    }
    table.print(out);
    Ok(())
}

async fn show(context: &Context, id: String) -> Result<()> {
    let (out, client) = (&context.out, &context.client);
    let request = GetConceptRequest { skill_id: id };
    let concept = client.call(client.taxonomy().get_concept(client.request(request))).await?;
    if out.json {
        return out.message(&concept);
    }
    print_concept(out, &concept);
    Ok(())
}

fn print_concept(out: &Output, concept: &Concept) {
    let lang = out.lang;
    print_ref(out, concept.skill.as_ref());
    for (language, label, description) in [
        ("en", &concept.preferred_label_en, &concept.description_en),
        ("es", &concept.preferred_label_es, &concept.description_es),
    ] {
        if !label.is_empty() || !description.is_empty() {
            out.line(format!("{language}: {}", cell(label, 200)));
        }
        if !description.is_empty() {
            out.line(format!("    {}", printable(description)));
        }
    }
    if !concept.alternative_labels.is_empty() {
        out.line(format!("{}: {}", words::also(lang), printable(&concept.alternative_labels.join(", "))));
    }
    if !concept.broader_concept_uri.is_empty() {
        out.line(format!("{}: {}", words::broader(lang), cell(&concept.broader_concept_uri, 200)));
    }
    if !concept.narrower_concept_uris.is_empty() {
        out.line(format!("{}:", words::narrower(lang)));
        for uri in concept.narrower_concept_uris.iter().take(20) {
            out.line(format!("  {}", cell(uri, 200)));
        }
    }
    if concept.source == "esco" {
        out.note(words::esco_attribution(lang));
    }
}
