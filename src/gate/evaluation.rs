//! What the guards from 0 to 7 look at. Nothing here changes what anybody is answered.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::budgets::{Charges, tell};
use super::configuration::{Configuration, NamedRule};
use super::context::DecisionContext;
use crate::authority::scope::{Scope, ScopeLayer};
use crate::base::name::check_name;
use crate::base::steps::Allowance;
use crate::decision::{BudgetUse, Excess, Layer, Reason, Ruling};
use crate::directory::ResolvedAudience;
use crate::gate::rule::{RuleContext, Verdict};
use crate::model::action::{Action, Operation};
use crate::model::audience::Visibility;
use crate::model::resource::Path;
use crate::policy::{
    BoundValue, CompiledPolicy, Disowned, LayerResult, LayerValues, LayerVerdict, Request,
    disowned, evaluate,
};
use crate::record::PackedDecision;
use crate::state::approval::ApprovalSource;
use crate::state::budget::{CountedAction, Fingerprint};

/// What is worked out of an action once, for every layer and rule.
pub(super) struct PreparedAction<'s> {
    pub(super) path: Path<'s>,
    pub(super) audience: ResolvedAudience<'s>,
    well_formed: bool,
    /// What the determining rule said, if a rule determined the decision.
    pub(super) said: Cow<'static, str>,
    /// Who of the audience is too much, once that was asked.
    pub(super) who: Option<Excess>,
    /// Which budget has no room, if that is the reason.
    pub(super) budget: Option<BudgetUse>,
    /// What stands for it among calls that are alike, where a budget asked for that.
    print: Fingerprint,
    /// What candidate guardrails would have made of it, if there are any.
    pub(super) shadow: Option<PackedDecision<'s>>,
    /// What lifted the hold, once it was set aside.
    pub(super) approval: Option<ApprovalSource>,
}

impl<'s> PreparedAction<'s> {
    #[inline]
    pub(super) fn new(configuration: &'s Configuration, scope: &'s Scope) -> Self {
        let audience = ResolvedAudience::new(&configuration.directory, scope.invoker_name());
        Self {
            path: Path::default(),
            audience,
            well_formed: false,
            said: Cow::Borrowed(""),
            who: None,
            budget: None,
            print: Fingerprint::default(),
            shadow: None,
            approval: None,
        }
    }

    /// The action that was prepared, as budgets count it.
    pub(super) fn counted<'x>(&'x self, action: &'x Action<'s>) -> CountedAction<'x> {
        CountedAction { action, audience: &self.audience, print: &self.print }
    }

    pub(super) fn visibility(&self) -> Option<Visibility> {
        self.well_formed.then(|| self.audience.visibility())
    }

    /// Guard 0: the action is well-formed.
    #[inline]
    pub(super) fn prepare(&mut self, action: &Action<'s>) -> Result<(), Reason> {
        if let Some(fault) = action.fault() {
            return Err(fault.reason());
        }
        check_name(action.tool()).map_err(|_| Reason::MalformedTool)?;
        action.read_into(&mut self.path).map_err(|_| Reason::MalformedResource)?;
        self.audience.resolve(action.audience()).map_err(|_| Reason::MalformedAudience)?;
        self.well_formed = true;
        Ok(())
    }

    /// What the guards from 3 on ask, of an action that was prepared; and where rules say why.
    #[inline(always)]
    pub(super) fn evaluation<'x>(
        &'x mut self,
        context: &'x DecisionContext<'x, 's>,
    ) -> (Evaluation<'x, 's>, SideNotes<'x, 's>) {
        let Self { path, audience, said, budget, print, shadow, .. } = self;
        let DecisionContext { configuration, action, scope, moment, siblings, .. } = context;
        let heard = siblings.is_some_and(|siblings| siblings.is_untrusted(configuration, scope));
        let request = Request {
            operation: action.operation(),
            tool: action.tool(),
            path,
            audience,
            arguments: action.arguments(),
            parts: action.parts(),
            endorsed: scope.session().endorsed(),
            untrusted: moment.label.is_untrusted() || heard,
            now: moment.now,
        };
        (Evaluation { context, request, print }, SideNotes { said, budget, shadow })
    }
}

