//! Approvals from the outside: what was approved happens once, exactly as it was asked for, and nothing else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use permitgate::authority::{Approver, Attenuation, Budget, Grant, Requirement};
use permitgate::flow::{Integrity, LabelRule, Labels};
use permitgate::gate::{
    Answer, ApprovalRequest, ApprovalRule, ApprovalState, ApproverCredential, Halt, RuleContext,
    StandingApproval, VersionedRule,
};
use permitgate::kinds::VoteErrorKind;
use permitgate::manifest::{ArgumentSpec, AudienceSpec, EffectSpec, ToolSpec};
use permitgate::model::{Operations, Readers, Value};
use permitgate::prelude::*;
use permitgate::record::{ApprovalSource, MemorySink, MemoryStep, Outcome};
use permitgate::time::{ManualClock, Timestamp};
use permitgate::{Directory, Verdict};

const START: Timestamp = Timestamp::from_unix_seconds(1_000);

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn credential(name: &str) -> ApproverCredential {
    ApproverCredential::new(name, ambient_authority()).unwrap()
}

/// A policy that permits everything under `files` for anybody, and asks for every deletion.
fn policy() -> Policy {
    Policy::new([
        Statement::permit("files")
            .operations(Operations::ALL)
            .resources(["files/**"])
            .readers(Readers::public()),
        Statement::require_approval("ask")
            .operations(Operation::Delete | Operation::Share)
            .resources(["files/**"]),
    ])
    .unwrap()
}

fn people() -> Directory {
    Directory::builder()
        .internal_principal("lee")
        .internal_principal("kim")
        .internal_principal("dana")
        .internal_principal("sam")
        .group("leads", ["lee", "kim", "dana"])
        .group("team", ["sam"])
        .alias("U7", "lee")
        .build()
        .unwrap()
}

struct World {
    gate: Gate,
    clock: Arc<ManualClock>,
    sink: Arc<MemorySink>,
}

fn world() -> World {
    world_of(Requirement::by([Approver::group("leads")]))
}

fn world_of(approvers: Requirement) -> World {
    let (clock, sink) = (Arc::new(ManualClock::new(START)), Arc::new(MemorySink::last(1_000)));
    let gate = Gate::builder()
        .directory(people())
        .approvers(approvers)
        .clock(clock.clone())
        .sink(sink.clone())
        .build()
        .unwrap();
    World { gate, clock, sink }
}

fn scope_of(policy: Policy) -> Scope {
    let capability = Capability::root(policy, ambient_authority());
    Scope::builder(&capability).invoker("dana").agent("tidy").build().unwrap()
}

fn scope() -> Scope {
    scope_of(policy())
}

impl World {
    fn advance(&self, span: Duration) {
        use permitgate::time::Clock;
        self.clock.set(self.clock.now().saturating_add(span));
    }

    fn held(&self, wish: &Action<'_>, scope: &Scope) -> permitgate::gate::Hold {
        match self.gate.authorize(wish, scope) {
            Err(Refusal::Held(hold)) => hold,
            other => panic!("{wish:?} is not held: {other:?}"),
        }
    }

    fn ask(&self, wish: &Action<'_>, scope: &Scope) -> ApprovalRequest {
        let hold = self.held(wish, scope);
        self.gate.request_approval(&hold, wish, scope).unwrap()
    }

    fn vote(&self, request: &ApprovalRequest, by: &str, answer: Answer) -> ApprovalState {
        self.gate.approvals().vote(request.id(), answer, &credential(by)).unwrap()
    }

    /// Asked and approved by Lee.
    fn approved(&self, wish: &Action<'_>, scope: &Scope) -> ApprovalRequest {
        let request = self.ask(wish, scope);
        assert_eq!(self.vote(&request, "lee", Answer::Approve), ApprovalState::Approved);
        request
    }

    fn reason(&self, wish: &Action<'_>, scope: &Scope) -> Reason {
        self.gate.decide(wish, scope).reason()
    }
}

/// The deletion of one file.
fn old_file() -> Action<'static> {
    Action::delete("files.delete", "files/old")
}

#[test]
fn what_was_approved_happens_once_and_the_record_leads_through_it() {
    let (world, scope) = (world(), scope());
    let delete = world.gate.tool("files.delete", Operation::Delete);
    let request = world.ask(&old_file(), &scope);
    assert_eq!(request.state(), ApprovalState::Pending);
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalRequired);
    world.vote(&request, "lee", Answer::Approve);
    assert_eq!(request.wait(Duration::ZERO), Ok(()));
    assert_eq!(world.reason(&old_file(), &scope), Reason::Approved);
    let permit = world.gate.authorize(&old_file(), &scope).unwrap();
    // Set aside: nobody else gets it, and a dry question says so.
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalRequired);
    permit.begin(&delete).unwrap().done();
    assert_eq!(request.state(), ApprovalState::Used);
    world.held(&old_file(), &scope);
    let records = world.sink.records();
    let reasons: Vec<_> = records.iter().map(|record| record.reason).collect();
    let expected = [Reason::ApprovalRequired, Reason::Approved, Reason::ApprovalRequired];
    assert_eq!(reasons, expected);
    assert_eq!(records[1].approval, Some(ApprovalSource::Request(request.id())));
    assert_eq!((&*records[1].source, records[1].outcome), ("ask", Some((Outcome::Done, START))));
    let steps: Vec<_> = world.sink.approvals().into_iter().map(|event| event.step).collect();
    let voted = MemoryStep::Voted {
        by: "lee".into(),
        answer: Answer::Approve,
        state: ApprovalState::Approved,
    };
    let used = MemoryStep::Used(ApprovalSource::Request(request.id()));
    assert_eq!(steps, [MemoryStep::Asked, voted, used]);
}

#[test]
fn the_same_ask_is_the_same_request_until_it_is_over() {
    let (world, scope) = (world(), scope());
    let first = world.ask(&old_file(), &scope);
    assert_eq!(world.ask(&old_file(), &scope).id(), first.id());
    // A root of the same policy that is minted again is the same authority.
    assert_eq!(world.ask(&old_file(), &self::scope()).id(), first.id());
    let other = Action::delete("files.delete", "files/new");
    assert_ne!(world.ask(&other, &scope).digest(), first.digest());
    world.advance(secs(3_600));
    assert_eq!(first.state(), ApprovalState::Expired);
    assert_eq!(first.wait(secs(1)).unwrap_err().reason(), Reason::ApprovalExpired);
    let again = world.ask(&old_file(), &scope);
    assert_ne!(again.id(), first.id());
    assert_eq!(again.digest(), first.digest());
    // A vote that was given for the one is none for the other.
    let late = world.gate.approvals().vote(first.id(), Answer::Approve, &credential("lee"));
    assert!(late.is_err());
    assert_eq!(again.state(), ApprovalState::Pending);
}

