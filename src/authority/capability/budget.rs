//! How much may be done in all: declared in a grant or an attenuation.

use std::sync::Arc;
use std::time::Duration;

use super::fault::AttenuateFault;
use crate::base::name::check_name;
use crate::model::action::Operations;

/// How often, or for how much in all, the actions under a capability may happen.
///
/// All budgets of a lineage apply, so an attenuation can only add one. A budget is about every operation until
/// [`on`](Self::on) says which. So far a budget is declared and carried along, and no gate counts: a
/// [`Gate`](crate::Gate) denies what a budget applies to with [`Reason::BudgetUncounted`](crate::Reason::BudgetUncounted).
///
/// ```
/// use permitgate::Operation;
/// use permitgate::authority::Budget;
/// use std::time::Duration;
///
/// let mails = Budget::actions("mails", 200).per(Duration::from_secs(3600)).on(Operation::Delete);
/// let spend = Budget::sum("spend", "cents", 10_000).on(Operation::Create);
/// assert_eq!((mails.at_most(), mails.argument()), (200, None));
/// assert_eq!((spend.period(), spend.argument()), (None, Some("cents")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a budget limits nothing before it is part of a grant or an attenuation"]
pub struct Budget {
    pub(crate) name: Arc<str>,
    /// The argument that is added up; without one, actions are counted.
    pub(crate) argument: Option<Arc<str>>,
    pub(crate) at_most: u64,
    pub(crate) per: Option<Duration>,
    pub(crate) operations: Operations,
}

impl Budget {
    /// At most so many actions.
    pub fn actions(name: impl Into<Arc<str>>, at_most: u64) -> Self {
        Self { name: name.into(), argument: None, at_most, per: None, operations: Operations::ALL }
    }

    /// At most so much in all of an argument, as `cents` or `payment.cents`.
    pub fn sum(name: impl Into<Arc<str>>, argument: impl Into<Arc<str>>, at_most: u64) -> Self {
        Self { argument: Some(argument.into()), ..Self::actions(name, at_most) }
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

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The argument that is added up; `None` where actions are counted.
    pub fn argument(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    /// How many or how much at most.
    pub const fn at_most(&self) -> u64 {
        self.at_most
    }

    /// Within which span; `None` for ever.
    pub const fn period(&self) -> Option<Duration> {
        self.per
    }

    /// The operations that it is about.
    pub const fn operations(&self) -> Operations {
        self.operations
    }

    pub(super) fn check(&self) -> Result<(), AttenuateFault> {
        check_name(&self.name).map_err(AttenuateFault::Budget)?;
        if let Some(argument) = &self.argument {
            check_name(argument).map_err(AttenuateFault::Budget)?;
        }
        if self.operations.is_empty() {
            return Err(AttenuateFault::NoOperation);
        }
        // No span of no length can be too full, so it would limit nothing.
        match self.per {
            Some(span) if span.as_millis() == 0 => Err(AttenuateFault::NoSpan),
            _ => Ok(()),
        }
    }
}
