//! Information flow: what beginning an effect does to the session's label, and the rights to lower it.

use super::authorize::decision;
use super::context::{DecisionContext, Moment, check_validity};
use super::siblings::{CallReads, Siblings};
use super::{ActionGate, Gate};
use crate::action::{Action, Operation};
use crate::audience::{Audience, Reader, Readers};
use crate::decision::{Decision, Reason};
use crate::permit::{Given, Under};
use crate::refusal::{Denial, Refusal, Ticket};
use crate::resource::Path;
use crate::scope::Scope;
use crate::session::LabelMark;
use crate::state::running::Entered;
use crate::time::Timestamp;

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

impl Gate {
    /// Lets these readers see what the session of `scope` has read so far.
    ///
    /// That is a right of its own, decided and recorded like every action: tool `permitgate.declassify`, operation
    /// [`Share`](Operation::Share), resource `permitgate/session/readers`, for an audience of the readers (a domain
    /// counts as the public). The only difference is that the label itself does not limit it. Integrity stays.
    ///
    /// # Errors
    /// [`Refusal`] when the policies do not permit it.
    ///
    /// ```
    /// use permitgate::*;
    ///
    /// let policy = Policy::new([Statement::permit("release-to-the-team")
    ///     .operations(Operation::Share)
    ///     .tools(["permitgate.declassify"])
    ///     .resources(["permitgate/session/readers"])
    ///     .readers(Readers::internal())])?;
    /// let capability = Capability::root(policy, ambient_authority());
    /// let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let gate = Gate::builder().build()?;
    /// gate.declassify(&scope, &Readers::internal())?;
    /// assert!(gate.declassify(&scope, &Readers::public()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn declassify(&self, scope: &Scope, readers: &Readers) -> Result<(), Refusal> {
        let names: Vec<&str> = readers.iter().filter_map(Reader::name).collect();
        let audience = audience_of(readers, &names);
        let action = Action::lowering(
            Operation::Share,
            "permitgate.declassify",
            "permitgate/session/readers",
        );
        self.lower(&action.visible_to(audience), scope, || scope.session().declassify(readers))
    }

    /// Trusts what the session of `scope` has read so far, although outsiders can write it.
    ///
    /// A right of its own, decided and recorded: tool `permitgate.endorse`, operation
    /// [`Administer`](Operation::Administer), resource `permitgate/session/integrity`.
    ///
    /// # Errors
    /// [`Refusal`] when the policies do not permit it.
    pub fn endorse_input(&self, scope: &Scope) -> Result<(), Refusal> {
        let action = Action::lowering(
            Operation::Administer,
            "permitgate.endorse",
            "permitgate/session/integrity",
        );
        self.lower(&action, scope, || scope.session().trust())
    }

    fn lower(
        &self,
        action: &Action<'_>,
        scope: &Scope,
        lower: impl FnOnce(),
    ) -> Result<(), Refusal> {
        let running = self.authorize(action, scope)?.begin_here()?;
        lower();
        running.done();
        Ok(())
    }

    /// What `begin` checks again, and enters the effect as running, in one step. Where the session's label or the
    /// configuration have changed since the permit was given, everything is decided again under the new ones.
    ///
    /// The actions are those of one effect, and what they read comes first.
    pub(crate) fn enter(
        &self,
        actions: &[Action<'_>],
        scope: &Scope,
        given: Given,
        mut under: Under,
    ) -> Result<Entered, Refusal> {
        for _ in 0..MAX_CHANGES {
            // Outside of the lock, since the clock and the rules are the user's.
            let time = self.now();
            if self.present(scope) != under {
                let now = time.unwrap_or_else(|latest| latest);
                under = self.decide_again(actions, scope, now, Some(under))?;
            }
            let entered = self.core.running.begin(scope, || {
                self.core.halts.recheck(given.halts, scope)?;
                check_validity(scope, time)?;
                if time.is_ok_and(|now| now >= given.expires) {
                    return Err(Reason::PermitExpired.into());
                }
                if self.present(scope) != under {
                    return Err(Stopped::Changed);
                }
                // Last of all that can refuse.
                #[cfg(feature = "token")]
                actions.iter().try_for_each(|_| scope.use_up())?;
                Ok(())
            });
            match entered {
                Ok(entered) => return self.raise_all(actions, scope, under.label, entered),
                Err(Stopped::Refused(reason)) => return Err(Refusal::denied(reason)),
                Err(Stopped::Changed) => {}
            }
        }
        // Somebody changes one or the other without an end, so no decision is good long enough.
        Err(Refusal::denied(Reason::DecisionUnsettled))
    }

    #[inline]
    fn present(&self, scope: &Scope) -> Under {
        let configuration = Some(self.core.configuration.number());
        Under { label: scope.session().mark(), configuration }
    }

    /// Decides the actions of one effect, as they are asked for when it begins: nothing is recorded but what comes of it.
    /// Where nothing that decides has changed since `before`, that answer stands. Gives what they are decided under now.
    #[cold]
    pub(super) fn decide_again(
        &self,
        actions: &[Action<'_>],
        scope: &Scope,
        now: Timestamp,
        before: Option<Under>,
    ) -> Result<Under, Refusal> {
        let label = scope.session().mark();
        // Guards 1 and 2 are asked again where the effect is entered, under the lock that a halt waits for.
        let moment = &Moment { now, label, halts: self.core.halts.mark(), state: Ok(()) };
        self.core.configuration.read_numbered(|configuration, number| {
            let under = Under { label, configuration: Some(number) };
            let stands = |before: Under| {
                let known = before.configuration.is_some_and(|known| configuration.since <= known);
                before.label == label && known
            };
            if before.is_some_and(stands) {
                return Ok(under);
            }
            let reads = CallReads::of(configuration, actions, scope);
            for (place, action) in actions.iter().enumerate() {
                let siblings = Siblings::of(reads.as_ref(), actions, place);
                let siblings = siblings.as_ref();
                let context = DecisionContext { configuration, action, scope, moment, siblings };
                match decision(&context) {
                    Decision::Allow(_) => {}
                    Decision::Hold(because) => return Err(Refusal::Held(Ticket(because))),
                    Decision::Deny(because) => return Err(Refusal::Denied(Denial(because))),
                }
            }
            Ok(under)
        })
    }

    /// An effect has entered: what it reads raises the session's label. An action after that is asked for once more where the label
    /// is another by then, for the sake of rules that look at the session.
    fn raise_all(
        &self,
        actions: &[Action<'_>],
        scope: &Scope,
        decided_under: LabelMark,
        entered: Entered,
    ) -> Result<Entered, Refusal> {
        for (place, action) in actions.iter().enumerate() {
            if place > 0 && scope.session().mark() != decided_under {
                let now = self.now().unwrap_or_else(|latest| latest);
                let again = self.decide_again(std::slice::from_ref(action), scope, now, None);
                if let Err(refusal) = again {
                    self.core.running.end(&entered);
                    return Err(refusal);
                }
            }
            self.raise(action, scope);
        }
        Ok(entered)
    }

    /// A read raises the session's label when it begins, whatever comes of it.
    fn raise(&self, action: &Action<'_>, scope: &Scope) {
        if !action.reads() && !action.is_untrusted() {
            return;
        }
        self.core.configuration.read(|configuration| {
            let labels = configuration.labels.as_ref().filter(|_| action.reads());
            if labels.is_none() && !action.is_untrusted() {
                return;
            }
            let mut path = Path::default();
            // It was read before it was decided.
            let labels = labels.filter(|_| path.read(action.resource()).is_ok());
            let values = scope.always_bound();
            scope.session().raise(labels, action.is_untrusted(), &path, values);
        });
    }
}

/// The audience that stands for readers where the right to declassify is asked for.
fn audience_of<'a>(readers: &Readers, names: &'a [&'a str]) -> Audience<'a> {
    let all = |is: fn(&Reader) -> bool| readers.iter().all(is);
    if all(|reader| matches!(reader, Reader::Invoker)) {
        Audience::Private
    } else if all(|reader| matches!(reader, Reader::Invoker | Reader::Internal)) {
        Audience::Internal
    } else if all(|reader| {
        matches!(reader, Reader::Principal(_) | Reader::Group(_) | Reader::Channel(_))
    }) {
        Audience::recipients(names)
    } else {
        Audience::Public
    }
}
