//! What came of an ad, as the contract and as the tables have it.

use observatory_enhancement::{Ad, EnhancedSkill as Skill, Task};
use observatory_proto::{
    common::{SkillRef, SkillType, Span},
    llm::{Agreement, DroppedSkill, EnhancedSkill, Usage},
};
use observatory_store::enhancement::{Enhanced as Row, Skill as SkillRow};
use serde_json::json;
use uuid::Uuid;

use crate::enhance::{Made, int};

/// A skill as the contract has it.
pub fn skill(skill: &Skill, concept: Option<&SkillRef>, model: &str, prompt_version: &str) -> EnhancedSkill {
    let esco = concept.map(esco).unwrap_or_default();
    EnhancedSkill {
        original_skill_text: skill.text.clone(),
        normalized_skill: name(skill, concept),
        skill_type: if skill.implied_by.is_some() { SkillType::Implicit } else { SkillType::Explicit }.into(),
        esco_concept_uri: esco.0,
        esco_preferred_label: esco.1,
        llm_confidence: skill.confidence,
        llm_reasoning: skill.reason.clone(),
        llm_model: model.to_owned(),
        prompt_version: prompt_version.to_owned(),
        is_duplicate: skill.duplicate_of.is_some(),
        span: skill.span.map(|span| Span { start: int(span.char_start), end: int(span.char_end) }),
        implied_by: skill.implied_by.clone().unwrap_or_default(),
        duplicate_of: skill.duplicate_of.clone().unwrap_or_default(),
        skill: concept.cloned(),
        from_pipeline_a: skill.from_pipeline_a && !skill.from_model,
    }
}

/// The name to count by: the concept's, where there is one.
fn name(skill: &Skill, concept: Option<&SkillRef>) -> String {
    concept.map_or_else(|| skill.name.clone(), |concept| concept.name.clone())
}

/// URI and label of the ESCO concept; empty where there is none.
fn esco(concept: &SkillRef) -> (String, String) {
    if concept.esco_uri.is_empty() {
        return <(String, String)>::default();
    }
    (concept.esco_uri.clone(), concept.name.clone())
}

/// All skills as the contract has them.
pub fn skills(made: &Made, model: &str) -> Vec<EnhancedSkill> {
    let version = &made.enhanced.prompt_version;
    made.enhanced.skills.iter().zip(&made.concepts).map(|(s, c)| skill(s, c.as_ref(), model, version)).collect()
}

/// What was dropped, as the contract has it.
pub fn dropped(made: &Made) -> Vec<DroppedSkill> {
    let each = made.enhanced.dropped.iter();
    each.map(|dropped| DroppedSkill { text: dropped.text.clone(), reason: dropped.reason.as_str().into() }).collect()
}

/// What it cost, as the contract has it.
pub fn usage(made: &Made) -> Usage {
    let usage = made.enhanced.usage;
    Usage {
        prompt_tokens: int(usage.prompt_tokens),
        completion_tokens: int(usage.completion_tokens),
        requests: int(usage.requests),
        cost_usd: usage.cost_usd,
        cached: made.cached,
    }
}

/// Where the two agree, as the contract has it.
pub fn agreement(made: &Made) -> Agreement {
    let agreement = made.enhanced.agreement.clone();
    Agreement { both: agreement.both, only_pipeline_a: agreement.only_a, only_llm: agreement.only_llm }
}

/// The pipeline that a task is, as the tables name it.
pub fn pipeline_name(task: Task) -> &'static str {
    if task == Task::Extract { "B" } else { "HYBRID" }
}

