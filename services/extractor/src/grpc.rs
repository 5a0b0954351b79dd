//! `observatory.extractor.v1.ExtractorService`: contract to domain and back.

use std::{sync::Arc, time::Instant};

use observatory_extraction::{
    extract::{Method, Skill, combine},
    sections::Section,
};
use observatory_operations::{Backend, Submit};
use observatory_proto::{
    Error, Reason,
    common::{ExtractionMethod, Pipeline, Section as PbSection, SkillRef, SkillType, Span},
    extractor::{
        BatchExtractSkillsRequest, ExtractSkillsRequest, ExtractSkillsResponse, ExtractedSkill,
        extractor_service_server::ExtractorService,
    },
    google::longrunning::Operation,
};
use observatory_store::{cleaning, extraction, into_error};
use tonic::{Request, Response, Status};

use crate::{jobs::skill_id, loaded::Library, worker};

/// The service.
pub struct Grpc {
    /// Where ads are.
    pub backend: Backend,
    /// The extractor in use.
    pub library: Arc<Library>,
}

#[tonic::async_trait]
impl ExtractorService for Grpc {
    async fn extract_skills(
        &self,
        request: Request<ExtractSkillsRequest>,
    ) -> Result<Response<ExtractSkillsResponse>, Status> {
        let request = request.into_inner();
        only_pipeline_a(request.pipeline())?;
        let methods: Vec<ExtractionMethod> = request.methods().collect();
        let loaded = self.library.quick().await?;
        let response = tokio::task::spawn_blocking(move || {
            let started = Instant::now();
            let (text, title_len) = combine(&request.title, &request.text);
            let mut extraction = loaded.extractor.extract(&text, title_len);
            if !methods.is_empty() {
                extraction.skills.retain(|skill| methods.contains(&method_to_proto(skill.method)));
            }
            ExtractSkillsResponse {
                distinct_skills: extraction.distinct().len() as i32,
                time_us: started.elapsed().as_micros() as i32,
                skills: extraction.skills.into_iter().map(skill_to_proto).collect(),
                text,
                extractor_version: loaded.extractor_version().into(),
                taxonomy_version: loaded.taxonomy_version.clone(),
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
        only_pipeline_a(request.pipeline())?;
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

fn only_pipeline_a(pipeline: Pipeline) -> Result<(), Error> {
    match pipeline {
        Pipeline::Unspecified | Pipeline::A => Ok(()),
        Pipeline::B | Pipeline::Hybrid => Err(Error::new(
            Reason::CapabilityMissing,
            "this service extracts with pipeline A; pipelines B and HYBRID need the llm service",
        )
        .with("capability", "llm")
        .with_field("pipeline", "only A is available here")),
    }
}

fn skill_to_proto(skill: Skill) -> ExtractedSkill {
    ExtractedSkill {
        skill: Some(SkillRef {
            skill_id: skill_id(&skill.concept_uri).into(),
            concept_uri: skill.concept_uri.to_string(),
            name: skill.name.to_string(),
            kind: skill.kind.to_string(),
            esco_uri: skill.esco_uri.as_deref().unwrap_or_default().to_string(),
        }),
        skill_type: if skill.implied_by.is_some() { SkillType::Implicit } else { SkillType::Explicit }.into(),
        extraction_method: method_to_proto(skill.method).into(),
        confidence_score: skill.confidence,
        source_section: section_to_proto(skill.section).into(),
        span: Some(Span { start: skill.span.char_start as i32, end: skill.span.char_end as i32 }),
        reason: skill.reason(),
        skill_text: skill.surface,
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
    }
}