#[test]
fn only_those_vote_who_may_and_each_once() {
    let (world, scope) = (world(), scope());
    let request = world.ask(&old_file(), &scope);
    let vote = |by: &str, answer| {
        let voted = world.gate.approvals().vote(request.id(), answer, &credential(by));
        voted.map_err(|error| error.kind())
    };
    assert_eq!(vote("tidy", Answer::Approve), Err(VoteErrorKind::Requester));
    assert_eq!(vote("dana", Answer::Approve), Err(VoteErrorKind::Requester), "a lead, who asks");
    assert_eq!(vote("sam", Answer::Approve), Err(VoteErrorKind::NotAnApprover));
    assert_eq!(vote("sam", Answer::Decline), Err(VoteErrorKind::NotAnApprover));
    assert_eq!(vote("nobody", Answer::Approve), Err(VoteErrorKind::NotAnApprover));
    assert_eq!(request.state(), ApprovalState::Pending);
    assert_eq!(vote("U7", Answer::Approve), Ok(ApprovalState::Approved), "an alias of lee");
    assert_eq!(vote("lee", Answer::Approve), Ok(ApprovalState::Approved), "once more");
    assert_eq!(vote("lee", Answer::Decline), Err(VoteErrorKind::SaidOtherwise));
    assert_eq!(vote("kim", Answer::Decline), Err(VoteErrorKind::Over));
    assert_eq!(request.votes().len(), 1);
    let refused = world.sink.approvals().into_iter().filter_map(|event| match event.step {
        MemoryStep::Refused { by, why, .. } => Some((by, why)),
        _ => None,
    });
    let refused: Vec<_> = refused.collect();
    assert_eq!(refused[0], ("tidy".to_owned(), "requester"));
    assert_eq!(refused.len(), 7, "each on record");
    let kim = credential("kim");
    let unknown = permitgate::gate::ApprovalId::from_bytes([9; 16]);
    let error = world.gate.approvals().vote(unknown, Answer::Approve, &kim).unwrap_err();
    assert_eq!(error.kind(), VoteErrorKind::UnknownRequest);
}

#[test]
fn the_invoker_approves_only_where_the_invoker_is_named() {
    let scope = scope();
    let own = world_of(Requirement::by([Approver::Invoker]));
    let request = own.ask(&old_file(), &scope);
    assert_eq!(own.vote(&request, "dana", Answer::Approve), ApprovalState::Approved);
    // Nobody else can: with the invoker out, nobody is left to be asked.
    let named = world_of(Requirement::by([Approver::principal("dana")]));
    let hold = named.held(&old_file(), &scope);
    let refused = named.gate.request_approval(&hold, &old_file(), &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::NoApprovers);
}

#[test]
fn without_anybody_who_can_approve_a_hold_is_a_refusal() {
    let scope = scope();
    for approvers in [
        Requirement::new(),
        Requirement::by([Approver::principal("tidy")]),
        Requirement::by([Approver::group("nobody")]),
        Requirement::by([Approver::group("team")]).approvals(2),
        // Dana is one of the three.
        Requirement::by([Approver::group("leads")]).approvals(3),
    ] {
        let world = world_of(approvers.clone());
        let hold = world.held(&old_file(), &scope);
        let refused = world.gate.request_approval(&hold, &old_file(), &scope).unwrap_err();
        assert_eq!(refused.reason(), Reason::NoApprovers, "{approvers}");
    }
    // What needs none is not held up by that.
    let world = world_of(Requirement::new());
    let read = Action::read("files.read", "files/old");
    let gate = &world.gate;
    assert!(gate.authorize(&read, &scope).is_ok());
    let hold = world.held(&old_file(), &scope);
    let refused = gate.request_approval(&hold, &read, &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::NothingToApprove);
    let denied = Action::delete("files.delete", "elsewhere/old");
    let refused = gate.request_approval(&hold, &denied, &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::NotPermitted);
}

#[test]
fn a_decline_is_final_for_its_time() {
    let (world, scope) = (world(), scope());
    let request = world.ask(&old_file(), &scope);
    assert_eq!(world.vote(&request, "kim", Answer::Decline), ApprovalState::Declined);
    assert_eq!(request.wait(secs(1)).unwrap_err().reason(), Reason::ApprovalDeclined);
    assert_eq!(request.withdraw().unwrap_err().reason(), Reason::ApprovalDeclined);
    let late = world.gate.approvals().vote(request.id(), Answer::Approve, &credential("lee"));
    assert_eq!(late.unwrap_err().kind(), VoteErrorKind::Over);
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalDeclined);
    // By another agent, under another attenuation, with other bound names: the same matter.
    let child = scope.capability().delegate("helper", Attenuation::new()).unwrap();
    let child = Scope::builder(&child).invoker("dana").agent("helper").build().unwrap();
    assert_eq!(world.reason(&old_file(), &child), Reason::ApprovalDeclined);
    let hold = world.held(&Action::delete("files.delete", "files/new"), &child);
    let refused = world.gate.request_approval(&hold, &old_file(), &child).unwrap_err();
    assert_eq!(refused.reason(), Reason::ApprovalDeclined);
    // Something else, or for somebody else, is another matter.
    let lee = Scope::builder(scope.capability()).invoker("lee").agent("tidy").build().unwrap();
    assert_eq!(world.reason(&old_file(), &lee), Reason::ApprovalRequired);
    world.advance(secs(24 * 3_600));
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalRequired);
    assert_eq!(world.ask(&old_file(), &scope).state(), ApprovalState::Pending);
}

#[test]
fn requirements_of_all_layers_add_up() {
    let clock = Arc::new(ManualClock::new(START));
    let rails = Restrictions::new([Statement::require_approval("rails")
        .operations(Operation::Delete)
        .by([Approver::group("team")])])
    .unwrap();
    let ask = |_: &RuleContext<'_>| Verdict::require_approval("it is a Friday");
    let gate = Gate::builder()
        .directory(people())
        .approvers(Requirement::by([Approver::group("leads")]).approvals(2).use_within(secs(30)))
        .guardrails(rails)
        .rule("friday", ApprovalRule::new(Requirement::by([Approver::principal("ceo")]), ask))
        .clock(clock.clone())
        .build()
        .unwrap();
    let scope = scope();
    let Err(Refusal::Held(hold)) = gate.authorize(&old_file(), &scope) else { panic!("held") };
    assert_eq!(
        (hold.reason(), hold.grounds().statement()),
        (Reason::GuardrailApproval, Some("rails"))
    );
    let request = gate.request_approval(&hold, &old_file(), &scope).unwrap();
    let needs: Vec<String> = request.requirements().iter().map(ToString::to_string).collect();
    assert_eq!(needs, ["1 of the group `team`", "2 of the group `leads`", "1 of `ceo`"]);
    assert!(request.requirements().iter().all(|one| one.use_time() == secs(30)));
}

#[test]
fn what_each_layer_requires_must_be_met() {
    let rails = Restrictions::new([Statement::require_approval("rails")
        .operations(Operation::Delete)
        .by([Approver::group("team"), Approver::principal("lee")])
        .approvals(1)])
    .unwrap();
    let ask = |_: &RuleContext<'_>| Verdict::require_approval("it is a Friday");
    let by_ceo = Requirement::by([Approver::principal("ceo")]).approvals(1);
    let gate = Gate::builder()
        .directory(people())
        .approvers(Requirement::by([Approver::group("leads")]).approvals(2))
        .guardrails(rails)
        .rule("friday", ApprovalRule::new(by_ceo, ask))
        .build()
        .unwrap();
    let scope = scope();
    let Err(Refusal::Held(hold)) = gate.authorize(&old_file(), &scope) else { panic!("held") };
    let request = gate.request_approval(&hold, &old_file(), &scope).unwrap();
    let vote =
        |by: &str| gate.approvals().vote(request.id(), Answer::Approve, &credential(by)).unwrap();
    // Lee counts for the guardrail and as one of two leads.
    assert_eq!(vote("lee"), ApprovalState::Pending);
    assert_eq!(vote("ceo"), ApprovalState::Pending);
    assert!(!gate.decide(&old_file(), &scope).is_allow());
    assert_eq!(vote("kim"), ApprovalState::Approved);
    assert!(gate.decide(&old_file(), &scope).is_allow());
}

