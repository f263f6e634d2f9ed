//! What was decided, why, and which statement or rule determined it.

mod because;
mod cause;

pub use because::{Because, Source};
pub use cause::{Beyond, BeyondKind, SinkFault, SinkRefusal};

use std::fmt;

/// Why a decision came out as it did. The variants stand in the order of the gate's guards.
///
/// The enum is exhaustive: a `match` over it covers everything that a gate can answer. Codes are stable.
///
/// ```
/// use permitgate::Reason;
///
/// assert!(Reason::MalformedResource.guard() < Reason::NotPermitted.guard());
/// assert_eq!(Reason::AudienceTooWide.code(), "audience-too-wide");
/// assert!(Reason::ALL.is_sorted_by_key(|reason| reason.guard()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Guard 0: the tool's name is empty, too long or holds control characters.
    MalformedTool,
    /// Guard 0: the resource is not a canonical path.
    MalformedResource,
    /// Guard 0: the audience names nobody, too many, or holds a malformed name.
    MalformedAudience,
    /// Guard 0: a batch holds more actions than are decided at once.
    BatchTooLarge,
    /// Guard 0: the manifest does not know the tool.
    UnknownTool,
    /// Guard 0: the manifest knows the tool, and nothing that this call could mean.
    UnmappedCall,
    /// Guard 0: the tool is not the one that was approved: its description or schema changed.
    ToolChanged,
    /// Guard 1: the whole gate is halted, or was after the permit was given.
    GateHalted,
    /// Guard 1: the agent is halted, or was after the permit was given.
    AgentHalted,
    /// Guard 1: a capability in the lineage is halted, or was after the permit was given.
    LineageHalted,
    /// Guard 2: the clock stepped back further than is tolerated, or panicked.
    ClockSteppedBack,
    /// Guard 2: the capability is not valid yet.
    NotYetValid,
    /// Guard 2: the capability has expired.
    Expired,
    /// Guard 2: a capability in the lineage was revoked.
    Revoked,
    /// Guard 2: a feed of revocations is demanded, and was not heard of for too long.
    RevocationsStale,
    /// Guard 3: a guardrail forbids it.
    GuardrailForbids,
    /// Guard 3: the guardrail policy does not permit it.
    GuardrailNotPermitted,
    /// Guard 3: the guardrail policy would permit it for a smaller audience.
    GuardrailAudienceTooWide,
    /// Guard 3, hold: a guardrail requires approval.
    GuardrailApproval,
    /// Guard 4: the capability was presented for another action.
    NotThisAction,
    /// Guard 4: the capability was presented for one action, which has begun already.
    AlreadyUsed,
    /// Guard 4: a statement of the capability's lineage forbids it.
    Forbidden,
    /// Guard 4: a layer of the capability's lineage does not permit it.
    NotPermitted,
    /// Guard 4: a layer of the capability's lineage would permit it for a smaller audience, or the capability came as a token
    /// and comparing so many members of groups with its readers would take too long.
    AudienceTooWide,
    /// Guard 4, hold: a statement of the capability's lineage requires approval.
    ApprovalRequired,
    /// Guard 4: the argument view panicked while it was read.
    ArgumentsPanicked,
    /// Guard 5: a rule denied it.
    RuleDenied,
    /// Guard 5: a rule panicked.
    RulePanicked,
    /// Guard 5, hold: a rule requires approval.
    RuleApproval,
    /// Guard 6: somebody in the audience may not see what the session has read, or what the action's own resource holds.
    BeyondReaders,
    /// Guard 6: the session has read more kinds of things than its label can hold.
    LabelOverflow,
    /// Guard 7: a budget applies, and this gate cannot count it.
    BudgetUncounted,
    /// Guard 10: the decision could not be recorded.
    RecordRefused,
    /// Guard 11, allow: nothing stood against it.
    Permitted,
    /// At the beginning of the effect: the permit expired before.
    PermitExpired,
    /// At the beginning of the effect: the permit is another gate's.
    WrongGate,
    /// At the beginning of the effect: the permit is for another tool.
    WrongTool,
    /// At the beginning of the effect: the permit is for another operation.
    WrongOperation,
    /// When a permit is detached: its arguments cannot be frozen.
    ArgumentsNotFrozen,
}

