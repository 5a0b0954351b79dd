//! `taxonomy`: ESCO in, concepts out; checks of the project's own files.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use flate2::bufread::MultiGzDecoder;
use observatory_extraction::{
    esco::{EscoCatalogue, EscoConcept, ReadReport, Source},
    extract::Extractor,
    taxonomy::Taxonomy,
    usage::Counter,
};
use observatory_proto::taxonomy::{
    Concept, ConceptChange, GetConceptRequest, ImportConceptsRequest, ImportConceptsResponse, SearchConceptsRequest,
};

use super::{
    meaning::{self, LinkArgs},
    skills::print_ref,
    taxonomy_check::{ValidateArgs, validate},
};
use crate::{
    Context,
    error::{CliError, Result},
    output::{Output, Table, cell, printable},
    progress::Progress,
    words::{self, Lang},
};

/// How many changes the server tells at most.
const MOST_CHANGES: usize = 1000;

/// The commands of `taxonomy`.
#[derive(Debug, Subcommand)]
pub enum TaxonomyCommand {
    /// Import ESCO: the CSV files of its portal, merged JSON Lines, or dev-laiser's combined.csv
    #[command(after_help = "\
Files of different languages are merged by the concept's URI; name all of them in one call. The
language is read off the file's name (skills_es.csv is Spanish, else English).

Example:
  observatory taxonomy import skills_en.csv skills_es.csv broaderRelationsSkillPillar_en.csv
  observatory taxonomy import --dry-run --changes 100 skills_en.csv skills_es.csv")]
    Import {
        /// The files, plain or gzipped
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What to do with them
        #[command(flatten)]
        how: How,
    },
    /// Check the project's own taxonomy, without a server
    Validate(ValidateArgs),
    /// Count how ads use each concept: what the extractor's confidence builds on
    #[command(after_help = "\
Reads JSON Lines with `title` and `description`; needs no server. The counts go to the file that the
extraction crate embeds.

Example:
  observatory taxonomy usage ads.jsonl --esco skills_en.csv --output crates/extraction/src/usage.tsv")]
    Usage(UsageArgs),
    /// Find concepts by label, in Spanish and English, tolerant of typing errors
    Search(SearchArgs),
    /// Link a skill in free words to its best concepts, by label, letters and vector together
    Link(LinkArgs),
    /// Show one concept
    Show {
        /// Id of the skill
        id: String,
    },
}

/// How `import` works.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct How {
    /// Show so many of the changes [default: 20, and none where every concept is new]
    #[arg(long, value_name = "N")]
    pub changes: Option<usize>,
    /// Compare with what is stored, write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Options of `usage`.
#[derive(Debug, Args)]
pub struct UsageArgs {
    /// The ads
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// ESCO's files, as for `import` [default: only the own taxonomy]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub esco: Vec<PathBuf>,
    /// Where to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
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
        TaxonomyCommand::Import { files, how } => {
            let response = import(context, files, how).await?;
            if context.out.json {
                context.out.message(&response)?;
            }
            if response.rejected > 0 { Err(CliError::Failed) } else { Ok(()) }
        }
        TaxonomyCommand::Validate(args) => validate(context, args).await,
        TaxonomyCommand::Usage(args) => usage(context, args).await,
        TaxonomyCommand::Search(args) => search(context, args).await,
        TaxonomyCommand::Link(args) => meaning::link(context, args).await,
        TaxonomyCommand::Show { id } => show(context, id).await,
    }
}

async fn usage(context: &Context, args: UsageArgs) -> Result<()> {
    let out = &context.out;
    let esco = if args.esco.is_empty() { Vec::new() } else { concepts(out, args.esco).await? };
    let taxonomy = Taxonomy::embedded().map_err(|error| CliError::Internal(error.to_string()))?;
    let extractor = Extractor::new(&taxonomy, &esco);
    let mut counter = Counter::default();
    for path in &args.files {
        let fault = |why: String| CliError::Input(format!("{}: {why}", path.display()));
        let file = File::open(path).map_err(|error| fault(error.to_string()))?;
        for (line, number) in BufReader::new(file).lines().zip(1..) {
            let line = line.map_err(|error| fault(format!("line {number}: {error}")))?;
            let ad: serde_json::Value =
                serde_json::from_str(&line).map_err(|error| fault(format!("line {number}: {error}")))?;
            let field = |name: &str| ad[name].as_str().unwrap_or_default();
            counter.add(&extractor, field("title"), field("description"));
        }
    }
    let Some(output) = args.output else {
        out.line(counter.to_tsv().trim_end());
        return Ok(());
    };
    std::fs::write(&output, counter.to_tsv()).map_err(|error| CliError::Input(format!("{}: {error}", output.display())))
}

