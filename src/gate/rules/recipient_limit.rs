//! At most so many recipients.

use crate::gate::rule::{Rule, RuleContext, Verdict};

/// Denies what more than a number of people would see.
///
/// Groups and channels count with all their members. An audience whose size is not known (everybody
/// inside, anybody, a name that the directory does not know) is denied as well.
///
/// ```
/// use permitgate::Gate;
/// use permitgate::rules::RecipientLimit;
///
/// let gate = Gate::builder().rule("no-mass-mail", RecipientLimit::at_most(20)).build()?;
/// # Ok::<(), permitgate::gate::ConfigurationError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RecipientLimit {
    most: usize,
}

impl RecipientLimit {
    /// At most `most` people.
    pub const fn at_most(most: usize) -> Self {
        Self { most }
    }
}

impl Rule for RecipientLimit {
    fn check(&self, context: &RuleContext<'_>) -> Verdict {
        match context.audience().head_count() {
            Some(count) if count <= self.most => Verdict::Pass,
            Some(_) => Verdict::deny("it would reach more recipients than are allowed"),
            None => Verdict::deny("nobody knows how many it would reach"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::rules::tests::verdict;
    use crate::{Action, Audience};

    #[test]
    fn members_of_groups_are_counted() {
        let cases = [
            (Audience::Private, 1, true),
            (Audience::Private, 0, false),
            (Audience::recipients(&["lee@example.com", "dana@example.com"]), 2, true),
            (Audience::recipients(&["lee@example.com", "dana@example.com"]), 1, false),
            (Audience::Group("platform"), 2, true),
            (Audience::Group("platform"), 1, false),
            (Audience::recipients(&["platform", "sam@partner.example"]), 2, false),
            (Audience::recipients(&["nobody@nowhere.example"]), 100, false),
            (Audience::Internal, 100, false),
            (Audience::Public, usize::MAX, false),
            (Audience::Channel("general"), usize::MAX, false),
        ];
        for (audience, most, passes) in cases {
            let action = Action::create("mail.send", "mail/1").visible_to(audience);
            let verdict = verdict(&RecipientLimit::at_most(most), &action);
            assert_eq!(verdict == Verdict::Pass, passes, "{audience:?} with {most}");
        }
    }
}
