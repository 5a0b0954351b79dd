//! Extracting from stored ads: read, extract, write.

use std::{collections::HashSet, sync::Arc};

use observatory_extraction::{
    demand::Necessity,
    emerging::Candidate,
    extract::{Extras, Skill, title_len},
    matcher::Scratch,
    taxonomy::URI_PREFIX,
};
use observatory_proto::Error;
use observatory_store::{
    effects,
    extraction::{self, CandidateMention, CleanAd, Mention, Versions},
    into_error,
};
use sea_orm::{DatabaseConnection, TransactionTrait};
use uuid::Uuid;

use crate::loaded::Loaded;

/// What became of the ads.
pub struct Extracted {
    /// Ads whose skills are stored now.
    pub extracted: HashSet<Uuid>,
}

/// Finds the skills of cleaned, usable ads and stores them in one transaction;
/// other ids are left out of the answer. An ad that this operation has stored
/// before stays as it is.
///
/// # Errors
/// UNAVAILABLE where Postgres is; then nothing was written.
pub async fn extract_jobs(
    db: &DatabaseConnection,
    loaded: Arc<Loaded>,
    ids: &[Uuid],
    operation_id: &str,
) -> Result<Extracted, Error> {
    let ads = extraction::read(db, ids).await.map_err(into_error)?;
    let found: Vec<Uuid> = ads.iter().map(|ad| ad.job_id).collect();
    extraction::set_status(db, &found, "in_progress").await.map_err(into_error)?;
    match find_and_store(db, loaded, ads, &found, operation_id).await {
        Ok(()) => Ok(Extracted { extracted: found.into_iter().collect() }),
        Err(error) => {
            // What fails here too waits as `in_progress`, and is found again like that.
            let _ = extraction::set_status(db, &found, "failed").await;
            Err(error)
        }
    }
}

async fn find_and_store(
    db: &DatabaseConnection,
    loaded: Arc<Loaded>,
    ads: Vec<CleanAd>,
    ids: &[Uuid],
    operation_id: &str,
) -> Result<(), Error> {
    let versions = Versions { extractor: loaded.extractor_version(), taxonomy: loaded.taxonomy_version.clone() };
    let found = tokio::task::spawn_blocking(move || find(&loaded, &ads))
        .await
        .map_err(|panic| Error::internal(format!("extraction panicked: {panic}")))?;
    let tasks: Vec<_> = ids.iter().map(|id| (id.to_string(), "extracted".to_string())).collect();

    let txn = db.begin().await.map_err(into_error)?;
    let before = effects::claim(&txn, operation_id, &tasks).await.map_err(into_error)?;
    let is_fresh = |id: Uuid| !before.contains_key(&id.to_string());
    let fresh: Vec<Uuid> = ids.iter().copied().filter(|id| is_fresh(*id)).collect();
    let (mut mentions, mut candidates) = found;
    mentions.retain(|mention| is_fresh(mention.job_id));
    candidates.retain(|candidate| is_fresh(candidate.job_id));
    extraction::write(&txn, &fresh, &mentions, &candidates, &versions).await.map_err(into_error)?;
    let done: Vec<Uuid> = ids.iter().copied().filter(|id| before.contains_key(&id.to_string())).collect();
    extraction::set_status(&txn, &done, "completed").await.map_err(into_error)?;
    txn.commit().await.map_err(into_error)
}

fn find(loaded: &Loaded, ads: &[CleanAd]) -> (Vec<Mention>, Vec<CandidateMention>) {
    let mut scratch = Scratch::default();
    let extras = Extras { candidates: true, ..Extras::default() };
    let (mut mentions, mut candidates) = (Vec::new(), Vec::new());
    for ad in ads {
        let title = if ad.title_cleaned.is_empty() { 0 } else { title_len(&ad.combined_text) };
        let extraction = loaded.extractor.extract_with(&ad.combined_text, title, extras, &mut scratch);
        let asked = extraction.skills.into_iter().filter(|skill| loaded.extractor.is_asked(skill));
        mentions.extend(asked.map(|skill| mention(ad.job_id, skill)));
        candidates.extend(extraction.candidates.into_iter().map(|found| candidate(ad.job_id, found)));
    }
    (mentions, candidates)
}

fn candidate(job_id: Uuid, found: Candidate) -> CandidateMention {
    CandidateMention {
        job_id,
        pattern: found.pattern.as_str().into(),
        span_start: found.span.char_start as i32,
        span_end: found.span.char_end as i32,
        phrase: found.phrase,
        surface: found.surface,
    }
}

fn mention(job_id: Uuid, skill: Skill) -> Mention {
    Mention {
        job_id,
        extraction_method: skill.method.as_str().into(),
        confidence_score: skill.confidence,
        source_section: skill.section.as_str().into(),
        span_start: skill.span.char_start as i32,
        span_end: skill.span.char_end as i32,
        esco_uri: skill.esco_uri.as_deref().map(str::to_string),
        skill_id: skill_id(&skill.concept_uri).into(),
        concept_uri: skill.concept_uri.to_string(),
        name_es: skill.name_es.as_deref().unwrap_or_default().to_string(),
        necessity: match skill.necessity() {
            Necessity::Required => "required".into(),
            Necessity::Desirable => "desirable".into(),
            Necessity::Unstated => String::new(),
        },
        years_min: skill.demand.years_min,
        years_max: skill.demand.years_max,
        level: skill.demand.level.map(|level| level.as_str().to_lowercase()).unwrap_or_default(),
        implied_by: skill.implied_by.as_deref().unwrap_or_default().to_string(),
        normalized_skill: skill.name.to_string(),
        skill_kind: skill.kind.to_string(),
        reason: skill.reason(),
        skill_type: if skill.implied_by.is_some() { "implicit" } else { "explicit" }.into(),
        version: skill.version.unwrap_or_default(),
        skill_text: skill.surface,
    }
}

/// The short id in a concept's URI: the taxonomy's own, or the UUID of an ESCO concept.
pub fn skill_id(concept_uri: &str) -> &str {
    match concept_uri.strip_prefix(URI_PREFIX) {
        Some(id) => id,
        None => concept_uri.rsplit('/').next().unwrap_or(concept_uri),
    }
}
