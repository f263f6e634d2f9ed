//! Private data, untrusted input, and a way out: any two are fine, all three are a trap.

use std::borrow::Cow;

use crate::directory::ReaderSet;
use crate::gate::rule::{Rule, RuleContext, Verdict};
use crate::model::audience::Readers;

/// Stops what would carry private data out after strangers could give instructions.
///
/// A session that has read something confidential, and something that outsiders can write, can be talked into
/// sending the one to the author of the other. DecisionBasis this rule such a session reaches nobody beyond the inner
/// circle without a person's approval, or not at all, even where the labels alone would let it.
///
/// ```
/// use permitgate::Gate;
/// use permitgate::model::Readers;
/// use permitgate::rules::NoWayOut;
///
/// let gate = Gate::builder()
///     .rule("no-way-out", NoWayOut::beyond(Readers::internal()).unless_approved())
///     .build()?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct NoWayOut {
    circle: ReaderSet,
    holds: bool,
}

const WHY: Cow<'static, str> =
    Cow::Borrowed("private data and a stranger's words were read before, and this leads out");

impl NoWayOut {
    /// Denies what reaches anybody outside of `circle`.
    pub fn beyond(circle: impl Into<Readers>) -> Self {
        Self { circle: ReaderSet::new(&circle.into()), holds: false }
    }

    /// A person may approve it.
    #[must_use]
    pub fn unless_approved(mut self) -> Self {
        self.holds = true;
        self
    }
}

impl Rule for NoWayOut {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        let trapped = context.is_untrusted() && context.is_confined();
        let audience = context.audience();
        if !trapped || audience.is_private() || audience.is_within_set(&self.circle) {
            Verdict::Pass
        } else if self.holds {
            Verdict::RequireApproval(WHY)
        } else {
            Verdict::Deny(WHY)
        }
    }
}
