//! What an action may have to draw on: a budget with the counter of whoever shares it.

use std::sync::Arc;

use super::amount::{amount, fingerprint};
use super::counter::{Counter, Limit, Shortage, marks};
use super::open::{Draft, Drafts};
use super::table::{Key, Table};
use crate::authority::budget::{Budget, Measure, Share};
use crate::decision::Reason;
use crate::directory::ResolvedAudience;
use crate::model::action::Action;

/// A budget as it applies to those under one scope.
#[derive(Debug)]
pub(crate) struct Charge {
    budget: Budget,
    /// Up to which nobody is asked, and at most.
    free: Limit,
    most: Limit,
    drawn: Drawn,
}

/// Where it counts.
#[derive(Debug)]
enum Drawn {
    One(Arc<Counter>),
    /// A counter for each call that is alike.
    Each(Arc<Table>, Box<Key>),
    /// There is no room for its counter.
    Nowhere,
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
    /// What it needs, and what is used; nothing where that cannot be said.
    pub(crate) needs: u64,
    pub(crate) used: u64,
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
        let life = || {
            let of_session = (share == Share::Session).then_some(sharers.session);
            of_session.or(life).map(Arc::downgrade)
        };
        let drawn = match (budget.measure(), table) {
            (_, None) => Drawn::Nowhere,
            (Measure::Repeats { .. }, Some(table)) => Drawn::Each(Arc::clone(table), Box::new(key)),
            (_, Some(table)) => table.counter(&key, most, life).map_or(Drawn::Nowhere, Drawn::One),
        };
        Self { budget: budget.clone(), free, most, drawn }
    }

    pub(crate) const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// What an action draws on it, if it draws anything. The limit is up to where nobody is asked, unless it was `approved`.
    fn draft(
        &self,
        action: &Action<'_>,
        audience: &ResolvedAudience<'_>,
        approved: bool,
    ) -> Result<Option<Draft>, Reason> {
        if !self.budget.operations().contains(action.operation()) {
            return Ok(None);
        }
        let measure = self.budget.measure();
        let units = amount(measure, action, audience).ok_or(Reason::BudgetUncounted)?;
        if units == 0 {
            return Ok(None);
        }
        let limit = if approved { self.most } else { self.free };
        let counter = match &self.drawn {
            Drawn::One(counter) => Arc::clone(counter),
            Drawn::Each(table, key) => {
                let print = fingerprint(action, table.state()).ok_or(Reason::BudgetUncounted)?;
                let key = Key::clone(key).part(&print.to_le_bytes());
                let counter = table.counter(&key, self.most, || None);
                counter.ok_or(Reason::BudgetUncounted)?
            }
            Drawn::Nowhere => return Err(Reason::BudgetUncounted),
        };
        Ok(Some(Draft { counter, limit, units, measure: measure.clone() }))
    }

    /// Guard 7: whether it has room for an action. Changes nothing.
    fn check(
        &self,
        action: &Action<'_>,
        audience: &ResolvedAudience<'_>,
        now: u64,
    ) -> Option<Finding<'_>> {
        if !self.budget.operations().contains(action.operation()) {
            return None;
        }
        let finding = |reason, needs, used| Some(Finding { reason, charge: self, needs, used });
        let uncounted = || finding(Reason::BudgetUncounted, 0, 0);
        let Some(units) = amount(self.budget.measure(), action, audience) else {
            return uncounted();
        };
        if units == 0 {
            return None;
        }
        let found;
        let counter = match &self.drawn {
            Drawn::One(counter) => Some(&**counter),
            Drawn::Each(table, key) => {
                let Some(print) = fingerprint(action, table.state()) else { return uncounted() };
                found = table.find(&Key::clone(key).part(&print.to_le_bytes()));
                found.as_deref()
            }
            Drawn::Nowhere => return uncounted(),
        };
        let checked = match counter {
            Some(counter) => counter.check(now, units, self.free),
            None if units <= self.free.most => Ok(()),
            None => Err(Shortage { used: 0 }),
        };
        let Err(Shortage { used }) = checked else { return None };
        finding(self.reason(used, units), units, used)
    }

    /// Why there is no room: a person can make some, or nobody.
    fn reason(&self, used: u64, units: u64) -> Reason {
        let is_over = used.checked_add(units).is_none_or(|sum| sum > self.most.most);
        if is_over { Reason::BudgetSpent } else { Reason::BudgetApproval }
    }

    /// What is used now, and when there is room for so much again, in nanoseconds from now.
    pub(crate) fn used(&self, now: u64) -> Option<u64> {
        match &self.drawn {
            Drawn::One(counter) => Some(counter.used(now, self.most)),
            Drawn::Each(..) | Drawn::Nowhere => None,
        }
    }

    /// When there is room for so much again, in nanoseconds.
    pub(crate) fn room_at(&self, needs: u64, limit: Limit, now: u64) -> Option<u64> {
        match &self.drawn {
            Drawn::One(counter) => counter.room_at(now, needs, limit),
            Drawn::Each(..) | Drawn::Nowhere => None,
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
    action: &Action<'_>,
    audience: &ResolvedAudience<'_>,
    now: u64,
) -> Option<Finding<'c>> {
    let mut strictest: Option<Finding<'c>> = None;
    for charge in charges {
        if let Some(finding) = charge.check(action, audience, now) {
            if finding.reason != Reason::BudgetApproval {
                return Some(finding);
            }
            strictest = strictest.or(Some(finding));
        }
    }
    strictest
}

