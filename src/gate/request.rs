//! Asking a person: what is held is decided once more, frozen, and put into the queue.

use std::sync::Arc;

use smallvec::SmallVec;

use super::Gate;
use super::approval::ApprovalRequest;
use super::authorize::examine;
use super::budgets::{CallTrial, Charges};
use super::configuration::Configuration;
use super::context::{CallDigests, DecisionContext, Moment, Role, WholeCall};
use super::core::Core;
use super::desk::Voters;
use super::dossier::{Asking, Dossier, ShownArgument, ShownCall};
use super::evaluation::PreparedAction;
use super::page::masked;
use super::siblings::{CallReads, Siblings};
use crate::authority::requirement::{Approver, Requirement};
use crate::authority::scope::Scope;
use crate::base::case::may_be_one_name;
use crate::base::limits::MAX_REQUEST_BYTES;
use crate::base::time::Timestamp;
use crate::decision::{BudgetUse, Decision, Grounds, Reason, Ruling};
use crate::directory::{AudienceRoll, Directory};
use crate::gate::permit::owned;
use crate::gate::refusal::{Denial, Hold, Refusal};
use crate::manifest::Call;
use crate::model::action::{Action, OwnedAction, Reversibility};
use crate::model::audience::{Audience, Visibility};
use crate::record::{ApprovalEvent, ApprovalStep};
use crate::state::approval::{ApprovalCase, AskFault, RequestedCall, Stakes, Step};

/// One call that is asked for.
struct Draft<'x, 'c> {
    actions: SmallVec<[Action<'x>; 2]>,
    call: Option<&'x Call<'c>>,
}

impl Gate {
    /// Asks whoever must approve a held action, exactly as it is: what it does to which resource, whom it reaches, with which
    /// arguments, under which authority. Whoever asks for the same again while that is open gets the same request.
    ///
    /// What was approved is used by the next [`authorize`](Self::authorize) of exactly this action, once, and only where every guard
    /// still agrees. A request that is dropped stays open; see [`ApprovalRequest`].
    ///
    /// # Errors
    /// [`Refusal::Denied`] with [`Reason::NoApprovers`] where nobody can approve it, [`Reason::ApprovalDeclined`] where somebody
    /// declined it lately, [`Reason::TooManyRequests`], [`Reason::ArgumentsNotFrozen`], [`Reason::NothingToApprove`] where nothing holds it
    /// any more, or the reason why it is denied now.
    pub fn request_approval(
        &self,
        _hold: &Hold,
        action: &Action<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        let actions = SmallVec::from_iter([*action]);
        self.request(&[Draft { actions, call: None }], scope)
    }

    /// Asks for all actions of a held call as one: they are approved, and used, together. See
    /// [`request_approval`](Self::request_approval).
    ///
    /// # Errors
    /// As [`request_approval`](Self::request_approval).
    pub fn request_call_approval(
        &self,
        _hold: &Hold,
        call: &Call<'_>,
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        self.request(&[Draft::of(call)], scope)
    }

