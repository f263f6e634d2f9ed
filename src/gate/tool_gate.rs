//! Gate, manifest and scope as one value, which wraps a tool in one line.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;

use super::action_gate::ActionGate;
use super::approval::ApprovalRequest;
use super::permit::{CallEffect, CallRunning, owned};
use super::refusal::{Denial, Hold, Refusal};
use super::run::RunError;
use crate::authority::scope::Scope;
use crate::decision::{Decision, Grounds, Reason};
use crate::manifest::{Call, Manifest};
use crate::model::action::{Action, OwnedAction};
use crate::model::arguments::{ArgumentError, Arguments, Value};

/// A gate with the manifest of its tools and the scope of one agent: wrapping a tool is one line.
///
/// Make one for each agent and person, and hand it to whatever runs the tools. It maps the call, asks the gate, begins the effect,
/// and reports how it ended. Cloning is cheap. Beside what the gate needs, a call costs what the manifest takes to map it. Neither
/// allocates for calls of ordinary size, but for the room of effects that run at once, which the gate keeps. Typed
/// [`arguments`](ToolCall::arguments) copy the names of fields, and the refusal of a held call has a copy of what was held.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
/// use permitgate::model::{ArgumentError, Value};
///
/// #[derive(serde::Deserialize)]
/// struct Note<'a> {
///     title: &'a str,
///     text: &'a str,
/// }
///
/// # let policy = Policy::new([Statement::permit("notes").operations(Operation::Create).resources(["notes/{invoker}/*"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
/// # let gate = Gate::builder().build()?;
/// let manifest = Manifest::new([ToolSpec::new("write_note")
///     .argument("title", ArgumentSpec::text())
///     .argument("text", ArgumentSpec::text().no_effect())
///     .effect(EffectSpec::create("notes/{invoker}/{args.title}"))])?;
/// let tools = ToolGate::new(gate, manifest, scope);
///
/// let arguments = [("title", Value::from("today")), ("text", Value::from("Call Lee."))];
/// let written = tools.call_blocking("write_note", &arguments, |call| {
///     let note: Note<'_> = call.arguments()?;
///     Ok::<_, ArgumentError>(format!("{}: {}", note.title, note.text))
/// })?;
/// assert_eq!(written, "today: Call Lee.");
///
/// let arguments = [("titel", Value::from("today")), ("text", Value::from("Call Lee."))];
/// let refused = tools.call_blocking("write_note", &arguments, |_| Ok::<_, ArgumentError>(()));
/// assert_eq!(
///     refused.unwrap_err().to_string(),
///     "denied: the manifest gives this call no meaning (argument `titel`: the manifest does not describe it; did you mean `title`?)"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ToolGate {
    gate: Arc<dyn ActionGate>,
    manifest: Manifest,
    scope: Scope,
}

impl ToolGate {
    /// Joins a gate, or an `Arc` of one that wraps others, with what its tools mean and whom they act for.
    pub fn new(gate: impl ActionGate + 'static, manifest: Manifest, scope: Scope) -> Self {
        Self { gate: Arc::new(gate), manifest, scope }
    }

