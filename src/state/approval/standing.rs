//! Standing approvals: what need not be asked for again, so many times, until a moment, and until somebody revokes it.

use crate::base::limits::MAX_STANDING;
use crate::base::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::base::time::Timestamp;

/// One of them. `M` says what it is about: the lineage, the operation, the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StandingApproval<M> {
    /// Names it, for whoever revokes it.
    pub(crate) number: u64,
    pub(crate) matter: M,
    /// How often it may still be used; what is set aside for permits is taken off.
    pub(crate) left: u64,
    pub(crate) expires: Timestamp,
    pub(crate) revoked: bool,
    /// Whether it counts: it does once it is on record.
    is_in_force: bool,
    /// What is set aside for permits that have neither begun nor ended.
    aside: u64,
}

/// Those of one gate.
#[derive(Debug)]
pub(crate) struct StandingTable<M> {
    rows: Mutex<Vec<StandingApproval<M>>>,
    /// How many there are that may be used, or more.
    usable: AtomicU64,
    last: AtomicU64,
}

impl<M> Default for StandingTable<M> {
    fn default() -> Self {
        Self { rows: Mutex::new(Vec::new()), usable: AtomicU64::new(0), last: AtomicU64::new(0) }
    }
}

impl<M: Clone> StandingTable<M> {
    /// Draws one up, under a number of its own; it counts for nothing until it is [put in force](Self::put_in_force). `None` where
    /// there are as many as there may be.
    pub(crate) fn draw_up(
        &self,
        matter: M,
        times: u64,
        expires: Timestamp,
        now: Timestamp,
    ) -> Option<u64> {
        let mut rows = lock(&self.rows);
        if rows.len() >= MAX_STANDING {
            rows.retain(|row| row.lasts(now) && row.left + row.aside > 0);
            if rows.len() >= MAX_STANDING {
                return None;
            }
        }
        let number = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        rows.push(StandingApproval {
            number,
            matter,
            left: times,
            expires,
            revoked: false,
            is_in_force: false,
            aside: 0,
        });
        Some(number)
    }

    /// From now on it counts.
    pub(crate) fn put_in_force(&self, number: u64, now: Timestamp) {
        let mut rows = lock(&self.rows);
        if let Some(row) = rows.iter_mut().find(|row| row.number == number) {
            row.is_in_force = true;
        }
        self.recount(&rows, now);
    }

    /// Revokes one: no permit is given on it any more, and none that was given begins. Whether there is one of that number.
    pub(crate) fn revoke(&self, number: u64, now: Timestamp) -> bool {
        let mut rows = lock(&self.rows);
        let row = rows.iter_mut().find(|row| row.number == number);
        let is_known = row.map(|row| row.revoked = true).is_some();
        self.recount(&rows, now);
        is_known
    }

    /// Whether there may be one that can be used.
    #[inline]
    pub(crate) fn has_usable(&self) -> bool {
        self.usable.load(Ordering::SeqCst) > 0
    }

    /// Those that can be used, with what each is about. Whether that covers an action is asked outside of any lock.
    pub(crate) fn usable(&self, now: Timestamp) -> Vec<(u64, M)> {
        let rows = lock(&self.rows);
        let usable = rows.iter().filter(|row| row.is_usable(now));
        usable.map(|row| (row.number, row.matter.clone())).collect()
    }

    /// What one is about that stands, whether or not a use is left.
    pub(crate) fn standing(&self, number: u64, now: Timestamp) -> Option<M> {
        let rows = lock(&self.rows);
        let row = rows.iter().find(|row| row.number == number && row.stands(now));
        row.map(|row| row.matter.clone())
    }

    /// Sets a use of one aside. Not where none is left by now.
    pub(crate) fn take(&self, number: u64, now: Timestamp) -> bool {
        let mut rows = lock(&self.rows);
        let row = rows.iter_mut().find(|row| row.number == number && row.is_usable(now));
        let Some(row) = row else { return false };
        (row.left, row.aside) = (row.left - 1, row.aside + 1);
        true
    }

    /// There was no effect: the use is free again.
    pub(crate) fn release(&self, number: u64) {
        let mut rows = lock(&self.rows);
        if let Some(row) = rows.iter_mut().find(|row| row.number == number && row.aside > 0) {
            (row.left, row.aside) = (row.left + 1, row.aside - 1);
        }
    }

    /// The effect begins: a use is gone. Not where it was revoked or expired since it was set aside; then it stays aside.
    pub(crate) fn consume(&self, number: u64, now: Timestamp) -> bool {
        let mut rows = lock(&self.rows);
        let row = rows.iter_mut().find(|row| row.number == number && row.aside > 0);
        let Some(row) = row.filter(|row| row.stands(now)) else { return false };
        row.aside -= 1;
        self.recount(&rows, now);
        true
    }

    /// All that stand.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<StandingApproval<M>> {
        lock(&self.rows).iter().filter(|row| row.stands(now)).cloned().collect()
    }

    fn recount(&self, rows: &[StandingApproval<M>], now: Timestamp) {
        let count = rows.iter().filter(|row| row.stands(now) && row.left + row.aside > 0).count();
        self.usable.store(count as u64, Ordering::SeqCst);
    }
}

impl<M> StandingApproval<M> {
    fn stands(&self, now: Timestamp) -> bool {
        self.is_in_force && self.lasts(now)
    }

    fn lasts(&self, now: Timestamp) -> bool {
        !self.revoked && now < self.expires
    }

    fn is_usable(&self, now: Timestamp) -> bool {
        self.stands(now) && self.left > 0
    }
}
