//! From a free text to the concepts that it may mean: by labels, words and letters, and vectors together.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use observatory_extraction::{
    esco::{EscoConcept, SkillType},
    link::{Linker, without_gloss},
    text::fold::fold_phrase,
};
use observatory_proto::Error;
use observatory_store::{
    embeddings::{self, Concept, Vector},
    extraction, into_error,
};
use rustc_hash::FxHashMap;
use sea_orm::DatabaseConnection;

use crate::vectors::{Corrected, Vectors};

/// How old the look at the editions may be.
const FRESH: Duration = Duration::from_secs(2);
/// Candidates by words, and labels by vectors.
const CANDIDATES: usize = 50;
/// What a cosine weighs beside the likeness of words: from 1.5 to 2 is best on both sets of labelled phrases.
const COSINE: f32 = 1.5;
/// From likeness to the share of such candidates that are right, fitted on the same phrases: slope and offset, with a
/// vector and without.
const WITH_VECTOR: (f32, f32) = (3.2, -7.0);
const WITHOUT: (f32, f32) = (2.9, -4.6);
/// Scores of texts that equal a label lie above this, all others below.
const EXACT: f32 = 0.95;

/// A concept that a text may mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The concept.
    pub concept: Concept,
    /// 0 to 1.
    pub score: f32,
    /// The label that came nearest.
    pub label: String,
    /// Whether the text equals a label.
    pub exact: bool,
    /// Likeness of words and letters, 0 to 1.
    pub text_score: f32,
    /// Calibrated similarity of the vectors, where the concept has one.
    pub vector_score: Option<f32>,
}

/// The concepts of one edition, ready to be ranked.
pub struct Index {
    /// The concepts; ESCO's only where no own one names them.
    pub concepts: Vec<Concept>,
    linker: Linker,
    by_name: HashMap<String, Vec<usize>>,
    editions: (Option<String>, Option<String>),
}

impl Index {
    /// Indexes all concepts.
    pub fn new(all: Vec<Concept>) -> Self {
        let named: FxHashMap<String, ()> =
            all.iter().filter(|c| !c.is_esco && !c.esco_uri.is_empty()).map(|c| (c.esco_uri.clone(), ())).collect();
        let (own_or_new, named): (Vec<Concept>, Vec<Concept>) =
            all.into_iter().partition(|concept| !concept.is_esco || !named.contains_key(&concept.concept_uri));
        let of_esco: FxHashMap<&str, &Concept> = named.iter().map(|c| (c.concept_uri.as_str(), c)).collect();
        let mut concepts = own_or_new;
        for concept in concepts.iter_mut().filter(|concept| !concept.is_esco) {
            let esco = of_esco.get(concept.esco_uri.as_str());
            for label in esco.into_iter().flat_map(|esco| [&esco.name, &esco.name_es].into_iter().chain(&esco.labels)) {
                if !label.is_empty() && *label != concept.name && !concept.labels.contains(label) {
                    concept.labels.push(label.clone());
                }
            }
        }
        let linker = linker(&concepts, &of_esco);
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, concept) in concepts.iter().enumerate() {
            let esco = of_esco.get(concept.esco_uri.as_str()).filter(|_| !concept.is_esco);
            let names = [&concept.name, &concept.name_es].into_iter();
            for name in names.chain(esco.into_iter().flat_map(|esco| [&esco.name, &esco.name_es])) {
                let places = by_name.entry(name.clone()).or_default();
                if !name.is_empty() && !places.contains(&at) {
                    places.push(at);
                }
            }
        }
        Self { concepts, linker, by_name, editions: (None, None) }
    }

    /// The names of a concept that may have a vector.
    fn names(&self, at: usize) -> impl Iterator<Item = &String> {
        let concept = &self.concepts[at];
        let labels = if concept.is_esco { &[][..] } else { &concept.labels[..] };
        let labels =
            labels.iter().filter(move |label| self.by_name.get(*label).is_some_and(|places| places.contains(&at)));
        [&concept.name, &concept.name_es].into_iter().filter(|name| !name.is_empty()).chain(labels)
    }
}

