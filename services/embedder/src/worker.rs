//! What queued tasks do: embed some texts; look for skills of one meaning.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use observatory_operations::{Backend, Item, Outcome, Run, Steps, Task, TaskError, kinds};
use observatory_proto::{Error, Reason};
use observatory_store::{
    effects,
    embeddings::{self, Filter, Named},
    into_error,
};
use rustc_hash::FxHashMap;
use sea_orm::TransactionTrait;

use crate::{
    correction::dot,
    same_meaning::{self, Labels, NEAR},
    similar::Counts,
    vectors::Vectors,
};

/// Neighbours that each skill is compared with.
const NEIGHBOURS: u64 = 6;
/// Skills whose vectors are read, and whose neighbours are sought, before progress is told.
const CHUNK: usize = 64;

/// Embeds skills or labels; a task's key is the text.
pub struct EmbedTask {
    /// Where vectors are.
    pub backend: Backend,
    /// The model.
    pub vectors: Option<Arc<Vectors>>,
    /// What searches keep.
    pub counts: Arc<Counts>,
}

impl EmbedTask {
    /// Kind of the operation; also its queue.
    pub const KIND: &str = "embedder.batch_embed_skills";
    /// The response of the operation.
    pub const RESPONSE: &str = "observatory.embedder.v1.BatchEmbedSkillsResponse";

    async fn embed(&self, run: &Run, texts: &[String]) -> Result<(), Error> {
        let vectors = self.vectors.as_ref().ok_or_else(crate::no_model)?;
        let mut embedded = vectors.embed(texts).await?;
        let model = &vectors.corrected().await?.model;
        let tasks: Vec<_> = texts.iter().map(|text| (text.clone(), "embedded".to_string())).collect();

        let txn = self.backend.db.begin().await.map_err(into_error)?;
        let before = effects::claim(&txn, &run.operation_id, &tasks).await.map_err(into_error)?;
        embedded.retain(|vector| !before.contains_key(&vector.text));
        embeddings::store(&txn, &model.name, &model.version, &embedded).await.map_err(into_error)?;
        txn.commit().await.map_err(into_error)
    }
}

#[async_trait]
impl Task for EmbedTask {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn response_type(&self) -> &'static str {
        Self::RESPONSE
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let texts: Vec<String> = items.iter().map(|item| item.key.clone()).collect();
        match self.embed(run, &texts).await {
            Ok(()) => {}
            // Only one of them may be at fault: each is tried alone.
            Err(error) if error.reason == Reason::FieldInvalid && texts.len() > 1 => {
                return Err(TaskError { reason: error.reason, message: error.message, retryable: true });
            }
            Err(error) => return Err(error.into()),
        }
        self.counts.forget();
        self.backend.operations.announce(kinds::SKILLS_EMBEDDED, texts.len() as i32, &run.operation_id);
        Ok(items.iter().map(|_| Ok("embedded".to_string())).collect())
    }
}

/// Looks for skills of one meaning; the only task's key is the pipeline.
pub struct SameMeaningTask {
    /// Where skills are.
    pub backend: Backend,
    /// The model, where there is one.
    pub vectors: Option<Arc<Vectors>>,
}

impl SameMeaningTask {
    /// Kind of the operation; also its queue.
    pub const KIND: &str = "embedder.batch_find_same_meaning";
    /// The response of the operation.
    pub const RESPONSE: &str = "observatory.embedder.v1.BatchFindSameMeaningResponse";

