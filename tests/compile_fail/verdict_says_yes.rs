//! A rule can only narrow: there is no verdict that permits.

use portcullis::{RuleContext, Verdict};

fn allow(_: &RuleContext<'_>) -> Verdict {
    Verdict::Allow
}

fn permit(_: &RuleContext<'_>) -> Verdict {
    Verdict::Permit
}

fn by_decision(decision: portcullis::Decision) -> Verdict {
    decision.into()
}

fn main() {}
