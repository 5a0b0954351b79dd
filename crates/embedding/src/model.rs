//! A model's directory, opened: texts to vectors, in the calling thread.

use std::{
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use ort::{
    environment::Environment,
    session::{Session, SessionInputValue, builder::GraphOptimizationLevel},
    value::{Tensor, TensorElementType, ValueType},
};
use tokenizers::Tokenizer;

use crate::{EmbedError, Manifest, OpenError, Role, buckets, pooling, runtime};

/// How a model runs.
#[derive(Clone, Copy, Debug)]
pub struct ModelOptions {
    /// Batches that run at once; default: one a core.
    pub sessions: usize,
    /// Threads of each; default 1, which does more than one session on all cores.
    pub threads: usize,
    /// Padded tokens of a batch; default 256: more leave the processor's cache.
    pub batch_tokens: usize,
}

impl Default for ModelOptions {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { sessions: cores, threads: 1, batch_tokens: 256 }
    }
}

/// The vector of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// As many numbers as the model's dimension; length 1.
    pub values: Vec<f32>,
    /// Whether the text was longer than the model reads: then only its beginning counts.
    pub truncated: bool,
    /// Tokens that were read, special ones included.
    pub tokens: usize,
}

/// A text as the model reads it.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    ids: Vec<i64>,
    truncated: bool,
}

impl Tokens {
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// A model that is ready. Share it.
pub struct Model {
    manifest: Manifest,
    options: ModelOptions,
    tokenizer: Tokenizer,
    special: Special,
    inputs: Vec<Input>,
    output: Output,
    sessions: Vec<Mutex<Session>>,
}

/// What the model may take; whatever it doesn't name isn't given to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Ids,
    Mask,
    Types,
}

/// Where the vectors are.
struct Output {
    name: String,
    /// Whether there is one per text already, not one per token.
    pooled: bool,
}

/// What the tokenizer puts around a text, and what stands where there is none.
struct Special {
    before: Vec<i64>,
    after: Vec<i64>,
    padding: i64,
}

impl Model {
    /// Opens the model of a directory; `library` is ONNX Runtime's.
    ///
    /// # Errors
    /// What is missing, damaged, or not as the manifest says.
    pub fn open(directory: &Path, library: &Path, options: ModelOptions) -> Result<Self, OpenError> {
        let manifest = Manifest::read(directory)?;
        let (model_path, graph) = manifest.model.read(directory)?;
        let (tokenizer_path, tokenizer) = manifest.tokenizer.read(directory)?;
        let (tokenizer, special) =
            load_tokenizer(&tokenizer).map_err(|source| OpenError::Tokenizer { path: tokenizer_path, source })?;
        let environment = runtime::load(library)?;
        let sessions = (0..options.sessions.max(1))
            .map(|_| load_session(&environment, &graph, options.threads.max(1)))
            .collect::<Result<Vec<Session>, ort::Error>>()
            .map_err(|source| OpenError::Session { path: model_path.clone(), source })?;
        let inputs = inputs(&sessions[0], &model_path)?;
        let output = output(&sessions[0], &model_path, manifest.dimension)?;
        let sessions = sessions.into_iter().map(Mutex::new).collect();
        Ok(Self { manifest, options, tokenizer, special, inputs, output, sessions })
    }

    /// What the model says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// How it runs.
    pub fn options(&self) -> ModelOptions {
        self.options
    }

