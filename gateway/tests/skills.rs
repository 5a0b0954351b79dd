//! Rankings and details of skills over gRPC.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, ad, refused};
use observatory_mesh::Reason;
use observatory_proto::skills::{GetSkillRequest, ListCoOccurringSkillsRequest, ListSkillsRequest, SkillCount};

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
