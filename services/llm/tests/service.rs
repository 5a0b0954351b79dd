//! The service over real tonic: a scripted model that speaks the true protocol, the real extractor, a real Postgres
//! and Redis.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use observatory_chat::stub::{Asked, Reply, Stub};
use observatory_llm::{
    SERVICE, build,
    config::{ModelOptions, Options},
};
use observatory_mesh::{Config, Running};
use observatory_operations::{Backend, Progress, State};
use observatory_proto::{
    Error, Reason,
    common::{Pipeline, SkillType},
    google::longrunning::operation::Result as Ended,
    llm::{
        BatchEnhanceJobsRequest, BatchEnhanceJobsResponse, EnhanceSkillsRequest, ExtractSkillsRequest,
        ExtractSkillsResponse, ListModelsRequest, StreamExtractSkillsRequest, llm_service_client::LlmServiceClient,
        stream_extract_skills_response::Event,
    },
};
use observatory_store::enhancement::{self, Enhanced, Skill};
use observatory_testkit::Kit;
use prost::Message;
use sea_orm::{ConnectionTrait, Statement};
use tonic::{Status, transport::Channel};

const TEXT: &str = "Requisitos: experiencia en Python y Django. Manejo de PostgreSQL y trabajo en equipo.";
/// COBOL is not in the ad, Docker is implied by nothing, SQL by something that the ad names.
const ANSWER: &str = r#"{"technical":["python","Django","COBOL"],"traits":["trabajo en equipo"],"usual":[],"unnamed":[{"name":"SQL","from":"Django","reason":"Its models are kept in SQL databases."},{"name":"Docker","from":"Kubernetes","reason":"It runs containers."}]}"#;

struct Llm {
    kit: Kit,
    backend: Backend,
    stub: Stub,
    _running: (Running, Running),
    client: LlmServiceClient<Channel>,
}

impl Llm {
    async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_with(script, |_| {}).await
    }

    async fn start_with(
        script: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
        set: impl FnOnce(&mut ModelOptions),
    ) -> Self {
        let kit = Kit::start().await;
        let mut config = Config::<observatory_extractor::config::Options>::local(&observatory_extractor::SERVICE);
        (config.database_url, config.redis_url) = (kit.database_url(), kit.redis_url());
        config.service.backend = kit.backend_options();
        let service = observatory_extractor::SERVICE;
        let extractor = observatory_mesh::spawn(service, config, observatory_extractor::build).await.unwrap();
        let stub = Stub::start(script).await.unwrap();
        let mut model = ModelOptions { base_url: stub.base_url(), attempts: 1, ..ModelOptions::default() };
        set(&mut model);
        let mut config = Config::<Options>::local(&SERVICE);
        (config.database_url, config.redis_url) = (kit.database_url(), kit.redis_url());
        config.service.backend = kit.backend_options();
        config.service.models = BTreeMap::from([("scripted".to_owned(), model)]);
        config.peers.insert("extractor".into(), extractor.url());
        let running = observatory_mesh::spawn(SERVICE, config, build).await.unwrap();
        let client = LlmServiceClient::new(Channel::from_shared(running.url()).unwrap().connect_lazy());
        Self { backend: kit.backend().await, kit, stub, _running: (running, extractor), client }
    }

    async fn extract(&self, text: &str) -> Result<ExtractSkillsResponse, Status> {
        let request = ExtractSkillsRequest {
            title: "Ingeniero de datos".into(),
            text: text.into(),
            pipeline: Pipeline::B.into(),
            ..Default::default()
        };
        Ok(self.client.clone().extract_skills(request).await?.into_inner())
    }

    /// Stores extracted ads.
    async fn ads(&self, texts: impl IntoIterator<Item = String>) {
        let sql = "WITH ad AS (
                INSERT INTO raw_jobs (portal, country, title, description, listed_date, content_hash, is_processed,
                    extraction_status)
                VALUES ('x', 'CO', 'Ingeniero', $1, now(), encode(sha256(convert_to($1 || $2, 'UTF8')), 'hex'), true,
                    'completed')
                RETURNING job_id)
            INSERT INTO cleaned_jobs (job_id, title_cleaned, description_cleaned, requirements_cleaned,
                combined_text, combined_word_count, detected_language, language_confidence, is_usable, signature,
                cleaner_version)
            SELECT job_id, 'Ingeniero', $1, '', 'Ingeniero' || chr(10) || $1, 60, 'es', 1, true, '', '1' FROM ad";
        let db = self.kit.db();
        for (number, text) in texts.into_iter().enumerate() {
            let values = [text.into(), number.to_string().into()];
            db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await.unwrap();
        }
    }

    async fn count(&self, sql: &str) -> i64 {
        let db = self.kit.db();
        let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
        row.try_get_by_index(0).unwrap()
    }

    async fn batch(&self) -> String {
        let request = BatchEnhanceJobsRequest { pipeline: Pipeline::B.into(), ..Default::default() };
        let operation = self.client.clone().batch_enhance_jobs(request).await.unwrap().into_inner();
        operation.name.trim_start_matches("operations/").to_owned()
    }

    async fn end(&self, id: &str) -> Progress {
        let progress = self.backend.operations.wait(id, Duration::from_secs(60)).await.unwrap();
        assert!(progress.state.is_terminal(), "{progress:?}");
        progress
    }
}