    /// Asks for several actions with one request, each exactly as it is listed. One vote counts for all of them; each is then used
    /// by itself, once, in any order. Those that need no approval are left out.
    ///
    /// # Errors
    /// As [`request_approval`](Self::request_approval); [`Reason::RequestTooLarge`] for more than
    /// [`MAX_CALLS_OF_REQUEST`](crate::limits::MAX_CALLS_OF_REQUEST).
    pub fn request_bundle(
        &self,
        actions: &[Action<'_>],
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        let draft = |action: &_| Draft { actions: SmallVec::from_iter([*action]), call: None };
        self.request(&actions.iter().map(draft).collect::<Vec<_>>(), scope)
    }

    /// The same for mapped calls: see [`request_bundle`](Self::request_bundle).
    ///
    /// # Errors
    /// As [`request_bundle`](Self::request_bundle).
    pub fn request_call_bundle(
        &self,
        calls: &[&Call<'_>],
        scope: &Scope,
    ) -> Result<ApprovalRequest, Refusal> {
        self.request(&calls.iter().map(|call| Draft::of(call)).collect::<Vec<_>>(), scope)
    }

    fn request(&self, drafts: &[Draft<'_, '_>], scope: &Scope) -> Result<ApprovalRequest, Refusal> {
        let core = &self.core;
        let moment = &core.moment(scope);
        let (case, dossier) = core.configuration.read(|configuration| {
            let mut petition =
                Petition { core, configuration, scope, moment, held: Vec::new(), bytes: 0 };
            drafts.iter().try_for_each(|draft| petition.add(draft))?;
            petition.finish()
        })?;
        core.ask(case, dossier, moment.now)
    }
}

impl<'x, 'c> Draft<'x, 'c> {
    fn of(call: &'x Call<'c>) -> Self {
        Self { actions: call.actions().collect(), call: Some(call) }
    }
}

/// A request while it is put together.
struct Petition<'x> {
    core: &'x Core,
    configuration: &'x Configuration,
    scope: &'x Scope,
    moment: &'x Moment,
    held: Vec<HeldCall>,
    /// Of the arguments of all of them.
    bytes: usize,
}

struct HeldCall {
    digests: CallDigests,
    asking: Vec<Asking>,
    stakes: Stakes,
    shown: ShownCall,
}

impl Petition<'_> {
    /// One more call, where it is held.
    fn add(&mut self, draft: &Draft<'_, '_>) -> Result<(), Refusal> {
        let Self { core, configuration, scope, moment, .. } = *self;
        let tool = draft.call.and_then(Call::tool_digest);
        if draft.actions.iter().any(|action| action.lowers()) {
            // The gate asks for these itself, with its own action, which no copy is.
            return Err(Refusal::denied(Reason::NoApprovers));
        }
        // Before it is copied: what has no meaning has its own reason.
        let faulty = draft.actions.iter().find(|action| action.fault().is_some());
        if let Some(Decision::Deny(grounds)) = faulty.map(|action| core.decide(action, scope)) {
            return Err(Refusal::Denied(Denial(grounds)));
        }
        let frozen = owned(&draft.actions).map_err(Refusal::denied)?;
        let actions: SmallVec<[Action<'_>; 2]> = frozen.iter().map(OwnedAction::view).collect();
        let whole = &WholeCall::of(&actions, tool, Role::Asked);
        let reads = CallReads::of(configuration, &actions, scope);
        let (mut asking, mut reached) = (Vec::new(), Vec::new());
        let mut stakes = Stakes { irreversible: false, reach: 0 };
        let mut digests = None;
        let charges: SmallVec<[Option<Charges<'_>>; 2]> = match actions.len() > 1 {
            true => actions.iter().map(|one| Charges::of(configuration, one, scope)).collect(),
            false => SmallVec::new(),
        };
        let mut trial = CallTrial::new(&charges);
        for (place, action) in actions.iter().enumerate() {
            let siblings = Siblings::of(reads.as_ref(), &actions, place);
            let (siblings, desk) = (siblings.as_ref(), &core.desk);
            let call = whole;
            let context =
                DecisionContext { configuration, action, scope, moment, siblings, call, desk };
            let mut prepared = PreparedAction::new(configuration, scope);
            let finding = examine(&context, &mut prepared);
            if finding.ruling() == Ruling::Deny {
                let denied = |grounds| Refusal::Denied(Denial(grounds));
                return Err(prepared.grounds(finding, &context, denied));
            }
            let roll = prepared.audience.roll();
            stakes = stakes.max(stakes_of(action, prepared.audience.visibility(), &roll));
            reached.push(roll);
            if finding.ruling() == Ruling::Hold {
                let (evaluation, _) = prepared.evaluation(&context);
                asking.extend(evaluation.asking());
            }
            digests = digests.or_else(|| context.digests().copied());
            // Behind those before it, as all of them would be set aside once it is approved.
            match trial.draw(place, &context, Decision::Allow(Grounds::new(Reason::Permitted))) {
                Decision::Hold(grounds) => asking.push(self.together(grounds.budget())),
                Decision::Deny(grounds) => return Err(Refusal::Denied(Denial(grounds))),
                Decision::Allow(_) => {}
            }
        }
        if asking.is_empty() {
            return Ok(());
        }
        let digests = digests.ok_or(Refusal::denied(Reason::ArgumentsNotFrozen))?;
        let alternative = self.alternative(&actions);
        let (arguments, bytes) = shown(&frozen, draft.call);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_REQUEST_BYTES {
            return Err(Refusal::denied(Reason::RequestTooLarge));
        }
        drop(actions);
        let shown = ShownCall { actions: frozen, reached, arguments, alternative };
        self.held.push(HeldCall { digests, asking, stakes, shown });
        Ok(())
    }

    /// All actions of a call together draw more than nobody is asked for.
    fn together(&self, budget: Option<&BudgetUse>) -> Asking {
        Asking {
            layer: None,
            name: budget.map_or_else(String::new, |budget| budget.name().to_owned()),
            said: String::new(),
            reason: Reason::BudgetApproval,
            requirement: self.configuration.approvers.clone(),
        }
    }

    /// The same for the invoker alone, where that needs no approval.
    fn alternative(&self, actions: &[Action<'_>]) -> Option<String> {
        let [action] = actions else { return None };
        if action.audience() == Audience::Private {
            return None;
        }
        let private = action.visible_to(Audience::Private);
        let is_allowed = self.core.decide(&private, self.scope).is_allow();
        is_allowed.then(|| "the same, visible to the invoker alone".to_owned())
    }

    fn finish(self) -> Result<(ApprovalCase, Dossier), Refusal> {
        let Self { configuration, scope, moment, held, .. } = self;
        if held.is_empty() {
            return Err(Refusal::denied(Reason::NothingToApprove));
        }
        let mut requirements: Vec<Requirement> = Vec::new();
        let mut asking: Vec<Asking> = Vec::new();
        let mut stakes = Stakes { irreversible: false, reach: 0 };
        let (mut calls, mut shown) = (Vec::new(), Vec::new());
        for one in held {
            stakes = stakes.max(one.stakes);
            for who in one.asking {
                if !requirements.contains(&who.requirement) {
                    requirements.push(who.requirement.clone());
                }
                if !asking.contains(&who) {
                    asking.push(who);
                }
            }
            let CallDigests { call, matter } = one.digests;
            // The same call twice is approved once.
            if calls.iter().all(|known: &RequestedCall| known.call != call) {
                calls.push(RequestedCall { call, matter, used: false });
                shown.push(one.shown);
            }
        }
        let voters = Voters(&configuration.directory);
        if !requirements.iter().all(|one| can_be_met(one, scope, &voters)) {
            return Err(Refusal::denied(Reason::NoApprovers));
        }
        let requirements: Arc<[Requirement]> = requirements.into();
        let who = (scope.invoker(), scope.agent());
        let case = ApprovalCase::new(calls, who, Arc::clone(&requirements), moment.now);
        let dossier = Dossier {
            id: case.id,
            digest: case.digest,
            agent: Arc::clone(&case.agent),
            invoker: Arc::clone(&case.invoker),
            through: through(scope),
            calls: shown,
            asking,
            requirements,
            stakes,
            asked: moment.now,
            decide_by: case.decide_by(),
        };
        Ok((case, dossier))
    }
}

impl Core {
    /// Puts a request into the queue, on the record.
    fn ask(
        self: &Arc<Self>,
        case: ApprovalCase,
        dossier: Dossier,
        now: Timestamp,
    ) -> Result<ApprovalRequest, Refusal> {
        let desk = &self.desk;
        let turn = desk.turn();
        let own = case.id;
        let asked = self.configuration.read(|configuration| {
            let voters = Voters(&configuration.directory);
            desk.queue.ask(case, dossier.stakes, now, &voters)
        });
        let asked = asked.map_err(refused)?;
        if asked.id == own {
            let event = ApprovalEvent {
                at: now,
                request: Some(own),
                step: ApprovalStep::Asked,
                agent: &dossier.agent,
                invoker: &dossier.invoker,
            };
            if let Err(cause) = self.tell(&event) {
                let directory = Directory::empty();
                let step = desk.queue.step(asked.id, Step::Withdraw, now, &Voters(&directory));
                let _withdrawn = step;
                return Err(Refusal::not_recorded(Some(cause)));
            }
            desk.keep_dossier(own, Arc::new(dossier), now);
        }
        drop(turn);
        desk.watch.notify();
        ApprovalRequest::find(self, asked.id).ok_or(Refusal::denied(Reason::ApprovalGone))
    }
}

fn refused(fault: AskFault) -> Refusal {
    Refusal::denied(match fault {
        AskFault::Declined(_) => Reason::ApprovalDeclined,
        AskFault::TooManyPending | AskFault::Full => Reason::TooManyRequests,
        AskFault::TooLarge => Reason::RequestTooLarge,
    })
}

/// What is at stake: what cannot be undone, and how far it reaches.
fn stakes_of(action: &Action<'_>, visibility: Visibility, roll: &AudienceRoll) -> Stakes {
    let is_outside = roll.parts.iter().any(|part| !part.inside);
    let reach = match (visibility, is_outside) {
        (Visibility::Private, _) => 0,
        (Visibility::Restricted, false) => 1,
        (Visibility::Internal, _) => 2,
        (Visibility::Restricted, true) => 3,
        (Visibility::Public, _) => 4,
    };
    let irreversible = action.reversibility() == Reversibility::Irreversible;
    Stakes { irreversible: irreversible && !action.reads(), reach }
}

/// Whether so many people could approve it, as the directory is now.
fn can_be_met(requirement: &Requirement, scope: &Scope, voters: &Voters<'_>) -> bool {
    let directory = voters.0;
    let requester = directory.one_name(scope.agent());
    let invoker = directory.one_name(scope.invoker());
    let mut people: Vec<&str> = Vec::new();
    let mut in_groups = 0_usize;
    for approver in requirement.approvers() {
        match approver {
            Approver::Invoker => people.push(invoker),
            Approver::Principal(name) if may_be_one_name(directory.one_name(name), invoker) => {}
            Approver::Principal(name) => people.push(directory.one_name(name)),
            Approver::Group(group) => {
                let own = [requester, invoker];
                let excluded = own.iter().filter(|name| directory.is_member(name, group)).count();
                in_groups =
                    in_groups.saturating_add(directory.group_size(group).saturating_sub(excluded));
            }
        }
    }
    people.retain(|name| !may_be_one_name(name, requester));
    people.sort_unstable();
    people.dedup();
    people.len().saturating_add(in_groups) >= usize::from(requirement.count())
}

/// The holders above the agent that asks.
fn through(scope: &Scope) -> Vec<String> {
    let holders = scope.capability().chain().filter_map(|link| link.holder());
    let mut through: Vec<String> = holders.map(str::to_owned).collect();
    through.retain(|holder| holder != scope.agent());
    through.dedup();
    through
}

/// The arguments by kind, without secrets, and the bytes of all of them with secrets, which are kept as well.
fn shown(actions: &[OwnedAction], call: Option<&Call<'_>>) -> (Vec<ShownArgument>, usize) {
    let Some(first) = actions.first() else { return (Vec::new(), 0) };
    let view = first.view();
    let (mut shown, mut bytes) = (Vec::new(), 0_usize);
    view.arguments().visit(&mut |name, value| {
        let is_secret = |path: &[String]| call.is_some_and(|call| call.is_secret(path));
        let kind = view.parts().and_then(|parts| parts.get(name));
        let kind = kind.map(|part| part.kind().word().to_owned());
        let mut path = vec![name.to_owned()];
        let mut json = String::new();
        masked(&mut json, value, &mut path, &|_| false);
        bytes = bytes.saturating_add(json.len());
        json.clear();
        masked(&mut json, value, &mut path, &is_secret);
        json.shrink_to_fit();
        shown.push(ShownArgument { name: name.to_owned(), kind, json });
    });
    (shown, bytes)
}
