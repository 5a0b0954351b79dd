//! Measures the extractor on real ads, with every label loaded.
//!
//! ```sh
//! cargo run --release -p observatory-extraction --example match_bench -- --esco esco.jsonl ads.jsonl...
//! ```
//!
//! `--esco` takes the merged JSON Lines file or CSV files, and may be given again. Prints one JSON line: `ads`, `labels`, `build_ms`, `mb_per_second_match` (tokenise, fold and match),
//! `mb_per_second_extract` (all of extraction), `us_per_ad_median`, `rss_mb` (resident memory that the
//! extractor added, texts not counted). `--dump-labels FILE` writes the labels, one a line, for the peers;
//! `--top N` the N most frequent concepts.

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::time::Instant;

use anyhow::{Context, Result};
use observatory_extraction::esco::{EscoCatalogue, EscoConcept, Source};
use observatory_extraction::extract::{self, Extractor, Method};
use observatory_extraction::matcher::Scratch;
use observatory_extraction::taxonomy::Taxonomy;
use serde_json::{Value, json};

#[derive(Default)]
struct Options {
    esco: Vec<String>,
    dump_labels: Option<String>,
    taxonomy: Option<String>,
    top: usize,
    repeat: usize,
    files: Vec<String>,
}

struct Ad {
    text: String,
    title_len: usize,
}

fn main() -> Result<()> {
    let options = options()?;
    let ads = read_ads(&options.files)?;
    let before = rss_mb();
    let concepts = read_esco(&options.esco)?;
    let taxonomy = match &options.taxonomy {
        Some(directory) => Taxonomy::from_directory(directory.as_ref())?,
        None => Taxonomy::embedded()?,
    };
    let start = Instant::now();
    let extractor = Extractor::new(&taxonomy, &concepts);
    let build_ms = start.elapsed().as_secs_f64() * 1e3;
    drop((concepts, taxonomy));
    let rss = rss_mb() - before;
    if let Some(path) = &options.dump_labels {
        let mut out = BufWriter::new(File::create(path)?);
        for label in extractor.label_texts() {
            writeln!(out, "{}", label.replace('\n', " "))?;
        }
    }
    if options.top > 0 {
        print_top(&extractor, &ads, options.top);
    }
    println!("{}", measure(&extractor, &ads, options.repeat.max(1), build_ms, rss));
    Ok(())
}

fn measure(extractor: &Extractor, ads: &[Ad], repeat: usize, build_ms: f64, rss: f64) -> Value {
    let megabytes = ads.iter().map(|a| a.text.len()).sum::<usize>() as f64 / 1e6;
    let mut scratch = Scratch::default();
    let best = |run: &mut dyn FnMut()| {
        (0..repeat)
            .map(|_| {
                let start = Instant::now();
                run();
                start.elapsed().as_secs_f64()
            })
            .fold(f64::INFINITY, f64::min)
    };
    let mut matches = 0;
    let match_seconds = best(&mut || {
        matches = ads.iter().map(|ad| extractor.count_matches(&ad.text, &mut scratch)).sum::<usize>();
    });
    let mut per_ad: Vec<f64> = Vec::new();
    let mut skills = 0;
    let extract_seconds = best(&mut || {
        per_ad.clear();
        skills = 0;
        for ad in ads {
            let start = Instant::now();
            let found = extractor.extract_with(&ad.text, ad.title_len, extract::Extras::default(), &mut scratch);
            skills += black_box(found).skills.len();
            per_ad.push(start.elapsed().as_secs_f64() * 1e6);
        }
    });
    per_ad.sort_by(f64::total_cmp);
    json!({
        "name": "extractor",
        "ads": ads.len(),
        "labels": extractor.label_count(),
        "mb": round(megabytes),
        "build_ms": round(build_ms),
        "mb_per_second_match": round(megabytes / match_seconds),
        "mb_per_second_extract": round(megabytes / extract_seconds),
        "us_per_ad_median": round(per_ad.get(per_ad.len() / 2).copied().unwrap_or(0.0)),
        "rss_mb": round(rss),
        "matches": matches,
        "skills": skills,
        "taxonomy_version": extractor.taxonomy_version(),
    })
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

fn print_top(extractor: &Extractor, ads: &[Ad], top: usize) {
    let mut counts: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    let mut surfaces: BTreeMap<(String, &'static str), BTreeMap<String, usize>> = BTreeMap::new();
    for ad in ads {
        for skill in extractor.extract(&ad.text, ad.title_len).distinct() {
            let key = (skill.name.to_string(), skill.method.as_str());
            *counts.entry(key.clone()).or_default() += 1;
            *surfaces.entry(key).or_default().entry(skill.surface.to_lowercase()).or_default() += 1;
        }
    }
    for method in [Method::Regex, Method::Esco] {
        let mut rows: Vec<_> = counts.iter().filter(|(k, _)| k.1 == method.as_str()).collect();
        rows.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        for (key, count) in rows.into_iter().take(top) {
            let mut forms: Vec<_> = surfaces[key].iter().collect();
            forms.sort_by(|a, b| b.1.cmp(a.1));
            forms.truncate(4);
            eprintln!("{count:6} {:5} {}  {forms:?}", key.1, key.0);
        }
    }
}

fn read_esco(files: &[String]) -> Result<Vec<EscoConcept>> {
    let mut catalogue = EscoCatalogue::new();
    for path in files {
        let file = File::open(path).context(path.clone())?;
        let report = if path.ends_with(".csv") {
            catalogue.read_csv(file, &Source::from_file_name(path))?
        } else {
            catalogue.read_jsonl(file)?
        };
        if !report.problems.is_empty() {
            eprintln!("{path}: {} lines left out, first {:?}", report.problems.len(), report.problems[0]);
        }
    }
    Ok(catalogue.into_concepts())
}

fn read_ads(files: &[String]) -> Result<Vec<Ad>> {
    let mut ads = Vec::new();
    for path in files {
        for line in BufReader::new(File::open(path).context(path.clone())?).lines() {
            let value: Value = serde_json::from_str(&line?)?;
            let field = |name: &str| value[name].as_str().unwrap_or_default();
            let body = match field("requirements") {
                "" => field("description").to_owned(),
                requirements => format!("{}\n{requirements}", field("description")),
            };
            let (text, title_len) = extract::combine(field("title"), &body);
            ads.push(Ad { text, title_len });
        }
    }
    Ok(ads)
}

fn rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    let kb = line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse::<f64>().ok());
    kb.unwrap_or(0.0) / 1024.0
}

fn options() -> Result<Options> {
    let mut options = Options { repeat: 5, ..Options::default() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--esco" => options.esco.push(value()?),
            "--taxonomy" => options.taxonomy = Some(value()?),
            "--dump-labels" => options.dump_labels = Some(value()?),
            "--top" => options.top = value()?.parse()?,
            "--repeat" => options.repeat = value()?.parse()?,
            _ => options.files.push(arg),
        }
    }
    Ok(options)
}
