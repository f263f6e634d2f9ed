//! Who must approve what is held, how many of them, and within which time.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::codes::fault_table;
use crate::base::content::ContentDigest;
use crate::base::forms::{one_or_many, stated};
use crate::base::limits::{
    DEFAULT_DECIDE_WITHIN_SECS, DEFAULT_USE_WITHIN_SECS, MAX_APPROVALS, MAX_APPROVERS,
};
use crate::base::name::{NameFault, check_name};
use crate::base::span::Span;
use crate::base::visible::visible;

/// Who may approve.
///
/// As a text it is `invoker`, `principal:NAME` or `group:NAME`, as a [`Reader`](crate::model::Reader) is.
///
/// ```
/// use permitgate::authority::Approver;
///
/// assert_eq!("group:leads".parse(), Ok(Approver::group("leads")));
/// assert_eq!(Approver::principal("lee@example.com").to_string(), "principal:lee@example.com");
/// assert!("leads".parse::<Approver>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Approver {
    /// One person, by a name that the gate's directory knows.
    Principal(Arc<str>),
    /// Everybody in a group of the directory, as it is when they vote and when the approval is used.
    Group(Arc<str>),
    /// The person on whose behalf the agent acts. Nobody counts as the invoker who is only named or in a group.
    Invoker,
}

impl Approver {
    /// One person.
    pub fn principal(name: impl Into<Arc<str>>) -> Self {
        Self::Principal(name.into())
    }

    /// Everybody in a group.
    pub fn group(name: impl Into<Arc<str>>) -> Self {
        Self::Group(name.into())
    }
}

impl fmt::Display for Approver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invoker => f.write_str("invoker"),
            Self::Principal(name) => write!(f, "principal:{name}"),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

impl FromStr for Approver {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let approver = match text.split_once(':') {
            None if text == "invoker" => Self::Invoker,
            Some(("principal", name)) => Self::principal(name),
            Some(("group", name)) => Self::group(name),
            _ => return Err(Fault::Approver(text.into()).into()),
        };
        approver.check()?;
        Ok(approver)
    }
}

impl Serialize for Approver {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Approver {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = crate::base::forms::text(deserializer, "by")?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Approver {
    fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Principal(name) | Self::Group(name) => check_name(name).map_err(Fault::Name),
            Self::Invoker => Ok(()),
        }
    }
}

/// What lifts a hold: so many of these people, in time.
///
/// A statement, a rule or a gate has one. Where it does not say who, how many or how long, what the
/// [gate](crate::gate::GateBuilder::approvers) says counts, apart from how many where it does say who; where that says nothing either,
/// nobody can approve. Those of several
/// statements and layers add up: each must be met, and one vote counts once in each. The agent that asks never counts, and the
/// invoker only where [`Approver::Invoker`] is named.
///
/// ```
/// use permitgate::authority::{Approver, Requirement};
/// use std::time::Duration;
///
/// let two_leads = Requirement::by([Approver::group("leads")])
///     .approvals(2)
///     .decide_within(Duration::from_secs(30 * 60))
///     .use_within(Duration::from_secs(5 * 60));
/// assert!(two_leads.check().is_ok());
/// let nobody = Requirement::by([Approver::principal("lee")]).approvals(2).check().unwrap_err();
/// assert_eq!(nobody.to_string(), "approval: it asks for more approvals than it names people");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "a requirement asks nobody before it is part of a statement, a rule or a gate"]
pub struct Requirement {
    #[serde(default, deserialize_with = "approvers", skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<Vec<Approver>>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) approvals: Option<u8>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) decide_within: Option<Span>,
    #[serde(default, deserialize_with = "stated", skip_serializing_if = "Option::is_none")]
    pub(crate) use_within: Option<Span>,
}

/// One approver, or a list of them.
pub(crate) fn approvers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<Approver>>, D::Error> {
    let expected = "an approver such as `invoker` or `group:leads`, or a list of approvers";
    one_or_many(deserializer, expected).map(Some)
}

impl Requirement {
    /// Whoever approves for the gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// One of these.
    pub fn by(approvers: impl IntoIterator<Item = Approver>) -> Self {
        // One more than there may be, so that too many are seen and no more are kept.
        let by = approvers.into_iter().take(MAX_APPROVERS + 1).collect();
        Self { by: Some(by), ..Self::default() }
    }

