//! The requests of one gate in memory: asked, listed, voted on, set aside and used.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::digest::RequestDigest;
use super::request::{ApprovalCase, ApprovalId, ApprovalState, Electorate, Step, StepFault};
use crate::authority::requirement::Requirement;
use crate::base::limits::{
    MAX_CALLS_OF_REQUEST, MAX_PENDING_OF_AGENT, MAX_REQUESTS, MAX_REQUIREMENTS,
};
use crate::base::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::base::time::Timestamp;

/// What is at stake, the most last: an approver's list begins with it, so that no flood of small ones hides the one that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stakes {
    pub(crate) irreversible: bool,
    /// How far it reaches; more is farther.
    pub(crate) reach: u8,
}

/// Why nobody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskFault {
    /// An approver said no, and that holds until then.
    Declined(Timestamp),
    /// The agent has as many requests pending as it may have.
    TooManyPending,
    /// It is about no call or about too many, or too many requirements must be met.
    TooLarge,
    /// There are too many requests, or too many calls that were declined or may be, and none of them is over.
    Full,
}

/// Why a request or an approval is not there for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueFault {
    /// There is none.
    Unknown,
    Step(StepFault),
}

impl From<StepFault> for QueueFault {
    fn from(fault: StepFault) -> Self {
        Self::Step(fault)
    }
}

/// Requests by what they are about.
#[derive(Debug)]
pub(crate) struct Queue {
    rows: Mutex<Rows>,
    /// How many were approved and not used up, or more, so that a hold without any approval computes no digest.
    granted: AtomicU64,
    /// How many matters are declined, or more, so that a hold without any decline computes no digest.
    refused: AtomicU64,
    /// How long a decline is final.
    final_for: Duration,
    most_of_agent: usize,
    most: usize,
}

/// Calls that requests have on average where there are as many as there may be.
const MATTERS_OF_REQUEST: usize = 2;

type Map<V> = HashMap<RequestDigest, V, ahash::RandomState>;

#[derive(Debug, Default)]
struct Rows {
    requests: Map<Row>,
    /// Of every call, the requests that are about it.
    calls: Map<Vec<RequestDigest>>,
    /// Of every matter that was declined, until when that is final.
    declined: Map<Timestamp>,
}

#[derive(Debug)]
struct Row {
    request: ApprovalCase,
    stakes: Stakes,
    /// Calls for which a permit was given that has neither begun nor ended.
    aside: Vec<RequestDigest>,
}

impl Queue {
    pub(crate) fn new(final_for: Duration) -> Self {
        Self {
            rows: Mutex::default(),
            granted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            final_for,
            most_of_agent: MAX_PENDING_OF_AGENT,
            most: MAX_REQUESTS,
        }
    }

    #[cfg(test)]
    pub(crate) fn bounded(self, most_of_agent: usize, most: usize) -> Self {
        Self { most_of_agent, most, ..self }
    }

    /// Asks. The same calls that were asked for and are open attach to the same request.
    pub(crate) fn ask(
        &self,
        request: ApprovalCase,
        stakes: Stakes,
        now: Timestamp,
    ) -> Result<ApprovalCase, AskFault> {
        let is_bounded = (1..=MAX_CALLS_OF_REQUEST).contains(&request.calls.len())
            && request.requirements.len() <= MAX_REQUIREMENTS;
        if !is_bounded {
            return Err(AskFault::TooLarge);
        }
        let mut rows = lock(&self.rows);
        let declined = request.calls.iter().filter_map(|asked| rows.declined.get(&asked.matter));
        if let Some(until) = declined.max().filter(|until| now < **until) {
            return Err(AskFault::Declined(*until));
        }
        if let Some(row) = rows.requests.get(&request.digest).filter(|row| row.is_open(now)) {
            return Ok(row.request.clone());
        }
        let of_agent = |row: &&Row| {
            row.request.agent == request.agent && row.request.state(now) == ApprovalState::Pending
        };
        if rows.requests.values().filter(of_agent).count() >= self.most_of_agent {
            return Err(AskFault::TooManyPending);
        }
        if !rows.has_room(&request, self.most) {
            rows.sweep(now);
            if !rows.has_room(&request, self.most) {
                return Err(AskFault::Full);
            }
        }
        rows.insert(Row { request: request.clone(), stakes, aside: Vec::new() });
        self.recount(&rows, now);
        Ok(request)
    }

