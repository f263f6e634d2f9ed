//! Dates, local times and instants as RFC 3339 writes them, in one closed grammar.
//!
//! ```text
//! instant = date "T" hour ":" minute ":" second [ "." 1*9digit ] offset
//! local   = date "T" hour ":" minute [ ":" second [ "." 1*9digit ] ]
//! date    = 4digit "-" 2digit "-" 2digit       years 0001 to 9999, and days that the month has
//! offset  = "Z" | ( "+" | "-" ) hour ":" minute
//! ```
//!
//! RFC 3339 allows more, and readers disagree about all of it: small letters, a blank for the `T`, the second 60, and the offset `-00:00`, which
//! says that the place is not known. A blank for the `T` is read only where the reader asks for it ([`Gap`]).

use std::fmt;

/// Why a text is no date or instant, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CalendarFault {
    pub(crate) what: CalendarRule,
    pub(crate) at: usize,
}

/// What a text does not keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CalendarRule {
    /// Not the digits and signs of the form.
    Form,
    /// There is no such day.
    Day,
    /// There is no such time of day.
    Time,
    /// There is no such offset, or it is `-00:00`.
    Offset,
    /// In UTC it is in no year from 0001 to 9999.
    Year,
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

/// An instant: seconds since 1970 in UTC, and billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UtcTime {
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
}

/// A day and a time of day, as a clock on a wall shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalTime {
    pub(crate) date: Date,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) nanos: u32,
}

/// What stands between the day and the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gap {
    /// `T`.
    Letter,
    /// `T` or one blank.
    LetterOrBlank,
}

pub(crate) const DAY_SECONDS: i64 = 86_400;

/// Days of a week as they are written short.
pub(crate) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The place among [`WEEKDAYS`] of the day that is so many days after 1970, which began with a Thursday.
#[inline]
pub(crate) const fn weekday(days: i64) -> usize {
    (days + 3).rem_euclid(7) as usize
}

impl Date {
    /// Reads a text that is a day and nothing else.
    pub(crate) fn read(text: &str) -> Result<Self, CalendarFault> {
        let mut cursor = Cursor { text: text.as_bytes(), at: 0 };
        let date = cursor.date()?;
        cursor.end()?;
        Ok(date)
    }

    /// The day of the week, one of [`WEEKDAYS`].
    pub(crate) fn weekday(self) -> &'static str {
        WEEKDAYS.get(weekday(self.days())).copied().unwrap_or_default()
    }

    /// Days since 1970, before or after it.
    pub(crate) fn days(self) -> i64 {
        // Of years that begin in March, so that the day that is not always there is the last.
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let month = (i64::from(self.month) + 9) % 12;
        let in_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let (cycle, of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
        let days = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + in_year;
        cycle * 146_097 + days - 719_468
    }

    /// The day that is so many days after 1970; nothing outside of the years 0001 to 9999.
    pub(crate) fn of_days(days: i64) -> Option<Self> {
        let days = days.checked_add(719_468)?;
        let (cycle, rest) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let of_cycle = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365;
        let in_year = rest - (365 * of_cycle + of_cycle / 4 - of_cycle / 100);
        let month = (5 * in_year + 2) / 153;
        let day = in_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = of_cycle + cycle * 400 + i64::from(month <= 2);
        let year = u16::try_from(year).ok().filter(|year| (1..=9999).contains(year))?;
        Some(Self { year, month: month as u8, day: day as u8 })
    }
}

impl UtcTime {
    /// Reads a text that is an instant and nothing else.
    pub(crate) fn read(text: &str, gap: Gap) -> Result<Self, CalendarFault> {
        let mut cursor = Cursor { text: text.as_bytes(), at: 0 };
        let local = cursor.local(gap, Seconds::Needed)?;
        let offset = cursor.offset()?;
        cursor.end()?;
        let LocalTime { date, hour, minute, second, nanos } = local;
        let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        let instant = Self { seconds: date.days() * DAY_SECONDS + of_day - offset, nanos };
        instant.date().map(|_| instant)
    }

    /// What a clock shows in UTC.
    pub(crate) fn local(self) -> Result<LocalTime, CalendarFault> {
        let date = self.date()?;
        let of_day = self.seconds.rem_euclid(DAY_SECONDS);
        let (hour, minute) = ((of_day / 3600) as u8, (of_day / 60 % 60) as u8);
        Ok(LocalTime { date, hour, minute, second: (of_day % 60) as u8, nanos: self.nanos })
    }

    /// The day that it is on in UTC.
    fn date(self) -> Result<Date, CalendarFault> {
        let date = Date::of_days(self.seconds.div_euclid(DAY_SECONDS));
        date.ok_or(CalendarFault { what: CalendarRule::Year, at: 0 })
    }
}

