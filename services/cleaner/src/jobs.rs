//! Cleaning stored ads: read, clean, tell repeats apart, write.

use std::{collections::HashMap, sync::Arc};

use observatory_proto::Error;
use observatory_store::{
    cleaning::{self, Candidate, CleanedRow, RawAd},
    effects, into_error,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};
use uuid::Uuid;

use crate::{
    clean::{AdText, CleanedAd, Limits, UnusableReason, clean},
    duplicate::{Signature, is_duplicate, same_place},
};

/// Stored with every cleaned ad.
pub const CLEANER_VERSION: &str = concat!("cleaner-", env!("CARGO_PKG_VERSION"));

/// What became of an ad: `cleaned`, or why it was rejected.
pub type Verdict = Option<UnusableReason>;

/// Cleans stored ads and stores the result in one transaction. Unknown ids are
/// left out of the answer. With an `operation_id`, an ad that this operation
/// has cleaned before stays as it is, and its first verdict is returned.
///
/// # Errors
/// UNAVAILABLE where Postgres is; then nothing was written.
pub async fn clean_jobs(
    db: &DatabaseConnection,
    limits: &Arc<Limits>,
    ids: &[Uuid],
    operation_id: Option<&str>,
) -> Result<HashMap<Uuid, Verdict>, Error> {
    let ads = cleaning::read(db, ids).await.map_err(into_error)?;
    let limits = limits.clone();
    let (ads, cleaned) = tokio::task::spawn_blocking(move || {
        let cleaned: Vec<CleanedAd> = ads.iter().map(|ad| clean(&text_of(ad), &limits)).collect();
        (ads, cleaned)
    })
    .await
    .map_err(|panic| Error::internal(format!("cleaning panicked: {panic}")))?;
    store(db, ads, cleaned, operation_id).await.map_err(into_error)
}

fn text_of(ad: &RawAd) -> AdText<'_> {
    AdText { title: &ad.title, company: &ad.company, description: &ad.description, requirements: &ad.requirements }
}

async fn store(
    db: &DatabaseConnection,
    ads: Vec<RawAd>,
    cleaned: Vec<CleanedAd>,
    operation_id: Option<&str>,
) -> Result<HashMap<Uuid, Verdict>, DbErr> {
    let mut fresh: Vec<(RawAd, CleanedRow)> =
        ads.into_iter().zip(cleaned).map(|(ad, cleaned)| row(ad, cleaned)).collect();
    let mut verdicts = HashMap::new();
    loop {
        if let Some(operation) = operation_id {
            let keys: Vec<String> = fresh.iter().map(|(ad, _)| ad.job_id.to_string()).collect();
            let before = effects::committed_among(db, operation, &keys).await?;
            fresh.retain(|(ad, _)| match before.get(&ad.job_id.to_string()) {
                Some(outcome) => {
                    verdicts.insert(ad.job_id, verdict_of(outcome));
                    false
                }
                None => true,
            });
        }
        if let Some(stored) = store_fresh(db, &fresh, operation_id).await? {
            verdicts.extend(stored);
            return Ok(verdicts);
        }
        // Another delivery of these tasks was faster: its verdicts count.
    }
}

/// Stores ads in one transaction; `None` where another one had stored some of
/// them for this operation, and nothing was written.
async fn store_fresh(
    db: &DatabaseConnection,
    fresh: &[(RawAd, CleanedRow)],
    operation_id: Option<&str>,
) -> Result<Option<HashMap<Uuid, Verdict>>, DbErr> {
    let txn = db.begin().await?;
    let mut rows: Vec<CleanedRow> = fresh.iter().map(|(_, row)| row.clone()).collect();
    cleaning::write(&txn, &rows, CLEANER_VERSION).await?;
    cleaning::lock_duplicates(&txn).await?;
    mark_repeats(&txn, fresh, &mut rows).await?;
    cleaning::write_bands(&txn, &rows).await?;
    let verdicts: HashMap<Uuid, Verdict> =
        rows.iter().map(|row| (row.job_id, row.unusable_reason.as_deref().and_then(reason_named))).collect();
    if let Some(operation) = operation_id {
        let tasks: Vec<_> = verdicts.iter().map(|(id, verdict)| (id.to_string(), outcome(verdict))).collect();
        if !effects::claim(&txn, operation, &tasks).await?.is_empty() {
            txn.rollback().await?;
            return Ok(None);
        }
    }
    txn.commit().await?;
    Ok(Some(verdicts))
}

