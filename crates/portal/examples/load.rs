//! How many pages a second one thread of the portal serves to one thread that asks:
//! `cargo run --release -p observatory-portal --example load [SECONDS]`

#![allow(clippy::unwrap_used)]

use std::{
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use observatory_portal::{Options, Portal};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::{Builder, Runtime},
};

const CONNECTIONS: u64 = 32;
const ADS: u64 = 1_000_000;

fn main() {
    let seconds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5);
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        one_thread().block_on(async {
            let options = Options { synthetic: Some(ADS), ..Options::default() };
            let portal = Portal::start(options).await.unwrap();
            tell.send(portal.address()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let address = told.recv().unwrap();
    for (what, headers) in [("plain", ""), ("gzip", "accept-encoding: gzip\r\n")] {
        let listing = |n: u64| format!("/mx/ofertas-de-trabajo/?p={}", 1 + n % 50_000);
        let detail = |n: u64| format!("/co/ofertas-trabajo/x-{}", 1_886_000_000 + n % ADS);
        let paths = Arc::new(one_thread().block_on(details(address)));
        let ad = move |n: u64| paths[n as usize % paths.len()].clone();
        run(&format!("computrabajo detail, {what}"), seconds, address, headers, Arc::new(ad));
        run(&format!("elempleo detail, {what}"), seconds, address, headers, Arc::new(detail));
        run(&format!("computrabajo listing, {what}"), seconds, address, headers, Arc::new(listing));
    }
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Paths of ads, from a sitemap.
async fn details(address: std::net::SocketAddr) -> Vec<String> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut body = Vec::new();
    fetch(&mut stream, "/sitemap-1-3.xml", "", &mut body).await;
    let text = String::from_utf8(body).unwrap();
    let path = |rest: &str| rest.split("</loc>").next().unwrap().splitn(4, '/').nth(3).map(|path| format!("/{path}"));
    text.split("<loc>").skip(1).filter_map(path).collect()
}

fn run(
    what: &str,
    seconds: u64,
    address: std::net::SocketAddr,
    headers: &'static str,
    path: Arc<dyn Fn(u64) -> String + Send + Sync>,
) {
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let (pages, bytes) = one_thread().block_on(async {
        let connection = |first: u64| {
            let path = path.clone();
            async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let (mut pages, mut bytes, mut body) = (0, 0, Vec::new());
                while Instant::now() < end {
                    fetch(&mut stream, &path(first + pages * CONNECTIONS), headers, &mut body).await;
                    pages += 1;
                    bytes += body.len() as u64;
                }
                (pages, bytes)
            }
        };
        let all = futures::future::join_all((0..CONNECTIONS).map(connection)).await;
        all.into_iter().fold((0, 0), |(a, b), (pages, bytes)| (a + pages, b + bytes))
    });
    let rate = pages as f64 / start.elapsed().as_secs_f64();
    println!("{what}: {rate:.0} pages/s of {} bytes", bytes / pages);
}

/// Reads one answer; only its status and length are looked at.
async fn fetch(stream: &mut TcpStream, path: &str, headers: &str, body: &mut Vec<u8>) {
    let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    body.clear();
    let head = loop {
        body.reserve(64 * 1024);
        assert!(stream.read_buf(body).await.unwrap() > 0, "{path}");
        if let Some(end) = body.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&body[..head]);
    assert!(text.starts_with("HTTP/1.1 200"), "{path}: {text}");
    let length: usize = text.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    while body.len() < head + length {
        assert!(stream.read_buf(body).await.unwrap() > 0, "{path}");
    }
    body.drain(..head);
}
