//! The rights to lower a session's label.

use super::Gate;
use crate::authority::scope::Scope;
use crate::gate::refusal::Refusal;
use crate::model::action::{Action, Operation};
use crate::model::audience::{Audience, Reader, Readers};

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
    /// use permitgate::prelude::*;
    /// use permitgate::model::Readers;
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
        let running = self.authorize(action, scope)?.begin_asked(action)?;
        lower();
        running.done();
        Ok(())
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