const REJECTED: &str = "rejected:";

/// The verdict as an effect key keeps it.
fn outcome(verdict: &Verdict) -> String {
    verdict.map_or_else(|| "cleaned".to_string(), |reason| format!("{REJECTED}{}", reason.as_str()))
}

fn verdict_of(outcome: &str) -> Verdict {
    outcome.strip_prefix(REJECTED).and_then(reason_named)
}

fn reason_named(name: &str) -> Option<UnusableReason> {
    [UnusableReason::TooShort, UnusableReason::WrongLanguage, UnusableReason::Spam, UnusableReason::Duplicate]
        .into_iter()
        .find(|reason| reason.as_str() == name)
}

/// Of ads that repeat each other in one country and place, the first one stays.
async fn mark_repeats<C: ConnectionTrait>(
    txn: &C,
    fresh: &[(RawAd, CleanedRow)],
    rows: &mut [CleanedRow],
) -> Result<(), DbErr> {
    let usable = || fresh.iter().zip(0..).filter(|((_, row), _)| row.unusable_reason.is_none());
    let bands: Vec<i64> = usable().flat_map(|((_, row), _)| row.bands.clone()).collect();
    let own: Vec<Uuid> = fresh.iter().map(|(ad, _)| ad.job_id).collect();
    let stored = if bands.is_empty() { Vec::new() } else { cleaning::candidates(txn, &bands, &own).await? };
    let mut known = Known::new(stored);
    let mut repeats = Vec::new();
    for ((ad, row), at) in usable() {
        let Some(signature) = Signature::from_bytes(&row.signature) else { continue };
        if let Some(first) = known.find_or_add(ad, &signature) {
            rows[at].unusable_reason = Some(UnusableReason::Duplicate.as_str().to_string());
            repeats.push((ad.job_id, first, format!("the same ad as {first}")));
        }
    }
    if repeats.is_empty() { Ok(()) } else { cleaning::mark_duplicates(txn, &repeats).await }
}

struct KnownAd {
    id: Uuid,
    location: String,
    signature: Signature,
}

/// Usable ads by country and band.
struct Known {
    ads: Vec<KnownAd>,
    by_band: HashMap<(String, i64), Vec<usize>>,
}

impl Known {
    fn new(stored: Vec<Candidate>) -> Self {
        let mut known = Self { ads: Vec::new(), by_band: HashMap::new() };
        for candidate in stored {
            if let Some(signature) = Signature::from_bytes(&candidate.signature) {
                known
                    .add(&candidate.country, KnownAd { id: candidate.job_id, location: candidate.location, signature });
            }
        }
        known
    }

    fn add(&mut self, country: &str, ad: KnownAd) {
        for band in ad.signature.bands() {
            self.by_band.entry((country.to_string(), band)).or_default().push(self.ads.len());
        }
        self.ads.push(ad);
    }

    fn find_or_add(&mut self, ad: &RawAd, signature: &Signature) -> Option<Uuid> {
        let country = ad.country.clone();
        let mut near: Vec<usize> = signature
            .bands()
            .into_iter()
            .filter_map(|band| self.by_band.get(&(country.clone(), band)))
            .flatten()
            .copied()
            .collect();
        near.sort_unstable();
        near.dedup();
        let found = near
            .into_iter()
            .map(|i| &self.ads[i])
            .find(|other| same_place(&ad.location, &other.location) && is_duplicate(signature, &other.signature))
            .map(|other| other.id);
        if found.is_none() {
            let ad = KnownAd { id: ad.job_id, location: ad.location.clone(), signature: signature.clone() };
            self.add(&country, ad);
        }
        found
    }
}

fn row(ad: RawAd, cleaned: CleanedAd) -> (RawAd, CleanedRow) {
    let row = CleanedRow {
        job_id: ad.job_id,
        bands: cleaned.signature.bands(),
        signature: cleaned.signature.to_bytes(),
        title_cleaned: cleaned.title,
        description_cleaned: cleaned.description,
        requirements_cleaned: cleaned.requirements,
        combined_text: cleaned.combined_text,
        combined_word_count: cleaned.combined_word_count as i32,
        detected_language: cleaned.detected_language.to_string(),
        language_confidence: cleaned.language_confidence,
        unusable_reason: cleaned.unusable_reason.map(|reason| reason.as_str().to_string()),
        unusable_detail: cleaned.unusable_detail,
    };
    (ad, row)
}
