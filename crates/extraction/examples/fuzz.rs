//! Looks for texts that break extraction: takes ads apart and puts them together wrongly, for as long as it is
//! told, and checks what must hold for every text.
//!
//! ```sh
//! cargo run --release -p observatory-extraction --example fuzz -- --seconds 600 ads.jsonl...
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use observatory_extraction::extract::Extractor;
use observatory_extraction::invariants::{check, check_unmoved};
use observatory_extraction::matcher::Scratch;
use observatory_extraction::taxonomy::Taxonomy;

/// Longest text made, in bytes.
const LONGEST: usize = 20_000;

fn main() -> Result<()> {
    let mut seconds = 60;
    let mut texts: Vec<String> = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == "--seconds" {
            seconds = args.next().context("--seconds needs a number")?.parse()?;
            continue;
        }
        for line in BufReader::new(File::open(&arg).context(arg.clone())?).lines() {
            let ad: serde_json::Value = serde_json::from_str(&line?).context(arg.clone())?;
            texts.push(format!("{}\n{}", ad["title"].as_str().unwrap_or(""), ad["description"].as_str().unwrap_or("")));
        }
    }
    let extractor = Extractor::new(&Taxonomy::embedded()?, &[]);
    texts.push(extractor.label_texts().collect::<Vec<_>>().join(", "));
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut scratch = Scratch::default();
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut rounds = 0_u64;
    while Instant::now() < end {
        let text = mutated(&texts, &mut random);
        let title = random.below(text.len() + 2);
        if let Err(why) = check(&extractor, &text, title, &mut scratch) {
            bail!("round {rounds}: {why}\n{text:?}");
        }
        // A heading in what is cut out may rightly turn what follows into benefits; a plain sentence may not.
        if let Err(why) = check_unmoved(&extractor, &text, "Llueve poco en el valle durante el otoño.") {
            bail!("round {rounds}: {why}\n{text:?}");
        }
        rounds += 1;
    }
    println!("{{\"name\":\"fuzz\",\"seconds\":{seconds},\"texts\":{rounds},\"failures\":0}}");
    Ok(())
}

/// xorshift64*: the same texts every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 16) as usize % n.max(1)
    }
}

/// A text made of pieces of others, with characters swapped, doubled, dropped and put in.
fn mutated(texts: &[String], random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        text.push_str(piece(texts, random));
    }
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..random.below(40) {
        if chars.is_empty() {
            break;
        }
        let at = random.below(chars.len());
        match random.below(6) {
            0 => chars[at] = odd(random),
            1 => chars.insert(at, odd(random)),
            2 => drop(chars.remove(at)),
            3 => chars[at] = chars[at].to_uppercase().next().unwrap_or('X'),
            4 => chars.insert(at, chars[at]),
            _ => {
                let other = random.below(chars.len());
                chars.swap(at, other);
            }
        }
    }
    chars.into_iter().collect()
}

/// A piece of one of the texts, on character boundaries.
fn piece<'t>(texts: &'t [String], random: &mut Random) -> &'t str {
    let text = &texts[random.below(texts.len())];
    let start = text.floor_char_boundary(random.below(text.len()));
    let end = text.floor_char_boundary((start + random.below(LONGEST / 4)).min(text.len()));
    &text[start..end]
}

fn odd(random: &mut Random) -> char {
    const ODD: &[char] = &[
        '\0', '\n', '\t', ' ', '.', ',', '/', ':', '?', '(', ')', '-', '+', '#', '@', '&', '\'', '•', '…', '“', 'ñ',
        'é', '\u{301}', '\u{200B}', '\u{FEFF}', '\u{a0}', '🐍', '𝗦', 'ß', 'İ', '中', '١', '½', 'ﬁ', '\u{2028}',
        '\u{FFFD}',
    ];
    match random.below(3) {
        0 => char::from_u32((random.next() % 0x11_0000) as u32).unwrap_or('\u{FFFD}'),
        _ => ODD[random.below(ODD.len())],
    }
}
