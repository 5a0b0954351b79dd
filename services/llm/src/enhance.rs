//! From an ad to its skills: pipeline A, the model's answer (a kept one where there is one), concepts.

use std::{collections::HashMap, time::Instant};

use observatory_chat::OnText;
use observatory_enhancement::{Ad, AskError, Asked, Enhanced, Enhancer, PipelineA, Question, Task};
use observatory_operations::Backend;
use observatory_proto::{Error, common::SkillRef};
use observatory_store::{
    enhancement::{self, AnswerKey, KeptAnswer},
    into_error,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use crate::{
    desk::Desk,
    error::to_error,
    links::Links,
    models::{Configured, Models},
    pipeline_a::{Extractor, Found},
};

/// What it takes to enhance ads.
pub struct Llm {
    /// Where ads and answers are.
    pub backend: Backend,
    /// Questions and what answers come to.
    pub enhancer: Enhancer,
    /// Pipeline A.
    pub extractor: Extractor,
    /// Concepts of names.
    pub links: Links,
    /// Whom to ask.
    pub models: Models,
    /// What many ads read and write together.
    pub desk: Desk,
}

/// How one ad is asked about.
pub struct Asking<'a> {
    /// What for.
    pub task: Task,
    /// Whom.
    pub model: &'a Configured,
    /// Also where an answer is kept.
    pub skip_cache: bool,
    /// One of many ads: its kept answer is looked for with theirs, and a new one is kept by the caller with the result.
    pub in_batch: bool,
    /// Ends it.
    pub cancel: &'a CancellationToken,
}

/// What came of an ad.
pub struct Made {
    /// The skills.
    pub enhanced: Enhanced,
    /// The concept of each skill, in their order; none where none is sure.
    pub concepts: Vec<Option<SkillRef>>,
    /// True where a kept answer was used.
    pub cached: bool,
    /// Seconds it took.
    pub seconds: f64,
    /// What the answer depends on beside the question.
    pub settings: Value,
    /// The answer, where it is new.
    pub answer: Option<(AnswerKey, KeptAnswer)>,
    /// Version of the extractor.
    pub extractor_version: String,
    /// Version of the taxonomy.
    pub taxonomy_version: String,
}

impl Llm {
    /// Enhances one ad. `given` are the skills to enhance; without them pipeline A finds its own.
    ///
    /// # Errors
    /// What the extractor or the model says; UNAVAILABLE where Postgres is.
    pub async fn enhance(
        &self,
        ad: &Ad,
        given: Option<PipelineA>,
        asking: &Asking<'_>,
        on_text: Option<OnText<'_>>,
    ) -> Result<Made, Error> {
        let started = Instant::now();
        let found = match given {
            Some(a) => Found { a, ..Found::default() },
            None => self.extractor.find(ad).await?,
        };
        let question = self.enhancer.question(asking.task, ad, &found.a);
        let (asked, answer) = match &question {
            Some(question) => {
                let (asked, answer) = self.answer(ad, question, asking, on_text).await?;
                (Some(asked), answer)
            }
            None => (None, None),
        };
        if !asking.in_batch {
            enhancement::keep(&self.backend.db, answer.as_ref().as_slice()).await.map_err(into_error)?;
        }
        let enhanced = self.enhancer.settle(asking.task, ad, &found.a, asked.as_ref());
        let concepts = self.concepts(&enhanced, &found.concepts).await;
        Ok(Made {
            enhanced,
            concepts,
            cached: asked.is_some() && answer.is_none(),
            seconds: started.elapsed().as_secs_f64(),
            settings: asking.model.chat.settings(),
            answer,
            extractor_version: found.extractor_version,
            taxonomy_version: found.taxonomy_version,
        })
    }

    /// The kept answer, or a new one, and what is to be kept of it.
    async fn answer(
        &self,
        ad: &Ad,
        question: &Question,
        asking: &Asking<'_>,
        on_text: Option<OnText<'_>>,
    ) -> Result<(Asked, Option<(AnswerKey, KeptAnswer)>), Error> {
        let model = asking.model;
        let settings = model.chat.settings();
        let key = AnswerKey {
            ad_hash: sha256(&[ad.text.as_bytes()]),
            task: question.task.as_str().to_owned(),
            model: model.name.clone(),
            prompt_version: self.enhancer.version().to_owned(),
            question_hash: sha256(&[json!(question.request).to_string().as_bytes(), settings.to_string().as_bytes()]),
        };
        if !asking.skip_cache
            && let Some(kept) = self.kept(&key, asking.in_batch).await?
            && kept.answered
            && let Ok(mut asked) = serde_json::from_str::<Asked>(&kept.raw)
        {
            asked.usage = observatory_enhancement::Usage::default();
            return Ok((asked, None));
        }
        let started = Instant::now();
        let asked = self.enhancer.ask(model.chat.as_ref(), question, asking.cancel, on_text).await;
        let (answered, raw, usage) = match &asked {
            Ok(asked) => (true, json!(asked).to_string(), asked.usage),
            Err(AskError::Malformed { malformed, usage }) => (false, malformed.raw.clone(), *usage),
            Err(error) => return Err(to_error(&model.name, error)),
        };
        let kept = KeptAnswer {
            answered,
            raw,
            settings,
            prompt_tokens: int(usage.prompt_tokens),
            completion_tokens: int(usage.completion_tokens),
            requests: int(usage.requests),
            cost_usd: usage.cost_usd,
            seconds: started.elapsed().as_secs_f64(),
        };
        match asked {
            Ok(asked) => Ok((asked, Some((key, kept)))),
            Err(error) => {
                enhancement::keep(&self.backend.db, &[&(key, kept)]).await.map_err(into_error)?;
                Err(to_error(&model.name, &error))
            }
        }
    }

    /// The kept answer to a question. A caller who waits for one ad has it at once.
    async fn kept(&self, key: &AnswerKey, in_batch: bool) -> Result<Option<KeptAnswer>, Error> {
        if in_batch {
            return self.desk.answers.call(key.clone()).await;
        }
        let kept = enhancement::kept(&self.backend.db, std::slice::from_ref(key)).await.map_err(into_error)?;
        Ok(kept.into_iter().next().flatten())
    }

    /// Pipeline A's concept where it knows the skill, else the one that its name surely means.
    async fn concepts(&self, enhanced: &Enhanced, known: &HashMap<String, SkillRef>) -> Vec<Option<SkillRef>> {
        let of_a = |skill: &observatory_enhancement::EnhancedSkill| known.get(skill.concept.as_deref()?).cloned();
        let mut names: Vec<String> =
            enhanced.skills.iter().filter(|skill| of_a(skill).is_none()).map(|skill| skill.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        let linked = self.links.of(names).await;
        enhanced.skills.iter().map(|skill| of_a(skill).or_else(|| linked.get(&skill.name).cloned())).collect()
    }
}

/// A count as tables and contracts have it.
pub fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

fn sha256(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