    /// Performs `effect` if every action of the call is allowed, for any runtime.
    ///
    /// The call is decided when the future is first polled. Dropped midway, the effect is on record as abandoned; a call
    /// that a [`Gate`](crate::Gate) refuses, or that the manifest gives no meaning, is on record as well. The refusal of a tool that the manifest does not
    /// know names the nearest one that it does. Take resource, audience and arguments from
    /// what `effect` is given.
    ///
    /// # Errors
    /// [`RunError::Refused`], whose text a model can act on, whose [`call_fault`](crate::decision::Grounds::call_fault) names the
    /// argument at fault, and whose [`held_actions`](CallRefusal::held_actions) are what a person is to approve;
    /// [`RunError::Failed`] with the effect's own error.
    ///
    /// ```
    /// # use permitgate::prelude::*;
    /// # use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
    /// # use permitgate::model::Value;
    /// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["files/*"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("scribe").build()?;
    /// # let gate = Gate::builder().build()?;
    /// # let manifest = Manifest::new([ToolSpec::new("read_file")
    /// #     .argument("name", ArgumentSpec::text())
    /// #     .effect(EffectSpec::read("files/{args.name}"))])?;
    /// # let tools = ToolGate::new(gate, manifest, scope);
    /// # let arguments = [("name", Value::from("a b/c"))];
    /// let read = async {
    ///     tools
    ///         .call("read_file", &arguments, async |call| {
    ///             let file = call.actions().next().and_then(|action| action.segments().last());
    ///             Ok::<_, std::io::Error>(file.unwrap_or_default().into_owned())
    ///         })
    ///         .await
    /// };
    /// # let mut read = std::pin::pin!(read);
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # let std::task::Poll::Ready(read) = read.as_mut().poll(&mut context) else { panic!("ready") };
    /// assert_eq!(read?, "a b/c");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn call<T, E>(
        &self,
        tool: &str,
        arguments: &dyn Arguments,
        effect: impl AsyncFnOnce(&ToolCall<'_, '_>) -> Result<T, E>,
    ) -> Result<T, RunError<E, CallRefusal>> {
        let call = self.manifest.map_naming_nearest(tool, arguments, &self.scope);
        let running = self.begin(&call)?;
        let (started, completion) = running.split();
        let result = effect(&ToolCall { call: &call, started }).await;
        completion.settle(result).map_err(RunError::Failed)
    }

    /// The same for an effect that does not wait: see [`call`](Self::call).
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_blocking<T, E>(
        &self,
        tool: &str,
        arguments: &dyn Arguments,
        effect: impl FnOnce(&ToolCall<'_, '_>) -> Result<T, E>,
    ) -> Result<T, RunError<E, CallRefusal>> {
        let call = self.manifest.map_naming_nearest(tool, arguments, &self.scope);
        let running = self.begin(&call)?;
        let (started, completion) = running.split();
        completion.settle(effect(&ToolCall { call: &call, started })).map_err(RunError::Failed)
    }

    /// Asks for a call and begins it; a refusal knows what was held.
    fn begin<'c>(&'c self, call: &'c Call<'_>) -> Result<CallRunning<'c>, CallRefusal> {
        let permit = self.gate.authorize_call(call, &self.scope);
        let running = permit.and_then(|permit| permit.begin_asked(call));
        running.map_err(|refusal| CallRefusal::new(refusal, call))
    }

    /// Asks a person to approve a call that is held, all of its actions as one; see [`Gate::request_approval`](crate::Gate::request_approval).
    /// Once it is approved, call the tool again with the same arguments.
    ///
    /// # Errors
    /// As [`Gate::request_approval`](crate::Gate::request_approval), with the reason why nobody can be asked, or why it is denied.
    ///
    /// ```
    /// use permitgate::authority::{Approver, Requirement};
    /// use permitgate::gate::{Answer, ApproverCredential};
    /// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
    /// use permitgate::model::Value;
    /// use permitgate::prelude::*;
    ///
    /// # let policy = Policy::new([Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"])])?;
    /// # let capability = Capability::root(policy, ambient_authority());
    /// # let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
    /// let manifest = Manifest::new([ToolSpec::new("delete_file")
    ///     .argument("name", ArgumentSpec::text())
    ///     .effect(EffectSpec::delete("files/{args.name}"))])?;
    /// let gate = Gate::builder().approvers(Requirement::by([Approver::principal("lee")])).build()?;
    /// let approvals = gate.approvals();
    /// let tools = ToolGate::new(gate, manifest, scope);
    /// let arguments = [("name", Value::from("old"))];
    /// let request = tools.request_approval("delete_file", &arguments)?;
    /// let lee = ApproverCredential::new("lee", ambient_authority())?;
    /// approvals.vote(request.id(), Answer::Approve, &lee)?;
    /// tools.call_blocking("delete_file", &arguments, |_| Ok::<_, std::io::Error>(()))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn request_approval(
        &self,
        tool: &str,
        arguments: &dyn Arguments,
    ) -> Result<ApprovalRequest, Refusal> {
        let call = self.manifest.map_naming_nearest(tool, arguments, &self.scope);
        match self.gate.decide_call(&call, &self.scope) {
            Decision::Hold(grounds) => {
                self.gate.request_call_approval(&Hold(grounds), &call, &self.scope)
            }
            Decision::Allow(_) => Err(Refusal::denied(Reason::NothingToApprove)),
            Decision::Deny(grounds) => Err(Refusal::Denied(Denial(grounds))),
        }
    }

    /// What the gate would answer to a call now. Nothing is recorded, and nothing happens.
    pub fn decide(&self, tool: &str, arguments: &dyn Arguments) -> Decision {
        let call = self.manifest.map_naming_nearest(tool, arguments, &self.scope);
        self.gate.decide_call(&call, &self.scope)
    }

    /// The gate.
    pub fn gate(&self) -> &dyn ActionGate {
        &self.gate
    }

    /// What its tools mean.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Under what they act.
    pub const fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The same tools for another scope.
    #[must_use]
    pub fn under(&self, scope: Scope) -> Self {
        Self { scope, ..self.clone() }
    }
}

