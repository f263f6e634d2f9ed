//! How much is asked, and what comes out.

use std::fmt::Write as _;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::draw::Draw;

/// Differences that are shown of each kind; the others are counted.
const SHOWN: u64 = 3;
/// Large policies are longer than anybody reads.
const SHOWN_CHARACTERS: usize = 4000;

pub(crate) struct Table {
    share: u64,
    seed: u64,
    cases: u64,
    differences: u64,
}

/// One kind of question: where its cases come from, and what was found so far.
pub(crate) struct Course {
    what: &'static str,
    least: u64,
    cases: u64,
    differences: u64,
    runner: TestRunner,
    pub(crate) draw: Draw,
    /// What the cases came to, so that nobody takes many alike for many.
    outcomes: Vec<(&'static str, u64)>,
}

impl Table {
    /// As the environment tells.
    pub(crate) fn told() -> Self {
        // Panics are differences here, and may be many.
        let panics = AtomicU64::new(0);
        panic::set_hook(Box::new(move |panic| {
            if panics.fetch_add(1, Ordering::Relaxed) < SHOWN {
                println!("PANIC: {panic}");
            }
        }));
        let (share, seed) = (told("PERMITGATE_SHARE", 100), told("PERMITGATE_SEED", 1));
        println!("PERMITGATE_SHARE={share} (thousandths of the full run) PERMITGATE_SEED={seed}\n");
        println!("{:<34}{:>10}{:>13}{:>10}  outcomes", "what", "cases", "differences", "seconds");
        Self { share, seed, cases: 0, differences: 0 }
    }

    /// Asks until the share of the `full` number of cases was asked.
    pub(crate) fn run(&mut self, what: &'static str, full: u64, ask: impl FnOnce(&mut Course)) {
        let least = (full * self.share).div_ceil(1000);
        let mut course = Course::new(what, least, self.seed);
        let started = Instant::now();
        // What panics outside a case is a difference as well.
        if catch_unwind(AssertUnwindSafe(|| ask(&mut course))).is_err() {
            course.cases += 1;
            course.differences += 1;
        }
        let (cases, differences) = (course.cases, course.differences);
        let seconds = started.elapsed().as_secs_f64();
        let outcomes = course.outcomes();
        println!("{what:<34}{cases:>10}{differences:>13}{seconds:>10.1}  {outcomes}");
        self.cases += cases;
        self.differences += differences;
    }

    pub(crate) fn finish(&self) -> ExitCode {
        println!("{:<34}{:>10}{:>13}", "all", self.cases, self.differences);
        if self.differences > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

impl Course {
    fn new(what: &'static str, least: u64, seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let runner = TestRunner::new_with_rng(Config::default(), rng);
        let draw = Draw(u64::from_le_bytes(*b"differen") ^ seed);
        Self { what, least, cases: 0, differences: 0, runner, draw, outcomes: Vec::new() }
    }

    pub(crate) fn goes_on(&self) -> bool {
        self.cases < self.least
    }

    /// How many cases are left to ask.
    pub(crate) fn left(&self) -> u64 {
        self.least.saturating_sub(self.cases)
    }

    pub(crate) fn one<S: Strategy>(&mut self, of: &S) -> S::Value {
        of.new_tree(&mut self.runner).expect("nothing is filtered for long").current()
    }

    /// Counts some cases that came to `outcome`.
    pub(crate) fn count(&mut self, cases: u64, outcome: &'static str) {
        self.cases += cases;
        match self.outcomes.iter_mut().find(|(name, _)| *name == outcome) {
            Some((_, count)) => *count += cases,
            None => self.outcomes.push((outcome, cases)),
        }
    }

    pub(crate) fn differs(&mut self, how: &str) {
        self.differences += 1;
        if self.differences <= SHOWN {
            let how: String = how.chars().take(SHOWN_CHARACTERS).collect();
            println!("DIFFERENCE in {}, near case {}: {how}", self.what, self.cases);
        }
    }

    /// Asks something that panics where it is not as it should be.
    pub(crate) fn holds<T>(&mut self, case: &str, ask: impl FnOnce() -> T) -> Option<T> {
        let answer = catch_unwind(AssertUnwindSafe(ask)).ok();
        if answer.is_none() {
            self.differs(&format!("see the panic above; {case}"));
        }
        answer
    }

    fn outcomes(&self) -> String {
        self.outcomes.iter().fold(String::new(), |mut all, (name, count)| {
            let comma = if all.is_empty() { "" } else { ", " };
            let _ = write!(all, "{comma}{count} {name}");
            all
        })
    }
}

/// A number from the environment, or one that suits every run.
fn told(name: &str, otherwise: u64) -> u64 {
    let told = std::env::var(name).ok();
    told.map_or(otherwise, |text| text.parse().expect("a number"))
}