    /// So many of them, each another person. One unless it is said.
    pub fn approvals(mut self, count: u8) -> Self {
        self.approvals = Some(count);
        self
    }

    /// They decide within this time; after that it must be asked for again. An hour unless it is said. Whole milliseconds count.
    pub fn decide_within(mut self, span: Duration) -> Self {
        self.decide_within = Some(Span(span));
        self
    }

    /// The approved effect begins within this time; after that it must be asked for again. Ten minutes unless it is said. Whole
    /// milliseconds count.
    pub fn use_within(mut self, span: Duration) -> Self {
        self.use_within = Some(Span(span));
        self
    }

    /// Who may approve; empty where it does not say.
    pub fn approvers(&self) -> &[Approver] {
        self.by.as_deref().unwrap_or_default()
    }

    /// How many must.
    pub fn count(&self) -> u8 {
        self.approvals.unwrap_or(1)
    }

    /// How long they may take.
    pub fn decision_time(&self) -> Duration {
        self.decide_within
            .map_or(Duration::from_secs(DEFAULT_DECIDE_WITHIN_SECS), |Span(span)| span)
    }

    /// How long an approval can be used.
    pub fn use_time(&self) -> Duration {
        self.use_within.map_or(Duration::from_secs(DEFAULT_USE_WITHIN_SECS), |Span(span)| span)
    }

    /// With what `gate` says where this says nothing. How many of the gate's approvers must approve is nothing that is said of others.
    pub(crate) fn or(&self, gate: &Self) -> Self {
        let of_gate = gate.approvals.filter(|_| self.by.is_none());
        Self {
            by: self.by.clone().or_else(|| gate.by.clone()),
            approvals: self.approvals.or(of_gate),
            decide_within: self.decide_within.or(gate.decide_within),
            use_within: self.use_within.or(gate.use_within),
        }
    }

    /// As a part of what is approved.
    pub(crate) fn add_to(&self, digest: &mut ContentDigest) {
        let Self { by, approvals, decide_within, use_within } = self;
        digest.add(&(by, approvals, decide_within, use_within));
    }

    /// Checks that somebody can meet it, as far as its own form tells: whoever loads or edits one asks this.
    ///
    /// # Errors
    /// [`RequirementError`] when it names nobody or too many, a name is malformed, it asks for more people than it names, or leaves
    /// no time.
    pub fn check(&self) -> Result<(), RequirementError> {
        Ok(self.checked()?)
    }

