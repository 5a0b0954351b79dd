//! Models as directories: the installed one beside the reference implementation, and tiny ones with other inputs.

#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, path::Path};

use common::{cosine, fixtures, library, model_dir};
use observatory_embedding::{Embedded, Manifest, Model, ModelOptions, OpenError, Role};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn role(value: &Value) -> Role {
    if value["role"] == "query" { Role::Query } else { Role::Passage }
}

fn asked(path: &Path) -> Vec<(Role, String)> {
    let lines = fs::read_to_string(path).unwrap();
    let values = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    values.map(|value| (role(&value), value["text"].as_str().unwrap().to_owned())).collect()
}

/// Embeds in batches as they come, each role by itself.
fn embed(model: &Model, asked: &[(Role, String)]) -> Vec<Embedded> {
    let mut found = vec![None; asked.len()];
    for role in [Role::Query, Role::Passage] {
        let places: Vec<usize> = (0..asked.len()).filter(|&place| asked[place].0 == role).collect();
        let texts: Vec<&str> = places.iter().map(|&place| asked[place].1.as_str()).collect();
        for (place, vector) in places.into_iter().zip(model.embed(&texts, role).unwrap()) {
            found[place] = Some(vector);
        }
    }
    found.into_iter().map(Option::unwrap).collect()
}

#[test]
fn vectors_equal_the_reference_implementation_in_any_batch() {
    let model = common::model(2);
    let asked = asked(&fixtures().join("reference.jsonl"));
    let bytes = fs::read(fixtures().join("reference.f32")).unwrap();
    let numbers: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let expected: Vec<&[f32]> = numbers.chunks_exact(model.manifest().dimension).collect();
    assert_eq!(expected.len(), asked.len());
    let together = embed(&model, &asked);
    for (place, vector) in together.iter().enumerate() {
        let cosine = cosine(&vector.values, expected[place]);
        assert!(cosine >= 0.9999, "{:?}: {cosine}", asked[place]);
        let length: f64 = vector.values.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
    }
    let alone = model.embed(&[&asked[0].1], asked[0].0).unwrap();
    assert!(common::cosine(&alone[0].values, &together[0].values) > 0.99999);
}

/// Texts and the reference's vectors as `bench/peers/embed_reference.py` writes them: for a check over many.
#[test]
fn vectors_equal_the_reference_implementation_on_given_texts() {
    let (Ok(texts), Ok(vectors)) = (std::env::var("EMBED_TEXTS"), std::env::var("EMBED_VECTORS")) else {
        eprintln!("skipped: EMBED_TEXTS and EMBED_VECTORS name no files (see bench/peers/embed_reference.py)");
        return;
    };
    let asked = asked(texts.as_ref());
    let found = embed(&common::model(2), &asked);
    let lines = fs::read_to_string(vectors).unwrap();
    let expected: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(expected.len(), found.len());
    let mut least: f64 = 1.0;
    for (place, expected) in expected.iter().enumerate() {
        let values: Vec<f32> = serde_json::from_value(expected["values"].clone()).unwrap();
        let cosine = cosine(&found[place].values, &values);
        assert!(cosine >= 0.9999, "{:?}: {cosine}", asked[place]);
        assert_eq!(found[place].truncated, expected["truncated"].as_bool().unwrap());
        least = least.min(cosine);
    }
    eprintln!("{} texts, least cosine {least:.7}", found.len());
}

#[test]
fn queries_and_passages_differ_and_translations_are_near() {
    let model = common::model(1);
    let texts = ["bases de datos", "databases", "enfermería pediátrica"];
    let passages = model.embed(&texts, Role::Passage).unwrap();
    let queries = model.embed(&texts, Role::Query).unwrap();
    assert!(cosine(&queries[0].values, &passages[0].values) < 0.999);
    let near = cosine(&queries[0].values, &passages[1].values);
    let far = cosine(&queries[0].values, &passages[2].values);
    assert!(near > far + 0.02, "{near} {far}");
}

#[test]
fn only_what_the_model_reads_counts_and_the_rest_is_reported() {
    let model = common::model(1);
    let long = "palabra ".repeat(2000);
    let longer = format!("{long} y un final distinto");
    let found =
        model.embed(&["palabra", &long, &longer, &"x".repeat(20_000), "", " \n", "\u{0}\u{feff}"], Role::Passage);
    let found = found.unwrap();
    let truncated: Vec<bool> = found.iter().map(|vector| vector.truncated).collect();
    assert_eq!(truncated, [false, true, true, true, false, false, false]);
    assert_eq!(found[1].tokens, model.manifest().max_tokens);
    assert!(cosine(&found[1].values, &found[2].values) > 0.99999);
    assert!(found.iter().all(|vector| vector.values.iter().all(|value| value.is_finite())));
    assert!(model.embed::<&str>(&[], Role::Query).unwrap().is_empty());
}