#[test]
fn every_way_out_before_the_effect_gives_the_approval_back() {
    let (world, scope) = (world(), scope());
    let delete = world.gate.tool("files.delete", Operation::Delete);
    let other = world.gate.tool("files.move", Operation::Delete);
    drop(world.approved(&old_file(), &scope));
    let gate = &world.gate;
    drop(gate.authorize(&old_file(), &scope).unwrap());
    assert!(gate.authorize(&old_file(), &scope).unwrap().begin(&other).is_err());
    let permit = gate.authorize(&old_file(), &scope).unwrap();
    world.advance(secs(61));
    assert_eq!(permit.begin(&delete).unwrap_err().reason(), Reason::PermitExpired);
    let permit = gate.authorize(&old_file(), &scope).unwrap();
    gate.halt(Halt::Agent("tidy"));
    assert_eq!(permit.begin(&delete).unwrap_err().reason(), Reason::AgentHalted);
    gate.resume(Halt::Agent("tidy"));
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _permit = gate.authorize(&old_file(), &scope).unwrap();
        panic!("on the way");
    }));
    assert!(unwound.is_err());
    // A future that is dropped before it was polled has asked for nothing; detached and dropped, it is free.
    drop(gate.authorize(&old_file(), &scope).unwrap().detach().unwrap());
    gate.authorize(&old_file(), &scope).unwrap().detach().unwrap().begin(&delete).unwrap().failed();
    // It began, and is used whatever came of it.
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalRequired);
}

#[test]
fn a_refused_record_gives_the_approval_back() {
    let sink = Arc::new(MemorySink::full_at(2));
    let approvers = Requirement::by([Approver::principal("lee")]);
    let gate = Gate::builder().approvers(approvers).sink(sink.clone()).build().unwrap();
    let scope = scope();
    let Err(Refusal::Held(hold)) = gate.authorize(&old_file(), &scope) else { panic!("held") };
    let request = gate.request_approval(&hold, &old_file(), &scope).unwrap();
    gate.approvals().vote(request.id(), Answer::Approve, &credential("lee")).unwrap();
    assert!(gate.authorize(&Action::read("files.read", "files/a"), &scope).is_ok());
    assert_eq!(gate.authorize(&old_file(), &scope).unwrap_err().reason(), Reason::RecordRefused);
    sink.drain();
    assert!(gate.authorize(&old_file(), &scope).is_ok());
}

#[test]
fn an_effect_that_panics_has_used_it() {
    let (world, scope) = (world(), scope());
    let request = world.approved(&old_file(), &scope);
    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.gate.run(&old_file(), &scope, |_| -> Result<(), Refusal> { panic!("in the effect") })
    }));
    assert!(ran.is_err());
    assert_eq!(request.state(), ApprovalState::Used);
    let outcome = world.sink.records().last().and_then(|record| record.outcome);
    assert_eq!(outcome.map(|(outcome, _)| outcome), Some(Outcome::Abandoned));
}

#[test]
fn withdrawn_and_expired_between_permit_and_effect() {
    let (world, scope) = (world(), scope());
    let delete = world.gate.tool("files.delete", Operation::Delete);
    let request = world.approved(&old_file(), &scope);
    let permit = world.gate.authorize(&old_file(), &scope).unwrap();
    request.withdraw().unwrap();
    request.withdraw().unwrap();
    assert!(permit.begin(&delete).is_err());
    assert_eq!(request.wait(secs(1)).unwrap_err().reason(), Reason::ApprovalWithdrawn);
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalRequired);
    // Within its time to be used: ten minutes.
    let request = world.approved(&old_file(), &scope);
    world.advance(secs(599));
    let permit = world.gate.authorize(&old_file(), &scope).unwrap();
    world.advance(secs(1));
    assert_eq!(permit.begin(&delete).unwrap_err().reason(), Reason::ApprovalExpired);
    assert_eq!(request.state(), ApprovalState::Expired);
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalRequired);
}

/// What is asked again: everything that was decided by, when it is another than when it was approved.
#[test]
fn what_changed_since_it_was_approved_is_asked_again() {
    type Change = fn(&Gate);
    let grown = || {
        people();
        Directory::builder()
            .internal_principal("lee")
            .internal_principal("kim")
            .internal_principal("dana")
            .internal_principal("sam")
            .internal_principal("pat")
            .group("leads", ["lee", "kim", "dana"])
            .group("team", ["sam", "pat"])
            .build()
            .unwrap()
    };
    let changes: [(&str, Change); 6] = [
        ("a guardrail", |gate| {
            let rails = Statement::forbid("other").operations(Operation::Administer);
            let rails = Restrictions::new([rails]).unwrap();
            gate.reconfigure(|configuration| configuration.guardrails(rails)).unwrap();
        }),
        ("a rule", |gate| {
            let pass = |_: &RuleContext<'_>| Verdict::Pass;
            gate.reconfigure(|configuration| configuration.rule("new", pass)).unwrap();
        }),
        ("the version of a rule", |gate| {
            let pass = |_: &RuleContext<'_>| Verdict::Pass;
            let next = |configuration: permitgate::gate::Configuration| {
                configuration.without_rule("old").rule("old", VersionedRule::new(2, pass))
            };
            gate.reconfigure(next).unwrap();
        }),
        ("a rule without a version", |gate| {
            let pass = |_: &RuleContext<'_>| Verdict::Pass;
            let next = |configuration: permitgate::gate::Configuration| {
                configuration.without_rule("unversioned").rule("unversioned", pass)
            };
            gate.reconfigure(next).unwrap();
        }),
        ("who approves", |gate| {
            let two = Requirement::by([Approver::group("leads")]).approvals(2);
            gate.reconfigure(|configuration| configuration.approvers(two)).unwrap();
        }),
        ("the group that it reaches", |gate| {
            let directory = Directory::builder()
                .internal_principal("lee")
                .internal_principal("sam")
                .internal_principal("pat")
                .group("leads", ["lee"])
                .group("team", ["sam", "pat"])
                .build()
                .unwrap();
            gate.reconfigure(|configuration| configuration.directory(directory)).unwrap();
        }),
    ];
    let wish = old_file().visible_to(Audience::Group("team"));
    for (what, change) in changes {
        let pass = |_: &RuleContext<'_>| Verdict::Pass;
        let (world, scope) = (world(), scope());
        world
            .gate
            .reconfigure(|configuration| {
                configuration.rule("old", VersionedRule::new(1, pass)).rule("unversioned", pass)
            })
            .unwrap();
        let delete = world.gate.tool("files.delete", Operation::Delete);
        drop(world.approved(&wish, &scope));
        let permit = world.gate.authorize(&wish, &scope).unwrap();
        change(&world.gate);
        let refused = permit.begin(&delete).unwrap_err();
        assert!(matches!(refused, Refusal::Held(_)), "{what}: {refused:?}");
        assert_eq!(world.reason(&wish, &scope), Reason::ApprovalRequired, "{what}");
    }
    // What does not matter for it changes nothing.
    let (world, scope) = (world(), scope());
    drop(world.approved(&wish, &scope));
    let more = || {
        Directory::builder()
            .internal_principal("new")
            .internal_principal("sam")
            .internal_principal("lee")
            .internal_principal("kim")
            .group("team", ["sam"])
            .group("leads", ["kim", "lee"])
            .build()
            .unwrap()
    };
    world.gate.reconfigure(|configuration| configuration.directory(more())).unwrap();
    assert_eq!(world.reason(&wish, &scope), Reason::Approved);
    // And who approved must still be one who may.
    world.gate.reconfigure(|configuration| configuration.directory(grown())).unwrap();
    assert_eq!(world.reason(&wish, &scope), Reason::ApprovalRequired);
}