impl LocalTime {
    /// Reads a text that is a day and a time of day without an offset, and nothing else.
    pub(crate) fn read(text: &str, gap: Gap) -> Result<Self, CalendarFault> {
        let mut cursor = Cursor { text: text.as_bytes(), at: 0 };
        let local = cursor.local(gap, Seconds::Optional)?;
        cursor.end()?;
        Ok(local)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The time of day alone, without zeros at the end of a fraction.
pub(crate) struct TimeOfDay(pub(crate) LocalTime);

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LocalTime { hour, minute, second, mut nanos, .. } = self.0;
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        if nanos == 0 {
            return Ok(());
        }
        let mut digits = 9;
        while nanos % 10 == 0 {
            (nanos, digits) = (nanos / 10, digits - 1);
        }
        write!(f, ".{nanos:0digits$}")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seconds {
    Needed,
    Optional,
}

struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn fault<T>(&self) -> Result<T, CalendarFault> {
        Err(CalendarFault { what: CalendarRule::Form, at: self.at })
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn sign(&mut self, sign: u8) -> Result<(), CalendarFault> {
        if self.peek() != Some(sign) {
            return self.fault();
        }
        self.at += 1;
        Ok(())
    }

    fn number(&mut self, digits: usize) -> Result<u16, CalendarFault> {
        let mut number = 0;
        for _ in 0..digits {
            match self.peek() {
                Some(digit @ b'0'..=b'9') => number = number * 10 + u16::from(digit - b'0'),
                _ => return self.fault(),
            }
            self.at += 1;
        }
        Ok(number)
    }

    fn date(&mut self) -> Result<Date, CalendarFault> {
        let year = self.number(4)?;
        self.sign(b'-')?;
        let month = self.number(2)? as u8;
        self.sign(b'-')?;
        let day = self.number(2)? as u8;
        let date = Date { year, month, day };
        // A day that the month does not have is another one when it is counted.
        if year == 0 || Date::of_days(date.days()) != Some(date) {
            return Err(CalendarFault { what: CalendarRule::Day, at: 0 });
        }
        Ok(date)
    }

    fn local(&mut self, gap: Gap, seconds: Seconds) -> Result<LocalTime, CalendarFault> {
        let date = self.date()?;
        match (gap, self.peek()) {
            (Gap::LetterOrBlank, Some(b' ')) => self.at += 1,
            _ => self.sign(b'T')?,
        }
        let began = self.at;
        let hour = self.number(2)? as u8;
        self.sign(b':')?;
        let minute = self.number(2)? as u8;
        let has_seconds = seconds == Seconds::Needed || self.peek() == Some(b':');
        let second = match has_seconds {
            true => {
                self.sign(b':')?;
                self.number(2)? as u8
            }
            false => 0,
        };
        if hour > 23 || minute > 59 || second > 59 {
            return Err(CalendarFault { what: CalendarRule::Time, at: began });
        }
        let nanos = if has_seconds { self.fraction()? } else { 0 };
        Ok(LocalTime { date, hour, minute, second, nanos })
    }

    fn fraction(&mut self) -> Result<u32, CalendarFault> {
        if self.peek() != Some(b'.') {
            return Ok(0);
        }
        self.at += 1;
        let (mut nanos, mut place) = (0, 100_000_000);
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fault();
        }
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            if place == 0 {
                return self.fault();
            }
            nanos += u32::from(digit - b'0') * place;
            place /= 10;
            self.at += 1;
        }
        Ok(nanos)
    }

    /// Seconds that the clock there is ahead of UTC.
    fn offset(&mut self) -> Result<i64, CalendarFault> {
        let began = self.at;
        let sign = match self.peek() {
            Some(b'Z') => {
                self.at += 1;
                return Ok(0);
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return self.fault(),
        };
        self.at += 1;
        let hour = self.number(2)?;
        self.sign(b':')?;
        let minute = self.number(2)?;
        if hour > 23 || minute > 59 || sign < 0 && hour == 0 && minute == 0 {
            return Err(CalendarFault { what: CalendarRule::Offset, at: began });
        }
        Ok(sign * (i64::from(hour) * 3600 + i64::from(minute) * 60))
    }

    fn end(&self) -> Result<(), CalendarFault> {
        if self.at == self.text.len() { Ok(()) } else { self.fault() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_counted_as_the_library_counts_it() {
        let mut date = jiff::civil::date(1, 1, 1);
        let first = Date { year: 1, month: 1, day: 1 }.days();
        for days in first.. {
            let own = Date::of_days(days).unwrap();
            let parts = (own.year as i16, own.month as i8, own.day as i8);
            assert_eq!(parts, (date.year(), date.month(), date.day()));
            assert_eq!(own.days(), days);
            let Ok(next) = date.tomorrow() else { break };
            date = next;
        }
        assert_eq!(Date::of_days(first - 1), None);
        let last = Date { year: 9999, month: 12, day: 31 }.days();
        assert!(Date::of_days(last).is_some() && Date::of_days(last + 1).is_none());
        assert_eq!((Date::of_days(i64::MAX), Date::of_days(i64::MIN)), (None, None));
        assert_eq!(Date { year: 1970, month: 1, day: 1 }.days(), 0);
    }
}
