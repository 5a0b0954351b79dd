//! When a schedule fires: its cron expression in its time zone, and what becomes of missed times.

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// A missed time is made up for within a day, or within half of its period where that is longer.
pub const MAX_AGE: TimeDelta = TimeDelta::hours(24);

/// Why there are no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimesError {
    /// The cron expression is none.
    #[error(
        "{why}; five fields are needed: minute, hour, day of the month, month, day of the week, such as `0 3 * * MON-FRI`"
    )]
    Cron {
        /// What is wrong with it.
        why: String,
    },
    /// The time zone isn't known.
    #[error("there is no time zone {0:?}; an IANA name is needed, such as America/Bogota or UTC")]
    Zone(String),
}

/// The times of a cron expression in a time zone.
///
/// Where the zone's clock jumps forward, a time that doesn't exist is moved to the end of the jump.
/// Where it jumps back, a time that comes twice counts the first time only; but an expression whose
/// hour is `*` goes by elapsed time, and fires in both passes.
#[derive(Debug, Clone)]
pub struct Times {
    cron: Cron,
    zone: Tz,
    every_hour: bool,
}

impl Times {
    /// Reads both; an empty zone is UTC.
    ///
    /// # Errors
    /// [`TimesError`], also for an expression that never fires, such as the 30th of February.
    pub fn parse(cron: &str, zone: &str) -> Result<Self, TimesError> {
        let wrong = |why: String| TimesError::Cron { why };
        let name = if zone.is_empty() { "UTC" } else { zone };
        let zone = name.parse().map_err(|_| TimesError::Zone(name.to_string()))?;
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let fields = cron.split_whitespace().count();
        if fields != 5 && !cron.trim().starts_with('@') {
            return Err(wrong(format!("{cron:?} has {fields} fields")));
        }
        let parsed = parser.parse(cron).map_err(|error| wrong(format!("{cron:?} can't be read ({error})")))?;
        let every_hour = cron.split_whitespace().nth(1) == Some("*") || cron.trim().eq_ignore_ascii_case("@hourly");
        let times = Self { cron: parsed, zone, every_hour };
        match times.next(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(times),
            None => Err(wrong(format!("{cron:?} never fires"))),
        }
    }

    /// The first time after another; none beyond the calendar.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = after.with_timezone(&self.zone);
        if self.every_hour {
            return Some(self.cron.find_next_occurrence(&local, false).ok()?.with_timezone(&Utc));
        }
        // The expression is matched against the clock on the wall; only then does it become a moment.
        let mut wall = local.naive_local();
        loop {
            wall = self.cron.find_next_occurrence(&wall.and_utc(), false).ok()?.naive_utc();
            let moment = self.moment(wall)?;
            // In its second pass, a wall's time may belong to a moment that has been.
            if moment > after {
                return Some(moment);
            }
        }
    }

    /// The next times after one.
    pub fn upcoming(&self, after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
        std::iter::successors(self.next(after), |tick| self.next(*tick))
    }

    /// The last time in `(after, until]`.
    fn newest(&self, after: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // From the end: there may be very many since `after`.
        let mut back = MAX_AGE;
        loop {
            let from = after.max(until - back);
            let newest = self.upcoming(from).take_while(|tick| *tick <= until).last();
            if newest.is_some() || from == after {
                return newest;
            }
            back = back * 2;
        }
    }

    /// The first moment at which the clock on the wall shows this, or would have.
    fn moment(&self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        let mut shown = wall;
        // The longest jump ever was a day.
        for _ in 0..=24 * 60 {
            match self.zone.from_local_datetime(&shown) {
                LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => {
                    return Some(moment.with_timezone(&Utc));
                }
                LocalResult::None => shown = shown.checked_add_signed(TimeDelta::minutes(1))?,
            }
        }
        None
    }
}

/// What becomes of times that passed while nothing ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// One run makes up for all of them, if the newest is young enough.
    RunOnce,
    /// None.
    Skip,
}

/// What a schedule has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Nothing before this.
    Wait(Option<DateTime<Utc>>),
    /// Fire this one.
    Fire(DateTime<Utc>),
    /// This one and those before it were missed.
    Skip(DateTime<Utc>),
}

