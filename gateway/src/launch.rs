//! Starts operations by their kind: what schedules, and whatever else runs by itself, hand over is
//! a kind and a request as JSON.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use observatory_mesh::{Config, Peer};
use observatory_proto::{
    DESCRIPTOR_POOL, Error, Reason,
    codec::{ValidatingCodec, validate},
    error::FieldViolation,
    google::longrunning::Operation,
    pipeline::{RunPipelineRequest, pipeline_service_server::PipelineService},
};
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage, Value};
use serde_json::{Map, Value as Json};
use tonic::{client::Grpc, codegen::http::uri::PathAndQuery};

/// Kind, the service that does it, its method. The part of a kind before the dot names the peer.
const KINDS: [(&str, &str, &str); 7] = [
    ("cleaner.batch_clean_jobs", "observatory.cleaner.v1.CleanerService", "BatchCleanJobs"),
    ("clusterer.cluster_skills", "observatory.clusterer.v1.ClustererService", "ClusterSkills"),
    ("embedder.batch_embed_skills", "observatory.embedder.v1.EmbedderService", "BatchEmbedSkills"),
    ("extractor.batch_extract_skills", "observatory.extractor.v1.ExtractorService", "BatchExtractSkills"),
    ("gateway.run_pipeline", "observatory.pipeline.v1.PipelineService", "RunPipeline"),
    ("llm.batch_enhance_jobs", "observatory.llm.v1.LlmService", "BatchEnhanceJobs"),
    ("scraper.scrape_portal", "observatory.scraper.v1.ScraperService", "ScrapePortal"),
];
/// Every request that starts an operation has this field.
const REQUEST_ID: &str = "request_id";
/// Starting selects and journals what is to be done, so a large one takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts operations of one kind in this process.
#[tonic::async_trait]
pub trait Start: Send + Sync {
    /// Starts one. The request is checked, and has its `request_id`; `transcode_to` makes the typed message of it.
    async fn start(&self, request: DynamicMessage) -> Result<Operation, Error>;
}

/// A service of this process starts operations without a way over the network.
#[tonic::async_trait]
impl<P: PipelineService> Start for P {
    async fn start(&self, request: DynamicMessage) -> Result<Operation, Error> {
        let request: RunPipelineRequest = request.transcode_to().map_err(Error::internal)?;
        let started = self.run_pipeline(tonic::Request::new(request)).await;
        started.map(tonic::Response::into_inner).map_err(|status| Error::from_status(&status))
    }
}

/// Starts operations of any kind, at the service that does it; cheap to clone.
#[derive(Clone, Default)]
pub struct Launcher {
    peers: BTreeMap<&'static str, Peer>,
    local: BTreeMap<&'static str, Arc<dyn Start>>,
}

impl Launcher {
    /// Every kind whose service is a configured peer.
    ///
    /// # Errors
    /// Where a peer's address is none.
    pub fn new<O>(config: &Config<O>) -> anyhow::Result<Self> {
        let mut peers = BTreeMap::new();
        for (kind, ..) in KINDS {
            let name = peer_name(kind);
            if let Some(peer) = config.optional_peer(name)? {
                peers.insert(name, peer);
            }
        }
        Ok(Self { peers, local: BTreeMap::new() })
    }

    /// Starts operations of this kind in this process.
    #[must_use]
    pub fn with_local(mut self, kind: &'static str, starter: Arc<dyn Start>) -> Self {
        self.local.insert(kind, starter);
        self
    }

    /// Checks that such an operation could be asked for, without asking.
    ///
    /// # Errors
    /// [`Reason::FieldInvalid`], naming `operation_kind` or `request.<field>`.
    pub fn check(&self, kind: &str, request: &Json) -> Result<(), Error> {
        read(&method(kind)?.input(), request).map(|_| ())
    }

    /// Starts an operation, once per `request_id`.
    ///
    /// # Errors
    /// As [`Launcher::check`]; [`Reason::CapabilityMissing`] where this mesh has no such service; what
    /// the service says.
    pub async fn start(&self, kind: &str, request: &Json, request_id: &str) -> Result<Operation, Error> {
        let method = method(kind)?;
        let message = read(&method.input(), request)?;
        self.send(kind, &method, message, request_id).await
    }

    /// As [`Launcher::start`], from a typed message, such as `ScrapePortalRequest`.
    ///
    /// # Errors
    /// As [`Launcher::start`]; [`Reason::Internal`] where the message is of another kind.
    pub async fn start_message<M: ReflectMessage>(
        &self,
        kind: &str,
        request: &M,
        request_id: &str,
    ) -> Result<Operation, Error> {
        let method = method(kind)?;
        if request.descriptor() != method.input() {
            return Err(Error::internal(format!("{kind} takes a {}", method.input().full_name())));
        }
        let message = request.transcode_to_dynamic();
        validate(&message)?;
        self.send(kind, &method, message, request_id).await
    }

