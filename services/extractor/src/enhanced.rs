//! Pipelines B and HYBRID: asked of the llm service, answered in the extractor's words.

use std::time::Instant;

use observatory_mesh::Peer;
use observatory_proto::{
    Error,
    common::{ExtractionMethod, SkillRef, SkillType},
    extractor::{BatchExtractSkillsRequest, ExtractSkillsRequest, ExtractSkillsResponse, ExtractedSkill},
    google::longrunning::Operation,
    llm::{
        BatchEnhanceJobsRequest, EnhancedSkill, ExtractSkillsRequest as LlmRequest,
        ExtractSkillsResponse as LlmResponse, llm_service_client::LlmServiceClient,
    },
};
use tonic::Status;

/// The llm service, where this mesh has one.
pub struct Llm(pub Option<Peer>);

impl Llm {
    fn client(&self) -> Result<LlmServiceClient<Peer>, Error> {
        let peer = self.0.clone().ok_or_else(|| {
            Error::capability_missing("llm", "pipelines B and HYBRID need the llm service: set peers.llm")
                .with_field("pipeline", "only A is available here")
        })?;
        Ok(LlmServiceClient::new(peer))
    }

    /// The skills of one text.
    pub async fn extract(&self, request: ExtractSkillsRequest) -> Result<ExtractSkillsResponse, Status> {
        let started = Instant::now();
        if !request.methods.is_empty() {
            return Err(Error::invalid_field("methods", "only pipeline A has methods: leave them out").into());
        }
        let ExtractSkillsRequest { title, text, pipeline, min_confidence, .. } = request;
        let asked = LlmRequest { title, text, pipeline, ..LlmRequest::default() };
        let mut answer = self.client()?.extract_skills(asked).await?.into_inner();
        answer.skills.retain(|skill| !skill.is_duplicate && skill.llm_confidence >= min_confidence);
        Ok(response(answer, started))
    }

    /// Starts the enhancement of stored ads.
    pub async fn batch(&self, request: BatchExtractSkillsRequest) -> Result<Operation, Status> {
        let BatchExtractSkillsRequest { job_ids, country, limit, pipeline, request_id, again } = request;
        let model = String::new();
        let asked = BatchEnhanceJobsRequest { job_ids, country, limit, model, request_id, pipeline, again };
        Ok(self.client()?.batch_enhance_jobs(asked).await?.into_inner())
    }
}

fn response(answer: LlmResponse, started: Instant) -> ExtractSkillsResponse {
    let skills: Vec<ExtractedSkill> = answer.skills.into_iter().map(skill).collect();
    let mut names: Vec<&str> =
        skills.iter().filter_map(|found| found.skill.as_ref()).map(|skill| skill.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    ExtractSkillsResponse {
        distinct_skills: names.len() as i32,
        time_us: started.elapsed().as_micros().try_into().unwrap_or(i32::MAX),
        text: answer.text,
        extractor_version: format!("{} {}", answer.model, answer.prompt_version),
        skills,
        ..ExtractSkillsResponse::default()
    }
}

fn skill(found: EnhancedSkill) -> ExtractedSkill {
    let EnhancedSkill { normalized_skill, skill_type, span, implied_by, llm_confidence, .. } = found;
    let unlinked = SkillRef { name: normalized_skill, ..SkillRef::default() };
    ExtractedSkill {
        skill: Some(found.skill.unwrap_or(unlinked)),
        skill_text: found.original_skill_text,
        skill_type: SkillType::try_from(skill_type).unwrap_or_default().into(),
        extraction_method: ExtractionMethod::Llm.into(),
        confidence_score: llm_confidence,
        reason: found.llm_reasoning,
        span,
        implied_by,
        ..ExtractedSkill::default()
    }
}
