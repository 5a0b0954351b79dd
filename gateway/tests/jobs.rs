//! Reading and searching ads over gRPC.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Gateway, ad, refused};
use observatory_mesh::Reason;
use observatory_proto::{
    common::{ExtractionMethod, Section},
    jobs::{ExtractionStatus, GetJobRequest, Job, JobFilter, ListJobsRequest, SearchJobsRequest},
};

fn titles(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.title.as_str()).collect()
}

#[tokio::test]
async fn pages_hold_every_ad_once_newest_first() {
    let gateway = Gateway::start().await;
    // Several ads of one day: the id decides.
    let ads = (0..25).map(|i| ad(&format!("Ad {i}"), &format!("2025-11-{:02}", 1 + i % 5))).collect();
    gateway.import(ads).await;
    let (mut seen, mut days, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = ListJobsRequest { limit: 7, page_token: token, ..Default::default() };
        let page = gateway.jobs().list_jobs(request).await.unwrap().into_inner();
        assert_eq!(page.total, 25);
        seen.extend(page.jobs.iter().map(|job| job.job_id.clone()));
        days.extend(page.jobs.iter().map(|job| job.posted_date.clone()));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert!(days.is_sorted_by(|a, b| a >= b), "{days:?}");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 25);
}

#[tokio::test]
async fn an_exact_last_page_has_no_token() {
    let gateway = Gateway::start().await;
    gateway.import((0..3).map(|i| ad(&format!("Ad {i}"), "")).collect()).await;
    let page = gateway.jobs().list_jobs(ListJobsRequest { limit: 3, ..Default::default() }).await.unwrap().into_inner();
    assert_eq!((page.jobs.len(), page.next_page_token.as_str()), (3, ""));
}

#[tokio::test]
async fn filters_hold_together() {
    let gateway = Gateway::start().await;
    let mut mexican = ad("Mexicana", "2025-11-02");
    mexican.country = "mx".into();
    gateway.import(vec![ad("Vieja", "2025-01-01"), ad("Nueva", "2025-11-02"), ad("Sin fecha", ""), mexican]).await;
    gateway.skill("rust", "Rust", "programming_language", &["Nueva", "Vieja"]).await;
    let list = async |request| gateway.jobs().list_jobs(request).await.unwrap().into_inner();

    let all = ListJobsRequest::default();
    let from = ListJobsRequest { posted_from: "2025-11-01".into(), ..all.clone() };
    assert_eq!(list(from.clone()).await.total, 2, "an ad without a date was posted on no known day");
    assert_eq!(titles(&list(ListJobsRequest { country: "CO".into(), ..from }).await.jobs), ["Nueva"]);
    assert_eq!(titles(&list(ListJobsRequest { posted_to: "2025-01-01".into(), ..all.clone() }).await.jobs), ["Vieja"]);
    let with_skill = ListJobsRequest { skill: "rust".into(), ..all.clone() };
    assert_eq!(titles(&list(with_skill).await.jobs), ["Nueva", "Vieja"]);
    let pending = ListJobsRequest { status: ExtractionStatus::Pending.into(), ..all.clone() };
    assert_eq!(list(pending).await.total, 0);
    assert_eq!(list(ListJobsRequest { portal: "no\0ne".into(), ..all }).await.total, 0);
}

#[tokio::test]
async fn a_token_belongs_to_its_filters() {
    let gateway = Gateway::start().await;
    gateway.import((0..3).map(|i| ad(&format!("Ad {i}"), "")).collect()).await;
    let first = ListJobsRequest { limit: 1, ..Default::default() };
    let token = gateway.jobs().list_jobs(first.clone()).await.unwrap().into_inner().next_page_token;
    for (country, page_token) in [("CO", token.clone()), ("", "garbage".into())] {
        let request = ListJobsRequest { country: country.into(), page_token, ..first.clone() };
        let error = refused(gateway.jobs().list_jobs(request).await);
        assert_eq!(error.reason, Reason::PageTokenInvalid);
        assert_eq!(error.fields[0].field, "page_token");
    }
    let search = SearchJobsRequest { query: "ad".into(), page_token: token, ..Default::default() };
    assert_eq!(refused(gateway.jobs().search_jobs(search).await).reason, Reason::PageTokenInvalid);
}

