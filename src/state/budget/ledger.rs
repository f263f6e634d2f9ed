//! Where the budgets of capabilities count, and those of a gate.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::charge::{Charge, Sharers};
use super::table::{Latest, PAUSE, Table};
use crate::authority::budget::{Budget, Share};
use crate::base::limits::{MAX_BUDGET_COUNTERS, MAX_BUDGET_ROOTS};
use crate::base::sync::{Mutex, lock};
use crate::model::action::Operations;

/// Where budgets count. Cloning shares it.
///
/// Every root has one of its own, and so has every verifier of tokens, for all tokens that it verifies: a token that comes again
/// has its budgets once. Give a root a [name](crate::authority::Grant::named) and a ledger where it is minted again, after its
/// policy was read anew, and it goes on counting.
///
/// ```
/// use permitgate::authority::{Budget, Grant, Ledger};
/// use permitgate::prelude::*;
///
/// # let gate = Gate::builder().build()?;
/// let ledger = Ledger::in_memory();
/// let mint = || {
///     let policy = Policy::new([Statement::permit("tidy").operations(Operation::Delete).resources(["mail/**"])])?;
///     let grant = Grant::new(policy).budget(Budget::actions("deletions", 1)).named("dana/tidy").counted_by(&ledger);
///     let capability = Capability::root(grant, ambient_authority());
///     Ok::<_, Box<dyn std::error::Error>>(Scope::builder(&capability).invoker("dana").agent("tidy").build()?)
/// };
/// let (before, after) = (mint()?, mint()?);
/// let delete = Action::delete("mail.delete", "mail/1");
/// gate.run(&delete, &before, |_| Ok::<_, Refusal>(()))?;
/// assert_eq!(gate.decide(&delete, &after).reason(), permitgate::Reason::BudgetSpent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Ledger(Arc<Roots>);

#[derive(Default)]
struct Roots {
    tables: Mutex<Tables>,
    latest: Arc<Latest>,
}

/// By root, so that what is delegated below one takes no room from another.
struct Tables {
    by_root: HashMap<Box<[u8]>, Arc<Table>, ahash::RandomState>,
    most: usize,
    /// How many counters each has.
    counters: usize,
    /// They are not looked through again before this moment, in nanoseconds.
    rests_until: u64,
}

impl Default for Tables {
    fn default() -> Self {
        let (most, counters) = (MAX_BUDGET_ROOTS, MAX_BUDGET_COUNTERS);
        Self { by_root: HashMap::default(), most, counters, rests_until: 0 }
    }
}

impl Ledger {
    /// One that counts in memory, as long as the process lives.
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// One of at most so many roots with so many counters each.
    #[cfg(test)]
    pub(crate) fn of(most: usize, counters: usize) -> Self {
        let ledger = Self::default();
        *lock(&ledger.0.tables) = Tables { most, counters, ..Tables::default() };
        ledger
    }

    /// The counters of a root. `None` where there are as many roots as there may be, and each of them is in use or still counts.
    pub(crate) fn table(&self, root: &[u8]) -> Option<Arc<Table>> {
        let mut tables = lock(&self.0.tables);
        if let Some(table) = tables.by_root.get(root) {
            return Some(Arc::clone(table));
        }
        if tables.by_root.len() >= tables.most {
            tables.sweep(self.0.latest.moment());
            if tables.by_root.len() >= tables.most {
                return None;
            }
        }
        let table = Arc::new(Table::of(tables.counters, Arc::clone(&self.0.latest)));
        tables.by_root.insert(root.into(), Arc::clone(&table));
        Some(table)
    }

    /// Tells all its tables the time, by which windows pass.
    #[inline]
    pub(crate) fn tell(&self, now: u64) {
        self.0.latest.tell(now);
    }
}

impl Tables {
    /// Drops those of roots that nobody has, where all that they count is over.
    fn sweep(&mut self, now: u64) {
        if now < self.rests_until {
            return;
        }
        self.rests_until = now.saturating_add(PAUSE);
        // Nobody gets one meanwhile: this is locked.
        self.by_root.retain(|_, table| Arc::strong_count(table) > 1 || !table.is_at_rest(now));
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger")
            .field("roots", &lock(&self.0.tables).by_root.len())
            .finish_non_exhaustive()
    }
}

/// The budgets that a gate itself declares. Their counts outlive a configuration.
#[derive(Clone, Debug)]
pub(crate) struct GateBudgets {
    budgets: Arc<[Budget]>,
    operations: Operations,
    table: Arc<Table>,
    /// No others in the process have it.
    number: u64,
}

impl Default for GateBudgets {
    fn default() -> Self {
        let (budgets, operations) = ([].into(), Operations::NONE);
        Self { budgets, operations, table: Arc::default(), number: next_number() }
    }
}

impl GateBudgets {
    /// The same with others, counting on.
    pub(crate) fn with(&self, budgets: impl IntoIterator<Item = Budget>) -> Self {
        let budgets: Arc<[Budget]> = budgets.into_iter().collect();
        let all = |all, budget: &Budget| all | budget.operations();
        let operations = budgets.iter().fold(Operations::NONE, all);
        Self { budgets, operations, table: Arc::clone(&self.table), number: next_number() }
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Budget> {
        self.budgets.iter()
    }

    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// What they are about.
    #[inline]
    pub(crate) const fn operations(&self) -> Operations {
        self.operations
    }

    /// What those draw on who act under one scope. What a root has is kept as long as `life`, where the root cannot come again.
    pub(crate) fn charges(&self, sharers: Sharers<'_>, life: Option<&Arc<u64>>) -> Arc<[Charge]> {
        let charge = |budget: &Budget| {
            let life = life.filter(|_| budget.share() == Some(Share::Lineage));
            Charge::new(budget, (b"", Share::Gate), sharers, Some(&self.table), life)
        };
        self.iter().map(charge).collect()
    }

    pub(crate) fn tell(&self, now: u64) {
        self.table.tell(now);
    }

    /// The same without budgets, with room for so many counters.
    #[cfg(test)]
    pub(crate) fn of(most: usize) -> Self {
        Self { table: Arc::new(Table::of(most, Arc::default())), ..Self::default() }
    }

    #[cfg(test)]
    pub(crate) fn counters(&self) -> u64 {
        self.table.len()
    }
}

fn next_number() -> u64 {
    static NUMBER: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}
