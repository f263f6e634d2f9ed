//! What an action may have to draw on: a budget with the counter of whoever shares it.

use std::sync::{Arc, Weak};

use super::amount::{CountedAction, amount};
use super::counter::{Counter, Limit, Shortage, marks};
use super::open::{Draft, Drafts};
use super::table::{Key, Table};
use crate::authority::budget::{Budget, Measure, Share};
use crate::decision::Reason;

/// A budget as it applies to those under one scope.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    /// Up to which nobody is asked, and at most.
    free: Limit,
    most: Limit,
    source: Source,
}

/// Where it counts.
#[derive(Debug)]
enum Source {
    One(Arc<Counter>),
    /// A counter for each call that is alike.
    Each(Arc<Table>, Box<Key>),
    /// There was no room for its counter when the scope was built. There may be by now.
    Late(Arc<Table>, Box<Key>, Option<Weak<u64>>),
    /// There is no table for its counter.
    Nowhere,
}

/// Where one action is counted.
#[expect(clippy::large_enum_variant, reason = "on the stack: a box would allocate at a decision")]
pub(super) enum Place<'c> {
    Known(Arc<Counter>),
    /// Under a key that has no counter yet.
    Free(&'c Table, Key),
}

/// Who draws on a budget.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sharers<'n> {
    pub(crate) invoker: &'n str,
    pub(crate) agent: &'n str,
    /// The number of the session, for as long as there is one.
    pub(crate) session: &'n Arc<u64>,
    /// The root of the lineage.
    pub(crate) root: &'n [u8],
}

/// How an action fares with what it would draw on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Finding<'c> {
    pub(crate) reason: Reason,
    pub(crate) charge: &'c Charge,
    /// What it needs; nothing where that cannot be counted.
    pub(crate) needs: Option<u64>,
    /// What is used; nothing where there is no counter left.
    pub(crate) used: Option<u64>,
    /// What of that others of its call would draw, which nothing has set aside.
    pub(crate) others: u64,
}

impl PartialEq for Charge {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Charge {}

impl Charge {
    /// A budget that `owner` declares, for these. The counter is kept in `table`, at least as long as `life` where it says so.
    pub(crate) fn new(
        budget: &Budget,
        (owner, default): (&[u8], Share),
        sharers: Sharers<'_>,
        table: Option<&Arc<Table>>,
        life: Option<&Arc<u64>>,
    ) -> Self {
        let (free, most) = marks(budget);
        let share = budget.share().unwrap_or(default);
        let key = key_of(budget, owner, share, sharers);
        let of_session = (share == Share::Session).then_some(sharers.session);
        let life = of_session.or(life).map(Arc::downgrade);
        let source = match (budget.measure(), table) {
            (_, None) => Source::Nowhere,
            (Measure::Repeats { .. }, Some(table)) => {
                Source::Each(Arc::clone(table), Box::new(key))
            }
            (_, Some(table)) => match table.counter(&key, most, || life.clone()) {
                Some(counter) => Source::One(counter),
                None => Source::Late(Arc::clone(table), Box::new(key), life),
            },
        };
        Self { budget: budget.clone(), free, most, source }
    }

    pub(crate) const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// How much of it an action needs; `None` where it is not about it, or needs nothing.
    pub(super) fn units(&self, counted: &CountedAction<'_>) -> Result<Option<u64>, Finding<'_>> {
        let CountedAction { action, audience, .. } = counted;
        if !self.budget.is_about(action) {
            return Ok(None);
        }
        match amount(self.budget.measure(), action, audience) {
            Some(units) => Ok(Some(units).filter(|units| *units > 0)),
            None => Err(self.uncounted(None)),
        }
    }

    /// Where an action is counted of which it needs so much.
    pub(super) fn place(
        &self,
        counted: &CountedAction<'_>,
        units: u64,
    ) -> Result<Place<'_>, Finding<'_>> {
        let at = |table: &'_ Arc<Table>, key: Key| match table.find(&key) {
            Some(counter) => Err(counter),
            None => Ok(key),
        };
        let (table, found) = match &self.source {
            Source::One(counter) => return Ok(Place::Known(Arc::clone(counter))),
            Source::Each(table, key) => {
                let print = counted.fingerprint().ok_or_else(|| self.uncounted(None))?;
                (table, at(table, Key::clone(key).part(&print.to_le_bytes())))
            }
            Source::Late(table, key, _) => (table, at(table, Key::clone(key))),
            Source::Nowhere => return Err(self.uncounted(Some(units))),
        };
        Ok(found.map_or_else(Place::Known, |key| Place::Free(table, key)))
    }

