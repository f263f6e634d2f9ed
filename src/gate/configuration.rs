//! What a gate is built from, and what can be replaced while it runs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64 as ProcessCounter, Ordering as ProcessOrdering};

use crate::authority::budget::{Budget, BudgetError};
use crate::authority::requirement::{Requirement, RequirementError};
use crate::base::codes::fault_table;
use crate::base::identifier::Identifier;
use crate::base::limits::{MAX_BUDGETS, MAX_NAME_BYTES, MAX_RULES};
use crate::base::name::{NameFault, check_name};
use crate::base::visible::visible;
use crate::directory::Directory;
use crate::flow::label::Labels;
use crate::gate::rule::Rule;
use crate::policy::{CompiledPolicy, Policy, Restrictions};
use crate::state::budget::GateBudgets;
#[cfg(feature = "token")]
use crate::token::PublicKey;

/// Directory, guardrails, rules and labels: what a gate replaces as one with [`Gate::reconfigure`](crate::Gate::reconfigure).
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Verdict;
/// use permitgate::gate::RuleContext;
/// use permitgate::model::Operations;
///
/// let gate = Gate::builder().build()?;
/// gate.reconfigure(|configuration| {
///     configuration
///         .guardrails(Restrictions::new([Statement::forbid("read-only").operations(Operations::WRITES)]).unwrap())
///         .rule("nothing", |_: &RuleContext<'_>| Verdict::Pass)
/// })?;
/// gate.reconfigure(|configuration| configuration.without_rule("nothing"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a configuration is in force only when it is returned to the gate"]
pub struct Configuration {
    pub(super) directory: Arc<Directory>,
    pub(super) guardrails: Option<Arc<CompiledPolicy>>,
    pub(super) shadow: Option<Arc<CompiledPolicy>>,
    pub(super) rules: Vec<NamedRule>,
    pub(super) labels: Option<Labels>,
    pub(super) budgets: GateBudgets,
    /// Who approves what a statement or rule does not say more about.
    pub(super) approvers: Requirement,
    /// With which key somebody signs votes.
    #[cfg(feature = "token")]
    pub(super) approver_keys: Vec<(Arc<str>, PublicKey)>,
    /// The number of the first configuration, of those without a gap up to this one, that decides as this one does.
    pub(super) since: u64,
}

#[derive(Clone)]
pub(super) struct NamedRule {
    pub(super) name: Identifier,
    pub(super) rule: Arc<dyn Rule>,
    /// Who approves what it holds.
    pub(super) requirement: Requirement,
    /// Tells it from others that say no version.
    pub(super) number: u64,
}

impl Configuration {
    /// Whether what the guardrails say may change with the time alone.
    #[inline]
    pub(super) fn reads_clock(&self) -> bool {
        self.guardrails.as_ref().is_some_and(|policy| policy.reads_clock())
    }
}

/// The policy that every action of a gate must pass, of either kind.
///
/// It may bind `{invoker}` and `{agent}` only, since every scope binds those.
///
/// ```
/// use permitgate::prelude::*;
/// use permitgate::Reason;
/// use permitgate::gate::Guardrails;
/// use permitgate::model::Operations;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operations::ALL).resources(["docs/**"])])?;
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build()?;
/// let rails = Restrictions::new([Statement::forbid("read-only").operations(Operations::WRITES)])?;
/// let gate = Gate::builder().guardrails(Guardrails::from(rails)).build()?;
/// let decision = gate.decide(&Action::delete("docs.delete", "docs/intro"), &scope);
/// assert_eq!(decision.reason(), Reason::GuardrailForbids);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Guardrails(Arc<CompiledPolicy>);

impl From<Policy> for Guardrails {
    fn from(policy: Policy) -> Self {
        Self(policy.0)
    }
}

impl From<Restrictions> for Guardrails {
    fn from(restrictions: Restrictions) -> Self {
        Self(restrictions.0)
    }
}

impl Guardrails {
    /// Checks that a gate can take them, without one: whoever loads or edits a policy asks this.
    ///
    /// # Errors
    /// [`ConfigurationError`], with the name in [`bound_name`](ConfigurationError::bound_name), when they bind another name
    /// than `{invoker}` and `{agent}`.
    ///
    /// ```
    /// use permitgate::{Operation, Restrictions, Statement};
    /// use permitgate::gate::Guardrails;
    ///
    /// let statement = Statement::forbid("teams").operations(Operation::Delete).resources(["{team}/**"]);
    /// let error = Guardrails::from(Restrictions::new([statement])?).check().unwrap_err();
    /// assert_eq!(error.bound_name(), Some("team"));
    /// # Ok::<(), permitgate::policy::PolicyError>(())
    /// ```
    pub fn check(&self) -> Result<(), ConfigurationError> {
        check_bound("guardrails", &self.0)
    }
}

