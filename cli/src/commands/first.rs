//! What `up` does for a newcomer: sample ads into an empty database, their skills, a first answer.

use std::path::{Path, PathBuf};

use super::{import, pipeline, skills, stats, taxonomy};
use crate::{
    Context,
    error::{CliError, Result},
    import::{Format, Options, decode::Encoding, map::Mapping, open},
    words,
};

/// Fills an empty database and prints the first answer; on a filled one says what it holds.
///
/// # Errors
/// What the server says; a sample or taxonomy file that can't be read.
pub async fn fill(context: &Context, sample: Option<&Path>, esco: Vec<PathBuf>) -> Result<()> {
    let (out, lang) = (&context.out, context.out.lang);
    let before = stats::get(context).await?;
    if !esco.is_empty() && before.esco_concepts == 0 {
        taxonomy::import(context, esco, taxonomy::How::default()).await?;
    }
    let mut sampled = false;
    if before.total_jobs == 0
        && let Some(sample) = sample
    {
        out.note(words::importing_sample(lang));
        import_sample(context, sample).await?;
        match pipeline::stages(context, None, false).await {
            Ok(()) | Err(CliError::Failed) => {}
            Err(error) => return Err(error),
        }
        sampled = true;
    }
    let after = stats::get(context).await?;
    if !sampled {
        out.note(words::stored(lang, lang.number(after.total_jobs), lang.number(after.distinct_skills)));
    }
    let countries = skills::most_ads(after.jobs_by_country.into_iter().collect(), 3);
    if after.extracted_jobs > 0 && !countries.is_empty() {
        let rankings = skills::rankings(context, &countries, 10).await?;
        out.line(format!("\n{}", words::first_answer(lang)));
        skills::print_side_by_side(out, &rankings);
        if sampled {
            out.line(words::sample_invented(lang));
        }
    }
    Ok(())
}

async fn import_sample(context: &Context, sample: &Path) -> Result<()> {
    let options = Options {
        format: Format::Jsonl,
        mapping: Mapping::new(&[], "", ""),
        delimiter: None,
        encoding: Encoding::Auto,
    };
    let file = open::open(sample).map_err(CliError::Input)?;
    let done = import::one(context, file, options, import::How::default()).await?;
    import::print_counts(&context.out, &done, false);
    Ok(())
}
