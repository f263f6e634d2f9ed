//! Guards 0 to 7, in their order: pure, without changing any state.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::configuration::{Configuration, NamedRule};
use crate::action::Action;
use crate::audience::Visibility;
use crate::audit::{Finding, FindingSource};
use crate::decision::{Layer, Reason, Ruling};
use crate::directory::ResolvedAudience;
use crate::name::check_name;
use crate::policy::{Answer, BoundValue, CompiledPolicy, Request, evaluate};
use crate::resource::Path;
use crate::rule::{RuleContext, Verdict};
use crate::scope::{Scope, ScopeLayer};
use crate::time::Timestamp;

/// What is worked out of an action once, for every layer and rule.
pub(super) struct Examined<'s> {
    path: Path<'s>,
    audience: ResolvedAudience<'s>,
    well_formed: bool,
}

/// The decision, and what candidate guardrails would have made of it.
pub(super) struct Weighed<'s> {
    pub(super) finding: Finding<'s>,
    pub(super) shadow: Option<Finding<'s>>,
}

impl<'s> Examined<'s> {
    #[inline]
    pub(super) fn new(configuration: &'s Configuration, scope: &'s Scope) -> Self {
        let audience = ResolvedAudience::new(&configuration.directory, scope.invoker_name());
        Self { path: Path::default(), audience, well_formed: false }
    }

    pub(super) fn visibility(&self) -> Option<Visibility> {
        self.well_formed.then(|| self.audience.visibility())
    }

    /// Guard 0: the action is well-formed.
    #[inline]
    fn examine(&mut self, action: &Action<'s>) -> Result<(), Reason> {
        check_name(action.tool()).map_err(|_| Reason::MalformedTool)?;
        self.path.read(action.resource()).map_err(|_| Reason::MalformedResource)?;
        self.audience.resolve(action.audience()).map_err(|_| Reason::MalformedAudience)?;
        self.well_formed = true;
        Ok(())
    }
}

/// The wall. `state` is what guards 1 and 2 said.
#[inline]
pub(super) fn weigh<'s>(
    configuration: &'s Configuration,
    action: &Action<'s>,
    scope: &'s Scope,
    now: Timestamp,
    state: Result<(), Reason>,
    examined: &mut Examined<'s>,
) -> Weighed<'s> {
    // 0, 1, 2: these have no shadow.
    if let Err(reason) = examined.examine(action).and(state) {
        return Weighed { finding: Finding::deny(reason), shadow: None };
    }
    let request = Request {
        operation: action.operation(),
        tool: action.tool(),
        path: &examined.path,
        audience: &examined.audience,
        arguments: action.arguments(),
    };
    let subject = Subject { configuration, action, scope, now, request };
    let guardrails = subject.guardrails(configuration.guardrails.as_deref());
    match &configuration.shadow {
        None => Weighed { finding: subject.after(guardrails), shadow: None },
        Some(candidate) => subject.with_shadow(guardrails, candidate),
    }
}

struct Subject<'x, 's> {
    configuration: &'s Configuration,
    action: &'x Action<'s>,
    scope: &'s Scope,
    now: Timestamp,
    request: Request<'x>,
}

impl<'s> Subject<'_, 's> {
    /// Guard 3.
    #[inline]
    fn guardrails(&self, policy: Option<&'s CompiledPolicy>) -> Finding<'s> {
        match policy {
            Some(policy) => self.layer(policy, self.scope.always_bound(), Layer::Guardrails),
            None => Finding::new(Ruling::Allow, Reason::Permitted),
        }
    }

    /// Guards 4 and 5, after what came before them: every layer of the lineage from the root on, then the
    /// user's rules in the order in which they were added. The strictest finding counts, the first
    /// where several are alike; what comes after a denial is not asked.
    #[inline]
    fn after(&self, before: Finding<'s>) -> Finding<'s> {
        let mut strictest = before;
        for ScopeLayer { depth, policy, values } in self.scope.layers() {
            if strictest.ruling == Ruling::Deny {
                return strictest;
            }
            strictest.tighten(self.layer(policy, values, Layer::Capability(*depth)));
        }
        let Self { configuration, action, scope, now, .. } = *self;
        let context = RuleContext { action, scope, audience: self.request.audience, now };
        for rule in &configuration.rules {
            if strictest.ruling == Ruling::Deny {
                return strictest;
            }
            if let Some(finding) = ask(rule, &context) {
                strictest.tighten(finding);
            }
        }
        strictest
    }

    /// The decision, and what it would be with other guardrails. Layers and rules are asked once.
    #[cold]
    fn with_shadow(&self, guardrails: Finding<'s>, candidate: &'s CompiledPolicy) -> Weighed<'s> {
        let mut shadow = self.guardrails(Some(candidate));
        let mut finding = guardrails;
        if finding.ruling != Ruling::Deny || shadow.ruling != Ruling::Deny {
            let rest = self.after(Finding::new(Ruling::Allow, Reason::Permitted));
            shadow.tighten(rest.clone());
            finding.tighten(rest);
        }
        Weighed { finding, shadow: Some(shadow) }
    }

    #[inline(always)]
    fn layer(
        &self,
        policy: &'s CompiledPolicy,
        values: &[BoundValue],
        layer: Layer,
    ) -> Finding<'s> {
        let asked = catch_unwind(AssertUnwindSafe(|| evaluate(policy, &self.request, values)));
        let Ok((answer, statement)) = asked else {
            return Finding { layer: Some(layer), ..Finding::deny(Reason::ArgumentsPanicked) };
        };
        let (ruling, at_guardrails, at_capability) = meaning(answer);
        let reason = if layer == Layer::Guardrails { at_guardrails } else { at_capability };
        let source = match statement.and_then(|number| policy.statement_id(number)) {
            Some(id) => FindingSource::Statement(id),
            None => FindingSource::None,
        };
        Finding { ruling, reason, layer: Some(layer), source }
    }
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

/// What a rule says, unless it passes.
#[inline]
fn ask<'s>(
    NamedRule { name, rule }: &'s NamedRule,
    context: &RuleContext<'_>,
) -> Option<Finding<'s>> {
    let of_rule = |ruling, reason, why| Finding {
        ruling,
        reason,
        layer: None,
        source: FindingSource::Rule(name, why),
    };
    match catch_unwind(AssertUnwindSafe(|| rule.check(context))) {
        Ok(Verdict::Pass) => None,
        Ok(Verdict::RequireApproval(why)) => Some(of_rule(Ruling::Hold, Reason::RuleApproval, why)),
        Ok(Verdict::Deny(why)) => Some(of_rule(Ruling::Deny, Reason::RuleDenied, why)),
        Err(_) => Some(of_rule(Ruling::Deny, Reason::RulePanicked, "".into())),
    }
}
