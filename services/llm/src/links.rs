//! The concepts that names mean: asked of the embedder, and remembered for a while.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use observatory_mesh::Peer;
use observatory_proto::{
    common::SkillRef,
    embedder::{LinkToTaxonomyRequest, embedder_service_client::EmbedderServiceClient},
};

/// Links below this score are guesses.
const SURE: f32 = 0.8;
/// How long a link is remembered: imports and reviews change the taxonomy.
const FRESH: Duration = Duration::from_secs(300);
/// Most links remembered.
const MOST: usize = 50_000;
/// Names asked about at once.
const AT_ONCE: usize = 8;
/// Longest name that is asked about, in bytes.
const LONGEST: usize = 200;

/// Links names to concepts.
pub struct Links {
    embedder: Option<Peer>,
    known: Mutex<(Instant, HashMap<String, Option<SkillRef>>)>,
}

impl Links {
    /// Asks this embedder, where there is one.
    pub fn new(embedder: Option<Peer>) -> Self {
        Self { embedder, known: Mutex::new((Instant::now(), HashMap::new())) }
    }

    /// The concept of each name that surely means one. Without an embedder, or while it is away, none does: what a
    /// model found counts all the same.
    pub async fn of(&self, names: Vec<String>) -> HashMap<String, SkillRef> {
        let mut out = HashMap::new();
        let mut asked = Vec::new();
        for name in names {
            match self.known(&name) {
                Some(Some(concept)) => drop(out.insert(name, concept)),
                Some(None) => {}
                None => asked.push(name),
            }
        }
        let Some(peer) = self.embedder.clone() else { return out };
        let answers: Vec<_> = stream::iter(asked)
            .map(|name| {
                let mut client = EmbedderServiceClient::new(peer.clone());
                async move {
                    let short = (1..=LONGEST).contains(&name.trim().len());
                    let request = LinkToTaxonomyRequest { text: name.clone(), limit: 1, esco_only: false };
                    let answer = if short { Some(client.link_to_taxonomy(request).await) } else { None };
                    (name, answer)
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (name, answer) in answers {
            let Some(Ok(answer)) = answer else { continue };
            let best = answer.into_inner().links.into_iter().find(|link| link.exact || link.score >= SURE);
            let concept = best.and_then(|link| link.skill);
            self.remember(&name, concept.clone());
            if let Some(concept) = concept {
                out.insert(name, concept);
            }
        }
        out
    }

    fn known(&self, name: &str) -> Option<Option<SkillRef>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0.elapsed() > FRESH || known.1.len() > MOST {
            *known = (Instant::now(), HashMap::new());
        }
        known.1.get(name).cloned()
    }

    fn remember(&self, name: &str, concept: Option<SkillRef>) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).1.insert(name.to_owned(), concept);
    }
}
