//! What every gate can do on top of `authorize`: run an effect, in line or async, and look for a way.

use std::fmt;

use super::{ActionGate, BatchRefusal, Gate};
use crate::authority::scope::Scope;
use crate::base::limits::MAX_BATCH;
use crate::decision::{Decision, Reason};
use crate::gate::permit::{CallEffect, EffectHandle, Permit};
use crate::gate::refusal::Refusal;
use crate::manifest::Call;
use crate::model::action::Action;
use crate::model::audience::Audience;

/// Authorize, begin, perform and report in one call, on any gate.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("notes").operations(Operation::Create).resources(["notes/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let length = gate.run(&Action::create("notes.write", "notes/today"), &scope, |started| {
///     Ok::<_, std::io::Error>(started.action().resource().len())
/// })?;
/// assert_eq!(length, 11);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ActionGateExt: ActionGate {
    /// Performs `effect` if the action is allowed, and reports how it ended. A panic in the effect
    /// is reported as abandoned.
    ///
    /// # Errors
    /// [`RunError::Refused`] where there is no permit, [`RunError::Failed`] with the effect's own error.
    fn run<'p, T, E>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
        effect: impl FnOnce(&EffectHandle<'p>) -> Result<T, E>,
    ) -> Result<T, RunError<E>> {
        let running = self.authorize(action, scope)?.begin_asked(action)?;
        let (started, completion) = running.split();
        completion.settle(effect(&started)).map_err(RunError::Failed)
    }

    /// The async twin of [`run`](Self::run), for any runtime. The action is authorized when the future is first
    /// polled; a future dropped midway is reported as abandoned. It is `Send` where its parts are.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn run_async<'p, T, E, Fut>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
        effect: impl FnOnce(EffectHandle<'p>) -> Fut + Send,
    ) -> impl Future<Output = Result<T, RunError<E>>> + Send
    where
        Fut: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send,
    {
        let action = *action;
        async move {
            let running = self.authorize(&action, scope)?.begin_asked(&action)?;
            let (started, completion) = running.split();
            completion.settle(effect(started).await).map_err(RunError::Failed)
        }
    }

    /// Performs `effect` if every action of a mapped call is allowed, and reports how it ended, as [`run`](Self::run) does
    /// for one action.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// ```
    /// use permitgate::prelude::*;
    /// use permitgate::manifest::{EffectSpec, ToolSpec};
    /// use permitgate::model::NoArguments;
    ///
    /// # let policy = Policy::new([Statement::permit("notes").operations(Operation::Create).resources(["notes/**"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
    /// # let gate = Gate::builder().build()?;
    /// let manifest = Manifest::new([ToolSpec::new("note").effect(EffectSpec::create("notes/today"))])?;
    /// let call = manifest.map("note", &NoArguments, &scope);
    /// let written = gate.run_call(&call, &scope, |started| {
    ///     Ok::<_, std::io::Error>(started.actions().map(|action| action.resource().len()).sum::<usize>())
    /// })?;
    /// assert_eq!(written, 11);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn run_call<'p, T, E>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
        effect: impl FnOnce(&CallEffect<'p>) -> Result<T, E>,
    ) -> Result<T, RunError<E>> {
        let running = self.authorize_call(call, scope)?.begin_asked(call)?;
        let (started, completion) = running.split();
        completion.settle(effect(&started)).map_err(RunError::Failed)
    }

    /// The async twin of [`run_call`](Self::run_call), for any runtime; see [`run_async`](Self::run_async).
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn run_call_async<'p, T, E, Fut>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
        effect: impl FnOnce(CallEffect<'p>) -> Fut + Send,
    ) -> impl Future<Output = Result<T, RunError<E>>> + Send
    where
        Fut: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send,
    {
        async move {
            let running = self.authorize_call(call, scope)?.begin_asked(call)?;
            let (started, completion) = running.split();
            completion.settle(effect(started).await).map_err(RunError::Failed)
        }
    }

    /// Authorizes all actions or none. The permits come in the order of the actions.
    ///
    /// # Errors
    /// [`BatchRefusal`] with the place of the first refused action, also when there are more than
    /// [`MAX_BATCH`] (then the place is the first beyond).
    fn authorize_all<'p>(
        &'p self,
        actions: &[Action<'p>],
        scope: &'p Scope,
    ) -> Result<Vec<Permit<'p>>, BatchRefusal> {
        if actions.len() > MAX_BATCH {
            let refusal = Refusal::denied(Reason::BatchTooLarge);
            return Err(BatchRefusal { index: MAX_BATCH, refusal });
        }
        let mut permits = Vec::with_capacity(actions.len());
        for (index, action) in actions.iter().enumerate() {
            let permit = self.authorize(action, scope);
            permits.push(permit.map_err(|refusal| BatchRefusal { index, refusal })?);
        }
        Ok(permits)
    }

    /// The nearest thing that is allowed where `action` is not: the same for the invoker alone.
    ///
    /// It is decided, not guessed: the same gate, rules and halts answer for it. `None` where that
    /// would be denied as well, or the action is private already.
    ///
    /// ```
    /// use permitgate::prelude::*;
    ///
    /// # let policy = Policy::new([Statement::permit("answer").operations(Operation::Create).resources(["forum/**"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
    /// # let gate = Gate::builder().build()?;
    /// let action = Action::create("forum.reply", "forum/8812/replies").visible_to(Audience::Public);
    /// assert!(gate.authorize(&action, &scope).is_err());
    /// let alternative = gate.alternative(&action, &scope).expect("a private answer is allowed");
    /// assert_eq!(alternative.to_string(), "allowed: the same, visible to the invoker alone");
    /// let permit = gate.authorize(&alternative.of(&action), &scope)?;
    /// # drop(permit);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn alternative(&self, action: &Action<'_>, scope: &Scope) -> Option<Alternative> {
        if action.audience() == Audience::Private {
            return None;
        }
        match self.decide(&action.visible_to(Audience::Private), scope) {
            Decision::Allow(_) => Some(Alternative { after_approval: false }),
            Decision::Hold(_) => Some(Alternative { after_approval: true }),
            Decision::Deny(_) => None,
        }
    }
}

