//! The engines that are compared, each in its own file.
//!
//! To add one: write a file with a type that implements [`Engine`], declare it below, and name the
//! type in [`ENGINES`]. The file begins with how a statement is mapped and what else was tried, so
//! that a reader who knows the engine can tell whether it was treated fairly.

use anyhow::Result;

use crate::measure::{Effort, Row, measure};
use crate::workload::{Case, Request, Statement, Workload};

mod actionguard;
mod casbin;
mod cedar;
mod host;
mod permitgate;
mod tenuo;

/// Every engine of a run, in the order of the table.
pub(crate) const ENGINES: &[Entry] = &[
    Entry::of::<permitgate::Permitgate>(),
    Entry::of::<cedar::Cedar>(),
    Entry::of::<tenuo::Tenuo>(),
    Entry::of::<casbin::Casbin>(),
    Entry::of::<actionguard::ActionGuard>(),
];

/// An authorization engine holding one set of statements.
pub(crate) trait Engine: Sized {
    /// The crate it comes from; `Cargo.lock` knows which version that is.
    const CRATE: &'static str;

    /// What the engine has no words for. Wrong answers to requests of these cases are counted and
    /// reported; a wrong answer to any other request ends the run, because the mapping is broken.
    const INEXPRESSIBLE: &'static [Case] = &[];

    /// Prepares the statements, outside the timing. They are all that permits anything.
    fn compile(statements: &[Statement]) -> Result<Self>;

    /// Decides one request. This is what is timed, from the borrowed struct to the answer. An error
    /// means that the engine failed, and never stands for a denial.
    fn decide(&self, request: &Request) -> Result<bool>;

    /// What the engine could not do and the mapping had to work around, a sentence for each.
    fn limits(&self) -> Vec<String> {
        Vec::new()
    }
}

/// An engine of the list, with the code that measures it compiled for its type, so that no dynamic
/// call stands between the loop and the engine.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) crate_name: &'static str,
    pub(crate) measure: fn(&Workload, &Effort) -> Result<Row>,
}

impl Entry {
    const fn of<E: Engine>() -> Self {
        Self { crate_name: E::CRATE, measure: measure::<E> }
    }
}
