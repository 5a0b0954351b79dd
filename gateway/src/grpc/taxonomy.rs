//! TaxonomyService.

use std::time::Instant;

use observatory_proto::{
    Error, Reason,
    common::SkillRef,
    taxonomy::{
        Concept, ConceptChange, ConceptMatch, GetConceptRequest, ImportConceptsRequest, ImportConceptsResponse,
        SearchConceptsRequest, SearchConceptsResponse, taxonomy_service_server::TaxonomyService,
    },
};
use observatory_store::{
    sea_orm::DatabaseConnection,
    taxonomy::{self, EscoConcept},
};
use tonic::{Request, Response, Status, Streaming};

use super::convert::{failed, int, page_size, plain};
use crate::{cache::Cache, import::ConceptImport};

const DEFAULT_LIMIT: u64 = 20;

/// Reads and imports the taxonomy.
#[derive(Debug, Clone)]
pub struct Taxonomy {
    db: DatabaseConnection,
    cache: Cache,
}

impl Taxonomy {
    /// On this database; the cache hears of imports.
    pub fn new(db: DatabaseConnection, cache: Cache) -> Self {
        Self { db, cache }
    }
}

#[tonic::async_trait]
impl TaxonomyService for Taxonomy {
    async fn search_concepts(
        &self,
        request: Request<SearchConceptsRequest>,
    ) -> Result<Response<SearchConceptsResponse>, Status> {
        let request = request.into_inner();
        let (query, limit) = (plain(&request.query), page_size(request.limit, DEFAULT_LIMIT));
        let found = taxonomy::search(&self.db, &query, &request.source, limit).await.map_err(failed)?;
        let concepts = found.into_iter().map(|found| ConceptMatch {
            concept: Some(concept(found.concept)),
            label: found.label,
            similarity: found.similarity,
        });
        Ok(Response::new(SearchConceptsResponse { concepts: concepts.collect() }))
    }

    async fn get_concept(&self, request: Request<GetConceptRequest>) -> Result<Response<Concept>, Status> {
        let id = plain(&request.into_inner().skill_id);
        let found = taxonomy::get(&self.db, &id).await.map_err(failed)?;
        let found = found.ok_or_else(|| Error::not_found(Reason::SkillNotFound, "concept", &id))?;
        Ok(Response::new(concept(found)))
    }

    async fn import_concepts(
        &self,
        request: Request<Streaming<ImportConceptsRequest>>,
    ) -> Result<Response<ImportConceptsResponse>, Status> {
        let started = Instant::now();
        let mut stream = request.into_inner();
        let mut next = stream.message().await?;
        let dry_run = next.as_ref().is_some_and(|first| first.dry_run);
        let mut import = ConceptImport::new(&self.db, dry_run);
        while let Some(concept) = next {
            import.add(esco_concept(concept)).await.map_err(failed)?;
            next = stream.message().await?;
        }
        let report = import.finish().await.map_err(failed)?;
        if !dry_run && report.changes.added + report.changes.changed > 0 {
            self.cache.data_changed().await;
        }
        Ok(Response::new(ImportConceptsResponse {
            received: int(report.received),
            added: int(report.changes.added),
            changed: int(report.changes.changed),
            unchanged: int(report.changes.unchanged),
            rejected: int(report.rejected),
            issues: report.issues,
            changes: report.details.into_iter().map(change).collect(),
            not_received: int(report.not_received),
            time_ms: int(started.elapsed().as_millis()),
        }))
    }
}

/// A concept as every answer shows it.
pub fn concept(concept: taxonomy::Concept) -> Concept {
    Concept {
        skill: Some(SkillRef {
            skill_id: concept.skill_id,
            concept_uri: concept.concept_uri,
            name: concept.name,
            kind: concept.kind,
            esco_uri: concept.esco_uri,
            name_es: concept.name_es,
        }),
        preferred_label_en: concept.preferred_label_en,
        preferred_label_es: concept.preferred_label_es,
        alternative_labels: concept.alternative_labels,
        description_en: concept.description_en,
        description_es: concept.description_es,
        broader_concept_uri: concept.broader_concept_uri,
        narrower_concept_uris: concept.narrower_concept_uris,
        source: concept.source,
    }
}

fn change(change: taxonomy::ConceptChange) -> ConceptChange {
    ConceptChange {
        concept_uri: change.concept_uri,
        label: change.label,
        field: change.field.name().to_owned(),
        before: change.before,
        after: change.after,
    }
}

fn esco_concept(concept: ImportConceptsRequest) -> EscoConcept {
    EscoConcept {
        concept_uri: concept.concept_uri,
        skill_type: concept.skill_type,
        preferred_label_en: concept.preferred_label_en,
        preferred_label_es: Some(concept.preferred_label_es),
        alternative_labels_en: concept.alternative_labels_en,
        alternative_labels_es: concept.alternative_labels_es,
        description_en: concept.description_en,
        description_es: concept.description_es,
        broader_concept_uris: concept.broader_concept_uris,
        ..Default::default()
    }
}
