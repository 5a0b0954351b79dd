//! What pipeline A makes of an ad: asked of the extractor.

use std::collections::HashMap;

use observatory_enhancement::{Ad, Find, PipelineA, Unknown};
use observatory_mesh::Peer;
use observatory_proto::{
    Error,
    common::{SkillRef, Span},
    extractor::{ExtractSkillsRequest, ExtractSkillsResponse, extractor_service_client::ExtractorServiceClient},
};

/// The extractor, where this mesh has one.
pub struct Extractor(pub Option<Peer>);

/// What it found, and by which version.
#[derive(Debug, Default)]
pub struct Found {
    /// The finds.
    pub a: PipelineA,
    /// Their concepts, by URI.
    pub concepts: HashMap<String, SkillRef>,
    /// Version of the extractor.
    pub extractor_version: String,
    /// Version of the taxonomy.
    pub taxonomy_version: String,
}

impl Extractor {
    /// Runs pipeline A over an ad.
    ///
    /// # Errors
    /// What the extractor says; CAPABILITY_MISSING where there is none.
    pub async fn find(&self, ad: &Ad) -> Result<Found, Error> {
        let peer = self.0.clone().ok_or_else(|| {
            Error::capability_missing("extractor", "the llm service builds on the extractor: set peers.extractor")
        })?;
        // The two parts join to the same text again.
        let (title, text) = match ad.title_len {
            0 => (String::new(), ad.text.clone()),
            end => (ad.text[..end].to_owned(), ad.text[end..].trim_start_matches('\n').to_owned()),
        };
        let request = ExtractSkillsRequest { title, text, explain: true, ..ExtractSkillsRequest::default() };
        let answer = ExtractorServiceClient::new(peer).extract_skills(request).await;
        let answer = answer.map_err(|status| Error::from_status(&status))?.into_inner();
        Ok(found(answer, ad))
    }
}

fn found(answer: ExtractSkillsResponse, ad: &Ad) -> Found {
    let mut out = Found {
        extractor_version: answer.extractor_version,
        taxonomy_version: answer.taxonomy_version,
        ..Found::default()
    };
    let same_text = answer.text == ad.text;
    let place = |span: Option<Span>| {
        let span = span.filter(|_| same_text)?;
        ad.span(usize::try_from(span.start).ok()?, usize::try_from(span.end).ok()?)
    };
    for skill in answer.skills {
        let concept = skill.skill.unwrap_or_default();
        if out.concepts.contains_key(&concept.concept_uri) {
            continue;
        }
        out.a.found.push(Find {
            concept: concept.concept_uri.clone(),
            name: concept.name.clone(),
            surface: skill.skill_text,
            kind: concept.kind.clone(),
            span: place(skill.span),
            confidence: skill.confidence_score,
            implied_by: Some(skill.implied_by).filter(|name| !name.is_empty()),
            reason: skill.reason,
        });
        out.concepts.insert(concept.concept_uri.clone(), concept);
    }
    for dismissed in answer.dismissed {
        let concept = dismissed.skill.unwrap_or_default();
        if out.concepts.contains_key(&concept.concept_uri) {
            continue;
        }
        out.a.unsure.push(Find {
            concept: concept.concept_uri.clone(),
            name: dismissed.name,
            surface: dismissed.skill_text,
            kind: concept.kind.clone(),
            span: place(dismissed.span),
            confidence: dismissed.confidence_score,
            implied_by: Some(dismissed.implied_by).filter(|name| !name.is_empty()),
            reason: dismissed.reason,
        });
        out.concepts.insert(concept.concept_uri.clone(), concept);
    }
    let candidates = answer.candidates.into_iter();
    out.a.candidates = candidates.filter_map(|c| Some(Unknown { span: place(c.span)?, text: c.text })).collect();
    out
}
