//! Skills of similar meaning.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use observatory_proto::Error;
use observatory_store::{
    embeddings::{self, Filter, Near},
    into_error,
};
use sea_orm::DatabaseConnection;

use crate::vectors::Vectors;

/// How old a count of matches may be: it takes longer than the search.
const FRESH: Duration = Duration::from_secs(5);
/// Filters whose counts are kept at once.
const FILTERS: usize = 1_000;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Query {
    /// In free words.
    pub text: String,
    /// Which skills.
    pub filter: Filter,
    /// At most this many.
    pub limit: u64,
    /// Only skills at least this similar.
    pub min_similarity: f32,
}

/// A skill of similar meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The skill.
    pub near: Near,
    /// Calibrated similarity, 0 to 1.
    pub similarity: f32,
    /// Why, in a sentence.
    pub reason: String,
}

/// What was found, and among how many.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Most similar first.
    pub skills: Vec<Similar>,
    /// Skills with a vector that match the filter.
    pub searched: i64,
}

/// Counts of matches by filter, for a moment.
#[derive(Default)]
pub struct Counts {
    kept: Mutex<HashMap<Filter, (i64, Instant)>>,
}

impl Counts {
    /// Forgets all: vectors or mentions were stored.
    pub fn forget(&self) {
        self.lock().clear();
    }

    fn get(&self, filter: &Filter) -> Option<i64> {
        self.lock().get(filter).filter(|(_, at)| at.elapsed() < FRESH).map(|(count, _)| *count)
    }

    fn set(&self, filter: Filter, count: i64) {
        let mut kept = self.lock();
        if kept.len() >= FILTERS {
            kept.clear();
        }
        kept.insert(filter, (count, Instant::now()));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Filter, (i64, Instant)>> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Finds the skills nearest to a text.
///
/// # Errors
/// UNAVAILABLE where Postgres is; OVERLOADED where too many texts wait for the model.
pub async fn search(
    db: &DatabaseConnection,
    vectors: &Vectors,
    counts: &Counts,
    query: Query,
) -> Result<Answer, Error> {
    let corrected = vectors.corrected().await?;
    let vector = vectors.embed_one(&query.text).await?;
    let searched = match counts.get(&query.filter) {
        Some(count) => count,
        None => {
            let count = embeddings::count(db, &corrected.model, &query.filter).await.map_err(into_error)?;
            counts.set(query.filter.clone(), count);
            count
        }
    };
    let of_query = (vector.raw.as_slice(), vector.centred.as_slice());
    let near = embeddings::nearest(db, &corrected.model, &query.filter, of_query, query.limit, searched);
    let skills = near.await.map_err(into_error)?.into_iter().map(|near| {
        let cosine = near.centred_cosine as f32;
        let similarity = corrected.correction.similarity(cosine);
        Similar { similarity, reason: corrected.correction.reason(cosine), near }
    });
    let skills: Vec<Similar> = skills.filter(|skill| skill.similarity >= query.min_similarity).collect();
    Ok(Answer { searched: searched.max(skills.len() as i64), skills })
}
