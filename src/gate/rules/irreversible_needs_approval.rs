//! Irreversible operations need approval.

use std::collections::HashSet;

use crate::gate::rule::{Rule, RuleContext, Verdict};
use crate::model::action::Reversibility;

/// Holds every action that cannot be undone until a person approves it.
///
/// A write counts as irreversible unless its author called [`Action::reversible`](crate::Action::reversible).
///
/// ```
/// use permitgate::Gate;
/// use permitgate::rules::IrreversibleNeedsApproval;
///
/// let gate = Gate::builder()
///     .rule("ask-before-the-irreversible", IrreversibleNeedsApproval::new().except("chat.answer"))
///     .build()?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct IrreversibleNeedsApproval {
    exempt: HashSet<String>,
}

impl IrreversibleNeedsApproval {
    /// For every tool.
    pub fn new() -> Self {
        Self::default()
    }

    /// For every tool but this one, by its exact name.
    #[must_use]
    pub fn except(mut self, tool: impl Into<String>) -> Self {
        self.exempt.insert(tool.into());
        self
    }
}

impl Rule for IrreversibleNeedsApproval {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        let action = context.action();
        if action.reversibility() == Reversibility::Reversible
            || self.exempt.contains(action.tool())
        {
            Verdict::Pass
        } else {
            Verdict::require_approval("it cannot be undone")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Action;
    use crate::gate::rules::tests::verdict;

    #[test]
    fn what_nobody_called_reversible_is_held() {
        let rule = IrreversibleNeedsApproval::new().except("chat.answer");
        assert_eq!(verdict(&rule, &Action::read("mail.read", "mail/1")), Verdict::Pass);
        assert_ne!(
            verdict(&rule, &Action::read("mail.pop", "mail/1").irreversible()),
            Verdict::Pass
        );
        assert_ne!(verdict(&rule, &Action::delete("mail.delete", "mail/1")), Verdict::Pass);
        assert_eq!(
            verdict(&rule, &Action::delete("mail.trash", "mail/1").reversible()),
            Verdict::Pass
        );
        assert_eq!(verdict(&rule, &Action::create("chat.answer", "chat/1")), Verdict::Pass);
    }
}
