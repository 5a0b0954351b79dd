//! `observatory.extractor.v1.ExtractorService`: contract to domain and back.

use std::{sync::Arc, time::Instant};

use observatory_extraction::{
    demand::Necessity,
    emerging::Candidate,
    extract::{self, Dismissed, Extraction, Extras, Method, Skill, combine},
    matcher::Scratch,
    sections::Section,
};
use observatory_operations::{Backend, Submit};
use observatory_proto::{
    Error,
    common::{
        Demand, ExtractionMethod, Necessity as PbNecessity, Pipeline, Section as PbSection, SkillRef, SkillType, Span,
    },
    extractor::{
        BatchExtractSkillsRequest, DismissedLabel, ExtractSkillsRequest, ExtractSkillsResponse, ExtractedSkill,
        SkillCandidate, extractor_service_server::ExtractorService,
    },
    google::longrunning::Operation,
};
use observatory_store::{cleaning, extraction, into_error};
use tonic::{Request, Response, Status};

use crate::{enhanced::Llm, jobs::skill_id, loaded::Library, worker};

/// The service.
pub struct Grpc {
    /// Where ads are.
    pub backend: Backend,
    /// The extractor in use.
    pub library: Arc<Library>,
    /// Whom pipelines B and HYBRID are asked of.
    pub llm: Llm,
}

#[tonic::async_trait]
impl ExtractorService for Grpc {
    async fn extract_skills(
        &self,
        request: Request<ExtractSkillsRequest>,
    ) -> Result<Response<ExtractSkillsResponse>, Status> {
        let request = request.into_inner();
        if asks_llm(request.pipeline()) {
            return self.llm.extract(request).await.map(Response::new);
        }
        if request.methods().any(|method| method == ExtractionMethod::Llm) {
            return Err(Error::invalid_field("methods", "LLM is no method of pipeline A: ask for pipeline B").into());
        }
        let methods: Vec<Method> = request.methods().filter_map(method_from_proto).collect();
        let loaded = self.library.quick().await?;
        if methods.contains(&Method::Ner) && !loaded.extractor.has_tagger() {
            let missing =
                Error::capability_missing("ner", "no NER model is configured: set ner_model, or leave the method out");
            return Err(missing.with_field("methods", "NER is not available here").into());
        }
        let response = tokio::task::spawn_blocking(move || {
            let started = Instant::now();
            let (text, title_len) = combine(&request.title, &request.text);
            let extractor = &loaded.extractor;
            let extras = Extras { dismissed: request.explain, candidates: request.explain };
            let mut extraction = extractor.extract_with(&text, title_len, extras, &mut Scratch::default());
            extraction.only(&methods);
            let sure = |skill: &Skill| match request.min_confidence {
                0.0 => extractor.is_asked(skill),
                bar => skill.confidence >= bar,
            };
            let (asked, unsure): (Vec<Skill>, Vec<Skill>) = extraction.skills.into_iter().partition(sure);
            let asked = Extraction { skills: asked, ..Extraction::default() };
            let mut dismissed: Vec<_> = extraction.dismissed.iter().map(|d| dismissed_to_proto(&text, d)).collect();
            if request.explain {
                dismissed.extend(unsure.iter().map(unsure_to_proto));
            }
            ExtractSkillsResponse {
                distinct_skills: asked.distinct().len() as i32,
                time_us: started.elapsed().as_micros() as i32,
                skills: asked.skills.into_iter().map(skill_to_proto).collect(),
                text,
                extractor_version: loaded.extractor_version(),
                taxonomy_version: loaded.taxonomy_version.clone(),
                dismissed,
                candidates: extraction.candidates.into_iter().map(candidate_to_proto).collect(),
            }
        })
        .await
        .map_err(|panic| Error::internal(format!("extraction panicked: {panic}")))?;
        Ok(Response::new(response))
    }

    async fn batch_extract_skills(
        &self,
        request: Request<BatchExtractSkillsRequest>,
    ) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        if asks_llm(request.pipeline()) {
            return self.llm.batch(request).await.map(Response::new);
        }
        let ids = if request.job_ids.is_empty() {
            let limit = if request.limit == 0 { i64::MAX as u64 } else { request.limit as u64 };
            extraction::pending(&self.backend.db, &request.country, limit, request.again).await.map_err(into_error)?
        } else {
            cleaning::all_known(&self.backend.db, &request.job_ids).await?
        };
        let submit = Submit::new(worker::KIND, worker::RESPONSE, &request, &request.request_id, ids);
        let submitted = self.backend.operations.submit(submit).await?;
        Ok(Response::new(submitted.progress.to_operation()))
    }
}

