//! Input that nobody should send, to every RPC of every service. The answer is always a clean
//! status with a reason, and the mesh is healthy afterwards.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use bytes::Bytes;
use observatory_tests::{Clients, Failure, Mesh, dynamic};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor, Value};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::json;
use tonic::{Code, Status};

/// What a caller may be told about bad input.
const CLEAN: [Code; 6] = [
    Code::InvalidArgument,
    Code::NotFound,
    Code::Unimplemented,
    Code::ResourceExhausted,
    Code::FailedPrecondition,
    Code::AlreadyExists,
];

/// Callers of each service without Envoy, whose rate limit would end this soon.
struct Direct<'a> {
    mesh: &'a Mesh,
    clients: HashMap<String, Clients>,
}

impl Direct<'_> {
    async fn send(&mut self, method: &MethodDescriptor, request: Bytes) -> Result<Vec<Bytes>, Status> {
        let address = self.mesh.address_of(method.parent_service().full_name()).to_string();
        let clients = self.clients.entry(address.clone()).or_insert_with(|| Clients::new(&format!("http://{address}")));
        clients.raw(method, request).await
    }
}

fn complaint(result: &Result<Vec<Bytes>, Status>) -> Option<String> {
    let Err(status) = result else { return None };
    let failure = Failure::from(status);
    let named = failure.reason != "FIELD_INVALID" || failure.fields.iter().any(|field| !field.is_empty());
    let clean =
        CLEAN.contains(&status.code()) && !failure.reason.is_empty() && failure.domain == "observatory" && named;
    (!clean).then(|| format!("{failure:?}").chars().take(400).collect())
}

/// Messages with one value each that is out of bounds, at every field of every depth.
fn out_of_bounds(descriptor: &MessageDescriptor, depth: usize) -> Vec<(String, DynamicMessage)> {
    let mut found = Vec::new();
    for field in descriptor.fields() {
        for (name, value) in values(&field, depth) {
            let mut message = DynamicMessage::new(descriptor.clone());
            let value = if field.is_list() { Value::List(vec![value]) } else { value };
            message.set_field(&field, value);
            found.push((format!("{}: {name}", field.name()), message));
        }
    }
    found
}

fn values(field: &FieldDescriptor, depth: usize) -> Vec<(String, Value)> {
    let one = |name: &str, value: Value| vec![(name.to_owned(), value)];
    match field.kind() {
        _ if field.is_map() => Vec::new(),
        Kind::String => {
            let mut found = one("2 MB", Value::String("a".repeat(2 << 20)));
            found.extend(one("NUL", Value::String("\0'\"\u{202e}%s{}${x}".into())));
            found
        }
        Kind::Bytes => one("2 MB", Value::Bytes(vec![0; 2 << 20].into())),
        Kind::Enum(_) => one("9999", Value::EnumNumber(9999)),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            [i32::MIN, -1, i32::MAX].map(|n| (n.to_string(), Value::I32(n))).to_vec()
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            [i64::MIN, -1, i64::MAX].map(|n| (n.to_string(), Value::I64(n))).to_vec()
        }
        Kind::Float => [f32::NAN, f32::NEG_INFINITY].map(|n| (n.to_string(), Value::F32(n))).to_vec(),
        Kind::Double => [f64::NAN, f64::NEG_INFINITY].map(|n| (n.to_string(), Value::F64(n))).to_vec(),
        Kind::Message(inner) if depth < 2 => {
            let inner = out_of_bounds(&inner, depth + 1);
            inner.into_iter().map(|(name, message)| (name, Value::Message(message))).collect()
        }
        _ => Vec::new(),
    }
}

