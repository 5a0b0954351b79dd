//! The extractor in use: built from the shipped taxonomy, what reviews added to it, and the imported
//! ESCO edition; built again when another edition is imported, or a review adds something.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use observatory_extraction::{
    esco::{EscoConcept, SkillType},
    extract::Extractor,
    tagger::Tagger,
    taxonomy::{Addition, Alias, Taxonomy, version_with_esco},
};
use observatory_proto::Error;
use observatory_store::{
    entities::{candidate_reviews, esco_taxonomy, taxonomy_additions},
    extraction::{self, OwnConcept},
    into_error,
};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder};

/// How old the look at the editions may be for a quick request.
pub const FRESH: Duration = Duration::from_secs(2);

/// An extractor and what it was built from.
pub struct Loaded {
    /// Finds skills.
    pub extractor: Extractor,
    /// The taxonomy's version, and the ESCO edition's where one is imported.
    pub taxonomy_version: String,
    /// The shipped concepts and those that reviews added.
    taxonomy: Taxonomy,
    editions: Editions,
}

/// What is in the database; none where it isn't.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Editions {
    esco: Option<String>,
    additions: Option<String>,
}

impl Loaded {
    /// Version of the rules.
    pub fn extractor_version(&self) -> String {
        self.extractor.version()
    }
}

/// Hands out the extractor in use.
pub struct Library {
    taxonomy: Taxonomy,
    tagger: Option<Arc<dyn Tagger>>,
    db: DatabaseConnection,
    /// The extractor, and when its editions were last compared. Locked only to copy.
    current: Mutex<Option<(Arc<Loaded>, Instant)>>,
    /// Held while building, so that it happens once.
    building: tokio::sync::Mutex<()>,
}

impl Library {
    /// Nothing is built before the first use.
    pub fn new(taxonomy: Taxonomy, tagger: Option<Arc<dyn Tagger>>, db: DatabaseConnection) -> Self {
        Self { taxonomy, tagger, db, current: Mutex::new(None), building: tokio::sync::Mutex::new(()) }
    }

    /// The extractor for a quick request: at most two seconds behind an import,
    /// and the last one known while Postgres is away.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres has been away since the start.
    pub async fn quick(&self) -> Result<Arc<Loaded>, Error> {
        let last = self.last();
        match &last {
            Some((loaded, checked)) if checked.elapsed() < FRESH => Ok(loaded.clone()),
            Some((loaded, _)) => Ok(self.latest().await.unwrap_or_else(|_| loaded.clone())),
            None => self.latest().await,
        }
    }

    /// The extractor for what is imported and added now.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres is.
    pub async fn latest(&self) -> Result<Arc<Loaded>, Error> {
        let editions = self.editions().await?;
        if let Some(loaded) = self.confirmed(&editions) {
            return Ok(loaded);
        }
        let _building = self.building.lock().await;
        if let Some(loaded) = self.confirmed(&editions) {
            return Ok(loaded);
        }
        let esco = if editions.esco.is_some() { self.read_esco().await? } else { Vec::new() };
        let taxonomy = self.with_additions(editions.additions.as_deref()).await?;
        let tagger = self.tagger.clone();
        let loaded = tokio::task::spawn_blocking(move || build(taxonomy, &esco, editions, tagger))
            .await
            .map_err(|panic| Error::internal(format!("the extractor can't be built: {panic}")))?;
        let loaded = Arc::new(loaded);
        self.set(loaded.clone());
        Ok(loaded)
    }

    /// Writes the concepts in use into the database, for search and for names.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres is.
    pub async fn publish(&self, loaded: &Loaded) -> Result<(), Error> {
        let taxonomy = &loaded.taxonomy;
        let concepts: Vec<OwnConcept> = taxonomy
            .concepts()
            .iter()
            .map(|concept| OwnConcept {
                skill_id: concept.id.clone(),
                concept_uri: concept.uri(),
                name: concept.name.clone(),
                kind: concept.kind.clone(),
                labels: concept
                    .labels
                    .iter()
                    .map(|label| label.text.clone())
                    .filter(|label| *label != concept.name)
                    .collect(),
                parent_uri: concept.parent.as_deref().and_then(|id| taxonomy.get(id)).map(|parent| parent.uri()),
                esco_uri: concept.esco_uri.clone(),
                name_es: concept.name_es.clone().unwrap_or_default(),
                onet: concept.onet.clone(),
                implies: concept.implies.clone(),
                note: concept.ambiguous.clone().unwrap_or_default(),
            })
            .collect();
        extraction::sync_concepts(&self.db, &concepts, taxonomy.version()).await.map_err(into_error)
    }

