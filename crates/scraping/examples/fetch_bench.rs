//! Requests a second with all politeness code active and no delay.
//!
//! `cargo run --release -p observatory-scraping --example fetch_bench -- [REQUESTS] [CONCURRENCY] [URL]`
//!
//! Without a URL, a small server in this process answers; it shares the processors with the fetcher.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use observatory_scraping::{
    Method, PageKind, PageRequest,
    fetch::{AllowedOrigin, FetchOptions, Fetched, Fetcher, PaceOptions, Wanted},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const ROBOTS: &str = "User-agent: *\nDisallow: /private/\nDisallow: /*?session=\nAllow: /jobs/\n";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let requests: u64 = args.next().map_or(Ok(100_000), |text| text.parse())?;
    let concurrency: usize = args.next().map_or(Ok(8), |text| text.parse())?;
    let base = match args.next() {
        Some(url) => url,
        None => serve().await?,
    };
    let base: url::Url = base.parse()?;
    let origin = format!("{}:{}", base.host_str().unwrap_or_default(), base.port_or_known_default().unwrap_or(80));
    let fetcher = Fetcher::new(FetchOptions {
        allow: vec![origin.parse::<AllowedOrigin>()?],
        pace: PaceOptions::flat_out(),
        concurrency,
        ..FetchOptions::default()
    })?;

    let next = Arc::new(AtomicU64::new(0));
    let failed = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let tasks: Vec<_> = (0..concurrency)
        .map(|_| {
            let (fetcher, base, next, failed) = (fetcher.clone(), base.clone(), next.clone(), failed.clone());
            tokio::spawn(async move {
                let wanted = Wanted::default();
                loop {
                    let number = next.fetch_add(1, Relaxed);
                    if number >= requests {
                        return;
                    }
                    let mut url = base.clone();
                    url.set_path(&format!("/jobs/{number}"));
                    let request = PageRequest {
                        kind: PageKind::Detail,
                        method: Method::Get,
                        url,
                        headers: Default::default(),
                        body: None,
                        number: 0,
                        card: None,
                    };
                    if !matches!(fetcher.fetch(&request, &wanted).await, Ok(Fetched::Page(_))) {
                        failed.fetch_add(1, Relaxed);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    let seconds = started.elapsed().as_secs_f64();
    let bytes = fetcher.counters().body_bytes.load(Relaxed);
    println!(
        "{requests} requests, {concurrency} at a time: {seconds:.2} s, {:.0} requests/s, {:.1} MB/s, {} failed{}",
        requests as f64 / seconds,
        bytes as f64 / seconds / 1e6,
        failed.load(Relaxed),
        peak_memory().map(|peak| format!(", peak memory {peak}")).unwrap_or_default(),
    );
    Ok(())
}

/// Answers everything with a page of 4 KB, and robots.txt.
async fn serve() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let answer = |content_type: &str, body: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let page: Arc<str> = answer("text/html; charset=utf-8", &"<p>Se busca persona.</p>".repeat(170)).into();
    let robots: Arc<str> = answer("text/plain", ROBOTS).into();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_all(stream, page.clone(), robots.clone()));
        }
    });
    Ok(url)
}

async fn answer_all(mut stream: TcpStream, page: Arc<str>, robots: Arc<str>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4096);
    while stream.read_buf(&mut buffer).await? > 0 {
        if buffer.ends_with(b"\r\n\r\n") {
            let answer = if buffer.starts_with(b"GET /robots.txt") { &robots } else { &page };
            stream.write_all(answer.as_bytes()).await?;
            buffer.clear();
        }
    }
    Ok(())
}

fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    Some(status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().to_string())
}
