//! Rules that everybody wants, ready to be added to a gate.

mod audience_within;
mod irreversible_needs_approval;
mod no_way_out;
mod recipient_limit;
mod unverified_advice;

pub use audience_within::AudienceWithin;
pub use irreversible_needs_approval::IrreversibleNeedsApproval;
pub use no_way_out::NoWayOut;
pub use recipient_limit::RecipientLimit;
pub use unverified_advice::UnverifiedAdvice;

#[cfg(test)]
mod tests {
    use crate::directory::{JoinPolicy, ResolvedAudience};
    use crate::gate::RuleContext;
    use crate::model::Operations;
    use crate::time::Timestamp;
    use crate::*;

    /// What `rule` says of `action`, done for Dana in a small organisation.
    pub(super) fn verdict(rule: &dyn Rule, action: &Action<'_>) -> Verdict {
        let directory = Directory::builder()
            .organisation_domain("example.com")
            .principal("dana@example.com")
            .principal("lee@example.com")
            .principal("sam@partner.example")
            .group("platform", ["dana@example.com", "lee@example.com"])
            .channel("general", JoinPolicy::Internal, ["platform"])
            .build()
            .unwrap();
        let permit = Statement::permit("all").operations(Operations::ALL).resources(["**"]);
        let capability = Capability::root(Policy::new([permit]).unwrap(), ambient_authority());
        let scope =
            Scope::builder(&capability).invoker("dana@example.com").agent("a").build().unwrap();
        let mut audience = ResolvedAudience::new(&directory, scope.invoker_name());
        audience.resolve(action.audience()).unwrap();
        let now = Timestamp::MIN;
        let (untrusted, confined) = (false, false);
        let audience = &audience;
        rule.check(&RuleContext { action, scope: &scope, audience, now, untrusted, confined })
    }
}
