//! What exactly a person is asked to approve, as digests: worked out when somebody is asked, and when what is held may have been
//! approved.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::configuration::Configuration;
use super::context::{CallDigests, DecisionContext};
use crate::authority::scope::{Scope, ScopeLayer};
use crate::base::content::ContentDigest;
use crate::directory::ResolvedAudience;
use crate::model::action::{Action, ActionDigest};
use crate::state::approval::{RequestDigest, Subject};

const CONFIGURATION: &[u8] = b"permitgate/configuration/1\0";

impl DecisionContext<'_, '_> {
    /// Of the whole call, worked out once. `None` where it has none: its arguments contradict themselves, or what is bound could not
    /// be learned.
    pub(super) fn digests(&self) -> Option<&CallDigests> {
        let call = self.call;
        let digests = || self.digests_of(call.actions, call.tool).map(Box::new);
        call.digests.get_or_init(digests).as_deref()
    }

    /// Of some actions as one call.
    pub(super) fn digests_of(
        &self,
        actions: &[Action<'_>],
        tool: Option<[u8; 32]>,
    ) -> Option<CallDigests> {
        let Self { configuration, scope, .. } = self;
        // In the order in which they begin: what reads comes first.
        let (reads, others) = (actions.iter().filter(|one| one.reads()), actions.iter());
        let in_order = reads.chain(others.filter(|one| !one.reads()));
        let each = in_order.map(|action| reaching(action, configuration, scope));
        let actions: Vec<_> = each.collect::<Option<_>>()?;
        let bound = self.bound()?;
        let bound: Vec<(&str, &[&str])> =
            bound.iter().map(|(name, values)| (*name, &**values)).collect();
        let lineage = scope.capability().lineage_digests();
        let subject = Subject {
            actions: &actions,
            tool,
            invoker: scope.invoker(),
            agent: scope.agent(),
            bound: &bound,
            lineage: lineage.last().copied()?,
            configuration: configuration.digest()?,
        };
        let root = lineage.first()?;
        Some(CallDigests {
            call: RequestDigest::of(&subject),
            matter: RequestDigest::of_matter(&subject, root),
        })
    }

    /// What is bound to the names that the lineage uses, beside invoker and agent.
    fn bound(&self) -> Option<Vec<(&str, Vec<&str>)>> {
        let Self { scope, moment, .. } = self;
        let answered = moment.owned.as_deref();
        let mut bound: Vec<(&str, Vec<&str>)> = Vec::new();
        for (place, ScopeLayer { policy, values, .. }) in scope.layers().iter().enumerate() {
            let values = answered.and_then(|answered| answered.layer(place)).unwrap_or(values);
            let values = values.values().iter().skip(scope.always_bound().len());
            for (name, value) in policy.bound_names().iter().zip(values) {
                if bound.iter().all(|(known, _)| *known != &**name) {
                    bound.push((name, value.texts()?));
                }
            }
        }
        bound.sort_unstable();
        Some(bound)
    }
}

/// The digest of an action, and of the people whom it reaches.
fn reaching(
    action: &Action<'_>,
    configuration: &Configuration,
    scope: &Scope,
) -> Option<(ActionDigest, [u8; 32])> {
    let mut audience = ResolvedAudience::new(&configuration.directory, scope.invoker_name());
    audience.resolve(action.audience()).ok()?;
    // The view is the user's.
    let digest = catch_unwind(AssertUnwindSafe(|| ActionDigest::of(action))).ok()?.ok()?;
    Some((digest, audience.digest()))
}

impl Configuration {
    /// What tells it from every configuration that asks something else: guardrails, rules with their versions, and who approves.
    fn digest(&self) -> Option<[u8; 32]> {
        let mut digest = ContentDigest::new(CONFIGURATION);
        digest.add(&self.guardrails.as_ref().map(|policy| policy.digest()));
        digest.add(&self.rules.len());
        for rule in &self.rules {
            // The rule is the user's.
            let version = catch_unwind(AssertUnwindSafe(|| rule.rule.version())).ok()?;
            // One that says no version is as good as another one each time that it is added.
            let number = if version == 0 { rule.number } else { 0 };
            digest.add(&(rule.name.as_str(), version, number));
            rule.requirement.add_to(&mut digest);
        }
        self.approvers.add_to(&mut digest);
        Some(digest.finish())
    }
}
