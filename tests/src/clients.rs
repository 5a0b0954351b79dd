//! Callers by gRPC, gRPC-web and REST.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tonic::{
    body::Body,
    transport::{Channel, Endpoint},
};
use tonic_web::{GrpcWebCall, GrpcWebClientLayer, GrpcWebClientService};
use tower::ServiceBuilder;

/// No answer takes longer, or the test fails rather than hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection that speaks gRPC-web over HTTP/1.1, as a browser does.
pub type Web = GrpcWebClientService<Client<HttpConnector, GrpcWebCall<Body>>>;

/// One caller, by three protocols.
#[derive(Clone)]
pub struct Clients {
    /// gRPC.
    pub grpc: Channel,
    /// gRPC-web.
    pub web: Web,
    /// REST.
    pub rest: Rest,
    /// Where they all call.
    pub url: String,
}

impl Clients {
    /// Calls `url`, from a loopback address that no other caller has.
    pub fn new(url: &str) -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(2);
        let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        Self::from(url, Ipv4Addr::new(127, 7, high, low).into())
    }

    /// Calls `url` from this address.
    pub fn from(url: &str, address: IpAddr) -> Self {
        let endpoint = Endpoint::from_shared(url.to_owned()).unwrap().local_address(Some(address));
        Self { grpc: endpoint.connect_lazy(), web: web(address), rest: Rest::new(url, address), url: url.to_owned() }
    }

    /// The address as generated clients want it for gRPC-web.
    pub fn origin(&self) -> Uri {
        self.url.parse().unwrap()
    }
}

fn connector(address: IpAddr) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_local_address(Some(address));
    connector
}

/// A gRPC-web connection from this address.
pub fn web(address: IpAddr) -> Web {
    let client = Client::builder(TokioExecutor::new()).build(connector(address));
    ServiceBuilder::new().layer(GrpcWebClientLayer::new()).service(client)
}

/// A REST client.
#[derive(Clone)]
pub struct Rest {
    client: Client<HttpConnector, Full<Bytes>>,
    base: String,
}

/// What it is answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub text: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// Where it isn't.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {:?}", self.status, self.text))
    }

    /// The body as JSON of a success.
    ///
    /// # Panics
    /// Where it is none.
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

impl Rest {
    /// Calls `base`, such as `http://127.0.0.1:8080`, from an address of this machine.
    pub fn new(base: &str, address: IpAddr) -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build(connector(address)), base: base.to_owned() }
    }

    /// GET.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// POST with a JSON body.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(body.to_string().into())).await
    }

    /// POST of these bytes, whatever they are, as JSON.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn post_bytes(&self, path: &str, body: impl Into<Bytes>) -> Result<Answer> {
        self.send(Method::POST, path, Some(body.into())).await
    }

    /// PATCH with a JSON body.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn patch(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(Method::PATCH, path, Some(body.to_string().into())).await
    }

    /// DELETE.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, None).await
    }

    /// GET of a stream of JSON objects, one a line; each is sent on as it comes, until nobody listens.
    ///
    /// # Errors
    /// When nobody answers, or the stream breaks.
    pub async fn lines(&self, path: &str, sink: UnboundedSender<Value>) -> Result<()> {
        let request = Request::get(format!("{}{path}", self.base)).body(Full::default())?;
        let mut body = self.client.request(request).await?.into_body();
        let mut text = Vec::new();
        while let Some(frame) = body.frame().await {
            text.extend_from_slice(frame?.data_ref().map(Bytes::as_ref).unwrap_or_default());
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                if sink.send(serde_json::from_slice(&line)?).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, body: Option<Bytes>) -> Result<Answer> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(Full::new(body.unwrap_or_default()))?;
        let answer = async {
            let response = self.client.request(request).await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let text = String::from_utf8_lossy(&response.into_body().collect().await?.to_bytes()).into_owned();
            anyhow::Ok(Answer { status, headers, text })
        };
        tokio::time::timeout(PATIENCE, answer).await.with_context(|| format!("{path}: no answer"))?
    }
}
