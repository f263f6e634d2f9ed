//! Builds the tree while `serde_json` reads, and refuses what it would let pass.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::number::{TOO_LARGE, WHOLE, first_inexact};

use super::{FEW_MEMBERS, Items, Json, JsonError, JsonErrorKind, Limits, Object};

const TOO_DEEP: &str = "lists and objects are nested too deeply";

/// What stands in the text as a whole number of more than 64 bits reaches us rounded, and is not below this.
const FIRST_ROUNDED: f64 = 18_446_744_073_709_551_616.0;
const LAST_ROUNDED: f64 = -9_223_372_036_854_775_808.0;

/// Bytes of a key that an error shows.
const SHOWN_BYTES: usize = 64;

/// Values and members for which there is room from the start.
const ROOM: (usize, usize) = (4, 8);

pub(super) fn value(text: &str, limits: Limits) -> Result<Json<'_>, JsonError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    // Our own bound is asked first, so that too deep is told as what it is.
    reader.disable_recursion_limit();
    let (floats, told) = (Cell::new(false), Cell::new(None));
    let depth = limits.depth.min(Limits::DEPTH);
    let value = Place { depth, text_bytes: limits.text_bytes, floats: &floats, told: &told }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|error| JsonError::from_reader(&error, told.get()))?;
    // What was written is not seen while it is read, so it is looked at once more where there is need.
    if floats.get()
        && let Some((end, why)) = first_inexact(text)
    {
        return Err(JsonError::ending_at(text, end, why));
    }
    Ok(value)
}

/// Where a value stands: how deep what it holds may still go.
#[derive(Clone, Copy)]
struct Place<'f> {
    depth: usize,
    text_bytes: usize,
    /// Whether a number with a fraction or an exponent was read.
    floats: &'f Cell<bool>,
    /// What was refused here and not by `serde_json`.
    told: &'f Cell<Option<JsonErrorKind>>,
}

