//! Every reason, one row each.

use crate::base::codes::code_table;

code_table! {
    /// Why a decision came out as it did. The variants stand in the order of the gate's guards.
    ///
    /// The number of a reason is that of its [`guard`](Self::guard) × 100 and its own within that guard. Numbers and codes are
    /// stable and never used again; later versions add some. The [table](crate::manual::reasons) lists all of them with what to do.
    ///
    /// ```
    /// use permitgate::Reason;
    ///
    /// assert!(Reason::MalformedResource.guard() < Reason::NotPermitted.guard());
    /// assert_eq!(Reason::AudienceTooWide.code(), "audience-too-wide");
    /// assert_eq!(Reason::from_code("audience-too-wide"), Some(Reason::AudienceTooWide));
    /// assert_eq!(Reason::AudienceTooWide.number(), 405);
    /// assert_eq!(Reason::from_number(0), None);
    /// assert!(Reason::ALL.is_sorted_by_key(|reason| reason.guard()));
    /// ```
    #[non_exhaustive]
    pub enum Reason {
        /// Guard 0: the tool's name is empty, too long or holds control characters.
        MalformedTool = 1, "malformed-tool", "the tool's name is malformed",
            "Give the tool a name that is not empty or too long and holds no control characters.";
        /// Guard 0: the resource is not a canonical path.
        MalformedResource = 2, "malformed-resource", "the resource is not a canonical path",
            "Build the path with `ResourceBuf`, which escapes each segment.";
        /// Guard 0: the audience names nobody, too many, or holds a malformed name.
        MalformedAudience = 3, "malformed-audience",
            "the audience names nobody, too many, or a malformed name",
            "Name everybody who sees the effect, each by one whole name.";
        /// Guard 0: a batch holds more actions than are decided at once.
        BatchTooLarge = 4, "batch-too-large", "the batch holds too many actions",
            "Ask in several batches.";
        /// Guard 0: the manifest does not know the tool.
        UnknownTool = 5, "unknown-tool", "the manifest does not know this tool",
            "Describe the tool in the manifest, or take it away from the agent.";
        /// Guard 0: the manifest knows the tool, and nothing that this call could mean.
        UnmappedCall = 6, "unmapped-call", "the manifest gives this call no meaning",
            "Call the tool with the arguments that the manifest describes; the fault names the one that is wrong.";
        /// Guard 0: the tool is not the one that was approved: its description or schema changed.
        ToolChanged = 7, "tool-changed", "the tool changed after it was approved",
            "Review the tool as it is listed now, and approve it again.";
        /// Guard 1: the whole gate is halted, or was after the permit was given.
        GateHalted = 101, "gate-halted", "everything is halted",
            "Wait until an operator resumes the gate.";
        /// Guard 1: the agent is halted, or was after the permit was given.
        AgentHalted = 102, "agent-halted", "this agent is halted",
            "Wait until an operator resumes the agent.";
        /// Guard 1: a capability in the lineage is halted, or was after the permit was given.
        LineageHalted = 103, "lineage-halted", "the authority it acts under is halted",
            "Wait until an operator resumes the lineage, or act under another capability.";
        /// Guard 2: the clock stepped back further than is tolerated, or panicked.
        ClockSteppedBack = 201, "clock-stepped-back", "the clock stepped back too far, or failed",
            "Repair the clock; it must not go back.";
        /// Guard 2: the capability is not valid yet.
        NotYetValid = 202, "not-yet-valid", "the capability is not valid yet",
            "Wait until it begins, and compare the clocks of issuer and gate.";
        /// Guard 2: the capability has expired.
        Expired = 203, "expired", "the capability has expired",
            "Ask its issuer for a new one.";
        /// Guard 2: a capability in the lineage was revoked.
        Revoked = 204, "revoked", "the capability was revoked",
            "Ask its issuer whether there is to be a new one.";
        /// Guard 2: a feed of revocations is demanded, and was not heard of for too long.
        RevocationsStale = 205, "revocations-stale",
            "no fresh revocations arrived, so the capability may have been revoked",
            "See why the feed of revocations does not arrive.";
        /// Guard 3: a guardrail forbids it.
        GuardrailForbids = 301, "guardrail-forbids", "it is forbidden",
            "Do something else; the named guardrail stands for every capability.";
        /// Guard 3: the guardrail policy does not permit it.
        GuardrailNotPermitted = 302, "guardrail-not-permitted", "nothing permits it",
            "Do something else, or add a permit to the policy of the guardrails.";
        /// Guard 3: the guardrail policy would permit it for a smaller audience.
        GuardrailAudienceTooWide = 303, "guardrail-audience-too-wide",
            "it is permitted only for a smaller audience",
            "Let fewer people see it: leave out whom the explanation names.";
        /// Guard 3, hold: a guardrail requires approval.
        GuardrailApproval = 304, "guardrail-approval", "a person must approve it first",
            "Ask a person to approve it.";
        /// Guard 4: the capability was presented for another action.
        NotThisAction = 401, "not-this-action", "the capability was presented for another action",
            "Present the token again, for this action.";
        /// Guard 4: the capability was presented for one action, which has begun already.
        AlreadyUsed = 402, "already-used", "the capability was good for this action once",
            "Present the token again with a new proof.";
        /// Guard 4: a statement of the capability's lineage forbids it.
        Forbidden = 403, "forbidden", "it is forbidden",
            "Do something else; the named statement forbids it, whatever permits it.";
        /// Guard 4: a layer of the capability's lineage does not permit it.
        NotPermitted = 404, "not-permitted", "nothing permits it",
            "Do something else, or add a permit to the layer that the explanation names.";
        /// Guard 4: a layer of the capability's lineage would permit it for a smaller audience, or the capability came as a token
        /// and comparing so many members of groups with its readers would take too long.
        AudienceTooWide = 405, "audience-too-wide", "it is permitted only for a smaller audience",
            "Let fewer people see it: leave out whom the explanation names.";
        /// Guard 4, hold: a statement of the capability's lineage requires approval.
        ApprovalRequired = 406, "approval-required", "a person must approve it first",
            "Ask a person to approve it.";
        /// Guard 4: the argument view panicked while it was read.
        ArgumentsPanicked = 407, "arguments-panicked", "the arguments could not be read",
            "Repair the `Arguments` of the program: it panicked.";
        /// Guard 4: a statement of the capability's lineage would permit it if a set of values that the scope binds held what the
        /// resource names.
        NotOwned = 408, "not-owned", "it belongs to somebody else, or to nobody",
            "Use one of the invoker's own; the explanation says which bound name does not hold it.";
        /// Guard 4: the answer depends on a set of values that could not be learned.
        OwnershipUnknown = 409, "ownership-unknown", "whose it is could not be learned",
            "Repair what answers for the named set, or see why it answers late.";
        /// Guard 5: a rule denied it.
        RuleDenied = 501, "rule-denied", "a rule denies it",
            "Do something else, in the way that the rule says.";
        /// Guard 5: a rule panicked.
        RulePanicked = 502, "rule-panicked", "a rule failed",
            "Repair the named rule: it panicked.";
        /// Guard 5, hold: a rule requires approval.
        RuleApproval = 503, "rule-approval", "a person must approve it first",
            "Ask a person to approve it.";
        /// Guard 6: somebody in the audience may not see what the session has read, or what the action's own resource holds.
        BeyondReaders = 601, "beyond-readers",
            "it would reach somebody who may not see what was read, or what it acts on",
            "Let only those see it who may see what was read and what it acts on, begin a new session, declassify, or label the resource: one without a label is the invoker's alone.";
        /// Guard 6: the session has read more kinds of things than its label can hold.
        LabelOverflow = 602, "label-overflow", "the session has read more kinds of things than its label can hold",
            "Begin a new session, and read fewer kinds of things in it.";
        /// Guard 7: a budget applies, and what the action draws on it cannot be counted.
        BudgetUncounted = 701, "budget-uncounted",
            "a budget applies, and what it would draw on that cannot be counted",
            "Give what the budget adds up as a number of as many digits, and recipients whom the directory knows; where no counter is left, wait until windows have passed, or let fewer invokers, agents or sessions share it.";
        /// Guard 7: a budget has no room left.
        BudgetSpent = 702, "budget-spent", "a budget has no room for it",
            "Wait until there is room again, where the explanation says when, or ask whoever granted it for a larger budget.";
        /// Guard 7, hold: a budget has come to the mark from which on a person must approve.
        BudgetApproval = 703, "budget-approval", "a budget has come to where a person must approve it first",
            "Ask a person to approve it, or wait until there is room again, where the explanation says when.";
        /// Guard 8: nobody can be asked to approve it, since the gate has no approvers.
        NoApprovers = 801, "no-approvers", "nobody can be asked to approve it",
            "Do what needs no approval, or let an operator change the statement that asks for one.";
        /// Guard 8, allow: somebody approved it.
        Approved = 802, "approved", "a person approved it",
            "Nothing.";
        /// Guard 8, hold: somebody was asked, and has not decided yet.
        ApprovalPending = 803, "approval-pending", "a person was asked and has not decided yet",
            "Wait, or do something else meanwhile.";
        /// Guard 8: an approver declined it, which is final for some time.
        ApprovalDeclined = 804, "approval-declined", "a person declined it",
            "Do something else; what was declined cannot be asked for again for some time.";
        /// Guard 8: nobody decided in time, or it was not used in time.
        ApprovalExpired = 805, "approval-expired", "nobody approved it in time, or the approval was not used in time",
            "Ask again.";
        /// Guard 8: the request or its approval was taken back.
        ApprovalWithdrawn = 806, "approval-withdrawn", "the request for approval was withdrawn",
            "Do something else, or ask again.";
        /// Guard 8: the approval was used before, or it does not count any more: an approver left, or another is required now.
        ApprovalGone = 807, "approval-gone", "the approval was used, or does not count any more",
            "Ask again.";
        /// Guard 8: the agent has as many requests pending as it may have, or the gate has no room for more.
        TooManyRequests = 808, "too-many-requests", "too many requests for approval are pending",
            "Wait until some are decided, or withdraw some.";
        /// Guard 8: a request is about too many calls, or too many requirements must be met.
        RequestTooLarge = 809, "request-too-large", "too much is asked for at once",
            "Ask for fewer calls at once.";
        /// Guard 8: nothing asks for an approval now.
        NothingToApprove = 810, "nothing-to-approve", "nothing asks for an approval of it now",
            "Authorize it.";
        /// Guard 10: the decision could not be recorded.
        RecordRefused = 1001, "record-refused", "the decision could not be recorded",
            "Repair the record sink or make room; what is not recorded does not happen.";
        /// Guard 11, allow: nothing stood against it.
        Permitted = 1101, "permitted", "nothing stands against it",
            "Nothing.";
        /// At the beginning of the effect: the permit expired before.
        PermitExpired = 1201, "permit-expired", "the permit expired before the effect began",
            "Authorize again, and begin at once.";
        /// At the beginning of the effect: the permit is another gate's.
        WrongGate = 1202, "wrong-gate", "the permit was given by another gate",
            "Begin with the gate that gave the permit.";
        /// At the beginning of the effect: the permit is for another tool.
        WrongTool = 1203, "wrong-tool", "the permit is for another tool",
            "Authorize the action of this tool.";
        /// At the beginning of the effect: the permit is for another operation.
        WrongOperation = 1204, "wrong-operation", "the permit is for another operation",
            "Authorize the operation that the tool performs.";
        /// When a permit is detached: its arguments cannot be frozen.
        ArgumentsNotFrozen = 1205, "arguments-not-frozen",
            "the arguments are too large or contradict themselves",
            "Give fewer or smaller arguments, each name once.";
        /// At the beginning of the effect: the session's label or the configuration changed again and again while it was decided.
        DecisionUnsettled = 1206, "decision-unsettled",
            "the configuration or the session's label kept changing while the effect began",
            "Ask again; if it stays, see what configures the gate, or reads in the session, without a pause.";
    }
}

impl Reason {
    /// The number of the guard that gives this reason: 0 well-formed, 1 halt, 2 validity, 3 guardrails,
    /// 4 capability, 5 rules, 6 information flow, 7 budgets, 8 approval, 10 record, 11 permit, and 12 for what is checked after the permit was given.
    pub const fn guard(self) -> u8 {
        (self.number() / 100) as u8
    }

    /// Whether a statement would permit it for a smaller audience.
    #[inline]
    pub(crate) const fn is_too_wide(self) -> bool {
        matches!(self, Self::AudienceTooWide | Self::GuardrailAudienceTooWide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decision under way keeps the place of its reason and finds the reason in this list again.
    #[test]
    fn every_reason_stands_at_its_place() {
        for (place, reason) in Reason::ALL.iter().enumerate() {
            assert_eq!(*reason as usize, place, "{reason}");
        }
    }
}
