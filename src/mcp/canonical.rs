//! JSON that has one meaning, and one text for each meaning: what digests of tools are made of.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value as Json};

use crate::base::visible::visible;

/// Reads JSON that every program reads alike: no object holds a key twice, at any depth, and every number is one
/// that 64 bits hold.
pub(super) fn read(text: &str) -> Result<Json, String> {
    serde_json::from_str::<Unrepeated>(text).map_err(|error| error.to_string())?;
    if let Some(number) = numbers_in(text).find(|number| !is_exact(number)) {
        return Err(format!(
            "the number {number} does not fit 64 bits, so programs read it differently"
        ));
    }
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The canonical form, which [`ToolDigest`](super::ToolDigest) describes.
pub(super) fn text(json: &Json) -> String {
    let mut out = String::new();
    write_json(json, &mut out);
    out
}

/// Whether nothing in it lies deeper than this.
pub(super) fn is_shallow(json: &Json, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match json {
        Json::Array(values) => values.iter().all(|value| is_shallow(value, depth)),
        Json::Object(members) => members.values().all(|value| is_shallow(value, depth)),
        _ => true,
    }
}

fn write_json(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => out.push_str(&number_text(number)),
        Json::String(text) => write_text(text, out),
        Json::Array(values) => {
            out.push('[');
            for (number, value) in values.iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write_json(value, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            out.push('{');
            for (number, (key, value)) in members.into_iter().enumerate() {
                if number > 0 {
                    out.push(',');
                }
                write_text(key, out);
                out.push(':');
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1F}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}

fn number_text(number: &Number) -> String {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), ..) => whole.to_string(),
        (_, Some(whole), _) => whole.to_string(),
        (.., Some(double)) if double.is_finite() => double_text(double),
        _ => number.to_string(),
    }
}

/// A double as ECMAScript writes it: the shortest digits that read back the same.
fn double_text(double: f64) -> String {
    let Decimal { negative, digits, exponent } = Decimal::parse(&format!("{double:e}"))
        .unwrap_or(Decimal { negative: false, digits: String::new(), exponent: 0 });
    if digits.is_empty() {
        return "0".to_owned();
    }
    let sign = if negative { "-" } else { "" };
    let length = digits.len() as i64;
    // Where the decimal point stands, counted from the first digit.
    let point = length + exponent;
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    if (length..=21).contains(&point) {
        return format!("{sign}{digits}{}", zeros(point - length));
    }
    if (-5..=0).contains(&point) {
        return format!("{sign}0.{}{digits}", zeros(-point));
    }
    if (1..=21).contains(&point) {
        let (whole, rest) = digits.split_at(usize::try_from(point).unwrap_or_default());
        return format!("{sign}{whole}.{rest}");
    }
    let (first, rest) = digits.split_at(1);
    let dot = if rest.is_empty() { "" } else { "." };
    let plus = if point > 0 { "+" } else { "" };
    format!("{sign}{first}{dot}{rest}e{plus}{}", point - 1)
}

/// Digits without zeros at either end, to be multiplied by a power of ten.
#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// Of a number as JSON writes it.
    fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let behind = all.len() - all.trim_end_matches('0').len();
        let exponent: i64 = exponent.parse().ok()?;
        let exponent = exponent.checked_sub(fraction.len() as i64)?.checked_add(behind as i64)?;
        Some(Self { negative, digits: digits.to_owned(), exponent })
    }
}

/// Whether the number is the one that its double, or its whole number of 64 bits, is written as.
fn is_exact(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let double = number.parse::<f64>().ok().filter(|double| double.is_finite());
    double.is_some_and(|double| {
        Decimal::parse(number).is_some_and(|decimal| {
            Decimal::parse(&format!("{double:e}")).is_some_and(|shortest| shortest == decimal)
        })
    })
}

/// The numbers of a text that is JSON.
fn numbers_in(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find(|c: char| matches!(c, '"' | '-' | '0'..='9'))?;
            rest = rest.get(at..)?;
            if let Some(inside) = rest.strip_prefix('"') {
                rest = behind_text(inside);
                continue;
            }
            let of_number = |c: char| matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
            let end = rest.find(|c| !of_number(c)).unwrap_or(rest.len());
            let (number, behind) = rest.split_at_checked(end)?;
            rest = behind;
            return Some(number);
        }
    })
}

/// What follows the end of a string whose opening mark was taken.
fn behind_text(mut inside: &str) -> &str {
    loop {
        let Some(at) = inside.find(['"', '\\']) else { return "" };
        let skip = if inside[at..].starts_with('"') { 1 } else { 2 };
        let Some(rest) = inside.get(at + skip..) else { return "" };
        if skip == 1 {
            return rest;
        }
        inside = rest;
    }
}

/// Any JSON whose objects hold no key twice: of two descriptions, a person would review one and a model
/// might be shown the other.
struct Unrepeated;

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Unrepeated;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E: Error>(self, _value: bool) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_i64<E: Error>(self, _value: i64) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_u64<E: Error>(self, _value: u64) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_f64<E: Error>(self, _value: f64) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_str<E: Error>(self, _value: &str) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_unit<E: Error>(self) -> Result<Unrepeated, E> {
        Ok(Unrepeated)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Unrepeated, A::Error> {
        while values.next_element::<Unrepeated>()?.is_some() {}
        Ok(Unrepeated)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unrepeated, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = members.next_key::<String>()? {
            if keys.contains(&key) {
                let key = visible(&key);
                return Err(A::Error::custom(format_args!("the key `{key}` stands twice")));
            }
            keys.insert(key);
            members.next_value::<Unrepeated>()?;
        }
        Ok(Unrepeated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_has_one_text() {
        for (forms, canonical) in [
            (&["1", "1.0", "1e0", "10e-1", "1.00"][..], "1"),
            (&["0", "-0", "0.0", "-0.0", "0e5"], "0"),
            (&["1.5", "15e-1", "1.50"], "1.5"),
            (&["100000000000000000000", "1e20"], "100000000000000000000"),
            (&["1e21", "1000000000000000000000"], "1e+21"),
            (&["-0.0000015"], "-0.0000015"),
            (&["1.5e-7"], "1.5e-7"),
            (&["9007199254740993"], "9007199254740993"),
            (&["18446744073709551615"], "18446744073709551615"),
            (&["1e300"], "1e+300"),
            (&["123.456"], "123.456"),
        ] {
            for form in forms {
                assert_eq!(text(&read(form).unwrap()), canonical, "{form}");
            }
        }
    }

    #[test]
    fn a_number_that_is_read_in_two_ways_is_refused() {
        for number in [
            "18446744073709551616",
            "123456789012345678901",
            "0.10000000000000001",
            "1e-400",
            "9007199254740993.0",
            "1.0000000000000000000000001",
        ] {
            let error = read(&format!("[\"1\\\"2\", {number}]")).unwrap_err();
            assert!(error.starts_with(&format!("the number {number} ")), "{error}");
        }
        assert!(read(r#"["18446744073709551616", "\\", "a\"0.10000000000000001"]"#).is_ok());
    }

    #[test]
    fn keys_stand_in_order_at_every_depth() {
        let json = read(r#"{"b": [{"z": 1, "y": "\u0001\t\u00e9"}], "a": null}"#).unwrap();
        assert_eq!(text(&json), "{\"a\":null,\"b\":[{\"y\":\"\\u0001\\té\",\"z\":1}]}");
        for twice in [r#"{"a": 1, "a": 1}"#, r#"[{"b": {"a": 1, "\u0061": 1}}]"#] {
            assert!(read(twice).unwrap_err().starts_with("the key `a` stands twice"));
        }
    }
}
