use proptest::prelude::*;
use serde::Deserialize;

use super::*;

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
    options: NameSpec,
    canonical: Option<String>,
    refused: Option<String>,
    at: Option<u32>,
}

fn read(kind: &NameKind, text: &str) -> Result<String, TextFault> {
    let mut parts = Parts::default();
    let begun = parts.argument("channel");
    kind.read(text, &mut parts, &begun)?;
    parts.end(begun);
    let part = parts.get("channel").unwrap();
    assert_eq!(part.iter().count(), 0);
    Ok(part.as_text().unwrap().to_owned())
}

fn channel(spec: &NameSpec) -> NameKind {
    NameKind::new(spec, '#').unwrap()
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let table: Table =
        toml::from_str(include_str!("../../../../testdata/kinds/channel.toml")).unwrap();
    for case in table.case {
        let kind = channel(&case.options);
        match (read(&kind, &case.text), case.refused) {
            (Ok(name), None) => {
                assert_eq!(Some(&name), case.canonical.as_ref(), "{:?}", case.text);
                assert_eq!(read(&kind, &name), Ok(name.clone()));
                assert_eq!(read(&kind, &format!("#{name}")), Ok(name));
            }
            (Err(fault), Some(code)) => {
                let says = (fault.rule.code, Some(fault.at));
                assert_eq!(says, (&*code, case.at), "{:?}", case.text);
            }
            (read, _) => panic!("{:?}: {read:?}", case.text),
        }
    }
}

#[test]
fn each_thing_has_a_sign_of_its_own() {
    let (channel, person) =
        (channel(&NameSpec::new()), NameKind::new(&NameSpec::new(), '@').unwrap());
    assert_eq!(read(&person, "@lee"), Ok("lee".to_owned()));
    assert_eq!(read(&person, "#lee"), Err(TextFault::new(&SIGN, 0)));
    assert_eq!(read(&channel, "@lee"), Err(TextFault::new(&SIGN, 0)));
}

#[test]
fn a_name_is_as_long_as_names_are() {
    let kind = channel(&NameSpec::new());
    let longest = "n".repeat(MAX_NAME_BYTES);
    assert_eq!(read(&kind, &format!("#{longest}")), Ok(longest.clone()));
    let fault = read(&kind, &format!("#{longest}n")).unwrap_err();
    assert_eq!(fault, TextFault::new(&LONG, 1 + MAX_NAME_BYTES));
    for piece in ["#", "n", " ", "é", "\u{301}"] {
        assert!(read(&kind, &piece.repeat(64 * 1024 / piece.len())).is_err());
    }
}

proptest! {
    #[test]
    fn a_name_is_read_as_itself(text in "[#@]?[aAZé ,.#@\u{ff03}\u{ff0c}\u{3000}\u{200b}]{0,5}", folds in any::<bool>()) {
        let spec = NameSpec { case: if folds { super::Case::Fold } else { super::Case::Exact } };
        let kind = channel(&spec);
        if let Ok(name) = read(&kind, &text) {
            prop_assert!(visible(&name).is_plain());
            prop_assert!(!folds || name == name.to_ascii_lowercase());
            prop_assert_eq!(read(&kind, &name), Ok(name));
        }
    }
}