    async fn editions(&self) -> Result<Editions, Error> {
        let read = async |dataset| extraction::dataset_version(&self.db, dataset).await.map_err(into_error);
        Ok(Editions { esco: read("esco").await?, additions: read("additions").await? })
    }

    /// The shipped taxonomy and what reviews added. A later one may have it too: that is no reason to stop.
    async fn with_additions(&self, edition: Option<&str>) -> Result<Taxonomy, Error> {
        let Some(edition) = edition else { return Ok(self.taxonomy.clone()) };
        let concepts = taxonomy_additions::Entity::find().order_by_asc(taxonomy_additions::Column::SkillId);
        let concepts = concepts.all(&self.db).await.map_err(into_error)?;
        let aliases = candidate_reviews::Entity::find()
            .filter(candidate_reviews::Column::Decision.eq("alias"))
            .order_by_asc(candidate_reviews::Column::Phrase)
            .all(&self.db)
            .await
            .map_err(into_error)?;
        let concepts: Vec<Addition> = concepts.into_iter().map(addition).collect();
        let alias = |review: candidate_reviews::Model| Alias { id: review.skill_id, label: review.label };
        let aliases: Vec<Alias> = aliases.into_iter().map(alias).collect();
        let (taxonomy, faults) = self.taxonomy.extended(&concepts, &aliases, edition);
        faults.iter().for_each(|fault| tracing::warn!(%fault, "a reviewed addition is left out"));
        Ok(taxonomy)
    }

    async fn read_esco(&self) -> Result<Vec<EscoConcept>, Error> {
        let rows = esco_taxonomy::Entity::find().all(&self.db).await.map_err(into_error)?;
        Ok(rows
            .into_iter()
            .map(|row| EscoConcept {
                concept_uri: row.concept_uri,
                skill_type: SkillType::parse(&row.skill_type),
                preferred_label_en: row.preferred_label_en,
                preferred_label_es: row.preferred_label_es,
                alternative_labels_en: row.alternative_labels_en,
                alternative_labels_es: row.alternative_labels_es,
                ..EscoConcept::default()
            })
            .collect())
    }

    fn last(&self) -> Option<(Arc<Loaded>, Instant)> {
        self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn confirmed(&self, editions: &Editions) -> Option<Arc<Loaded>> {
        let loaded = self.last().map(|(loaded, _)| loaded).filter(|loaded| loaded.editions == *editions)?;
        self.set(loaded.clone());
        Some(loaded)
    }

    fn set(&self, loaded: Arc<Loaded>) {
        *self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((loaded, Instant::now()));
    }
}

fn addition(row: taxonomy_additions::Model) -> Addition {
    Addition {
        id: row.skill_id,
        name: row.name,
        kind: row.kind,
        labels: row.labels,
        parent: Some(row.parent).filter(|parent| !parent.is_empty()),
    }
}

fn build(taxonomy: Taxonomy, esco: &[EscoConcept], editions: Editions, tagger: Option<Arc<dyn Tagger>>) -> Loaded {
    let started = Instant::now();
    let extractor = match tagger {
        Some(tagger) => Extractor::new(&taxonomy, esco).with_tagger(tagger),
        None => Extractor::new(&taxonomy, esco),
    };
    let taxonomy_version = version_with_esco(taxonomy.version(), editions.esco.as_deref());
    tracing::info!(
        labels = extractor.label_count(),
        esco_concepts = esco.len(),
        taxonomy_version,
        ms = started.elapsed().as_millis() as u64,
        "extractor built"
    );
    Loaded { extractor, taxonomy_version, taxonomy, editions }
}
