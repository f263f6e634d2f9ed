//! Who must approve what is held, how many of them, and within which time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::base::limits::{
    DEFAULT_DECIDE_WITHIN_SECS, DEFAULT_USE_WITHIN_SECS, MAX_APPROVALS, MAX_APPROVERS,
};
use crate::base::name::{NameFault, check_name};

/// Who may approve.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Approver {
    /// One person, by a name that the directory knows.
    Person(Arc<str>),
    /// Everybody in a group of the directory.
    Group(Arc<str>),
    /// The person on whose behalf the agent acts. Nobody counts as the invoker who is only named or in a group.
    Invoker,
}

impl Approver {
    /// One person.
    pub(crate) fn person(name: impl Into<Arc<str>>) -> Self {
        Self::Person(name.into())
    }

    /// Everybody in a group.
    pub(crate) fn group(name: impl Into<Arc<str>>) -> Self {
        Self::Group(name.into())
    }
}

/// What lifts a hold: so many of these people, in time.
///
/// Those of several statements and layers add up: each must be met, and one vote counts once in each. The agent that asks
/// never counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[must_use = "a requirement asks nobody before it is part of a statement or a gate"]
pub(crate) struct Requirement {
    pub(crate) by: Vec<Approver>,
    pub(crate) approvals: u8,
    pub(crate) decide_within: Duration,
    pub(crate) use_within: Duration,
}

impl Requirement {
    /// One of these.
    pub(crate) fn by(approvers: impl IntoIterator<Item = Approver>) -> Self {
        // One more than there may be, so that too many are seen and no more are kept.
        let by = approvers.into_iter().take(MAX_APPROVERS + 1).collect();
        Self {
            by,
            approvals: 1,
            decide_within: Duration::from_secs(DEFAULT_DECIDE_WITHIN_SECS),
            use_within: Duration::from_secs(DEFAULT_USE_WITHIN_SECS),
        }
    }

    /// So many of them, each another person.
    pub(crate) fn approvals(mut self, count: u8) -> Self {
        self.approvals = count;
        self
    }

    /// They decide within this time; after that it must be asked for again. An hour unless said otherwise.
    pub(crate) fn decide_within(mut self, span: Duration) -> Self {
        self.decide_within = span;
        self
    }

    /// The approved effect begins within this time; after that it must be asked for again. Ten minutes unless said otherwise.
    pub(crate) fn use_within(mut self, span: Duration) -> Self {
        self.use_within = span;
        self
    }

    /// Whether somebody can meet it.
    pub(crate) fn check(&self) -> Result<(), RequirementFault> {
        if self.by.is_empty() {
            return Err(RequirementFault::Nobody);
        }
        if self.by.len() > MAX_APPROVERS {
            return Err(RequirementFault::TooMany);
        }
        for approver in &self.by {
            match approver {
                Approver::Person(name) | Approver::Group(name) => {
                    check_name(name).map_err(RequirementFault::Name)?;
                }
                Approver::Invoker => {}
            }
        }
        if self.approvals == 0 || self.approvals > MAX_APPROVALS {
            return Err(RequirementFault::Approvals);
        }
        let people = self.by.iter().filter(|one| !matches!(one, Approver::Group(_)));
        let is_closed = !self.by.iter().any(|one| matches!(one, Approver::Group(_)));
        if is_closed && people.collect::<BTreeSet<_>>().len() < self.approvals.into() {
            return Err(RequirementFault::TooFew);
        }
        if self.decide_within.as_millis() == 0 || self.use_within.as_millis() == 0 {
            return Err(RequirementFault::NoTime);
        }
        Ok(())
    }
}

/// Why a requirement cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequirementFault {
    #[error("it names nobody who may approve")]
    Nobody,
    #[error("it names more than {MAX_APPROVERS} approvers; make a group of them")]
    TooMany,
    #[error("an approver: {0}")]
    Name(NameFault),
    #[error("it asks for none, or for more than {MAX_APPROVALS} approvals")]
    Approvals,
    #[error("it asks for more approvals than it names people")]
    TooFew,
    #[error("it leaves no time; `decide_within` and `use_within` are at least a millisecond")]
    NoTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_that_nobody_can_meet_is_refused() {
        let lee = || Approver::person("lee");
        let fault = |requirement: Requirement| requirement.check().unwrap_err();
        assert_eq!(Requirement::by([lee(), Approver::Invoker]).approvals(2).check(), Ok(()));
        assert_eq!(Requirement::by([Approver::group("leads")]).approvals(9).check(), Ok(()));
        assert_eq!(fault(Requirement::by([])), RequirementFault::Nobody);
        assert_eq!(fault(Requirement::by([lee(), lee()]).approvals(2)), RequirementFault::TooFew);
        assert_eq!(fault(Requirement::by([lee()]).approvals(0)), RequirementFault::Approvals);
        let many = (0..=MAX_APPROVERS).map(|n| Approver::person(n.to_string()));
        assert_eq!(fault(Requirement::by(many)), RequirementFault::TooMany);
        assert!(matches!(fault(Requirement::by([Approver::group("")])), RequirementFault::Name(_)));
        let no_time = Requirement::by([lee()]).use_within(Duration::ZERO);
        assert_eq!(fault(no_time), RequirementFault::NoTime);
    }
}
