//! Crawls: the frontier, which ad stands where, what hosts asked for, and how earlier crawls went.
//! Each function is one statement; callers put them into one transaction.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement, Value};
use sha2::{Digest, Sha256};

use crate::execute;

/// A page to fetch.
#[derive(Debug, Clone)]
pub struct NewPage {
    /// See [`page_key`].
    pub key: Vec<u8>,
    /// `listing`, `detail` or `ad`.
    pub kind: &'static str,
    /// Its address.
    pub url: String,
    /// How to ask for it.
    pub request: serde_json::Value,
}

/// A page that is still to be fetched.
#[derive(Debug, Clone, FromQueryResult)]
pub struct PendingPage {
    /// Its place in the order.
    pub position: i64,
    /// How to ask for it.
    pub request: serde_json::Value,
}

/// What became of a page.
#[derive(Debug, Clone, Default)]
pub struct FinishedPage {
    /// See [`page_key`].
    pub key: Vec<u8>,
    /// `listed`, `empty`, `unchanged`, `stored`, `duplicate` or `known`; empty where it failed.
    pub outcome: String,
    /// Why it failed: an `ErrorReason` without its prefix.
    pub reason: String,
    /// Why it failed, in a sentence.
    pub message: String,
    /// Which fields a detail had: one bit each.
    pub fields: i32,
}

/// Pages of a crawl by kind, state and outcome.
#[derive(Debug, Clone, FromQueryResult)]
pub struct PageCount {
    /// `listing`, `detail` or `ad`.
    pub kind: String,
    /// `pending`, `done` or `failed`.
    pub state: String,
    /// See [`FinishedPage::outcome`].
    pub outcome: String,
    /// How many.
    pub pages: i64,
}

/// A page that failed.
#[derive(Debug, Clone, FromQueryResult)]
pub struct FailedPage {
    /// Its address.
    pub url: String,
    /// Why, for machines.
    pub reason: String,
    /// Why, for people.
    pub message: String,
    /// How often it was tried.
    pub attempts: i32,
}

/// What tells requests apart: SHA-256 of method, address and body.
pub fn page_key(method: &str, url: &str, body: &str) -> Vec<u8> {
    let hash = Sha256::new().chain_update(method).chain_update(" ").chain_update(url).chain_update("\n");
    hash.chain_update(body).finalize().to_vec()
}

/// How `job_urls` names an address: its SHA-256.
pub fn url_hash(url: &str) -> Vec<u8> {
    Sha256::digest(url).to_vec()
}

