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
    /// Until when any decline is final, in milliseconds, so that without one nothing computes a digest.
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
    requests: HashMap<ApprovalId, Row, ahash::RandomState>,
    /// Of every call, the requests that are about it, the oldest first.
    calls: Map<Vec<ApprovalId>>,
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

    /// Asks. The same calls that were asked for attach to the same request, where that can do what is asked for now: it is pending
    /// and asks for all that is required, or approved by enough people and free. Whoever asks for anything else asks anew.
    pub(crate) fn ask(
        &self,
        request: ApprovalCase,
        stakes: Stakes,
        now: Timestamp,
        electorate: &dyn Electorate,
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
        if let Some(row) = rows.alike(&request).find(|row| row.serves(&request, now, electorate)) {
            return Ok(row.request.clone());
        }
        // A name of an agent is free to choose, so whoever it acts for counts too: nobody fills the places of another person.
        let of_agent = |row: &&Row| {
            let who = (&row.request.agent, &row.request.invoker);
            who == (&request.agent, &request.invoker)
                && row.request.state(now) == ApprovalState::Pending
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
        rows.insert(Row { request: request.clone(), stakes, aside: Vec::new() }, now);
        self.recount(&rows, now);
        Ok(request)
    }

    /// Takes a vote or a withdrawal.
    pub(crate) fn step(
        &self,
        id: ApprovalId,
        step: Step<'_>,
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<ApprovalCase, QueueFault> {
        let mut rows = lock(&self.rows);
        let row = rows.requests.get_mut(&id).ok_or(QueueFault::Unknown)?;
        let next = row.request.step(step, now, electorate)?;
        let before = std::mem::replace(&mut row.request, next.clone());
        if before.is_undecided() && next.state(now) == ApprovalState::Declined {
            let until = now.saturating_add(self.final_for);
            rows.declined.extend(next.calls.iter().map(|asked| (asked.matter, until)));
            self.refused.fetch_max(until.as_unix_millis(), Ordering::SeqCst);
        }
        self.moved(&before, &next, now);
        Ok(next)
    }

    /// Whether anything may have been approved that is not used up.
    #[inline]
    pub(crate) fn has_granted(&self) -> bool {
        self.granted.load(Ordering::SeqCst) > 0
    }

    /// Whether any decline is final still.
    #[inline]
    pub(crate) fn has_declined(&self, now: Timestamp) -> bool {
        now.as_unix_millis() < self.refused.load(Ordering::SeqCst)
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

    /// Whether the approval that was set aside for a call still meets what is required.
    pub(crate) fn is_met(
        &self,
        (id, call): (ApprovalId, RequestDigest),
        required: &[Requirement],
        electorate: &dyn Electorate,
    ) -> bool {
        let rows = lock(&self.rows);
        let row = rows.requests.get(&id).filter(|row| row.aside.contains(&call));
        row.is_some_and(|row| row.request.meets(required, electorate))
    }

    /// There was no effect: the approval is free again for that call.
    pub(crate) fn release(&self, id: ApprovalId, call: RequestDigest) {
        if let Some(row) = lock(&self.rows).requests.get_mut(&id) {
            row.aside.retain(|other| *other != call);
        }
    }

    /// The effect begins, and with it the approval is used up. It must have been set aside, and still stand: it may have been
    /// withdrawn meanwhile, or have expired.
    pub(crate) fn consume(
        &self,
        (id, call): (ApprovalId, RequestDigest),
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<(), QueueFault> {
        let mut rows = lock(&self.rows);
        let row = rows.requests.get_mut(&id).filter(|row| row.aside.contains(&call));
        let row = row.ok_or(QueueFault::Unknown)?;
        let next = row.request.step(Step::Use(call), now, electorate)?;
        row.aside.retain(|other| *other != call);
        let before = std::mem::replace(&mut row.request, next);
        self.moved(&before, &row.request, now);
        Ok(())
    }

    /// Of one digest, the one that was asked last.
    #[cfg(test)]
    pub(crate) fn last_of(&self, digest: RequestDigest) -> ApprovalId {
        let rows = lock(&self.rows);
        let ids = rows.requests.values().filter(|row| row.request.digest == digest);
        ids.map(|row| row.request.id).max().unwrap_or(ApprovalId::from_bytes([0; 16]))
    }

    /// One request, as long as nothing else was asked for in its place.
    pub(crate) fn find(&self, id: ApprovalId) -> Option<ApprovalCase> {
        let rows = lock(&self.rows);
        rows.requests.get(&id).map(|row| row.request.clone())
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

    /// Those that ask for the same calls.
    fn alike(&self, request: &ApprovalCase) -> impl Iterator<Item = &Row> {
        let first = request.calls.first().and_then(|asked| self.calls.get(&asked.call));
        let rows = first.into_iter().flatten().filter_map(|id| self.requests.get(id));
        rows.filter(|row| row.request.digest == request.digest)
    }

    /// In the place of those alike that are over.
    fn insert(&mut self, row: Row, now: Timestamp) {
        let alike = self.alike(&row.request);
        let over: Vec<ApprovalId> =
            alike.filter(|row| row.is_over(now)).map(|row| row.request.id).collect();
        for id in &over {
            self.requests.remove(id);
        }
        for asked in &row.request.calls {
            let requests = self.calls.entry(asked.call).or_default();
            requests.retain(|id| !over.contains(id));
            requests.push(row.request.id);
        }
        self.requests.insert(row.request.id, row);
    }

    /// The first request about a call that passes.
    fn of_call(&mut self, call: RequestDigest, passes: impl Fn(&Row) -> bool) -> Option<&mut Row> {
        let requests = &self.requests;
        let is_it = |id: &&ApprovalId| requests.get(*id).is_some_and(&passes);
        let id = *self.calls.get(&call)?.iter().find(is_it)?;
        self.requests.get_mut(&id)
    }

    /// Forgets what is over.
    fn sweep(&mut self, now: Timestamp) {
        self.declined.retain(|_, until| now < *until);
        self.requests.retain(|_, row| !row.is_over(now));
        let requests = &self.requests;
        self.calls.retain(|_, of| {
            of.retain(|id| requests.contains_key(id));
            !of.is_empty()
        });
    }
}

impl Row {
    fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.request.state(now), ApprovalState::Pending | ApprovalState::Approved)
    }

    /// Whether it is over, and no permit waits for it.
    fn is_over(&self, now: Timestamp) -> bool {
        !self.is_open(now) && self.aside.is_empty()
    }

    /// Whether what the same is asked for again can come of this one.
    fn serves(&self, asked: &ApprovalCase, now: Timestamp, electorate: &dyn Electorate) -> bool {
        let (own, required) = (&self.request, &*asked.requirements);
        match own.state(now) {
            ApprovalState::Pending => required.iter().all(|one| own.requirements.contains(one)),
            ApprovalState::Approved => {
                let mut calls = asked.calls.iter();
                calls.all(|asked| self.is_free(asked.call, required, now, electorate))
            }
            _ => false,
        }
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