#[test]
fn an_approver_who_left_counts_no_more() {
    let (world, scope) = (world(), scope());
    drop(world.approved(&old_file(), &scope));
    let without_lee = Directory::builder()
        .internal_principal("kim")
        .internal_principal("lee")
        .group("leads", ["kim"])
        .build()
        .unwrap();
    world.gate.reconfigure(|configuration| configuration.directory(without_lee)).unwrap();
    assert_eq!(world.reason(&old_file(), &scope), Reason::ApprovalRequired);
}

/// Who acts, for whom, under what: each another request.
#[test]
fn an_approval_is_for_one_scope() {
    let world = world();
    drop(world.approved(&old_file(), &scope()));
    let capability = Capability::root(policy(), ambient_authority());
    let of = |invoker: &str, agent: &str| {
        Scope::builder(&capability).invoker(invoker).agent(agent).build().unwrap()
    };
    assert_eq!(world.reason(&old_file(), &of("dana", "tidy")), Reason::Approved);
    assert_eq!(world.reason(&old_file(), &of("kim", "tidy")), Reason::ApprovalRequired);
    assert_eq!(world.reason(&old_file(), &of("dana", "other")), Reason::ApprovalRequired);
    let child = capability.attenuate(Attenuation::new()).unwrap();
    let child = Scope::builder(&child).invoker("dana").agent("tidy").build().unwrap();
    assert_eq!(world.reason(&old_file(), &child), Reason::ApprovalRequired);
    let named = Capability::root(Grant::new(policy()).named("dana/tidy"), ambient_authority());
    let named = Scope::builder(&named).invoker("dana").agent("tidy").build().unwrap();
    assert_eq!(world.reason(&old_file(), &named), Reason::ApprovalRequired);
    let more = Statement::permit("more").operations(Operation::Read).resources(["more/**"]);
    let other = Policy::new([
        Statement::permit("files").operations(Operations::ALL).resources(["files/**"]),
        Statement::require_approval("ask").operations(Operation::Delete).resources(["files/**"]),
        more,
    ]);
    assert_eq!(world.reason(&old_file(), &scope_of(other.unwrap())), Reason::ApprovalRequired);
}

#[test]
fn bound_values_are_a_part_of_it() {
    let world = world();
    let policy = || {
        Policy::new([Statement::require_approval("ask")
            .operations(Operation::Delete)
            .resources(["crm/{mine}"])])
        .unwrap()
    };
    let capability = Capability::root(policy(), ambient_authority());
    let of = |mine: &[&str]| {
        let scope = Scope::builder(&capability).invoker("dana").agent("tidy");
        scope.bind_set("mine", mine.iter().copied()).build().unwrap()
    };
    let wish = Action::delete("crm.delete", "crm/17");
    drop(world.approved(&wish, &of(&["17", "23"])));
    assert_eq!(world.reason(&wish, &of(&["23", "17"])), Reason::Approved);
    assert_eq!(world.reason(&wish, &of(&["17"])), Reason::ApprovalRequired);
    assert_eq!(world.reason(&wish, &of(&["23"])), Reason::NotOwned);
}

/// A statement, a rule and every guard before still decide: the approval lifts the hold alone.
#[test]
fn an_approval_permits_nothing() {
    let (world, scope) = (world(), scope());
    let delete = world.gate.tool("files.delete", Operation::Delete);
    drop(world.approved(&old_file(), &scope));
    let permit = world.gate.authorize(&old_file(), &scope).unwrap();
    scope.capability().revoke();
    assert_eq!(permit.begin(&delete).unwrap_err().reason(), Reason::Revoked);
    assert_eq!(world.reason(&old_file(), &scope), Reason::Revoked);
    let fresh = self::scope();
    assert_eq!(world.reason(&old_file(), &fresh), Reason::Approved);
    world.gate.halt(Halt::Everything);
    assert_eq!(world.reason(&old_file(), &fresh), Reason::GateHalted);
    world.gate.resume(Halt::Everything);
    // The session has read something since that the audience may not see: the redeeming session decides.
    let labels = Labels::new([LabelRule::on(["files/hr/**"]).readers(Readers::invoker())]);
    let labels = labels.unwrap().otherwise(Readers::public(), Integrity::Trusted).unwrap();
    let (world, scope) = (self::world(), self::scope());
    world.gate.reconfigure(|configuration| configuration.labels(labels)).unwrap();
    let share = world.gate.tool("files.share", Operation::Share);
    let wish = share.on("files/old").visible_to(Audience::Public);
    drop(world.approved(&wish, &scope));
    let permit = world.gate.authorize(&wish, &scope).unwrap();
    let salaries = Action::read("files.read", "files/hr/salaries");
    world.gate.run(&salaries, &scope, |_| Ok::<_, Refusal>(())).unwrap();
    assert_eq!(permit.begin(&share).unwrap_err().reason(), Reason::BeyondReaders);
    assert_eq!(world.reason(&wish, &scope), Reason::BeyondReaders);
    // In a session that has read nothing of the kind it can still be used.
    assert_eq!(world.reason(&wish, &self::scope()), Reason::Approved);
}

