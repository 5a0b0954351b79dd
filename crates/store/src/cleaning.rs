//! What the cleaner reads and writes.

use std::collections::HashSet;

use observatory_proto::{Error, Reason};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use crate::{execute, into_error};

/// What was extracted from an ad goes when its text changes.
const OF_EXTRACTION: [&str; 2] = ["extracted_skills", "skill_candidates"];

/// An ad as it came in.
#[derive(Debug, Clone, FromQueryResult)]
pub struct RawAd {
    /// Its id.
    pub job_id: Uuid,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// As posted.
    pub title: String,
    /// As posted.
    pub company: String,
    /// As posted.
    pub location: String,
    /// HTML or text.
    pub description: String,
    /// HTML or text.
    pub requirements: String,
}

/// An ad after cleaning.
#[derive(Debug, Clone)]
pub struct CleanedRow {
    /// Its id.
    pub job_id: Uuid,
    /// As text.
    pub title_cleaned: String,
    /// As text.
    pub description_cleaned: String,
    /// As text.
    pub requirements_cleaned: String,
    /// What skills are extracted from.
    pub combined_text: String,
    /// Words in it.
    pub combined_word_count: i32,
    /// ISO 639-1, or `und`.
    pub detected_language: String,
    /// 0 to 1.
    pub language_confidence: f32,
    /// `too_short`, `wrong_language`, `spam`, `duplicate`; `None` where usable.
    pub unusable_reason: Option<String>,
    /// The same for people.
    pub unusable_detail: String,
    /// MinHash signature.
    pub signature: Vec<u8>,
    /// LSH bands.
    pub bands: Vec<i64>,
}

/// A usable ad that may be the same as another.
#[derive(Debug, Clone, FromQueryResult)]
pub struct Candidate {
    /// Its id.
    pub job_id: Uuid,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// As posted.
    pub location: String,
    /// MinHash signature.
    pub signature: Vec<u8>,
}

#[derive(FromQueryResult)]
struct Id {
    job_id: Uuid,
}

/// Ads to clean, oldest first: not cleaned yet, or all with `again`.
///
/// # Errors
/// Database errors.
pub async fn pending<C: ConnectionTrait>(db: &C, country: &str, limit: u64, again: bool) -> Result<Vec<Uuid>, DbErr> {
    let rows = Id::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT job_id FROM raw_jobs WHERE ($1 OR NOT is_processed) AND ($2 = '' OR country = $2)
         ORDER BY scraped_at, listed_date, job_id LIMIT $3",
        [again.into(), country.into(), (limit as i64).into()],
    ))
    .all(db)
    .await?;
    Ok(rows.into_iter().map(|row| row.job_id).collect())
}

/// The ids, each once and in order; all of them must be stored ads.
///
/// # Errors
/// [`Reason::JobNotFound`] with the first unknown id.
pub async fn all_known<C: ConnectionTrait>(db: &C, job_ids: &[String]) -> Result<Vec<Uuid>, Error> {
    let ids = distinct(job_ids);
    let rows = Id::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT job_id FROM raw_jobs WHERE job_id = ANY($1)",
        [ids.clone().into()],
    ))
    .all(db)
    .await
    .map_err(into_error)?;
    let known: HashSet<Uuid> = rows.into_iter().map(|row| row.job_id).collect();
    let unknown: Vec<&Uuid> = ids.iter().filter(|id| !known.contains(id)).collect();
    match unknown.first() {
        None => Ok(ids),
        Some(id) => Err(Error::not_found(Reason::JobNotFound, "job", &id.to_string())
            .with_field("job_ids", format!("{} of {} ids are no stored ads", unknown.len(), ids.len()))),
    }
}

/// The ids that can be parsed, each once and in order.
pub fn distinct(job_ids: &[String]) -> Vec<Uuid> {
    let mut seen = HashSet::new();
    job_ids.iter().filter_map(|id| id.parse().ok()).filter(|id| seen.insert(*id)).collect()
}

