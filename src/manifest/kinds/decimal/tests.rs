use proptest::prelude::*;

use super::*;
use crate::manifest::kinds::cases::{KindCase, hold, written};

fn kind(scale: u8) -> DecimalKind {
    DecimalKind::new(&DecimalSpec::new(scale)).unwrap()
}

fn read(kind: &DecimalKind, value: Value<'_>) -> Result<Decimal, TextFault> {
    written(
        |parts, part| kind.read(value, parts, part),
        |part| {
            assert_eq!(part.iter().count(), 0);
            part.decimal().unwrap()
        },
    )
}

#[test]
fn every_form_is_read_as_the_table_says() {
    let kind =
        |case: &KindCase<DecimalSpec>| DecimalKind::new(case.options.as_ref().unwrap()).unwrap();
    hold(
        include_str!("../../../../testdata/kinds/decimal.toml"),
        |case| read(&kind(case), case.text.value()),
        |case, decimal| {
            let canonical = decimal.to_string();
            assert_eq!(Some(&canonical), case.canonical.as_ref(), "{:?}", case.text);
            assert_eq!(read(&kind(case), Value::Text(&canonical)), Ok(decimal));
        },
    );
}

#[test]
fn options_say_what_is_given_and_how_exact() {
    let forms = |spec: DecimalSpec| DecimalKind::new(&spec).unwrap().forms();
    assert_eq!(forms(DecimalSpec::new(2)), Kinds::TEXT.or(Kinds::NUMBER).or(Kinds::INTEGER));
    assert_eq!(forms(DecimalSpec::new(2).from_text()), Kinds::TEXT);
    assert_eq!(forms(DecimalSpec::new(2).from_number()), Kinds::NUMBER.or(Kinds::INTEGER));
    assert!(DecimalKind::new(&DecimalSpec::new(MAX_SCALE)).is_ok());
    let field = |spec| DecimalKind::new(&spec).unwrap_err().field;
    assert_eq!(field(DecimalSpec::new(MAX_SCALE + 1)), "scale");
    assert_eq!(field(DecimalSpec { scale: 2, from: vec![] }), "from");
}

#[test]
fn the_largest_numbers_fit_and_larger_ones_do_not() {
    let (kind, most) = (kind(MAX_SCALE), 10_i128.pow(MAX_WHOLE_DIGITS as u32));
    let nines = format!("{}.{}", "9".repeat(MAX_WHOLE_DIGITS), "9".repeat(MAX_SCALE.into()));
    let units = 10_i128.pow(36) - 1;
    let decimal = |units| Ok(Decimal { units, scale: MAX_SCALE });
    assert_eq!(read(&kind, Value::Text(&nines)), decimal(units));
    assert_eq!(read(&kind, Value::Text(&format!("-{nines}"))), decimal(-units));
    let one = 10_i128.pow(MAX_SCALE.into());
    assert_eq!(read(&kind, Value::Integer(most - 1)), decimal((most - 1) * one));
    assert_eq!(read(&kind, Value::Integer(1 - most)), decimal((1 - most) * one));
    for whole in [most, -most, i128::MAX, i128::MIN] {
        assert_eq!(read(&kind, Value::Integer(whole)), Err(TextFault::new(&LARGE, 0)));
        let text = whole.to_string();
        let at = usize::from(whole < 0);
        assert_eq!(read(&kind, Value::Text(&text)), Err(TextFault::new(&LARGE, at)));
    }
}

#[test]
fn floats_of_which_others_are_the_same_are_refused() {
    // Two amounts, one float: which of them was written is lost.
    assert_eq!(90_071_992_547_409.93_f64, 90_071_992_547_409.94_f64);
    let fault = |number| read(&kind(2), Value::Float(number)).unwrap_err();
    assert_eq!(fault(90_071_992_547_409.93), TextFault::new(&FLOAT, 0));
    assert_eq!(fault(1e15), TextFault::new(&FLOAT, 0));
    let most = Decimal { units: 999_999_999_999_999, scale: 2 };
    assert_eq!(read(&kind(2), Value::Float(9_999_999_999_999.99)), Ok(most));
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE] {
        assert!(read(&kind(MAX_SCALE), Value::Float(number)).is_err(), "{number}");
    }
}

#[test]
fn long_texts_are_read_to_their_end() {
    let kind = kind(2);
    for piece in ["0", "1", ".", "-", "1.", "é", "_", " "] {
        for start in ["", "-", "1", "0."] {
            let text = format!("{start}{}", piece.repeat(64 * 1024 / piece.len()));
            let is_zero = (start, piece) == ("0.", "0");
            assert_eq!(read(&kind, Value::Text(&text)).is_ok(), is_zero, "{start} {piece}");
        }
    }
}

proptest! {
    #[test]
    fn a_number_is_the_same_in_every_form(units in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_u8..=12) {
        let decimal = Decimal { units: units.into(), scale };
        let text = decimal.to_string();
        let kind = kind(scale);
        prop_assert_eq!(read(&kind, Value::Text(&text)), Ok(decimal));
        prop_assert_eq!(read(&kind, Value::Float(text.parse().unwrap())), Ok(decimal));
        let zeros = if text.contains('.') { "000" } else { ".000" };
        let longer = format!("{text}{zeros}");
        prop_assert_eq!(read(&kind, Value::Text(&longer)), Ok(decimal));
        if let Ok(whole) = text.parse::<i128>() {
            prop_assert_eq!(read(&kind, Value::Integer(whole)), Ok(decimal));
        }
    }

    #[test]
    fn what_is_accepted_is_read_as_itself(text in "[-+]?[0-9]{0,3}[.,]?[0-9e]{0,4}", scale in 0_u8..=3) {
        let kind = kind(scale);
        if let Ok(decimal) = read(&kind, Value::Text(&text)) {
            prop_assert_eq!(read(&kind, Value::Text(&decimal.to_string())), Ok(decimal));
            let (ours, theirs) = (decimal.to_string().parse::<f64>(), text.parse::<f64>());
            prop_assert_eq!(ours, theirs);
        }
    }
}
