use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::base::address::is_canonical_host;
use crate::model::parts::Part;

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
    /// Read as `mailbox`, where it is not read as `mailboxes`.
    #[serde(default)]
    single: bool,
    #[serde(default)]
    options: MailboxSpec,
    /// Addresses, each with the name before it where there is one.
    canonical: Option<Vec<String>>,
    names: Option<Vec<String>>,
    refused: Option<String>,
    at: Option<u32>,
}

/// An address, and the name before it.
type Found = (String, String);

fn read(kind: &Mailboxes, text: &str) -> Result<Vec<Found>, TextFault> {
    let mut parts = Parts::default();
    let begun = parts.argument("to");
    kind.read(text, &mut parts, &begun)?;
    parts.end(begun);
    let part = parts.get("to").unwrap();
    assert_eq!(part.is_list(), kind.is_list());
    Ok(if kind.is_list() { part.iter().map(found).collect() } else { vec![found(part)] })
}

fn found(mailbox: Part<'_>) -> Found {
    let names: Vec<_> = mailbox.iter().map(Part::name).collect();
    assert_eq!(names, ["local", "domain", "name"]);
    let text = |name| mailbox.get(name).and_then(Part::as_text).unwrap();
    let address = mailbox.as_text().unwrap();
    assert_eq!(address, format!("{}@{}", text("local"), text("domain")));
    assert!(is_canonical_host(text("domain")), "{address}");
    (address.to_owned(), text("name").to_owned())
}

fn kind(spec: &MailboxSpec, many: bool) -> Mailboxes {
    Mailboxes::new(spec, many).unwrap()
}