/// Reads ads, oldest first; unknown ids are left out.
///
/// # Errors
/// Database errors.
pub async fn read<C: ConnectionTrait>(db: &C, ids: &[Uuid]) -> Result<Vec<RawAd>, DbErr> {
    RawAd::find_by_statement(Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT job_id, country, title, company, location, description, requirements FROM raw_jobs
         WHERE job_id = ANY($1) ORDER BY scraped_at, listed_date, job_id",
        [ids.to_vec().into()],
    ))
    .all(db)
    .await
}

/// One cleaner at a time decides which ads repeat which, or two could each take
/// the other for new. Held until the transaction ends, so what takes long comes before.
///
/// # Errors
/// Database errors.
pub async fn lock_duplicates<C: ConnectionTrait>(txn: &C) -> Result<(), DbErr> {
    txn.execute_unprepared("SELECT pg_advisory_xact_lock(hashtext('observatory.duplicates'))").await.map(|_| ())
}

/// Usable ads that share a band with any of `bands`, those of `except` left out.
///
/// # Errors
/// Database errors.
pub async fn candidates<C: ConnectionTrait>(txn: &C, bands: &[i64], except: &[Uuid]) -> Result<Vec<Candidate>, DbErr> {
    Candidate::find_by_statement(Statement::from_sql_and_values(
        txn.get_database_backend(),
        "SELECT c.job_id, j.country, j.location, c.signature
         FROM (SELECT DISTINCT d.job_id FROM unnest($1::bigint[]) AS wanted(band) JOIN duplicate_bands d USING (band)) near
         JOIN cleaned_jobs c USING (job_id) JOIN raw_jobs j USING (job_id)
         WHERE c.is_usable AND c.job_id <> ALL($2)
         ORDER BY j.scraped_at, j.listed_date, c.job_id",
        [bands.to_vec().into(), except.to_vec().into()],
    ))
    .all(txn)
    .await
}

/// Stores cleaned ads, replacing what was there. Where the text changed, skills
/// found in the old one are removed and the ad waits for extraction again. Repeats
/// are told apart afterwards, under [`lock_duplicates`].
///
/// # Errors
/// Database errors.
pub async fn write<C: ConnectionTrait>(txn: &C, rows: &[CleanedRow], version: &str) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.job_id).collect();
    let texts: Vec<String> = rows.iter().map(|row| row.combined_text.clone()).collect();
    let usable: Vec<bool> = rows.iter().map(|row| row.unusable_reason.is_none()).collect();
    let changed = "SELECT c.job_id FROM cleaned_jobs c
         JOIN unnest($1::uuid[], $2::text[], $3::bool[]) AS new(job_id, text, usable) USING (job_id)
         WHERE c.combined_text <> new.text OR c.is_usable <> new.usable";
    let stale = [ids.clone().into(), texts.into(), usable.into()];
    for table in OF_EXTRACTION {
        execute(txn, &format!("DELETE FROM {table} WHERE job_id IN ({changed})"), stale.clone()).await?;
    }
    execute(
        txn,
        &format!(
            "UPDATE raw_jobs SET extraction_status = 'pending', extraction_completed_at = NULL WHERE job_id IN ({changed})"
        ),
        stale,
    )
    .await?;
    upsert(txn, rows, version).await?;
    execute(txn, "UPDATE raw_jobs SET is_processed = true WHERE job_id = ANY($1) AND NOT is_processed", [ids.into()])
        .await
}

