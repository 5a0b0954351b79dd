//! `extract-text`: the skills of one text.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;
use observatory_proto::{common::Pipeline, extractor::ExtractSkillsRequest};

use super::pipeline::PipelineName;
use crate::{
    Context,
    error::{CliError, Result},
    import::decode::{Encoding, decode},
    marked, words,
};

/// Longest text that is sent, in bytes; the server takes 1,000,000 characters.
const LIMIT: u64 = 4_000_000;

/// Options of `extract-text`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  observatory extract-text ad.txt --title 'Backend developer'\n  echo 'Experiencia con Python y SQL' | observatory extract-text -"
)]
pub struct ExtractTextArgs {
    /// Text or HTML; `-` for standard input
    #[arg(default_value = "-")]
    pub file: PathBuf,
    /// Title of the ad
    #[arg(long, default_value = "")]
    pub title: String,
    /// How skills are found
    #[arg(long, value_enum, default_value = "a", ignore_case = true)]
    pub pipeline: PipelineName,
    /// Also why each skill counts, what does not count, and what may be an unknown skill
    #[arg(long)]
    pub explain: bool,
}

/// Runs `extract-text`.
///
/// # Errors
/// A file that can't be read; what the server says.
pub async fn run(context: &Context, args: ExtractTextArgs) -> Result<()> {
    let text = read(&args.file)?;
    let request = ExtractSkillsRequest {
        title: args.title,
        text,
        pipeline: Pipeline::from(args.pipeline).into(),
        methods: Vec::new(),
        explain: args.explain,
        min_confidence: 0.0,
    };
    let client = &context.client;
    let response = client.call(client.extractor().extract_skills(client.request(request))).await?;
    let out = &context.out;
    if out.json {
        return out.message(&response);
    }
    if response.skills.is_empty() && !args.explain {
        out.line(words::no_skills_found(out.lang));
        return Ok(());
    }
    out.line(marked::mark(&response.text, &response.skills, |word| out.mark(word)).trim_end());
    out.line("");
    marked::print_skills(out, &response.skills);
    if args.explain {
        marked::print_reasons(out, &response);
    }
    let distinct = out.lang.number(response.distinct_skills);
    let versions = format!("{}, {}", response.extractor_version, response.taxonomy_version);
    out.note(format!("\n{} ({versions})", words::skills_found(out.lang, response.skills.len(), distinct)));
    Ok(())
}

fn read(path: &Path) -> Result<String> {
    let name = path.display();
    let fault = |error: io::Error| CliError::Input(format!("{name}: {error}"));
    let source: Box<dyn Read> =
        if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(File::open(path).map_err(fault)?) };
    let mut bytes = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut bytes).map_err(fault)?;
    if bytes.len() as u64 > LIMIT {
        return Err(CliError::Input(format!("{name}: longer than {LIMIT} bytes")));
    }
    let text = decode(&bytes, Encoding::Auto).map_err(CliError::Input)?.text.into_owned();
    if text.trim().is_empty() {
        return Err(CliError::Input(format!("{name}: is empty")));
    }
    Ok(text)
}
