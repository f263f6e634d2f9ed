//! How much may be done in all, as data: declared in a grant or an attenuation, or at the gate.

mod form;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use form::{Amount, BudgetForm};

use crate::base::codes::fault_table;
use crate::base::limits::{MAX_BUDGET_DECIMALS, MAX_BUDGET_TOOLS};
use crate::base::name::{NameFault, check_name};
use crate::model::action::{Action, Operations};

/// How often, or for how much in all, actions may happen: for ever or within any span of a length.
///
/// A budget of a grant or of an attenuation is shared by everything below it, so children draw on what their parents have; with
/// [`shared_by`](Self::shared_by) each invoker, agent or session has one of its own. All budgets that apply must have room, and
/// an attenuation can only add one. It is about every operation until [`on`](Self::on) says which.
///
/// Two marks may stand on it: from [`ask_from`](Self::ask_from) on a person must approve, and beyond `at_most` the answer is no.
/// What is set aside for a permit counts at once. An effect that begins spends it; a permit that ends in any other way gives it
/// back.
///
/// ```
/// use permitgate::Operation;
/// use permitgate::authority::{Budget, Share};
/// use std::time::Duration;
///
/// const HOUR: Duration = Duration::from_secs(3600);
/// // 200 deletions within any hour, of everybody together who acts under the grant.
/// let deletions = Budget::actions("deletions", 200).per(HOUR).on(Operation::Delete);
/// // 500.00 in all; what brings it to 100.00 or beyond is asked for.
/// let refunds = Budget::sum("refunds", "amount", 500_00).decimals(2).ask_from(100_00);
/// // Fifty people a day for each invoker, and four effects at once.
/// let people = Budget::recipients("people", 50).per(24 * HOUR).shared_by(Share::Invoker);
/// let at_once = Budget::concurrency("at-once", 4);
/// assert_eq!((deletions.at_most(), deletions.argument()), (200, None));
/// assert_eq!((refunds.period(), refunds.argument()), (None, Some("amount")));
/// # let _ = (people, at_once);
/// ```
///
/// Files and JSON have the same as a table of words, as a `[[budget]]` of a policy file:
///
/// ```
/// use permitgate::authority::Budget;
///
/// let json = r#"{"name": "refunds", "counts": "sum", "argument": "amount", "decimals": 2,
///                "tools": ["refund"], "ask_from": "100.00", "at_most": 500, "window": "1d"}"#;
/// let refunds: Budget = serde_json::from_str(json)?;
/// let day = std::time::Duration::from_secs(24 * 3600);
/// let same = Budget::sum("refunds", "amount", 500_00).decimals(2).tools(["refund"]).ask_from(100_00).per(day);
/// assert_eq!(refunds, same);
/// assert_eq!(serde_json::from_str::<Budget>(&serde_json::to_string(&same)?)?, same);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BudgetForm", into = "BudgetForm")]
#[must_use = "a budget limits nothing before it is part of a grant, an attenuation or a gate"]
pub struct Budget {
    pub(crate) name: Arc<str>,
    pub(crate) measure: Measure,
    pub(crate) at_most: u64,
    pub(crate) ask_from: Option<u64>,
    pub(crate) per: Option<Duration>,
    pub(crate) operations: Operations,
    /// The exact names of the tools that it is about; `None` for all.
    pub(crate) tools: Option<Arc<[Arc<str>]>>,
    pub(crate) share: Option<Share>,
}

/// What a budget counts.
///
/// ```
/// use permitgate::authority::{Budget, Measure};
///
/// let spend = Budget::sum("spend", "payment.cents", 10_000);
/// assert!(matches!(spend.measure(), Measure::Sum { argument, decimals: 0 } if &**argument == "payment.cents"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Measure {
    /// Actions.
    Actions,
    /// An argument, added up as an exact decimal number.
    Sum {
        /// Its name, or the way to it: `payment.cents`.
        argument: Arc<str>,
        /// The limit counts units of ten to the power of minus so much.
        decimals: u8,
    },
    /// People that the audience reaches, the invoker like everybody else; none where it is private.
    Recipients,
    /// Actions that cannot be undone.
    Irreversible,
    /// Effects that are under way at once.
    Concurrency,
    /// The same call: tool, operation, resource, audience and all arguments alike. Each one is counted by itself.
    Repeats {
        /// Where the agent is halted instead of being held: when more than so many begin.
        halts: Option<u64>,
    },
}

