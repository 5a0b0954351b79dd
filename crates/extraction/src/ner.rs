//! Skills found by a token-classification model: what no list of labels knows. Cargo feature `ner`.
//!
//! A model is a directory as `scripts/ner.sh` makes it: `manifest.toml`, and the ONNX graph and the
//! tokenizer that it names by hash. ONNX Runtime is loaded at run time, from `ORT_DYLIB_PATH`.
//!
//! The text is split into tokens once; the tokens are cut into windows at ends of lines, then of sentences,
//! and the windows run in batches. Labels then go from tokens to words, and from words to spans.

use std::cmp::Reverse;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;
use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue};
use ort::value::{Tensor, TensorElementType, ValueType};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use crate::tagger::{Tagged, Tagger};

/// Name of the file that describes a model.
pub const MANIFEST: &str = "manifest.toml";

/// Padded tokens that run at once: bounds memory, and what a slow window makes the others wait.
const BATCH_TOKENS: usize = 2048;
const OUTPUT: &str = "logits";
/// What stands where a window has no token; the mask hides it.
const PADDING: i64 = 1;

/// Why a model cannot be opened, or a text not be tagged.
#[derive(Debug, thiserror::Error)]
pub enum NerError {
    /// A file of the model is not there.
    #[error("{path} is missing: make the model with scripts/ner.sh")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is there but cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The manifest is not TOML, or lacks something.
    #[error("{path} is not a manifest of a NER model")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The manifest says something that cannot be.
    #[error("{path}: {reason}")]
    ManifestValue {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is not the one that the manifest names.
    #[error("{path} has SHA-256 {found}, the manifest says {expected}")]
    Hash {
        /// The file.
        path: PathBuf,
        /// The manifest's.
        expected: String,
        /// The file's.
        found: String,
    },
    /// The library of ONNX Runtime cannot be loaded.
    #[error(
        "cannot load ONNX Runtime from {path}: set ORT_DYLIB_PATH to libonnxruntime.so, version 1.{} or newer",
        ort::MINOR_VERSION
    )]
    Runtime {
        /// The library that was tried.
        path: PathBuf,
        /// Why.
        #[source]
        source: ort::LoadDynamicError,
    },
    /// ONNX Runtime is there but does not start; in one process it can only once.
    #[error("cannot start ONNX Runtime")]
    Environment(#[source] ort::Error),
    /// ONNX Runtime refuses the model.
    #[error("cannot load {path} into ONNX Runtime")]
    Session {
        /// The model.
        path: PathBuf,
        /// Why.
        #[source]
        source: ort::Error,
    },
    /// The model takes something else than tokens, or does not give a score for each label.
    #[error("{path} is not a token-classification model: {reason}")]
    Model {
        /// The model.
        path: PathBuf,
        /// What is not as expected.
        reason: String,
    },
    /// The tokenizer's file is not one.
    #[error("{path} is not a tokenizer")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: tokenizers::Error,
    },
    /// The tokenizer cannot read a text.
    #[error("cannot split the text into tokens")]
    Tokenise(#[source] tokenizers::Error),
    /// The model fails on a text.
    #[error("the model failed")]
    Run(#[source] ort::Error),
    /// The model's answer is not of the size asked for.
    #[error("the model gave {found:?} scores, {expected:?} were asked for")]
    Scores {
        /// Windows, tokens, labels.
        expected: [usize; 3],
        /// As the model has it.
        found: Vec<i64>,
    },
}

/// A stretch of text with a label. Bytes, at ends of characters and of words.
#[derive(Clone, Debug, PartialEq)]
pub struct NerSpan {
    /// Where it begins.
    pub byte_start: usize,
    /// Where it ends, exclusive.
    pub byte_end: usize,
    /// How sure the model is, 0 to 1: the mean over the words.
    pub score: f32,
    /// Such as `KNOWLEDGE`; the manifest lists the labels, with `B-` and `I-`.
    pub label: Arc<str>,
}

/// What `manifest.toml` says.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// What the model is called.
    pub name: String,
    /// Changes with the model.
    pub version: String,
    /// The labels in the order of the model's scores: `O`, `B-X`, `I-X`...
    pub labels: Vec<String>,
    /// The longest window, special tokens included.
    pub max_tokens: usize,
    /// The ONNX graph.
    pub model: ModelFile,
    /// The tokenizer.
    pub tokenizer: ModelFile,
}

