//! What rests on an agent's unverified advice needs somebody else's approval.

use crate::flow::stamp::Stamps;
use crate::gate::rule::{Rule, RuleContext, Verdict};
use crate::model::action::Operation;

/// Holds consequential actions of a session that has read what an agent wrote and nobody has verified.
///
/// Consequential is whatever deletes, runs, shares or administers. The approval must come from somebody other than
/// the requester, as approvals always must. Once a person has verified the content
/// ([`Stamps::verify`](crate::flow::Stamps::verify)), the action passes.
///
/// ```
/// use permitgate::Gate;
/// use permitgate::flow::Stamps;
/// use permitgate::rules::UnverifiedAdvice;
///
/// let stamps = Stamps::new();
/// let gate = Gate::builder()
///     .rule("unverified-advice", UnverifiedAdvice::new(&stamps))
///     .build()?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UnverifiedAdvice {
    stamps: Stamps,
}

impl UnverifiedAdvice {
    /// Goes by what these stamps say is verified, at the moment of each decision.
    pub fn new(stamps: &Stamps) -> Self {
        Self { stamps: stamps.clone() }
    }
}

impl Rule for UnverifiedAdvice {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        let consequential = match context.action().operation() {
            Operation::Read | Operation::Create | Operation::Update => false,
            Operation::Delete | Operation::Execute | Operation::Share | Operation::Administer => {
                true
            }
        };
        if !consequential || context.scope().session().cites_only_verified(&self.stamps) {
            Verdict::Pass
        } else {
            Verdict::require_approval(
                "it rests on what an agent wrote and nobody has verified; somebody other than its requester must approve it",
            )
        }
    }
}
