use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::manifest::kinds::cases::{KindCase, flat, hold, written};

/// The canonical form and the parts, or the fault.
fn read(url: &Url, text: &str) -> Result<(String, toml::Table), TextFault> {
    written(
        |parts, part| url.read(text, parts, part),
        |part| {
            let names: Vec<_> = part.iter().map(|part| part.name()).collect();
            assert_eq!(names, Url::PARTS.iter().map(|part| part.name).collect::<Vec<_>>());
            flat(part)
        },
    )
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let url = |case: &KindCase<UrlSpec>| Url::new(&case.options()).unwrap();
    hold(
        include_str!("../../../../testdata/kinds/url.toml"),
        |case| read(&url(case), case.text.value().as_text().unwrap()),
        |case, (canonical, parts)| {
            assert_eq!(Some(&canonical), case.canonical.as_ref(), "{:?}", case.text);
            assert_eq!(Some(&parts), case.parts.as_ref(), "{:?}", case.text);
            is_read_as_itself(&url(case), &canonical, parts);
        },
    );
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
