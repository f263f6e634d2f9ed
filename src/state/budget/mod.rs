//! Counting: what budgets have left, by any number of threads at once, and never more than they allow in any window.

mod amount;
#[cfg(all(test, not(loom)))]
mod amount_tests;
mod charge;
mod counter;
#[cfg(all(test, loom))]
mod interleavings;
mod ledger;
mod open;
mod table;
#[cfg(all(test, not(loom)))]
mod tests;
mod trial;
mod window;

pub use ledger::Ledger;

pub(crate) use amount::{CountedAction, Fingerprint, units_of};
pub(crate) use charge::{Charge, Finding, Sharers, check, drafts};
pub(crate) use counter::Shortage;
pub(crate) use ledger::GateBudgets;
pub(crate) use open::{Drafts, OpenReservations, Repetition, reserve};
pub(crate) use table::Table;
pub(crate) use trial::Trial;