/// Reads, merges and sends ESCO's files; prints what happened (not under `--json`).
///
/// # Errors
/// As [`run`].
pub async fn import(context: &Context, files: Vec<PathBuf>, how: How) -> Result<ImportConceptsResponse> {
    let (out, lang, client) = (&context.out, context.out.lang, &context.client);
    let concepts = concepts(out, files).await?;
    let number = lang.number(i64::try_from(concepts.len()).unwrap_or(i64::MAX));
    let mut progress = Progress::new(out, "ESCO");
    progress.update(0, None, &words::concepts_sending(lang, number));
    let stream = concepts.into_iter().enumerate();
    let stream = stream.map(move |(i, concept)| request(concept, how.dry_run && i == 0));
    let stream = tokio_stream::iter(stream);
    let response = client.call(client.taxonomy().import_concepts(stream)).await?;
    progress.finish();
    if !out.json {
        print_import(out, &response, how);
    }
    Ok(response)
}

/// Reads and merges ESCO's files; says what was in them.
pub(super) async fn concepts(out: &Output, files: Vec<PathBuf>) -> Result<Vec<EscoConcept>> {
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
    Ok(concepts)
}

pub(super) fn print_read(out: &Output, name: &str, report: &ReadReport) {
    let lang = out.lang;
    let number = |n: u64| lang.number(i64::try_from(n).unwrap_or(i64::MAX));
    let problems = number(report.problems.len() as u64);
    out.note(words::concepts_read(lang, name, number(report.used), number(report.skipped), problems));
    for problem in report.problems.iter().take(10) {
        let line = words::line(lang, number(problem.line));
        out.note(format!("  {line}: {}", cell(&problem.reason, 200)));
    }
}

fn print_import(out: &Output, response: &ImportConceptsResponse, how: How) {
    let lang = out.lang;
    if how.dry_run {
        out.line(words::concepts_compared(lang));
    }
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
    print_changes(out, response, how.changes);
    if response.not_received > 0 {
        out.line(words::concepts_not_received(lang, lang.number(response.not_received)));
    }
    out.line(words::esco_attribution(lang));
}

/// Changes by field, then the first of them; a first import has nothing to compare with.
fn print_changes(out: &Output, response: &ImportConceptsResponse, shown: Option<usize>) {
    let (lang, changes) = (out.lang, &response.changes);
    let first_import = response.changed == 0 && response.unchanged == 0 && response.not_received == 0;
    if changes.is_empty() || (first_import && shown.is_none()) {
        return;
    }
    out.line(words::concepts_changes(lang, by_field(lang, changes)));
    if changes.len() >= MOST_CHANGES {
        out.line(words::concepts_changes_cut(lang, lang.number(MOST_CHANGES as i64)));
    }
    let shown = shown.unwrap_or(20);
    for change in changes.iter().take(shown) {
        out.line(change_line(change));
    }
    if shown > 0 && changes.len() > shown {
        out.line(words::concepts_more(lang, lang.number((changes.len() - shown) as i64)));
    }
}

/// `2 preferred_label_en, 1 added`, in the order of the list.
fn by_field(lang: Lang, changes: &[ConceptChange]) -> String {
    let mut counts: Vec<(&str, i64)> = Vec::new();
    for change in changes {
        match counts.iter_mut().find(|(field, _)| *field == change.field) {
            Some((_, count)) => *count += 1,
            None => counts.push((&change.field, 1)),
        }
    }
    let counts = counts.into_iter().map(|(field, count)| format!("{} {field}", lang.number(count)));
    counts.collect::<Vec<_>>().join(", ")
}

fn change_line(change: &ConceptChange) -> String {
    let (label, field) = (cell(&change.label, 40), cell(&change.field, 20));
    if change.field == "added" {
        return format!("  {label}: {field}  {}", cell(&change.concept_uri, 200));
    }
    format!("  {label}: {field}: {:?} -> {:?}", cell(&change.before, 80), cell(&change.after, 80))
}

/// Reads and merges ESCO files, with what was read of each.
///
/// # Errors
/// The first file that can't be read.
pub(super) fn read(files: &[PathBuf]) -> Result<(EscoCatalogue, Vec<(String, ReadReport)>)> {
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

fn request(concept: EscoConcept, dry_run: bool) -> ImportConceptsRequest {
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
        dry_run,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn change(field: &str, before: &str, after: &str) -> ConceptChange {
        let (field, before, after) = (field.into(), before.into(), after.into());
        ConceptChange { concept_uri: "http://x/1".into(), label: "reed".into(), field, before, after }
    }

    #[test]
    fn changes_are_counted_by_field_and_told_in_a_line() {
        let changes = [change("labels", "", "en: cane"), change("added", "", "reed"), change("labels", "a", "b")];
        assert_eq!(by_field(Lang::En, &changes), "2 labels, 1 added");
        assert_eq!(change_line(&changes[0]), "  reed: labels: \"\" -> \"en: cane\"");
        assert_eq!(change_line(&changes[1]), "  reed: added  http://x/1");
    }
}