fn sha256(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A directory with one of the tiny models: their vectors are 4 numbers a token.
fn tiny(model: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let (graph, tokenizer) = (fixtures().join(format!("{model}.onnx")), fixtures().join("tokenizer.json"));
    fs::copy(&graph, directory.path().join("model.onnx")).unwrap();
    fs::copy(&tokenizer, directory.path().join("tokenizer.json")).unwrap();
    let manifest = format!(
        "name = \"tiny\"\nversion = \"1\"\ndimension = 4\nmax_tokens = 8\npooling = \"mean\"\nnormalize = true\n\
         [model]\nfile = \"model.onnx\"\nsha256 = \"{}\"\n[tokenizer]\nfile = \"tokenizer.json\"\nsha256 = \"{}\"\n",
        sha256(&graph),
        sha256(&tokenizer),
    );
    fs::write(directory.path().join("manifest.toml"), change(manifest)).unwrap();
    directory
}

fn open(directory: &Path) -> Result<Model, OpenError> {
    Model::open(directory, &library(), ModelOptions { sessions: 1, ..ModelOptions::default() })
}

fn rounded(vector: &Embedded) -> Vec<f32> {
    vector.values.iter().map(|value| (value * 1e3).round() / 1e3).collect()
}

#[test]
fn a_model_gets_the_inputs_it_asks_for() {
    let types = tiny("types", |manifest| manifest);
    let model = open(types.path()).unwrap();
    // a is (1, 0, 0, 0), b is (0, 2, 0, 0); padding would show in the fourth number, as would token types.
    let found = model.embed(&["a", "a b b c", "a b"], Role::Query).unwrap();
    assert_eq!(rounded(&found[0]), [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(rounded(&found[2]), [0.447, 0.894, 0.0, 0.0]);
    let pooled = tiny("pooled", |manifest| manifest);
    let found = open(pooled.path()).unwrap().embed(&["a b", "b a"], Role::Query).unwrap();
    assert_eq!(rounded(&found[1]), [0.447, 0.894, 0.0, 0.0]);
}

#[test]
fn the_manifest_says_how_to_pool() {
    let cls = tiny("types", |manifest| manifest.replace("\"mean\"", "\"cls\""));
    let found = open(cls.path()).unwrap().embed(&["b a a"], Role::Query).unwrap();
    assert_eq!(rounded(&found[0]), [0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn an_input_that_cannot_be_given_is_named() {
    let positions = open(tiny("positions", |manifest| manifest).path()).err().unwrap();
    assert!(matches!(&positions, OpenError::Input { input, .. } if input == "position_ids"), "{positions}");
    let narrow = open(tiny("int32", |manifest| manifest).path()).err().unwrap();
    assert!(matches!(&narrow, OpenError::Input { input, .. } if input == "input_ids"), "{narrow}");
}

#[test]
fn a_model_of_another_dimension_is_refused() {
    let error =
        open(tiny("types", |manifest| manifest.replace("dimension = 4", "dimension = 5")).path()).err().unwrap();
    assert!(matches!(error, OpenError::Output { dimension: 5, .. }), "{error}");
}

#[test]
fn missing_and_damaged_files_are_told_apart() {
    let directory = tiny("types", |manifest| manifest);
    let graph = directory.path().join("model.onnx");
    let mut bytes = fs::read(&graph).unwrap();
    bytes[40] ^= 1;
    fs::write(&graph, &bytes).unwrap();
    assert!(matches!(open(directory.path()).err().unwrap(), OpenError::Hash { .. }));
    fs::remove_file(&graph).unwrap();
    assert!(matches!(open(directory.path()).err().unwrap(), OpenError::Missing { .. }));

    let garbage = tiny("types", |manifest| manifest);
    fs::write(garbage.path().join("model.onnx"), b"no graph").unwrap();
    let hash = sha256(&garbage.path().join("model.onnx"));
    let manifest = garbage.path().join("manifest.toml");
    let named = fs::read_to_string(&manifest).unwrap().replace(&sha256(&fixtures().join("types.onnx")), &hash);
    fs::write(&manifest, named).unwrap();
    assert!(matches!(open(garbage.path()).err().unwrap(), OpenError::Session { .. }));
}

#[test]
fn the_installed_manifest_is_valid_and_names_a_vector_that_fits() {
    let manifest = Manifest::read(&model_dir()).unwrap();
    assert_eq!((manifest.name.as_str(), manifest.dimension), ("multilingual-e5-small", 384));
    assert_eq!(observatory_embedding::padded(&[1.0; 384])[383..385], [1.0, 0.0]);
    assert_eq!(observatory_embedding::padded(&[1.0; 384]).len(), observatory_embedding::DIMENSION);
}
