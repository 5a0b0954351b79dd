//! Calls of any RPC by name: with JSON, or with bytes that may be no message.

use std::{marker::PhantomData, time::Duration};

use bytes::{Buf, BufMut, Bytes};
use futures::{StreamExt, stream};
use http::uri::PathAndQuery;
use observatory_proto::DESCRIPTOR_POOL;
use prost::Message;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions};
use serde_json::Value;
use tonic::{
    Request, Status,
    body::Body,
    client::{Grpc, GrpcService},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
};

use crate::{Clients, Web};

type StdError = Box<dyn std::error::Error + Send + Sync>;

/// Longest wait for a whole answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A method by `package.Service/Method`.
///
/// # Panics
/// Where there is none.
pub fn method(name: &str) -> MethodDescriptor {
    let (service, method) = name.split_once('/').unwrap();
    let service = DESCRIPTOR_POOL.get_service_by_name(service).unwrap_or_else(|| panic!("no service {service}"));
    service.methods().find(|candidate| candidate.name() == method).unwrap_or_else(|| panic!("no method {name}"))
}

/// Every RPC of the contracts.
pub fn methods() -> Vec<MethodDescriptor> {
    DESCRIPTOR_POOL.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// The path of a method.
pub fn path(method: &MethodDescriptor) -> PathAndQuery {
    format!("/{}/{}", method.parent_service().full_name(), method.name()).parse().unwrap()
}

/// Reads JSON, in either spelling of names, as a message.
///
/// # Panics
/// Where it is none.
pub fn message(descriptor: MessageDescriptor, json: &Value) -> DynamicMessage {
    DynamicMessage::deserialize_with_options(descriptor, json, &DeserializeOptions::new()).unwrap()
}

/// A message as the contract's JSON: names as in the contract, zeroes printed.
pub fn json(message: &DynamicMessage) -> Value {
    let options = SerializeOptions::new().use_proto_field_name(true).skip_default_fields(false);
    message.serialize_with_options(serde_json::value::Serializer, &options).unwrap()
}

impl Clients {
    /// Calls by gRPC and returns every message of the answer.
    ///
    /// # Errors
    /// The call's status.
    pub async fn grpc(&self, name: &str, request: Value) -> Result<Vec<Value>, Status> {
        call(self.grpc.clone(), &self.url, name, &request).await
    }

    /// The same by gRPC-web.
    ///
    /// # Errors
    /// The call's status.
    pub async fn web(&self, name: &str, request: Value) -> Result<Vec<Value>, Status> {
        call::<Web>(self.web.clone(), &self.url, name, &request).await
    }

    /// Calls by gRPC with these bytes in place of a message.
    ///
    /// # Errors
    /// The call's status.
    pub async fn raw(&self, method: &MethodDescriptor, request: Bytes) -> Result<Vec<Bytes>, Status> {
        exchange(self.grpc.clone(), &self.url, path(method), request).await
    }

    /// The same at any path.
    ///
    /// # Errors
    /// The call's status.
    pub async fn raw_at(&self, path: &str, request: Bytes) -> Result<Vec<Bytes>, Status> {
        exchange(self.grpc.clone(), &self.url, path.parse().unwrap(), request).await
    }
}

async fn call<T>(transport: T, url: &str, name: &str, request: &Value) -> Result<Vec<Value>, Status>
where
    T: GrpcService<Body>,
    T::Error: Into<StdError>,
    T::ResponseBody: http_body::Body<Data = Bytes> + Send + 'static,
    <T::ResponseBody as http_body::Body>::Error: Into<StdError> + Send,
{
    let method = method(name);
    let bytes = message(method.input(), request).encode_to_vec().into();
    let answers = exchange(transport, url, path(&method), bytes).await?;
    let decode = |bytes: Bytes| json(&DynamicMessage::decode(method.output(), bytes).unwrap());
    Ok(answers.into_iter().map(decode).collect())
}

/// Goes on for as long as anybody listens: its first message will do.
const ENDLESS: &str = "/WatchEvents";

/// One request, and every message of the answer. Streams must end.
async fn exchange<T>(transport: T, url: &str, path: PathAndQuery, request: Bytes) -> Result<Vec<Bytes>, Status>
where
    T: GrpcService<Body>,
    T::Error: Into<StdError>,
    T::ResponseBody: http_body::Body<Data = Bytes> + Send + 'static,
    <T::ResponseBody as http_body::Body>::Error: Into<StdError> + Send,
{
    let mut grpc = Grpc::with_origin(transport, url.parse().unwrap()).max_decoding_message_size(64 << 20);
    let exchange = async {
        grpc.ready().await.map_err(|error| Status::unknown(format!("not ready: {}", error.into())))?;
        let request = Request::new(stream::iter([request]));
        let mut answers = grpc.streaming(request, path.clone(), BytesCodec).await?.into_inner();
        let mut all = Vec::new();
        while let Some(answer) = answers.next().await {
            all.push(answer?);
            if path.path().ends_with(ENDLESS) {
                break;
            }
        }
        Ok(all)
    };
    tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("{path}: no end within {PATIENCE:?}"))
}

/// Messages as the bytes they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct BytesCodec;

/// Encodes and decodes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain(PhantomData<Bytes>);

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Plain;
    type Decoder = Plain;

    fn encoder(&mut self) -> Plain {
        Plain::default()
    }

    fn decoder(&mut self) -> Plain {
        Plain::default()
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}
