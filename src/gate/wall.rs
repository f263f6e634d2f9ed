//! Guards 0 to 7, in their order: pure, without changing any state.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::beside::Beside;
use super::configuration::{Configuration, NamedRule};
use crate::action::{Action, Operation};
use crate::audience::Visibility;
use crate::audit::Finding;
use crate::decision::{Layer, Reason, Ruling};
use crate::directory::ResolvedAudience;
use crate::name::check_name;
use crate::policy::{Answer, Answered, BoundValue, CompiledPolicy, Request, evaluate};
use crate::resource::Path;
use crate::rule::{RuleContext, Verdict};
use crate::scope::{Scope, ScopeLayer};
use crate::session::LabelMark;
use crate::steps::Allowance;
use crate::time::Timestamp;

/// What is worked out of an action once, for every layer and rule.
pub(super) struct Examined<'s> {
    path: Path<'s>,
    pub(super) audience: ResolvedAudience<'s>,
    well_formed: bool,
    /// What the determining rule said, if a rule determined the decision.
    pub(super) said: Cow<'static, str>,
    /// What candidate guardrails would have made of it, if there are any.
    pub(super) shadow: Option<Finding<'s>>,
}

impl<'s> Examined<'s> {
    #[inline]
    pub(super) fn new(configuration: &'s Configuration, scope: &'s Scope) -> Self {
        let audience = ResolvedAudience::new(&configuration.directory, scope.invoker_name());
        Self {
            path: Path::default(),
            audience,
            well_formed: false,
            said: Cow::Borrowed(""),
            shadow: None,
        }
    }

    pub(super) fn visibility(&self) -> Option<Visibility> {
        self.well_formed.then(|| self.audience.visibility())
    }

    /// Guard 0: the action is well-formed.
    #[inline]
    pub(super) fn examine(&mut self, action: &Action<'s>) -> Result<(), Reason> {
        if let Some(fault) = action.fault() {
            return Err(fault.reason());
        }
        check_name(action.tool()).map_err(|_| Reason::MalformedTool)?;
        self.path.read(action.resource()).map_err(|_| Reason::MalformedResource)?;
        self.audience.resolve(action.audience()).map_err(|_| Reason::MalformedAudience)?;
        self.well_formed = true;
        Ok(())
    }

    /// What the guards from 3 on are asked, of an action that was examined; and where rules say why.
    #[inline(always)]
    pub(super) fn subject<'x>(
        &'x mut self,
        configuration: &'s Configuration,
        action: &'x Action<'s>,
        scope: &'s Scope,
        at: At<'x>,
    ) -> (Subject<'x, 's>, Aside<'x, 's>) {
        let Self { path, audience, said, shadow, .. } = self;
        let beside = at.beside.is_some_and(|beside| beside.is_untrusted(configuration, scope));
        let request = Request {
            operation: action.operation(),
            tool: action.tool(),
            path,
            audience,
            arguments: action.arguments(),
            endorsed: scope.session().endorsed(),
            untrusted: at.label.is_untrusted() || beside,
        };
        (Subject { configuration, action, scope, at, request }, Aside { said, shadow })
    }
}

/// Where the wall puts what is seldom there, so that its answer fits into registers.
pub(super) struct Aside<'x, 's> {
    said: &'x mut Cow<'static, str>,
    shadow: &'x mut Option<Finding<'s>>,
}

/// What a decision is made at: the moment, and the session's label.
#[derive(Clone, Copy)]
pub(super) struct At<'x> {
    pub(super) now: Timestamp,
    pub(super) label: LabelMark,
    /// What the same call reads beside this action.
    pub(super) beside: Option<&'x Beside<'x>>,
}