fn statement<C: ConnectionTrait>(db: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

#[derive(FromQueryResult)]
struct Hash {
    hash: Vec<u8>,
}

async fn hashes<C: ConnectionTrait>(
    db: &C,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<Vec<u8>>, DbErr> {
    let rows = Hash::find_by_statement(statement(db, sql, values)).all(db).await?;
    Ok(rows.into_iter().map(|row| row.hash).collect())
}

/// Adds pages to the frontier in their order; returns the keys of those that it didn't have.
/// With an `outcome` they are done already.
///
/// # Errors
/// Database errors.
pub async fn add_pages<C: ConnectionTrait>(
    db: &C,
    operation_id: &str,
    pages: &[NewPage],
    outcome: Option<&str>,
) -> Result<Vec<Vec<u8>>, DbErr> {
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    hashes(
        db,
        "INSERT INTO scrape_pages (operation_id, page_key, kind, url, request, state, outcome, finished_at)
         SELECT $1, key, kind, url, request::jsonb, CASE WHEN $6 = '' THEN 'pending' ELSE 'done' END, $6,
                CASE WHEN $6 = '' THEN NULL ELSE now() END
         FROM unnest($2::bytea[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS page(key, kind, url, request, nr)
         ORDER BY nr
         ON CONFLICT DO NOTHING RETURNING page_key AS hash",
        [
            operation_id.into(),
            pages.iter().map(|page| page.key.clone()).collect::<Vec<_>>().into(),
            pages.iter().map(|page| page.kind.to_string()).collect::<Vec<_>>().into(),
            pages.iter().map(|page| page.url.clone()).collect::<Vec<_>>().into(),
            pages.iter().map(|page| page.request.to_string()).collect::<Vec<_>>().into(),
            outcome.unwrap_or_default().into(),
        ],
    )
    .await
}

/// The next pages to fetch, those after `position`.
///
/// # Errors
/// Database errors.
pub async fn pending_pages<C: ConnectionTrait>(
    db: &C,
    operation_id: &str,
    kind: &str,
    position: i64,
    limit: u64,
) -> Result<Vec<PendingPage>, DbErr> {
    PendingPage::find_by_statement(statement(
        db,
        "SELECT position, request FROM scrape_pages
         WHERE operation_id = $1 AND state = 'pending' AND kind = $2 AND position > $3 ORDER BY position LIMIT $4",
        [operation_id.into(), kind.into(), position.into(), limit.into()],
    ))
    .all(db)
    .await
}

/// Writes down what became of pages; returns the keys of those that were still pending.
///
/// # Errors
/// Database errors.
pub async fn finish_pages<C: ConnectionTrait>(
    db: &C,
    operation_id: &str,
    pages: &[FinishedPage],
) -> Result<Vec<Vec<u8>>, DbErr> {
    let texts =
        |text: fn(&FinishedPage) -> &str| -> Vec<String> { pages.iter().map(|p| text(p).to_string()).collect() };
    hashes(
        db,
        "UPDATE scrape_pages SET state = CASE WHEN done.reason = '' THEN 'done' ELSE 'failed' END,
                outcome = done.outcome, reason = done.reason, message = done.message, fields = done.fields,
                attempts = attempts + 1, finished_at = now()
         FROM unnest($2::bytea[], $3::text[], $4::text[], $5::text[], $6::int[])
              AS done(key, outcome, reason, message, fields)
         WHERE operation_id = $1 AND page_key = done.key AND state = 'pending' RETURNING page_key AS hash",
        [
            operation_id.into(),
            pages.iter().map(|page| page.key.clone()).collect::<Vec<_>>().into(),
            texts(|page| &page.outcome).into(),
            texts(|page| &page.reason).into(),
            texts(|page| &page.message).into(),
            pages.iter().map(|page| page.fields).collect::<Vec<_>>().into(),
        ],
    )
    .await
}

/// Puts the failed pages of a crawl back into its frontier.
///
/// # Errors
/// Database errors.
pub async fn reopen_failed<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<(), DbErr> {
    let sql = "UPDATE scrape_pages SET state = 'pending', reason = '', message = '', finished_at = NULL
               WHERE operation_id = $1 AND state = 'failed'";
    execute(db, sql, [operation_id.into()]).await
}

/// Counts the pages of a crawl.
///
/// # Errors
/// Database errors.
pub async fn count_pages<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<Vec<PageCount>, DbErr> {
    PageCount::find_by_statement(statement(
        db,
        "SELECT kind, state, outcome, count(*) AS pages FROM scrape_pages WHERE operation_id = $1 GROUP BY 1, 2, 3",
        [operation_id.into()],
    ))
    .all(db)
    .await
}

/// Lists the failed pages of a crawl, first found first.
///
/// # Errors
/// Database errors.
pub async fn failed_pages<C: ConnectionTrait>(
    db: &C,
    operation_id: &str,
    limit: u64,
) -> Result<Vec<FailedPage>, DbErr> {
    FailedPage::find_by_statement(statement(
        db,
        "SELECT url, reason, message, attempts FROM scrape_pages
         WHERE operation_id = $1 AND state = 'failed' ORDER BY position LIMIT $2",
        [operation_id.into(), limit.into()],
    ))
    .all(db)
    .await
}

#[derive(FromQueryResult)]
struct Mask {
    fields: i32,
    pages: i64,
}

/// How many read details had which fields: masks with their counts.
///
/// # Errors
/// Database errors.
pub async fn field_masks<C: ConnectionTrait>(db: &C, operation_id: &str) -> Result<Vec<(i32, i64)>, DbErr> {
    let rows = Mask::find_by_statement(statement(
        db,
        "SELECT fields, count(*) AS pages FROM scrape_pages
         WHERE operation_id = $1 AND state = 'done' AND fields <> 0 GROUP BY 1",
        [operation_id.into()],
    ))
    .all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.fields, row.pages)).collect())
}

/// Marks ads as seen now; returns the hashes of the addresses at which an ad is known.
///
/// # Errors
/// Database errors.
pub async fn see_urls<C: ConnectionTrait>(db: &C, portal: &str, hashes_: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, DbErr> {
    // Rows that a worker holds at the moment are passed over, so that nobody waits.
    hashes(
        db,
        "WITH seen AS (
             UPDATE job_urls SET last_seen_at = now() WHERE portal = $1 AND url_hash = ANY($2)
             RETURNING url_hash, job_id
         ), touched AS (
             UPDATE raw_jobs SET last_seen_at = now() WHERE job_id IN (
                 SELECT job_id FROM raw_jobs WHERE job_id IN (SELECT job_id FROM seen) FOR NO KEY UPDATE SKIP LOCKED)
         ) SELECT url_hash AS hash FROM seen",
        [portal.into(), hashes_.to_vec().into()],
    )
    .await
}

/// Says at which addresses ads stand; `ads` are addresses and content hashes.
///
/// # Errors
/// Database errors.
pub async fn link_urls<C: ConnectionTrait>(db: &C, portal: &str, ads: &[(String, String)]) -> Result<(), DbErr> {
    let (urls, contents): (Vec<String>, Vec<String>) = ads.iter().cloned().unzip();
    let keys: Vec<Vec<u8>> = urls.iter().map(|url| url_hash(url)).collect();
    execute(
        db,
        "INSERT INTO job_urls (portal, url_hash, url, job_id)
         SELECT DISTINCT ON (ad.hash) $1, ad.hash, ad.url, raw_jobs.job_id
         FROM unnest($2::bytea[], $3::text[], $4::text[]) AS ad(hash, url, content)
         JOIN raw_jobs ON raw_jobs.content_hash = ad.content ORDER BY ad.hash
         ON CONFLICT (portal, url_hash) DO UPDATE SET last_seen_at = now(), job_id = excluded.job_id",
        [portal.into(), keys.into(), urls.into(), contents.into()],
    )
    .await
}

/// A listing as it was when it was last read.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromQueryResult)]
pub struct Validators {
    /// The header `ETag`, or empty.
    pub etag: String,
    /// The header `Last-Modified`, or empty.
    pub last_modified: String,
    /// Addresses of the ads it listed.
    pub ads: Vec<String>,
}

/// Reads the validators of a listing, where all of its ads are stored: else it has to be read again.
///
/// # Errors
/// Database errors.
pub async fn validators<C: ConnectionTrait>(db: &C, portal: &str, key: &[u8]) -> Result<Option<Validators>, DbErr> {
    let found = Validators::find_by_statement(statement(
        db,
        "SELECT etag, last_modified, ads FROM scrape_validators WHERE page_key = $1",
        [key.to_vec().into()],
    ))
    .one(db)
    .await?;
    let Some(found) = found else { return Ok(None) };
    let keys: Vec<Vec<u8>> = found.ads.iter().map(|url| url_hash(url)).collect();
    let stored = hashes(
        db,
        "SELECT url_hash AS hash FROM job_urls WHERE portal = $1 AND url_hash = ANY($2)",
        [portal.into(), keys.clone().into()],
    )
    .await?;
    Ok((stored.len() == keys.len()).then_some(found))
}

/// Keeps the validators of a listing.
///
/// # Errors
/// Database errors.
pub async fn keep_validators<C: ConnectionTrait>(db: &C, key: &[u8], validators: &Validators) -> Result<(), DbErr> {
    execute(
        db,
        "INSERT INTO scrape_validators (page_key, etag, last_modified, ads) VALUES ($1, $2, $3, $4)
         ON CONFLICT (page_key) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified,
             ads = excluded.ads, seen_at = now()",
        [
            key.to_vec().into(),
            validators.etag.as_str().into(),
            validators.last_modified.as_str().into(),
            validators.ads.clone().into(),
        ],
    )
    .await
}

/// What is known of hosts.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Host {
    /// Scheme, name and port.
    pub host: String,
    /// As the fetcher wrote it.
    pub state: serde_json::Value,
}

