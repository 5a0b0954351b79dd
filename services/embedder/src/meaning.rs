//! The RPCs about meaning: contract to domain and back.

use std::sync::Arc;

use observatory_operations::{Backend, Submit};
use observatory_proto::{
    Error, Reason,
    common::{Pipeline, SkillRef},
    embedder::{
        BatchEmbedSkillsRequest, BatchFindSameMeaningRequest, ConceptLink, EmbedSource, EmbedTextsResponse, Embedding,
        LinkToTaxonomyRequest, LinkToTaxonomyResponse, ListSameMeaningRequest, ListSameMeaningResponse,
        ReviewSameMeaningRequest, ReviewSameMeaningResponse, SameMeaning, SameMeaningState, SearchSimilarSkillsRequest,
        SearchSimilarSkillsResponse, SimilarSkill,
    },
    google::longrunning::Operation,
};
use observatory_store::{
    embeddings::{self, Filter, Key, Stored},
    into_error, page,
};

use crate::{
    link::{Concepts, Link, link},
    similar::{Counts, Query, Similar, search},
    vectors::Vectors,
    worker::{EmbedTask, SameMeaningTask},
};

/// Answers what is asked about meaning; cheap to clone.
#[derive(Clone)]
pub struct Meaning {
    /// Where skills and vectors are.
    pub backend: Backend,
    /// The model, where there is one.
    pub vectors: Option<Arc<Vectors>>,
    /// What is kept of counts.
    pub counts: Arc<Counts>,
    /// The concepts.
    pub concepts: Arc<Concepts>,
}

impl Meaning {
    /// On these connections, with this model.
    pub fn new(backend: Backend, vectors: Option<Arc<Vectors>>) -> Self {
        let concepts = Arc::new(Concepts::new(backend.db.clone()));
        Self { backend, vectors, counts: Arc::default(), concepts }
    }

    pub(crate) async fn batch_embed_skills(&self, request: BatchEmbedSkillsRequest) -> Result<Operation, Error> {
        let vectors = self.vectors.as_ref().ok_or_else(crate::no_model)?;
        let model = &vectors.corrected().await?.model;
        let (db, source) = (&self.backend.db, request.source());
        let mut texts = Vec::new();
        if source != EmbedSource::Taxonomy {
            embeddings::refresh(db).await.map_err(into_error)?;
            let pipeline = pipeline_name(request.pipeline());
            texts = embeddings::skills_without(db, &model.name, &model.version, pipeline).await.map_err(into_error)?;
        }
        if matches!(source, EmbedSource::Taxonomy | EmbedSource::All) {
            let known: std::collections::HashSet<String> = texts.iter().cloned().collect();
            let labels = embeddings::labels_without(db, &model.name, &model.version).await.map_err(into_error)?;
            texts.extend(labels.into_iter().filter(|label| !known.contains(label)));
        }
        if request.limit > 0 {
            texts.truncate(request.limit as usize);
        }
        let submit = Submit::new(EmbedTask::KIND, EmbedTask::RESPONSE, &request, &request.request_id, texts);
        Ok(self.backend.operations.submit(submit).await?.progress.to_operation())
    }

    pub(crate) async fn embed_corrected(&self, texts: &[String]) -> Result<EmbedTextsResponse, Error> {
        let vectors = self.vectors.as_ref().ok_or_else(crate::no_model)?;
        let embedded = vectors.embed(texts).await?;
        let model = &vectors.corrected().await?.model;
        Ok(EmbedTextsResponse {
            embeddings: embedded.into_iter().map(|vector| Embedding { values: vector.centred }).collect(),
            model_name: model.name.clone(),
            model_version: model.version.clone(),
            dimension: model.dimension as i32,
            truncated: 0,
        })
    }

    pub(crate) async fn search_similar_skills(
        &self,
        request: SearchSimilarSkillsRequest,
    ) -> Result<SearchSimilarSkillsResponse, Error> {
        let vectors = self.vectors.as_ref().ok_or_else(crate::no_model)?;
        no_nul("kind", &request.kind)?;
        let query = Query {
            filter: Filter {
                pipeline: pipeline_name(request.pipeline()).to_string(),
                country: request.country,
                kind: request.kind,
            },
            text: request.query,
            limit: if request.limit == 0 { 20 } else { request.limit as u64 },
            min_similarity: request.min_similarity,
        };
        let answer = search(&self.backend.db, vectors, &self.counts, query).await?;
        let model = &vectors.corrected().await?.model;
        Ok(SearchSimilarSkillsResponse {
            skills: answer.skills.into_iter().map(similar_to_proto).collect(),
            model_name: model.name.clone(),
            model_version: model.version.clone(),
            searched: to_i32(answer.searched),
        })
    }

    pub(crate) async fn link_to_taxonomy(
        &self,
        request: LinkToTaxonomyRequest,
    ) -> Result<LinkToTaxonomyResponse, Error> {
        let index = self.concepts.index().await?;
        let limit = if request.limit == 0 { 10 } else { request.limit as usize };
        let vectors = self.vectors.as_deref();
        let links = link(&self.backend.db, &index, vectors, &request.text, limit, request.esco_only).await?;
        let by_vector = links.iter().any(|link| link.vector_score.is_some());
        let model_name = match vectors {
            Some(vectors) if by_vector => vectors.corrected().await?.model.name.clone(),
            _ => String::new(),
        };
        Ok(LinkToTaxonomyResponse { links: links.into_iter().map(link_to_proto).collect(), model_name })
    }

