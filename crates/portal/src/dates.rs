//! Dates as portals write them, and the clock that they go by.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// Now, in the time of Bogotá and Mexico City's winter (UTC-5); noon of `day` where that is set.
pub fn now(day: Option<NaiveDate>) -> NaiveDateTime {
    match day {
        Some(day) => day.and_time(NaiveTime::MIN) + TimeDelta::hours(12),
        None => Utc::now().naive_utc() - TimeDelta::hours(5),
    }
}

/// As a listing says it: `Hace  3  horas`, `Ayer`, `Hace  2  días`, `Hace más de 30 días`.
pub fn on_card(posted: NaiveDate, now: NaiveDateTime, pick: u64) -> String {
    match (now.date() - posted).num_days() {
        ..=0 if now.hour() < 2 => "Hace  10  minutos".to_owned(),
        ..=0 => match 1 + pick % u64::from(now.hour()) {
            1 => "Hace  1  hora".to_owned(),
            hours => format!("Hace  {hours}  horas"),
        },
        1 => "Ayer".to_owned(),
        days @ 2..=30 => format!("Hace  {days}  días"),
        _ => "Hace más de 30 días".to_owned(),
    }
}

/// As a detail page says it: like the listing, but after 30 days the day itself.
pub fn on_detail(posted: NaiveDate, now: NaiveDateTime, pick: u64) -> String {
    if (now.date() - posted).num_days() > 30 { in_words(posted) } else { on_card(posted, now, pick) }
}

/// `12 de septiembre de 2026`.
pub fn in_words(day: NaiveDate) -> String {
    format!("{} de {} de {}", day.day(), MONTHS[day.month0() as usize], day.year())
}

/// `12 Sep 2026`.
pub fn short(day: NaiveDate) -> String {
    let month = MONTHS[day.month0() as usize];
    format!("{} {}{} {}", day.day(), month[..1].to_uppercase(), &month[1..3], day.year())
}

/// The day `days` before.
pub fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(day)
}

/// For HTTP headers: `Sat, 12 Sep 2026 05:00:00 GMT`, the day's beginning.
pub fn http_day(day: NaiveDate) -> String {
    http(day.and_time(NaiveTime::MIN) + TimeDelta::hours(5))
}

/// A time in UTC for HTTP headers.
pub fn http(time: NaiveDateTime) -> String {
    time.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads what [`http`] writes.
pub fn parse_http(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_words_follow_the_age() {
        let now = now(Some(day("2026-11-23")));
        let card = |posted| on_card(day(posted), now, 2);
        assert_eq!(card("2026-11-23"), "Hace  3  horas");
        assert_eq!(card("2026-11-22"), "Ayer");
        assert_eq!(card("2026-11-21"), "Hace  2  días");
        assert_eq!(card("2026-10-24"), "Hace  30  días");
        assert_eq!(card("2026-10-23"), "Hace más de 30 días");
        assert_eq!(on_detail(day("2026-10-23"), now, 0), "23 de octubre de 2026");
        assert_eq!(short(day("2026-09-02")), "2 Sep 2026");
    }

    #[test]
    fn http_dates_are_read_back() {
        let text = http_day(day("2026-09-12"));
        assert_eq!(text, "Sat, 12 Sep 2026 05:00:00 GMT");
        assert_eq!(http(parse_http(&text).unwrap()), text);
    }
}
