//! Where the model is that `./dev setup` installs.

#![allow(clippy::unwrap_used, dead_code)]

use std::path::{Path, PathBuf};

use observatory_embedding::{Batcher, BatcherOptions, Model, ModelOptions};

pub fn local(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.local").join(path)
}

pub fn library() -> PathBuf {
    local("onnxruntime/libonnxruntime.so")
}

pub fn model_dir() -> PathBuf {
    local("models/multilingual-e5-small")
}

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub fn model(sessions: usize) -> Model {
    Model::open(&model_dir(), &library(), ModelOptions { sessions, ..ModelOptions::default() }).unwrap()
}

pub fn batcher(sessions: usize, options: BatcherOptions) -> Batcher {
    Batcher::start(model(sessions), options).unwrap()
}

pub fn cosine(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
