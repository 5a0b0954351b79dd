//! What `up` does for a newcomer: sample ads into an empty database, their skills, a first answer.

use std::path::PathBuf;

use super::{run, skills, stats, taxonomy};
use crate::{
    Context,
    error::{CliError, Result},
    words,
};

/// Fills an empty database and prints the first answer; on a filled one says what it holds.
///
/// # Errors
/// What the server says; a taxonomy file that can't be read.
pub async fn fill(context: &Context, sample: bool, esco: Vec<PathBuf>) -> Result<()> {
    let (out, lang) = (&context.out, context.out.lang);
    let before = stats::get(context).await?;
    if !esco.is_empty() && before.esco_concepts == 0 {
        taxonomy::import(context, esco, taxonomy::How::default()).await?;
    }
    let mut sampled = false;
    if before.total_jobs == 0 && sample {
        out.note(words::scraping_sample(lang));
        match run::first(context).await {
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
