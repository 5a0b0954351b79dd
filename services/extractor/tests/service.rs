//! The service over real tonic: what it answers for one text, and that reviews reach the next extraction.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use observatory_extractor::{SERVICE, build, config::Options};
use observatory_mesh::{Config, Running};
use observatory_proto::{
    Error, Reason,
    common::{ExtractionMethod, Necessity, Pipeline, SkillType},
    extractor::{
        ExtractSkillsRequest, ExtractSkillsResponse, ExtractedSkill, extractor_service_client::ExtractorServiceClient,
    },
};
use observatory_store::{
    emerging::{Decision, NewLabel, Promotion, Verdict, decide},
    skills,
};
use observatory_testkit::Kit;
use sea_orm::ConnectionTrait;
use tonic::{Status, transport::Channel};

const TEXT: &str = "Requisitos: experiencia en Zorblax. Manejo de Docker, Zorblax y Kubernetes.";

struct Extractor {
    kit: Kit,
    _running: Running,
    client: ExtractorServiceClient<Channel>,
}

impl Extractor {
    async fn start() -> Self {
        let kit = Kit::start().await;
        let mut config = Config::<Options>::local(&SERVICE);
        config.database_url = kit.database_url();
        config.redis_url = kit.redis_url();
        config.service.backend = kit.backend_options();
        let running = observatory_mesh::spawn(SERVICE, config, build).await.unwrap();
        let client = ExtractorServiceClient::new(Channel::from_shared(running.url()).unwrap().connect_lazy());
        let extractor = Self { kit, _running: running, client };
        extractor.published(|version| !version.is_empty()).await;
        extractor
    }

    async fn decide(&self, verdict: Verdict) {
        let decision = Decision { phrase: "zorblax".into(), label: "Zorblax".into(), note: String::new(), verdict };
        decide(&self.kit.db(), &decision).await.unwrap();
    }

    async fn extract(&self) -> ExtractSkillsResponse {
        self.ask(TEXT, &[]).await.unwrap()
    }

    async fn ask(&self, text: &str, methods: &[ExtractionMethod]) -> Result<ExtractSkillsResponse, Status> {
        let methods = methods.iter().map(|method| (*method).into()).collect();
        let (title, text) = ("Ingeniero".into(), text.into());
        let request = ExtractSkillsRequest { title, text, methods, explain: true, ..Default::default() };
        Ok(self.client.clone().extract_skills(request).await?.into_inner())
    }

