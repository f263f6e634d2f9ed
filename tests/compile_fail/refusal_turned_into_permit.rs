//! A held action has a ticket, and a ticket is no permit; nor is a decision.

use permitgate::{Decision, Permit};
use permitgate::gate::Hold;

fn redeem<'p>(ticket: Hold) -> Permit<'p> {
    ticket.into()
}

fn take<'p>(decision: Decision) -> Permit<'p> {
    decision.into()
}

fn main() {}
