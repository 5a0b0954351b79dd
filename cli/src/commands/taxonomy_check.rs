//! `taxonomy validate`: the project's own taxonomy, checked without a server.

use std::{collections::BTreeMap, fs::File, path::PathBuf};

use clap::Args;
use observatory_extraction::taxonomy::{
    self, EMBEDDED, Finding, References, Summary, Validation, read_directory, read_onet,
};

use super::taxonomy::concepts;
use crate::{
    Context,
    error::{CliError, Result},
    output::{Output, cell, printable},
    words,
};

/// Options of `validate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Faults (exit code 1): syntax, duplicate ids, labels of two concepts, parents and implications that
don't exist or go in circles, unknown kinds, case_sensitive or ambiguous_labels that are no labels,
links used twice or to nothing. Warnings don't change the exit code.

Examples:
  observatory taxonomy validate taxonomy
  observatory taxonomy validate taxonomy --esco skills_en.csv skills_es.csv --onet \"Technology Skills.txt\"")]
pub struct ValidateArgs {
    /// Directory of the TOML files [default: the taxonomy inside this program]
    pub dir: Option<PathBuf>,
    /// ESCO's files: links must be in them, and missing ones are suggested
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub esco: Vec<PathBuf>,
    /// O*NET's Technology Skills, tab-separated: links must be in it
    #[arg(long, value_name = "FILE")]
    pub onet: Option<PathBuf>,
    /// Show so many warnings of each sort
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub warnings: usize,
}

/// Runs `validate`.
///
/// # Errors
/// [`CliError::Input`] where a file can't be read, [`CliError::Failed`] where the taxonomy has faults.
pub async fn validate(context: &Context, args: ValidateArgs) -> Result<()> {
    let out = &context.out;
    let files = files(args.dir)?;
    let esco = if args.esco.is_empty() { None } else { Some(concepts(out, args.esco).await?) };
    let onet = args.onet.map(onet).transpose()?;
    let files = files.iter().map(|(name, content)| (name.as_str(), content.as_str()));
    let found = taxonomy::validate(files, &References { esco, onet });
    if out.json {
        let json = serde_json::to_string(&found);
        out.line(json.map_err(|error| CliError::Internal(format!("no JSON for the findings: {error}")))?);
    } else {
        print(out, &found, args.warnings);
    }
    if found.faults.is_empty() { Ok(()) } else { Err(CliError::Failed) }
}

fn files(dir: Option<PathBuf>) -> Result<Vec<(String, String)>> {
    let Some(dir) = dir else {
        return Ok(EMBEDDED.iter().map(|(name, content)| ((*name).to_owned(), (*content).to_owned())).collect());
    };
    let files = read_directory(&dir).map_err(|fault| CliError::Input(fault.to_string()))?;
    if files.is_empty() {
        return Err(CliError::Input(format!("{}: holds no *.toml", dir.display())));
    }
    Ok(files)
}

fn onet(path: PathBuf) -> Result<std::collections::BTreeSet<String>> {
    let fault = |why: String| CliError::Input(format!("{}: {why}", path.display()));
    let file = File::open(&path).map_err(|error| fault(error.to_string()))?;
    read_onet(file).map_err(|error| fault(error.to_string()))
}

fn print(out: &Output, found: &Validation, most: usize) {
    let lang = out.lang;
    for fault in &found.faults {
        print_finding(out, &out.bold(&words::taxonomy_fault(lang)), fault);
    }
    let mut sorts: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for warning in &found.warnings {
        sorts.entry(warning.check).or_default().push(warning);
    }
    for (check, warnings) in sorts {
        for warning in warnings.iter().take(most) {
            print_finding(out, &words::taxonomy_warning(lang), warning);
        }
        if warnings.len() > most {
            out.line(words::taxonomy_more(lang, lang.number((warnings.len() - most) as i64), check));
        }
    }
    let number = |list: &[Finding]| lang.number(list.len() as i64);
    out.line(words::taxonomy_verdict(lang, number(&found.faults), number(&found.warnings)));
    print_summary(out, &found.summary);
}

fn print_finding(out: &Output, sort: &str, finding: &Finding) {
    let place = if finding.concept.is_empty() {
        finding.file.clone()
    } else {
        format!("{}: {}", finding.file, finding.concept)
    };
    out.line(format!("{sort}[{}]: {}: {}", finding.check, cell(&place, 120), printable(&finding.what)));
    out.line(format!("  {}", printable(&finding.mend)));
}

fn print_summary(out: &Output, summary: &Summary) {
    let lang = out.lang;
    let number = |n: usize| lang.number(n as i64);
    let counts = |pairs: Vec<(&str, usize)>| {
        pairs.into_iter().map(|(name, count)| format!("{name} {}", number(count))).collect::<Vec<_>>().join(", ")
    };
    let (concepts, files, labels) = (number(summary.concepts), number(summary.files), number(summary.labels));
    out.line(words::taxonomy_held(lang, concepts, files, labels));
    let languages = summary.labels_by_language.iter().map(|(name, count)| (*name, *count));
    out.line(words::taxonomy_labels(lang, counts(languages.collect())));
    let mut kinds: Vec<_> = summary.concepts_by_kind.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    out.line(words::taxonomy_kinds(lang, counts(kinds)));
    for (to, linked) in [("ESCO", summary.linked_to_esco), ("O*NET", summary.linked_to_onet)] {
        let share = lang.percent(linked as f64 / summary.concepts.max(1) as f64);
        out.line(words::taxonomy_linked(lang, to, number(linked), share));
    }
}
