//! ScheduleService, and the loop behind it, with an extractor that only notes what it is asked for.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use common::{Gateway, refused};
use observatory_mesh::{Error, Reason};
use observatory_proto::{
    extractor::{
        BatchExtractSkillsRequest, ExtractSkillsRequest, ExtractSkillsResponse,
        extractor_service_server::{ExtractorService, ExtractorServiceServer},
    },
    google::longrunning::Operation,
    schedules::{
        CreateScheduleRequest, DeleteScheduleRequest, GetScheduleRequest, ListScheduleRunsRequest,
        ListScheduleRunsResponse, ListSchedulesRequest, MissedTicks, PauseScheduleRequest, PreviewScheduleRequest,
        RunScheduleRequest, Schedule, ScheduleRunState, UpdateScheduleRequest,
        schedule_service_client::ScheduleServiceClient,
    },
};
use observatory_testkit::Kit;
use prost_types::{FieldMask, Struct, Value, value::Kind};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status, transport::Channel};

const EXTRACT: &str = "extractor.batch_extract_skills";

/// Notes requests; the same request_id is the same operation.
#[derive(Clone, Default)]
struct Extractor(Arc<Mutex<HashMap<String, BatchExtractSkillsRequest>>>);

#[tonic::async_trait]
impl ExtractorService for Extractor {
    async fn extract_skills(
        &self,
        _: Request<ExtractSkillsRequest>,
    ) -> Result<Response<ExtractSkillsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn batch_extract_skills(
        &self,
        request: Request<BatchExtractSkillsRequest>,
    ) -> Result<Response<Operation>, Status> {
        let request = request.into_inner();
        let name = format!("operations/{}", request.request_id.replace('/', "."));
        self.0.lock().unwrap().insert(request.request_id.clone(), request);
        Ok(Response::new(Operation { name, ..Default::default() }))
    }
}

struct Here {
    gateway: Gateway,
    extractor: Extractor,
}