/// All that an action draws on several charges; or why that cannot be counted.
pub(crate) fn drafts<'c>(
    charges: impl Iterator<Item = &'c Charge>,
    action: &Action<'_>,
    audience: &ResolvedAudience<'_>,
    approved: bool,
) -> Result<Drafts, Finding<'c>> {
    let mut drafts = Drafts::new();
    for charge in charges {
        match charge.draft(action, audience, approved) {
            Ok(draft) => drafts.extend(draft),
            Err(reason) => return Err(Finding { reason, charge, needs: 0, used: 0 }),
        }
    }
    Ok(drafts)
}

/// Of the charges that an action draws on, the one at a place among its drafts, which had no room.
#[cold]
pub(crate) fn short<'c>(
    charges: impl Iterator<Item = &'c Charge>,
    place: usize,
    Draft { units: needs, .. }: &Draft,
    Shortage { used }: Shortage,
    (action, audience): (&Action<'_>, &ResolvedAudience<'_>),
) -> Option<Finding<'c>> {
    let draws = |charge: &&Charge| {
        let operations = charge.budget.operations();
        operations.contains(action.operation())
            && amount(charge.budget.measure(), action, audience).is_some_and(|units| units > 0)
    };
    let charge = charges.filter(draws).nth(place)?;
    Some(Finding { reason: charge.reason(used, *needs), charge, needs: *needs, used })
}

/// The name of a counter: who declares the budget, what it counts, and who shares it.
fn key_of(budget: &Budget, owner: &[u8], share: Share, sharers: Sharers<'_>) -> Key {
    let measure: (&[u8], &[u8], u8) = match budget.measure() {
        Measure::Actions => (b"actions", b"", 0),
        Measure::Sum { argument, decimals } => (b"sum", argument.as_bytes(), *decimals),
        Measure::Recipients => (b"recipients", b"", 0),
        Measure::Irreversible => (b"irreversible", b"", 0),
        Measure::Running => (b"running", b"", 0),
        Measure::Repeats { .. } => (b"repeats", b"", 0),
    };
    let session = sharers.session.to_le_bytes();
    let sharer: (&[u8], &[u8]) = match share {
        Share::Gate => (b"gate", b""),
        Share::Lineage => (b"lineage", sharers.root),
        Share::Invoker => (b"invoker", sharers.invoker.as_bytes()),
        Share::Agent => (b"agent", sharers.agent.as_bytes()),
        Share::Session => (b"session", &session),
    };
    let key = Key::default().part(owner).part(budget.name().as_bytes());
    let key = key.part(measure.0).part(measure.1);
    let key = key.part(&[measure.2, u8::from(budget.period().is_some())]);
    key.part(sharer.0).part(sharer.1)
}
