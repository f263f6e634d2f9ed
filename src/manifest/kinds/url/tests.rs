use std::fmt::Write as _;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::model::arguments::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    #[serde(rename = "why")]
    _why: Option<String>,
    #[serde(default)]
    options: UrlSpec,
    canonical: Option<String>,
    parts: Option<toml::Table>,
    refused: Option<String>,
    at: Option<u32>,
}

/// The canonical form and the parts, or the fault.
fn read(url: &Url, text: &str) -> Result<(String, toml::Table), TextFault> {
    let mut parts = Parts::default();
    let begun = parts.argument("url");
    url.read(text, &mut parts, &begun)?;
    parts.end(begun);
    let part = parts.get("url").unwrap();
    let names: Vec<_> = part.iter().map(|part| part.name()).collect();
    assert_eq!(names, Url::PARTS.iter().map(|part| part.name).collect::<Vec<_>>());
    let value = |value: Option<Value<'_>>| match value {
        Some(Value::Text(text)) => toml::Value::from(text),
        Some(Value::Integer(value)) => toml::Value::from(value as i64),
        other => panic!("{other:?}"),
    };
    let table = part.iter().map(|part| (part.name().to_owned(), value(part.value()))).collect();
    Ok((part.as_text().unwrap().to_owned(), table))
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let table: Table = toml::from_str(include_str!("../../../../testdata/kinds/url.toml")).unwrap();
    for case in table.case {
        let url = Url::new(&case.options).unwrap();
        match (read(&url, &case.text), case.refused) {
            (Ok((canonical, parts)), None) => {
                assert_eq!(Some(&canonical), case.canonical.as_ref(), "{}", case.text);
                assert_eq!(Some(&parts), case.parts.as_ref(), "{}", case.text);
                is_read_as_itself(&url, &canonical, parts);
            }
            (Err(fault), Some(code)) => {
                assert_eq!((fault.rule.code, Some(fault.at)), (&*code, case.at), "{}", case.text);
            }
            (read, _) => panic!("{}: {read:?}", case.text),
        }
    }
}

fn is_read_as_itself(url: &Url, canonical: &str, mut parts: toml::Table) {
    parts.insert("fragment".to_owned(), "".into());
    assert_eq!(read(url, canonical), Ok((canonical.to_owned(), parts)), "{canonical}");
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let spec = UrlSpec::default();
    for (spec, field) in [
        (UrlSpec { schemes: texts(&["ftp"]), ..spec.clone() }, "schemes"),
        (UrlSpec { schemes: texts(&["HTTPS"]), ..spec.clone() }, "schemes"),
        (UrlSpec { default_scheme: Some("ws".to_owned()), ..spec.clone() }, "default_scheme"),
        (UrlSpec { default_scheme: Some("ftp".to_owned()), ..spec.clone() }, "default_scheme"),
        (UrlSpec { ports: vec![443, 0], ..spec.clone() }, "ports"),
        (UrlSpec { xn: texts(&["example.com"]), ..spec }, "xn"),
    ] {
        assert_eq!(Url::new(&spec).unwrap_err().field, field);
    }
}

#[test]
fn a_long_url_is_refused_and_a_hostile_one_is_read_once() {
    let url = Url::new(&UrlSpec::default()).unwrap();
    for piece in [
        "/a", "%C3%BC", "[", "]", "@", ":", "?", "#", "%", "%2", ".", "/.", "//", "a.", ";", "-",
        "\u{e9}",
    ] {
        for start in [
            "",
            "https://",
            "https://[",
            "https://example.com/",
            "https://example.com/?",
            "https://a:",
        ] {
            let mut text = start.to_owned();
            while text.len() + piece.len() <= MAX_BYTES {
                text.push_str(piece);
            }
            // Whatever it says, it says it.
            let _ = read(&url, &text);
        }
    }
    let mut text = "https://example.com/".to_owned();
    text.push_str(&"a".repeat(MAX_BYTES - text.len()));
    assert!(read(&url, &text).is_ok());
    text.push('a');
    assert_eq!(read(&url, &text), Err(TextFault::new(&rules::LONG, MAX_BYTES)));
}

proptest! {
    #[test]
    fn a_canonical_url_is_read_as_itself(
        scheme in "(https?://)?",
        host in "([a-cA-C0-9.-]{1,8}|\\[[0-9a-f:.]{2,12}\\])",
        rest in "(:[0-9]{1,5})?(/[a-cA-C.;%0-9+~@]{0,4}){0,3}(\\?[a-c%0-9/?&=\\[]{0,6})?(#[a-c%/]{0,3})?",
        escapes in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut text = format!("{scheme}{host}{rest}");
        for byte in escapes {
            let _ = write!(text, "%{byte:02x}");
        }
        let url = Url::new(&UrlSpec { default_scheme: Some("https".to_owned()), ..UrlSpec::default() }).unwrap();
        if let Ok((canonical, parts)) = read(&url, &text) {
            is_read_as_itself(&url, &canonical, parts);
        }
    }
}
