//! Rules in Rust: a user's own capability rules, which can only narrow.

use std::borrow::Cow;
use std::fmt;

use crate::authority::requirement::Requirement;
use crate::authority::scope::Scope;
use crate::base::time::Timestamp;
use crate::directory::ResolvedAudience;
use crate::model::action::Action;

/// A capability rule in code.
///
/// Write one where data does not suffice. A rule is asked for every action that the policies did not deny,
/// and its answer can only narrow: [`Verdict`] has no way to say yes. A rule that panics denies.
/// Closures are rules; name the type of the argument.
///
/// A rule must answer the same for the same context, must not block, and should not allocate where it
/// passes. It may ask the gate again.
///
/// ```
/// use permitgate::{Gate, Operation, Verdict};
/// use permitgate::gate::RuleContext;
///
/// let gate = Gate::builder()
///     .rule("no-night-shares", |cx: &RuleContext<'_>| {
///         let hour = cx.now().as_unix_millis() / 3_600_000 % 24;
///         if cx.action().operation() == Operation::Share && hour < 6 {
///             Verdict::deny("nothing is shared before six in the morning, UTC")
///         } else {
///             Verdict::Pass
///         }
///     })
///     .build()?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
pub trait Rule: Send + Sync {
    /// Looks at one action.
    fn check(&self, context: &RuleContext<'_>) -> Verdict;

    /// Which version of the rule this is; raise it when the rule begins to answer differently. 0 says nothing.
    fn version(&self) -> u32 {
        0
    }

    /// Who approves what the rule holds. Whoever approves for the gate, unless it is said; see [`ApprovalRule`].
    fn requirement(&self) -> Requirement {
        Requirement::new()
    }
}

impl<F: Fn(&RuleContext<'_>) -> Verdict + Send + Sync> Rule for F {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        self(context)
    }
}

/// A rule with the number of its version, such as a closure, which cannot say one itself.
///
/// ```
/// use permitgate::{Gate, Rule, Verdict};
/// use permitgate::gate::{RuleContext, VersionedRule};
///
/// let rule = VersionedRule::new(2, |_: &RuleContext<'_>| Verdict::Pass);
/// assert_eq!(rule.version(), 2);
/// let gate = Gate::builder().rule("nothing", rule).build()?;
/// gate.reconfigure(|configuration| {
///     assert_eq!(configuration.rules().collect::<Vec<_>>(), [("nothing", 2)]);
///     configuration
/// })?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct VersionedRule<R> {
    version: u32,
    rule: R,
}

impl<R: Rule> VersionedRule<R> {
    /// This version of a rule.
    pub const fn new(version: u32, rule: R) -> Self {
        Self { version, rule }
    }
}

impl<R: Rule> Rule for VersionedRule<R> {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        self.rule.check(context)
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn requirement(&self) -> Requirement {
        self.rule.requirement()
    }
}

/// A rule with who approves what it holds, such as a closure or one of [`rules`](crate::rules), which cannot say so themselves.
///
/// ```
/// use permitgate::authority::{Approver, Requirement};
/// use permitgate::gate::ApprovalRule;
/// use permitgate::rules::IrreversibleNeedsApproval;
/// use permitgate::{Gate, Rule};
///
/// let leads = Requirement::by([Approver::group("leads")]);
/// let rule = ApprovalRule::new(leads.clone(), IrreversibleNeedsApproval::default());
/// assert_eq!(rule.requirement(), leads);
/// let gate = Gate::builder().rule("irreversible", rule).build()?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ApprovalRule<R> {
    requirement: Requirement,
    rule: R,
}

impl<R: Rule> ApprovalRule<R> {
    /// A rule, and who approves what it holds.
    pub const fn new(requirement: Requirement, rule: R) -> Self {
        Self { requirement, rule }
    }
}

impl<R: Rule> Rule for ApprovalRule<R> {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        self.rule.check(context)
    }

    fn version(&self) -> u32 {
        self.rule.version()
    }

    fn requirement(&self) -> Requirement {
        self.requirement.clone()
    }
}

/// What a rule says. There is no variant that permits.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::gate::RuleContext;
/// use permitgate::{Reason, Verdict};
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let closed = |_: &RuleContext<'_>| Verdict::deny("the office is closed");
/// let gate = Gate::builder().rule("office-hours", closed).build()?;
/// let decision = gate.decide(&Action::read("docs.read", "docs/intro"), &scope);
/// assert_eq!(decision.reason(), Reason::RuleDenied);
/// assert_eq!(decision.grounds().rule(), Some("office-hours"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a verdict does something only when it is returned"]
pub enum Verdict {
    /// The rule has nothing against it.
    Pass,
    /// A person must approve it first; the text says why.
    RequireApproval(Cow<'static, str>),
    /// It must not happen; the text says why.
    Deny(Cow<'static, str>),
}

impl Verdict {
    /// A person must approve it first.
    pub fn require_approval(why: impl Into<Cow<'static, str>>) -> Self {
        Self::RequireApproval(why.into())
    }

    /// It must not happen.
    pub fn deny(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Deny(why.into())
    }
}

/// What a rule sees.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Verdict;
/// use permitgate::gate::RuleContext;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let own = |cx: &RuleContext<'_>| match cx.action().resource().ends_with(cx.scope().invoker()) {
///     true => Verdict::Pass,
///     false => Verdict::deny("it is somebody else's"),
/// };
/// let gate = Gate::builder().rule("own", own).build()?;
/// assert!(gate.decide(&Action::read("docs.read", "docs/dana"), &scope).is_allow());
/// assert!(!gate.decide(&Action::read("docs.read", "docs/lee"), &scope).is_allow());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RuleContext<'c> {
    pub(crate) action: &'c Action<'c>,
    pub(crate) scope: &'c Scope,
    pub(crate) audience: &'c ResolvedAudience<'c>,
    pub(crate) now: Timestamp,
    pub(crate) untrusted: bool,
    pub(crate) confined: bool,
}

impl<'c> RuleContext<'c> {
    /// The attempted action; it is well-formed.
    pub fn action(&self) -> &'c Action<'c> {
        self.action
    }

    /// What it is performed under.
    pub fn scope(&self) -> &'c Scope {
        self.scope
    }

    /// The action's audience, looked up in the gate's directory.
    pub fn audience(&self) -> &'c ResolvedAudience<'c> {
        self.audience
    }

    /// The time of the decision. An answer by the time stands for as long as the permit lives: `begin` asks rules again only where
    /// the session's label or the configuration changed. What must end at a moment is a
    /// [validity](crate::authority::Grant::expires_at) of the capability, which `begin` always checks.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Whether something was read that outsiders can write: by the session before, or by the same call beside this action,
    /// which the session does not know yet.
    pub fn is_untrusted(&self) -> bool {
        self.untrusted
    }

    /// Whether something was read that not everybody may see: by the session before, or by the same call beside this
    /// action.
    pub fn is_confined(&self) -> bool {
        self.confined
    }
}

impl fmt::Debug for RuleContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleContext")
            .field("action", self.action)
            .field("scope", self.scope)
            .field("audience", self.audience)
            .field("now", &self.now)
            .finish()
    }
}