/// What to do now, where all up to `done` is dealt with. Later than `on_time`, a time counts as missed.
pub fn plan(times: &Times, done: DateTime<Utc>, now: DateTime<Utc>, missed: Missed, on_time: TimeDelta) -> Plan {
    let Some(first) = times.next(done).filter(|first| *first <= now) else { return Plan::Wait(times.next(done)) };
    if now - first <= on_time {
        return Plan::Fire(first);
    }
    let newest = times.newest(done, now).unwrap_or(first);
    let half_period = times.next(newest).map_or(TimeDelta::zero(), |next| (next - newest) / 2);
    let limit = match missed {
        Missed::RunOnce => half_period.max(MAX_AGE),
        Missed::Skip => on_time,
    };
    if now - newest <= limit { Plan::Fire(newest) } else { Plan::Skip(newest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect(text).with_timezone(&Utc)
    }

    /// The next times with their offsets, as the clock on the wall shows them.
    fn shown(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
        let times = Times::parse(cron, zone).expect(cron);
        let show = |tick: DateTime<Utc>| tick.with_timezone(&times.zone).format("%m-%d %H:%M%z").to_string();
        times.upcoming(at(after)).take(count).map(show).collect()
    }

    #[test]
    fn expressions_are_read_as_cron_does() {
        // 2026-06-01 is a Monday.
        for (cron, expected) in [
            ("0 */6 * * *", "06-01 06:00 06-01 12:00 06-01 18:00"),
            ("15,45 9-10 * * *", "06-01 09:15 06-01 09:45 06-01 10:15"),
            ("0 3 * * SUN", "06-07 03:00 06-14 03:00 06-21 03:00"),
            ("0 3 * * 7", "06-07 03:00 06-14 03:00 06-21 03:00"),
            ("0 0 1 jan,Jul *", "07-01 00:00 01-01 00:00 07-01 00:00"),
            ("0 12 13 * FRI", "06-05 12:00 06-12 12:00 06-13 12:00"),
            ("10-30/10 0 * * 2-4", "06-02 00:10 06-02 00:20 06-02 00:30"),
            ("@daily", "06-02 00:00 06-03 00:00 06-04 00:00"),
            ("@hourly", "06-01 01:00 06-01 02:00 06-01 03:00"),
            ("  0   0 29 2 * ", "02-29 00:00 02-29 00:00 02-29 00:00"),
        ] {
            let found = shown(cron, "", "2026-06-01T00:00:00Z", 3).join(" ").replace("+0000", "");
            assert_eq!(found, expected, "{cron}");
        }
    }

    #[test]
    fn a_time_zone_moves_them() {
        let found = shown("0 3 * * *", "America/Bogota", "2026-06-01T07:59:59Z", 2);
        assert_eq!(found, ["06-01 03:00-0500", "06-02 03:00-0500"]);
        let found = shown("30 9 * * *", "Asia/Kolkata", "2026-06-01T00:00:00Z", 1);
        assert_eq!(found, ["06-01 09:30+0530"]);
    }

    #[test]
    fn a_time_that_does_not_exist_is_moved_to_the_end_of_the_jump() {
        for (cron, zone, after, expected) in [
            // 02:00 to 03:00 on March 29th.
            ("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00Z", ["03-29 03:00+0200", "03-30 02:30+0200"]),
            ("30 2,14 * * *", "Europe/Madrid", "2026-03-28T14:00:00Z", ["03-29 03:00+0200", "03-29 14:30+0200"]),
            // Two such times and a real one at the same moment are one.
            ("0,30 2,3 * * *", "Europe/Madrid", "2026-03-29T00:59:00Z", ["03-29 03:00+0200", "03-29 03:30+0200"]),
            // Midnight to 01:00.
            ("0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", ["09-06 01:00-0300", "09-07 00:00-0300"]),
            ("0 */6 * * *", "America/Santiago", "2026-09-05T23:00:00Z", ["09-06 01:00-0300", "09-06 06:00-0300"]),
            // By elapsed time nothing is moved.
            ("30 * * * *", "Europe/Madrid", "2026-03-29T00:00:00Z", ["03-29 01:30+0100", "03-29 03:30+0200"]),
            // A whole day was left out.
            ("0 8 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00Z", ["12-31 00:00+1400", "12-30 08:00+1400"]),
        ] {
            assert_eq!(shown(cron, zone, after, 2), expected, "{cron} {zone}");
        }
    }

    #[test]
    fn a_time_that_comes_twice_fires_once() {
        let madrid = |cron: &str, after: &str, count| shown(cron, "Europe/Madrid", after, count);
        // 03:00 to 02:00 on October 25th, at 01:00 UTC.
        assert_eq!(madrid("30 2 * * *", "2026-10-24T12:00:00Z", 2), ["10-25 02:30+0200", "10-26 02:30+0100"]);
        assert_eq!(madrid("30 2,14 * * *", "2026-10-24T14:00:00Z", 2), ["10-25 02:30+0200", "10-25 14:30+0100"]);
        assert_eq!(madrid("30 2 * * *", "2026-10-25T01:10:00Z", 1), ["10-26 02:30+0100"], "asked in the second pass");
        let both = ["10-25 02:00+0200", "10-25 02:30+0200", "10-25 02:00+0100", "10-25 02:30+0100", "10-25 03:00+0100"];
        assert_eq!(madrid("*/30 * * * *", "2026-10-24T23:59:00Z", 5), both);
    }

    #[test]
    fn what_is_no_schedule_says_why() {
        for (cron, zone, word) in [
            ("", "", "0 fields"),
            ("* * * *", "", "4 fields"),
            ("0 0 3 * * *", "", "6 fields"),
            ("61 * * * *", "", "61 * * * *"),
            ("0 25 * * *", "", "can't be read"),
            ("0 3 * * FUNDAY", "", "can't be read"),
            ("0 3 * * * ; rm", "", "7 fields"),
            ("*/0 * * * *", "", "can't be read"),
            ("@fortnightly", "", "can't be read"),
            ("0 0 30 2 *", "", "never fires"),
            ("0 3 * * *", "Bogota", "\"Bogota\""),
            ("0 3 * * *", "-05:00", "America/Bogota"),
        ] {
            let error = Times::parse(cron, zone).expect_err(cron).to_string();
            assert!(error.contains(word) && error.contains("such as"), "{cron}: {error}");
        }
    }

    #[test]
    fn missed_times_follow_their_policy() {
        use Missed::{RunOnce, Skip};
        let fire = |tick| Plan::Fire(at(tick));
        let wait = |tick| Plan::Wait(Some(at(tick)));
        let skip = |tick| Plan::Skip(at(tick));
        for (cron, done, now, policy, expected) in [
            // Not due, due, a little late.
            ("0 3 * * *", "2026-06-01T03:00:00Z", "2026-06-01T12:00:00Z", RunOnce, wait("2026-06-02T03:00:00Z")),
            ("0 3 * * *", "2026-06-01T03:00:00Z", "2026-06-02T03:00:00Z", Skip, fire("2026-06-02T03:00:00Z")),
            ("0 3 * * *", "2026-06-01T03:00:00Z", "2026-06-02T03:01:00Z", Skip, fire("2026-06-02T03:00:00Z")),
            // Two within the tolerance are two.
            ("* * * * *", "2026-06-01T03:00:30Z", "2026-06-01T03:02:00Z", Skip, fire("2026-06-01T03:01:00Z")),
            // Hours late.
            ("0 3 * * *", "2026-06-01T03:00:00Z", "2026-06-02T23:00:00Z", Skip, skip("2026-06-02T03:00:00Z")),
            ("0 3 * * *", "2026-06-01T03:00:00Z", "2026-06-02T23:00:00Z", RunOnce, fire("2026-06-02T03:00:00Z")),
            // Many days late: one run for the newest.
            ("0 3 * * *", "2026-01-01T03:00:00Z", "2026-06-02T23:00:00Z", RunOnce, fire("2026-06-02T03:00:00Z")),
            ("* * * * *", "2020-01-01T03:00:00Z", "2026-06-02T23:00:10Z", RunOnce, fire("2026-06-02T23:00:00Z")),
            ("* * * * *", "2020-01-01T03:00:00Z", "2026-06-02T23:00:10Z", Skip, fire("2026-06-02T23:00:00Z")),
            // Weekly: within three and a half days.
            ("0 3 * * SUN", "2026-05-31T03:00:00Z", "2026-06-09T03:00:00Z", RunOnce, fire("2026-06-07T03:00:00Z")),
            ("0 3 * * SUN", "2026-05-31T03:00:00Z", "2026-06-12T03:00:00Z", RunOnce, skip("2026-06-07T03:00:00Z")),
            // The clock of before is ahead: nothing happens twice.
            ("* * * * *", "2026-06-01T03:10:00Z", "2026-06-01T03:00:00Z", RunOnce, wait("2026-06-01T03:11:00Z")),
        ] {
            let times = Times::parse(cron, "").expect(cron);
            let found = plan(&times, at(done), at(now), policy, TimeDelta::seconds(60));
            assert_eq!(found, expected, "{cron} done {done} now {now} {policy:?}");
        }
    }
}
