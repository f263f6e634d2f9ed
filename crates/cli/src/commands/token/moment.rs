//! Moments and spans, as people write them.

use std::time::{Duration, UNIX_EPOCH};

use permitgate::time::Timestamp;

use super::keep::flag;
use crate::fault::Fault;

/// The end of the year 9999, behind which dates have no agreed form.
const LAST_DATE: u64 = 253_402_300_799_999;

/// A span from now, a moment as cases write it behind `at`, or Unix seconds.
pub(crate) fn moment(name: &str, text: &str, now: Timestamp) -> Result<Timestamp, Fault> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if digits && let Ok(seconds) = text.parse() {
        return Ok(Timestamp::from_unix_seconds(seconds));
    }
    if text.get(4..5) == Some("-") {
        return text.parse().map_err(|error| flag(name, format_args!("`{text}` is {error}")));
    }
    let expected =
        "write a span (`1h`, `30m`, `7d`), a moment (`2026-03-01T12:00:00Z`) or Unix seconds";
    let span = humantime::parse_duration(text);
    let span = span.map_err(|_| flag(name, format_args!("`{text}`: {expected}")))?;
    Ok(now.saturating_add(span))
}

/// A span that is longer than nothing.
pub(super) fn span(name: &str, text: &str) -> Result<Duration, Fault> {
    match humantime::parse_duration(text) {
        Ok(span) if span.as_millis() > 0 => Ok(span),
        _ => Err(flag(name, format_args!("`{text}` is no span, as `1h`, `30m` or `7d`"))),
    }
}

/// A span as it can be written.
pub(super) fn shown_span(span: Duration) -> String {
    humantime::format_duration(span).to_string()
}

/// A moment as people read it.
pub(super) fn shown(at: Timestamp) -> String {
    let millis = at.as_unix_millis();
    match UNIX_EPOCH.checked_add(Duration::from_millis(millis)) {
        Some(date) if millis <= LAST_DATE && millis.is_multiple_of(1000) => {
            humantime::format_rfc3339_seconds(date).to_string()
        }
        Some(date) if millis <= LAST_DATE => humantime::format_rfc3339_millis(date).to_string(),
        _ => format!("{millis} ms after 1970"),
    }
}

/// The beginning of a validity, where there is one.
pub(super) fn begins(at: Timestamp) -> Option<String> {
    (at != Timestamp::MIN).then(|| shown(at))
}

/// The end of a validity, where there is one.
pub(super) fn ends(at: Timestamp) -> Option<String> {
    (at != Timestamp::MAX).then(|| shown(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_and_shown() {
        let now = Timestamp::from_unix_seconds(1_000_000);
        let read = |text: &str| moment("--at", text, now).ok().map(shown);
        assert_eq!(read("1h").unwrap(), "1970-01-12T14:46:40Z");
        assert_eq!(read("7d").unwrap(), "1970-01-19T13:46:40Z");
        assert_eq!(read("2026-03-01T12:00:00Z").unwrap(), "2026-03-01T12:00:00Z");
        assert_eq!(read("2026-03-01T12:00:00.25Z").unwrap(), "2026-03-01T12:00:00.250Z");
        assert_eq!(read("2026-03-01T12:00:00.2509999Z").unwrap(), "2026-03-01T12:00:00.250Z");
        assert_eq!(read("2026-03-01T12:00:00+02:00").unwrap(), "2026-03-01T10:00:00Z");
        assert_eq!(read("1790000000").unwrap(), "2026-09-21T14:13:20Z");
        assert_eq!(read("99999999999999999").unwrap(), "18446744073709551615 ms after 1970");
        for odd in [
            "",
            "soon",
            "5 parsecs",
            "-1h",
            "2026-03-01",
            "2026-03-01T12:00:00-00:00",
            "2026-03-01 12:00:00Z",
            "2026-12-31T23:59:60Z",
            "1969-12-31T23:59:59Z",
            "2026-13-01T12:00:00Z",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
        assert!(span("--fresh-within", "0s").is_err());
        assert_eq!(shown_span(span("--fresh-within", "90m").unwrap()), "1h 30m");
        assert_eq!(
            shown(Timestamp::from_unix_millis(LAST_DATE + 1)),
            "253402300800000 ms after 1970"
        );
        assert_eq!(shown(Timestamp::from_unix_millis(LAST_DATE)), "9999-12-31T23:59:59.999Z");
    }
}