/// A file beside the manifest.
#[derive(Clone, Debug, Deserialize)]
pub struct ModelFile {
    /// Its name.
    pub file: String,
    /// Its hash, in hexadecimal.
    pub sha256: String,
}

/// A model as a tagger: the spans of one label, from a score on.
pub struct NerTagger {
    /// The model.
    pub model: NerModel,
    /// The label that means a skill.
    pub label: String,
    /// From which score on.
    pub min_score: f32,
}

impl Tagger for NerTagger {
    fn version(&self) -> String {
        let Manifest { name, version, .. } = self.model.manifest();
        format!("{name} {version} from {:.2}", self.min_score)
    }

    fn tag(&self, text: &str) -> Vec<Tagged> {
        let spans = self.model.tag(text).unwrap_or_else(|error| {
            tracing::warn!(%error, "the NER model fails on a text; what labels find is kept");
            Vec::new()
        });
        let wanted = spans.into_iter().filter(|span| *span.label == *self.label && span.score >= self.min_score);
        wanted.map(|s| Tagged { byte_start: s.byte_start, byte_end: s.byte_end, score: s.score }).collect()
    }
}

/// A model that is ready. Share it: texts of several threads wait for each other, for each uses all cores.
pub struct NerModel {
    manifest: Manifest,
    scheme: Scheme,
    tokenizer: Tokenizer,
    special: Special,
    inputs: Vec<Input>,
    session: Mutex<Session>,
}

impl NerModel {
    /// Opens the model of a directory, and loads ONNX Runtime if it is not yet.
    pub fn open(directory: &Path) -> Result<Self, NerError> {
        let (manifest, scheme) = read_manifest(&directory.join(MANIFEST))?;
        let model_path = directory.join(&manifest.model.file);
        let model = read_checked(&model_path, &manifest.model.sha256)?;
        let tokenizer_path = directory.join(&manifest.tokenizer.file);
        let tokenizer = read_checked(&tokenizer_path, &manifest.tokenizer.sha256)?;
        let (tokenizer, special) =
            load_tokenizer(&tokenizer).map_err(|source| NerError::Tokenizer { path: tokenizer_path, source })?;
        if manifest.max_tokens <= special.before.len() + special.after.len() {
            let reason = format!("max_tokens = {} leaves no room for a token", manifest.max_tokens);
            return Err(NerError::ManifestValue { path: directory.join(MANIFEST), reason });
        }
        let environment = environment()?;
        let session = load_session(&environment, &model)
            .map_err(|source| NerError::Session { path: model_path.clone(), source })?;
        let inputs = check_session(&session, manifest.labels.len())
            .map_err(|reason| NerError::Model { path: model_path, reason })?;
        Ok(Self { manifest, scheme, tokenizer, special, inputs, session: Mutex::new(session) })
    }

    /// What the model says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The spans of a text, in its order; they don't overlap.
    pub fn tag(&self, text: &str) -> Result<Vec<NerSpan>, NerError> {
        let encoding = self.tokenizer.encode(text, false).map_err(NerError::Tokenise)?;
        let offsets: Vec<Range<usize>> =
            encoding.get_offsets().iter().map(|&(start, end)| trimmed(text, start, end)).collect();
        let room = self.manifest.max_tokens - self.special.before.len() - self.special.after.len();
        let windows = windows(text, &offsets, room);
        let labels = self.manifest.labels.len();
        let mut probabilities = vec![0.0; offsets.len() * labels];
        for batch in batches(windows, BATCH_TOKENS) {
            self.run(encoding.get_ids(), &batch, &mut probabilities)?;
        }
        Ok(self.scheme.decode(text, &offsets, &probabilities))
    }