    async fn send(
        &self,
        kind: &str,
        method: &MethodDescriptor,
        mut message: DynamicMessage,
        request_id: &str,
    ) -> Result<Operation, Error> {
        message.set_field_by_name(REQUEST_ID, Value::String(request_id.to_string()));
        let started = async {
            if let Some(starter) = self.local.get(kind) {
                return starter.start(message).await;
            }
            let name = peer_name(kind);
            let peer = self.peers.get(name).ok_or_else(|| {
                let message = format!("{kind} needs the service {name}, which this mesh lacks: set peers.{name}");
                Error::capability_missing(name, message)
            })?;
            call(peer.clone(), method, message).await.map_err(|error| match error.reason {
                Reason::DependencyUnavailable if error.metadata.is_empty() => Error::unavailable(name, error.message),
                _ => error,
            })
        };
        tokio::time::timeout(PATIENCE, started).await.unwrap_or_else(|_| {
            let message = format!("{kind} didn't start within {} seconds", PATIENCE.as_secs());
            Err(Error::new(Reason::DeadlineExceeded, message))
        })
    }
}

async fn call(peer: Peer, method: &MethodDescriptor, message: DynamicMessage) -> Result<Operation, Error> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let path = PathAndQuery::try_from(path).map_err(Error::internal)?;
    let mut client = Grpc::new(peer);
    client.ready().await.map_err(|error| Error::new(Reason::DependencyUnavailable, error.to_string()))?;
    let codec = ValidatingCodec::<DynamicMessage, Operation>::default();
    let answer = client.unary(tonic::Request::new(message), path, codec).await;
    answer.map(tonic::Response::into_inner).map_err(|status| Error::from_status(&status))
}

fn peer_name(kind: &str) -> &str {
    kind.split_once('.').map_or(kind, |(peer, _)| peer)
}

/// The method that starts operations of a kind.
fn method(kind: &str) -> Result<MethodDescriptor, Error> {
    let Some((_, service, name)) = KINDS.iter().find(|(known, ..)| *known == kind) else {
        let kinds: Vec<_> = KINDS.iter().map(|(kind, ..)| *kind).collect();
        return Err(Error::invalid_field("operation_kind", format!("must be one of {}", kinds.join(", "))));
    };
    DESCRIPTOR_POOL
        .get_service_by_name(service)
        .and_then(|service| service.methods().find(|method| method.name() == *name))
        .ok_or_else(|| Error::internal(format!("the contracts lack {service}/{name}")))
}

/// Makes the message of its JSON, and checks it against the rules of its contract.
fn read(descriptor: &MessageDescriptor, json: &Json) -> Result<DynamicMessage, Error> {
    let Json::Object(fields) = json else {
        return Err(Error::invalid_field("request", "must be a JSON object"));
    };
    let mut problems = Vec::new();
    // One by one: then each fault names its field.
    for (name, value) in fields {
        if let Err(description) = read_field(descriptor, name, value) {
            problems.push(FieldViolation { field: format!("request.{name}"), description });
        }
    }
    if !problems.is_empty() {
        return Err(Error::invalid_fields(problems));
    }
    let message = deserialize(descriptor, json).map_err(|why| Error::invalid_field("request", why))?;
    validate(&message).map_err(|error| match error.reason {
        Reason::FieldInvalid => Error::invalid_fields(
            error.fields.into_iter().map(|found| FieldViolation { field: format!("request.{}", found.field), ..found }),
        ),
        _ => error,
    })?;
    Ok(message)
}

fn read_field(descriptor: &MessageDescriptor, name: &str, value: &Json) -> Result<(), String> {
    let field = descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name));
    match field {
        Some(field) if field.name() == REQUEST_ID => Err("every start gets its own; leave it out".into()),
        Some(_) => {
            let one: Map<_, _> = [(name.to_string(), value.clone())].into_iter().collect();
            deserialize(descriptor, &Json::Object(one)).map(|_| ())
        }
        None => {
            let known: Vec<_> = descriptor.fields().map(|field| field.name().to_string()).collect();
            let known: Vec<_> = known.iter().map(String::as_str).filter(|name| *name != REQUEST_ID).collect();
            Err(format!("{} has no such field; it has {}", descriptor.name(), known.join(", ")))
        }
    }
}

