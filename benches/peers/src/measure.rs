//! Measures one engine on one workload: first that its answers are right, then what they cost.
//!
//! Time is the CPU time of this thread, so that other work on the machine disturbs it less than it
//! would a wall clock. A sample is the time of a batch of whole passes over the requests divided by
//! the decisions in it; the median of the samples is reported. Allocations are counted in a pass of
//! their own, after the engine is warm.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Result, ensure};
use cpu_time::ThreadTime;

use crate::allocations::counted;
use crate::engines::Engine;
use crate::workload::{Case, Request, Workload};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// How many samples the median is taken of.
    pub(crate) samples: usize,
    /// The least time of a batch: a slow engine gets a single pass over the requests.
    pub(crate) batch: Duration,
    /// How long decisions run before anything is measured.
    pub(crate) warm_up: Duration,
}

impl Effort {
    pub(crate) const FULL: Self =
        Self { samples: 31, batch: Duration::from_millis(5), warm_up: Duration::from_millis(200) };

    pub(crate) const QUICK: Self =
        Self { samples: 5, batch: Duration::from_millis(2), warm_up: Duration::from_millis(10) };
}

/// What was measured: one line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) engine: &'static str,
    pub(crate) statements: usize,
    pub(crate) p50_ns: f64,
    pub(crate) allocations: f64,
    pub(crate) cannot_express: Vec<String>,
}

/// Measures the engine.
pub(crate) fn measure<E: Engine>(workload: &Workload, effort: &Effort) -> Result<Row> {
    let engine = E::compile(&workload.statements)?;
    let mut cannot_express = engine.limits();
    cannot_express.extend(wrong_answers(&engine, &workload.requests)?);

    let passes = passes_per_batch(&engine, &workload.requests, effort)?;
    let mut samples = Vec::with_capacity(effort.samples);
    for _ in 0..effort.samples {
        let spent = time(&engine, &workload.requests, passes)?;
        samples.push(spent.as_nanos() as f64 / (passes * workload.requests.len()) as f64);
    }
    samples.sort_by(f64::total_cmp);
    Ok(Row {
        engine: E::CRATE,
        statements: workload.statements.len(),
        p50_ns: one_decimal(samples[samples.len() / 2]),
        allocations: allocations(&engine, &workload.requests)?,
        cannot_express,
    })
}

/// Compares every answer with the reference, and says for each case the engine does not claim to
/// decide how many answers were wrong.
fn wrong_answers<E: Engine>(engine: &E, requests: &[Request]) -> Result<Vec<String>> {
    let mut wrong: Vec<Case> = Vec::new();
    for request in requests {
        if engine.decide(request)? != request.must_be_allowed() {
            ensure!(
                E::INEXPRESSIBLE.contains(&request.case),
                "{} decides this request wrongly: {request:?}",
                E::CRATE,
            );
            wrong.push(request.case);
        }
    }
    let count = |case| wrong.iter().filter(|&&found| found == case).count();
    Ok(Case::all()
        .filter(|&case| count(case) > 0)
        .map(|case| {
            let (count, total) = (count(case), requests.len());
            format!("{case}: {count} of {total} requests decided wrongly")
        })
        .collect())
}

/// Warms the engine and finds how many passes over the requests fill a batch.
fn passes_per_batch<E: Engine>(engine: &E, requests: &[Request], effort: &Effort) -> Result<usize> {
    let mut passes = 1;
    let mut spent = Duration::ZERO;
    loop {
        let batch = time(engine, requests, passes)?;
        spent += batch;
        if batch < effort.batch {
            passes *= 2;
        } else if spent >= effort.warm_up {
            return Ok(passes);
        }
    }
}

/// Decides every request this many times.
fn time<E: Engine>(engine: &E, requests: &[Request], passes: usize) -> Result<Duration> {
    let start = ThreadTime::now();
    for _ in 0..passes {
        for request in requests {
            black_box(engine.decide(black_box(request))?);
        }
    }
    Ok(start.elapsed())
}

/// The average number of allocations of a decision. Zero only if there was not a single one.
fn allocations<E: Engine>(engine: &E, requests: &[Request]) -> Result<f64> {
    let pass = || -> Result<()> {
        for request in requests {
            black_box(engine.decide(black_box(request))?);
        }
        Ok(())
    };
    let (passed, total) = counted(pass);
    passed?;
    let average = one_decimal(total as f64 / requests.len() as f64);
    Ok(if total > 0 { average.max(0.1) } else { 0.0 })
}

fn one_decimal(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Statement, Workload};

    /// The reference itself, but without a notion of amounts.
    struct WithoutAmounts<const SAYS_SO: bool>(Vec<Statement>);

    impl<const SAYS_SO: bool> Engine for WithoutAmounts<SAYS_SO> {
        const CRATE: &'static str = "without-amounts";
        const INEXPRESSIBLE: &'static [Case] = if SAYS_SO { &[Case::LargerAmount] } else { &[] };

        fn compile(statements: &[Statement]) -> Result<Self> {
            let mut statements = statements.to_vec();
            for statement in &mut statements {
                statement.max_amount = i64::MAX;
            }
            Ok(Self(statements))
        }

        fn decide(&self, request: &Request) -> Result<bool> {
            Ok(self.0.iter().any(|statement| statement.permits(request)))
        }
    }

    #[test]
    fn a_gap_that_an_engine_names_is_counted() -> Result<()> {
        let row = measure::<WithoutAmounts<true>>(&Workload::new(10)?, &Effort::QUICK)?;
        let sentence = "argument comparison: 7 of 64 requests decided wrongly";
        assert_eq!(row.cannot_express, [sentence]);
        Ok(())
    }

    #[test]
    fn any_other_wrong_answer_is_an_error() -> Result<()> {
        let row = measure::<WithoutAmounts<false>>(&Workload::new(10)?, &Effort::QUICK);
        assert!(row.is_err_and(|error| error.to_string().contains("LargerAmount")));
        Ok(())
    }

    #[test]
    fn no_allocation_is_exactly_zero() -> Result<()> {
        let row = measure::<WithoutAmounts<true>>(&Workload::new(10)?, &Effort::QUICK)?;
        assert_eq!(row.allocations, 0.0);
        Ok(())
    }
}