    fn checked(&self) -> Result<(), Fault> {
        if let Some(by) = &self.by {
            if by.is_empty() {
                return Err(Fault::Nobody);
            }
            if by.len() > MAX_APPROVERS {
                return Err(Fault::TooMany);
            }
            by.iter().try_for_each(Approver::check)?;
        }
        if self.count() == 0 || self.count() > MAX_APPROVALS {
            return Err(Fault::Approvals);
        }
        let is_closed = !self.approvers().iter().any(|one| matches!(one, Approver::Group(_)));
        let people: BTreeSet<_> = self.approvers().iter().collect();
        if self.by.is_some() && is_closed && people.len() < self.count().into() {
            return Err(Fault::TooFew);
        }
        if self.decision_time().as_millis() == 0 {
            return Err(Fault::NoDecisionTime);
        }
        if self.use_time().as_millis() == 0 {
            return Err(Fault::NoUseTime);
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of ", self.count())?;
        match self.approvers() {
            [] => f.write_str("the gate's approvers"),
            approvers => approvers.iter().enumerate().try_for_each(|(place, approver)| {
                let before = if place > 0 { ", " } else { "" };
                match approver {
                    Approver::Invoker => write!(f, "{before}the invoker"),
                    Approver::Principal(name) => write!(f, "{before}`{}`", visible(name)),
                    Approver::Group(name) => write!(f, "{before}the group `{}`", visible(name)),
                }
            }),
        }
    }
}

/// Why a requirement cannot be used.
///
/// ```
/// use permitgate::authority::Requirement;
/// use permitgate::kinds::RequirementErrorKind;
///
/// let error = Requirement::by([]).check().unwrap_err();
/// assert_eq!(error.kind(), RequirementErrorKind::NoApprover);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("approval: {0}")]
pub struct RequirementError(#[from] Fault);

impl RequirementError {
    /// What is wrong, as a code.
    pub const fn kind(&self) -> RequirementErrorKind {
        self.0.kind()
    }

    /// The key of a statement, or of the approvers of a file, that is at fault.
    pub const fn field(&self) -> &'static str {
        self.0.kind().field()
    }
}

fault_table! {
    /// What is wrong with a requirement ([`RequirementError::kind`](crate::authority::RequirementError::kind)).
    pub enum RequirementErrorKind;

    #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
    enum Fault {
        #[error(
            "`{}` is no approver (known: invoker, principal:NAME, group:NAME)",
            visible(.0)
        )]
        Approver(Box<str>) => UnknownApprover, "unknown-approver",
        #[error("it names nobody who may approve; name somebody, or leave that to the gate")]
        Nobody => NoApprover, "no-approver",
        #[error("it names more than {MAX_APPROVERS} approvers; make a group of them")]
        TooMany => TooManyApprovers, "too-many-approvers",
        #[error("an approver: {0}")]
        Name(NameFault) => MalformedApprover, "malformed-approver",
        #[error("it asks for none, or for more than {MAX_APPROVALS} approvals")]
        Approvals => WrongCount, "wrong-approval-count",
        #[error("it asks for more approvals than it names people")]
        TooFew => TooFewApprovers, "too-few-approvers",
        #[error("it leaves no time to decide; `decide_within` is at least a millisecond")]
        NoDecisionTime => NoDecisionTime, "no-decision-time",
        #[error("it leaves no time to use it; `use_within` is at least a millisecond")]
        NoUseTime => NoUseTime, "no-use-time",
    }
}

impl RequirementErrorKind {
    /// The key of a statement that is at fault.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::UnknownApprover
            | Self::NoApprover
            | Self::TooManyApprovers
            | Self::MalformedApprover => "by",
            Self::WrongCount | Self::TooFewApprovers => "approvals",
            Self::NoDecisionTime => "decide_within",
            Self::NoUseTime => "use_within",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_that_nobody_can_meet_is_refused() {
        let lee = || Approver::principal("lee");
        let fault = |requirement: Requirement| requirement.check().unwrap_err().kind();
        assert_eq!(Requirement::new().approvals(2).check(), Ok(()));
        assert_eq!(Requirement::by([lee(), Approver::Invoker]).approvals(2).check(), Ok(()));
        assert_eq!(Requirement::by([Approver::group("leads")]).approvals(9).check(), Ok(()));
        assert_eq!(fault(Requirement::by([])), RequirementErrorKind::NoApprover);
        let twice = Requirement::by([lee(), lee()]).approvals(2);
        assert_eq!(fault(twice), RequirementErrorKind::TooFewApprovers);
        assert_eq!(fault(Requirement::by([lee()]).approvals(0)), RequirementErrorKind::WrongCount);
        let many = (0..=MAX_APPROVERS).map(|n| Approver::principal(n.to_string()));
        assert_eq!(fault(Requirement::by(many)), RequirementErrorKind::TooManyApprovers);
        let odd = Requirement::by([Approver::group("")]);
        assert_eq!(fault(odd), RequirementErrorKind::MalformedApprover);
        let no_time = Requirement::by([lee()]).use_within(Duration::ZERO);
        assert_eq!(fault(no_time), RequirementErrorKind::NoUseTime);
    }

    #[test]
    fn what_is_not_said_is_the_gates() {
        let gate = Requirement::by([Approver::group("leads")])
            .approvals(2)
            .use_within(Duration::from_secs(9));
        let own = Requirement::by([Approver::Invoker]).or(&gate);
        assert_eq!((own.approvers(), own.count()), (&[Approver::Invoker][..], 1));
        assert_eq!(own.use_time(), Duration::from_secs(9));
        assert_eq!(Requirement::new().or(&gate), gate);
        assert_eq!(Requirement::new().approvals(3).or(&gate).approvers(), gate.approvers());
    }
}