#[tokio::test]
async fn a_day_that_does_not_exist_is_refused() {
    let gateway = Gateway::start().await;
    let request = ListJobsRequest { posted_from: "2026-02-31".into(), ..Default::default() };
    let error = refused(gateway.jobs().list_jobs(request).await);
    assert_eq!((error.reason, error.fields[0].field.as_str()), (Reason::FieldInvalid, "posted_from"));
    let filter = JobFilter { posted_to: "2026-13-01".into(), ..Default::default() };
    let request = SearchJobsRequest { query: "x".into(), filter: Some(filter), ..Default::default() };
    let error = refused(gateway.jobs().search_jobs(request).await);
    assert_eq!(error.fields[0].field, "filter.posted_to");
}

#[tokio::test]
async fn one_ad_comes_with_texts_and_skills_by_position() {
    let gateway = Gateway::start().await;
    gateway.import(vec![ad("Dev", "2025-11-02")]).await;
    let listed = gateway.jobs().list_jobs(ListJobsRequest::default()).await.unwrap().into_inner().jobs.remove(0);
    assert_eq!(listed.description, "", "lists have no texts");
    let get = async || {
        let request = GetJobRequest { job_id: listed.job_id.clone() };
        gateway.jobs().get_job(request).await.unwrap().into_inner()
    };
    assert_eq!(get().await.description, "Descripción de Dev");
    gateway.clean_all().await;
    gateway.skill("go", "Go", "programming_language", &["Dev"]).await;
    gateway.skill("rust", "Rust", "programming_language", &["Dev"]).await;

    let job = get().await;
    assert_eq!(job.description, "clean Descripción de Dev");
    assert_eq!(job.combined_text, "Dev\nDescripción de Dev");
    assert!(job.is_usable && job.is_processed);
    let ids: Vec<_> = job.skills.iter().map(|mention| mention.skill.as_ref().unwrap().skill_id.as_str()).collect();
    assert_eq!(ids, ["rust", "go"]);
    assert_eq!(job.skills[0].source_section(), Section::Requirements);
    assert_eq!(job.skills[0].extraction_method(), ExtractionMethod::Regex);
    assert_eq!(job.extraction_status(), ExtractionStatus::Completed);

    let nobody = GetJobRequest { job_id: "00000000-0000-0000-0000-000000000000".into() };
    assert_eq!(refused(gateway.jobs().get_job(nobody).await).reason, Reason::JobNotFound);
}

#[tokio::test]
async fn search_finds_words_in_both_languages_title_first() {
    let gateway = Gateway::start().await;
    let with = |title: &str, description: &str| {
        let mut ad = ad(title, "2025-11-02");
        ad.description = description.into();
        ad
    };
    gateway
        .import(vec![
            with("Analista", "Se buscan desarrolladores <b>Python</b> & más para C++"),
            with("Desarrollador Python", "Con ganas de aprender"),
            with("Editor", "Publicación de contenidos"),
            with("Developer", "We are looking for developers, in C and Python"),
        ])
        .await;
    gateway.clean_all().await;
    let search = async |query: &str| {
        let request = SearchJobsRequest { query: query.into(), ..Default::default() };
        gateway.jobs().search_jobs(request).await.unwrap().into_inner()
    };
    assert_eq!(titles(&search("desarrollador python").await.jobs), ["Desarrollador Python", "Analista"]);
    assert_eq!(titles(&search("developing").await.jobs), ["Developer"]);
    assert_eq!(titles(&search("python -developer -aprender").await.jobs), ["Analista"]);
    assert_eq!(titles(&search("C++").await.jobs), ["Analista"], "signs count");
    let found = search("python buscan").await;
    assert_eq!(found.total, 1);
    let snippet = &found.jobs[0].snippet;
    assert!(snippet.contains("<mark>Python</mark>"), "{snippet}");
    assert!(!snippet.contains("<b>") && snippet.contains("&amp;"), "{snippet}");
    assert_eq!(titles(&search("publicacion").await.jobs), ["Editor"], "accents may be left out");
    assert_eq!(titles(&search("publicación").await.jobs), ["Editor"]);
    assert_eq!(search("the").await.total + search("\" ' ( & | !").await.total, 0);
}

#[tokio::test]
async fn search_pages_hold_every_hit_once() {
    let gateway = Gateway::start().await;
    gateway.import((0..9).map(|i| ad(&format!("Ingeniero {i}"), "2025-11-02")).collect()).await;
    gateway.clean_all().await;
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let request =
            SearchJobsRequest { query: "ingeniero".into(), limit: 4, page_token: token, ..Default::default() };
        let page = gateway.jobs().search_jobs(request).await.unwrap().into_inner();
        assert_eq!(page.total, 9);
        seen.extend(page.jobs.into_iter().map(|job| job.job_id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 9);
}
