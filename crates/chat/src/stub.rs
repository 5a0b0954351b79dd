//! A server that speaks OpenAI's protocol and answers as a script says: kindly, late, wrongly or not at all.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::estimate_tokens;

/// Characters of the answer in one event.
const PIECE: usize = 24;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// How many came before.
    pub index: usize,
    /// Its body.
    pub body: Value,
    /// Its `Authorization` header.
    pub authorization: Option<String>,
}

impl Asked {
    /// The words of its last message.
    pub fn question(&self) -> &str {
        let messages = self.body["messages"].as_array();
        messages.and_then(|all| all.last()).and_then(|last| last["content"].as_str()).unwrap_or_default()
    }
}

/// What the server does.
#[derive(Debug, Clone)]
pub struct Reply {
    after: Duration,
    between: Duration,
    usage: Option<(u32, u32)>,
    finish: &'static str,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Text { text: String, end: End, top_logprobs: Vec<(String, f64)> },
    Status { status: u16, body: String, retry_after: Option<String> },
    Raw(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Well,
    /// The connection breaks.
    Break,
    /// Nothing more comes.
    Stall,
    /// As one, without a stream.
    Whole,
}

impl Reply {
    fn new(what: What) -> Self {
        Self { after: Duration::ZERO, between: Duration::ZERO, usage: None, finish: "stop", what }
    }

    fn ending(text: impl Into<String>, end: End) -> Self {
        Self::new(What::Text { text: text.into(), end, top_logprobs: Vec::new() })
    }

    /// Streams this answer.
    pub fn text(text: impl Into<String>) -> Self {
        Self::ending(text, End::Well)
    }

    /// Streams this much and breaks off.
    pub fn broken(text: impl Into<String>) -> Self {
        Self::ending(text, End::Break)
    }

    /// Streams this much and falls silent.
    pub fn stalled(text: impl Into<String>) -> Self {
        Self::ending(text, End::Stall)
    }

    /// Answers as one, though a stream was asked for.
    pub fn whole(text: impl Into<String>) -> Self {
        Self::ending(text, End::Whole)
    }

    /// Refuses or fails.
    pub fn status(status: u16, message: &str) -> Self {
        let body = json!({"error": {"message": message, "type": "error", "code": null}}).to_string();
        Self::new(What::Status { status, body, retry_after: None })
    }

    /// Streams bytes that may be no stream at all.
    pub fn raw(bytes: impl Into<String>) -> Self {
        Self::new(What::Raw(bytes.into()))
    }

    /// Says when to come again, where it refuses or fails.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        if let What::Status { retry_after, .. } = &mut self.what {
            *retry_after = Some(value.to_owned());
        }
        self
    }

    /// Waits before it does anything.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// Waits before each piece.
    #[must_use]
    pub fn slowly(mut self, delay: Duration) -> Self {
        self.between = delay;
        self
    }

    /// Tells what it read and wrote.
    #[must_use]
    pub fn usage(mut self, prompt: u32, completion: u32) -> Self {
        self.usage = Some((prompt, completion));
        self
    }

    /// Says that it wrote as much as it may.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.finish = "length";
        self
    }

    /// Tells how likely these first tokens were.
    #[must_use]
    pub fn likely(mut self, tokens: &[(&str, f64)]) -> Self {
        if let What::Text { top_logprobs, .. } = &mut self.what {
            *top_logprobs = tokens.iter().map(|(token, p)| ((*token).to_owned(), p.ln())).collect();
        }
        self
    }
}

type Script = Box<dyn Fn(&Asked) -> Reply + Send + Sync>;

struct Shared {
    script: Script,
    asked: Mutex<Vec<Asked>>,
    keep: bool,
    count: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
    hung_up: AtomicUsize,
    stop: CancellationToken,
}

/// The running server; stops when it is dropped.
pub struct Stub {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Stub {
    /// Starts it on a free port of this machine alone, and keeps what it is asked.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        Self::serve(Box::new(script), true).await
    }

