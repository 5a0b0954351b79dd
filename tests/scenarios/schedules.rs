//! What runs by itself, with two gateways that fire, over REST and the command line.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use observatory_tests::{FIRES, Failure, Mesh, ads, eventually, watch};
use serde_json::{Value, json};
use tonic::Code;

const KIND: &str = "cleaner.batch_clean_jobs";

async fn mesh() -> Mesh {
    let builder = Mesh::builder().replicas("gateway", 2).env("gateway", FIRES, "true");
    builder.env("gateway", "OBSERVATORY_SERVICE__SCHEDULES_POLL_SECONDS", "0.2").start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_made_changed_fired_and_removed_over_rest() {
    let mesh = mesh().await;
    let clients = mesh.clients();
    let rest = &clients.rest;
    ads::import(&clients, ads::invented(7, 5)).await;
    let listed = rest.get("/api/schedules").await.unwrap().ok();
    assert_eq!(listed["schedules"].as_array().unwrap().len(), 3);
    assert_eq!(listed["schedules"][0]["request"], json!({"limit": 500}));

    let times =
        rest.get("/api/schedules:preview?cron=0+3+*+*+SUN&time_zone=America/Bogota&count=2").await.unwrap().ok();
    assert!(times["run_times"].as_array().unwrap().iter().all(|time| time.as_str().unwrap().ends_with("T08:00:00Z")));

    // Due once a year, so that nothing comes between; its request names a country.
    let body = json!({"schedule_id": "cleaning", "cron": "0 3 1 1 *", "time_zone": "America/Bogota",
                      "operation_kind": KIND, "request": {"limit": 3, "country": "CO"}});
    let made = rest.post("/api/schedules", body.clone()).await.unwrap().ok();
    assert_eq!((&made["missed_ticks"], &made["request"]["limit"]), (&json!("MISSED_TICKS_RUN_ONCE"), &json!(3)));
    let twice = rest.post("/api/schedules", body).await.unwrap();
    assert_eq!((twice.status, twice.json()["code"].as_i64()), (409, Some(Code::AlreadyExists as i64)));
    let wrong = json!({"schedule_id": "wrong", "cron": "0 3 * *", "operation_kind": KIND});
    let failure = Failure::from_json(&rest.post("/api/schedules", wrong).await.unwrap().json());
    assert_eq!(failure.reason, "FIELD_INVALID", "{failure:?}");

    let patched =
        rest.patch("/api/schedules/cleaning?update_mask=request", json!({"request": {"limit": 2}})).await.unwrap();
    assert_eq!((&patched.ok()["request"], &patched.ok()["cron"]), (&json!({"limit": 2}), &json!("0 3 1 1 *")));

    let start = json!({"request_id": "once"});
    let started = rest.post("/api/schedules/cleaning:run", start.clone()).await.unwrap().ok();
    assert_eq!(rest.post("/api/schedules/cleaning:run", start).await.unwrap().ok()["name"], started["name"]);
    let id = started["name"].as_str().unwrap().trim_start_matches("operations/").to_owned();
    let end = watch::to_the_end(&clients, &id).await;
    assert_eq!((end.metadata.total, end.metadata.completed), (2, 2));

    // Two days late: one of the two gateways makes up for it.
    mesh.sql(
        "UPDATE schedules SET cron = '* * * * *', last_tick = now() - interval '2 days' WHERE schedule_id = 'cleaning'",
    )
    .await;
    let runs = async || rest.get("/api/schedules/cleaning/runs").await.unwrap().ok()["runs"].clone();
    let fired = |run: &&Value| run["manual"] == false && run["state"] == "SCHEDULE_RUN_STATE_STARTED";
    let by_itself = async || runs().await.as_array().unwrap().iter().filter(fired).count() as i64;
    eventually(Duration::from_secs(20), "it fires by itself", async || by_itself().await > 0).await;
    let paused = rest.post("/api/schedules/cleaning:pause", json!({"paused": true})).await.unwrap().ok();
    assert_eq!((&paused["paused"], &paused["next_run_times"]), (&json!(true), &json!([])));
    let ends = runs().await.as_array().unwrap().iter().map(|run| run["operation"].clone()).collect::<Vec<_>>();
    assert_eq!(paused["recent_operations"], json!(ends));
    assert!(ends.contains(&started["name"]));
    let operations = mesh.count("SELECT count(*) FROM operations WHERE request_id LIKE 'schedule/cleaning/20%'").await;
    assert_eq!(by_itself().await, operations);

    assert_eq!(rest.delete("/api/schedules/cleaning").await.unwrap().status, 200);
    let gone = rest.get("/api/schedules/cleaning").await.unwrap();
    assert_eq!((gone.status, Failure::from_json(&gone.json()).reason.as_str()), (404, "SCHEDULE_NOT_FOUND"));
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_does_all_of_it() {
    let mesh = mesh().await;
    ads::import(&mesh.clients(), ads::invented(8, 4)).await;
    let cli = async |args: &[&str]| mesh.cli(&[&["schedules"], args].concat()).await;
    let table = cli(&["list"]).await.stdout;
    assert!(
        table.lines().count() == 4 && table.contains("nightly-extraction") && table.contains(" 03:00 -05"),
        "{table}"
    );

    let request = r#"{"limit": 3}"#;
    let zone = "America/Mexico_City";
    let made =
        cli(&["create", "cleaning", "--cron", "30 2 1 1 *", "--zone", zone, "--kind", KIND, "--request", request])
            .await;
    assert!(made.code == 0 && made.stdout.contains("-01-01 02:30 -06"), "{made:?}");
    let wrong = cli(&["create", "x", "--cron", "30 2", "--kind", KIND]).await;
    assert!(wrong.code == 2 && wrong.stderr.contains("schedule.cron"), "{wrong:?}");
    assert_eq!(cli(&["create", "x", "--cron", "@daily", "--kind", KIND, "--request", "[]"]).await.code, 2);
    assert_eq!(cli(&["create", "cleaning", "--cron", "@daily", "--kind", KIND]).await.code, 1);

    let changed = cli(&["update", "cleaning", "--missed", "skip", "--description", "Un día", "--json"]).await.json();
    assert_eq!((&changed["missed_ticks"], &changed["description"]), (&json!("MISSED_TICKS_SKIP"), &json!("Un día")));
    assert_eq!(changed["time_zone"], zone);
    assert_eq!(cli(&["update", "cleaning"]).await.code, 2);
    let show = cli(&["pause", "cleaning", "--lang", "es"]).await.stdout;
    assert!(show.contains("en pausa") && show.contains("Un día"), "{show}");
    assert_eq!(cli(&["resume", "cleaning", "--json"]).await.json()["paused"], Value::Bool(false));

    let run = cli(&["run", "cleaning"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(mesh.count("SELECT count(*) FROM raw_jobs WHERE is_processed").await, 3);
    let refused = cli(&["run", "weekly-clustering"]).await;
    assert!(refused.code == 2 && refused.stderr.contains("FIELD_INVALID"), "nothing was extracted: {refused:?}");
    let history = cli(&["history", "cleaning"]).await.stdout;
    assert!(history.lines().count() == 2 && history.contains("started") && history.contains("yes"), "{history}");
    assert!(cli(&["history", "weekly-clustering"]).await.stdout.contains("[FIELD_INVALID]"));

    let next = cli(&["next", "0 3 * * SUN", "--zone", "America/Bogota", "--count", "3"]).await.stdout;
    assert!(next.lines().count() == 4 && next.matches(" 03:00 -05").count() == 3, "{next}");
    assert_eq!(cli(&["delete", "cleaning"]).await.code, 0);
    assert_eq!(cli(&["show", "cleaning"]).await.code, 1);
    mesh.stop().await;
}
