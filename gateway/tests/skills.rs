//! Rankings and details of skills over gRPC.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, ad, refused};
use observatory_mesh::Reason;
use observatory_proto::{
    common::Pipeline,
    jobs::{GetJobRequest, ListJobsRequest},
    skills::{GetSkillRequest, ListCoOccurringSkillsRequest, ListSkillsRequest, SkillCount},
};

/// Four ads; Rust in three, Go in two, Comunicación in two, SQL in one.
async fn gateway() -> Gateway {
    let gateway = Gateway::start().await;
    let mut mexican = ad("D", "2025-09-02");
    mexican.location = "CDMX".into();
    gateway.import(vec![ad("A", "2025-11-02"), ad("B", "2025-11-03"), ad("C", ""), mexican]).await;
    gateway.skill("rust", "Rust", "programming_language", &["A", "B", "D"]).await;
    gateway.skill("go", "Go", "programming_language", &["A", "B"]).await;
    gateway.skill("comunicacion", "Comunicación", "soft_skill", &["A", "C"]).await;
    gateway.skill("sql", "SQL", "query_language", &["D"]).await;
    gateway
}

fn names(skills: &[SkillCount]) -> Vec<&str> {
    skills.iter().map(|count| count.skill.as_ref().unwrap().name.as_str()).collect()
}

#[tokio::test]
async fn skills_are_ranked_by_ads_then_by_name() {
    let gateway = gateway().await;
    let list = async |request| gateway.skills().list_skills(request).await.unwrap().into_inner();
    let all = list(ListSkillsRequest::default()).await;
    assert_eq!(names(&all.skills), ["Rust", "Comunicación", "Go", "SQL"]);
    assert_eq!((all.total, all.jobs_total), (4, 4));
    let rust = &all.skills[0];
    assert_eq!((rust.rank, rust.job_count, rust.share), (1, 3, 0.75));
    assert!(rust.share_low < 0.75 && 0.75 < rust.share_high);

    let colombian = list(ListSkillsRequest { country: "CO".into(), ..Default::default() }).await;
    assert_eq!((colombian.total, colombian.jobs_total, colombian.skills[0].job_count), (3, 3, 2));
    let november = list(ListSkillsRequest { posted_from: "2025-11-01".into(), ..Default::default() }).await;
    assert_eq!((november.jobs_total, november.skills[0].share), (2, 1.0));
    let kind = list(ListSkillsRequest { kind: "soft_skill".into(), ..Default::default() }).await;
    assert_eq!((kind.total, kind.skills[0].rank, kind.skills[0].share), (1, 1, 0.5));
    let named = list(ListSkillsRequest { query: "NICACION".into(), ..Default::default() }).await;
    assert_eq!(names(&named.skills), ["Comunicación"]);
    let wildcard = list(ListSkillsRequest { query: "%".into(), ..Default::default() }).await;
    assert_eq!((wildcard.total, wildcard.jobs_total), (0, 4));
}

