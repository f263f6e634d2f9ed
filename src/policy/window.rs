//! Windows of time: days of the week and hours, as a clock on a wall shows them in a named zone.
//!
//! Grammar:
//!
//! ```text
//! clock = "UTC" | name of the IANA database with a "/", outside of "Etc/"
//! days  = day | day "-" day, one or a list; day = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun"
//! from  = "00:00" … "23:59"          the first minute
//! until = "00:00" … "24:00"          the first minute behind it
//! ```
//!
//! A window that ends before it begins lasts over midnight and belongs to the day on which it begins. Where clocks are put
//! forward, the hours that no clock shows are in no window; where they are put back, the hours that it shows twice are in it twice. The
//! zones are those that are built in, so that the same instant gives the same answer on every machine.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::condition::{Condition, Texts};
use super::error::Fault;
use crate::base::calendar::{DAY_SECONDS, WEEKDAYS, weekday};
use crate::base::limits::MAX_ITEMS_PER_STATEMENT;
use crate::base::steps;
use crate::base::time::Timestamp;

const EVERY_DAY: u8 = 0b111_1111;
const MIDNIGHT: u16 = 24 * 60;

/// Halving the changes of a zone, of which there are a few hundred at most, and the rule behind the last one.
const STEPS: u64 = 32;

/// About what the changes of one zone take.
const ZONE_BYTES: usize = 4096;

/// Days and hours in a zone.
#[derive(Clone, Debug)]
pub(super) struct Window {
    zone: TimeZone,
    name: Box<str>,
    /// Monday is the lowest bit.
    days: u8,
    /// From the first minute of a day to the one behind the last.
    hours: Option<(u16, u16)>,
}

impl Window {
    /// Reads what a condition says of the time; the error comes with the field at fault.
    pub(super) fn new(zone: &str, source: &Condition) -> Result<Self, (&'static str, Fault)> {
        let Condition { days, from, until, .. } = source;
        let time = |field, text: &Option<Box<str>>, latest| {
            let read = |text: &str| minute(text, latest).ok_or((field, Fault::Hour));
            text.as_deref().map(read).transpose()
        };
        let hours = match (time("from", from, MIDNIGHT - 1)?, time("until", until, MIDNIGHT)?) {
            (Some(from), Some(until)) if from == until => return Err(("until", Fault::NoHours)),
            (Some(from), Some(until)) => Some((from, until)),
            (None, None) if days.is_none() => return Err(("clock", Fault::NoWindow)),
            (None, None) => None,
            (Some(_), None) => return Err(("from", Fault::HalfWindow)),
            (None, Some(_)) => return Err(("until", Fault::HalfWindow)),
        };
        let days = match days {
            Some(days) => days_of(days).map_err(|fault| ("days", fault))?,
            None => EVERY_DAY,
        };
        let name = zone;
        let zone = zone_of(zone).ok_or(("clock", Fault::UnknownZone))?;
        Ok(Self { zone, name: name.into(), days, hours })
    }

    /// Whether an instant is in it; `None` of one for which no calendar is agreed on.
    pub(super) fn holds(&self, now: Timestamp) -> Option<bool> {
        steps::take(|| STEPS);
        let millis = i64::try_from(now.as_unix_millis()).ok()?;
        let instant = jiff::Timestamp::from_millisecond(millis).ok()?;
        let shown = instant.as_second() + i64::from(self.zone.to_offset(instant).seconds());
        let day = shown.div_euclid(DAY_SECONDS);
        let minute = (shown.rem_euclid(DAY_SECONDS) / 60) as u16;
        Some(match self.hours {
            None => self.names(day),
            Some((from, until)) if from < until => {
                self.names(day) && from <= minute && minute < until
            }
            Some((from, until)) => {
                self.names(day) && from <= minute || self.names(day - 1) && minute < until
            }
        })
    }

    /// Whether a day since 1970 is one of its days of the week.
    fn names(&self, day: i64) -> bool {
        self.days >> weekday(day) & 1 == 1
    }

    pub(super) const fn worst_case_steps() -> u64 {
        STEPS
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + ZONE_BYTES
    }

    /// What it asks, for a person.
    pub(super) fn asked(&self) -> String {
        let named = |place: &usize| self.days >> place & 1 == 1;
        let days: Vec<&str> = (0..WEEKDAYS.len())
            .filter(named)
            .filter_map(|place| WEEKDAYS.get(place).copied())
            .collect();
        let days = match (self.days, self.hours) {
            (EVERY_DAY, Some(_)) => "the time".to_owned(),
            _ => days.join(", "),
        };
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let hours = match self.hours {
            Some((from, until)) if from < until => {
                format!(" from {} until {}", time(from), time(until))
            }
            Some((from, until)) => {
                format!(" from {} until {} of the next day", time(from), time(until))
            }
            None => String::new(),
        };
        format!("is {days}{hours} in {}", self.name)
    }
}

