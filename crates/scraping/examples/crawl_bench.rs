//! Crawls a portal of one's own as fast as it goes, all politeness code active, and writes its ads as JSON Lines.
//!
//! `crawl_bench SPIDER.toml COUNTRY ORIGIN ADS CONCURRENCY OUT.jsonl [THREADS]`
//!
//! Prints one JSON object: speed, processor time, memory on the way, and what reading a page takes alone.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use observatory_scraping::{
    Method, Page, PageKind, PageRequest, Search,
    crawl::{Counts, Crawl, Failure, Limits, Memory, ReadAd},
    fetch::{AllowedOrigin, FetchOptions, Fetcher, PaceOptions},
    spider::{Spider, Spiders},
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Pages kept to be read again, without the network.
const SAMPLE: usize = 500;
/// Memory is looked at after so many ads.
const STEP: usize = 10_000;

/// Where ads go.
struct Out {
    file: BufWriter<File>,
    ads: usize,
    failed: Vec<String>,
    error: Option<std::io::Error>,
    memory_mb: Vec<(usize, f64)>,
    sample: Vec<Page>,
}

fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = arguments.get(6) {
        runtime.worker_threads(threads.parse()?);
    }
    let [spider, country, origin, ads, concurrency, out] = &arguments[..arguments.len().min(6)] else {
        return Err("usage: crawl_bench SPIDER.toml COUNTRY ORIGIN ADS CONCURRENCY OUT.jsonl [THREADS]".into());
    };
    let text = std::fs::read_to_string(spider)?;
    let spider = Spiders::shipped().parse(&text, spider);
    let spider = Arc::new(spider.map_err(|problems| format!("{problems:?}"))?);
    let origin: AllowedOrigin = origin.trim_start_matches("http://").parse()?;
    let concurrency = concurrency.parse()?;
    let fetcher = Fetcher::new(FetchOptions {
        allow: vec![origin],
        allow_pace: Some(PaceOptions::flat_out()),
        allow_concurrency: Some(concurrency),
        ..FetchOptions::default()
    })?;
    let out = Arc::new(Mutex::new(Out {
        file: BufWriter::new(File::create(out)?),
        ads: 0,
        failed: Vec::new(),
        error: None,
        memory_mb: Vec::new(),
        sample: Vec::new(),
    }));
    let sink = {
        let out = out.clone();
        move |read| lock(&out).take(read)
    };
    let crawl = Crawl {
        spider: spider.clone(),
        search: Search { country: country.clone(), query: String::new() },
        limits: Limits { max_jobs: ads.parse()?, max_pages: u64::MAX, full: true },
        concurrency,
        fetcher,
        frontier: Arc::new(Memory::new(sink)),
    };
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let counts = runtime.enable_all().build()?.block_on(crawl.run(&CancellationToken::new()))?;
    let mut out = lock(&out);
    out.file.flush()?;
    report(&spider, &crawl.fetcher, &mut out, counts, started.elapsed().as_secs_f64(), cpu_seconds() - cpu)
}

fn report(
    spider: &Spider,
    fetcher: &Fetcher,
    out: &mut Out,
    counts: Counts,
    seconds: f64,
    cpu: f64,
) -> Result<(), Error> {
    if let Some(error) = out.error.take() {
        return Err(error.into());
    }
    let counters = fetcher.counters();
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(std::sync::atomic::Ordering::Relaxed);
    let peak = memory_mb("VmHWM:");
    let read_us = read_again(spider, &out.sample);
    let result = json!({
        "pages": counts.pages(), "ads": out.ads, "failed": out.failed.len(), "first_failure": out.failed.first(),
        "seconds": seconds, "pages_per_second": counts.pages() as f64 / seconds, "cpu_seconds": cpu,
        "rss_mb": peak, "memory_mb": out.memory_mb, "read_detail_us": read_us,
        "requests": of(&counters.requests), "wire_bytes": of(&counters.wire_bytes), "body_bytes": of(&counters.body_bytes),
    });
    println!("{result}");
    Ok(())
}

impl Out {
    fn take(&mut self, read: Result<ReadAd, (PageRequest, Failure)>) {
        let ad = match read {
            Ok(ad) => ad,
            Err((request, failure)) => return self.failed.push(format!("{}: {}", request.url, failure.message)),
        };
        let mut line: BTreeMap<&str, &str> =
            ad.fields.iter().map(|(field, found)| (field.name(), found.text.as_str())).collect();
        line.insert("url", ad.url.as_str());
        let written = serde_json::to_writer(&mut self.file, &line).map_err(Into::into);
        if let Err(error) = written.and_then(|()| self.file.write_all(b"\n")) {
            self.error = Some(error);
        }
        self.ads += 1;
        if self.ads.is_multiple_of(STEP) {
            self.memory_mb.push((self.ads, memory_mb("VmRSS:")));
        }
        if self.sample.len() < SAMPLE {
            self.sample.push(Page::new(ad.url, "text/html; charset=utf-8", ad.page));
        }
    }
}

/// Microseconds that it takes to read a fetched ad, on average, on one thread.
fn read_again(spider: &Spider, pages: &[Page]) -> f64 {
    const ROUNDS: u32 = 5;
    let request = |page: &Page| PageRequest {
        kind: PageKind::Detail,
        method: Method::Get,
        url: page.url.clone(),
        headers: Default::default(),
        body: None,
        number: 0,
        card: None,
    };
    let requests: Vec<PageRequest> = pages.iter().map(request).collect();
    let started = Instant::now();
    for _ in 0..ROUNDS {
        for (request, page) in requests.iter().zip(pages) {
            let _ = std::hint::black_box(spider.read_detail(request, page));
        }
    }
    started.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS) / pages.len().max(1) as f64
}

/// Processor time of this process, in seconds.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    // User and system time, in 1/100 s.
    after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn memory_mb(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = status.lines().find_map(|l| l.strip_prefix(line)).and_then(|kb| kb.split_whitespace().next());
    kb.and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

fn lock(out: &Mutex<Out>) -> std::sync::MutexGuard<'_, Out> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}