#[tokio::test]
async fn ranks_go_on_over_pages() {
    let gateway = gateway().await;
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let request = ListSkillsRequest { limit: 1, page_token: token, ..Default::default() };
        let page = gateway.skills().list_skills(request).await.unwrap().into_inner();
        assert_eq!(page.total, 4);
        found.extend(page.skills);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(names(&found), ["Rust", "Comunicación", "Go", "SQL"]);
    assert_eq!(found.iter().map(|count| count.rank).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[tokio::test]
async fn ads_that_are_not_extracted_do_not_count() {
    let gateway = gateway().await;
    gateway.sql("UPDATE raw_jobs SET extraction_status = 'in_progress' WHERE title = 'A'", []).await;
    let all = gateway.skills().list_skills(ListSkillsRequest::default()).await.unwrap().into_inner();
    assert_eq!((all.jobs_total, all.skills[0].job_count), (3, 2));
}

#[tokio::test]
async fn a_skill_has_its_countries_months_words_and_ads() {
    let gateway = gateway().await;
    let get = async |id: &str| gateway.skills().get_skill(GetSkillRequest { skill_id: id.into() }).await;
    let rust = get("rust").await.unwrap().into_inner();
    assert_eq!((rust.job_count, rust.total_mentions), (3, 3));
    let countries: Vec<_> = rust.countries.iter().map(|c| (c.country.as_str(), c.job_count, c.jobs_total)).collect();
    assert_eq!(countries, [("CO", 2, 3), ("MX", 1, 1)]);
    let months: Vec<_> = rust.months.iter().map(|m| (m.month.as_str(), m.job_count, m.jobs_total)).collect();
    assert_eq!(months, [("2025-09", 1, 1), ("2025-11", 2, 2)]);
    assert_eq!(rust.surfaces[0].skill_text, "rust");
    assert_eq!(rust.jobs.iter().map(|job| job.title.as_str()).collect::<Vec<_>>(), ["B", "A", "D"]);

    assert_eq!(refused(get("nope").await).reason, Reason::SkillNotFound);
    let known = "INSERT INTO taxonomy_concepts (skill_id, concept_uri, name, kind, taxonomy_version)
                 VALUES ('zig', 'urn:observatory:skill:zig', 'Zig', 'programming_language', '1')";
    gateway.sql(known, []).await;
    let zig = get("zig").await.unwrap().into_inner();
    assert_eq!((zig.skill.unwrap().name.as_str(), zig.job_count), ("Zig", 0));
    assert!(zig.countries.is_empty() && zig.months.is_empty() && zig.jobs.is_empty());
}

#[tokio::test]
async fn co_occurrence_is_compared_with_chance() {
    let gateway = gateway().await;
    let request = ListCoOccurringSkillsRequest { skill_id: "rust".into(), ..Default::default() };
    let beside = gateway.skills().list_co_occurring_skills(request).await.unwrap().into_inner();
    assert_eq!(beside.job_count, 3);
    let found: Vec<_> = beside
        .skills
        .iter()
        .map(|other| (other.skill.as_ref().unwrap().name.as_str(), other.job_count, other.lift))
        .collect();
    // P(Rust) = 3/4: Go 2/(3*2/4), Comunicación 1/(3*2/4), SQL 1/(3*1/4).
    assert_eq!(found, [("Go", 2, 4.0 / 3.0), ("Comunicación", 1, 4.0 / 6.0), ("SQL", 1, 4.0 / 3.0)]);
    let nobody = ListCoOccurringSkillsRequest { skill_id: "nope".into(), ..Default::default() };
    assert_eq!(refused(gateway.skills().list_co_occurring_skills(nobody).await).reason, Reason::SkillNotFound);
}

#[tokio::test]
async fn skills_that_an_accepted_pair_calls_the_same_count_as_one() {
    let gateway = gateway().await;
    for (text, id) in [("SQL", "sql"), ("Go", "go")] {
        let used =
            "INSERT INTO skill_usage (pipeline, skill_text, country, skill_id, skill_kind, concept_uri, esco_uri,
                        name_es, job_count) VALUES ('A', $1, 'CO', $2, '', '', '', '', 1)";
        gateway.sql(used, [text.into(), id.into()]).await;
    }
    let pair = "INSERT INTO same_meaning (pipeline, skill_text, canonical_text, similarity, evidence, reason, state,
                    decided_by, model_name, model_version) VALUES ('A', 'SQL', 'Go', 1, '{}', '', $1, 'ana', '', '')";
    gateway.sql(pair, ["accepted".into()]).await;
    let all = gateway.skills().list_skills(ListSkillsRequest::default()).await.unwrap().into_inner();
    let counts: Vec<_> = all.skills.iter().map(|count| count.job_count).collect();
    assert_eq!((names(&all.skills), counts), (vec!["Go", "Rust", "Comunicación"], vec![3, 3, 2]));
    let go = gateway.skills().get_skill(GetSkillRequest { skill_id: "go".into() }).await.unwrap().into_inner();
    assert_eq!((go.job_count, go.total_mentions, go.jobs.len(), go.surfaces.len()), (3, 3, 3, 2));
    let list = ListJobsRequest { skill: "go".into(), ..Default::default() };
    assert_eq!(gateway.jobs().list_jobs(list).await.unwrap().into_inner().total, 3, "the ads behind the number");
    let request = ListCoOccurringSkillsRequest { skill_id: "rust".into(), ..Default::default() };
    let beside = gateway.skills().list_co_occurring_skills(request).await.unwrap().into_inner();
    let found: Vec<_> =
        beside.skills.iter().map(|s| (s.skill.as_ref().unwrap().skill_id.as_str(), s.job_count)).collect();
    assert_eq!(found, [("go", 3), ("comunicacion", 1)]);
}

