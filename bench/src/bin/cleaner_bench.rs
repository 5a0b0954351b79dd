//! The cleaner beside BeautifulSoup + langdetect, one core each, on the same ads.

use std::process::Command;

use anyhow::{Context, Result};
use observatory_bench::{beside, inputs, median, number, peer, python, report::Report, run_json};
use serde_json::Value;

const REPEATS: usize = 5;
/// Ads that the peer cleans, spread over all: it needs seconds for them.
const PEER_ADS: &str = "600";

fn main() -> Result<()> {
    let ads = inputs::ads()?;
    let mut peers = Vec::new();
    let mut ours = Vec::new();
    for round in 0..REPEATS {
        ours.extend(run_json(Command::new(beside("examples/clean_bench")?).args(["--rounds", "3"]).args(&ads.files))?);
        if round % 2 == 0 {
            let mut command = Command::new(python()?);
            peers.extend(run_json(command.arg(peer("clean_peer.py")?).args(["--limit", PEER_ADS]).args(&ads.files))?);
        }
    }
    let of = |runs: &[Value], field| median(&runs.iter().map(|run| number(run, field)).collect::<Vec<_>>());
    let row = |name: &str, field, digits: usize, higher: bool| {
        let (a, b) = (of(&ours, field), of(&peers, field));
        let ratio = if higher { a / b } else { b / a };
        [name.to_owned(), format!("{a:.digits$}"), format!("{b:.digits$}"), format!("{ratio:.1}x")]
    };
    let mut report = Report::new("Cleaner, beside BeautifulSoup + langdetect");
    report.table(
        ["figure", "ours", "peer", "ratio"],
        &[
            row("ads/s, one core", "ads_per_second", 0, true),
            row("MB/s, one core", "mb_per_second", 2, true),
            row("peak memory MB, ads included", "rss_mb", 0, false),
        ],
    );
    let first = ours.first().context("no run")?;
    report.say(format!(
        "{} {} ({PEER_ADS} of them for the peer, spread evenly), medians of {REPEATS} runs; outcomes {}. The peer parses with lxml and \
         detects the language, and has no spam rules, no signature of near-duplicates and no title.",
        ads.count, ads.source, first["outcomes"],
    ));
    report.say(format!(
        "Limit: a pass that only reads memory would take about 0.1 ns a byte; what is \
         left is real work per character (markup, words, n-grams of the language, shingles of the signature): \
         {:.1} ns a byte, about {:.0} us an ad. \
         Storing an ad costs more than cleaning it (see Pipeline).",
        1e3 / of(&ours, "mb_per_second"),
        1e6 / of(&ours, "ads_per_second"),
    ));
    report.finish()
}
