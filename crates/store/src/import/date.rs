//! Days as portals write them.

use chrono::{Datelike, NaiveDate};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_portals_write_them() {
        let expected = NaiveDate::from_ymd_opt(2025, 6, 5);
        for text in [
            "2025-06-05",
            " 2025-06-05 12:04:22 ",
            "2025-06-05T12:04:22Z",
            "2025-06-05T12:04:22.123-05:00",
            "05-06-2025",
            "05/06/2025",
            "5/6/2025",
            "05-06-2025 10:00",
            "2025/06/05",
        ] {
            assert_eq!(parse_day(text), expected, "{text}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-31",
            "31-04-2025",
            "hoy",
            "2025-13-01",
            "2025-06",
            "0205-11-03",
            "05-06-25",
            "+025-06-05",
            "",
            "2025-06-05x",
        ] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }
}