impl Place<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(self.refuse(JsonErrorKind::TooDeep, TOO_DEEP)),
        }
    }

    #[inline]
    fn check<E: Error>(self, text: &str) -> Result<(), E> {
        if text.len() <= self.text_bytes {
            Ok(())
        } else {
            let most = self.text_bytes;
            let what = format_args!("a text is longer than {most} bytes");
            Err(self.refuse(JsonErrorKind::LongText, what))
        }
    }

    #[cold]
    fn refuse<E: Error>(self, kind: JsonErrorKind, what: impl fmt::Display) -> E {
        self.told.set(Some(kind));
        E::custom(what)
    }

    #[cold]
    fn repeated<E: Error>(self, key: &str) -> E {
        let shown = key.get(..key.floor_char_boundary(SHOWN_BYTES)).unwrap_or_default();
        let more = if shown.len() < key.len() { "…" } else { "" };
        let shown = permitgate::text::visible(shown);
        let what = format_args!("the key `{shown}{more}` stands twice in one object");
        self.refuse(JsonErrorKind::RepeatedKey, what)
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Json<'de>;
    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Json<'de>, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json<'de>, E> {
        if value < FIRST_ROUNDED && value > LAST_ROUNDED {
            self.floats.set(true);
            let is_whole = value.abs() >= WHOLE;
            Ok(if is_whole { Json::Integer(value as i128) } else { Json::Float(value) })
        } else {
            Err(self.refuse(JsonErrorKind::InexactNumber, TOO_LARGE))
        }
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        self.check(text)?;
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        self.check(text)?;
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            if values.is_empty() {
                values.reserve(ROOM.0);
            }
            values.push(value);
        }
        Ok(Json::List(Items(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::new();
        let mut seen: Option<HashSet<Cow<'de, str>>> = None;
        while let Some(key) = object.next_key_seed(Key(self))? {
            let twice = if members.len() < FEW_MEMBERS {
                members.iter().any(|(name, _)| *name == key)
            } else {
                let seen = seen
                    .get_or_insert_with(|| members.iter().map(|(name, _)| name.clone()).collect());
                !seen.insert(key.clone())
            };
            if twice {
                return Err(self.repeated(&key));
            }
            if members.is_empty() {
                members.reserve(ROOM.1);
            }
            members.push((key, object.next_value_seed(inner)?));
        }
        if members.len() > FEW_MEMBERS {
            members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        }
        Ok(Json::Object(Object(members)))
    }
}

struct Key<'f>(Place<'f>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Cow<'de, str>;
    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Cow<'de, str>, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        self.0.check(text)?;
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        self.0.check(text)?;
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Json::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_has_two_meanings_is_refused() {
        for (text, expected) in [
            (r#"{"a":1,"a":2}"#, "column 10: the key `a` stands twice in one object"),
            (r#"{"a":1,"\u0061":2}"#, "column 15: the key `a` stands twice in one object"),
            (r#"[{"x":{"b":1,"b":1}}]"#, "column 16: the key `b` stands twice in one object"),
            ("{} {}", "column 4: trailing characters"),
            ("{,}", "column 2: key must be a string"),
            ("[1,]", "column 4: trailing comma"),
            ("\"\\ud800\"", "column 8: unexpected end of hex escape"),
            (
                "18446744073709551616",
                "column 20: a number is too large to be kept exactly; send it as text",
            ),
            (
                "-9223372036854775809",
                "column 20: a number is too large to be kept exactly; send it as text",
            ),
            ("1e999", "column 5: number out of range"),
            (
                r#"{"a":"\"1.5","b":[9007199254740993.0]}"#,
                "column 36: a number has more digits than can be kept exactly; write fewer, or send it as text",
            ),
            (
                "[0.5,\n0.10000000000000001]",
                "line 2, column 19: a number has more digits than can be kept exactly; write fewer, or send it as text",
            ),
            ("NaN", "column 1: expected value"),
            ("", "column 1: EOF while parsing a value"),
            ("{\n\"a\": tru}", "line 2, column 9: expected ident"),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }

    #[test]
    fn a_fault_has_a_kind() {
        let deep = "[".repeat(Limits::DEPTH + 1);
        for (text, kind) in [
            ("{,}", JsonErrorKind::Syntax),
            ("1e999", JsonErrorKind::Syntax),
            ("\"\\ud800\"", JsonErrorKind::Syntax),
            (r#"{"a":1,"a":2}"#, JsonErrorKind::RepeatedKey),
            (r#"{"a at line 1 column 2":1,"a at line 1 column 2":2}"#, JsonErrorKind::RepeatedKey),
            ("18446744073709551616", JsonErrorKind::InexactNumber),
            ("0.10000000000000001", JsonErrorKind::InexactNumber),
            (&deep, JsonErrorKind::TooDeep),
        ] {
            assert_eq!(Json::parse(text).unwrap_err().kind(), kind, "{text}");
        }
        let limits = Limits { depth: 2, text_bytes: 3 };
        let error = Json::parse_within("[\"abcd\"]", limits).unwrap_err();
        assert_eq!((error.kind(), error.kind().code()), (JsonErrorKind::LongText, "long-text"));
        let error = Json::parse_bytes(b"\xff", Limits::default()).unwrap_err();
        assert_eq!(error.kind(), JsonErrorKind::NotUtf8);
    }

    #[test]
    fn many_keys_are_told_apart_as_well_as_few() {
        for count in [1, 2, 15, 16, 17, 18, 500] {
            let members: Vec<_> = (0..count).rev().map(|n| format!("\"k{n}\":{n}")).collect();
            let text = format!("{{{}}}", members.join(","));
            let json = Json::parse(&text).unwrap();
            for n in 0..count {
                assert_eq!(json.get(&format!("k{n}")), Some(&Json::Integer(n)), "{count}");
            }
            assert_eq!(json.get("k"), None);
            for n in [0, count / 2, count - 1] {
                let twice = format!("{{{},\"k{n}\":0}}", members.join(","));
                assert!(
                    fault(&twice).ends_with(&format!("the key `k{n}` stands twice in one object"))
                );
            }
        }
    }

    #[test]
    fn numbers_are_exact() {
        let json = Json::parse("[18446744073709551615,-9223372036854775808,0.5,1.0,-0]").unwrap();
        let expected = [
            Json::Integer(u64::MAX.into()),
            Json::Integer(i64::MIN.into()),
            Json::Float(0.5),
            Json::Float(1.0),
            Json::Float(-0.0),
        ];
        assert!(json.as_list().unwrap().iter().eq(&expected));
    }

    #[test]
    fn depth_and_text_are_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(Json::parse(&nested(Limits::DEPTH)).is_ok());
        // A bracket that closes at once is still read.
        for (depth, column) in [(Limits::DEPTH + 1, 129), (Limits::DEPTH + 2, 128), (10_000, 128)] {
            assert_eq!(fault(&nested(depth)), format!("column {column}: {TOO_DEEP}"));
        }
        let limits = Limits { depth: 2, text_bytes: 3 };
        assert!(Json::parse_within("[[\"abc\"]]", limits).is_ok());
        let error = Json::parse_within("[[[", limits).unwrap_err();
        assert_eq!((error.what(), error.column()), (TOO_DEEP, 3));
        let error = Json::parse_within("[\"abcd\"]", limits).unwrap_err();
        assert_eq!(error.what(), "a text is longer than 3 bytes");
        assert!(Json::parse_within("{\"abcd\":1}", limits).is_err());
        let long = format!("{{\"{0}\":1,\"{0}\":1}}", "é".repeat(100));
        assert!(fault(&long).contains(&format!("`{}…`", "é".repeat(32))));
    }

    #[test]
    fn bytes_that_are_no_text_are_placed() {
        let error = Json::parse_bytes(b"[1,\n\"a\xff\"]", Limits::default()).unwrap_err();
        assert_eq!((error.line(), error.column(), error.what()), (2, 3, "not UTF-8"));
    }
}