/// Who draws on one and the same budget.
///
/// ```
/// use permitgate::authority::{Budget, Share};
///
/// let each = Budget::actions("mails", 20).shared_by(Share::Session);
/// assert_eq!(each.share(), Some(Share::Session));
/// assert_eq!(Budget::actions("mails", 20).share(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Share {
    /// Everybody below the grant or attenuation that declares it; of a budget of the gate, everybody under one root.
    Lineage,
    /// Each person on whose behalf an agent acts has one.
    Invoker,
    /// Each agent has one.
    Agent,
    /// Each session has one. A scope that is built without a session has one of its own.
    Session,
    /// Everybody who passes the gate. Only a gate declares it.
    Gate,
}

impl Budget {
    /// As an `at_most`: there is no such mark, and only [`ask_from`](Self::ask_from) limits.
    pub const UNLIMITED: u64 = u64::MAX;

    /// At most so many actions. One that writes to everything below its resource, such as deleting a tree, does so nobody knows
    /// how often: it cannot be counted, and is denied.
    pub fn actions(name: impl Into<Arc<str>>, at_most: u64) -> Self {
        Self::of(name.into(), Measure::Actions, at_most)
    }

    /// At most so much in all of an argument, as `cents` or `payment.cents`.
    ///
    /// The argument is a number, or a text that a manifest reads as a `decimal`. What is missing, negative, or finer than
    /// [`decimals`](Self::decimals) says cannot be counted, and is denied.
    pub fn sum(name: impl Into<Arc<str>>, argument: impl Into<Arc<str>>, at_most: u64) -> Self {
        let measure = Measure::Sum { argument: argument.into(), decimals: 0 };
        Self::of(name.into(), measure, at_most)
    }

    /// At most so many people reached. Somebody who is reached twice counts twice. Where nobody knows how many are reached, it
    /// cannot be counted, and is denied.
    pub fn recipients(name: impl Into<Arc<str>>, at_most: u64) -> Self {
        Self::of(name.into(), Measure::Recipients, at_most)
    }

    /// At most so many actions that cannot be undone.
    pub fn irreversible(name: impl Into<Arc<str>>, at_most: u64) -> Self {
        Self::of(name.into(), Measure::Irreversible, at_most)
    }

    /// At most so many effects at once. A place is free again when its effect ends, however it ends.
    pub fn concurrency(name: impl Into<Arc<str>>, at_most: u64) -> Self {
        Self::of(name.into(), Measure::Concurrency, at_most)
    }

    /// The very same call, with the same arguments, at most so often: one more is held. For loops that a model does not see. It
    /// needs a span: say [`per`](Self::per).
    pub fn repeats(name: impl Into<Arc<str>>, times: u64) -> Self {
        let limit = Self::of(name.into(), Measure::Repeats { halts: None }, Self::UNLIMITED);
        limit.ask_from(times.saturating_add(1))
    }

    /// Of the same call, with the marks apart.
    #[cfg(feature = "token")]
    pub(crate) fn repeating(name: impl Into<Arc<str>>, at_most: u64, halts: Option<u64>) -> Self {
        Self::of(name.into(), Measure::Repeats { halts }, at_most)
    }

    fn of(name: Arc<str>, measure: Measure, at_most: u64) -> Self {
        let (ask_from, per, tools, share) = (None, None, None, None);
        Self { name, measure, at_most, ask_from, per, operations: Operations::ALL, tools, share }
    }

    /// A sum is counted to so many digits behind the point, and its marks are in units of the last: with two, `500_00` is
    /// 500.00. Only sums have them.
    pub fn decimals(mut self, digits: u8) -> Self {
        if let Measure::Sum { decimals, .. } = &mut self.measure {
            *decimals = digits;
        }
        self
    }

    /// A person must approve what brings the count to so much or beyond. The least that is said counts.
    pub fn ask_from(mut self, mark: u64) -> Self {
        self.ask_from = Some(self.ask_from.map_or(mark, |said| said.min(mark)));
        self
    }

    /// Of [`repeats`](Self::repeats): instead of being held, one more that begins halts the agent, at the gate where it does.
    pub fn halts_agent(mut self) -> Self {
        if let Measure::Repeats { halts } = &mut self.measure
            && let Some(mark) = self.ask_from.take()
        {
            *halts = Some(mark.saturating_sub(1));
        }
        self
    }

    /// Within any span of this length, instead of for ever. Whole milliseconds count, at least one.
    pub fn per(mut self, span: Duration) -> Self {
        self.per = Some(span);
        self
    }

    /// Of these operations only; the last call counts.
    pub fn on(mut self, operations: impl Into<Operations>) -> Self {
        self.operations = operations.into();
        self
    }

    /// Of these tools only, by their exact names; the last call counts. Where a sum is about an argument that other tools do not
    /// have, say so: what has no such argument cannot be counted, and is denied.
    pub fn tools(mut self, tools: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.tools = Some(tools.into_iter().map(Into::into).collect());
        self
    }

