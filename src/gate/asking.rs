//! Who asks for an approval: every statement, rule and budget that holds an action, and whom each wants to hear.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::budgets::Charges;
use super::configuration::NamedRule;
use super::dossier::Asking;
use super::evaluation::Evaluation;
use crate::authority::requirement::Requirement;
use crate::authority::scope::ScopeLayer;
use crate::base::steps::Allowance;
use crate::decision::{Layer, Reason};
use crate::gate::rule::Verdict;
use crate::policy::{BoundValue, CompiledPolicy, asking};

impl Evaluation<'_, '_> {
    /// All who hold the action, which is held. Asks rules once more, whose code may run here.
    #[cold]
    pub(super) fn asking(&self) -> Vec<Asking> {
        let (configuration, scope) = (self.context.configuration, self.context.scope);
        let mut all = Vec::new();
        let own = Allowance::unlimited();
        if let Some(policy) = configuration.guardrails.as_deref() {
            let reason = Reason::GuardrailApproval;
            let values = scope.always_bound();
            self.of_layer(policy, values, (Layer::Guardrails, reason), &own, &mut all);
        }
        let lineage = scope.allowance();
        let answered = self.context.moment.owned.as_deref();
        for (place, ScopeLayer { layer, policy, values }) in scope.layers().iter().enumerate() {
            let allowance = if *layer == Layer::Issuer { &own } else { &lineage };
            let values = answered.and_then(|answered| answered.layer(place)).unwrap_or(values);
            let layer = (*layer, Reason::ApprovalRequired);
            self.of_layer(policy, values.values(), layer, allowance, &mut all);
        }
        self.of_rules(&mut all);
        self.of_budgets(&mut all);
        all
    }

    /// Whom all of them want to hear, each once.
    pub(super) fn required(&self) -> Vec<Requirement> {
        let mut required = Vec::new();
        for Asking { requirement, .. } in self.asking() {
            if !required.contains(&requirement) {
                required.push(requirement);
            }
        }
        required
    }

    fn of_layer(
        &self,
        policy: &CompiledPolicy,
        values: &[BoundValue],
        (layer, reason): (Layer, Reason),
        allowance: &Allowance,
        all: &mut Vec<Asking>,
    ) {
        let gate = &self.context.configuration.approvers;
        // Arguments that panic do so where the layer is asked as well, and then it is denied.
        let asked = || asking(policy, &self.request, values, allowance);
        let numbers = catch_unwind(AssertUnwindSafe(asked)).unwrap_or_default();
        all.extend(numbers.into_iter().filter_map(|number| {
            let stated = policy.requirement_of(number).map(|stated| stated.or(gate));
            Some(Asking {
                layer: Some(layer),
                name: policy.statement_id(number)?.as_str().to_owned(),
                said: String::new(),
                reason,
                requirement: stated.unwrap_or_else(|| gate.clone()),
            })
        }));
    }

    fn of_rules(&self, all: &mut Vec<Asking>) {
        let configuration = self.context.configuration;
        let context = self.rule_context();
        for NamedRule { name, rule, requirement, .. } in &configuration.rules {
            let verdict = catch_unwind(AssertUnwindSafe(|| rule.check(&context)));
            if let Ok(Verdict::RequireApproval(why)) = verdict {
                all.push(Asking {
                    layer: None,
                    name: name.as_str().to_owned(),
                    said: why.into_owned(),
                    reason: Reason::RuleApproval,
                    requirement: requirement.or(&configuration.approvers),
                });
            }
        }
    }

    /// A budget says nothing of who approves, so that is whoever approves for the gate.
    fn of_budgets(&self, all: &mut Vec<Asking>) {
        let (context, configuration) = (self.context, self.context.configuration);
        if context.moment.is_set_aside {
            return;
        }
        let Some(charges) = Charges::of(configuration, context.action, context.scope) else {
            return;
        };
        let counted = self.counted();
        if let Err((reason @ Reason::BudgetApproval, budget)) =
            charges.check(&counted, context.moment.ticks)
        {
            let name = budget.as_ref().map_or_else(String::new, |budget| budget.name().to_owned());
            let (layer, said) = (None, String::new());
            let requirement = configuration.approvers.clone();
            all.push(Asking { layer, name, said, reason, requirement });
        }
    }
}
