//! Nothing wider than the invoker, unless granted.

use std::collections::HashMap;

use crate::directory::ReaderSet;
use crate::gate::rule::{Rule, RuleContext, Verdict};
use crate::model::audience::Readers;

/// Denies every audience that reaches beyond some readers, with wider ones for named tools.
///
/// Use it as the last line against an answer that goes to too many, whatever the policies say.
///
/// ```
/// use permitgate::rules::AudienceWithin;
/// use permitgate::Gate;
/// use permitgate::model::Readers;
///
/// let gate = Gate::builder()
///     .rule("private-unless-granted", AudienceWithin::the_invoker().except("forum.announce", Readers::internal()))
///     .build()?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AudienceWithin {
    readers: ReaderSet,
    granted: HashMap<String, ReaderSet>,
}

impl AudienceWithin {
    /// Nothing wider than the person on whose behalf the agent acts.
    pub fn the_invoker() -> Self {
        Self::readers(&Readers::invoker())
    }

    /// Nothing wider than these readers.
    pub fn readers(readers: &Readers) -> Self {
        Self { readers: ReaderSet::new(readers), granted: HashMap::new() }
    }

    /// For one tool, by its exact name, these readers count instead.
    #[must_use]
    pub fn except(mut self, tool: impl Into<String>, readers: Readers) -> Self {
        self.granted.insert(tool.into(), ReaderSet::new(&readers));
        self
    }
}

impl Rule for AudienceWithin {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        let readers = self.granted.get(context.action().tool()).unwrap_or(&self.readers);
        if context.audience().is_within_set(readers) {
            Verdict::Pass
        } else {
            Verdict::deny("the audience is wider than what this tool was granted")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::rules::tests::verdict;
    use crate::{Action, Audience};

    #[test]
    fn only_the_granted_tool_reaches_further() {
        let rule = AudienceWithin::the_invoker().except("announce", Readers::internal());
        let cases = [
            ("reply", Audience::Private, true),
            ("reply", Audience::recipients(&["dana@example.com"]), true),
            ("reply", Audience::recipients(&["lee@example.com"]), false),
            ("reply", Audience::Internal, false),
            ("announce", Audience::Internal, true),
            ("announce", Audience::Public, false),
            ("announce ", Audience::Internal, false),
        ];
        for (tool, audience, passes) in cases {
            let action = Action::create(tool, "forum/1").visible_to(audience);
            assert_eq!(verdict(&rule, &action) == Verdict::Pass, passes, "{tool} {audience:?}");
        }
    }
}
