//! What an effect really used, where that is less or more than what was set aside for it.

use smallvec::SmallVec;

use crate::authority::budget::Measure;
use crate::model::arguments::Value;
use crate::state::budget::units_of;

/// What an effect really used of its budgets; see [`Running::done_with`](crate::gate::Running::done_with).
///
/// What is not said counts as it was set aside. What was used less is free again; more counts as well, also beyond what the
/// budget allows: it has happened, and nothing more passes until there is room again.
///
/// ```
/// use permitgate::authority::{Budget, Grant};
/// use permitgate::gate::Consumption;
/// use permitgate::model::Value;
/// use permitgate::prelude::*;
///
/// # let gate = Gate::builder().build()?;
/// let policy = Policy::new([Statement::permit("ask").operations(Operation::Execute).resources(["models/*"])])?;
/// let grant = Grant::new(policy).budget(Budget::sum("tokens", "max_tokens", 10_000));
/// let capability = Capability::root(grant, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("writer").build()?;
///
/// let ask = gate.tool("model.ask", Operation::Execute);
/// let arguments = [("max_tokens", Value::from(8_000))];
/// let running = gate.authorize(&ask.on("models/large").with(&arguments), &scope)?.begin(&ask)?;
/// running.done_with(&Consumption::new().sum("max_tokens", 1_250)); // the answer was short
/// assert_eq!(gate.budgets(&scope)[0].used(), Some(1_250));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "it counts where an effect is ended with it"]
pub struct Consumption<'a> {
    sums: SmallVec<[(&'a str, Value<'a>); 2]>,
    recipients: Option<u64>,
    nothing: bool,
}

impl<'a> Consumption<'a> {
    /// As it was set aside, until something is said.
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing at all: the effect found nothing to do. How often the same call came counts nevertheless.
    pub fn nothing() -> Self {
        Self { nothing: true, ..Self::default() }
    }

    /// So much of the argument that budgets of this name add up. A value that they cannot count counts as it was set aside.
    pub fn sum(mut self, argument: &'a str, value: impl Into<Value<'a>>) -> Self {
        self.sums.push((argument, value.into()));
        self
    }

    /// So many people were reached.
    pub const fn recipients(mut self, people: u64) -> Self {
        self.recipients = Some(people);
        self
    }

    /// In units of a budget; `None` where nothing is said.
    pub(super) fn of(&self, measure: &Measure) -> Option<u64> {
        let said = match measure {
            Measure::Sum { argument, decimals } => {
                let said = self.sums.iter().rfind(|(name, _)| **argument == **name);
                said.and_then(|(_, value)| units_of(*value, *decimals))
            }
            Measure::Recipients => self.recipients,
            Measure::Actions | Measure::Irreversible => None,
            Measure::Concurrency | Measure::Repeats { .. } => return None,
        };
        said.or(self.nothing.then_some(0))
    }
}