    async fn find(&self, run: &Run, pipeline: &str) -> Result<(), TaskError> {
        let db = &self.backend.db;
        embeddings::refresh(db).await.map_err(into_error)?;
        let skills = embeddings::named(db, pipeline).await.map_err(into_error)?;
        let (centred, near) = self.neighbours(run, pipeline, &skills).await?;
        let corrected = match &self.vectors {
            Some(vectors) => Some(vectors.corrected().await?),
            None => None,
        };
        let labels = embeddings::concepts(db).await.map_err(into_error)?;
        let (compared, judge) = (skills.len(), corrected.clone());
        let pairs = tokio::task::spawn_blocking(move || {
            let similarity = |a: usize, b: usize| {
                let (a, b) = (centred.get(&a)?, centred.get(&b)?);
                judge.as_ref().map(|corrected| corrected.correction.similarity(dot(a, b)))
            };
            same_meaning::find(&skills, &Labels::new(&labels), &near, &similarity)
        })
        .await
        .map_err(|panic| Error::internal(format!("comparing panicked: {panic}")))?;
        let model = corrected.as_ref().map(|corrected| &corrected.model);
        let kept = embeddings::replace_undecided(db, pipeline, model, &pairs).await.map_err(into_error)?;
        let counts = [("compared", compared as i64), ("proposed", kept.proposed), ("accepted", kept.accepted)];
        let counts = counts.map(|(name, count)| (name.to_string(), i32::try_from(count).unwrap_or(i32::MAX)));
        let steps = steps("decide", compared, compared, BTreeMap::from(counts));
        run.report(pipeline, &steps, &[], false).await
    }

    /// The corrected vectors of the skills, by place, and which of them are near each other.
    #[allow(clippy::type_complexity)]
    async fn neighbours(
        &self,
        run: &Run,
        pipeline: &str,
        skills: &[Named],
    ) -> Result<(FxHashMap<usize, Vec<f32>>, Vec<(usize, usize)>), TaskError> {
        let Some(vectors) = &self.vectors else { return Ok(Default::default()) };
        let (db, corrected) = (&self.backend.db, vectors.corrected().await?);
        let filter = Filter { pipeline: pipeline.to_string(), ..Filter::default() };
        let matches = embeddings::count(db, &corrected.model, &filter).await.map_err(into_error)?;
        let bar = corrected.correction.cosine_of(NEAR);
        let places: FxHashMap<&str, usize> =
            skills.iter().enumerate().map(|(at, s)| (s.skill_text.as_str(), at)).collect();
        let (mut centred, mut near) = (FxHashMap::default(), Vec::new());
        for (done, chunk) in skills.chunks(CHUNK).enumerate() {
            if run.cancelled.is_cancelled() {
                return Err(run.interruption());
            }
            let texts: Vec<String> = chunk.iter().map(|skill| skill.skill_text.clone()).collect();
            for vector in embeddings::vectors(db, &corrected.model, &texts).await.map_err(into_error)? {
                let Some(&at) = places.get(vector.text.as_str()) else { continue };
                let query = (vector.raw.as_slice(), vector.centred.as_slice());
                let found = embeddings::nearest(db, &corrected.model, &filter, query, NEIGHBOURS, matches).await;
                let close = found.map_err(into_error)?.into_iter().filter(|other| other.centred_cosine as f32 >= bar);
                let close = close.filter_map(|other| places.get(other.skill_text.as_str()).copied());
                near.extend(close.filter(|other| *other != at).map(|other| (at, other)));
                centred.insert(at, vector.centred);
            }
            let steps = steps("compare", skills.len(), (done + 1) * CHUNK, BTreeMap::new());
            run.report(pipeline, &steps, &[], false).await?;
        }
        Ok((centred, near))
    }
}

fn steps(stage: &str, total: usize, completed: usize, counts: BTreeMap<String, i32>) -> Steps {
    let completed = completed.min(total);
    Steps {
        stage: stage.to_string(),
        total: total as i32,
        completed: completed as i32,
        percent: 100.0 * completed as f64 / total.max(1) as f64,
        counts,
        ..Steps::default()
    }
}

#[async_trait]
impl Task for SameMeaningTask {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn response_type(&self) -> &'static str {
        Self::RESPONSE
    }

    fn batch_size(&self) -> usize {
        1
    }

    fn timeout(&self, _: Duration) -> Option<Duration> {
        None
    }

    async fn run(&self, run: &Run, items: &[Item]) -> Result<Vec<Outcome>, TaskError> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            outcomes.push(self.find(run, &item.key).await.map(|()| "finished".to_string()));
        }
        Ok(outcomes)
    }
}