#[test]
fn a_budget_that_asks_is_lifted_up_to_its_limit() {
    let policy = || {
        Policy::new([Statement::permit("pay")
            .operations(Operation::Create)
            .resources(["payments/*"])])
        .unwrap()
    };
    let grant = Grant::new(policy()).budget(Budget::sum("spend", "cents", 20_000).ask_from(10_000));
    let capability = Capability::root(grant, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build().unwrap();
    let world = world();
    let of = |cents: i64| [("cents", Value::from(cents))];
    let (small, large, too_much) = (of(9_000), of(9_001), of(2_000));
    let pay = world.gate.tool("pay", Operation::Create);
    let wish = pay.on("payments/1").with(&small);
    world.gate.authorize(&wish, &scope).unwrap().begin(&pay).unwrap().done();
    let wish = pay.on("payments/1").with(&large);
    let hold = world.held(&wish, &scope);
    assert_eq!(hold.reason(), Reason::BudgetApproval);
    let request = world.gate.request_approval(&hold, &wish, &scope).unwrap();
    world.vote(&request, "lee", Answer::Approve);
    drop(world.gate.authorize(&wish, &scope).unwrap());
    assert_eq!(world.gate.budgets(&scope)[0].used(), Some(9_000), "given back with the approval");
    let permit = world.gate.authorize(&wish, &scope).unwrap();
    assert_eq!(world.gate.budgets(&scope)[0].used(), Some(18_001));
    permit.begin(&pay).unwrap().done();
    // Beyond what there is at most, nobody is asked.
    let wish = pay.on("payments/1").with(&too_much);
    assert_eq!(world.gate.authorize(&wish, &scope).unwrap_err().reason(), Reason::BudgetSpent);
    assert_eq!(world.gate.budgets(&scope)[0].used(), Some(18_001));
}

/// It was approved because a statement asked. Since then a budget asks as well, and nobody approved that.
#[test]
fn what_asks_since_must_be_met_as_well() {
    let policy = Policy::new([Statement::require_approval("ask")
        .operations(Operation::Create)
        .resources(["payments/*"])
        .by([Approver::group("team")])])
    .unwrap();
    let grant = Grant::new(policy).budget(Budget::actions("few", 10).ask_from(2));
    let capability = Capability::root(grant, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build().unwrap();
    let world = world();
    let pay = world.gate.tool("pay", Operation::Create);
    let (first, second) = (pay.on("payments/1"), pay.on("payments/2"));
    for wish in [&first, &second] {
        let request = world.ask(wish, &scope);
        assert_eq!(world.vote(&request, "sam", Answer::Approve), ApprovalState::Approved);
    }
    world.gate.authorize(&first, &scope).unwrap().begin(&pay).unwrap().done();
    assert!(!world.gate.decide(&second, &scope).is_allow(), "the budget wants a lead");
}

fn times(usual: u64) -> u64 {
    std::env::var("STRESS").ok().and_then(|times| times.parse().ok()).unwrap_or(usual)
}

/// `STRESS=1000000 cargo test --release --test approvals mutation` takes its time.
#[test]
fn no_mutation_of_an_approved_call_is_redeemed() {
    let world = world();
    let policy = Policy::new([
        Statement::permit("all")
            .operations(Operations::ALL)
            .resources(["**"])
            .readers(Readers::public()),
        Statement::require_approval("ask").operations(Operations::ALL).resources(["**"]),
    ])
    .unwrap();
    let scope = scope_of(policy);
    let names = ["lee", "sam"];
    let lines = [Value::from("a"), Value::from(1)];
    let more = [("note", Value::from("lunch")), ("lines", Value::List(&lines))];
    let arguments = [("cents", Value::from(1_200)), ("more", Value::Object(&more))];
    let wish = Action::create("pay", "payments/dana/1")
        .visible_to(Audience::recipients(&names))
        .with(&arguments);
    drop(world.approved(&wish, &scope));
    assert_eq!(world.reason(&wish, &scope), Reason::Approved);
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for number in 0..times(5_000) {
        let text = |draw: &mut dyn FnMut(u64) -> u64, text: &str| {
            let mut text = text.to_owned();
            let place = draw(text.len() as u64) as usize;
            match draw(3) {
                0 => text.insert(place, char::from(b'a' + draw(26) as u8)),
                1 => _ = text.remove(place),
                _ => text.push('x'),
            }
            text
        };
        let (tool, resource) = (text(&mut draw, "pay"), text(&mut draw, "payments/dana/1"));
        let note = text(&mut draw, "lunch");
        let person = text(&mut draw, "lee");
        let cents = 1_200 + 1 + draw(1_000_000) as i64;
        let changed_lines = [Value::from("a"), Value::from(2 + draw(9) as i64)];
        let more_note = [("note", Value::from(&*note)), ("lines", Value::List(&lines))];
        let more_lines = [("note", Value::from("lunch")), ("lines", Value::List(&changed_lines))];
        let more_field = [more[0], more[1], ("extra", Value::Null)];
        let with_note = [arguments[0], ("more", Value::Object(&more_note))];
        let with_lines = [arguments[0], ("more", Value::Object(&more_lines))];
        let with_field = [arguments[0], ("more", Value::Object(&more_field))];
        let with_cents = [("cents", Value::from(cents)), arguments[1]];
        let with_text = [("cents", Value::from("1200")), arguments[1]];
        let with_float = [("cents", Value::from(1_200.0)), arguments[1]];
        let fewer = [arguments[0]];
        let others = [&*person, "sam"];
        let three = ["lee", "sam", &*note];
        let mutated = match draw(16) {
            0 => Action::create(&tool, "payments/dana/1")
                .visible_to(wish.audience())
                .with(&arguments),
            1 => Action::create("pay", &resource).visible_to(wish.audience()).with(&arguments),
            2 => wish.with(&with_note),
            3 => wish.with(&with_lines),
            4 => wish.with(&with_field),
            5 => wish.with(&with_cents),
            6 => wish.with(&with_text),
            7 => wish.with(&with_float),
            8 => wish.with(&fewer),
            9 => wish.visible_to(Audience::recipients(&others)),
            10 => wish.visible_to(Audience::recipients(&three)),
            11 => wish.visible_to(
                [Audience::Private, Audience::Internal, Audience::Public][draw(3) as usize],
            ),
            12 => wish.reversible(),
            13 => wish.untrusted(),
            14 => Action::update("pay", "payments/dana/1")
                .visible_to(wish.audience())
                .with(&arguments),
            _ => wish.visible_to(Audience::Group("team")),
        };
        let reason = world.gate.decide(&mutated, &scope).reason();
        assert_ne!(reason, Reason::Approved, "{number}: {mutated:?}");
    }
    assert!(world.gate.authorize(&wish, &scope).is_ok(), "the call itself");
}

/// `STRESS=1000000 cargo test --release --test approvals race` takes its time.
#[test]
fn a_race_for_an_approval_has_one_winner() {
    let races = times(300);
    let world = world();
    let scope = scope();
    let resources: Vec<String> = (0..races).map(|number| format!("files/{number}")).collect();
    let begun = AtomicU64::new(0);
    let barrier = std::sync::Barrier::new(4);
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                for resource in &resources {
                    barrier.wait();
                    let wish = Action::delete("files.delete", resource);
                    let ran = world.gate.run(&wish, &scope, |_| Ok::<_, Refusal>(()));
                    begun.fetch_add(u64::from(ran.is_ok()), Ordering::SeqCst);
                    barrier.wait();
                }
            });
        }
        for (number, resource) in (1..).zip(&resources) {
            drop(world.approved(&Action::delete("files.delete", resource), &scope));
            barrier.wait();
            barrier.wait();
            assert_eq!(begun.load(Ordering::SeqCst), number, "{resource}");
        }
    });
}

fn manifest() -> Manifest {
    let send = ToolSpec::new("send")
        .argument("to", ArgumentSpec::text())
        .argument("body", ArgumentSpec::text().no_effect())
        .argument("token", ArgumentSpec::text().no_effect().secret())
        .effect(EffectSpec::create("files/outbox").audience(AudienceSpec::recipients(["to"])))
        .effect(EffectSpec::delete("files/draft"));
    Manifest::new([send]).unwrap()
}

#[test]
fn a_call_of_several_actions_is_approved_and_used_as_one() {
    let (world, scope, manifest) = (world(), scope(), manifest());
    let arguments = [
        ("to", Value::from("sam")),
        ("body", Value::from("hello")),
        ("token", Value::from("hunter2")),
    ];
    let call = manifest.map("send", &arguments, &scope);
    let tool = world.gate.call_handle("send");
    let Err(Refusal::Held(hold)) = world.gate.authorize_call(&call, &scope) else { panic!("held") };
    let request = world.gate.request_call_approval(&hold, &call, &scope).unwrap();
    assert_eq!(request.actions().count(), 2);
    world.vote(&request, "lee", Answer::Approve);
    assert!(world.gate.decide_call(&call, &scope).is_allow());
    // One of its actions alone is another call.
    let alone = call.actions().find(|action| action.operation() == Operation::Delete).unwrap();
    assert_eq!(world.reason(&alone, &scope), Reason::ApprovalRequired);
    drop(world.gate.authorize_call(&call, &scope).unwrap());
    let permit = world.gate.authorize_call(&call, &scope).unwrap();
    assert!(world.gate.authorize_call(&call, &scope).is_err(), "set aside");
    permit.begin(&tool).unwrap().done();
    assert_eq!(request.state(), ApprovalState::Used);
    assert!(world.gate.authorize_call(&call, &scope).is_err());
    // Of another description of the tool it is another call.
    world.approved_call(&manifest, &arguments, &scope);
    assert!(world.gate.decide_call(&call, &scope).is_allow());
    let other = ToolSpec::new("send")
        .argument("to", ArgumentSpec::text())
        .argument("body", ArgumentSpec::text().no_effect())
        .argument("token", ArgumentSpec::text().no_effect())
        .effect(EffectSpec::create("files/outbox").audience(AudienceSpec::recipients(["to"])))
        .effect(EffectSpec::delete("files/draft"));
    let other = Manifest::new([other]).unwrap();
    let changed = other.map("send", &arguments, &scope);
    assert_eq!(world.gate.decide_call(&changed, &scope).reason(), Reason::ApprovalRequired);
}

