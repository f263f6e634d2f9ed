//! What those draw on who act under a capability, and where that counts.

use std::sync::Arc;

use super::{Above, Capability, Root};
use crate::authority::budget::Share;
use crate::model::action::Operations;
use crate::state::budget::{Charge, Sharers, Table};

impl Capability {
    /// What those draw on who act under it, what is nearest to them first.
    pub(crate) fn charges(&self, invoker: &str, agent: &str, session: &Arc<u64>) -> Box<[Charge]> {
        if self.budgets().next().is_none() {
            return Box::default();
        }
        let root = self.root_key();
        let sharers = Sharers { invoker, agent, session, root: &root };
        let table = self.of_root().table(&root);
        let charges = self.ancestry().flat_map(|Self(node)| {
            // A name stands for a root that is minted again.
            let owner = match &node.above {
                Above::Root(_) => root.clone(),
                Above::Parent(_) => node.id.to_bytes().to_vec(),
            };
            node.budgets.iter().map(move |budget| {
                let life = node.life.as_ref();
                Charge::new(budget, (&owner, Share::Lineage), sharers, table, life)
            })
        });
        charges.collect()
    }

    /// Tells the time by which windows of its budgets pass.
    pub(crate) fn tell_budgets(&self, now: u64) {
        let root = self.of_root();
        match (&root.ledger, root.table.get()) {
            (Some(ledger), _) => ledger.tell(now),
            (None, Some(table)) => table.tell(now),
            (None, None) => {}
        }
    }

    /// As long as its root can be drawn on; `None` where that may come again.
    pub(crate) fn root_life(&self) -> Option<&Arc<u64>> {
        self.ancestry().last().and_then(|root| root.0.life.as_ref())
    }

    /// What stands for its root where something is kept of it: the name, if it has one.
    pub(crate) fn root_key(&self) -> Vec<u8> {
        let root = self.ancestry().last().unwrap_or(self);
        match &self.of_root().name {
            Some(name) => [b"name:", name.as_bytes()].concat(),
            None => root.0.id.to_bytes().to_vec(),
        }
    }

    /// The operations that a budget of the lineage is about.
    pub(crate) fn budgeted(&self) -> Operations {
        self.budgets().fold(Operations::NONE, |all, budget| all | budget.operations)
    }
}

impl Root {
    /// Where its budgets count. `None` where its ledger has no room, which it may have later.
    fn table(&self, key: &[u8]) -> Option<&Arc<Table>> {
        if self.table.get().is_none() {
            let made = match &self.ledger {
                Some(ledger) => ledger.table(key)?,
                None => Arc::default(),
            };
            // Where another thread was first, its table is the one.
            let _ = self.table.set(made);
        }
        self.table.get()
    }
}