/// Bytes that are no message of this kind: cut off, invalid UTF-8, wrong wire types, noise.
fn malformed(descriptor: &MessageDescriptor, random: &mut StdRng) -> Vec<(String, Bytes)> {
    let mut found: Vec<(String, Bytes)> = vec![
        ("an open length".into(), Bytes::from_static(b"\x0a\xff\xff\xff\xff\x0f")),
        ("an open varint".into(), Bytes::from_static(&[0x80; 12])),
        ("field number 0".into(), Bytes::from_static(b"\x00\x01")),
        ("an open group".into(), Bytes::from_static(b"\x0b")),
        ("groups without end".into(), Bytes::from(vec![0x0b; 100_000])),
    ];
    for field in descriptor.fields().filter(|field| matches!(field.kind(), Kind::String)) {
        let tag = (field.number() << 3 | 2) as u8;
        found.push((format!("{}: no UTF-8", field.name()), Bytes::from(vec![tag, 2, 0xff, 0xfe])));
        found.push((format!("{}: cut off", field.name()), Bytes::from(vec![tag, 200, 1, b'a'])));
    }
    for _ in 0..8 {
        let length = random.random_range(1..200);
        found.push(("noise".into(), (0..length).map(|_| random.random::<u8>()).collect()));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_answers_bad_input_with_a_clean_status_and_a_reason() {
    let mesh = Mesh::start().await.unwrap();
    let mut direct = Direct { mesh: &mesh, clients: HashMap::new() };
    let seed = rand::rng().random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let (mut sent, mut complaints) = (0, Vec::new());
    for method in dynamic::methods() {
        let input = method.input();
        let mut requests = vec![("an empty message".to_owned(), Bytes::new())];
        let strange = out_of_bounds(&input, 0).into_iter();
        requests.extend(strange.map(|(name, message)| (name, message.encode_to_vec().into())));
        requests.extend(malformed(&input, &mut random));
        for (name, request) in requests {
            sent += 1;
            if let Some(complaint) = complaint(&direct.send(&method, request).await) {
                complaints.push(format!("{} {name}: {complaint}", method.full_name()));
            }
        }
    }
    println!("{sent} requests to {} methods", dynamic::methods().len());
    assert!(sent > 1_200, "only {sent}");
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    still_healthy(&mesh).await;
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_as_such() {
    let mesh = Mesh::start().await.unwrap();
    let mut direct = Direct { mesh: &mesh, clients: HashMap::new() };
    for method in dynamic::methods() {
        let gateway = mesh.address_of(method.parent_service().full_name()) == mesh.service("gateway").listen;
        let limit: usize = if gateway { 16 << 20 } else { 4 << 20 };
        let status = direct.send(&method, vec![0; limit + 1].into()).await.unwrap_err();
        let failure = Failure::from(&status);
        // Who takes a stream may refuse before reading it.
        if method.is_client_streaming() && failure.reason == "CAPABILITY_MISSING" {
            continue;
        }
        let found = (status.code(), failure.reason.as_str());
        assert_eq!(found, (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"), "{}: {failure:?}", method.full_name());
    }
    still_healthy(&mesh).await;
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_rule_names_its_field_through_envoy_too() {
    let mesh = Mesh::start().await.unwrap();
    let clients = mesh.clients();
    for (method, request, field) in [
        ("cleaner.v1.CleanerService/CleanJobs", json!({"limit": -1}), "limit"),
        ("extractor.v1.ExtractorService/ExtractSkills", json!({"text": "x", "pipeline": 9999}), "pipeline"),
        ("jobs.v1.JobService/SearchJobs", json!({"query": "x", "filter": {"country": "co"}}), "filter.country"),
        ("operations.v1.OperationService/WatchOperation", json!({"operation_id": "x".repeat(65)}), "operation_id"),
    ] {
        let status = clients.grpc(&format!("observatory.{method}"), request).await.unwrap_err();
        assert_eq!(Failure::from(&status).fields, [field], "{status:?}");
    }
    mesh.stop().await;
}

async fn still_healthy(mesh: &Mesh) {
    for service in mesh.services.values().flatten() {
        assert!(service.process.is_running(), "{} has ended", service.process.name());
        let log = std::fs::read_to_string(service.process.log()).unwrap();
        assert!(!log.contains("panicked"), "{}: {}", service.process.name(), service.process.log_tail(20));
    }
    mesh.wait_until_ready().await.unwrap();
    let stats = mesh.clients().rest.get("/api/stats").await.unwrap();
    assert_eq!(stats.status, 200, "{}", stats.text);
}
