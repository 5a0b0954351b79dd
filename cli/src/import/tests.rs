use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use super::*;

fn options(format: Format, encoding: Encoding) -> Options {
    Options { format, mapping: Mapping::new(&[], "p", "CO"), delimiter: None, encoding }
}

fn read_as(name: &str, bytes: &[u8]) -> (Vec<ImportJobsRequest>, ReadReport) {
    read_all(bytes, name, &options(Format::Auto, Encoding::Auto)).unwrap()
}

fn lines(report: &ReadReport) -> Vec<i32> {
    report.issues.iter().map(|issue| issue.line).collect()
}

const GOOD: &str = r#"{"title":"Dev","description":"Rust and SQL"}"#;

#[test]
fn each_broken_line_is_reported_and_the_rest_is_imported() {
    let mut file = Vec::new();
    for line in [GOOD, "", "[]", "42", "null", r#"{"title":"Dev","descr"#, r#"{"title":7,"description":"x"}"#, GOOD] {
        file.extend(line.bytes().chain([b'\n']));
    }
    file.extend(br#"{"title":"cut of"#);
    let (ads, report) = read_as("ads.jsonl", &file);
    assert_eq!(ads.iter().map(|ad| ad.line).collect::<Vec<_>>(), [1, 8]);
    assert_eq!(lines(&report), [3, 4, 5, 6, 7, 9]);
    assert!(report.issues[3].message.contains("the line ends early"), "{:?}", report.issues[3]);
    assert_eq!(report.issues[4].field, "title");
    assert!(report.issues[5].message.contains("the file ends"), "{:?}", report.issues[5]);
}

#[test]
fn a_line_in_windows_1252_is_read_and_counted() {
    let mut file = GOOD.as_bytes().to_vec();
    file.extend(b"\n{\"title\":\"Programaci\xf3n\",\"description\":\"a\xf1os\"}\n");
    let (ads, report) = read_as("ads.jsonl", &file);
    assert_eq!((ads[1].title.as_str(), ads[1].description.as_str()), ("Programación", "años"));
    assert_eq!(report.windows_1252, report::Remark { count: 1, first: 2 });
    let strict = options(Format::Jsonl, Encoding::Utf8);
    let (ads, report) = read_all(file.as_slice(), "x", &strict).unwrap();
    assert_eq!((ads.len(), lines(&report)), (1, vec![2]));
}

#[test]
fn nul_characters_raw_and_escaped_are_taken_out() {
    let file =
        b"\0\0\0\n\0\0{\"title\":\"D\0ev\",\"description\":\"x\"}\n{\"title\":\"Dev\",\"description\":\"a\\u0000b\"}\n";
    let (ads, report) = read_as("ads.jsonl", file);
    assert_eq!((ads[0].title.as_str(), ads[1].description.as_str()), ("Dev", "ab"));
    assert_eq!((report.nul.count, lines(&report)), (3, vec![1]));
}

#[test]
fn what_the_server_cannot_take_is_refused_here() {
    let long = format!("{{\"title\":\"Dev\",\"description\":\"{}\"}}\n{GOOD}\n", "x".repeat(5 << 20));
    let huge = format!("{{\"title\":\"Dev\",\"description\":\"{}\"}}\n{GOOD}\n", "x".repeat(9 << 20));
    for (file, word) in [(long, "sent"), (huge, "read")] {
        let (ads, report) = read_as("ads.jsonl", file.as_bytes());
        assert_eq!((ads.len(), lines(&report)), (1, vec![1]));
        assert!(report.issues[0].message.contains(word), "{:?}", report.issues[0].message);
    }
}

#[test]
fn deep_nesting_and_lone_surrogates_are_no_crash() {
    let deep = format!("{}\n{{\"title\":\"\\ud800\",\"description\":\"x\"}}\n", "[1,".repeat(100_000));
    let (ads, report) = read_as("ads.jsonl", deep.as_bytes());
    assert_eq!((ads.len(), lines(&report)), (0, vec![1, 2]));
}

#[test]
fn csv_with_quotes_newlines_and_spanish_headers() {
    let file =
        "\u{feff}Título;Descripción;País\r\n\"Dev \"\"Sr\"\"\";\"uno\ndos; tres\";México\r\nsolo;dos\r\nB;C;\r\n";
    let (ads, report) = read_as("ads.csv", file.as_bytes());
    assert_eq!(ads[0].title, "Dev \"Sr\"");
    assert_eq!(ads[0].description, "uno\ndos; tres");
    assert_eq!((ads[0].country.as_str(), ads[0].line), ("MX", 2));
    assert_eq!((ads[1].country.as_str(), ads[1].line), ("CO", 5));
    assert_eq!(lines(&report), [4]);
    assert!(report.columns.unwrap().contains("title=Título"));
}

#[test]
fn csv_in_latin_1_is_read_record_by_record() {
    let file = b"title,description\nProgramaci\xf3n,x\nDise\xc3\xb1o,y\n";
    let (ads, report) = read_as("ads.csv", file);
    assert_eq!((ads[0].title.as_str(), ads[1].title.as_str()), ("Programación", "Diseño"));
    assert_eq!(report.windows_1252.first, 2);
}

#[test]
fn a_csv_without_the_needed_columns_fails_as_a_whole() {
    let error = read_all(&b"a,b\n1,2\n"[..], "x.csv", &options(Format::Auto, Encoding::Auto)).unwrap_err();
    assert!(error.contains("--map title="), "{error}");
}

#[test]
fn gzip_is_recognised_by_its_bytes_and_a_truncated_one_says_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ads.jsonl.gz");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Lines that differ, so that cutting the file cuts some of them off.
    for i in 0..2000 {
        writeln!(encoder, "{{\"title\":\"Dev {i}\",\"description\":\"{}\"}}", uuid::Uuid::new_v4()).unwrap();
    }
    let bytes = encoder.finish().unwrap();
    for (length, whole) in [(bytes.len(), true), (bytes.len() / 2, false)] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let opened = open::open(&path).unwrap();
        assert_eq!(opened.size, Some(length as u64));
        let (ads, report) = read_all(opened.reader, &opened.name, &options(Format::Auto, Encoding::Auto)).unwrap();
        assert_eq!(ads.len() == 2000, whole);
        assert_eq!(report.stopped.is_none(), whole, "{:?}", report.stopped);
        assert!(!ads.is_empty());
    }
}

#[test]
fn a_json_list_and_utf_16_say_what_to_do() {
    let auto = options(Format::Auto, Encoding::Auto);
    let error = read_all(&b"[\n {\"title\":\"x\"}]"[..], "x.json", &auto).unwrap_err();
    assert!(error.contains("jq -c"), "{error}");
    let error = read_all(&b"\xff\xfe{\0"[..], "x.jsonl", &auto).unwrap_err();
    assert!(error.contains("iconv"), "{error}");
}

#[test]
fn the_shipped_sample_is_read_whole() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/ads.jsonl");
    let file = std::fs::File::open(path).unwrap();
    let (ads, report) = read_all(file, "ads.jsonl", &options(Format::Auto, Encoding::Auto)).unwrap();
    assert_eq!((ads.len(), report.rejected), (174, 0));
    assert!(ads.iter().all(|ad| !ad.posted_date.is_empty() && ad.country.len() == 2));
}
