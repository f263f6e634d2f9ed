//! Information flow: what beginning an effect does to the session's label, and the rights to lower it.

use super::wall::{self, At, Examined};
use super::{ActionGateExt, Gate, RunError, check_validity};
use crate::action::{Action, Operation};
use crate::audience::{Audience, Reader, Readers};
use crate::decision::{Reason, Ruling};
use crate::permit::Given;
use crate::refusal::Refusal;
use crate::resource::Path;
use crate::scope::Scope;
use crate::session::LabelMark;
use crate::state::running::Entered;

/// How often an effect may find that the label has changed between being decided again and beginning.
const MAX_CHANGES: usize = 16;

/// Why an effect does not begin.
enum Stopped {
    Refused(Reason),
    /// The label is not the one that it was decided under.
    LabelChanged,
}

impl From<Reason> for Stopped {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason)
    }
}

impl Gate {
    /// Lets these readers see what the session of `scope` has read so far.
    ///
    /// That is a right of its own, decided and recorded like every action: tool `portcullis.declassify`, operation
    /// [`Share`](Operation::Share), resource `portcullis/session/readers`, for an audience of the readers (a domain
    /// counts as the public). The only difference is that the label itself does not limit it. Integrity stays.
    ///
    /// # Errors
    /// [`Refusal`] when the policies do not permit it.
    ///
    /// ```
    /// use portcullis::*;
    ///
    /// let policy = Policy::new([Statement::permit("release-to-the-team")
    ///     .operations(Operation::Share)
    ///     .tools(["portcullis.declassify"])
    ///     .resources(["portcullis/session/readers"])
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
            "portcullis.declassify",
            "portcullis/session/readers",
        );
        self.lower(&action.visible_to(audience), scope, || scope.session().declassify(readers))
    }

    /// Trusts what the session of `scope` has read so far, although outsiders can write it.
    ///
    /// A right of its own, decided and recorded: tool `portcullis.endorse`, operation
    /// [`Administer`](Operation::Administer), resource `portcullis/session/integrity`.
    ///
    /// # Errors
    /// [`Refusal`] when the policies do not permit it.
    pub fn endorse_input(&self, scope: &Scope) -> Result<(), Refusal> {
        let action = Action::lowering(
            Operation::Administer,
            "portcullis.endorse",
            "portcullis/session/integrity",
        );
        self.lower(&action, scope, || scope.session().trust())
    }

    fn lower(
        &self,
        action: &Action<'_>,
        scope: &Scope,
        lower: impl FnOnce(),
    ) -> Result<(), Refusal> {
        let done = self.run(action, scope, |_| {
            lower();
            Ok::<_, std::convert::Infallible>(())
        });
        done.map_err(|error| match error {
            RunError::Refused(refusal) => refusal,
            RunError::Failed(never) => match never {},
        })
    }

    /// What `begin` checks again, and enters the effect as running, in one step. Where the session's label has
    /// changed since the permit was given, everything is decided again under the new one.
    pub(crate) fn enter(
        &self,
        action: &Action<'_>,
        scope: &Scope,
        given: Given,
        mut decided_under: LabelMark,
    ) -> Result<Entered, Reason> {
        for _ in 0..MAX_CHANGES {
            // Outside of the lock, since the clock and the rules are the user's.
            let time = self.now();
            let label = scope.session().mark();
            if label != decided_under {
                let now = time.unwrap_or_else(|latest| latest);
                self.decide_again(action, scope, At { now, label, pending: None })?;
                decided_under = label;
            }
            let entered = self.core.running.begin(scope, || {
                self.core.halts.recheck(given.halts, scope)?;
                check_validity(scope, time)?;
                if time.is_ok_and(|now| now >= given.expires) {
                    return Err(Reason::PermitExpired.into());
                }
                if scope.session().mark() != decided_under {
                    return Err(Stopped::LabelChanged);
                }
                // Last of all that can refuse.
                #[cfg(feature = "token")]
                scope.use_up()?;
                self.raise(action, scope);
                Ok(())
            });
            match entered {
                Ok(entered) => return Ok(entered),
                Err(Stopped::Refused(reason)) => return Err(reason),
                Err(Stopped::LabelChanged) => {}
            }
        }
        Err(Reason::BeyondReaders)
    }

    #[cold]
    fn decide_again(&self, action: &Action<'_>, scope: &Scope, at: At<'_>) -> Result<(), Reason> {
        self.core.configuration.read(|configuration| {
            let mut examined = Examined::new(configuration, scope);
            let finding = wall::weigh(configuration, action, scope, at, Ok(()), &mut examined);
            match finding.ruling() {
                Ruling::Allow => Ok(()),
                Ruling::Hold | Ruling::Deny => Err(finding.reason()),
            }
        })
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