    /// As `start`, but forgets what it was asked: for very many requests.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn forgetful(script: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> io::Result<Self> {
        Self::serve(Box::new(script), false).await
    }

    async fn serve(script: Script, keep: bool) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            script,
            keep,
            asked: Mutex::default(),
            count: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            hung_up: AtomicUsize::new(0),
            stop: CancellationToken::new(),
        });
        let models = || async { Json(json!({"object": "list", "data": [{"id": "stub", "object": "model"}]})) };
        let app = Router::new()
            .route("/v1/models", get(models))
            .route("/v1/chat/completions", post(complete))
            .with_state(shared.clone());
        let stop = shared.stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                _ = std::future::IntoFuture::into_future(axum::serve(listener, app)) => {}
            }
        });
        Ok(Self { address, shared })
    }

    /// What `base_url` of a model is set to.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.shared.count.load(SeqCst)
    }

    /// How many run now.
    pub fn running(&self) -> usize {
        self.shared.running.load(SeqCst)
    }

    /// The most that ran at once.
    pub fn most_running(&self) -> usize {
        self.shared.most.load(SeqCst)
    }

    /// Requests whose caller left before the end.
    pub fn hung_up(&self) -> usize {
        self.shared.hung_up.load(SeqCst)
    }

    /// Takes no more connections, and breaks off what runs.
    pub fn stop(&self) {
        self.shared.stop.cancel();
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Counts a request while it runs; dropped before its end, its caller has left.
struct Running {
    shared: Arc<Shared>,
    ended: bool,
}

impl Running {
    fn begin(shared: &Arc<Shared>) -> Self {
        let now = shared.running.fetch_add(1, SeqCst) + 1;
        shared.most.fetch_max(now, SeqCst);
        Self { shared: shared.clone(), ended: false }
    }

    fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.running.fetch_sub(1, SeqCst);
        if !self.ended {
            self.shared.hung_up.fetch_add(1, SeqCst);
        }
    }
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let running = Running::begin(&shared);
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let asked = Asked { index: shared.count.fetch_add(1, SeqCst), body, authorization };
    let reply = (shared.script)(&asked);
    let with_usage = asked.body["stream_options"]["include_usage"] == true;
    let question = asked.question().to_owned();
    if shared.keep {
        shared.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }
    tokio::time::sleep(reply.after).await;
    let (between, stop) = (reply.between, shared.stop.clone());
    let usage = reply.usage.unwrap_or((estimate_tokens(&question), 0));
    match reply.what {
        What::Status { status, body, retry_after } => {
            running.end();
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let retry_after = retry_after.map(|value| [(header::RETRY_AFTER, value)]);
            (status, retry_after.map_or_else(HeaderMap::new, |[(name, value)]| retry_header(name, &value)), body)
                .into_response()
        }
        What::Raw(bytes) => streamed(vec![bytes], End::Well, between, running, stop),
        What::Text { text, end: End::Whole, .. } => {
            running.end();
            let choice =
                json!({"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": reply.finish});
            Json(json!({"object": "chat.completion", "choices": [choice], "usage": told(usage, &text)})).into_response()
        }
        What::Text { text, end, top_logprobs } => {
            let mut events = pieces(&text, &top_logprobs);
            if end == End::Well {
                events.push(event(json!([{"index": 0, "delta": {}, "finish_reason": reply.finish}]), None));
                if with_usage {
                    events.push(event(json!([]), Some(told(usage, &text))));
                }
                events.push("data: [DONE]\n\n".to_owned());
            }
            streamed(events, end, between, running, stop)
        }
    }
}

fn retry_header(name: header::HeaderName, value: &str) -> HeaderMap {
    value.parse().map(|value| HeaderMap::from_iter([(name, value)])).unwrap_or_default()
}

fn told((prompt, completion): (u32, u32), text: &str) -> Value {
    let completion = if completion == 0 { estimate_tokens(text) } else { completion };
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}

fn event(choices: Value, usage: Option<Value>) -> String {
    let chunk = json!({"id": "stub", "object": "chat.completion.chunk", "choices": choices, "usage": usage});
    format!("data: {chunk}\n\n")
}

fn pieces(text: &str, top_logprobs: &[(String, f64)]) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let mut events = vec![event(json!([{"index": 0, "delta": {"role": "assistant", "content": ""}}]), None)];
    for (index, piece) in letters.chunks(PIECE).enumerate() {
        let mut choice = json!({"index": 0, "delta": {"content": piece.iter().collect::<String>()}});
        if index == 0 && !top_logprobs.is_empty() {
            let top: Vec<Value> =
                top_logprobs.iter().map(|(token, logprob)| json!({"token": token, "logprob": logprob})).collect();
            choice["logprobs"] = json!({"content": [{"token": piece.iter().collect::<String>(), "top_logprobs": top}]});
        }
        events.push(event(json!([choice]), None));
    }
    events
}

fn streamed(events: Vec<String>, end: End, between: Duration, running: Running, stop: CancellationToken) -> Response {
    let said = stream::iter(events).then(move |event| async move {
        if !between.is_zero() {
            tokio::time::sleep(between).await;
        }
        Ok(event)
    });
    let body = said.chain(ending(end, running)).take_until(stop.clone().cancelled_owned()).chain(broken_by(stop));
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(body)).into_response()
}

/// Ends the stream as the script says. It holds the count of the request for as long as the stream lives.
fn ending(end: End, running: Running) -> impl Stream<Item = io::Result<String>> {
    stream::once(async move {
        match end {
            End::Stall => std::future::pending().await,
            End::Break => {
                running.end();
                Some(Err(io::Error::other("broken off")))
            }
            End::Well | End::Whole => {
                running.end();
                None
            }
        }
    })
    .filter_map(std::future::ready)
}

/// An error at the end of a stream that the server's own end has cut.
fn broken_by(stop: CancellationToken) -> impl Stream<Item = io::Result<String>> {
    stream::once(async move { stop.is_cancelled().then(|| Err(io::Error::other("the server stops"))) })
        .filter_map(std::future::ready)
}
