//! What a gate consists of, and what permits know of it: the time, the record, the halts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use super::configuration::Configuration;
use super::consumption::Consumption;
use super::context::{DecisionContext, Moment, check_validity};
use super::desk::{Desk, Voters};
use super::evaluation::PreparedAction;
use crate::authority::scope::Scope;
use crate::base::clock::Clock;
use crate::base::limits::MAX_CLOCK_STEP_BACK_MS;
use crate::base::sync::{AtomicBool, AtomicU64, Ordering};
use crate::base::time::Timestamp;
use crate::decision::{Reason, RecordError};
use crate::record::{
    ApprovalEvent, DecisionRecord, LossLog, Outcome, PackedDecision, RecordNumber, RecordSink,
};
use crate::state::budget::{OpenReservations, Repetition};
use crate::state::halt::{HaltMark, Halts};
use crate::state::posting::{Posting, Reservation};
use crate::state::published::Published;
use crate::state::running::{Entered, RunningEffects};
use crate::state::terms::{Expiry, PermitTerms};

/// Windows are told the time at least this exactly, in nanoseconds: the line is shared by all threads.
const TICK: u64 = 1_000_000;

/// Everything of a gate; its clones and permits share it.
pub(crate) struct Core {
    pub(super) id: u64,
    pub(super) configuration: Published<Configuration>,
    pub(super) halts: Halts,
    pub(super) running: RunningEffects,
    /// The latest time seen, in milliseconds; time never falls below it.
    pub(super) latest: AtomicU64,
    pub(super) permit_lifetime: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) sink: Arc<dyn RecordSink>,
    pub(super) lost: LossLog,
    /// What budgets have set aside for permits and running effects.
    pub(super) open: OpenReservations,
    /// What was asked of people, and what they said.
    pub(super) desk: Desk,
    /// Whether the gate has, or had, budgets of its own.
    pub(super) counts: AtomicBool,
    /// The latest monotonic time seen, in nanoseconds; windows never age backwards.
    pub(super) ticks: AtomicU64,
}

impl Core {
    /// The moment of a decision. Clock, session and owners are the user's, so this is looked at outside of every lock.
    #[inline]
    pub(super) fn moment(&self, scope: &Scope) -> Moment {
        let time = self.now();
        let halts = self.halts.mark();
        let halted = self.halts.check(halts, scope);
        let state = halted.and_then(|()| check_validity(scope, time));
        Moment {
            now: time.unwrap_or_else(|latest| latest),
            label: scope.session().mark(),
            halts,
            // What is refused already asks nobody.
            owned: if state.is_ok() { scope.ask_owners() } else { None },
            ticks: if self.may_count(scope) { self.monotonic() } else { 0 },
            is_set_aside: false,
            state,
        }
    }

    /// The time, never below what was seen; `Err` with the latest when the clock stepped back too far or panicked.
    #[inline]
    pub(super) fn now(&self) -> Result<Timestamp, Timestamp> {
        let read = catch_unwind(AssertUnwindSafe(|| self.clock.now().as_unix_millis()));
        let latest = self.latest.load(Ordering::Acquire);
        let Ok(now) = read else { return Err(Timestamp::from_unix_millis(latest)) };
        if now > latest {
            // At most once per millisecond and thread, so the line stays shared.
            self.latest.fetch_max(now, Ordering::AcqRel);
            Ok(Timestamp::from_unix_millis(now))
        } else if latest - now > MAX_CLOCK_STEP_BACK_MS {
            Err(Timestamp::from_unix_millis(latest))
        } else {
            Ok(Timestamp::from_unix_millis(latest))
        }
    }

    /// What a permit is given under.
    #[inline]
    pub(super) fn terms(&self, posting: Posting, context: &DecisionContext<'_, '_>) -> PermitTerms {
        let DecisionContext { configuration, scope, moment, .. } = context;
        let expires = moment.now.saturating_add(self.permit_lifetime);
        let reads_clock = scope.reads_clock() || configuration.reads_clock();
        let expiry = Expiry::new(expires, reads_clock);
        PermitTerms { posting, halts: moment.halts, expiry }
    }

    /// Whether a budget may be about what happens under a scope.
    #[inline]
    pub(super) fn may_count(&self, scope: &Scope) -> bool {
        !scope.budgeted().is_empty() || self.counts.load(Ordering::Relaxed)
    }

    pub(super) fn note_budgets(&self, configuration: &Configuration) {
        if configuration.budgets.iter().len() > 0 {
            self.counts.store(true, Ordering::SeqCst);
        }
    }

    /// The time by which windows pass, in nanoseconds, never below what was seen. A clock that panics stands still.
    pub(super) fn monotonic(&self) -> u64 {
        let read = catch_unwind(AssertUnwindSafe(|| self.clock.monotonic().as_nanos()));
        let now = read.map_or(0, |now| u64::try_from(now).unwrap_or(u64::MAX));
        let latest = self.ticks.load(Ordering::Acquire);
        if now <= latest {
            return latest;
        }
        // Nearly: a thread that is late tells a moment that has passed, which makes nothing leave early.
        if now - latest > TICK {
            self.ticks.fetch_max(now, Ordering::AcqRel);
        }
        now
    }

    /// The effect begins, and with it the approvals that were set aside for it are used up. Not where one is gone meanwhile; what
    /// was used up before stays so.
    #[inline]
    pub(super) fn use_up(&self, postings: &[Posting]) -> Result<(), Reason> {
        if postings.iter().all(|posting| posting.reservation().approval().is_none()) {
            return Ok(());
        }
        self.use_up_each(postings)
    }