/// The wall. `state` is what guards 1 and 2 said.
#[inline]
pub(super) fn weigh<'s>(
    configuration: &'s Configuration,
    action: &Action<'s>,
    scope: &'s Scope,
    at: At<'_>,
    state: Result<(), Reason>,
    examined: &mut Examined<'s>,
) -> Finding<'s> {
    // 0, 1, 2: these have no shadow.
    if let Err(reason) = examined.examine(action).and(state) {
        return Finding::deny(reason);
    }
    let (subject, Aside { said, shadow }) = examined.subject(configuration, action, scope, at);
    let guardrails = subject.guardrails(configuration.guardrails.as_deref());
    match &configuration.shadow {
        None => subject.after(guardrails, &configuration.rules, said),
        Some(candidate) => {
            let (finding, of_candidate) = subject.with_shadow(guardrails, candidate, said);
            *shadow = Some(of_candidate);
            finding
        }
    }
}

/// One action before the guards from 3 on.
pub(super) struct Subject<'x, 's> {
    configuration: &'s Configuration,
    action: &'x Action<'s>,
    scope: &'s Scope,
    at: At<'x>,
    pub(super) request: Request<'x>,
}

impl<'s> Subject<'_, 's> {
    /// Guard 3.
    #[inline]
    fn guardrails(&self, policy: Option<&'s CompiledPolicy>) -> Finding<'s> {
        match policy {
            Some(policy) => {
                let own = Allowance::unlimited();
                self.layer(policy, self.scope.always_bound(), Layer::Guardrails, &own)
            }
            None => Finding::PASSED,
        }
    }

    /// Guards 4 to 7, after what came before them: every layer of the lineage from the outermost on, then the
    /// user's rules in the order in which they were added, what the session has read, and budgets. The strictest finding
    /// counts, the first where several are alike; what comes after a denial is not asked.
    #[inline(always)]
    fn after(
        &self,
        before: Finding<'s>,
        rules: &'s [NamedRule],
        said: &mut Cow<'static, str>,
    ) -> Finding<'s> {
        let mut strictest = before;
        #[cfg(feature = "token")]
        if strictest.ruling() != Ruling::Deny
            && let Err(reason) = self.scope.check_pin(self.action)
        {
            return Finding::deny(reason);
        }
        // What an issuer may grant is the operator's word; all that a token says shares one allowance.
        let (own, lineage) = (Allowance::unlimited(), self.scope.allowance());
        for ScopeLayer { layer, policy, values } in self.scope.layers() {
            if strictest.ruling() == Ruling::Deny {
                return strictest;
            }
            let allowance = if *layer == Layer::Issuer { &own } else { &lineage };
            let finding = self.layer(policy, values, *layer, allowance);
            strictest = strictest.or_stricter(finding);
        }
        let context = self.rule_context();
        for rule in rules {
            if strictest.ruling() == Ruling::Deny {
                return strictest;
            }
            if let Some((finding, why)) = ask(rule, &context)
                && finding.ruling() > strictest.ruling()
            {
                (strictest, *said) = (finding, why);
            }
        }
        match self.flow().and_then(|()| self.budgets()) {
            Err(reason) if strictest.ruling() != Ruling::Deny => Finding::deny(reason),
            _ => strictest,
        }
    }

    /// What the user's rules see.
    #[inline]
    pub(super) fn rule_context(&self) -> RuleContext<'_> {
        let Self { configuration, action, scope, at: At { now, label, beside }, .. } = *self;
        let beside = beside.is_some_and(|beside| beside.is_confined(configuration, scope));
        RuleContext {
            action,
            scope,
            audience: self.request.audience,
            now,
            untrusted: self.request.untrusted,
            confined: label.is_confined() || beside,
        }
    }

    /// Guard 6: everybody in the audience may see all that the session has read, what the action's own resource
    /// holds where the action can show that, and what the same call reads beside it.
    #[inline(always)]
    pub(super) fn flow(&self) -> Result<(), Reason> {
        let Self { configuration, scope, at: At { label, beside, .. }, .. } = *self;
        if self.action.lowers() {
            return Ok(());
        }
        let audience = self.request.audience;
        if label.is_confined() {
            scope.session().admits(audience)?;
        }
        if let Some(labels) = &configuration.labels
            && exposes(self.request.operation)
        {
            labels.admit(self.request.path, scope.always_bound(), audience)?;
        }
        beside.map_or(Ok(()), |beside| beside.admits(configuration, scope, audience))
    }

    /// Guard 7: no budget is about the operation, since nothing counts yet.
    #[inline]
    fn budgets(&self) -> Result<(), Reason> {
        let applies = self.scope.budgeted().contains(self.action.operation());
        if applies { Err(Reason::BudgetUncounted) } else { Ok(()) }
    }

    /// The decision, word for word what it is without a shadow, and what it would be with other guardrails. Rules are
    /// asked as often as without one.
    #[cold]
    fn with_shadow(
        &self,
        guardrails: Finding<'s>,
        candidate: &'s CompiledPolicy,
        said: &mut Cow<'static, str>,
    ) -> (Finding<'s>, Finding<'s>) {
        let shadow = self.guardrails(Some(candidate));
        if guardrails.ruling() == Ruling::Deny {
            // Nothing more is asked for the answer, and rules not for the shadow either.
            let unsaid = &mut Cow::Borrowed("");
            return (guardrails, self.after(shadow, &[], unsaid));
        }
        let mut words = Cow::Borrowed("");
        let rest = self.after(Finding::PASSED, &self.configuration.rules, &mut words);
        if rest.ruling() > guardrails.ruling() {
            *said = words;
        }
        (guardrails.or_stricter(rest), shadow.or_stricter(rest))
    }

    #[inline(always)]
    fn layer(
        &self,
        policy: &'s CompiledPolicy,
        values: &[BoundValue],
        layer: Layer,
        allowance: &Allowance,
    ) -> Finding<'s> {
        let asked = || evaluate(policy, &self.request, values, allowance);
        let asked = catch_unwind(AssertUnwindSafe(asked));
        let Ok(Answered { answer, statement }) = asked else {
            return Finding::of_layer(Ruling::Deny, Reason::ArgumentsPanicked, layer, None);
        };
        let (ruling, at_guardrails, at_capability) = meaning(answer);
        let reason = if layer == Layer::Guardrails { at_guardrails } else { at_capability };
        Finding::of_layer(ruling, reason, layer, policy.statement_id(statement))
    }
}

