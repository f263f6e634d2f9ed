//! What an oracle found.

use std::fmt::Display;
use std::time::Instant;

/// One run of an oracle.
pub(crate) struct Run {
    kind: &'static str,
    seed: u64,
    start: Instant,
    pub(crate) texts: u64,
    pub(crate) accepted: u64,
    differences: Vec<(String, String)>,
}

/// So many differences end a run.
const MOST_DIFFERENCES: usize = 50;

impl Run {
    pub(crate) fn new(kind: &'static str, seed: u64) -> Self {
        let (start, differences) = (Instant::now(), Vec::new());
        Self { kind, seed, start, texts: 0, accepted: 0, differences }
    }

    /// Whether there are seconds left, and not too many differences yet.
    pub(crate) fn goes_on(&self, seconds: u64) -> bool {
        self.start.elapsed().as_secs() < seconds && self.differences.len() < MOST_DIFFERENCES
    }

    pub(crate) fn differs(&mut self, text: impl Into<String>, says: impl Into<String>) {
        self.differences.push((text.into(), says.into()));
    }

    /// Prints one line, and the shortest texts that differ; whether none does.
    pub(crate) fn end(mut self, also: impl Display) -> bool {
        let Self { kind, seed, start, texts, accepted, differences } = &mut self;
        let count = differences.len();
        let seconds = start.elapsed().as_secs();
        println!(
            "{kind}: {texts} texts, {accepted} accepted, {count} differences, {seconds} s, seed {seed}; {also}"
        );
        differences.sort_by_key(|(text, _)| text.len());
        for (text, says) in differences.iter().take(5) {
            println!("  {text:?}: {says}");
        }
        count == 0
    }
}

pub(crate) fn check<T: PartialEq + std::fmt::Debug>(
    what: &str,
    theirs: T,
    ours: T,
) -> Result<(), String> {
    if theirs == ours { Ok(()) } else { Err(format!("{what}: {theirs:?} there, {ours:?} here")) }
}