    /// Runs some windows and writes their tokens' probabilities.
    fn run(&self, ids: &[u32], batch: &[Range<usize>], probabilities: &mut [f32]) -> Result<(), NerError> {
        let labels = self.manifest.labels.len();
        let around = self.special.before.len() + self.special.after.len();
        let width = batch.iter().map(|window| window.len() + around).max().unwrap_or(0);
        let mut tokens = Array2::from_elem((batch.len(), width), PADDING);
        let mut mask = Array2::from_elem((batch.len(), width), 0_i64);
        for (row, window) in batch.iter().enumerate() {
            let window_ids = ids[window.clone()].iter().map(|&id| i64::from(id));
            let (before, after) = (self.special.before.iter().copied(), self.special.after.iter().copied());
            for (column, id) in before.chain(window_ids).chain(after).enumerate() {
                tokens[(row, column)] = id;
                mask[(row, column)] = 1;
            }
        }
        let mut values: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let array = match input {
                Input::Ids => tokens.clone(),
                Input::Mask => mask.clone(),
                Input::Types => Array2::zeros(tokens.raw_dim()),
            };
            values.push((input.name(), Tensor::from_array(array).map_err(NerError::Run)?.into()));
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(values).map_err(NerError::Run)?;
        let (shape, logits) = outputs[OUTPUT].try_extract_tensor::<f32>().map_err(NerError::Run)?;
        let expected = [batch.len(), width, labels];
        if !shape.iter().map(|&n| n as usize).eq(expected) {
            return Err(NerError::Scores { expected, found: shape.to_vec() });
        }
        for (row, window) in batch.iter().enumerate() {
            let start = (row * width + self.special.before.len()) * labels;
            let scores = &logits[start..start + window.len() * labels];
            let goal = &mut probabilities[window.start * labels..window.end * labels];
            for (from, to) in scores.chunks_exact(labels).zip(goal.chunks_exact_mut(labels)) {
                softmax(from, to);
            }
        }
        Ok(())
    }
}

/// What the model may take; whatever it does not name is not given to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Ids,
    Mask,
    Types,
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

/// What the tokenizer puts around a text.
struct Special {
    before: Vec<i64>,
    after: Vec<i64>,
}

fn read_manifest(path: &Path) -> Result<(Manifest, Scheme), NerError> {
    let text = std::fs::read_to_string(path).map_err(|source| unreadable(path, source))?;
    let manifest: Manifest = toml::from_str(&text)
        .map_err(|source| NerError::Manifest { path: path.to_owned(), source: Box::new(source) })?;
    let wrong = |reason| NerError::ManifestValue { path: path.to_owned(), reason };
    for file in [&manifest.model.file, &manifest.tokenizer.file] {
        if Path::new(file).file_name().is_none_or(|name| name != file.as_str()) {
            return Err(wrong(format!("{file:?} is not the name of a file beside it")));
        }
    }
    let scheme = Scheme::new(&manifest.labels).map_err(wrong)?;
    Ok((manifest, scheme))
}

fn read_checked(path: &Path, expected: &str) -> Result<Vec<u8>, NerError> {
    let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
    let found: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if found.eq_ignore_ascii_case(expected) {
        return Ok(bytes);
    }
    Err(NerError::Hash { path: path.to_owned(), expected: expected.to_owned(), found })
}

fn unreadable(path: &Path, source: std::io::Error) -> NerError {
    let path = path.to_owned();
    if source.kind() == std::io::ErrorKind::NotFound {
        return NerError::Missing { path };
    }
    NerError::Read { path, source }
}

fn load_tokenizer(bytes: &[u8]) -> Result<(Tokenizer, Special), tokenizers::Error> {
    let mut tokenizer = Tokenizer::from_bytes(bytes)?;
    tokenizer.with_truncation(None)?.with_padding(None);
    let sample = tokenizer.encode("a", true)?;
    let ids: Vec<i64> = sample.get_ids().iter().map(|&id| i64::from(id)).collect();
    let special = sample.get_special_tokens_mask();
    let before = special.iter().take_while(|&&flag| flag == 1).count();
    let after = special[before..].iter().rev().take_while(|&&flag| flag == 1).count();
    let special = Special { before: ids[..before].to_vec(), after: ids[ids.len() - after..].to_vec() };
    Ok((tokenizer, special))
}

