//! Storing ads: each once.

use std::collections::HashSet;

use observatory_postings::{NewAd, Period};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};

#[derive(FromQueryResult)]
struct Stored {
    content_hash: String,
}

/// Stores the ads that aren't there yet; returns the hashes of those it stored.
/// Of ads with the same hash in one call, the first wins. Ads that were there
/// get a new `last_seen_at`.
///
/// # Errors
/// Database errors; then nothing of this call is stored.
pub async fn insert<C: ConnectionTrait>(db: &C, ads: &[NewAd]) -> Result<HashSet<String>, DbErr> {
    let mut seen = HashSet::new();
    let ads: Vec<_> = ads.iter().filter(|ad| seen.insert(ad.content_hash.as_str())).collect();
    let texts = |text: fn(&NewAd) -> &str| -> Vec<String> { ads.iter().map(|ad| text(ad).to_string()).collect() };
    // What isn't known is an empty text on the way: arrays of NULLs have no type of their own.
    let written =
        |text: &dyn Fn(&NewAd) -> Option<String>| ads.iter().map(|ad| text(ad).unwrap_or_default()).collect::<Vec<_>>();
    // One order for everybody: two imports of the same file would wait for each other.
    let rows = Stored::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "INSERT INTO raw_jobs (job_id, portal, country, url, title, company, location, description, requirements,
                               salary_raw, contract_type, remote_type, posted_date, listed_date, content_hash,
                               posted_exact, valid_through, salary_min, salary_max, salary_currency, salary_period,
                               contract_kind, hours_kind, remote_kind, raw_html)
         SELECT job_id, portal, country, url, title, company, location, description, requirements,
                salary_raw, contract_type, remote_type, nullif(posted_date, '')::date, listed_date::date, content_hash,
                posted_exact, nullif(valid_through, '')::date, nullif(salary_min, '')::float8,
                nullif(salary_max, '')::float8, nullif(salary_currency, ''), nullif(salary_period, ''),
                nullif(contract_kind, ''), nullif(hours_kind, ''), nullif(remote_kind, ''), nullif(raw_html, '')
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bool[],
                     $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[],
                     $24::text[], $25::bytea[])
              AS ad(job_id, portal, country, url, title, company, location, description, requirements,
                    salary_raw, contract_type, remote_type, posted_date, listed_date, content_hash, posted_exact,
                    valid_through, salary_min, salary_max, salary_currency, salary_period, contract_kind, hours_kind,
                    remote_kind, raw_html)
         ORDER BY content_hash
         ON CONFLICT (content_hash) DO NOTHING RETURNING content_hash",
        [
            ads.iter().map(|ad| ad.job_id).collect::<Vec<_>>().into(),
            texts(|ad| &ad.ad.portal).into(),
            texts(|ad| &ad.ad.country).into(),
            texts(|ad| &ad.ad.url).into(),
            texts(|ad| &ad.ad.title).into(),
            texts(|ad| &ad.ad.company).into(),
            texts(|ad| &ad.ad.location).into(),
            texts(|ad| &ad.ad.description).into(),
            texts(|ad| &ad.ad.requirements).into(),
            texts(|ad| &ad.ad.salary_raw).into(),
            texts(|ad| &ad.ad.contract_type).into(),
            texts(|ad| &ad.ad.remote_type).into(),
            ads.iter().map(|ad| ad.posted_date.map_or(String::new(), |day| day.to_string())).collect::<Vec<_>>().into(),
            ads.iter().map(|ad| ad.listed_date.to_string()).collect::<Vec<_>>().into(),
            texts(|ad| &ad.content_hash).into(),
            ads.iter().map(|ad| ad.posted_exact).collect::<Vec<_>>().into(),
            written(&|ad| ad.valid_through.map(|day| day.to_string())).into(),
            written(&|ad| ad.salary?.min.map(|amount| amount.to_string())).into(),
            written(&|ad| ad.salary?.max.map(|amount| amount.to_string())).into(),
            written(&|ad| ad.salary?.currency.map(str::to_string)).into(),
            written(&|ad| Some(ad.salary?.period).filter(|p| *p != Period::Unknown).map(|p| p.as_str().to_string()))
                .into(),
            written(&|ad| ad.contract.map(|kind| kind.as_str().to_string())).into(),
            written(&|ad| ad.hours.map(|kind| kind.as_str().to_string())).into(),
            written(&|ad| ad.remote.map(|kind| kind.as_str().to_string())).into(),
            ads.iter().map(|ad| ad.raw_html.clone().unwrap_or_default()).collect::<Vec<_>>().into(),
        ],
    ))
    .all(db)
    .await?;
    let stored: HashSet<String> = rows.into_iter().map(|row| row.content_hash).collect();
    let known: Vec<String> = seen.into_iter().filter(|hash| !stored.contains(*hash)).map(str::to_string).collect();
    if !known.is_empty() {
        see_again(db, known).await?;
    }
    Ok(stored)
}

/// Rows that a worker holds at the moment are passed over, so that nobody waits.
async fn see_again<C: ConnectionTrait>(db: &C, hashes: Vec<String>) -> Result<(), DbErr> {
    db.execute_raw(Statement::from_sql_and_values(
        db.get_database_backend(),
        "UPDATE raw_jobs SET last_seen_at = now() WHERE job_id IN (
             SELECT job_id FROM raw_jobs WHERE content_hash = ANY($1) FOR NO KEY UPDATE SKIP LOCKED)",
        [hashes.into()],
    ))
    .await?;
    Ok(())
}
