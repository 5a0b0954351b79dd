//! A hostile server, for long: no request against the rules of politeness, no hang, memory that stays.
//!
//! A few thousand requests by default, as many as `OBSERVATORY_SOAK` says where it is set:
//!
//! ```text
//! OBSERVATORY_SOAK=50000 cargo test --release -p observatory-scraping --test soak -- --nocapture
//! ```
//!
//! The server runs in a process of its own, so that the memory measured is that of the client.

#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use chrono::Utc;
use observatory_portal::{Behaviour, Hostile, Options};
use observatory_scraping::{
    PageKind, PageRequest, Search,
    crawl::{Counts, Crawl, CrawlError, Memory},
    fetch::{FetchError, FetchOptions, Fetched, Fetcher, Limits, PaceOptions, Wanted},
    spider::Spiders,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const REQUESTS: u64 = 3000;
/// Requests to one host at a time: more are a violation.
const AT_ONCE: usize = 2;
/// Callers for one host; those beyond `AT_ONCE` wait for their turn.
const CALLERS: usize = 4;
/// A longer pause isn't waited for: a host that never answers is left alone ever longer.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// Two tries of at most a second, each behind those that came before it and a pause, robots.txt included.
const LONGEST_CALL: Duration = Duration::from_secs(15);
const MOST_GROWTH: u64 = 30 << 20;
const MOST_FILES: usize = 100;
const MOST_HOSTS: usize = 16;

/// Traps that cost no time, and those that pause the host or take their time.
const QUICK: [&str; 19] = [
    "ok",
    "private",
    "a",
    "b",
    "gone",
    "latin1",
    "broken",
    "wrong-type",
    "cut",
    "loop",
    "redirect",
    "elsewhere",
    "links",
    "huge",
    "bomb.gz",
    "bomb.br",
    "bomb.zst",
    "big-header",
    "missing",
];
const SLOW: [&str; 4] = ["429", "503-retry-after", "drip", "slow"];
/// Of so many visits, one to each of the slow traps.
const SLOW_EVERY: usize = 250;

/// What may come of a trap, where its host is as it should be.
fn expected(trap: &str) -> &'static [&'static str] {
    match trap {
        "private" | "elsewhere" => &["page", "robots_disallowed"],
        "wrong-type" => &["content_type"],
        "cut" => &["body"],
        "loop" => &["too_many_redirects"],
        "redirect" => &["forbidden_address"],
        "huge" | "bomb.gz" | "bomb.br" | "bomb.zst" | "big-header" => &["too_large"],
        "missing" => &["status"],
        "drip" | "slow" => &["timeout"],
        _ => &["page"],
    }
}

