//! Phrases that may be skills, and decisions on them, over gRPC.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, ad, refused};
use observatory_mesh::{Error, Reason};
use observatory_proto::{
    skills::{
        EmergingSkill, ListEmergingSkillsRequest, ListEmergingSkillsResponse, ReviewDecision,
        ReviewEmergingSkillRequest, ReviewEmergingSkillResponse,
    },
    taxonomy::{GetConceptRequest, SearchConceptsRequest},
};
use observatory_store::extraction::dataset_version;

/// Ads of three employers in two countries; `zorblax` in four of them, `quuxify` in two, `vibecode` in one.
async fn gateway() -> Gateway {
    let gateway = Gateway::start().await;
    let of = |title: &str, company: &str, day: &str| {
        let mut ad = ad(title, day);
        ad.company = company.into();
        ad
    };
    let mut mexican = of("D", "Beta", "2025-12-05");
    mexican.location = "CDMX".into();
    let ads = vec![of("A", "Ácme", "2025-11-02"), of("B", "ACME", "2025-11-03"), of("C", "", "2025-11-04"), mexican];
    gateway.import(ads).await;
    gateway.candidate("zorblax", "Zorblax", "announced", &["A", "B", "C"]).await;
    gateway.candidate("zorblax", "ZORBLAX", "listed", &["D"]).await;
    gateway.candidate("quuxify", "Quuxify", "name", &["A", "D"]).await;
    gateway.candidate("vibecode", "VibeCode", "name", &["D"]).await;
    let docker = "INSERT INTO taxonomy_concepts (skill_id, concept_uri, name, kind, aliases, taxonomy_version)
                  VALUES ('docker', 'urn:observatory:skill:docker', 'Docker', 'devops', '{Docker Engine}', '1')";
    gateway.sql(docker, []).await;
    let labels = "INSERT INTO concept_labels VALUES ('docker', 'observatory', 'Docker', 'docker'),
                      ('docker', 'observatory', 'Docker-Engine', 'docker-engine')";
    gateway.sql(labels, []).await;
    gateway.sql("INSERT INTO dataset_versions (dataset, version) VALUES ('taxonomy', '2026.11+ab')", []).await;
    gateway
}

async fn list(gateway: &Gateway, request: ListEmergingSkillsRequest) -> ListEmergingSkillsResponse {
    gateway.skills().list_emerging_skills(request).await.unwrap().into_inner()
}

fn phrases(skills: &[EmergingSkill]) -> Vec<&str> {
    skills.iter().map(|skill| skill.phrase.as_str()).collect()
}

fn anything() -> ListEmergingSkillsRequest {
    ListEmergingSkillsRequest { min_jobs: 1, min_companies: 1, ..Default::default() }
}

fn decided(decision: ReviewDecision) -> ListEmergingSkillsRequest {
    ListEmergingSkillsRequest { decision: decision.into(), ..Default::default() }
}

async fn review(
    gateway: &Gateway,
    request: &ReviewEmergingSkillRequest,
) -> Result<ReviewEmergingSkillResponse, tonic::Status> {
    gateway.skills().review_emerging_skill(request.clone()).await.map(tonic::Response::into_inner)
}

fn of(phrase: &str, decision: ReviewDecision) -> ReviewEmergingSkillRequest {
    ReviewEmergingSkillRequest { phrase: phrase.into(), decision: decision.into(), ..Default::default() }
}

fn promoted(phrase: &str) -> ReviewEmergingSkillRequest {
    ReviewEmergingSkillRequest { kind: "tool".into(), ..of(phrase, ReviewDecision::Promoted) }
}

fn alias(phrase: &str, id: &str) -> ReviewEmergingSkillRequest {
    ReviewEmergingSkillRequest { skill_id: id.into(), ..of(phrase, ReviewDecision::Alias) }
}

async fn additions(gateway: &Gateway) -> Option<String> {
    dataset_version(&gateway.kit.db(), "additions").await.unwrap()
}

