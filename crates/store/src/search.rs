//! Full-text search over cleaned, usable ads, in Spanish and English at once.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    jobs::{JobFilter, JobRow, one_count},
};

/// Where a page of [`search`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HitKey {
    /// Rank of the last hit.
    pub rank: f32,
    /// Its `listed_date`.
    pub listed_date: NaiveDate,
    /// Its id.
    pub job_id: Uuid,
}

/// An ad that matches.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The ad.
    pub job: JobRow,
    /// How well it matches (`ts_rank_cd`, title over text).
    pub rank: f32,
    /// Some of its text as HTML: escaped, the words of the search in `<mark>…</mark>`.
    pub snippet: String,
}

/// A page of hits.
#[derive(Debug, Clone)]
pub struct Hits {
    /// Best first, then newest.
    pub hits: Vec<Hit>,
    /// Ads that match, on all pages.
    pub total: i64,
}

// Marks inside `ts_headline`'s answer: characters that no text of ours holds, as
// they are taken out before. They become tags after the text was escaped.
const START: char = '\u{E000}';
const STOP: char = '\u{E001}';

/// Ads that match a query as people type it on the web (`websearch_to_tsquery`),
/// best match first, after a key.
///
/// Words such as `C++`, `C#` or `.NET` also have to stand in the ad to the
/// letter, as full-text search drops their signs.
///
/// # Errors
/// Database errors.
pub async fn search<C: ConnectionTrait>(
    db: &C,
    query: &str,
    filter: &JobFilter,
    after: Option<HitKey>,
    limit: u64,
) -> Result<Hits, DbErr> {
    let mut conditions = Conditions::default();
    let tsquery = matching(query, filter, &mut conditions);
    let matches = conditions.sql();
    let beyond = after.map_or("TRUE".to_string(), |key| {
        let rank = conditions.bind(key.rank);
        let (day, id) = (conditions.bind(key.listed_date), conditions.bind(key.job_id));
        format!("(rank, listed_date, job_id) < ({rank}::real, {day}, {id})")
    });
    let limit = conditions.bind(limit as i64);
    // Headlines are slow: only for the page, and only from the first 20,000 characters.
    let sql = format!(
        "WITH q AS MATERIALIZED (SELECT {tsquery} AS query),
         hits AS MATERIALIZED (
             SELECT j.job_id, j.listed_date, ts_rank_cd(c.search, q.query) AS rank
             FROM q CROSS JOIN cleaned_jobs c JOIN raw_jobs j USING (job_id) WHERE {matches}),
         page AS (
             SELECT * FROM hits WHERE {beyond} ORDER BY rank DESC, listed_date DESC, job_id DESC LIMIT {limit})
         SELECT {columns}, page.rank, (SELECT count(*) FROM hits) AS total,
             ts_headline(CASE c.detected_language WHEN 'en' THEN 'english' ELSE 'spanish' END::regconfig,
                 translate(left(c.combined_text, 20000), E'\\uE000\\uE001', ''), q.query,
                 E'StartSel=\\uE000, StopSel=\\uE001, MaxFragments=2, MaxWords=25, MinWords=10, FragmentDelimiter=\" … \"'
             ) AS headline
         FROM page CROSS JOIN q JOIN raw_jobs j USING (job_id) JOIN cleaned_jobs c USING (job_id)
         ORDER BY page.rank DESC, j.listed_date DESC, j.job_id DESC",
        columns = crate::jobs::COLUMNS,
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, conditions.into_values());
    let rows = db.query_all_raw(statement).await?;
    let total = match rows.first() {
        Some(row) => row.try_get("", "total")?,
        None => count(db, query, filter).await?,
    };
    let hits = rows.iter().map(|row| {
        Ok(Hit {
            job: JobRow::from_query_result(row, "")?,
            rank: row.try_get("", "rank")?,
            snippet: to_html(&row.try_get::<String>("", "headline")?),
        })
    });
    Ok(Hits { hits: hits.collect::<Result<_, DbErr>>()?, total })
}

async fn count<C: ConnectionTrait>(db: &C, query: &str, filter: &JobFilter) -> Result<i64, DbErr> {
    let mut conditions = Conditions::default();
    let tsquery = matching(query, filter, &mut conditions);
    let sql = format!(
        "SELECT count(*) AS count FROM (SELECT {tsquery} AS query) q
         CROSS JOIN cleaned_jobs c JOIN raw_jobs j USING (job_id) WHERE {}",
        conditions.sql()
    );
    one_count(db, sql, conditions).await
}

/// Adds the conditions of a search; returns the SQL of its tsquery.
fn matching(query: &str, filter: &JobFilter, conditions: &mut Conditions) -> String {
    let text = conditions.bind(query);
    conditions.and_plain("c.is_usable AND c.search @@ q.query");
    filter.apply(conditions);
    for word in literal_words(query) {
        conditions.and("c.combined_text ILIKE ?", format!("%{}%", escape_like(&word)));
    }
    ["spanish", "english", "plain"].map(|config| format!("websearch_to_tsquery('{config}', {text})")).join(" || ")
}

/// Words whose signs matter and that full-text search would drop. None where
/// `or` makes words optional.
fn literal_words(query: &str) -> Vec<String> {
    let words: Vec<_> = query.split_whitespace().collect();
    if words.iter().any(|word| word.eq_ignore_ascii_case("or")) {
        return Vec::new();
    }
    let with_signs = |word: &&str| {
        let dotted = word.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
        dotted || word.contains('#') || word.trim_start_matches('+').contains('+')
    };
    let words = words.into_iter().filter(|word| !word.starts_with('-')).map(|word| word.trim_matches('"'));
    words.filter(with_signs).map(str::to_string).collect()
}

/// Takes the meaning from the wildcards of LIKE.
pub(crate) fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Escapes a headline and turns its marks into tags.
fn to_html(headline: &str) -> String {
    let mut html = String::with_capacity(headline.len() + 64);
    for c in headline.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            START => html.push_str("<mark>"),
            STOP => html.push_str("</mark>"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_holds_no_tags_but_marks() {
        assert_eq!(
            to_html("<script>alert(\"1\")</script> & \u{E000}Rust\u{E001}'s"),
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; <mark>Rust</mark>&#39;s"
        );
    }

    #[test]
    fn signs_of_languages_count() {
        assert_eq!(literal_words("C++ developer"), ["C++"]);
        assert_eq!(literal_words("\"C#\" .NET -F#"), ["C#", ".NET"]);
        assert!(literal_words("C++ or Rust").is_empty());
        assert!(literal_words("+rust node.js ...").is_empty());
    }

    #[test]
    fn wildcards_are_letters() {
        assert_eq!(escape_like(r"100%_\"), r"100\%\_\\");
    }
}