/// Where the guards put what is seldom there, so that a finding fits into registers.
pub(super) struct SideNotes<'x, 's> {
    pub(super) said: &'x mut Cow<'static, str>,
    pub(super) budget: &'x mut Option<BudgetUse>,
    pub(super) shadow: &'x mut Option<PackedDecision<'s>>,
}

/// One action before the guards from 3 on.
pub(super) struct Evaluation<'x, 's> {
    pub(super) context: &'x DecisionContext<'x, 's>,
    pub(super) request: Request<'x>,
    print: &'x Fingerprint,
}

impl<'s> Evaluation<'_, 's> {
    /// Guard 3.
    #[inline]
    pub(super) fn guardrails(&self, policy: Option<&'s CompiledPolicy>) -> PackedDecision<'s> {
        match policy {
            Some(policy) => {
                let own = Allowance::unlimited();
                self.layer(policy, self.context.scope.always_bound(), Layer::Guardrails, &own)
            }
            None => PackedDecision::PASSED,
        }
    }

    /// Guard 4: every layer of the lineage, from the outermost on, and the one action that a capability is good for.
    #[inline(always)]
    pub(super) fn lineage(&self, before: PackedDecision<'s>) -> PackedDecision<'s> {
        let scope = self.context.scope;
        let mut strictest = before;
        #[cfg(feature = "token")]
        {
            strictest = strictest.or_denied_by(|| scope.check_pin(self.context.action));
        }
        // What an issuer may grant is the operator's word; all that a token says shares one allowance.
        let (own, lineage) = (Allowance::unlimited(), scope.allowance());
        let answered = self.context.moment.owned.as_deref();
        for (place, ScopeLayer { layer, policy, values }) in scope.layers().iter().enumerate() {
            if strictest.ruling() == Ruling::Deny {
                break;
            }
            let allowance = if *layer == Layer::Issuer { &own } else { &lineage };
            let values = answered.and_then(|answered| answered.layer(place)).unwrap_or(values);
            let mut finding = self.layer(policy, values.values(), *layer, allowance);
            if !values.open().is_empty() {
                finding = self.with_sets(finding, policy, values, *layer, allowance);
            }
            strictest = strictest.or_stricter(finding);
        }
        strictest
    }

    /// Guard 5: the user's rules, in the order in which they were added.
    #[inline(always)]
    pub(super) fn rules(
        &self,
        before: PackedDecision<'s>,
        rules: &'s [NamedRule],
        said: &mut Cow<'static, str>,
    ) -> PackedDecision<'s> {
        let mut strictest = before;
        let context = self.rule_context();
        for rule in rules {
            if strictest.ruling() == Ruling::Deny {
                break;
            }
            if let Some((finding, why)) = ask(rule, &context)
                && finding.ruling() > strictest.ruling()
            {
                (strictest, *said) = (finding, why);
            }
        }
        strictest
    }

    /// The action as budgets count it.
    pub(super) fn counted(&self) -> CountedAction<'_> {
        let (action, audience) = (self.context.action, self.request.audience);
        CountedAction { action, audience, print: self.print }
    }

    /// The rules of the configuration.
    pub(super) fn configured_rules(&self) -> &'s [NamedRule] {
        &self.context.configuration.rules
    }

    /// What the user's rules see.
    #[inline]
    pub(super) fn rule_context(&self) -> RuleContext<'_> {
        let DecisionContext { configuration, action, scope, moment, siblings, .. } = *self.context;
        let read = siblings.is_some_and(|siblings| siblings.is_confined(configuration, scope));
        RuleContext {
            action,
            scope,
            audience: self.request.audience,
            now: moment.now,
            untrusted: self.request.untrusted,
            confined: moment.label.is_confined() || read,
        }
    }

    /// Guard 6: everybody in the audience may see all that the session has read, what the action's own resource
    /// holds where the action can show that, and what the same call reads beside it.
    #[inline(always)]
    pub(super) fn flow(&self) -> Result<(), Reason> {
        let DecisionContext { configuration, action, scope, moment, siblings, .. } = *self.context;
        if action.lowers() {
            return Ok(());
        }
        let audience = self.request.audience;
        if moment.label.is_confined() {
            scope.session().admits(audience)?;
        }
        if let Some(labels) = &configuration.labels
            && exposes(self.request.operation)
        {
            labels.admit(self.request.path, scope.always_bound(), audience)?;
        }
        siblings.map_or(Ok(()), |siblings| siblings.admits(configuration, scope, audience))
    }

    /// Guard 7: every budget that applies has room for it.
    #[inline(always)]
    pub(super) fn budgets(
        &self,
        before: PackedDecision<'s>,
        told: &mut Option<BudgetUse>,
    ) -> PackedDecision<'s> {
        let DecisionContext { configuration, action, scope, moment, .. } = *self.context;
        if before.ruling() == Ruling::Deny || moment.is_set_aside {
            return before;
        }
        match Charges::of(configuration, action, scope) {
            None => before,
            Some(charges) => self.has_room(before, &charges, told),
        }
    }

    #[inline(never)]
    fn has_room(
        &self,
        before: PackedDecision<'s>,
        charges: &Charges<'_>,
        told: &mut Option<BudgetUse>,
    ) -> PackedDecision<'s> {
        let DecisionContext { configuration, scope, moment, .. } = *self.context;
        tell(configuration, scope, moment.ticks);
        let Err((reason, budget)) = charges.check(&self.counted(), moment.ticks) else {
            return before;
        };
        let finding = PackedDecision::of_budget(reason);
        if finding.ruling() > before.ruling() {
            *told = budget;
        }
        before.or_stricter(finding)
    }

    #[inline(always)]
    fn layer(
        &self,
        policy: &'s CompiledPolicy,
        values: &[BoundValue],
        layer: Layer,
        allowance: &Allowance,
    ) -> PackedDecision<'s> {
        let asked = || evaluate(policy, &self.request, values, allowance);
        let asked = catch_unwind(AssertUnwindSafe(asked));
        let Ok(LayerResult { answer, statement }) = asked else {
            return PackedDecision::of_layer(Ruling::Deny, Reason::ArgumentsPanicked, layer, None);
        };
        let (ruling, at_guardrails, at_capability) = meaning(answer);
        let reason = if layer == Layer::Guardrails { at_guardrails } else { at_capability };
        // One that forbids or asks is about the audience where it leaves some readers alone.
        let is_about = match answer {
            LayerVerdict::AudienceTooWide => true,
            LayerVerdict::Forbidden | LayerVerdict::ApprovalRequired => {
                policy.restricts_beyond(statement)
            }
            LayerVerdict::Permitted | LayerVerdict::Passed | LayerVerdict::NotPermitted => false,
        };
        let id = policy.statement_id(statement);
        PackedDecision::of_layer(ruling, reason, layer, id).about_audience(is_about)
    }
}