impl Reason {
    /// Every reason, in the order of the guards.
    pub const ALL: [Self; 39] = [
        Self::MalformedTool,
        Self::MalformedResource,
        Self::MalformedAudience,
        Self::BatchTooLarge,
        Self::UnknownTool,
        Self::UnmappedCall,
        Self::ToolChanged,
        Self::GateHalted,
        Self::AgentHalted,
        Self::LineageHalted,
        Self::ClockSteppedBack,
        Self::NotYetValid,
        Self::Expired,
        Self::Revoked,
        Self::RevocationsStale,
        Self::GuardrailForbids,
        Self::GuardrailNotPermitted,
        Self::GuardrailAudienceTooWide,
        Self::GuardrailApproval,
        Self::NotThisAction,
        Self::AlreadyUsed,
        Self::Forbidden,
        Self::NotPermitted,
        Self::AudienceTooWide,
        Self::ApprovalRequired,
        Self::ArgumentsPanicked,
        Self::RuleDenied,
        Self::RulePanicked,
        Self::RuleApproval,
        Self::BeyondReaders,
        Self::LabelOverflow,
        Self::BudgetUncounted,
        Self::RecordRefused,
        Self::Permitted,
        Self::PermitExpired,
        Self::WrongGate,
        Self::WrongTool,
        Self::WrongOperation,
        Self::ArgumentsNotFrozen,
    ];

    /// The number of the guard that gives this reason: 0 well-formed, 1 halt, 2 validity, 3 guardrails,
    /// 4 capability, 5 rules, 6 information flow, 7 budgets, 10 record, 11 permit, and 12 for what is checked after the permit was given.
    pub const fn guard(self) -> u8 {
        match self {
            Self::MalformedTool
            | Self::MalformedResource
            | Self::MalformedAudience
            | Self::BatchTooLarge
            | Self::UnknownTool
            | Self::UnmappedCall
            | Self::ToolChanged => 0,
            Self::GateHalted | Self::AgentHalted | Self::LineageHalted => 1,
            Self::ClockSteppedBack
            | Self::NotYetValid
            | Self::Expired
            | Self::Revoked
            | Self::RevocationsStale => 2,
            Self::GuardrailForbids
            | Self::GuardrailNotPermitted
            | Self::GuardrailAudienceTooWide
            | Self::GuardrailApproval => 3,
            Self::NotThisAction
            | Self::AlreadyUsed
            | Self::Forbidden
            | Self::NotPermitted
            | Self::AudienceTooWide
            | Self::ApprovalRequired
            | Self::ArgumentsPanicked => 4,
            Self::RuleDenied | Self::RulePanicked | Self::RuleApproval => 5,
            Self::BeyondReaders | Self::LabelOverflow => 6,
            Self::BudgetUncounted => 7,
            Self::RecordRefused => 10,
            Self::Permitted => 11,
            Self::PermitExpired
            | Self::WrongGate
            | Self::WrongTool
            | Self::WrongOperation
            | Self::ArgumentsNotFrozen => 12,
        }
    }