fn asks_llm(pipeline: Pipeline) -> bool {
    matches!(pipeline, Pipeline::B | Pipeline::Hybrid)
}

fn skill_to_proto(skill: Skill) -> ExtractedSkill {
    ExtractedSkill {
        skill: Some(skill_ref(&skill)),
        demand: Some(Demand {
            necessity: necessity_to_proto(skill.necessity()).into(),
            years_min: skill.demand.years_min,
            years_max: skill.demand.years_max,
            level: skill.demand.level.map(|level| level.as_str().to_lowercase()).unwrap_or_default(),
            version: skill.version.clone().unwrap_or_default(),
        }),
        implied_by: skill.implied_by.as_deref().unwrap_or_default().to_string(),
        skill_type: if skill.implied_by.is_some() { SkillType::Implicit } else { SkillType::Explicit }.into(),
        extraction_method: method_to_proto(skill.method).into(),
        confidence_score: skill.confidence,
        source_section: section_to_proto(skill.section).into(),
        span: Some(span_to_proto(skill.span)),
        reason: skill.reason(),
        skill_text: skill.surface,
    }
}

fn skill_ref(skill: &Skill) -> SkillRef {
    SkillRef {
        skill_id: skill_id(&skill.concept_uri).into(),
        concept_uri: skill.concept_uri.to_string(),
        name: skill.name.to_string(),
        kind: skill.kind.to_string(),
        esco_uri: skill.esco_uri.as_deref().unwrap_or_default().to_string(),
        name_es: skill.name_es.as_deref().unwrap_or_default().to_string(),
    }
}

fn necessity_to_proto(necessity: Necessity) -> PbNecessity {
    match necessity {
        Necessity::Required => PbNecessity::Required,
        Necessity::Desirable => PbNecessity::Desirable,
        Necessity::Unstated => PbNecessity::Unspecified,
    }
}

fn span_to_proto(span: extract::Span) -> Span {
    Span { start: span.char_start as i32, end: span.char_end as i32 }
}

fn dismissed_to_proto(text: &str, dismissed: &Dismissed) -> DismissedLabel {
    let (span, name) = (dismissed.span, dismissed.name.to_string());
    DismissedLabel {
        name: name.clone(),
        span: Some(span_to_proto(span)),
        reason: dismissed.reason.into(),
        skill: Some(SkillRef {
            skill_id: skill_id(&dismissed.concept_uri).into(),
            concept_uri: dismissed.concept_uri.to_string(),
            name,
            kind: dismissed.kind.to_string(),
            ..SkillRef::default()
        }),
        skill_text: text.get(span.byte_start..span.byte_end).unwrap_or_default().to_owned(),
        ..DismissedLabel::default()
    }
}

fn unsure_to_proto(skill: &Skill) -> DismissedLabel {
    DismissedLabel {
        name: skill.name.to_string(),
        span: Some(span_to_proto(skill.span)),
        reason: format!("not sure enough ({:.2}): {}", skill.confidence, skill.reason()),
        skill: Some(skill_ref(skill)),
        skill_text: skill.surface.clone(),
        confidence_score: skill.confidence,
        implied_by: skill.implied_by.as_deref().unwrap_or_default().to_owned(),
    }
}

fn candidate_to_proto(candidate: Candidate) -> SkillCandidate {
    SkillCandidate {
        text: candidate.surface,
        span: Some(span_to_proto(candidate.span)),
        pattern: candidate.pattern.as_str().into(),
    }
}

fn method_from_proto(method: ExtractionMethod) -> Option<Method> {
    match method {
        ExtractionMethod::Unspecified | ExtractionMethod::Llm => None,
        ExtractionMethod::Ner => Some(Method::Ner),
        ExtractionMethod::Regex => Some(Method::Regex),
        ExtractionMethod::Esco => Some(Method::Esco),
    }
}

fn method_to_proto(method: Method) -> ExtractionMethod {
    match method {
        Method::Ner => ExtractionMethod::Ner,
        Method::Regex => ExtractionMethod::Regex,
        Method::Esco => ExtractionMethod::Esco,
    }
}

fn section_to_proto(section: Section) -> PbSection {
    match section {
        Section::Title => PbSection::Title,
        Section::Responsibilities => PbSection::Responsibilities,
        Section::Requirements => PbSection::Requirements,
        Section::Desirable => PbSection::Desirable,
        Section::Benefits => PbSection::Benefits,
        Section::About => PbSection::About,
        Section::Body => PbSection::Body,
        Section::Portal => PbSection::Portal,
        Section::Education => PbSection::Education,
    }
}