impl Here {
    async fn start(fires: bool) -> Self {
        let extractor = Extractor::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder().add_service(ExtractorServiceServer::new(extractor.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        let kit = Kit::start().await;
        let (database_url, redis_url) = (kit.database_url(), kit.redis_url());
        let gateway = Gateway::start_with(kit, database_url, redis_url, |config| {
            config.peers.insert("extractor".into(), url);
            config.service.schedules = fires;
            config.service.schedules_poll_seconds = 0.1;
        });
        Self { gateway: gateway.await, extractor }
    }

    fn client(&self) -> ScheduleServiceClient<Channel> {
        ScheduleServiceClient::new(self.gateway.channel())
    }

    fn asked(&self) -> Vec<BatchExtractSkillsRequest> {
        self.extractor.0.lock().unwrap().values().cloned().collect()
    }

    async fn get(&self, id: &str) -> Result<Schedule, Status> {
        let request = GetScheduleRequest { schedule_id: id.into() };
        self.client().get_schedule(request).await.map(Response::into_inner)
    }

    async fn create(&self, schedule: Schedule) -> Result<Schedule, Status> {
        let request = CreateScheduleRequest { schedule: Some(schedule) };
        self.client().create_schedule(request).await.map(Response::into_inner)
    }

    async fn update(&self, schedule: Schedule, paths: &[&str]) -> Result<Schedule, Status> {
        let paths = paths.iter().map(|path| path.to_string()).collect();
        let request = UpdateScheduleRequest { schedule: Some(schedule), update_mask: Some(FieldMask { paths }) };
        self.client().update_schedule(request).await.map(Response::into_inner)
    }

    async fn pause(&self, id: &str, paused: bool) -> Result<Schedule, Status> {
        let request = PauseScheduleRequest { schedule_id: id.into(), paused };
        self.client().pause_schedule(request).await.map(Response::into_inner)
    }

    async fn run(&self, id: &str, request_id: &str) -> Result<Operation, Status> {
        let request = RunScheduleRequest { schedule_id: id.into(), request_id: request_id.into() };
        self.client().run_schedule(request).await.map(Response::into_inner)
    }

    async fn runs(&self, id: &str, page_size: i32, token: &str) -> Result<ListScheduleRunsResponse, Status> {
        let request = ListScheduleRunsRequest { schedule_id: id.into(), page_size, page_token: token.into() };
        self.client().list_schedule_runs(request).await.map(Response::into_inner)
    }

    async fn preview(&self, cron: &str, zone: &str, count: i32) -> Result<Vec<prost_types::Timestamp>, Status> {
        let request = PreviewScheduleRequest { cron: cron.into(), time_zone: zone.into(), count };
        self.client().preview_schedule(request).await.map(|response| response.into_inner().run_times)
    }

    async fn delete(&self, id: &str) -> Result<(), Status> {
        self.client().delete_schedule(DeleteScheduleRequest { schedule_id: id.into() }).await.map(|_| ())
    }
}

fn number(value: f64) -> Value {
    Value { kind: Some(Kind::NumberValue(value)) }
}

fn text(value: &str) -> Value {
    Value { kind: Some(Kind::StringValue(value.into())) }
}

fn request<const N: usize>(fields: [(&str, Value); N]) -> Option<Struct> {
    Some(Struct { fields: fields.into_iter().map(|(name, value)| (name.to_string(), value)).collect() })
}

fn schedule(id: &str) -> Schedule {
    Schedule {
        schedule_id: id.into(),
        cron: "15 4 * * *".into(),
        time_zone: "America/Mexico_City".into(),
        operation_kind: EXTRACT.into(),
        request: request([("limit", number(7.0)), ("country", text("MX"))]),
        ..Default::default()
    }
}

fn field(error: &Error) -> (Reason, &str) {
    (error.reason, error.fields[0].field.as_str())
}

#[tokio::test]
async fn a_new_database_has_three_schedules_and_a_deleted_one_stays_away() {
    let here = Here::start(false).await;
    let listed = here.client().list_schedules(ListSchedulesRequest {}).await.unwrap().into_inner().schedules;
    let seen: Vec<_> = listed
        .iter()
        .map(|schedule| (schedule.schedule_id.as_str(), schedule.cron.as_str(), schedule.operation_kind.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("nightly-extraction", "0 3 * * *", EXTRACT),
            ("scrape-every-6-hours", "0 */6 * * *", "gateway.run_pipeline"),
            ("weekly-clustering", "0 3 * * SUN", "clusterer.cluster_skills"),
        ]
    );
    for schedule in &listed {
        assert_eq!((schedule.time_zone.as_str(), schedule.paused), ("America/Bogota", false));
        assert_eq!((schedule.next_run_times.len(), schedule.missed_ticks()), (5, MissedTicks::RunOnce));
        // What the migration wrote is what the service would take.
        here.update(schedule.clone(), &[]).await.unwrap();
    }
    assert_eq!(listed[0].request, request([("limit", number(500.0))]));
    // 03:00 in Bogotá, which has no summer time, is 08:00 UTC.
    assert!(listed[0].next_run_times.iter().all(|time| time.seconds % 86_400 == 8 * 3600));

    here.delete("scrape-every-6-hours").await.unwrap();
    assert_eq!(refused(here.get("scrape-every-6-hours").await).reason, Reason::ScheduleNotFound);
    let Here { gateway, .. } = here;
    let (database_url, redis_url) = (gateway.kit.database_url(), gateway.kit.redis_url());
    let again = Gateway::start_on(gateway.kit, database_url, redis_url).await;
    let mut client = ScheduleServiceClient::new(again.channel());
    let listed = client.list_schedules(ListSchedulesRequest {}).await.unwrap().into_inner().schedules;
    assert_eq!(listed.len(), 2);
}

#[tokio::test]
async fn a_schedule_is_kept_as_it_was_given() {
    let here = Here::start(false).await;
    let given = Schedule {
        cron: "  15  4 * * * ".into(),
        description: "Ads of México".into(),
        missed_ticks: MissedTicks::Skip.into(),
        ..schedule("mexico")
    };
    let created = here.create(given).await.unwrap();
    assert_eq!((created.cron.as_str(), created.description.as_str()), ("15 4 * * *", "Ads of México"));
    assert_eq!((created.missed_ticks(), &created.request), (MissedTicks::Skip, &schedule("").request));
    assert!(created.create_time.is_some() && created.last_tick_time.is_none() && created.recent_operations.is_empty());
    assert_eq!(here.get("mexico").await.unwrap(), created);

    let bare = Schedule { time_zone: String::new(), request: None, ..schedule("bare") };
    let bare = here.create(bare).await.unwrap();
    assert_eq!(
        (bare.time_zone.as_str(), bare.request.clone(), bare.missed_ticks()),
        ("UTC", request([]), MissedTicks::RunOnce)
    );

    let twice = refused(here.create(schedule("mexico")).await);
    assert_eq!(field(&twice), (Reason::ScheduleExists, "schedule.schedule_id"));
    assert_eq!(twice.code(), tonic::Code::AlreadyExists);
}

#[tokio::test]
async fn what_could_not_fire_is_refused_with_its_field() {
    let here = Here::start(false).await;
    let new = || schedule("new");
    let cases: [(Schedule, &str, &str); 11] = [
        (Schedule { schedule_id: String::new(), ..new() }, "schedule.schedule_id", "lower-case"),
        (Schedule { schedule_id: "A b".into(), ..new() }, "schedule.schedule_id", "lower-case"),
        (Schedule { cron: String::new(), ..new() }, "schedule.cron", "such as"),
        (Schedule { cron: "61 * * * *".into(), ..new() }, "schedule.cron", "0 3 * * MON-FRI"),
        (Schedule { cron: "0 0 30 2 *".into(), ..new() }, "schedule.cron", "never fires"),
        (Schedule { time_zone: "Bogota".into(), ..new() }, "schedule.time_zone", "America/Bogota"),
        (Schedule { operation_kind: "cleaner".into(), ..new() }, "schedule.operation_kind", EXTRACT),
        (Schedule { request: request([("limt", number(1.0))]), ..new() }, "schedule.request.limt", "limit"),
        (Schedule { request: request([("limit", number(-1.0))]), ..new() }, "schedule.request.limit", ""),
        (Schedule { request: request([("country", text("a\0"))]), ..new() }, "schedule.request", "NUL"),
        (Schedule { missed_ticks: 9, ..new() }, "schedule.missed_ticks", ""),
    ];
    for (wrong, path, word) in cases {
        let error = refused(here.create(wrong.clone()).await);
        assert_eq!(field(&error), (Reason::FieldInvalid, path), "{error}");
        assert!(error.message.contains(word), "{error}");
        if !path.ends_with("schedule_id") {
            let known = Schedule { schedule_id: "nightly-extraction".into(), ..wrong };
            assert_eq!(field(&refused(here.update(known, &[]).await)), (Reason::FieldInvalid, path));
        }
    }
    assert_eq!(refused(here.get("new").await).reason, Reason::ScheduleNotFound);
    assert_eq!(here.get("nightly-extraction").await.unwrap().cron, "0 3 * * *");
}

#[tokio::test]
async fn an_update_changes_what_its_mask_names() {
    let here = Here::start(false).await;
    let created = here.create(Schedule { description: "old".into(), ..schedule("mexico") }).await.unwrap();
    let only = Schedule { schedule_id: "mexico".into(), cron: "30 5 * * *".into(), ..Default::default() };
    let changed = here.update(only.clone(), &["cron"]).await.unwrap();
    let expected = Schedule {
        cron: "30 5 * * *".into(),
        next_run_times: changed.next_run_times.clone(),
        update_time: changed.update_time,
        ..created.clone()
    };
    assert_eq!(changed, expected);
    assert_ne!((changed.next_run_times, changed.update_time), (created.next_run_times.clone(), created.update_time));

    // Without a mask all of it is replaced; also the kind together with its request.
    let other = Schedule { operation_kind: "cleaner.batch_clean_jobs".into(), ..schedule("mexico") };
    let changed = here.update(other, &[]).await.unwrap();
    assert_eq!((changed.description.as_str(), changed.operation_kind.as_str()), ("", "cleaner.batch_clean_jobs"));
    // What stays must fit what is changed.
    let kind = Schedule { operation_kind: "clusterer.cluster_skills".into(), ..only.clone() };
    let error = refused(here.update(kind, &["operation_kind"]).await);
    assert_eq!(field(&error), (Reason::FieldInvalid, "schedule.request.limit"));

    for (paths, at) in [
        (["cron", "request.limit"], "update_mask.paths[1]"),
        (["next_run_times", "cron"], "update_mask.paths[0]"),
        (["cron", "*"], "update_mask.paths[1]"),
    ] {
        let error = refused(here.update(only.clone(), &paths).await);
        assert_eq!(field(&error), (Reason::FieldInvalid, at));
        assert!(error.message.contains("time_zone"), "{error}");
    }
    let unknown = Schedule { schedule_id: "nobody".into(), ..schedule("x") };
    assert_eq!(refused(here.update(unknown, &[]).await).reason, Reason::ScheduleNotFound);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let here = Here::start(false).await;
    let errors = [
        refused(here.get("nobody").await),
        refused(here.pause("nobody", true).await),
        refused(here.delete("nobody").await),
        refused(here.run("nobody", "").await),
        refused(here.runs("nobody", 0, "").await),
    ];
    for error in errors {
        assert_eq!((error.reason, error.code()), (Reason::ScheduleNotFound, tonic::Code::NotFound));
        assert_eq!(error.resource, Some(("observatory/schedule".into(), "nobody".into())));
    }
}

#[tokio::test]
async fn a_run_by_hand_starts_one_operation_per_request_id() {
    let here = Here::start(false).await;
    here.create(Schedule { paused: true, ..schedule("mexico") }).await.unwrap();
    let long = "x".repeat(128);
    let first = here.run("mexico", &long).await.unwrap();
    // Also where it has changed since.
    let changed = Schedule { request: request([("limit", number(8.0))]), ..schedule("mexico") };
    here.update(changed, &["request"]).await.unwrap();
    assert_eq!(here.run("mexico", &long).await.unwrap(), first);
    assert_eq!(here.asked().len(), 1);
    assert_eq!((here.asked()[0].limit, here.asked()[0].country.as_str()), (7, "MX"));
    let second = here.run("mexico", "").await.unwrap();
    let third = here.run("mexico", "").await.unwrap();
    assert!(first != second && second != third);

    let runs = here.runs("mexico", 0, "").await.unwrap().runs;
    let names: Vec<_> = runs.iter().map(|run| run.operation.as_str()).collect();
    assert_eq!(names, [&third.name, &second.name, &first.name]);
    for run in &runs {
        assert!(run.manual && run.state() == ScheduleRunState::Started && run.error.is_empty());
        assert_eq!(run.operation_kind, EXTRACT);
    }
    let shown = here.get("mexico").await.unwrap();
    assert_eq!(
        (shown.recent_operations, shown.last_tick_time),
        (names.iter().map(ToString::to_string).collect(), None)
    );
    assert!(shown.next_run_times.is_empty(), "it is paused");
}

#[tokio::test]
async fn a_run_by_hand_that_fails_says_why_and_may_be_asked_for_again() {
    let here = Here::start(false).await;
    // The cleaner's address is one where nobody listens; the clusterer's too.
    let cleaning =
        Schedule { operation_kind: "cleaner.batch_clean_jobs".into(), request: None, ..schedule("cleaning") };
    here.create(cleaning).await.unwrap();
    for attempts in 1..3 {
        let error = refused(here.run("cleaning", "r").await);
        assert_eq!((error.reason, error.metadata["dependency"].as_str()), (Reason::DependencyUnavailable, "cleaner"));
        let runs = here.runs("cleaning", 0, "").await.unwrap().runs;
        assert_eq!((runs.len(), runs[0].state(), runs[0].attempts), (1, ScheduleRunState::Failed, attempts));
        assert!(runs[0].error.starts_with("[DEPENDENCY_UNAVAILABLE] ") && runs[0].operation.is_empty());
    }
}

#[tokio::test]
async fn the_default_scrape_starts_a_pipeline() {
    let here = Here::start(false).await;
    let operation = here.run("scrape-every-6-hours", "").await.unwrap();
    let runs = here.runs("scrape-every-6-hours", 0, "").await.unwrap().runs;
    assert_eq!((runs[0].operation.as_str(), runs[0].manual), (operation.name.as_str(), true));
}

#[tokio::test]
async fn history_is_paged_newest_first() {
    let here = Here::start(false).await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, here.run("nightly-extraction", "").await.unwrap().name);
    }
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let page = here.runs("nightly-extraction", 2, &token).await.unwrap();
        assert!(page.runs.len() <= 2);
        found.extend(page.runs.into_iter().map(|run| run.operation));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(found, expected);
    let token = here.runs("nightly-extraction", 2, "").await.unwrap().next_page_token;
    for (id, token) in [("weekly-clustering", token.as_str()), ("nightly-extraction", "garbage")] {
        let error = refused(here.runs(id, 2, token).await);
        assert_eq!(field(&error), (Reason::PageTokenInvalid, "page_token"));
    }
    assert_eq!(field(&refused(here.runs("nightly-extraction", 101, "").await)).1, "page_size");
}

