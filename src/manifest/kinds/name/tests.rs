use proptest::prelude::*;

use super::*;
use crate::manifest::kinds::cases::{KindCase, flat, hold, written};

fn read(kind: &NameKind, text: &str) -> Result<String, TextFault> {
    written(
        |parts, part| kind.read(text, parts, part),
        |part| {
            let (name, parts) = flat(part);
            assert!(parts.is_empty());
            name
        },
    )
}

fn channel(spec: &NameSpec) -> NameKind {
    NameKind::new(spec, '#', ValueKind::CHANNEL).unwrap()
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let kind = |case: &KindCase<NameSpec>| channel(&case.options());
    hold(
        include_str!("../../../../testdata/kinds/channel.toml"),
        |case| read(&kind(case), case.text.value().as_text().unwrap()),
        |case, name| {
            assert_eq!(Some(&name), case.canonical.as_ref(), "{:?}", case.text);
            assert_eq!(read(&kind(case), &name), Ok(name.clone()));
            assert_eq!(read(&kind(case), &format!("#{name}")), Ok(name));
        },
    );
}

#[test]
fn each_thing_has_a_sign_of_its_own() {
    let (channel, person) = (
        channel(&NameSpec::new()),
        NameKind::new(&NameSpec::new(), '@', ValueKind::PERSON).unwrap(),
    );
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