fn check_bound(which: &'static str, policy: &CompiledPolicy) -> Result<(), ConfigurationError> {
    let bound = policy.bound_names().first();
    bound.map_or(Ok(()), |name| Err(Fault::BoundName(which, name.as_ref().into()).into()))
}

impl Configuration {
    /// Resolves audiences by this directory.
    pub fn directory(mut self, directory: impl Into<Arc<Directory>>) -> Self {
        self.directory = directory.into();
        self
    }

    /// Every action must pass these as well.
    pub fn guardrails(mut self, guardrails: impl Into<Guardrails>) -> Self {
        self.guardrails = Some(guardrails.into().0);
        self
    }

    /// Takes the guardrails away.
    pub fn without_guardrails(mut self) -> Self {
        self.guardrails = None;
        self
    }

    /// Labels resources, so that what a session reads limits whom it may write to.
    pub fn labels(mut self, labels: Labels) -> Self {
        self.labels = Some(labels);
        self
    }

    /// Takes the labels away; what sessions have read stays with them.
    pub fn without_labels(mut self) -> Self {
        self.labels = None;
        self
    }

    /// Adds a budget on which everybody draws who passes the gate, or each invoker, agent or session on one of its own. What one of
    /// the same name that counts the same has counted so far, it goes on with.
    pub fn budget(mut self, budget: Budget) -> Self {
        let others = self.budgets.iter().cloned();
        self.budgets = self.budgets.with(others.chain([budget]));
        self
    }

    /// Takes all budgets of the gate away. What they have counted is kept, for those of the same name that are added.
    pub fn without_budgets(mut self) -> Self {
        self.budgets = self.budgets.with([]);
        self
    }

    /// Takes the budget of this name away, if there is one. What it has counted is kept.
    pub fn without_budget(mut self, name: &str) -> Self {
        let others = self.budgets.iter().filter(|budget| budget.name() != name).cloned();
        self.budgets = self.budgets.with(others);
        self
    }

    /// Who approves where a statement or a rule requires an approval and does not say by whom, how many or how long. Without this,
    /// nobody can approve what does not say who.
    pub fn approvers(mut self, requirement: Requirement) -> Self {
        self.approvers = requirement;
        self
    }

    /// Adds the key with which somebody signs votes; see [`SignedVote`](crate::token::SignedVote). Whose key it is counts when a vote arrives.
    #[cfg(feature = "token")]
    pub fn approver_key(mut self, name: impl Into<Arc<str>>, key: PublicKey) -> Self {
        self.approver_keys.push((name.into(), key));
        self
    }

    /// Takes a key of an approver away. Votes that it gave before stay: withdraw what they approved.
    #[cfg(feature = "token")]
    pub fn without_approver_key(mut self, key: &PublicKey) -> Self {
        self.approver_keys.retain(|(_, known)| known != key);
        self
    }

    /// Decides every action a second time, under these guardrails instead of the present ones, and records
    /// that beside the decision. It never changes an answer, nor what rules are asked: they are asked once, and where
    /// the present guardrails deny, not at all, so that the shadow is then told without them.
    pub fn shadow_guardrails(mut self, candidate: impl Into<Guardrails>) -> Self {
        self.shadow = Some(candidate.into().0);
        self
    }

    /// Ends the shadow.
    pub fn without_shadow(mut self) -> Self {
        self.shadow = None;
        self
    }

    /// Adds a rule under a name of its own.
    pub fn rule(mut self, name: impl Into<Arc<str>>, rule: impl Rule + 'static) -> Self {
        static RULES: ProcessCounter = ProcessCounter::new(1);
        let number = RULES.fetch_add(1, ProcessOrdering::Relaxed);
        let (name, requirement) = (name.into().into(), rule.requirement());
        self.rules.push(NamedRule { name, rule: Arc::new(rule), requirement, number });
        self
    }

