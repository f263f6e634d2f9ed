//! What a refusal says beside its reason: what is wrong with the call, and who of the audience was too much.

use super::configuration::Configuration;
use super::wall::Examined;
use crate::action::Action;
use crate::audit::Finding;
use crate::decision::{Because, Decision, Layer, Reason, Ruling};
use crate::scope::Scope;

impl<'s> Examined<'s> {
    /// The owned form of a finding. Only the two kinds of refusals that have more to say cost more. By reference, since what
    /// was examined is some hundred bytes.
    #[inline]
    pub(super) fn because(
        &mut self,
        finding: Finding<'s>,
        configuration: &'s Configuration,
        action: &Action<'s>,
        scope: &'s Scope,
    ) -> Because {
        let because = finding.into_because(std::mem::take(&mut self.said));
        match (finding.reason(), action.fault()) {
            (Reason::AudienceTooWide | Reason::GuardrailAudienceTooWide, _) => {
                self.too_wide(because, finding, configuration, action, scope)
            }
            (_, Some(fault)) => because.of_call(fault),
            _ => because,
        }
    }

    /// The decision that a finding is.
    #[inline]
    pub(super) fn decision(
        &mut self,
        finding: Finding<'s>,
        configuration: &'s Configuration,
        action: &Action<'s>,
        scope: &'s Scope,
    ) -> Decision {
        let because = self.because(finding, configuration, action, scope);
        match finding.ruling() {
            Ruling::Allow => Decision::Allow(because),
            Ruling::Hold => Decision::Hold(because),
            Ruling::Deny => Decision::Deny(because),
        }
    }

    #[cold]
    fn too_wide(
        &self,
        because: Because,
        finding: Finding<'_>,
        configuration: &Configuration,
        action: &Action<'_>,
        scope: &Scope,
    ) -> Because {
        let policy = match because.layer() {
            Some(Layer::Guardrails) => configuration.guardrails.as_deref(),
            Some(layer) => {
                let layers = scope.layers().iter();
                layers.into_iter().find(|one| one.layer == layer).map(|one| &*one.policy)
            }
            None => None,
        };
        let readers = policy.and_then(|policy| policy.readers_of(finding.statement()?));
        let who = readers.and_then(|readers| self.audience().beyond(readers, action.audience()));
        match who {
            Some(who) => because.beyond(who),
            None => because,
        }
    }
}