    #[cold]
    fn use_up_each(&self, postings: &[Posting]) -> Result<(), Reason> {
        let now = self.now().map_err(|_| Reason::ClockSteppedBack)?;
        let places = postings.iter().filter_map(|posting| posting.reservation().approval());
        for place in places {
            let used = self.configuration.read(|configuration| {
                self.desk.use_up(place, now, &Voters(&configuration.directory))
            })?;
            self.tell_used(used, now);
        }
        Ok(())
    }

    /// What was set aside of budgets, also where it goes with an approval.
    #[inline]
    fn budgets_of(&self, reservation: Reservation) -> Reservation {
        self.desk.open(reservation).map_or(reservation, |approval| approval.budgets)
    }

    /// The effect begins: what was set aside for it is used. Which budget halts the agent, where a call came too often.
    pub(super) fn commit(&self, postings: &[Posting]) -> Option<Repetition> {
        let mut now = None;
        let mut repetition = None;
        let reservations = postings.iter().map(|posting| posting.reservation());
        for Reservation(number) in reservations.map(|reservation| self.budgets_of(reservation)) {
            if let Some(number) = number {
                let now = *now.get_or_insert_with(|| self.monotonic());
                let often = self.open.begin(number, now);
                repetition = repetition.or(often);
            }
        }
        repetition
    }

    /// What was set aside is free again, and of what began what was used less.
    #[inline]
    pub(super) fn end(&self, reservation: Reservation, used: Option<&Consumption>) {
        let Reservation(number) = match reservation.approval() {
            Some(place) => self.end_approval(place),
            None => reservation,
        };
        if let Some(number) = number {
            self.open.end(number, self.monotonic(), |measure| used?.of(measure));
        }
    }

    /// The approval that was set aside for an action is free again where it was not used.
    #[cold]
    fn end_approval(&self, place: usize) -> Reservation {
        self.desk.end(place)
    }

    /// A permit ends without an effect.
    pub(super) fn give_back(&self, posting: Posting, outcome: Outcome) {
        self.end(posting.reservation(), None);
        self.report(posting.record(), outcome);
    }

    /// Guard 10. `None` where it is not recorded, as by a sink that panics; then `refusal` says why.
    #[inline(always)]
    pub(super) fn record(
        &self,
        context: &DecisionContext<'_, '_>,
        prepared: &PreparedAction<'_>,
        finding: PackedDecision<'_>,
        refusal: &mut Option<RecordError>,
    ) -> Option<RecordNumber> {
        let gap = self.lost.take();
        let record = DecisionRecord {
            at: context.moment.now,
            finding,
            shadow: prepared.shadow,
            said: &prepared.said,
            action: context.action,
            scope: context.scope,
            owned: context.moment.owned.as_deref(),
            visibility: prepared.visibility(),
            who: prepared.who.as_ref(),
            approval: prepared.approval,
            gap: gap.as_ref(),
        };
        // Taken apart where it was returned: moved on whole, it is read in other pieces than it was written
        // in, and that waits.
        let recorded = catch_unwind(AssertUnwindSafe(|| match self.sink.record(&record) {
            Ok(RecordNumber { stream, sequence }) => Some((u64::from(stream), sequence)),
            Err(cause) => {
                *refusal = Some(cause);
                None
            }
        }));
        let number = match recorded {
            Ok(Some((stream, sequence))) => Some(RecordNumber { stream: stream as u32, sequence }),
            Ok(None) => None,
            Err(said) => {
                *refusal = Some(RecordError::panicked(&*said));
                None
            }
        };
        if let Some(cause) = refusal {
            self.lost.decision(gap.as_ref(), cause);
        }
        #[cfg(feature = "tracing")]
        crate::record::trace::decision(&record, number.ok_or(refusal.as_ref()));
        number
    }

    /// Writes what is asked of a person, or what somebody said. The sink is the user's.
    #[cold]
    pub(super) fn tell(&self, event: &ApprovalEvent<'_>) -> Result<(), RecordError> {
        let told = catch_unwind(AssertUnwindSafe(|| self.sink.approval(event)));
        let told = told.unwrap_or_else(|said| Err(RecordError::panicked(&*said)));
        #[cfg(feature = "tracing")]
        crate::record::trace::approval(event, told.as_ref().err());
        told
    }

    /// Whether an effect that began under `mark` should stop.
    pub(super) fn is_halted(&self, scope: &Scope, mark: HaltMark) -> bool {
        if self.halts.recheck(mark, scope).is_err() {
            return true;
        }
        let now = self.now().unwrap_or_else(|latest| latest);
        scope.check_revocations(now).is_err()
    }

    pub(super) fn leave(&self, entered: &Entered) {
        self.running.end(entered);
    }

    /// Reports what came of a permit. Clock and sink are the user's; one that fails or panics here has had its
    /// decision recorded, and must not keep the effect from ending. The next record tells what is missing.
    pub(super) fn report(&self, number: RecordNumber, outcome: Outcome) {
        let reported = catch_unwind(AssertUnwindSafe(|| {
            let at = match outcome {
                Outcome::Unused => Timestamp::from_unix_millis(self.latest.load(Ordering::Acquire)),
                _ => self.now().unwrap_or_else(|latest| latest),
            };
            self.sink.outcome(number, outcome, at)
        }));
        let reported = reported.unwrap_or_else(|said| Err(RecordError::panicked(&*said)));
        if let Err(cause) = &reported {
            self.lost.outcome(cause);
        }
        #[cfg(feature = "tracing")]
        crate::record::trace::outcome(number, outcome, reported.err());
    }
}
