//! The extractor in use: built from the shipped taxonomy and the imported ESCO
//! edition, and built again when another edition is imported.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use observatory_extraction::{
    esco::{EscoConcept, SkillType},
    extract::{EXTRACTOR_VERSION, Extractor},
    taxonomy::Taxonomy,
};
use observatory_proto::Error;
use observatory_store::{
    entities::esco_taxonomy,
    extraction::{self, OwnConcept},
    into_error,
};
use sea_orm::{DatabaseConnection, EntityTrait};

/// How old the look at the imported edition may be for a quick request.
const FRESH: Duration = Duration::from_secs(2);

/// An extractor and what it was built from.
pub struct Loaded {
    /// Finds skills.
    pub extractor: Extractor,
    /// The taxonomy's version, and the ESCO edition's where one is imported.
    pub taxonomy_version: String,
    edition: Option<String>,
}

impl Loaded {
    /// Version of the rules.
    pub fn extractor_version(&self) -> &'static str {
        EXTRACTOR_VERSION
    }
}

/// Hands out the extractor in use.
pub struct Library {
    taxonomy: Taxonomy,
    db: DatabaseConnection,
    /// The extractor, and when its edition was last compared. Locked only to copy.
    current: Mutex<Option<(Arc<Loaded>, Instant)>>,
    /// Held while building, so that it happens once.
    building: tokio::sync::Mutex<()>,
}

impl Library {
    /// Nothing is built before the first use.
    pub fn new(taxonomy: Taxonomy, db: DatabaseConnection) -> Self {
        Self { taxonomy, db, current: Mutex::new(None), building: tokio::sync::Mutex::new(()) }
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

    /// The extractor for the edition that is imported now.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres is.
    pub async fn latest(&self) -> Result<Arc<Loaded>, Error> {
        let edition = extraction::dataset_version(&self.db, "esco").await.map_err(into_error)?;
        if let Some(loaded) = self.confirmed(&edition) {
            return Ok(loaded);
        }
        let _building = self.building.lock().await;
        if let Some(loaded) = self.confirmed(&edition) {
            return Ok(loaded);
        }
        let esco = if edition.is_some() { self.read_esco().await? } else { Vec::new() };
        let taxonomy = self.taxonomy.clone();
        let loaded = tokio::task::spawn_blocking(move || build(&taxonomy, &esco, edition))
            .await
            .map_err(|panic| Error::internal(format!("the extractor can't be built: {panic}")))?;
        let loaded = Arc::new(loaded);
        self.set(loaded.clone());
        Ok(loaded)
    }

    /// Writes the shipped concepts into the database, for search and for names.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres is.
    pub async fn publish(&self) -> Result<(), Error> {
        let concepts: Vec<OwnConcept> = self
            .taxonomy
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
                parent_uri: concept.parent.as_deref().and_then(|id| self.taxonomy.get(id)).map(|parent| parent.uri()),
                esco_uri: concept.esco_uri.clone(),
                name_es: concept.name_es.clone().unwrap_or_default(),
                onet: concept.onet.clone(),
                implies: concept.implies.clone(),
                note: concept.ambiguous.clone().unwrap_or_default(),
            })
            .collect();
        extraction::sync_concepts(&self.db, &concepts, self.taxonomy.version()).await.map_err(into_error)
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

    fn confirmed(&self, edition: &Option<String>) -> Option<Arc<Loaded>> {
        let loaded = self.last().map(|(loaded, _)| loaded).filter(|loaded| loaded.edition == *edition)?;
        self.set(loaded.clone());
        Some(loaded)
    }

    fn set(&self, loaded: Arc<Loaded>) {
        *self.current.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((loaded, Instant::now()));
    }
}

fn build(taxonomy: &Taxonomy, esco: &[EscoConcept], edition: Option<String>) -> Loaded {
    let started = Instant::now();
    let extractor = Extractor::new(taxonomy, esco);
    let taxonomy_version = match &edition {
        Some(edition) => format!("{} esco {edition}", taxonomy.version()),
        None => taxonomy.version().to_string(),
    };
    tracing::info!(
        labels = extractor.label_count(),
        esco_concepts = esco.len(),
        taxonomy_version,
        ms = started.elapsed().as_millis() as u64,
        "extractor built"
    );
    Loaded { extractor, taxonomy_version, edition }
}
