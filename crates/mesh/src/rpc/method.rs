//! What the contracts say about a method.

use std::{collections::HashMap, sync::LazyLock};

use observatory_proto::DESCRIPTOR_POOL;

/// How messages flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One request, one response.
    Unary,
    /// Many requests, one response; no time limit of ours.
    ClientStreaming,
    /// Many responses; no time limit of ours, and ended by a drain.
    ServerStreaming,
}

/// A method that this process may serve.
#[derive(Debug)]
pub struct Method {
    pub path: &'static str,
    pub service: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    /// Health and reflection: never shed, hardly logged.
    pub internal: bool,
}

/// One label for whatever strangers ask for, so that they can't make metrics grow.
static UNKNOWN: Method =
    Method { path: "unknown", service: "unknown", name: "unknown", kind: Kind::Unary, internal: false };

static METHODS: LazyLock<HashMap<String, Method>> = LazyLock::new(|| {
    let own = DESCRIPTOR_POOL.services().flat_map(|service| {
        let methods: Vec<_> = service.methods().collect();
        methods.into_iter().map(move |method| {
            let kind = kind(method.is_client_streaming(), method.is_server_streaming());
            entry(service.full_name().to_string(), method.name().to_string(), kind, false)
        })
    });
    let internal = [
        ("grpc.health.v1.Health", "Check", Kind::Unary),
        ("grpc.health.v1.Health", "Watch", Kind::ServerStreaming),
        ("grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", Kind::ServerStreaming),
        ("grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", Kind::ServerStreaming),
    ];
    let internal = internal.map(|(service, name, kind)| entry(service.to_string(), name.to_string(), kind, true));
    own.chain(internal).collect()
});

fn kind(client_streaming: bool, server_streaming: bool) -> Kind {
    match (client_streaming, server_streaming) {
        (_, true) => Kind::ServerStreaming,
        (true, false) => Kind::ClientStreaming,
        (false, false) => Kind::Unary,
    }
}

/// Leaks a few names, once: metrics and spans want them `'static`.
fn entry(service: String, name: String, kind: Kind, internal: bool) -> (String, Method) {
    let path = format!("/{service}/{name}");
    let method = Method { path: path.clone().leak(), service: service.leak(), name: name.leak(), kind, internal };
    (path, method)
}

impl Method {
    pub fn find(path: &str) -> &'static Self {
        METHODS.get(path).unwrap_or(&UNKNOWN)
    }
}

/// True for a known method with one request and one response.
pub fn is_unary(path: &str) -> bool {
    METHODS.get(path).is_some_and(|method| method.kind == Kind::Unary)
}
