//! One error, the same on every surface.

#![allow(clippy::unwrap_used)]

use observatory_tests::{Clients, Failure, Mesh};
use serde_json::{Value, json};

struct Case {
    what: &'static str,
    method: &'static str,
    request: Value,
    path: &'static str,
    /// The CLI's arguments and exit code; none where it has no such command.
    cli: Option<(&'static [&'static str], i32)>,
    http: u16,
    code: i32,
    reason: &'static str,
    fields: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    const NOBODY: &str = "0193b3f0-0000-7000-8000-000000000000";
    vec![
        Case {
            what: "an ad that isn't there",
            method: "observatory.jobs.v1.JobService/GetJob",
            request: json!({"job_id": NOBODY}),
            path: "/api/jobs/0193b3f0-0000-7000-8000-000000000000",
            cli: Some((&["jobs", "show", NOBODY], 1)),
            http: 404,
            code: 5,
            reason: "JOB_NOT_FOUND",
            fields: &[],
        },
        Case {
            what: "a malformed UUID",
            method: "observatory.jobs.v1.JobService/GetJob",
            request: json!({"job_id": "not-a-uuid"}),
            path: "/api/jobs/not-a-uuid",
            cli: Some((&["jobs", "show", "not-a-uuid"], 2)),
            http: 400,
            code: 3,
            reason: "FIELD_INVALID",
            fields: &["job_id"],
        },
        Case {
            what: "a country that is none",
            method: "observatory.skills.v1.SkillService/ListSkills",
            request: json!({"country": "colombia", "limit": 9999}),
            path: "/api/skills?country=colombia&limit=9999",
            cli: None,
            http: 400,
            code: 3,
            reason: "FIELD_INVALID",
            fields: &["country", "limit"],
        },
        Case {
            what: "a day that doesn't exist",
            method: "observatory.skills.v1.SkillService/ListSkills",
            request: json!({"posted_from": "2026-02-31"}),
            path: "/api/skills?posted_from=2026-02-31",
            cli: Some((&["skills", "top", "--from", "2026-02-31"], 2)),
            http: 400,
            code: 3,
            reason: "FIELD_INVALID",
            fields: &["posted_from"],
        },
        Case {
            what: "a garbage page token",
            method: "observatory.jobs.v1.JobService/ListJobs",
            request: json!({"page_token": "garbage"}),
            path: "/api/jobs?page_token=garbage",
            cli: Some((&["jobs", "list", "--page-token", "garbage"], 2)),
            http: 400,
            code: 3,
            reason: "PAGE_TOKEN_INVALID",
            fields: &["page_token"],
        },
        Case {
            what: "an unknown operation",
            method: "google.longrunning.Operations/GetOperation",
            request: json!({"name": "operations/01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
            path: "/v1/operations/01ARZ3NDEKTSV4RRFFQ69G5FAV",
            cli: Some((&["operations", "get", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], 1)),
            http: 404,
            code: 5,
            reason: "OPERATION_NOT_FOUND",
            fields: &[],
        },
        Case {
            what: "an unknown skill",
            method: "observatory.skills.v1.SkillService/GetSkill",
            request: json!({"skill_id": "telepathy"}),
            path: "/api/skills/telepathy",
            cli: Some((&["skills", "show", "telepathy"], 1)),
            http: 404,
            code: 5,
            reason: "SKILL_NOT_FOUND",
            fields: &[],
        },
        Case {
            what: "an unknown clustering",
            method: "observatory.clusters.v1.ClusterService/GetClustering",
            request: json!({"clustering_id": "00000000-0000-4000-8000-000000000000"}),
            path: "/api/clusterings/00000000-0000-4000-8000-000000000000",
            cli: Some((&["clusters", "list", "00000000-0000-4000-8000-000000000000"], 1)),
            http: 404,
            code: 5,
            reason: "CLUSTERING_NOT_FOUND",
            fields: &["clustering_id"],
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_is_the_same_on_every_surface() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    let gateway = Clients::new(&mesh.service("gateway").url());
    let mut differences = Vec::new();
    for case in cases() {
        let request = || case.request.clone();
        let rest = clients.rest.get(case.path).await.unwrap();
        let by_grpc = Failure::from(&clients.grpc(case.method, request()).await.unwrap_err());
        if (by_grpc.code, by_grpc.reason.as_str(), &by_grpc.domain[..]) != (case.code, case.reason, "observatory")
            || by_grpc.fields != case.fields
            || rest.status != case.http
        {
            differences.push(format!("{}: HTTP {}, {by_grpc:?}", case.what, rest.status));
        }
        for (surface, failure) in [
            ("gRPC-web", Failure::from(&clients.web(case.method, request()).await.unwrap_err())),
            ("gRPC-web from the gateway", Failure::from(&gateway.web(case.method, request()).await.unwrap_err())),
            ("gRPC from the gateway", Failure::from(&gateway.grpc(case.method, request()).await.unwrap_err())),
            ("REST", Failure::from_json(&rest.json())),
        ] {
            if failure != by_grpc {
                differences.push(format!("{} by {surface}: {failure:?}\nrather than {by_grpc:?}", case.what));
            }
        }
        if let Some((args, exit)) = case.cli {
            let output = mesh.cli(&[args, &["--json"]].concat()).await;
            let told = output.stderr.contains(&format!("error[{}]", case.reason));
            if output.code != exit || !told || !output.stdout.is_empty() {
                differences.push(format!("{} by the CLI: {output:?}", case.what));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_envoy_makes_have_the_same_form() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    let rest = &clients.rest;
    // A query parameter that no contract has, JSON that is none, and nobody at home.
    let unknown = rest.get("/api/jobs?contry=CO").await.unwrap();
    let broken = rest.post("/api/extract", json!("{")).await.unwrap();
    mesh.service("cleaner").process.kill9().await;
    let nobody = rest.post("/api/clean", json!({"text": "hola"})).await.unwrap();
    for (answer, http, code, reason) in [
        (unknown, 400, 3, "FIELD_INVALID"),
        (broken, 400, 3, "FIELD_INVALID"),
        (nobody, 503, 14, "DEPENDENCY_UNAVAILABLE"),
    ] {
        let failure = Failure::from_json(&answer.json());
        assert_eq!((answer.status, failure.code, failure.reason.as_str()), (http, code, reason), "{}", answer.text);
    }
    let clean = "observatory.cleaner.v1.CleanerService/CleanText";
    let by_grpc = clients.grpc(clean, json!({"text": "hola"})).await.unwrap_err();
    let by_web = clients.web(clean, json!({"text": "hola"})).await.unwrap_err();
    for status in [by_grpc, by_web] {
        let failure = Failure::from(&status);
        assert_eq!((failure.code, failure.reason.as_str()), (14, "DEPENDENCY_UNAVAILABLE"), "{status:?}");
    }
    mesh.stop().await;
}