/// The process's environment: ONNX Runtime allows for one.
fn environment() -> Result<Environment, NerError> {
    static SHARED: Mutex<Option<Environment>> = Mutex::new(None);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*shared {
        return Ok(environment.clone());
    }
    let path = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map_or_else(
        || PathBuf::from(format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)),
        PathBuf::from,
    );
    let builder = ort::init_from(&path).map_err(|source| NerError::Runtime { path, source })?;
    let environment = builder.with_telemetry(false).build().map_err(NerError::Environment)?;
    *shared = Some(environment.clone());
    Ok(environment)
}

fn load_session(environment: &Environment, model: &[u8]) -> Result<Session, ort::Error> {
    Session::builder(environment)?
        .with_optimization_level(GraphOptimizationLevel::All)?
        // Threads that spin between ads would take the cores from the rest of the pipeline.
        .with_intra_op_spinning(false)?
        .commit_from_memory(model)
}

/// The model's inputs, if it takes and gives what it should.
fn check_session(session: &Session, labels: usize) -> Result<Vec<Input>, String> {
    let mut inputs = Vec::new();
    for outlet in session.inputs() {
        let name = outlet.name();
        let input = Input::ALL.into_iter().find(|input| input.name() == name);
        let input = input.ok_or_else(|| format!("it takes an input {name:?}, which is unknown"))?;
        tensor(outlet.dtype(), TensorElementType::Int64, 2)
            .map_err(|found| format!("its input {name:?} is {found}"))?;
        inputs.push(input);
    }
    if !inputs.contains(&Input::Ids) {
        return Err(format!("it has no input {:?}", Input::Ids.name()));
    }
    let output = session.outputs().iter().find(|outlet| outlet.name() == OUTPUT);
    let output = output.ok_or_else(|| format!("it has no output {OUTPUT:?}"))?;
    let last = tensor(output.dtype(), TensorElementType::Float32, 3)
        .map_err(|found| format!("its output {OUTPUT:?} is {found}"))?;
    if last >= 0 && last != labels as i64 {
        return Err(format!("it scores {last} labels, the manifest lists {labels}"));
    }
    Ok(inputs)
}

/// The last dimension of a tensor of this type and rank, -1 where it is open; or what there is instead.
fn tensor(value: &ValueType, element: TensorElementType, rank: usize) -> Result<i64, String> {
    match value {
        ValueType::Tensor { ty, shape, .. } if *ty == element && shape.len() == rank => {
            Ok(shape.last().copied().unwrap_or(-1))
        }
        other => Err(format!("{other}, not a tensor of {element} with {rank} dimensions")),
    }
}

fn softmax(scores: &[f32], out: &mut [f32]) {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (to, from) in out.iter_mut().zip(scores) {
        *to = (from - top).exp();
        sum += *to;
    }
    out.iter_mut().for_each(|x| *x /= sum);
}

/// A token's place without the white space that some tokenizers count in.
fn trimmed(text: &str, start: usize, end: usize) -> Range<usize> {
    let token = text.get(start..end).unwrap_or_default();
    let start = start + (token.len() - token.trim_start().len());
    start..start + token.trim().len()
}

/// How well a text can be cut before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cut {
    InsideWord,
    Space,
    Sentence,
    Line,
}

impl Cut {
    /// Judges the place between two tokens by what ends there and what lies between.
    fn between(text: &str, before: &Range<usize>, after: &Range<usize>) -> Self {
        let gap = text.get(before.end..after.start).unwrap_or_default();
        if gap.contains('\n') {
            return Self::Line;
        }
        if gap.is_empty() {
            return Self::InsideWord;
        }
        let ends = text[..before.end].ends_with(['.', '!', '?', ';', '…']);
        if ends { Self::Sentence } else { Self::Space }
    }
}

