//! Mapped calls: all actions of a call are allowed, or none, and what the call reads counts for what it writes.

use std::fmt;

use smallvec::SmallVec;

use super::Gate;
use crate::action::Action;
use crate::decision::{Because, Decision, Reason, Ruling};
use crate::label::{Integrity, SessionLabel};
use crate::manifest::Call;
use crate::permit::{Permit, Running};
use crate::refusal::Refusal;
use crate::resource::Path;
use crate::scope::Scope;

impl Gate {
    /// Decides every action of a call, records each decision, and gives one permit for the whole where the answer
    /// to all of them is yes. An action that writes is decided as if what the same call reads had been read
    /// already. Allocates nothing for calls of up to two actions.
    ///
    /// # Errors
    /// [`Refusal`] of the action that is refused most strictly, the first of these; the permits of the others are
    /// taken back and recorded as unused.
    ///
    /// ```
    /// use portcullis::*;
    ///
    /// let manifest = Manifest::new([ToolData::new("copy")
    ///     .effect(EffectData::read("files/{args.from}"))
    ///     .effect(EffectData::create("files/{args.to}"))])?;
    /// # let policy = Policy::new([Statement::permit("files").operations(Operations::ALL).resources(["files/*"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let gate = Gate::builder().build()?;
    /// let arguments = [("from", Value::from("a.txt")), ("to", Value::from("b.txt"))];
    /// let call = manifest.map("copy", &arguments, &scope);
    /// let running = gate.authorize_call(&call, &scope)?.begin("copy")?;
    /// assert_eq!(running.actions().count(), 2);
    /// running.done();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        let mut permits = SmallVec::new();
        let mut strictest: Option<Refusal> = None;
        for (place, action) in call.actions().enumerate() {
            let pending = self.read_beside(call, place, scope);
            match self.authorize_after(&action, scope, pending.as_ref()) {
                Ok(permit) => permits.push(permit),
                Err(denied @ Refusal::Denied(_)) => return Err(denied),
                Err(held) => strictest = strictest.or(Some(held)),
            }
        }
        match strictest {
            Some(refusal) => Err(refusal),
            None => Ok(CallPermit { tool: call.tool(), permits }),
        }
    }

    /// The answer that [`authorize_call`](Self::authorize_call) would give now: of all its actions the strictest, the
    /// first of these.
    pub fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        let mut strictest: Option<Decision> = None;
        for (place, action) in call.actions().enumerate() {
            let pending = self.read_beside(call, place, scope);
            let decision = self.decide_after(&action, scope, pending.as_ref());
            if decision.ruling() == Ruling::Deny {
                return decision;
            }
            match &strictest {
                Some(before) if before.ruling() >= decision.ruling() => {}
                _ => strictest = Some(decision),
            }
        }
        strictest.unwrap_or_else(|| Decision::Deny(Because::new(Reason::UnmappedCall)))
    }

    /// The label of what a call reads beside one of its actions; `None` where that limits nothing.
    fn read_beside(&self, call: &Call<'_>, place: usize, scope: &Scope) -> Option<SessionLabel> {
        if call.actions().len() < 2 {
            return None;
        }
        let others = || call.actions().enumerate().filter(|(other, _)| *other != place);
        let mut label = SessionLabel::default();
        self.core.configuration.read(|configuration| {
            for (_, other) in others() {
                if other.is_untrusted() {
                    label.taint(Integrity::Untrusted);
                }
                let mut path = Path::default();
                if let Some(labels) = configuration.labels.as_ref().filter(|_| other.reads())
                    && path.read(other.resource()).is_ok()
                {
                    labels.raise(&mut label, &path, scope.always_bound());
                }
            }
        });
        (label.is_confined() || label.is_untrusted()).then_some(label)
    }
}

/// Proof that every action of a call was allowed, good for one effect.
///
/// Like a [`Permit`], it cannot be copied, and dropped unused it gives everything back.
#[must_use = "nothing happens before the permit is handed to its tool"]
pub struct CallPermit<'p> {
    tool: &'p str,
    permits: SmallVec<[Permit<'p>; 2]>,
}

impl<'p> CallPermit<'p> {
    /// Begins the effect of the tool of this name, with everything checked again for every action; reads begin first.
    ///
    /// # Errors
    /// [`Refusal::Denied`] as for [`Permit::begin`]; actions that had begun are recorded as abandoned.
    pub fn begin(self, tool: &str) -> Result<CallRunning<'p>, Refusal> {
        let Self { tool: of, mut permits } = self;
        if tool != of {
            return Err(Refusal::denied(Reason::WrongTool));
        }
        permits.sort_by_key(|permit| !permit.action().reads());
        let running = permits.into_iter().map(Permit::begin_here).collect::<Result<_, _>>()?;
        Ok(CallRunning { running })
    }

    /// The actions that were allowed.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &Action<'p>> {
        self.permits.iter().map(Permit::action)
    }
}

impl fmt::Debug for CallPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallPermit").field("permits", &self.permits).finish_non_exhaustive()
    }
}

/// The effect of a call that is under way. Say how it ended; dropped without, it is recorded as abandoned.
#[must_use = "say how the effect ended"]
pub struct CallRunning<'p> {
    running: SmallVec<[Running<'p>; 2]>,
}

impl<'p> CallRunning<'p> {
    /// The actions to perform, reads first. Take resources, audiences and arguments from here.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &Action<'p>> {
        self.running.iter().map(Running::action)
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided.
    pub fn halted(&self) -> bool {
        self.running.iter().any(Running::halted)
    }

    /// The effect happened.
    pub fn done(self) {
        self.running.into_iter().for_each(Running::done);
    }

    /// The effect failed.
    pub fn failed(self) {
        self.running.into_iter().for_each(Running::failed);
    }
}

impl fmt::Debug for CallRunning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallRunning").field("running", &self.running).finish()
    }
}