/// The built-in zone of this name, in this spelling.
fn zone_of(name: &str) -> Option<TimeZone> {
    if name == "UTC" {
        return Some(TimeZone::UTC);
    }
    // An abbreviation is of several zones or of one half of the year, and the sign of `Etc/GMT+5` is the other way round.
    if !name.contains('/') || name.starts_with("Etc/") {
        return None;
    }
    let zone = TimeZoneDatabase::bundled().get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

fn days_of(Texts(texts): &Texts) -> Result<u8, Fault> {
    if texts.is_empty() || texts.len() > MAX_ITEMS_PER_STATEMENT {
        return Err(Fault::Regions);
    }
    let mut days = 0;
    for text in texts {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (day(first)?, day(last)?);
        // From a day to itself is one day to some, and a week to others.
        if first == last && text.contains('-') {
            return Err(Fault::Day);
        }
        let count = (last + WEEKDAYS.len() - first) % WEEKDAYS.len();
        days = (0..=count).fold(days, |days, after| days | 1 << ((first + after) % WEEKDAYS.len()));
    }
    Ok(days)
}

fn day(name: &str) -> Result<usize, Fault> {
    WEEKDAYS.iter().position(|day| *day == name).ok_or(Fault::Day)
}

/// The minute of a day: two digits, a colon, two digits.
fn minute(text: &str, latest: u16) -> Option<u16> {
    let [hour @ .., b':', ten, one] = text.as_bytes() else { return None };
    let [first, second] = hour else { return None };
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    let (hours, minutes) = (digit(first)? * 10 + digit(second)?, digit(ten)? * 10 + digit(one)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= latest).then_some(minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(zone: &str, days: Option<&[&str]>, hours: Option<(&str, &str)>) -> Window {
        try_window(zone, days, hours).unwrap()
    }

    fn try_window(
        zone: &str,
        days: Option<&[&str]>,
        hours: Option<(&str, &str)>,
    ) -> Result<Window, (&'static str, Fault)> {
        let mut source = Condition::on("");
        source.days = days.map(|days| Texts(days.iter().map(|day| (*day).to_owned()).collect()));
        source.from = hours.map(|(from, _)| from.into());
        source.until = hours.map(|(_, until)| until.into());
        Window::new(zone, &source)
    }

    fn at(text: &str) -> Timestamp {
        let instant: jiff::Timestamp = text.parse().unwrap();
        Timestamp::from_unix_millis(instant.as_millisecond() as u64)
    }

    #[test]
    fn a_window_is_of_the_wall_in_its_zone() {
        let office = window("Europe/Berlin", Some(&["mon-fri"]), Some(("08:00", "18:00")));
        for (instant, expected) in [
            // Summer: two hours before UTC.
            ("2026-07-17T06:00:00Z", true),
            ("2026-07-17T05:59:59.999Z", false),
            ("2026-07-17T15:59:59.999Z", true),
            ("2026-07-17T16:00:00Z", false),
            // Winter: one.
            ("2026-11-27T06:30:00Z", false),
            ("2026-11-27T07:00:00Z", true),
            ("2026-11-27T16:59:59Z", true),
            ("2026-11-27T17:00:00Z", false),
            // Saturday, and Monday that has begun in Berlin alone.
            ("2026-11-28T10:00:00Z", false),
            ("2026-11-29T23:30:00Z", false),
            ("2026-11-30T08:00:00Z", true),
        ] {
            assert_eq!(office.holds(at(instant)), Some(expected), "{instant}");
        }
        let monday = window("Pacific/Auckland", Some(&["mon"]), None);
        assert_eq!(monday.holds(at("2026-11-29T11:00:00Z")), Some(true));
        assert_eq!(monday.holds(at("2026-11-30T11:00:00Z")), Some(false));
        let quarter = window("Asia/Kathmandu", None, Some(("00:00", "00:01")));
        assert_eq!(quarter.holds(at("2026-11-27T18:15:59Z")), Some(true));
        assert_eq!(quarter.holds(at("2026-11-27T18:16:00Z")), Some(false));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_on_which_it_begins() {
        let night = window("UTC", Some(&["fri"]), Some(("22:00", "06:00")));
        for (instant, expected) in [
            ("2026-11-27T21:59:59Z", false),
            ("2026-11-27T22:00:00Z", true),
            ("2026-11-28T00:00:00Z", true),
            ("2026-11-28T05:59:59Z", true),
            ("2026-11-28T06:00:00Z", false),
            ("2026-11-28T23:00:00Z", false),
            ("2026-11-27T03:00:00Z", false),
        ] {
            assert_eq!(night.holds(at(instant)), Some(expected), "{instant}");
        }
        let sunday = window("UTC", Some(&["sun"]), Some(("22:00", "06:00")));
        assert_eq!(sunday.holds(at("2026-11-30T05:00:00Z")), Some(true));
        assert_eq!(sunday.holds(at("2026-11-29T05:00:00Z")), Some(false));
        let whole = window("UTC", Some(&["sat-mon"]), Some(("00:00", "24:00")));
        for (day, expected) in [(27, false), (28, true), (29, true), (30, true)] {
            let instant = format!("2026-11-{day}T23:59:59Z");
            assert_eq!(whole.holds(at(&instant)), Some(expected), "{instant}");
        }
    }

    #[test]
    fn what_no_clock_shows_is_in_no_window_and_what_it_shows_twice_is_in_it_twice() {
        // 2026-03-29 in Berlin: 02:00 is 03:00. 2026-10-25: 03:00 is 02:00 again.
        let gap = window("Europe/Berlin", None, Some(("02:00", "03:00")));
        for minute in 0..24 * 60 {
            let instant = at("2026-03-28T23:00:00Z").saturating_add(minutes(minute));
            assert_eq!(gap.holds(instant), Some(false), "{minute}");
        }
        let inside = (0..25 * 60).filter(|minute| {
            let instant = at("2026-10-24T22:00:00Z").saturating_add(minutes(*minute));
            gap.holds(instant) == Some(true)
        });
        assert_eq!(inside.count(), 120);
        let over = window("Europe/Berlin", Some(&["sat"]), Some(("23:00", "02:30")));
        let inside = (0..12 * 60).filter(|minute| {
            let instant = at("2026-03-28T18:00:00Z").saturating_add(minutes(*minute));
            over.holds(instant) == Some(true)
        });
        assert_eq!(inside.count(), 180, "it ends where no clock shows its last half hour");
    }

    fn minutes(count: u64) -> std::time::Duration {
        std::time::Duration::from_secs(60 * count)
    }

    /// The library's own calendar, at instants over five centuries, in every kind of zone.
    #[test]
    fn the_calendar_is_that_of_the_library() {
        let zones = [
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "Asia/Kolkata",
            "Africa/Casablanca",
            "America/St_Johns",
            "Pacific/Apia",
            "Pacific/Kiritimati",
            "Antarctica/Troll",
        ];
        for zone in zones {
            let hours = window(zone, Some(&["tue-thu", "sun"]), Some(("21:30", "07:45")));
            let known = TimeZone::get(zone).unwrap();
            for number in 0..20_000_u64 {
                let millis = number * 788_923_150_007 % (500 * 31_556_952_000);
                let instant = jiff::Timestamp::from_millisecond(millis as i64).unwrap();
                let shown = known.to_datetime(instant);
                let (hour, day) = ((shown.hour(), shown.minute()), shown.weekday());
                let is_named =
                    |day: jiff::civil::Weekday| matches!(day.to_monday_zero_offset(), 1..=3 | 6);
                let expected =
                    is_named(day) && hour >= (21, 30) || is_named(day.previous()) && hour < (7, 45);
                let found = hours.holds(Timestamp::from_unix_millis(millis));
                assert_eq!(found, Some(expected), "{shown}");
            }
        }
    }

    #[test]
    fn what_is_behind_the_calendar_cannot_be_told() {
        let window = window("Europe/Berlin", Some(&["mon-sun"]), None);
        assert_eq!(window.holds(Timestamp::MIN), Some(true));
        assert_eq!(window.holds(Timestamp::MAX), None);
        assert_eq!(window.holds(Timestamp::from_unix_millis(i64::MAX as u64)), None);
    }

    #[test]
    fn what_is_no_window_is_refused() {
        for zone in [
            "",
            "Berlin",
            "europe/berlin",
            "Europe/Berlin ",
            "CET",
            "EST",
            "GMT",
            "utc",
            "Z",
            "+01:00",
            "Etc/GMT+5",
            "Etc/UTC",
            "Europe/Atlantis",
            "../Europe/Berlin",
            "Europe/",
            "local",
        ] {
            let fault = try_window(zone, Some(&["mon"]), None).unwrap_err();
            assert!(matches!(fault, ("clock", Fault::UnknownZone)), "{zone}");
        }
        for days in [
            &["Mon"][..],
            &["monday"],
            &["mon-mon"],
            &["mon-"],
            &["-fri"],
            &["mon-fri-sun"],
            &["mon,tue"],
            &["mon", ""],
            &[" mon"],
            &["weekdays"],
            &["1"],
            &["mo"],
        ] {
            let fault = try_window("UTC", Some(days), None).unwrap_err();
            assert!(matches!(fault, ("days", Fault::Day)), "{days:?}");
        }
        assert!(try_window("UTC", Some(&[]), None).is_err());
        for (hours, field) in [
            (("8:00", "18:00"), "from"),
            (("08:00", "18"), "until"),
            (("08:60", "18:00"), "from"),
            (("24:00", "18:00"), "from"),
            (("08:00", "24:01"), "until"),
            (("08:00", "25:00"), "until"),
            (("08.00", "18:00"), "from"),
            (("+8:00", "18:00"), "from"),
            (("08:00", "08:00"), "until"),
            (("008:00", "18:00"), "from"),
            (("08:00", "18:00:00"), "until"),
            (("0８:00", "18:00"), "from"),
            (("", "18:00"), "from"),
            (("08:00", ""), "until"),
            (("8am", "6pm"), "from"),
        ] {
            let fault = try_window("UTC", None, Some(hours)).unwrap_err();
            assert_eq!(fault.0, field, "{hours:?}");
        }
        assert!(matches!(try_window("UTC", None, None), Err(("clock", Fault::NoWindow))));
    }
}
