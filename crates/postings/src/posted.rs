//! Days as portals write them: `2025-08-12`, `Hace 2 días`, `Publicado: 12 Ago 2025`.

mod calendar;
mod relative;
mod words;

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, Offset, Utc};
use serde::Serialize;

use calendar::YearDay;

/// Longest text that is looked at, in bytes: a longer one is no date.
const MOST: usize = 120;

/// A day of posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day, in the country's time.
    pub day: NaiveDate,
    /// Whether the text names this very day. False for a bound ("30+ días"), a rounded span ("hace 2
    /// meses") and the day of an update ("actualizada ayer").
    pub exact: bool,
}

impl Day {
    fn exact(day: NaiveDate) -> Self {
        Self { day, exact: true }
    }
}

/// The day in a date such as `2025-06-05`, `2025-06-05 12:04:22`, `2025-06-05T12:04:22Z`,
/// `05-06-2025` or `05/06/2025` (day first, as in Latin America). A time behind
/// it is ignored. None where it is no day between 1970 and 2100.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let day = text.split(['T', ' ']).next()?;
    let numbers: Vec<_> = day.split(['-', '/']).collect();
    let [first, month, last] = numbers[..] else { return None };
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    let (year, month, day) = match (first.len(), last.len()) {
        (4, 1..=2) => (number(first)?, number(month)?, number(last)?),
        (1..=2, 4) => (number(last)?, number(month)?, number(first)?),
        _ => return None,
    };
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (1970..=2100).contains(&day.year()).then_some(day)
}

/// The day that a portal's text means where it was seen at `seen`, in the time of a country
/// (ISO 3166-1 alpha-2): relative or written out, in Spanish, English or Portuguese, or
/// seconds or milliseconds since 1970. Of a time stamp, the day as written counts. A day
/// without a year is the latest such day. None where it is no day, before 2000, or more than
/// two days ahead.
pub fn parse(text: &str, seen: DateTime<Utc>, country: &str) -> Option<Day> {
    let seen = seen.with_timezone(&offset(country));
    let day = match written(text, country) {
        Some(YearDay { year: Some(year), month, day }) => Day::exact(NaiveDate::from_ymd_opt(year, month, day)?),
        Some(YearDay { year: None, month, day }) => Day::exact(latest(month, day, seen.date_naive())?),
        None if text.len() > MOST => None?,
        None => relative::parse(&words::of(text), seen)?,
    };
    let last = seen.date_naive().checked_add_days(Days::new(2))?;
    (day.day.year() >= 2000 && day.day <= last).then_some(day)
}

/// The last day to apply: a day written out with its year, from 2000 to 2100.
pub fn parse_deadline(text: &str, country: &str) -> Option<NaiveDate> {
    let YearDay { year, month, day } = written(text, country)?;
    NaiveDate::from_ymd_opt(year?, month, day).filter(|day| (2000..=2100).contains(&day.year()))
}

/// A date that stands in the text.
fn written(text: &str, country: &str) -> Option<YearDay> {
    if text.len() > MOST {
        return None;
    }
    since_1970(text.trim(), country).or_else(|| calendar::parse(&words::of(text), country))
}

/// Seconds or milliseconds since 1970. Midnight in UTC stands for a day without a time.
fn since_1970(digits: &str, country: &str) -> Option<YearDay> {
    let number: i64 = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let seconds = match digits.len() {
        9..=10 => number,
        12..=13 => number / 1000,
        _ => return None,
    };
    let time = DateTime::from_timestamp(seconds, 0)?;
    let day = match seconds % 86_400 {
        0 => time.date_naive(),
        _ => time.with_timezone(&offset(country)).date_naive(),
    };
    Some(YearDay { year: Some(day.year()), month: day.month(), day: day.day() })
}

/// The latest such day that isn't ahead; the 29th of February may lie years back.
fn latest(month: u32, day: u32, today: NaiveDate) -> Option<NaiveDate> {
    let years = (0..=8).map(|back| today.year() - back);
    years.filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)).find(|day| *day <= today)
}

/// Standard time of a country's capital; UTC where it isn't listed. Summer time would move
/// only ads of one hour in the night.
fn offset(country: &str) -> FixedOffset {
    let hours = match country {
        "AR" | "BR" | "CL" | "PY" | "UY" => -3,
        "BO" | "DO" | "PR" | "VE" => -4,
        "CA" | "CO" | "CU" | "EC" | "PA" | "PE" | "US" => -5,
        "CR" | "GT" | "HN" | "MX" | "NI" | "SV" => -6,
        "AT" | "BE" | "CH" | "CZ" | "DE" | "DK" | "ES" | "FR" | "IT" | "NL" | "NO" | "PL" | "SE" => 1,
        "RO" => 2,
        _ => 0,
    };
    FixedOffset::east_opt(hours * 3600).unwrap_or_else(|| Utc.fix())
}

#[cfg(test)]
mod tests;
