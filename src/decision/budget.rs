//! Which budget had no room, as it stood when that was decided.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::base::visible::visible;

/// A budget that had no room, as it stood when that was decided.
///
/// ```
/// use permitgate::authority::{Budget, Grant};
/// use permitgate::prelude::*;
///
/// # let gate = Gate::builder().build()?;
/// let policy = Policy::new([Statement::permit("pay").operations(Operation::Create).resources(["payments/*"])])?;
/// let grant = Grant::new(policy).budget(Budget::sum("spend", "euros", 100_00).decimals(2));
/// let capability = Capability::root(grant, ambient_authority());
/// let scope = Scope::builder(&capability).invoker("dana").agent("buyer").build()?;
/// let arguments = [("euros", permitgate::model::Value::from(120.5))];
/// let pay = Action::create("pay", "payments/7");
/// let denied = gate.decide(&pay.with(&arguments), &scope);
/// let budget = denied.grounds().budget().ok_or("a budget")?;
/// assert_eq!((budget.name(), budget.used(), budget.limit(), budget.needs()), ("spend", 0, 100_00, 120_50));
/// assert_eq!(budget.room_in(), None);
/// assert_eq!(
///     denied.to_string(),
///     "deny: a budget has no room for it: of `spend` 0.00 of 100.00 is used, and this needs 120.50"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BudgetUse {
    name: Arc<str>,
    used: u64,
    limit: u64,
    needs: u64,
    /// Whether there is a counter for it.
    has_counter: bool,
    /// In seconds; `u32::MAX` where time alone makes none.
    room_in: u32,
    decimals: u8,
}

impl BudgetUse {
    pub(crate) fn new(
        name: Arc<str>,
        decimals: u8,
        (used, limit, needs): (Option<u64>, u64, Option<u64>),
        room_in: Option<Duration>,
    ) -> Self {
        // Rounded up: when it is over, there is room.
        let seconds = |span: Duration| span.as_secs() + u64::from(span.subsec_nanos() > 0);
        let room_in = room_in.map_or(u32::MAX, |span| {
            u32::try_from(seconds(span)).map_or(u32::MAX - 1, |seconds| seconds.min(u32::MAX - 1))
        });
        let has_counter = used.is_some() || needs.is_none();
        let (used, needs) = (used.unwrap_or(0), needs.unwrap_or(0));
        Self { name, used, limit, needs, has_counter, room_in, decimals }
    }

    /// The name of the budget.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How much is used or set aside.
    pub const fn used(&self) -> u64 {
        self.used
    }

    /// Up to how much it may be used: in all, or until a person must approve.
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// How much the action needs; 0 where that cannot be counted.
    pub const fn needs(&self) -> u64 {
        self.needs
    }

    /// Whether there is a counter for it. Where not, as many are in use as there may be
    /// ([`MAX_BUDGET_COUNTERS`](crate::base::limits::MAX_BUDGET_COUNTERS)), or as many roots have some
    /// ([`MAX_BUDGET_ROOTS`](crate::base::limits::MAX_BUDGET_ROOTS)).
    pub const fn has_counter(&self) -> bool {
        self.has_counter
    }

    /// How many digits of these numbers stand behind the point.
    pub const fn decimals(&self) -> u8 {
        self.decimals
    }

    /// After which time there is room, in whole seconds, if nobody draws on it meanwhile. `None` where time alone makes none, and of
    /// budgets that count each call by itself.
    pub const fn room_in(&self) -> Option<Duration> {
        match self.room_in {
            u32::MAX => None,
            seconds => Some(Duration::from_secs(seconds as u64)),
        }
    }
}

impl fmt::Display for BudgetUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = |units| Amount { units, decimals: self.decimals };
        write!(f, "of `{}` ", visible(&self.name))?;
        if self.needs == 0 {
            return f.write_str("nobody can say how much it needs");
        }
        if !self.has_counter {
            return f.write_str("no counter is left: as many are in use as there may be");
        }
        let (used, limit, needs) = (amount(self.used), amount(self.limit), amount(self.needs));
        write!(f, "{used} of {limit} is used, and this needs {needs}")?;
        match self.room_in() {
            Some(span) => write!(f, "; there is room again in {} s", span.as_secs()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for BudgetUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BudgetUse({self})")
    }
}

/// Units with their point.
struct Amount {
    units: u64,
    decimals: u8,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u64.saturating_pow(self.decimals.into());
        let (whole, fraction) = (self.units / one, self.units % one);
        match usize::from(self.decimals) {
            0 => write!(f, "{whole}"),
            width => write!(f, "{whole}.{fraction:0width$}"),
        }
    }
}