    /// Embeds texts, on all sessions; blocks until all are done.
    ///
    /// # Errors
    /// Where a text fails.
    pub fn embed<T: AsRef<str> + Sync>(&self, texts: &[T], role: Role) -> Result<Vec<Embedded>, EmbedError> {
        let mut tokens = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            tokens.push(self.tokenise(text.as_ref(), role).map_err(|reason| EmbedError::Text { index, reason })?);
        }
        let lengths: Vec<usize> = tokens.iter().map(Tokens::len).collect();
        let groups = buckets::groups(&lengths, self.options.batch_tokens);
        let next = AtomicUsize::new(0);
        let work = |session: usize| {
            let mut found: Vec<(usize, Result<Embedded, String>)> = Vec::new();
            while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
                let batch: Vec<&Tokens> = group.iter().map(|&text| &tokens[text]).collect();
                found.extend(group.iter().copied().zip(self.run(session, &batch)));
            }
            found
        };
        let mut found = std::thread::scope(|scope| {
            let others: Vec<_> = (1..self.sessions.len()).map(|session| scope.spawn(move || work(session))).collect();
            let mut found = work(0);
            for other in others {
                // A thread that panicked leaves its texts out; the count below tells.
                found.extend(other.join().unwrap_or_default());
            }
            found
        });
        found.sort_unstable_by_key(|(index, _)| *index);
        if let Some(index) = (0..texts.len()).find(|&index| found.get(index).is_none_or(|(at, _)| *at != index)) {
            return Err(EmbedError::Text { index, reason: "the model panicked".into() });
        }
        let all = found.into_iter();
        all.map(|(index, result)| result.map_err(|reason| EmbedError::Text { index, reason })).collect()
    }

    /// Splits a text into tokens, with the prefix of its role.
    pub(crate) fn tokenise(&self, text: &str, role: Role) -> Result<Tokens, String> {
        let prefixed = format!("{}{text}", self.manifest.prefix(role));
        let encoding = self
            .tokenizer
            .encode_fast(prefixed, false)
            .map_err(|error| format!("it can't be split into tokens: {error}"))?;
        let room = self.manifest.max_tokens.saturating_sub(self.special.before.len() + self.special.after.len());
        let ids = encoding.get_ids();
        let kept = ids.iter().take(room).map(|&id| i64::from(id));
        let (before, after) = (self.special.before.iter().copied(), self.special.after.iter().copied());
        Ok(Tokens { truncated: ids.len() > room, ids: before.chain(kept).chain(after).collect() })
    }

    /// Runs a batch on a session. Where it fails as a whole, each text is tried by itself.
    pub(crate) fn run(&self, session: usize, batch: &[&Tokens]) -> Vec<Result<Embedded, String>> {
        match self.run_once(session, batch) {
            Ok(found) => found,
            Err(reason) if batch.len() == 1 => vec![Err(reason)],
            Err(_) => batch.iter().flat_map(|&tokens| self.run(session, &[tokens])).collect(),
        }
    }

    fn run_once(&self, session: usize, batch: &[&Tokens]) -> Result<Vec<Result<Embedded, String>>, String> {
        let failed = |error: ort::Error| format!("the model failed: {error}");
        let width = batch.iter().map(|tokens| tokens.len()).max().unwrap_or(0);
        let mut values: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(self.inputs.len());
        for &input in &self.inputs {
            let array = self.input(input, batch, width);
            values.push((input.name(), Tensor::from_array(([batch.len(), width], array)).map_err(failed)?.into()));
        }
        let mut session = self.sessions[session].lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(values).map_err(failed)?;
        let (shape, states) = outputs[self.output.name.as_str()].try_extract_tensor::<f32>().map_err(failed)?;
        let dimension = self.manifest.dimension;
        let rows = if self.output.pooled { 1 } else { width };
        let mut expected = vec![batch.len() as i64, dimension as i64];
        if !self.output.pooled {
            expected.insert(1, width as i64);
        }
        if **shape != *expected {
            return Err(format!("the model gave {shape:?} numbers, {expected:?} were asked for"));
        }
        let vectors = batch.iter().zip(states.chunks_exact(rows * dimension)).map(|(tokens, states)| {
            let values = if self.output.pooled {
                let mut values = states.to_vec();
                pooling::normalise(&mut values).map(|()| values)
            } else {
                pooling::pool(states, tokens.len(), dimension, self.manifest.pooling)
            };
            Ok(Embedded { values: values?, truncated: tokens.truncated, tokens: tokens.len() })
        });
        Ok(vectors.collect())
    }

    fn input(&self, input: Input, batch: &[&Tokens], width: usize) -> Vec<i64> {
        let mut array = Vec::with_capacity(batch.len() * width);
        for (row, tokens) in batch.iter().enumerate() {
            let rest = match input {
                Input::Ids => {
                    array.extend_from_slice(&tokens.ids);
                    self.special.padding
                }
                Input::Mask => {
                    array.resize(row * width + tokens.len(), 1);
                    0
                }
                Input::Types => 0,
            };
            array.resize((row + 1) * width, rest);
        }
        array
    }
}

