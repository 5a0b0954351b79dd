//! Which portal serves which ad, in what order, and under which number.
//!
//! An ad stands on exactly one shelf: a portal's structure in one country. In
//! synthetic mode each shelf holds any number of ads, every one computed from its
//! position, so that memory doesn't grow with them.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};

use crate::{ads::Ad, text};

/// Days over which synthetic ads are spread.
const SYNTHETIC_DAYS: u64 = 60;
/// Shortest line, in bytes, that synthetic descriptions are made of.
const SENTENCE: usize = 80;

/// Whose page structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Board {
    /// HTML listing and details, any country.
    Computrabajo,
    /// HTML listing and details with JSON-LD, Colombia.
    Elempleo,
    /// JSON API, Argentina and Mexico.
    Bumeran,
}

/// Where an ad stands.
fn place(ad: &Ad) -> (Board, &str) {
    match (ad.portal.as_str(), ad.country.as_str()) {
        ("elempleo" | "getonbrd", "CO") => (Board::Elempleo, "CO"),
        ("bumeran" | "zonajobs" | "getonbrd", country @ ("AR" | "MX")) => (Board::Bumeran, country),
        (_, country) => (Board::Computrabajo, country),
    }
}

/// The ads of one portal in one country, newest first.
#[derive(Debug)]
pub struct Shelf {
    /// The structure.
    pub board: Board,
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: String,
    /// Position among the shelves; part of its ads' numbers.
    pub number: u64,
    /// How many ads it serves.
    pub len: u64,
    ads: Vec<Ad>,
}

/// All ads.
#[derive(Debug)]
pub struct Catalogue {
    shelves: Vec<Shelf>,
    synthetic: bool,
    seed: u64,
    /// The day that the newest synthetic ad bears.
    today: NaiveDate,
    /// Lines long enough for synthetic descriptions: shelf, ad, line.
    sentences: Vec<(usize, usize, usize)>,
}

/// What a listing was asked for.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Folded words; empty means all.
    pub words: String,
    /// Folded words of the place; empty means all.
    pub place: String,
    /// Oldest day.
    pub since: Option<NaiveDate>,
}

/// The ads that a query found, by rank.
#[derive(Debug)]
pub struct Hits {
    /// How many.
    pub len: u64,
    bases: Vec<u64>,
    all: u64,
}

impl Hits {
    /// The position on the shelf of the ad at `rank`.
    fn position(&self, rank: u64) -> u64 {
        let found = self.bases.len() as u64;
        rank / found * self.all + self.bases[(rank % found) as usize]
    }
}

impl Catalogue {
    /// Puts ads on their shelves; with `synthetic`, each shelf serves that many made of them.
    pub fn new(ads: Vec<Ad>, synthetic: Option<u64>, seed: u64, today: NaiveDate) -> Self {
        let mut shelves: Vec<Shelf> = Vec::new();
        for ad in ads {
            let (board, country) = place(&ad);
            match shelves.iter_mut().find(|shelf| shelf.board == board && shelf.country == country) {
                Some(shelf) => shelf.ads.push(ad),
                None => shelves.push(Shelf { board, country: country.to_owned(), number: 0, len: 0, ads: vec![ad] }),
            }
        }
        shelves.sort_by(|a, b| (a.board, &a.country).cmp(&(b.board, &b.country)));
        for (number, shelf) in shelves.iter_mut().enumerate() {
            shelf.ads.sort_by_key(|ad| std::cmp::Reverse(ad.posted));
            shelf.number = number as u64;
            shelf.len = synthetic.unwrap_or(shelf.ads.len() as u64);
        }
        let mut sentences = Vec::new();
        for (s, shelf) in shelves.iter().enumerate() {
            for (a, ad) in shelf.ads.iter().enumerate() {
                let long = |(i, line): (usize, &String)| (line.len() >= SENTENCE).then_some((s, a, i));
                sentences.extend(ad.lines.iter().enumerate().filter_map(long));
            }
        }
        Self { shelves, synthetic: synthetic.is_some(), seed, today, sentences }
    }