impl World {
    fn approved_call(
        &self,
        manifest: &Manifest,
        arguments: &[(&str, Value<'_>); 3],
        scope: &Scope,
    ) {
        let call = manifest.map("send", arguments, scope);
        let Err(Refusal::Held(hold)) = self.gate.authorize_call(&call, scope) else {
            panic!("held")
        };
        let request = self.gate.request_call_approval(&hold, &call, scope).unwrap();
        self.vote(&request, "lee", Answer::Approve);
    }
}

#[test]
fn people_read_everything_but_secrets() {
    let (world, scope, manifest) = (world(), scope(), manifest());
    let arguments = [
        ("to", Value::from("sam")),
        ("body", Value::from("he said \"hi\"\u{202e}")),
        ("token", Value::from("hunter2")),
    ];
    let call = manifest.map("send", &arguments, &scope);
    let Err(Refusal::Held(hold)) = world.gate.authorize_call(&call, &scope) else { panic!("held") };
    let request = world.gate.request_call_approval(&hold, &call, &scope).unwrap();
    let (page, json) = (request.page(), request.json());
    for text in [&page, &json, &request.sentence()] {
        assert!(!text.contains("hunter2") && !text.contains('\u{202e}'), "{text}");
    }
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["agent"], "tidy");
    assert_eq!(read["calls"][0]["actions"][1]["operation"], "delete");
    assert_eq!(read["calls"][0]["actions"][0]["reaches"][0]["name"], "sam");
    assert_eq!(read["irreversible"], true);
    let shown = read["calls"][0]["arguments"].as_array().unwrap();
    let value = |name: &str| {
        shown.iter().find(|one| one["name"] == name).map(|one| one["value"].clone()).unwrap()
    };
    assert_eq!(value("token"), "(secret)");
    assert_eq!(value("body"), "he said \"hi\"\u{202e}");
    assert_eq!(read["asked_by"][0]["name"], "ask");
    assert_eq!(read["needs"][0]["by"][0], "group:leads");
    for part in ["agent `tidy`, for `dana`", "delete `files/draft`", "it cannot be undone"] {
        assert!(page.contains(part), "{part} in\n{page}");
    }
}

#[test]
fn a_bundle_is_one_vote_and_each_call_is_used_by_itself() {
    let (world, scope) = (world(), scope());
    let resources = ["files/1", "files/2", "files/3"];
    let wishes = resources.map(|resource| Action::delete("files.delete", resource));
    let free = Action::read("files.read", "files/1");
    let listed: Vec<_> = wishes.iter().copied().chain([free]).collect();
    let request = world.gate.request_bundle(&listed, &scope).unwrap();
    assert_eq!(request.actions().count(), 3, "what needs no approval is left out");
    world.vote(&request, "lee", Answer::Approve);
    for wish in &wishes {
        world.gate.run(wish, &scope, |_| Ok::<_, Refusal>(())).unwrap();
        assert_eq!(world.reason(wish, &scope), Reason::ApprovalRequired, "once");
    }
    assert_eq!(request.state(), ApprovalState::Used);
    let fourth = Action::delete("files.delete", "files/4");
    assert_eq!(world.reason(&fourth, &scope), Reason::ApprovalRequired);
    let many: Vec<String> = (0..65).map(|number| format!("files/{number}")).collect();
    let many: Vec<_> = many.iter().map(|r| Action::delete("files.delete", r)).collect();
    let refused = world.gate.request_bundle(&many, &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::RequestTooLarge);
    let refused = world.gate.request_bundle(&[], &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::NothingToApprove);
}

#[test]
fn a_flood_is_bounded_and_does_not_hide_what_matters() {
    let (world, scope) = (world(), scope());
    let resources: Vec<String> = (0..32).map(|number| format!("files/{number}")).collect();
    for resource in &resources {
        let wish = Action::delete("files.delete", resource).reversible();
        drop(world.ask(&wish, &scope));
        world.advance(secs(1));
    }
    let hold = world.held(&old_file(), &scope);
    let refused = world.gate.request_approval(&hold, &old_file(), &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::TooManyRequests);
    // Of another agent, later, and what cannot be undone before all of them.
    let other = Scope::builder(scope.capability()).invoker("dana").agent("other").build().unwrap();
    let public = old_file().visible_to(Audience::Public);
    let ids = [world.ask(&old_file(), &other).id(), world.ask(&public, &other).id()];
    let pending = world.gate.approvals().pending();
    assert_eq!(pending.len(), 34);
    assert_eq!([pending[1].id(), pending[0].id()], ids);
    assert_eq!(pending[2].actions().next().unwrap().view().resource(), "files/0");
}

#[test]
fn somebody_waits_until_somebody_votes() {
    let (world, scope) = (world(), scope());
    let request = world.ask(&old_file(), &scope);
    let pending = request.wait(Duration::from_millis(20)).unwrap_err();
    assert!(matches!(pending, Refusal::Held(_)) && pending.reason() == Reason::ApprovalPending);
    std::thread::scope(|threads| {
        let waits = threads.spawn(|| request.wait(secs(60)));
        let seen = world.gate.approvals().changes();
        std::thread::sleep(Duration::from_millis(20));
        world.vote(&request, "lee", Answer::Approve);
        assert_eq!(waits.join().unwrap(), Ok(()));
        assert!(world.gate.approvals().wait_for_change(seen, secs(60)) > seen);
    });
}

#[test]
fn a_future_wakes_by_itself_on_any_runtime() {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Wake, Waker};

    struct Woken(AtomicU64);
    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    let (world, scope) = (world(), scope());
    let woken = Arc::new(Woken(AtomicU64::new(0)));
    let waker = Waker::from(woken.clone());
    let mut context = Context::from_waker(&waker);
    let request = world.ask(&old_file(), &scope);
    let mut future = pin!(request.clone());
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    // One that is dropped is not woken.
    {
        let mut dropped = pin!(request.clone());
        assert!(dropped.as_mut().poll(&mut context).is_pending());
    }
    world.vote(&request, "lee", Answer::Approve);
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(())));
    let mut declined = pin!(world.ask(&Action::delete("files.delete", "files/b"), &scope));
    assert!(declined.as_mut().poll(&mut context).is_pending());
    world.vote(&declined, "lee", Answer::Decline);
    let Poll::Ready(Err(refusal)) = declined.as_mut().poll(&mut context) else { panic!("over") };
    assert_eq!(refusal.reason(), Reason::ApprovalDeclined);
}

