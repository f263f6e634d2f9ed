//! Instants, dates and local times, as RFC 3339 writes them.
//!
//! ```text
//! instant = date ( "T" | " " ) hour ":" minute ":" second [ "." 1*9digit ] offset
//! local   = date ( "T" | " " ) hour ":" minute [ ":" second [ "." 1*9digit ] ]
//! date    = 4digit "-" 2digit "-" 2digit       years 0001 to 9999, and days that the month has
//! offset  = "Z" | ( "+" | "-" ) hour ":" minute      up to 23:59, and not "-00:00"
//! ```
//!
//! The hours are 00 to 23, minutes and seconds 00 to 59: there is no `24:00` and no second 60, which programs read as different
//! instants. Letters are upper case.
//!
//! The canonical form of an instant is in UTC with `Z`, and so are its parts; a fraction has no zeros at its end. A local time is
//! written in full. In which zone a tool reads a local time or a date cannot be seen, nor whether it drops a part of a fraction.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::rule::{Form, PartForm, Rule, TextFault};
use crate::base::calendar::{CalendarRule, Date, Gap, LocalTime, TimeOfDay, UtcTime};
use crate::model::parts::{OpenPart, Parts};

/// The options of the kind `time`: which of the three forms it is.
///
/// ```
/// use permitgate::manifest::{ArgumentSpec, TimeSpec};
///
/// let due = ArgumentSpec::time(TimeSpec::date());
/// # let _ = due;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a kind does something only within an argument"]
pub struct TimeSpec {
    #[serde(default, skip_serializing_if = "TimeForm::is_moment")]
    form: TimeForm,
}

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TimeForm {
    /// An instant; that name is kept for what a clock says.
    #[default]
    #[serde(rename = "instant")]
    Moment,
    Date,
    Local,
}

impl TimeForm {
    fn is_moment(&self) -> bool {
        *self == Self::Moment
    }
}

impl TimeSpec {
    /// An instant: a day and a time of day with the offset from UTC, such as `2026-11-28T09:30:00Z`.
    pub fn instant() -> Self {
        Self { form: TimeForm::Moment }
    }

    /// A day: `2026-11-28`.
    pub fn date() -> Self {
        Self { form: TimeForm::Date }
    }

    /// A day and a time of day without an offset, such as `2026-11-28T09:30`. In which zone the tool reads it is not seen.
    pub fn local() -> Self {
        Self { form: TimeForm::Local }
    }
}

/// A time of a stated form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TimeKind(TimeForm);

static EMPTY: Rule = Rule::new("empty", "there is no time", "write one, or leave the argument out");
static INSTANT: Rule = Rule::new(
    "instant",
    "this does not stand here in an instant",
    "write it as `2026-11-28T09:30:00Z`, or with `+01:00` or another offset for the `Z`",
);
static DATE: Rule =
    Rule::new("date", "this does not stand here in a date", "write it as `2026-11-28`");
static LOCAL: Rule = Rule::new(
    "local",
    "this does not stand here in a local time",
    "write it as `2026-11-28T09:30:00`, without an offset",
);
static DAY: Rule = Rule::new(
    "day",
    "there is no such day",
    "write a day that the month has, of a year from 0001 to 9999",
);
static CLOCK: Rule = Rule::new(
    "clock",
    "there is no such time of day",
    "write 00:00:00 to 23:59:59, and midnight as 00:00:00 of the next day",
);
static OFFSET: Rule = Rule::new(
    "offset",
    "there is no such offset from UTC",
    "write `Z`, or at most 23:59 with `+` or `-`, and not `-00:00`",
);
static YEAR: Rule = Rule::new(
    "year",
    "in UTC the instant is in no year from 0001 to 9999",
    "write one that is within them",
);

const INTEGER: Form = Form::Integer;

static PARTS: [PartForm; 6] = [
    PartForm::new("date", Form::Text),
    PartForm::new("year", INTEGER),
    PartForm::new("month", INTEGER),
    PartForm::new("day", INTEGER),
    PartForm::new("weekday", Form::Text),
    PartForm::new("hour", INTEGER),
];

impl TimeKind {
    /// An expression for what stands behind the date, of one for the time of day.
    pub(super) fn behind_date(&self, time: &str) -> String {
        match self.0 {
            TimeForm::Date => String::new(),
            TimeForm::Local => format!("T{time}"),
            TimeForm::Moment => format!("T{time}Z"),
        }
    }

    pub(crate) const fn new(spec: TimeSpec) -> Self {
        Self(spec.form)
    }

    /// The parts of its form: a date has no hour.
    pub(crate) const fn parts(&self) -> &'static [PartForm] {
        match self.0 {
            TimeForm::Moment | TimeForm::Local => &PARTS,
            TimeForm::Date => PARTS.split_at(PARTS.len() - 1).0,
        }
    }

    pub(crate) fn read(
        &self,
        text: &str,
        parts: &mut Parts,
        begun: &OpenPart,
    ) -> Result<(), TextFault> {
        let (date, clock) = self.parse(text)?;
        let mark = parts.mark();
        // Into the arena, which takes whatever is written.
        let _ = write!(parts, "{date}");
        let day = parts.since(mark);
        if let Some(clock) = clock {
            let zone = if self.0.is_moment() { "Z" } else { "" };
            let _ = write!(parts, "T{}{zone}", TimeOfDay(clock));
        }
        let canonical = parts.since(mark);
        parts.canonical(begun, canonical);
        parts.extent("date", day);
        parts.integer("year", date.year.into());
        parts.integer("month", date.month.into());
        parts.integer("day", date.day.into());
        parts.text("weekday", date.weekday());
        if let Some(clock) = clock {
            parts.integer("hour", clock.hour.into());
        }
        Ok(())
    }

    /// The day, and the time of day where there is one; of an instant both in UTC.
    fn parse(&self, text: &str) -> Result<(Date, Option<LocalTime>), TextFault> {
        if text.is_empty() {
            return Err(TextFault::new(&EMPTY, 0));
        }
        let gap = Gap::LetterOrBlank;
        let found = match self.0 {
            TimeForm::Date => Date::read(text).map(|date| (date, None)),
            TimeForm::Local => LocalTime::read(text, gap).map(|local| (local.date, Some(local))),
            TimeForm::Moment => UtcTime::read(text, gap)
                .and_then(UtcTime::local)
                .map(|local| (local.date, Some(local))),
        };
        found.map_err(|fault| TextFault::new(self.rule(fault.what), fault.at))
    }

    const fn rule(&self, what: CalendarRule) -> &'static Rule {
        match (what, self.0) {
            (CalendarRule::Form, TimeForm::Moment) => &INSTANT,
            (CalendarRule::Form, TimeForm::Date) => &DATE,
            (CalendarRule::Form, TimeForm::Local) => &LOCAL,
            (CalendarRule::Day, _) => &DAY,
            (CalendarRule::Time, _) => &CLOCK,
            (CalendarRule::Offset, _) => &OFFSET,
            (CalendarRule::Year, _) => &YEAR,
        }
    }
}

#[cfg(test)]
mod tests;
