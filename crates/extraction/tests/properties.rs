//! What holds for every text, over random text and, where OBSERVATORY_SHARED_DATA names a folder with
//! `postings/*.jsonl`, over real ads.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::sync::LazyLock;
use std::{env, fs};

use observatory_extraction::esco::EscoConcept;
use observatory_extraction::extract::{Extractor, combine};
use observatory_extraction::invariants::{check, check_unmoved};
use observatory_extraction::matcher::Scratch;
use observatory_extraction::taxonomy::Taxonomy;
use proptest::prelude::*;

static EXTRACTOR: LazyLock<Extractor> = LazyLock::new(|| {
    let esco = [("esco:1", "artificial neural networks"), ("esco:2", "use of databases")].map(|(uri, label)| {
        let (concept_uri, preferred_label_en) = (uri.to_owned(), label.to_owned());
        EscoConcept { concept_uri, preferred_label_en, ..EscoConcept::default() }
    });
    Extractor::new(&Taxonomy::embedded().unwrap(), &esco)
});

/// Pieces that ads are made of, and pieces that break readers.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "Python",
        "Node.js",
        "C++",
        "C#",
        ".NET",
        "Go",
        "R",
        "Excel",
        "SAP",
        "CI/CD",
        "bases de datos",
        "relacionales",
        "no relacionales",
        "pruebas unitarias",
        "de integración",
        "y",
        "e",
        "and",
        "o",
        "experiencia en",
        "3 años de",
        "avanzado",
        "(excluyente)",
        "no se requiere",
        "Requisitos:",
        "Ofrecemos:",
        "Somos",
        "Deseable",
        "Java 8+",
        "unit and integration testing",
        "PythonDjango",
        "SQLExperiencia",
        "ñandú",
        "programacio\u{301}n",
        "🐍",
        "trabajo en equipo",
        "inglés B2",
        "https://x.io/java",
        "a@b.co",
        "window.x = true;",
        "\u{200B}",
        "\u{FEFF}",
    ]);
    let gaps = prop::sample::select(vec![" ", ", ", "/", "\n", ". ", "", " - ", ": ", "•", "\u{a0}", "\r\n", "…"]);
    prop_oneof![
        6 => words.prop_map(str::to_owned),
        4 => gaps.prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "\\PC{0,12}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_text_is_read_soundly(text in text(), title_len in 0_usize..80) {
        let checked = check(&EXTRACTOR, &text, title_len, &mut Scratch::default());
        prop_assert!(checked.is_ok(), "{checked:?} in {text:?}");
    }

    #[test]
    fn an_unrelated_paragraph_takes_nothing_away(text in text(), words in prop::collection::vec("[a-z]{3,9}", 4..14)) {
        let checked = check_unmoved(&EXTRACTOR, &text, &words.join(" "));
        prop_assert!(checked.is_ok(), "{checked:?} of {text:?}");
    }
}

#[test]
fn hostile_texts_are_read_in_time() {
    let mut scratch = Scratch::default();
    for piece in
        ["C, ", "Go ", "pruebas de ", "a", ":", "Requisitos: ", "🐍", "y ", "JavaSQL", "(", "\n", "3 años ", "\u{301}"]
    {
        let text = piece.repeat(200_000 / piece.len());
        check(&EXTRACTOR, &text, 0, &mut scratch).unwrap();
    }
}

#[test]
fn real_ads_are_read_soundly() {
    let Ok(shared) = env::var("OBSERVATORY_SHARED_DATA") else {
        eprintln!("skipped: OBSERVATORY_SHARED_DATA is not set");
        return;
    };
    let mut scratch = Scratch::default();
    let mut ads = 0;
    for file in fs::read_dir(format!("{shared}/postings")).unwrap() {
        for line in BufReader::new(fs::File::open(file.unwrap().path()).unwrap()).lines().step_by(7) {
            let ad: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            let field = |name: &str| ad[name].as_str().unwrap_or_default().to_owned();
            let (text, title_len) = combine(&field("title"), &field("description"));
            check(&EXTRACTOR, &text, title_len, &mut scratch).unwrap();
            check_unmoved(&EXTRACTOR, &text, "Llueve poco en el valle durante el otoño.").unwrap();
            ads += 1;
        }
    }
    assert!(ads > 500);
}
