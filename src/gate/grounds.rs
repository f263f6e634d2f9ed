//! What a decision says beside its reason: who determined it, what is wrong with the call, and who of the audience was too much.

use super::context::DecisionContext;
use super::evaluation::PreparedAction;
use crate::authority::ownership::Ownerships;
use crate::decision::{Decision, Grounds, Layer, Ruling};
use crate::directory::ResolvedAudience;
use crate::record::PackedDecision;

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
            && let Some(grounds) = finding.grounds_of_readers(who)
        {
            return form(grounds);
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
            None if finding.is_about_audience() => self.too_wide(finding, context),
            None if finding.name().is_some() => of_name(finding, context),
            None => finding.grounds_of_rule(std::mem::take(&mut self.said)),
        }
    }

    /// With who of the audience is too much: for what a statement grants, or where it restricts a wider audience only.
    fn too_wide(&self, finding: PackedDecision<'_>, context: &DecisionContext<'_, '_>) -> Grounds {
        let policy = match finding.layer() {
            Some(Layer::Guardrails) => context.configuration.guardrails.as_deref(),
            Some(layer) => {
                let layers = context.scope.layers().iter();
                layers.into_iter().find(|one| one.layer == layer).map(|one| &*one.policy)
            }
            None => None,
        };
        let readers = policy.zip(finding.statement()).and_then(|(policy, id)| {
            if finding.reason().is_too_wide() {
                policy.readers_of(id)
            } else {
                policy.beyond_of(id)
            }
        });
        let who =
            readers.and_then(|readers| self.audience.beyond(readers, context.action.audience()));
        who.and_then(|who| finding.grounds_of_readers(who)).unwrap_or_else(|| finding.grounds())
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