/// What a language model made of the ads: it names Rust in A and B, and a duplicate of it in A; C has no skill.
async fn enhance(gateway: &Gateway) {
    for sql in [
        "INSERT INTO enhanced_jobs (job_id, pipeline, llm_model, prompt_version, settings, extractor_version,
              taxonomy_version, ungrounded, dropped, both_named, only_pipeline_a, only_llm, prompt_tokens,
              completion_tokens, requests, cost_usd, cached, processing_time_seconds)
          SELECT job_id, 'B', 'tiny', '1', '{}', 'x', 'y', 2, '[]', '{Rust}', '{Go}', '{}', 100, 20, 1, 0.01, false, 3
          FROM raw_jobs WHERE title IN ('A', 'B', 'C')",
        "INSERT INTO enhanced_skills (job_id, original_skill_text, normalized_skill, skill_type, llm_confidence,
              llm_model, prompt_version, pipeline, span_start, span_end, skill_id, concept_uri, is_duplicate)
          SELECT job_id, 'rust', 'Rust', 'explicit', 0.9, 'tiny', '1', 'B', 0, 4, 'rust', 'urn:x:rust', false
          FROM raw_jobs WHERE title IN ('A', 'B')",
        "INSERT INTO enhanced_skills (job_id, original_skill_text, normalized_skill, skill_type, llm_confidence,
              llm_model, prompt_version, pipeline, span_start, span_end, skill_id, is_duplicate, duplicate_of_id)
          SELECT job_id, 'Rust lang', 'Rust language', 'explicit', 0.9, 'tiny', '1', 'B', 5, 9, 'term-rust-language', true,
                 (SELECT enhancement_id FROM enhanced_skills s WHERE s.job_id = raw_jobs.job_id)
          FROM raw_jobs WHERE title = 'A'",
    ] {
        gateway.sql(sql, []).await;
    }
}

#[tokio::test]
async fn each_pipeline_has_a_ranking_of_its_own() {
    let gateway = gateway().await;
    enhance(&gateway).await;
    let list = async |request| gateway.skills().list_skills(request).await.map(tonic::Response::into_inner);
    let request = ListSkillsRequest { pipeline: Pipeline::B.into(), ..Default::default() };
    let ranking = list(request.clone()).await.unwrap();
    assert_eq!(names(&ranking.skills), ["Rust"], "a duplicate is no skill of its own");
    let rust = &ranking.skills[0];
    assert_eq!((rust.job_count, ranking.jobs_total), (2, 3), "ads in which the model found nothing count too");
    let hybrid = ListSkillsRequest { pipeline: Pipeline::Hybrid.into(), ..Default::default() };
    assert_eq!(list(hybrid).await.unwrap().jobs_total, 0);
    let method = ListSkillsRequest { method: 1, ..request };
    let error = refused(list(method).await);
    assert_eq!((error.reason, error.fields[0].field.as_str()), (Reason::FieldInvalid, "method"));
}

#[tokio::test]
async fn an_ad_shows_what_each_pipeline_made_of_it() {
    let gateway = gateway().await;
    enhance(&gateway).await;
    let jobs = gateway.jobs().list_jobs(ListJobsRequest::default()).await.unwrap().into_inner().jobs;
    let job_id = jobs.into_iter().find(|job| job.title == "A").unwrap().job_id;
    let job = gateway.jobs().get_job(GetJobRequest { job_id }).await.unwrap().into_inner();
    let [enhancement] = &job.enhancements[..] else { panic!("one pipeline: {:?}", job.enhancements) };
    assert_eq!((enhancement.pipeline(), enhancement.ungrounded), (Pipeline::B, 2));
    assert_eq!(enhancement.usage.unwrap().prompt_tokens, 100);
    assert_eq!(enhancement.agreement.as_ref().unwrap().only_pipeline_a, ["Go"]);
    let [rust, repeated] = &enhancement.skills[..] else { panic!("two skills") };
    assert_eq!((rust.normalized_skill.as_str(), rust.span.unwrap().end), ("Rust", 4));
    assert_eq!((repeated.is_duplicate, repeated.duplicate_of.as_str()), (true, "Rust"));
    assert!(rust.skill.is_some() && repeated.skill.is_none());
}