#[tokio::test]
async fn times_can_be_seen_before_they_are_saved() {
    let here = Here::start(false).await;
    let times = here.preview("30 9 * * *", "Asia/Kolkata", 0).await.unwrap();
    assert!(times.len() == 5 && times.iter().all(|time| time.seconds % 86_400 == 4 * 3600));
    assert_eq!(here.preview("@hourly", "", 100).await.unwrap().len(), 100);
    for (cron, zone, count, path) in [
        ("* * * *", "", 0, "cron"),
        ("", "", 0, "cron"),
        ("@daily", "Mars", 0, "time_zone"),
        ("@daily", "", 101, "count"),
    ] {
        let error = refused(here.preview(cron, zone, count).await);
        assert_eq!(field(&error), (Reason::FieldInvalid, path), "{error}");
    }
}

#[tokio::test]
async fn the_loop_fires_what_is_due_and_nothing_that_is_paused() {
    let here = Here::start(true).await;
    let overdue = "UPDATE schedules SET last_tick = now() - interval '3 days' WHERE schedule_id = $1";
    here.pause("nightly-extraction", true).await.unwrap();
    here.gateway.sql(overdue, ["nightly-extraction".into()]).await;
    here.create(schedule("mexico")).await.unwrap();
    here.gateway.sql(overdue, ["mexico".into()]).await;
    let start = Instant::now();
    let runs = loop {
        let runs = here.runs("mexico", 0, "").await.unwrap().runs;
        if runs.first().is_some_and(|run| run.state() == ScheduleRunState::Started) {
            break runs;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{runs:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!((runs.len(), runs[0].manual, here.asked().len()), (1, false, 1));
    let mexico = here.get("mexico").await.unwrap();
    assert_eq!((mexico.last_tick_time, &mexico.recent_operations[0]), (runs[0].tick_time, &runs[0].operation));
    assert!(here.asked()[0].request_id.starts_with("schedule/mexico/20"), "{:?}", here.asked());

    // What passed during a pause was not missed.
    here.pause("nightly-extraction", false).await.unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(here.runs("nightly-extraction", 0, "").await.unwrap().runs.is_empty());
}