    /// The stable code, for logs and metrics.
    pub const fn code(self) -> &'static str {
        self.wording().0
    }

    /// The reason as a clause, without names.
    pub const fn clause(self) -> &'static str {
        self.wording().1
    }

    const fn wording(self) -> (&'static str, &'static str) {
        match self {
            Self::MalformedTool => ("malformed-tool", "the tool's name is malformed"),
            Self::MalformedResource => {
                ("malformed-resource", "the resource is not a canonical path")
            }
            Self::MalformedAudience => {
                ("malformed-audience", "the audience names nobody, too many, or a malformed name")
            }
            Self::BatchTooLarge => ("batch-too-large", "the batch holds too many actions"),
            Self::UnknownTool => ("unknown-tool", "the manifest does not know this tool"),
            Self::UnmappedCall => ("unmapped-call", "the manifest gives this call no meaning"),
            Self::ToolChanged => ("tool-changed", "the tool changed after it was approved"),
            Self::GateHalted => ("gate-halted", "everything is halted"),
            Self::AgentHalted => ("agent-halted", "this agent is halted"),
            Self::LineageHalted => ("lineage-halted", "the authority it acts under is halted"),
            Self::ClockSteppedBack => {
                ("clock-stepped-back", "the clock stepped back too far, or failed")
            }
            Self::NotYetValid => ("not-yet-valid", "the capability is not valid yet"),
            Self::Expired => ("expired", "the capability has expired"),
            Self::Revoked => ("revoked", "the capability was revoked"),
            Self::RevocationsStale => {
                ("revocations-stale", "whether the capability was revoked is not known well enough")
            }
            Self::GuardrailForbids => ("guardrail-forbids", "it is forbidden"),
            Self::GuardrailNotPermitted => ("guardrail-not-permitted", "nothing permits it"),
            Self::GuardrailAudienceTooWide => {
                ("guardrail-audience-too-wide", "it is permitted only for a smaller audience")
            }
            Self::GuardrailApproval => ("guardrail-approval", "a person must approve it first"),
            Self::NotThisAction => {
                ("not-this-action", "the capability was presented for another action")
            }
            Self::AlreadyUsed => ("already-used", "the capability was good for this action once"),
            Self::Forbidden => ("forbidden", "it is forbidden"),
            Self::NotPermitted => ("not-permitted", "nothing permits it"),
            Self::AudienceTooWide => {
                ("audience-too-wide", "it is permitted only for a smaller audience")
            }
            Self::ApprovalRequired => ("approval-required", "a person must approve it first"),
            Self::ArgumentsPanicked => ("arguments-panicked", "its arguments could not be read"),
            Self::RuleDenied => ("rule-denied", "a rule denies it"),
            Self::RulePanicked => ("rule-panicked", "a rule failed"),
            Self::RuleApproval => ("rule-approval", "a person must approve it first"),
            Self::BeyondReaders => (
                "beyond-readers",
                "it would reach somebody who may not see what was read, or what it acts on",
            ),
            Self::LabelOverflow => {
                ("label-overflow", "more was read before than can be kept apart")
            }
            Self::BudgetUncounted => {
                ("budget-uncounted", "a budget applies, and this gate cannot count it")
            }
            Self::RecordRefused => ("record-refused", "the decision could not be recorded"),
            Self::Permitted => ("permitted", "nothing stands against it"),
            Self::PermitExpired => ("permit-expired", "the permit expired before the effect began"),
            Self::WrongGate => ("wrong-gate", "the permit was given by another gate"),
            Self::WrongTool => ("wrong-tool", "the permit is for another tool"),
            Self::WrongOperation => ("wrong-operation", "the permit is for another operation"),
            Self::ArgumentsNotFrozen => {
                ("arguments-not-frozen", "its arguments are too large or contradict themselves")
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Which layer of authority determined a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    /// The guardrail policy of the gate.
    Guardrails,
    /// What the issuer may grant, of a capability that came as a token.
    Issuer,
    /// A layer of the capability's lineage: 0 is the root, 1 its first attenuation, and so on.
    Capability(u8),
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guardrails => f.write_str("the guardrails"),
            Self::Issuer => f.write_str("what the issuer may grant"),
            Self::Capability(0) => f.write_str("the capability"),
            Self::Capability(depth) => write!(f, "attenuation {depth} of the capability"),
        }
    }
}

/// The answer to one action.
///
/// ```
/// use permitgate::*;
///
/// # let policy = Policy::new([Statement::permit("read").operations(Operation::Read).resources(["docs/**"])]).unwrap();
/// # let capability = Capability::root(policy, ambient_authority());
/// # let scope = Scope::builder(&capability).invoker("dana").agent("triage").build().unwrap();
/// # let gate = Gate::builder().build().unwrap();
/// match gate.decide(&Action::read("docs.read", "docs/intro"), &scope) {
///     Decision::Allow(_) => {}
///     Decision::Hold(because) | Decision::Deny(because) => panic!("{}", because.explain()),
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a decision that nobody looks at stops nothing"]
pub enum Decision {
    /// The action may happen.
    Allow(Because),
    /// A person must approve it first.
    Hold(Because),
    /// The action must not happen.
    Deny(Because),
}

impl Decision {
    /// Why.
    pub const fn because(&self) -> &Because {
        match self {
            Self::Allow(because) | Self::Hold(because) | Self::Deny(because) => because,
        }
    }

    /// The reason as a code.
    pub const fn reason(&self) -> Reason {
        self.because().reason()
    }

    /// Allow, hold or deny, without the reason.
    pub const fn ruling(&self) -> Ruling {
        match self {
            Self::Allow(_) => Ruling::Allow,
            Self::Hold(_) => Ruling::Hold,
            Self::Deny(_) => Ruling::Deny,
        }
    }

    /// Whether the action may happen now.
    pub const fn is_allow(&self) -> bool {
        matches!(self, Self::Allow(_))
    }
}

/// A decision without its reason; later variants are stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ruling {
    /// The action may happen.
    Allow,
    /// A person must approve it first.
    Hold,
    /// The action must not happen.
    Deny,
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "allow",
            Self::Hold => "hold",
            Self::Deny => "deny",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decision under way keeps the number of its reason and finds the reason in this list again.
    #[test]
    fn every_reason_stands_at_its_number() {
        for (place, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place, "{reason}");
        }
    }
}
