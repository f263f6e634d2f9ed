//! What a gate keeps of approvals: requests with what they show, standing approvals, and what is set aside for permits.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::dossier::Dossier;
use super::standing::StandingTerms;
use super::watch::Watch;
use crate::authority::requirement::Requirement;
use crate::base::sync::{Mutex, MutexGuard, lock};
use crate::base::time::Timestamp;
use crate::decision::Reason;
use crate::directory::Directory;
use crate::state::approval::{
    ApprovalId, ApprovalSource, ApprovalState, Electorate, Queue, QueueFault, RequestDigest,
    StandingTable, StepFault,
};
use crate::state::posting::Reservation;

/// From so many on, what people were shown of requests that are over is forgotten.
const KEPT_DOSSIERS: usize = 64;

/// Everything about approvals of one gate.
pub(crate) struct Desk {
    pub(super) queue: Queue,
    pub(super) standing: StandingTable<Arc<StandingTerms>>,
    pub(super) watch: Watch,
    /// What people are shown of each request.
    dossiers: Mutex<HashMap<ApprovalId, Arc<Dossier>>>,
    /// What is set aside, by its place.
    open: Mutex<Open>,
    /// Those who ask, vote or withdraw take turns, so that what they do is on record in the order in which it counts.
    turn: Mutex<()>,
}

#[derive(Default)]
struct Open {
    places: Vec<Option<OpenApproval>>,
    free: Vec<usize>,
}

/// An approval that is set aside for one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenApproval {
    pub(super) source: ApprovalSource,
    /// The call that was approved.
    pub(super) call: RequestDigest,
    /// What a decline of it is about.
    pub(super) matter: RequestDigest,
    /// What it lifted: those who approved must meet that when the effect begins too, also where only a budget held it.
    pub(super) required: Vec<Requirement>,
    /// What the manifest said of its tool.
    pub(super) tool: Option<[u8; 32]>,
    /// What is set aside of budgets for the same action.
    pub(super) budgets: Reservation,
    pub(super) is_used: bool,
}

/// The people of a directory, as voters.
pub(super) struct Voters<'d>(pub(super) &'d Directory);

impl Electorate for Voters<'_> {
    fn canonical<'n>(&'n self, name: &'n str) -> &'n str {
        self.0.one_name(name)
    }

    fn is_member(&self, person: &str, group: &str) -> bool {
        self.0.is_member(person, group)
    }
}

impl Desk {
    pub(super) fn new(declines_last: Duration) -> Self {
        Self {
            queue: Queue::new(declines_last),
            standing: StandingTable::default(),
            watch: Watch::default(),
            dossiers: Mutex::default(),
            open: Mutex::default(),
            turn: Mutex::default(),
        }
    }

    /// Whether anybody may have said anything that guard 8 needs to know of what is held. Three loads.
    #[inline]
    pub(super) fn has_answers(&self, now: Timestamp) -> bool {
        self.queue.has_granted() || self.standing.has_usable() || self.queue.has_declined(now)
    }

    /// Whoever asks, votes or withdraws waits for those before.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        lock(&self.turn)
    }

    pub(super) fn dossier(&self, id: ApprovalId) -> Option<Arc<Dossier>> {
        lock(&self.dossiers).get(&id).cloned()
    }

    /// Keeps what people are shown for as long as the request is known.
    pub(super) fn keep_dossier(&self, id: ApprovalId, dossier: Arc<Dossier>, now: Timestamp) {
        let mut dossiers = lock(&self.dossiers);
        // Of those that are over, a few are kept; each can be large.
        if dossiers.len() >= KEPT_DOSSIERS && dossiers.len() >= 2 * self.queue.ids(now).len() {
            let open = self.queue.ids(now);
            dossiers.retain(|id, _| open.contains(id));
        }
        dossiers.insert(id, dossier);
    }

    /// Keeps an approval that is set aside, under a number. `None` where there are more than numbers; it is free again then.
    pub(super) fn keep(&self, approval: OpenApproval) -> Option<Reservation> {
        let mut open = lock(&self.open);
        let place = open.free.last().copied().unwrap_or(open.places.len());
        let Some(reservation) = Reservation::of_approval(place) else {
            drop(open);
            self.release(&approval);
            return None;
        };
        match open.places.get_mut(place) {
            Some(free) => {
                *free = Some(approval);
                open.free.pop();
            }
            None => open.places.push(Some(approval)),
        }
        Some(reservation)
    }

    /// One that is set aside for a call lifts another action of that call, which requires more.
    pub(super) fn require(&self, place: usize, required: &[Requirement]) {
        let mut open = lock(&self.open);
        if let Some(approval) = open.places.get_mut(place).and_then(Option::as_mut) {
            let known = &mut approval.required;
            required.iter().for_each(|one| {
                if !known.contains(one) {
                    known.push(one.clone());
                }
            });
        }
    }

    /// What is set aside under a number, where that is an approval's.
    #[inline]
    pub(super) fn open(&self, reservation: Reservation) -> Option<OpenApproval> {
        reservation.approval().and_then(|place| self.open_at(place))
    }

    #[cold]
    fn open_at(&self, place: usize) -> Option<OpenApproval> {
        lock(&self.open).places.get(place).cloned().flatten()
    }

    /// The effect begins, and with it the approval is used up. Not where it was withdrawn, revoked or has expired since.
    #[cold]
    pub(super) fn use_up(
        &self,
        place: usize,
        now: Timestamp,
        electorate: &dyn Electorate,
    ) -> Result<ApprovalSource, Reason> {
        let mut open = lock(&self.open);
        let approval = open.places.get_mut(place).and_then(Option::as_mut);
        let approval = approval.filter(|approval| !approval.is_used).ok_or(Reason::ApprovalGone)?;
        match approval.source {
            ApprovalSource::Request(id) => {
                let used = self.queue.consume((id, approval.call), now, electorate);
                used.map_err(|fault| why(&fault))?;
            }
            ApprovalSource::Standing(number) => {
                if !self.standing.consume(number, now) {
                    return Err(Reason::ApprovalGone);
                }
            }
        }
        approval.is_used = true;
        Ok(approval.source)
    }

    /// What was set aside under a number is not any more: free again, unless it was used. Gives what was set aside of budgets.
    #[cold]
    pub(super) fn end(&self, place: usize) -> Reservation {
        let mut open = lock(&self.open);
        let Some(approval) = open.places.get_mut(place).and_then(Option::take) else {
            return Reservation::NONE;
        };
        open.free.push(place);
        drop(open);
        if !approval.is_used {
            self.release(&approval);
        }
        approval.budgets
    }

    fn release(&self, approval: &OpenApproval) {
        match approval.source {
            ApprovalSource::Request(id) => self.queue.release(id, approval.call),
            ApprovalSource::Standing(number) => self.standing.release(number),
        }
    }
}

/// Why an approval cannot be used any more.
fn why(fault: &QueueFault) -> Reason {
    match fault {
        QueueFault::Step(StepFault::Is(ApprovalState::Withdrawn)) => Reason::ApprovalWithdrawn,
        QueueFault::Step(StepFault::Is(ApprovalState::Expired)) => Reason::ApprovalExpired,
        QueueFault::Step(StepFault::Is(ApprovalState::Declined)) => Reason::ApprovalDeclined,
        QueueFault::Unknown | QueueFault::Step(_) => Reason::ApprovalGone,
    }
}