/// What the sets say that are bound to names.
impl<'s> Evaluation<'_, 's> {
    /// The same finding, unless it depends on a set that could not be learned, or a statement would permit it if sets held more.
    #[inline]
    fn with_sets(
        &self,
        finding: PackedDecision<'s>,
        policy: &'s CompiledPolicy,
        values: &LayerValues,
        layer: Layer,
        allowance: &Allowance,
    ) -> PackedDecision<'s> {
        if !values.unlearned().is_empty()
            && let Some(unknown) = self.depends(finding, policy, values, layer, allowance)
        {
            return unknown;
        }
        if finding.ruling() == Ruling::Deny && finding.reason() == Reason::NotPermitted {
            let sets = (values.values(), values.open());
            return self.not_owned(policy, sets, layer, allowance).unwrap_or(finding);
        }
        finding
    }

    /// The more a set holds that is not known, the more statements apply. So where the answer is the same whether it holds
    /// nothing or everything, it is the same whatever it holds; else nobody knows.
    #[cold]
    fn depends(
        &self,
        finding: PackedDecision<'s>,
        policy: &'s CompiledPolicy,
        values: &LayerValues,
        layer: Layer,
        allowance: &Allowance,
    ) -> Option<PackedDecision<'s>> {
        let other = self.layer(policy, values.unlearned(), layer, allowance);
        if (other.ruling(), other.reason()) == (finding.ruling(), finding.reason()) {
            return None;
        }
        let sets = (values.values(), values.unlearned());
        let by_grant = self.not_owned(policy, sets, layer, allowance);
        let of_grant = by_grant.and_then(PackedDecision::name);
        let first = values
            .unlearned()
            .iter()
            .position(|value| matches!(value, BoundValue::Unlearned { .. }));
        let name = of_grant.or(first.map(|first| first as u8))?;
        let by = by_grant.and_then(PackedDecision::statement);
        let unknown = PackedDecision::of_layer(Ruling::Deny, Reason::OwnershipUnknown, layer, by);
        Some(unknown.about_name(name))
    }

    #[cold]
    fn not_owned(
        &self,
        policy: &'s CompiledPolicy,
        sets: (&[BoundValue], &[BoundValue]),
        layer: Layer,
        allowance: &Allowance,
    ) -> Option<PackedDecision<'s>> {
        let asked = || disowned(policy, &self.request, sets, allowance);
        // Arguments that panic do so where the layer is asked as well, or not at all.
        let Disowned { statement, name } = catch_unwind(AssertUnwindSafe(asked)).ok().flatten()?;
        let by = policy.statement_id(statement);
        Some(PackedDecision::of_layer(Ruling::Deny, Reason::NotOwned, layer, by).about_name(name))
    }
}