/// What came of a stored ad, as the tables have it.
pub fn row(made: &Made, job_id: Uuid, task: Task, model: &str, operation_id: &str) -> Row {
    let (enhanced, agreement) = (&made.enhanced, agreement(made));
    let dropped: Vec<_> =
        enhanced.dropped.iter().map(|d| json!({ "text": plain(&d.text), "reason": d.reason.as_str() })).collect();
    Row {
        job_id,
        pipeline: pipeline_name(task).into(),
        llm_model: model.to_owned(),
        prompt_version: enhanced.prompt_version.clone(),
        settings: made.settings.clone(),
        extractor_version: made.extractor_version.clone(),
        taxonomy_version: made.taxonomy_version.clone(),
        ungrounded: int(enhanced.ungrounded),
        dropped: dropped.into(),
        both_named: agreement.both.iter().map(|name| plain(name)).collect(),
        only_pipeline_a: agreement.only_pipeline_a.iter().map(|name| plain(name)).collect(),
        only_llm: agreement.only_llm.iter().map(|name| plain(name)).collect(),
        prompt_tokens: int(enhanced.usage.prompt_tokens),
        completion_tokens: int(enhanced.usage.completion_tokens),
        requests: int(enhanced.usage.requests),
        cost_usd: enhanced.usage.cost_usd,
        cached: made.cached,
        seconds: made.seconds,
        operation_id: operation_id.to_owned(),
        skills: skill_rows(made),
    }
}

fn skill_rows(made: &Made) -> Vec<SkillRow> {
    let skills = &made.enhanced.skills;
    let place = |name: &str| skills.iter().position(|skill| skill.name == name && skill.duplicate_of.is_none());
    skills
        .iter()
        .zip(&made.concepts)
        .map(|(skill, concept)| {
            let name = name(skill, concept.as_ref());
            let (esco_concept_uri, esco_preferred_label) = concept.as_ref().map(esco).unwrap_or_default();
            let concept = concept.clone().unwrap_or_default();
            SkillRow {
                original_skill_text: plain(&skill.text),
                llm_confidence: skill.confidence.clamp(0.0, 1.0),
                llm_reasoning: plain(&skill.reason),
                implicit: skill.implied_by.is_some(),
                duplicate_of: skill.duplicate_of.as_deref().and_then(place),
                span: skill.span.map(|span| (int(span.char_start), int(span.char_end))),
                implied_by: plain(skill.implied_by.as_deref().unwrap_or_default()),
                from_pipeline_a: skill.from_pipeline_a && !skill.from_model,
                skill_id: if concept.skill_id.is_empty() { unlinked_id(&name) } else { concept.skill_id },
                normalized_skill: plain(&name),
                concept_uri: concept.concept_uri,
                skill_kind: concept.kind,
                name_es: concept.name_es,
                esco_concept_uri,
                esco_preferred_label,
            }
        })
        .collect()
}

/// Postgres stores no NUL; a model may write one.
fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The id of a skill without a concept: its words, safe in a path.
fn unlinked_id(name: &str) -> String {
    let mut id = String::from("term");
    for word in name.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '+' && c != '#') {
        if !word.is_empty() {
            id.push('-');
            id.push_str(&word.replace('+', "plus").replace('#', "sharp"));
        }
    }
    id.chars().take(100).collect()
}

/// A stretch of the ad, for messages that tell of skills while the model writes.
pub fn early(text: &str, ad: &Ad, model: &str, prompt_version: &str) -> Option<EnhancedSkill> {
    let place = observatory_enhancement::ground::place(ad, text).ok()?;
    Some(EnhancedSkill {
        original_skill_text: ad.words(place.span).to_owned(),
        normalized_skill: text.to_owned(),
        skill_type: SkillType::Explicit.into(),
        llm_model: model.to_owned(),
        prompt_version: prompt_version.to_owned(),
        span: Some(Span { start: int(place.span.char_start), end: int(place.span.char_end) }),
        ..EnhancedSkill::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skills_without_a_concept_have_ids_of_their_own() {
        for (name, id) in [
            ("Diseño de APIs REST", "term-diseño-de-apis-rest"),
            ("C++", "term-cplusplus"),
            ("C#", "term-csharp"),
            ("a/b ?x", "term-a-b-x"),
        ] {
            assert_eq!(unlinked_id(name), id);
        }
        assert_eq!(unlinked_id(&"x".repeat(500)).chars().count(), 100);
    }
}