impl fmt::Debug for ToolGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolGate")
            .field("tools", &self.manifest.len())
            .field("agent", &self.scope.agent())
            .field("invoker", &self.scope.invoker())
            .finish_non_exhaustive()
    }
}

/// A call that a [`ToolGate`] refused: why, and, where a person must approve it, what it would do.
///
/// As an error it renders the sentence for the model, as [`Refusal`] does.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::RunError;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
/// use permitgate::model::Value;
///
/// # let policy = Policy::new([
/// #     Statement::permit("files").operations(Operation::Delete).resources(["files/*"]),
/// #     Statement::require_approval("ask").operations(Operation::Delete).resources(["files/*"]),
/// # ])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build()?;
/// # let gate = Gate::builder().build()?;
/// let manifest = Manifest::new([ToolSpec::new("delete_file")
///     .argument("name", ArgumentSpec::text())
///     .effect(EffectSpec::delete("files/{args.name}"))])?;
/// let tools = ToolGate::new(gate, manifest, scope);
///
/// let arguments = [("name", Value::from("old"))];
/// let ran = tools.call_blocking("delete_file", &arguments, |_| Ok::<_, std::io::Error>(()));
/// let Err(RunError::Refused(refusal)) = ran else { panic!("refused") };
/// let held = refusal.held_actions().map_err(|reason| reason.clause())?;
/// assert_eq!((held.len(), held[0].view().resource()), (1, "files/old"));
/// let shown = refusal.refusal().describe(&held[0].view(), tools.scope()).to_string();
/// assert!(shown.starts_with("agent `tidy`, for `dana`, wants to delete `files/old`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CallRefusal {
    refusal: Refusal,
    /// Behind one pointer, so that a denial moves no more bytes for it.
    held: Option<Box<Result<Box<[OwnedAction]>, Reason>>>,
}

impl CallRefusal {
    fn new(refusal: Refusal, call: &Call<'_>) -> Self {
        let held = match &refusal {
            Refusal::Held(_) => Some(Box::new(owned(&call.actions().collect::<Vec<_>>()))),
            Refusal::Denied(_) => None,
        };
        Self { refusal, held }
    }

    /// Whether the call is held or denied, and why.
    pub const fn refusal(&self) -> &Refusal {
        &self.refusal
    }

    /// Why.
    pub const fn grounds(&self) -> &Grounds {
        self.refusal.grounds()
    }

    /// The reason as a code.
    pub const fn reason(&self) -> Reason {
        self.refusal.reason()
    }

