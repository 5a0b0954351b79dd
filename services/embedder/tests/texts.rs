//! EmbedTexts and StreamEmbedTexts over real tonic, with the model that `./dev setup` installs.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use futures::{StreamExt, future::join_all};
use observatory_embedder::{SERVICE, build, config::Options};
use observatory_mesh::{Config, Running};
use observatory_proto::{
    Error, Reason,
    embedder::{
        EmbedTextsRequest, EmbedTextsResponse, StreamEmbedTextsRequest, TextRole,
        embedder_service_client::EmbedderServiceClient,
    },
};
use observatory_testkit::{Kit, project_root};
use tonic::{Code, Status, transport::Channel};

struct Embedder {
    _kit: Kit,
    _running: Running,
    client: EmbedderServiceClient<Channel>,
}

impl Embedder {
    async fn start(change: impl FnOnce(&mut Options)) -> Self {
        let kit = Kit::start().await;
        let mut config = Config::<Options>::local(&SERVICE);
        config.database_url = kit.database_url();
        config.redis_url = kit.redis_url();
        let local = project_root().join(".local");
        config.service.backend = kit.backend_options();
        config.service.model_dir = local.join("models/multilingual-e5-small");
        config.service.onnxruntime = local.join("onnxruntime/libonnxruntime.so");
        change(&mut config.service);
        let running = observatory_mesh::spawn(SERVICE, config, build).await.unwrap();
        let client = EmbedderServiceClient::new(Channel::from_shared(running.url()).unwrap().connect_lazy());
        Self { _kit: kit, _running: running, client }
    }

    async fn embed(&self, texts: &[&str], role: TextRole) -> Result<EmbedTextsResponse, Status> {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        let request = EmbedTextsRequest { texts, role: role.into(), corrected: false };
        Ok(self.client.clone().embed_texts(request).await?.into_inner())
    }

    /// Sends texts as a stream; gives the vectors that came, and the error that ended it.
    async fn stream(&self, texts: Vec<String>) -> (Vec<Vec<f32>>, Option<Status>) {
        let requests = texts.into_iter().map(|text| StreamEmbedTextsRequest { text, role: TextRole::Passage.into() });
        let stream = self.client.clone().stream_embed_texts(futures::stream::iter(requests)).await;
        let mut answers = stream.unwrap().into_inner();
        let mut vectors = Vec::new();
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(answer) => vectors.push(answer.embedding.unwrap().values),
                Err(status) => return (vectors, Some(status)),
            }
        }
        (vectors, None)
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/embedding/tests/fixtures").join(file)
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_over_the_wire_equal_the_reference_implementation() {
    let embedder = Embedder::start(|_| {}).await;
    let lines = std::fs::read_to_string(fixture("reference.jsonl")).unwrap();
    let bytes = std::fs::read(fixture("reference.f32")).unwrap();
    let numbers: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let mut truncated = 0;
    for (line, expected) in lines.lines().zip(numbers.chunks_exact(384)) {
        let asked: serde_json::Value = serde_json::from_str(line).unwrap();
        let role = if asked["role"] == "query" { TextRole::Query } else { TextRole::Passage };
        let answer = embedder.embed(&[asked["text"].as_str().unwrap()], role).await.unwrap();
        assert_eq!((answer.model_name.as_str(), answer.dimension), ("multilingual-e5-small", 384));
        assert!(!answer.model_version.is_empty());
        let cosine = cosine(&answer.embeddings[0].values, expected);
        assert!(cosine >= 0.9999, "{line}: {cosine}");
        truncated += answer.truncated;
    }
    assert_eq!(truncated, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_and_streams_get_their_vectors_in_order() {
    let embedder = Embedder::start(|options| options.queue_limit = 64).await;
    let texts: Vec<String> = (0..300).map(|n| format!("competencia {n}")).collect();
    // More than the queue holds: a stream waits where a call would be refused.
    let (vectors, error) = embedder.stream(texts.clone()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(vectors.len(), 300);
    let calls =
        texts.iter().take(64).map(|text| async { embedder.embed(&[text.as_str()], TextRole::Unspecified).await });
    for (n, answer) in join_all(calls).await.into_iter().enumerate() {
        assert!(cosine(&answer.unwrap().embeddings[0].values, &vectors[n]) > 0.99999, "{n}");
    }
    let fresh = (0..64).map(|n| {
        let (embedder, text) = (&embedder, format!("otra {n}"));
        async move { embedder.embed(&[text.as_str()], TextRole::Query).await }
    });
    assert!(join_all(fresh).await.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_embedded_is_refused_by_field() {
    let embedder = Embedder::start(|options| options.queue_limit = 8).await;
    let huge = "x".repeat(20_001);
    for (texts, field) in [(vec![], "texts"), (vec!["a", ""], "texts[1]"), (vec![huge.as_str()], "texts[0]")] {
        let error = Error::from_status(&embedder.embed(&texts, TextRole::Query).await.unwrap_err());
        assert_eq!(error.reason, Reason::FieldInvalid, "{error:?}");
        assert!(error.fields.iter().any(|violation| violation.field == field), "{error:?}");
    }
    let many: Vec<String> = (0..9).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let status = embedder.embed(&many, TextRole::Query).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let error = Error::from_status(&status);
    assert_eq!(error.reason, Reason::Overloaded);
    assert!(error.retry_after.is_some());

    let (vectors, status) = embedder.stream(vec!["uno".into(), "dos".into(), String::new(), "tres".into()]).await;
    let error = Error::from_status(&status.unwrap());
    assert_eq!(vectors.len(), 2);
    assert_eq!((error.reason, error.metadata["index"].as_str()), (Reason::FieldInvalid, "2"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_usable_model_the_service_starts_and_says_what_to_run() {
    let missing = Embedder::start(|options| options.model_dir = "/nowhere".into()).await;
    let damaged = tempfile::tempdir().unwrap();
    let model = project_root().join(".local/models/multilingual-e5-small");
    std::fs::copy(model.join("manifest.toml"), damaged.path().join("manifest.toml")).unwrap();
    std::fs::write(damaged.path().join("model.onnx"), b"half a download").unwrap();
    let directory = damaged.path().to_owned();
    let damaged = Embedder::start(|options| options.model_dir = directory).await;
    for (embedder, word) in [(missing, "missing"), (damaged, "SHA-256")] {
        let error = Error::from_status(&embedder.embed(&["a"], TextRole::Query).await.unwrap_err());
        assert_eq!((error.reason, error.metadata["capability"].as_str()), (Reason::CapabilityMissing, "embeddings"));
        assert!(error.message.contains("scripts/models.sh") && error.message.contains(word), "{error}");
    }
}