/// What may come of any page of a host that is in trouble, or throttles.
const TROUBLE: [&str; 4] = ["host_paused", "breaker_open", "robots_unavailable", "status"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the server of the soak, which starts it"]
async fn hostile_server() {
    let options = Options { max_in_flight: Some(AT_ONCE as u32), ..Options::default() };
    let hosts = Arc::new(Hostile::start(options).await.unwrap());
    println!();
    for host in hosts.hosts() {
        println!("host {:?} {}", host.behaviour().unwrap(), host.origin());
    }
    println!("started");
    // Ends with the parent.
    while tokio::task::spawn_blocking(|| std::io::stdin().lines().next()).await.unwrap().is_some() {
        for (behaviour, violation) in hosts.violations().await.iter().take(20) {
            println!("violation {behaviour:?} {violation:?}");
        }
        println!("served {}", hosts.served());
    }
}

/// The server, seen from here.
struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    origins: Vec<(String, String)>,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "hostile_server", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut server = Self { child, stdin, stdout, origins: Vec::new() };
        let lines = server.read_until("started").0;
        for line in lines.iter().filter_map(|line| line.strip_prefix("host ")) {
            let (behaviour, origin) = line.split_once(' ').unwrap();
            server.origins.push((behaviour.to_owned(), origin.to_owned()));
        }
        assert_eq!(server.origins.len(), Behaviour::ALL.len());
        server
    }

    /// The lines before one that starts with `end`, and the rest of that one.
    fn read_until(&mut self, end: &str) -> (Vec<String>, String) {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "the server ended");
            if let Some(rest) = line.strip_prefix(end) {
                return (lines, rest.trim().to_owned());
            }
            lines.push(line.trim_end().to_owned());
        }
    }

    /// Requests that arrived, and violations so far.
    fn served(&mut self) -> (u64, Vec<String>) {
        self.stdin.write_all(b"\n").unwrap();
        let (violations, served) = self.read_until("served ");
        (served.parse().unwrap(), violations)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What was seen of this process.
#[derive(Debug, Default)]
struct Watch {
    served: AtomicU64,
    /// Largest memory up to a quarter of the requests, and after it.
    warm: AtomicU64,
    most: AtomicU64,
    files: AtomicUsize,
    hosts: AtomicUsize,
    violations: Mutex<Vec<String>>,
}

/// Resident memory of this process, in bytes.
fn memory() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Looks at the server and this process until told to stop.
fn watch(server: &Mutex<Server>, fetcher: &Fetcher, seen: &Watch, warm_at: u64) {
    let (served, violations) = server.lock().unwrap().served();
    seen.served.store(served, SeqCst);
    *seen.violations.lock().unwrap() = violations;
    let place = if served < warm_at { &seen.warm } else { &seen.most };
    place.fetch_max(memory(), SeqCst);
    seen.files.fetch_max(open_files(), SeqCst);
    seen.hosts.fetch_max(fetcher.hosts(), SeqCst);
}

fn options(origins: &[(String, String)]) -> FetchOptions {
    FetchOptions {
        allow: origins.iter().map(|(_, origin)| origin.trim_start_matches("http://").parse().unwrap()).collect(),
        allow_pace: Some(PaceOptions::flat_out()),
        allow_concurrency: Some(AT_ONCE),
        limits: Limits {
            max_wire_bytes: 1 << 20,
            max_body_bytes: 4 << 20,
            first_byte_seconds: 0.5,
            total_seconds: 1.0,
            ..Limits::default()
        },
        retries: 1,
        backoff_seconds: 0.01,
        breaker_seconds: 0.3,
        breaker_max_seconds: 1.0,
        // These hosts change their minds each second, and it shall count.
        robots_min_ttl_seconds: 0.0,
        ..FetchOptions::default()
    }
}

/// Crawls a host's endless listing up to `max_jobs` ads.
async fn crawl(
    fetcher: Fetcher,
    origin: String,
    max_jobs: u64,
    cancelled: CancellationToken,
) -> (Result<Counts, CrawlError<std::convert::Infallible>>, BTreeMap<&'static str, usize>) {
    // Paging ends by the limit of ads here, not by the spider's own.
    let text = format!(
        "name = \"hostile\"\nextends = \"computrabajo\"\norigin = \"{origin}\"\nenabled = true\n\
         [listing]\npaging = {{ max = 10000 }}\n"
    );
    let spider = Arc::new(Spiders::shipped().parse(&text, "hostile.toml").unwrap());
    let reasons = Arc::new(Mutex::new(BTreeMap::new()));
    let sink = reasons.clone();
    let frontier = Memory::new(move |page: Result<_, (PageRequest, observatory_scraping::crawl::Failure)>| {
        let reason = page.map_or_else(|(_, failure)| failure.reason, |_| "ad");
        *sink.lock().unwrap().entry(reason).or_default() += 1;
    });
    let crawl = Crawl {
        spider,
        search: Search { country: "CO".into(), query: "x".into() },
        limits: observatory_scraping::crawl::Limits { max_jobs, max_pages: 1_000_000, full: false },
        concurrency: CALLERS,
        fetcher,
        frontier: Arc::new(frontier),
    };
    // In a box, so that the compiler sees that it can be sent.
    let run: std::pin::Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(crawl.run(&cancelled));
    let ended = run.await;
    let reasons = reasons.lock().unwrap().clone();
    (ended, reasons)
}

/// Calls of the fetcher, by trap and outcome.
#[derive(Default)]
struct Calls {
    outcomes: Mutex<BTreeMap<(String, &'static str), usize>>,
    unexpected: Mutex<Vec<String>>,
    longest: Mutex<(Duration, String)>,
}

/// Falls into one trap after the other until told to stop.
async fn call(
    fetcher: Fetcher,
    origins: Arc<Vec<String>>,
    at: usize,
    next: Arc<AtomicUsize>,
    calls: Arc<Calls>,
    stop: Arc<AtomicBool>,
) {
    while !stop.load(SeqCst) {
        let n = next.fetch_add(1, SeqCst);
        let trap = SLOW.get(n % SLOW_EVERY).copied().unwrap_or(QUICK[n % QUICK.len()]);
        let path = match trap {
            "elsewhere" => {
                let there = ["private", "ok", "a", "b"][n / QUICK.len() % 4];
                let other = &origins[(at + 1 + n % (origins.len() - 1)) % origins.len()];
                format!("redirect?to={other}/hostile/{there}/oferta-{n}")
            }
            trap => format!("{trap}/oferta-{}", 1_000_000 + n),
        };
        let url = format!("{}/hostile/{path}", origins[at]);
        let request = PageRequest::get(PageKind::Detail, url.parse().unwrap());
        let started = Instant::now();
        let wanted = Wanted { max_wait: LONGEST_WAIT, ..Wanted::default() };
        let fetched = timeout(2 * LONGEST_CALL, fetcher.fetch(&request, &wanted)).await;
        let took = started.elapsed();
        let (kind, until) = match &fetched {
            Err(_) => ("hung", None),
            Ok(Ok(Fetched::Page(_))) => ("page", None),
            Ok(Ok(Fetched::NotModified(_))) => ("not_modified", None),
            Ok(Err(error)) => (error.kind(), until(error)),
        };
        // `/hostile/a` and `/hostile/b` are forbidden in turn, and robots.txt knows beginnings only.
        let flipped = trap.starts_with(['a', 'b']) && kind == "robots_disallowed";
        if !flipped && !expected(trap).contains(&kind) && !TROUBLE.contains(&kind) {
            calls.unexpected.lock().unwrap().push(format!("{url}: {kind} {fetched:.200?}"));
        }
        *calls.outcomes.lock().unwrap().entry((trap.to_owned(), kind)).or_default() += 1;
        {
            let mut longest = calls.longest.lock().unwrap();
            if took > longest.0 {
                *longest = (took, format!("{url}: {kind}"));
            }
        }
        // A caller that knows when to come back comes back then.
        if let Some(until) = until {
            let wait = (until - Utc::now()).to_std().unwrap_or_default();
            tokio::time::sleep(wait.clamp(Duration::from_millis(10), Duration::from_millis(200))).await;
        }
    }
}

fn until(error: &FetchError) -> Option<chrono::DateTime<Utc>> {
    match error {
        FetchError::HostPaused { until, .. } | FetchError::BreakerOpen { until, .. } => Some(*until),
        FetchError::RobotsUnavailable { retry_at, .. } => Some(*retry_at),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_server_meets_patience_and_limits_for_long() {
    let requests = std::env::var("OBSERVATORY_SOAK").map_or(REQUESTS, |requests| requests.parse().unwrap());
    let server = Server::start();
    let origins: Vec<(String, String)> = server.origins.clone();
    println!("{origins:?}");
    let server = Arc::new(Mutex::new(server));
    let fetcher = Fetcher::new(options(&origins)).unwrap();
    let seen = Arc::new(Watch::default());
    let started = Instant::now();
    let deadline = Duration::from_secs(60) + Duration::from_millis(20) * requests as u32;
    // A thread of its own: where an assertion fails, nothing waits for it.
    let watching = std::thread::spawn({
        let (server, fetcher, seen) = (server.clone(), fetcher.clone(), seen.clone());
        move || {
            while seen.served.load(SeqCst) < requests && started.elapsed() < deadline {
                watch(&server, &fetcher, &seen, requests / 4);
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });

    // Half of the requests by crawls: six hosts give something, two are to be left alone.
    let max_jobs = requests / 2 / 6;
    let cancelled = CancellationToken::new();
    let (mut crawls, mut left_alone) = (Vec::new(), Vec::new());
    for (behaviour, origin) in &origins {
        let crawl = tokio::spawn(crawl(fetcher.clone(), origin.clone(), max_jobs, cancelled.clone()));
        let gives = !["Silent", "RobotsUnavailable"].contains(&behaviour.as_str());
        if gives { &mut crawls } else { &mut left_alone }.push((behaviour, crawl));
    }
    for (behaviour, crawl) in crawls {
        let (ended, reasons) = timeout(deadline, crawl).await.expect("a crawl hangs").unwrap();
        let counts = ended.unwrap_or_else(|error| panic!("{behaviour}: {error}, {reasons:?}"));
        println!("crawl {behaviour}: {reasons:?}");
        assert_eq!((counts.details, counts.pending()), (max_jobs, 0), "{behaviour}: {counts:?}");
        assert!(counts.listings <= max_jobs / 20 + 5, "{behaviour}: {counts:?}");
        assert!(counts.stored > max_jobs / 2, "{behaviour}: {counts:?}");
    }
    cancelled.cancel();
    for (behaviour, crawl) in left_alone {
        let (ended, reasons) = timeout(Duration::from_secs(1), crawl).await.expect("cancelling takes long").unwrap();
        assert!(matches!(ended, Err(CrawlError::Cancelled)), "{behaviour}: {ended:?}");
        assert!(reasons.is_empty(), "{behaviour}: {reasons:?}");
    }
    let crawled = (seen.served.load(SeqCst), started.elapsed());

    // The other half by callers, all traps alike.
    let (calls, stop) = (Arc::new(Calls::default()), Arc::new(AtomicBool::new(false)));
    let urls = Arc::new(origins.iter().map(|(_, origin)| origin.clone()).collect::<Vec<_>>());
    let mut callers = Vec::new();
    for at in 0..urls.len() {
        let next = Arc::new(AtomicUsize::new(0));
        for _ in 0..CALLERS {
            let (fetcher, urls, next) = (fetcher.clone(), urls.clone(), next.clone());
            callers.push(tokio::spawn(call(fetcher, urls, at, next, calls.clone(), stop.clone())));
        }
    }
    tokio::task::spawn_blocking(|| watching.join().unwrap()).await.unwrap();
    stop.store(true, SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    watch(&server, &fetcher, &seen, 0);
    report(&seen, &calls, &fetcher, crawled, started.elapsed());

    assert!(seen.served.load(SeqCst) >= requests, "not through after {deadline:?}: {seen:?}");
    assert_eq!(*seen.violations.lock().unwrap(), Vec::<String>::new());
    assert_eq!(*calls.unexpected.lock().unwrap(), Vec::<String>::new());
    assert!(calls.longest.lock().unwrap().0 < LONGEST_CALL);
    let grown = seen.most.load(SeqCst).saturating_sub(seen.warm.load(SeqCst));
    assert!(grown < MOST_GROWTH, "memory grew by {grown} bytes");
    assert!(seen.files.load(SeqCst) < MOST_FILES && seen.hosts.load(SeqCst) < MOST_HOSTS, "{seen:?}");
}

fn report(seen: &Watch, calls: &Calls, fetcher: &Fetcher, crawled: (u64, Duration), took: Duration) {
    let mib = |bytes: &AtomicU64| bytes.load(SeqCst) >> 20;
    println!(
        "{} requests in {took:.1?}, of those {} by crawls in {:.1?}",
        seen.served.load(SeqCst),
        crawled.0,
        crawled.1
    );
    println!("violations: {}", seen.violations.lock().unwrap().len());
    println!("memory: {} MiB when warm, {} MiB at most after", mib(&seen.warm), mib(&seen.most));
    println!("open files: {} at most, hosts: {}", seen.files.load(SeqCst), seen.hosts.load(SeqCst));
    println!("retries: {}", fetcher.counters().retries.load(SeqCst));
    let (longest, what) = &*calls.longest.lock().unwrap();
    println!("longest call: {longest:.2?} ({what})");
    for ((trap, kind), count) in &*calls.outcomes.lock().unwrap() {
        println!("{trap:16} {kind:20} {count}");
    }
}
