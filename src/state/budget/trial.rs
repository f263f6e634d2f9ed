//! What the actions of a call would draw together, without a counter that is made or changed.

use std::collections::HashMap;
use std::sync::Arc;

use super::amount::CountedAction;
use super::charge::{Charge, Finding, Place};
use super::counter::{Counter, Shortage};
use super::table::{Key, Table};
use crate::decision::Reason;

/// What the actions of a call would draw. A counter that is not there yet stands here alone.
#[derive(Default)]
pub(crate) struct Trial<'c> {
    /// By the address of a counter, which is held, so that no other comes to lie there.
    drawn: Map<*const Counter, (Arc<Counter>, u64)>,
    /// By the address of a table, which outlives this.
    made: Map<*const Table, (&'c Table, Map<Key, Arc<Counter>>)>,
}

type Map<K, V> = HashMap<K, V, ahash::RandomState>;

impl<'c> Trial<'c> {
    /// One more action, which may draw on these: whether there is room for it behind those before it. The strictest finding, the
    /// first where they are alike. It draws where there is room and `draws` says so.
    pub(crate) fn draw(
        &mut self,
        charges: impl Iterator<Item = &'c Charge>,
        counted: &CountedAction<'_>,
        now: u64,
        draws: bool,
    ) -> Result<(), Finding<'c>> {
        let mut strictest = Ok(());
        let mut next = Vec::new();
        for charge in charges {
            let Some(units) = charge.units(counted)? else { continue };
            let counter = match charge.place(counted, units)? {
                Place::Known(counter) => counter,
                Place::Free(table, key) => {
                    self.stand_in(table, key).ok_or_else(|| charge.uncounted(Some(units)))?
                }
            };
            let before = self.drawn.get(&Arc::as_ptr(&counter)).map_or(0, |(_, units)| *units);
            let sum = before.saturating_add(units);
            if let Err(Shortage { used }) = counter.check(now, sum, charge.free()) {
                let used = used.saturating_add(before);
                let finding = Finding { others: before, ..charge.short(units, Shortage { used }) };
                if finding.reason != Reason::BudgetApproval {
                    return Err(finding);
                }
                strictest = strictest.and(Err(finding));
            }
            next.push((counter, units));
        }
        strictest?;
        for (counter, units) in next.into_iter().filter(|_| draws) {
            let entry = self.drawn.entry(Arc::as_ptr(&counter)).or_insert((counter, 0));
            entry.1 = entry.1.saturating_add(units);
        }
        Ok(())
    }

    fn stand_in(&mut self, table: &'c Table, key: Key) -> Option<Arc<Counter>> {
        let (_, made) = self.made.entry(table).or_insert_with(|| (table, Map::default()));
        if let Some(counter) = made.get(&key) {
            return Some(Arc::clone(counter));
        }
        if !table.has_room(made.len()) {
            return None;
        }
        Some(Arc::clone(made.entry(key).or_default()))
    }
}
