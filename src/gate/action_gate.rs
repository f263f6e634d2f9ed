//! The one interface of every gate, which gates can wrap and frameworks hold.

use std::sync::Arc;

use super::call;
use crate::authority::scope::Scope;
use crate::decision::{Decision, Reason};
use crate::gate::approval::ApprovalRequest;
use crate::gate::permit::{CallPermit, Permit};
use crate::gate::refusal::{Hold, Refusal};
use crate::manifest::Call;
use crate::model::action::Action;

/// What stands between an agent's wish and its effect.
///
/// Small and object-safe, so that frameworks can take any gate as `Arc<dyn ActionGate>`, and gates
/// can wrap gates. Another implementation can refuse, narrow or forward; only [`Gate`](crate::Gate) can make a permit.
///
/// Two methods suffice: mapped calls then ask them for each action, so no call gets past a gate that wraps another. A wrapper that
/// forwards [`authorize_call`](Self::authorize_call) and [`decide_call`](Self::decide_call) as well, after its own
/// question, spares work and lets the inner gate decide the call as one.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::Denial;
///
/// /// A gate that is closed outside office hours.
/// struct OfficeHours<G> { inner: G, open: bool }
///
/// impl<G: ActionGate> ActionGate for OfficeHours<G> {
///     fn authorize<'p>(&'p self, action: &Action<'p>, scope: &'p Scope) -> Result<Permit<'p>, Refusal> {
///         if self.open {
///             self.inner.authorize(action, scope)
///         } else {
///             Err(Denial::by("office-hours", "the office is closed").into())
///         }
///     }
///     fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
///         if self.open {
///             self.inner.decide(action, scope)
///         } else {
///             Decision::Deny(Denial::by("office-hours", "the office is closed").grounds().clone())
///         }
///     }
/// }
/// ```
pub trait ActionGate: Send + Sync {
    /// Decides, records the decision, and gives a permit where the answer is yes.
    ///
    /// # Errors
    /// [`Refusal`] with the reason: a person must approve it first, or it is denied.
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal>;

    /// The answer that [`authorize`](Self::authorize) would give now, without a permit, a record or a change of state.
    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision;

    /// Decides every action of a mapped call, records each decision, and gives one permit for the whole where the answer
    /// to all of them is yes. Each action is decided as if what the others read had been read already.
    ///
    /// Unless a gate has a way of its own, it is asked for each action with [`authorize`](Self::authorize), and the gate that
    /// made the permits for all of them together.
    ///
    /// # Errors
    /// [`Refusal`] of the action that is refused most strictly, the first of these; the permits of the others are
    /// taken back and recorded as unused.
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{EffectSpec, ToolSpec};
    /// use permitgate::model::{NoArguments, Operations};
    ///
    /// let manifest = Manifest::new([ToolSpec::new("copy")
    ///     .effect(EffectSpec::read("files/a.txt"))
    ///     .effect(EffectSpec::create("files/b.txt"))])?;
    /// # let policy = Policy::new([Statement::permit("files").operations(Operations::ALL).resources(["files/*"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// let gate = Gate::builder().build()?;
    /// let copy = gate.call_handle("copy");
    /// let call = manifest.map(copy.name(), &NoArguments, &scope);
    /// let running = gate.authorize_call(&call, &scope)?.begin(&copy)?;
    /// assert_eq!(running.actions().count(), 2);
    /// running.done();
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        call::authorize_each(call, |action| self.authorize(&action, scope))
    }

    /// Asks a person to approve a held action, exactly as it is.
    ///
    /// A gate without approvers refuses, and so does one that wraps another and does not forward this.
    ///
    /// # Errors
    /// [`Refusal::Denied`] with [`Reason::NoApprovers`] where nobody can be asked.
    fn request_approval(
        &self,
        hold: &Hold,
        action: &Action<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        let _ = (hold, action, scope);
        Err(Refusal::denied(Reason::NoApprovers))
    }

    /// Asks a person to approve a held call, all of its actions as one.
    ///
    /// A gate without approvers refuses, and so does one that wraps another and does not forward this.
    ///
    /// # Errors
    /// As [`request_approval`](Self::request_approval).
    fn request_call_approval(
        &self,
        hold: &Hold,
        call: &Call<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        let _ = (hold, call, scope);
        Err(Refusal::denied(Reason::NoApprovers))
    }

    /// The answer that [`authorize_call`](Self::authorize_call) would give now: of all its actions the strictest, the
    /// first of these.
    ///
    /// Unless a gate has a way of its own, it is asked for each action with [`decide`](Self::decide), which does not
    /// know what the other actions of the call read.
    fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        call::decide_each(call, |action| self.decide(&action, scope))
    }
}

impl<G: ActionGate + ?Sized> ActionGate for Arc<G> {
    fn authorize<'p>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
    ) -> Result<Permit<'p>, Refusal> {
        (**self).authorize(action, scope)
    }
    fn decide(&self, action: &Action<'_>, scope: &Scope) -> Decision {
        (**self).decide(action, scope)
    }
    fn authorize_call<'p>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
    ) -> Result<CallPermit<'p>, Refusal> {
        (**self).authorize_call(call, scope)
    }
    fn request_approval(
        &self,
        hold: &Hold,
        action: &Action<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        (**self).request_approval(hold, action, scope)
    }
    fn request_call_approval(
        &self,
        hold: &Hold,
        call: &Call<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        (**self).request_call_approval(hold, call, scope)
    }
    fn decide_call(&self, call: &Call<'_>, scope: &Scope) -> Decision {
        (**self).decide_call(call, scope)
    }
}