    /// What an action draws on it, if it draws anything; its counter is made where there is none yet.
    fn draft(&self, counted: &CountedAction<'_>) -> Result<Option<Draft>, Finding<'_>> {
        let Some(units) = self.units(counted)? else { return Ok(None) };
        let counter = match self.place(counted, units)? {
            Place::Known(counter) => counter,
            Place::Free(table, key) => {
                let life = || match &self.source {
                    Source::Late(_, _, life) => life.clone(),
                    _ => None,
                };
                let counter = table.counter(&key, self.most, life);
                counter.ok_or_else(|| self.uncounted(Some(units)))?
            }
        };
        Ok(Some(self.drawing(counter, units)))
    }

    fn drawing(&self, counter: Arc<Counter>, units: u64) -> Draft {
        let measure = self.budget.measure().clone();
        let is_halting = matches!(measure, Measure::Repeats { halts: Some(_) });
        let halts = is_halting.then(|| Arc::clone(&self.budget.name));
        Draft { counter, limit: self.free, units, measure, charge: 0, halts }
    }

    /// Guard 7: whether it has room for an action. Changes nothing.
    fn check(&self, counted: &CountedAction<'_>, now: u64) -> Result<(), Finding<'_>> {
        let Some(units) = self.units(counted)? else { return Ok(()) };
        // Without a clone of the one that most have.
        if let Source::One(counter) = &self.source {
            return counter.check(now, units, self.free).map_err(|short| self.short(units, short));
        }
        let checked = match self.place(counted, units)? {
            Place::Known(counter) => counter.check(now, units, self.free),
            Place::Free(table, _) if !table.has_room(0) => {
                return Err(self.uncounted(Some(units)));
            }
            Place::Free(..) if units <= self.free.most => Ok(()),
            Place::Free(..) => Err(Shortage { used: 0 }),
        };
        checked.map_err(|short| self.short(units, short))
    }

    /// It cannot be counted: nobody can say how much it needs, or there is no counter left.
    pub(crate) fn uncounted(&self, needs: Option<u64>) -> Finding<'_> {
        Finding { reason: Reason::BudgetUncounted, charge: self, needs, used: None, others: 0 }
    }

    /// It has no room for so much.
    pub(crate) fn short(&self, units: u64, Shortage { used }: Shortage) -> Finding<'_> {
        let reason = self.reason(used, units);
        Finding { reason, charge: self, needs: Some(units), used: Some(used), others: 0 }
    }

    /// Why there is no room: a person can make some, or nobody.
    fn reason(&self, used: u64, units: u64) -> Reason {
        let is_over = used.checked_add(units).is_none_or(|sum| sum > self.most.most);
        if is_over { Reason::BudgetSpent } else { Reason::BudgetApproval }
    }

    /// Counts so much as used, which is over the limit where it must. `false` where nothing of it can be counted apart from an
    /// action.
    pub(crate) fn spend(&self, units: u64, now: u64) -> bool {
        let counter = match &self.source {
            Source::One(counter) => Some(Arc::clone(counter)),
            Source::Late(table, key, life) => table.counter(key, self.most, || life.clone()),
            Source::Each(..) | Source::Nowhere => None,
        };
        let lasts = !matches!(self.budget.measure(), Measure::Concurrency);
        let counter = counter.filter(|_| lasts);
        counter.inspect(|counter| counter.settle(now, 0, units, now, self.most)).is_some()
    }

    /// What is used now; `None` where each call is counted by itself, or there is no counter.
    pub(crate) fn used(&self, now: u64) -> Option<u64> {
        match &self.source {
            Source::One(counter) => Some(counter.used(now, self.most)),
            Source::Late(table, key, _) => {
                table.find(key).map(|counter| counter.used(now, self.most))
            }
            Source::Each(..) | Source::Nowhere => None,
        }
    }

    /// When there is room for so much again, in nanoseconds of the clock that `now` is of. `None` where time alone makes none, and
    /// where each call is counted by itself.
    pub(crate) fn room_at(&self, needs: u64, limit: Limit, now: u64) -> Option<u64> {
        match &self.source {
            Source::One(counter) => counter.room_at(now, needs, limit),
            Source::Late(table, key, _) => table.find(key)?.room_at(now, needs, limit),
            Source::Each(..) | Source::Nowhere => None,
        }
    }

    /// Up to which nobody is asked.
    pub(crate) const fn free(&self) -> Limit {
        self.free
    }

    /// At most.
    pub(crate) const fn most(&self) -> Limit {
        self.most
    }
}

/// The strictest finding of several charges, the first where they are alike.
pub(crate) fn check<'c>(
    charges: impl Iterator<Item = &'c Charge>,
    counted: &CountedAction<'_>,
    now: u64,
) -> Result<(), Finding<'c>> {
    let mut strictest = Ok(());
    for charge in charges {
        if let Err(finding) = charge.check(counted, now) {
            if finding.reason != Reason::BudgetApproval {
                return Err(finding);
            }
            strictest = strictest.and(Err(finding));
        }
    }
    strictest
}

/// All that an action draws on several charges; or why that cannot be counted.
pub(crate) fn drafts<'c>(
    charges: impl Iterator<Item = &'c Charge>,
    counted: &CountedAction<'_>,
) -> Result<Drafts, Finding<'c>> {
    let mut drafts = Drafts::new();
    for (place, charge) in charges.enumerate() {
        drafts.extend(charge.draft(counted)?.map(|draft| Draft { charge: place, ..draft }));
    }
    Ok(drafts)
}

/// The name of a counter: who declares the budget, what it counts, and who shares it.
fn key_of(budget: &Budget, owner: &[u8], share: Share, sharers: Sharers<'_>) -> Key {
    let measure: (&[u8], &[u8], u8) = match budget.measure() {
        Measure::Actions => (b"actions", b"", 0),
        Measure::Sum { argument, decimals } => (b"sum", argument.as_bytes(), *decimals),
        Measure::Recipients => (b"recipients", b"", 0),
        Measure::Irreversible => (b"irreversible", b"", 0),
        Measure::Concurrency => (b"concurrency", b"", 0),
        Measure::Repeats { .. } => (b"repeats", b"", 0),
    };
    let session = sharers.session.to_le_bytes();
    // Nobody gets a budget of their own by another case.
    let invoker = sharers.invoker.to_lowercase();
    let sharer: (&[u8], &[u8]) = match share {
        Share::Gate => (b"gate", b""),
        Share::Lineage => (b"lineage", sharers.root),
        Share::Invoker => (b"invoker", invoker.as_bytes()),
        Share::Agent => (b"agent", sharers.agent.as_bytes()),
        Share::Session => (b"session", &session),
    };
    let key = Key::default().part(owner).part(budget.name().as_bytes());
    let key = key.part(measure.0).part(measure.1);
    let key = key.part(&[measure.2, u8::from(budget.period().is_some())]);
    key.part(sharer.0).part(sharer.1)
}