fn deserialize(descriptor: &MessageDescriptor, json: &Json) -> Result<DynamicMessage, String> {
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    DynamicMessage::deserialize_with_options(descriptor.clone(), json, &options).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use observatory_proto::extractor::BatchExtractSkillsRequest;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_starts_an_operation_and_takes_a_request_id() {
        for (kind, ..) in KINDS {
            let method = method(kind).expect(kind);
            assert_eq!(method.output().full_name(), "google.longrunning.Operation", "{kind}");
            assert!(method.input().get_field_by_name(REQUEST_ID).is_some(), "{kind}");
        }
    }

    #[test]
    fn what_the_contract_allows_passes() {
        let launcher = Launcher::default();
        for (kind, request) in [
            ("extractor.batch_extract_skills", json!({"limit": 500.0, "country": "CO", "pipeline": "A"})),
            ("clusterer.cluster_skills", json!({"umap": {"n_neighbors": 15, "min_dist": 0.1}, "nClusters": 3})),
            ("gateway.run_pipeline", json!({"stages": ["STAGE_SCRAPE"]})),
            ("cleaner.batch_clean_jobs", json!({})),
        ] {
            launcher.check(kind, &request).expect(kind);
        }
    }

    #[test]
    fn what_it_does_not_allow_names_its_field() {
        let extract = "extractor.batch_extract_skills";
        for (kind, request, field, word) in [
            ("extractor.batch", json!({}), "operation_kind", "cleaner.batch_clean_jobs"),
            (extract, json!([]), "request", "object"),
            (extract, json!({"limits": 5}), "request.limits", "it has job_ids, country, limit"),
            (extract, json!({"limit": "many"}), "request.limit", ""),
            (extract, json!({"limit": 1.5}), "request.limit", "integer"),
            (extract, json!({"limit": -1}), "request.limit", ""),
            (extract, json!({"country": "Colombia"}), "request.country", "such as CO"),
            (extract, json!({"pipeline": "Z"}), "request.pipeline", ""),
            (extract, json!({"job_ids": ["x"]}), "request.job_ids[0]", "UUID"),
            (extract, json!({"request_id": "x"}), "request.request_id", "leave it out"),
            ("clusterer.cluster_skills", json!({"umap": {"neighbors": 5}}), "request.umap", "neighbors"),
            ("scraper.scrape_portal", json!({"country": "CO"}), "request.portal", ""),
        ] {
            let error = Launcher::default().check(kind, &request).expect_err(field);
            assert_eq!((error.reason, error.fields[0].field.as_str()), (Reason::FieldInvalid, field), "{error}");
            assert!(error.message.contains(word), "{error}");
        }
    }

    /// Keeps what it was asked for.
    #[derive(Default)]
    struct Recorder(Mutex<Vec<RunPipelineRequest>>);

    #[tonic::async_trait]
    impl Start for Recorder {
        async fn start(&self, request: DynamicMessage) -> Result<Operation, Error> {
            let request: RunPipelineRequest = request.transcode_to().expect("it is one");
            let operation = Operation { name: format!("operations/{}", request.request_id), ..Default::default() };
            self.0.lock().expect("no panic").push(request);
            Ok(operation)
        }
    }

    #[tokio::test]
    async fn a_local_start_gets_the_message_with_its_request_id() {
        let recorder = Arc::new(Recorder::default());
        let launcher = Launcher::default().with_local("gateway.run_pipeline", recorder.clone());
        let request = json!({"stages": ["STAGE_SCRAPE"], "country": "CO"});
        let operation = launcher.start("gateway.run_pipeline", &request, "r-1").await.expect("it starts");
        assert_eq!(operation.name, "operations/r-1");
        let typed = RunPipelineRequest { stages: vec![1], country: "CO".into(), ..Default::default() };
        launcher.start_message("gateway.run_pipeline", &typed, "r-2").await.expect("it starts");
        let seen = recorder.0.lock().expect("no panic");
        let expected = |id: &str| RunPipelineRequest { request_id: id.into(), ..typed.clone() };
        assert_eq!(*seen, [expected("r-1"), expected("r-2")]);
    }

    #[tokio::test]
    async fn a_typed_message_is_checked_too() {
        let launcher = Launcher::default();
        let wrong = BatchExtractSkillsRequest { limit: -1, ..Default::default() };
        let kind = "extractor.batch_extract_skills";
        assert_eq!(launcher.start_message(kind, &wrong, "").await.expect_err("limit").fields[0].field, "limit");
        let other = launcher.start_message("cleaner.batch_clean_jobs", &wrong, "").await;
        assert_eq!(other.expect_err("another message").reason, Reason::Internal);
        let missing = launcher.start_message(kind, &BatchExtractSkillsRequest::default(), "").await;
        let missing = missing.expect_err("no such peer");
        assert_eq!((missing.reason, missing.metadata["capability"].as_str()), (Reason::CapabilityMissing, "extractor"));
    }
}
