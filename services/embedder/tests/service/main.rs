//! The service over real tonic, Postgres, Redis and, where it is installed (`./dev setup`), the real model.

#![allow(clippy::unwrap_used)]

mod linking;
mod pairs;
mod search;

use std::{path::PathBuf, time::Duration};

use observatory_embedder::{SERVICE, build, config::Options};
use observatory_mesh::{Config, Running};
use observatory_proto::{
    common::Pipeline,
    embedder::{
        BatchEmbedSkillsRequest, BatchFindSameMeaningRequest, BatchFindSameMeaningResponse, EmbedSource,
        SearchSimilarSkillsRequest, SearchSimilarSkillsResponse, embedder_service_client::EmbedderServiceClient,
    },
    google::longrunning::Operation,
};
use observatory_testkit::{Kit, project_root};
use sea_orm::{ConnectionTrait, Statement, Value};
use tonic::{Status, transport::Channel};

/// A service and its servers.
struct Embedder {
    kit: Kit,
    _running: Running,
    client: EmbedderServiceClient<Channel>,
}

/// Directory of the model, where it is installed.
fn model() -> Option<(PathBuf, PathBuf)> {
    let local = project_root().join(".local");
    let (model, library) = (local.join("models/multilingual-e5-small"), local.join("onnxruntime/libonnxruntime.so"));
    let there = model.is_dir() && library.exists();
    if !there {
        println!("skipped: no model in {}; `./dev setup` installs it", model.display());
    }
    there.then_some((model, library))
}

impl Embedder {
    /// With the model; none where it isn't installed.
    async fn start() -> Option<Self> {
        let (model, library) = model()?;
        Some(Self::start_with(&model.to_string_lossy(), &library.to_string_lossy()).await)
    }

    async fn start_with(model_dir: &str, onnxruntime: &str) -> Self {
        let kit = Kit::start().await;
        let mut config = Config::<Options>::local(&SERVICE);
        config.database_url = kit.database_url();
        config.redis_url = kit.redis_url();
        config.service.backend = kit.backend_options();
        config.service.model_dir = model_dir.into();
        config.service.onnxruntime = onnxruntime.into();
        let running = observatory_mesh::spawn(SERVICE, config, build).await.unwrap();
        let client = EmbedderServiceClient::new(Channel::from_shared(running.url()).unwrap().connect_lazy());
        Self { kit, _running: running, client }
    }

    async fn run(&self, sql: &str, values: impl IntoIterator<Item = Value>) {
        let db = self.kit.db();
        db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await.unwrap();
    }

    async fn number(&self, sql: &str) -> i64 {
        let db = self.kit.db();
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// Stores one ad that names these skills, of pipeline B.
    async fn ad(&self, country: &str, kind: &str, skills: &[&str]) {
        let skills: Vec<String> = skills.iter().map(ToString::to_string).collect();
        let sql = "WITH ad AS (
                 INSERT INTO raw_jobs (portal, country, title, description, listed_date, content_hash)
                 VALUES ('p', $1, 't', 'd', now(), encode(sha256(gen_random_uuid()::text::bytea), 'hex')) RETURNING job_id)
             INSERT INTO enhanced_skills (job_id, original_skill_text, normalized_skill, skill_type, llm_confidence,
                                          llm_model, prompt_version, skill_kind, span_start, span_end)
             SELECT job_id, skill, skill, 'explicit', 1, 'm', 'v', $2, 0, 1 FROM ad, unnest($3::text[]) skill";
        self.run(sql, [country.into(), kind.into(), skills.into()]).await;
    }

    async fn embed(&self, source: EmbedSource, request_id: &str) -> Operation {
        let request = BatchEmbedSkillsRequest {
            pipeline: Pipeline::B.into(),
            limit: 0,
            request_id: request_id.into(),
            source: source.into(),
        };
        let operation = self.client.clone().batch_embed_skills(request).await.unwrap().into_inner();
        self.ended(operation).await
    }

    async fn find_pairs(&self) -> BatchFindSameMeaningResponse {
        let request = BatchFindSameMeaningRequest { pipeline: Pipeline::B.into(), request_id: String::new() };
        let operation = self.client.clone().batch_find_same_meaning(request).await.unwrap().into_inner();
        response(&self.ended(operation).await)
    }

    /// Waits for the end of an operation.
    async fn ended(&self, operation: Operation) -> Operation {
        let operations = self.kit.backend().await.operations;
        let id = operation.name.rsplit('/').next().unwrap().to_string();
        for _ in 0..12_000 {
            let now = operations.get(&id).await.unwrap().to_operation();
            if now.done {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} does not end", operation.name);
    }

    async fn search(&self, request: SearchSimilarSkillsRequest) -> Result<SearchSimilarSkillsResponse, Status> {
        Ok(self.client.clone().search_similar_skills(request).await?.into_inner())
    }
}

/// A search among the skills of pipeline B.
fn search_for(query: &str) -> SearchSimilarSkillsRequest {
    SearchSimilarSkillsRequest { query: query.into(), pipeline: Pipeline::B.into(), ..Default::default() }
}

/// The response of an operation that succeeded.
fn response<M: prost::Message + Default>(operation: &Operation) -> M {
    use observatory_proto::google::longrunning::operation::Result;
    match &operation.result {
        Some(Result::Response(any)) => M::decode(any.value.as_ref()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Rows of a table of the benchmarks, without its head.
fn rows(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(project_root().join("bench/data").join(name)).unwrap();
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_string).collect()).collect()
}
