//! The crawler beside Scrapy: the same pages of the local portal, the same fields.
//!
//! The portal runs in a process of its own. Both crawl it in turn, robots.txt obeyed, no delay, and write
//! JSON Lines; then their ads are compared. A long crawl of ours alone shows its memory on the way.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use observatory_bench::{beside, cpu_seconds, median, number, peer, python, report::Report, run_json};
use observatory_portal::{Options, Portal, descriptions};
use serde_json::Value;

const ADS: u64 = 5_000;
const LONG: u64 = 100_000;
const CONCURRENCY: usize = 16;
const REPEATS: usize = 3;
/// What both must have read alike.
const COMPARED: [&str; 4] = ["title", "company", "location", "salary"];
const LOCATION: usize = 2;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--portal", ads] => serve(ads.parse()?),
        _ => measure(),
    }
}

#[tokio::main]
async fn serve(ads: u64) -> Result<()> {
    let portal = Portal::start(Options { synthetic: Some(ads), ..Options::default() }).await?;
    println!("{}", portal.origin());
    std::future::pending().await
}

/// The portal's process; ends with this one.
struct Site {
    process: Child,
    origin: String,
    spider: PathBuf,
}

impl Site {
    fn start(ads: u64, folder: &Path) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.args(["--portal", &ads.to_string()]).stdout(Stdio::piped()).spawn()?;
        let mut origin = String::new();
        BufReader::new(process.stdout.take().context("no output")?).read_line(&mut origin)?;
        let spider = folder.join("spider.toml");
        let site = Self { process, origin: origin.trim().to_owned(), spider };
        ensure!(!site.origin.is_empty(), "the portal does not start");
        let [(_, computrabajo), ..] = descriptions(&site.origin);
        fs::write(&site.spider, format!("{computrabajo}\n[listing.paging]\nmax = 1000000\n"))?;
        Ok(site)
    }

    /// Runs a crawler; its figures, with the processor time of the portal meanwhile.
    fn crawled(&self, command: &mut Command) -> Result<Value> {
        let before = cpu_seconds(self.process.id());
        let mut figures = run_json(command)?.pop().context("a crawler prints nothing")?;
        figures["portal_cpu_seconds"] = (cpu_seconds(self.process.id()) - before).into();
        Ok(figures)
    }

    fn ours(&self, ads: u64, out: &Path) -> Result<Value> {
        let mut command = Command::new(beside("examples/crawl_bench")?);
        command.arg(&self.spider).args(["MX", &self.origin, &ads.to_string(), &CONCURRENCY.to_string()]).arg(out);
        let figures = self.crawled(&mut command)?;
        ensure!(figures["failed"] == 0 && figures["ads"] == ads, "ours did not get all {ads} ads: {figures}");
        Ok(figures)
    }

    fn scrapy(&self, ads: u64, out: &Path) -> Result<Value> {
        let mut command = Command::new(python()?);
        let start = format!("{}/mx/ofertas-de-trabajo/", self.origin);
        command.arg(peer("scrapy_peer.py")?).args([&start, &CONCURRENCY.to_string()]).arg(out);
        let figures = self.crawled(&mut command)?;
        ensure!(figures["errors"] == 0 && figures["ads"] == ads, "Scrapy did not get all {ads} ads: {figures}");
        Ok(figures)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (our_file, their_file) = (folder.path().join("ours.jsonl"), folder.path().join("scrapy.jsonl"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let site = Site::start(ADS, folder.path())?;
    for _ in 0..REPEATS {
        ours.push(site.ours(ADS, &our_file)?);
        theirs.push(site.scrapy(ADS, &their_file)?);
    }
    drop(site);
    same(&ads(&our_file)?, &ads(&their_file)?)?;
    let long = Site::start(LONG, folder.path())?.ours(LONG, &our_file)?;
    report(&ours, &theirs, &long)
}

/// The compared fields by address, white space normalised.
fn ads(file: &Path) -> Result<BTreeMap<String, [String; COMPARED.len()]>> {
    let text = fs::read_to_string(file)?;
    let words = |value: &Value| value.as_str().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines()
        .map(|line| {
            let ad: Value = serde_json::from_str(line)?;
            let mut fields = COMPARED.map(|field| words(&ad[field]));
            fields[LOCATION] = once_each(&fields[LOCATION]);
            Ok((words(&ad["url"]), fields))
        })
        .collect()
}

/// Ours takes the place from JSON-LD where there is one, and there `Puebla, Puebla` is one name.
fn once_each(place: &str) -> String {
    let mut parts: Vec<&str> = place.split(", ").collect();
    parts.dedup();
    parts.join(", ")
}

fn same<T: PartialEq + std::fmt::Debug>(ours: &BTreeMap<String, T>, theirs: &BTreeMap<String, T>) -> Result<()> {
    ensure!(ours.len() as u64 == ADS, "ours wrote {} different ads of {ADS}", ours.len());
    ensure!(ours.keys().eq(theirs.keys()), "the two found different ads");
    let other: Vec<_> = ours.iter().filter(|(url, ad)| theirs[*url] != **ad).collect();
    let first = other.first().map(|(url, ad)| format!("{url}: ours {ad:?}, theirs {:?}", theirs[*url]));
    ensure!(other.is_empty(), "{} ads were read differently; {}", other.len(), first.unwrap_or_default());
    Ok(())
}

fn report(ours: &[Value], theirs: &[Value], long: &Value) -> Result<()> {
    let of = |runs: &[Value], field: &str| median(&runs.iter().map(|run| number(run, field)).collect::<Vec<_>>());
    let pages = of(ours, "pages");
    ensure!(pages == of(theirs, "pages"), "the two fetched different numbers of pages");
    // Per page, in us.
    let each = |runs: &[Value], field: &str| of(runs, field) * 1e6 / pages;
    let row = |name: &str, figures: [f64; 2], digits: usize, ratio: f64| {
        let [our, their] = figures;
        [name.to_owned(), format!("{our:.digits$}"), format!("{their:.digits$}"), format!("{ratio:.1}x")]
    };
    let both = |field: &str| [of(ours, field), of(theirs, field)];
    let higher = |[our, their]: [f64; 2]| our / their;
    let lower = |[our, their]: [f64; 2]| their / our;
    let rate = both("pages_per_second");
    let cpu = [each(ours, "cpu_seconds"), each(theirs, "cpu_seconds")];
    let site = [each(ours, "portal_cpu_seconds"), each(theirs, "portal_cpu_seconds")];
    let core = cpu.map(|us| 1e6 / us);
    let (memory, total) = (both("rss_mb"), both("cpu_seconds"));

    let mut report = Report::new("Scrape, beside Scrapy");
    report.table(
        ["figure", "ours", "Scrapy", "ratio"],
        &[
            row("pages/s, on both cores", rate, 0, higher(rate)),
            row("pages per processor second of the crawler", core, 0, higher(core)),
            row("processor seconds of the crawler", total, 2, lower(total)),
            row("processor seconds of the portal", both("portal_cpu_seconds"), 2, lower(site)),
            row("peak memory MB", memory, 0, lower(memory)),
        ],
    );
    let spread = |runs: &[Value]| {
        let rates: Vec<String> = runs.iter().map(|run| format!("{:.0}", number(run, "pages_per_second"))).collect();
        rates.join(", ")
    };
    report.say(format!(
        "{ADS} ads and their {} listing pages of the local portal, in a process of its own on the same two cores; median of \
         {REPEATS} runs in turn (pages/s: ours {}; Scrapy {}). Both obey robots.txt, ask without delay with {CONCURRENCY} \
         requests at a time, take gzip, read ten fields of each ad and write JSON Lines; starting up does not count. The bench \
         fails unless both found the same ads with the same title, company, location (a town of its region's \
         name counts once) and salary. Ours runs on as many \
         threads as there are cores, with the spider `computrabajo`: its fallbacks, JSON-LD where a page has it, the check \
         whether the ad is gone, and throttle, breaker and address check on each request. Scrapy runs on one thread, as it \
         does, with one CSS selector a field.",
        pages as u64 - ADS,
        spread(ours),
        spread(theirs),
    ));
    report.table(
        ["ads read in one crawl", "resident MB"],
        &long["memory_mb"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|step| [10_000, 50_000, 100_000].contains(&step[0].as_u64().unwrap_or(0)))
            .map(|step| [step[0].to_string(), format!("{:.1}", step[1].as_f64().unwrap_or(0.0))])
            .collect::<Vec<_>>(),
    );
    report.say(format!(
        "One crawl of {LONG} ads ({} pages, {:.0} pages/s) with the frontier in memory. It keeps eight bytes for each page \
         that it has seen, in a hash table that doubles as it fills; pages themselves are gone once they are written.",
        long["pages"],
        number(long, "pages_per_second"),
    ));
    let share = |us: f64| us * 100.0 / (cpu[0] + site[0]);
    let reading = of(ours, "read_detail_us");
    report.say(format!(
        "Limit: the two cores. A page costs {:.0} us of them: {:.0} us ({:.0} %) in the portal and {:.0} us in the crawler. \
         Reading a fetched ad alone, on one thread, takes {reading:.0} us ({:.0} %); the rest, {:.0} us ({:.0} %), is fetching, \
         unpacking, listings and writing. An ad's page is {:.1} kB, {:.1} kB as sent.",
        cpu[0] + site[0],
        site[0],
        share(site[0]),
        cpu[0],
        share(reading),
        cpu[0] - reading,
        share(cpu[0] - reading),
        of(ours, "body_bytes") / pages / 1e3,
        of(ours, "wire_bytes") / pages / 1e3,
    ));
    report.finish()
}