#[test]
fn a_standing_approval_lifts_what_its_givers_could_approve_and_nothing_else() {
    let (world, scope) = (world(), scope());
    let approvals = world.gate.approvals();
    let fits =
        || Statement::permit("trash").operations(Operation::Delete).resources(["files/trash/*"]);
    let until = START.saturating_add(secs(100));
    let give = |by: &[&str], times| {
        let by: Vec<_> = by.iter().map(|name| credential(name)).collect();
        let by: Vec<_> = by.iter().collect();
        let standing = StandingApproval::new(&scope, fits(), times, until).unwrap();
        approvals.give(standing, &by)
    };
    let trash = Action::delete("files.delete", "files/trash/1");
    // Of people who could not approve it, it lifts nothing.
    let useless = give(&["sam", "tidy", "dana"], 9).unwrap();
    assert_eq!(world.reason(&trash, &scope), Reason::ApprovalRequired);
    approvals.revoke(useless).unwrap();
    let number = give(&["lee"], 2).unwrap();
    assert_eq!(world.reason(&trash, &scope), Reason::Approved);
    for other in [
        Action::delete("files.delete", "files/inbox/1"),
        Action::share("files.share", "files/trash/1"),
        trash.visible_to(Audience::Public),
        trash.visible_to(Audience::Group("team")),
    ] {
        assert_eq!(world.reason(&other, &scope), Reason::ApprovalRequired, "{other:?}");
    }
    let denied = Action::delete("files.delete", "elsewhere/trash/1");
    assert_eq!(world.reason(&denied, &scope), Reason::NotPermitted);
    // Whoever acts below, for the same person, draws on it; nobody else does.
    let child = scope.capability().delegate("helper", Attenuation::new()).unwrap();
    let below = Scope::builder(&child).invoker("dana").agent("helper").build().unwrap();
    let kims = Scope::builder(scope.capability()).invoker("kim").agent("tidy").build().unwrap();
    assert_eq!(world.reason(&trash, &below), Reason::Approved);
    assert_eq!(world.reason(&trash, &kims), Reason::ApprovalRequired);
    drop(world.gate.authorize(&trash, &scope).unwrap());
    assert_eq!(approvals.standing()[0].left(), 2, "given back");
    world.gate.run(&trash, &below, |_| Ok::<_, Refusal>(())).unwrap();
    world.gate.run(&trash, &scope, |_| Ok::<_, Refusal>(())).unwrap();
    assert_eq!(world.reason(&trash, &scope), Reason::ApprovalRequired, "used up");
    let last = world.sink.records();
    let used = last.iter().filter(|record| record.approval.is_some());
    assert!(used.clone().count() >= 2);
    assert!(
        used.into_iter().all(|record| record.approval == Some(ApprovalSource::Standing(number)))
    );
    // Revoked and expired, also for permits that were given.
    let delete = world.gate.tool("files.delete", Operation::Delete);
    let number = give(&["kim"], 9).unwrap();
    let permit = world.gate.authorize(&trash, &scope).unwrap();
    approvals.revoke(number).unwrap();
    assert!(permit.begin(&delete).is_err());
    assert_eq!(world.reason(&trash, &scope), Reason::ApprovalRequired);
    give(&["kim"], 9).unwrap();
    world.advance(secs(100));
    assert_eq!(world.reason(&trash, &scope), Reason::ApprovalRequired);
    assert!(give(&["kim"], 9).is_err(), "its time is over");
    assert!(give(&[], 9).is_err() && approvals.revoke(99).is_err());
    assert!(approvals.standing().is_empty());
}

#[test]
fn a_standing_approval_does_not_reach_beyond_the_conditions_of_its_statement() {
    let (world, scope) = (world(), scope());
    let small = Statement::permit("small")
        .operations(Operation::Share)
        .resources(["files/*"])
        .readers(Readers::group("team"))
        .when(permitgate::policy::Condition::at_most("cents", 100));
    let standing = StandingApproval::new(&scope, small, 5, START.saturating_add(secs(9))).unwrap();
    world.gate.approvals().give(standing, &[&credential("lee")]).unwrap();
    let share = Action::share("files.share", "files/1").visible_to(Audience::Group("team"));
    let of = |cents: i64| [("cents", Value::from(cents))];
    let (little, much) = (of(100), of(101));
    assert_eq!(world.reason(&share.with(&little), &scope), Reason::Approved);
    assert_eq!(world.reason(&share.with(&much), &scope), Reason::ApprovalRequired);
    assert_eq!(world.reason(&share, &scope), Reason::ApprovalRequired);
}

/// Where a sink does not take what is asked or said, it is neither asked nor said.
#[test]
fn what_cannot_be_recorded_does_not_count() {
    use permitgate::record::{
        ApprovalEvent, DecisionRecord, RecordError, RecordNumber, RecordSink,
    };
    struct Deaf(AtomicU64);
    impl RecordSink for Deaf {
        fn record(&self, _: &DecisionRecord<'_>) -> Result<RecordNumber, RecordError> {
            Ok(RecordNumber { stream: 0, sequence: 1 })
        }
        fn outcome(&self, _: RecordNumber, _: Outcome, _: Timestamp) -> Result<(), RecordError> {
            Ok(())
        }
        fn approval(&self, _: &ApprovalEvent<'_>) -> Result<(), RecordError> {
            match self
                .0
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            {
                Ok(_) => Ok(()),
                Err(_) => Err(RecordError::new("deaf")),
            }
        }
    }
    let scope = scope();
    let approvers = || Requirement::by([Approver::principal("lee")]);
    for heard in 0..3 {
        let sink = Deaf(AtomicU64::new(heard));
        let gate = Gate::builder().approvers(approvers()).sink(sink).build().unwrap();
        let Err(Refusal::Held(hold)) = gate.authorize(&old_file(), &scope) else { panic!("held") };
        let asked = gate.request_approval(&hold, &old_file(), &scope);
        let Ok(request) = asked else {
            assert_eq!(asked.unwrap_err().reason(), Reason::RecordRefused);
            assert_eq!(heard, 0);
            assert!(gate.approvals().pending().is_empty());
            continue;
        };
        let voted = gate.approvals().vote(request.id(), Answer::Approve, &credential("lee"));
        assert_eq!(voted.is_ok(), heard > 1);
        assert_eq!(gate.decide(&old_file(), &scope).is_allow(), heard > 1);
        if heard == 1 {
            assert_eq!(voted.unwrap_err().kind(), VoteErrorKind::NotRecorded);
            assert_eq!(request.withdraw().unwrap_err().reason(), Reason::RecordRefused);
        }
    }
}

#[cfg(feature = "token")]
mod signed {
    use super::*;
    use permitgate::gate::ApprovalId;
    use permitgate::kinds::ConfigurationErrorKind;
    use permitgate::token::{SignedVote, SigningKey};

    fn key(number: u8) -> SigningKey {
        SigningKey::from_bytes(&[number; 32])
    }

    fn signing_world() -> World {
        let world = world();
        let (lee, sam) = (key(1).public_key(), key(2).public_key());
        let with_keys = |configuration: permitgate::gate::Configuration| {
            configuration.approver_key("lee", lee).approver_key("sam", sam)
        };
        world.gate.reconfigure(with_keys).unwrap();
        world
    }

    #[test]
    fn a_signed_vote_counts_for_its_request_alone() {
        let (world, scope) = (signing_world(), scope());
        let request = world.ask(&old_file(), &scope);
        let vote = |key: &SigningKey, id, digest, answer| {
            let vote = SignedVote::new(key, id, digest, answer);
            world.gate.approvals().vote_signed(vote.as_bytes()).map_err(|error| error.kind())
        };
        let (id, digest) = (request.id(), request.digest());
        let other = permitgate::gate::RequestDigest::from_bytes([7; 32]);
        let unknown = ApprovalId::from_bytes([7; 16]);
        let yes = Answer::Approve;
        assert_eq!(vote(&key(3), id, digest, yes), Err(VoteErrorKind::UnknownVoteKey));
        assert_eq!(vote(&key(2), id, digest, yes), Err(VoteErrorKind::NotAnApprover));
        assert_eq!(vote(&key(1), id, other, yes), Err(VoteErrorKind::OtherRequest));
        assert_eq!(vote(&key(1), unknown, digest, yes), Err(VoteErrorKind::UnknownRequest));
        assert_eq!(request.state(), ApprovalState::Pending);
        let kept = SignedVote::new(&key(1), id, digest, yes);
        let approvals = world.gate.approvals();
        assert_eq!(approvals.vote_signed(kept.as_bytes()), Ok(ApprovalState::Approved));
        assert_eq!(approvals.vote_signed(kept.as_bytes()), Ok(ApprovalState::Approved));
        world.gate.run(&old_file(), &scope, |_| Ok::<_, Refusal>(())).unwrap();
        // The same thing is asked for again: it has the same digest, and the vote of before is none for it.
        let again = world.ask(&old_file(), &scope);
        assert_eq!(again.digest(), digest);
        assert!(approvals.vote_signed(kept.as_bytes()).is_err());
        assert_eq!(again.state(), ApprovalState::Pending);
        assert_eq!(vote(&key(1), again.id(), digest, Answer::Decline), Ok(ApprovalState::Declined));
    }

