use proptest::prelude::*;

use super::*;
use crate::manifest::kinds::cases::{KindCase, flat, hold, written};

/// The canonical form and the class, or the fault.
fn read(host: &Host, text: &str) -> Result<(String, String), TextFault> {
    written(
        |parts, part| host.read(text, parts, part),
        |part| {
            let (canonical, parts) = flat(part);
            assert_eq!(parts.keys().collect::<Vec<_>>(), ["class"]);
            (canonical, parts["class"].as_str().unwrap().to_owned())
        },
    )
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let host = |case: &KindCase<HostSpec>| Host::new(&case.options()).unwrap();
    hold(
        include_str!("../../../../testdata/kinds/host.toml"),
        |case| read(&host(case), case.text.value().as_text().unwrap()),
        |case, (canonical, class)| {
            assert_eq!(Some(&canonical), case.canonical.as_ref(), "{:?}", case.text);
            let parts = [("class".to_owned(), class.as_str().into())].into_iter().collect();
            assert_eq!(case.parts, Some(parts), "{:?}", case.text);
            let again = read(&host(case), &canonical);
            assert_eq!(again, Ok((canonical.clone(), class)), "{canonical}");
            assert!(is_canonical_host(&canonical), "{canonical}");
        },
    );
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