impl Input {
    const ALL: [Self; 3] = [Self::Ids, Self::Mask, Self::Types];

    fn name(self) -> &'static str {
        match self {
            Self::Ids => "input_ids",
            Self::Mask => "attention_mask",
            Self::Types => "token_type_ids",
        }
    }
}

fn load_tokenizer(bytes: &[u8]) -> Result<(Tokenizer, Special), tokenizers::Error> {
    let mut tokenizer = Tokenizer::from_bytes(bytes)?;
    tokenizer.with_truncation(None)?.with_padding(None);
    let sample = tokenizer.encode("a", true)?;
    let ids: Vec<i64> = sample.get_ids().iter().map(|&id| i64::from(id)).collect();
    let flags = sample.get_special_tokens_mask();
    let before = flags.iter().take_while(|&&flag| flag == 1).count();
    let after = flags[before..].iter().rev().take_while(|&&flag| flag == 1).count();
    let padding = ["<pad>", "[PAD]"].iter().find_map(|token| tokenizer.token_to_id(token)).unwrap_or(0);
    let special = Special {
        before: ids[..before].to_vec(),
        after: ids[ids.len() - after..].to_vec(),
        padding: i64::from(padding),
    };
    Ok((tokenizer, special))
}

fn load_session(environment: &Environment, graph: &[u8], threads: usize) -> Result<Session, ort::Error> {
    Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_intra_threads(threads)?
        // Threads that spin between batches would take the cores from other services.
        .with_intra_op_spinning(false)?
        // Batches are of many shapes; a plan of memory for each would only be kept.
        .with_memory_pattern(false)?
        // Without VNNI, products of 8 bits could overflow; this takes the slower, exact way there.
        .with_config_entry("session.x64quantprecision", "1")?
        .commit_from_memory(graph)
}

fn inputs(session: &Session, path: &Path) -> Result<Vec<Input>, OpenError> {
    let mut inputs = Vec::new();
    for outlet in session.inputs() {
        let known = Input::ALL.into_iter().find(|input| input.name() == outlet.name());
        match (known, outlet.dtype()) {
            (Some(input), ValueType::Tensor { ty: TensorElementType::Int64, shape, .. }) if shape.len() == 2 => {
                inputs.push(input);
            }
            (_, found) => {
                let (input, found) = (outlet.name().to_owned(), found.to_string());
                return Err(OpenError::Input { path: path.to_owned(), input, found });
            }
        }
    }
    Ok(inputs)
}

/// Looks for the vectors: `last_hidden_state`, else any of the right shape; those of tokens before those of texts,
/// because the manifest says how to pool.
fn output(session: &Session, path: &Path, dimension: usize) -> Result<Output, OpenError> {
    let mut found: Vec<(bool, bool, &str)> = Vec::new();
    for outlet in session.outputs() {
        let ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } = outlet.dtype() else { continue };
        let fits = shape.last().is_some_and(|&last| last < 0 || last == dimension as i64);
        if fits && (shape.len() == 2 || shape.len() == 3) {
            found.push((shape.len() == 2, outlet.name() != "last_hidden_state", outlet.name()));
        }
    }
    let best = found.into_iter().min();
    let (pooled, _, name) = best.ok_or_else(|| {
        let all: Vec<String> = session.outputs().iter().map(|o| format!("{} ({})", o.name(), o.dtype())).collect();
        OpenError::Output { path: path.to_owned(), dimension, found: all.join(", ") }
    })?;
    Ok(Output { name: name.to_owned(), pooled })
}
