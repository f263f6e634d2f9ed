use std::collections::BTreeMap;

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
    options: HostSpec,
    canonical: Option<String>,
    parts: Option<BTreeMap<String, String>>,
    refused: Option<String>,
    at: Option<u32>,
}

/// The canonical form and the class, or the fault.
fn read(host: &Host, text: &str) -> Result<(String, String), TextFault> {
    let mut parts = Parts::default();
    let begun = parts.argument("host");
    host.read(text, &mut parts, &begun)?;
    parts.end(begun);
    let part = parts.get("host").unwrap();
    assert_eq!(part.iter().map(|part| part.name()).collect::<Vec<_>>(), ["class"]);
    let text = |value: Option<Value<'_>>| value.unwrap().as_text().unwrap().to_owned();
    Ok((text(part.value()), text(part.get("class").unwrap().value())))
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let table: Table =
        toml::from_str(include_str!("../../../../testdata/kinds/host.toml")).unwrap();
    for case in table.case {
        let host = Host::new(&case.options).unwrap();
        match (read(&host, &case.text), case.refused) {
            (Ok((canonical, class)), None) => {
                assert_eq!(Some(&canonical), case.canonical.as_ref(), "{}", case.text);
                assert_eq!(
                    case.parts.unwrap(),
                    [("class".to_owned(), class.clone())].into(),
                    "{}",
                    case.text
                );
                assert_eq!(read(&host, &canonical), Ok((canonical.clone(), class)), "{canonical}");
                assert!(is_canonical_host(&canonical), "{canonical}");
            }
            (Err(fault), Some(code)) => {
                assert_eq!((fault.rule.code, Some(fault.at)), (&*code, case.at), "{}", case.text);
            }
            (read, _) => panic!("{}: {read:?}", case.text),
        }
    }
}

#[test]
fn only_names_in_punycode_are_listed() {
    for name in ["example.com", "xn--a.example.", "XN--a.example", "*.xn--a.example", ""] {
        let fault = Host::new(&HostSpec { xn: vec![name.to_owned()] }).unwrap_err();
        assert_eq!(fault.field, "xn", "{name}");
    }
}

#[test]
fn labels_and_names_end_where_the_name_service_ends_them() {
    let host = Host::default();
    assert!(read(&host, &format!("{}.example", "a".repeat(63))).is_ok());
    assert_eq!(
        read(&host, &format!("{}.example", "a".repeat(64))),
        Err(TextFault::new(&LABEL, 63))
    );
    let longest = format!("{}abc", "a.".repeat(125));
    assert_eq!(longest.len(), 253);
    assert!(read(&host, &longest).is_ok());
    assert_eq!(read(&host, &format!("a{longest}")), Err(TextFault::new(&LONG, 0)));
    assert!(read(&host, &format!("{longest}.")).is_ok());
}

proptest! {
    #[test]
    fn a_canonical_host_is_read_as_itself(text in "[a-cA-C0-9x.:_%@\\[\\]f-]{0,24}") {
        let host = Host::default();
        if let Ok((canonical, class)) = read(&host, &text) {
            prop_assert!(is_canonical_host(&canonical), "{canonical}");
            prop_assert_eq!(read(&host, &canonical), Ok((canonical, class)));
        }
    }
}
