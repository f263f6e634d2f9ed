//! Holds decimal numbers that we accept to `bigdecimal` and to the standard library, and what we refuse to a plain
//! description of the grammar.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use permitgate::manifest::{ArgumentSpec, DecimalSpec};
use permitgate::model::Value;

use crate::corpus::{corpus, hostile, mutated};
use crate::draw::Draw;
use crate::report::{Run, check};
use crate::subject::{Reading, Subject};

const SCALES: &[u8] = &[0, 1, 2, 3, 6, 12];

pub(crate) fn run(seconds: u64, seed: u64) -> bool {
    let subject =
        |scale: &u8| (*scale, Subject::new(ArgumentSpec::decimal(DecimalSpec::new(*scale))));
    let subjects: Vec<_> = SCALES.iter().map(subject).collect();
    let (corpus, signs) = (corpus("decimal"), SIGNS.chars().collect::<Vec<_>>());
    let mut draw = Draw::new(seed);
    let mut run = Run::new("decimal", seed);
    let mut numbers = 0_u64;
    while run.goes_on(seconds) {
        for _ in 0..1000 {
            run.texts += 1;
            let (scale, subject) = &subjects[draw.below(subjects.len())];
            let (value, text) = match draw.below(4) {
                0 => (None, mutated(&corpus, &signs, &mut draw)),
                1 => (None, text(&mut draw)),
                2 => {
                    let number = float(&mut draw);
                    (Some(Value::Float(number)), format!("{number}"))
                }
                _ => {
                    let number = integer(&mut draw);
                    (Some(Value::Integer(number)), number.to_string())
                }
            };
            let read = subject.read(value.unwrap_or(Value::Text(&text)));
            let expected = match value {
                Some(Value::Float(number)) => {
                    is_exact(&text) && is_plain(&text, *scale) && number.is_finite()
                }
                _ => is_plain(&text, *scale),
            };
            run.accepted += u64::from(read.is_ok());
            numbers += u64::from(read.is_ok() && value.is_some());
            let compared = match &read {
                Ok(read) => {
                    compare(&text, value, read).and_then(|()| same_again(subject, read, *scale))
                }
                Err(_) => Ok(()),
            };
            let compared = compared.and_then(|()| check("accepted", expected, read.is_ok()));
            if let Err(says) = compared {
                run.differs(text, format!("{value:?}, scale {scale}: {says}"));
            }
        }
    }
    let worst =
        hostile(&subjects[2].1, &["", "-", "0.", "1"], &["0", "1", ".", "-", "10", "é"], 64 * 1024);
    let also = format!(
        "{numbers} of them numbers, eight times the length takes at most {worst:.1} times as long"
    );
    run.end(also) && worst < 24.0
}

/// The same value there.
fn compare(text: &str, value: Option<Value<'_>>, read: &Reading) -> Result<(), String> {
    let ours = BigDecimal::from_str(read.canonical()).map_err(|error| error.to_string())?;
    let theirs = BigDecimal::from_str(text).map_err(|error| format!("bigdecimal: {error}"))?;
    check("bigdecimal", &theirs, &ours)?;
    if let Some(Value::Float(number)) = value {
        let float: f64 = ours.to_string().parse().map_err(|_| "no float")?;
        check("float", number, float)?;
    }
    Ok(())
}

/// What it reads is read again as itself, however it is written.
fn same_again(subject: &Subject, read: &Reading, scale: u8) -> Result<(), String> {
    let ours = BigDecimal::from_str(read.canonical()).map_err(|error| error.to_string())?;
    let written = ours.with_scale(scale.into()).to_plain_string();
    let again = subject.text(&written).map_err(|fault| format!("{written}: {fault}"))?;
    check("read again", &again, read)
}

/// Whether it is of the grammar, said once more.
fn is_plain(text: &str, scale: u8) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut parts = digits.split('.');
    let (whole, fraction, more) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    let all_digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let is_whole =
        all_digits(whole) && whole.len() <= 24 && (whole == "0" || !whole.starts_with('0'));
    let is_fraction = fraction.is_none_or(|fraction| {
        all_digits(fraction) && fraction.chars().skip(scale.into()).all(|digit| digit == '0')
    });
    is_whole && is_fraction && more.is_none()
}

/// Whether no other decimal number of as many digits stands for the same float.
fn is_exact(text: &str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').len() <= 15
}

const SIGNS: &str = "0123456789....--+eE_, \t\n١٢３０．−·'xaNif%€$/*";

fn digits(draw: &mut Draw, most: usize) -> String {
    let signs: &[&str] =
        if draw.one_in(3) { &["0", "0", "9"] } else { &["0", "1", "2", "5", "7", "9"] };
    let count = draw.below(most + 1);
    (0..count).map(|_| draw.of(signs)).collect()
}

fn text(draw: &mut Draw) -> String {
    let mut text = draw.of(&["", "", "", "-", "-", "+", "--", " ", "0", "00", "€"]).to_owned();
    let most = [3, 8, 26][draw.below(3)];
    text += &digits(draw, most);
    if draw.one_in(2) {
        text += draw.of(&[".", ".", ".", ".", ",", "..", "．"]);
        let most = if draw.one_in(4) { 16 } else { 4 };
        text += &digits(draw, most);
        text += draw.of(&["", "", "0", "000000000000000"]);
    }
    if draw.one_in(12) {
        text += draw.of(&["e3", "E-2", "_0", " ", "%", "f", "\n", ".", "-", "\0", "x", "٣"]);
    }
    text
}

fn float(draw: &mut Draw) -> f64 {
    let bits = |draw: &mut Draw| {
        let halves = [draw.below(1 << 32), draw.below(1 << 32)];
        (halves[0] as u64) << 32 | halves[1] as u64
    };
    match draw.below(6) {
        0 => f64::from_bits(bits(draw)),
        1 => [
            0.0,
            -0.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            f64::MAX,
            1e15,
            1e16,
            1e23,
        ][draw.below(10)],
        2 => {
            let whole = (bits(draw) >> (11 + draw.below(50))) as f64;
            whole / [1.0, 10.0, 100.0, 1000.0][draw.below(4)]
        }
        3 => -(draw.below(1_000_000) as f64) / 100.0,
        4 => draw.below(1_000_000_000) as f64 / 1e6 + draw.below(3) as f64 * 0.1,
        _ => draw.below(100_000) as f64 / 100.0,
    }
}

fn integer(draw: &mut Draw) -> i128 {
    let most = 10_i128.pow(24);
    let near =
        [0, 1, most, most - 1, i128::MAX, i64::MAX.into(), u64::MAX.into(), 1 << 53][draw.below(8)];
    let number = near.saturating_add(draw.below(7) as i128 - 3);
    if draw.one_in(2) { number.saturating_neg() } else { number }
}