    /// All shelves.
    pub fn shelves(&self) -> &[Shelf] {
        &self.shelves
    }

    /// The shelf of a portal in a country.
    pub fn shelf(&self, board: Board, country: &str) -> Option<&Shelf> {
        self.shelves.iter().find(|shelf| shelf.board == board && shelf.country.eq_ignore_ascii_case(country))
    }

    /// The day that an ad bears.
    fn posted(&self, shelf: &Shelf, position: u64) -> NaiveDate {
        if self.synthetic {
            let age = Days::new(position * SYNTHETIC_DAYS / shelf.len.max(1));
            return self.today.checked_sub_days(age).unwrap_or(self.today);
        }
        shelf.ads[position as usize].posted
    }

    /// Finds ads; the newest has rank 0.
    pub fn search(&self, shelf: &Shelf, query: &Query) -> Hits {
        let fits = |ad: &Ad| {
            let words = if self.synthetic { &ad.lead_words } else { &ad.words };
            text::matches(words, &query.words) && text::matches(&ad.place_words, &query.place)
        };
        let ads = shelf.ads.iter().enumerate();
        let bases: Vec<u64> = ads.filter(|(_, ad)| fits(ad)).map(|(i, _)| i as u64).collect();
        let mut hits = Hits { len: 0, all: shelf.ads.len() as u64, bases };
        let rounds = shelf.len / hits.all;
        let rest = shelf.len % hits.all;
        hits.len = rounds * hits.bases.len() as u64 + hits.bases.iter().filter(|base| **base < rest).count() as u64;
        if let Some(since) = query.since {
            hits.len = newer(hits.len, |rank| self.posted(shelf, hits.position(rank)) >= since);
        }
        hits
    }

    /// The ads of the ranks `from..from + n`.
    pub fn page<'a>(&'a self, shelf: &'a Shelf, hits: &'a Hits, from: u64, n: u64) -> impl Iterator<Item = View<'a>> {
        let ranks = from.min(hits.len)..from.saturating_add(n).min(hits.len);
        ranks.filter_map(|rank| self.view(shelf, hits.position(rank)))
    }

    /// The ad at a position of a shelf.
    pub fn view<'a>(&'a self, shelf: &'a Shelf, position: u64) -> Option<View<'a>> {
        if position >= shelf.len {
            return None;
        }
        let ad = &shelf.ads[(position % shelf.ads.len() as u64) as usize];
        let mut view = View {
            shelf,
            position,
            ad,
            title: Cow::Borrowed(&ad.title),
            company: &ad.company,
            posted: self.posted(shelf, position),
            made_of: None,
        };
        if self.synthetic {
            let random = Random(mix(self.seed ^ (shelf.number << 40 | position)));
            view.title = Cow::Owned(format!("{} - Ref. {}", ad.title, position + 1));
            let (s, a, _) = self.sentences[random.pick(0, self.sentences.len())];
            view.company = &self.shelves[s].ads[a].company;
            view.made_of = Some((self, random));
        }
        Some(view)
    }
}

