//! Votes of a test: whoever it names approves what is held, and what is then decided.

use permitgate::authority::{Approver, Requirement};
use permitgate::decision::Ruling;
use permitgate::gate::{
    Answer, ApprovalRequest, ApprovalState, ApproverCredential, Explanation, Hold,
};
use permitgate::manifest::Call;
use permitgate::model::Action;
use permitgate::text::visible;
use permitgate::{Decision, Directory, Gate, Reason, Refusal, Scope, ambient_authority};

/// People who are listed where more are missing.
const LISTED: usize = 5;

const NOBODY: &str =
    "; nobody can approve it: too few people may, or none are named by `by` or `[approvers]`";

/// What is tested.
pub(super) enum Wish<'w, 'c> {
    Action(Action<'w>),
    /// A call of the manifest.
    Call(&'w Call<'c>),
}

/// What a test came to.
pub(super) struct Answered {
    pub(super) decision: Decision,
    /// Whether somebody was asked.
    pub(super) is_asked: bool,
    /// Who may approve, or who is missing, as further clauses; empty where nothing is held.
    pub(super) more: String,
}

impl Wish<'_, '_> {
    /// Decides it, and where it is held, once more with the votes of these people.
    pub(super) fn decide(
        &self,
        votes: &[String],
        gate: &Gate,
        scope: &Scope,
        directory: &Directory,
    ) -> Answered {
        let decision = self.decided(gate, scope);
        let answered = |decision| Answered { decision, is_asked: false, more: String::new() };
        if decision.ruling() != Ruling::Hold {
            return answered(decision);
        }
        let Some(hold) = self.hold(gate, scope) else { return answered(decision) };
        let request = match self.request(&hold, gate, scope) {
            Ok(request) => request,
            Err(refusal) if refusal.reason() == Reason::NoApprovers && !votes.is_empty() => {
                return Answered { more: NOBODY.to_owned(), ..answered(decision) };
            }
            Err(_) => return answered(decision),
        };
        let refused: String = votes.iter().filter_map(|by| vote(by, gate, &request)).collect();
        let decision = self.decided(gate, scope);
        let more = match decision.ruling() {
            Ruling::Hold => format!("; {}{refused}", needed(&request, directory)),
            Ruling::Allow | Ruling::Deny => String::new(),
        };
        Answered { decision, is_asked: true, more }
    }

    /// Why it came to that, action by action.
    pub(super) fn explained(&self, gate: &Gate, scope: &Scope) -> Vec<Explanation> {
        match self {
            Self::Action(action) => vec![gate.explain(action, scope)],
            Self::Call(call) => gate.explain_call(call, scope),
        }
    }

    fn decided(&self, gate: &Gate, scope: &Scope) -> Decision {
        match self {
            Self::Action(action) => gate.decide(action, scope),
            Self::Call(call) => gate.decide_call(call, scope),
        }
    }

    fn hold(&self, gate: &Gate, scope: &Scope) -> Option<Hold> {
        let refusal = match self {
            Self::Action(action) => gate.authorize(action, scope).err(),
            Self::Call(call) => gate.authorize_call(call, scope).err(),
        };
        match refusal {
            Some(Refusal::Held(hold)) => Some(hold),
            _ => None,
        }
    }

    fn request(&self, hold: &Hold, gate: &Gate, scope: &Scope) -> Result<ApprovalRequest, Refusal> {
        match self {
            Self::Action(action) => gate.request_approval(hold, action, scope),
            Self::Call(call) => gate.request_call_approval(hold, call, scope),
        }
    }
}

/// Votes for it. Why that does not count, as a further clause; a vote that is not needed any more is no fault.
fn vote(by: &str, gate: &Gate, request: &ApprovalRequest) -> Option<String> {
    if request.state() == ApprovalState::Approved {
        return None;
    }
    let voted = ApproverCredential::new(by, ambient_authority())
        .map_err(|error| error.to_string())
        .and_then(|credential| {
            let voted = gate.approvals().vote(request.id(), Answer::Approve, &credential);
            voted.map_err(|error| error.to_string())
        });
    let why = voted.err()?;
    let why = why.strip_prefix("vote: ").unwrap_or(&why);
    Some(format!("; the vote of `{}` does not count: {why}", visible(by)))
}

/// What is needed of whom, and who is missing of those who are asked.
fn needed(request: &ApprovalRequest, directory: &Directory) -> String {
    let votes = request.votes();
    let voted: Vec<&str> = votes.iter().map(|vote| vote.by()).collect();
    let needs = request.requirements().iter().filter_map(|requirement| {
        let able = able(requirement, request, directory);
        let count = voted.iter().filter(|by| able.contains(by)).count();
        let missing = usize::from(requirement.count()).checked_sub(count).filter(|n| *n > 0)?;
        let left: Vec<&str> = able.into_iter().filter(|name| !voted.contains(name)).collect();
        let left = listed(&left);
        Some(match count {
            0 => format!("it needs the approval of {requirement}: {left}"),
            _ => format!("it needs {missing} more for the approval of {requirement}: {left}"),
        })
    });
    needs.collect::<Vec<_>>().join("; ")
}

/// Whoever may approve as this requirement has it.
fn able<'n>(
    requirement: &'n Requirement,
    request: &'n ApprovalRequest,
    directory: &'n Directory,
) -> Vec<&'n str> {
    // Votes have the one name of each person.
    let one = |name: &'n str| directory.people_of(name).next().unwrap_or(name);
    let (invoker, agent) = (one(request.invoker()), one(request.agent()));
    let mut able: Vec<&str> = Vec::new();
    for approver in requirement.approvers() {
        match approver {
            Approver::Invoker => able.push(invoker),
            Approver::Principal(name) => able.push(one(name)),
            Approver::Group(group) => able.extend(directory.people_of(group)),
        }
    }
    let by_name = requirement.approvers().contains(&Approver::Invoker);
    able.retain(|name| *name != agent && (by_name || *name != invoker));
    able.sort_unstable();
    able.dedup();
    able
}

/// The first of them.
fn listed(people: &[&str]) -> String {
    let names = people.iter().take(LISTED).map(|name| format!("`{}`", visible(name)));
    let names = names.collect::<Vec<_>>().join(", ");
    match people.len().saturating_sub(LISTED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
