//! What a decision says beside its reason: who determined it, what is wrong with the call or the resource, and who of the audience was too much.

use super::context::DecisionContext;
use super::evaluation::{PreparedAction, exposes};
use crate::authority::ownership::Ownerships;
use crate::decision::{Decision, Excess, Grounds, Layer, Reason, Ruling};
use crate::directory::ResolvedAudience;
use crate::record::PackedDecision;

/// The guard that asks budgets.
const BUDGETS: u8 = Reason::BudgetSpent.guard();

impl<'s> PreparedAction<'s> {
    /// The owned form of a finding, as `form` takes it.
    ///
    /// Most findings name a statement or nothing. Those are made of values in registers, so that they are written once, where
    /// the caller wants them; moved on in memory, they would be read in wider pieces than they were written in, and that
    /// waits (store-to-load forwarding fails).
    #[inline(always)]
    pub(super) fn grounds<T>(
        &mut self,
        finding: PackedDecision<'s>,
        context: &DecisionContext<'_, 's>,
        form: impl Fn(Grounds) -> T,
    ) -> T {
        if finding.says_all() && context.action.fault().is_none() {
            return form(finding.grounds());
        }
        if finding.reason().is_too_wide()
            && let Some(who) = ResolvedAudience::beyond_as_a_whole(context.action.audience())
        {
            return form(finding.grounds_of_audience(who));
        }
        form(self.in_full(finding, context))
    }

    /// The decision that a finding is.
    #[inline(always)]
    pub(super) fn decision(
        &mut self,
        finding: PackedDecision<'s>,
        context: &DecisionContext<'_, 's>,
    ) -> Decision {
        match finding.ruling() {
            Ruling::Allow => Decision::Allow(finding.grounds()),
            Ruling::Hold => self.grounds(finding, context, Decision::Hold),
            Ruling::Deny => self.grounds(finding, context, Decision::Deny),
        }
    }

    #[cold]
    #[inline(never)]
    fn in_full(
        &mut self,
        finding: PackedDecision<'s>,
        context: &DecisionContext<'_, 's>,
    ) -> Grounds {
        match context.action.fault() {
            Some(fault) => Grounds::of_call(finding.reason(), fault),
            None if finding.reason().guard() == BUDGETS => match self.budget.take() {
                Some(budget) => Grounds::of_budget(finding.reason(), budget),
                None => finding.grounds(),
            },
            None if finding.reason() == Reason::MalformedResource => {
                match self.path.read(context.action.resource()) {
                    Err(error) => Grounds::of_resource(finding.reason(), error),
                    Ok(()) => finding.grounds(),
                }
            }
            None if finding.is_about_audience() => match self.who(finding, context) {
                Some(who) => finding.grounds_of_audience(who),
                None => finding.grounds(),
            },
            None if finding.name().is_some() => of_name(finding, context),
            None => finding.grounds_of_rule(std::mem::take(&mut self.said)),
        }
    }

    /// Who of the audience is too much, of a finding about who is in it.
    #[cold]
    #[inline(never)]
    pub(super) fn who(
        &mut self,
        finding: PackedDecision<'_>,
        context: &DecisionContext<'_, 's>,
    ) -> Option<Excess> {
        if context.action.fault().is_some() || finding.reason().guard() == BUDGETS {
            return None;
        }
        if self.who.is_none() {
            self.who = match finding.reason() {
                Reason::BeyondReaders => self.may_not_see(context),
                _ => self.not_granted(finding, context),
            };
        }
        self.who
    }

    /// Why guard 6 says no, with whom it says so for.
    pub(super) fn flow_grounds(
        &self,
        reason: Reason,
        context: &DecisionContext<'_, 's>,
    ) -> Grounds {
        let who = if reason == Reason::BeyondReaders { self.may_not_see(context) } else { None };
        match who {
            Some(who) => Grounds::of_audience(reason, None, None, who),
            None => Grounds::new(reason),
        }
    }

    /// For what a statement grants, or where it restricts a wider audience only.
    fn not_granted(
        &self,
        finding: PackedDecision<'_>,
        context: &DecisionContext<'_, '_>,
    ) -> Option<Excess> {
        let policy = match finding.layer()? {
            Layer::Guardrails => context.configuration.guardrails.as_deref()?,
            layer => {
                let layers = context.scope.layers().iter();
                layers.into_iter().find(|one| one.layer == layer).map(|one| &*one.policy)?
            }
        };
        let id = finding.statement()?;
        let is_too_wide = finding.reason().is_too_wide();
        let readers = if is_too_wide { policy.readers_of(id) } else { policy.beyond_of(id) };
        self.audience.beyond(readers?, context.action.audience())
    }

    /// For what the session has read, what the action's own resource holds, and what the same call reads beside it, in the order
    /// in which guard 6 asks.
    fn may_not_see(&self, context: &DecisionContext<'_, '_>) -> Option<Excess> {
        let DecisionContext { configuration, action, scope, siblings, .. } = *context;
        let (resolved, audience) = (&self.audience, action.audience());
        let of_resource = || {
            let labels = configuration.labels.as_ref();
            let labels = labels.filter(|_| exposes(action.operation()))?;
            labels.beyond(&self.path, scope.always_bound(), resolved, audience)
        };
        let of_siblings = || siblings?.beyond(configuration, scope, resolved, audience);
        scope.session().beyond(resolved, audience).or_else(of_resource).or_else(of_siblings)
    }
}

/// With the bound name that it is about, and why its set could not be learned where that is it.
fn of_name(finding: PackedDecision<'_>, context: &DecisionContext<'_, '_>) -> Grounds {
    let mut layers = context.scope.layers().iter();
    let layer = layers.find(|one| Some(one.layer) == finding.layer());
    let name = layer.zip(finding.name()).and_then(|(layer, name)| layer.policy.bound_name(name));
    let Some(name) = name else { return finding.grounds() };
    let sets = context.moment.owned.as_deref().map_or(&[][..], Ownerships::sets);
    let error = sets.iter().find(|set| set.name == *name).and_then(|set| set.values.as_ref().err());
    finding.grounds().about_name(name.clone(), error.cloned())
}
