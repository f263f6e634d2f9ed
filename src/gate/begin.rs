//! What `begin` checks again, and what beginning an effect does to the session's label.

use std::ops::Range;

use smallvec::SmallVec;

use super::authorize::decision;
use super::context::{DecisionContext, Moment, Role, WholeCall, check_validity};
use super::core::Core;
use super::desk::OpenApproval;
use super::siblings::{CallReads, Siblings};
use crate::authority::scope::Scope;
use crate::base::time::Timestamp;
use crate::decision::{BudgetUse, Decision, Grounds, Reason};
use crate::flow::session::LabelMark;
use crate::gate::refusal::{Denial, Hold, Refusal};
use crate::model::action::Action;
use crate::model::resource::Path;
use crate::state::budget::Repetition;
use crate::state::halt::Halt;
use crate::state::posting::Posting;
use crate::state::running::Entered;
use crate::state::terms::{DecisionBasis, PermitTerms};

/// How often an effect may find that label or configuration have changed between being decided again and beginning.
const MAX_CHANGES: usize = 16;

/// Why an effect does not begin.
enum Stopped {
    Refused(Reason),
    /// The session's label, or the configuration, is not the one that it was decided under.
    Changed,
}

impl From<Reason> for Stopped {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

/// What is to begin: the actions of one effect, what they are performed under, and the approvals that were set aside for them, by
/// their places; none at all where no action has one.
pub(super) struct Beginning<'x> {
    pub(super) actions: &'x [Action<'x>],
    pub(super) scope: &'x Scope,
    pub(super) open: SmallVec<[Option<OpenApproval>; 2]>,
}