/// Cuts tokens into runs of at most `room`: each line is one, as the model was trained; a line that is too long
/// is cut at the last end of a sentence that fits, else of a word.
fn windows(text: &str, offsets: &[Range<usize>], room: usize) -> Vec<Range<usize>> {
    let mut windows = Vec::new();
    let mut start = 0;
    let mut best: Option<(Cut, usize)> = None;
    for at in 1..=offsets.len() {
        let cut = if at == offsets.len() { Cut::Line } else { Cut::between(text, &offsets[at - 1], &offsets[at]) };
        if cut == Cut::Line {
            windows.push(start..at);
            (start, best) = (at, None);
            continue;
        }
        if best.is_none_or(|(known, _)| cut >= known) {
            best = Some((cut, at));
        }
        if at - start == room {
            let end = best.map_or(at, |(_, end)| end);
            windows.push(start..end);
            (start, best) = (end, None);
            for again in end + 1..=at {
                let cut = Cut::between(text, &offsets[again - 1], &offsets[again]);
                if best.is_none_or(|(known, _)| cut >= known) {
                    best = Some((cut, again));
                }
            }
        }
    }
    windows
}

/// Groups windows of like length, so that little is padding, up to `most` padded tokens a group.
fn batches(mut windows: Vec<Range<usize>>, most: usize) -> Vec<Vec<Range<usize>>> {
    windows.sort_by_key(|window| Reverse(window.len()));
    let mut batches: Vec<Vec<Range<usize>>> = Vec::new();
    for window in windows {
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * batch[0].len() <= most => batch.push(window),
            _ => batches.push(vec![window]),
        }
    }
    batches
}

/// The labels, as pairs of begin and inside.
struct Scheme {
    labels: usize,
    outside: usize,
    kinds: Vec<Kind>,
}

struct Kind {
    name: Arc<str>,
    begin: usize,
    inside: usize,
}

impl Scheme {
    fn new(labels: &[String]) -> Result<Self, String> {
        let place = |label: &str| labels.iter().position(|l| l == label);
        let outside = place("O").ok_or("there is no label O")?;
        let mut kinds = Vec::new();
        for (number, label) in labels.iter().enumerate() {
            let known = labels[..number].contains(label);
            match label.split_once('-') {
                _ if known => return Err(format!("label {label:?} stands twice")),
                Some(("B", name)) => {
                    let inside = place(&format!("I-{name}")).ok_or_else(|| format!("B-{name} has no I-{name}"))?;
                    kinds.push(Kind { name: name.into(), begin: number, inside });
                }
                Some(("I", name)) if place(&format!("B-{name}")).is_some() => {}
                None if number == outside => {}
                _ => return Err(format!("label {label:?} is neither O nor one of a pair B-X, I-X")),
            }
        }
        if kinds.is_empty() {
            return Err("there is no label B-X".to_owned());
        }
        Ok(Self { labels: labels.len(), outside, kinds })
    }

    /// Joins words to spans. A word has the mean of its tokens; it goes on with the span before it unless its
    /// first token is rather a beginning. A word that is inside of nothing begins a span all the same.
    fn decode(&self, text: &str, offsets: &[Range<usize>], probabilities: &[f32]) -> Vec<NerSpan> {
        let mut spans: Vec<NerSpan> = Vec::new();
        // Kind of the span that may go on, and how many words it has.
        let mut open: Option<(usize, f32)> = None;
        let mut mean = vec![0.0; self.labels];
        let mut at = 0;
        for word in words(text) {
            while offsets.get(at).is_some_and(|token| token.end <= word.start) {
                at += 1;
            }
            let mut tokens = (at..offsets.len()).take_while(|&i| offsets[i].start < word.end).peekable();
            let first = tokens.peek().copied();
            mean.fill(0.0);
            let mut count = 0.0;
            for token in tokens.filter(|&i| !offsets[i].is_empty()) {
                count += 1.0;
                let row = &probabilities[token * self.labels..][..self.labels];
                mean.iter_mut().zip(row).for_each(|(sum, p)| *sum += p);
            }
            let Some((first, (kind, score))) = first.zip(self.kind(&mean, count)) else {
                open = None;
                continue;
            };
            let row = &probabilities[first * self.labels..][..self.labels];
            let goes_on = row[self.kinds[kind].inside] >= row[self.kinds[kind].begin];
            match (spans.last_mut(), open) {
                (Some(span), Some((same, words)))
                    if same == kind && goes_on && text[span.byte_end..word.start].chars().all(joins) =>
                {
                    span.byte_end = word.end;
                    span.score = (span.score * words + score) / (words + 1.0);
                    open = Some((kind, words + 1.0));
                }
                _ => {
                    let label = Arc::clone(&self.kinds[kind].name);
                    spans.push(NerSpan { byte_start: word.start, byte_end: word.end, score, label });
                    open = Some((kind, 1.0));
                }
            }
        }
        spans
    }

