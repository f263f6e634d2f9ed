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

#[test]
fn an_alias_is_the_name_that_it_stands_for() {
    let pairs = [("C0123", "general"), ("café", "Ops"), ("OPS-2", "Ops"), ("B9", "büro")];
    let aliases = Arc::new(AliasTable::new(pairs));
    let (mut exact, mut folds) = (NameSpec::new(), NameSpec::new().fold_case());
    exact.know(&aliases);
    folds.know(&aliases);
    let cases = [
        ("C0123", Some("general"), Some("general")),
        ("#C0123", Some("general"), Some("general")),
        ("#c0123", Some("c0123"), Some("general")),
        ("C01234", Some("C01234"), Some("c01234")),
        ("C012", Some("C012"), Some("c012")),
        (" C0123", None, None),
        ("##C0123", None, None),
        ("ops-2", Some("ops-2"), Some("ops")),
        ("OPS-2", Some("Ops"), Some("ops")),
        ("Ops", Some("Ops"), Some("ops")),
        ("B9", Some("büro"), None),
    ];
    for (text, as_is, folded) in cases {
        assert_eq!(read(&channel(&exact), text).ok().as_deref(), as_is, "{text}");
        assert_eq!(read(&channel(&folds), text).ok().as_deref(), folded, "{text}");
    }
}

#[test]
fn where_case_is_folded_a_known_name_is_written_as_it_is_known() {
    let pairs = [("C0123", "General"), ("General", "General"), ("C1", "Ops"), ("lobby", "Lobby")];
    let aliases = Arc::new(AliasTable::new(pairs));
    let (mut exact, mut folds) = (NameSpec::new(), NameSpec::new().fold_case());
    exact.know(&aliases);
    folds.know(&aliases);
    for (text, as_is, folded) in [
        ("C0123", "General", "General"),
        ("#c0123", "c0123", "General"),
        ("General", "General", "General"),
        ("#GENERAL", "GENERAL", "General"),
        ("general", "general", "General"),
        // `Ops` is no name that stands for itself, as where the directory has `OPS` too.
        ("C1", "Ops", "ops"),
        ("OPS", "OPS", "ops"),
        ("lobby", "Lobby", "Lobby"),
        ("LOBBY", "LOBBY", "Lobby"),
        ("Other", "Other", "other"),
    ] {
        assert_eq!(read(&channel(&exact), text).as_deref(), Ok(as_is), "{text}");
        assert_eq!(read(&channel(&folds), text).as_deref(), Ok(folded), "{text}");
    }
}

proptest! {
    #[test]
    fn a_name_is_read_as_itself(text in "[#@]?[aAZé ,.#@\u{ff03}\u{ff0c}\u{3000}\u{200b}]{0,5}", folds in any::<bool>()) {
        let spec = NameSpec { case: if folds { super::Case::Fold } else { super::Case::Exact }, ..NameSpec::new() };
        let kind = channel(&spec);
        if let Ok(name) = read(&kind, &text) {
            prop_assert!(visible(&name).is_plain());
            prop_assert!(!folds || name == name.to_ascii_lowercase());
            prop_assert_eq!(read(&kind, &name), Ok(name));
        }
    }
}