    /// Waits until the extractor has noticed: two seconds, and the time to build and publish.
    async fn published(&self, is_it: impl Fn(&str) -> bool) -> String {
        for _ in 0..600 {
            let version = observatory_store::extraction::dataset_version(&self.kit.db(), "taxonomy").await.unwrap();
            if let Some(version) = version.filter(|version| is_it(version)) {
                return version;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the taxonomy is not published");
    }
}

fn promotion(id: &str) -> Promotion {
    Promotion {
        skill_id: id.into(),
        concept_uri: format!("urn:observatory:skill:{id}"),
        kind: "tool".into(),
        name: NewLabel { text: "Zorblax".into(), field: "name".into() },
        labels: Vec::new(),
        parent: "docker".into(),
    }
}

/// The ids that `Zorblax` is found as.
fn found(response: &ExtractSkillsResponse) -> Vec<&str> {
    let named = response.skills.iter().filter(|skill| skill.skill_text == "Zorblax");
    named.map(|skill| skill.skill.as_ref().unwrap().skill_id.as_str()).collect()
}

#[tokio::test]
async fn decisions_change_what_is_found_and_undoing_them_too() {
    let extractor = Extractor::start().await;
    let before = extractor.extract().await;
    assert!(found(&before).is_empty(), "{before:?}");
    assert!(!before.taxonomy_version.contains("additions"));
    let candidates: Vec<_> = before.candidates.iter().map(|c| (c.text.as_str(), c.pattern.as_str())).collect();
    assert_eq!(candidates, [("Zorblax", "announced"), ("Zorblax", "listed")]);

    extractor.decide(Verdict::Promoted(promotion("zorblax"))).await;
    let version = extractor.published(|version| version.contains("+additions.1-")).await;
    let after = extractor.extract().await;
    assert_eq!(found(&after), ["zorblax", "zorblax"]);
    assert!(after.candidates.is_empty(), "{:?}", after.candidates);
    assert_eq!(after.taxonomy_version, version);
    let name = skills::name(&extractor.kit.db(), "zorblax").await.unwrap().unwrap();
    assert_eq!((name.name.as_str(), name.kind.as_str()), ("Zorblax", "tool"));

    extractor.decide(Verdict::Alias("docker".into())).await;
    extractor.published(|other| other.contains("+additions.1-") && other != version).await;
    assert_eq!(found(&extractor.extract().await), ["docker", "docker"]);
    assert!(skills::name(&extractor.kit.db(), "zorblax").await.unwrap().is_none());

    extractor.decide(Verdict::Open).await;
    extractor.published(|version| !version.contains("additions")).await;
    let back = extractor.extract().await;
    assert!(found(&back).is_empty());
    assert_eq!(back.taxonomy_version, before.taxonomy_version);
}

#[tokio::test]
async fn an_addition_that_the_files_have_by_now_is_passed_over() {
    let extractor = Extractor::start().await;
    // As if a later release had brought `docker` after somebody promoted it.
    let db = extractor.kit.db();
    let clash = "INSERT INTO taxonomy_additions (skill_id, name, kind) VALUES
                     ('docker', 'Docker', 'tool'), ('dockerish', 'Kubernetes', 'tool'), ('zorblax', 'Zorblax', 'tool')";
    db.execute_unprepared(clash).await.unwrap();
    let version = "INSERT INTO dataset_versions (dataset, version) VALUES ('additions', '3-x')";
    db.execute_unprepared(version).await.unwrap();
    extractor.published(|version| version.ends_with("+additions.3-x")).await;
    let after = extractor.extract().await;
    assert_eq!(found(&after), ["zorblax", "zorblax"]);
    let ids: Vec<_> = after.skills.iter().map(|skill| skill.skill.as_ref().unwrap().skill_id.as_str()).collect();
    assert!(ids.contains(&"docker") && ids.contains(&"kubernetes"), "{ids:?}");
}

fn named<'r>(response: &'r ExtractSkillsResponse, id: &str) -> &'r ExtractedSkill {
    let is_it = |s: &&ExtractedSkill| s.skill.as_ref().is_some_and(|skill| skill.skill_id == id);
    response.skills.iter().find(is_it).unwrap_or_else(|| panic!("no {id} in {:?}", response.skills))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_what_the_ad_states_and_why() {
    let extractor = Extractor::start().await;
    let text = "Requisitos:\n- Mínimo 3 años de experiencia en Java 8+ (excluyente)\n- Manejo de Git\n\
                - No se requiere experiencia en SAP\nDeseable:\n- Docker, Zorblax y Kubernetes\n\
                Let's go to the office.";
    let response = extractor.ask(text, &[]).await.unwrap();
    let java = named(&response, "java");
    let demand = java.demand.clone().unwrap();
    assert_eq!((demand.years_min, demand.version.as_str()), (Some(3.0), "8+"), "{java:?}");
    assert_eq!(demand.necessity(), Necessity::Required);
    assert!(java.reason.contains("taxonomy label"), "{}", java.reason);
    assert_eq!(named(&response, "docker").demand.clone().unwrap().necessity(), Necessity::Desirable);
    assert!(response.skills.iter().all(|s| s.skill_type() == SkillType::Explicit || !s.implied_by.is_empty()));
    let sap = response.dismissed.iter().find(|d| d.name == "SAP").unwrap();
    assert!(sap.reason.contains("not asked for"), "{sap:?}");
    assert!(response.candidates.iter().any(|c| c.text == "Zorblax"), "{:?}", response.candidates);
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_run_alone_and_one_without_its_model_says_so() {
    let extractor = Extractor::start().await;
    let all = extractor.ask("Experiencia en Python y Docker.", &[]).await.unwrap();
    assert_eq!(all.skills.iter().filter(|s| s.implied_by.is_empty()).count(), 2);
    let esco = extractor.ask("Experiencia en Python y Docker.", &[ExtractionMethod::Esco]).await.unwrap();
    assert!(esco.skills.is_empty(), "no ESCO is imported: {:?}", esco.skills);
    let refused = extractor.ask("Python", &[ExtractionMethod::Ner]).await.unwrap_err();
    let error = Error::from_status(&refused);
    assert_eq!(error.reason, Reason::CapabilityMissing);
    assert_eq!(error.fields[0].field, "methods");
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_with_a_language_model_need_the_llm_service() {
    let extractor = Extractor::start().await;
    let mut client = extractor.client.clone();
    let request = ExtractSkillsRequest { text: TEXT.into(), pipeline: Pipeline::B.into(), ..Default::default() };
    let error = Error::from_status(&client.extract_skills(request.clone()).await.unwrap_err());
    assert_eq!((error.reason, error.fields[0].field.as_str()), (Reason::CapabilityMissing, "pipeline"));
    let request = ExtractSkillsRequest { methods: vec![ExtractionMethod::Llm.into()], ..request };
    for (pipeline, why) in [(Pipeline::B, "only pipeline A has methods"), (Pipeline::A, "no method of pipeline A")] {
        let request = ExtractSkillsRequest { pipeline: pipeline.into(), ..request.clone() };
        let error = Error::from_status(&client.extract_skills(request).await.unwrap_err());
        assert!(error.fields[0].field == "methods" && error.fields[0].description.contains(why), "{error:?}");
    }
}