/// What every gate can do, on the page of the one that most programs have.
impl Gate {
    /// Performs `effect` if the action is allowed, and reports how it ended. See [`ActionGateExt::run`].
    ///
    /// # Errors
    /// [`RunError::Refused`] where there is no permit, [`RunError::Failed`] with the effect's own error.
    pub fn run<'p, T, E>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
        effect: impl FnOnce(&EffectHandle<'p>) -> Result<T, E>,
    ) -> Result<T, RunError<E>> {
        ActionGateExt::run(self, action, scope, effect)
    }

    /// The async twin of [`run`](Self::run), for any runtime. See [`ActionGateExt::run_async`].
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_async<'p, T, E, Fut>(
        &'p self,
        action: &Action<'p>,
        scope: &'p Scope,
        effect: impl FnOnce(EffectHandle<'p>) -> Fut + Send,
    ) -> impl Future<Output = Result<T, RunError<E>>> + Send
    where
        Fut: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send,
    {
        ActionGateExt::run_async(self, action, scope, effect)
    }

    /// Performs `effect` if every action of a mapped call is allowed. See [`ActionGateExt::run_call`], and
    /// [`ToolGate`](crate::ToolGate), which maps the call as well.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_call<'p, T, E>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
        effect: impl FnOnce(&CallEffect<'p>) -> Result<T, E>,
    ) -> Result<T, RunError<E>> {
        ActionGateExt::run_call(self, call, scope, effect)
    }

    /// The async twin of [`run_call`](Self::run_call), for any runtime. See [`ActionGateExt::run_call_async`].
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_call_async<'p, T, E, Fut>(
        &'p self,
        call: &'p Call<'_>,
        scope: &'p Scope,
        effect: impl FnOnce(CallEffect<'p>) -> Fut + Send,
    ) -> impl Future<Output = Result<T, RunError<E>>> + Send
    where
        Fut: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send,
    {
        ActionGateExt::run_call_async(self, call, scope, effect)
    }

    /// Authorizes all actions or none. See [`ActionGateExt::authorize_all`].
    ///
    /// # Errors
    /// [`BatchRefusal`] with the place of the first refused action.
    pub fn authorize_all<'p>(
        &'p self,
        actions: &[Action<'p>],
        scope: &'p Scope,
    ) -> Result<Vec<Permit<'p>>, BatchRefusal> {
        ActionGateExt::authorize_all(self, actions, scope)
    }

    /// The nearest thing that is allowed where `action` is not. See [`ActionGateExt::alternative`].
    pub fn alternative(&self, action: &Action<'_>, scope: &Scope) -> Option<Alternative> {
        ActionGateExt::alternative(self, action, scope)
    }
}

impl<G: ActionGate + ?Sized> ActionGateExt for G {}

/// Something near a refused action that is allowed: the same, visible to the invoker alone.
///
/// ```
/// use permitgate::prelude::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let action = Action::read("docs.read", "docs/intro").visible_to(Audience::Public);
/// let alternative = gate.alternative(&action, &scope).ok_or("one")?;
/// assert_eq!(alternative.of(&action).audience(), Audience::Private);
/// assert!(!alternative.needs_approval());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alternative {
    after_approval: bool,
}

impl Alternative {
    /// The action as it would be allowed.
    pub fn of<'a>(&self, action: &Action<'a>) -> Action<'a> {
        action.visible_to(self.audience())
    }

    /// The audience under which the action is allowed.
    pub const fn audience(&self) -> Audience<'static> {
        Audience::Private
    }

    /// Whether a person must approve it first.
    pub const fn needs_approval(&self) -> bool {
        self.after_approval
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = if self.after_approval { "allowed once approved" } else { "allowed" };
        write!(f, "{when}: the same, visible to {}", self.audience())
    }
}

/// Why an effect did not come about. `R` is what a refusal gives: of a [`ToolGate`](crate::ToolGate), a
/// [`CallRefusal`](super::CallRefusal).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::RunError;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let read = Action::read("docs.read", "docs/intro");
/// let failed = gate.run(&read, &scope, |_| Err::<(), _>("disk failure"));
/// assert_eq!(failed, Err(RunError::Failed("disk failure")));
/// let delete = Action::delete("docs.delete", "docs/intro");
/// let refused = gate.run(&delete, &scope, |_| Ok::<_, &str>(()));
/// assert!(matches!(refused, Err(RunError::Refused(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError<E, R = Refusal> {
    /// There was no permit, or it was refused when the effect was to begin.
    #[error(transparent)]
    Refused(#[from] R),
    /// The effect began and failed.
    #[error("the effect failed: {0}")]
    Failed(E),
}