    /// The rules in the order in which they are asked: each one's name, and its [version](Rule::version).
    pub fn rules(&self) -> impl Iterator<Item = (&str, u32)> {
        self.rules.iter().map(|rule| (rule.name.as_str(), rule.rule.version()))
    }

    /// Takes a rule away, if there is one of this name.
    pub fn without_rule(mut self, name: &str) -> Self {
        self.rules.retain(|rule| rule.name.as_str() != name);
        self
    }

    /// What follows on `present` under this number. Where only the shadow is another, the decisions stay those of `present`.
    pub(super) fn following(self, present: &Self, number: u64) -> Self {
        let since = if self.decides_like(present) { present.since } else { number };
        Self { since, ..self }
    }

    /// Whether it consists of the very same parts, but for the shadow, which never changes an answer.
    fn decides_like(&self, other: &Self) -> bool {
        // Taken apart, so that a part which is added later cannot be left out here: a permit from before would begin unasked.
        // Whose key signs votes changes no answer either.
        let Self {
            directory,
            guardrails,
            shadow: _,
            rules,
            labels,
            budgets,
            approvers,
            since: _,
            ..
        } = self;
        let same_rule =
            |(ours, theirs): (&NamedRule, &NamedRule)| Arc::ptr_eq(&ours.rule, &theirs.rule);
        Arc::ptr_eq(directory, &other.directory)
            && same(guardrails, &other.guardrails, Arc::ptr_eq)
            && same(labels, &other.labels, Labels::is)
            && budgets.number() == other.budgets.number()
            && *approvers == other.approvers
            && rules.len() == other.rules.len()
            && rules.iter().zip(&other.rules).all(same_rule)
    }

    /// The configuration, if it is valid.
    pub(super) fn checked(self) -> Result<Self, ConfigurationError> {
        if self.rules.len() > MAX_RULES {
            return Err(Fault::TooManyRules.into());
        }
        for (place, rule) in self.rules.iter().enumerate() {
            let name = rule.name.as_str();
            check_name(name).map_err(|fault| Fault::RuleName(name.into(), fault))?;
            if self.rules.iter().take(place).any(|earlier| earlier.name == rule.name) {
                return Err(Fault::RepeatedRule(name.into()).into());
            }
        }
        if self.budgets.iter().len() > MAX_BUDGETS {
            return Err(Fault::TooManyBudgets.into());
        }
        for (place, budget) in self.budgets.iter().enumerate() {
            budget.check().map_err(|error| Fault::Budget(budget.name().into(), error))?;
            if self.budgets.iter().take(place).any(|earlier| earlier.name() == budget.name()) {
                return Err(Fault::RepeatedBudget(budget.name().into()).into());
            }
        }
        self.approvers.check().map_err(Fault::Approvers)?;
        #[cfg(feature = "token")]
        check_keys(&self.approver_keys)?;
        for rule in &self.rules {
            let fault = |error| Fault::RuleApprovers(rule.name.as_str().into(), error);
            rule.requirement.check().map_err(fault)?;
        }
        for (which, policy) in
            [("guardrails", &self.guardrails), ("shadow guardrails", &self.shadow)]
        {
            policy.as_ref().map_or(Ok(()), |policy| check_bound(which, policy))?;
        }
        Ok(self)
    }
}

/// Each key is one person's.
#[cfg(feature = "token")]
fn check_keys(keys: &[(Arc<str>, PublicKey)]) -> Result<(), Fault> {
    for (place, (name, key)) in keys.iter().enumerate() {
        check_name(name).map_err(|fault| Fault::ApproverName(Arc::clone(name), fault))?;
        if keys.iter().take(place).any(|(_, before)| before == key) {
            return Err(Fault::RepeatedKey(Arc::clone(name)));
        }
    }
    Ok(())
}

fn same<T>(ours: &Option<T>, theirs: &Option<T>, is: impl FnOnce(&T, &T) -> bool) -> bool {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => is(ours, theirs),
        (None, None) => true,
        _ => false,
    }
}

