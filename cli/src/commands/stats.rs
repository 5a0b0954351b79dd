//! `stats`.

use std::collections::HashMap;

use observatory_proto::stats::{GetStatsRequest, GetStatsResponse};

use crate::{
    Context,
    error::Result,
    output::{Output, Table, cell},
    words,
};

/// Runs `stats`.
///
/// # Errors
/// What the server says.
pub async fn run(context: &Context) -> Result<()> {
    let stats = get(context).await?;
    if context.out.json {
        return context.out.message(&stats);
    }
    print(&context.out, &stats);
    Ok(())
}

/// Asks for the figures.
///
/// # Errors
/// What the server says.
pub async fn get(context: &Context) -> Result<GetStatsResponse> {
    let client = &context.client;
    client
        .call_again(|| {
            let (mut service, request) = (client.stats(), client.request(GetStatsRequest {}));
            async move { service.get_stats(request).await }
        })
        .await
}

fn print(out: &Output, stats: &GetStatsResponse) {
    let lang = out.lang;
    let mut table = Table::new(["", ">"]);
    for (name, n) in [
        (words::stat_ads(lang), stats.total_jobs),
        (words::stat_cleaned(lang), stats.cleaned_jobs),
        (words::stat_rejected(lang), stats.rejected_jobs),
        (words::stat_pending_cleaning(lang), stats.pending_cleaning),
        (words::stat_pending_extraction(lang), stats.pending_extraction),
        (words::stat_extracted(lang), stats.extracted_jobs),
        (words::stat_failed(lang), stats.failed_jobs),
        (words::stat_mentions(lang), stats.total_mentions),
        (words::stat_distinct(lang), stats.distinct_skills),
        (words::stat_esco(lang), stats.esco_concepts),
    ] {
        table.row([name, lang.number(n)]);
    }
    table.print(out);
    if !stats.oldest_posted_date.is_empty() {
        out.line(words::stat_posted(lang, &stats.oldest_posted_date, &stats.newest_posted_date));
    }
    for (name, counts) in [
        (words::by_country(lang), &stats.jobs_by_country),
        (words::by_portal(lang), &stats.jobs_by_portal),
        (words::by_language(lang), &stats.jobs_by_language),
        (words::by_reason(lang), &stats.rejected_by_reason),
    ] {
        if !counts.is_empty() {
            out.line(format!("{}: {}", out.bold(&name), most_first(out, counts)));
        }
    }
    if stats.esco_concepts > 0 {
        out.note(words::esco_attribution(lang));
    }
}

fn most_first(out: &Output, counts: &HashMap<String, i32>) -> String {
    let mut list: Vec<_> = counts.iter().collect();
    list.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let words: Vec<_> = list.iter().map(|(name, n)| format!("{} {}", cell(name, 24), out.lang.number(**n))).collect();
    words.join(", ")
}
