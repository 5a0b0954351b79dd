//! What language models made of an ad, as the contract has it.

use observatory_proto::{
    common::{Pipeline, SkillRef, SkillType, Span},
    jobs::Enhancement,
    llm::{Agreement, EnhancedSkill, Usage},
};
use observatory_store::enhancement::{EnhancedJob, EnhancedSkill as Row};

use super::convert::{proto_name, timestamp};

/// Each pipeline's, with its skills.
pub fn enhancements(jobs: Vec<EnhancedJob>, skills: &[Row]) -> Vec<Enhancement> {
    jobs.into_iter().map(|job| enhancement(job, skills)).collect()
}

fn enhancement(job: EnhancedJob, skills: &[Row]) -> Enhancement {
    Enhancement {
        pipeline: Pipeline::from_str_name(&job.pipeline).unwrap_or_default().into(),
        skills: skills.iter().filter(|skill| skill.pipeline == job.pipeline).cloned().map(skill).collect(),
        agreement: Some(Agreement {
            both: job.both_named,
            only_pipeline_a: job.only_pipeline_a,
            only_llm: job.only_llm,
        }),
        usage: Some(Usage {
            prompt_tokens: job.prompt_tokens,
            completion_tokens: job.completion_tokens,
            requests: job.requests,
            cost_usd: job.cost_usd,
            cached: job.cached,
        }),
        model: job.llm_model,
        prompt_version: job.prompt_version,
        ungrounded: job.ungrounded,
        processing_time_seconds: job.processing_time_seconds,
        enhanced_at: Some(timestamp(job.enhanced_at)),
    }
}

fn skill(row: Row) -> EnhancedSkill {
    let skill_type = SkillType::from_str_name(&proto_name("SKILL_TYPE_", &row.skill_type));
    // Without a concept there is a name and nothing else to refer to.
    let skill = (!row.concept_uri.is_empty()).then(|| SkillRef {
        skill_id: row.skill_id,
        concept_uri: row.concept_uri,
        name: row.normalized_skill.clone(),
        kind: row.skill_kind,
        esco_uri: row.esco_concept_uri.clone(),
        name_es: row.name_es,
    });
    EnhancedSkill {
        skill,
        original_skill_text: row.original_skill_text,
        normalized_skill: row.normalized_skill,
        skill_type: skill_type.unwrap_or_default().into(),
        esco_concept_uri: row.esco_concept_uri,
        esco_preferred_label: row.esco_preferred_label,
        llm_confidence: row.llm_confidence,
        llm_reasoning: row.llm_reasoning,
        llm_model: row.llm_model,
        prompt_version: row.prompt_version,
        is_duplicate: row.is_duplicate,
        duplicate_of: row.duplicate_of,
        span: row.span_start.zip(row.span_end).map(|(start, end)| Span { start, end }),
        implied_by: row.implied_by,
        from_pipeline_a: row.from_pipeline_a,
    }
}