fn reason(status: &Status) -> Reason {
    Error::from_status(status).reason
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_ad_holds_counts_and_a_kept_answer_costs_nothing() {
    let llm = Llm::start(|_| Reply::text(ANSWER).usage(900, 60)).await;
    let answer = llm.extract(TEXT).await.unwrap();
    let named: Vec<_> = answer.skills.iter().filter(|s| s.skill_type() == SkillType::Explicit).collect();
    for skill in &named {
        let (start, end) = skill.span.map(|span| (span.start as usize, span.end as usize)).unwrap();
        let words: String = answer.text.chars().skip(start).take(end - start).collect();
        assert_eq!(words, skill.original_skill_text);
    }
    let names: Vec<_> = named.iter().map(|skill| skill.original_skill_text.as_str()).collect();
    assert_eq!(names, ["Python", "Django", "trabajo en equipo"]);
    let implied: Vec<_> = answer.skills.iter().filter(|s| s.skill_type() == SkillType::Implicit).collect();
    assert!(
        implied.len() == 1 && implied[0].implied_by == "Django" && !implied[0].llm_reasoning.is_empty(),
        "{implied:?}"
    );
    assert_eq!(answer.ungrounded, 1, "{:?}", answer.dropped);
    let dropped: Vec<_> = answer.dropped.iter().map(|dropped| dropped.text.as_str()).collect();
    assert!(dropped.contains(&"COBOL") && dropped.contains(&"Docker"), "{dropped:?}");
    let agreement = answer.agreement.clone().unwrap();
    assert!(agreement.only_pipeline_a.contains(&"PostgreSQL".to_string()), "{agreement:?}");
    assert_eq!((answer.tokens_used, answer.usage.unwrap().cached, answer.model.as_str()), (960, false, "scripted"));

    let again = llm.extract(TEXT).await.unwrap();
    assert_eq!((again.skills, again.tokens_used, llm.stub.requests()), (answer.skills, 0, 1));
    assert!(again.usage.unwrap().cached);
}

#[tokio::test(flavor = "multi_thread")]
async fn given_skills_are_enhanced_and_none_is_added_by_name() {
    let llm = Llm::start(|_| Reply::text(ANSWER)).await;
    let skills = vec!["Python".into(), "Django".into()];
    let request = EnhanceSkillsRequest { text: TEXT.into(), skills, ..Default::default() };
    let answer = llm.client.clone().enhance_skills(request).await.unwrap().into_inner();
    let named: Vec<_> = answer.skills.iter().filter(|s| s.skill_type() == SkillType::Explicit).collect();
    assert_eq!(named.len(), 2, "{named:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_read_is_repaired_once_then_kept_as_it_is() {
    let llm = Llm::start(|asked| Reply::text(if asked.index == 1 { ANSWER } else { "I can't help with that." })).await;
    let repaired = llm.extract(TEXT).await.unwrap();
    assert_eq!(repaired.usage.unwrap().requests, 2);
    let refused = llm.extract("Se busca persona con Java y Scala.").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::ModelAnswerMalformed);
    let kept = "SELECT count(*) FROM llm_answers WHERE state = 'malformed' AND raw LIKE '%can''t help%'";
    assert_eq!(llm.count(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_says_why() {
    let llm = Llm::start_with(|_| Reply::text(ANSWER).usage(5_000, 10), |model| model.tokens_per_day = 6_000).await;
    let mut client = llm.client.clone();
    let unknown = ExtractSkillsRequest { text: TEXT.into(), model: "gpt".into(), ..Default::default() };
    let error = Error::from_status(&client.extract_skills(unknown).await.unwrap_err());
    assert_eq!(error.reason, Reason::ModelNotFound);
    assert!(error.fields[0].description.contains("scripted"), "{error:?}");

    llm.extract(TEXT).await.unwrap();
    let spent = llm.extract("Se busca persona con Java.").await.unwrap_err();
    assert_eq!(reason(&spent), Reason::ModelBudgetSpent);
    let models = client.list_models(ListModelsRequest {}).await.unwrap().into_inner().models;
    assert_eq!((models[0].tokens_used, models[0].token_budget, models[0].is_default), (5_010, 6_000, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_every_call_says_what_is_missing() {
    let kit = Kit::start().await;
    let mut config = Config::<Options>::local(&SERVICE);
    (config.database_url, config.redis_url) = (kit.database_url(), kit.redis_url());
    config.service.backend = kit.backend_options();
    let running = observatory_mesh::spawn(SERVICE, config, build).await.unwrap();
    let mut client = LlmServiceClient::new(Channel::from_shared(running.url()).unwrap().connect_lazy());
    let refused = client.extract_skills(ExtractSkillsRequest { text: TEXT.into(), ..Default::default() }).await;
    assert_eq!(reason(&refused.unwrap_err()), Reason::CapabilityMissing);
    let refused = client.batch_enhance_jobs(BatchEnhanceJobsRequest::default()).await;
    assert_eq!(reason(&refused.unwrap_err()), Reason::CapabilityMissing);
    assert_eq!(reason(&client.list_models(ListModelsRequest {}).await.unwrap_err()), Reason::CapabilityMissing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_lost_in_the_middle_fails_its_ads_and_a_retry_finishes_them_once() {
    let lost = Arc::new(AtomicBool::new(true));
    let script = lost.clone();
    let llm = Llm::start(move |asked| {
        let broken = script.load(SeqCst) && asked.question().contains("Kotlin");
        if broken { Reply::status(500, "out of memory") } else { Reply::text(ANSWER).usage(100, 10) }
    })
    .await;
    llm.ads((0..12).map(|n| format!("{TEXT} {} {n}", if n % 4 == 0 { "Kotlin" } else { "" }))).await;
    let id = llm.batch().await;
    let progress = llm.end(&id).await;
    assert_eq!((progress.completed, progress.failed), (9, 3), "{progress:?}");
    let failures = llm.backend.operations.failures(&id, "", 10).await.unwrap();
    assert!(failures.iter().all(|(_, failure)| failure.reason == "MODEL_UNAVAILABLE"), "{failures:?}");

    lost.store(false, SeqCst);
    // The breaker lets a request through after its pause.
    tokio::time::sleep(Duration::from_secs(16)).await;
    llm.backend.operations.retry(&id).await.unwrap();
    let progress = llm.end(&id).await;
    assert_eq!((progress.state, progress.completed, progress.failed), (State::Succeeded, 12, 0), "{progress:?}");
    let Some(Ended::Response(any)) = progress.to_operation().result else { panic!("no response") };
    let response = BatchEnhanceJobsResponse::decode(any.value.as_slice()).unwrap();
    assert_eq!((response.enhanced, response.ungrounded, response.tokens_used), (12, 12, 1_320));
    assert_eq!(llm.count("SELECT count(*) FROM enhanced_jobs WHERE pipeline = 'B'").await, 12);
    let twice = "SELECT count(*) FROM (SELECT job_id, original_skill_text FROM enhanced_skills
                 WHERE skill_type = 'explicit' GROUP BY 1, 2 HAVING count(*) > 1) twice";
    assert_eq!(llm.count(twice).await, 0);
    // Explicit skills whose words do not stand where their row says.
    let ungrounded = "SELECT count(*) FROM enhanced_skills s JOIN cleaned_jobs c USING (job_id)
         WHERE s.skill_type = 'explicit'
           AND substr(c.combined_text, s.span_start + 1, s.span_end - s.span_start) <> s.original_skill_text";
    assert_eq!(llm.count(ungrounded).await, 0);
    assert!(llm.count("SELECT count(*) FROM enhanced_skills WHERE skill_type = 'explicit'").await >= 36);
    // All is done: nothing is left to ask.
    let none = llm.batch().await;
    assert_eq!(llm.end(&none).await.total, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_what_the_model_writes() {
    let llm = Llm::start(|_| Reply::text(ANSWER).slowly(Duration::from_secs(2))).await;
    llm.ads((0..6).map(|n| format!("{TEXT} {n}"))).await;
    let id = llm.batch().await;
    while llm.stub.running() == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    llm.backend.operations.cancel(&id).await.unwrap();
    let progress = llm.end(&id).await;
    assert_eq!((progress.state, progress.completed), (State::Cancelled, 0), "{progress:?}");
    tokio::time::timeout(Duration::from_secs(5), async {
        while llm.stub.running() > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the model's server is told");
    assert!(llm.stub.hung_up() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_skills_of_a_text_are_told_while_the_model_writes() {
    let llm = Llm::start(|_| Reply::text(ANSWER).slowly(Duration::from_millis(30))).await;
    let request = ExtractSkillsRequest { text: TEXT.into(), pipeline: Pipeline::B.into(), ..Default::default() };
    let request = StreamExtractSkillsRequest { request: Some(request) };
    let mut stream = llm.client.clone().stream_extract_skills(request).await.unwrap().into_inner();
    let (mut early, mut tokens, mut result) = (Vec::new(), 0, None);
    while let Some(message) = stream.message().await.unwrap() {
        match message.event.unwrap() {
            Event::CompletionTokens(n) => tokens = n,
            Event::Skill(skill) => early.push(skill.original_skill_text),
            Event::Result(whole) => result = Some(whole),
        }
    }
    assert!(tokens > 3, "{tokens}");
    assert_eq!(early, ["Python", "Django", "trabajo en equipo"], "what the ad lacks is not told");
    assert!(result.unwrap().skills.len() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_names_the_row_that_it_repeats() {
    let llm = Llm::start(|_| Reply::text(ANSWER)).await;
    llm.ads([TEXT.to_string()]).await;
    let db = llm.kit.db();
    let by = ("B", "scripted", "1");
    let job_id = enhancement::pending(&db, "", 1, by, false).await.unwrap()[0];
    let skill = |name: &str, duplicate_of| Skill {
        original_skill_text: name.into(),
        normalized_skill: name.into(),
        span: Some((0, 4)),
        duplicate_of,
        ..Skill::default()
    };
    let enhanced = Enhanced {
        job_id,
        pipeline: by.0.into(),
        llm_model: by.1.into(),
        prompt_version: by.2.into(),
        settings: serde_json::json!({}),
        dropped: serde_json::json!([]),
        skills: vec![skill("Python", None), skill("Python 3", Some(0))],
        ..Enhanced::default()
    };
    for _ in 0..2 {
        enhancement::write(&db, &[&enhanced]).await.unwrap();
    }
    let (jobs, skills) = enhancement::of_job(&db, job_id).await.unwrap();
    let told: Vec<_> = skills
        .iter()
        .map(|skill| (skill.normalized_skill.as_str(), skill.is_duplicate, skill.duplicate_of.as_str()))
        .collect();
    assert_eq!((jobs.len(), told), (1, vec![("Python", false, ""), ("Python 3", true, "Python")]));
    assert!(enhancement::pending(&db, "", 1, by, false).await.unwrap().is_empty());
}
