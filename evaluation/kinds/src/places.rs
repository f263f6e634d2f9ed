//! The kinds `url`, `host` and `path`, and what their tables hold.

use std::time::{Duration, Instant};

use crate::manifest::kinds::host::{Host, HostSpec};
use crate::manifest::kinds::path::{Case, Path, PathSpec, Style};
use crate::manifest::kinds::rule::TextFault;
use crate::manifest::kinds::url::{Url, UrlSpec};
use crate::model::arguments::Value;
use crate::model::parts::{Begun, Parts};

/// What a text reaches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reached {
    pub canonical: String,
    pub parts: Vec<(String, String)>,
}

impl Reached {
    pub fn part(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|(other, _)| other == name).map(|(_, text)| &**text)
    }
}

/// A kind with its options.
pub enum Kind {
    Url(Url),
    Host(Host),
    Path(Path),
}

impl Kind {
    /// URLs of every scheme.
    pub fn url() -> Self {
        let schemes = ["http", "https", "ws", "wss"].map(str::to_owned).to_vec();
        Self::Url(Url::new(&UrlSpec { schemes, ..UrlSpec::default() }).expect("options"))
    }

    pub fn host() -> Self {
        Self::Host(Host::new(&HostSpec::default()).expect("options"))
    }

    pub fn path(root: Option<&str>, cwd: Option<&str>, windows: bool, folds: bool) -> Self {
        let spec = PathSpec {
            root: root.map(str::to_owned),
            cwd: cwd.map(str::to_owned),
            style: if windows { Style::Windows } else { Style::Posix },
            case: folds.then_some(Case::Fold),
            expands: false,
        };
        Self::Path(Path::new(&spec).expect("options"))
    }

    /// What a text reaches, or the code of the rule that it breaks.
    pub fn read(&self, text: &str) -> Result<Reached, &'static str> {
        let mut parts = Parts::default();
        let begun = parts.argument("it");
        self.write(text, &mut parts, &begun).map_err(|fault| {
            assert!(fault.at as usize <= text.len(), "a place in the text");
            fault.rule.code
        })?;
        parts.end(begun);
        let part = parts.get("it").expect("it");
        let say = |value: Option<Value<'_>>| match value {
            Some(Value::Text(text)) => text.to_owned(),
            Some(Value::Integer(value)) => value.to_string(),
            Some(Value::Bool(value)) => value.to_string(),
            None => "nothing".to_owned(),
        };
        let parts = part.iter().map(|part| (part.name().to_owned(), say(part.value()))).collect();
        Ok(Reached { canonical: say(part.value()), parts })
    }

    /// Reads a text again and again: the time of one reading.
    pub fn time(&self, text: &str, times: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..times {
            let mut parts = Parts::default();
            let begun = parts.object("it");
            let _ =
                std::hint::black_box(self.write(std::hint::black_box(text), &mut parts, &begun));
            std::hint::black_box(&parts);
        }
        start.elapsed() / times
    }

    fn write(&self, text: &str, parts: &mut Parts, begun: &Begun) -> Result<(), TextFault> {
        match self {
            Self::Url(kind) => kind.read(text, parts, begun),
            Self::Host(kind) => kind.read(text, parts, begun),
            Self::Path(kind) => kind.read(text, parts, begun),
        }
    }
}

impl Kind {
    /// The time of one reading where the machine is busy with other things too: the least of many batches.
    pub fn least_time(&self, text: &str) -> Duration {
        (0..300).map(|_| self.time(text, 500)).min().unwrap_or_default()
    }
}

/// The texts in the table of a kind.
pub fn corpus(kind: &str) -> Vec<String> {
    let file = format!("{}/../../testdata/kinds/{kind}.toml", env!("CARGO_MANIFEST_DIR"));
    let table =
        std::fs::read_to_string(file).expect("the table").parse::<toml::Table>().expect("TOML");
    let cases = table["case"].as_array().expect("cases");
    cases.iter().map(|case| case["text"].as_str().expect("a text").to_owned()).collect()
}

/// Reads what a parser could choke on: at most how many times as long eight times the length takes.
pub fn hostile(kind: &Kind, starts: &[&str], pieces: &[&str], most: usize) -> f64 {
    let text = |start: &str, piece: &str, length: usize| {
        format!("{start}{}", piece.repeat((length - start.len()) / piece.len()))
    };
    let best = |text: &str| (0..40).map(|_| kind.time(text, 4)).min().unwrap_or_default();
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