    /// Takes a vote or a withdrawal.
    pub(crate) fn step(
        &self,
        request: RequestDigest,
        step: Step<'_>,
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<ApprovalCase, QueueFault> {
        let mut rows = lock(&self.rows);
        let row = rows.requests.get_mut(&request).ok_or(QueueFault::Unknown)?;
        let next = row.request.step(step, now, electorate)?;
        let before = std::mem::replace(&mut row.request, next.clone());
        if before.is_undecided() && next.state(now) == ApprovalState::Declined {
            let until = now.saturating_add(self.final_for);
            rows.declined.extend(next.calls.iter().map(|asked| (asked.matter, until)));
            self.refused.store(rows.declined.len() as u64, Ordering::SeqCst);
        }
        self.moved(&before, &next, now);
        Ok(next)
    }

    /// Whether anything may have been approved that is not used up.
    #[inline]
    pub(crate) fn has_granted(&self) -> bool {
        self.granted.load(Ordering::SeqCst) > 0
    }

    /// Whether anything may have been declined.
    #[inline]
    pub(crate) fn has_declined(&self) -> bool {
        self.refused.load(Ordering::SeqCst) > 0
    }

    /// Whether an approver said no to a matter, and that is still final.
    pub(crate) fn is_declined(&self, matter: RequestDigest, now: Timestamp) -> bool {
        lock(&self.rows).declined.get(&matter).is_some_and(|until| now < *until)
    }

    /// The request by which a call was approved that can be used now, where those who approved it meet what is required now.
    pub(crate) fn check(
        &self,
        call: RequestDigest,
        required: &[Requirement],
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Option<ApprovalId> {
        let mut rows = lock(&self.rows);
        let is_free = |row: &Row| row.is_free(call, required, now, electorate);
        rows.of_call(call, is_free).map(|row| row.request.id)
    }

    /// Sets an approval aside for a permit: nobody else gets it, until it is used or free again.
    pub(crate) fn reserve(
        &self,
        call: RequestDigest,
        required: &[Requirement],
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Option<ApprovalId> {
        let mut rows = lock(&self.rows);
        let is_free = |row: &Row| row.is_free(call, required, now, electorate);
        let row = rows.of_call(call, is_free)?;
        row.aside.push(call);
        Some(row.request.id)
    }

    /// Whether an approval that is set aside still meets what is required now.
    pub(crate) fn is_met(
        &self,
        call: RequestDigest,
        required: &[Requirement],
        electorate: &dyn Electorate,
    ) -> bool {
        let is_met =
            |row: &Row| row.aside.contains(&call) && row.request.meets(required, electorate);
        lock(&self.rows).of_call(call, is_met).is_some()
    }

    /// There was no effect: the approval is free again.
    pub(crate) fn release(&self, call: RequestDigest) {
        let mut rows = lock(&self.rows);
        if let Some(row) = rows.of_call(call, |row| row.aside.contains(&call)) {
            row.aside.retain(|other| *other != call);
        }
    }

    /// The effect begins, and with it the approval is used up. It must have been set aside, and still stand: it may have been
    /// withdrawn meanwhile, or have expired.
    pub(crate) fn consume(
        &self,
        call: RequestDigest,
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<(), QueueFault> {
        let mut rows = lock(&self.rows);
        let row = rows.of_call(call, |row| row.aside.contains(&call)).ok_or(QueueFault::Unknown)?;
        let next = row.request.step(Step::Use(call), now, electorate)?;
        row.aside.retain(|other| *other != call);
        let before = std::mem::replace(&mut row.request, next);
        self.moved(&before, &row.request, now);
        Ok(())
    }

    /// One request, as long as nothing else was asked for in its place.
    pub(crate) fn find(&self, id: ApprovalId) -> Option<ApprovalCase> {
        let rows = lock(&self.rows);
        let row = rows.requests.values().find(|row| row.request.id == id);
        row.map(|row| row.request.clone())
    }

    /// All that are open.
    pub(crate) fn ids(&self, now: Timestamp) -> HashSet<ApprovalId> {
        let rows = lock(&self.rows);
        let open = rows.requests.values().filter(|row| row.is_open(now));
        open.map(|row| row.request.id).collect()
    }

    /// What is pending: what is at stake most first, and among those alike the longest waiting.
    pub(crate) fn pending(&self, now: Timestamp) -> Vec<ApprovalCase> {
        let rows = lock(&self.rows);
        let pending = |row: &&Row| row.request.state(now) == ApprovalState::Pending;
        let mut found: Vec<&Row> = rows.requests.values().filter(pending).collect();
        found.sort_by_key(|row| {
            (std::cmp::Reverse(row.stakes), row.request.asked, row.request.digest)
        });
        found.into_iter().map(|row| row.request.clone()).collect()
    }

    /// Counts what a step made usable, or no longer, under the lock.
    fn moved(&self, before: &ApprovalCase, after: &ApprovalCase, now: Timestamp) {
        let is_granted = |request: &ApprovalCase| request.state(now) == ApprovalState::Approved;
        match (is_granted(before), is_granted(after)) {
            (false, true) => _ = self.granted.fetch_add(1, Ordering::SeqCst),
            (true, false) => _ = self.granted.fetch_sub(1, Ordering::SeqCst),
            _ => {}
        }
    }

    /// What expired is counted until somebody asks for something.
    fn recount(&self, rows: &Rows, now: Timestamp) {
        let granted = |row: &&Row| row.request.state(now) == ApprovalState::Approved;
        let count = rows.requests.values().filter(granted).count();
        self.granted.store(count as u64, Ordering::SeqCst);
        self.refused.store(rows.declined.len() as u64, Ordering::SeqCst);
    }
}

impl Rows {
    /// Whether one more can be kept, and what is declined of all that may still be: a decline is never forgotten to make room.
    fn has_room(&self, request: &ApprovalCase, most: usize) -> bool {
        let undecided = self.requests.values().filter(|row| row.request.is_undecided());
        let calls = undecided.map(|row| row.request.calls.len()).sum::<usize>();
        let matters = self.declined.len() + calls + request.calls.len();
        self.requests.len() < most && matters <= most.saturating_mul(MATTERS_OF_REQUEST)
    }

    fn insert(&mut self, row: Row) {
        let digest = row.request.digest;
        for asked in &row.request.calls {
            let requests = self.calls.entry(asked.call).or_default();
            if !requests.contains(&digest) {
                requests.push(digest);
            }
        }
        // One of the same digest that is over has the same calls.
        self.requests.insert(digest, row);
    }

    /// The first request about a call that passes.
    fn of_call(&mut self, call: RequestDigest, passes: impl Fn(&Row) -> bool) -> Option<&mut Row> {
        let requests = &self.requests;
        let is_it = |digest: &&RequestDigest| requests.get(*digest).is_some_and(&passes);
        let digest = *self.calls.get(&call)?.iter().find(is_it)?;
        self.requests.get_mut(&digest)
    }

    /// Forgets what is over.
    fn sweep(&mut self, now: Timestamp) {
        self.declined.retain(|_, until| now < *until);
        self.requests.retain(|_, row| row.is_open(now) || !row.aside.is_empty());
        let requests = &self.requests;
        self.calls.retain(|_, of| {
            of.retain(|digest| requests.contains_key(digest));
            !of.is_empty()
        });
    }
}

impl Row {
    fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.request.state(now), ApprovalState::Pending | ApprovalState::Approved)
    }

    fn is_free(
        &self,
        call: RequestDigest,
        required: &[Requirement],
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> bool {
        !self.aside.contains(&call)
            && self.request.redeemable(call, now, electorate).is_ok()
            && self.request.meets(required, electorate)
    }
}