impl Core {
    /// What is to begin, of actions with what was set aside for each.
    #[inline]
    pub(super) fn beginning<'x>(
        &self,
        actions: &'x [Action<'x>],
        scope: &'x Scope,
        postings: &[Posting],
    ) -> Beginning<'x> {
        let reservations = postings.iter().map(|posting| posting.reservation());
        let open = match reservations.clone().any(|one| one.approval().is_some()) {
            true => reservations.map(|reservation| self.desk.open(reservation)).collect(),
            false => SmallVec::new(),
        };
        Beginning { actions, scope, open }
    }

    /// What `begin` checks again, and enters the effect as running, in one step. Where the session's label or the
    /// configuration have changed since the permit was given, everything is decided again under the new ones.
    ///
    /// The actions are those of one effect, and what they read comes first.
    pub(super) fn enter(
        &self,
        actions: &[Action<'_>],
        scope: &Scope,
        terms: PermitTerms,
        postings: &[Posting],
        mut under: DecisionBasis,
    ) -> Result<Entered, Refusal> {
        let beginning = &self.beginning(actions, scope, postings);
        let mut asked = false;
        for _ in 0..MAX_CHANGES {
            // Outside of the lock, since the clock and the rules are the user's.
            let time = self.now();
            // Whose things are is asked again, what time it is, and what people say of it, so the answer of before stands only where
            // nothing is asked.
            let answers = !beginning.open.is_empty()
                || self.desk.queue.has_declined(time.unwrap_or_else(|latest| latest));
            let changes = scope.resolves() || terms.expiry.reads_clock() || answers;
            let asks = changes && !std::mem::replace(&mut asked, true);
            if asks || self.present(scope) != under {
                let now = time.unwrap_or_else(|latest| latest);
                let before = Some(under).filter(|_| !asks);
                under = self.decide_again(beginning, 0..actions.len(), now, before)?;
            }
            let entered = self.running.begin(scope, || {
                self.halts.recheck(terms.halts, scope)?;
                check_validity(scope, time)?;
                if time.is_ok_and(|now| now >= terms.expiry.at()) {
                    return Err(Reason::PermitExpired.into());
                }
                if self.present(scope) != under {
                    return Err(Stopped::Changed);
                }
                // Last under the lock. It stays used up, also where what follows refuses.
                #[cfg(feature = "token")]
                actions.iter().try_for_each(|_| scope.use_up())?;
                Ok(())
            });
            match entered {
                Ok(entered) => {
                    let raised = self.raise_all(beginning, under.label);
                    // Last of all: what is used up stays so.
                    let use_up = |()| self.use_up(postings).map_err(Refusal::denied);
                    let begun =
                        raised.and_then(use_up).and_then(|()| match self.commit(postings) {
                            Some(repetition) => Err(self.halt_agent(scope, repetition)),
                            None => Ok(()),
                        });
                    if let Err(refusal) = begun {
                        self.running.end(&entered);
                        return Err(refusal);
                    }
                    return Ok(entered);
                }
                Err(Stopped::Refused(reason)) => return Err(Refusal::denied(reason)),
                Err(Stopped::Changed) => {}
            }
        }
        // Somebody changes one or the other without an end, so no decision is good long enough.
        Err(Refusal::denied(Reason::DecisionUnsettled))
    }

    /// A call came again too often: whatever its agent begins from now on is refused, this first.
    #[cold]
    fn halt_agent(&self, scope: &Scope, repetition: Repetition) -> Refusal {
        self.halts.halt(Halt::Agent(scope.agent()));
        let Repetition { budget, begun, times } = repetition;
        let used = (Some(begun.saturating_sub(1)), times, Some(1));
        let budget = BudgetUse::new(budget, 0, used, None);
        Refusal::Denied(Denial(Grounds::of_budget(Reason::AgentHalted, budget)))
    }

    #[inline]
    fn present(&self, scope: &Scope) -> DecisionBasis {
        let configuration = Some(self.configuration.number());
        DecisionBasis { label: scope.session().mark(), configuration }
    }

    /// Decides the actions of one effect, as they are asked for when it begins: nothing is recorded but what comes of it.
    /// Where nothing that decides has changed since `before`, that answer stands. Gives what they are decided under now.
    #[cold]
    pub(super) fn decide_again(
        &self,
        beginning: &Beginning<'_>,
        places: Range<usize>,
        now: Timestamp,
        before: Option<DecisionBasis>,
    ) -> Result<DecisionBasis, Refusal> {
        let Beginning { actions: all, scope, open } = beginning;
        let actions = all.get(places.clone()).unwrap_or_default();
        let label = scope.session().mark();
        // Guards 1 and 2 are asked again where the effect is entered, under the lock that a halt waits for.
        let owned = scope.ask_owners();
        let halts = self.halts.mark();
        let (ticks, is_set_aside, state) = (0, true, Ok(()));
        let moment = &Moment { now, label, halts, state, owned, ticks, is_set_aside };
        self.configuration.read_numbered(|configuration, number| {
            let under = DecisionBasis { label, configuration: Some(number) };
            let stands = |before: DecisionBasis| {
                let known = before.configuration.is_some_and(|known| configuration.since <= known);
                before.label == label && known
            };
            if before.is_some_and(stands) {
                return Ok(under);
            }
            let reads = CallReads::of(configuration, actions, scope);
            let tool = open.iter().flatten().next().and_then(|approval| approval.tool);
            let (call, desk) = (&WholeCall::of(all, tool, Role::Begun(open)), &self.desk);
            for (place, action) in actions.iter().enumerate() {
                let siblings = Siblings::of(reads.as_ref(), actions, place);
                let siblings = siblings.as_ref();
                call.place.set(places.start + place);
                let context =
                    DecisionContext { configuration, action, scope, moment, siblings, call, desk };
                match decision(&context) {
                    Decision::Allow(_) => {}
                    Decision::Hold(grounds) => return Err(Refusal::Held(Hold(grounds))),
                    Decision::Deny(grounds) => return Err(Refusal::Denied(Denial(grounds))),
                }
            }
            Ok(under)
        })
    }

    /// An effect has entered: what it reads raises the session's label. An action after that is asked for once more where the label
    /// is another by then, for the sake of rules that look at the session.
    fn raise_all(
        &self,
        beginning: &Beginning<'_>,
        decided_under: LabelMark,
    ) -> Result<(), Refusal> {
        let Beginning { actions, scope, .. } = beginning;
        for (place, action) in actions.iter().enumerate() {
            if place > 0 && scope.session().mark() != decided_under {
                let now = self.now().unwrap_or_else(|latest| latest);
                self.decide_again(beginning, place..place + 1, now, None)?;
            }
            self.raise(action, scope);
        }
        Ok(())
    }

    /// A read raises the session's label when it begins, whatever comes of it.
    fn raise(&self, action: &Action<'_>, scope: &Scope) {
        if !action.reads() && !action.is_untrusted() {
            return;
        }
        self.configuration.read(|configuration| {
            let labels = configuration.labels.as_ref().filter(|_| action.reads());
            if labels.is_none() && !action.is_untrusted() {
                return;
            }
            let mut path = Path::default();
            // It was read before it was decided.
            let labels = labels.filter(|_| action.read_into(&mut path).is_ok());
            let values = scope.always_bound();
            scope.session().raise(labels, action.is_untrusted(), &path, values);
        });
    }
}
