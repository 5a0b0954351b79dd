//! How ads use each concept: how many name it, and how often in a list of skills, announced like one, or in
//! the parts of an ad that ask. Counted over ads without labels, it tells a concept that ads ask for
//! ("Docker") from one that they mention ("software development"), and is part of a finding's confidence.
//!
//! The counts stand in `usage.tsv`; `observatory taxonomy usage` makes it.

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use rustc_hash::FxHashMap;

use crate::context::Listed;
use crate::extract::{Extractor, combine};
use crate::sections::Section;

/// How ads use a concept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Ads that name it.
    pub ads: u32,
    /// Mentions.
    pub mentions: u32,
    /// Mentions in a list of skills.
    pub listed: u32,
    /// Mentions that words such as "experiencia en" announce.
    pub announced: u32,
    /// Mentions where an ad says what it requires or wishes.
    pub asked: u32,
}

impl Usage {
    /// Share of `part` in all mentions, pulled towards 0 where there are few.
    fn share(&self, part: u32) -> f32 {
        part as f32 / (self.mentions as f32 + 2.0)
    }

    /// As numbers for a model: ln(1 + ads), and the shares listed, announced and asked.
    pub fn features(&self) -> [f32; 4] {
        let ads = (1.0 + self.ads as f32).ln();
        [ads, self.share(self.listed), self.share(self.announced), self.share(self.asked)]
    }
}

static EMBEDDED: LazyLock<FxHashMap<&'static str, Usage>> =
    LazyLock::new(|| include_str!("usage.tsv").lines().filter_map(parse).collect());

fn parse(line: &'static str) -> Option<(&'static str, Usage)> {
    let mut cells = line.split('\t');
    let uri = cells.next()?;
    let mut number = || cells.next()?.parse().ok();
    let usage =
        Usage { ads: number()?, mentions: number()?, listed: number()?, announced: number()?, asked: number()? };
    Some((uri, usage))
}

/// The shipped counts of a concept, by its URI; zero where no ad named it.
pub fn of(concept_uri: &str) -> Usage {
    EMBEDDED.get(concept_uri).copied().unwrap_or_default()
}

/// Counts usage over ads.
#[derive(Default)]
pub struct Counter {
    counts: FxHashMap<Arc<str>, (Usage, u32)>,
    ads: u32,
}

impl Counter {
    /// Adds an ad.
    pub fn add(&mut self, extractor: &Extractor, title: &str, text: &str) {
        self.ads += 1;
        let (text, title_len) = combine(title, text);
        let skills = extractor.extract(&text, title_len).skills;
        for skill in skills.iter().filter(|skill| skill.implied_by.is_none()) {
            let (usage, last) = self.counts.entry(Arc::clone(&skill.concept_uri)).or_default();
            if *last != self.ads {
                (*last, usage.ads) = (self.ads, usage.ads + 1);
            }
            usage.mentions += 1;
            usage.listed += u32::from(skill.evidence.listed == Listed::WithCertain);
            usage.announced += u32::from(skill.evidence.announced);
            usage.asked += u32::from(matches!(skill.section, Section::Requirements | Section::Desirable));
        }
    }

    /// The counts as a file, most used first.
    pub fn to_tsv(&self) -> String {
        let mut rows: Vec<_> = self.counts.iter().map(|(uri, (usage, _))| (uri, usage)).collect();
        rows.sort_unstable_by_key(|(uri, usage)| (std::cmp::Reverse(usage.ads), Arc::clone(uri)));
        let mut tsv =
            format!("# Mentions of concepts in {} ads: uri, ads, mentions, listed, announced, asked.\n", self.ads);
        for (uri, u) in rows {
            let _ = writeln!(tsv, "{uri}\t{}\t{}\t{}\t{}\t{}", u.ads, u.mentions, u.listed, u.announced, u.asked);
        }
        tsv
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_counts_are_read() {
        let python = of("urn:observatory:skill:python");
        assert!(python.ads > 100 && python.mentions >= python.ads && python.listed <= python.mentions);
        assert_eq!(of("urn:observatory:skill:none"), Usage::default());
    }

    #[test]
    fn few_mentions_say_little() {
        let few = Usage { ads: 1, mentions: 1, listed: 1, ..Usage::default() };
        assert!(few.features()[1] < 0.5);
    }
}
