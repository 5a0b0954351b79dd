//! `observatory import` of files as they come: broken lines are reported, the rest is imported.

#![allow(clippy::unwrap_used)]

use std::{io::Write, path::Path};

use flate2::{Compression, write::GzEncoder};
use observatory_tests::Mesh;
use serde_json::{Value, json};

fn ad(title: &str) -> Vec<u8> {
    let description = format!("Buscamos {title} con experiencia en SQL y Python para un equipo de Bogotá.");
    json!({"title": title, "description": description, "country": "CO"}).to_string().into_bytes()
}

fn lines(report: &Value) -> Vec<i64> {
    report["issues"].as_array().unwrap().iter().map(|issue| issue["line"].as_i64().unwrap()).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

async fn import(mesh: &Mesh, path: &Path) -> (i32, Value) {
    let output = mesh.cli(&["--json", "import", path.to_str().unwrap(), "--portal", "prueba"]).await;
    let report = if output.stdout.is_empty() { Value::Null } else { output.json() };
    (output.code, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_full_of_errors_is_reported_by_line_and_the_rest_imported() {
    let mesh = Mesh::start().await.unwrap();
    let path = mesh.dir.join("broken.jsonl");
    let mut huge = br#"{"title":"Enorme","description":""#.to_vec();
    huge.resize(50 << 20, b'x');
    huge.extend(br#""}"#);
    let with_nul: Vec<u8> = ad("Nulo").into_iter().flat_map(|b| if b == b'N' { vec![b, 0] } else { vec![b] }).collect();
    let file: Vec<Vec<u8>> = vec![
        ad("Primera"),
        Vec::new(),
        br#"{"title":"Cortada","descri"#.to_vec(),
        b"{\"title\":\"Programaci\xf3n\",\"description\":\"Dise\xf1o de bases de datos\"}".to_vec(),
        with_nul,
        huge,
        br#"{"title":7,"description":["x"]}"#.to_vec(),
        b"[]".to_vec(),
        b"   ".to_vec(),
        br#"{"title":"Sin texto","description":"   "}"#.to_vec(),
        ad("Ultima"),
        br#"{"title":"El archivo termina aqu"#.to_vec(),
    ];
    std::fs::write(&path, file.join(&b'\n')).unwrap();

    let (code, report) = import(&mesh, &path).await;
    assert_eq!(code, 1, "{report}");
    assert_eq!(lines(&report), [3, 6, 7, 8, 10, 12], "{report}");
    assert_eq!((&report["imported"], &report["rejected"], &report["skipped"]), (&json!(4), &json!(6), &json!(0)));
    let titles = mesh.sql("SELECT title FROM raw_jobs ORDER BY title").await;
    assert_eq!(titles.lines().collect::<Vec<_>>(), ["Nulo", "Primera", "Programación", "Ultima"]);

    // Again: what is there is passed over, and nothing comes twice.
    let (code, report) = import(&mesh, &path).await;
    assert_eq!((code, &report["imported"], &report["skipped"]), (1, &json!(0), &json!(4)), "{report}");
    assert_eq!(mesh.count("SELECT count(*) FROM raw_jobs").await, 4);
    mesh.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gzip_and_csv_are_read_and_files_that_cannot_be_are_told_by_the_exit_code() {
    let mesh = Mesh::start().await.unwrap();
    let gzipped = mesh.dir.join("ads.jsonl.gz");
    let text: Vec<Vec<u8>> = (0..3_000).map(|number| ad(&format!("Zip {}", number * 7919 % 3_001))).collect();
    let bytes = gzip(&text.join(&b'\n'));
    std::fs::write(&gzipped, &bytes).unwrap();
    let (code, report) = import(&mesh, &gzipped).await;
    assert_eq!((code, &report["imported"]), (0, &json!(3_000)), "{report}");

    let csv = mesh.dir.join("ads.csv");
    let text = "Título;Descripción;País\n\"Dev \"\"Sr\"\"\";\"uno\ndos\";México\nOtro;Texto;CO\nsolo uno\n";
    std::fs::write(&csv, text).unwrap();
    let (code, report) = import(&mesh, &csv).await;
    assert_eq!((code, &report["imported"], lines(&report)), (1, &json!(2), vec![5]), "{report}");
    assert_eq!(mesh.sql("SELECT country FROM raw_jobs WHERE title = 'Dev \"Sr\"'").await, "MX");

    let cut = mesh.dir.join("cut.jsonl.gz");
    let text: Vec<Vec<u8>> = (0..3_000).map(|_| ad(&uuid::Uuid::new_v4().to_string())).collect();
    let bytes = gzip(&text.join(&b'\n'));
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let (code, report) = import(&mesh, &cut).await;
    assert_eq!(code, 64, "it can't be read to its end");
    assert!(report["imported"].as_i64() > Some(100), "{report}");

    let (code, _) = import(&mesh, &mesh.dir.join("nothing.jsonl")).await;
    assert_eq!(code, 64);
    mesh.stop().await;
}