async fn finds(gateway: &Gateway, query: &str) -> Vec<String> {
    let request = SearchConceptsRequest { query: query.into(), ..Default::default() };
    let found = gateway.taxonomy().search_concepts(request).await.unwrap().into_inner().concepts;
    found.into_iter().map(|found| found.concept.unwrap().skill.unwrap().skill_id).collect()
}

fn field(error: &Error) -> (Reason, &str) {
    (error.reason, error.fields[0].field.as_str())
}

#[tokio::test]
async fn phrases_come_with_their_figures_most_employers_first() {
    let gateway = gateway().await;
    let found = list(&gateway, ListEmergingSkillsRequest::default()).await.skills;
    assert_eq!(phrases(&found), ["zorblax", "quuxify"], "two employers each: then by ads");
    let zorblax = &found[0];
    assert_eq!((zorblax.text.as_str(), zorblax.job_count, zorblax.company_count), ("Zorblax", 4, 2));
    assert_eq!((zorblax.first_seen.as_str(), zorblax.last_seen.as_str()), ("2025-11-02", "2025-12-05"));
    let patterns: Vec<_> = zorblax.patterns.iter().map(|count| (count.pattern.as_str(), count.job_count)).collect();
    assert_eq!(patterns, [("announced", 3), ("listed", 1)]);
    assert_eq!((zorblax.countries.as_slice(), zorblax.job_ids.len()), (["CO", "MX"].map(String::from).as_slice(), 4));
    assert_eq!(zorblax.decision(), ReviewDecision::Unspecified);
    let newest = observatory_proto::jobs::GetJobRequest { job_id: zorblax.job_ids[0].clone() };
    assert_eq!(gateway.jobs().get_job(newest).await.unwrap().into_inner().title, "D");

    // One country: its ads are all that counts.
    let mexican = list(&gateway, ListEmergingSkillsRequest { country: "MX".into(), ..anything() }).await.skills;
    let zorblax = mexican.iter().find(|skill| skill.phrase == "zorblax").unwrap();
    assert_eq!((zorblax.text.as_str(), zorblax.job_count, zorblax.first_seen.as_str()), ("ZORBLAX", 1, "2025-12-05"));
}

#[tokio::test]
async fn filters_leave_what_they_say() {
    let gateway = gateway().await;
    assert_eq!(phrases(&list(&gateway, anything()).await.skills), ["zorblax", "quuxify", "vibecode"]);
    let cases: [(ListEmergingSkillsRequest, &[&str]); 6] = [
        (ListEmergingSkillsRequest { min_jobs: 3, ..anything() }, &["zorblax"]),
        (ListEmergingSkillsRequest { min_companies: 3, ..anything() }, &[]),
        (ListEmergingSkillsRequest { country: "MX".into(), ..anything() }, &["quuxify", "vibecode", "zorblax"]),
        (ListEmergingSkillsRequest { country: "AR".into(), ..anything() }, &[]),
        (ListEmergingSkillsRequest { first_seen_from: "2025-11-03".into(), ..anything() }, &["vibecode"]),
        (decided(ReviewDecision::Rejected), &[]),
    ];
    for (request, expected) in cases {
        assert_eq!(phrases(&list(&gateway, request.clone()).await.skills), expected, "{request:?}");
    }
    let unreal = ListEmergingSkillsRequest { first_seen_from: "2025-02-30".into(), ..anything() };
    let error = refused(gateway.skills().list_emerging_skills(unreal).await);
    assert_eq!(field(&error), (Reason::FieldInvalid, "first_seen_from"));

    // The taxonomy knows it by now, however it writes it; ESCO counts too.
    gateway.sql("INSERT INTO concept_labels VALUES ('x', 'esco', 'Zor/Blax', 'zor/blax')", []).await;
    assert_eq!(list(&gateway, anything()).await.skills.len(), 3);
    gateway.sql("INSERT INTO concept_labels VALUES ('y', 'esco', '\"Zorblax\"', '\"zorblax\"')", []).await;
    assert_eq!(phrases(&list(&gateway, anything()).await.skills), ["quuxify", "vibecode"]);
}

