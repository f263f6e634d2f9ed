//! What asking many statements takes at most, of which each may name tools.

use std::collections::BTreeMap;

use super::pattern::PatternAt;
use crate::base::steps;

/// What a hit takes.
#[derive(Clone, Copy)]
pub(super) struct HitSteps<'t> {
    pub(super) pattern: PatternAt,
    /// The tools that the statement names, of which one must be the action's; none where it names none.
    pub(super) tools: &'t [Box<str>],
    /// To ask the statement, where it is about the action.
    pub(super) asking: u64,
}

/// The most steps that asking all of them takes, each with what finding it takes. One action has one tool, so of those that name
/// tools no more is asked than of those that name the dearest.
pub(super) fn most_steps<'t>(all: impl Iterator<Item = (u64, HitSteps<'t>)>) -> u64 {
    let (mut sum, mut by_tool) = (0_u64, BTreeMap::<&str, u64>::new());
    for (finding, HitSteps { tools, asking, .. }) in all {
        let names: u64 = tools.iter().map(|tool| steps::of_bytes(tool.len())).sum();
        sum = sum.saturating_add(finding + names);
        for tool in tools {
            let of_tool = by_tool.entry(tool).or_default();
            *of_tool = of_tool.saturating_add(asking);
        }
        if tools.is_empty() {
            sum = sum.saturating_add(asking);
        }
    }
    sum.saturating_add(by_tool.into_values().max().unwrap_or_default())
}