/// Whether an action of this operation can show its audience what its resource holds. A read shows it to the agent, and the
/// session remembers; the audience of a read is told no more than that it was asked for. What is deleted shows nothing.
#[inline]
pub(super) const fn exposes(operation: Operation) -> bool {
    !matches!(operation, Operation::Read | Operation::Delete)
}

/// The ruling that an answer stands for, and its reason at guard 3 and at guard 4.
#[inline]
const fn meaning(answer: LayerVerdict) -> (Ruling, Reason, Reason) {
    match answer {
        LayerVerdict::Permitted | LayerVerdict::Passed => {
            (Ruling::Allow, Reason::Permitted, Reason::Permitted)
        }
        LayerVerdict::ApprovalRequired => {
            (Ruling::Hold, Reason::GuardrailApproval, Reason::ApprovalRequired)
        }
        LayerVerdict::NotPermitted => {
            (Ruling::Deny, Reason::GuardrailNotPermitted, Reason::NotPermitted)
        }
        LayerVerdict::AudienceTooWide => {
            (Ruling::Deny, Reason::GuardrailAudienceTooWide, Reason::AudienceTooWide)
        }
        LayerVerdict::Forbidden => (Ruling::Deny, Reason::GuardrailForbids, Reason::Forbidden),
    }
}

/// What a rule says, with its words, unless it passes.
#[inline]
fn ask<'s>(
    NamedRule { name, rule, .. }: &'s NamedRule,
    context: &RuleContext<'_>,
) -> Option<(PackedDecision<'s>, Cow<'static, str>)> {
    let (ruling, reason, why) = match catch_unwind(AssertUnwindSafe(|| rule.check(context))) {
        Ok(Verdict::Pass) => return None,
        Ok(Verdict::RequireApproval(why)) => (Ruling::Hold, Reason::RuleApproval, why),
        Ok(Verdict::Deny(why)) => (Ruling::Deny, Reason::RuleDenied, why),
        Err(_) => (Ruling::Deny, Reason::RulePanicked, "".into()),
    };
    Some((PackedDecision::of_rule(ruling, reason, name), why))
}