#[tokio::test]
async fn pages_go_on_and_keep_their_filters() {
    let gateway = gateway().await;
    let (mut found, mut request) = (Vec::new(), ListEmergingSkillsRequest { limit: 1, ..anything() });
    loop {
        let page = list(&gateway, request.clone()).await;
        assert!(page.skills.len() <= 1);
        found.extend(page.skills);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(phrases(&found), ["zorblax", "quuxify", "vibecode"]);
    let token = list(&gateway, ListEmergingSkillsRequest { limit: 1, ..anything() }).await.next_page_token;
    let other = ListEmergingSkillsRequest { country: "CO".into(), page_token: token, ..anything() };
    let error = refused(gateway.skills().list_emerging_skills(other).await);
    assert_eq!(field(&error), (Reason::PageTokenInvalid, "page_token"));
}

#[tokio::test]
async fn a_promoted_phrase_is_a_concept_until_it_is_taken_back() {
    let gateway = gateway().await;
    let request = ReviewEmergingSkillRequest {
        phrase: " ZORBLÁX ".into(),
        name: "Zorblax Suite".into(),
        labels: vec!["ZBX".into(), "zbx".into()],
        parent_id: "docker".into(),
        note: "seen thrice".into(),
        ..promoted("")
    };
    let answer = review(&gateway, &request).await.unwrap();
    let skill = answer.skill.clone().unwrap();
    assert_eq!(
        (skill.skill_id.as_str(), skill.concept_uri.as_str()),
        ("zorblax-suite", "urn:observatory:skill:zorblax-suite")
    );
    assert_eq!((skill.name.as_str(), skill.kind.as_str()), ("Zorblax Suite", "tool"));
    let block = "[[concept]]\nid = \"zorblax-suite\"\nname = \"Zorblax Suite\"\naliases = [\"ZBX\", \"Zorblax\"]\n\
                 kind = \"tool\"\nparent = \"docker\"\n";
    assert_eq!(answer.toml, block);
    let version = additions(&gateway).await.unwrap();
    assert!(version.starts_with("1-"), "{version}");
    assert_eq!(answer.taxonomy_version, format!("2026.11+ab+additions.{version}"));

    // The same again changes nothing, also when no ad holds it as a candidate any more.
    gateway.sql("DELETE FROM skill_candidates WHERE phrase = 'zorblax'", []).await;
    assert_eq!(review(&gateway, &request).await.unwrap(), answer);
    assert_eq!(additions(&gateway).await.unwrap(), version);
    assert_eq!(finds(&gateway, "zorblax").await, ["zorblax-suite"]);
    let get = async || {
        let request = GetConceptRequest { skill_id: "zorblax-suite".into() };
        gateway.taxonomy().get_concept(request).await
    };
    assert_eq!(get().await.unwrap().into_inner().broader_concept_uri, "urn:observatory:skill:docker");
    let found = list(&gateway, decided(ReviewDecision::Promoted)).await.skills;
    assert_eq!((phrases(&found), found[0].text.as_str(), found[0].job_count), (vec!["zorblax"], "Zorblax", 0));
    assert_eq!((found[0].first_seen.as_str(), found[0].decision()), ("", ReviewDecision::Promoted));

    let undo = of("zorblax", ReviewDecision::Unspecified);
    let answer = review(&gateway, &undo).await.unwrap();
    assert_eq!((answer.skill, answer.toml.as_str(), answer.taxonomy_version.as_str()), (None, "", "2026.11+ab"));
    assert_eq!(additions(&gateway).await, None);
    assert_eq!(refused(get().await).reason, Reason::SkillNotFound);
    assert!(finds(&gateway, "zorblax").await.is_empty());
    assert!(list(&gateway, decided(ReviewDecision::Promoted)).await.skills.is_empty());
    let gone = refused(review(&gateway, &undo).await);
    assert_eq!(field(&gone), (Reason::SkillNotFound, "phrase"));
}

#[tokio::test]
async fn an_alias_is_a_label_of_its_concept_until_it_is_taken_back() {
    let gateway = gateway().await;
    let answer = review(&gateway, &alias("quuxify", "docker")).await.unwrap();
    assert_eq!(answer.skill.clone().unwrap().name, "Docker");
    assert_eq!(answer.toml, "# To the aliases of \"docker\":\naliases = [\"Quuxify\"]\n");
    let version = additions(&gateway).await.unwrap();
    assert_eq!(answer.taxonomy_version, format!("2026.11+ab+additions.{version}"));
    assert_eq!(review(&gateway, &alias("quuxify", "docker")).await.unwrap(), answer);
    assert_eq!(finds(&gateway, "quuxify").await, ["docker"]);
    let found = list(&gateway, decided(ReviewDecision::Alias)).await.skills;
    assert_eq!((phrases(&found), found[0].job_count), (vec!["quuxify"], 2));
    let found = list(&gateway, ListEmergingSkillsRequest { min_jobs: 3, ..decided(ReviewDecision::Alias) }).await;
    assert!(found.skills.is_empty());

    review(&gateway, &of("quuxify", ReviewDecision::Unspecified)).await.unwrap();
    assert!(finds(&gateway, "quuxify").await.is_empty());
    assert_eq!(finds(&gateway, "docker engine").await, ["docker"], "its own labels stay");
    assert_eq!(additions(&gateway).await, None);
    assert_eq!(phrases(&list(&gateway, anything()).await.skills), ["zorblax", "quuxify", "vibecode"]);
}

#[tokio::test]
async fn a_rejected_phrase_is_listed_no_more_and_may_be_decided_again() {
    let gateway = gateway().await;
    let answer = review(&gateway, &of("vibecode", ReviewDecision::Rejected)).await.unwrap();
    assert_eq!((answer.skill, answer.toml.as_str(), answer.taxonomy_version.as_str()), (None, "", "2026.11+ab"));
    assert_eq!(phrases(&list(&gateway, anything()).await.skills), ["zorblax", "quuxify"]);
    assert_eq!(phrases(&list(&gateway, decided(ReviewDecision::Rejected)).await.skills), ["vibecode"]);

    let answer = review(&gateway, &promoted("vibecode")).await.unwrap();
    assert_eq!(answer.skill.unwrap().skill_id, "vibecode");
    let renamed = ReviewEmergingSkillRequest { name: "Vibe coding".into(), ..promoted("vibecode") };
    assert_eq!(review(&gateway, &renamed).await.unwrap().skill.unwrap().skill_id, "vibe-coding");
    assert_eq!(finds(&gateway, "vibecode").await, ["vibe-coding"]);
    assert!(list(&gateway, decided(ReviewDecision::Rejected)).await.skills.is_empty());
    // An open phrase stays open.
    review(&gateway, &of("zorblax", ReviewDecision::Unspecified)).await.unwrap();
}

#[tokio::test]
async fn what_the_taxonomy_refuses_names_its_field() {
    let gateway = gateway().await;
    review(&gateway, &promoted("vibecode")).await.unwrap();
    let esco = "INSERT INTO esco_taxonomy (concept_uri, skill_id, preferred_label_en, skill_type) VALUES ('u', 'e-1', 'l', 't')";
    gateway.sql(esco, []).await;
    let version = additions(&gateway).await;
    let labels = |labels: &[&str]| labels.iter().map(|label| label.to_string()).collect::<Vec<_>>();
    let zorblax = || promoted("zorblax");
    for (request, expected) in [
        (ReviewEmergingSkillRequest { kind: "gadget".into(), ..zorblax() }, "kind"),
        (ReviewEmergingSkillRequest { kind: String::new(), ..zorblax() }, "kind"),
        (ReviewEmergingSkillRequest { skill_id: "docker".into(), ..zorblax() }, "skill_id"),
        (ReviewEmergingSkillRequest { skill_id: "vibecode".into(), ..zorblax() }, "skill_id"),
        (ReviewEmergingSkillRequest { skill_id: "e-1".into(), ..zorblax() }, "skill_id"),
        (ReviewEmergingSkillRequest { skill_id: "Zor Blax".into(), ..zorblax() }, "skill_id"),
        (ReviewEmergingSkillRequest { skill_id: "a".repeat(129), ..zorblax() }, "skill_id"),
        (ReviewEmergingSkillRequest { name: "Docker engine".into(), ..zorblax() }, "name"),
        (ReviewEmergingSkillRequest { name: "??".into(), ..zorblax() }, "name"),
        (ReviewEmergingSkillRequest { name: "Ж".into(), ..zorblax() }, "skill_id"),
        (ReviewEmergingSkillRequest { labels: labels(&["ZB", "DÓCKER"]), ..zorblax() }, "labels[1]"),
        (ReviewEmergingSkillRequest { labels: labels(&["ZB", "VibeCode"]), ..zorblax() }, "labels[1]"),
        (ReviewEmergingSkillRequest { labels: labels(&["-"]), ..zorblax() }, "labels[0]"),
        (ReviewEmergingSkillRequest { parent_id: "nothing".into(), ..zorblax() }, "parent_id"),
        (ReviewEmergingSkillRequest { parent_id: "zorblax".into(), ..zorblax() }, "parent_id"),
        (ReviewEmergingSkillRequest { parent_id: "e-1".into(), ..zorblax() }, "parent_id"),
        (alias("zorblax", ""), "skill_id"),
        (alias("zorblax", "nothing"), "skill_id"),
        (alias("zorblax", "e-1"), "skill_id"),
        (of("", ReviewDecision::Rejected), "phrase"),
    ] {
        let error = refused(review(&gateway, &request).await);
        assert_eq!(field(&error), (Reason::FieldInvalid, expected), "{request:?}: {error}");
    }
    for decision in [ReviewDecision::Rejected, ReviewDecision::Promoted, ReviewDecision::Unspecified] {
        let nobody = ReviewEmergingSkillRequest { kind: "tool".into(), ..of("nobody asks", decision) };
        assert_eq!(field(&refused(review(&gateway, &nobody).await)), (Reason::SkillNotFound, "phrase"));
    }
    assert_eq!(additions(&gateway).await, version, "nothing was written");
    assert_eq!(list(&gateway, decided(ReviewDecision::Promoted)).await.skills.len(), 1);
}

#[tokio::test]
async fn a_concept_that_others_rest_on_stays() {
    let gateway = gateway().await;
    review(&gateway, &promoted("zorblax")).await.unwrap();
    review(&gateway, &alias("quuxify", "zorblax")).await.unwrap();
    let child = ReviewEmergingSkillRequest { parent_id: "zorblax".into(), ..promoted("vibecode") };
    review(&gateway, &child).await.unwrap();
    let undo = |phrase: &str| of(phrase, ReviewDecision::Unspecified);
    for other in [undo("zorblax"), of("zorblax", ReviewDecision::Rejected), alias("zorblax", "docker")] {
        let error = refused(review(&gateway, &other).await);
        assert_eq!(field(&error), (Reason::FieldInvalid, "phrase"), "{error}");
    }
    // Under its own child it would be a circle.
    let circle = ReviewEmergingSkillRequest { parent_id: "vibecode".into(), ..promoted("zorblax") };
    assert_eq!(field(&refused(review(&gateway, &circle).await)), (Reason::FieldInvalid, "parent_id"));
    assert_eq!(finds(&gateway, "zorblax").await, ["zorblax"]);
    // Changed, it is still there.
    let changed = ReviewEmergingSkillRequest { parent_id: "docker".into(), ..promoted("zorblax") };
    review(&gateway, &changed).await.unwrap();
    for phrase in ["vibecode", "quuxify", "zorblax"] {
        review(&gateway, &undo(phrase)).await.unwrap();
    }
    assert_eq!(additions(&gateway).await, None);
}
