//! Texts of the kinds' tables, and texts that are long.

use std::time::{Duration, Instant};

use crate::draw::Draw;
use crate::subject::Subject;

/// The texts in the table of a kind.
pub(crate) fn corpus(kind: &str) -> Vec<String> {
    let file = format!("{}/../../testdata/kinds/{kind}.toml", env!("CARGO_MANIFEST_DIR"));
    let table =
        std::fs::read_to_string(file).expect("the table").parse::<toml::Table>().expect("TOML");
    let cases = table["case"].as_array().expect("cases");
    cases.iter().filter_map(|case| case["text"].as_str()).map(str::to_owned).collect()
}

/// A text of a table with up to three signs put in, left out or replaced, or with the end of another.
pub(crate) fn mutated(corpus: &[String], signs: &[char], draw: &mut Draw) -> String {
    let mut text: Vec<char> = corpus[draw.below(corpus.len())].chars().take(400).collect();
    for _ in 0..1 + draw.below(3) {
        let at = draw.below(text.len() + 1);
        let sign = signs[draw.below(signs.len())];
        match draw.below(4) {
            0 => text.insert(at, sign),
            1 if at < text.len() => drop(text.remove(at)),
            2 if at < text.len() => text[at] = sign,
            _ => {
                let other: Vec<char> = corpus[draw.below(corpus.len())].chars().collect();
                let from = draw.below(other.len() + 1);
                text.truncate(at);
                text.extend(other.into_iter().skip(from));
            }
        }
    }
    text.into_iter().collect()
}

/// Reads what a parser could choke on: at most how many times as long eight times the length takes.
pub(crate) fn hostile(kind: &Subject, starts: &[&str], pieces: &[&str], most: usize) -> f64 {
    let text = |start: &str, piece: &str, length: usize| {
        format!("{start}{}", piece.repeat((length - start.len()) / piece.len()))
    };
    let best = |text: &str| (0..40).map(|_| time(kind, text)).min().unwrap_or_default();
    let ratio = |short: &str, long: &str| {
        let (short, long) = (best(short), best(long));
        // Below that it is refused at its beginning.
        let is_read = long > Duration::from_micros(5);
        if is_read { long.as_secs_f64() / short.as_secs_f64() } else { 0.0 }
    };
    let mut worst: f64 = 0.0;
    for start in starts {
        for piece in pieces {
            let (short, long) = (text(start, piece, most / 8), text(start, piece, most));
            // The machine may be busy with other things: the least of some.
            let mut least = ratio(&short, &long);
            for _ in 0..10 {
                if least > 14.0 {
                    least = least.min(ratio(&short, &long));
                }
            }
            if least > 14.0 {
                println!(
                    "{start:?} and {piece:?}: eight times the length takes {least:.1} times as long"
                );
            }
            worst = worst.max(least);
        }
    }
    worst
}

/// The time of one reading.
fn time(kind: &Subject, text: &str) -> Duration {
    const TIMES: u32 = 4;
    let start = Instant::now();
    for _ in 0..TIMES {
        std::hint::black_box(kind.accepts(std::hint::black_box(text)));
    }
    start.elapsed() / TIMES
}
