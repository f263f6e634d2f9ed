use proptest::prelude::*;
use serde::de::DeserializeOwned;

use super::*;
use crate::manifest::kinds::cases::{KindCase, flat, hold, written};

/// What stands for an argument when it was read.
fn read(
    write: impl FnOnce(&mut Parts, &OpenPart) -> Result<(), TextFault>,
) -> Result<String, TextFault> {
    written(write, |part| {
        let (text, parts) = flat(part);
        assert!(parts.is_empty());
        text
    })
}

fn read_id(id: &Id, value: Value<'_>) -> Result<String, TextFault> {
    read(|parts, begun| id.read(value, parts, begun))
}

fn is_as_the_table_says<S: DeserializeOwned>(
    table: &str,
    read: impl Fn(&S, Value<'_>) -> Result<String, TextFault>,
) {
    let options =
        |case: &KindCase<S>, value: Value<'_>| read(case.options.as_ref().unwrap(), value);
    hold(
        table,
        |case| options(case, case.text.value()),
        |case, text| {
            assert_eq!(Some(&text), case.canonical.as_ref(), "{:?}", case.text);
            assert_eq!(options(case, Value::Text(&text)), Ok(text.clone()));
        },
    );
}

#[test]
fn every_id_is_read_as_the_table_says() {
    let table = include_str!("../../../../testdata/kinds/id.toml");
    is_as_the_table_says(table, |spec: &IdSpec, value| read_id(&Id::new(spec).unwrap(), value));
}

#[test]
fn every_choice_is_read_as_the_table_says() {
    let table = include_str!("../../../../testdata/kinds/choice.toml");
    is_as_the_table_says(table, |spec: &ChoiceSpec, value| {
        let choice = Choice::new(spec).unwrap();
        read(|parts, begun| choice.read(value.as_text().unwrap(), parts, begun))
    });
}

#[test]
fn a_list_of_texts_is_a_list_of_different_ones() {
    let fault = |values: Vec<String>| {
        let fault = Choice::new(&ChoiceSpec { values }).unwrap_err();
        (fault.field, fault.says)
    };
    let says = |says: &str| ("values", says.to_owned());
    let texts = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    assert_eq!(fault(vec![]), says("write 1 to 256 texts"));
    assert_eq!(fault(texts(MAX_ITEMS_PER_TOOL + 1)), says("write 1 to 256 texts"));
    assert!(Choice::new(&ChoiceSpec { values: texts(MAX_ITEMS_PER_TOOL) }).is_ok());
    assert_eq!(fault(["b", "a", "b"].map(str::to_owned).to_vec()), says("a text stands twice"));
    let long = "l".repeat(MAX_CONDITION_BYTES);
    assert_eq!(fault(vec![format!("{long}l")]), says("a text is longer than 4 KiB"));
    assert!(Choice::new(&ChoiceSpec { values: vec![long] }).is_ok());
}

fn id() -> Id {
    Id::new(&IdSpec { sort: "ticket".to_owned() }).unwrap()
}

#[test]
fn the_sort_of_an_id_is_a_name() {
    assert_eq!(Id::new(&IdSpec { sort: String::new() }).unwrap_err().field, "sort");
    assert_eq!(
        Id::new(&IdSpec { sort: "n".repeat(MAX_NAME_BYTES + 1) }).unwrap_err().field,
        "sort"
    );
}

#[test]
fn an_id_is_as_long_as_names_are() {
    let longest = "n".repeat(MAX_NAME_BYTES);
    assert_eq!(read_id(&id(), Value::Text(&longest)), Ok(longest.clone()));
    let fault = read_id(&id(), Value::Text(&format!("{longest}n"))).unwrap_err();
    assert_eq!(fault, TextFault::new(&LONG, MAX_NAME_BYTES));
    for piece in ["n", " ", "é", "\u{301}", "."] {
        let text = piece.repeat(64 * 1024 / piece.len());
        assert!(read_id(&id(), Value::Text(&text)).is_err());
    }
}

proptest! {
    #[test]
    fn an_id_is_read_as_itself(text in "[a0 .:/\\\\é١１@\u{301}-]{0,5}") {
        if let Ok(read) = read_id(&id(), Value::Text(&text)) {
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn a_number_is_the_same_id_as_its_digits(number in any::<i64>()) {
        let digits = number.to_string();
        prop_assert_eq!(read_id(&id(), Value::Integer(number.into())), Ok(digits.clone()));
        prop_assert_eq!(read_id(&id(), Value::Text(&digits)), Ok(digits));
    }
}