/// The canonical forms are read as themselves, without names, alone and together.
fn is_read_as_itself(spec: &MailboxSpec, found: &[Found]) {
    let alone = |(address, _): &Found| (address.clone(), String::new());
    let expected: Vec<Found> = found.iter().map(alone).collect();
    let addresses: Vec<&str> = found.iter().map(|(address, _)| &**address).collect();
    assert_eq!(read(&kind(spec, true), &addresses.join(",")), Ok(expected.clone()));
    for one in expected {
        assert_eq!(read(&kind(spec, false), &one.0), Ok(vec![one]));
    }
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let table = include_str!("../../../../testdata/kinds/mailboxes.toml");
    let table: Table = toml::from_str(table).unwrap();
    assert!(table.case.len() > 60);
    let mut wrong = Vec::new();
    for case in table.case {
        let kind = kind(&case.options, !case.single);
        match (read(&kind, &case.text), case.refused) {
            (Ok(found), None) => {
                let (addresses, names): (Vec<_>, Vec<_>) = found.iter().cloned().unzip();
                let unnamed = vec![String::new(); addresses.len()];
                assert_eq!(Some(&addresses), case.canonical.as_ref(), "{:?}", case.text);
                assert_eq!(names, case.names.unwrap_or(unnamed), "{:?}", case.text);
                is_read_as_itself(&case.options, &found);
            }
            (Err(fault), Some(code)) => {
                let says = (fault.rule.code, Some(fault.at));
                if says != (&*code, case.at) {
                    wrong.push((case.text, fault));
                }
                assert!(case.canonical.is_none() && case.names.is_none());
            }
            (read, _) => panic!("{:?}: {read:?}", case.text),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn addresses_end_where_mail_servers_end_them() {
    let kind = kind(&MailboxSpec::new(), false);
    let fault = |text: &str| read(&kind, text).unwrap_err();
    let (local, label) = ("l".repeat(64), "d".repeat(63));
    assert!(read(&kind, &format!("{local}@{label}.example")).is_ok());
    assert_eq!(fault(&format!("l{local}@a.example")), TextFault::new(&LOCAL, 64));
    assert_eq!(fault(&format!("a@d{label}.example")), TextFault::new(&DOMAIN, 2));
    let domain = format!("{}a", "d.".repeat(126));
    assert_eq!(domain.len(), 253);
    assert_eq!(fault(&format!("a@{domain}.a")), TextFault::new(&DOMAIN, 2 + 253));
    assert_eq!(fault(&format!("a@{domain}")), TextFault::new(&ADDRESS, 0));
    assert_eq!(fault(&format!("Lee <a@{domain}>")), TextFault::new(&ADDRESS, 5));
    assert!(read(&kind, &format!("a@{}", &domain[1 + "d".len()..])).is_ok());
}

#[test]
fn as_many_addresses_as_an_action_may_name() {
    let kind = kind(&MailboxSpec::new(), true);
    let list = |count| vec!["a@b"; count].join(",");
    assert_eq!(read(&kind, &list(MAX_RECIPIENTS)).unwrap().len(), MAX_RECIPIENTS);
    let fault = read(&kind, &list(MAX_RECIPIENTS + 1)).unwrap_err();
    assert_eq!(fault, TextFault::new(&MANY, MAX_RECIPIENTS * 4));
    assert!(MANY.remedy.ends_with(&MAX_RECIPIENTS.to_string()));
}

#[test]
fn long_texts_are_refused_where_they_begin_to_be() {
    let longest = format!("{}a@b", " ".repeat(MAX_TEXT_BYTES - 3));
    for many in [false, true] {
        let kind = kind(&MailboxSpec::new(), many);
        assert!(read(&kind, &longest).is_ok());
        let fault = read(&kind, &format!("{longest} ")).unwrap_err();
        assert_eq!(fault, TextFault::new(&LONG, MAX_TEXT_BYTES));
        for piece in ["a", ".", "@", ",", "\"", "<", "(", "=?", "é", "a@b,", "\"a\" ", "क्"] {
            for start in ["", "a@", "\"", "a <", "a@b, "] {
                let text = piece.repeat((MAX_TEXT_BYTES - start.len()) / piece.len());
                assert!(read(&kind, &format!("{start}{text}")).is_err(), "{start} {piece}");
            }
        }
    }
}

#[test]
fn nothing_but_the_grammar_stands_in_an_address() {
    let kind = kind(&MailboxSpec::new(), false);
    let locals = "._+-'=&#~/";
    for character in ('\0'..='\u{3000}').chain('\u{ff00}'..='\u{ffef}') {
        let is_local = character.is_ascii_alphanumeric() || locals.contains(character);
        let read_local = read(&kind, &format!("a{character}b@c.example"));
        assert_eq!(read_local.is_ok(), is_local, "{character:?}");
        let is_domain = character.is_ascii_alphanumeric() || "-.".contains(character);
        let read_domain = read(&kind, &format!("a@b{character}c.example"));
        assert_eq!(read_domain.is_ok(), is_domain, "{character:?}");
        // Behind the bracket, and before one without a name, stand blanks alone.
        let behind = read(&kind, &format!("<a@b.example>{character}"));
        assert_eq!(behind.is_ok(), character == ' ', "{character:?}");
    }
}

#[test]
fn names_hold_letters_of_any_script_and_few_signs() {
    let kind = kind(&MailboxSpec::new(), false);
    for character in ('\0'..='\u{3000}').chain('\u{ff00}'..='\u{ffef}') {
        let accepts = |text: String| read(&kind, &text).is_ok();
        let (plain, quoted) = (
            accepts(format!("a{character}b <a@b.example>")),
            accepts(format!("\"a{character}b\" <a@b.example>")),
        );
        if character.is_ascii() {
            let is_word = character.is_ascii_alphanumeric() || " -_.'&+".contains(character);
            assert_eq!(plain, is_word, "{character:?}");
            let is_quoted = !character.is_ascii_control() && !"\"\\@<>".contains(character);
            assert_eq!(quoted, is_quoted, "{character:?}");
        } else {
            assert_eq!(plain, quoted, "{character:?}");
            assert!(!plain || is_letter(character), "{character:?}");
            assert!(!plain || visible(&format!("a{character}b")).is_plain(), "{character:?}");
        }
    }
}

fn spec() -> impl Strategy<Value = MailboxSpec> {
    (any::<bool>(), any::<bool>()).prop_map(|(fold, strip)| MailboxSpec {
        local_part: if fold { LocalPart::Fold } else { LocalPart::Exact },
        plus: if strip { Plus::Strip } else { Plus::Keep },
    })
}

proptest! {
    #[test]
    fn what_is_accepted_is_read_as_itself(
        text in "([aA\" é]{0,3} ?<)?[aA.+]{1,4}@[aA1.x-]{1,4}>?( ?, ?[aA.+\"<]{1,4}@[a0x.]{1,4}>?){0,2}",
        spec in spec(),
    ) {
        if let Ok(found) = read(&kind(&spec, true), &text) {
            is_read_as_itself(&spec, &found);
            let single = read(&kind(&spec, false), &text);
            prop_assert_eq!(single.ok(), (found.len() == 1).then_some(found));
        }
    }

    #[test]
    fn folding_and_cutting_change_nothing_else(text in "[abAB.+]{1,6}@[ab.]{1,4}", spec in spec()) {
        let Ok(plain) = read(&kind(&MailboxSpec::new(), false), &text) else { return Ok(()) };
        let mut expected = plain[0].0.clone();
        if spec.local_part == LocalPart::Fold {
            expected.make_ascii_lowercase();
        }
        if spec.plus == Plus::Strip && let Some((before, behind)) = expected.split_once('+')
            && !before.is_empty()
        {
            let domain = behind.split_once('@').unwrap().1;
            expected = format!("{before}@{domain}");
        }
        match read(&kind(&spec, false), &text) {
            Ok(found) => prop_assert_eq!(&found[0].0, &expected),
            Err(fault) => {
                prop_assert_eq!(fault.rule.code, "stripped");
                prop_assert!(expected.contains(".@"));
            }
        }
    }
}
