//! Whatever a URL looks like, nothing but the public internet and the allow-list is connected to.

#![allow(clippy::unwrap_used)]

mod fetch_server;

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use fetch_server::*;
use observatory_scraping::fetch::{FetchError, FetchOptions, Fetcher, Limits, PaceOptions, Resolve, address};
use tokio::net::TcpListener;

/// Counts connections to a port on both loopback addresses.
struct Canary {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Canary {
    async fn start() -> Self {
        let four = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = four.local_addr().unwrap().port();
        // Machines without IPv6 have one address less to guard.
        let six = TcpListener::bind(("::1", port)).await.ok();
        let connections = Arc::new(AtomicUsize::new(0));
        for listener in [Some(four), six].into_iter().flatten() {
            let connections = connections.clone();
            tokio::spawn(async move {
                while listener.accept().await.is_ok() {
                    connections.fetch_add(1, SeqCst);
                }
            });
        }
        Self { port, connections }
    }

    async fn count(&self) -> usize {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.connections.load(SeqCst)
    }
}

/// Answers each look-up with the next of its answers, the last one for ever.
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Resolve for Scripted {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(name.to_string());
        Ok(self.answers[(asked.len() - 1).min(self.answers.len() - 1)].clone())
    }
}

fn scripted(answers: &[&[&str]]) -> (Scripted, Arc<Mutex<Vec<String>>>) {
    let answers = answers.iter().map(|answer| answer.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    (Scripted { answers, asked: asked.clone() }, asked)
}

fn options() -> FetchOptions {
    FetchOptions {
        contact: "bot@example.org".into(),
        pace: PaceOptions::flat_out(),
        backoff_seconds: 0.01,
        breaker_failures: 1000,
        limits: Limits { connect_seconds: 0.5, ..Limits::default() },
        ..FetchOptions::default()
    }
}

/// The ways to write an IPv4 address that browsers, libraries or people know.
fn spellings(ip: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = ip.octets();
    let number = u32::from(ip);
    let three = u32::from(c) << 8 | u32::from(d);
    let two = u32::from(b) << 16 | three;
    let other_digits = |zero: u32| -> String {
        let digit = |c: char| c.to_digit(10).map_or(c, |digit| char::from_u32(zero + digit).unwrap());
        ip.to_string().chars().map(digit).collect()
    };
    let circled: String = ip
        .to_string()
        .chars()
        .map(|c| match c.to_digit(10) {
            Some(0) => '⓪',
            Some(digit) => char::from_u32(0x2460 + digit - 1).unwrap(),
            None => c,
        })
        .collect();
    vec![
        ip.to_string(),
        format!("{ip}."),
        format!("{number}"),
        format!("0x{number:x}"),
        format!("0X{number:08X}"),
        format!("0{number:o}"),
        format!("000{number:o}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("00{a:o}.000{b:o}.0000{c:o}.00{d:o}"),
        format!("0x{a:x}.{b}.0{c:o}.{d}"),
        format!("{a}.0x{b:x}.{c}.0{d:o}"),
        format!("{a}.{b}.{three}"),
        format!("{a}.{two}"),
        format!("0x{a:x}.{two}"),
        format!("{a}.0x{two:x}"),
        ip.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect(),
        ip.to_string().replace('.', "%2e"),
        other_digits(0xff10),
        other_digits(0x1d7ce),
        circled,
        ip.to_string().replace('.', "。"),
        ip.to_string().replace('.', "．"),
        ip.to_string().replace('.', "｡"),
    ]
}

const SPECIAL_V4: [[u8; 4]; 13] = [
    [127, 0, 0, 1],
    [127, 1, 2, 3],
    [0, 0, 0, 0],
    [10, 0, 0, 1],
    [172, 16, 5, 4],
    [192, 168, 1, 1],
    [169, 254, 169, 254],
    [100, 64, 0, 1],
    [198, 18, 0, 1],
    [192, 0, 0, 192],
    [224, 0, 0, 1],
    [240, 0, 0, 1],
    [255, 255, 255, 255],
];

const SPECIAL_V6: [&str; 50] = [
    "::1",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::0001",
    "0::1",
    "::",
    "0:0::0",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::FFFF:7F00:0001",
    "0:0:0:0:0:ffff:127.0.0.1",
    "0:0:0:0:0:ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:169.254.169.254",
    "::ffff:192.168.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::7f00:1",
    "::8.8.8.8",
    "::ffff:0:127.0.0.1",
    "::ffff:0:7f00:1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1:2::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",
    "2001::1",
    "2001:0:53aa:64c::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "100::1",
    "100:0:0:1::1",
    "fc00::1",
    "fd00:ec2::254",
    "fdff:ffff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff01::1",
    "ff02::1",
    "5f00::1",
    "2a00::5efe:7f00:1",
];

/// URLs with the port of the canary that must not be asked.
fn forms(port: u16) -> Vec<String> {
    let mut hosts: Vec<String> = SPECIAL_V4.iter().flat_map(|octets| spellings((*octets).into())).collect();
    hosts.extend(SPECIAL_V6.iter().map(|ip| format!("[{ip}]")));
    for host in [
        "127.1",
        "127.0.1",
        "127.000.000.001",
        "0",
        "0x0",
        "00",
        "0177.1",
        "0x7f.1",
        "0x7f000001.",
        "127.1.",
        "[::1%25lo]",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::1%lo]",
        "[v1.::1]",
        "[127.0.0.1]",
        "[::ffff:127.1]",
        "4294967296",
        "127.0.0.256",
        "256.0.0.1",
        "1.2.3.4.5",
        "0x100000000",
        "127.0.0.0x",
        "localhost",
        "LOCALHOST",
        "LocalHost.",
        "localhost%2e",
        "ｌｏｃａｌｈｏｓｔ",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "lo%63alhost",
        "local\u{ad}host",
        "loc\tal\nhost",
        "a.localhost",
        "www.localhost.",
        "router",
        "intranet",
        "db.internal",
        "metadata.google.internal",
        "printer.local",
        "nas.lan",
        "box.home.arpa",
        "x.onion",
        "a.test",
        "b.invalid",
        "c.example",
        "d.localdomain",
        "e.corp",
        ".",
        "..",
        "a..b",
        ".com.",
        "%00",
        "exa mple.com",
        "%6c%6f%63%61%6c%68%6f%73%74",
        "①②⑦.⓪.⓪.①",
        "１２７。１",
        "127｡1",
        "0x7f｡1",
    ] {
        hosts.push(host.to_string());
    }
    let mut forms: Vec<String> = hosts.iter().map(|host| format!("http://{host}:{port}/canary")).collect();
    forms.extend(hosts.iter().step_by(7).map(|host| format!("https://{host}:{port}/canary")));
    for form in [
        "http://user@example.com:{port}/",
        "http://user:password@example.com:{port}/",
        "http://:password@example.com:{port}/",
        "http://example.com@127.0.0.1:{port}/",
        "http://example.com:80@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}@example.com/",
        "http://example.com%40127.0.0.1:{port}/",
        "http://a:b@c@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}\\@example.com/",
        "http://127.0.0.1:{port}#@example.com/",
        "http://127.0.0.1:{port}?@example.com/",
        "http:\\\\127.0.0.1:{port}\\",
        "http:127.0.0.1:{port}/",
        "http:/127.0.0.1:{port}/",
        "http:////127.0.0.1:{port}/",
        "\thttp://127.0.0.1:{port}/",
        "ht\ntp://127.0.0.1:{port}/",
        "HTTP://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "127.0.0.1:{port}",
        "/etc/passwd",
        "",
        "http://",
        "http://:{port}/",
        "https:///",
        "file:///etc/passwd",
        "file://127.0.0.1/etc/passwd",
        "ftp://127.0.0.1:{port}/",
        "gopher://127.0.0.1:{port}/_x",
        "dict://127.0.0.1:{port}/x",
        "ldap://127.0.0.1:{port}/",
        "ws://127.0.0.1:{port}/",
        "wss://127.0.0.1:{port}/",
        "jar:http://127.0.0.1:{port}/!/",
        "data:text/html,x",
        "javascript:alert(1)",
        "view-source:http://127.0.0.1:{port}/",
        "blob:http://127.0.0.1:{port}/x",
        "about:blank",
        "unix:/run/docker.sock",
        "http+unix://%2Frun%2Fdocker.sock/",
        "tftp://127.0.0.1:{port}/x",
        "http2://127.0.0.1:{port}/",
        "http://example.com:22/",
        "http://example.com:25/",
        "http://example.com:6379/",
        "http://example.com:5432/",
        "http://example.com:0/",
        "http://example.com:11211/",
        "http://example.com:65536/",
        "http://8.8.8.8:6667/",
    ] {
        forms.push(form.replace("{port}", &port.to_string()));
    }
    let distinct: BTreeSet<_> = forms.iter().cloned().collect();
    distinct.into_iter().collect()
}

fn assert_forbidden(form: &str, result: Result<impl std::fmt::Debug, FetchError>) {
    match result {
        Err(FetchError::ForbiddenAddress { .. } | FetchError::ForbiddenUrl { .. }) => {}
        other => panic!("{form:?} gave {other:?}"),
    }
}

#[tokio::test]
async fn the_canary_notices_connections() {
    let canary = Canary::start().await;
    let host = format!("127.0.0.1:{}", canary.port);
    let options = FetchOptions {
        allow: vec![host.parse().unwrap()],
        retries: 0,
        limits: Limits { first_byte_seconds: 0.1, ..Limits::default() },
        ..options()
    };
    let fetcher = Fetcher::new(options).unwrap();
    fetch(&fetcher, &format!("http://{host}/")).await.unwrap_err();
    assert_eq!(canary.count().await, 1);
}

#[tokio::test]
async fn no_spelling_of_a_special_address_is_connected_to() {
    let canary = Canary::start().await;
    let forms = forms(canary.port);
    assert!(forms.len() >= 400, "{} forms", forms.len());
    // Names that slip through would be told to be the canary.
    let (resolver, asked) = scripted(&[&["127.0.0.1"]]);
    let fetcher = Fetcher::builder(options()).resolver(resolver).build().unwrap();
    for form in &forms {
        let result = match address::parse(form) {
            Ok(url) => fetch(&fetcher, url.as_str()).await,
            Err(error) => Err(error),
        };
        assert_forbidden(form, result);
    }
    assert_eq!(canary.count().await, 0);
    let asked = asked.lock().unwrap();
    assert!(asked.iter().all(|name| name.parse::<IpAddr>().is_err()), "{asked:?}");
}

#[tokio::test]
async fn no_redirect_leads_to_a_special_address() {
    let canary = Canary::start().await;
    // A relative form is a page of the portal itself.
    let base = address::parse("http://127.0.0.1:1/").unwrap();
    let relative = |form: &str| base.join(form).is_ok_and(|url| url.port() == Some(1));
    let forms: Vec<String> = forms(canary.port)
        .into_iter()
        .filter(|form| !form.is_empty() && !relative(form) && !form.contains(['\n', '\t', '\0']))
        .collect();
    assert!(forms.len() >= 300, "{} forms", forms.len());
    let targets = forms.clone();
    let portal = Server::start(move |seen| {
        let number: usize = seen.path.strip_prefix("/r/")?.parse().ok()?;
        Some(redirect(&targets[number]))
    })
    .await;
    let (resolver, _) = scripted(&[&["127.0.0.1"]]);
    let options = FetchOptions { allow: vec![portal.host().parse().unwrap()], ..options() };
    let fetcher = Fetcher::builder(options).resolver(resolver).build().unwrap();
    for (number, form) in forms.iter().enumerate() {
        assert_forbidden(form, fetch(&fetcher, &portal.url(&format!("/r/{number}"))).await);
    }
    assert_eq!(canary.count().await, 0);
    assert_eq!(portal.seen().len(), forms.len() + 1, "each was asked once, and robots.txt");
}

#[tokio::test]
async fn public_names_with_special_addresses_are_refused() {
    let canary = Canary::start().await;
    let mut answers: Vec<Vec<String>> = Vec::new();
    for octets in SPECIAL_V4 {
        answers.push(vec![Ipv4Addr::from(octets).to_string()]);
    }
    answers.extend(SPECIAL_V6.iter().map(|ip| vec![ip.to_string()]));
    // One bad address among good ones is enough, wherever it stands.
    for mixed in
        [["2d00::1", "127.0.0.1"], ["127.0.0.1", "2d00::1"], ["2d00::1", "::1"], ["2d00::1", "::ffff:127.0.0.1"]]
    {
        answers.push(mixed.map(String::from).to_vec());
    }
    for answer in &answers {
        let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
        let (resolver, asked) = scripted(&[&answer]);
        let fetcher = Fetcher::builder(options()).resolver(resolver).build().unwrap();
        for name in ["localtest.me", "127.0.0.1.nip.io", "jobs.example.com"] {
            let result = fetch(&fetcher, &format!("http://{name}:{}/", canary.port)).await;
            assert!(matches!(result, Err(FetchError::ForbiddenAddress { .. })), "{name} {answer:?}: {result:?}");
        }
        assert_eq!(asked.lock().unwrap().len(), 3, "one look-up each, without retries");
    }
    assert_eq!(canary.count().await, 0);
}

#[tokio::test]
async fn rebinding_finds_no_gap_between_check_and_connection() {
    let canary = Canary::start().await;
    // 2d00::/8 isn't given to anyone, so the first connection fails; a second look-up would lead to the canary.
    let (resolver, asked) = scripted(&[&["2d00::1"], &["127.0.0.1"]]);
    let fetcher = Fetcher::builder(options()).resolver(resolver).build().unwrap();
    let result = fetch(&fetcher, &format!("http://rebind.example.com:{}/", canary.port)).await;
    assert!(matches!(result, Err(FetchError::ForbiddenAddress { .. })), "{result:?}");
    assert_eq!(asked.lock().unwrap().len(), 2, "one look-up for each try");
    assert_eq!(canary.count().await, 0);
}

#[tokio::test]
async fn robots_txt_is_no_way_round_the_checks() {
    let canary = Canary::start().await;
    let target = format!("http://127.0.0.1:{}/robots.txt", canary.port);
    let portal =
        Server::start(move |seen| Some(if seen.path == "/robots.txt" { redirect(&target) } else { html("x") })).await;
    let options = FetchOptions { allow: vec![portal.host().parse().unwrap()], ..options() };
    let fetcher = Fetcher::new(options).unwrap();
    assert_eq!(outcome(&fetcher, &portal.url("/page")).await, "robots_unavailable");
    assert_eq!((canary.count().await, portal.paths()), (0, vec!["/robots.txt".to_string()]));
}

#[tokio::test]
async fn public_hosts_are_not_asked_without_a_contact() {
    let (resolver, asked) = scripted(&[&["2d00::1"]]);
    let fetcher = Fetcher::builder(FetchOptions::default()).resolver(resolver).build().unwrap();
    assert_eq!(outcome(&fetcher, "https://jobs.example.com/").await, "no_contact");
    assert!(asked.lock().unwrap().is_empty());
}