/// Ranks by words: own concepts go in as if they were ESCO's.
fn linker(concepts: &[Concept], of_esco: &FxHashMap<&str, &Concept>) -> Linker {
    let entry = |concept: &Concept| EscoConcept {
        concept_uri: concept.concept_uri.clone(),
        skill_type: match concept.kind.as_str() {
            kind if concept.is_esco => SkillType::parse(kind),
            "soft_skill" => SkillType::SkillCompetence,
            _ => SkillType::Knowledge,
        },
        preferred_label_en: concept.name.clone(),
        preferred_label_es: Some(concept.name_es.clone()).filter(|name| !name.is_empty()),
        alternative_labels_en: concept.labels.clone(),
        ..EscoConcept::default()
    };
    let entries: Vec<EscoConcept> = concepts.iter().map(entry).collect();
    let mut more: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for concept in concepts.iter().filter(|concept| !concept.is_esco) {
        let short = concept.labels.iter().map(String::as_str).filter(|label| label.split(' ').count() <= 2);
        let esco = of_esco.get(concept.esco_uri.as_str());
        let names = esco.into_iter().flat_map(|esco| [esco.name.as_str(), esco.name_es.as_str()]);
        more.insert(&concept.concept_uri, short.chain(names).filter(|label| !label.is_empty()).collect());
    }
    Linker::with_labels(&entries, &more)
}

/// Hands out the index of the editions in the database.
pub struct Concepts {
    db: DatabaseConnection,
    current: Mutex<Option<(Arc<Index>, Instant)>>,
    building: tokio::sync::Mutex<()>,
}

impl Concepts {
    /// Nothing is read before the first use.
    pub fn new(db: DatabaseConnection) -> Self {
        Self { db, current: Mutex::new(None), building: tokio::sync::Mutex::new(()) }
    }

    /// The index, at most two seconds behind an import.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres is.
    pub async fn index(&self) -> Result<Arc<Index>, Error> {
        if let Some(index) = self.current(|_, at| at.elapsed() < FRESH) {
            return Ok(index);
        }
        let _building = self.building.lock().await;
        let read = async |dataset| extraction::dataset_version(&self.db, dataset).await.map_err(into_error);
        let editions = (read("taxonomy").await?, read("esco").await?);
        let index = match self.current(|index, _| index.editions == editions) {
            Some(index) => index,
            None => {
                let concepts = embeddings::concepts(&self.db).await.map_err(into_error)?;
                let built = tokio::task::spawn_blocking(move || Index { editions, ..Index::new(concepts) });
                Arc::new(built.await.map_err(|panic| Error::internal(format!("concepts can't be indexed: {panic}")))?)
            }
        };
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some((index.clone(), Instant::now()));
        Ok(index)
    }

    fn current(&self, holds: impl Fn(&Index, Instant) -> bool) -> Option<Arc<Index>> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|(index, at)| holds(index, *at)).map(|(index, _)| index.clone())
    }
}

/// What is known of a candidate.
#[derive(Default)]
struct Evidence {
    words: f32,
    /// The best cosine, and its label.
    vector: Option<(f32, String)>,
}