    pub(crate) async fn batch_find_same_meaning(
        &self,
        request: BatchFindSameMeaningRequest,
    ) -> Result<Operation, Error> {
        let key = pipeline_name(request.pipeline());
        let (kind, response) = (SameMeaningTask::KIND, SameMeaningTask::RESPONSE);
        let submit = Submit::new(kind, response, &request, &request.request_id, [key]);
        Ok(self.backend.operations.submit(submit).await?.progress.to_operation())
    }

    pub(crate) async fn list_same_meaning(
        &self,
        request: ListSameMeaningRequest,
    ) -> Result<ListSameMeaningResponse, Error> {
        let (pipeline, state) = (pipeline_name(request.pipeline()), state_name(request.state()));
        let filters = (pipeline, state);
        let after: Option<Key> = page::decode("ListSameMeaning", &filters, &request.page_token)?;
        let limit = if request.limit == 0 { 20 } else { request.limit as usize };
        let found = embeddings::list(&self.backend.db, pipeline, state, after.as_ref(), limit as u64 + 1).await;
        let mut found = found.map_err(into_error)?;
        let more = found.len() > limit;
        found.truncate(limit);
        let key = |pair: &Stored| Key {
            similarity: pair.similarity,
            skill_text: pair.skill_text.clone(),
            canonical_text: pair.canonical_text.clone(),
        };
        let last = found.last().filter(|_| more).map(key);
        Ok(ListSameMeaningResponse {
            next_page_token: last.map(|key| page::encode("ListSameMeaning", &filters, &key)).unwrap_or_default(),
            pairs: found.into_iter().map(pair_to_proto).collect(),
        })
    }

    pub(crate) async fn review_same_meaning(
        &self,
        request: ReviewSameMeaningRequest,
    ) -> Result<ReviewSameMeaningResponse, Error> {
        let texts = [("skill_text", &request.skill_text), ("canonical_text", &request.canonical_text)];
        for (field, text) in texts.into_iter().chain([("note", &request.note)]) {
            no_nul(field, text)?;
        }
        if request.skill_text == request.canonical_text {
            return Err(Error::invalid_field("canonical_text", "must be another skill than skill_text"));
        }
        let (pipeline, state) = (pipeline_name(request.pipeline()), state_name(request.state()));
        let pair = (request.skill_text.as_str(), request.canonical_text.as_str());
        let reviewed = embeddings::review(&self.backend.db, pipeline, pair, state, &request.note).await;
        let Some(reviewed) = reviewed.map_err(into_error)? else {
            let why = format!("no such pair of pipeline {pipeline}: ListSameMeaning tells which there are");
            return Err(Error::new(Reason::SameMeaningNotFound, why)
                .with_field("skill_text", "has no pair with canonical_text"));
        };
        self.backend.operations.data_changed().await;
        Ok(ReviewSameMeaningResponse { pair: Some(pair_to_proto(reviewed)) })
    }
}

/// Postgres knows no NUL.
fn no_nul(field: &str, text: &str) -> Result<(), Error> {
    if text.contains('\0') { Err(Error::invalid_field(field, "must not hold NUL characters")) } else { Ok(()) }
}

fn to_i32(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn pipeline_name(pipeline: Pipeline) -> &'static str {
    match pipeline {
        Pipeline::Unspecified | Pipeline::A => "A",
        Pipeline::B => "B",
        Pipeline::Hybrid => "HYBRID",
    }
}

fn state_name(state: SameMeaningState) -> &'static str {
    match state {
        SameMeaningState::Unspecified | SameMeaningState::Proposed => "proposed",
        SameMeaningState::Accepted => "accepted",
        SameMeaningState::Rejected => "rejected",
    }
}

fn state_from_name(state: &str) -> SameMeaningState {
    match state {
        "accepted" => SameMeaningState::Accepted,
        "rejected" => SameMeaningState::Rejected,
        _ => SameMeaningState::Proposed,
    }
}

fn similar_to_proto(similar: Similar) -> SimilarSkill {
    let near = similar.near;
    SimilarSkill {
        skill: Some(SkillRef {
            skill_id: near.skill_id,
            concept_uri: near.concept_uri,
            name: near.skill_text,
            kind: near.skill_kind,
            esco_uri: near.esco_uri,
            name_es: near.name_es,
        }),
        similarity: similar.similarity,
        raw_cosine: near.raw_cosine as f32,
        centred_cosine: near.centred_cosine as f32,
        job_count: to_i32(near.job_count),
        reason: similar.reason,
    }
}

fn link_to_proto(link: Link) -> ConceptLink {
    let concept = link.concept;
    ConceptLink {
        skill: Some(SkillRef {
            skill_id: concept.skill_id,
            concept_uri: concept.concept_uri,
            name: concept.name,
            kind: concept.kind,
            esco_uri: concept.esco_uri,
            name_es: concept.name_es,
        }),
        score: link.score,
        label: link.label,
        exact: link.exact,
        text_score: link.text_score,
        vector_score: link.vector_score,
    }
}

fn pair_to_proto(pair: Stored) -> SameMeaning {
    SameMeaning {
        state: state_from_name(&pair.state).into(),
        skill_text: pair.skill_text,
        canonical_text: pair.canonical_text,
        similarity: pair.similarity,
        evidence: pair.evidence,
        reason: pair.reason,
        job_count: to_i32(pair.job_count),
        canonical_job_count: to_i32(pair.canonical_job_count),
        decided_by: pair.decided_by,
    }
}