    /// Who shares it; the last call counts. Unless it is said, everybody below the grant or attenuation, or at the gate.
    pub fn shared_by(mut self, share: Share) -> Self {
        self.share = Some(share);
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it counts.
    pub const fn measure(&self) -> &Measure {
        &self.measure
    }

    /// The argument that is added up, of a sum.
    pub fn argument(&self) -> Option<&str> {
        match &self.measure {
            Measure::Sum { argument, .. } => Some(argument),
            _ => None,
        }
    }

    /// How many or how much at most; [`UNLIMITED`](Self::UNLIMITED) where there is no such mark.
    pub const fn at_most(&self) -> u64 {
        self.at_most
    }

    /// What brings the count to so much or beyond must be approved.
    pub const fn asks_from(&self) -> Option<u64> {
        self.ask_from
    }

    /// Within which span; `None` for ever.
    pub const fn period(&self) -> Option<Duration> {
        self.per
    }

    /// The operations that it is about.
    pub const fn operations(&self) -> Operations {
        self.operations
    }

    /// The tools that it is about; `None` where it is about every tool.
    pub fn tool_names(&self) -> Option<impl ExactSizeIterator<Item = &str>> {
        self.tools.as_ref().map(|tools| tools.iter().map(|tool| &**tool))
    }

    /// Whether it is about an action.
    #[inline]
    pub(crate) fn is_about(&self, action: &Action<'_>) -> bool {
        let is_of = |tools: &[Arc<str>]| tools.iter().any(|tool| **tool == *action.tool());
        self.operations.contains(action.operation()) && self.tools.as_deref().is_none_or(is_of)
    }

    /// Who shares it, if it is said.
    pub const fn share(&self) -> Option<Share> {
        self.share
    }

    /// An amount as a person writes it, such as `500` or `99.50`, in the units in which it counts. `None` where it has more digits
    /// behind the point than the budget counts, and for what is no amount.
    ///
    /// ```
    /// use permitgate::authority::Budget;
    ///
    /// let refunds = Budget::sum("refunds", "amount", 500_00).decimals(2);
    /// assert_eq!((refunds.units("90"), refunds.units("0.5"), refunds.units("0.005")), (Some(90_00), Some(50), None));
    /// ```
    pub fn units(&self, amount: &str) -> Option<u64> {
        let decimals = match self.measure {
            Measure::Sum { decimals, .. } => decimals,
            _ => 0,
        };
        Amount::parse(amount)?.units(decimals).ok()
    }

    /// Checks it, without a grant or a gate: whoever loads or edits one asks this.
    ///
    /// # Errors
    /// [`BudgetError`] when a name is malformed, its span or its operations are none, or its marks contradict each other.
    ///
    /// ```
    /// use permitgate::authority::Budget;
    /// use permitgate::kinds::BudgetErrorKind;
    ///
    /// let error = Budget::actions("mails", 20).ask_from(21).check().unwrap_err();
    /// assert_eq!(error.kind(), BudgetErrorKind::NeverAsked);
    /// ```
    pub fn check(&self) -> Result<(), BudgetError> {
        Ok(self.checked()?)
    }

    fn checked(&self) -> Result<(), Fault> {
        check_name(&self.name).map_err(Fault::Name)?;
        if let Measure::Sum { argument, decimals } = &self.measure {
            check_name(argument).map_err(Fault::Argument)?;
            argument.split('.').try_for_each(check_name).map_err(Fault::Argument)?;
            if *decimals > MAX_BUDGET_DECIMALS {
                return Err(Fault::TooFine);
            }
        }
        if self.operations.is_empty() {
            return Err(Fault::NoOperation);
        }
        if let Some(tools) = &self.tools {
            match tools.len() {
                0 => return Err(Fault::NoTool),
                1..=MAX_BUDGET_TOOLS => {}
                _ => return Err(Fault::TooManyTools),
            }
            tools.iter().try_for_each(|tool| check_name(tool)).map_err(Fault::Tool)?;
        }
        if self.ask_from.is_some_and(|mark| mark > self.at_most) {
            return Err(Fault::NeverAsked);
        }
        match (self.per, &self.measure) {
            // No span of no length can be too full, so it would limit nothing.
            (Some(span), _) if span.as_millis() == 0 => Err(Fault::NoSpan),
            (Some(_), Measure::Concurrency) => Err(Fault::SpanOfConcurrency),
            // Each call has a counter of its own, which must come to rest some time.
            (None, Measure::Repeats { .. }) => Err(Fault::RepeatsForEver),
            _ => Ok(()),
        }
    }
}

/// Why a budget cannot be used.
///
/// ```
/// use permitgate::authority::Budget;
///
/// let error = Budget::actions("mails", 20).ask_from(21).check().unwrap_err();
/// assert_eq!(error.to_string(), "budget: `ask_from` lies above `at_most`, so nobody would ever be asked");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("budget: {0}")]
pub struct BudgetError(#[from] Fault);

impl BudgetError {
    /// What is wrong, as a code.
    pub fn kind(&self) -> BudgetErrorKind {
        self.0.kind()
    }

    /// Which of its keys is at fault, as files call it.
    pub const fn field(&self) -> &'static str {
        match self.0 {
            Fault::Name(_) => "name",
            Fault::Argument(_) => "argument",
            Fault::TooFine => "decimals",
            Fault::NoOperation => "operations",
            Fault::NoTool | Fault::TooManyTools | Fault::Tool(_) => "tools",
            Fault::NeverAsked => "ask_from",
            Fault::NoSpan | Fault::SpanOfConcurrency => "window",
            Fault::RepeatsForEver => "counts",
        }
    }
}

fault_table! {
    /// What is wrong with a budget ([`BudgetError::kind`](crate::authority::BudgetError::kind)).
    pub enum BudgetErrorKind;

    #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error("its name: {0}")]
        Name(NameFault) => MalformedName, "malformed-budget-name",
        #[error("its argument: {0}")]
        Argument(NameFault) => MalformedArgument, "malformed-budget-argument",
        #[error("it counts at most {MAX_BUDGET_DECIMALS} digits behind the point")]
        TooFine => TooFine, "too-fine-budget",
        #[error("it must be about an operation")]
        NoOperation => NoOperation, "no-budget-operation",
        #[error("an empty list of tools; name at least one, or leave `tools` out")]
        NoTool => NoTool, "no-budget-tool",
        #[error("more than {MAX_BUDGET_TOOLS} tools")]
        TooManyTools => TooManyTools, "too-many-budget-tools",
        #[error("a name of its tools: {0}")]
        Tool(NameFault) => MalformedTool, "malformed-budget-tool",
        #[error("`ask_from` lies above `at_most`, so nobody would ever be asked")]
        NeverAsked => NeverAsked, "budget-never-asks",
        #[error("its window must be at least a millisecond")]
        NoSpan => NoSpan, "no-budget-span",
        #[error("it counts what runs at once, which has no window; leave it out")]
        SpanOfConcurrency => SpanOfConcurrency, "budget-span-of-concurrency",
        #[error("it counts calls that repeat, which takes a window, such as an hour")]
        RepeatsForEver => RepeatsForEver, "budget-repeats-for-ever",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_would_limit_nothing_is_refused() {
        let fault = |budget: Budget| budget.check().unwrap_err().kind();
        let actions = || Budget::actions("a", 3);
        assert_eq!(actions().check(), Ok(()));
        assert_eq!(fault(Budget::actions("", 3)), BudgetErrorKind::MalformedName);
        assert_eq!(fault(Budget::sum("a", "b..c", 3)), BudgetErrorKind::MalformedArgument);
        let fine = Budget::sum("a", "b", 3).decimals(MAX_BUDGET_DECIMALS + 1);
        assert_eq!(fault(fine), BudgetErrorKind::TooFine);
        assert_eq!(fault(actions().on(Operations::NONE)), BudgetErrorKind::NoOperation);
        assert_eq!(fault(actions().ask_from(4)), BudgetErrorKind::NeverAsked);
        assert_eq!(fault(actions().tools(Vec::<String>::new())), BudgetErrorKind::NoTool);
        assert_eq!(fault(actions().tools([""])), BudgetErrorKind::MalformedTool);
        let many = (0..=MAX_BUDGET_TOOLS).map(|number| number.to_string());
        assert_eq!(fault(actions().tools(many)), BudgetErrorKind::TooManyTools);
        assert_eq!(fault(actions().per(Duration::from_micros(999))), BudgetErrorKind::NoSpan);
        let running = Budget::concurrency("a", 3).per(Duration::from_secs(1));
        assert_eq!(fault(running), BudgetErrorKind::SpanOfConcurrency);
        assert_eq!(fault(Budget::repeats("loop", 5)), BudgetErrorKind::RepeatsForEver);
        let hour = Duration::from_secs(3600);
        assert_eq!(Budget::repeats("loop", 5).per(hour).check(), Ok(()));
        assert_eq!(Budget::repeats("loop", 5).per(hour).halts_agent().check(), Ok(()));
    }
}