    /// The best kind for a word of `count` tokens and these sums, unless it is rather none.
    fn kind(&self, sums: &[f32], count: f32) -> Option<(usize, f32)> {
        let scores = self.kinds.iter().map(|kind| sums[kind.begin] + sums[kind.inside]);
        let (kind, score) = scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (score > sums[self.outside]).then(|| (kind, (score / count).min(1.0)))
    }
}

/// Whether a character may stand between two words of a span.
fn joins(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}' | '/' | '&' | '+' | '-' | '\'' | '’' | '"' | '“' | '”')
}

/// The words of a text: cut at white space, commas, brackets and such, without punctuation at their edges,
/// but for what names have there: `.NET`, `C++`, `C#`.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut rest = 0;
    std::iter::from_fn(move || {
        while rest < text.len() {
            let start = rest + text[rest..].find(|c| !separates(c))?;
            let end = text[start..].find(separates).map_or(text.len(), |length| start + length);
            rest = end;
            if let Some(word) = trim_word(text, start..end) {
                return Some(word);
            }
        }
        None
    })
}

fn separates(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, ',' | ';' | '|' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '"' | '“' | '”' | '«' | '»')
        || matches!(c, '•' | '·' | ':' | '!' | '?' | '¿' | '¡')
}

fn trim_word(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    // An accent that stands by itself belongs to its letter.
    let lettered = |c: char| c.is_alphanumeric() || matches!(c, '\u{300}'..='\u{36f}');
    let word = &text[range.clone()];
    let first = word.find(char::is_alphanumeric)?;
    let dotted = word[..first].ends_with('.');
    let start = range.start + first - usize::from(dotted);
    let last = word.rfind(|c| lettered(c) || matches!(c, '+' | '#'))?;
    let end = range.start + last + word[last..].chars().next().map_or(0, char::len_utf8);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [&str; 5] = ["O", "B-KNOWLEDGE", "I-KNOWLEDGE", "B-SKILL", "I-SKILL"];

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// Tokens as a tokenizer might cut them: by spaces and line ends, and before each sign.
    fn tokens(text: &str) -> Vec<Range<usize>> {
        let mut tokens: Vec<Range<usize>> = Vec::new();
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            if c.is_whitespace() {
                continue;
            }
            match tokens.last_mut() {
                Some(last) if last.end == at && c.is_alphanumeric() && !text[last.clone()].ends_with(',') => {
                    last.end = end;
                }
                _ => tokens.push(at..end),
            }
        }
        tokens
    }

    /// Decodes with the label given for each token, at probability 0.8.
    fn decode(text: &str, given: &[&str]) -> Vec<(String, String)> {
        let offsets = tokens(text);
        assert_eq!(offsets.len(), given.len(), "{offsets:?}");
        let mut probabilities = Vec::new();
        for label in given {
            probabilities.extend(LABELS.iter().map(|l| if l == label { 0.8 } else { 0.05 }));
        }
        let spans = Scheme::new(&labels(&LABELS)).unwrap().decode(text, &offsets, &probabilities);
        spans.iter().map(|s| (text[s.byte_start..s.byte_end].to_owned(), s.label.to_string())).collect()
    }

    fn found(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(text, label)| (text.to_owned(), label.to_owned())).collect()
    }

    #[test]
    fn begin_and_inside_make_a_span() {
        let spans = decode("Saber pruebas unitarias ya", &["O", "B-KNOWLEDGE", "I-KNOWLEDGE", "O"]);
        assert_eq!(spans, found(&[("pruebas unitarias", "KNOWLEDGE")]));
    }

    #[test]
    fn inside_without_begin_is_a_span() {
        let spans = decode("Saber pruebas unitarias", &["O", "I-KNOWLEDGE", "I-KNOWLEDGE"]);
        assert_eq!(spans, found(&[("pruebas unitarias", "KNOWLEDGE")]));
        let other = decode("dirigir Scrum", &["B-SKILL", "I-KNOWLEDGE"]);
        assert_eq!(other, found(&[("dirigir", "SKILL"), ("Scrum", "KNOWLEDGE")]));
    }

    #[test]
    fn begin_ends_the_span_before() {
        let spans = decode("Java Kotlin", &["B-KNOWLEDGE", "B-KNOWLEDGE"]);
        assert_eq!(spans, found(&[("Java", "KNOWLEDGE"), ("Kotlin", "KNOWLEDGE")]));
    }

    #[test]
    fn commas_and_line_ends_end_spans() {
        let spans = decode("Java, Go\nRust", &["B-KNOWLEDGE", "I-KNOWLEDGE", "I-KNOWLEDGE", "I-KNOWLEDGE"]);
        assert_eq!(spans, found(&[("Java", "KNOWLEDGE"), ("Go", "KNOWLEDGE"), ("Rust", "KNOWLEDGE")]));
    }

    #[test]
    fn a_word_is_one_whatever_its_tokens() {
        // CI and /CD: the second token alone would be no skill.
        let spans = decode("usa CI/CD.", &["O", "B-KNOWLEDGE", "I-KNOWLEDGE", "O"]);
        assert_eq!(spans, found(&[("CI/CD", "KNOWLEDGE")]));
    }

    #[test]
    fn scores_are_the_words_mean() {
        let scheme = Scheme::new(&labels(&LABELS)).unwrap();
        let probabilities = [0.0, 1.0, 0.0, 0.0, 0.0, 0.4, 0.0, 0.6, 0.0, 0.0];
        let spans = scheme.decode("a b", &[0..1, 2..3], &probabilities);
        assert_eq!(spans.len(), 1);
        assert!((spans[0].score - 0.8).abs() < 1e-6, "{spans:?}");
    }

    #[test]
    fn words_lose_punctuation_but_not_their_names() {
        let text = "¿Sabes (C++), C#, .NET, Node.js? ✔Python… «SQL». — 100% cafe\u{301}";
        let found: Vec<&str> = words(text).map(|word| &text[word]).collect();
        assert_eq!(found, ["Sabes", "C++", "C#", ".NET", "Node.js", "Python", "SQL", "100", "cafe\u{301}"]);
    }

    #[test]
    fn each_line_is_a_window() {
        let text = "uno dos\n\ntres";
        assert_eq!(windows(text, &tokens(text), 8), [0..2, 2..3]);
        assert!(windows("", &[], 8).is_empty());
    }

    #[test]
    fn long_lines_are_cut_at_sentences_then_words() {
        let text = "a b c. d e f g h";
        // Tokens: a b c . d e f g h
        assert_eq!(windows(text, &tokens(text), 6), [0..4, 4..9]);
        let text = "a b c d e";
        assert_eq!(windows(text, &tokens(text), 2), [0..2, 2..4, 4..5]);
        let glued = "x,y,z,w";
        assert_eq!(windows(glued, &tokens(glued), 3), [0..3, 3..6, 6..7]);
    }

    #[test]
    fn batches_hold_like_lengths() {
        let groups = batches(vec![0..2, 2..12, 12..14, 14..24], 20);
        assert_eq!(groups, [vec![2..12, 14..24], vec![0..2, 12..14]]);
        assert_eq!(batches(vec![0..50], 20), [vec![0..50]]);
    }

    #[test]
    fn labels_must_be_pairs() {
        assert!(Scheme::new(&labels(&LABELS)).is_ok());
        for bad in [&["B-X", "I-X"][..], &["O"], &["O", "B-X"], &["O", "I-X"], &["O", "B-X", "I-X", "O"], &["O", "X"]] {
            assert!(Scheme::new(&labels(bad)).is_err(), "{bad:?}");
        }
    }

    fn manifest(model: &str, hash: &str) -> String {
        format!(
            "name = \"t\"\nversion = \"1\"\nlabels = [\"O\", \"B-X\", \"I-X\"]\nmax_tokens = 64\n\
             [model]\nfile = \"{model}\"\nsha256 = \"{hash}\"\n[tokenizer]\nfile = \"tokenizer.json\"\nsha256 = \"00\"\n"
        )
    }

    fn open_with(manifest: Option<&str>, model: Option<&[u8]>) -> NerError {
        let directory = tempfile::tempdir().unwrap();
        if let Some(manifest) = manifest {
            std::fs::write(directory.path().join(MANIFEST), manifest).unwrap();
        }
        if let Some(model) = model {
            std::fs::write(directory.path().join("model.onnx"), model).unwrap();
        }
        NerModel::open(directory.path()).err().unwrap()
    }

    #[test]
    fn faults_of_a_directory_are_told_apart() {
        assert!(matches!(open_with(None, None), NerError::Missing { .. }));
        assert!(matches!(open_with(Some("name = 1"), None), NerError::Manifest { .. }));
        assert!(matches!(open_with(Some(&manifest("../x", "00")), None), NerError::ManifestValue { .. }));
        assert!(matches!(open_with(Some(&manifest("model.onnx", "00")), None), NerError::Missing { .. }));
        let wrong = open_with(Some(&manifest("model.onnx", "00")), Some(b"x"));
        assert!(matches!(wrong, NerError::Hash { .. }), "{wrong}");
        // SHA-256 of "x": the fault is then the tokenizer's.
        let hash = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
        assert!(matches!(open_with(Some(&manifest("model.onnx", hash)), Some(b"x")), NerError::Missing { .. }));
    }

    /// The model to test with, if there is one.
    fn model() -> Option<NerModel> {
        let Some(directory) = std::env::var_os("OBSERVATORY_NER_MODEL") else {
            eprintln!("skipped: OBSERVATORY_NER_MODEL names no model (see scripts/ner.sh)");
            return None;
        };
        Some(NerModel::open(Path::new(&directory)).unwrap())
    }

    fn check(text: &str, spans: &[NerSpan]) {
        let mut end = 0;
        for span in spans {
            assert!(span.byte_start >= end && span.byte_end > span.byte_start, "{spans:?}");
            assert!(text.is_char_boundary(span.byte_start) && text.is_char_boundary(span.byte_end));
            assert!((0.0..=1.0).contains(&span.score), "{span:?}");
            end = span.byte_end;
        }
    }

    #[test]
    fn the_model_finds_technologies() {
        let Some(model) = model() else { return };
        let text =
            "Requirements\n- Experience with Python, Docker and Kubernetes\n- Experiencia en desarrollo con Java.";
        let spans = model.tag(text).unwrap();
        check(text, &spans);
        let surfaces: Vec<&str> = spans.iter().map(|s| &text[s.byte_start..s.byte_end]).collect();
        for wanted in ["Python", "Docker", "Kubernetes", "Java"] {
            assert!(surfaces.iter().any(|s| s.contains(wanted)), "{wanted} not in {surfaces:?}");
        }
    }

    #[test]
    fn the_model_takes_any_text() {
        let Some(model) = model() else { return };
        let long = "diseño de APIs 🚀 y pruebas; ".repeat(2000);
        let glued = "x".repeat(20_000);
        for text in ["", " \n\t ", "🚀", "a\u{301}\u{200b}", "\u{0}\u{feff}", &long, &glued] {
            check(text, &model.tag(text).unwrap());
        }
    }

    #[test]
    fn a_line_has_the_same_spans_wherever_it_stands() {
        let Some(model) = model() else { return };
        let line = "Manejo de bases de datos SQL y NoSQL";
        let alone = model.tag(line).unwrap();
        let text = format!("Somos una empresa que crece\n{line}\nOfrecemos contrato");
        let start = text.find(line).unwrap();
        let within: Vec<NerSpan> = model
            .tag(&text)
            .unwrap()
            .into_iter()
            .filter(|s| s.byte_start >= start && s.byte_end <= start + line.len())
            .map(|s| NerSpan { byte_start: s.byte_start - start, byte_end: s.byte_end - start, ..s })
            .collect();
        let places = |spans: &[NerSpan]| spans.iter().map(|s| (s.byte_start, s.byte_end)).collect::<Vec<_>>();
        assert_eq!(places(&alone), places(&within));
    }
}
