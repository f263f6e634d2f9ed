//! What a program is told of budgets.

use super::Gate;
use super::budgets::Charges;
use crate::authority::budget::Budget;
use crate::authority::scope::Scope;
use crate::state::budget::Charge;

/// How a budget stands for those under one scope; see [`Gate::budgets`].
///
/// ```
/// use permitgate::authority::{Budget, Grant};
/// use permitgate::prelude::*;
/// use std::time::Duration;
///
/// # let gate = Gate::builder().build()?;
/// let policy = Policy::new([Statement::permit("tidy").operations(Operation::Delete).resources(["mail/**"])])?;
/// let hourly = Budget::actions("deletions", 200).per(Duration::from_secs(3600));
/// let capability = Capability::root(Grant::new(policy).budget(hourly), ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
/// gate.run(&Action::delete("mail.delete", "mail/1"), &scope, |_| Ok::<_, Refusal>(()))?;
/// let deletions = &gate.budgets(&scope)[0];
/// assert_eq!((deletions.budget().name(), deletions.used(), deletions.left()), ("deletions", Some(1), Some(199)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetStatus {
    budget: Budget,
    used: Option<u64>,
}

impl BudgetStatus {
    /// The budget.
    pub const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// What is used or set aside now. `None` where each call is counted by itself, or there is no room to count.
    pub const fn used(&self) -> Option<u64> {
        self.used
    }

    /// What is left until the answer is no; `None` where nobody can say, or there is no such mark.
    pub fn left(&self) -> Option<u64> {
        let most = Some(self.budget.at_most()).filter(|most| *most != Budget::UNLIMITED);
        Some(most?.saturating_sub(self.used?))
    }

    /// What is left until a person must approve; `None` where nobody can say, or there is no such mark.
    pub fn left_unasked(&self) -> Option<u64> {
        let free = self.budget.asks_from()?.saturating_sub(1).min(self.budget.at_most());
        Some(free.saturating_sub(self.used?))
    }
}

impl Gate {
    /// How the budgets stand that apply under a scope: those of its capability, what is nearest first, and those of the gate. For
    /// a program that tells its model what is left.
    pub fn budgets(&self, scope: &Scope) -> Vec<BudgetStatus> {
        let now = self.core.monotonic();
        self.core.configuration.read(|configuration| {
            let status = |charge: &Charge| BudgetStatus {
                budget: charge.budget().clone(),
                used: charge.used(now),
            };
            Charges::all(configuration, scope).iter().map(status).collect()
        })
    }

    /// Counts what was used beside this gate: before a restart that forgot it, by another program, or by a person. In units of the
    /// budgets of that name that apply under the scope, and beyond their limits where it must. `false` where none of them could
    /// count it: a name that is not there, effects under way at once, and calls that are counted each by itself.
    ///
    /// ```
    /// use permitgate::authority::Budget;
    /// use permitgate::prelude::*;
    /// use permitgate::Reason;
    ///
    /// let gate = Gate::builder().budget(Budget::actions("deletions", 3)).build()?;
    /// # let policy = Policy::new([Statement::permit("tidy").operations(Operation::Delete).resources(["mail/**"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
    /// assert!(gate.count_use(&scope, "deletions", 3)); // as the journal of yesterday says
    /// let decision = gate.decide(&Action::delete("mail.delete", "mail/1"), &scope);
    /// assert_eq!(decision.reason(), Reason::BudgetSpent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_use(&self, scope: &Scope, budget: &str, units: u64) -> bool {
        let now = self.core.monotonic();
        self.core.configuration.read(|configuration| {
            let all = Charges::all(configuration, scope);
            let named = all.iter().filter(|charge| charge.budget().name() == budget);
            named.fold(false, |counted, charge| charge.spend(units, now) | counted)
        })
    }
}