/// Reads the state of a host.
///
/// # Errors
/// Database errors.
pub async fn host<C: ConnectionTrait>(db: &C, host: &str) -> Result<Option<Host>, DbErr> {
    Host::find_by_statement(statement(db, "SELECT host, state FROM scrape_hosts WHERE host = $1", [host.into()]))
        .one(db)
        .await
}

/// Keeps the state of a host.
///
/// # Errors
/// Database errors.
pub async fn keep_host<C: ConnectionTrait>(db: &C, host: &str, state: &serde_json::Value) -> Result<(), DbErr> {
    let sql = "INSERT INTO scrape_hosts (host, state) VALUES ($1, $2)
               ON CONFLICT (host) DO UPDATE SET state = excluded.state, updated_at = now()";
    execute(db, sql, [host.into(), state.clone().into()]).await
}

/// How a crawl went.
#[derive(Debug, Clone, Default, PartialEq, FromQueryResult)]
pub struct ScrapeRun {
    /// ULID of its operation.
    pub operation_id: String,
    /// Portal.
    pub portal: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Search words.
    pub query: String,
    /// Pages fetched.
    pub pages: i32,
    /// Ads seen.
    pub found: i32,
    /// Ads stored.
    pub stored: i32,
    /// Ads that were there.
    pub known: i32,
    /// Pages that failed.
    pub failed: i32,
    /// Ads read.
    pub read_ads: i32,
    /// How many of those had each field.
    pub fields: serde_json::Value,
    /// What was wrong with the spider; may be empty.
    pub problem: String,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
}

