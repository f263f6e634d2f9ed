use jiff::civil;
use proptest::prelude::*;

use super::*;
use crate::base::calendar::WEEKDAYS;
use crate::manifest::kinds::cases::{KindCase, flat, hold, written};
use crate::manifest::kinds::{Kind, KindSpec};

fn read(spec: TimeSpec, text: &str) -> Result<(String, toml::Table), TextFault> {
    let kind = TimeKind::new(spec);
    written(|parts, part| kind.read(text, parts, part), flat)
}

fn text(case: &KindCase<TimeSpec>) -> &str {
    case.text.value().as_text().unwrap()
}

#[test]
fn every_form_is_read_as_the_table_says() {
    hold(
        include_str!("../../../../testdata/kinds/time.toml"),
        |case: &KindCase<TimeSpec>| read(case.options(), text(case)),
        |case, (canonical, parts)| {
            assert_eq!(Some(&canonical), case.canonical.as_ref(), "{:?}", case.text);
            let again = read(case.options(), &canonical);
            assert_eq!(again, Ok((canonical, parts.clone())));
            if let Some(expected) = &case.parts {
                assert_eq!(&parts, expected, "{:?}", case.text);
            }
        },
    );
}

#[test]
fn the_parts_that_are_found_are_those_that_are_named() {
    let found = [
        (TimeSpec::instant(), "2026-11-28T09:30:00Z"),
        (TimeSpec::local(), "2026-11-28T09:30"),
        (TimeSpec::date(), "2026-11-28"),
    ];
    for (spec, text) in found {
        let (_, parts) = read(spec, text).unwrap();
        let mut named: Vec<_> = TimeKind::new(spec).parts().iter().map(|part| part.name).collect();
        named.sort_unstable();
        let mut written: Vec<_> = parts.keys().collect();
        written.sort_unstable();
        assert_eq!(written, named);
        assert_eq!(parts.contains_key("hour"), spec != TimeSpec::date());
    }
}

#[test]
fn the_three_forms_are_not_alike() {
    let kind = |spec| Kind::new(&KindSpec::Time(spec)).unwrap();
    let all = [TimeSpec::instant(), TimeSpec::date(), TimeSpec::local()];
    for one in all {
        for other in all {
            assert_eq!(kind(one).is_like(&kind(other)), one == other);
        }
    }
}

#[test]
fn constants_are_held_to_the_one_form_of_the_whole_and_of_its_parts() {
    let kind = Kind::new(&KindSpec::Time(TimeSpec::instant())).unwrap();
    let form = |path: &[&str], text| kind.constant(path, text).unwrap().ok();
    let own = |text: &str| Some(text.to_owned());
    assert_eq!(form(&[], "2026-11-28T10:30:00.50+01:00"), own("2026-11-28T09:30:00.5Z"));
    assert_eq!(form(&[], "2026-11-28"), None);
    assert_eq!(form(&["date"], "2026-11-28"), own("2026-11-28"));
    assert_eq!(form(&["date"], "2026-02-30"), None);
    assert_eq!(form(&["weekday"], "Sat"), own("sat"));
    assert_eq!(form(&["weekday"], "saturday"), None);
}

#[test]
fn long_texts_are_refused_where_they_leave_the_grammar() {
    for spec in [TimeSpec::instant(), TimeSpec::date(), TimeSpec::local()] {
        for start in [
            "",
            "2026-11-28",
            "2026-11-28T09:30:00",
            "2026-11-28T09:30:00.",
            "2026-11-28T09:30:00Z",
        ] {
            for piece in ["0", "Z", " ", "-", ":00", "+01:00", "é", "\u{202e}"] {
                let text = format!("{start}{}", piece.repeat(64 * 1024 / piece.len()));
                let fault = read(spec, &text).unwrap_err();
                assert!(fault.at <= 32, "{start} {piece}: {}", fault.at);
            }
        }
    }
}

fn civil_form(canonical: &str) -> civil::DateTime {
    canonical.trim_end_matches('Z').parse().unwrap()
}

proptest! {
    /// Every instant that can be written, beside what the library makes of it.
    #[test]
    fn instants_are_those_of_the_library(
        seconds in -62_135_596_800_i64..=253_402_207_200,
        nanos in prop_oneof![Just(0), 0_i32..1_000_000_000],
        minutes in -1439_i64..=1439,
        gap in prop_oneof![Just('T'), Just(' ')],
    ) {
        let instant = jiff::Timestamp::new(seconds, nanos).unwrap();
        let utc = jiff::tz::Offset::UTC.to_datetime(instant);
        let there = utc.checked_add(jiff::Span::new().minutes(minutes));
        prop_assume!(there.as_ref().is_ok_and(|there| there.year() >= 1));
        let there = there.unwrap();
        let (sign, most) = (if minutes < 0 { '-' } else { '+' }, minutes.abs());
        let text = format!(
            "{}{gap}{:02}:{:02}:{:02}.{:09}{sign}{:02}:{:02}",
            there.date(), there.hour(), there.minute(), there.second(), there.subsec_nanosecond(),
            most / 60, most % 60,
        );
        let (canonical, parts) = read(TimeSpec::instant(), &text).unwrap();
        prop_assert!(canonical.ends_with('Z') && !canonical.ends_with(".Z"));
        prop_assert_eq!(civil_form(&canonical), utc);
        prop_assert_eq!(parts["date"].as_str(), Some(&*utc.date().to_string()));
        prop_assert_eq!(parts["hour"].as_integer(), Some(utc.hour().into()));
        let weekday = usize::try_from(utc.date().weekday().to_monday_zero_offset()).unwrap();
        prop_assert_eq!(parts["weekday"].as_str(), Some(WEEKDAYS[weekday]));
    }

    /// What is near the grammar: whatever is accepted is what the library reads, and a day that it does not have is refused.
    #[test]
    fn what_is_accepted_is_what_the_library_reads(
        year in 0_u16..=9999, month in 0_u8..=13, day in 0_u8..=32, hour in 0_u8..=25, minute in 0_u8..=61,
        rest in "(:[0-6][0-9](\\.[0-9]{0,10})?)?[Z+-]?",
    ) {
        let date = format!("{year:04}-{month:02}-{day:02}");
        let library: Result<civil::Date, _> = date.parse();
        let is_day = year > 0 && library.is_ok();
        prop_assert_eq!(read(TimeSpec::date(), &date).is_ok(), is_day);
        let text = format!("{date}T{hour:02}:{minute:02}{rest}");
        if let Ok((canonical, _)) = read(TimeSpec::local(), &text) {
            prop_assert!(is_day);
            prop_assert_eq!(civil_form(&canonical), text.parse::<civil::DateTime>().unwrap());
            prop_assert_eq!(read(TimeSpec::local(), &canonical).unwrap().0, canonical);
        }
        if let Ok((canonical, _)) = read(TimeSpec::instant(), &text) {
            prop_assert_eq!(
                canonical.parse::<jiff::Timestamp>().unwrap(),
                text.parse::<jiff::Timestamp>().unwrap()
            );
        }
    }
}
