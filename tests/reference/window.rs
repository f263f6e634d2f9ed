//! Windows of time, by the calendar of a library.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use permitgate::policy::Condition;

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Whether a clock in the zone shows one of the days, and one of the minutes if there are any.
pub fn holds(zone: &str, days: [bool; 7], hours: Option<(u16, u16)>, now: u64) -> bool {
    let now = Timestamp::from_second(now as i64).unwrap();
    let shown = TimeZone::get(zone).unwrap().to_datetime(now);
    let minute = shown.hour() as u16 * 60 + shown.minute() as u16;
    let today = shown.weekday().to_monday_zero_offset() as usize;
    match hours {
        None => days[today],
        Some((from, until)) if from < until => days[today] && (from..until).contains(&minute),
        Some((from, until)) => {
            days[today] && minute >= from || days[(today + 6) % 7] && minute < until
        }
    }
}

pub fn condition(zone: &str, days: [bool; 7], hours: Option<(u16, u16)>) -> Condition {
    let named = NAMES.into_iter().zip(days).filter(|(_, named)| *named).map(|(name, _)| name);
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    match hours {
        None => Condition::on_days(zone, named),
        Some((from, until)) => Condition::within_hours(zone, named, time(from), time(until)),
    }
}