/// Keeps how a crawl went; a crawl that is tried again replaces its row.
///
/// # Errors
/// Database errors.
pub async fn keep_run<C: ConnectionTrait>(db: &C, run: &ScrapeRun) -> Result<(), DbErr> {
    execute(
        db,
        "INSERT INTO scrape_runs (operation_id, portal, country, query, pages, found, stored, known, failed, read_ads,
                                  fields, problem)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (operation_id) DO UPDATE SET pages = excluded.pages, found = excluded.found,
             stored = excluded.stored, known = excluded.known, failed = excluded.failed, read_ads = excluded.read_ads,
             fields = excluded.fields, problem = excluded.problem, ended_at = now()",
        [
            run.operation_id.as_str().into(),
            run.portal.as_str().into(),
            run.country.as_str().into(),
            run.query.as_str().into(),
            run.pages.into(),
            run.found.into(),
            run.stored.into(),
            run.known.into(),
            run.failed.into(),
            run.read_ads.into(),
            run.fields.clone().into(),
            run.problem.as_str().into(),
        ],
    )
    .await
}

/// The newest crawls of a portal, newest first; an empty country means all.
///
/// # Errors
/// Database errors.
pub async fn runs<C: ConnectionTrait>(
    db: &C,
    portal: &str,
    country: &str,
    limit: u64,
) -> Result<Vec<ScrapeRun>, DbErr> {
    ScrapeRun::find_by_statement(statement(
        db,
        "SELECT * FROM scrape_runs WHERE portal = $1 AND ($2 = '' OR country = $2) ORDER BY ended_at DESC LIMIT $3",
        [portal.into(), country.into(), limit.into()],
    ))
    .all(db)
    .await
}