/// The concepts that a text may mean, best first. Without vectors, words and letters decide.
///
/// # Errors
/// UNAVAILABLE where Postgres is; OVERLOADED where too many texts wait for the model.
pub async fn link(
    db: &DatabaseConnection,
    index: &Arc<Index>,
    vectors: Option<&Vectors>,
    text: &str,
    limit: usize,
    esco_only: bool,
) -> Result<Vec<Link>, Error> {
    let mut candidates: BTreeMap<usize, Evidence> = BTreeMap::new();
    let (ranking, phrase) = (index.clone(), text.to_string());
    let wanted = CANDIDATES.max(limit);
    let ranked = tokio::task::spawn_blocking(move || ranking.linker.rank(&phrase, wanted)).await;
    for (at, words) in ranked.map_err(|panic| Error::internal(format!("linking panicked: {panic}")))? {
        candidates.entry(at).or_default().words = words;
    }
    let corrected = match vectors {
        Some(vectors) => {
            let (corrected, vector) = (vectors.corrected().await?, vectors.embed_one(text).await?);
            add_vectors(db, index, &corrected, &vector, wanted as u64, &mut candidates).await?;
            Some(corrected)
        }
        None => None,
    };
    let folded = fold_phrase(text);
    let mut links: Vec<Link> = candidates
        .into_iter()
        .filter(|(at, _)| !esco_only || !index.concepts[*at].esco_uri.is_empty())
        .map(|(at, evidence)| judge(&index.concepts[at], evidence, &folded, corrected.as_deref()))
        .collect();
    links.sort_by(|a, b| {
        let own = |link: &Link| link.concept.is_esco;
        b.exact.cmp(&a.exact).then(b.score.total_cmp(&a.score)).then(own(a).cmp(&own(b)))
    });
    links.truncate(limit);
    Ok(links)
}

async fn add_vectors(
    db: &DatabaseConnection,
    index: &Index,
    corrected: &Corrected,
    vector: &Vector,
    limit: u64,
    candidates: &mut BTreeMap<usize, Evidence>,
) -> Result<(), Error> {
    let near = embeddings::nearest_labels(db, &corrected.model, &vector.centred, limit).await.map_err(into_error)?;
    let names: Vec<String> = candidates.keys().flat_map(|at| index.names(*at).cloned()).collect();
    let others = embeddings::cosines(db, &corrected.model, &vector.centred, names).await.map_err(into_error)?;
    for found in near.into_iter().chain(others) {
        let cosine = found.cosine as f32;
        for at in index.by_name.get(&found.label).into_iter().flatten() {
            let evidence = candidates.entry(*at).or_default();
            if evidence.vector.as_ref().is_none_or(|(best, _)| cosine > *best) {
                evidence.vector = Some((cosine, found.label.clone()));
            }
        }
    }
    Ok(())
}

fn judge(concept: &Concept, evidence: Evidence, folded: &str, corrected: Option<&Corrected>) -> Link {
    let labels = || [&concept.name, &concept.name_es].into_iter().chain(&concept.labels).filter(|l| !l.is_empty());
    let equal = labels().find(|label| !folded.is_empty() && fold_phrase(without_gloss(label)) == folded);
    let (share, (slope, offset)) = match &evidence.vector {
        Some((cosine, _)) => (evidence.words + COSINE * cosine, WITH_VECTOR),
        None => (evidence.words, WITHOUT),
    };
    let share = 1.0 / (1.0 + (-(slope * share + offset)).exp());
    let score = if equal.is_some() { EXACT + (1.0 - EXACT) * share } else { EXACT * share };
    let lettered = || labels().max_by(|a, b| letters(a, folded).total_cmp(&letters(b, folded)));
    let label = match (&equal, &evidence.vector) {
        (Some(label), _) => (*label).clone(),
        (None, Some((cosine, label))) if COSINE * cosine > evidence.words => label.clone(),
        _ => lettered().cloned().unwrap_or_default(),
    };
    Link {
        score,
        exact: equal.is_some(),
        text_score: if equal.is_some() { 1.0 } else { evidence.words.clamp(0.0, 1.0) },
        vector_score: evidence.vector.zip(corrected).map(|((cosine, _), c)| c.correction.similarity(cosine)),
        label,
        concept: concept.clone(),
    }
}

/// Share of letter triples that a label has in common with a folded text.
fn letters(label: &str, folded: &str) -> f32 {
    let triples = |text: &str| {
        let padded: Vec<char> = format!("  {text} ").chars().collect();
        padded.windows(3).map(<[char]>::to_vec).collect::<std::collections::BTreeSet<_>>()
    };
    let (a, b) = (triples(&fold_phrase(label)), triples(folded));
    a.intersection(&b).count() as f32 / a.union(&b).count().max(1) as f32
}
