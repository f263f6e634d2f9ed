//! Budgets as bytes.

use std::time::Duration;

use minicbor::{Decoder, encode};

use super::wire::{
    Fields, Out, Read, Written, fault, read_fields, read_list, read_operations, read_text, text,
};
use crate::authority::budget::{Budget, Measure, Share};
use crate::model::action::Operations;

pub(super) fn budget(out: &mut Out, budget: &Budget) -> Written {
    let (measure, decimals, halts) = match budget.measure() {
        Measure::Actions => (None, None, None),
        Measure::Sum { decimals, .. } => (None, (*decimals > 0).then_some(*decimals), None),
        Measure::Recipients => (Some(1), None, None),
        Measure::Irreversible => (Some(2), None, None),
        Measure::Concurrency => (Some(3), None, None),
        Measure::Repeats { halts } => (Some(4), None, *halts),
    };
    let share = match budget.share() {
        None => None,
        Some(Share::Lineage) => Some(0),
        Some(Share::Invoker) => Some(1),
        Some(Share::Agent) => Some(2),
        Some(Share::Session) => Some(3),
        // No capability can be made of it, so it has no form.
        Some(Share::Gate) => return Err(encode::Error::message("a budget that a gate declares")),
    };
    let number = |out: &mut Out, number: u8| out.u8(number).map(drop);
    let units = |out: &mut Out, units: u64| out.u64(units).map(drop);
    let mut fields = Fields::new();
    text(fields.entry(0)?, budget.name())?;
    fields.optional(1, budget.argument(), text)?;
    fields.entry(2)?.u64(budget.at_most())?;
    fields.optional(3, budget.period(), |out, span| {
        out.u64(u64::try_from(span.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)).map(drop)
    })?;
    fields.entry(4)?.u8(budget.operations().bits())?;
    fields.optional(5, budget.asks_from(), units)?;
    fields.optional(6, measure, number)?;
    fields.optional(7, decimals, number)?;
    fields.optional(8, share, number)?;
    fields.optional(9, halts, units)?;
    fields.items(10, budget.tools.as_deref().unwrap_or_default(), text)?;
    fields.finish(out)
}

/// What stands in a budget, as it is read.
#[derive(Default)]
struct BudgetFields {
    name: Option<String>,
    argument: Option<String>,
    most: Option<u64>,
    span: Option<Duration>,
    operations: Option<Operations>,
    ask_from: Option<u64>,
    measure: Option<u8>,
    decimals: Option<u8>,
    share: Option<u8>,
    halts: Option<u64>,
    tools: Option<Vec<String>>,
}

pub(super) fn read_budget(input: &mut Decoder<'_>) -> Read<Budget> {
    let mut read = BudgetFields::default();
    read_fields(input, |key, input| {
        match key {
            0 => read.name = Some(read_text(input)?),
            1 => read.argument = Some(read_text(input)?),
            2 => read.most = Some(input.u64()?),
            3 => read.span = Some(Duration::from_millis(input.u64()?)),
            4 => read.operations = Some(read_operations(input)?),
            5 => read.ask_from = Some(input.u64()?),
            6 => read.measure = Some(input.u8()?),
            7 => read.decimals = Some(input.u8()?),
            8 => read.share = Some(input.u8()?),
            9 => read.halts = Some(input.u64()?),
            10 => read.tools = Some(read_list(input, read_text)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let BudgetFields { name, argument, most, span, operations, .. } = read;
    let (Some(name), Some(most), Some(operations)) = (name, most, operations) else {
        return Err(fault(input, "a budget without name, limit or operations"));
    };
    let is_sum = argument.is_some();
    let budget = match (argument, read.measure) {
        (None, None) => Budget::actions(name, most),
        (Some(argument), None) => Budget::sum(name, argument, most),
        (None, Some(1)) => Budget::recipients(name, most),
        (None, Some(2)) => Budget::irreversible(name, most),
        (None, Some(3)) => Budget::concurrency(name, most),
        (None, Some(4)) => Budget::repeating(name, most, read.halts),
        _ => return Err(fault(input, "a budget that counts what is not known")),
    };
    // What belongs to another measure, or says what is so anyway, has no form.
    if read.halts.is_some() && read.measure != Some(4) || read.decimals.is_some() && !is_sum {
        return Err(fault(input, "a budget with what it does not count by"));
    }
    let budget = read.decimals.into_iter().fold(budget, Budget::decimals);
    let share = match read.share {
        None => None,
        Some(0) => Some(Share::Lineage),
        Some(1) => Some(Share::Invoker),
        Some(2) => Some(Share::Agent),
        Some(3) => Some(Share::Session),
        Some(_) => return Err(fault(input, "a budget that nobody shares")),
    };
    let budget = share.into_iter().fold(budget.on(operations), Budget::shared_by);
    let budget = read.tools.into_iter().fold(budget, Budget::tools);
    let budget = read.ask_from.into_iter().fold(budget, Budget::ask_from);
    Ok(span.into_iter().fold(budget, Budget::per))
}