/// Whether an action of this operation can show its audience what its resource holds. A read shows it to the agent, and the
/// session remembers; the audience of a read is told no more than that it was asked for. What is deleted shows nothing.
#[inline]
const fn exposes(operation: Operation) -> bool {
    !matches!(operation, Operation::Read | Operation::Delete)
}

/// The ruling that an answer stands for, and its reason at guard 3 and at guard 4.
#[inline]
const fn meaning(answer: Answer) -> (Ruling, Reason, Reason) {
    match answer {
        Answer::Permitted | Answer::Passed => (Ruling::Allow, Reason::Permitted, Reason::Permitted),
        Answer::ApprovalRequired => {
            (Ruling::Hold, Reason::GuardrailApproval, Reason::ApprovalRequired)
        }
        Answer::NotPermitted => (Ruling::Deny, Reason::GuardrailNotPermitted, Reason::NotPermitted),
        Answer::AudienceTooWide => {
            (Ruling::Deny, Reason::GuardrailAudienceTooWide, Reason::AudienceTooWide)
        }
        Answer::Forbidden => (Ruling::Deny, Reason::GuardrailForbids, Reason::Forbidden),
    }
}

/// What a rule says, with its words, unless it passes.
#[inline]
fn ask<'s>(
    NamedRule { name, rule }: &'s NamedRule,
    context: &RuleContext<'_>,
) -> Option<(Finding<'s>, Cow<'static, str>)> {
    let (ruling, reason, why) = match catch_unwind(AssertUnwindSafe(|| rule.check(context))) {
        Ok(Verdict::Pass) => return None,
        Ok(Verdict::RequireApproval(why)) => (Ruling::Hold, Reason::RuleApproval, why),
        Ok(Verdict::Deny(why)) => (Ruling::Deny, Reason::RuleDenied, why),
        Err(_) => (Ruling::Deny, Reason::RulePanicked, "".into()),
    };
    Some((Finding::of_rule(ruling, reason, name), why))
}
