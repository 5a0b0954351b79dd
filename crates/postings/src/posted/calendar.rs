//! Dates that are written out.

use super::words::Piece;

/// Months in Spanish, English and Portuguese, and how they are shortened.
const MONTHS: [&[&str]; 12] = [
    &["enero", "january", "janeiro", "ene", "jan"],
    &["febrero", "february", "fevereiro", "feb", "fev"],
    &["marzo", "march", "marco", "mar"],
    &["abril", "april", "abr", "apr"],
    &["mayo", "may", "maio", "mai"],
    &["junio", "june", "junho", "jun"],
    &["julio", "july", "julho", "jul"],
    &["agosto", "august", "ago", "aug"],
    &["septiembre", "setiembre", "september", "setembro", "sep", "sept", "set"],
    &["octubre", "october", "outubro", "oct", "out"],
    &["noviembre", "november", "novembro", "nov"],
    &["diciembre", "december", "dezembro", "dic", "dec", "dez"],
];

/// A day, perhaps of no certain year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearDay {
    /// Year, where it is written.
    pub year: Option<i32>,
    /// Month, from 1.
    pub month: u32,
    /// Day of the month, from 1.
    pub day: u32,
}

impl YearDay {
    fn new(year: Option<u32>, month: u32, day: u32) -> Option<Self> {
        let year = year.map(i32::try_from).transpose().ok()?;
        // A leap year stands for one that isn't known.
        chrono::NaiveDate::from_ymd_opt(year.unwrap_or(2000), month, day)?;
        Some(Self { year, month, day })
    }
}

/// The first date in the text, in numbers or with the month's name. `12/08` is the 12th of
/// August, but for the United States.
pub fn parse(pieces: &[Piece], country: &str) -> Option<YearDay> {
    compact(pieces).or_else(|| numeric(pieces, country)).or_else(|| named(pieces))
}

/// `20250812`, perhaps with a time.
fn compact(pieces: &[Piece]) -> Option<YearDay> {
    let (number, 8) = pieces.first()?.number()? else { return None };
    YearDay::new(Some(number / 10_000), number / 100 % 100, number % 100)
}

/// `2025-08-12`, `12/08/2025`, `12.08.25`.
fn numeric(pieces: &[Piece], country: &str) -> Option<YearDay> {
    pieces.windows(5).find_map(|window| {
        let [first, Piece::Sign(sign @ ('-' | '/' | '.')), second, Piece::Sign(same), third] = window else {
            return None;
        };
        let (first, second, third) = (first.number()?, second.number()?, third.number()?);
        if sign != same || second.1 > 2 {
            return None;
        }
        let (year, one, other) = match (first.1, third.1) {
            (4, 1..=2) => return YearDay::new(Some(first.0), second.0, third.0),
            (1..=2, 4) => (third.0, first.0, second.0),
            (1..=2, 2) => (2000 + third.0, first.0, second.0),
            _ => return None,
        };
        let day_first = YearDay::new(Some(year), other, one);
        let month_first = YearDay::new(Some(year), one, other);
        if country == "US" { month_first.or(day_first) } else { day_first.or(month_first) }
    })
}

/// `12 Ago 2025`, `3 de noviembre`, `3-nov-2025`, `Aug 12, 2025`, `noviembre 3 de 2025`.
fn named(pieces: &[Piece]) -> Option<YearDay> {
    let pieces: Vec<&Piece> = pieces.iter().filter(|piece| !filler(piece)).collect();
    let day = |place: usize| pieces.get(place)?.number().filter(|(_, digits)| *digits <= 2).map(|(day, _)| day);
    let year = |place: usize| pieces.get(place)?.number().filter(|(_, digits)| *digits == 4).map(|(year, _)| year);
    (0..pieces.len()).find_map(|place| {
        let month = month(pieces[place].word()?)?;
        let before = place.checked_sub(1).and_then(day);
        match (before, day(place + 1)) {
            (Some(before), _) => YearDay::new(year(place + 1), month, before),
            // Weekdays are shortened like months: "mar 3 nov".
            (None, Some(_)) if pieces.get(place + 2).and_then(|piece| month_of(piece)).is_some() => None,
            (None, Some(after)) => YearDay::new(year(place + 2), month, after),
            (None, None) => None,
        }
    })
}

/// What stands between the parts of a date: "3 de noviembre del 2025", "Aug 12th, 2025", "1º".
fn filler(piece: &Piece) -> bool {
    match piece {
        Piece::Word(word) => {
            ["de", "del", "do", "of", "st", "nd", "rd", "th", "ro", "er", "o", "º"].contains(&word.as_str())
        }
        Piece::Sign(sign) => ['.', ',', '-', '/', '°'].contains(sign),
        Piece::Number(_) => false,
    }
}

fn month_of(piece: &Piece) -> Option<u32> {
    piece.word().and_then(month)
}

fn month(word: &str) -> Option<u32> {
    (1..).zip(MONTHS).find(|(_, names)| names.contains(&word)).map(|(month, _)| month)
}