    /// Every action of a held call: a person who approves it approves all of them. None of a denied one, which nobody can approve.
    ///
    /// They hold the arguments, secret ones too: encrypt what you store.
    ///
    /// # Errors
    /// The reason why the arguments could not be copied: [`Reason::ArgumentsNotFrozen`] where they are too large or contradict
    /// themselves, [`Reason::ArgumentsPanicked`]. Do not ask a person about such a call.
    pub fn held_actions(&self) -> Result<&[OwnedAction], Reason> {
        match self.held.as_deref() {
            Some(Ok(actions)) => Ok(actions),
            Some(Err(reason)) => Err(*reason),
            None => Ok(&[]),
        }
    }
}

impl fmt::Display for CallRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refusal.fmt(f)
    }
}

/// Without the actions.
impl From<CallRefusal> for Refusal {
    fn from(refusal: CallRefusal) -> Self {
        refusal.refusal
    }
}

/// Its source is that of the refusal.
impl std::error::Error for CallRefusal {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.refusal.source()
    }
}

/// A call that was allowed and has begun, as [`ToolGate::call`] hands it to its effect.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::manifest::{ArgumentSpec, EffectSpec, ToolSpec};
/// use permitgate::model::Value;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// # let gate = Gate::builder().build()?;
/// let manifest = Manifest::new([ToolSpec::new("read_doc")
///     .argument("name", ArgumentSpec::text())
///     .effect(EffectSpec::read("docs/{args.name}"))])?;
/// let tools = ToolGate::new(gate, manifest, scope);
/// let read = tools.call_blocking("read_doc", &[("name", Value::from("intro"))], |call| {
///     assert!(!call.halted());
///     Ok::<_, std::io::Error>(call.actions().map(|action| action.resource().to_owned()).collect())
/// });
/// let read: Vec<String> = read?;
/// assert_eq!(read, ["docs/intro"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ToolCall<'c, 'a> {
    call: &'c Call<'a>,
    started: CallEffect<'c>,
}

impl<'c> ToolCall<'c, '_> {
    /// The actions to perform, reads first. Take resources and audiences from here.
    pub fn actions(&self) -> impl ExactSizeIterator<Item = &Action<'c>> {
        self.started.actions()
    }

    /// The arguments as a type of the tool's own: those that were permitted, with the manifest's defaults for what the call
    /// left out. Copies the names of the fields; texts may be borrowed.
    ///
    /// They are as the model wrote them. What the tool opens, writes to or deletes is named by the
    /// [segments](Action::segments) of an action, where `/etc/passwd` below `files` is `files/etc/passwd`.
    ///
    /// # Errors
    /// [`ArgumentError`] with the place, where they are of another type. Also where a gate that wraps another permitted
    /// the actions with arguments of their own: then each [`Action::arguments`] counts for itself.
    pub fn arguments<'s, T: Deserialize<'s>>(&'s self) -> Result<T, ArgumentError> {
        let mut actions = self.actions();
        let view = self.view();
        // With how they are read: a part of a view can lie where the whole does.
        if actions.any(|action| !std::ptr::eq(action.arguments(), view)) {
            return Err(ArgumentError::of_several());
        }
        view.typed().map_err(|error| self.call.without_secret(error))
    }

    /// The arguments as a view: those that the first action was permitted with.
    pub fn view(&self) -> &dyn Arguments {
        let first = self.actions().next();
        first.map_or_else(|| self.call.arguments(), |action| action.arguments())
    }

    /// Under what it acts.
    pub const fn scope(&self) -> &'c Scope {
        self.started.scope()
    }

    /// Whether the effect should stop: it was halted or revoked since it was decided. A long effect asks between its steps.
    pub fn halted(&self) -> bool {
        self.started.halted()
    }

    /// Lets the session act on what the manifest trusts in the result: see [`Call::endorse_result`].
    pub fn endorse_result(&self, result: Value<'_>) -> bool {
        self.call.endorse_result(result, self.started.scope().session())
    }
}

impl fmt::Debug for ToolCall<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall").field("call", self.call).finish_non_exhaustive()
    }
}