/// How many of `0..len` fit, where those that fit stand first.
fn newer(len: u64, fits: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if fits(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

/// An ad as its pages show it.
#[derive(Debug)]
pub struct View<'a> {
    /// Where it stands.
    pub shelf: &'a Shelf,
    /// Its position there.
    pub position: u64,
    /// The sample ad, or what a synthetic one is made from.
    pub ad: &'a Ad,
    /// Title.
    pub title: Cow<'a, str>,
    /// Employer.
    pub company: &'a str,
    /// Day of posting.
    pub posted: NaiveDate,
    made_of: Option<(&'a Catalogue, Random)>,
}

impl View<'_> {
    /// The description's lines, ready to stand in HTML.
    pub fn lines(&self) -> Vec<&str> {
        let Some((catalogue, random)) = self.made_of else {
            return self.ad.lines.iter().map(String::as_str).collect();
        };
        let sentences = &catalogue.sentences;
        let n = 6 + random.pick(1, 8);
        let sentence = |i| {
            let (shelf, ad, line) = sentences[random.pick(i, sentences.len())];
            catalogue.shelves[shelf].ads[ad].lines[line].as_str()
        };
        self.ad.lines.first().map(String::as_str).into_iter().chain((2..2 + n).map(|i| sentence(i as u64))).collect()
    }

    /// The description as posted, as HTML, and after it the requirements.
    pub fn markup(&self) -> String {
        let mut out = String::new();
        let mut add = |posted: &str, lines: &[&str]| {
            if text::is_markup(posted) {
                out.push_str(posted);
            } else {
                lines.iter().for_each(|line| out.extend(["<p>", line, "</p>"]));
            }
        };
        add(if self.made_of.is_some() { "" } else { &self.ad.description }, &self.lines());
        let requirements: Vec<_> = self.ad.requirement_lines.iter().map(String::as_str).collect();
        add(&self.ad.requirements, &requirements);
        out
    }

    /// A number below `n` that belongs to this ad.
    pub fn pick(&self, n: u64) -> u64 {
        mix(self.shelf.number << 40 | self.position) % n
    }
}

/// Numbers that follow from a seed alone.
#[derive(Debug, Clone, Copy)]
struct Random(u64);

impl Random {
    fn pick(self, i: u64, n: usize) -> usize {
        (mix(self.0 ^ mix(i)) % n as u64) as usize
    }
}

/// SplitMix64's output function (Steele, Lea, Flood 2014).
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ads;

    fn day() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 23).unwrap()
    }

    #[test]
    fn every_ad_stands_on_exactly_one_shelf() {
        let catalogue = Catalogue::new(ads::read(None).unwrap(), None, 0, day());
        let lens: Vec<_> = catalogue.shelves.iter().map(|s| (s.board, s.country.as_str(), s.len)).collect();
        let expected = [
            (Board::Computrabajo, "AR", 21),
            (Board::Computrabajo, "CO", 36),
            (Board::Computrabajo, "MX", 47),
            (Board::Elempleo, "CO", 27),
            (Board::Bumeran, "AR", 32),
            (Board::Bumeran, "MX", 11),
        ];
        assert_eq!(lens, expected);
    }

    #[test]
    fn synthetic_ads_are_all_different_and_match_the_query_that_found_them() {
        let catalogue = Catalogue::new(ads::read(None).unwrap(), Some(3_000), 7, day());
        let shelf = catalogue.shelf(Board::Computrabajo, "mx").unwrap();
        let texts: HashSet<_> = (0..3_000).map(|i| catalogue.view(shelf, i).unwrap().markup()).collect();
        assert_eq!(texts.len(), 3_000);
        let query = Query { words: "python".into(), ..Query::default() };
        let hits = catalogue.search(shelf, &query);
        let found: Vec<_> = catalogue.page(shelf, &hits, 0, u64::MAX).collect();
        assert_eq!(found.len() as u64, hits.len);
        assert!(hits.len > 0 && hits.len < 3_000);
        let says = |view: &View<'_>| text::fold(&format!("{} {}", view.title, view.markup())).contains(" python");
        assert!(found.iter().all(says));
        let positions: HashSet<_> = found.iter().map(|view| view.position).collect();
        assert_eq!(positions.len(), found.len());
    }

    #[test]
    fn the_newest_come_first_and_old_ones_can_be_left_out() {
        for synthetic in [None, Some(1_000)] {
            let catalogue = Catalogue::new(ads::read(None).unwrap(), synthetic, 7, day());
            let shelf = catalogue.shelf(Board::Computrabajo, "CO").unwrap();
            let all = catalogue.search(shelf, &Query::default());
            let days: Vec<_> = catalogue.page(shelf, &all, 0, u64::MAX).map(|view| view.posted).collect();
            assert_eq!(days.len() as u64, shelf.len);
            assert!(days.is_sorted_by(|a, b| a >= b));
            let since = day() - Days::new(15);
            let recent = catalogue.search(shelf, &Query { since: Some(since), ..Query::default() });
            assert_eq!(recent.len as usize, days.iter().filter(|day| **day >= since).count());
        }
    }
}
