//! Dates and instants as RFC 3339 writes them, in one closed grammar.
//!
//! ```text
//! instant = date "T" hour ":" minute ":" second [ "." 1*9digit ] offset
//! date    = 4digit "-" 2digit "-" 2digit       years 0001 to 9999, and days that the month has
//! offset  = "Z" | ( "+" | "-" ) hour ":" minute
//! ```
//!
//! RFC 3339 allows more, and readers disagree about all of it: small letters, a blank for the `T`, the second 60, and the offset `-00:00`, which
//! says that the place is not known.

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

const DAY_SECONDS: i64 = 86_400;

impl Date {
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
    pub(crate) fn read(text: &str) -> Result<Self, CalendarFault> {
        let mut cursor = Cursor { text: text.as_bytes(), at: 0 };
        let date = cursor.date()?;
        cursor.sign(b'T')?;
        let began = cursor.at;
        let hour = cursor.number(2)?;
        cursor.sign(b':')?;
        let minute = cursor.number(2)?;
        cursor.sign(b':')?;
        let second = cursor.number(2)?;
        if hour > 23 || minute > 59 || second > 59 {
            return Err(CalendarFault { what: CalendarRule::Time, at: began });
        }
        let nanos = cursor.fraction()?;
        let offset = cursor.offset()?;
        cursor.end()?;
        let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        let instant = Self { seconds: date.days() * DAY_SECONDS + of_day - offset, nanos };
        if instant.date().is_none() {
            return Err(CalendarFault { what: CalendarRule::Year, at: 0 });
        }
        Ok(instant)
    }

    /// The day that it is on in UTC.
    pub(crate) fn date(self) -> Option<Date> {
        Date::of_days(self.seconds.div_euclid(DAY_SECONDS))
    }
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