/// Marks ads as repeats of others: `(repeat, first, detail)`.
///
/// # Errors
/// Database errors.
pub async fn mark_duplicates<C: ConnectionTrait>(txn: &C, repeats: &[(Uuid, Uuid, String)]) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = repeats.iter().map(|(repeat, ..)| *repeat).collect();
    for table in OF_EXTRACTION {
        execute(txn, &format!("DELETE FROM {table} WHERE job_id = ANY($1)"), [ids.clone().into()]).await?;
    }
    execute(
        txn,
        "UPDATE cleaned_jobs SET is_usable = false, unusable_reason = 'duplicate', duplicate_of = first,
             unusable_detail = detail
         FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS found(job_id, first, detail)
         WHERE cleaned_jobs.job_id = found.job_id",
        [
            repeats.iter().map(|(repeat, ..)| *repeat).collect::<Vec<_>>().into(),
            repeats.iter().map(|(_, first, _)| *first).collect::<Vec<_>>().into(),
            repeats.iter().map(|(.., detail)| detail.clone()).collect::<Vec<_>>().into(),
        ],
    )
    .await
}

/// Replaces the bands of some ads by those of the usable ones among them.
///
/// # Errors
/// Database errors.
pub async fn write_bands<C: ConnectionTrait>(txn: &C, rows: &[CleanedRow]) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.job_id).collect();
    let usable = rows.iter().filter(|row| row.unusable_reason.is_none());
    let (owners, bands): (Vec<Uuid>, Vec<i64>) =
        usable.flat_map(|row| row.bands.iter().map(|band| (row.job_id, *band))).unzip();
    execute(txn, "DELETE FROM duplicate_bands WHERE job_id = ANY($1)", [ids.into()]).await?;
    execute(
        txn,
        "INSERT INTO duplicate_bands (job_id, band) SELECT * FROM unnest($1::uuid[], $2::bigint[]) ON CONFLICT DO NOTHING",
        [owners.into(), bands.into()],
    )
    .await
}

async fn upsert<C: ConnectionTrait>(txn: &C, rows: &[CleanedRow], version: &str) -> Result<(), DbErr> {
    let text = |field: fn(&CleanedRow) -> &str| rows.iter().map(|row| field(row).to_string()).collect::<Vec<_>>();
    execute(
        txn,
        "INSERT INTO cleaned_jobs (job_id, title_cleaned, description_cleaned, requirements_cleaned, combined_text,
             combined_word_count, detected_language, language_confidence, is_usable, unusable_reason, unusable_detail,
             signature, cleaner_version)
         SELECT job_id, title, description, requirements, combined, words, language, confidence, reason = '',
             nullif(reason, ''), detail, signature, $12
         FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], $8::real[],
                     $9::text[], $10::text[], $11::bytea[])
             AS row(job_id, title, description, requirements, combined, words, language, confidence, reason, detail,
                    signature)
         ON CONFLICT (job_id) DO UPDATE SET
             title_cleaned = excluded.title_cleaned, description_cleaned = excluded.description_cleaned,
             requirements_cleaned = excluded.requirements_cleaned, combined_text = excluded.combined_text,
             combined_word_count = excluded.combined_word_count, detected_language = excluded.detected_language,
             language_confidence = excluded.language_confidence, is_usable = excluded.is_usable,
             unusable_reason = excluded.unusable_reason, unusable_detail = excluded.unusable_detail,
             duplicate_of = NULL, signature = excluded.signature,
             cleaner_version = excluded.cleaner_version, cleaned_at = now()",
        [
            rows.iter().map(|row| row.job_id).collect::<Vec<_>>().into(),
            text(|row| &row.title_cleaned).into(),
            text(|row| &row.description_cleaned).into(),
            text(|row| &row.requirements_cleaned).into(),
            text(|row| &row.combined_text).into(),
            rows.iter().map(|row| row.combined_word_count).collect::<Vec<_>>().into(),
            text(|row| &row.detected_language).into(),
            rows.iter().map(|row| row.language_confidence).collect::<Vec<_>>().into(),
            text(|row| row.unusable_reason.as_deref().unwrap_or_default()).into(),
            text(|row| &row.unusable_detail).into(),
            rows.iter().map(|row| row.signature.clone()).collect::<Vec<_>>().into(),
            version.into(),
        ],
    )
    .await
}
