//! Vectors of texts, corrected: the model, and what is stored of it.

use std::sync::Arc;

use observatory_embedding::{Batcher, Role};
use observatory_extraction::taxonomy::Taxonomy;
use observatory_proto::Error;
use observatory_store::{
    embeddings::{self, Model, Vector},
    into_error,
};
use sea_orm::DatabaseConnection;
use tokio::sync::OnceCell;

use crate::{
    correction::{Correction, Reference},
    errors::to_error,
};

/// A model and its correction.
#[derive(Debug)]
pub struct Corrected {
    /// As it is stored.
    pub model: Model,
    /// How its vectors are corrected.
    pub correction: Correction,
}

/// Embeds texts with one model and corrects their vectors.
pub struct Vectors {
    batcher: Arc<Batcher>,
    db: DatabaseConnection,
    corrected: OnceCell<Arc<Corrected>>,
}

impl Vectors {
    /// Nothing is read before the first use.
    pub fn new(batcher: Arc<Batcher>, db: DatabaseConnection) -> Self {
        Self { batcher, db, corrected: OnceCell::new() }
    }

    /// The model's correction: as it is stored, or fitted now and stored.
    ///
    /// # Errors
    /// UNAVAILABLE where Postgres is; OVERLOADED where too many texts wait.
    pub async fn corrected(&self) -> Result<Arc<Corrected>, Error> {
        self.corrected.get_or_try_init(|| self.read_or_fit()).await.cloned()
    }

    /// The vectors of some texts. Questions and answers are embedded alike, as passages: so single words separate best.
    ///
    /// # Errors
    /// As [`Vectors::corrected`]; INVALID_ARGUMENT where a text can't be embedded.
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vector>, Error> {
        let corrected = self.corrected().await?;
        let raw = self.raw(texts).await?;
        let vector = |(text, raw): (&String, Vec<f32>)| {
            let centred = corrected.correction.centre(&raw);
            Vector { text: text.clone(), raw, centred }
        };
        Ok(texts.iter().zip(raw).map(vector).collect())
    }

    /// The vector of one text.
    ///
    /// # Errors
    /// As [`Vectors::embed`].
    pub async fn embed_one(&self, text: &str) -> Result<Vector, Error> {
        let vectors = self.embed(&[text.to_string()]).await?;
        vectors.into_iter().next().ok_or_else(|| Error::internal("the model gave no vector"))
    }

    async fn raw(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Error> {
        let embedded = self.batcher.embed(texts, Role::Passage).await.map_err(|error| to_error(error, "texts"))?;
        Ok(embedded.iter().map(|one| one.values.clone()).collect())
    }

    async fn read_or_fit(&self) -> Result<Arc<Corrected>, Error> {
        let manifest = self.batcher.manifest();
        let (name, version) = (manifest.name.clone(), manifest.version.clone());
        if let Some(model) = embeddings::model(&self.db, &name, &version).await.map_err(into_error)? {
            return corrected(model);
        }
        let reference = Reference::of(&Taxonomy::embedded().map_err(Error::internal)?);
        let mut vectors = Vec::with_capacity(reference.texts.len());
        for texts in reference.texts.chunks(128) {
            vectors.extend(self.raw(texts).await?);
        }
        let fitted = tokio::task::spawn_blocking(move || Correction::fit(&reference, &vectors))
            .await
            .map_err(|panic| Error::internal(format!("the correction can't be fitted: {panic}")))?;
        let model = Model {
            name: name.clone(),
            version: version.clone(),
            dimension: fitted.mean.len(),
            mean: fitted.mean,
            components: fitted.components,
            calibration: serde_json::to_value(&fitted.calibration).map_err(Error::internal)?,
        };
        embeddings::add_model(&self.db, &model).await.map_err(into_error)?;
        // Another replica may have been first.
        let stored = embeddings::model(&self.db, &name, &version).await.map_err(into_error)?;
        tracing::info!(name, version, "the model's correction is fitted");
        corrected(stored.unwrap_or(model))
    }
}

fn corrected(model: Model) -> Result<Arc<Corrected>, Error> {
    let calibration = serde_json::from_value(model.calibration.clone())
        .map_err(|error| Error::internal(format!("embedding_models.calibration of {}: {error}", model.name)))?;
    let correction = Correction { mean: model.mean.clone(), components: model.components.clone(), calibration };
    Ok(Arc::new(Corrected { model, correction }))
}