    /// Every bit of a vote counts, and nothing is read that is longer or shorter.
    #[test]
    fn a_vote_that_was_touched_is_none() {
        let (world, scope) = (signing_world(), scope());
        let request = world.ask(&old_file(), &scope);
        let vote = SignedVote::new(&key(1), request.id(), request.digest(), Answer::Decline);
        let approvals = world.gate.approvals();
        for place in 0..vote.as_bytes().len() * 8 {
            let mut touched = vote.as_bytes().to_vec();
            touched[place / 8] ^= 1 << (place % 8);
            assert!(approvals.vote_signed(&touched).is_err(), "bit {place}");
        }
        for length in 0..vote.as_bytes().len() {
            let error = approvals.vote_signed(&vote.as_bytes()[..length]).unwrap_err();
            assert_eq!(error.kind(), VoteErrorKind::MalformedVote, "{length}");
        }
        assert!(approvals.vote_signed(&[vote.as_bytes(), &[0]].concat()).is_err());
        assert_eq!(request.state(), ApprovalState::Pending);
        assert!(request.votes().is_empty());
    }

    #[test]
    fn a_key_is_one_persons_and_can_be_taken_away() {
        let (world, scope) = (signing_world(), scope());
        let error = world
            .gate
            .reconfigure(|configuration| configuration.approver_key("kim", key(1).public_key()));
        assert_eq!(error.unwrap_err().kind(), ConfigurationErrorKind::RepeatedApproverKey);
        world
            .gate
            .reconfigure(|configuration| configuration.without_approver_key(&key(1).public_key()))
            .unwrap();
        let request = world.ask(&old_file(), &scope);
        let vote = SignedVote::new(&key(1), request.id(), request.digest(), Answer::Approve);
        let error = world.gate.approvals().vote_signed(vote.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), VoteErrorKind::UnknownVoteKey);
    }

    /// What a token's statement requires is required of whoever acts under it.
    #[test]
    fn requirements_travel_in_tokens() {
        use permitgate::token::{Token, TokenBlock, TrustedIssuer, Verifier};
        let ask = Statement::require_approval("ask")
            .operations(Operation::Delete)
            .resources(["files/**"])
            .by([Approver::group("team"), Approver::Invoker, Approver::principal("kim")])
            .approvals(2)
            .decide_within(secs(90))
            .use_within(Duration::from_millis(1_500));
        let token = Token::mint(&key(9), TokenBlock::grant([ask.clone()])).unwrap();
        let issuer = TrustedIssuer::public(key(9).public_key());
        let verifier = Verifier::builder("files").trust(issuer).build().unwrap();
        let capability = verifier.verify(&token.to_bytes().unwrap(), START).unwrap();
        let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build().unwrap();
        let world = world();
        let request = world.ask(&old_file(), &scope);
        let [requirement] = request.requirements() else { panic!("one") };
        assert_eq!(requirement.to_string(), "2 of the group `team`, the invoker, `kim`");
        assert_eq!(requirement.decision_time(), secs(90));
        assert_eq!(requirement.use_time(), Duration::from_millis(1_500));
        let read = Statement::permit("r").operations(Operation::Read).resources(["files/**"]);
        let wrong = read.by([Approver::Invoker]);
        assert!(Token::mint(&key(9), TokenBlock::grant([wrong])).is_err(), "a permit asks nobody");
        let nobody = ask.approvals(0);
        assert!(Token::mint(&key(9), TokenBlock::grant([nobody])).is_err());
    }
}

/// What reads begins first, whatever the order of the manifest: it is the call that was approved all the same.
#[test]
fn a_call_that_reads_behind_a_write_is_approved_as_it_begins() {
    let (world, scope) = (world(), scope());
    let copy = ToolSpec::new("move")
        .effect(EffectSpec::delete("files/a"))
        .effect(EffectSpec::create("files/b"))
        .effect(EffectSpec::read("files/a"));
    let manifest = Manifest::new([copy]).unwrap();
    let call = manifest.map("move", &permitgate::model::NoArguments, &scope);
    let tool = world.gate.call_handle("move");
    let Err(Refusal::Held(hold)) = world.gate.authorize_call(&call, &scope) else { panic!("held") };
    let request = world.gate.request_call_approval(&hold, &call, &scope).unwrap();
    world.vote(&request, "lee", Answer::Approve);
    world.gate.authorize_call(&call, &scope).unwrap().begin(&tool).unwrap().done();
    assert_eq!(request.state(), ApprovalState::Used);
}

/// Only a budget asked. When the effect begins guard 7 is not asked again, and still it must be what was approved.
#[test]
fn what_only_a_budget_held_must_be_what_was_approved_when_it_begins() {
    let policy = Policy::new([Statement::permit("post")
        .operations(Operation::Create)
        .resources(["posts/*"])
        .readers(Readers::public())]);
    let grant = Grant::new(policy.unwrap()).budget(Budget::actions("few", 9).ask_from(1));
    let capability = Capability::root(grant, ambient_authority());
    let scope = Scope::builder(&capability).invoker("dana").agent("tidy").build().unwrap();
    let world = world();
    let post = world.gate.tool("post", Operation::Create);
    let wish = post.on("posts/1").visible_to(Audience::Group("team"));
    drop(world.approved(&wish, &scope));
    let permit = world.gate.authorize(&wish, &scope).unwrap();
    let grown = Directory::builder()
        .internal_principal("lee")
        .internal_principal("sam")
        .outside_principal("mallory")
        .group("leads", ["lee"])
        .group("team", ["sam", "mallory"])
        .build()
        .unwrap();
    world.gate.reconfigure(|configuration| configuration.directory(grown)).unwrap();
    assert_eq!(permit.begin(&post).unwrap_err().reason(), Reason::ApprovalGone);
}

#[test]
fn nobody_is_asked_about_more_than_a_person_reads() {
    let (world, scope) = (world(), scope());
    let text = "x".repeat(300_000);
    let arguments = [("text", Value::from(&text))];
    let wish = old_file();
    let wish = wish.with(&arguments);
    let hold = world.held(&wish, &scope);
    let refused = world.gate.request_approval(&hold, &wish, &scope).unwrap_err();
    assert_eq!(refused.reason(), Reason::RequestTooLarge);
}

/// Somebody who asks does not approve under another spelling of the same name.
#[test]
fn whoever_asks_is_kept_out_under_any_spelling() {
    let world = world_of(Requirement::by([
        Approver::principal("Dana"),
        Approver::principal("TIDY"),
        Approver::principal("lee"),
    ]));
    let request = world.ask(&old_file(), &scope());
    for by in ["Dana", "TIDY"] {
        let voted = world.gate.approvals().vote(request.id(), Answer::Approve, &credential(by));
        assert_eq!(voted.unwrap_err().kind(), VoteErrorKind::Requester, "{by}");
    }
    assert_eq!(world.vote(&request, "lee", Answer::Approve), ApprovalState::Approved);
}

/// The clock of the gate stands still, and its time is near: waiting ends all the same.
#[test]
fn waiting_ends_where_the_clock_stands_still() {
    let short =
        Requirement::by([Approver::principal("lee")]).decide_within(Duration::from_millis(5));
    let world = world_of(short);
    let request = world.ask(&old_file(), &scope());
    let waited = request.wait(Duration::from_millis(40)).unwrap_err();
    assert_eq!(waited.reason(), Reason::ApprovalPending);
}
