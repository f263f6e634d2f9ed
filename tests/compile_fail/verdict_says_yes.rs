//! A rule can only narrow: there is no verdict that permits.

use permitgate::Verdict;
use permitgate::gate::RuleContext;

fn allow(_: &RuleContext<'_>) -> Verdict {
    Verdict::Allow
}

fn permit(_: &RuleContext<'_>) -> Verdict {
    Verdict::Permit
}

fn by_decision(decision: permitgate::Decision) -> Verdict {
    decision.into()
}

fn main() {}