impl Default for Configuration {
    fn default() -> Self {
        let directory = Arc::new(Directory::empty());
        let (guardrails, shadow, labels) = (None, None, None);
        let budgets = GateBudgets::default();
        Self {
            directory,
            guardrails,
            shadow,
            rules: Vec::new(),
            labels,
            budgets,
            approvers: Requirement::new(),
            #[cfg(feature = "token")]
            approver_keys: Vec::new(),
            since: 0,
        }
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules: Vec<(&str, u32)> = self.rules().collect();
        f.debug_struct("Configuration")
            .field("directory", &self.directory.len())
            .field("guardrails", &self.guardrails.as_ref().map(|policy| policy.len()))
            .field("shadow", &self.shadow.as_ref().map(|policy| policy.len()))
            .field("rules", &rules)
            .field("labels", &self.labels.as_ref().map(Labels::len))
            .field("budgets", &self.budgets.iter().len())
            .finish()
    }
}

/// Why a gate cannot be configured like this.
///
/// ```
/// use permitgate::gate::RuleContext;
/// use permitgate::kinds::ConfigurationErrorKind;
/// use permitgate::{Gate, Verdict};
///
/// let pass = |_: &RuleContext<'_>| Verdict::Pass;
/// let error = Gate::builder().rule("quiet", pass).rule("quiet", pass).build().unwrap_err();
/// assert_eq!((error.kind(), error.rule()), (ConfigurationErrorKind::RepeatedRule, Some("quiet")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gate: {0}")]
pub struct ConfigurationError(Box<Fault>);

impl ConfigurationError {
    /// What is wrong, as a code.
    pub fn kind(&self) -> ConfigurationErrorKind {
        self.0.kind()
    }

    /// The name of the rule at fault, where it is one's.
    pub fn rule(&self) -> Option<&str> {
        match &*self.0 {
            Fault::RuleName(name, _)
            | Fault::RuleApprovers(name, _)
            | Fault::RepeatedRule(name) => Some(name),
            _ => None,
        }
    }

    /// The name of the budget at fault, where it is one's.
    pub fn budget(&self) -> Option<&str> {
        match &*self.0 {
            Fault::Budget(name, _) | Fault::RepeatedBudget(name) => Some(name),
            _ => None,
        }
    }

    /// The bound name at fault, where it is one.
    pub fn bound_name(&self) -> Option<&str> {
        match &*self.0 {
            Fault::BoundName(_, name) => Some(name),
            _ => None,
        }
    }
}

impl From<Fault> for ConfigurationError {
    fn from(fault: Fault) -> Self {
        Self(Box::new(fault))
    }
}

fault_table! {
    /// What is wrong with a configuration ([`ConfigurationError::kind`](crate::gate::ConfigurationError::kind)).
    pub enum ConfigurationErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    #[cfg_attr(not(feature = "token"), expect(dead_code, reason = "keys sign votes"))]
    enum Fault {
        #[error("more than {MAX_RULES} rules")]
        TooManyRules => TooManyRules, "too-many-rules",
        #[error("rule `{}`: {}", visible(.0).short(MAX_NAME_BYTES), .1)]
        RuleName(Arc<str>, NameFault) => MalformedRuleName, "malformed-rule-name",
        #[error("more than {MAX_BUDGETS} budgets")]
        TooManyBudgets => TooManyGateBudgets, "too-many-gate-budgets",
        #[error("budget `{}`: {}", visible(.0).short(MAX_NAME_BYTES), .1)]
        Budget(Arc<str>, BudgetError) => UnusableGateBudget, "unusable-gate-budget",
        #[error("two budgets have the name `{}`", visible(.0))]
        RepeatedBudget(Arc<str>) => RepeatedGateBudget, "repeated-gate-budget",
        #[error("approvers: {0}")]
        Approvers(RequirementError) => UnusableApprovers, "unusable-approvers",
        #[error("rule `{}`: {}", visible(.0), .1)]
        RuleApprovers(Arc<str>, RequirementError) => UnusableRuleApprovers, "unusable-rule-approvers",
        #[error("approver `{}`: {}", visible(.0).short(MAX_NAME_BYTES), .1)]
        ApproverName(Arc<str>, NameFault) => MalformedApproverName, "malformed-approver-name",
        #[error("the key of approver `{}` is another approver's as well", visible(.0))]
        RepeatedKey(Arc<str>) => RepeatedApproverKey, "repeated-approver-key",
        #[error("two rules are named `{}`", visible(.0))]
        RepeatedRule(Arc<str>) => RepeatedRule, "repeated-rule",
        #[error(
            "the {} bind `{{{}}}`; only `{{invoker}}` and `{{agent}}` are bound in every scope",
            .0,
            visible(.1)
        )]
        BoundName(&'static str, Box<str>) => UnknownBoundName, "unknown-bound-name",
    }
}
